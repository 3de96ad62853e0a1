/* What references add to the verbs, with faults. */
#include "model_trial.h"

#define POSTS                                                                                      \
    "{\"x-outbox\":true,\"properties\":{"                                                          \
    "\"author\":{\"x-ref\":\"users\",\"x-on-delete\":\"cascade\"},"                                \
    "\"editor\":{\"x-ref\":\"users\",\"x-on-delete\":\"set-null\"},"                               \
    "\"seen\":{\"x-unique\":true,\"items\":{\"x-ref\":\"users\",\"x-on-delete\":\"set-null\"}},"   \
    "\"parent\":{\"x-ref\":\"posts\",\"x-on-delete\":\"cascade\"},"                                \
    "\"strict\":{\"type\":\"string\",\"x-ref\":\"users\",\"x-on-delete\":\"set-null\"},"           \
    "\"to\":{\"x-ref\":\"users\"}}}"

enum { USERS, POSTS_OF, DRAFTS };

static void set_up(struct trial_place *place)
{
    struct model_place *model = &place->model;
    uint64_t *collections = place->collections;
    collections[POSTS_OF] = must_define(model, "posts", POSTS);
    collections[USERS] = must_define(model, "users", "{}");
    collections[DRAFTS] = must_define(model, "drafts", "{}");
    for (const char *name = "alice\0bob\0carol\0dave\0"; *name; name += strlen(name) + 1)
        must_write(model, collections[USERS], name, "{}");
    must_write(model, collections[POSTS_OF], "p1", "{\"author\":\"alice\",\"editor\":\"bob\"}");
    must_write(model, collections[POSTS_OF], "p2",
               "{\"parent\":\"p1\",\"seen\":[\"alice\",\"bob\"]}");
    must_write(model, collections[POSTS_OF], "p3",
               "{\"editor\":\"alice\",\"seen\":[\"alice\",\"carol\"],\"n\":1.0}");
    must_write(model, collections[POSTS_OF], "p4", "{\"to\":\"bob\"}");
    must_write(model, collections[POSTS_OF], "p5", "{\"strict\":\"carol\"}");
    must_write(model, collections[DRAFTS], "d", "{\"to\":\"alice\",\"seen\":[\"bob\"]}");
}

static int erase(struct trial_place *place, struct problem *problem)
{
    return model_delete(&place->model, place->collections[USERS], "alice", problem);
}

static int erase_held(struct trial_place *place, struct problem *problem)
{
    return model_delete(&place->model, place->collections[USERS], "bob", problem);
}

static int erase_strict(struct trial_place *place, struct problem *problem)
{
    return model_delete(&place->model, place->collections[USERS], "carol", problem);
}

static int replace_entity(struct trial_place *place, struct problem *problem)
{
    return model_move(&place->model, place->collections[USERS], "dave", place->collections[USERS],
                      "alice", problem);
}

static int rename_held(struct trial_place *place, struct problem *problem)
{
    return model_move(&place->model, place->collections[USERS], "alice", place->collections[USERS],
                      "eve", problem);
}

static int exchange(struct trial_place *place, const char *name, struct problem *problem)
{
    struct model_result result;
    const struct model_exchange exchange = {.caller = model_caller(),
                                            .collection = place->collections[DRAFTS],
                                            .name = span_of_string("d"),
                                            .new_collection = place->collections[USERS],
                                            .new_name = span_of_string(name)};
    return model_exchange(place->model.model, &exchange, &result, problem);
}

static int exchange_free(struct trial_place *place, struct problem *problem)
{
    return exchange(place, "dave", problem);
}

static int exchange_held(struct trial_place *place, struct problem *problem)
{
    return exchange(place, "alice", problem);
}

static int ask_held(struct trial_place *place, struct problem *problem)
{
    struct model_caller caller = model_caller();
    return model_check_remove(place->model.model, &caller, place->collections[USERS],
                              span_of_string("carol"), problem);
}

static int move(struct trial_place *place, struct problem *problem)
{
    return model_move(&place->model, place->collections[DRAFTS], "d", place->collections[POSTS_OF],
                      "p6", problem);
}

static int put(struct trial_place *place, struct problem *problem)
{
    return model_write(&place->model, place->collections[POSTS_OF], "p3",
                       "{\"editor\":\"bob\",\"to\":\"dave\",\"seen\":[\"dave\",\"alice\"]}", NULL,
                       problem);
}

static int put_missing(struct trial_place *place, struct problem *problem)
{
    return model_write(&place->model, place->collections[POSTS_OF], "p3",
                       "{\"editor\":\"zed\",\"seen\":[\"dave\",5,\"yan\"]}", NULL, problem);
}

static int alter(struct trial_place *place, struct problem *problem)
{
    return model_write(&place->model, STORE_SCHEMAS, "drafts",
                       "{\"properties\":{\"to\":{\"x-ref\":\"users\"},\"seen\":{\"items\":"
                       "{\"x-ref\":\"users\"}},\"by\":{\"x-ref\":\"users\",\"default\":\"bob\"}},"
                       "\"required\":[\"by\"]}",
                       NULL, problem);
}

static int alter_back(struct trial_place *place, struct problem *problem)
{
    return model_write(&place->model, STORE_SCHEMAS, "posts", "{}", NULL, problem);
}

static const struct trial_verb verbs[] = {
    {"delete", erase, 0},
    {"delete, restricted", erase_held, -ERR_REFERENCE_HELD},
    {"delete, null not allowed", erase_strict, -ERR_REFERENCE_HELD},
    {"replace", replace_entity, 0},
    {"rename, referred to", rename_held, -ERR_REFERENCE_HELD},
    {"exchange", exchange_free, 0},
    {"exchange, referred to", exchange_held, -ERR_REFERENCE_HELD},
    {"ask, null not allowed", ask_held, -ERR_REFERENCE_HELD},
    {"move", move, 0},
    {"put", put, 0},
    {"put, leads nowhere", put_missing, -ERR_REFERENCE_MISSING},
    {"alter", alter, 0},
    {"alter back", alter_back, 0},
};

int main(void)
{
    const struct trial_suite suite = {
        .set_up = set_up, .verbs = verbs, .count = sizeof(verbs) / sizeof(verbs[0])};
    return trials_run(&suite);
}
