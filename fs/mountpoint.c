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

/* The kernel writes blanks and backslashes of a path as \ooo (proc_pid_mountinfo(5)). */
static void unescape(char *text)
{
    char *out = text;
    for (const char *at = text; *at;) {
        unsigned byte;
        if (at[0] == '\\' && sscanf(at + 1, "%3o", &byte) == 1) {
            *out++ = (char)byte;
            at += 4;
        } else {
            *out++ = *at++;
        }
    }
    *out = 0;
}

/* The absolute path of what realpath(3) cannot look at, as it is stale; its parent is whole. NULL
 * when it cannot be told. Owned by the caller. */
static char *absolute(const char *path)
{
    AUTO_BUF struct buf text = {0};
    AUTO_FREE char *parent = NULL;
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    const char *slash = memrchr(path, '/', size);
    const char *name = slash ? slash + 1 : path;
    buf_append(&text, path, slash ? (size_t)(name - path) : 0);
    parent = realpath(slash ? buf_string(&text) : ".", NULL);
    if (!parent)
        return NULL;
    buf_clear(&text);
    buf_printf(&text, "%s%s%.*s", parent, parent[1] ? "/" : "", (int)(path + size - name), name);
    return buf_failed(&text) ? NULL : strdup(buf_string(&text));
}

/* Whether a file system of ours is what is mounted there, by mountinfo of proc(5): the last line
 * of a mount point is the mount on top. */
static bool is_ours(const char *path)
{
    AUTO_FREE char *wanted = absolute(path);
    AUTO_FREE char *line = NULL;
    size_t capacity = 0;
    bool ours = false;
    FILE *mounts = wanted ? fopen("/proc/self/mountinfo", "re") : NULL;
    if (!mounts)
        return false;
    while (getline(&line, &capacity, mounts) > 0) {
        char point[4096];
        if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1)
            continue;
        unescape(point);
        if (strcmp(point, wanted) == 0)
            ours = strstr(line, " - fuse.persistfs ") != NULL;
    }
    fclose(mounts);
    return ours;
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
    if (!empty && is_ours(path))
        return problem_set(problem, ERR_NOT_EMPTY, "a store is mounted on %s already", path);
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
