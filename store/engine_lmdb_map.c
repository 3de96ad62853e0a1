/* The map: where it is, how large, and when it may move. */
#include "store/base/clock.h"
#include "store/engine_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#define MAP_DEFAULT    ((size_t)1 << 30)
#define MAP_SMALLEST   ((size_t)1 << 16)
#define MAP_LARGEST    ((size_t)1 << 46) /* half of what a process has */
#define DRAIN_PATIENCE (CLOCK_SECOND / 20)
#define DRAIN_PAUSE    (CLOCK_SECOND / 200)
#define DRAIN_LIMIT    (10 * (int64_t)CLOCK_SECOND)

/* LMDB does not tell where its map is. The addresses are "FROM-TO PERM OFFSET DEVICE INODE PATH"
 * (proc_pid_maps(5)); the device is not compared, as it is not that of fstat on btrfs. */
static const uint8_t *map_find(ino_t inode, size_t size)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return NULL;
    const uint8_t *found = NULL;
    char *line = NULL;
    size_t capacity = 0;
    while (found == NULL && getline(&line, &capacity, maps) > 0) {
        unsigned long from;
        unsigned long to;
        unsigned long offset;
        unsigned long node;
        if (sscanf(line, "%lx-%lx %*s %lx %*s %lu", &from, &to, &offset, &node) == 4 &&
            node == inode && offset == 0 && to - from >= size)
            found = (const uint8_t *)from; // NOLINT(performance-no-int-to-ptr)
    }
    free(line);
    fclose(maps);
    return found;
}

void engine_map_note(struct engine *engine)
{
    MDB_envinfo info;
    struct stat st;
    mdb_env_info(engine->env, &info);
    engine->map_size = info.me_mapsize;
    engine->map = fstat(engine->file, &st) < 0 ? NULL : map_find(st.st_ino, info.me_mapsize);
}

/* Twice as large until `used` fits, and a multiple of any page size. */
static size_t map_fit(size_t size, size_t used)
{
    if (size < MAP_SMALLEST)
        size = MAP_SMALLEST;
    while (size < used && size < MAP_LARGEST)
        size *= 2;
    if (size > MAP_LARGEST)
        size = MAP_LARGEST;
    return (size + MAP_SMALLEST - 1) / MAP_SMALLEST * MAP_SMALLEST;
}

static size_t map_bounded(const struct engine *engine, size_t size)
{
    return engine->max_size != 0 && size > engine->max_size ? engine->max_size : size;
}

size_t engine_map_first(const struct engine *engine, size_t size, size_t used)
{
    return map_bounded(engine, map_fit(size == 0 ? MAP_DEFAULT : size, used));
}

/* LMDB gives up the old map before it asks for the new one, and cannot go back. */
static bool address_space_has(size_t size)
{
    void *trial = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (trial == MAP_FAILED)
        return false;
    munmap(trial, size);
    return true;
}

void engine_idle_drop(struct engine *engine)
{
    while (engine->idle != NULL) {
        struct engine_txn *txn = engine->idle;
        engine->idle = txn->next;
        engine_txn_free(txn);
    }
    engine->idle_count = 0;
}

/* Called with the lock held and no transaction active. */
static bool map_grow(struct engine *engine)
{
    if (engine->map_size >= engine->map_wanted)
        return true;
    if (engine->map_size == 0 || !address_space_has(engine->map_wanted))
        return false;
    engine_idle_drop(engine);
    int rc = mdb_env_set_mapsize(engine->env, engine->map_wanted);
    if (rc == 0) {
        engine_map_note(engine);
        return true;
    }
    atomic_store(&engine->failure, rc);
    engine->map = NULL;
    engine->map_size = 0;
    return false;
}

int engine_map_full(struct engine *engine, size_t more)
{
    pthread_mutex_lock(&engine->lock);
    size_t wanted = map_bounded(engine, map_fit(engine->map_size * 2, engine->map_size + more));
    bool can = wanted > engine->map_size;
    if (can && wanted > engine->map_wanted)
        engine->map_wanted = wanted;
    pthread_mutex_unlock(&engine->lock);
    return can ? -ERR_BUSY : -ERR_NO_SPACE;
}

static struct timespec in_future(int64_t nanoseconds)
{
    int64_t then = clock_monotonic() + nanoseconds;
    return (struct timespec){.tv_sec = then / CLOCK_SECOND, .tv_nsec = then % CLOCK_SECOND};
}

/* Called with the lock held. Returns whether no transaction is active. */
static bool gate_wait(struct engine *engine, int64_t patience)
{
    struct timespec deadline = in_future(patience);
    int waited = 0;
    while (engine->active > 0 && waited == 0)
        waited = pthread_cond_timedwait(&engine->changed, &engine->lock, &deadline);
    return engine->active == 0;
}

/* Called with the lock held. The gate is opened now and then, for a thread that is inside may be
 * waiting to enter a second time; and whoever waits for itself is told no in the end. */
static bool gate_drain_and_grow(struct engine *engine)
{
    int64_t patience = DRAIN_PATIENCE;
    for (int64_t left = DRAIN_LIMIT; left > 0; left -= patience, patience *= 2) {
        engine->closed++;
        bool empty = gate_wait(engine, patience < left ? patience : left);
        bool grown = empty && map_grow(engine);
        engine->closed--;
        pthread_cond_broadcast(&engine->changed);
        if (empty)
            return grown;
        gate_wait(engine, DRAIN_PAUSE);
    }
    return false;
}

bool engine_retry(struct engine *engine, int error)
{
    if (error != -ERR_BUSY)
        return false;
    pthread_mutex_lock(&engine->lock);
    bool grown = engine->map_size >= engine->map_wanted || gate_drain_and_grow(engine);
    pthread_mutex_unlock(&engine->lock);
    return grown;
}

bool engine_map_follow(struct engine *engine)
{
    MDB_envinfo info;
    pthread_mutex_lock(&engine->lock);
    mdb_env_info(engine->env, &info);
    size_t wanted = map_fit(engine->map_size, (info.me_last_pgno + 1) * engine->page_size);
    if (wanted > engine->map_wanted)
        engine->map_wanted = wanted;
    pthread_mutex_unlock(&engine->lock);
    return engine_retry(engine, -ERR_BUSY);
}

void engine_gate_enter(struct engine *engine, struct engine_txn **ret_idle)
{
    pthread_mutex_lock(&engine->lock);
    while (engine->closed > 0)
        pthread_cond_wait(&engine->changed, &engine->lock);
    engine->active++;
    if (ret_idle != NULL) {
        *ret_idle = engine->idle;
        if (engine->idle != NULL) {
            engine->idle = engine->idle->next;
            engine->idle_count--;
        }
    }
    pthread_mutex_unlock(&engine->lock);
}

void engine_gate_leave(struct engine *engine, struct engine_txn *idle)
{
    pthread_mutex_lock(&engine->lock);
    if (idle != NULL && engine->idle_count < ENGINE_IDLE_MAX) {
        idle->next = engine->idle;
        engine->idle = idle;
        engine->idle_count++;
    } else {
        engine_txn_free(idle);
    }
    assert(engine->active > 0);
    if (--engine->active == 0 && engine->closed > 0)
        pthread_cond_broadcast(&engine->changed);
    pthread_mutex_unlock(&engine->lock);
}
