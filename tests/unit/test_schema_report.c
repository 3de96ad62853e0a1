/* The "basic" output: where each fault is, in the document and in the schema. */
#include "schema_place.h"
#include "source_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct unit {
    const char *location, *absolute, *instance, *error;
};

static const struct source_row rows[] = {
    {"http://x/other", "{\"$id\":\"http://y/other?q=\xc3\xbc\",\"$anchor\":\"top\",\"properties\":"
                       "{\"p\":{\"$ref\":\"#/$defs/d\"}},\"$defs\":{\"d\":{\"type\":\"null\"}}}"},
    {NULL, NULL},
};

static struct tree *report_of(struct arena *arena, const char *text, const char *document)
{
    struct source_place place;
    source_init(&place, rows);
    struct schema *schema = NULL;
    assert_int_equal(source_compile(&place, text, &schema, NULL), 0);
    struct buf out = {0};
    assert_int_equal(schema_report(schema, value_of(arena, document), &out, NULL),
                     -ERR_SCHEMA_MISMATCH);
    schema_destroy(schema);
    struct tree *report = value_of(arena, (const char *)arena_copy(arena, buf_span(&out)).data);
    buf_finish(&out);
    assert_int_equal(tree_get(report, "valid")->type, TREE_FALSE);
    return report;
}

static void assert_text(const struct tree *unit, const char *name, const char *expected)
{
    struct span text = tree_get(unit, name)->string;
    if (!span_is(text, expected))
        fail_msg("%s is %.*s, not %s", name, (int)text.size, (const char *)text.data, expected);
}

static void reports(const char *schema, const char *document, const struct unit *units,
                    size_t count)
{
    AUTO_ARENA struct arena arena = {0};
    const struct tree *errors = tree_get(report_of(&arena, schema, document), "errors");
    assert_int_equal(errors->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_text(&errors->items[i], "keywordLocation", units[i].location);
        assert_text(&errors->items[i], "absoluteKeywordLocation", units[i].absolute);
        assert_text(&errors->items[i], "instanceLocation", units[i].instance);
        assert_text(&errors->items[i], "error", units[i].error);
    }
}

#define REPORTS(schema, document, ...)                                                             \
    reports(schema, document, (const struct unit[]){__VA_ARGS__},                                  \
            COUNT(((const struct unit[]){__VA_ARGS__})))

static void plain_locations(void **state)
{
    (void)state;
    REPORTS("{\"type\":\"null\"}", "1",
            {"/type", "http://x/main#/type", "", "expected null, got 1"});
    REPORTS("false", "1", {"", "http://x/main#", "", "no value is allowed here"});
    REPORTS("{\"properties\":{\"a/b~\":{\"items\":{\"maximum\":1}}}}", "{\"a/b~\":[0,2]}",
            {"/properties/a~1b~0/items/maximum", "http://x/main#/properties/a~1b~0/items/maximum",
             "/a~1b~0/1", "2 is greater than the maximum 1"});
    REPORTS("{\"prefixItems\":[true,{\"allOf\":[true,false]}]}", "[1,2]",
            {"/prefixItems/1/allOf/1", "http://x/main#/prefixItems/1/allOf/1", "/1",
             "no value is allowed here"});
    REPORTS("{\"if\":true,\"then\":{\"minLength\":2}}", "\"\"",
            {"/then/minLength", "http://x/main#/then/minLength", "",
             "\"\" is shorter than 2 characters"});
    REPORTS("{\"dependentSchemas\":{\"a\":{\"required\":[\"b\"]}}}", "{\"a\":1}",
            {"/dependentSchemas/a/required", "http://x/main#/dependentSchemas/a/required", "",
             "the member \"b\" is required"});
}

