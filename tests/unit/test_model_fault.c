/* Each write to the engine, each commit and each allocation of each verb is made to fail once.
 * After it the command has failed for that reason and left nothing, the store is whole, and the
 * next command works. */
#include "model_fault.h"
#include "model_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define PEOPLE                                                                                     \
    "{\"x-outbox\":true,\"properties\":{\"email\":{\"x-unique\":true,\"type\":\"string\"},"        \
    "\"n\":{\"default\":1}},\"required\":[\"n\"]}"

struct place {
    struct model_place model;
    uint64_t people, drafts;
    uint64_t alice, draft; /* entities */
    struct store_place worker;
};

static const struct store_place pending = {.place = ROW_PENDING};
static const struct store_place dispatched = {.place = ROW_DISPATCHED};

/* The model anew, so that no schema is compiled yet. */
static void reopen_model(struct place *place)
{
    const struct model_options options = {
        .max_entity = 1 << 20, .lease = 0, .attempts = 3, .dispatched_kept = 1};
    model_close(place->model.model);
    assert_int_equal(model_open(place->model.store, &options, &place->model.model, NULL), 0);
}

static struct store_place add_worker(struct place *place, const char *name)
{
    struct model_caller caller = model_caller();
    struct store_place claimed = {.place = ROW_CLAIMED};
    assert_int_equal(model_worker_add(place->model.model, &caller, span_of_string(name), 0700,
                                      &claimed.worker, NULL),
                     0);
    return claimed;
}

static void place_init(struct place *place)
{
    model_place_init(&place->model);
    reopen_model(place);
    struct model_place *model = &place->model;
    place->people = must_define(model, "people", PEOPLE); /* seq 1 */
    place->drafts = must_define(model, "drafts", "{}");   /* 2 */
    must_define(model, "empty", "{}");                    /* 3 */
    place->alice = must_write(model, place->people, "alice", "{\"email\":\"a\",\"n\":1}"); /* 4 */
    must_write(model, place->people, "bob", "{\"email\":\"b\",\"n\":1}");                  /* 5 */
    must_write(model, place->drafts, "a", "{\"email\":\"a\"}");                            /* 6 */
    place->draft = must_write(model, place->drafts, "b", "{\"email\":\"c\",\"n\":2}");
    must_write(model, place->people, "alice", "{\"email\":\"A\",\"n\":1}"); /* 8 */
    place->worker = add_worker(place, "worker");
    add_worker(place, "idle");
    assert_int_equal(model_event_move(model->model, (struct store_event_id){.seq = 4}, pending,
                                      place->worker, NULL),
                     0);
    assert_int_equal(
        model_event_remove(model->model, (struct store_event_id){.seq = 5}, pending, NULL), 0);
}

static int create(struct place *place, struct problem *problem)
{
    return model_write(&place->model, place->people, "carol", "{\"email\":\"c\"}", NULL, problem);
}

static int replace(struct place *place, struct problem *problem)
{
    return model_write(&place->model, place->people, "alice", "{\"email\":\"x\", \"n\":3}", NULL,
                       problem);
}

static int patch(struct place *place, struct problem *problem)
{
    return model_patch(&place->model, place->people, "alice", "{\"email\":\"y\",\"m\":[1,{}]}",
                       NULL, problem);
}

static int amend(struct place *place, struct problem *problem)
{
    return model_amend(place->model.model, place->alice, 8,
                       span_of_string("{\"email\":\"A\",\"n\":1}\n"), problem);
}

static int erase(struct place *place, struct problem *problem)
{
    return model_delete(&place->model, place->people, "alice", problem);
}

/* Onto another, in another collection, with values that move. */
static int move(struct place *place, struct problem *problem)
{
    return model_move(&place->model, place->drafts, "b", place->people, "bob", problem);
}

static int exchange(struct place *place, struct problem *problem)
{
    struct model_result result;
    const struct model_exchange exchange = {.caller = model_caller(),
                                            .collection = place->drafts,
                                            .name = span_of_string("b"),
                                            .new_collection = place->people,
                                            .new_name = span_of_string("alice")};
    return model_exchange(place->model.model, &exchange, &result, problem);
}

/* A file that is moved onto it. */
static int put_moved(struct place *place, const char *text, struct problem *problem)
{
    struct model_result result;
    const struct model_put put = {.caller = model_caller(),
                                  .collection = place->people,
                                  .name = span_of_string("alice"),
                                  .object = place->alice,
                                  .text = span_of_string(text),
                                  .mode = 0640,
                                  .attributes = MODEL_MODE,
                                  .ino = 4711,
                                  .has_mtime = true,
                                  .mtime = 1};
    return model_put(place->model.model, &put, &result, problem);
}

