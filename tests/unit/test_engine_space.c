#include "engine_place.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cmocka.h>

static void tiny_limit(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.initial_map = 1, .max_size = MIB}),
                     0);
    AUTO_FREE uint8_t *bytes = noise(600 * KIB, 6);
    put_one(place.engine, "small", text("kept"));
    struct engine_txn *txn;
    int error;
    unsigned tries = 0;
    do {
        assert_int_equal(engine_write_begin(place.engine, &txn), 0);
        error = engine_put(txn, text("a"), span_make(bytes, 600 * KIB));
        engine_end(txn);
        tries++;
    } while (error < 0 && engine_retry(place.engine, error));
    assert_int_equal(error, 0);
    assert_true(tries >= 2 && tries <= 4);
    put_one(place.engine, "a", span_make(bytes, 600 * KIB));
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, text("b"), span_make(bytes, 600 * KIB)), -ERR_NO_SPACE);
    assert_int_equal(engine_commit(txn), -ERR_NO_SPACE);
    assert_false(engine_retry(place.engine, -ERR_NO_SPACE));
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_delete(txn, text("a")), 0);
    assert_int_equal(engine_commit(txn), 0);
    put_one(place.engine, "small", text("changed"));
    put_one(place.engine, "b", span_make(bytes, 600 * KIB));
    assert_true(engine_size(place.engine) <= MIB);
    assert_int_equal(look(place.engine, "b", span_make(bytes, 600 * KIB)), 1);
    place_finish(&place);
}

static void a_grown_file_opens_with_a_small_map(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    AUTO_FREE uint8_t *bytes = noise(3 * MIB, 7);
    put_one(place.engine, "k", span_make(bytes, 3 * MIB));
    place_close(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.initial_map = 1}), 0);
    assert_int_equal(look(place.engine, "k", span_make(bytes, 3 * MIB)), 1);
    place_close(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.max_size = MIB}), 0);
    assert_int_equal(look(place.engine, "k", span_make(bytes, 3 * MIB)), 1);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, text("l"), span_make(bytes, MIB)), -ERR_NO_SPACE);
    engine_end(txn);
    place_finish(&place);
}

/* Threads report by counting: cmocka's assertions belong to the first one. */
struct crowd {
    struct engine *engine;
    atomic_bool stop;
    atomic_uint faults;
    atomic_uint reads;
    unsigned number;
};

/* Two keys are always written together; a reader must never see them differ. */
static void *read_pairs(void *argument)
{
    struct crowd *crowd = argument;
    while (!atomic_load(&crowd->stop)) {
        struct engine_txn *txn;
        struct span a;
        struct span b;
        if (engine_read_begin(crowd->engine, &txn) != 0) {
            atomic_fetch_add(&crowd->faults, 1);
            continue;
        }
        int got_a = engine_get(txn, text("pair-a"), &a);
        int got_b = engine_get(txn, text("pair-b"), &b);
        if (got_a < 0 || got_a != got_b || (got_a == 1 && !span_equal(a, b)))
            atomic_fetch_add(&crowd->faults, 1);
        engine_end(txn);
        atomic_fetch_add(&crowd->reads, 1);
    }
    return NULL;
}

static int write_pair(struct engine *engine, struct span value)
{
    for (;;) {
        struct engine_txn *txn;
        int error = engine_write_begin(engine, &txn);
        if (error < 0)
            return error;
        engine_put(txn, text("pair-a"), value);
        engine_put(txn, text("pair-b"), value);
        error = engine_commit(txn);
        if (error == 0 || !engine_retry(engine, error))
            return error;
    }
}

static void growth_with_readers(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.initial_map = 1}), 0);
    struct crowd crowd = {.engine = place.engine};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_pairs, &crowd), 0);
    AUTO_FREE uint8_t *bytes = noise(100 * KIB, 8);
    char key[16];
    for (unsigned i = 0; i < 60; i++) {
        assert_int_equal(write_pair(place.engine, span_make(bytes, i * KIB)), 0);
        snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(put_growing(place.engine, key, span_make(bytes, 100 * KIB - i)), 0);
    }
    atomic_store(&crowd.stop, true);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.faults), 0);
    assert_true(atomic_load(&crowd.reads) > 0);
    for (unsigned i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "k%u", i);
        assert_int_equal(look(place.engine, key, span_make(bytes, 100 * KIB - i)), 1);
    }
    place_finish(&place);
}

static void *write_own_keys(void *argument)
{
    struct crowd *crowd = argument;
    char key[32];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "%u-%u", crowd->number, i);
        if (put_growing(crowd->engine, key, span_of_string(key)) != 0)
            atomic_fetch_add(&crowd->faults, 1);
    }
    return NULL;
}

static void two_writers(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.initial_map = 1}), 0);
    struct crowd crowds[2] = {{.engine = place.engine, .number = 0},
                              {.engine = place.engine, .number = 1}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_own_keys, &crowds[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    char key[32];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(key, sizeof key, "%u-%u", i % 2, i / 2);
        assert_int_equal(look(place.engine, key, text(key)), 1);
    }
    assert_int_equal(atomic_load(&crowds[0].faults) + atomic_load(&crowds[1].faults), 0);
    assert_int_equal(engine_syncs(place.engine), 200);
    place_finish(&place);
}

