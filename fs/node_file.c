/* An ordinary file, a symbolic link, a named pipe or a socket: what is in the store's folder. */
#include "fs/node_file.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <linux/falloc.h>

int node_file_name(struct span name, struct file_name *ret_name)
{
    if (name.size > NAME_MAX)
        return -ERR_NAME_TOO_LONG;
    if (name.size == 0 || span_is(name, ".") || span_is(name, "..") ||
        memchr(name.data, '/', name.size))
        return -ERR_INVALID;
    memcpy(ret_name->text, name.data, name.size);
    ret_name->text[name.size] = 0;
    return 0;
}

static int stat_of(struct file_node *node, struct stat *ret_stat)
{
    if (fstat(node->fd, ret_stat) < 0)
        return node_system_error();
    ret_stat->st_ino = node->shown;
    if (node->object != 0) /* its name is the entity's */
        ret_stat->st_nlink = 1;
    return 0;
}

int node_file_entry(struct file_node *node, struct node_entry *ret_entry)
{
    int result = stat_of(node, &ret_entry->stat);
    if (result < 0) {
        file_node_drop(node);
        return result;
    }
    ret_entry->inode = node->inode;
    file_node_hand_over(node);
    return 0;
}

int node_file_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    return node ? stat_of(node, ret_stat) : -ERR_NOT_FOUND;
}

/* The kernel appends and reads around the cache by itself: with O_APPEND here, pwrite(2) would not
 * write where it is told to. */
#define FLAGS_PASSED (O_ACCMODE | O_TRUNC | O_SYNC | O_DSYNC)

/* Who truncates a file as it is opened writes it, and the kernel leaves that to us. */
static void drop_set_uid(const struct open_file *handle)
{
    struct stat stat;
    if (handle->uid == 0 || fstat(handle->fd, &stat) < 0)
        return;
    mode_t bits = S_ISUID | (stat.st_mode & S_IXGRP ? S_ISGID : 0U);
    if (stat.st_mode & bits)
        fchmod(handle->fd, stat.st_mode & 07777 & ~bits);
}

static int open_counted(struct file_node *node, struct open_file *handle, int flags)
{
    int result = file_node_begin(node, 0);
    if (result < 0)
        return result;
    result = file_node_open(node, flags & FLAGS_PASSED, &handle->fd);
    if (result == 0 && flags & O_TRUNC)
        drop_set_uid(handle);
    node->opens += result == 0;
    handle->is_dirty = result == 0 && flags & O_TRUNC && node->object != 0;
    file_node_end(node);
    return result;
}

int node_file_open(struct request *request, struct file_node *node, int flags,
                   struct handle **ret_handle)
{
    struct open_file *handle = calloc(1, sizeof(*handle));
    if (!handle)
        return -ERR_NO_MEMORY;
    handle->uid = request->caller.uid;
    int result = files_share_take(node->files, handle->uid);
    if (result == 0) {
        result = open_counted(node, handle, flags);
        if (result < 0)
            files_share_give(node->files, handle->uid);
    }
    if (result < 0) {
        free(handle);
        return result;
    }
    handle->node = files_get(node->files, node->inode); /* which it is, being used */
    handle->handle = (struct handle){.kind = &node_file, .inode = node->inode, .flags = flags};
    *ret_handle = &handle->handle;
    return 0;
}

static int open_(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    return node ? node_file_open(request, node, flags, ret_handle) : -ERR_NOT_FOUND;
}