static void references(void **state)
{
    (void)state;
    REPORTS("{\"properties\":{\"a\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"$ref\":"
            "\"#/$defs/y\"},\"y\":{\"items\":{\"type\":\"null\"}}}}",
            "{\"a\":[1]}",
            {"/properties/a/$ref/$ref/items/type", "http://x/main#/$defs/y/items/type", "/a/0",
             "expected null, got 1"});
    REPORTS("{\"items\":{\"$ref\":\"other#top\"}}", "[{\"p\":1}]",
            {"/items/$ref/properties/p/$ref/type", "http://y/other?q=\xc3\xbc#/$defs/d/type",
             "/0/p", "expected null, got 1"});
    REPORTS(
        "{\"$id\":\"http://z/r\",\"$ref\":\"e\",\"$defs\":{\"e\":{\"$id\":\"e\",\"properties\":"
        "{\"p\":{\"type\":\"null\"}}}}}",
        "{\"p\":1}",
        {"/$ref/properties/p/type", "http://z/e#/properties/p/type", "/p", "expected null, got 1"});
    REPORTS(
        "{\"x\":{\"y\":{\"items\":false,\"maxItems\":0}},\"$ref\":\"#/x/y\"}", "[1]",
        {"/$ref/maxItems", "http://x/main#/x/y/maxItems", "", "has 1 item, at most 0 are allowed"},
        {"/$ref/items", "http://x/main#/x/y/items", "", "has 1 item, at most 0 are allowed"});
}

static void dynamic_references(void **state)
{
    (void)state;
    REPORTS("{\"$id\":\"http://z/o\",\"$dynamicAnchor\":\"n\",\"type\":[\"array\",\"object\"],"
            "\"items\":{\"$ref\":\"i\"},\"$defs\":{\"i\":{\"$id\":\"i\",\"properties\":{\"m\":"
            "{\"$dynamicRef\":\"#n\"}},\"$defs\":{\"d\":{\"$dynamicAnchor\":\"n\"}}}}}",
            "[{\"m\":1}]",
            {"/items/$ref/properties/m/$dynamicRef/type", "http://z/o#/type", "/0/m",
             "expected an array or an object, got 1"});
}

static void percent_encoding(void **state)
{
    (void)state;
    REPORTS("{\"properties\":{\"a b%\\\"\xc3\xbc\":{\"type\":\"null\"}}}",
            "{\"a b%\\\"\xc3\xbc\":1}",
            {"/properties/a b%\"\xc3\xbc/type", "http://x/main#/properties/a%20b%25%22%C3%BC/type",
             "/a b%\"\xc3\xbc", "expected null, got 1"});
}

/* Of each branch so many faults are held; of the closest they are told. */
static void branches(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    AUTO_BUF struct buf document = {0};
    AUTO_ARENA struct arena arena = {0};
    buf_append_string(&schema, "{\"anyOf\":[{\"type\":\"null\"},{\"properties\":{\"m\":true");
    buf_append_string(&document, "{\"m\":1");
    for (int i = 0; i < 50; i++) {
        buf_printf(&schema, ",\"m%d\":{\"type\":\"null\"}", i);
        buf_printf(&document, ",\"m%d\":1", i);
    }
    buf_append_string(&schema, "}}]}");
    buf_append_byte(&document, '}');
    const struct tree *errors =
        tree_get(report_of(&arena, buf_string(&schema), buf_string(&document)), "errors");
    assert_int_equal(errors->count, 1 + PROBLEM_ITEMS_MAX);
    assert_text(&errors->items[0], "error",
                "none of the 2 branches of \"anyOf\" fits; the closest is 2");
    assert_text(&errors->items[16], "instanceLocation", "/m15");
}

