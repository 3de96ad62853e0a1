#include "schema/scan.h"
#include "schema/tree.h"
#include "schema/tree_judge.h"
#include "store/base/cleanup.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* The text without anything behind it that may be read. */
static int parse_exact(struct arena *arena, struct span text, struct tree **ret_tree,
                       struct problem *problem)
{
    void *exact = arena_alloc(arena, text.size);
    assert_non_null(exact);
    if (text.size > 0)
        memcpy(exact, text.data, text.size);
    return tree_parse_value(arena, span_make(exact, text.size), SIZE_MAX, ret_tree, problem);
}

static const struct tree *parse(struct arena *arena, const char *text)
{
    struct tree *tree = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (parse_exact(arena, span_of_string(text), &tree, &problem) < 0)
        fail_msg("%s: %s", text, buf_string(&problem.detail));
    return tree;
}

static void test_any_root(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tree_type type;
        const char *raw;
    } rows[] = {
        {"null", TREE_NULL, "null"},
        {" true", TREE_TRUE, "true"},
        {"false\n", TREE_FALSE, "false"},
        {"0", TREE_INTEGER, "0"},
        {"-12", TREE_INTEGER, "-12"},
        {"-12 ", TREE_INTEGER, "-12"},
        {"1.5", TREE_REAL, "1.5"},
        {"1.25e-7", TREE_REAL, "1.25e-7"},
        {"123456789012345678901234567890", TREE_REAL, "123456789012345678901234567890"},
        {"\"\\u00e9\"", TREE_STRING, "\"\\u00e9\""},
        {"[]", TREE_ARRAY, ""},
        {"{}", TREE_OBJECT, ""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        const struct tree *tree = parse(&arena, rows[i].text);
        assert_int_equal(tree->type, rows[i].type);
        assert_true(span_is(tree->raw, rows[i].raw));
    }
}

static void test_numbers_of_any_size(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tree_type type;
        double real;
    } rows[] = {
        {"9223372036854775807", TREE_INTEGER, 0},
        {"-9223372036854775808", TREE_INTEGER, 0},
        {"9223372036854775808", TREE_REAL, 0x1p63},
        {"-9223372036854775809", TREE_REAL, -0x1p63},
        {"99999999999999999999", TREE_REAL, 1e20},
        {"1e400", TREE_REAL, HUGE_VAL},
        {"-1e999999999999999999999", TREE_REAL, -HUGE_VAL},
        {"1e-400", TREE_REAL, 0},
        {"0e400", TREE_REAL, 0},
        {"1e22", TREE_REAL, 1e22},
        {"1e23", TREE_REAL, 1e23},
        {"9007199254740993e22", TREE_REAL, 9007199254740993e22},
        {"9007199254740993e-22", TREE_REAL, 9007199254740993e-22},
        {"5e-324", TREE_REAL, 5e-324},
        {"3.14159265358979323846", TREE_REAL, 3.14159265358979323846},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        const struct tree *tree = parse(&arena, rows[i].text);
        assert_int_equal(tree->type, rows[i].type);
        assert_true(span_is(tree->raw, rows[i].text));
        if (tree->type == TREE_REAL && !(tree->real >= rows[i].real && tree->real <= rows[i].real))
            fail_msg("%s is read as %.17g", rows[i].text, tree->real);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err code;
        const char *detail;
    } rows[] = {
        {"", ERR_JSON_INCOMPLETE, "expected a JSON value"},
        {" \n", ERR_JSON_INCOMPLETE, "expected a JSON value"},
        {"1.", ERR_JSON_INCOMPLETE, "line 1, column 3: the text ends too early; expected a digit"},
        {"-", ERR_JSON_INCOMPLETE, "after '-'"},
        {"tru", ERR_JSON_INCOMPLETE, "column 4"},
        {"\"a", ERR_JSON_INCOMPLETE, "closes the string"},
        {"[1", ERR_JSON_INCOMPLETE, "',' or ']'"},
        {"1 2", ERR_JSON_SYNTAX, "column 3: expected nothing more: a text is one JSON value"},
        {"1x", ERR_JSON_SYNTAX, "column 2: expected nothing more"},
        {"01", ERR_JSON_SYNTAX, "leading 0"},
        {"}", ERR_JSON_SYNTAX, "column 1: expected a value"},
        {"'a'", ERR_JSON_SYNTAX, "single"},
        {"+1", ERR_JSON_SYNTAX, "begins with a digit"},
        {"\xef\xbb\xbf[]", ERR_JSON_ENCODING, "byte order mark"},
        {"\xff\xfe", ERR_JSON_ENCODING, "UTF-16"},
        {"\"\\ud800\"", ERR_JSON_ENCODING, "second half"},
        {"[{\"a\":1,\n\"a\":2}]", ERR_JSON_DUPLICATE, "line 2, column 1: \"a\" is given twice"},
        {"[1e400,-123456789012345678901234567890,{\"a\":1E999,\"\\u0061\":2}]", ERR_JSON_DUPLICATE,
         "column 51: \"\\u0061\" is given twice"},
        {"[1e400,{\"1\":1,\"-5\":\"-5\",\"-5\":1}]", ERR_JSON_DUPLICATE, "column 25: \"-5\" is"},
        {"{\"a\\u0000\":1e400}", ERR_JSON_LIMIT, "column 2: \"a\\u0000\" is a member name"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        struct tree *tree = NULL;
        int rc = parse_exact(&arena, span_of_string(rows[i].text), &tree, &problem);
        if (rc != -(int)rows[i].code || tree ||
            !strstr(buf_string(&problem.detail), rows[i].detail))
            fail_msg("%s: %d, %s", rows[i].text, rc, buf_string(&problem.detail));
    }
}

