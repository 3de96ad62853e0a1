/* What there is, counted once when a mount begins. A tree may be deeper than a path is long and
 * than there are descriptors: one folder is open at a time, and ".." leads back from it. */
#include "fs/files_internal.h"
#include "store/base/cleanup.h"

#include <fcntl.h>

/* Where to go on in a folder that was left for one in it. */
struct level {
    dev_t dev;
    ino_t ino;
    long position;
};

/* A file of several names, which counts once. */
struct seen {
    dev_t dev;
    ino_t ino;
    uint64_t cost;
};

struct walk {
    DIR *dir;
    struct buf levels; /* struct level, the top first */
    struct buf seen;   /* struct seen */
    uint64_t total;
};

static void count(struct walk *walk, const struct stat *stat)
{
    if (S_ISDIR(stat->st_mode) || stat->st_nlink < 2) {
        walk->total += files_cost(stat);
        return;
    }
    const struct seen seen = {stat->st_dev, stat->st_ino, files_cost(stat)};
    buf_append(&walk->seen, &seen, sizeof(seen));
}

static void enter(struct walk *walk, const char *name)
{
    struct stat stat;
    DIR *below = files_open_dir(dirfd(walk->dir), name);
    if (!below)
        return;
    if (fstat(dirfd(walk->dir), &stat) == 0) {
        const struct level level = {stat.st_dev, stat.st_ino, telldir(walk->dir)};
        buf_append(&walk->levels, &level, sizeof(level));
    }
    closedir(walk->dir);
    walk->dir = below;
}

/* Back to where it came from; false at the top, or when that is no longer there. */
static bool leave(struct walk *walk)
{
    struct stat stat;
    struct level level;
    if (walk->levels.size < sizeof(level))
        return false;
    walk->levels.size -= sizeof(level);
    memcpy(&level, walk->levels.data + walk->levels.size, sizeof(level));
    DIR *above = files_open_dir(dirfd(walk->dir), "..");
    if (!above)
        return false;
    closedir(walk->dir);
    walk->dir = above;
    seekdir(above, level.position);
    return fstat(dirfd(above), &stat) == 0 && stat.st_dev == level.dev && stat.st_ino == level.ino;
}

/* What is right below STORE/files is the store's own, and counts nothing itself. */
static void visit(struct walk *walk, const char *name)
{
    struct stat stat;
    bool is_top = walk->levels.size == 0;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        fstatat(dirfd(walk->dir), name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    if (!is_top)
        count(walk, &stat);
    if (S_ISDIR(stat.st_mode))
        enter(walk, name);
}

static int compare(const void *a, const void *b)
{
    const struct seen *x = a;
    const struct seen *y = b;
    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void count_seen(struct walk *walk)
{
    const size_t size = walk->seen.size / sizeof(struct seen);
    struct seen *all = (struct seen *)(void *)walk->seen.data;
    if (size > 0)
        qsort(all, size, sizeof(*all), compare);
    for (size_t i = 0; i < size; i++)
        if (i == 0 || compare(&all[i - 1], &all[i]) != 0)
            walk->total += all[i].cost;
}

int files_measure(int fd, uint64_t *ret_size)
{
    struct walk walk = {.dir = files_open_dir(fd, ".")};
    bool goes_on = walk.dir != NULL;
    while (goes_on && !buf_failed(&walk.levels) && !buf_failed(&walk.seen)) {
        const struct dirent *entry = readdir(walk.dir);
        if (entry)
            visit(&walk, entry->d_name);
        else
            goes_on = leave(&walk);
    }
    bool has_failed = buf_failed(&walk.levels) || buf_failed(&walk.seen);
    if (!has_failed)
        count_seen(&walk);
    if (walk.dir)
        closedir(walk.dir);
    buf_finish(&walk.levels);
    buf_finish(&walk.seen);
    if (has_failed)
        return -ERR_NO_MEMORY;
    *ret_size = walk.total;
    return 0;
}
