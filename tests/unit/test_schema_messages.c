/* What a person is told. */
#include "schema_place.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void messages(void **state)
{
    (void)state;
    static const char user[] =
        "{\"properties\":{\"age\":{\"type\":\"integer\",\"minimum\":18},\"email\":{},\"a/b\":{}},"
        "\"required\":[\"email\"],\"additionalProperties\":false}";
    assert_fault(user, "{\"email\":1,\"age\":17}", "/age", "minimum",
                 "17 is less than the minimum 18");
    assert_fault(user, "{}", "", "required", "the member \"email\" is required");
    assert_fault(user, "{\"email\":1,\"emial\":2}", "/emial", "additionalProperties",
                 "not a member this schema allows; did you mean \"email\"?");
    assert_fault(user, "{\"email\":1,\"xyzzy\":2}", "/xyzzy", "additionalProperties",
                 "not a member this schema allows");
    assert_fault(user, "{\"email\":1,\"a/c\":2}", "/a~1c", "additionalProperties",
                 "not a member this schema allows; did you mean \"a/b\"?");
    assert_fault("{\"maxProperties\":1}", "{\"a\":1,\"b\":2}", "", "maxProperties",
                 "has 2 members, at most 1 is allowed");
    assert_fault("{\"properties\":{\"a\":{\"minItems\":2}}}", "{\"a\":[1]}", "/a", "minItems",
                 "has 1 item, at least 2 are needed");
    assert_fault("{\"properties\":{\"a\":{\"enum\":[\"x\",1,{}]}}}", "{\"a\":[]}", "/a", "enum",
                 "an array is not one of \"x\", 1, an object");
    assert_fault("{\"properties\":{\"a\":{\"type\":[\"string\",\"null\",\"number\"]}}}",
                 "{\"a\":true}", "/a", "type", "expected null or a number or a string, got true");
    assert_fault("{\"properties\":{\"a\":{\"items\":{\"const\":\"x\"}}}}", "{\"a\":[\"x\",\"y\"]}",
                 "/a/1", "const", "expected \"x\", got \"y\"");
    assert_fault("{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}", "/abc", "propertyNames",
                 "the member name is not allowed: \"abc\" is longer than 2 characters");
}

static void the_detail_repeats_the_first_fault(void **state)
{
    (void)state;
    struct schema *schema = schema_of("{\"properties\":{\"age\":{\"minimum\":18},\"b\":{\"type\":"
                                      "\"null\"}},\"required\":[\"c\"]}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(schema, "{\"age\":17,\"b\":0}", &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(buf_string(&problem.detail), "/age: 17 is less than the minimum 18");
    assert_int_equal(problem.item_count, 3);
    assert_item(&problem, "/b", "type", "expected null, got 0");
    assert_item(&problem, "", "required", "the member \"c\" is required");
    assert_int_equal(validate_text(schema, "{}", &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(buf_string(&problem.detail), "the member \"c\" is required");
    assert_int_equal(problem.item_count, 1);
    schema_destroy(schema);
}

static void many_faults_are_counted(void **state)
{
    (void)state;
    AUTO_BUF struct buf document = {0};
    buf_append_string(&document, "{\"v\":[0");
    for (int i = 0; i < 99; i++)
        buf_append_string(&document, ",0");
    buf_append_string(&document, "]}");
    struct schema *schema = schema_of("{\"properties\":{\"v\":{\"items\":{\"minimum\":1}}}}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
    assert_int_equal(problem.item_count, PROBLEM_ITEMS_MAX);
    assert_int_equal(problem.item_total, 100);
    schema_destroy(schema);
}

static void long_values_are_cut(void **state)
{
    (void)state;
    AUTO_BUF struct buf document = {0};
    buf_append_string(&document, "{\"v\":\"");
    for (int i = 0; i < 1000; i++)
        buf_append_string(&document, "é");
    buf_append_string(&document, "\"}");
    struct schema *schema = schema_of("{\"properties\":{\"v\":{\"maxLength\":3}}}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
    const char *message = problem.items[0].message;
    assert_true(strlen(message) < 120);
    assert_true(utf8_valid(span_of_string(message)));
    assert_non_null(strstr(message, "é...\" is longer than 3 characters"));
    schema_destroy(schema);
}

static void texts_that_hold_a_nul(void **state)
{
    (void)state;
    assert_fault("{\"required\":[\"a\\u0000b\"]}", "{\"a\":1}", "", "required",
                 "the member \"a\\u0000b\" is required");
    assert_fault("{\"properties\":{\"a\":{\"const\":\"\\u0000x\"}}}", "{\"a\":\"\\u0000y\"}", "/a",
                 "const", "expected \"\\u0000x\", got \"\\u0000y\"");
}

static void the_best_branch_is_told(void **state)
{
    (void)state;
    static const char shapes[] =
        "{\"oneOf\":["
        "{\"properties\":{\"kind\":{\"const\":\"circle\"},\"r\":{\"minimum\":0}},"
        "\"required\":[\"kind\",\"r\"]},"
        "{\"properties\":{\"kind\":{\"const\":\"square\"},\"a\":{\"minimum\":0}},"
        "\"required\":[\"kind\",\"a\"]}]}";
    struct schema *schema = schema_of(shapes);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(schema, "{\"kind\":\"square\",\"a\":-1}", &problem),
                     -ERR_SCHEMA_MISMATCH);
    assert_item(&problem, "", "oneOf",
                "none of the 2 branches of \"oneOf\" fits; the closest is 2");
    assert_item(&problem, "/a", "minimum", "-1 is less than the minimum 0");
    assert_int_equal(problem.item_count, 2);
    assert_int_equal(problem.item_total, 2);
    schema_destroy(schema);
    assert_valid(shapes, "{\"kind\":\"circle\",\"r\":1}");
    assert_fault("{\"oneOf\":[false,{\"minProperties\":1},{\"maxProperties\":3}]}", "{\"a\":1}", "",
                 "oneOf", "branches 2 and 3 of \"oneOf\" both fit, exactly one may");
    assert_fault("{\"not\":{\"required\":[\"a\"]}}", "{\"a\":1}", "", "not",
                 "an object fits what \"not\" excludes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(the_detail_repeats_the_first_fault),
        cmocka_unit_test(many_faults_are_counted),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(texts_that_hold_a_nul),
        cmocka_unit_test(the_best_branch_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
