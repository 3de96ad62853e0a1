/* ops_session: how requests come from the kernel and answers go to it. It passes them on, but for
 * one: libfuse 3.14 does not know that a kernel since 6.6 can let files be mapped (mmap(2),
 * MAP_SHARED) whose reads and writes go around the page cache, as those of entities do. So that is
 * taken up here, in the answer to INIT. Under a kernel that does not offer it nothing changes. */
#ifndef PERSISTFS_FS_OPS_SESSION_H
#define PERSISTFS_FS_OPS_SESSION_H

#include "fs/ops.h"

/* Of a session that is mounted, and whose user data is a struct ops_context. Returns 0 or what
 * fuse_session_custom_io does. */
int ops_session_take(struct fuse_session *session);

#endif
