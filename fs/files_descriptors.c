/* Which nodes have a descriptor. A file that no call uses lends its own to another node, and is
 * opened again by its name, which rename and unlink keep right. */
#include "fs/files_internal.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>

static bool may_close(const struct file_node *node)
{
    return node && node->fd >= 0 && node->busy == 0 && !node->is_pinned && node->name;
}

int files_claim_locked(struct files *files, int *ret_close)
{
    if (files->descriptors < files->descriptors_max) {
        files->descriptors++;
        return 0;
    }
    for (uint32_t i = 0; i < files->place_count; i++) {
        struct file_node *node = files->places[files->hand++ % files->place_count].node;
        if (!may_close(node))
            continue;
        *ret_close = node->fd;
        node->fd = -1;
        return 0;
    }
    return error_system(ENFILE);
}

/* Opens it by its name, if that still leads to it. */
static int open_by_name(struct file_node *node, uint64_t folder, const char *name, int *ret_fd)
{
    struct stat stat;
    AUTO_CLOSE int folder_fd = -1;
    int result = files_folder(node->files, folder, false, &folder_fd);
    if (result < 0)
        return result;
    AUTO_CLOSE int fd = openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) < 0)
        return error_system(errno);
    if (!file_node_is(node, &stat))
        return error_system(ESTALE);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int files_reopen(struct file_node *node)
{
    struct files *files = node->files;
    AUTO_CLOSE int fd = -1;
    AUTO_CLOSE int to_close = -1;
    pthread_mutex_lock(&files->lock);
    uint64_t folder = node->folder;
    AUTO_FREE char *name = strdup(node->name);
    pthread_mutex_unlock(&files->lock);
    int result = name ? open_by_name(node, folder, name, &fd) : -ERR_NO_MEMORY;
    pthread_mutex_lock(&files->lock);
    if (node->fd >= 0) { /* somebody else was first */
        result = 0;
    } else if (result == 0) {
        result = files_claim_locked(files, &to_close);
        if (result == 0) {
            node->fd = fd;
            fd = -1;
        }
    }
    pthread_mutex_unlock(&files->lock);
    return result;
}
