#include "fs/process.h"

#include "store/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads the beginning of a file of /proc as a string. Returns whether there was one. */
static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, size - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    return got > 0;
}

static void take_name(const char *line, char *comm, size_t size)
{
    size_t length = strcspn(line, "\n");
    if (length >= size)
        length = size - 1;
    memcpy(comm, line, length);
    comm[length] = 0;
}

struct process process_of(pid_t tid)
{
    struct process process = {.pid = tid};
    char path[64];
    char text[512];
    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    if (tid <= 0 || !read_text(path, text, sizeof(text)))
        return process;
    if (strncmp(text, "Name:\t", 6) == 0)
        take_name(text + 6, process.comm, sizeof(process.comm));
    const char *group = strstr(text, "\nTgid:\t");
    if (group)
        process.pid = (pid_t)strtol(group + 7, NULL, 10);
    return process;
}

int64_t process_tick(void)
{
    return CLOCK_SECOND / sysconf(_SC_CLK_TCK);
}

/* A numeric field of /proc/PID/stat, counted as proc(5) does; -1 when it cannot be read. */
static int64_t stat_field(pid_t pid, int number)
{
    char path[64];
    char text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (!read_text(path, text, sizeof(text)))
        return -1;
    const char *at = strrchr(text, ')'); /* the name may hold anything, blanks too */
    for (int field = 2; at && field < number; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoll(at + 1, NULL, 10) : -1;
}

int64_t process_start(pid_t pid)
{
    int64_t ticks = stat_field(pid, 22);
    return ticks < 0 ? -1 : ticks * process_tick();
}

pid_t process_parent(pid_t pid)
{
    int64_t parent = stat_field(pid, 4);
    return parent < 0 ? 0 : (pid_t)parent;
}

size_t process_threads(pid_t tid, pid_t *ret_tids, size_t capacity)
{
    char folder[64];
    size_t count = 1;
    ret_tids[0] = tid;
    snprintf(folder, sizeof(folder), "/proc/%d/task", (int)tid);
    DIR *dir = opendir(folder);
    if (!dir)
        return count;
    for (struct dirent *entry; count < capacity && (entry = readdir(dir));) {
        pid_t found = (pid_t)strtol(entry->d_name, NULL, 10);
        if (found > 0 && found != tid)
            ret_tids[count++] = found;
    }
    closedir(dir);
    return count;
}

bool process_has_thread(pid_t pid, pid_t tid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)pid, (int)tid);
    return access(path, F_OK) == 0;
}

/* The line that begins so, which the caller frees; NULL: there is none. */
static char *read_line(const char *path, const char *prefix)
{
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    bool found = false;
    while (file && !found && getline(&line, &room, file) > 0)
        found = strncmp(line, prefix, strlen(prefix)) == 0;
    if (file)
        fclose(file);
    if (found)
        return line;
    free(line);
    return NULL;
}

bool process_has_group(pid_t tid, gid_t gid)
{
    char path[64];
    bool has = false;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    char *line = tid > 0 ? read_line(path, "Groups:") : NULL; /* it may have 65536 of them */
    char *at = line ? line + 7 : NULL;
    for (char *end = NULL; at && !has; at = end != at ? end : NULL)
        has = strtoul(at, &end, 10) == gid && end != at;
    free(line);
    return has;
}

static bool is_writable_of(const char *folder, const char *fd, uint64_t inode)
{
    char path[300];
    char text[512];
    snprintf(path, sizeof(path), "%s/%s", folder, fd);
    if (!read_text(path, text, sizeof(text)))
        return false;
    const char *flags = strstr(text, "flags:\t");
    const char *ino = strstr(text, "ino:\t");
    return flags && ino && strtoull(ino + 5, NULL, 10) == inode &&
           (strtoul(flags + 7, NULL, 8) & O_ACCMODE) != O_RDONLY;
}

#define DESCRIPTORS_MAX 4096 /* looked at; a process with more is taken to have one */

bool process_has_writable(pid_t tid, uint64_t inode, bool unknown)
{
    char folder[64];
    snprintf(folder, sizeof(folder), "/proc/%d/fdinfo", (int)tid);
    DIR *dir = opendir(folder);
    if (!dir)
        return errno != ENOENT && unknown;
    bool found = false;
    unsigned seen = 0;
    for (struct dirent *entry; !found && (entry = readdir(dir));) {
        if (entry->d_name[0] != '.')
            found = ++seen > DESCRIPTORS_MAX || is_writable_of(folder, entry->d_name, inode);
    }
    closedir(dir);
    return found;
}
