/* The attributes of an ordinary node, of whatever kind. */
#include "fs/node_file.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <sys/xattr.h>

/* Of an entity's file, what no handle has changed is committed here. */
static int set_size(struct request *request, struct file_node *node, struct handle *handle,
                    uint64_t size)
{
    AUTO_CLOSE int own = -1;
    bool has_handle = handle && handle->kind == &node_file;
    int result = file_node_begin(node, size);
    if (result < 0)
        return result;
    if (!has_handle)
        result = file_node_open(node, O_WRONLY, &own);
    int fd = has_handle ? ((struct open_file *)handle)->fd : own;
    if (result == 0 && ftruncate(fd, (off_t)size) < 0)
        result = node_system_error();
    if (has_handle)
        node_file_note_change((struct open_file *)handle);
    else if (result == 0 && node->object != 0)
        result = node_file_commit(request, node);
    file_node_end(node);
    return result;
}

static int set_owner(const struct file_node *node, const struct stat *wanted, unsigned set)
{
    const uid_t uid = set & NODE_SET_UID ? wanted->st_uid : (uid_t)-1;
    const gid_t gid = set & NODE_SET_GID ? wanted->st_gid : (gid_t)-1;
    return fchownat(node->fd, "", uid, gid, AT_EMPTY_PATH) < 0 ? node_system_error() : 0;
}

static int set_mode(const struct file_node *node, mode_t mode)
{
    char path[FILE_NODE_PATH_MAX];
    return chmod(file_node_path(node->fd, path), mode & 07777) < 0 ? node_system_error() : 0;
}

static struct timespec time_of(struct timespec wanted, bool is_set, bool is_now)
{
    if (is_now)
        return (struct timespec){.tv_nsec = UTIME_NOW};
    return is_set ? wanted : (struct timespec){.tv_nsec = UTIME_OMIT};
}

static int set_times(const struct file_node *node, const struct stat *wanted, unsigned set)
{
    const struct timespec times[] = {
        time_of(wanted->st_atim, set & NODE_SET_ATIME, set & NODE_SET_ATIME_NOW),
        time_of(wanted->st_mtim, set & NODE_SET_MTIME, set & NODE_SET_MTIME_NOW),
    };
    return utimensat(node->fd, "", times, AT_EMPTY_PATH) < 0 ? node_system_error() : 0;
}

#define SET_TIMES (NODE_SET_ATIME | NODE_SET_MTIME | NODE_SET_ATIME_NOW | NODE_SET_MTIME_NOW)

static void note_set(struct file_node *node, unsigned set)
{
    pthread_mutex_lock(&node->lock);
    node->set |= node_attributes(set);
    pthread_mutex_unlock(&node->lock);
}

/* The owner before the mode: chown(2) takes the set-uid bits away. */
int node_file_setattr(struct request *request, uint64_t inode, struct handle *handle,
                      const struct stat *wanted, unsigned set)
{
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    int result = node ? 0 : -ERR_NOT_FOUND;
    if (result == 0 && set & NODE_SET_SIZE)
        result = set_size(request, node, handle, (uint64_t)wanted->st_size);
    if (result == 0 && set & (NODE_SET_UID | NODE_SET_GID))
        result = set_owner(node, wanted, set);
    if (result == 0 && set & NODE_SET_MODE)
        result = set_mode(node, wanted->st_mode);
    if (result == 0 && set & SET_TIMES)
        result = set_times(node, wanted, set);
    if (result == 0)
        note_set(node, set);
    return result;
}

/* They count nothing, so they are few and small. */
#define VALUE_MAX  4096
#define VALUES_MAX 65536 /* of all that a node has together */
#define NAMES_MAX  4096
#define NUMBER_MAX 64 /* as many as an entity may have, which the file may become */

/* Of an attribute, which may have a '/'. */
static int name_of(struct span name, struct file_name *ret_name)
{
    if (name.size > NAME_MAX)
        return -ERR_NAME_TOO_LONG;
    memcpy(ret_name->text, name.data, name.size);
    ret_name->text[name.size] = 0;
    return 0;
}

