/* Schemas that refer to others of the store: what changes one changes what they mean, and the
 * entities of all are brought along, or it is refused and changes nothing. Every test ends with the
 * check. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define POSTS "{\"properties\":{\"by\":{\"$ref\":\"people\"}}}"
#define SHORT "{\"properties\":{\"name\":{\"maxLength\":3}}}"
#define LONG  "{\"properties\":{\"name\":{\"maxLength\":9}}}"

static void assert_refused(struct model_place *place, uint64_t collection, const char *name,
                           const char *text, int expected, const char *detail)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t seq = model_seq(place);
    int result = model_write(place, collection, name, text, NULL, &problem);
    if (result != expected || !strstr(buf_string(&problem.detail), detail))
        fail_msg("%s: %s: %s", name, error_name(result), buf_string(&problem.detail));
    assert_int_equal(problem.code, result);
    assert_int_equal(model_seq(place), seq);
}

static void assert_mismatch(struct model_place *place, uint64_t collection, const char *text)
{
    assert_refused(place, collection, "refused", text, -ERR_SCHEMA_MISMATCH, "");
}

static void a_change_is_what_they_mean_next(void **state)
{
    struct model_place *place = *state;
    must_define(place, "people", SHORT);
    uint64_t posts = must_define(place, "posts", POSTS);
    must_write(place, posts, "p", "{\"by\":{\"name\":\"ann\"}}");
    assert_mismatch(place, posts, "{\"by\":{\"name\":\"anna\"}}");
    must_define(place, "people", LONG);
    must_write(place, posts, "p", "{\"by\":{\"name\":\"anna\"}}");
    assert_mismatch(place, posts, "{\"by\":{\"name\":\"anna-maria\"}}");
    model_place_reopen(place);
    must_write(place, posts, "q", "{\"by\":{\"name\":\"hannah\"}}");
}

static void their_entities_may_refuse_it(void **state)
{
    struct model_place *place = *state;
    uint64_t people = must_define(place, "people", LONG);
    uint64_t posts = must_define(place, "posts", POSTS);
    must_write(place, posts, "p1", "{\"by\":{\"name\":\"anna\"}}");
    must_write(place, posts, "p2", "{\"by\":{\"name\":\"ann\"}}");
    assert_refused(place, STORE_SCHEMAS, "people", SHORT, -ERR_SCHEMA_UNSATISFIED,
                   "1 existing entity does not satisfy this schema: posts/p1; the first: "
                   "/by/name: ");
    must_write(place, posts, "p3", "{\"by\":{\"name\":\"berta\"}}"); /* it was undone */
    must_write(place, people, "a", "{\"name\":\"berta\"}");
}

static void by_way_of_another(void **state)
{
    struct model_place *place = *state;
    must_define(place, "people", LONG);
    must_define(place, "posts", POSTS);
    uint64_t boards = must_define(place, "boards",
                                  "{\"items\":{},\"properties\":{\"top\":"
                                  "{\"$ref\":\"posts\"}}}");
    must_write(place, boards, "b", "{\"top\":{\"by\":{\"name\":\"anna\"}}}");
    assert_refused(place, STORE_SCHEMAS, "people", SHORT, -ERR_SCHEMA_UNSATISFIED, "boards/b;");
    must_write(place, boards, "b", "{\"top\":{\"by\":{\"name\":\"ann\"}}}");
    must_define(place, "people", SHORT);
    assert_mismatch(place, boards, "{\"top\":{\"by\":{\"name\":\"anna\"}}}");
}

static void two_that_refer_to_each_other(void **state)
{
    struct model_place *place = *state;
    must_define(place, "people", "{}");
    uint64_t posts = must_define(place, "posts", POSTS);
    uint64_t people =
        must_define(place, "people",
                    "{\"properties\":{\"name\":{\"maxLength\":9},\"last\":{\"$ref\":\"posts\"}}}");
    must_write(place, posts, "p", "{\"by\":{\"name\":\"anna\",\"last\":{\"by\":{}}}}");
    must_write(place, people, "a", "{\"last\":{\"by\":{\"name\":\"bob\"}}}");
    assert_mismatch(place, posts, "{\"by\":{\"last\":{\"by\":{\"name\":\"anna-maria\"}}}}");
    assert_refused(place, STORE_SCHEMAS, "people",
                   "{\"properties\":{\"name\":{\"maxLength\":3},\"last\":{\"$ref\":\"posts\"}}}",
                   -ERR_SCHEMA_UNSATISFIED, "posts/p;");
    assert_refused(place, STORE_SCHEMAS, "posts",
                   "{\"properties\":{\"by\":{\"$ref\":\"people\",\"required\":[\"name\"]}}}",
                   -ERR_SCHEMA_UNSATISFIED, "1 existing entity");
    must_write(place, people, "a", "{}");
    must_define(place, "posts", "{\"properties\":{\"by\":true}}");
    must_write(place, people, "a", "{\"last\":{\"by\":5}}");
}

#define ADDRESS "https://persistfs.test/address"

