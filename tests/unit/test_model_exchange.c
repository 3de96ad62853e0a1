/* Two entities change places. Every test ends with the check. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define UNIQUE "{\"properties\":{\"email\":{\"x-unique\":true,\"type\":\"string\"}}}"

static int swap(struct model_place *place, uint64_t collection, const char *name,
                uint64_t new_collection, const char *new_name, struct model_result *ret_result,
                struct problem *problem)
{
    struct model_result ignored;
    const struct model_exchange exchange = {.caller = model_caller(),
                                            .collection = collection,
                                            .name = span_of_string(name),
                                            .new_collection = new_collection,
                                            .new_name = span_of_string(new_name)};
    return model_exchange(place->model, &exchange, ret_result ? ret_result : &ignored, problem);
}

/* A version without its texts, and whether its record says where it came from. */
static struct row_version version_of(struct model_place *place, uint64_t object, const char *from,
                                     uint64_t *ret_seq)
{
    struct store_view view;
    struct row_version row;
    AUTO_BUF struct buf head = {0};
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_version_get(&view, object, ret_seq, &row), 1);
    buf_append_span(&head, row.head);
    store_view_end(&view);
    if (!strstr(buf_string(&head), from))
        fail_msg("expected %s in %s", from, buf_string(&head));
    row.name = row.head = row.patch = row.document = span_make(NULL, 0);
    return row;
}

static uint64_t events_of(struct model_place *place)
{
    struct store_view view;
    struct row_state state = {0};
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_state_get(&view, &state), 1);
    store_view_end(&view);
    return state.events_created;
}

