#include "schema/tree.h"

#include "schema/tree_lookup.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define SIZE_LIMIT    ((size_t)64 << 20)

static struct tree *parse_span(struct arena *arena, struct span text)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *tree = NULL;
    if (tree_parse(arena, text, SIZE_LIMIT, &tree, &problem) < 0)
        fail_msg("%.*s: %s", (int)text.size, (const char *)text.data, buf_string(&problem.detail));
    return tree;
}

static struct tree *parse(struct arena *arena, const char *text)
{
    return parse_span(arena, span_of_string(text));
}

static void assert_span(struct span span, const char *expected)
{
    if (!span_is(span, expected))
        fail_msg("\"%.*s\" is not \"%s\"", (int)span.size, (const char *)span.data, expected);
}

static void test_pointers(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    /* RFC 6901, section 5 */
    const struct tree *root = parse(
        &arena, "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9,\"o\":{\"\":{\"\":10}}}");
    static const struct {
        const char *pointer;
        int64_t value;
    } rows[] = {{"/", 0},     {"/a~1b", 1}, {"/c%d", 2},  {"/e^f", 3}, {"/g|h", 4}, {"/i\\j", 5},
                {"/k\"l", 6}, {"/ ", 7},    {"/m~0n", 8}, {"/~01", 9}, {"/o//", 10}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct tree *value = tree_at(root, span_of_string(rows[i].pointer));
        assert_non_null(value);
        assert_int_equal(value->integer, rows[i].value);
    }
    assert_ptr_equal(tree_at(root, span_of_string("")), root);
    assert_ptr_equal(tree_at(root, span_make(NULL, 0)), root);
    assert_span(tree_at(root, span_of_string("/foo/0"))->string, "bar");
    assert_span(tree_at(root, span_of_string("/foo/1"))->string, "baz");
    assert_int_equal(tree_at(root, span_of_string("/foo"))->type, TREE_ARRAY);
    assert_int_equal(tree_at(root, span_of_string("/o/"))->type, TREE_OBJECT);
}

static void test_pointers_to_nothing(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *root = parse(&arena, "{\"a\":[1,2],\"~\":3,\"x~2\":4,\"1\":5}");
    static const char *const pointers[] = {"a",
                                           "/b",
                                           "/a/2",
                                           "/a/-",
                                           "/a/01",
                                           "/a/00",
                                           "/a/+1",
                                           "/a/1e0",
                                           "/a/ 1",
                                           "/a/",
                                           "/~",
                                           "/x~2",
                                           "/a/-1",
                                           "/a/0/",
                                           "#/a",
                                           "/a/4294967296",
                                           "/a/18446744073709551616",
                                           "a/0",
                                           "/a/1x",
                                           "/aa",
                                           "/a/0/0"};
    for (size_t i = 0; i < LENGTH(pointers); i++)
        if (tree_at(root, span_of_string(pointers[i])))
            fail_msg("%s leads to something", pointers[i]);
    assert_int_equal(tree_at(root, span_of_string("/~0"))->integer, 3);
    assert_int_equal(tree_at(root, span_of_string("/1"))->integer, 5);
}

static void test_append_pointer(void **state)
{
    (void)state;
    AUTO_BUF struct buf pointer = {0};
    tree_append_pointer(&pointer, span_of_string("a/b~c"));
    tree_append_pointer(&pointer, span_of_string(""));
    tree_append_pointer(&pointer, span_of_string("~1"));
    assert_string_equal(buf_string(&pointer), "/a~1b~0c//~01");
}

/* Classes of values that are equal to one another and to nothing else here. */
static const char *const classes[][6] = {
    {"null"},
    {"true"},
    {"false"},
    {"0", "-0", "0.0", "-0.0", "0e9", "0e-400"},
    {"1e-400", "0.1e-399"},
    {"-1e-400"},
    {"1", "1.0", "10e-1", "0.1e1"},
    {"-1", "-1.0"},
    {"100", "1e2", "1E+2"},
    {"0.1", "1e-1", "0.10"},
    {"0.1000000000000000055511151231257827", "1.000000000000000055511151231257827e-1"},
    {"0.10000000000000002"},
    {"9007199254740992", "9007199254740992.0"},
    {"9007199254740993", "9007199254740993.0"},
    {"9223372036854775807", "9223372036854775807.0"},
    {"9223372036854775806"},
    {"9223372036854775808.0", "9.223372036854775808e18"},
    {"9223372036854775807.5"},
    {"-9223372036854775808", "-9223372036854775808.0"},
    {"-9223372036854775809.0"},
    {"1e300"},
    {"5e-324"},
    {"4.9e-324"},
    {"\"\""},
    {"\"1\""},
    {"\"a\"", "\"\\u0061\""},
    {"\"/\"", "\"\\/\""},
    {"\"\\u0000\""},
    {"\"\\u0000\\u0000\""},
    {"\"\xc3\xa9\"", "\"\\u00e9\"", "\"\\u00E9\""},
    {"\"e\xcc\x81\""},
    {"\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\""},
    {"\"\x7f\"", "\"\\u007f\""},
    {"[]", "[ ]"},
    {"{}", "{ }"},
    {"[[]]"},
    {"[{}]"},
    {"[1,2]", "[1.0, 2e0]"},
    {"[2,1]"},
    {"[1]"},
    {"[12]"},
    {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "{\"\\u0062\":2.0,\"a\":1}"},
    {"{\"a\":2,\"b\":1}", "{\"b\":1,\"a\":2}"},
    {"{\"a\":1}"},
    {"{\"b\":1}"},
    {"{\"a\":null}"},
    {"{\"ab\":\"c\"}"},
    {"{\"a\":\"bc\"}"},
    {"{\"a\":{\"x\":[],\"y\":{}}}", "{\"a\":{\"y\":{},\"x\":[]}}"},
    {"{\"a\":{\"x\":{},\"y\":[]}}"},
};

