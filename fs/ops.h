/* ops: what the kernel asks. Each operation decodes its request, calls the node's function, replies
 * once, and reports. Nothing is touched after its reply, and no lock is held at it. */
#ifndef PERSISTFS_FS_OPS_H
#define PERSISTFS_FS_OPS_H

#define FUSE_USE_VERSION 312

#include "fs/node.h"

#include <fuse_lowlevel.h>

/* What the session's user data is. */
struct ops_context {
    struct mount *mount;
    /* Called once the kernel has answered, and the mount can be used. */
    void (*ready)(void *data);
    void *ready_data;
    /* Of fs/ops_session.c: whether the first request has come, and its number when it was an INIT
     * that offers maps of what goes around the page cache. Set before there are threads. */
    bool has_begun;
    uint64_t maps_offered;
};

extern const struct fuse_lowlevel_ops ops_table;

#endif