static int read_(struct request *request, struct handle *handle, uint64_t offset, size_t size,
                 struct buf *out)
{
    (void)request;
    int fd = ((struct open_file *)handle)->fd;
    if (!buf_reserve(out, size))
        return -ERR_NO_MEMORY;
    while (size > 0) {
        ssize_t got = pread(fd, out->data + out->size, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return node_system_error();
        if (got == 0)
            break;
        out->size += (size_t)got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return 0;
}

/* As write(2), an error after the first bytes is told with the next call: it is how many there were
 * that says where to go on. */
static int write_all(int fd, uint64_t offset, struct span data, size_t *ret_unwritten)
{
    const size_t size = data.size;
    while (data.size > 0) {
        ssize_t put = pwrite(fd, data.data, data.size, (off_t)offset);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && data.size == size)
            return node_system_error();
        if (put < 0)
            break;
        offset += (uint64_t)put;
        data = span_skip(data, (size_t)put);
    }
    *ret_unwritten = data.size;
    return 0;
}

static int write_(struct request *request, struct handle *base, uint64_t offset, struct span data)
{
    struct open_file *handle = (struct open_file *)base;
    int result = file_node_begin(handle->node, offset + data.size);
    if (result < 0)
        return result;
    result = write_all(handle->fd, offset, data, &request->unwritten);
    node_file_note_change(handle);
    file_node_end(handle->node);
    return result;
}

/* Each process that lets go of it is known by more here than when it renames the file. */
static int flush(struct request *request, struct handle *base)
{
    struct open_file *handle = (struct open_file *)base;
    struct file_node *node = handle->node;
    if ((base->flags & O_ACCMODE) == O_RDONLY)
        return 0;
    pthread_mutex_lock(&node->lock);
    node->closer = request->caller.reader;
    int result = node_file_commit_handle(request, handle, true);
    pthread_mutex_unlock(&node->lock);
    return result;
}

static int fsync_(struct request *request, struct handle *base)
{
    struct open_file *handle = (struct open_file *)base;
    if (fsync(handle->fd) < 0)
        return node_system_error();
    pthread_mutex_lock(&handle->node->lock);
    int result = node_file_commit_handle(request, handle, false);
    pthread_mutex_unlock(&handle->node->lock);
    return result;
}

static void release(struct request *request, struct handle *base)
{
    struct open_file *handle = (struct open_file *)base;
    close(handle->fd);
    pthread_mutex_lock(&handle->node->lock);
    node_file_abandon(request, handle);
    handle->node->opens--;
    file_node_end(handle->node);
    files_share_give(handle->node->files, handle->uid);
    file_node_drop(handle->node);
    free(handle);
}

/* Blocks behind the end would count nothing, and are not given. */
static int allocate(struct request *request, struct handle *base, int mode, uint64_t offset,
                    uint64_t size)
{
    (void)request;
    struct open_file *handle = (struct open_file *)base;
    struct stat stat;
    if (size > INT64_MAX - offset)
        return error_system(EFBIG);
    int result = file_node_begin(handle->node, mode & FALLOC_FL_KEEP_SIZE ? 0 : offset + size);
    if (result < 0)
        return result;
    if (fstat(handle->fd, &stat) < 0)
        result = node_system_error();
    else if (mode & FALLOC_FL_KEEP_SIZE && !(mode & FALLOC_FL_PUNCH_HOLE) &&
             offset + size > (uint64_t)stat.st_size)
        result = error_system(EOPNOTSUPP);
    else if (fallocate(handle->fd, mode, (off_t)offset, (off_t)size) < 0)
        result = node_system_error();
    node_file_note_change(handle);
    file_node_end(handle->node);
    return result;
}

static int seek(struct request *request, struct handle *handle, int64_t offset, int whence,
                int64_t *ret_offset)
{
    (void)request;
    off_t at = lseek(((struct open_file *)handle)->fd, (off_t)offset, whence);
    if (at < 0)
        return node_system_error();
    *ret_offset = at;
    return 0;
}

#define COPY_MAX ((size_t)16 << 20) /* at once: whoever writes there waits as long */

static int copy(struct request *request, struct handle *from, int64_t from_offset,
                struct handle *to, int64_t to_offset, size_t size, size_t *ret_size)
{
    (void)request;
    struct open_file *source = (struct open_file *)from;
    struct open_file *target = (struct open_file *)to;
    struct stat stat;
    if (fstat(source->fd, &stat) < 0)
        return node_system_error();
    size_t there = from_offset < stat.st_size ? (size_t)(stat.st_size - from_offset) : 0;
    size = size < there ? size : there;
    size = size < COPY_MAX ? size : COPY_MAX;
    int result = file_node_begin(target->node, size > 0 ? (uint64_t)to_offset + size : 0);
    if (result < 0)
        return result;
    off_t in = (off_t)from_offset;
    off_t out = (off_t)to_offset;
    ssize_t copied = copy_file_range(source->fd, &in, target->fd, &out, size, 0);
    result = copied < 0 ? node_system_error() : 0;
    node_file_note_change(target);
    file_node_end(target->node);
    if (result == 0)
        *ret_size = (size_t)copied;
    return result;
}

static int readlink_(struct request *request, uint64_t inode, struct buf *out)
{
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    if (!node)
        return -ERR_NOT_FOUND;
    if (!buf_reserve(out, PATH_MAX))
        return -ERR_NO_MEMORY;
    ssize_t size = readlinkat(node->fd, "", (char *)out->data, PATH_MAX);
    if (size < 0)
        return node_system_error();
    out->size = (size_t)size;
    out->data[out->size] = 0;
    return 0;
}

static int link_to(struct request *request, const struct file_node *node, uint64_t folder,
                   const char *name)
{
    struct stat stat;
    char path[FILE_NODE_PATH_MAX];
    AUTO_CLOSE int fd = -1;
    int result = node_folder_hold(request, folder, &stat);
    if (result < 0)
        return result;
    result = files_folder(request->mount->files, folder, true, &fd);
    if (result == 0 &&
        linkat(AT_FDCWD, file_node_path(node->fd, path), fd, name, AT_SYMLINK_FOLLOW) < 0)
        result = node_system_error();
    node_folder_let_go(request, folder);
    return result;
}

static int link_(struct request *request, uint64_t inode, uint64_t folder, struct span name,
                 struct node_entry *ret_entry)
{
    struct file_name text;
    struct stat stat;
    struct file_node *node = files_get(request->mount->files, inode);
    int result = node ? stat_of(node, &stat) : -ERR_NOT_FOUND;
    if (result == 0)
        result = node_folder_accept(request, folder, name, stat.st_mode & S_IFMT);
    if (result == 0)
        result = node_file_name(name, &text);
    if (result == 0 && !file_node_may_pin(node))
        result = error_system(ENFILE);
    if (result == 0)
        result = files_take(request->mount->files, FILES_COST); /* for the name, till it counts */
    if (result == 0) {
        result = link_to(request, node, folder, text.text);
        file_node_settle(node);
        files_give(request->mount->files, FILES_COST);
    }
    if (result == 0) {
        file_node_pin(node);
        return node_file_entry(node, ret_entry);
    }
    file_node_drop(node);
    return result;
}

const struct node_kind node_file = {
    .type = S_IFREG,
    .is_cached = true,
    .getattr = node_file_getattr,
    .setattr = node_file_setattr,
    .link = link_,
    .readlink = readlink_,
    .open = open_,
    .read = read_,
    .write = write_,
    .flush = flush,
    .fsync = fsync_,
    .release = release,
    .allocate = allocate,
    .seek = seek,
    .copy = copy,
    .getxattr = node_file_getxattr,
    .listxattr = node_file_listxattr,
    .setxattr = node_file_setxattr,
    .removexattr = node_file_removexattr,
};
