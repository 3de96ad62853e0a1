#include "store/base/cleanup.h"
#include "store/base/clock.h"
#include "store/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock"
#define NEW_FILE  "data.mdb.new" /* what a crash may leave of a store that was being made */

static int system_problem(struct problem *problem, const char *what, const char *path)
{
    int errnum = errno;
    return problem_set(problem, (enum err) - error_of_errno(errnum), "cannot %s %s: %s", what, path,
                       strerror(errnum));
}

static int sync_parent(const char *path, struct problem *problem)
{
    AUTO_FREE char *copy = strdup(path);
    if (!copy)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    AUTO_CLOSE int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return system_problem(problem, "sync the folder of", path);
    return 0;
}

static int check_owner(int fd, const char *path, struct problem *problem)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return system_problem(problem, "look at", path);
    if (info.st_uid != geteuid())
        return problem_set(problem, ERR_ACCESS,
                           "the store %s belongs to user %u, not to you (user %u): run persistfs "
                           "as its owner",
                           path, info.st_uid, geteuid());
    if (info.st_mode & 022)
        return problem_set(problem, ERR_ACCESS,
                           "the store %s can be changed by others (mode %04o): run chmod 700 on it",
                           path, info.st_mode & 07777);
    return 0;
}

int store_folder_open(const char *path, bool create, int *ret_fd, struct problem *problem)
{
    if (create && mkdir(path, 0700) == 0) {
        int result = sync_parent(path, problem);
        if (result < 0)
            return result;
    } else if (create && errno != EEXIST) {
        return system_problem(problem, "make the store", path);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR)
        return problem_set(problem, ERR_NOT_A_DIRECTORY, "the store %s is not a directory", path);
    if (fd < 0)
        return system_problem(problem, "open the store", path);
    int result = check_owner(fd, path, problem);
    if (result < 0)
        close(fd);
    else
        *ret_fd = fd;
    return result;
}

/* What a folder may hold and still be as good as empty. */
static bool is_harmless(const char *name)
{
    static const char *const names[] = {
        ".", "..", LOCK_FILE, NEW_FILE, NEW_FILE "-lock", DATA_FILE "-lock", "lost+found"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

int store_folder_look(int dir_fd, const char *path, struct problem *problem)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int result = system_problem(problem, "list the store", path);
        if (fd >= 0)
            close(fd);
        return result;
    }
    bool has_data = false;
    bool foreign = false;
    for (struct dirent *entry; (entry = readdir(dir));) {
        has_data = has_data || strcmp(entry->d_name, DATA_FILE) == 0;
        foreign = foreign || !is_harmless(entry->d_name);
    }
    closedir(dir);
    if (foreign && !has_data)
        return problem_set(problem, ERR_STORE_FOREIGN,
                           "%s is not empty and is not a persistfs store: name another folder",
                           path);
    return has_data;
}

#define LOCK_PATIENCE ((int64_t)2 * CLOCK_SECOND)

/* fusermount3 -u and umount return before the daemon has ended, and who mounts again at once means
 * no harm: the lock is waited for a moment before it counts as held. */
static bool take_lock(int fd)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000000};
    int64_t deadline = clock_monotonic() + LOCK_PATIENCE;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK || clock_monotonic() > deadline)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

int store_lock(int dir_fd, const char *path, int *ret_fd, struct problem *problem)
{
    AUTO_CLOSE int fd = openat(dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return system_problem(problem, "open the lock of", path);
    char pid[32] = "";
    if (!take_lock(fd)) {
        ssize_t size = pread(fd, pid, sizeof(pid) - 1, 0);
        pid[size > 0 ? size : 0] = 0;
        pid[strcspn(pid, "\n")] = 0;
        return problem_set(problem, ERR_STORE_IN_USE,
                           "the store %s is in use by process %s: unmount it first", path,
                           pid[0] ? pid : "(unknown)");
    }
    int size = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    /* On a full disk it stays as it was: the pid is for people, the lock itself is the kernel's. */
    if (pwrite(fd, pid, (size_t)size, 0) == size && ftruncate(fd, size) < 0)
        return system_problem(problem, "write the lock of", path);
    *ret_fd = fd;
    fd = -1;
    return 0;
}
