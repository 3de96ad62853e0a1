#include "engine_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct faults faults;

int __real_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __real_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);
int __real_mdb_txn_commit(MDB_txn *txn);
int __real_mdb_env_set_mapsize(MDB_env *env, size_t size);
int __wrap_mdb_env_set_mapsize(MDB_env *env, size_t size);
int __real_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);
void *__real_calloc(size_t count, size_t size);
int __real_fdatasync(int fd);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __wrap_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);
int __wrap_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_fdatasync(int fd);

static bool fault_due(struct fault *fault)
{
    return fault->after >= 0 && fault->after-- == 0;
}

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags)
{
    return fault_due(&faults.put) ? faults.put.rc : __real_mdb_put(txn, dbi, key, data, flags);
}

int __wrap_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
    return fault_due(&faults.del) ? faults.del.rc : __real_mdb_del(txn, dbi, key, data);
}

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (!fault_due(&faults.commit))
        return __real_mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return faults.commit.rc;
}

int __wrap_mdb_env_set_mapsize(MDB_env *env, size_t size)
{
    return fault_due(&faults.map) ? faults.map.rc : __real_mdb_env_set_mapsize(env, size);
}

int __wrap_mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **txn)
{
    return fault_due(&faults.begin) ? faults.begin.rc
                                    : __real_mdb_txn_begin(env, parent, flags, txn);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_due(&faults.calloc) ? NULL : __real_calloc(count, size);
}

int __wrap_fdatasync(int fd)
{
    if (!fault_due(&faults.sync))
        return __real_fdatasync(fd);
    errno = faults.sync.rc;
    return -1;
}

void place_init(struct place *place)
{
    const struct fault none = {.after = -1};
    faults.put = faults.del = faults.map = faults.begin = faults.commit = faults.calloc =
        faults.sync = none;
    snprintf(place->path, sizeof place->path, "/tmp/test_engine.XXXXXX");
    assert_non_null(mkdtemp(place->path));
    place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place->dir >= 0);
    place->engine = NULL;
}

void place_finish(struct place *place)
{
    engine_close(place->engine);
    const char *names[] = {"data.mdb", "data.mdb-lock", "data.mdb.new", "target"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlinkat(place->dir, names[i], 0);
    close(place->dir);
    assert_int_equal(rmdir(place->path), 0);
}

int place_try(struct place *place, struct engine_options options)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int error = engine_open(place->dir, &options, &place->engine, &problem);
    assert_int_equal(problem.code, error);
    return error;
}

void place_open(struct place *place)
{
    assert_int_equal(place_try(place, (struct engine_options){.initial_map = 64 * MIB}), 0);
}

void place_close(struct place *place)
{
    engine_close(place->engine);
    place->engine = NULL;
}

struct span text(const char *string)
{
    return span_of_string(string);
}

void assert_span(struct span actual, const char *expected)
{
    if (!span_is(actual, expected))
        fail_msg("expected \"%s\", got \"%.*s\"", expected, (int)actual.size,
                 (const char *)actual.data);
}

void put_one(struct engine *engine, const char *key, struct span value)
{
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(engine, &txn), 0);
    assert_int_equal(engine_put(txn, text(key), value), 0);
    assert_int_equal(engine_commit(txn), 0);
}

int look(struct engine *engine, const char *key, struct span expected)
{
    struct engine_txn *txn;
    assert_int_equal(engine_read_begin(engine, &txn), 0);
    struct span value = text("unset");
    int found = engine_get(txn, text(key), &value);
    if (found == 1)
        assert_true(span_equal(value, expected));
    else
        assert_span(value, "unset");
    engine_end(txn);
    return found;
}

uint8_t *noise(size_t size, unsigned seed)
{
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    uint64_t state = seed + UINT64_C(0x9E3779B97F4A7C15);
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (uint8_t)state;
    }
    return bytes;
}

int place_data(const struct place *place)
{
    int fd = openat(place->dir, "data.mdb", O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

int put_growing(struct engine *engine, const char *key, struct span value)
{
    for (;;) {
        struct engine_txn *txn;
        int error = engine_write_begin(engine, &txn);
        if (error < 0)
            return error;
        error = engine_put(txn, text(key), value);
        if (error < 0)
            engine_end(txn);
        else
            error = engine_commit(txn);
        if (error == 0 || !engine_retry(engine, error))
            return error;
    }
}

int child_run(int (*function)(struct place *), struct place *place)
{
    fflush(NULL);
    int ends[2];
    int line = -1;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        line = function(place);
        ssize_t wrote = write(ends[1], &line, sizeof line);
        _exit(wrote == sizeof line ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &line, sizeof line);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(got, sizeof line);
    return line;
}