/* A value of another type is no attempt at a branch, while members of another type are faults. */
static void closest_branches(void **state)
{
    (void)state;
#define NUMBER "{\"type\":\"number\"}"
    static const struct {
        const char *schema, *document, *closest;
    } cases[] = {
        {"{\"type\":\"string\"},{\"properties\":{\"a\":" NUMBER ",\"b\":" NUMBER ",\"c\":" NUMBER
         "},\"type\":\"object\"}",
         "{\"a\":\"\",\"b\":\"\",\"c\":\"\"}", "2"},
        {"{\"properties\":{\"k\":{\"const\":\"x\"}}},{\"properties\":{\"k\":{\"const\":\"y\"},"
         "\"v\":{\"type\":\"null\"}},\"required\":[\"v\",\"w\"]}",
         "{\"k\":\"y\",\"v\":1}", "2"},
        {"{\"type\":\"null\"},{\"items\":" NUMBER "},{\"items\":{\"items\":" NUMBER "}}",
         "[[1],[2],[\"x\"]]", "3"},
        {"{\"const\":1},{\"type\":\"string\"},{\"maximum\":10}", "20", "3"},
        {"false,{\"type\":\"null\"}", "1", "1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO_ARENA struct arena arena = {0};
        AUTO_BUF struct buf schema = {0};
        buf_printf(&schema, "{\"anyOf\":[%s]}", cases[i].schema);
        const struct tree *errors =
            tree_get(report_of(&arena, buf_string(&schema), cases[i].document), "errors");
        const struct tree *error = tree_get(&errors->items[0], "error");
        if (!span_ends_with(error->string, cases[i].closest))
            fail_msg("%s, %s: %.*s", cases[i].schema, cases[i].document, (int)error->string.size,
                     (const char *)error->string.data);
    }
#undef NUMBER
}

static void suggestions(void **state)
{
    (void)state;
    static const struct {
        const char *written, *meant; /* meant: NULL for none */
    } cases[] = {
        {"frist", "first"},  {"fist", "first"},      {"firsts", "first"}, {"secnod", "second"},
        {"fisrts", "first"}, {"ab", "abc"},          {"abcde", "abc"},    {"x", NULL},
        {"fzrzt", "first"},  {"fzzzt", NULL},        {"thirty", "third"}, {"cba", NULL},
        {"FIRST", NULL},     {"seconds2", "second"}, {"", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO_ARENA struct arena arena = {0};
        AUTO_BUF struct buf document = {0};
        AUTO_BUF struct buf expected = {0};
        buf_printf(&document, "\"%s\"", cases[i].written);
        buf_printf(&expected, "\"%s\" is not one of \"first\", \"second\", \"third\", \"abc\"",
                   cases[i].written);
        if (cases[i].meant)
            buf_printf(&expected, "; did you mean \"%s\"?", cases[i].meant);
        const struct tree *errors =
            tree_get(report_of(&arena, "{\"enum\":[\"first\",\"second\",\"third\",\"abc\"]}",
                               buf_string(&document)),
                     "errors");
        assert_text(&errors->items[0], "error", buf_string(&expected));
    }
}

static void many_errors(void **state)
{
    (void)state;
    AUTO_BUF struct buf document = {0};
    AUTO_ARENA struct arena arena = {0};
    buf_append_string(&document, "[0");
    for (int i = 1; i < 1500; i++)
        buf_printf(&document, ",%d", i);
    buf_append_byte(&document, ']');
    const struct tree *errors = tree_get(
        report_of(&arena, "{\"items\":{\"type\":\"null\"}}", buf_string(&document)), "errors");
    assert_int_equal(errors->count, 1000);
    assert_text(&errors->items[999], "instanceLocation", "/999");
}

/* Locations are exact where the sentences of a problem are cut. */
static void long_locations(void **state)
{
    (void)state;
    AUTO_BUF struct buf document = {0};
    AUTO_BUF struct buf instance = {0};
    AUTO_BUF struct buf location = {0};
    AUTO_ARENA struct arena arena = {0};
    for (int i = 0; i < 100; i++) {
        buf_append_string(&document, "{\"member\":");
        buf_append_string(&instance, "/member");
        buf_append_string(&location, "/additionalProperties/$ref");
    }
    buf_append_byte(&document, '1');
    buf_append_fill(&document, '}', 100);
    buf_append_string(&location, "/type");
    const struct tree *errors = tree_get(
        report_of(&arena, "{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#\"}}",
                  buf_string(&document)),
        "errors");
    assert_int_equal(errors->count, 1);
    assert_text(&errors->items[0], "instanceLocation", buf_string(&instance));
    assert_text(&errors->items[0], "keywordLocation", buf_string(&location));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_locations),    cmocka_unit_test(references),
        cmocka_unit_test(dynamic_references), cmocka_unit_test(percent_encoding),
        cmocka_unit_test(branches),           cmocka_unit_test(closest_branches),
        cmocka_unit_test(suggestions),        cmocka_unit_test(many_errors),
        cmocka_unit_test(long_locations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
