/* An ordinary file that is made of bytes in one step, in the place of what had its name. */
#include "fs/node_file.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>

static int sync_folder(int folder_fd)
{
    AUTO_CLOSE int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? node_system_error() : 0;
}

static int check_replaced(const struct file_node *node)
{
    struct stat stat;
    if (fstat(node->fd, &stat) < 0)
        return node_system_error();
    return S_ISDIR(stat.st_mode) ? -ERR_IS_A_DIRECTORY : 0;
}

static int place(struct folder_writing *writing, uint64_t folder, unsigned flags)
{
    int result = files_folder(writing->files, folder, true, &writing->fd);
    if (result == 0)
        result =
            files_find(writing->files, folder, writing->fd, writing->name.text, &writing->replaced);
    if (result == -ERR_NOT_FOUND && writing->fd >= 0)
        return files_temporary_place(&writing->temporary, writing->fd, writing->name.text,
                                     RENAME_NOREPLACE);
    if (result == 0 && flags & RENAME_NOREPLACE)
        result = error_system(EEXIST);
    if (result == 0)
        result = check_replaced(writing->replaced);
    return result < 0
               ? result
               : files_temporary_exchange(&writing->temporary, writing->fd, writing->name.text);
}

static int make(struct folder_writing *writing, struct request *request, uint64_t folder,
                struct span name, unsigned flags)
{
    struct stat held;
    struct stat stat;
    const struct files_temporary *temporary = &writing->temporary;
    if (fstatat(temporary->fd, temporary->name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return node_system_error();
    writing->dev = stat.st_dev;
    writing->ino = stat.st_ino;
    int result = node_file_name(name, &writing->name);
    if (result == 0)
        result = node_folder_hold(request, folder, &held);
    if (result < 0)
        return result;
    result = place(writing, folder, flags);
    node_folder_let_go(request, folder);
    return result;
}

/* What was not placed is removed; what was, and may not last, stays as a crash would leave it. */
static void give_up(struct folder_writing *writing)
{
    files_temporary_finish(&writing->temporary);
    file_node_drop(writing->replaced);
    if (writing->fd >= 0)
        close(writing->fd);
}

int node_folder_write(struct request *request, uint64_t folder, struct span name, struct span bytes,
                      const struct stat *stat, unsigned flags, struct folder_writing *ret_writing)
{
    struct folder_writing writing = {.files = request->mount->files, .fd = -1};
    int result = node_folder_may_make(request) ? 0 : -ERR_ACCESS;
    if (result == 0)
        result = node_folder_accept(request, folder, name, S_IFREG);
    if (result == 0)
        result = files_temporary_make(writing.files, bytes, stat, &writing.temporary);
    if (result < 0)
        return result;
    result = make(&writing, request, folder, name, flags);
    if (result == 0)
        result = sync_folder(writing.fd);
    if (result == 0)
        *ret_writing = writing;
    else
        give_up(&writing);
    return result;
}

static bool is_ours(const struct folder_writing *writing)
{
    struct stat stat;
    return fstatat(writing->fd, writing->name.text, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
           stat.st_dev == writing->dev && stat.st_ino == writing->ino;
}

static void remove_new(struct folder_writing *writing, int folder_fd, const char *name)
{
    AUTO_NODE struct file_node *node = NULL;
    if (files_find(writing->files, 0, folder_fd, name, &node) == 0)
        file_node_unlink(node, folder_fd, name, 0);
}

static void take_back(struct folder_writing *writing)
{
    struct files_temporary *temporary = &writing->temporary;
    if (!is_ours(writing))
        return;
    if (!writing->replaced) {
        remove_new(writing, writing->fd, writing->name.text);
    } else if (files_temporary_exchange(temporary, writing->fd, writing->name.text) == 0) {
        remove_new(writing, temporary->fd, temporary->name);
        temporary->name[0] = 0;
    }
}

void folder_writing_finish(struct folder_writing *writing, bool keep)
{
    if (!keep)
        take_back(writing);
    bool has_replaced = writing->replaced && writing->temporary.name[0] != 0;
    files_temporary_finish(&writing->temporary);
    if (has_replaced) {
        file_node_pin(writing->replaced);
        file_node_settle(writing->replaced);
    }
    file_node_drop(writing->replaced);
    close(writing->fd);
}