static const struct tree *parse_value(struct arena *arena, const char *value)
{
    AUTO_BUF struct buf text = {0};
    buf_printf(&text, "{\"v\":%s}", value);
    struct span copy = arena_copy(arena, buf_span(&text));
    return tree_get(parse_span(arena, copy), "v");
}

static void check_pair(const struct tree *a, const struct tree *b, bool equal)
{
    AUTO_BUF struct buf left = {0};
    AUTO_BUF struct buf right = {0};
    tree_write_canonical(&left, a);
    tree_write_canonical(&right, b);
    if (tree_equal(a, b) != equal || (tree_hash(a) == tree_hash(b)) != equal ||
        span_equal(buf_span(&left), buf_span(&right)) != equal)
        fail_msg("%s and %s", buf_string(&left), buf_string(&right));
}

static void test_equality_hash_and_canonical_form(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < LENGTH(classes) * 6; i++) {
        for (size_t j = 0; j < LENGTH(classes) * 6; j++) {
            if (!classes[i / 6][i % 6] || !classes[j / 6][j % 6])
                continue;
            check_pair(parse_value(&arena, classes[i / 6][i % 6]),
                       parse_value(&arena, classes[j / 6][j % 6]), i / 6 == j / 6);
        }
    }
}

static void assert_same(const char *a, const char *b, bool expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *left = parse_value(&arena, a);
    const struct tree *right = parse_value(&arena, b);
    if (tree_same(left, right) != expected || tree_same(right, left) != expected)
        fail_msg("%s and %s", a, b);
}

static void test_same(void **state)
{
    (void)state;
    assert_same("1", "1", true);
    assert_same("1", "1.0", false);
    assert_same("1.0", "1.00", false);
    assert_same("1e2", "1E2", false);
    assert_same("0", "-0", false);
    assert_same("[1]", "[1.0]", false);
    assert_same("\"a\"", "\"\\u0061\"", true);
    assert_same("{\"a\":1,\"b\":[2.50]}", "{ \"b\" : [ 2.50 ], \"\\u0061\":1}", true);
    assert_same("{\"a\":1,\"b\":[2.50]}", "{\"b\":[2.5],\"a\":1}", false);
    assert_same("{\"a\":1}", "{\"a\":1,\"b\":1}", false);
    assert_same("true", "false", false);
    assert_same("[]", "{}", false);
}

static void test_integral(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool integral;
        int64_t value;
    } rows[] = {
        {"3", true, 3},
        {"3.0", true, 3},
        {"30e-1", true, 3},
        {"3.5", false, 0},
        {"-0.0", true, 0},
        {"9223372036854775808.0", false, 0},
        {"1e300", false, 0},
        {"-9223372036854775808.0", true, INT64_MIN},
        {"\"3\"", false, 0},
        {"null", false, 0},
        {"-1e300", false, 0},
        {"9223372036854774784.0", true, 9223372036854774784},
        {"1e-5", false, 0},
        {"1e-400", false, 0},
        {"3.00000000000000000001", false, 0},
        {"9007199254740993.0", true, 9007199254740993},
        {"9223372036854775807.0", true, INT64_MAX},
        {"9223372036854775807.5", false, 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        int64_t value = 77;
        assert_int_equal(tree_integral(parse_value(&arena, rows[i].text), &value),
                         rows[i].integral);
        assert_true(value == (rows[i].integral ? rows[i].value : 77));
    }
}

static void assert_written(void (*write)(struct buf *, const struct tree *), const char *value,
                           const char *expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf out = {0};
    write(&out, parse_value(&arena, value));
    assert_false(buf_failed(&out));
    assert_string_equal(buf_string(&out), expected);
}

