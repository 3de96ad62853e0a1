/* A file that is written beside the others, and gets its name when it is whole. */
#include "fs/files_internal.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define TEMPORARY_FOLDER "tmp"

static int write_all(int fd, struct span bytes)
{
    while (bytes.size > 0) {
        ssize_t put = write(fd, bytes.data, bytes.size);
        if (put < 0 && errno != EINTR)
            return error_system(errno);
        bytes = span_skip(bytes, put < 0 ? 0 : (size_t)put);
    }
    return 0;
}

/* The owner before the mode: chown(2) takes the set-uid bits away. */
static int dress(int fd, const struct stat *stat)
{
    const struct timespec times[] = {stat->st_atim, stat->st_mtim};
    bool is_root = geteuid() == 0;
    int changed = fchown(fd, is_root ? stat->st_uid : (uid_t)-1, stat->st_gid);
    if ((changed < 0 && is_root) || fchmod(fd, stat->st_mode & 07777) < 0 ||
        futimens(fd, times) < 0)
        return error_system(errno);
    return fsync(fd) < 0 ? error_system(errno) : 0;
}

static int fill(const struct files_temporary *temporary, struct span bytes, const struct stat *stat)
{
    AUTO_CLOSE int fd = openat(temporary->fd, temporary->name,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_system(errno);
    int result = write_all(fd, bytes);
    return result < 0 ? result : dress(fd, stat);
}

int files_temporary_make(struct files *files, struct span bytes, const struct stat *stat,
                         struct files_temporary *ret_temporary)
{
    struct files_temporary temporary = {.files = files, .cost = FILES_COST + bytes.size};
    int result = files_top(files, TEMPORARY_FOLDER, true, &temporary.fd);
    if (result < 0)
        return result;
    snprintf(temporary.name, sizeof(temporary.name), "%ju",
             (uintmax_t)atomic_fetch_add(&files->temporaries, 1));
    result = files_take(files, temporary.cost);
    if (result < 0)
        temporary.cost = 0;
    else
        result = fill(&temporary, bytes, stat);
    if (result < 0)
        files_temporary_finish(&temporary);
    else
        *ret_temporary = temporary;
    return result;
}

int files_temporary_place(struct files_temporary *temporary, int folder_fd, const char *name,
                          unsigned flags)
{
    if (renameat2(temporary->fd, temporary->name, folder_fd, name, flags) < 0)
        return error_system(errno);
    temporary->name[0] = 0;
    temporary->cost = 0; /* it counts as what it is now */
    return 0;
}

int files_temporary_exchange(struct files_temporary *temporary, int folder_fd, const char *name)
{
    if (renameat2(temporary->fd, temporary->name, folder_fd, name, RENAME_EXCHANGE) < 0)
        return error_system(errno);
    temporary->cost = 0; /* both count as what they are */
    return 0;
}

void files_temporary_finish(struct files_temporary *temporary)
{
    if (temporary->name[0])
        unlinkat(temporary->fd, temporary->name, 0);
    files_give(temporary->files, temporary->cost);
    close(temporary->fd);
}

void files_temporary_clear(struct files *files)
{
    AUTO_CLOSE int fd = -1;
    if (files_top(files, TEMPORARY_FOLDER, false, &fd) < 0)
        return;
    DIR *dir = files_open_dir(fd, ".");
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        unlinkat(fd, entry->d_name, 0); /* not what is a folder: "." is one, nothing else should */
    if (dir)
        closedir(dir);
}
