/* watch: a folder of schemas (`-o schema=DIR`), loaded at the start and followed with inotify(7).
 *
 * A file `users.json` there is written to `.schema/users.json` whenever it changes, through the one
 * write path. A broken one leaves the schema that is in force, and is on record as a refusal. A
 * file that is removed changes nothing. */
#ifndef PERSISTFS_FS_WATCH_H
#define PERSISTFS_FS_WATCH_H

#include "fs/node.h"

struct watch;

/* Loads every file now, then starts the thread. Errors: NOT_FOUND, NOT_A_DIRECTORY, ACCESS for the
 * folder; NO_MEMORY, INTERNAL. A file that is refused is told of on standard error, and is no
 * error. */
int watch_start(struct mount *mount, const char *path, struct watch **ret_watch,
                struct problem *problem);
/* Waits for the thread to end. Takes NULL. */
void watch_stop(struct watch *watch);

#endif
