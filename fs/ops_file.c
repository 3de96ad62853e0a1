#include "fs/ops_internal.h"

/* Documents are never cached by the kernel: with its page cache a reader could see half of one
 * version and half of the next. */
static void open_direct(struct fuse_file_info *info, struct handle *handle)
{
    info->fh = (uintptr_t)handle;
    info->direct_io = 1;
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
    if (kind)
        result = kind->open ? kind->open(&request, ino, info->flags, &handle) : -ERR_IS_A_DIRECTORY;
    int errnum = ops_end(&request, result);
    if (errnum) {
        fuse_reply_err(req, errnum);
        return;
    }
    atomic_fetch_add(&mount->open_handles, 1);
    open_direct(info, handle);
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
    open_direct(info, handle);
    if (fuse_reply_create(req, &param, info) < 0)
        drop(mount, handle);
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
        fuse_reply_write(req, size);
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
