#include "schema/schema.h"
#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct schema *compile(const char *text)
{
    struct schema *schema = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int error = schema_compile(span_of_string(text), &schema, &problem);
    if (error < 0)
        fail_msg("%s: %s", text, buf_string(&problem.detail));
    return schema;
}

static struct tree *parse(struct arena *arena, const char *text)
{
    struct tree *tree = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (tree_parse(arena, span_of_string(text), 1 << 24, &tree, &problem) < 0)
        fail_msg("%s: %s", text, buf_string(&problem.detail));
    return tree;
}

static int validate(const struct schema *schema, const char *document, struct problem *problem)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    return schema_validate(schema, parse(&arena, document), problem);
}

static void print_problem(const struct problem *problem)
{
    print_message("# detail: %s\n", buf_string(&problem->detail));
    for (size_t i = 0; i < problem->item_count; i++)
        print_message("# [%s] %s: %s\n", problem->items[i].pointer,
                      problem->items[i].keyword ? problem->items[i].keyword : "-",
                      problem->items[i].message);
}

static void assert_item(const struct problem *problem, const char *pointer, const char *keyword,
                        const char *message)
{
    for (size_t i = 0; i < problem->item_count; i++) {
        const struct problem_item *item = &problem->items[i];
        bool same = keyword ? item->keyword && strcmp(item->keyword, keyword) == 0 : !item->keyword;
        if (same && strcmp(item->pointer, pointer) == 0 && strcmp(item->message, message) == 0)
            return;
    }
    print_problem(problem);
    fail_msg("no item [%s] %s: %s", pointer, keyword ? keyword : "-", message);
}

static void assert_valid(const char *schema, const char *document)
{
    struct schema *compiled = compile(schema);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (validate(compiled, document, &problem) != 0) {
        print_problem(&problem);
        fail_msg("%s should accept %s", schema, document);
    }
    assert_int_equal(problem.code, 0);
    schema_destroy(compiled);
}

/* One fault, of that text. */
static void assert_fault(const char *schema, const char *document, const char *pointer,
                         const char *keyword, const char *message)
{
    struct schema *compiled = compile(schema);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (validate(compiled, document, &problem) != -ERR_SCHEMA_MISMATCH)
        fail_msg("%s should refuse %s", schema, document);
    assert_item(&problem, pointer, keyword, message);
    assert_int_equal(problem.item_total, 1);
    assert_int_equal(problem.code, -ERR_SCHEMA_MISMATCH);
    assert_int_equal(validate(compiled, document, NULL), -ERR_SCHEMA_MISMATCH);
    schema_destroy(compiled);
}

static void assert_refused(const char *schema, const char *pointer, const char *keyword,
                           const char *message)
{
    struct schema *compiled = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (schema_compile(span_of_string(schema), &compiled, &problem) != -ERR_SCHEMA_INVALID)
        fail_msg("%s should be refused", schema);
    assert_null(compiled);
    assert_item(&problem, pointer, keyword, message);
    assert_int_equal(schema_compile(span_of_string(schema), &compiled, NULL), -ERR_SCHEMA_INVALID);
}

/* Verdicts on the member "v", of that subschema. */
static void check_value(const char *schema, const char *value, bool valid)
{
    AUTO_BUF struct buf whole = {0};
    AUTO_BUF struct buf document = {0};
    buf_printf(&whole, "{\"properties\":{\"v\":%s}}", schema);
    buf_printf(&document, "{\"v\":%s}", value);
    struct schema *compiled = compile(buf_string(&whole));
    int error = validate(compiled, buf_string(&document), NULL);
    if (error != (valid ? 0 : -ERR_SCHEMA_MISMATCH))
        fail_msg("%s: %s should be %s", schema, value, valid ? "valid" : "refused");
    schema_destroy(compiled);
}

static void accepts(const char *schema, const char *value)
{
    check_value(schema, value, true);
}

static void refuses(const char *schema, const char *value)
{
    check_value(schema, value, false);
}

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
    assert_refused("{\"$ref\":\"#/$defs\",\"$defs\":{}}", "/$ref", "$ref",
                   "\"#/$defs\" does not lead to a schema");
    assert_refused("{\"$ref\":\"#/$defs/%4\",\"$defs\":{\"@\":{}}}", "/$ref", "$ref",
                   "\"#/$defs/%4\" does not lead to a schema");
    assert_refused("{\"$ref\":\"#here\"}", "/$ref", "$ref",
                   "\"#here\": references to an \"$anchor\" are not implemented in this version");
    assert_refused(
        "{\"$ref\":\"other.json\"}", "/$ref", "$ref",
        "\"other.json\": only references within the schema (\"#/...\") are implemented in "
        "this version");
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

