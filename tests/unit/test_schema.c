/* What each keyword says yes and no to. */
#include "schema_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void types(void **state)
{
    (void)state;
    static const char *const names[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    static const struct {
        const char *value;
        const char *fits; /* one digit a name */
    } rows[] = {
        {"null", "1000000"},  {"true", "0100000"}, {"false", "0100000"},  {"1", "0011000"},
        {"1.0", "0011000"},   {"-0.0", "0011000"}, {"1.50e1", "0011000"}, {"1.5", "0001000"},
        {"1e300", "0011000"}, {"1e-1", "0001000"}, {"\"1\"", "0000100"},  {"[]", "0000010"},
        {"{}", "0000001"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(names); j++) {
            char schema[64];
            snprintf(schema, sizeof(schema), "{\"type\":\"%s\"}", names[j]);
            check_value(schema, rows[i].value, rows[i].fits[j] == '1');
        }
    accepts("{\"type\":[\"string\",\"null\"]}", "null");
    refuses("{\"type\":[\"string\",\"null\"]}", "1");
}

static void enum_and_const(void **state)
{
    (void)state;
    static const char list[] = "{\"enum\":[\"a\",1,null,[1,{\"x\":2}],\"\\u00e9\"]}";
    accepts(list, "\"\\u0061\"");
    accepts(list, "1.0");
    accepts(list, "10e-1");
    accepts(list, "null");
    accepts(list, "[1.0,{\"x\":2}]");
    accepts(list, "\"é\"");
    refuses(list, "true");
    refuses(list, "\"b\"");
    refuses(list, "[{\"x\":2},1]");
    accepts("{\"const\":{\"a\":1,\"b\":[2]}}", "{\"b\":[2.0],\"a\":1}");
    refuses("{\"const\":{\"a\":1,\"b\":[2]}}", "{\"a\":1}");
    refuses("{\"const\":false}", "0");
    refuses("{\"const\":9007199254740993}", "9007199254740992");
    refuses("{\"const\":9007199254740993}", "9007199254740992.0");
}

static void numbers(void **state)
{
    (void)state;
    accepts("{\"minimum\":18}", "18");
    refuses("{\"minimum\":18}", "17.999");
    accepts("{\"minimum\":-1}", "-1.0");
    refuses("{\"minimum\":-1}", "-1.5");
    accepts("{\"minimum\":0}", "-0.0");
    accepts("{\"maximum\":1e2}", "100");
    refuses("{\"maximum\":1e2}", "100.00001");
    refuses("{\"exclusiveMinimum\":0}", "0.0");
    accepts("{\"exclusiveMinimum\":0}", "1e-300");
    refuses("{\"exclusiveMaximum\":0.1}", "0.10");
    accepts("{\"exclusiveMaximum\":0.1}", "0.09999");
    accepts("{\"minimum\":18}", "\"a string\"");
}

static void numbers_next_to_the_limits_of_doubles(void **state)
{
    (void)state;
    refuses("{\"maximum\":9223372036854775806}", "9223372036854775807");
    refuses("{\"maximum\":9223372036854775806}", "9223372036854775807.0");
    accepts("{\"maximum\":9223372036854775807}", "9223372036854775807");
    accepts("{\"maximum\":9223372036854775808.0}", "9223372036854775807");
    refuses("{\"exclusiveMaximum\":9223372036854775807.0}", "9223372036854775807");
    refuses("{\"maximum\":9007199254740992.0}", "9007199254740993");
    refuses("{\"minimum\":9007199254740993}", "9007199254740992.0");
    refuses("{\"minimum\":-9223372036854775807}", "-9223372036854775808");
    accepts("{\"minimum\":-9223372036854775808}", "-9223372036854775808");
    refuses("{\"maximum\":0}", "1e-400");
    accepts("{\"maximum\":0}", "0e999999999999999999999");
}

static void multiples(void **state)
{
    (void)state;
    accepts("{\"multipleOf\":0.01}", "19.99");
    accepts("{\"multipleOf\":0.01}", "-4.35");
    accepts("{\"multipleOf\":0.01}", "1e2");
    accepts("{\"multipleOf\":0.01}", "1e308");
    refuses("{\"multipleOf\":0.01}", "19.995");
    accepts("{\"multipleOf\":0.0001}", "0.0075");
    refuses("{\"multipleOf\":0.0001}", "0.00751");
    accepts("{\"multipleOf\":1e-8}", "12391239123");
    accepts("{\"multipleOf\":2}", "0");
    accepts("{\"multipleOf\":2.0}", "10");
    refuses("{\"multipleOf\":2}", "7");
    refuses("{\"multipleOf\":100}", "50");
    accepts("{\"multipleOf\":1.5}", "4.50");
    refuses("{\"multipleOf\":1.5}", "35");
    refuses("{\"multipleOf\":2}", "9223372036854775807");
    accepts("{\"multipleOf\":9223372036854775807}", "9223372036854775807");
    accepts("{\"multipleOf\":7}", "9223372036854775807");
    refuses("{\"multipleOf\":1e300}", "5");
    refuses("{\"multipleOf\":3}", "1e300");
    refuses("{\"multipleOf\":0.123456789}", "1e308");
}

static void strings(void **state)
{
    (void)state;
    accepts("{\"minLength\":2}", "\"é😀\"");
    refuses("{\"minLength\":2}", "\"😀\"");
    refuses("{\"minLength\":2}", "\"\\ud83d\\ude00\"");
    accepts("{\"maxLength\":2}", "\"😀😀\"");
    refuses("{\"maxLength\":2}", "\"😀😀\\u0000\"");
    accepts("{\"maxLength\":2.0}", "\"ab\"");
    refuses("{\"maxLength\":0}", "\"a\"");
    accepts("{\"maxLength\":1e30}", "\"a\"");
    accepts("{\"maxLength\":0}", "[1,2]");
}

static void objects(void **state)
{
    (void)state;
    accepts("{\"minProperties\":1}", "{\"a\":1}");
    refuses("{\"minProperties\":1}", "{}");
    refuses("{\"maxProperties\":1}", "{\"a\":1,\"b\":2}");
    accepts("{\"required\":[]}", "{}");
    accepts("{\"required\":[\"\"]}", "{\"\":null}");
    refuses("{\"required\":[\"a\",\"b\"]}", "{\"a\":1}");
    accepts("{\"required\":[\"a\"]}", "\"not an object\"");
    static const char open[] = "{\"properties\":{\"a\":{\"type\":\"string\"},\"z\":false},"
                               "\"additionalProperties\":{\"type\":\"integer\"}}";
    accepts(open, "{\"a\":\"x\",\"b\":1}");
    refuses(open, "{\"a\":1}");
    refuses(open, "{\"b\":\"x\"}");
    refuses(open, "{\"z\":1}");
    refuses("{\"additionalProperties\":false}", "{\"a\":1}");
    accepts("{\"additionalProperties\":false}", "{}");
    accepts("{\"propertyNames\":{\"maxLength\":3,\"enum\":[\"abc\",\"x\"]}}",
            "{\"x\":1,\"abc\":2}");
    refuses("{\"propertyNames\":{\"maxLength\":3}}", "{\"abc\":1,\"abcd\":1}");
    refuses("{\"propertyNames\":false}", "{\"a\":1}");
    accepts("{\"propertyNames\":false}", "{}");
}

static void arrays(void **state)
{
    (void)state;
    accepts("{\"items\":{\"type\":\"integer\"}}", "[1,2]");
    refuses("{\"items\":{\"type\":\"integer\"}}", "[1,\"2\"]");
    static const char tuple[] = "{\"prefixItems\":[{\"type\":\"integer\"},true],\"items\":false}";
    accepts(tuple, "[1,\"x\"]");
    accepts(tuple, "[1]");
    refuses(tuple, "[\"x\"]");
    refuses(tuple, "[1,2,3]");
    accepts("{\"prefixItems\":[true],\"items\":{\"type\":\"null\"}}", "[1,null]");
    refuses("{\"prefixItems\":[true],\"items\":{\"type\":\"null\"}}", "[1,1]");
    refuses("{\"minItems\":1}", "[]");
    refuses("{\"maxItems\":1}", "[1,2]");
    accepts("{\"maxItems\":1,\"minItems\":1}", "[1]");
}

static void unique_items(void **state)
{
    (void)state;
    accepts("{\"uniqueItems\":true}", "[1,\"1\",true,null,[1],{\"a\":1},0,false]");
    refuses("{\"uniqueItems\":true}", "[1,2,1.0]");
    refuses("{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]");
    refuses("{\"uniqueItems\":true}", "[[0.0],[-0.0]]");
    refuses("{\"uniqueItems\":true}", "[\"a\",\"\\u0061\"]");
    accepts("{\"uniqueItems\":false}", "[1,1]");
    accepts("{\"uniqueItems\":true}", "[]");
    assert_fault("{\"properties\":{\"t\":{\"uniqueItems\":true}}}", "{\"t\":[3,4,5,4]}", "/t",
                 "uniqueItems", "items 1 and 3 are equal, but all must differ");
}

static void contains(void **state)
{
    (void)state;
    accepts("{\"contains\":{\"const\":1}}", "[2,1]");
    refuses("{\"contains\":{\"const\":1}}", "[2]");
    refuses("{\"contains\":true}", "[]");
    accepts("{\"contains\":{\"const\":1},\"minContains\":0}", "[]");
    refuses("{\"contains\":{\"const\":1},\"minContains\":2}", "[1,2]");
    accepts("{\"contains\":{\"const\":1},\"minContains\":2}", "[1,2,1]");
    refuses("{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]");
    refuses("{\"contains\":{\"const\":1},\"minContains\":0,\"maxContains\":1}", "[1,1]");
    accepts("{\"minContains\":5,\"maxContains\":0}", "[1]");
}

static void combinations(void **state)
{
    (void)state;
    accepts("{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "2");
    refuses("{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3");
    accepts("{\"anyOf\":[{\"minimum\":5},{\"maximum\":2}]}", "1");
    refuses("{\"anyOf\":[{\"minimum\":5},{\"maximum\":2}]}", "3");
    accepts("{\"oneOf\":[{\"minimum\":1},{\"maximum\":2}]}", "3");
    refuses("{\"oneOf\":[{\"minimum\":1},{\"maximum\":2}]}", "2");
    refuses("{\"oneOf\":[{\"minimum\":5},{\"maximum\":2}]}", "3");
    refuses("{\"not\":{\"type\":\"integer\"}}", "3");
    accepts("{\"not\":{\"type\":\"integer\"}}", "\"a\"");
    refuses("{\"not\":{}}", "1");
    static const char choice[] =
        "{\"if\":{\"minimum\":0},\"then\":{\"multipleOf\":2},\"else\":{\"multipleOf\":3}}";
    accepts(choice, "4");
    refuses(choice, "3");
    accepts(choice, "-3");
    refuses(choice, "-4");
    accepts("{\"if\":false,\"then\":false}", "1");
    accepts("{\"then\":false,\"else\":false}", "1");
}

static void references(void **state)
{
    (void)state;
    static const char list[] = "{\"type\":\"object\",\"properties\":{\"next\":{\"$ref\":\"#\"},"
                               "\"n\":{\"type\":\"integer\"}},"
                               "\"additionalProperties\":false}";
    assert_valid(list, "{\"n\":1,\"next\":{\"n\":2,\"next\":{}}}");
    assert_fault(list, "{\"next\":{\"next\":{\"n\":\"x\"}}}", "/next/next/n", "type",
                 "expected an integer, got \"x\"");
    static const char escapes[] =
        "{\"$defs\":{\"a~b/c%d\\\"\":{\"type\":\"null\"},\"t\":true,\"f\":false},"
        "\"properties\":{\"x\":{\"$ref\":\"#/$defs/a~0b~1c%25d%22\"},"
        "\"y\":{\"$ref\":\"#/properties/x\"},\"t\":{\"$ref\":\"#/%24defs/t\"},"
        "\"f\":{\"$ref\":\"#/$defs/f\"}}}";
    assert_valid(escapes, "{\"x\":null,\"y\":null,\"t\":1}");
    assert_fault(escapes, "{\"y\":1}", "/y", "type", "expected null, got 1");
    assert_fault(escapes, "{\"f\":1}", "/f", NULL, "no value is allowed here");
    static const char beside[] = "{\"$defs\":{\"s\":{\"type\":\"string\"}},\"properties\":"
                                 "{\"x\":{\"$ref\":\"#/$defs/s\",\"maxLength\":1}}}";
    assert_valid(beside, "{\"x\":\"a\"}");
    assert_fault(beside, "{\"x\":\"ab\"}", "/x", "maxLength", "\"ab\" is longer than 1 character");
    /* What looks like a reference in a value is none. */
    assert_valid("{\"properties\":{\"$ref\":{\"const\":{\"$ref\":\"#/nowhere\"}}}}",
                 "{\"$ref\":{\"$ref\":\"#/nowhere\"}}");
}

static void broken_references(void **state)
{
    (void)state;
    assert_refused("{\"$ref\":\"#/$defs/no\"}", "/$ref", "$ref",
                   "\"#/$defs/no\" does not lead to a schema");
    assert_refused("{\"items\":{\"$ref\":\"#/required/0\"},\"required\":[\"a\"]}", "/items/$ref",
                   "$ref", "\"#/required/0\" does not lead to a schema");
    assert_refused("{\"$ref\":\"#/$defs/%4\",\"$defs\":{\"@\":{}}}", "/$ref", "$ref",
                   "\"#/$defs/%4\" does not lead to a schema");
    assert_refused("{\"$ref\":\"#here\"}", "/$ref", "$ref", "\"#here\" does not lead to a schema");
    assert_refused(
        "{\"$ref\":\"other.json\"}", "/$ref", "$ref",
        "\"other.json\" does not lead to a schema; there is none at \"persistfs:/other.json\"");
    assert_refused("{\"$ref\":1}", "/$ref", "$ref", "\"$ref\" takes a string, not 1");
}

static void endless_references(void **state)
{
    (void)state;
    assert_refused("{\"$ref\":\"#\"}", "/$ref", "$ref",
                   "\"#\" leads into an endless loop of references");
    assert_refused("{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
                   "\"b\":{\"anyOf\":[true,{\"not\":{\"$ref\":\"#/$defs/a\"}}]}}}",
                   "/$defs/a/$ref", "$ref",
                   "\"#/$defs/b\" leads into an endless loop of references");
    assert_refused("{\"if\":{\"$ref\":\"#\"}}", "/if/$ref", "$ref",
                   "\"#\" leads into an endless loop of references");
    assert_refused("{\"if\":true,\"then\":{\"$ref\":\"#\"}}", "/then/$ref", "$ref",
                   "\"#\" leads into an endless loop of references");
    /* These go deeper with every turn. */
    assert_valid("{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"items\":{\"$ref\":\"#\"},"
                 "\"propertyNames\":{\"$ref\":\"#\"},\"contains\":{\"$ref\":\"#\"}}",
                 "{\"a\":{\"a\":[[1]]}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(enum_and_const),
        cmocka_unit_test(numbers),
        cmocka_unit_test(numbers_next_to_the_limits_of_doubles),
        cmocka_unit_test(multiples),
        cmocka_unit_test(strings),
        cmocka_unit_test(objects),
        cmocka_unit_test(arrays),
        cmocka_unit_test(unique_items),
        cmocka_unit_test(contains),
        cmocka_unit_test(combinations),
        cmocka_unit_test(references),
        cmocka_unit_test(broken_references),
        cmocka_unit_test(endless_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
