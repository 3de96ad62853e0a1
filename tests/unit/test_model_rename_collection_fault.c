/* The rename of a collection, with faults. */
#include "model_trial.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { USERS, POSTS };

#define USERS_SCHEMA "{\"$id\":\"?v\",\"x-outbox\":true,\"properties\":{\"n\":{\"maximum\":9}}}"
#define POSTS_SCHEMA "{\"properties\":{\"by\":{\"$ref\":\"taken?v\"},\"to\":{\"x-ref\":\"held\"}}}"

static void set_up(struct trial_place *place)
{
    struct model_place *model = &place->model;
    place->collections[USERS] = must_define(model, "users", USERS_SCHEMA);
    uint64_t held = must_define(model, "held", "{}");
    must_define(model, "other", "{\"$id\":\"persistfs:/taken?v\"}");
    must_define(model, "empty", "{}");
    place->collections[POSTS] = must_define(model, "posts", POSTS_SCHEMA);
    must_write(model, held, "h", "{}");
    must_write(model, place->collections[USERS], "alice", "{\"n\":1}");
    must_write(model, place->collections[POSTS], "p", "{\"by\":{\"n\":10},\"to\":\"h\"}");
}

static void probe(struct trial_place *place)
{
    struct model_place *model = &place->model;
    assert_true(model_has(model, STORE_SCHEMAS, "users", USERS_SCHEMA));
    assert_true(model_has(model, STORE_SCHEMAS, "empty", "{}"));
    must_write(model, place->collections[USERS], "alice", "{\"n\":2}");
    must_write(model, place->collections[POSTS], "p", "{\"by\":{\"n\":10},\"to\":\"h\"}");
}

static int change_name(struct trial_place *place, const char *name, const char *new_name,
                       bool exchange, struct problem *problem)
{
    uint64_t dropped;
    struct model_result result;
    const struct model_rename_collection rename = {.caller = model_caller(),
                                                   .name = span_of_string(name),
                                                   .new_name = span_of_string(new_name),
                                                   .exchange = exchange};
    return model_rename_collection(place->model.model, &rename, &dropped, &result, problem);
}

static int to_a_free_name(struct trial_place *place, struct problem *problem)
{
    return change_name(place, "users", "people", false, problem);
}

static int onto_an_empty_one(struct trial_place *place, struct problem *problem)
{
    return change_name(place, "users", "empty", false, problem);
}

static int of_what_is_referred_to(struct trial_place *place, struct problem *problem)
{
    return change_name(place, "held", "people", false, problem);
}

/* It is found out after all was written. */
static int with_an_id_that_is_another_s(struct trial_place *place, struct problem *problem)
{
    return change_name(place, "users", "taken", false, problem);
}

static int exchange(struct trial_place *place, struct problem *problem)
{
    return change_name(place, "users", "posts", true, problem);
}

int main(void)
{
    static const struct trial_verb verbs[] = {
        {"to a free name", to_a_free_name, 0},
        {"onto an empty one", onto_an_empty_one, 0},
        {"exchange", exchange, 0},
        {"of what is referred to", of_what_is_referred_to, -ERR_REFERENCE_HELD},
        {"with an $id that is another's", with_an_id_that_is_another_s, -ERR_SCHEMA_UNSATISFIED},
    };
    static const struct trial_suite suite = {
        .set_up = set_up,
        .probe = probe,
        .verbs = verbs,
        .count = sizeof(verbs) / sizeof(verbs[0]),
    };
    return trials_run(&suite);
}
