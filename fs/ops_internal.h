/* What the files of operations share. They alone, and main.c, may include FUSE's headers. */
#ifndef PERSISTFS_FS_OPS_INTERNAL_H
#define PERSISTFS_FS_OPS_INTERNAL_H

#include "fs/ops.h"
#include "fs/report.h"
#include "store/base/cleanup.h"

static inline struct mount *ops_mount(fuse_req_t req)
{
    return ((struct ops_context *)fuse_req_userdata(req))->mount;
}

static inline struct handle *ops_handle(const struct fuse_file_info *info)
{
    return info ? (struct handle *)(uintptr_t)info->fh : NULL;
}

/* `info` is NULL where the kernel sends no owner. */
void ops_begin(struct request *request, fuse_req_t req, const struct fuse_file_info *info);
/* Before the caller looks at a view: what he did himself has happened. Returns whether that changed
 * anything. */
bool ops_look(struct request *request, uint64_t inode);
/* Reports, releases the request, and returns the errno to reply. */
int ops_end(struct request *request, int result);
void ops_reply(fuse_req_t req, struct request *request, int result);
void ops_fill_entry(const struct node_entry *entry, struct fuse_entry_param *param);

/* Files. */
void ops_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void ops_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
                struct fuse_file_info *info);
void ops_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
              struct fuse_file_info *info);
void ops_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
               struct fuse_file_info *info);
void ops_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);
void ops_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *info);
void ops_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t size,
                   struct fuse_file_info *info);
void ops_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
               struct fuse_file_info *info);
void ops_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t offset_in,
                         struct fuse_file_info *info_in, fuse_ino_t ino_out, off_t offset_out,
                         struct fuse_file_info *info_out, size_t size, int flags);
void ops_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info);

/* Extended attributes (ops_xattr.c). */
void ops_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void ops_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void ops_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
                  int flags);
void ops_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);

#endif
