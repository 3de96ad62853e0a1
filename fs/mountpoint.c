#include "fs/mountpoint.h"

#include "store/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

/* Lets go of a mount whose daemon is dead. Root may do so itself; others have fusermount3. */
static int clear_stale(const char *path, struct problem *problem)
{
    if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
        return 0;
    char *arguments[] = {(char[]){"fusermount3"}, (char[]){"-uz"}, (char[]){"--"},
                         (char *)(uintptr_t)path, NULL};
    pid_t pid;
    int status = -1;
    int errnum = posix_spawnp(&pid, arguments[0], NULL, NULL, arguments, environ);
    if (errnum == 0 && waitpid(pid, &status, 0) == pid && status == 0)
        return 0;
    return problem_set(problem, ERR_BUSY, "the stale mount on %s could not be cleared", path);
}

/* Whether a file system of ours is mounted there, by mountinfo of proc(5). */
static bool is_ours(const char *path)
{
    AUTO_FREE char *real = NULL;
    AUTO_FREE char *line = NULL;
    size_t capacity = 0;
    bool found = false;
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (!mounts)
        return false;
    /* realpath(3) fails on a stale mount; its parent is whole. */
    real = realpath(path, NULL);
    const char *wanted = real ? real : path;
    const char *last = strrchr(wanted, '/');
    while (!found && getline(&line, &capacity, mounts) > 0) {
        char point[4096];
        if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1 || !strstr(line, " fuse.persistfs "))
            continue;
        const char *name = strrchr(point, '/');
        found = strcmp(point, wanted) == 0 || (last && name && strcmp(name, last) == 0) ||
                (!last && name && strcmp(name + 1, wanted) == 0);
    }
    fclose(mounts);
    return found;
}

static int check_stale(const char *path, bool replace, struct problem *problem)
{
    if (replace && is_ours(path))
        return clear_stale(path, problem);
    return problem_set(problem, ERR_BUSY,
                       "%s is a stale mount: the daemon behind it is dead; clear it with "
                       "'fusermount3 -u %s', or mount with -o replace",
                       path, path);
}

static int check_empty(const char *path, struct problem *problem)
{
    DIR *dir = opendir(path);
    if (!dir)
        return problem_set(problem, ERR_ACCESS, "cannot open the mount point %s: %s", path,
                           strerror(errno));
    bool empty = true;
    for (struct dirent *entry; (entry = readdir(dir));)
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    closedir(dir);
    return empty ? 0
                 : problem_set(problem, ERR_NOT_EMPTY,
                               "the mount point %s is not empty: name an empty folder", path);
}

int mountpoint_check(const char *path, bool replace, struct problem *problem)
{
    struct stat info;
    if (stat(path, &info) < 0 && (errno == ENOTCONN || errno == ECONNABORTED)) {
        int result = check_stale(path, replace, problem);
        if (result < 0)
            return result;
    }
    if (stat(path, &info) < 0)
        return problem_set(problem, errno == ENOENT ? ERR_NOT_FOUND : ERR_ACCESS,
                           errno == ENOENT ? "the mount point %s does not exist: make it with mkdir"
                                           : "the mount point %s cannot be reached",
                           path);
    if (!S_ISDIR(info.st_mode))
        return problem_set(problem, ERR_NOT_A_DIRECTORY, "the mount point %s is not a directory",
                           path);
    return check_empty(path, problem);
}

int mountpoint_check_device(struct problem *problem)
{
    struct stat info;
    if (stat("/dev/fuse", &info) == 0)
        return 0;
    return problem_set(problem, ERR_NOT_FOUND,
                       "there is no /dev/fuse: load the kernel module (modprobe fuse), or give the "
                       "container the device");
}
