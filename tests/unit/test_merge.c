#include "schema/merge.h"

#include "schema/scan.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static const struct tree *parse_value(struct arena *arena, const char *value)
{
    AUTO_BUF struct buf text = {0};
    buf_printf(&text, "{\"v\":%s}", value);
    struct span copy = arena_copy(arena, buf_span(&text));
    struct tree *tree = NULL;
    if (tree_parse(arena, copy, SIZE_MAX, &tree, NULL) < 0)
        fail_msg("%s", value);
    return tree_get(tree, "v");
}

/* `target` NULL: nothing is there. Compares the text, hence the order and the spelling. */
static void assert_merged(const char *target, const char *patch, const char *expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *result = NULL;
    assert_int_equal(merge_patch(&arena, target ? parse_value(&arena, target) : NULL,
                                 parse_value(&arena, patch), &result),
                     0);
    AUTO_BUF struct buf out = {0};
    tree_write_compact(&out, result);
    if (!span_is(buf_span(&out), expected))
        fail_msg("%s and %s give %s", target ? target : "nothing", patch, buf_string(&out));
}

static void test_rfc7396_appendix_a(void **state)
{
    (void)state;
    assert_merged("{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
    assert_merged("{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}");
    assert_merged("{\"a\":\"b\"}", "{\"a\":null}", "{}");
    assert_merged("{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}");
    assert_merged("{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}");
    assert_merged("{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}");
    assert_merged("{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
                  "{\"a\":{\"b\":\"d\"}}");
    assert_merged("{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}");
    assert_merged("[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]");
    assert_merged("{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]");
    assert_merged("{\"a\":\"foo\"}", "null", "null");
    assert_merged("{\"a\":\"foo\"}", "\"bar\"", "\"bar\"");
    assert_merged("{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}");
    assert_merged("[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}");
    assert_merged("{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}");
}

/* Section 3. */
static void test_rfc7396_example(void **state)
{
    (void)state;
    assert_merged("{\"title\":\"Goodbye!\",\"author\":{\"givenName\":\"John\",\"familyName\":"
                  "\"Doe\"},\"tags\":[\"example\",\"sample\"],\"content\":\"This will be "
                  "unchanged\"}",
                  "{\"title\":\"Hello!\",\"phoneNumber\":\"+01-123-456-7890\",\"author\":{"
                  "\"familyName\":null},\"tags\":[\"example\"]}",
                  "{\"title\":\"Hello!\",\"author\":{\"givenName\":\"John\"},\"tags\":[\"example\"]"
                  ",\"content\":\"This will be unchanged\",\"phoneNumber\":\"+01-123-456-7890\"}");
}

static void test_order_and_spelling(void **state)
{
    (void)state;
    assert_merged("{\"z\":1.50,\"\\u0061\":{\"y\":1E2,\"x\":1},\"m\":\"\\u0041\"}",
                  "{\"a\":{\"n\":2.0,\"x\":3e0},\"k\":7,\"b\":8.10}",
                  "{\"z\":1.50,\"\\u0061\":{\"y\":1E2,\"x\":3e0,\"n\":2.0},\"m\":\"\\u0041\","
                  "\"k\":7,\"b\":8.10}");
    assert_merged("{\"a\":1,\"b\":2}", "{}", "{\"a\":1,\"b\":2}");
    assert_merged("{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":null,\"a\":null}", "{\"b\":2}");
    assert_merged("{\"a\":1}", "{\"\":{\"\":null,\"x\":[null]}}", "{\"a\":1,\"\":{\"x\":[null]}}");
}

static void test_nothing_there(void **state)
{
    (void)state;
    assert_merged(NULL, "{\"a\":null,\"b\":{\"c\":null,\"d\":1}}", "{\"b\":{\"d\":1}}");
    assert_merged(NULL, "{}", "{}");
    assert_merged(NULL, "[null]", "[null]");
}

static void test_leaves_its_arguments(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *target = parse_value(&arena, "{\"a\":{\"b\":1},\"c\":2}");
    const struct tree *patch = parse_value(&arena, "{\"a\":{\"b\":null,\"d\":4},\"c\":null}");
    struct tree *result = NULL;
    assert_int_equal(merge_patch(&arena, target, patch, &result), 0);
    AUTO_BUF struct buf out = {0};
    tree_write_compact(&out, target);
    tree_write_compact(&out, patch);
    tree_write_compact(&out, result);
    assert_string_equal(buf_string(&out), "{\"a\":{\"b\":1},\"c\":2}"
                                          "{\"a\":{\"b\":null,\"d\":4},\"c\":null}"
                                          "{\"a\":{\"d\":4}}");
}

static void append_deep(struct buf *text, const char *inside)
{
    for (unsigned i = 1; i < SCAN_DEPTH_MAX; i++)
        buf_append_string(text, "{\"a\":");
    buf_append_string(text, inside);
    buf_append_fill(text, '}', SCAN_DEPTH_MAX - 1);
}

static struct tree *parse_buf(struct arena *arena, const struct buf *text)
{
    struct tree *tree = NULL;
    assert_int_equal(tree_parse(arena, buf_span(text), SIZE_MAX, &tree, NULL), 0);
    return tree;
}

static void test_depth(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf before = {0};
    AUTO_BUF struct buf patch = {0};
    AUTO_BUF struct buf after = {0};
    append_deep(&before, "{\"x\":1}");
    append_deep(&patch, "{\"x\":null,\"y\":2}");
    append_deep(&after, "{\"y\":2}");
    struct tree *result = NULL;
    assert_int_equal(
        merge_patch(&arena, parse_buf(&arena, &before), parse_buf(&arena, &patch), &result), 0);
    AUTO_BUF struct buf out = {0};
    tree_write_compact(&out, result);
    assert_string_equal(buf_string(&out), buf_string(&after));
}

static void append_many(struct buf *text, int from, int to, int step, const char *value)
{
    buf_append_byte(text, '{');
    for (int i = from; i != to; i += step)
        buf_printf(text, "%s\"a member with the number %d\":%s", i == from ? "" : ",", i, value);
    buf_append_byte(text, '}');
}

/* One thing after the other would be 5 * 10^9 comparisons, a minute or more. */
static void test_large_objects(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf before = {0};
    AUTO_BUF struct buf removal = {0};
    AUTO_BUF struct buf addition = {0};
    append_many(&before, 0, 100000, 1, "1");
    append_many(&removal, 99999, 0, -1, "null");
    append_many(&addition, 200000, 100000, -1, "2");
    const struct tree *target = parse_buf(&arena, &before);
    struct tree *result = NULL;
    clock_t begin = clock();
    assert_int_equal(merge_patch(&arena, target, parse_buf(&arena, &removal), &result), 0);
    assert_int_equal(result->count, 1);
    assert_int_equal(merge_patch(&arena, target, parse_buf(&arena, &addition), &result), 0);
    assert_int_equal(result->count, 200000);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 10);
}

static void test_no_memory(void **state)
{
    (void)state;
    AUTO_ARENA struct arena source;
    arena_init(&source, 0);
    AUTO_BUF struct buf text = {0};
    append_many(&text, 0, 2000, 1, "{\"a\":{}}");
    const struct tree *tree = parse_buf(&source, &text);
    bool merged = false;
    unsigned failures = 0;
    for (size_t limit = 1; !merged; limit += 20000) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, limit);
        struct tree *result = NULL;
        int rc = merge_patch(&arena, NULL, tree, &result);
        assert_true(rc == 0 || rc == -ERR_NO_MEMORY);
        assert_true((result == NULL) == (rc < 0));
        merged = rc == 0;
        failures += rc < 0;
    }
    assert_true(failures > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc7396_appendix_a),   cmocka_unit_test(test_rfc7396_example),
        cmocka_unit_test(test_order_and_spelling),   cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_leaves_its_arguments), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_large_objects),        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
