#include "schema/diff.h"

#include "schema/scan.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* The text is copied. */
static const struct tree *parse_value(struct arena *arena, struct span value)
{
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"v\":");
    buf_append_span(&text, value);
    buf_append_byte(&text, '}');
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *tree = NULL;
    struct span copy = arena_copy(arena, buf_span(&text));
    if (tree_parse(arena, copy, SIZE_MAX, &tree, &problem) < 0)
        fail_msg("%s: %s", buf_string(&text), buf_string(&problem.detail));
    return tree_get(tree, "v");
}

static const struct tree *parse(struct arena *arena, const char *value)
{
    return parse_value(arena, span_of_string(value));
}

/* What stands between the two, applied to the first, gives the second; nothing but the result is
 * changed. */
static void check_round_trip(const struct tree *before, const struct tree *after,
                             struct buf *ret_patch)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf untouched = {0};
    AUTO_BUF struct buf now = {0};
    tree_write_compact(&untouched, before);
    diff_write(ret_patch, before, after);
    assert_false(buf_failed(ret_patch));
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *result = NULL;
    const struct tree *patch = parse_value(&arena, buf_span(ret_patch));
    if (diff_apply(&arena, before, patch, &result, &problem) < 0 || !tree_same(result, after))
        fail_msg("%s, by %s: %s", buf_string(&untouched), buf_string(ret_patch),
                 buf_string(&problem.detail));
    tree_write_compact(&now, before);
    assert_true(span_equal(buf_span(&now), buf_span(&untouched)));
    assert_null(memchr(ret_patch->data, '\n', ret_patch->size));
    assert_true(span_is(buf_span(ret_patch), "[]") == tree_same(before, after));
}

static void assert_diff(const char *before, const char *after, const char *expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf patch = {0};
    check_round_trip(parse(&arena, before), parse(&arena, after), &patch);
    assert_string_equal(buf_string(&patch), expected);
}

#define ADD(path, value)     "{\"op\":\"add\",\"path\":\"" path "\",\"value\":" value "}"
#define REPLACE(path, value) "{\"op\":\"replace\",\"path\":\"" path "\",\"value\":" value "}"
#define REMOVE(path)         "{\"op\":\"remove\",\"path\":\"" path "\"}"

static void test_members(void **state)
{
    (void)state;
    assert_diff("{\"a\":1}", "{\"a\":1}", "[]");
    assert_diff("{\"a\":1}", "{\"a\":2}", "[" REPLACE("/a", "2") "]");
    assert_diff("{\"a\":1}", "{\"b\":1}", "[" REMOVE("/a") "," ADD("/b", "1") "]");
    assert_diff("{\"a\":1,\"b\":[2.50,{}]}", "{\"b\":[ 2.50, { } ],\"a\":1}", "[]");
    assert_diff("{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":[ 1 , 2 ]}}}",
                "[" REPLACE("/a/b/c", "[1,2]") "]");
    assert_diff("{\"a\":{}}", "{\"a\":[]}", "[" REPLACE("/a", "[]") "]");
    assert_diff("{\"a\":null}", "{}", "[" REMOVE("/a") "]");
    assert_diff("{}", "{\"a\":null}", "[" ADD("/a", "null") "]");
}

static void test_spelling_counts(void **state)
{
    (void)state;
    assert_diff("{\"a\":1}", "{\"a\":1.0}", "[" REPLACE("/a", "1.0") "]");
    assert_diff("{\"a\":1.50}", "{\"a\":1.5}", "[" REPLACE("/a", "1.5") "]");
    assert_diff("{\"a\":\"b\"}", "{\"\\u0061\":\"\\u0062\"}", "[]");
}

static void test_paths(void **state)
{
    (void)state;
    assert_diff("{\"\":1}", "{\"\":2}", "[" REPLACE("/", "2") "]");
    assert_diff("{\"a/b\":{\"m~n\":1}}", "{\"a/b\":{\"m~n\":2}}",
                "[" REPLACE("/a~1b/m~0n", "2") "]");
    assert_diff("{}", "{\"\\\"\\\\\\u00e9\\n\":{}}", "[" ADD("/\\\"\\\\\xc3\xa9\\n", "{}") "]");
    assert_diff("1", "2", "[" REPLACE("", "2") "]");
    assert_diff("[]", "{}", "[" REPLACE("", "{}") "]");
}

