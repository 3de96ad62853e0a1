#include "schema/diff.h"
#include "schema/scan.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct tree *parse_value(struct arena *arena, struct span value)
{
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"v\":");
    buf_append_span(&text, value);
    buf_append_byte(&text, '}');
    struct tree *tree = NULL;
    struct span copy = arena_copy(arena, buf_span(&text));
    if (tree_parse(arena, copy, SIZE_MAX, &tree, NULL) < 0)
        fail_msg("%s", buf_string(&text));
    return tree_get(tree, "v");
}

static const struct tree *parse(struct arena *arena, const char *value)
{
    return parse_value(arena, span_of_string(value));
}

static void assert_applied(const char *before, const char *patch, const char *expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *result = NULL;
    if (diff_apply(&arena, parse(&arena, before), parse(&arena, patch), &result, &problem) < 0)
        fail_msg("%s: %s", patch, buf_string(&problem.detail));
    AUTO_BUF struct buf out = {0};
    tree_write_compact(&out, result);
    assert_string_equal(buf_string(&out), expected);
}

static void assert_refused(const char *before, const char *patch, const char *detail)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    const struct tree *document = parse(&arena, before);
    const struct tree *operations = parse(&arena, patch);
    struct tree *result = NULL;
    assert_int_equal(diff_apply(&arena, document, operations, &result, &problem), -ERR_INVALID);
    assert_int_equal(problem.code, -ERR_INVALID);
    assert_string_equal(buf_string(&problem.detail), detail);
    assert_int_equal(diff_apply(&arena, document, operations, &result, NULL), -ERR_INVALID);
    assert_null(result);
    AUTO_BUF struct buf out = {0};
    tree_write_compact(&out, document);
    assert_string_equal(buf_string(&out), before);
}

/* A.1 to A.7, A.10, A.11, A.16 */
static void test_rfc6902_appendix_a_changes(void **state)
{
    (void)state;
    assert_applied("{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
                   "{\"foo\":\"bar\",\"baz\":\"qux\"}");
    assert_applied("{\"foo\":[\"bar\",\"baz\"]}",
                   "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
                   "{\"foo\":[\"bar\",\"qux\",\"baz\"]}");
    assert_applied("{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]",
                   "{\"foo\":\"bar\"}");
    assert_applied("{\"foo\":[\"bar\",\"qux\",\"baz\"]}",
                   "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]", "{\"foo\":[\"bar\",\"baz\"]}");
    assert_applied("{\"baz\":\"qux\",\"foo\":\"bar\"}",
                   "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
                   "{\"baz\":\"boo\",\"foo\":\"bar\"}");
    assert_applied("{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{\"corge\":\"grault\"}}",
                   "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
                   "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}");
    assert_applied("{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
                   "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
                   "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}");
    assert_applied("{\"foo\":\"bar\"}",
                   "[{\"op\":\"add\",\"path\":\"/child\",\"value\":{\"grandchild\":{}}}]",
                   "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}");
    assert_applied("{\"foo\":\"bar\"}",
                   "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"xyz\":123}]",
                   "{\"foo\":\"bar\",\"baz\":\"qux\"}");
    assert_applied("{\"foo\":[\"bar\"]}",
                   "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]}]",
                   "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}");
}

/* A.8, A.9, A.12 to A.15 */
static void test_rfc6902_appendix_a_checks(void **state)
{
    (void)state;
    assert_applied("{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
                   "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},"
                   "{\"op\":\"test\",\"path\":\"/foo/1\",\"value\":2}]",
                   "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}");
    assert_refused("{\"baz\":\"qux\"}", "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"bar\"}]",
                   "operation 0: path \"/baz\" does not have the value that is tested for");
    assert_refused("{\"foo\":\"bar\"}",
                   "[{\"op\":\"add\",\"path\":\"/baz/bat\",\"value\":\"qux\"}]",
                   "operation 0: path \"/baz/bat\" leads into nothing");
    assert_applied("{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]",
                   "{\"/\":9,\"~1\":10}");
    assert_refused("{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":\"10\"}]",
                   "operation 0: path \"/~01\" does not have the value that is tested for");
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *tree = NULL;
    static const char text[] =
        "{\"v\":[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"op\":\"remove\"}]}";
    assert_int_equal(tree_parse(&arena, span_of_string(text), SIZE_MAX, &tree, NULL),
                     -ERR_JSON_DUPLICATE);
}