int node_file_getxattr(struct request *request, uint64_t inode, struct span name, struct buf *out)
{
    char path[FILE_NODE_PATH_MAX];
    struct file_name text;
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    int result = node ? name_of(name, &text) : -ERR_NOT_FOUND;
    if (result < 0)
        return result;
    if (!buf_reserve(out, XATTR_SIZE_MAX))
        return -ERR_NO_MEMORY;
    ssize_t size = getxattr(file_node_path(node->fd, path), text.text, out->data, XATTR_SIZE_MAX);
    if (size < 0)
        return node_system_error();
    out->size = (size_t)size;
    return 0;
}

static bool is_shown(const char *name)
{
    return strncmp(name, "user.", 5) == 0;
}

/* The names, each with its NUL. */
static int list_names(const struct file_node *node, struct buf *out)
{
    char path[FILE_NODE_PATH_MAX];
    AUTO_FREE char *names = malloc(XATTR_LIST_MAX);
    if (!names)
        return -ERR_NO_MEMORY;
    ssize_t size = listxattr(file_node_path(node->fd, path), names, XATTR_LIST_MAX);
    if (size < 0)
        return errno == ENOTSUP ? 0 : node_system_error();
    for (const char *at = names; at < names + size; at += strlen(at) + 1)
        if (is_shown(at))
            buf_append(out, at, strlen(at) + 1);
    return buf_failed(out) ? -ERR_NO_MEMORY : 0;
}

int node_file_listxattr(struct request *request, uint64_t inode, struct buf *out)
{
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    return node ? list_names(node, out) : -ERR_NOT_FOUND;
}

/* What the attribute replaces does not count. */
static int check_room(const struct file_node *node, const char *name, size_t value_size)
{
    char path[FILE_NODE_PATH_MAX];
    AUTO_BUF struct buf names = {0};
    size_t names_size = strlen(name) + 1;
    size_t values_size = value_size;
    size_t number = 1;
    if (value_size > VALUE_MAX)
        return error_system(E2BIG);
    int result = list_names(node, &names);
    if (result < 0)
        return result;
    file_node_path(node->fd, path);
    for (size_t at = 0; at < names.size;) {
        const char *other = (const char *)names.data + at;
        ssize_t size = strcmp(other, name) == 0 ? -1 : getxattr(path, other, NULL, 0);
        at += strlen(other) + 1;
        names_size += size < 0 ? 0 : strlen(other) + 1;
        values_size += size < 0 ? 0 : (size_t)size;
        number += size >= 0;
    }
    bool has_room = names_size <= NAMES_MAX && values_size <= VALUES_MAX && number <= NUMBER_MAX;
    return has_room ? 0 : -ERR_NO_SPACE;
}

int node_file_setxattr(struct request *request, uint64_t inode, struct span name, struct span value,
                       int flags)
{
    char path[FILE_NODE_PATH_MAX];
    struct file_name text;
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    int result = node ? name_of(name, &text) : -ERR_NOT_FOUND;
    if (result < 0)
        return result;
    pthread_mutex_lock(&node->lock); /* one at a time: two might find the same room */
    result = check_room(node, text.text, value.size);
    if (result == 0 &&
        setxattr(file_node_path(node->fd, path), text.text, value.data, value.size, flags) < 0)
        result = node_system_error();
    pthread_mutex_unlock(&node->lock);
    return result;
}

int node_file_removexattr(struct request *request, uint64_t inode, struct span name)
{
    char path[FILE_NODE_PATH_MAX];
    struct file_name text;
    AUTO_NODE struct file_node *node = files_get(request->mount->files, inode);
    int result = node ? name_of(name, &text) : -ERR_NOT_FOUND;
    if (result == 0 && removexattr(file_node_path(node->fd, path), text.text) < 0)
        result = node_system_error();
    return result;
}
