#include "model_trial.h"

#include "model_fault.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define VERBS_MAX 16

struct kind {
    const char *name;
    enum fault_call call;
    int rc;
    int expected;
};

static const struct kind kinds[] = {
    {"put", FAULT_PUT, ENOSPC, -ERR_NO_SPACE},     {"commit", FAULT_COMMIT, ENOSPC, -ERR_NO_SPACE},
    {"malloc", FAULT_MALLOC, 0, -ERR_NO_MEMORY},   {"calloc", FAULT_CALLOC, 0, -ERR_NO_MEMORY},
    {"realloc", FAULT_REALLOC, 0, -ERR_NO_MEMORY},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct trial {
    const struct trial_suite *suite;
    const struct trial_verb *verb;
    const struct kind *kind;
};

/* The model anew, so that no schema is compiled yet. */
static void reopen_model(struct trial_place *place)
{
    const struct model_options options = {.max_entity = 1 << 20, .attempts = 3};
    model_close(place->model.model);
    assert_int_equal(model_open(place->model.store, &options, &place->model.model, NULL), 0);
}

/* Runs it with one fault. Returns whether it did all that it does when nothing fails. */
static bool run_once(struct trial_place *place, const struct trial *trial, unsigned nth,
                     bool *ret_hit)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    reopen_model(place);
    uint64_t before = fault_rows(&place->model);
    fault_arm(trial->kind->call, nth, trial->kind->rc);
    int result = trial->verb->run(place, &problem);
    *ret_hit = fault_disarm();
    if (problem.code != result)
        fail_msg("call %u: %s, but the problem says %s", nth, error_name(result),
                 error_name(problem.code));
    if ((fault_rows(&place->model) == before) != (result < 0))
        fail_msg("call %u: %s, and the rows are %s", nth, error_name(result),
                 result < 0 ? "changed" : "as before");
    if (result != trial->verb->outcome && (!*ret_hit || result != trial->kind->expected))
        fail_msg("call %u: %s: %s", nth, error_name(result), buf_string(&problem.detail));
    if (result < 0 && trial->suite->probe)
        trial->suite->probe(place);
    return result == trial->verb->outcome;
}

static void fail_each(void **state)
{
    const struct trial *trial = *state;
    bool hit = true;
    bool writes = trial->kind->call == FAULT_PUT || trial->kind->call == FAULT_COMMIT;
    unsigned count = 0;
    while (hit) {
        struct trial_place place;
        bool done = false;
        model_place_init(&place.model);
        trial->suite->set_up(&place);
        while (hit && !done) {
            done = run_once(&place, trial, ++count, &hit);
            model_place_check(&place.model);
            must_write(&place.model, place.collections[0], "next", count % 2 ? "{}" : "{\"n\":1}");
        }
        if (!hit)
            assert_true(done);
        model_place_finish(&place.model);
    }
    if (!writes || trial->verb->outcome == 0)
        assert_true(count > 1); /* there was something to fail */
}

int trials_run(const struct trial_suite *suite)
{
    struct trial trials[VERBS_MAX * KINDS];
    char names[VERBS_MAX * KINDS][64];
    struct CMUnitTest tests[VERBS_MAX * KINDS] = {0}; /* those without a name are left out */
    assert_true(suite->count <= VERBS_MAX);
    for (size_t i = 0; i < suite->count * KINDS; i++) {
        trials[i] = (struct trial){suite, &suite->verbs[i / KINDS], &kinds[i % KINDS]};
        snprintf(names[i], sizeof(names[i]), "%s, %s", trials[i].verb->name, trials[i].kind->name);
        tests[i] = (struct CMUnitTest){
            .name = names[i], .test_func = fail_each, .initial_state = &trials[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
