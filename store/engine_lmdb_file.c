/* The data file, as it is before LMDB maps it: LMDB trusts what it finds there, so a file that is
 * foreign, cut off or not ours is told apart here. */
#include "store/base/cleanup.h"
#include "store/engine_internal.h"
#include "store/engine_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define META_SIZE     152
#define META_MAGIC    UINT32_C(0xBEEFC0DE)
#define META_VERSION  1
#define SIZE_IN_SENSE (UINT64_C(1) << 46)

struct meta {
    uint32_t magic;
    uint32_t version;
    uint32_t page_size;
    uint16_t page_flags;
    struct engine_tree free;
    struct engine_tree keys;
    uint64_t last_page;
    uint64_t txn;
};

static int damaged(struct problem *problem, const char *what)
{
    return problem_set(problem, ERR_DAMAGED, "%s %s", ENGINE_FILE, what);
}

static int failed(struct problem *problem, const char *what)
{
    int errnum = errno;
    return problem_set(problem, (enum err) - error_of_errno(errnum), "%s cannot be %s: %s",
                       ENGINE_FILE, what, strerror(errnum));
}

static struct engine_tree tree_decode(const uint8_t *from)
{
    return (struct engine_tree){
        .flags = load16(from + 4), .depth = load16(from + 6), .root = load64(from + 40)};
}

static bool meta_read(int file, uint64_t offset, struct meta *ret_meta)
{
    uint8_t bytes[META_SIZE];
    if (!engine_read_at(file, bytes, sizeof bytes, offset))
        return false;
    *ret_meta = (struct meta){
        .magic = load32(bytes + 16),
        .version = load32(bytes + 20),
        .page_size = load32(bytes + 40),
        .page_flags = load16(bytes + 10),
        .free = tree_decode(bytes + 40),
        .keys = tree_decode(bytes + 88),
        .last_page = load64(bytes + 136),
        .txn = load64(bytes + 144),
    };
    return true;
}

static bool tree_in_sense(const struct engine_tree *tree, uint64_t last_page)
{
    if (tree->root == PAGE_NONE)
        return tree->depth == 0;
    return tree->root >= 2 && tree->root <= last_page && tree->depth >= 1 &&
           tree->depth <= TREE_DEPTH;
}

static bool meta_in_sense(const struct meta *meta)
{
    return (meta->page_flags & PAGE_META) != 0 && meta->last_page >= 1 &&
           meta->last_page < SIZE_IN_SENSE / meta->page_size &&
           tree_in_sense(&meta->free, meta->last_page) &&
           tree_in_sense(&meta->keys, meta->last_page);
}

static int meta_load_first(int file, uint64_t size, struct meta *ret_meta, struct problem *problem)
{
    uint8_t head[24];
    if (size == 0)
        return damaged(problem, "is empty: it was cut off");
    if (size < sizeof head || !engine_read_at(file, head, sizeof head, 0) ||
        load32(head + 16) != META_MAGIC)
        return problem_set(problem, ERR_STORE_FOREIGN, "%s was not made by persistfs", ENGINE_FILE);
    if (load32(head + 20) != META_VERSION)
        return problem_set(problem, ERR_STORE_FOREIGN,
                           "%s is in version %u of LMDB's format, not %d", ENGINE_FILE,
                           (unsigned)load32(head + 20), META_VERSION);
    if (!meta_read(file, 0, ret_meta))
        return damaged(problem, "ends within its first page");
    uint32_t page = ret_meta->page_size;
    if (page < 512 || page > PAGE_MAX || (page & (page - 1)) != 0)
        return damaged(problem, "has a page size that cannot be");
    return 0;
}

/* Sets the newer of the two meta pages, which is the one in force. */
static int meta_load(int file, uint64_t size, struct meta *ret_meta, struct problem *problem)
{
    struct meta first;
    struct meta second;
    int error = meta_load_first(file, size, &first, problem);
    if (error < 0)
        return error;
    if (size < 2 * (uint64_t)first.page_size || !meta_read(file, first.page_size, &second))
        return damaged(problem, "ends within its first two pages");
    if (second.magic != META_MAGIC || second.version != META_VERSION ||
        second.page_size != first.page_size)
        return damaged(problem, "has a second page that is not one of its own");
    const struct meta *newer = second.txn > first.txn ? &second : &first;
    if (newer->keys.flags != 0)
        return problem_set(problem, ERR_STORE_FOREIGN, "%s was made by another program",
                           ENGINE_FILE);
    if (!meta_in_sense(&first) || !meta_in_sense(&second))
        return damaged(problem, "has a first page that makes no sense");
    *ret_meta = *newer;
    return 0;
}

static bool walk_trees(int file, uint64_t size, const struct meta *meta, uint8_t *bytes)
{
    return engine_walk(file, size, meta->page_size, &meta->free, bytes) &&
           engine_walk(file, size, meta->page_size, &meta->keys, bytes);
}

/* LMDB does not write the pages that a transaction took and gave back, so a whole file may end
 * before its last page; but what is in use must be there, or reading it would be a SIGBUS. */
