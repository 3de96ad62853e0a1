/* The verbs on one entity: what they change, what they refuse, and that a refusal changes nothing.
 * Every test ends with the check. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_result(const struct model_result *result, uint64_t seq, uint64_t version,
                          enum row_op op)
{
    assert_true(result->changed);
    assert_int_equal(result->seq, seq);
    assert_int_equal(result->version, version);
    assert_int_equal(result->op, op);
}

static void create_and_replace(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    uint64_t notes = must_define(place, "notes", "{}");
    assert_int_equal(model_write(place, notes, "a", "{\"n\": 1}", &result, NULL), 0);
    assert_result(&result, 2, 1, ROW_CREATE);
    uint64_t object = result.object;
    assert_int_equal(model_write(place, notes, "a", "{\"n\":  2}", &result, NULL), 0);
    assert_result(&result, 3, 2, ROW_UPDATE);
    assert_int_equal(result.object, object);
    assert_int_equal(model_write(place, notes, "a", "{\"n\":  2}", &result, NULL), 0);
    assert_false(result.changed);
    assert_int_equal(result.version, 2);
    assert_int_equal(result.seq, 3);
    assert_int_equal(model_write(place, notes, "a", "{\"n\":2}", &result, NULL), 0);
    assert_result(&result, 4, 3, ROW_UPDATE); /* spelling counts */
    assert_int_equal(model_seq(place), 4);
    model_place_reopen(place);
    assert_true(model_has(place, notes, "a", "{\"n\":2}"));
}

static void assert_error(int result, enum err expected, const struct problem *problem,
                         const char *says)
{
    assert_int_equal(result, -(int)expected);
    assert_int_equal(problem->code, result);
    if (!strstr(buf_string(&problem->detail), says))
        fail_msg("expected \"%s\" in: %s", says, buf_string(&problem->detail));
}

static void no_such_collection(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_error(model_write(place, 4711, "a", "{}", NULL, &problem), ERR_NOT_FOUND, &problem,
                 "collection");
    assert_error(model_delete(place, 4711, "a", &problem), ERR_NOT_FOUND, &problem, "collection");
    uint64_t notes = must_define(place, "notes", "{}");
    assert_error(model_move(place, notes, "a", 4711, "a", &problem), ERR_NOT_FOUND, &problem,
                 "collection");
    assert_int_equal(model_seq(place), 1);
}

static void not_a_document(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    static const char *const texts[] = {"", "[]", "{", "{}}", "{\"a\":1,\"a\":2}", "{\"a\":01}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct model_result result = {0};
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        int error = model_write(place, notes, "a", texts[i], &result, &problem);
        assert_string_equal(error_class(error), "validation");
        assert_int_equal(problem.code, error);
    }
    assert_true(model_has(place, notes, "a", NULL));
    struct model_stats stats;
    model_stats(place->model, &stats);
    assert_int_equal(stats.refused, 6);
    assert_int_equal(stats.commits, 1);
}

static void patches(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    uint64_t notes = must_define(place, "notes", "{}");
    assert_int_equal(model_patch(place, notes, "a", "{\"n\":1.50}", &result, NULL), 0);
    assert_result(&result, 2, 1, ROW_CREATE);
    assert_true(model_has(place, notes, "a", "{\"n\":1.50}"));
    assert_int_equal(model_patch(place, notes, "a", "{\"n\":1.50}", &result, NULL), 0);
    assert_false(result.changed);
    assert_int_equal(model_patch(place, notes, "a", "{}", &result, NULL), 0);
    assert_false(result.changed);
    assert_int_equal(model_patch(place, notes, "a", "{\"m\":{\"x\":null,\"y\":1}}", &result, NULL),
                     0);
    assert_result(&result, 3, 2, ROW_UPDATE);
    assert_true(
        model_has(place, notes, "a", "{\n  \"n\": 1.50,\n  \"m\": {\n    \"y\": 1\n  }\n}\n"));
    assert_int_equal(model_patch(place, notes, "a", "{\"n\":null,\"m\":null}", &result, NULL), 0);
    assert_true(model_has(place, notes, "a", "{}\n"));
    assert_int_equal(model_patch(place, notes, "b", "{\"n\":null,\"m\":1}", &result, NULL), 0);
    assert_true(model_has(place, notes, "b", "{\n  \"m\": 1\n}\n"));
}

