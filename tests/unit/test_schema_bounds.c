/* Schemas and documents that would take too long, or too deep. */
#include "schema_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

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
    struct schema *schema = schema_of(tree);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].keyword, "anyOf");
    document.size = 0;
    buf_append_string(&document, "{\"n\":{\"n\":{\"leaf\":\"x\"}}}");
    assert_int_equal(validate_text(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
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
    struct schema *schema = schema_of("{\"properties\":{\"v\":{\"uniqueItems\":true}}}");
    buf_append_string(&document, "]}");
    assert_int_equal(validate_text(schema, buf_string(&document), NULL), 0);
    document.size -= 2;
    buf_append_string(&document, ",7.0]}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(schema, buf_string(&document), &problem), -ERR_SCHEMA_MISMATCH);
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
    struct schema *compiled = schema_of(buf_string(&schema));
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(compiled, buf_string(&document), &problem),
                     -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].pointer, "/p999x");
    schema_destroy(compiled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_documents),  cmocka_unit_test(deep_references),
        cmocka_unit_test(long_chains),     cmocka_unit_test(exponential_schemas),
        cmocka_unit_test(nested_branches), cmocka_unit_test(many_unique_items),
        cmocka_unit_test(many_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