static void an_id_that_is_lost(void **state)
{
    struct model_place *place = *state;
    must_define(place, "places",
                "{\"$id\":\"" ADDRESS "#\",\"$defs\":{\"zip\":{\"maxLength\":5}}}");
    uint64_t posts = must_define(place, "posts",
                                 "{\"properties\":{\"to\":{\"$ref\":\"" ADDRESS "#/$defs/zip\"}}}");
    assert_mismatch(place, posts, "{\"to\":\"123456\"}");
    assert_refused(place, STORE_SCHEMAS, "places", "{\"$defs\":{\"zip\":{}}}", -ERR_SCHEMA_INVALID,
                   "the schema of posts refers to this one, and would not be valid: ");
    assert_refused(place, STORE_SCHEMAS, "places", "{\"$id\":\"" ADDRESS "\"}", -ERR_SCHEMA_INVALID,
                   "the schema of posts refers to this one");
    assert_mismatch(place, posts, "{\"to\":\"123456\"}");
    must_define(place, "spare", "{\"$id\":\"" ADDRESS "\",\"$defs\":{\"zip\":{\"maxLength\":9}}}");
    assert_mismatch(place, posts, "{\"to\":\"123456\"}"); /* it is the older one's */
    must_define(place, "places", "{}");
    must_write(place, posts, "p", "{\"to\":\"123456\"}");
    assert_refused(place, STORE_SCHEMAS, "places",
                   "{\"$id\":\"" ADDRESS "\",\"$defs\":{\"zip\":{\"maxLength\":5}}}",
                   -ERR_SCHEMA_UNSATISFIED, "posts/p;");
    must_write(place, posts, "q", "{\"to\":\"1234567\"}");
}

static void an_id_relative_to_the_collection(void **state)
{
    struct model_place *place = *state;
    must_define(place, "places", "{\"$id\":\"/schemas/address\",\"maxProperties\":1}");
    uint64_t posts =
        must_define(place, "posts", "{\"properties\":{\"to\":{\"$ref\":\"/schemas/address\"}}}");
    assert_mismatch(place, posts, "{\"to\":{\"a\":1,\"b\":2}}");
    must_define(place, "people", "{}");
    must_define(place, "thief", "{\"$id\":\"persistfs:/people\",\"maxProperties\":0}");
    uint64_t notes = must_define(place, "notes", "{\"$ref\":\"people\"}");
    must_write(place, notes, "n", "{\"a\":1}");
}

/* "people" is https://persistfs.test/people, and the collection as long as there is no such. */
static void an_id_that_takes_over(void **state)
{
    struct model_place *place = *state;
    must_define(place, "people", LONG);
    uint64_t posts = must_define(place, "posts",
                                 "{\"$id\":\"https://persistfs.test/posts\",\"properties\":{\"by\":"
                                 "{\"$ref\":\"people\"}}}");
    must_write(place, posts, "p", "{\"by\":{\"name\":\"anna\"}}");
    const char *other = "{\"$id\":\"https://persistfs.test/people\",\"maxProperties\":0}";
    assert_refused(place, STORE_SCHEMAS, "other", other, -ERR_SCHEMA_UNSATISFIED, "posts/p;");
    must_write(place, posts, "p", "{\"by\":{\"name\":\"hannah\"}}");
    must_write(place, posts, "p", "{\"by\":{}}");
    must_define(place, "other", other);
    assert_mismatch(place, posts, "{\"by\":{\"name\":\"ann\"}}");
    must_define(place, "other", "{}");
    must_write(place, posts, "p", "{\"by\":{\"name\":\"ann\"}}");
    assert_refused(place, STORE_SCHEMAS, "other", other, -ERR_SCHEMA_UNSATISFIED, "posts/p;");
    must_write(place, posts, "p", "{\"by\":{\"name\":\"anna\"}}");
}

/* By the name of its collection, though its $id says otherwise. */
static void one_that_refers_to_itself(void **state)
{
    struct model_place *place = *state;
    const char *format = "{\"$id\":\"https://persistfs.test/node\",\"properties\":{\"name\":"
                         "{\"maxLength\":%d},\"next\":{\"$ref\":\"nodes\"}}}";
    char text[200];
    snprintf(text, sizeof(text), format, 3);
    uint64_t nodes = must_define(place, "nodes", text);
    assert_mismatch(place, nodes, "{\"next\":{\"next\":{\"name\":\"anna\"}}}");
    snprintf(text, sizeof(text), format, 4);
    must_define(place, "nodes", text);
    must_write(place, nodes, "n", "{\"next\":{\"next\":{\"name\":\"anna\"}}}");
    snprintf(text, sizeof(text), format, 3);
    assert_refused(place, STORE_SCHEMAS, "nodes", text, -ERR_SCHEMA_UNSATISFIED,
                   "satisfy this "
                   "schema: n;");
}