static void test_write_compact(void **state)
{
    (void)state;
    assert_written(tree_write_compact, "{ \"b\" : [ 1.50 , 1E2,\"\\u0041\" ] , \"\\u0061\":{ } }",
                   "{\"b\":[1.50,1E2,\"\\u0041\"],\"\\u0061\":{}}");
    assert_written(tree_write_compact, "null", "null");
}

static void test_write_pretty(void **state)
{
    (void)state;
    assert_written(tree_write_pretty, "{\"b\":[1.50,[],{}],\"\\u0061\":{\"c\":true}}",
                   "{\n  \"b\": [\n    1.50,\n    [],\n    {}\n  ],\n"
                   "  \"\\u0061\": {\n    \"c\": true\n  }\n}\n");
    assert_written(tree_write_pretty, "{ }", "{}\n");
    assert_written(tree_write_pretty, "[ ]", "[]\n");
}

static void test_write_canonical(void **state)
{
    (void)state;
    assert_written(
        tree_write_canonical,
        "{\"b\":1.0,\"\":0.10,\"a\\/\":\"\\u0001\\u000a\\u00e9\",\"aa\":[true,null],"
        "\"a\":1e22}",
        "{\"\":0.1,\"a\":1e+22,\"a/\":\"\\u0001\\n\xc3\xa9\",\"aa\":[true,null],\"b\":1}");
    assert_written(tree_write_canonical, "3.141592653589793", "3.141592653589793");
    assert_written(tree_write_canonical, "0.30000000000000004", "0.30000000000000004");
    assert_written(tree_write_canonical, "-1.5e-7", "-1.5e-07");
    assert_written(tree_write_canonical, "0.30000000000000004000", "0.30000000000000004");
    assert_written(tree_write_canonical, "0.300000000000000040001", "3.00000000000000040001e-01");
    assert_written(tree_write_canonical, "-10e-401", "-1e-400");
    assert_written(tree_write_canonical, "9223372036854775808.0", "9.223372036854775808e+18");
    assert_written(tree_write_canonical, "9007199254740993.0", "9007199254740993");
}

static void test_write_without_memory(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct buf out = {.failed = true};
    const struct tree *tree = parse(&arena, "{\"a\":[1.5,{}]}");
    tree_write_compact(&out, tree);
    tree_write_pretty(&out, tree);
    tree_write_canonical(&out, tree);
    assert_true(buf_failed(&out));
    assert_int_equal(out.size, 0);
}

static void append_many(struct buf *text, int from, int to, int step)
{
    buf_append_byte(text, '{');
    for (int i = from; i != to; i += step)
        buf_printf(text, "%s\"a member with the number %d\":%d", i == from ? "" : ",", i, i);
    buf_append_byte(text, '}');
}

/* One thing after the other would be 5 * 10^9 comparisons, a minute or more. */
static void test_large_objects(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf forward = {0};
    AUTO_BUF struct buf backward = {0};
    append_many(&forward, 0, 100000, 1);
    append_many(&backward, 99999, -1, -1);
    const struct tree *a = parse_span(&arena, buf_span(&forward));
    const struct tree *b = parse_span(&arena, buf_span(&backward));
    clock_t begin = clock();
    assert_true(tree_equal(a, b));
    assert_true(tree_same(b, a));
    assert_true(tree_hash(a) == tree_hash(b));
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 10);
}

static void check_lookup(int count)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf text = {0};
    append_many(&text, 0, count, 1);
    const struct tree *object = parse_span(&arena, buf_span(&text));
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, object);
    for (int i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof(name), "a member with the number %d", i * 7 % count);
        const struct tree_member *member = tree_lookup_find(&lookup, span_of_string(name));
        assert_ptr_equal(member, &object->members[i * 7 % count]);
        assert_null(tree_lookup_find(&lookup, span_of_string("a member")));
        assert_null(tree_lookup_find(&lookup, span_make(NULL, 0)));
    }
    tree_lookup_finish(&lookup);
}

static void test_lookup(void **state)
{
    (void)state;
    check_lookup(1);
    check_lookup(16);
    check_lookup(17);
    check_lookup(1000);
    struct tree empty = {.type = TREE_OBJECT};
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, &empty);
    assert_null(tree_lookup_find(&lookup, span_of_string("a")));
    tree_lookup_finish(&lookup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_pointers_to_nothing),
        cmocka_unit_test(test_append_pointer),
        cmocka_unit_test(test_equality_hash_and_canonical_form),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_integral),
        cmocka_unit_test(test_write_compact),
        cmocka_unit_test(test_write_pretty),
        cmocka_unit_test(test_write_canonical),
        cmocka_unit_test(test_write_without_memory),
        cmocka_unit_test(test_large_objects),
        cmocka_unit_test(test_lookup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
