/* What extended attributes add to the verbs, with faults. */
#include "model_trial.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/xattr.h>

#include <cmocka.h>

enum { DOCS, ENTITY };

static struct span name(const char *text)
{
    return span_of_string(text);
}

static void set_up(struct trial_place *place)
{
    uint64_t *objects = place->collections;
    objects[DOCS] = must_define(&place->model, "docs", "{\"x-outbox\":true}");
    objects[ENTITY] = must_write(&place->model, objects[DOCS], "a", "{}");
    for (const char *text = "user.a\0user.b\0user.c\0"; *text; text += strlen(text) + 1)
        assert_int_equal(model_xattr_set(place->model.model, objects[ENTITY], name(text),
                                         name("value"), 0, NULL),
                         0);
}

static int add(struct trial_place *place, struct problem *problem)
{
    return model_xattr_set(place->model.model, place->collections[ENTITY], name("user.d"),
                           name("new"), XATTR_CREATE, problem);
}

static int replace(struct trial_place *place, struct problem *problem)
{
    return model_xattr_set(place->model.model, place->collections[ENTITY], name("user.b"),
                           name("new"), XATTR_REPLACE, problem);
}

static int take(struct trial_place *place, struct problem *problem)
{
    return model_xattr_remove(place->model.model, place->collections[ENTITY], name("user.b"),
                              problem);
}

static int erase(struct trial_place *place, struct problem *problem)
{
    return model_delete(&place->model, place->collections[DOCS], "a", problem);
}

static const struct trial_verb verbs[] = {
    {"add", add, 0},
    {"replace", replace, 0},
    {"remove", take, 0},
    {"delete the entity", erase, 0},
};

int main(void)
{
    const struct trial_suite suite = {
        .set_up = set_up, .verbs = verbs, .count = sizeof(verbs) / sizeof(verbs[0])};
    return trials_run(&suite);
}