static int replace_by_moved(struct place *place, struct problem *problem)
{
    return put_moved(place, "{\"email\":\"z\"}", problem);
}

static int same_moved(struct place *place, struct problem *problem)
{
    return put_moved(place, "{\"email\":\"A\",\"n\":1}", problem);
}

static int set_attributes(struct place *place, struct problem *problem)
{
    const struct row_entry entry = {.mode = 0640, .mtime = 1};
    return model_set_attributes(place->model.model, place->people, place->alice,
                                MODEL_MODE | MODEL_MTIME, &entry, problem);
}

static int define(struct place *place, struct problem *problem)
{
    return model_write(&place->model, STORE_SCHEMAS, "new", PEOPLE, NULL, problem);
}

/* Its two entities migrate, and get a unique value each. */
static int alter(struct place *place, struct problem *problem)
{
    return model_write(&place->model, STORE_SCHEMAS, "drafts",
                       "{\"properties\":{\"email\":{\"x-unique\":true},\"z\":{\"default\":[]}},"
                       "\"required\":[\"z\"],\"x-outbox\":true}",
                       NULL, problem);
}

static int drop(struct place *place, struct problem *problem)
{
    return model_delete(&place->model, STORE_SCHEMAS, "empty", problem);
}

static int worker_add(struct place *place, struct problem *problem)
{
    struct model_caller caller = model_caller();
    uint64_t object;
    return model_worker_add(place->model.model, &caller, span_of_string("more"), 0700, &object,
                            problem);
}

static int worker_remove(struct place *place, struct problem *problem)
{
    return model_worker_remove(place->model.model, span_of_string("idle"), problem);
}

static int claim(struct place *place, struct problem *problem)
{
    return model_event_move(place->model.model, (struct store_event_id){.seq = 8}, pending,
                            place->worker, problem);
}

/* One more is dispatched than is kept: the oldest goes. */
static int acknowledge(struct place *place, struct problem *problem)
{
    return model_event_remove(place->model.model, (struct store_event_id){.seq = 8}, pending,
                              problem);
}

static int forget(struct place *place, struct problem *problem)
{
    return model_event_remove(place->model.model, (struct store_event_id){.seq = 5}, dispatched,
                              problem);
}

static int lapse(struct place *place, struct problem *problem)
{
    int64_t next;
    uint64_t moved = 0;
    int result = model_events_lapse(place->model.model, &next, &moved);
    if (result == 0)
        assert_int_equal(moved, 1);
    problem->code = result; /* it has none of its own */
    return result;
}

struct verb {
    const char *name;
    int (*run)(struct place *place, struct problem *problem);
};