static void grown_too_large(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_BUF struct buf text = {0};
    uint64_t notes = must_define(place, "notes", "{}");
    buf_append_string(&text, "{\"a\":\"");
    buf_append_fill(&text, 'x', (1 << 20) - 8);
    buf_append_string(&text, "\"}");
    assert_int_equal(text.size, 1 << 20);
    assert_int_equal(model_write(place, notes, "a", buf_string(&text), NULL, &problem), 0);
    assert_error(model_patch(place, notes, "a", "{\"b\":1}", NULL, &problem), ERR_TOO_LARGE,
                 &problem, "max_entity");
    buf_append_byte(&text, ' ');
    assert_int_equal(model_write(place, notes, "b", buf_string(&text), NULL, &problem),
                     -ERR_TOO_LARGE);
    assert_int_equal(model_seq(place), 2);
}

static int put_based(struct model_place *place, uint64_t collection, uint64_t object,
                     struct model_base base, const char *text, struct problem *problem)
{
    struct model_result result;
    struct model_put put = {.caller = model_caller(),
                            .collection = collection,
                            .name = span_of_string("a"),
                            .object = object,
                            .text = span_of_string(text),
                            .base = base,
                            .mode = 0600,
                            .uid = geteuid()};
    return model_put(place->model, &put, &result, problem);
}

static void bases(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t object = must_write(place, notes, "a", "{\"n\":1}"); /* seq 2 */
    must_write(place, notes, "a", "{\"n\":2}");
    must_write(place, notes, "b", "{}");
    const struct model_base pin = {MODEL_BASE_PINNED, 1};
    const struct model_base absent = {MODEL_BASE_PINNED, 0};
    const struct model_base opened = {MODEL_BASE_OPENED, 2};
    int result = put_based(place, notes, object, pin, "{}", &problem);
    assert_error(result, ERR_VERSION_CONFLICT, &problem, "based on version 1");
    assert_int_equal(problem.expected_version, 1);
    assert_int_equal(problem.actual_version, 2);
    result = put_based(place, notes, object, absent, "{}", &problem);
    assert_error(result, ERR_VERSION_CONFLICT, &problem, "is there already");
    result = put_based(place, notes, object, opened, "{}", &problem);
    assert_error(result, ERR_VERSION_CONFLICT, &problem, "read it again");
    assert_int_equal(problem.expected_version, 1);
    /* What is there already, but was not known, is no less a conflict. */
    result = put_based(place, notes, object, opened, "{\"n\":2}", &problem);
    assert_int_equal(result, -ERR_VERSION_CONFLICT);
    assert_int_equal(put_based(place, notes, object, (struct model_base){MODEL_BASE_OPENED, 3},
                               "{\"n\":3}", NULL),
                     0);
    assert_int_equal(model_delete(place, notes, "a", NULL), 0);
    result = put_based(place, notes, object, (struct model_base){0}, "{}", &problem);
    assert_error(result, ERR_VERSION_CONFLICT, &problem, "deleted");
    assert_int_equal(put_based(place, notes, store_new_object(place->store), absent, "{}", NULL),
                     0);
}

static void removal(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    struct model_caller caller = model_caller();
    uint64_t notes = must_define(place, "notes", "{}");
    assert_int_equal(model_delete(place, notes, "a", NULL), -ERR_NOT_FOUND);
    uint64_t first = must_write(place, notes, "a", "{\"n\":1}");
    const struct model_base old = {MODEL_BASE_PINNED, 7};
    assert_int_equal(
        model_remove(place->model, &caller, notes, span_of_string("a"), old, &result, NULL),
        -ERR_VERSION_CONFLICT);
    const struct model_base right = {MODEL_BASE_PINNED, 1};
    assert_int_equal(
        model_remove(place->model, &caller, notes, span_of_string("a"), right, &result, NULL), 0);
    assert_result(&result, 3, 2, ROW_DELETE);
    assert_true(model_has(place, notes, "a", NULL));
    assert_int_equal(model_delete(place, notes, "a", NULL), -ERR_NOT_FOUND);
    assert_int_equal(model_write(place, notes, "a", "{\"n\":1}", &result, NULL), 0);
    assert_result(&result, 4, 1, ROW_CREATE);
    assert_int_not_equal(result.object, first); /* another entity */
}

static void defaults(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes",
                                 "{\"properties\":{\"n\":{\"default\":7}},\"required\":[\"n\"]}");
    must_write(place, notes, "a", "{\"m\":1.0}");
    assert_true(model_has(place, notes, "a", "{\n  \"m\": 1.0,\n  \"n\": 7\n}\n"));
    struct model_result result;
    assert_int_equal(model_write(place, notes, "a", "{\"m\":1.0}", &result, NULL), 0);
    assert_false(result.changed);
    must_write(place, notes, "b", "{\"n\":1}");
    assert_true(model_has(place, notes, "b", "{\"n\":1}"));
}