static void test_add(void **state)
{
    (void)state;
    assert_applied("{}", "[]", "{}");
    assert_applied("{\"a\":1}", "[{\"op\":\"add\",\"path\":\"\",\"value\":[2]}]", "[2]");
    assert_applied("{\"a\":1,\"b\":2}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":null}]",
                   "{\"a\":null,\"b\":2}");
    assert_applied("{}", "[{\"op\":\"add\",\"path\":\"/\",\"value\":1}]", "{\"\":1}");
    assert_applied("{}", "[{\"op\":\"add\",\"path\":\"/a~1b~0\\u0022\",\"value\":1.50}]",
                   "{\"a/b~\\\"\":1.50}");
    assert_applied("[]", "[{\"op\":\"add\",\"path\":\"/0\",\"value\":1}]", "[1]");
    assert_applied("{\"-\":0}", "[{\"op\":\"add\",\"path\":\"/-\",\"value\":1}]", "{\"-\":1}");
    assert_refused("[1]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":1}]",
                   "operation 0: path \"/2\" is not an index of the array, nor its end");
    assert_refused("[1]", "[{\"op\":\"add\",\"path\":\"/00\",\"value\":1}]",
                   "operation 0: path \"/00\" is not an index of the array, nor its end");
    assert_refused("{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]",
                   "operation 0: path \"/a/b\" leads into nothing");
}

static void test_remove_and_replace(void **state)
{
    (void)state;
    assert_applied("{\"a\":[{\"b\":1}]}", "[{\"op\":\"remove\",\"path\":\"/a/0/b\"}]",
                   "{\"a\":[{}]}");
    assert_applied("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"b\":[]}}]",
                   "{\"b\":[]}");
    assert_refused("{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/b\"}]",
                   "operation 0: path \"/b\" leads to nothing");
    assert_refused("[1]", "[{\"op\":\"remove\",\"path\":\"/-\"}]",
                   "operation 0: path \"/-\" leads to nothing");
    assert_refused("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/b\",\"value\":1}]",
                   "operation 0: path \"/b\" leads to nothing");
    assert_refused("{}", "[{\"op\":\"remove\",\"path\":\"\"}]",
                   "operation 0: path \"\" is the whole document, which stays");
}

static void test_move(void **state)
{
    (void)state;
    assert_applied("{\"a\":1,\"b\":2}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]",
                   "{\"b\":1}");
    assert_applied("{\"a\":[1]}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]",
                   "{\"a\":[1]}");
    assert_applied("{\"a\":{\"b\":{\"c\":1}}}",
                   "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"/a\"}]", "{\"a\":{\"c\":1}}");
    assert_applied("{\"a\":{\"b\":1}}", "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"\"}]", "1");
    assert_applied("{\"a\":1}", "[{\"op\":\"move\",\"from\":\"\",\"path\":\"\"}]", "{\"a\":1}");
    assert_applied("{\"a\":{\"x\":1}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/ab\"}]",
                   "{\"ab\":{\"x\":1}}");
    assert_refused("{\"a\":{\"b\":{}}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b/c\"}]",
                   "operation 0: path \"/a/b/c\" is inside of what is to be moved there");
    assert_refused("{\"a\":1}", "[{\"op\":\"move\",\"from\":\"\",\"path\":\"/b\"}]",
                   "operation 0: path \"/b\" is inside of what is to be moved there");
    assert_refused("{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/x\",\"path\":\"/b\"}]",
                   "operation 0: from \"/x\" leads to nothing");
    assert_refused("[1,2]", "[{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/2\"}]",
                   "operation 0: path \"/2\" is not an index of the array, nor its end");
}

/* A copy is a value of its own. */
static void test_copy(void **state)
{
    (void)state;
    assert_applied("{\"a\":{\"b\":[1]}}",
                   "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/c\"},"
                   "{\"op\":\"add\",\"path\":\"/c/b/0\",\"value\":0},"
                   "{\"op\":\"remove\",\"path\":\"/a/b/0\"}]",
                   "{\"a\":{\"b\":[]},\"c\":{\"b\":[0,1]}}");
    assert_applied("{\"a\":1}", "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a\"}]",
                   "{\"a\":{\"a\":1}}");
    assert_refused("{\"a\":1}", "[{\"op\":\"copy\",\"from\":\"/b\",\"path\":\"/a\"}]",
                   "operation 0: from \"/b\" leads to nothing");
}

