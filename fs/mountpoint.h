/* mountpoint: whether a folder can be mounted on, said in words. */
#ifndef PERSISTFS_FS_MOUNTPOINT_H
#define PERSISTFS_FS_MOUNTPOINT_H

#include "store/base/error.h"

/* Errors: NOT_FOUND, NOT_A_DIRECTORY, NOT_EMPTY, ACCESS; BUSY for a stale mount of a killed daemon,
 * which `replace` clears first. */
int mountpoint_check(const char *path, bool replace, struct problem *problem);

/* Whether there is a /dev/fuse to be opened. */
int mountpoint_check_device(struct problem *problem);

#endif
