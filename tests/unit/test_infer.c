/* Schemas from samples: what is asserted, what is suggested, and what the limits leave out. */
#include "scarce.h"
#include "schema/infer.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What is inferred, and its schema. */
struct bench {
    struct infer *infer;
    struct arena arena;
    struct buf text;
    struct tree *schema;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    arena_init(&bench->arena, 0);
    assert_int_equal(infer_create(&bench->infer, NULL), 0);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    infer_destroy(bench->infer);
    arena_finish(&bench->arena);
    buf_finish(&bench->text);
    free(bench);
    return 0;
}

static int try_add(struct infer *infer, struct span text)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *sample = NULL;
    int result = tree_parse_value(&arena, text, SIZE_MAX, &sample, NULL);
    return result < 0 ? result : infer_add(infer, sample, NULL);
}

static void add(struct bench *bench, const char *format, ...)
{
    AUTO_BUF struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    assert_int_equal(try_add(bench->infer, buf_span(&text)), 0);
}

static void write_schema(struct bench *bench)
{
    buf_clear(&bench->text);
    assert_int_equal(infer_write(bench->infer, &bench->text, NULL), 0);
    assert_int_equal(
        tree_parse(&bench->arena, buf_span(&bench->text), SIZE_MAX, &bench->schema, NULL), 0);
}

/* What is at that place of the schema; NULL: nothing. */
static void assert_at(const struct bench *bench, const char *pointer, const char *expected)
{
    const struct tree *value = tree_at(bench->schema, span_of_string(pointer));
    if (!value || !expected) {
        if (value || expected)
            fail_msg("%s: %s", pointer, buf_string(&bench->text));
        return;
    }
    AUTO_BUF struct buf text = {0};
    tree_write_compact(&text, value);
    assert_string_equal(buf_string(&text), expected);
}

static void test_order_types_and_required(void **state)
{
    struct bench *bench = *state;
    add(bench, "{\"name\": \"a\", \"age\": 1, \"x\": null, \"on\": true}");
    add(bench, "{\"new\": [], \"age\": 1.5, \"name\": \"b\", \"x\": \"y\"}");
    write_schema(bench);
    assert_at(bench, "",
              "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
              "\"$comment\":\"infer: from 2 samples\",\"type\":\"object\",\"properties\":{"
              "\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"number\"},"
              "\"x\":{\"type\":[\"string\",\"null\"]},\"on\":{\"type\":\"boolean\"},"
              "\"new\":{\"type\":\"array\"}},\"required\":[\"name\",\"age\",\"x\"]}");
}

static void test_integers(void **state)
{
    struct bench *bench = *state;
    add(bench, "{\"a\": 1, \"b\": 99999999999999999999, \"c\": 1.0, \"d\": 1e2}");
    write_schema(bench);
    assert_at(bench, "/properties/a/type", "\"integer\"");
    assert_at(bench, "/properties/b/type", "\"integer\"");
    assert_at(bench, "/properties/c/type", "\"number\"");
    assert_at(bench, "/properties/d/type", "\"number\"");
}

static void test_any_root(void **state)
{
    struct bench *bench = *state;
    add(bench, "[1, \"a\"]");
    add(bench, "false");
    write_schema(bench);
    assert_at(bench, "/type", "[\"array\",\"boolean\"]");
    assert_at(bench, "/items/type", "[\"string\",\"integer\"]");
}

static void test_items_are_united(void **state)
{
    struct bench *bench = *state;
    add(bench, "{\"list\": [{\"a\": 1, \"b\": 2}, {\"a\": \"x\"}]}");
    add(bench, "{\"list\": []}");
    write_schema(bench);
    assert_at(bench, "/properties/list/items",
              "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"integer\"]},"
              "\"b\":{\"type\":\"integer\"}},\"required\":[\"a\"]}");
}

/* Beside objects, another value lacks no member. */
static void test_required_counts_objects(void **state)
{
    struct bench *bench = *state;
    add(bench, "{\"o\": {\"a\": 1}}");
    add(bench, "{\"o\": null}");
    write_schema(bench);
    assert_at(bench, "/properties/o/type", "[\"object\",\"null\"]");
    assert_at(bench, "/properties/o/required", "[\"a\"]");
}

static void assert_format(const char *values, const char *expected)
{
    void *state;
    set_up(&state);
    struct bench *bench = state;
    add(bench, "{\"v\": %s}", values);
    write_schema(bench);
    assert_at(bench, "/properties/v/items/format", expected);
    tear_down(&state);
}