static void *retry_in_thread(void *argument)
{
    struct crowd *crowd = argument;
    if (!engine_retry(crowd->engine, -ERR_BUSY))
        atomic_fetch_add(&crowd->faults, 1);
    atomic_store(&crowd->stop, true);
    return NULL;
}

/* A thread that is inside enters again while another waits to grow the map. */
static void growth_waits_but_never_for_ever(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.initial_map = 1}), 0);
    AUTO_FREE uint8_t *bytes = noise(MIB, 9);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, text("k"), span_make(bytes, MIB)), -ERR_BUSY);
    assert_int_equal(engine_commit(txn), -ERR_BUSY);
    struct engine_txn *first;
    struct engine_txn *second;
    struct crowd crowd = {.engine = place.engine};
    pthread_t thread;
    assert_int_equal(engine_read_begin(place.engine, &first), 0);
    assert_int_equal(pthread_create(&thread, NULL, retry_in_thread, &crowd), 0);
    int64_t until = clock_monotonic() + CLOCK_SECOND / 5;
    unsigned entered = 0;
    while (clock_monotonic() < until) {
        assert_int_equal(engine_read_begin(place.engine, &second), 0);
        engine_end(second);
        entered++;
    }
    assert_true(entered > 0);
    assert_false(atomic_load(&crowd.stop));
    engine_end(first);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&crowd.faults), 0);
    put_one(place.engine, "k", span_make(bytes, MIB));
    place_finish(&place);
}

static void a_lost_map_is_final(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.initial_map = 1}), 0);
    put_one(place.engine, "k", text("v"));
    AUTO_FREE uint8_t *bytes = noise(MIB, 16);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, text("k"), span_make(bytes, MIB)), -ERR_BUSY);
    engine_end(txn);
    faults.map = (struct fault){.after = 0, .rc = ENOMEM};
    assert_false(engine_retry(place.engine, -ERR_BUSY));
    assert_int_equal(faults.map.after, -1);
    assert_false(engine_retry(place.engine, -ERR_BUSY));
    assert_int_equal(engine_read_begin(place.engine, &txn), -ERR_ENGINE);
    assert_int_equal(engine_write_begin(place.engine, &txn), -ERR_ENGINE);
    assert_int_equal(engine_status(place.engine, NULL), -ERR_ENGINE);
    place_close(&place);
    place_open(&place);
    assert_int_equal(look(place.engine, "k", text("v")), 1);
    place_finish(&place);
}

static void *end_txn(void *txn)
{
    engine_end(txn);
    return NULL;
}

static void a_reader_may_change_threads(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "k", text("v"));
    struct engine_txn *txns[100];
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(engine_read_begin(place.engine, &txns[i]), 0);
    for (size_t i = 0; i < 100; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, end_txn, txns[i]), 0);
        pthread_join(thread, NULL);
    }
    assert_int_equal(look(place.engine, "k", text("v")), 1);
    place_finish(&place);
}

static void readers_are_bounded(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "k", text("v"));
    struct engine_txn **txns = calloc(4096, sizeof(struct engine_txn *));
    assert_non_null(txns);
    size_t count = 0;
    int error = 0;
    while (count < 4096 && (error = engine_read_begin(place.engine, &txns[count])) == 0)
        count++;
    assert_true(count >= 500 && count < 4096);
    assert_int_equal(error, -ERR_BUSY);
    while (count > 0)
        engine_end(txns[--count]);
    assert_int_equal(look(place.engine, "k", text("v")), 1);
    free(txns);
    place_finish(&place);
}

/* Fills up, is refused, deletes, and goes on. */
static int out_of_space(struct engine *engine)
{
    static const char *const keys[] = {"b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"};
    AUTO_FREE uint8_t *bytes = noise(300 * KIB, 10);
    struct span value = span_make(bytes, 300 * KIB);
    int error = put_growing(engine, "kept", text("kept"));
    EXPECT(error == 0);
    size_t fitted = 0;
    while (fitted < 8 && error == 0) {
        error = put_growing(engine, keys[fitted], value);
        fitted += error == 0;
    }
    EXPECT(error == -ERR_NO_SPACE);
    EXPECT(fitted >= 1 && fitted < 8);
    uint64_t syncs = engine_syncs(engine);
    for (size_t i = 0; i < 3; i++)
        EXPECT(put_growing(engine, "again", value) == -ERR_NO_SPACE);
    EXPECT(engine_syncs(engine) == syncs);
    EXPECT(engine_status(engine, NULL) == 0);
    struct engine_txn *txn;
    struct span got;
    EXPECT(engine_read_begin(engine, &txn) == 0);
    for (size_t i = 0; i < fitted; i++)
        EXPECT(engine_get(txn, text(keys[i]), &got) == 1 && span_equal(got, value));
    EXPECT(engine_get(txn, text("again"), &got) == 0);
    engine_end(txn);
    EXPECT(engine_write_begin(engine, &txn) == 0);
    EXPECT(engine_delete(txn, text(keys[0])) == 0);
    EXPECT(engine_commit(txn) == 0);
    EXPECT(put_growing(engine, "kept", text("small")) == 0);
    EXPECT(put_growing(engine, "again", value) == 0);
    EXPECT(engine_read_begin(engine, &txn) == 0);
    EXPECT(engine_get(txn, text("again"), &got) == 1 && span_equal(got, value));
    engine_end(txn);
    return 0;
}

