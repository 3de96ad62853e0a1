/* Commands of many threads: they share transactions, and none disturbs another. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define THREADS 16
#define ROUNDS  25

struct worker {
    struct model_place *place;
    pthread_barrier_t *barrier;
    uint64_t collection;
    unsigned number;
    unsigned accepted, refused;
    const char *wrong; /* assertions belong to the main thread */
};

/* Runs it in THREADS threads at once, over a store of its own; `look` may check what came of it. */
static void run(const char *schema, void *(*work)(void *),
                void (*look)(struct model_place *, uint64_t, struct worker *))
{
    struct model_place place;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    pthread_barrier_t barrier;
    model_place_init(&place);
    uint64_t collection = must_define(&place, "notes", schema);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){
            .place = &place, .barrier = &barrier, .collection = collection, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    for (unsigned i = 0; i < THREADS; i++)
        if (workers[i].wrong)
            fail_msg("thread %u: %s", i, workers[i].wrong);
    look(&place, collection, workers);
    model_place_finish(&place);
}

static void judge(struct worker *worker, int result, bool expected)
{
    if (result == 0)
        worker->accepted++;
    else
        worker->refused++;
    if ((result == 0) != expected)
        worker->wrong = error_name(result);
}

/* Each thread has entities of its own, and every third write is not valid. */
static void *write_own(void *argument)
{
    struct worker *worker = argument;
    pthread_barrier_wait(worker->barrier);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char name[32];
        char text[32];
        snprintf(name, sizeof(name), "t%u.%u", worker->number, i % 4);
        snprintf(text, sizeof(text), i % 3 == 2 ? "{\"n\":\"%u\"}" : "{\"n\":%u}", i);
        judge(worker, model_write(worker->place, worker->collection, name, text, NULL, NULL),
              i % 3 != 2);
    }
    return NULL;
}

static void look_at_own(struct model_place *place, uint64_t collection, struct worker *workers)
{
    struct model_stats stats;
    uint64_t accepted = 0;
    uint64_t refused = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        char name[32];
        accepted += workers[i].accepted;
        refused += workers[i].refused;
        snprintf(name, sizeof(name), "t%u.0", i);
        assert_true(model_has(place, collection, name, "{\"n\":24}"));
    }
    model_stats(place->model, &stats);
    assert_int_equal(stats.commits, accepted + 1);
    assert_int_equal(stats.refused, refused);
    assert_int_equal(model_seq(place), accepted + 1);
    assert_true(stats.batches < stats.commits); /* they did share */
    assert_true(stats.largest_batch > 1 && stats.largest_batch <= THREADS);
    assert_true(stats.syncs <= stats.batches + 1); /* one made the store */
    assert_true(stats.commit_nanoseconds > 0);
}

static void many_writers(void **state)
{
    (void)state;
    run("{\"properties\":{\"n\":{\"type\":\"integer\"}}}", write_own, look_at_own);
}

static uint64_t current(struct worker *worker, unsigned *ret_number)
{
    struct store_view view;
    struct row_binding binding;
    struct row_version row;
    uint64_t seq = 0;
    if (store_read(worker->place->store, &view) < 0)
        return 0;
    if (store_name_get(&view, worker->collection, span_of_string("counter"), &binding) == 1 &&
        store_version_get(&view, binding.object, &seq, &row) == 1)
        sscanf((const char *)row.document.data, "{\"n\":%u}", ret_number);
    store_view_end(&view);
    return seq;
}

/* Counts up by one, based on what was read, as often as it takes. */
static int count_up(struct worker *worker)
{
    int result;
    do {
        unsigned number = 0;
        char text[32];
        struct model_result ignored;
        uint64_t seq = current(worker, &number);
        snprintf(text, sizeof(text), "{\"n\":%u}", number + 1);
        struct model_base base = {MODEL_BASE_OPENED, seq};
        if (seq == 0)
            base = (struct model_base){MODEL_BASE_PINNED, 0};
        struct model_put put = {.caller = model_caller(),
                                .collection = worker->collection,
                                .name = span_of_string("counter"),
                                .object = store_new_object(worker->place->store),
                                .text = span_of_string(text),
                                .base = base,
                                .mode = 0600,
                                .uid = geteuid()};
        result = model_put(worker->place->model, &put, &ignored, NULL);
        worker->refused += result < 0;
    } while (result == -ERR_VERSION_CONFLICT);
    return result;
}

