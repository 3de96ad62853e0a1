/* Another id, another collection, the same entity. Every test ends with the check. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define UNIQUE "{\"properties\":{\"email\":{\"x-unique\":true,\"type\":\"string\"}}}"

static struct row_version version_of(struct model_place *place, uint64_t object, uint64_t *ret_seq)
{
    struct store_view view;
    struct row_version row;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_version_get(&view, object, ret_seq, &row), 1);
    store_view_end(&view);
    row.name = row.head = row.patch = row.document = span_make(NULL, 0);
    return row;
}

static void another_id(void **state)
{
    struct model_place *place = *state;
    uint64_t seq;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t object = must_write(place, notes, "a", "{\"n\": 1}");
    assert_int_equal(model_move(place, notes, "a", notes, "b", NULL), 0);
    assert_true(model_has(place, notes, "a", NULL));
    assert_true(model_has(place, notes, "b", "{\"n\": 1}"));
    struct row_version row = version_of(place, object, &seq);
    assert_true(row.op == ROW_RENAME && row.version == 2 && seq == 3);
    assert_int_equal(must_write(place, notes, "b", "{}"), object);
    assert_int_equal(model_move(place, notes, "b", notes, "a", NULL), 0);
    assert_int_equal(must_write(place, notes, "a", "{\"n\": 2}"), object);
    assert_int_equal(model_move(place, notes, "b", notes, "c", NULL), -ERR_NOT_FOUND);
}

/* What had the new id is deleted in the same commit. */
static void onto_another(void **state)
{
    struct model_place *place = *state;
    uint64_t seq;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t a = must_write(place, notes, "a", "{\"n\": 1}");
    uint64_t b = must_write(place, notes, "b", "{\"n\": 2}");
    assert_int_equal(model_move(place, notes, "a", notes, "b", NULL), 0);
    assert_true(model_has(place, notes, "a", NULL));
    assert_true(model_has(place, notes, "b", "{\"n\": 1}"));
    struct row_version row = version_of(place, b, &seq);
    assert_true(row.op == ROW_DELETE && seq == 4 && row.commit == 4);
    row = version_of(place, a, &seq);
    assert_true(row.op == ROW_RENAME && seq == 5 && row.commit == 4);
    struct model_stats stats;
    model_stats(place->model, &stats);
    assert_int_equal(stats.commits, 4);
}

static void no_replace(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct model_result result;
    uint64_t notes = must_define(place, "notes", "{}");
    must_write(place, notes, "a", "{\"n\": 1}");
    must_write(place, notes, "b", "{\"n\": 2}");
    struct model_rename rename = {.caller = model_caller(),
                                  .collection = notes,
                                  .name = span_of_string("a"),
                                  .new_collection = notes,
                                  .new_name = span_of_string("b"),
                                  .no_replace = true};
    assert_int_equal(model_rename(place->model, &rename, &result, &problem), -ERR_ALREADY_EXISTS);
    assert_non_null(strstr(buf_string(&problem.detail), "the name b is taken"));
    assert_true(model_has(place, notes, "a", "{\"n\": 1}"));
    assert_true(model_has(place, notes, "b", "{\"n\": 2}"));
    assert_int_equal(model_delete(place, notes, "b", NULL), 0);
    assert_int_equal(model_rename(place->model, &rename, &result, &problem), 0);
}

static void to_itself(void **state)
{
    struct model_place *place = *state;
    uint64_t people = must_define(place, "people", UNIQUE);
    must_write(place, people, "a", "{\"email\":\"a@x\"}");
    assert_int_equal(model_move(place, people, "a", people, "a", NULL), 0);
    assert_true(model_has(place, people, "a", "{\"email\":\"a@x\"}"));
    must_write(place, people, "a", "{\"email\":\"b@x\"}");
}