static int file_size_limit(struct place *place)
{
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {.rlim_cur = 1500 * KIB, .rlim_max = RLIM_INFINITY};
    EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(place_try(place, (struct engine_options){0}) == 0);
    int line = out_of_space(place->engine);
    if (line != 0)
        return line;
    const struct rlimit more = {.rlim_cur = 20 * MIB, .rlim_max = RLIM_INFINITY};
    EXPECT(setrlimit(RLIMIT_FSIZE, &more) == 0);
    AUTO_FREE uint8_t *bytes = noise(3 * MIB, 11);
    EXPECT(put_growing(place->engine, "large", span_make(bytes, 3 * MIB)) == 0);
    engine_close(place->engine);
    EXPECT(place_try(place, (struct engine_options){0}) == 0);
    EXPECT(look(place->engine, "large", span_make(bytes, 3 * MIB)) == 1);
    engine_close(place->engine);
    return 0;
}

static void no_space_by_limit(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(child_run(file_size_limit, &place), 0);
    place_finish(&place);
}

static int no_room_to_begin(struct place *place)
{
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {.rlim_cur = 5000, .rlim_max = RLIM_INFINITY};
    EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(place_try(place, (struct engine_options){0}) == -ERR_NO_SPACE);
    EXPECT(faccessat(place->dir, "data.mdb", F_OK, 0) < 0);
    EXPECT(faccessat(place->dir, "data.mdb.new", F_OK, 0) < 0);
    return 0;
}

static void no_space_to_create(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(child_run(no_room_to_begin, &place), 0);
    place_open(&place);
    place_finish(&place);
}

static int full_disk(struct place *place)
{
    EXPECT(unshare(CLONE_NEWNS) == 0);
    EXPECT(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0);
    EXPECT(mount("none", place->path, "tmpfs", 0, "size=1500k") == 0);
    place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT(place_try(place, (struct engine_options){0}) == 0);
    int line = out_of_space(place->engine);
    if (line != 0)
        return line;
    AUTO_FREE uint8_t *bytes = noise(3 * MIB, 12);
    EXPECT(put_growing(place->engine, "large", span_make(bytes, 3 * MIB)) == -ERR_NO_SPACE);
    EXPECT(mount("none", place->path, "tmpfs", MS_REMOUNT, "size=20m") == 0);
    EXPECT(put_growing(place->engine, "large", span_make(bytes, 3 * MIB)) == 0);
    engine_close(place->engine);
    EXPECT(place_try(place, (struct engine_options){0}) == 0);
    EXPECT(look(place->engine, "large", span_make(bytes, 3 * MIB)) == 1);
    engine_close(place->engine);
    return 0;
}

static void no_space_on_disk(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct place place;
    place_init(&place);
    assert_int_equal(child_run(full_disk, &place), 0);
    place_finish(&place);
}

static int grow_elsewhere(struct place *place)
{
    EXPECT(place_try(place, (struct engine_options){.initial_map = 64 * MIB}) == 0);
    AUTO_FREE uint8_t *bytes = noise(4 * MIB, 13);
    EXPECT(put_growing(place->engine, "k", span_make(bytes, 4 * MIB)) == 0);
    engine_close(place->engine);
    return 0;
}

static void growth_by_another_process(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(place_try(&place, (struct engine_options){.initial_map = 1}), 0);
    put_one(place.engine, "k", text("v"));
    assert_int_equal(look(place.engine, "k", text("v")), 1);
    struct engine *mine = place.engine;
    assert_int_equal(child_run(grow_elsewhere, &place), 0);
    assert_ptr_equal(place.engine, mine);
    AUTO_FREE uint8_t *bytes = noise(4 * MIB, 13);
    assert_int_equal(look(place.engine, "k", span_make(bytes, 4 * MIB)), 1);
    put_one(place.engine, "l", text("v"));
    place_finish(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiny_limit),
        cmocka_unit_test(a_grown_file_opens_with_a_small_map),
        cmocka_unit_test(growth_with_readers),
        cmocka_unit_test(two_writers),
        cmocka_unit_test(growth_waits_but_never_for_ever),
        cmocka_unit_test(a_lost_map_is_final),
        cmocka_unit_test(a_reader_may_change_threads),
        cmocka_unit_test(readers_are_bounded),
        cmocka_unit_test(no_space_by_limit),
        cmocka_unit_test(no_space_to_create),
        cmocka_unit_test(no_space_on_disk),
        cmocka_unit_test(growth_by_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