static void test_formats(void **state)
{
    (void)state;
    assert_format("[\"2020-01-31\", \"2021-12-01\"]", "\"date\"");
    assert_format("[\"2020-01-31T10:00:00Z\"]", "\"date-time\"");
    assert_format("[\"10:00:00Z\"]", "\"time\"");
    assert_format("[\"a@x.org\", null, 3]", "\"email\"");
    assert_format("[\"10.0.0.1\"]", "\"ipv4\"");
    assert_format("[\"::1\"]", "\"ipv6\"");
    assert_format("[\"https://x.org/a\"]", "\"uri\"");
    assert_format("[\"2eb8aa08-aa98-11ea-b4aa-73b441d16380\"]", "\"uuid\"");
    assert_format("[\"P3D\"]", "\"duration\"");
}

static void test_weak_evidence_is_no_format(void **state)
{
    (void)state;
    assert_format("[\"2020-01-31\", \"soon\"]", NULL);
    assert_format("[\"2020-01-31\", \"\"]", NULL);
    assert_format("[\"a@x.org\", \"10.0.0.1\"]", NULL);
    assert_format("[\"note:this\"]", NULL);
    assert_format("[\"word\"]", NULL);
    assert_format("[\"/a/b\"]", NULL);
    assert_format("[\"\"]", NULL);
    assert_format("[1]", NULL);
}

static void test_enum_is_suggested(void **state)
{
    struct bench *bench = *state;
    for (unsigned i = 0; i < 8; i++)
        add(bench, "{\"s\": \"%s\", \"n\": %s, \"t\": \"t%u\", \"d\": \"2020-01-0%u\"}",
            i % 2 ? "new" : "ol\\\"d", i % 2 ? "null" : "\"x\"", i % 3, i % 2 + 1);
    add(bench, "{\"s\": \"new\", \"n\": \"x\", \"n2\": \"x\"}");
    add(bench, "{\"s\": \"new\", \"n\": \"x\"}");
    write_schema(bench);
    assert_at(bench, "/properties/s/$comment",
              "\"infer: 10 strings, 2 different; consider \\\"enum\\\": "
              "[\\\"ol\\\\\\\"d\\\", \\\"new\\\"]\"");
    assert_at(bench, "/properties/n/$comment",
              "\"infer: 6 strings, 1 different; consider \\\"enum\\\": [\\\"x\\\", null]\"");
    assert_at(bench, "/properties/t/$comment", NULL); /* 8 of 3 */
    assert_at(bench, "/properties/d/$comment", NULL); /* has a format */
    assert_at(bench, "/properties/n2/$comment", NULL);
}

static void test_unique_is_suggested(void **state)
{
    struct bench *bench = *state;
    for (unsigned i = 0; i < 3; i++)
        add(bench,
            "{\"id\": %u, \"userId\": \"u%u\", \"ORDER_ID\": \"o%u\", \"paid\": %u, \"code\": 1, "
            "\"contact\": \"a%u@x.org\", \"o\": {\"key\": \"k%u\"}, \"l\": [{\"id\": %u}], "
            "\"slug\": %s}",
            i, i, i, i, i, i, i, i ? "null" : "\"s\"");
    write_schema(bench);
    const char *said = "\"infer: all 3 values differ; consider \\\"x-unique\\\": true\"";
    assert_at(bench, "/properties/id/$comment", said);
    assert_at(bench, "/properties/userId/$comment", said);
    assert_at(bench, "/properties/ORDER_ID/$comment", said);
    assert_at(bench, "/properties/contact/$comment", said);
    assert_at(bench, "/properties/o/properties/key/$comment", said);
    assert_at(bench, "/properties/paid/$comment", NULL); /* no identifier by its name */
    assert_at(bench, "/properties/code/$comment", NULL); /* repeated */
    assert_at(bench, "/properties/slug/$comment", NULL); /* one value is too few */
    assert_at(bench, "/properties/l/items/properties/id/$comment", NULL); /* not in one column */
}

static void test_unique_beyond_what_is_remembered(void **state)
{
    struct bench *bench = *state;
    for (unsigned i = 0; i < INFER_DISTINCT_MAX + 10; i++)
        add(bench, "{\"id\": %u}", i * 7919 % 100003);
    write_schema(bench);
    assert_at(bench, "/properties/id/$comment",
              "\"infer: the first 1000 values all differ; consider \\\"x-unique\\\": true\"");
}