static void values_stay_in_the_collection(void **state)
{
    struct model_place *place = *state;
    uint64_t people = must_define(place, "people", UNIQUE);
    must_write(place, people, "a", "{\"email\":\"a@x\"}");
    must_write(place, people, "b", "{\"email\":\"b@x\"}");
    assert_int_equal(model_move(place, people, "a", people, "b", NULL), 0);
    assert_int_equal(model_write(place, people, "c", "{\"email\":\"a@x\"}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT);
    must_write(place, people, "c", "{\"email\":\"b@x\"}"); /* its holder was replaced */
}

static void another_collection(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t drafts = must_define(place, "drafts", "{}");
    uint64_t people = must_define(place, "people", UNIQUE);
    uint64_t object = must_write(place, drafts, "a", "{\"email\":1}");
    assert_int_equal(model_move(place, drafts, "a", people, "a", &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].pointer, "/email");
    assert_true(model_has(place, drafts, "a", "{\"email\":1}"));
    must_write(place, drafts, "a", "{\"email\":\"a@x\"}");
    assert_int_equal(model_move(place, drafts, "a", people, "b", NULL), 0);
    assert_true(model_has(place, drafts, "a", NULL));
    assert_true(model_has(place, people, "b", "{\"email\":\"a@x\"}"));
    assert_int_equal(model_write(place, people, "c", "{\"email\":\"a@x\"}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT); /* it brought its values */
    assert_int_equal(must_write(place, people, "b", "{\"email\":\"b@x\"}"), object);
    assert_int_equal(model_move(place, people, "b", drafts, "b", NULL), 0);
    must_write(place, people, "c", "{\"email\":\"b@x\"}"); /* and took them along */
}

/* The refusal comes after the deletion was written, and undoes it. */
static void a_value_that_is_taken_there(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t drafts = must_define(place, "drafts", "{}");
    uint64_t people = must_define(place, "people", UNIQUE);
    must_write(place, drafts, "a", "{\"email\":\"x@x\"}");
    must_write(place, people, "b", "{\"email\":\"b@x\"}");
    must_write(place, people, "c", "{\"email\":\"x@x\"}");
    uint64_t seq = model_seq(place);
    assert_int_equal(model_move(place, drafts, "a", people, "b", &problem), -ERR_UNIQUE_CONFLICT);
    assert_non_null(strstr(buf_string(&problem.detail), "already used by c"));
    assert_int_equal(model_seq(place), seq);
    assert_true(model_has(place, drafts, "a", "{\"email\":\"x@x\"}"));
    assert_true(model_has(place, people, "b", "{\"email\":\"b@x\"}"));
    assert_int_equal(model_move(place, drafts, "a", people, "c", NULL), 0); /* who has it goes */
    assert_true(model_has(place, people, "c", "{\"email\":\"x@x\"}"));
}

/* A name that was given up in the same commit or before is free. */
static void round_and_round(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t one = must_write(place, notes, "a", "{\"n\":1}");
    uint64_t two = must_write(place, notes, "b", "{\"n\":2}");
    for (unsigned i = 0; i < 5; i++) { /* they change places */
        assert_int_equal(model_move(place, notes, "a", notes, "c", NULL), 0);
        assert_int_equal(model_move(place, notes, "b", notes, "a", NULL), 0);
        assert_int_equal(model_move(place, notes, "c", notes, "b", NULL), 0);
    }
    assert_int_equal(must_write(place, notes, "b", "{}"), one);
    assert_int_equal(must_write(place, notes, "a", "{}"), two);
    model_place_reopen(place);
    assert_true(model_has(place, notes, "c", NULL));
}

int main(void)
{
#define RENAME_TEST(test)                                                                          \
    cmocka_unit_test_setup_teardown(test, model_place_setup, model_place_teardown)
    const struct CMUnitTest tests[] = {
        RENAME_TEST(another_id),
        RENAME_TEST(onto_another),
        RENAME_TEST(no_replace),
        RENAME_TEST(to_itself),
        RENAME_TEST(values_stay_in_the_collection),
        RENAME_TEST(another_collection),
        RENAME_TEST(a_value_that_is_taken_there),
        RENAME_TEST(round_and_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
