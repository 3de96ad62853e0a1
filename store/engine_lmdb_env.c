/* Opening, closing, and what LMDB's codes mean. */
#include "store/engine_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int engine_error_of(int rc)
{
    switch (rc) {
    case 0:
        return 0;
    case MDB_MAP_FULL:
    case MDB_MAP_RESIZED:
    case MDB_READERS_FULL:
        return -ERR_BUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:
    case MDB_INCOMPATIBLE:
        return -ERR_DAMAGED;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return -ERR_STORE_FOREIGN;
    case MDB_BAD_VALSIZE:
        return -ERR_INVALID;
    case EFBIG: /* RLIMIT_FSIZE, or the largest file the file system has */
        return -ERR_NO_SPACE;
    default:
        return rc > 0 ? error_of_errno(rc) : -ERR_ENGINE;
    }
}

uint64_t engine_syncs(const struct engine *engine)
{
    return atomic_load(&engine->syncs);
}

uint64_t engine_size(const struct engine *engine)
{
    struct stat st;
    return fstat(engine->file, &st) < 0 ? 0 : (uint64_t)st.st_blocks * 512;
}

int engine_status(const struct engine *engine, struct problem *problem)
{
    int rc = atomic_load(&engine->failure);
    if (rc == 0)
        return 0;
    return problem_set(problem, ERR_ENGINE,
                       "The data can no longer be written: %s. What was confirmed before is on "
                       "disk; look after the disk, then open the store anew",
                       rc == MDB_PANIC ? "the end of a commit failed" : mdb_strerror(rc));
}

static int open_failed(struct problem *problem, int rc)
{
    return problem_set(problem, (enum err) - engine_error_of(rc), "%s cannot be opened: %s",
                       ENGINE_FILE, mdb_strerror(rc));
}

/* Left out on purpose: NOMEMINIT would write bytes of the heap to the disk; NORDAHEAD would read
 * large values a page at a time; NOSYNC, NOMETASYNC and MAPASYNC lose commits; WRITEMAP lets a
 * stray pointer write to the data, and a full disk kill the process. */
static int env_open_with(struct engine *engine, int dir_fd, size_t map, unsigned flags)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, ENGINE_FILE);
    int rc = mdb_env_create(&engine->env);
    if (rc != 0)
        return rc;
    rc = mdb_env_set_maxreaders(engine->env, ENGINE_READERS);
    if (rc == 0)
        rc = mdb_env_set_mapsize(engine->env, map);
    if (rc == 0)
        rc = mdb_env_open(engine->env, path, MDB_NOTLS | MDB_NOSUBDIR | flags, ENGINE_MODE);
    if (rc != 0) {
        mdb_env_close(engine->env);
        engine->env = NULL;
    }
    return rc;
}

static int env_open(struct engine *engine, int dir_fd, size_t map)
{
    if (!engine->read_only)
        return env_open_with(engine, dir_fd, map, 0);
    int rc = env_open_with(engine, dir_fd, map, MDB_RDONLY);
    if (rc == EACCES || rc == EPERM || rc == EROFS)
        rc = env_open_with(engine, dir_fd, map, MDB_RDONLY | MDB_NOLOCK);
    return rc;
}

/* The name may have been given to another file since it was looked at. LMDB opens the lock file
 * and the descriptor for the end of a commit close-on-exec, but not this one. */
static int env_check_file(const struct engine *engine)
{
    int fd;
    struct stat ours;
    struct stat theirs;
    int rc = mdb_env_get_fd(engine->env, &fd);
    if (rc != 0)
        return rc;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fstat(fd, &theirs) < 0 ||
        fstat(engine->file, &ours) < 0)
        return errno;
    return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev ? 0 : MDB_INVALID;
}

static int env_settle(struct engine *engine)
{
    MDB_txn *txn;
    MDB_stat stat;
    int rc = mdb_env_stat(engine->env, &stat);
    if (rc == 0)
        rc = mdb_txn_begin(engine->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return rc;
    engine->page_size = stat.ms_psize;
    rc = mdb_dbi_open(txn, NULL, 0, &engine->dbi);
    mdb_txn_abort(txn);
    if (rc == 0 && mdb_env_get_maxkeysize(engine->env) != ENGINE_KEY_MAX)
        rc = MDB_INCOMPATIBLE;
    if (rc == 0) /* what processes that were killed left behind would keep pages from reuse */
        rc = mdb_reader_check(engine->env, NULL);
    return rc;
}

static int engine_fill(struct engine *engine, int dir_fd, size_t map, struct problem *problem)
{
    int rc = env_open(engine, dir_fd, map);
    if (rc == 0)
        rc = env_check_file(engine);
    if (rc == 0)
        rc = env_settle(engine);
    if (rc == 0)
        engine_map_note(engine);
    return rc == 0 ? 0 : open_failed(problem, rc);
}

static void locks_init(struct engine *engine)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&engine->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&engine->lock, NULL);
}

int engine_open(int dir_fd, const struct engine_options *options, struct engine **ret_engine,
                struct problem *problem)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL)
        return problem_set(problem, ERR_NO_MEMORY, "There is no memory to open %s", ENGINE_FILE);
    engine->file = -1;
    engine->read_only = options->read_only;
    engine->max_size = options->max_size;
    locks_init(engine);
    size_t used = 0;
    int error = engine_file_open(dir_fd, options, &engine->file, &used, problem);
    if (error == 0)
        error = engine_fill(engine, dir_fd, engine_map_first(engine, options->initial_map, used),
                            problem);
    if (error == 0)
        *ret_engine = engine;
    else
        engine_close(engine);
    return error;
}

void engine_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    assert(engine->active == 0);
    engine_idle_drop(engine);
    mdb_env_close(engine->env);
    if (engine->file >= 0)
        close(engine->file);
    pthread_mutex_destroy(&engine->lock);
    pthread_cond_destroy(&engine->changed);
    free(engine);
}