static void rules_of_the_schema(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t notes =
        must_define(place, "notes",
                    "{\"properties\":{\"n\":{\"type\":\"integer\"},\"id\":{\"readOnly\":true}},"
                    "\"x-require-version\":true}");
    assert_error(model_write(place, notes, "a", "{\"n\":\"x\"}", NULL, &problem),
                 ERR_SCHEMA_MISMATCH, &problem, "/n");
    assert_int_equal(problem.item_count, 1);
    uint64_t object = must_write(place, notes, "a", "{\"id\":1}");
    assert_error(model_write(place, notes, "a", "{\"id\":1,\"n\":1}", NULL, &problem),
                 ERR_VERSION_REQUIRED, &problem, "a.json@1");
    assert_int_equal(problem.actual_version, 1);
    const struct model_base pin = {MODEL_BASE_PINNED, 1};
    assert_error(put_based(place, notes, object, pin, "{\"id\":2}", &problem), ERR_READ_ONLY_MEMBER,
                 &problem, "/id");
    assert_int_equal(put_based(place, notes, object, pin, "{\"id\":1,\"n\":1}", &problem), 0);
    assert_true(model_has(place, notes, "a", "{\"id\":1,\"n\":1}"));
}

static uint64_t users(struct model_place *place, const char *name)
{
    return must_define(place, name,
                       "{\"x-unique\":[[\"team\",\"nick\"]],\"properties\":{"
                       "\"email\":{\"x-unique\":true},\"team\":{},\"nick\":{}}}");
}