static void test_arrays(void **state)
{
    (void)state;
    assert_diff("[1,2,3]", "[1,2,3,4]", "[" ADD("/3", "4") "]");
    assert_diff("[1,2,3]", "[0,1,2,3]", "[" ADD("/0", "0") "]");
    assert_diff("[1,2,3]", "[1,9,2,3]", "[" ADD("/1", "9") "]");
    assert_diff("[1,2,3]", "[1,3]", "[" REMOVE("/1") "]");
    assert_diff("[1,2,3]", "[]", "[" REMOVE("/2") "," REMOVE("/1") "," REMOVE("/0") "]");
    assert_diff("[]", "[1,2]", "[" ADD("/0", "1") "," ADD("/1", "2") "]");
    assert_diff("[1,2,3]", "[1,4,3]", "[" REPLACE("/1", "4") "]");
    assert_diff("[1,1]", "[1,1,1]", "[" ADD("/2", "1") "]");
    assert_diff("[1,1,1]", "[1]", "[" REMOVE("/2") "," REMOVE("/1") "]");
    assert_diff("[0,1,2,3,4,9]", "[0,7,9]",
                "[" REPLACE("/1", "7") "," REMOVE("/4") "," REMOVE("/3") "," REMOVE("/2") "]");
    assert_diff("[0,1,9]", "[0,5,6,7,9]",
                "[" REPLACE("/1", "5") "," ADD("/2", "6") "," ADD("/3", "7") "]");
    assert_diff("[{\"a\":1,\"b\":2},3]", "[{\"a\":1,\"b\":4},3]", "[" REPLACE("/0/b", "4") "]");
    assert_diff("[[1,2],[3]]", "[[1],[3,4]]", "[" REMOVE("/0/1") "," ADD("/1/1", "4") "]");
}

static void test_appends(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf out = {0};
    buf_append_string(&out, "patch: ");
    diff_write(&out, parse(&arena, "{\"a\":1}"), parse(&arena, "{\"a\":1,\"b\":2}"));
    assert_string_equal(buf_string(&out), "patch: [" ADD("/b", "2") "]");
    struct buf failed = {.failed = true};
    diff_write(&failed, parse(&arena, "{\"a\":1}"), parse(&arena, "{\"a\":2}"));
    assert_true(buf_failed(&failed));
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static bool one_in(uint64_t *seed, unsigned count)
{
    return next_random(seed) % count == 0;
}

static const char *const names[] = {"",  "a",     "b",  "a/b",      "~",   "~1",
                                    "/", "m~0n",  "~0", "\xc3\xa9", "0",   "1",
                                    "-", "\"q\"", "\\", "\n\x7f",   "a b", "\xf0\x9f\x98\x80"};

static const char *const scalars[] = {"null",  "true",        "false",  "0",    "-0",
                                      "1",     "1.0",         "1e2",    "100",  "\"\"",
                                      "\"x\"", "\"\\u0078\"", "\"~/\"", "1.50", "\"\\u0000\""};

static void write_random(struct buf *out, uint64_t *seed, unsigned levels);

static void write_random_object(struct buf *out, uint64_t *seed, unsigned levels)
{
    size_t first = next_random(seed) % LENGTH(names);
    unsigned rarity = 2 + (unsigned)(next_random(seed) % 8);
    const char *separator = "";
    buf_append_byte(out, '{');
    for (size_t i = 0; i < LENGTH(names); i++) {
        if (!one_in(seed, rarity))
            continue;
        buf_append_string(out, separator);
        buf_append_json_string(out, span_of_string(names[(first + i) % LENGTH(names)]));
        buf_append_byte(out, ':');
        write_random(out, seed, levels - 1);
        separator = ",";
    }
    buf_append_byte(out, '}');
}

static void write_random(struct buf *out, uint64_t *seed, unsigned levels)
{
    if (levels == 0 || one_in(seed, 3)) {
        buf_append_string(out, scalars[next_random(seed) % LENGTH(scalars)]);
    } else if (one_in(seed, 2)) {
        write_random_object(out, seed, levels);
    } else {
        buf_append_byte(out, '[');
        for (uint64_t count = next_random(seed) % 6; count > 0; count--) {
            write_random(out, seed, levels - 1);
            buf_append_string(out, count > 1 ? "," : "");
        }
        buf_append_byte(out, ']');
    }
}

static void write_edited(struct buf *out, uint64_t *seed, const struct tree *value);

static void write_edited_members(struct buf *out, uint64_t *seed, const struct tree *object)
{
    const char *separator = "";
    uint64_t first = next_random(seed);
    for (uint32_t i = 0; i < object->count; i++) {
        const struct tree_member *member = &object->members[(first + i) % object->count];
        if (one_in(seed, 8))
            continue;
        buf_append_string(out, separator);
        buf_append_span(out, member->raw);
        buf_append_byte(out, ':');
        write_edited(out, seed, &member->value);
        separator = ",";
    }
    const char *name = names[next_random(seed) % LENGTH(names)];
    if (one_in(seed, 4) && !tree_get(object, name)) {
        buf_append_string(out, separator);
        buf_append_json_string(out, span_of_string(name));
        buf_append_string(out, ":[true]");
    }
}

static void write_edited_items(struct buf *out, uint64_t *seed, const struct tree *array)
{
    const char *separator = "";
    for (uint32_t i = 0; i < array->count; i++) {
        bool extra = one_in(seed, 8);
        if (one_in(seed, 8))
            continue;
        buf_append_string(out, separator);
        buf_append_string(out, extra ? "7," : "");
        write_edited(out, seed, &array->items[i]);
        separator = ",";
    }
}

/* A value that has much in common with the one it was made from. */
static void write_edited(struct buf *out, uint64_t *seed, const struct tree *value)
{
    bool container = value->type == TREE_ARRAY || value->type == TREE_OBJECT;
    if (one_in(seed, 12)) {
        write_random(out, seed, 2);
    } else if (!container) {
        buf_append_span(out, value->raw);
    } else {
        buf_append_byte(out, value->type == TREE_ARRAY ? '[' : '{');
        if (value->type == TREE_ARRAY)
            write_edited_items(out, seed, value);
        else
            write_edited_members(out, seed, value);
        buf_append_byte(out, value->type == TREE_ARRAY ? ']' : '}');
    }
}

static void test_random_documents(void **state)
{
    (void)state;
    uint64_t seed = 1902;
    unsigned changed = 0;
    for (unsigned round = 0; round < 6000; round++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        AUTO_BUF struct buf text = {0};
        write_random_object(&text, &seed, 4);
        const struct tree *before = parse_value(&arena, buf_span(&text));
        buf_clear(&text);
        if (round % 4 == 0)
            write_random_object(&text, &seed, 4);
        else
            write_edited(&text, &seed, before);
        const struct tree *after = parse_value(&arena, buf_span(&text));
        AUTO_BUF struct buf patch = {0};
        check_round_trip(before, after, &patch);
        changed += patch.size > 2;
        AUTO_BUF struct buf none = {0};
        check_round_trip(before, before, &none);
        assert_string_equal(buf_string(&none), "[]");
    }
    assert_true(changed > 3000);
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
    AUTO_BUF struct buf text = {0};
    append_many(&text, 0, 100000, 1);
    const struct tree *before = parse_value(&arena, buf_span(&text));
    buf_clear(&text);
    append_many(&text, 100001, 1, -1);
    const struct tree *after = parse_value(&arena, buf_span(&text));
    AUTO_BUF struct buf patch = {0};
    clock_t begin = clock();
    diff_write(&patch, before, after);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 10);
    const struct tree *operations = parse_value(&arena, buf_span(&patch));
    assert_int_equal(operations->count, 4);
    struct tree *result = NULL;
    assert_int_equal(diff_apply(&arena, before, operations, &result, NULL), 0);
    assert_true(tree_same(result, after));
}

