/* A schema that changes brings its collection along, or is refused and changes nothing. Every test
 * ends with the check. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void define_and_drop(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t notes = must_define(place, "notes", "{}");
    must_write(place, notes, "a", "{}");
    assert_int_equal(model_delete(place, STORE_SCHEMAS, "notes", &problem), -ERR_NOT_EMPTY);
    assert_non_null(strstr(buf_string(&problem.detail), "notes still has entities"));
    assert_int_equal(model_delete(place, notes, "a", NULL), 0);
    assert_int_equal(model_delete(place, STORE_SCHEMAS, "notes", &problem), 0);
    assert_int_equal(model_write(place, notes, "a", "{}", NULL, NULL), -ERR_NOT_FOUND);
    assert_int_equal(model_delete(place, STORE_SCHEMAS, "notes", &problem), -ERR_NOT_FOUND);
    uint64_t again = must_define(place, "notes", "{}");
    assert_int_not_equal(again, notes);
    assert_true(model_has(place, again, "a", NULL));
    must_write(place, again, "a", "{}");
}

static void not_a_schema(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(model_write(place, STORE_SCHEMAS, "notes", "{\"type\":1}", NULL, &problem),
                     -ERR_SCHEMA_INVALID);
    assert_string_equal(problem.items[0].pointer, "/type");
    assert_int_equal(model_write(place, STORE_SCHEMAS, "notes", "{\"tpye\":1}", NULL, &problem),
                     -ERR_SCHEMA_INVALID);
    assert_true(model_has(place, STORE_SCHEMAS, "notes", NULL));
    uint64_t notes = must_define(place, "notes", "{\"required\":[\"n\"]}");
    assert_int_equal(model_write(place, STORE_SCHEMAS, "notes", "{\"type\":1}", NULL, NULL),
                     -ERR_SCHEMA_INVALID);
    assert_int_equal(model_write(place, notes, "a", "{}", NULL, NULL), -ERR_SCHEMA_MISMATCH);
}

static void write_numbered(struct model_place *place, uint64_t collection, unsigned count,
                           const char *format)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        char text[100];
        snprintf(name, sizeof(name), "e%03u", i);
        snprintf(text, sizeof(text), "{\"n\":%u%s}", i, format);
        must_write(place, collection, name, text);
    }
}

static void migrates_with_defaults(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    write_numbered(place, notes, 40, "");
    must_write(place, notes, "has", "{\"tag\":\"mine\"}");
    uint64_t seq = model_seq(place);
    struct model_result result;
    assert_int_equal(
        model_write(place, STORE_SCHEMAS, "notes",
                    "{\"properties\":{\"tag\":{\"default\":\"none\"}},\"required\":[\"tag\"]}",
                    &result, NULL),
        0);
    assert_int_equal(result.object, notes);
    assert_int_equal(result.version, 2);
    assert_int_equal(result.seq, seq + 1); /* the schema's, not the last entity's */
    assert_int_equal(result.op, ROW_UPDATE);
    assert_int_equal(model_seq(place), seq + 1 + 40);
    assert_true(model_has(place, notes, "e007", "{\n  \"n\": 7,\n  \"tag\": \"none\"\n}\n"));
    assert_true(model_has(place, notes, "has", "{\"tag\":\"mine\"}"));
    struct store_view view;
    struct row_version row;
    uint64_t object;
    assert_int_equal(store_read(place->store, &view), 0);
    for (uint64_t at = seq + 1; at <= seq + 41; at++) { /* one commit */
        uint64_t found;
        assert_int_equal(store_log_get(&view, at, &object), 1);
        assert_int_equal(store_version_as_of(&view, object, at, &found, &row), 1);
        assert_int_equal(row.commit, seq + 1);
        assert_int_equal(row.op, at == seq + 1 ? ROW_UPDATE : ROW_MIGRATE);
    }
    store_view_end(&view);
}

static void refused_with_how_many_and_which(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t notes = must_define(place, "notes", "{}");
    write_numbered(place, notes, 20, "");
    uint64_t seq = model_seq(place);
    int result = model_write(place, STORE_SCHEMAS, "notes",
                             "{\"properties\":{\"n\":{\"maximum\":12},\"tag\":{\"default\":1}},"
                             "\"required\":[\"tag\"]}",
                             NULL, &problem);
    assert_int_equal(result, -ERR_SCHEMA_UNSATISFIED);
    assert_int_equal(problem.code, result);
    const char *detail = buf_string(&problem.detail);
    const char *expected =
        "7 existing entities do not satisfy this schema: e013, e014, e015, e016, "
        "e017, ...; the first: /n: ";
    if (strncmp(detail, expected, strlen(expected)) != 0)
        fail_msg("%s", detail);
    assert_int_equal(problem.item_count, 1);
    assert_string_equal(problem.items[0].pointer, "/n");
    assert_int_equal(model_seq(place), seq);
    assert_true(model_has(place, notes, "e000", "{\"n\":0}")); /* no default was added */
    assert_true(model_has(place, STORE_SCHEMAS, "notes", "{}"));
    must_write(place, notes, "big", "{\"n\":1000}"); /* the old one is in force */
    result = model_write(place, STORE_SCHEMAS, "notes",
                         "{\"properties\":{\"n\":{\"maximum\":999}}}", NULL, &problem);
    assert_int_equal(result, -ERR_SCHEMA_UNSATISFIED);
    assert_non_null(strstr(buf_string(&problem.detail), "1 existing entity does not satisfy this "
                                                        "schema: big; the first: "));
}

