/* A collection gets another name: schema, entities, histories and events go with it, in one commit,
 * and nobody who refers to it is left behind. Every test ends with the check. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define OPEN "{}"
#define EVENTS                                                                                     \
    "{\"x-outbox\":true,\"properties\":{\"email\":{\"x-unique\":true,\"type\":\"string\"}}}"
#define REFERS(to) "{\"properties\":{\"by\":{\"x-ref\":\"" to "\",\"x-on-delete\":\"cascade\"}}}"
#define USES(uri)  "{\"properties\":{\"by\":{\"$ref\":\"" uri "\"}}}"
#define NAMED(uri) "{\"$id\":\"" uri "\",\"properties\":{\"n\":{\"maximum\":9}}}"

enum how { ONTO, NO_REPLACE, EXCHANGE };

static int rename_with(struct model_place *place, const char *name, const char *new_name,
                       enum how how, struct model_result *ret_result, struct problem *problem)
{
    uint64_t dropped;
    const struct model_rename_collection rename = {.caller = model_caller(),
                                                   .name = span_of_string(name),
                                                   .new_name = span_of_string(new_name),
                                                   .no_replace = how == NO_REPLACE,
                                                   .exchange = how == EXCHANGE};
    return model_rename_collection(place->model, &rename, &dropped, ret_result, problem);
}

static struct model_result must_rename(struct model_place *place, const char *name,
                                       const char *new_name)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct model_result result;
    if (rename_with(place, name, new_name, ONTO, &result, &problem) < 0)
        fail_msg("%s to %s: %s", name, new_name, buf_string(&problem.detail));
    model_place_check(place);
    return result;
}

/* It changes nothing, and says why. */
static void assert_refused_with(struct model_place *place, const char *name, const char *new_name,
                                enum how how, int expected, const char *detail)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct model_result result;
    uint64_t seq = model_seq(place);
    int code = rename_with(place, name, new_name, how, &result, &problem);
    if (code != expected || !strstr(buf_string(&problem.detail), detail))
        fail_msg("%s to %s: %s: %s", name, new_name, error_name(code), buf_string(&problem.detail));
    assert_int_equal(problem.code, code);
    assert_int_equal(model_seq(place), seq);
    model_place_check(place);
}

static void assert_refused(struct model_place *place, const char *name, const char *new_name,
                           int expected, const char *detail)
{
    assert_refused_with(place, name, new_name, ONTO, expected, detail);
}

static struct row_version version_at(struct model_place *place, uint64_t object, uint64_t seq,
                                     char head[1000])
{
    struct store_view view;
    struct row_version row;
    uint64_t found;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_version_as_of(&view, object, seq, &found, &row), 1);
    assert_int_equal(found, seq);
    snprintf(head, 1000, "%.*s", (int)row.head.size, row.head.data);
    row.name = row.head = row.patch = row.document = span_make(NULL, 0);
    store_view_end(&view);
    return row;
}