static void append_under_long_name(struct buf *text, char digit)
{
    buf_append_string(text, "{\"");
    buf_append_fill(text, 'n', 100000);
    buf_append_string(text, "\":[");
    for (unsigned i = 0; i < 20000; i++)
        buf_printf(text, "%s%c", i > 0 ? "," : "", digit);
    buf_append_string(text, "]}");
}

/* Operation by operation it would be 2 GB. */
static void test_long_paths(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf one = {0};
    AUTO_BUF struct buf two = {0};
    append_under_long_name(&one, '1');
    append_under_long_name(&two, '2');
    AUTO_BUF struct buf patch = {0};
    check_round_trip(parse_value(&arena, buf_span(&one)), parse_value(&arena, buf_span(&two)),
                     &patch);
    assert_true(patch.capacity < 8 * (one.size + two.size));
    assert_true(span_starts_with(buf_span(&patch),
                                 span_of_string("[{\"op\":\"replace\",\"path\":\"\",\"value\":{")));
}

static void append_nest(struct buf *text, unsigned levels, const char *inside)
{
    for (unsigned i = 0; i < levels; i++)
        buf_append_string(text, "[1,");
    buf_append_string(text, inside);
    buf_append_fill(text, ']', levels);
}

static void test_depth(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf one = {0};
    AUTO_BUF struct buf two = {0};
    append_nest(&one, SCAN_DEPTH_MAX - 2, "[2]");
    append_nest(&two, SCAN_DEPTH_MAX - 2, "[2,3]");
    AUTO_BUF struct buf patch = {0};
    check_round_trip(parse_value(&arena, buf_span(&one)), parse_value(&arena, buf_span(&two)),
                     &patch);
    assert_true(patch.size < 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),       cmocka_unit_test(test_spelling_counts),
        cmocka_unit_test(test_paths),         cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_appends),       cmocka_unit_test(test_random_documents),
        cmocka_unit_test(test_large_objects), cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