#define PLAIN  "{\"properties\":{\"n\":{},\"m\":{}}}"
#define UNIQUE "{\"properties\":{\"n\":{\"x-unique\":true},\"m\":{}}}"

static void an_index_added_later(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t notes = must_define(place, "notes", PLAIN);
    must_write(place, notes, "a", "{\"n\":1}");
    must_write(place, notes, "b", "{\"n\":2}");
    must_write(place, notes, "c", "{\"n\":1.0}");
    int result = model_write(place, STORE_SCHEMAS, "notes", UNIQUE, NULL, &problem);
    assert_int_equal(result, -ERR_SCHEMA_UNSATISFIED);
    assert_non_null(strstr(buf_string(&problem.detail), "1 existing entity"));
    assert_non_null(strstr(buf_string(&problem.detail), "already used by"));
    must_write(place, notes, "d", "{\"n\":2}"); /* it is not in force */
    must_write(place, notes, "c", "{\"n\":3}");
    must_write(place, notes, "d", "{\"n\":4}");
    must_define(place, "notes", UNIQUE);
    assert_int_equal(model_write(place, notes, "e", "{\"n\":1}", NULL, NULL), -ERR_UNIQUE_CONFLICT);
    must_write(place, notes, "e", "{\"n\":5}");
}

static void an_index_taken_away_and_back(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", UNIQUE);
    must_write(place, notes, "a", "{\"n\":1}");
    must_define(place, "notes", PLAIN);
    must_write(place, notes, "b", "{\"n\":1}");
    assert_int_equal(model_write(place, STORE_SCHEMAS, "notes", UNIQUE, NULL, NULL),
                     -ERR_SCHEMA_UNSATISFIED);
    must_write(place, notes, "a", "{\"n\":2}");
    must_define(place, "notes", UNIQUE);
    must_write(place, notes, "c", "{\"n\":3}");
    assert_int_equal(model_write(place, notes, "c", "{\"n\":1}", NULL, NULL), -ERR_UNIQUE_CONFLICT);
    assert_int_equal(model_write(place, notes, "c", "{\"n\":2}", NULL, NULL), -ERR_UNIQUE_CONFLICT);
}

/* A default that every entity gets cannot be unique among them. */
static void a_default_that_is_unique(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    must_write(place, notes, "a", "{}");
    static const char schema[] =
        "{\"properties\":{\"n\":{\"x-unique\":true,\"default\":0}},\"required\":[\"n\"]}";
    must_define(place, "notes", schema);
    assert_true(model_has(place, notes, "a", "{\n  \"n\": 0\n}\n"));
    must_define(place, "notes", "{}");
    must_write(place, notes, "b", "{}");
    assert_int_equal(model_write(place, STORE_SCHEMAS, "notes", schema, NULL, NULL),
                     -ERR_SCHEMA_UNSATISFIED);
    assert_true(model_has(place, notes, "b", "{}"));
}

static void the_same_schema_again(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    uint64_t notes = must_define(place, "notes", UNIQUE);
    must_write(place, notes, "a", "{\"n\":1}");
    assert_int_equal(model_write(place, STORE_SCHEMAS, "notes", UNIQUE, &result, NULL), 0);
    assert_false(result.changed);
    assert_int_equal(model_write(place, STORE_SCHEMAS, "notes", UNIQUE "\n", &result, NULL), 0);
    assert_true(result.changed);
    assert_int_equal(model_write(place, notes, "b", "{\"n\":1}", NULL, NULL), -ERR_UNIQUE_CONFLICT);
}

static void a_schema_patched(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    must_write(place, notes, "a", "{\"n\":1}");
    assert_int_equal(
        model_patch(place, STORE_SCHEMAS, "notes", "{\"required\":[\"m\"]}", NULL, NULL),
        -ERR_SCHEMA_UNSATISFIED);
    assert_int_equal(
        model_patch(place, STORE_SCHEMAS, "notes", "{\"required\":[\"n\"]}", NULL, NULL), 0);
    assert_int_equal(model_write(place, notes, "a", "{}", NULL, NULL), -ERR_SCHEMA_MISMATCH);
}

/* More entities than a leaf, or the cache of a transaction, has room for. */
static void a_large_collection(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", PLAIN);
    write_numbered(place, notes, 600, ",\"m\":\"0123456789012345678901234567890123456789\"");
    must_define(place, "notes",
                "{\"x-unique\":[[\"n\",\"m\"]],\"properties\":{\"n\":{\"x-unique\":true},\"m\":{},"
                "\"z\":{\"default\":null}},\"required\":[\"z\"],\"x-outbox\":true}");
    assert_int_equal(model_write(place, notes, "x", "{\"n\":599}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT);
    model_place_reopen(place);
    assert_int_equal(model_write(place, notes, "x", "{\"n\":599}", NULL, NULL),
                     -ERR_UNIQUE_CONFLICT);
}

int main(void)
{
#define SCHEMA_TEST(test)                                                                          \
    cmocka_unit_test_setup_teardown(test, model_place_setup, model_place_teardown)
    const struct CMUnitTest tests[] = {
        SCHEMA_TEST(define_and_drop),          SCHEMA_TEST(not_a_schema),
        SCHEMA_TEST(migrates_with_defaults),   SCHEMA_TEST(refused_with_how_many_and_which),
        SCHEMA_TEST(an_index_added_later),     SCHEMA_TEST(an_index_taken_away_and_back),
        SCHEMA_TEST(a_default_that_is_unique), SCHEMA_TEST(the_same_schema_again),
        SCHEMA_TEST(a_schema_patched),         SCHEMA_TEST(a_large_collection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