static const struct verb verbs[] = {
    {"create", create},
    {"replace", replace},
    {"patch", patch},
    {"amend", amend},
    {"erase", erase},
    {"move", move},
    {"exchange", exchange},
    {"replace by moved", replace_by_moved},
    {"same moved", same_moved},
    {"set_attributes", set_attributes},
    {"define", define},
    {"alter", alter},
    {"drop", drop},
    {"worker_add", worker_add},
    {"worker_remove", worker_remove},
    {"claim", claim},
    {"acknowledge", acknowledge},
    {"forget", forget},
    {"lapse", lapse},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

struct kind {
    const char *name;
    enum fault_call call;
    int rc;
    int expected; /* what the command fails with; 0: it is done nevertheless */
    bool at_least_once;
};

static const struct kind kinds[] = {
    {"put: no space", FAULT_PUT, ENOSPC, -ERR_NO_SPACE, true},
    {"put: no memory", FAULT_PUT, ENOMEM, -ERR_NO_MEMORY, true},
    {"put: damaged", FAULT_PUT, MDB_CORRUPTED, -ERR_DAMAGED, true},
    {"put: map full", FAULT_PUT, MDB_MAP_FULL, 0, true},
    {"delete: no space", FAULT_DEL, ENOSPC, -ERR_NO_SPACE, false},
    {"commit: no space", FAULT_COMMIT, ENOSPC, -ERR_NO_SPACE, true},
    {"commit: map full", FAULT_COMMIT, MDB_MAP_FULL, 0, true},
    {"malloc", FAULT_MALLOC, 0, -ERR_NO_MEMORY, false},
    {"calloc", FAULT_CALLOC, 0, -ERR_NO_MEMORY, true},
    {"realloc", FAULT_REALLOC, 0, -ERR_NO_MEMORY, false},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct trial {
    const struct verb *verb;
    const struct kind *kind;
};

/* Runs it with one fault. Returns whether the fault came about; `*ret_result` is the verb's. */
static bool run_once(struct place *place, const struct trial *trial, unsigned nth, int *ret_result)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    reopen_model(place);
    uint64_t before = fault_rows(&place->model);
    fault_arm(trial->kind->call, nth, trial->kind->rc);
    int result = trial->verb->run(place, &problem);
    bool hit = fault_disarm();
    if (problem.code != result)
        fail_msg("call %u: %s, but the problem says %s", nth, error_name(result),
                 error_name(problem.code));
    if ((fault_rows(&place->model) == before) != (result < 0))
        fail_msg("call %u: %s, and the rows are %s", nth, error_name(result),
                 result < 0 ? "changed" : "as before");
    if (result < 0 && (!hit || result != trial->kind->expected))
        fail_msg("call %u: %s: %s", nth, error_name(result), buf_string(&problem.detail));
    *ret_result = result;
    return hit;
}

static void fail_each(void **state)
{
    const struct trial *trial = *state;
    bool hit = true;
    unsigned count = 0;
    while (hit) {
        struct place place;
        int result = -1;
        place_init(&place);
        while (hit && result < 0) {
            hit = run_once(&place, trial, ++count, &result);
            model_place_check(&place.model);
            must_write(&place.model, place.drafts, "next", count % 2 ? "{}" : "{\"n\":1}");
        }
        if (!hit)
            assert_int_equal(result, 0);
        model_place_finish(&place.model);
    }
    if (trial->kind->at_least_once)
        assert_true(count > 1);
}

/* The outcome of a commit whose sync failed is not known: nothing is written any more until the
 * store is opened anew, and then it is whole. */
static void a_failed_sync(void **state)
{
    (void)state;
    struct place place;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    place_init(&place);
    uint64_t before = fault_rows(&place.model);
    fault_arm(FAULT_COMMIT, 1, EROFS);
    assert_int_equal(create(&place, &problem), -ERR_ENGINE);
    assert_true(fault_disarm());
    assert_int_equal(problem.code, -ERR_ENGINE);
    assert_int_equal(replace(&place, &problem), -ERR_ENGINE);
    assert_true(model_has(&place.model, place.people, "carol", NULL)); /* reading goes on */
    model_place_reopen(&place.model);
    assert_int_equal(fault_rows(&place.model), before);
    assert_int_equal(create(&place, NULL), 0);
    model_place_finish(&place.model);
}

static void open_without_memory(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {FAULT_MALLOC, FAULT_CALLOC, FAULT_REALLOC};
    struct model_place place;
    model_place_init(&place);
    const struct model_options options = {.max_entity = 1 << 20};
    for (size_t i = 0; i < 3; i++) {
        bool hit = true;
        for (unsigned nth = 1; hit; nth++) {
            AUTO_PROBLEM struct problem problem;
            problem_init(&problem);
            struct model *model = NULL;
            fault_arm(calls[i], nth, 0);
            int result = model_open(place.store, &options, &model, &problem);
            hit = fault_disarm();
            assert_int_equal(result, hit ? -ERR_NO_MEMORY : 0);
            assert_int_equal(problem.code, result);
            model_close(model);
        }
    }
    model_place_finish(&place);
}

static void open_store_with(enum fault_call call, int rc)
{
    bool hit = true;
    for (unsigned nth = 1; hit; nth++) {
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        char path[64];
        folder_make(path);
        struct store *store = NULL;
        fault_arm(call, nth, rc);
        int result = store_open(path, &(struct store_options){0}, &store, &problem);
        hit = fault_disarm();
        assert_int_equal(problem.code, result);
        assert_int_equal(result < 0, hit);
        assert_int_equal(store != NULL, result == 0);
        store_close(store);
        assert_int_equal(store_open(path, &(struct store_options){0}, &store, NULL), 0);
        store_close(store);
        folder_remove(path);
    }
}

static void open_store(void **state)
{
    (void)state;
    open_store_with(FAULT_MALLOC, 0);
    open_store_with(FAULT_CALLOC, 0);
    open_store_with(FAULT_REALLOC, 0);
    open_store_with(FAULT_PUT, ENOSPC);
    open_store_with(FAULT_COMMIT, ENOSPC);
}

int main(void)
{
    static struct trial trials[VERBS * KINDS];
    static char names[VERBS * KINDS][64];
    struct CMUnitTest tests[VERBS * KINDS + 3] = {
        cmocka_unit_test(a_failed_sync),
        cmocka_unit_test(open_without_memory),
        cmocka_unit_test(open_store),
    };
    for (size_t i = 0; i < VERBS * KINDS; i++) {
        trials[i] = (struct trial){&verbs[i / KINDS], &kinds[i % KINDS]};
        snprintf(names[i], sizeof(names[i]), "%s, %s", trials[i].verb->name, trials[i].kind->name);
        tests[i + 3] = (struct CMUnitTest){
            .name = names[i], .test_func = fail_each, .initial_state = &trials[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