struct format_rows {
    const char *format;
    const char *good[24];
    const char *bad[32];
};

static const struct format_rows formats[] = {
    {"date",
     {"2026-11-21", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"},
     {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00",
      "26-11-21", "2026-1-1", "2026/11/21", "2026-11-21 ", " 2026-11-21", "2026-11-21T", "",
      "20261121", "2026-W01", "١٩٦٣-06-19"}},
    {"time",
     {"10:00:00Z", "10:00:00z", "23:59:60Z", "15:59:60-08:00", "01:29:60+01:30",
      "00:00:00.000001+23:59", "12:34:56-00:00", "00:29:60-23:30"},
     {"10:00:00", "24:00:00Z", "10:60:00Z", "10:00:61Z", "10:00:60Z", "23:59:60+01:00",
      "10:00:00.Z", "10:00:00+24:00", "10:00:00+00:60", "10:00:00+0100", "10:00:00Z ", "1:00:00Z",
      "10:00Z", "10:00:00,5Z", "10:00:00#00:00", ""}},
    {"date-time",
     {"2026-11-21T10:00:00Z", "1985-04-12T23:20:50.52Z", "1996-12-19T16:39:57-08:00",
      "1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "1937-01-01T12:00:27.87+00:20",
      "2026-11-21t10:00:00z"},
     {"2026-11-21", "2026-11-21 10:00:00Z", "2026-11-21T10:00:00", "2026-02-30T10:00:00Z",
      "2026-11-21T25:00:00Z", "2026-11-21T10:00:00Zx", "T10:00:00Z"}},
    {"email",
     {"a@b.c", "joe.bloggs@example.com", "te~st@example.com", "\\\"joe bloggs\\\"@example.com",
      "\\\"a@b\\\"@example.com", "\\\"\\\\\\\"\\\"@x.org", "joe@[127.0.0.1]", "joe@[IPv6:::1]",
      "a+tag@localhost"},
     {"not-an-email",
      "@example.com",
      "a@",
      "",
      ".a@b.c",
      "a.@b.c",
      "a..b@c.d",
      "a b@c.d",
      "a@b@c.d",
      "a@-b.c",
      "a@b..c",
      "a@b.c.",
      "a@[300.0.0.1]",
      "a@[::1]",
      "a@[127.0.0.1",
      "\\\"a\\\"b@c.d",
      "\\\"a@c.d",
      "\\\"a\\\\\\\"@c.d",
      "é@c.d",
      "a@é.d",
      "a@b=c.d",
      "a@b.c\\n",
      "a\\u0000@b.c",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.c"}},
    {"uuid",
     {"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
      "00000000-0000-0000-0000-000000000000"},
     {"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-b4aa-73b441d163800",
      "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g",
      "2eb8aa0-8aa98-11ea-b4aa-73b441d16380", ""}},
    {"ipv4",
     {"127.0.0.1", "0.0.0.0", "255.255.255.255"},
     {"256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "00.0.0.0", "1.2.3.4 ", "1..3.4", "1.2.3.",
      "0x7f.0.0.1", "127", "", "1.2.3.4/8", "1.2.3.1000"}},
    {"ipv6",
     {"::", "::1", "d6::", "1:2:3:4:5:6:7:8", "1:d6::42", "::ffff:192.168.0.1", "1:2::192.168.0.1",
      "1000:1000:1000:1000:1000:1000:255.255.255.255", "1:2:3:4:5:6:7::", "ABCD:ef01::"},
     {"", ":", ":::", "1", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::2",
      "1:2:3:4:5:6:7:", "::laptop", "127.0.0.1", "1::1.2.3", "1::1.2.3.4:5", "fe80::a%eth1",
      "fe80::/64", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::", "::1 "}},
    {"hostname",
     {"example.com", "localhost", "a-b.c", "1.2.3.4", "xn--4gbwdl.xn--wgbh1c",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x"},
     {"", ".", "a..b", ".a", "a.", "-a", "a-", "a-.b", "a.-b", "a_b", "a b", "é.x",
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x"}},
    {"uri",
     {"http://foo.bar/?baz=qux#quux", "ldap://[2001:db8::7]/c=GB?objectClass?one",
      "mailto:John.Doe@example.com", "tel:+1-816-555-1212", "urn:isbn:1", "file:///etc/fstab",
      "http://u:p%40@h:80/a//b;c=d", "x:", "http://[v1.fe:1]/", "http://h:", "http://user@/"},
     {"",
      "abc",
      "/abc",
      "//foo.bar/",
      "http:// x",
      "1http://x",
      "ht_tp://x",
      ":x",
      "http://a b",
      "http://a/%6G",
      "http://a/%",
      "http://a/%4",
      "http://a:x/",
      "http://a:8:0/",
      "http://[::1",
      "http://[::g]/",
      "http://[::1]x/",
      "http://[@x/",
      "http://a/<>",
      "http://a/{}",
      "http://a/é",
      "http://a/^",
      "http://a/#a#b",
      "http://a/\\u0000",
      "a\\\\b:c",
      "http://a/[x]"}},
};

static void check_format_rows(const struct format_rows *rows)
{
    char schema[64], value[256];
    snprintf(schema, sizeof(schema), "{\"format\":\"%s\"}", rows->format);
    for (size_t i = 0; i < COUNT(rows->good) && rows->good[i]; i++) {
        snprintf(value, sizeof(value), "\"%s\"", rows->good[i]);
        accepts(schema, value);
    }
    for (size_t i = 0; i < COUNT(rows->bad) && rows->bad[i]; i++) {
        snprintf(value, sizeof(value), "\"%s\"", rows->bad[i]);
        refuses(schema, value);
    }
    accepts(schema, "12");
    accepts(schema, "[\"x\"]");
}

static void format_assertions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(formats); i++)
        check_format_rows(&formats[i]);
    assert_fault("{\"properties\":{\"e\":{\"format\":\"email\"}}}", "{\"e\":\"nope\"}", "/e",
                 "format", "\"nope\" is not an email address");
    assert_refused("{\"properties\":{\"e\":{\"format\":\"regex\"}}}", "/properties/e/format",
                   "format", "the format \"regex\" is not implemented in this version");
    assert_refused("{\"format\":5}", "/format", "format", "\"format\" takes a string, not 5");
}

static void long_host_names(void **state)
{
    (void)state;
    char name[300] = "\"";
    while (strlen(name) < 1 + 250)
        strcat(name, "abcd.");
    strcat(name, "abc\"");
    accepts("{\"format\":\"hostname\"}", name); /* 253 */
    strcpy(name + 251, "abcd\"");
    refuses("{\"format\":\"hostname\"}", name);
}

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
    struct schema *schema = compile("{\"properties\":{\"age\":{\"minimum\":18},\"b\":{\"type\":"
                                    "\"null\"}},\"required\":[\"c\"]}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(schema, "{\"age\":17,\"b\":0}", &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(buf_string(&problem.detail), "/age: 17 is less than the minimum 18");
    assert_int_equal(problem.item_count, 3);
    assert_item(&problem, "/b", "type", "expected null, got 0");
    assert_item(&problem, "", "required", "the member \"c\" is required");
    assert_int_equal(validate(schema, "{}", &problem), -ERR_SCHEMA_MISMATCH);
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
    struct schema *schema = compile("{\"properties\":{\"v\":{\"items\":{\"minimum\":1}}}}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
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
    struct schema *schema = compile("{\"properties\":{\"v\":{\"maxLength\":3}}}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
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
    struct schema *schema = compile(shapes);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(schema, "{\"kind\":\"square\",\"a\":-1}", &problem),
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

static void unknown_keywords(void **state)
{
    (void)state;
    assert_refused("{\"properties\":{\"age\":{\"minimun\":1}}}", "/properties/age/minimun", NULL,
                   "the keyword \"minimun\" is unknown; did you mean \"minimum\"?");
    assert_refused("{\"additionalproperties\":1}", "/additionalproperties", NULL,
                   "the keyword \"additionalproperties\" is unknown; did you mean "
                   "\"additionalProperties\"?");
    assert_refused("{\"tpye\":1}", "/tpye", NULL,
                   "the keyword \"tpye\" is unknown; did you mean \"type\"?");
    assert_refused("{\"x-unqiue\":1}", "/x-unqiue", NULL,
                   "the keyword \"x-unqiue\" is unknown; did you mean \"x-unique\"?");
    assert_refused("{\"x-mine\":1}", "/x-mine", NULL, "the keyword \"x-mine\" is unknown");
    assert_refused("{\"definitions\":{}}", "/definitions", NULL,
                   "the keyword \"definitions\" is unknown; did you mean \"$defs\"?");
    assert_refused("{\"\":1}", "/", NULL, "the keyword \"\" is unknown");
    assert_refused("{\"$defs\":{\"a\":{\"allOf\":[{\"zzz\":1}]}}}", "/$defs/a/allOf/0/zzz", NULL,
                   "the keyword \"zzz\" is unknown");
}

static void keywords_of_later_versions(void **state)
{
    (void)state;
    static const char *const names[] = {"pattern",
                                        "patternProperties",
                                        "unevaluatedItems",
                                        "unevaluatedProperties",
                                        "$dynamicRef",
                                        "$dynamicAnchor",
                                        "dependentRequired",
                                        "dependentSchemas",
                                        "contentEncoding",
                                        "contentMediaType",
                                        "contentSchema",
                                        "$anchor",
                                        "$vocabulary",
                                        "x-index",
                                        "x-ref",
                                        "x-id",
                                        "x-invariants",
                                        "x-commands",
                                        "x-queries",
                                        "x-migrate",
                                        "x-retain",
                                        "x-on-delete"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char schema[64], pointer[32], message[96];
        snprintf(schema, sizeof(schema), "{\"items\":{\"%s\":true}}", names[i]);
        snprintf(pointer, sizeof(pointer), "/items/%s", names[i]);
        snprintf(message, sizeof(message), "the keyword \"%s\" is not implemented in this version",
                 names[i]);
        assert_refused(schema, pointer, names[i], message);
    }
}

static void wrong_values(void **state)
{
    (void)state;
    assert_refused("{\"type\":\"strin\"}", "/type", "type",
                   "\"strin\" is not a type; the types are null, boolean, integer, number, string, "
                   "array and object");
    assert_refused("{\"type\":[\"null\",\"null\"]}", "/type", "type", "\"null\" is given twice");
    assert_refused("{\"type\":[]}", "/type", "type",
                   "\"type\" takes a type or a list of one or more");
    assert_refused("{\"required\":[\"a\",\"a\"]}", "/required", "required", "\"a\" is given twice");
    assert_refused("{\"required\":true}", "/required", "required",
                   "\"required\" takes an array of member names");
    assert_refused("{\"enum\":[]}", "/enum", "enum",
                   "\"enum\" takes an array of one value or more");
    assert_refused("{\"minLength\":-1}", "/minLength", "minLength",
                   "\"minLength\" takes a whole number from 0, not -1");
    assert_refused("{\"maxItems\":1.5}", "/maxItems", "maxItems",
                   "\"maxItems\" takes a whole number from 0, not 1.5");
    assert_refused("{\"minimum\":\"1\"}", "/minimum", "minimum",
                   "\"minimum\" takes a number, not \"1\"");
    assert_refused("{\"multipleOf\":0}", "/multipleOf", "multipleOf",
                   "\"multipleOf\" takes a number greater than 0, not 0");
    assert_refused("{\"multipleOf\":-0.5}", "/multipleOf", "multipleOf",
                   "\"multipleOf\" takes a number greater than 0, not -0.5");
    assert_refused("{\"multipleOf\":0.12345678901234567891}", "/multipleOf", "multipleOf",
                   "\"multipleOf\" with more than 19 digits is not implemented in this version");
    assert_refused("{\"uniqueItems\":1}", "/uniqueItems", "uniqueItems",
                   "\"uniqueItems\" takes true or false, not 1");
    assert_refused("{\"items\":[true]}", "/items", NULL,
                   "a schema is an object, true or false, not an array");
    assert_refused("{\"properties\":{\"a\":1}}", "/properties/a", NULL,
                   "a schema is an object, true or false, not 1");
    assert_refused("{\"properties\":[]}", "/properties", "properties",
                   "\"properties\" takes an object of schemas, not an array");
    assert_refused("{\"allOf\":[]}", "/allOf", "allOf",
                   "\"allOf\" takes an array of one schema or more");
    assert_refused("{\"title\":1}", "/title", "title", "\"title\" takes a string, not 1");
    assert_refused("{\"examples\":1}", "/examples", "examples",
                   "\"examples\" takes an array, not 1");
    assert_refused("{\"readOnly\":\"yes\"}", "/readOnly", "readOnly",
                   "\"readOnly\" takes true or false, not \"yes\"");
}

static void dialect_and_identity(void **state)
{
    (void)state;
    assert_valid("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                 "\"$id\":\"https://example.com/u\",\"title\":\"t\",\"description\":\"d\","
                 "\"$comment\":\"c\",\"examples\":[1],\"deprecated\":true,\"writeOnly\":true,"
                 "\"readOnly\":false,\"default\":{}}",
                 "{}");
    assert_refused("{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "/$schema",
                   "$schema",
                   "\"$schema\" is \"http://json-schema.org/draft-07/schema#\"; the one known is "
                   "\"https://json-schema.org/draft/2020-12/schema\"");
    assert_refused("{\"items\":{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"}}",
                   "/items/$schema", "$schema", "\"$schema\" belongs to the root of the schema");
    assert_refused("{\"items\":{\"$id\":\"x\"}}", "/items/$id", "$id",
                   "\"$id\" is implemented only at the root of the schema in this version");
}

static void texts_that_are_no_schema(void **state)
{
    (void)state;
    struct schema *schema = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(schema_compile(span_of_string("{\"a\":}"), &schema, &problem),
                     -ERR_JSON_SYNTAX);
    assert_int_equal(schema_compile(span_of_string("true"), &schema, &problem), -ERR_NOT_AN_OBJECT);
    assert_int_equal(
        schema_compile(span_of_string("{\"type\":\"null\",\"type\":1}"), &schema, NULL),
        -ERR_JSON_DUPLICATE);
    AUTO_BUF struct buf large = {0};
    buf_append_string(&large, "{}");
    buf_append_fill(&large, ' ', SCHEMA_SIZE_MAX);
    assert_int_equal(schema_compile(buf_span(&large), &schema, &problem), -ERR_TOO_LARGE);
    assert_null(schema);
}

static void every_fault_of_a_schema_is_told(void **state)
{
    (void)state;
    struct schema *schema = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(schema_compile(span_of_string("{\"type\":\"a\",\"pattern\":1,\"zzz\":1,"
                                                   "\"$ref\":\"#/no\"}"),
                                    &schema, &problem),
                     -ERR_SCHEMA_INVALID);
    assert_int_equal(problem.item_count, 4);
    assert_int_equal(problem.item_total, 4);
    assert_non_null(strstr(buf_string(&problem.detail), "/type: \"a\" is not a type"));
}

static void a_schema_owns_its_text(void **state)
{
    (void)state;
    char text[] = "{\"properties\":{\"a\":{\"enum\":[\"x\"]}},\"x-unique\":[[\"a\"]]}";
    struct schema *schema = compile(text);
    memset(text, 'z', sizeof(text) - 1);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(schema, "{\"a\":\"y\"}", &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].message, "\"y\" is not one of \"x\"");
    schema_destroy(schema);
    schema_destroy(NULL);
}

static void assert_span(struct span span, const char *text)
{
    if (!span_is(span, text))
        fail_msg("%.*s is not %s", (int)span.size, (const char *)span.data, text);
}

static void unique_rules(void **state)
{
    (void)state;
    struct schema *schema = compile(
        "{\"properties\":{\"email\":{\"x-unique\":true},\"nick\":{\"x-unique\":false},"
        "\"address\":{\"properties\":{\"a/b\":{\"x-unique\":true}}}},"
        "\"x-unique\":[[\"team\",\"slug\"],[\"/address/zip\",\"x~y\"],[\"slug\",\"team\"]]}");
    const struct schema_unique *uniques = NULL;
    assert_int_equal(schema_uniques(schema, &uniques), 5);
    assert_span(uniques[0].name, "email");
    assert_int_equal(uniques[0].count, 1);
    assert_span(uniques[0].pointers[0], "/email");
    assert_span(uniques[1].name, "address.a/b");
    assert_span(uniques[1].pointers[0], "/address/a~1b");
    assert_span(uniques[2].name, "team,slug");
    assert_int_equal(uniques[2].count, 2);
    assert_span(uniques[2].pointers[0], "/team");
    assert_span(uniques[2].pointers[1], "/slug");
    assert_span(uniques[3].name, "address.zip,x~y");
    assert_span(uniques[3].pointers[0], "/address/zip");
    assert_span(uniques[3].pointers[1], "/x~0y");
    assert_span(uniques[4].name, "slug,team");
    schema_destroy(schema);
    schema = compile("{}");
    assert_int_equal(schema_uniques(schema, &uniques), 0);
    schema_destroy(schema);
}

static void unique_rules_that_are_refused(void **state)
{
    (void)state;
    static const char where[] = "\"x-unique\" belongs to the root, or to a member reached through "
                                "\"properties\" alone";
    static const char form[] =
        "a uniqueness rule is a list of one to 16 member names, like [\"team\", \"slug\"]";
    assert_refused("{\"items\":{\"x-unique\":true}}", "/items/x-unique", "x-unique", where);
    assert_refused("{\"allOf\":[{\"properties\":{\"a\":{\"x-unique\":true}}}]}",
                   "/allOf/0/properties/a/x-unique", "x-unique", where);
    assert_refused("{\"$defs\":{\"properties\":{\"x-unique\":true}}}", "/$defs/properties/x-unique",
                   "x-unique", where);
    assert_refused("{\"properties\":{\"a\":{\"x-unique\":[[\"b\"]]}}}", "/properties/a/x-unique",
                   "x-unique",
                   "\"x-unique\" of a member takes true or false; lists of members belong to the "
                   "root");
    assert_refused("{\"x-unique\":true}", "/x-unique", "x-unique",
                   "at the root \"x-unique\" takes a list of lists of member names, like "
                   "[[\"team\", \"slug\"]]");
    assert_refused("{\"x-unique\":[\"a\"]}", "/x-unique/0", "x-unique", form);
    assert_refused("{\"x-unique\":[[]]}", "/x-unique/0", "x-unique", form);
    assert_refused("{\"x-unique\":[[1]]}", "/x-unique/0/0", "x-unique",
                   "1 is neither a member name nor a JSON pointer");
    assert_refused("{\"x-unique\":[[\"/a~2\"]]}", "/x-unique/0/0", "x-unique",
                   "\"/a~2\" is neither a member name nor a JSON pointer");
    assert_refused("{\"x-unique\":[[\"a\",\"/a\"]]}", "/x-unique/0", "x-unique",
                   "a member is given twice");
    assert_refused("{\"properties\":{\"a\":{\"x-unique\":true}},\"x-unique\":[[\"a\"]]}",
                   "/x-unique/0", "x-unique", "the uniqueness of \"a\" is declared twice");
}

static void outbox(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned events;
    } rows[] = {
        {"{}", 0},
        {"{\"x-outbox\":false}", 0},
        {"{\"x-outbox\":true}", SCHEMA_EVENT_ALL},
        {"{\"x-outbox\":[]}", 0},
        {"{\"x-outbox\":[\"delete\",\"create\"]}", SCHEMA_EVENT_CREATE | SCHEMA_EVENT_DELETE},
        {"{\"x-outbox\":[\"update\",\"rename\"]}", SCHEMA_EVENT_UPDATE | SCHEMA_EVENT_RENAME},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct schema *schema = compile(rows[i].text);
        assert_int_equal(schema_events(schema), rows[i].events);
        schema_destroy(schema);
    }
    static const char usage[] =
        "\"x-outbox\" takes true, false, or a list of \"create\", \"update\", "
        "\"delete\" and \"rename\"";
    char message[200];
    assert_refused("{\"x-outbox\":\"create\"}", "/x-outbox", "x-outbox", usage);
    snprintf(message, sizeof(message), "\"creat\" is no operation; %s", usage);
    assert_refused("{\"x-outbox\":[\"creat\"]}", "/x-outbox/0", "x-outbox", message);
    snprintf(message, sizeof(message), "\"create\" is given twice; %s", usage);
    assert_refused("{\"x-outbox\":[\"create\",\"create\"]}", "/x-outbox/1", "x-outbox", message);
    assert_refused("{\"properties\":{\"a\":{\"x-outbox\":true}}}", "/properties/a/x-outbox",
                   "x-outbox", "\"x-outbox\" belongs to the root of the schema");
}

static void require_version(void **state)
{
    (void)state;
    struct schema *schema = compile("{\"x-require-version\":true}");
    assert_true(schema_requires_version(schema));
    schema_destroy(schema);
    schema = compile("{\"x-require-version\":false}");
    assert_false(schema_requires_version(schema));
    schema_destroy(schema);
    assert_refused("{\"x-require-version\":1}", "/x-require-version", "x-require-version",
                   "\"x-require-version\" takes true or false, not 1");
    assert_refused("{\"not\":{\"x-require-version\":true}}", "/not/x-require-version",
                   "x-require-version", "\"x-require-version\" belongs to the root of the schema");
}

static void assert_defaults(const char *schema, const char *document, const char *expected)
{
    struct schema *compiled = compile(schema);
    AUTO_ARENA struct arena arena;
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf before = {0};
    AUTO_BUF struct buf after = {0};
    arena_init(&arena, 0);
    const struct tree *tree = parse(&arena, document), *result = NULL;
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
        compile("{\"properties\":{\"a\":{\"default\":1}},\"required\":[\"a\"]}");
    AUTO_ARENA struct arena arena;
    AUTO_ARENA struct arena small;
    arena_init(&arena, 0);
    arena_init(&small, 16);
    const struct tree *tree = parse(&arena, "{}"), *result = tree;
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
    schema_destroy(compile("{\"properties\":{\"a\":{\"type\":\"integer\",\"default\":\"x\"}}}"));
    schema_destroy(compile("{\"properties\":{\"a\":{\"properties\":{\"b\":{\"default\":1}},"
                           "\"required\":[\"b\"],\"default\":{}}},\"required\":[\"a\"]}"));
}

static int compare(const char *schema, const char *before, const char *after,
                   struct problem *problem)
{
    struct schema *compiled = compile(schema);
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *old = before ? parse(&arena, before) : NULL;
    int error = schema_check_read_only(compiled, old, parse(&arena, after), problem);
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

static void append_times(struct buf *buf, const char *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_append_string(buf, text);
}

static void deep_documents(void **state)
{
    (void)state;
    static const char list[] =
        "{\"properties\":{\"n\":{\"$ref\":\"#\"}},\"additionalProperties\":false}";
    AUTO_BUF struct buf document = {0};
    append_times(&document, "{\"n\":", 127);
    buf_append_string(&document, "{}");
    append_times(&document, "}", 127);
    assert_valid(list, buf_string(&document));
    AUTO_BUF struct buf schema = {0};
    append_times(&schema, "{\"not\":", 127);
    buf_append_string(&schema, "{}");
    append_times(&schema, "}", 127);
    assert_fault(buf_string(&schema), "{}", "", "not", "an object fits what \"not\" excludes");
}

/* A chain of references at each level of the document. */
static void deep_references(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    AUTO_BUF struct buf document = {0};
    buf_append_string(&schema, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
    for (int i = 0; i < 100; i++)
        buf_printf(&schema, "\"%d\":{\"$ref\":\"#/$defs/%d\"},", i, i + 1);
    buf_append_string(&schema, "\"100\":{\"properties\":{\"n\":{\"$ref\":\"#\"}}}}}");
    assert_valid(buf_string(&schema), "{\"n\":{\"n\":{}}}");
    append_times(&document, "{\"n\":", 10);
    buf_append_string(&document, "1");
    append_times(&document, "}", 10);
    assert_fault(buf_string(&schema), buf_string(&document), "", NULL,
                 "the document cannot be checked: its parts and the schema's references are nested "
                 "too deeply");
}

static void long_chains(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    buf_append_string(&schema, "{\"$defs\":{");
    for (int i = 0; i < 5000; i++)
        buf_printf(&schema, "\"%d\":{\"$ref\":\"#/$defs/%d\"},", i, i + 1);
    buf_append_string(&schema, "\"5000\":true}}");
    assert_refused(buf_string(&schema), "/$defs/0/$ref", "$ref",
                   "\"#/$defs/1\" begins too long a chain of references");
}

/* 2^30 steps, were they all taken. */
static void exponential_schemas(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    buf_append_string(&schema, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
    for (int i = 0; i < 30; i++)
        buf_printf(&schema,
                   "\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"},{\"$ref\":\"#/$defs/%d\"}]},", i,
                   i + 1, i + 1);
    buf_append_string(&schema, "\"30\":{\"type\":\"object\"}}}");
    assert_fault(buf_string(&schema), "{}", "", NULL,
                 "the document cannot be checked: it takes too many steps to check");
    /* A verdict that was not reached is not turned around. */
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"not\":{\"$ref\":\"#/$defs/0\"},");
    buf_append_span(&text, span_skip(buf_span(&schema), strlen("{\"$ref\":\"#/$defs/0\",")));
    assert_fault(buf_string(&text), "{}", "", NULL,
                 "the document cannot be checked: it takes too many steps to check");
}

/* Telling what is wrong with nested branches must not try them again at each level. */
static void nested_branches(void **state)
{
    (void)state;
    static const char tree[] =
        "{\"anyOf\":[{\"properties\":{\"n\":{\"$ref\":\"#\"}},\"required\":[\"n\"]},"
        "{\"properties\":{\"leaf\":{\"type\":\"integer\"}},\"required\":[\"leaf\",\"x\",\"y\"],"
        "\"additionalProperties\":false}]}";
    AUTO_BUF struct buf document = {0};
    append_times(&document, "{\"n\":", 40);
    buf_append_string(&document, "{\"leaf\":\"x\"}");
    append_times(&document, "}", 40);
    struct schema *schema = compile(tree);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].keyword, "anyOf");
    document.size = 0;
    buf_append_string(&document, "{\"n\":{\"n\":{\"leaf\":\"x\"}}}");
    assert_int_equal(validate(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
    assert_item(&problem, "/n/n", "required", "the member \"n\" is required");
    assert_int_equal(problem.item_total, 4);
    schema_destroy(schema);
}

static void many_unique_items(void **state)
{
    (void)state;
    AUTO_BUF struct buf document = {0};
    buf_append_string(&document, "{\"v\":[-1");
    for (int i = 0; i < 100000; i++)
        buf_printf(&document, ",%d", i);
    struct schema *schema = compile("{\"properties\":{\"v\":{\"uniqueItems\":true}}}");
    buf_append_string(&document, "]}");
    assert_int_equal(validate(schema, buf_string(&document), NULL), 0);
    document.size -= 2;
    buf_append_string(&document, ",7.0]}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
    assert_item(&problem, "/v", "uniqueItems", "items 8 and 100001 are equal, but all must differ");
    schema_destroy(schema);
}

static void many_properties(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    AUTO_BUF struct buf document = {0};
    buf_append_string(&schema, "{\"additionalProperties\":false,\"properties\":{\"p\":{}");
    buf_append_string(&document, "{\"p\":1");
    for (int i = 0; i < 30000; i++) {
        buf_printf(&schema, ",\"p%d\":{\"type\":\"integer\"}", i);
        buf_printf(&document, ",\"p%d\":%d", 29999 - i, i);
    }
    buf_append_string(&schema, "}}");
    buf_append_string(&document, "}");
    assert_valid(buf_string(&schema), buf_string(&document));
    document.size--;
    buf_append_string(&document, ",\"p999x\":1}");
    struct schema *compiled = compile(buf_string(&schema));
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate(compiled, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].pointer, "/p999x");
    schema_destroy(compiled);
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
        cmocka_unit_test(format_assertions),
        cmocka_unit_test(long_host_names),
        cmocka_unit_test(messages),
        cmocka_unit_test(the_detail_repeats_the_first_fault),
        cmocka_unit_test(many_faults_are_counted),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(texts_that_hold_a_nul),
        cmocka_unit_test(the_best_branch_is_told),
        cmocka_unit_test(unknown_keywords),
        cmocka_unit_test(keywords_of_later_versions),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(dialect_and_identity),
        cmocka_unit_test(texts_that_are_no_schema),
        cmocka_unit_test(every_fault_of_a_schema_is_told),
        cmocka_unit_test(a_schema_owns_its_text),
        cmocka_unit_test(unique_rules),
        cmocka_unit_test(unique_rules_that_are_refused),
        cmocka_unit_test(outbox),
        cmocka_unit_test(require_version),
        cmocka_unit_test(defaults),
        cmocka_unit_test(defaults_without_memory),
        cmocka_unit_test(defaults_that_are_not_valid),
        cmocka_unit_test(read_only_members),
        cmocka_unit_test(deep_documents),
        cmocka_unit_test(deep_references),
        cmocka_unit_test(long_chains),
        cmocka_unit_test(exponential_schemas),
        cmocka_unit_test(nested_branches),
        cmocka_unit_test(many_unique_items),
        cmocka_unit_test(many_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
