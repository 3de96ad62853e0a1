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
        buf_printf(&schema, "\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"}]},", i, i + 1);
    buf_append_string(&schema, "\"100\":{\"properties\":{\"n\":{\"$ref\":\"#\"}}}}}");
    assert_valid(buf_string(&schema), "{\"n\":{\"n\":{}}}");
    append_times(&document, "{\"n\":", 10);
    buf_append_string(&document, "1");
    append_times(&document, "}", 10);
    assert_given_up(
        buf_string(&schema), buf_string(&document), ERR_SCHEMA_BUDGET,
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
    assert_given_up(buf_string(&schema), "{}", ERR_SCHEMA_BUDGET,
                    "the document cannot be checked: it takes too many steps to check");
    /* A verdict that was not reached is not turned around. */
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"not\":{\"$ref\":\"#/$defs/0\"},");
    buf_append_span(&text, span_skip(buf_span(&schema), strlen("{\"$ref\":\"#/$defs/0\",")));
    assert_given_up(buf_string(&text), "{}", ERR_SCHEMA_BUDGET,
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

/* References that lead to references cost nothing when a document is accepted. */
static void short_references(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    AUTO_BUF struct buf document = {0};
    buf_append_string(&schema, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
    for (int i = 0; i < 900; i++)
        buf_printf(&schema, "\"%d\":{\"$ref\":\"#/$defs/%d\"},", i, i + 1);
    buf_append_string(&schema, "\"900\":{\"properties\":{\"n\":{\"$ref\":\"#\"}}}}}");
    append_times(&document, "{\"n\":", 120);
    buf_append_string(&document, "{}");
    append_times(&document, "}", 120);
    assert_valid(buf_string(&schema), buf_string(&document));
}

#define HASH_BITS 11 /* of the slots in the table of 1,000 names */

static uint32_t slot_of(const char *name)
{
    uint64_t hash = tree_key_hash(span_of_string(name));
    return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> (64 - HASH_BITS));
}

/* A schema that declares the names, and a document that has them, and perhaps one more. */
static void check_names(const struct buf *declared, const struct buf *members, const char *other)
{
    AUTO_BUF struct buf schema = {0};
    AUTO_BUF struct buf document = {0};
    buf_printf(&schema, "{\"additionalProperties\":false,\"properties\":{\"first\":{}%s}}",
               buf_string(declared));
    buf_printf(&document, "{\"first\":1%s}", buf_string(members));
    assert_valid(buf_string(&schema), buf_string(&document));
    document.size--;
    buf_printf(&document, ",\"%s\":1}", other);
    struct schema *compiled = schema_of(buf_string(&schema));
    assert_int_equal(validate_text(compiled, buf_string(&document), NULL), -ERR_SCHEMA_MISMATCH);
    schema_destroy(compiled);
}

/* Names that were chosen to share a slot, or to fill one after the other. */
static void hostile_names(void **state)
{
    (void)state;
    for (int spread = 0; spread < 2; spread++) {
        AUTO_BUF struct buf declared = {0};
        AUTO_BUF struct buf members = {0};
        bool taken[1 << HASH_BITS] = {false};
        char name[32], other[32] = "";
        for (unsigned i = 0, found = 0; found < 999; i++) {
            snprintf(name, sizeof(name), "name%u", i);
            uint32_t slot = slot_of(name);
            if (spread ? slot > 1000 || taken[slot] : slot > (found < 100 ? 3 : 2047)) {
                if (slot == 0)
                    memcpy(other, name, sizeof(other));
                continue;
            }
            taken[slot] = true;
            found++;
            buf_printf(&declared, ",\"%s\":{\"type\":\"integer\"}", name);
            buf_printf(&members, ",\"%s\":%u", name, i);
        }
        check_names(&declared, &members, *other ? other : "none");
    }
}

static void many_dependents(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    AUTO_BUF struct buf document = {0};
    buf_append_string(&schema, "{\"dependentRequired\":{\"p\":[]");
    buf_append_string(&document, "{\"p\":1");
    for (unsigned i = 0; i < 20000; i++) {
        buf_printf(&schema, ",\"p%u\":[\"p%u\"]", i, (i * 7919 + 1) % 20000);
        buf_printf(&document, ",\"p%u\":1", i);
    }
    buf_append_string(&schema, "}}");
    buf_append_string(&document, "}");
    assert_valid(buf_string(&schema), buf_string(&document));
}

/* Each of the faults is compared with many names, and there is an end to it. */
static void many_suggestions(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    AUTO_BUF struct buf document = {0};
    buf_append_string(&schema, "{\"properties\":{\"v\":{\"items\":{\"enum\":[\"first\"");
    buf_append_string(&document, "{\"v\":[\"frist\"");
    for (int i = 0; i < 20000; i++) {
        buf_printf(&schema, ",\"a long name that is like all the others %05d\"", i);
        buf_printf(&document, ",\"a long name that is like all others %05d\"", i);
    }
    buf_append_string(&schema, "]}}}}");
    buf_append_string(&document, "]}");
    struct schema *compiled = schema_of(buf_string(&schema));
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(compiled, buf_string(&document), &problem),
                     -ERR_SCHEMA_MISMATCH);
    assert_non_null(strstr(problem.items[0].message, "did you mean \"first\"?"));
    assert_int_equal(problem.item_total, 20001);
    schema_destroy(compiled);
}

static void many_patterns(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    buf_append_string(&schema, "{\"allOf\":[true");
    for (int i = 0; i < 2048; i++)
        buf_printf(&schema, ",{\"pattern\":\"^x%dy*$\"}", i);
    size_t size = schema.size;
    for (int i = 0; i < 5000; i++)
        buf_append_string(&schema, ",{\"pattern\":\"^x0y*$\"}");
    buf_append_string(&schema, "]}");
    assert_valid(buf_string(&schema), "{}");
    schema.size = size;
    buf_append_string(&schema, ",{\"pattern\":\"z\"}]}");
    assert_refused(buf_string(&schema), "/allOf/2049/pattern", "pattern",
                   "there are more than 2048 patterns");
}

/* As many references as a schema has room for, through one object. */
static void many_references(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    buf_append_string(&schema, "{\"allOf\":[true");
    for (unsigned i = 0; i < 18000; i++)
        buf_printf(&schema, ",{\"$ref\":\"#/$defs/%u\"}", i * 7919 % 18000);
    buf_append_string(&schema, "],\"$defs\":{\"a\":true");
    for (int i = 0; i < 18000; i++)
        buf_printf(&schema, ",\"%d\":{}", i);
    buf_append_string(&schema, "}}");
    assert_valid(buf_string(&schema), "{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_documents),   cmocka_unit_test(deep_references),
        cmocka_unit_test(long_chains),      cmocka_unit_test(exponential_schemas),
        cmocka_unit_test(nested_branches),  cmocka_unit_test(many_unique_items),
        cmocka_unit_test(many_properties),  cmocka_unit_test(short_references),
        cmocka_unit_test(hostile_names),    cmocka_unit_test(many_dependents),
        cmocka_unit_test(many_suggestions), cmocka_unit_test(many_references),
        cmocka_unit_test(many_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
