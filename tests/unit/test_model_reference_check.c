/* The check names what is wrong with references and the index of those who refer. */
#include "check_place.h"
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct world {
    struct model_place place;
    uint64_t users, posts, post;
    uint64_t rule; /* as the store calls it */
};

static int setup(void **state)
{
    struct world *world = malloc(sizeof(*world));
    assert_non_null(world);
    struct model_place *place = &world->place;
    model_place_init(place);
    world->users = must_define(place, "users", "{}");
    world->posts = must_define(place, "posts",
                               "{\"properties\":{\"author\":{\"x-ref\":\"users\",\"x-on-delete\":"
                               "\"set-null\"}}}");
    must_write(place, world->users, "alice", "{}");
    must_write(place, world->users, "bob", "{}");
    world->post = must_write(place, world->posts, "p", "{\"author\":\"alice\"}");
    must_write(place, world->posts, "q", "{\"author\":\"bob\"}");
    assert_int_equal(model_delete(place, world->users, "bob", NULL), 0);
    model_place_check(place);
    world->rule = fingerprint(span_of_string("/author\n"));
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    model_close(world->place.model);
    store_close(world->place.store);
    folder_remove(world->place.path);
    free(world);
    return 0;
}

static void begin(struct world *world, struct store_view *view)
{
    assert_int_equal(store_write(world->place.store, view), 0);
}

static void put_row(struct world *world, const char *target, uint64_t object, uint64_t rule,
                    bool live)
{
    struct store_view view;
    const struct store_referrer referrer = {object, rule};
    begin(world, &view);
    assert_int_equal(store_reference_put(&view, span_of_string(target), referrer, 8, live), 0);
    assert_int_equal(store_commit(&view), 0);
}

static void finds(struct world *world, const char *finding)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = model_check(world->place.store, NULL, &problem);
    if (result != -ERR_DAMAGED || strcmp(buf_string(&problem.detail), finding) != 0)
        fail_msg("%s: %s", error_name(result), buf_string(&problem.detail));
}

static void a_row_given_up(void **state)
{
    struct world *world = *state;
    put_row(world, "users/alice", world->post, world->rule, false);
    finds(world, "references: posts/p (object 68), seq 5: its reference author to users/alice is "
                 "not on record");
}

static void a_row_too_many(void **state)
{
    struct world *world = *state;
    put_row(world, "users/bob", world->post, world->rule, true);
    finds(world, "references: posts/p (object 68), seq 8: users/bob: it is on record, and the "
                 "document does not have it");
}

static void a_row_of_another_rule(void **state)
{
    struct world *world = *state;
    put_row(world, "users/alice", world->post, world->rule + 1, true);
    finds(world, "references: posts/p (object 68), seq 8: users/alice: it is on record, and the "
                 "document does not have it");
}

static void a_row_of_one_that_went(void **state)
{
    struct world *world = *state;
    put_row(world, "users/alice", 67, world->rule, true);
    finds(world, "references: users/bob (object 67), seq 8: users/alice: it is on record as of an "
                 "entity that is not there");
}

static void a_row_of_nobody(void **state)
{
    struct world *world = *state;
    put_row(world, "users/alice", 7, world->rule, true);
    finds(world,
          "references: .outbox/dead, seq 8: users/alice: object 7 is not one that was handed "
          "out (64 to 69)");
}

/* The schema is changed behind the model's back, records and all. */
static void leads_nowhere(void **state)
{
    struct world *world = *state;
    uint64_t notes = must_define(&world->place, "notes", "{}");
    must_write(&world->place, notes, "n", "{\"to\":\"zed\"}");
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct store_view view;
    begin(world, &view);
    struct row_version row = check_place_version(&view, &arena, notes, 9);
    row.document = span_of_string("{\"properties\":{\"to\":{\"x-ref\":\"users\"}}}");
    assert_int_equal(store_version_put(&view, notes, 9, &row), 0);
    check_place_seal(&view);
    assert_int_equal(store_commit(&view), 0);
    finds(world,
          "versions: notes/n (object 71), seq 10: its to refers to users/zed, which there is "
          "not");
}

static void no_string(void **state)
{
    struct world *world = *state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct store_view view;
    begin(world, &view);
    struct row_version row = check_place_version(&view, &arena, world->post, 5);
    row.document = span_of_string("{\"author\":5}");
    assert_int_equal(store_version_put(&view, world->post, 5, &row), 0);
    check_place_seal(&view);
    assert_int_equal(store_commit(&view), 0);
    finds(world, "versions: posts/p (object 68), seq 5: a reference is not one: posts.author 5: an "
                 "entity of users is named by its id, which is a string");
}

int main(void)
{
#define CHECK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        CHECK_TEST(a_row_given_up),
        CHECK_TEST(a_row_too_many),
        CHECK_TEST(a_row_of_another_rule),
        CHECK_TEST(a_row_of_one_that_went),
        CHECK_TEST(a_row_of_nobody),
        CHECK_TEST(leads_nowhere),
        CHECK_TEST(no_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