static void in_one_collection(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    struct model_stats stats;
    uint64_t seq;
    uint64_t people = must_define(place, "people", UNIQUE);
    uint64_t a = must_write(place, people, "a", "{\"email\":\"a@x\"}");
    uint64_t b = must_write(place, people, "b", "{\"email\":\"b@x\"}");
    assert_int_equal(swap(place, people, "a", people, "b", &result, NULL), 0);
    assert_true(result.changed && result.object == a && result.seq == 4 && result.version == 2);
    assert_int_equal(result.op, ROW_RENAME);
    assert_true(model_has(place, people, "a", "{\"email\":\"b@x\"}"));
    assert_true(model_has(place, people, "b", "{\"email\":\"a@x\"}"));
    struct row_version row = version_of(place, a, "\"from\":\"people/a\"", &seq);
    assert_true(row.op == ROW_RENAME && row.version == 2 && seq == 4 && row.commit == 4);
    row = version_of(place, b, "\"from\":\"people/b\"", &seq);
    assert_true(row.op == ROW_RENAME && row.version == 2 && seq == 5 && row.commit == 4);
    model_stats(place->model, &stats);
    assert_int_equal(stats.commits, 4);
    assert_int_equal(must_write(place, people, "a", "{\"email\":\"c@x\"}"), b);
    assert_int_equal(model_write(place, people, "c", "{\"email\":\"a@x\"}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT);
    must_write(place, people, "c", "{\"email\":\"b@x\"}");
}

static void between_collections(void **state)
{
    struct model_place *place = *state;
    uint64_t drafts = must_define(place, "drafts", "{}");
    uint64_t people = must_define(place, "people", UNIQUE);
    uint64_t a = must_write(place, drafts, "a", "{\"email\":\"a@x\"}");
    uint64_t b = must_write(place, people, "b", "{\"email\":\"b@x\"}");
    assert_int_equal(swap(place, drafts, "a", people, "b", NULL, NULL), 0);
    assert_true(model_has(place, drafts, "a", "{\"email\":\"b@x\"}"));
    assert_true(model_has(place, people, "b", "{\"email\":\"a@x\"}"));
    assert_false(model_entry(place, drafts, a).live);
    assert_false(model_entry(place, people, b).live);
    must_write(place, people, "c", "{\"email\":\"b@x\"}"); /* it took its values along, */
    assert_int_equal(model_write(place, people, "d", "{\"email\":\"a@x\"}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT); /* and the other brought its own */
    assert_int_equal(swap(place, people, "b", drafts, "a", NULL, NULL), -ERR_UNIQUE_CONFLICT);
    assert_int_equal(model_delete(place, people, "c", NULL), 0);
    assert_int_equal(swap(place, people, "b", drafts, "a", NULL, NULL), 0);
    assert_int_equal(must_write(place, drafts, "a", "{}"), a);
    assert_int_equal(must_write(place, people, "b", "{}"), b);
}

/* Each takes a value that the other gives up, in either collection. */
static void values_that_they_swap(void **state)
{
    struct model_place *place = *state;
    uint64_t people = must_define(place, "people", UNIQUE);
    uint64_t others = must_define(place, "others", UNIQUE);
    must_write(place, people, "a", "{\"email\":\"x\",\"n\":1}");
    must_write(place, others, "b", "{\"email\":\"x\",\"n\":2}");
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(swap(place, people, "a", others, "b", NULL, NULL), 0);
        model_place_check(place);
        assert_int_equal(model_write(place, people, "c", "{\"email\":\"x\"}", NULL, NULL),
                         -ERR_UNIQUE_CONFLICT);
        assert_int_equal(model_write(place, others, "c", "{\"email\":\"x\"}", NULL, NULL),
                         -ERR_UNIQUE_CONFLICT);
    }
    assert_true(model_has(place, people, "a", "{\"email\":\"x\",\"n\":2}"));
    assert_int_equal(model_delete(place, people, "a", NULL), 0);
    must_write(place, people, "c", "{\"email\":\"x\"}");
}

static void a_value_of_a_third(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t drafts = must_define(place, "drafts", "{}");
    uint64_t people = must_define(place, "people", UNIQUE);
    must_write(place, people, "a", "{\"email\":\"a@x\"}");
    must_write(place, people, "c", "{\"email\":\"x@x\"}");
    must_write(place, drafts, "d", "{\"email\":\"x@x\"}");
    uint64_t seq = model_seq(place);
    assert_int_equal(swap(place, people, "a", drafts, "d", NULL, &problem), -ERR_UNIQUE_CONFLICT);
    assert_non_null(strstr(buf_string(&problem.detail), "already used by c"));
    assert_int_equal(swap(place, drafts, "d", people, "a", NULL, NULL), -ERR_UNIQUE_CONFLICT);
    assert_int_equal(model_seq(place), seq);
    assert_int_equal(swap(place, drafts, "d", people, "c", NULL, NULL), 0);
}

static void each_by_its_new_schema(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t notes = must_define(place, "notes", "{\"x-outbox\":true}");
    uint64_t people = must_define(place, "people",
                                  "{\"properties\":{\"n\":{\"type\":\"integer\",\"default\":7},"
                                  "\"id\":{\"readOnly\":true}},\"required\":[\"n\"]}");
    must_write(place, notes, "a", "{\"n\":\"x\"}");
    must_write(place, people, "b", "{\"n\":1}");
    uint64_t events = events_of(place);
    uint64_t seq = model_seq(place);
    assert_int_equal(swap(place, notes, "a", people, "b", NULL, &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].pointer, "/n");
    assert_int_equal(swap(place, people, "b", notes, "a", NULL, NULL), -ERR_SCHEMA_MISMATCH);
    assert_int_equal(model_seq(place), seq);
    assert_int_equal(events_of(place), events);
    must_write(place, notes, "a", "{\"id\":1}");
    events = events_of(place);
    assert_int_equal(swap(place, notes, "a", people, "b", NULL, NULL), 0);
    assert_true(model_has(place, people, "b", "{\n  \"id\": 1,\n  \"n\": 7\n}\n"));
    assert_true(model_has(place, notes, "a", "{\"n\":1}"));
    assert_int_equal(events_of(place), events + 1); /* of the one that is in notes now */
}

static void who_is_referred_to_stays(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t users = must_define(place, "users", "{}");
    uint64_t posts = must_define(place, "posts", "{\"properties\":{\"by\":{\"x-ref\":\"users\"}}}");
    must_write(place, users, "u", "{}");
    must_write(place, users, "v", "{}");
    must_write(place, users, "w", "{\"by\":\"gone\"}");
    must_write(place, posts, "p", "{\"by\":\"u\"}");
    must_write(place, posts, "q", "{\"by\":\"u\"}");
    uint64_t seq = model_seq(place);
    assert_int_equal(swap(place, users, "u", users, "v", NULL, &problem), -ERR_REFERENCE_HELD);
    assert_non_null(strstr(buf_string(&problem.detail), "users/u.json"));
    assert_int_equal(swap(place, users, "v", users, "u", NULL, NULL), -ERR_REFERENCE_HELD);
    assert_int_equal(swap(place, posts, "p", users, "u", NULL, NULL), -ERR_REFERENCE_HELD);
    assert_int_equal(swap(place, posts, "p", users, "w", NULL, &problem), -ERR_REFERENCE_MISSING);
    assert_int_equal(model_seq(place), seq);
    assert_int_equal(swap(place, posts, "p", posts, "q", NULL, NULL), 0);
    assert_int_equal(swap(place, posts, "p", users, "v", NULL, NULL), 0); /* its reference ends */
    assert_int_equal(model_delete(place, users, "u", NULL), -ERR_REFERENCE_HELD);
    assert_int_equal(model_delete(place, posts, "q", NULL), 0);
    assert_int_equal(swap(place, posts, "p", users, "v", NULL, NULL), 0); /* and is there again */
    assert_int_equal(model_delete(place, users, "u", NULL), -ERR_REFERENCE_HELD);
}

static void there_must_be_two(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t a = must_write(place, notes, "a", "{}");
    assert_int_equal(swap(place, notes, "a", notes, "b", NULL, &problem), -ERR_NOT_FOUND);
    assert_non_null(strstr(buf_string(&problem.detail), "no entity b"));
    assert_int_equal(swap(place, notes, "b", notes, "a", NULL, NULL), -ERR_NOT_FOUND);
    assert_int_equal(swap(place, notes, "a", 4711, "b", NULL, NULL), -ERR_NOT_FOUND);
    assert_int_equal(swap(place, notes, "a", notes, "a", &result, NULL), 0);
    assert_true(!result.changed && result.object == a && result.seq == 2 && result.version == 1);
    assert_int_equal(model_seq(place), 2);
}

/* What is theirs beside the document goes with them. */
static void attributes_move_along(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t people = must_define(place, "people", "{}");
    uint64_t a = must_write(place, notes, "a", "{\"n\":1}");
    uint64_t b = must_write(place, people, "b", "{\"n\":2}");
    const struct row_entry wanted = {.mode = 0640, .gid = 13, .mtime = 5};
    assert_int_equal(model_set_attributes(place->model, notes, a,
                                          MODEL_MODE | MODEL_GID | MODEL_MTIME, &wanted, NULL),
                     0);
    uint64_t seq;
    int64_t made = version_of(place, b, "", &seq).at;
    assert_int_equal(swap(place, notes, "a", people, "b", NULL, NULL), 0);
    struct row_entry entry = model_entry(place, people, a);
    version_of(place, a, "", &seq);
    assert_true(entry.live && entry.mode == 0640 && entry.gid == 13);
    assert_true(entry.mtime == 5 && entry.mtime_seq == seq);
    entry = model_entry(place, notes, b);
    version_of(place, b, "", &seq);
    assert_true(entry.live && entry.mode == 0600);
    assert_true(entry.mtime == made && entry.mtime_seq == seq);
}

/* The names stay whole for whatever comes after. */
static void life_goes_on(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t a = must_write(place, notes, "a", "{\"n\":1}");
    uint64_t b = must_write(place, notes, "b", "{\"n\":2}");
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(swap(place, notes, "a", notes, "b", NULL, NULL), 0);
    assert_int_equal(must_write(place, notes, "a", "{}"), b);
    assert_int_equal(model_delete(place, notes, "b", NULL), 0);
    assert_int_not_equal(must_write(place, notes, "b", "{}"), a);
    model_place_check(place);
    assert_int_equal(model_move(place, notes, "a", notes, "b", NULL), 0);
    assert_int_equal(model_delete(place, notes, "b", NULL), 0);
    model_place_reopen(place);
    must_write(place, notes, "a", "{}");
    must_write(place, notes, "b", "{}");
}

int main(void)
{
#define EXCHANGE_TEST(test)                                                                        \
    cmocka_unit_test_setup_teardown(test, model_place_setup, model_place_teardown)
    const struct CMUnitTest tests[] = {
        EXCHANGE_TEST(in_one_collection),      EXCHANGE_TEST(between_collections),
        EXCHANGE_TEST(values_that_they_swap),  EXCHANGE_TEST(a_value_of_a_third),
        EXCHANGE_TEST(each_by_its_new_schema), EXCHANGE_TEST(who_is_referred_to_stays),
        EXCHANGE_TEST(there_must_be_two),      EXCHANGE_TEST(attributes_move_along),
        EXCHANGE_TEST(life_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
