/* Defaults and read-only members. */
#include "schema_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_defaults(const char *schema, const char *document, const char *expected)
{
    struct schema *compiled = schema_of(schema);
    AUTO_ARENA struct arena arena;
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf before = {0};
    AUTO_BUF struct buf after = {0};
    arena_init(&arena, 0);
    const struct tree *tree = document_of(&arena, document), *result = NULL;
    tree_write_compact(&before, tree);
    assert_int_equal(schema_apply_defaults(compiled, &arena, tree, &result), 0);
    tree_write_compact(&text, result);
    tree_write_compact(&after, tree);
    assert_string_equal(buf_string(&text), expected);
    assert_string_equal(buf_string(&before), buf_string(&after));
    if (strcmp(document, expected) == 0)
        assert_ptr_equal(result, tree);
    schema_destroy(compiled);
}

static void defaults(void **state)
{
    (void)state;
    static const char flat[] =
        "{\"properties\":{\"b\":{\"default\":0.10},\"a\":{\"default\":\"x\"},\"c\":{\"default\":1},"
        "\"d\":{}},\"required\":[\"a\",\"b\",\"d\"]}";
    assert_defaults(flat, "{}", "{\"b\":0.10,\"a\":\"x\"}");
    assert_defaults(flat, "{\"z\":1.50,\"a\":null}", "{\"z\":1.50,\"a\":null,\"b\":0.10}");
    assert_defaults(flat, "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}");
    static const char nested[] =
        "{\"properties\":{\"o\":{\"properties\":{\"p\":{\"properties\":{\"q\":{\"default\":7}},"
        "\"required\":[\"q\"],\"default\":{}}},\"required\":[\"p\"],\"default\":{\"r\":1}}},"
        "\"required\":[\"o\"]}";
    assert_defaults(nested, "{}", "{\"o\":{\"r\":1,\"p\":{\"q\":7}}}");
    assert_defaults(nested, "{\"x\":1,\"o\":{\"p\":{}},\"y\":2}",
                    "{\"x\":1,\"o\":{\"p\":{\"q\":7}},\"y\":2}");
    assert_defaults(nested, "{\"o\":{\"p\":{\"q\":1}}}", "{\"o\":{\"p\":{\"q\":1}}}");
    assert_defaults(nested, "{\"o\":[]}", "{\"o\":[]}");
    /* Neither through references nor through anything else. */
    assert_defaults(
        "{\"properties\":{\"o\":{\"$ref\":\"#/$defs/d\"}},\"allOf\":[{\"$ref\":\"#/$defs/d\"}],"
        "\"$defs\":{\"d\":{\"properties\":{\"a\":{\"default\":1}},\"required\":[\"a\"]}}}",
        "{\"o\":{}}", "{\"o\":{}}");
}

static void defaults_without_memory(void **state)
{
    (void)state;
    struct schema *schema =
        schema_of("{\"properties\":{\"a\":{\"default\":1}},\"required\":[\"a\"]}");
    AUTO_ARENA struct arena arena;
    AUTO_ARENA struct arena small;
    arena_init(&arena, 0);
    arena_init(&small, 16);
    const struct tree *tree = document_of(&arena, "{}"), *result = tree;
    assert_int_equal(schema_apply_defaults(schema, &small, tree, &result), -ERR_NO_MEMORY);
    assert_ptr_equal(result, tree);
    schema_destroy(schema);
}

static void defaults_that_are_not_valid(void **state)
{
    (void)state;
    assert_refused(
        "{\"properties\":{\"a\":{\"type\":\"integer\",\"default\":\"x\"}},\"required\":[\"a\"]}",
        "/properties/a/default", "default",
        "the default is not valid itself: expected an integer, got \"x\"");
    assert_refused(
        "{\"properties\":{\"a\":{\"$ref\":\"#/$defs/n\",\"default\":{\"n\":-1}}},"
        "\"required\":[\"a\"],\"$defs\":{\"n\":{\"properties\":{\"n\":{\"minimum\":0}}}}}",
        "/properties/a/default", "default",
        "the default is not valid itself: /n: -1 is less than the minimum 0");
    assert_refused(
        "{\"items\":{\"properties\":{\"a\":{\"const\":1,\"default\":2}},\"required\":[\"a\"]}}",
        "/items/properties/a/default", "default",
        "the default is not valid itself: expected 1, got 2");
    /* One that is never added harms nobody; one that is completed is judged as a whole. */
    schema_destroy(schema_of("{\"properties\":{\"a\":{\"type\":\"integer\",\"default\":\"x\"}}}"));
    schema_destroy(schema_of("{\"properties\":{\"a\":{\"properties\":{\"b\":{\"default\":1}},"
                             "\"required\":[\"b\"],\"default\":{}}},\"required\":[\"a\"]}"));
}

static int compare(const char *schema, const char *before, const char *after,
                   struct problem *problem)
{
    struct schema *compiled = schema_of(schema);
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *old = before ? document_of(&arena, before) : NULL;
    int error = schema_check_read_only(compiled, old, document_of(&arena, after), problem);
    schema_destroy(compiled);
    return error;
}

static void read_only_members(void **state)
{
    (void)state;
    static const char schema[] = "{\"properties\":{\"id\":{\"readOnly\":true},\"a\":{"
                                 "\"properties\":{\"z\":{\"readOnly\":true}}},"
                                 "\"w\":{\"readOnly\":false}}}";
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(compare(schema, NULL, "{\"id\":1,\"a\":{\"z\":1}}", &problem), 0);
    assert_int_equal(compare(schema, "{}", "{\"w\":1,\"x\":2}", &problem), 0);
    assert_int_equal(compare(schema, "{\"id\":1,\"w\":1}", "{\"w\":2,\"id\":1.0}", &problem), 0);
    assert_int_equal(compare(schema, "{\"a\":{\"z\":1,\"y\":1}}", "{\"a\":{\"z\":1}}", &problem),
                     0);
    assert_int_equal(compare(schema, "{\"a\":{}}", "{\"a\":[]}", &problem), 0);
    assert_int_equal(problem.code, 0);
    assert_int_equal(compare(schema, "{\"id\":1}", "{\"id\":2}", &problem), -ERR_READ_ONLY_MEMBER);
    assert_item(&problem, "/id", "readOnly", "the member is read-only, it cannot be changed");
    assert_string_equal(buf_string(&problem.detail),
                        "/id: the member is read-only, it cannot be changed");
    assert_int_equal(compare(schema, "{\"id\":null}", "{}", &problem), -ERR_READ_ONLY_MEMBER);
    assert_item(&problem, "/id", "readOnly", "the member is read-only, it cannot be removed");
    assert_int_equal(compare(schema, "{}", "{\"id\":1,\"a\":{\"z\":1}}", &problem),
                     -ERR_READ_ONLY_MEMBER);
    assert_item(&problem, "/id", "readOnly", "the member is read-only, it cannot be added");
    assert_item(&problem, "/a/z", "readOnly", "the member is read-only, it cannot be added");
    assert_int_equal(problem.item_count, 2);
    assert_int_equal(compare(schema, "{\"a\":{\"z\":1}}", "{\"a\":5}", &problem),
                     -ERR_READ_ONLY_MEMBER);
    assert_item(&problem, "/a/z", "readOnly", "the member is read-only, it cannot be removed");
    assert_int_equal(compare(schema, "{\"a\":{\"z\":1}}", "{}", NULL), -ERR_READ_ONLY_MEMBER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(defaults_without_memory),
        cmocka_unit_test(defaults_that_are_not_valid),
        cmocka_unit_test(read_only_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