static void what_is_referred_to_stays(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    must_define(place, "people", SHORT);
    must_define(place, "posts", POSTS);
    must_define(place, "boards", "{\"$ref\":\"posts\"}");
    assert_int_equal(model_delete(place, STORE_SCHEMAS, "people", &problem), -ERR_REFERENCE_HELD);
    assert_non_null(strstr(buf_string(&problem.detail), "refers to the one of people"));
    assert_int_equal(model_delete(place, STORE_SCHEMAS, "boards", NULL), 0);
    assert_int_equal(model_delete(place, STORE_SCHEMAS, "posts", NULL), 0);
    assert_int_equal(model_delete(place, STORE_SCHEMAS, "people", NULL), 0);
    assert_refused(place, STORE_SCHEMAS, "posts", POSTS, -ERR_SCHEMA_INVALID, "does not lead");
    must_define(place, "people", LONG);
    uint64_t posts = must_define(place, "posts", POSTS);
    must_write(place, posts, "p", "{\"by\":{\"name\":\"anna\"}}");
}

/* Files, as a folder would have them. */

static const char *const files[][2] = {
    {"persistfs:/a.json", "{\"properties\":{\"b\":{\"$ref\":\"b\"},\"n\":{\"maximum\":9}}}"},
    {"persistfs:/b.json", "{\"properties\":{\"a\":{\"$ref\":\"a.json\"}}}"},
    {"persistfs:/bad.json", "{\"x-outbox\":\"sometimes\"}"},
    {"persistfs:/true.json", "true"},
    {"persistfs:/defs/c.json", "{}"},
};

static int find(void *context, struct span uri, struct span reference, struct span *ret_text,
                struct problem *problem)
{
    (void)context;
    (void)reference;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (!span_is(uri, files[i][0]))
            continue;
        *ret_text = span_of_string(files[i][1]);
        return 0;
    }
    return problem_set(problem, ERR_NOT_FOUND, "there is no such file");
}

static int write_beside(struct model_place *place, const char *name, const char *text,
                        uint64_t *ret_object, struct problem *problem)
{
    const struct schema_source source = {.find = find};
    const struct model_put put = {.caller = model_caller(),
                                  .collection = STORE_SCHEMAS,
                                  .name = span_of_string(name),
                                  .object = store_new_object(place->store),
                                  .text = span_of_string(text),
                                  .files = &source};
    struct model_result result;
    int error = model_put(place->model, &put, &result, problem);
    *ret_object = result.object;
    return error;
}

static void files_that_are_not_there_yet(void **state)
{
    struct model_place *place = *state;
    uint64_t a, b;
    uint64_t notes = must_define(place, "notes", "{}");
    assert_int_equal(write_beside(place, "a", files[0][1], &a, NULL), 0);
    /* Until the other one is there, it is of no use, and in nobody's way. */
    assert_refused(place, a, "e", "{}", -ERR_SCHEMA_INVALID, "does not lead");
    must_define(place, "notes", "{\"maxProperties\":1}");
    must_write(place, notes, "n", "{}");
    must_define(place, "a", "{}");
    must_define(place, "notes", "{}");
    assert_int_equal(write_beside(place, "a", files[0][1], &a, NULL), 0);
    assert_int_equal(write_beside(place, "b", files[1][1], &b, NULL), 0);
    must_write(place, a, "e", "{\"b\":{\"a\":{\"n\":9}}}");
    assert_mismatch(place, a, "{\"b\":{\"a\":{\"n\":10}}}");
    assert_mismatch(place, b, "{\"a\":{\"n\":10}}");
}

static void files_that_would_be_refused(void **state)
{
    struct model_place *place = *state;
    static const char *const names[] = {"bad", "true", "defs/c", "none"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        char text[64];
        uint64_t object;
        snprintf(text, sizeof(text), "{\"$ref\":\"%s.json\"}", names[i]);
        assert_int_equal(write_beside(place, "d", text, &object, &problem), -ERR_SCHEMA_INVALID);
        assert_non_null(strstr(buf_string(&problem.detail), names[i]));
    }
}

/* Neither many references nor many schemas, nor both, may take long. */
static void many_that_lead_nowhere(void **state)
{
    struct model_place *place = *state;
    for (unsigned i = 0; i < 300; i++) {
        char name[16], text[100];
        snprintf(name, sizeof(name), "c%u", i);
        snprintf(text, sizeof(text), "{\"$id\":\"https://persistfs.test/c%u\"}", i);
        must_define(place, name, text);
    }
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"$defs\":{\"a\":{}");
    for (unsigned i = 0; i < 20000; i++)
        buf_printf(&text, ",\"%u\":{\"$ref\":\"https://x.test/%u\"}", i, i);
    buf_append_string(&text, "}}");
    assert_refused(place, STORE_SCHEMAS, "many", buf_string(&text), -ERR_SCHEMA_INVALID,
                   "https://x.test/0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, model_place_setup, model_place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_change_is_what_they_mean_next),
        TEST(their_entities_may_refuse_it),
        TEST(by_way_of_another),
        TEST(two_that_refer_to_each_other),
        TEST(an_id_that_is_lost),
        TEST(an_id_relative_to_the_collection),
        TEST(an_id_that_takes_over),
        TEST(one_that_refers_to_itself),
        TEST(what_is_referred_to_stays),
        TEST(files_that_are_not_there_yet),
        TEST(files_that_would_be_refused),
        TEST(many_that_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
