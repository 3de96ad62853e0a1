/* Faults in a transaction that several commands share, some of which are refused besides: each
 * command has the outcome it would have alone, whatever happens to the others. */
#include "fs/model_internal.h"
#include "model_fault.h"
#include "model_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <lmdb.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define UNIQUE                                                                                     \
    "{\"x-outbox\":true,\"properties\":{\"n\":{\"type\":\"integer\"},\"v\":{\"x-unique\":true}}}"

/* What the commands of a batch are. All are put into the queue before any of them runs. */
enum part { CREATE_ONE, CREATE_OTHER, CREATE_BAD, CREATE_FREE, PATCH, MOVE, ALTER, PARTS };

struct crowd {
    struct model_place place;
    uint64_t people, drafts;
    enum fault_call call;
    unsigned nth;
    int rc;
    bool for_good;
    bool armed;
    int results[PARTS + 1]; /* and of the command that the others wait for */
    const char *wrong;
};

struct member {
    struct crowd *crowd;
    unsigned part;
};

static void crowd_init(struct crowd *crowd)
{
    model_place_init(&crowd->place);
    crowd->people = must_define(&crowd->place, "people", UNIQUE);
    crowd->drafts = must_define(&crowd->place, "drafts", "{}");
    must_write(&crowd->place, crowd->people, "holder", "{\"v\":\"taken\"}");
    must_write(&crowd->place, crowd->people, "target", "{\"v\":\"t\"}");
    must_write(&crowd->place, crowd->people, "patched", "{\"v\":\"p\"}");
    must_write(&crowd->place, crowd->drafts, "mover", "{\"v\":\"taken\"}");
}

static unsigned waiting(struct model *model)
{
    unsigned count = 0;
    pthread_mutex_lock(&model->queue_lock);
    for (const struct command *command = model->queue_head; command; command = command->next)
        count++;
    pthread_mutex_unlock(&model->queue_lock);
    return count;
}

static bool is_leading(struct model *model)
{
    pthread_mutex_lock(&model->queue_lock);
    bool leading = model->leading;
    pthread_mutex_unlock(&model->queue_lock);
    return leading;
}

/* In the commit of the first command: lets the others come, then has a call of theirs fail. */
static void wait_for_crowd(void *context)
{
    struct crowd *crowd = context;
    if (crowd->armed)
        return;
    crowd->armed = true;
    while (waiting(crowd->place.model) < PARTS)
        sched_yield();
    if (crowd->for_good)
        fault_arm_for_good(crowd->call, crowd->nth, crowd->rc);
    else
        fault_arm(crowd->call, crowd->nth, crowd->rc);
}

static int run_part(struct crowd *crowd, unsigned part, struct problem *problem)
{
    struct model_place *place = &crowd->place;
    uint64_t people = crowd->people;
    switch (part) {
    case CREATE_ONE:
        return model_write(place, people, "one", "{\"v\":\"same\"}", NULL, problem);
    case CREATE_OTHER:
        return model_write(place, people, "other", "{\"v\":\"same\"}", NULL, problem);
    case CREATE_BAD:
        return model_write(place, people, "bad", "{\"n\":\"x\"}", NULL, problem);
    case CREATE_FREE:
        return model_write(place, people, "free", "{\"n\":1}", NULL, problem);
    case PATCH:
        return model_patch(place, people, "patched", "{\"v\":\"q\"}", NULL, problem);
    case MOVE: /* refused after it has begun to write */
        return model_move(place, crowd->drafts, "mover", people, "target", problem);
    case ALTER:
        return model_write(place, STORE_SCHEMAS, "drafts", "{\"x-outbox\":true}", NULL, problem);
    default:
        return model_write(place, crowd->drafts, "first", "{}", NULL, problem);
    }
}

static void *run_member(void *argument)
{
    struct member *member = argument;
    struct crowd *crowd = member->crowd;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = run_part(crowd, member->part, &problem);
    crowd->results[member->part] = result;
    if (problem.code != result)
        crowd->wrong = error_name(result);
    return NULL;
}

static void start(pthread_t *thread, struct member *member)
{
    assert_int_equal(pthread_create(thread, NULL, run_member, member), 0);
}

/* Returns whether the fault came about. */
static bool crowd_run(struct crowd *crowd)
{
    pthread_t threads[PARTS + 1];
    struct member members[PARTS + 1];
    crowd->armed = false;
    fault_on_commit(wait_for_crowd, crowd);
    for (unsigned i = 0; i <= PARTS; i++)
        members[i] = (struct member){crowd, i};
    start(&threads[PARTS], &members[PARTS]);
    while (!is_leading(crowd->place.model))
        sched_yield();
    for (unsigned i = 0; i < PARTS; i++)
        start(&threads[i], &members[i]);
    for (unsigned i = 0; i <= PARTS; i++)
        pthread_join(threads[i], NULL);
    fault_on_commit(NULL, NULL);
    return fault_disarm();
}