static void all_goes_with_it(void **state)
{
    struct model_place *place = *state;
    char head[1000];
    uint64_t users = must_define(place, "users", EVENTS);
    uint64_t alice = must_write(place, users, "alice", "{\"email\":\"a@x\"}");
    struct model_result result = must_rename(place, "users", "people");
    assert_true(result.object == users && result.version == 2 && result.op == ROW_RENAME);
    assert_true(model_has(place, STORE_SCHEMAS, "users", NULL));
    assert_true(model_has(place, STORE_SCHEMAS, "people", EVENTS));
    assert_true(model_has(place, users, "alice", "{\"email\":\"a@x\"}"));
    struct row_version row = version_at(place, users, 3, head);
    assert_true(row.op == ROW_RENAME && row.commit == 3 && row.collection == STORE_SCHEMAS);
    assert_non_null(strstr(head, "\"collection\":\".schema\",\"id\":\"people\",\"from\":\".schema/"
                                 "users\",\"version\":2,"));
    /* The compiled schema has the new name, and the values are still those of the collection. */
    assert_int_equal(model_write(place, users, "bob", "{\"email\":\"a@x\"}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT);
    assert_int_equal(must_write(place, users, "alice", "{\"email\":\"b@x\"}"), alice);
    version_at(place, alice, 4, head);
    assert_non_null(strstr(head, "\"collection\":\"people\",\"id\":\"alice\""));
    version_at(place, alice, 2, head);
    assert_non_null(strstr(head, "\"collection\":\"users\",\"id\":\"alice\""));
    model_place_reopen(place);
    must_write(place, users, "bob", "{\"email\":\"a@x\"}");
}

/* Events tell what the collection was called then. */
static void events_keep_their_names(void **state)
{
    struct model_place *place = *state;
    const struct store_place pending = {.place = ROW_PENDING};
    struct store_event_id id = {0};
    struct store_view view;
    struct row_event event;
    uint64_t users = must_define(place, "users", EVENTS);
    must_write(place, users, "alice", "{}");
    must_rename(place, "users", "people");
    must_write(place, users, "alice", "{\"n\":1}");
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_event_next(&view, pending, id, &id, &event), 1);
    assert_true(span_is(event.type, "users.created"));
    assert_int_equal(store_event_next(&view, pending, id, &id, &event), 1);
    assert_true(span_is(event.type, "people.updated"));
    assert_int_equal(store_event_next(&view, pending, id, &id, &event), 0);
    store_view_end(&view);
}

static void round_and_round(void **state)
{
    struct model_place *place = *state;
    uint64_t one = must_define(place, "one", OPEN);
    uint64_t two = must_define(place, "two", OPEN);
    must_write(place, one, "a", "{\"n\":1}");
    must_write(place, two, "a", "{\"n\":2}");
    for (unsigned i = 0; i < 3; i++) {
        must_rename(place, "one", "free");
        must_rename(place, "two", "one");
        must_rename(place, "free", "two");
    }
    assert_true(model_has(place, two, "a", "{\"n\":2}"));
    assert_int_equal(must_define(place, "one", "{\"title\":\"b\"}"), two);
    must_rename(place, "one", "gone");
    assert_int_not_equal(must_define(place, "one", OPEN),
                         two); /* a name that was given up is free */
    uint64_t seq = model_seq(place);
    assert_false(must_rename(place, "one", "one").changed);
    assert_int_equal(model_seq(place), seq);
}

static void onto_another(void **state)
{
    struct model_place *place = *state;
    char head[1000];
    uint64_t users = must_define(place, "users", OPEN);
    uint64_t people = must_define(place, "people", OPEN);
    must_write(place, users, "alice", "{}");
    must_write(place, people, "bob", "{}");
    assert_refused(place, "users", "people", -ERR_NOT_EMPTY,
                   "the collection people still has entities");
    assert_int_equal(model_delete(place, people, "bob", NULL), 0);
    uint64_t seq = model_seq(place);
    must_rename(place, "users", "people");
    struct row_version row = version_at(place, people, seq + 1, head);
    assert_true(row.op == ROW_DELETE && row.commit == seq + 1);
    row = version_at(place, users, seq + 2, head);
    assert_true(row.op == ROW_RENAME && row.commit == seq + 1);
    assert_int_equal(model_write(place, people, "a", "{}", NULL, NULL), -ERR_NOT_FOUND);
    must_write(place, users, "alice", "{\"n\":1}");
}

static void exchange(void **state)
{
    struct model_place *place = *state;
    char head[1000];
    struct model_result result;
    uint64_t users = must_define(place, "users", EVENTS);
    uint64_t people = must_define(place, "people", NAMED("https://x.test/people"));
    must_write(place, users, "alice", "{}");
    must_write(place, people, "bob", "{}");
    for (unsigned i = 0; i < 3; i++) {
        uint64_t seq = model_seq(place);
        assert_int_equal(rename_with(place, "users", "people", EXCHANGE, &result, NULL), 0);
        assert_true(result.seq == seq + 1 && model_seq(place) == seq + 2);
        model_place_check(place);
        struct row_version row = version_at(place, i % 2 ? people : users, seq + 1, head);
        assert_true(row.op == ROW_RENAME && row.commit == seq + 1);
        row = version_at(place, i % 2 ? users : people, seq + 2, head);
        assert_true(row.op == ROW_RENAME && row.commit == seq + 1);
        assert_non_null(strstr(head, "\"id\":\"users\",\"from\":\".schema/people\","));
    }
    assert_true(model_has(place, STORE_SCHEMAS, "people", EVENTS));
    assert_int_equal(must_define(place, "users", OPEN), people);
    must_write(place, users, "alice", "{\"n\":1}");
    assert_int_equal(rename_with(place, "users", "users", EXCHANGE, &result, NULL), 0);
    assert_false(result.changed);
}

static void exchange_of_who_is_referred_to(void **state)
{
    struct model_place *place = *state;
    uint64_t users = must_define(place, "users", OPEN);
    uint64_t people = must_define(place, "people", REFERS("users"));
    must_write(place, users, "alice", "{}");
    must_write(place, people, "bob", "{\"by\":\"alice\"}");
    for (unsigned i = 0; i < 2; i++)
        assert_refused_with(place, i ? "users" : "people", i ? "people" : "users", EXCHANGE,
                            -ERR_REFERENCE_HELD, "people/bob.json (by)");
    must_write(place, people, "bob", "{}");
    must_define(place, "people", USES("users"));
    for (unsigned i = 0; i < 2; i++)
        assert_refused_with(place, i ? "users" : "people", i ? "people" : "users", EXCHANGE,
                            -ERR_REFERENCE_HELD, "the schema of people refers to the one of users");
    must_define(place, "people", USES("people"));
    for (unsigned i = 0; i < 2; i++)
        assert_refused_with(place, i ? "users" : "people", i ? "people" : "users", EXCHANGE,
                            -ERR_REFERENCE_HELD, "the schema of people refers to itself");
}

static void which_names(void **state)
{
    struct model_place *place = *state;
    must_define(place, "users", OPEN);
    must_define(place, "people", OPEN);
    assert_refused(place, "users", "1", -ERR_BAD_NAME, "begins with a letter");
    assert_refused(place, "users", "a.b", -ERR_BAD_NAME, "");
    assert_refused(place, "users", "", -ERR_BAD_NAME, "");
    assert_refused(place, "nobody", "free", -ERR_NOT_FOUND, "there is no such collection");
    struct model_result result;
    assert_refused_with(place, "users", "people", NO_REPLACE, -ERR_ALREADY_EXISTS,
                        "the name people is taken");
    assert_int_equal(rename_with(place, "users", "free", NO_REPLACE, &result, NULL), 0);
    assert_refused_with(place, "free", "users", EXCHANGE, -ERR_NOT_FOUND, "");
}

static void entities_refer_to_it(void **state)
{
    struct model_place *place = *state;
    uint64_t users = must_define(place, "users", OPEN);
    uint64_t users2 = must_define(place, "users2", OPEN);
    uint64_t posts = must_define(place, "posts", REFERS("users"));
    uint64_t notes = must_define(place, "notes", REFERS("users2"));
    must_write(place, users, "alice", "{}");
    must_write(place, users, "bob", "{}");
    must_write(place, users2, "alice", "{}");
    must_write(place, notes, "n", "{\"by\":\"alice\"}");
    must_write(place, posts, "p0", "{\"by\":\"alice\"}");
    must_write(place, posts, "p0", "{\"by\":\"bob\"}"); /* a reference that was given up */
    assert_refused(place, "users", "people", -ERR_REFERENCE_HELD,
                   "users, whose name would change, is referred to by posts/p0.json (by)");
    must_write(place, posts, "p0", "{}");
    must_rename(place, "users", "people");
    assert_refused(place, "users2", "users", -ERR_REFERENCE_HELD, "notes/n.json (by)");
    assert_int_equal(model_write(place, posts, "p1", "{\"by\":\"alice\"}", NULL, NULL),
                     -ERR_REFERENCE_MISSING);
    must_rename(place, "people", "users"); /* and it is found again */
    must_write(place, posts, "p1", "{\"by\":\"alice\"}");
    must_rename(place, "posts", "articles"); /* who refers may change its name */
    assert_int_equal(model_delete(place, users, "alice", NULL), 0);
    assert_true(model_has(place, posts, "p1", NULL));
}

static void its_own_entities_do(void **state)
{
    struct model_place *place = *state;
    uint64_t users = must_define(place, "users", REFERS("users"));
    must_write(place, users, "alice", "{}");
    must_write(place, users, "bob", "{\"by\":\"bob\"}");
    assert_refused(place, "users", "people", -ERR_REFERENCE_HELD, "users/bob.json (by)");
    must_write(place, users, "bob", "{}");
    must_rename(place, "users", "people");
    assert_int_equal(model_write(place, users, "bob", "{\"by\":\"bob\"}", NULL, NULL),
                     -ERR_REFERENCE_MISSING);
}

static void a_schema_refers_to_it(void **state)
{
    struct model_place *place = *state;
    must_define(place, "users", NAMED("https://x.test/user"));
    must_define(place, "posts", USES("users"));
    assert_refused(place, "users", "people", -ERR_REFERENCE_HELD,
                   "the schema of posts refers to the one of users");
    must_define(place, "posts", USES("https://x.test/user"));
    assert_refused(place, "users", "people", -ERR_REFERENCE_HELD,
                   "the schema of posts refers to the one of users");
    must_define(place, "posts", OPEN);
    must_define(place, "users", USES("persistfs:/users#/properties"));
    assert_refused(place, "users", "people", -ERR_REFERENCE_HELD,
                   "the schema of users refers to itself by that name, and not by \"#\"");
    must_define(place, "users", USES("#/properties"));
    must_define(place, "empty", OPEN);
    must_rename(place, "users", "people");
}

/* What would be dropped is referred to, be it by what is to take its name. */
static void a_schema_refers_to_what_is_replaced(void **state)
{
    struct model_place *place = *state;
    must_define(place, "people", OPEN);
    must_define(place, "users", USES("people"));
    assert_refused(place, "users", "people", -ERR_REFERENCE_HELD,
                   "the schema of users refers to the one of people");
    must_define(place, "other", OPEN);
    assert_refused(place, "other", "people", -ERR_REFERENCE_HELD,
                   "the schema of users refers to the one of people");
    must_rename(place, "users", "other");
}

/* An $id can depend on the name; then others refer to what is found under it first. */
static void an_id_that_changes(void **state)
{
    struct model_place *place = *state;
    must_define(place, "users", NAMED("?v"));
    must_define(place, "other", "{\"$id\":\"persistfs:/people?v\"}");
    uint64_t posts = must_define(place, "posts", USES("people?v"));
    must_write(place, posts, "p", "{\"by\":{\"n\":10}}");
    assert_refused(place, "users", "people", -ERR_SCHEMA_UNSATISFIED, "posts/p");
    must_write(place, posts, "p", "{\"by\":{\"n\":9}}");
    struct model_result result = must_rename(place, "users", "people");
    assert_true(result.op == ROW_RENAME && result.version == 2);
    assert_int_equal(model_write(place, posts, "p", "{\"by\":{\"n\":10}}", NULL, NULL),
                     -ERR_SCHEMA_MISMATCH);
}

int main(void)
{
#define RENAME_TEST(test)                                                                          \
    cmocka_unit_test_setup_teardown(test, model_place_setup, model_place_teardown)
    const struct CMUnitTest tests[] = {
        RENAME_TEST(all_goes_with_it),
        RENAME_TEST(events_keep_their_names),
        RENAME_TEST(round_and_round),
        RENAME_TEST(onto_another),
        RENAME_TEST(exchange),
        RENAME_TEST(exchange_of_who_is_referred_to),
        RENAME_TEST(which_names),
        RENAME_TEST(entities_refer_to_it),
        RENAME_TEST(its_own_entities_do),
        RENAME_TEST(a_schema_refers_to_it),
        RENAME_TEST(a_schema_refers_to_what_is_replaced),
        RENAME_TEST(an_id_that_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