/* The patch itself stays as it is when later operations change what it added. */
static void test_added_values_are_not_the_patch(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    static const char text[] = "[{\"op\":\"add\",\"path\":\"/a\",\"value\":[{\"x\":1},2]},"
                               "{\"op\":\"remove\",\"path\":\"/a/0/x\"},"
                               "{\"op\":\"remove\",\"path\":\"/a/1\"}]";
    const struct tree *patch = parse(&arena, text);
    struct tree *result = NULL;
    assert_int_equal(diff_apply(&arena, parse(&arena, "{}"), patch, &result, NULL), 0);
    AUTO_BUF struct buf out = {0};
    tree_write_compact(&out, result);
    assert_string_equal(buf_string(&out), "{\"a\":[{}]}");
    buf_clear(&out);
    tree_write_compact(&out, patch);
    assert_string_equal(buf_string(&out), text);
    assert_int_equal(tree_get(result, "a")->raw.size, 0);
}

static void test_test(void **state)
{
    (void)state;
    assert_applied("{\"a\":{\"x\":1,\"y\":[2.0]}}",
                   "[{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"y\":[2],\"x\":1.0}}]",
                   "{\"a\":{\"x\":1,\"y\":[2.0]}}");
    assert_refused("{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/b\",\"value\":null}]",
                   "operation 0: path \"/b\" leads to nothing");
}

static void test_malformed_patches(void **state)
{
    (void)state;
    static const char verbs[] = "must be one of add, remove, replace, move, copy and test";
    char detail[128];
    snprintf(detail, sizeof(detail), "operation 0: op %s", verbs);
    assert_refused("{}", "[1]", detail);
    assert_refused("{}", "[{}]", detail);
    assert_refused("{}", "[{\"op\":1,\"path\":\"\"}]", detail);
    snprintf(detail, sizeof(detail), "operation 0: op \"Add\" %s", verbs);
    assert_refused("{}", "[{\"op\":\"Add\",\"path\":\"/a\",\"value\":1}]", detail);
    assert_refused("{}", "{}", "a JSON Patch is an array of operations");
    assert_refused("{}", "[{\"op\":\"add\",\"value\":1}]",
                   "operation 0: path must be given, as a string");
    assert_refused("{}", "[{\"op\":\"add\",\"path\":[7],\"value\":1}]",
                   "operation 0: path must be given, as a string");
    assert_refused("{}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]",
                   "operation 0: path \"a\" is not a JSON pointer");
    assert_refused("{}", "[{\"op\":\"add\",\"path\":\"/~2\",\"value\":1}]",
                   "operation 0: path \"/~2\" is not a JSON pointer");
    assert_refused("{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", "operation 0: value must be given");
    assert_refused("{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/a\"}]",
                   "operation 0: value must be given");
    assert_refused("{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\"}]",
                   "operation 0: value must be given");
    assert_refused("{\"a\":1}", "[{\"op\":\"copy\",\"path\":\"/a\"}]",
                   "operation 0: from must be given, as a string");
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    assert_refused("{\"a\":[1,2]}",
                   "[{\"op\":\"remove\",\"path\":\"/a/0\"},{\"op\":\"add\",\"path\":\"/b\","
                   "\"value\":1},{\"op\":\"remove\",\"path\":\"/c\"}]",
                   "operation 2: path \"/c\" leads to nothing");
}

static void append_deep(struct buf *text, unsigned levels)
{
    buf_append_fill(text, '[', levels);
    buf_append_fill(text, ']', levels);
}

static int apply_to(struct arena *arena, const char *before, const struct buf *patch)
{
    struct tree *result = NULL;
    return diff_apply(arena, parse(arena, before), parse_value(arena, buf_span(patch)), &result,
                      NULL);
}

static void check_depth(const char *op, unsigned levels, int expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf patch = {0};
    buf_printf(&patch, "[{\"op\":\"%s\",\"path\":\"/a/b/c/d/e/f/g/h\",\"value\":", op);
    append_deep(&patch, levels);
    buf_append_string(&patch, "}]");
    static const char before[] =
        "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":1}}}}}}}}";
    assert_int_equal(apply_to(&arena, before, &patch), expected);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    check_depth("add", SCAN_DEPTH_MAX - 8, 0);
    check_depth("add", SCAN_DEPTH_MAX - 7, -ERR_INVALID);
    check_depth("replace", SCAN_DEPTH_MAX - 8, 0);
    check_depth("replace", SCAN_DEPTH_MAX - 7, -ERR_INVALID);
}