static void assert_equal(const char *left, const char *right, bool expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf one = {0};
    AUTO_BUF struct buf other = {0};
    const struct tree *a = parse(&arena, left), *b = parse(&arena, right);
    tree_write_canonical(&one, a);
    tree_write_canonical(&other, b);
    if (tree_equal(a, b) != expected || tree_equal(b, a) != expected ||
        (tree_hash(a) == tree_hash(b)) != expected ||
        span_equal(buf_span(&one), buf_span(&other)) != expected)
        fail_msg("%s and %s", buf_string(&one), buf_string(&other));
    assert_true(tree_equal(parse(&arena, buf_string(&one)), a));
}

static void test_large_numbers_are_equal_exactly(void **state)
{
    (void)state;
    assert_equal("1e400", "10e399", true);
    assert_equal("1e400", "1e401", false);
    assert_equal("-1e400", "1e400", false);
    assert_equal("18446744073709551616", "18446744073709551616.0", true);
    assert_equal("18446744073709551616", "18446744073709551617", false);
    assert_equal("[12345678910111213141516171819202122232425262728293031]",
                 "[12345678910111213141516171819202122232425262728293032]", false);
    assert_equal("1e999999999", "1000e999999996", true);
    assert_equal("1e-999999999", "0", false);
    assert_equal("12e99999999999999999999", "1.2e99999999999999999999", true);
    assert_equal("12e-99999999999999999999", "-12e-99999999999999999999", false);
}

static void test_key_hashes(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *object = parse(&arena, "{\"\":0,\"a\":1,\"\\u0061b\":2,\"abcdefgh\":3}");
    for (uint32_t i = 0; i < object->count; i++) {
        struct tree_member member = object->members[i];
        assert_true(member.hash != 0 && member.hash == tree_key_hash(member.key));
        member.hash = 0;
        assert_true(tree_member_hash(&member) == object->members[i].hash);
    }
    /* Each byte counts, wherever the name is in memory. */
    uint8_t name[41] = "0123456789abcdefghijklmnopqrstuvwxyzABCD";
    for (size_t size = 1; size <= 40; size++) {
        AUTO_FREE uint8_t *exact = malloc(size);
        assert_non_null(exact);
        memcpy(exact, name, size);
        uint64_t hash = tree_key_hash(span_make(name, size));
        assert_true(hash == tree_key_hash(span_make(exact, size)));
        assert_true(hash != tree_key_hash(span_make(name, size - 1)));
        for (size_t i = 0; i < size; i++) {
            exact[i] ^= 1;
            assert_true(hash != tree_key_hash(span_make(exact, size)));
            exact[i] ^= 1;
        }
    }
}

static void append_names(struct buf *text, unsigned count, unsigned again)
{
    buf_append_byte(text, '{');
    for (unsigned i = 0; i < count; i++)
        buf_printf(text, "\"%u\":0,", i);
    buf_printf(text, "\"%u\":0}", again);
}

/* Whichever member it is that comes again, and however many there are. */
static void test_every_duplicate_is_found(void **state)
{
    (void)state;
    for (unsigned count = 1; count < 70; count++)
        for (unsigned again = 0; again <= count; again++) {
            AUTO_ARENA struct arena arena;
            arena_init(&arena, 0);
            AUTO_BUF struct buf text = {0};
            append_names(&text, count, again);
            struct tree *tree = NULL;
            int expected = again < count ? -ERR_JSON_DUPLICATE : 0;
            assert_int_equal(parse_exact(&arena, buf_span(&text), &tree, NULL), expected);
            assert_int_equal(tree_parse(&arena, buf_span(&text), SIZE_MAX, &tree, NULL), expected);
        }
}