static void *count_up_often(void *argument)
{
    struct worker *worker = argument;
    pthread_barrier_wait(worker->barrier);
    for (unsigned i = 0; i < ROUNDS && !worker->wrong; i++)
        judge(worker, count_up(worker), true);
    return NULL;
}

static void look_at_counter(struct model_place *place, uint64_t collection, struct worker *workers)
{
    char expected[32];
    struct model_stats stats;
    uint64_t refused = 0;
    for (unsigned i = 0; i < THREADS; i++)
        refused += workers[i].refused;
    snprintf(expected, sizeof(expected), "{\"n\":%u}", THREADS * ROUNDS);
    assert_true(model_has(place, collection, "counter", expected));
    model_stats(place->model, &stats);
    assert_int_equal(stats.refused, refused);
    assert_int_equal(model_seq(place), 1 + THREADS * ROUNDS);
}

static void no_update_is_lost(void **state)
{
    (void)state;
    run("{}", count_up_often, look_at_counter);
}

/* All threads want the same values; each is won by one. */
static void *race_for_values(void *argument)
{
    struct worker *worker = argument;
    pthread_barrier_wait(worker->barrier);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char name[32];
        char text[32];
        snprintf(name, sizeof(name), "t%u.%u", worker->number, i);
        snprintf(text, sizeof(text), "{\"n\":%u}", i);
        int result = model_write(worker->place, worker->collection, name, text, NULL, NULL);
        judge(worker, result, result != -ERR_UNIQUE_CONFLICT);
    }
    return NULL;
}

static void look_at_values(struct model_place *place, uint64_t collection, struct worker *workers)
{
    unsigned accepted = 0;
    for (unsigned i = 0; i < THREADS; i++)
        accepted += workers[i].accepted;
    assert_int_equal(accepted, ROUNDS);
    assert_int_equal(model_seq(place), 1 + ROUNDS);
    (void)collection;
}

static void one_wins(void **state)
{
    (void)state;
    run("{\"properties\":{\"n\":{\"x-unique\":true}}}", race_for_values, look_at_values);
}

/* One thread in four alters the schema between two that are both satisfied, another renames and
 * removes. Alterations are alone in their transactions, and the others wait. */
static void *do_all_sorts(void *argument)
{
    static const char *const schemas[] = {
        "{\"properties\":{\"n\":{\"x-unique\":true}}}",
        "{\"properties\":{\"n\":{\"x-unique\":true},\"m\":{\"default\":0}},\"required\":[\"m\"]}"};
    struct worker *worker = argument;
    pthread_barrier_wait(worker->barrier);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char name[32];
        char other[32];
        char text[64];
        snprintf(name, sizeof(name), "t%u", worker->number);
        snprintf(other, sizeof(other), "x%u", worker->number);
        snprintf(text, sizeof(text), "{\"n\":[%u,%u]}", worker->number, i);
        if (worker->number % 4 == 0 && i % 5 == 0)
            judge(worker,
                  model_write(worker->place, STORE_SCHEMAS, "notes", schemas[i % 2], NULL, NULL),
                  true);
        judge(worker, model_write(worker->place, worker->collection, name, text, NULL, NULL), true);
        if (worker->number % 4 == 1)
            judge(worker,
                  model_move(worker->place, worker->collection, name, worker->collection, other,
                             NULL),
                  true);
        if (worker->number % 4 == 1 && i % 2 == 0)
            judge(worker, model_delete(worker->place, worker->collection, other, NULL), true);
    }
    return NULL;
}

static void look_at_all_sorts(struct model_place *place, uint64_t collection,
                              struct worker *workers)
{
    (void)workers;
    assert_true(model_has(place, collection, "t1", NULL));
    assert_false(model_has(place, collection, "t2", NULL));
}

static void all_sorts(void **state)
{
    (void)state;
    run("{\"properties\":{\"n\":{\"x-unique\":true}}}", do_all_sorts, look_at_all_sorts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_writers),
        cmocka_unit_test(no_update_is_lost),
        cmocka_unit_test(one_wins),
        cmocka_unit_test(all_sorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