/* What each part leads to when nothing fails, and what is there then, or else. */
static const struct {
    int expected;
    const char *name, *done, *before;
} parts[PARTS + 1] = {
    [CREATE_ONE] = {0, "one", "{\"v\":\"same\"}", NULL},
    [CREATE_OTHER] = {0, "other", "{\"v\":\"same\"}", NULL},
    [CREATE_BAD] = {-ERR_SCHEMA_MISMATCH, "bad", NULL, NULL},
    [CREATE_FREE] = {0, "free", "{\"n\":1}", NULL},
    [PATCH] = {0, "patched", "{\n  \"v\": \"q\"\n}\n", "{\"v\":\"p\"}"},
    [MOVE] = {-ERR_UNIQUE_CONFLICT, "target", NULL, "{\"v\":\"t\"}"},
    [ALTER] = {0, "drafts", "{\"x-outbox\":true}", "{}"},
    [PARTS] = {0, "first", "{}", NULL},
};

static uint64_t collection_of(const struct crowd *crowd, unsigned part)
{
    return part == ALTER ? STORE_SCHEMAS : part == PARTS ? crowd->drafts : crowd->people;
}

/* Each part is done or undone, as its result says. Returns how many failed with `error`. */
static unsigned look(struct crowd *crowd, int error)
{
    unsigned failed = 0;
    int *results = crowd->results;
    if (crowd->wrong)
        fail_msg("the problem of a command does not say: %s", crowd->wrong);
    for (unsigned i = 0; i <= PARTS; i++) {
        bool other_won = i <= CREATE_OTHER && results[1 - i] == 0;
        int expected = other_won ? -ERR_UNIQUE_CONFLICT : parts[i].expected;
        failed += results[i] == error;
        if (results[i] != expected && results[i] != error)
            fail_msg("part %u: %s", i, error_name(results[i]));
        assert_true(model_has(&crowd->place, collection_of(crowd, i), parts[i].name,
                              results[i] == 0 ? parts[i].done : parts[i].before));
    }
    return failed;
}

struct kind {
    const char *name;
    enum fault_call call;
    int rc;
    int error;
    bool for_good;
};

static const struct kind kinds[] = {
    {"put: no space", FAULT_PUT, ENOSPC, -ERR_NO_SPACE, false},
    {"put: map full", FAULT_PUT, MDB_MAP_FULL, 1, false},
    {"commit: no space", FAULT_COMMIT, ENOSPC, -ERR_NO_SPACE, false},
    {"malloc", FAULT_MALLOC, 0, -ERR_NO_MEMORY, false},
    {"calloc", FAULT_CALLOC, 0, -ERR_NO_MEMORY, false},
    {"realloc", FAULT_REALLOC, 0, -ERR_NO_MEMORY, false},
    {"put: no space any more", FAULT_PUT, ENOSPC, -ERR_NO_SPACE, true},
    {"commit: no space any more", FAULT_COMMIT, ENOSPC, -ERR_NO_SPACE, true},
    {"realloc: no memory any more", FAULT_REALLOC, 0, -ERR_NO_MEMORY, true},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

#define STEP_AFTER 40 /* calls; from there on every third is made to fail */

static void fail_each(void **state)
{
    const struct kind *kind = *state;
    bool hit = true;
    unsigned nth = 1;
    for (; hit; nth += nth < STEP_AFTER ? 1 : 3) {
        struct crowd crowd = {
            .call = kind->call, .nth = nth, .rc = kind->rc, .for_good = kind->for_good};
        crowd_init(&crowd);
        hit = crowd_run(&crowd);
        unsigned failed = look(&crowd, kind->error);
        if (!kind->for_good)
            assert_true(failed <= hit); /* none takes another with it */
        model_place_check(&crowd.place);
        must_write(&crowd.place, crowd.people, "next", "{}");
        model_place_finish(&crowd.place);
    }
    assert_true(nth > 3); /* there was something to fail */
}

/* Without a fault the commands of the crowd do share: fewer transactions than commands. */
static void no_fault(void **state)
{
    (void)state;
    struct model_stats before;
    struct model_stats after;
    struct crowd crowd = {.call = FAULT_NONE};
    crowd_init(&crowd);
    model_stats(crowd.place.model, &before);
    assert_false(crowd_run(&crowd));
    assert_int_equal(look(&crowd, 1), 0);
    model_stats(crowd.place.model, &after);
    assert_int_equal(after.commits - before.commits, 5);
    assert_int_equal(after.refused - before.refused, 3);
    model_place_finish(&crowd.place);
}

int main(void)
{
    struct CMUnitTest tests[KINDS + 1] = {cmocka_unit_test(no_fault)};
    for (size_t i = 0; i < KINDS; i++)
        tests[i + 1] = (struct CMUnitTest){.name = kinds[i].name,
                                           .test_func = fail_each,
                                           .initial_state = (void *)(uintptr_t)&kinds[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