/* Names of the same hash, as anyone can make them: eight bytes that decide the rest. */
static void append_colliding(struct buf *text, unsigned count)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    unsigned made = 0;
    for (uint64_t i = 0; made < count; i++) {
        char name[16] = "________________";
        for (unsigned at = 0; at < 8; at++)
            name[at] = digits[i >> 5 * at & 31];
        uint64_t hash = tree_key_hash(span_make(name, 16));
        if ((hash & 0xff) != 0)
            continue;
        buf_printf(text, "%s\"%.16s\":0", made++ > 0 ? "," : "{", name);
    }
    buf_append_byte(text, '}');
}

/* All names begin at the same slot, so looking for each along the others would be quadratic. */
static void test_colliding_names(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf text = {0};
    append_colliding(&text, 20000);
    clock_t begin = clock();
    assert_int_equal(parse(&arena, buf_string(&text))->count, 20000);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 5);
    text.size--;
    buf_append_string(&text, ",\"x\":1e400,\"x\":0}");
    struct tree *tree = NULL;
    assert_int_equal(parse_exact(&arena, buf_span(&text), &tree, NULL), -ERR_JSON_DUPLICATE);
}

static void test_depth(void **state)
{
    (void)state;
    for (unsigned levels = SCAN_DEPTH_MAX; levels <= SCAN_DEPTH_MAX + 1; levels++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        AUTO_BUF struct buf text = {0};
        buf_append_fill(&text, '[', levels);
        buf_append_fill(&text, ']', levels);
        struct tree *tree = NULL;
        assert_int_equal(parse_exact(&arena, buf_span(&text), &tree, NULL),
                         levels > SCAN_DEPTH_MAX ? -ERR_JSON_LIMIT : 0);
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The pieces of texts that are nearly valid. */
static void append_random(struct buf *text, uint64_t *seed)
{
    static const char *const pieces[] = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "{\"a\":",
                                         ",\"a\":",
                                         "\"b\"",
                                         "\"a\"",
                                         "null",
                                         "true",
                                         "false",
                                         "0",
                                         "-1",
                                         "12.50",
                                         "1e5",
                                         "1E400",
                                         "0.1e-9",
                                         "\"\\u00e9",
                                         "\\ud83d",
                                         "\\ude00",
                                         "\\n",
                                         "\"",
                                         " ",
                                         "\n",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\xed\xa0\x80",
                                         "\\u0000",
                                         "\xc0",
                                         "\x01",
                                         "99999999999999999999",
                                         "9223372036854775807",
                                         "e1",
                                         "plain characters, more than eight",
                                         "        ",
                                         ".",
                                         "-"};
    for (uint64_t count = 1 + next_random(seed) % 12; count > 0; count--)
        buf_append_string(text, pieces[next_random(seed) % LENGTH(pieces)]);
}

static int expected_result(struct span text, bool any_value, struct problem *problem)
{
    struct scan scan;
    if (any_value)
        scan_init_value(&scan);
    else
        scan_init(&scan);
    if (scan_feed(&scan, text) != SCAN_COMPLETE)
        return scan_explain(&scan, problem);
    return tree_judge(text, any_value, problem);
}

/* Returns whether it was taken. */
static bool check_random(struct span text, bool any_value)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    AUTO_PROBLEM struct problem expected;
    problem_init(&problem);
    problem_init(&expected);
    struct tree *tree = NULL;
    int rc = any_value ? parse_exact(&arena, text, &tree, &problem)
                       : tree_parse(&arena, text, SIZE_MAX, &tree, &problem);
    if (rc != expected_result(text, any_value, &expected) ||
        strcmp(buf_string(&problem.detail), buf_string(&expected.detail)) != 0)
        fail_msg("%.*s: %d, %s; not %s", (int)text.size, (const char *)text.data, rc,
                 buf_string(&problem.detail), buf_string(&expected.detail));
    return rc == 0;
}

/* The quick builder takes what the scan and the judge take, and nothing else. */
static void test_random_texts(void **state)
{
    (void)state;
    uint64_t seed = 20260104;
    unsigned objects = 0, values = 0;
    for (unsigned round = 0; round < 60000; round++) {
        AUTO_BUF struct buf text = {0};
        append_random(&text, &seed);
        values += check_random(buf_span(&text), true);
        AUTO_BUF struct buf object = {0};
        buf_append_string(&object, "{\"a\":");
        buf_append_span(&object, buf_span(&text));
        buf_append_string(&object, "}");
        objects += check_random(buf_span(&object), false);
    }
    assert_true(objects > 500 && values > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_root),
        cmocka_unit_test(test_numbers_of_any_size),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_large_numbers_are_equal_exactly),
        cmocka_unit_test(test_key_hashes),
        cmocka_unit_test(test_every_duplicate_is_found),
        cmocka_unit_test(test_colliding_names),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_random_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