static void append_nested(struct buf *text, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        buf_append_string(text, "{\"a\":");
    buf_append_byte(text, '1');
    buf_append_fill(text, '}', depth);
}

static void test_depth_is_bounded(void **state)
{
    struct bench *bench = *state;
    AUTO_BUF struct buf text = {0};
    append_nested(&text, INFER_DEPTH_MAX);
    assert_int_equal(try_add(bench->infer, buf_span(&text)), 0);
    assert_int_equal(infer_left_out(bench->infer)->deep, 0);
    buf_clear(&text);
    append_nested(&text, 120);
    assert_int_equal(try_add(bench->infer, buf_span(&text)), 0);
    assert_int_equal(infer_left_out(bench->infer)->deep, 1);
    write_schema(bench);
}

static void append_members(struct buf *text, const char *prefix, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_printf(text, "%s\"%s%u\":1", i > 0 ? "," : "", prefix, i);
}

static void test_members_are_bounded(void **state)
{
    struct bench *bench = *state;
    AUTO_BUF struct buf text = {0};
    buf_append_byte(&text, '{');
    append_members(&text, "m", INFER_MEMBERS_MAX + 7);
    buf_append_byte(&text, '}');
    assert_int_equal(try_add(bench->infer, buf_span(&text)), 0);
    assert_int_equal(infer_left_out(bench->infer)->members, 7);
    write_schema(bench);
    assert_int_equal(tree_get(bench->schema, "properties")->count, INFER_MEMBERS_MAX);
}

static void test_long_names_are_left_out(void **state)
{
    struct bench *bench = *state;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"");
    buf_append_fill(&text, 'n', INFER_NAME_MAX + 1);
    buf_append_string(&text, "\":1}");
    assert_int_equal(try_add(bench->infer, buf_span(&text)), 0);
    assert_int_equal(infer_left_out(bench->infer)->members, 1);
    write_schema(bench);
    assert_at(bench, "/properties", NULL);
}

static void test_places_are_bounded(void **state)
{
    struct bench *bench = *state;
    AUTO_BUF struct buf text = {0};
    for (unsigned i = 0; i < 6; i++) {
        buf_printf(&text, "%s\"o%u\":{", i > 0 ? "," : "{", i);
        append_members(&text, "m", 999);
        buf_append_byte(&text, '}');
    }
    buf_append_string(&text, ",\"list\":[1]}");
    assert_int_equal(try_add(bench->infer, buf_span(&text)), 0);
    /* One member of the fifth object, the sixth with all that is in it, and the list. */
    assert_int_equal(infer_left_out(bench->infer)->places, 3);
    write_schema(bench);
}

/* Whichever allocation fails, it is said, and nothing is lost or leaked. */
static void test_no_memory(void **state)
{
    (void)state;
    static const char sample[] = "{\"id\": \"a\", \"o\": {\"p\": [1, 2, {\"q\": null}]}, "
                                 "\"b\": 1, \"c\": 2, \"d\": 3, \"e\": 4, \"f\": 5, \"g\": 6}";
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *tree;
    assert_int_equal(tree_parse(&arena, span_of_string(sample), SIZE_MAX, &tree, NULL), 0);
    bool failed = true;
    for (unsigned nth = 1; failed; nth++) {
        AUTO_BUF struct buf text = {0};
        struct infer *infer = NULL;
        scarce_begin(nth);
        int result = infer_create(&infer, NULL);
        if (result == 0)
            result = infer_add(infer, tree, NULL);
        if (result == 0)
            result = infer_write(infer, &text, NULL);
        failed = scarce_end();
        infer_destroy(infer);
        assert_int_equal(result, failed ? -ERR_NO_MEMORY : 0);
        assert_true(nth < 1000);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(order_types_and_required),
        TEST(integers),
        TEST(any_root),
        TEST(items_are_united),
        TEST(required_counts_objects),
        TEST(formats),
        TEST(weak_evidence_is_no_format),
        TEST(enum_is_suggested),
        TEST(unique_is_suggested),
        TEST(unique_beyond_what_is_remembered),
        TEST(depth_is_bounded),
        TEST(members_are_bounded),
        TEST(long_names_are_left_out),
        TEST(places_are_bounded),
        TEST(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