/* Each copy nests the document in itself, and each move nests it once more. */
static void test_depth_is_bounded_over_operations(void **state)
{
    (void)state;
    AUTO_BUF struct buf copies = {0};
    AUTO_BUF struct buf moves = {0};
    for (unsigned i = 0; i < SCAN_DEPTH_MAX; i++) {
        const char *separator = i > 0 ? "," : "[";
        buf_printf(&copies,
                   "%s{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b/a\"},"
                   "{\"op\":\"move\",\"from\":\"/b\",\"path\":\"/a\"},"
                   "{\"op\":\"add\",\"path\":\"/b\",\"value\":{}}",
                   separator);
        buf_printf(&moves,
                   "%s{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b/a\"},"
                   "{\"op\":\"move\",\"from\":\"/b\",\"path\":\"/a\"},"
                   "{\"op\":\"add\",\"path\":\"/b\",\"value\":{}}",
                   separator);
    }
    buf_append_byte(&copies, ']');
    buf_append_byte(&moves, ']');
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(apply_to(&arena, "{\"a\":{},\"b\":{}}", &copies), -ERR_INVALID);
    assert_int_equal(apply_to(&arena, "{\"a\":{},\"b\":{}}", &moves), -ERR_INVALID);
}

/* Sixty doublings. */
static void test_copies_are_bounded(void **state)
{
    (void)state;
    AUTO_BUF struct buf patch = {0};
    for (unsigned i = 0; i < 60; i++)
        buf_printf(&patch,
                   "%s{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b/-\"},"
                   "{\"op\":\"copy\",\"from\":\"/b\",\"path\":\"/a\"}",
                   i > 0 ? "," : "[");
    buf_append_byte(&patch, ']');
    AUTO_ARENA struct arena arena;
    arena_init(&arena, (size_t)1 << 30);
    assert_int_equal(apply_to(&arena, "{\"a\":[],\"b\":[]}", &patch), -ERR_TOO_LARGE);
    assert_true(arena.total < 4 * DIFF_COPIES_MAX);
}

/* Items come and go, and the memory is used again. */
static void test_memory_is_bounded(void **state)
{
    (void)state;
    AUTO_BUF struct buf patch = {0};
    for (unsigned i = 0; i < 2000; i++)
        buf_printf(&patch, "%s{\"op\":\"add\",\"path\":\"/0\",\"value\":1}", i > 0 ? "," : "[");
    for (unsigned i = 0; i < 2000; i++)
        buf_append_string(&patch, ",{\"op\":\"remove\",\"path\":\"/0\"},"
                                  "{\"op\":\"add\",\"path\":\"/-\",\"value\":1}");
    buf_append_byte(&patch, ']');
    AUTO_ARENA struct arena source;
    arena_init(&source, 0);
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *result = NULL;
    assert_int_equal(diff_apply(&arena, parse(&source, "[]"),
                                parse_value(&source, buf_span(&patch)), &result, NULL),
                     0);
    assert_int_equal(result->count, 2000);
    assert_true(arena.total < 16 * 2000 * sizeof(struct tree));
}

static void test_no_memory(void **state)
{
    (void)state;
    AUTO_ARENA struct arena source;
    arena_init(&source, 0);
    AUTO_BUF struct buf patch = {0};
    for (unsigned i = 0; i < 1000; i++)
        buf_printf(&patch, "%s{\"op\":\"add\",\"path\":\"/n%u\",\"value\":[{}]}", i > 0 ? "," : "[",
                   i);
    buf_append_string(&patch, ",{\"op\":\"copy\",\"from\":\"/n1\",\"path\":\"/x\"}]");
    const struct tree *before = parse(&source, "{\"a\":[[1]]}");
    const struct tree *operations = parse_value(&source, buf_span(&patch));
    bool applied = false;
    unsigned failures = 0;
    for (size_t limit = 1; !applied; limit += 5000) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, limit);
        struct tree *result = NULL;
        int rc = diff_apply(&arena, before, operations, &result, NULL);
        assert_true(rc == 0 || rc == -ERR_NO_MEMORY);
        assert_true((result == NULL) == (rc < 0));
        applied = rc == 0;
        failures += rc < 0;
    }
    assert_true(failures > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc6902_appendix_a_changes),
        cmocka_unit_test(test_rfc6902_appendix_a_checks),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_remove_and_replace),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_added_values_are_not_the_patch),
        cmocka_unit_test(test_test),
        cmocka_unit_test(test_malformed_patches),
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_depth_is_bounded_over_operations),
        cmocka_unit_test(test_copies_are_bounded),
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
