#include "fs/files.h"
#include "fs/ops_internal.h"

#include <errno.h>

/* Documents are never cached by the kernel: with its page cache a reader could see half of one
 * version and half of the next. Ordinary files, which change through the kernel alone, are. */
static void open_handle(struct fuse_file_info *info, struct handle *handle)
{
    info->fh = (uintptr_t)handle;
    info->direct_io = !handle->kind->is_cached;
    info->keep_cache = handle->kind->is_cached;
}

static void drop(struct mount *mount, struct handle *handle)
{
    struct request request;
    const struct model_caller nobody = {0};
    request_init(&request, mount, &nobody);
    handle->kind->release(&request, handle);
    request_finish(&request);
    atomic_fetch_sub(&mount->open_handles, 1);
}

void ops_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
    struct mount *mount = ops_mount(req);
    struct request request;
    struct handle *handle = NULL;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    int result = -ERR_NOT_FOUND;
    ops_look(&request, ino);
    if (kind)
        result = kind->open ? kind->open(&request, ino, info->flags, &handle) : -ERR_IS_A_DIRECTORY;
    int errnum = ops_end(&request, result);
    if (errnum) {
        fuse_reply_err(req, errnum);
        return;
    }
    atomic_fetch_add(&mount->open_handles, 1);
    open_handle(info, handle);
    if (fuse_reply_open(req, info) < 0) /* the caller is gone; there will be no RELEASE */
        drop(mount, handle);
}

void ops_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
                struct fuse_file_info *info)
{
    struct mount *mount = ops_mount(req);
    struct request request;
    struct node_entry entry;
    struct handle *handle = NULL;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_NOT_PERMITTED;
    if (kind && kind->create)
        result = kind->create(&request, parent, span_of_string(name), mode, info->flags, &entry,
                              &handle);
    int errnum = ops_end(&request, result);
    if (errnum) {
        fuse_reply_err(req, errnum);
        return;
    }
    struct fuse_entry_param param;
    ops_fill_entry(&entry, &param);
    atomic_fetch_add(&mount->open_handles, 1);
    open_handle(info, handle);
    if (fuse_reply_create(req, &param, info) < 0) {
        drop(mount, handle);
        if (inode_tag(entry.inode) == INODE_FILE)
            files_forget(mount->files, entry.inode, 1);
    }
}

void ops_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
              struct fuse_file_info *info)
{
    (void)ino;
    struct request request;
    AUTO_BUF struct buf data = {0};
    struct handle *handle = ops_handle(info);
    ops_begin(&request, req, info);
    int result = handle->kind->read(&request, handle, (uint64_t)offset, size, &data);
    if (result == 0 && buf_failed(&data))
        result = -ERR_NO_MEMORY;
    int errnum = ops_end(&request, result);
    if (errnum)
        fuse_reply_err(req, errnum);
    else
        fuse_reply_buf(req, (const char *)data.data, data.size);
}

void ops_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t offset,
               struct fuse_file_info *info)
{
    (void)ino;
    struct request request;
    struct handle *handle = ops_handle(info);
    ops_begin(&request, req, info);
    int result = -ERR_BAD_HANDLE;
    if (handle->kind->write)
        result = handle->kind->write(&request, handle, (uint64_t)offset, span_make(data, size));
    int errnum = ops_end(&request, result);
    if (errnum)
        fuse_reply_err(req, errnum);
    else
        fuse_reply_write(req, size - request.unwritten);
}

void ops_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
    (void)ino;
    struct request request;
    struct handle *handle = ops_handle(info);
    ops_begin(&request, req, info);
    ops_reply(req, &request, handle->kind->flush ? handle->kind->flush(&request, handle) : 0);
}

void ops_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *info)
{
    (void)ino, (void)datasync;
    struct request request;
    struct handle *handle = ops_handle(info);
    ops_begin(&request, req, info);
    ops_reply(req, &request, handle->kind->fsync ? handle->kind->fsync(&request, handle) : 0);
}

void ops_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t size,
                   struct fuse_file_info *info)
{
    (void)ino;
    struct request request;
    struct handle *handle = ops_handle(info);
    ops_begin(&request, req, info);
    int result = -ERR_UNSUPPORTED;
    if (handle->kind->allocate)
        result = handle->kind->allocate(&request, handle, mode, (uint64_t)offset, (uint64_t)size);
    ops_reply(req, &request, result);
}

/* A document has no holes but the one behind its end. */
static int seek_without_holes(struct request *request, uint64_t inode, int64_t offset, int whence,
                              int64_t *ret_offset)
{
    struct stat stat;
    int result = node_kind_of(inode)->getattr(request, inode, &stat);
    if (result < 0)
        return result;
    if (offset < 0 || offset >= stat.st_size)
        return error_system(ENXIO);
    *ret_offset = whence == SEEK_HOLE ? stat.st_size : offset;
    return 0;
}

void ops_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
               struct fuse_file_info *info)
{
    struct request request;
    struct handle *handle = ops_handle(info);
    int64_t at = 0;
    ops_begin(&request, req, info);
    int result = handle->kind->seek ? handle->kind->seek(&request, handle, offset, whence, &at)
                                    : seek_without_holes(&request, ino, offset, whence, &at);
    int errnum = ops_end(&request, result);
    if (errnum)
        fuse_reply_err(req, errnum);
    else
        fuse_reply_lseek(req, at);
}

/* Of what this is not for, the kernel reads and writes. */
void ops_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t offset_in,
                         struct fuse_file_info *info_in, fuse_ino_t ino_out, off_t offset_out,
                         struct fuse_file_info *info_out, size_t size, int flags)
{
    (void)ino_in, (void)ino_out, (void)flags; /* there are none */
    struct request request;
    struct handle *from = ops_handle(info_in);
    struct handle *to = ops_handle(info_out);
    size_t copied = 0;
    ops_begin(&request, req, info_out);
    int result = -ERR_UNSUPPORTED;
    if (from->kind->copy && from->kind == to->kind)
        result = from->kind->copy(&request, from, offset_in, to, offset_out, size, &copied);
    int errnum = ops_end(&request, result);
    if (errnum)
        fuse_reply_err(req, errnum);
    else
        fuse_reply_write(req, copied);
}

void ops_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
    (void)ino;
    struct request request;
    struct mount *mount = ops_mount(req);
    struct handle *handle = ops_handle(info);
    ops_begin(&request, req, NULL);
    handle->kind->release(&request, handle);
    atomic_fetch_sub(&mount->open_handles, 1);
    ops_reply(req, &request, request.problem.code);
}
