/* What schemas that refer to others add to the verbs, with faults. */
#include "model_trial.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PEOPLE, POSTS };

#define PEOPLE_SCHEMA(max)                                                                         \
    "{\"$id\":\"https://persistfs.test/people\",\"properties\":{\"name\":{\"maxLength\":" max "}," \
    "\"last\":{\"$ref\":\"persistfs:/posts\"}}}"

#define POSTS_SCHEMA                                                                               \
    "{\"properties\":{\"n\":{\"default\":1},\"by\":{\"$ref\":\"https://persistfs.test/people\"}}," \
    "\"required\":[\"n\"]}"

static void set_up(struct trial_place *place)
{
    struct model_place *model = &place->model;
    must_define(model, "posts", "{}");
    place->collections[PEOPLE] = must_define(model, "people", PEOPLE_SCHEMA("5"));
    place->collections[POSTS] = must_define(model, "posts", POSTS_SCHEMA);
    must_define(model, "boards", "{\"$ref\":\"posts\"}");
    must_write(model, place->collections[POSTS], "p1", "{\"by\":{\"name\":\"anna\"}}");
    must_write(model, place->collections[PEOPLE], "a", "{\"last\":{\"n\":1,\"by\":{}}}");
}

/* No schema is kept that a transaction which was undone had put in force. */
static void probe(struct trial_place *place)
{
    uint64_t posts = place->collections[POSTS];
    assert_int_equal(
        model_write(&place->model, posts, "p2", "{\"by\":{\"name\":\"berta-maria\"}}", NULL, NULL),
        -ERR_SCHEMA_MISMATCH);
    must_write(&place->model, posts, "p2", "{\"by\":{\"name\":\"berta\"}}");
}

static int define(struct trial_place *place, const char *name, const char *text,
                  struct problem *problem)
{
    return model_write(&place->model, STORE_SCHEMAS, name, text, NULL, problem);
}

static int alter(struct trial_place *place, struct problem *problem)
{
    return define(place, "people", PEOPLE_SCHEMA("20"), problem);
}

static int alter_too_far(struct trial_place *place, struct problem *problem)
{
    return define(place, "people", PEOPLE_SCHEMA("3"), problem);
}

static int lose_id(struct trial_place *place, struct problem *problem)
{
    return define(place, "people", "{}", problem);
}

static int create_with_id(struct trial_place *place, struct problem *problem)
{
    return define(place, "more", "{\"$id\":\"https://persistfs.test/more\"}", problem);
}

static int drop(struct trial_place *place, struct problem *problem)
{
    return model_delete(&place->model, STORE_SCHEMAS, "boards", problem);
}

static int put(struct trial_place *place, struct problem *problem)
{
    return model_write(&place->model, place->collections[POSTS], "p3",
                       "{\"by\":{\"last\":{\"n\":2,\"by\":{\"name\":\"bob\"}}}}", NULL, problem);
}

static const struct trial_verb verbs[] = {
    {"alter", alter, 0},
    {"alter, entities refuse", alter_too_far, -ERR_SCHEMA_UNSATISFIED},
    {"alter, a schema refuses", lose_id, -ERR_SCHEMA_INVALID},
    {"create with an $id", create_with_id, 0},
    {"drop", drop, 0},
    {"put", put, 0},
};

int main(void)
{
    const struct trial_suite suite = {.set_up = set_up,
                                      .probe = probe,
                                      .verbs = verbs,
                                      .count = sizeof(verbs) / sizeof(verbs[0])};
    return trials_run(&suite);
}