static int check_contents(int file, bool verify, struct meta *ret_meta, struct problem *problem)
{
    struct stat st;
    if (fstat(file, &st) < 0)
        return failed(problem, "examined");
    uint64_t size = (uint64_t)st.st_size;
    int error = meta_load(file, size, ret_meta, problem);
    bool cut = error == 0 && size / ret_meta->page_size <= ret_meta->last_page;
    if (error < 0 || !(verify || cut))
        return error;
    AUTO_FREE uint8_t *bytes = malloc(ret_meta->page_size);
    if (bytes == NULL)
        return problem_set(problem, ERR_NO_MEMORY, "There is no memory to check %s", ENGINE_FILE);
    if (walk_trees(file, size, ret_meta, bytes))
        return 0;
    return damaged(problem, cut ? "is shorter than its contents: it was cut off"
                                : "has a page that makes no sense");
}

/* Whether there is a file of the name, and it is one that LMDB may be let near: it would follow a
 * symbolic link, and write to a lock file. Returns 1, 0, or an error. */
static int check_name(int dir_fd, const char *name, struct problem *problem)
{
    struct stat st;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : failed(problem, "examined");
    if (!S_ISREG(st.st_mode))
        return problem_set(problem, ERR_STORE_FOREIGN, "%s is not a regular file", name);
    if (st.st_uid != geteuid())
        return problem_set(problem, ERR_ACCESS, "%s belongs to another user", name);
    return 1;
}

static int sync_dir(int dir_fd)
{
    AUTO_CLOSE int dir = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? -1 : fsync(dir);
}

/* Lets LMDB write its two pages into an empty file. */
static int fill_new(int dir_fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, ENGINE_FILE_NEW);
    MDB_env *env;
    int rc = mdb_env_create(&env);
    if (rc != 0)
        return rc;
    rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOTLS, ENGINE_MODE);
    if (rc == 0)
        rc = mdb_env_sync(env, 1);
    mdb_env_close(env);
    return rc;
}

static int rename_new(int dir_fd)
{
    if (renameat2(dir_fd, ENGINE_FILE_NEW, dir_fd, ENGINE_FILE, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL)
        return -1;
    /* Not every file system knows the flag; the caller has the store to itself. */
    return renameat(dir_fd, ENGINE_FILE_NEW, dir_fd, ENGINE_FILE);
}

/* Under another name first, so that an empty or half-made data file is always a damaged one. */
static int make(int dir_fd, struct problem *problem)
{
    unlinkat(dir_fd, ENGINE_FILE_NEW, 0);
    int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    AUTO_CLOSE int file = openat(dir_fd, ENGINE_FILE_NEW, flags, ENGINE_MODE);
    if (file < 0)
        return failed(problem, "made");
    int rc = fill_new(dir_fd);
    if (rc == 0 && (rename_new(dir_fd) < 0 || sync_dir(dir_fd) < 0))
        rc = errno;
    if (rc == 0)
        return 0;
    unlinkat(dir_fd, ENGINE_FILE_NEW, 0);
    return problem_set(problem, (enum err) - engine_error_of(rc), "%s cannot be made: %s",
                       ENGINE_FILE, mdb_strerror(rc));
}

static int check_names(int dir_fd, bool read_only, struct problem *problem)
{
    int there = check_name(dir_fd, ENGINE_FILE_LOCK, problem);
    if (there >= 0)
        there = check_name(dir_fd, ENGINE_FILE, problem);
    if (there != 0)
        return there < 0 ? there : 0;
    if (read_only)
        return problem_set(problem, ERR_NOT_FOUND, "There is no %s", ENGINE_FILE);
    return make(dir_fd, problem);
}

int engine_file_open(int dir_fd, const struct engine_options *options, int *ret_file,
                     size_t *ret_used, struct problem *problem)
{
    int error = check_names(dir_fd, options->read_only, problem);
    if (error < 0)
        return error;
    int flags = (options->read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    AUTO_CLOSE int file = openat(dir_fd, ENGINE_FILE, flags);
    if (file < 0)
        return failed(problem, "opened");
    struct meta meta = {0};
    error = check_contents(file, options->verify, &meta, problem);
    if (error < 0)
        return error;
    *ret_used = (meta.last_page + 1) * meta.page_size;
    *ret_file = file;
    file = -1;
    return 0;
}

/* LMDB gives EIO for a write that was cut short, which is what a full disk does first. It is that
 * when no page has failed to reach the disk (each descriptor hears once of such an error, also when
 * LMDB's has heard), and there is no room now. A page more at the end does no harm, and fallocate
 * never changes bytes that another process writes meanwhile. */
bool engine_file_full(struct engine *engine)
{
    if (fdatasync(engine->file) < 0) {
        atomic_store(&engine->failure, errno);
        return false;
    }
    struct stat st;
    if (fstat(engine->file, &st) < 0)
        return false;
    return fallocate(engine->file, 0, st.st_size, (off_t)engine->page_size) < 0 &&
           (errno == ENOSPC || errno == EDQUOT || errno == EFBIG);
}
