/* reaper: a thread that returns the events whose lease has run out. It sleeps until the next one
 * does, or until it is woken because something was claimed. */
#ifndef PERSISTFS_FS_REAPER_H
#define PERSISTFS_FS_REAPER_H

#include "fs/model.h"

struct reaper;

/* Errors: NO_MEMORY, INTERNAL (no thread). */
int reaper_start(struct model *model, struct reaper **ret_reaper);
void reaper_wake(struct reaper *reaper); /* takes NULL */
/* Waits for the thread to end. Takes NULL. */
void reaper_stop(struct reaper *reaper);

#endif