static void unique_values(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t people = users(place, "people");
    must_write(place, people, "alice", "{\"email\":\"a@x\",\"team\":1,\"nick\":\"a\"}");
    assert_error(model_write(place, people, "bob", "{\"email\":\"a@x\"}", NULL, &problem),
                 ERR_UNIQUE_CONFLICT, &problem, "people.email \"a@x\" is already used by alice");
    assert_string_equal(problem.items[0].pointer, "/email");
    assert_string_equal(problem.items[0].keyword, "x-unique");
    assert_int_equal(model_write(place, people, "bob", "{\"email\":\"\\u0061@x\"}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT); /* the same value, spelled otherwise */
    assert_int_equal(
        model_write(place, people, "bob", "{\"team\":1.0,\"nick\":\"a\"}", NULL, &problem),
        -ERR_UNIQUE_CONFLICT);
    assert_int_equal(problem.item_count, 2);
    must_write(place, people, "bob", "{\"email\":null,\"team\":1,\"nick\":\"b\"}");
    must_write(place, people, "carol", "{\"email\":null,\"nick\":\"a\"}");
    must_write(place, people, "alice", "{\"email\":\"b@x\"}");
    must_write(place, people, "bob", "{\"email\":\"a@x\",\"team\":1,\"nick\":\"a\"}");
    assert_int_equal(model_delete(place, people, "bob", NULL), 0);
    must_write(place, people, "carol", "{\"email\":\"a@x\",\"team\":1,\"nick\":\"a\"}");
    assert_int_equal(model_patch(place, people, "alice", "{\"email\":\"a@x\"}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT);
    must_write(place, people, "bob", "{\"email\":[\"a@x\"]}");
    assert_int_equal(model_write(place, people, "dave", "{\"email\":[ \"a@x\" ]}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT);
}

static void long_unique_values(void **state)
{
    struct model_place *place = *state;
    uint64_t people = users(place, "people");
    char text[1000] = "{\"email\":\"";
    size_t size = strlen(text);
    memset(text + size, 'x', 900);
    memcpy(text + size + 900, "\"}", 3);
    must_write(place, people, "alice", text);
    assert_int_equal(model_write(place, people, "bob", text, NULL, NULL), -ERR_UNIQUE_CONFLICT);
    text[size + 899] = 'y';
    must_write(place, people, "bob", text);
    assert_int_equal(model_write(place, people, "carol", text, NULL, NULL), -ERR_UNIQUE_CONFLICT);
}

static void attributes(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t object = must_write(place, notes, "a", "{}");
    struct row_entry wanted = {.mode = 0640, .uid = 12, .gid = 13, .atime = -1, .mtime = 5};
    assert_int_equal(
        model_set_attributes(place->model, notes, object, MODEL_MODE | MODEL_GID, &wanted, NULL),
        0);
    struct row_entry entry = model_entry(place, notes, object);
    assert_true(entry.live && entry.mode == 0640 && entry.gid == 13);
    assert_int_equal(entry.uid, geteuid());
    assert_int_equal(entry.mtime_seq, 0);
    assert_int_equal(model_set_attributes(place->model, notes, object,
                                          MODEL_UID | MODEL_ATIME | MODEL_MTIME, &wanted, NULL),
                     0);
    entry = model_entry(place, notes, object);
    assert_true(entry.uid == 12 && entry.atime == -1 && entry.mtime == 5 && entry.mode == 0640);
    assert_int_equal(entry.mtime_seq, 2); /* that time is this version's */
    assert_int_equal(model_seq(place), 2);
    const struct model_base none = {MODEL_BASE_NONE, 0};
    assert_int_equal(put_based(place, notes, object, none, "{\"n\":1}", NULL), 0);
    assert_int_equal(model_entry(place, notes, object).mode, 0640);
    assert_int_equal(model_move(place, notes, "a", notes, "b", NULL), 0);
    assert_int_equal(model_entry(place, notes, object).gid, 13);
    assert_int_equal(model_delete(place, notes, "b", NULL), 0);
    assert_int_equal(model_set_attributes(place->model, notes, object, MODEL_MODE, &wanted, NULL),
                     -ERR_NOT_FOUND);
    assert_int_equal(model_set_attributes(place->model, notes, 999999, MODEL_MODE, &wanted, NULL),
                     -ERR_NOT_FOUND);
}

static void attributes_of_folders(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    const struct row_entry wanted = {.mode = 0750, .uid = 12, .gid = 13};
    static const uint64_t folders[] = {STORE_SCHEMAS, STORE_OUTBOX};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(model_set_attributes(place->model, STORE_ROOT, folders[i],
                                              MODEL_MODE | MODEL_UID | MODEL_GID, &wanted, NULL),
                         0);
        assert_int_equal(model_entry(place, STORE_ROOT, folders[i]).mode, 0750);
    }
    assert_int_equal(
        model_set_attributes(place->model, STORE_ROOT, notes, MODEL_MODE, &wanted, NULL), 0);
    assert_int_equal(model_entry(place, STORE_ROOT, notes).mode, 0750);
}

static int amend(struct model_place *place, uint64_t object, uint64_t seq, const char *text)
{
    return model_amend(place->model, object, seq, span_of_string(text), NULL);
}

static void amended(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t object = must_write(place, notes, "a", "{}"); /* seq 2 */
    assert_int_equal(amend(place, object, 2, "{}\n"), 0);
    assert_true(model_has(place, notes, "a", "{}\n"));
    static const char *const others[] = {"{} ",     "{}",      "{}\n\n\v", "{\"a\":1}",
                                         "{}\nx\n", " {}\n\n", "{}\n{}",   ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(amend(place, object, 2, others[i]), 0);
    assert_true(model_has(place, notes, "a", "{}\n"));
    assert_int_equal(amend(place, object, 1, "{}\n\n"), 0);
    assert_int_equal(amend(place, object, 3, "{}\n\n"), 0);
    assert_int_equal(amend(place, 999999, 2, "{}\n\n"), 0);
    assert_true(model_has(place, notes, "a", "{}\n"));
    must_write(place, notes, "a", "{\"n\":1}");
    assert_int_equal(amend(place, object, 2, "{}\n\n"), 0); /* it is no longer current */
    assert_int_equal(amend(place, object, 3, "{\"n\":1}\r\n\t "), 0);
    assert_true(model_has(place, notes, "a", "{\"n\":1}\r\n\t "));
    assert_int_equal(model_seq(place), 3);
}

int main(void)
{
#define MODEL_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, model_place_setup, model_place_teardown)
    const struct CMUnitTest tests[] = {
        MODEL_TEST(create_and_replace),
        MODEL_TEST(no_such_collection),
        MODEL_TEST(not_a_document),
        MODEL_TEST(patches),
        MODEL_TEST(grown_too_large),
        MODEL_TEST(bases),
        MODEL_TEST(removal),
        MODEL_TEST(defaults),
        MODEL_TEST(rules_of_the_schema),
        MODEL_TEST(unique_values),
        MODEL_TEST(long_unique_values),
        MODEL_TEST(attributes),
        MODEL_TEST(attributes_of_folders),
        MODEL_TEST(amended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
