#include "schema/tree.h"

#include "schema/scan.h"
#include "store/base/cleanup.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

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

static void assert_refused(const char *text, enum err code, const char *detail)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *untouched = NULL;
    assert_int_equal(tree_parse(&arena, span_of_string(text), SIZE_LIMIT, &untouched, &problem),
                     -(int)code);
    assert_int_equal(problem.code, -(int)code);
    assert_null(untouched);
    if (!strstr(buf_string(&problem.detail), detail))
        fail_msg("%s: %s", text, buf_string(&problem.detail));
    assert_int_equal(tree_parse(&arena, span_of_string(text), SIZE_LIMIT, &untouched, NULL),
                     -(int)code);
}

static void test_parse_shape(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *root = parse(
        &arena, " { \"b\" : [ ] , \"a\":{\"x\":[ null, true ,false,{},\"s\", -12 , 1.50 ]} }\n");
    assert_int_equal(root->type, TREE_OBJECT);
    assert_int_equal(root->count, 2);
    assert_span(root->members[0].key, "b");
    assert_span(root->members[0].raw, "\"b\"");
    assert_int_equal(root->members[0].value.type, TREE_ARRAY);
    assert_int_equal(root->members[0].value.count, 0);
    const struct tree *items = tree_get(tree_get(root, "a"), "x");
    static const enum tree_type types[] = {TREE_NULL,   TREE_TRUE,    TREE_FALSE, TREE_OBJECT,
                                           TREE_STRING, TREE_INTEGER, TREE_REAL};
    static const char *const raws[] = {"null", "true", "false", "", "\"s\"", "-12", "1.50"};
    assert_int_equal(items->count, LENGTH(types));
    for (size_t i = 0; i < LENGTH(types); i++) {
        assert_int_equal(items->items[i].type, types[i]);
        if (types[i] != TREE_OBJECT)
            assert_span(items->items[i].raw, raws[i]);
    }
    assert_int_equal(items->items[5].integer, -12);
    assert_true(items->items[6].real == 1.5);
    assert_null(tree_get(root, "c"));
    assert_null(tree_get(items, "x"));
}

static void test_strings(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    static const char text[] = "{\"pl\xc3\xa4in\":\"here\",\"\\u00e9\\n\":"
                               "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00E9\\u20ac\\uD834\\udd1e.\","
                               "\"nul\":\"a\\u0000b\",\"e\":\"\",\"bs\":\"\\\\\"}";
    const struct tree *root = parse(&arena, text);
    const struct tree_member *plain = &root->members[0];
    assert_ptr_equal(plain->key.data, text + 2);
    assert_ptr_equal(plain->value.string.data, strstr(text, "here"));
    assert_span(plain->value.string, "here");
    assert_span(root->members[1].key, "\xc3\xa9\n");
    assert_span(root->members[1].raw, "\"\\u00e9\\n\"");
    assert_span(root->members[1].value.string,
                "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e.");
    assert_true(span_equal(tree_get(root, "nul")->string, span_make("a\0b", 3)));
    assert_int_equal(tree_get(root, "e")->string.size, 0);
    assert_span(tree_get(root, "e")->raw, "\"\"");
    assert_span(tree_get(root, "bs")->string, "\\");
}

static void test_every_escape_decodes(void **state)
{
    (void)state;
    static const struct {
        const char *escaped;
        const char *decoded;
    } rows[] = {
        {"\\u007f", "\x7f"},
        {"\\u0080", "\xc2\x80"},
        {"\\u07ff", "\xdf\xbf"},
        {"\\u0800", "\xe0\xa0\x80"},
        {"\\ud7ff", "\xed\x9f\xbf"},
        {"\\ue000", "\xee\x80\x80"},
        {"\\uFFFF", "\xef\xbf\xbf"},
        {"\\ud800\\udc00", "\xf0\x90\x80\x80"},
        {"\\udbff\\uDFFF", "\xf4\x8f\xbf\xbf"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        char text[64];
        snprintf(text, sizeof(text), "{\"a\":\"%s\"}", rows[i].escaped);
        assert_span(tree_get(parse(&arena, text), "a")->string, rows[i].decoded);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *numbers =
        tree_get(parse(&arena, "{\"n\":[9223372036854775807,-9223372036854775808,-0,0,-0.0,1e-400,"
                               "1.7976931348623157e308,9223372036854775808.0,1E2,5e-324,"
                               "0.1000000000000000055511151231257827021181583404541015625]}"),
                 "n");
    const struct tree *n = numbers->items;
    assert_int_equal(n[0].integer, INT64_MAX);
    assert_true(n[1].integer == INT64_MIN);
    assert_int_equal(n[2].type, TREE_INTEGER);
    assert_int_equal(n[2].integer, 0);
    assert_span(n[2].raw, "-0");
    assert_int_equal(n[4].type, TREE_REAL);
    assert_true(signbit(n[4].real));
    assert_true(n[5].real == 0);
    assert_span(n[5].raw, "1e-400");
    assert_true(n[6].real == 0x1.fffffffffffffp1023);
    assert_true(n[7].real == 0x1p63);
    assert_int_equal(n[8].type, TREE_REAL);
    assert_true(n[9].real > 0 && n[9].real == 0x1p-1074);
    assert_true(n[10].real == 0.1);
}

static void test_numbers_out_of_range(void **state)
{
    (void)state;
    assert_refused("{\"a\":9223372036854775808}", ERR_JSON_LIMIT,
                   "line 1, column 6: 9223372036854775808 is beyond the range of a 64-bit integer");
    assert_refused("{\n \"a\": [1, -9223372036854775809 ]}", ERR_JSON_LIMIT,
                   "line 2, column 11: -9223372036854775809 is beyond");
    assert_refused("{\"a\":1E400}", ERR_JSON_LIMIT,
                   "line 1, column 6: 1E400 is beyond the range of a double");
    assert_refused("{\"\xc3\xa4\":-1e999,\"b\":0}", ERR_JSON_LIMIT, "line 1, column 6: -1e999 is");
    assert_refused("{\"a\":1.8e308}", ERR_JSON_LIMIT, "double");
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"a\":");
    buf_append_fill(&text, '9', 100000);
    buf_append_byte(&text, '}');
    assert_refused(buf_string(&text), ERR_JSON_LIMIT, "999... is beyond");
}

static void test_duplicates(void **state)
{
    (void)state;
    assert_refused("{\"a\":1,\"a\":2}", ERR_JSON_DUPLICATE,
                   "line 1, column 8: \"a\" is given twice");
    assert_refused("{\"\xc3\xa9\":1,\n  \"b\":{\"x\":[{\"k\":1, \"\\u006b\" :2}]}}",
                   ERR_JSON_DUPLICATE, "line 2, column 21: \"\\u006b\" is given twice");
    assert_refused("{\"\":1,\"\":1}", ERR_JSON_DUPLICATE, "\"\" is given twice");
    assert_refused("{\"a\\\"b\":1,\"a\\\"b\":1}", ERR_JSON_DUPLICATE, "column 11: \"a\\\"b\" is");
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    assert_non_null(parse(&arena, "{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]},\"A\":1}"));
}

static void test_refusals(void **state)
{
    (void)state;
    assert_refused("", ERR_JSON_INCOMPLETE, "empty");
    assert_refused("{\"a\":", ERR_JSON_INCOMPLETE, "line 1, column 6");
    assert_refused("[1]", ERR_NOT_AN_OBJECT, "line 1, column 1");
    assert_refused("{\n\"a\":1,}", ERR_JSON_SYNTAX, "line 2, column 7");
    assert_refused("{\"\xff\":1}", ERR_JSON_ENCODING, "column 3");
    assert_refused("{\"a\\u0000b\":1}", ERR_JSON_LIMIT, "column 2: \"a\\u0000b\" is a member name");
}

static void test_too_large(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *tree = NULL;
    struct span text = span_of_string("{\"a\":1}");
    assert_int_equal(tree_parse(&arena, text, 6, &tree, &problem), -ERR_TOO_LARGE);
    assert_non_null(strstr(buf_string(&problem.detail), "7 bytes; at most 6"));
    assert_int_equal(tree_parse(&arena, text, 7, &tree, &problem), 0);
    assert_int_equal(tree_parse(&arena, text, SIZE_MAX, &tree, &problem), 0);
}

/* The text is not followed by a NUL, nor by anything that may be read. */
static void test_reads_no_further_than_the_text(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    static const char text[] = "{\"a\":[1.5,\"x\\n\",12]}";
    AUTO_FREE char *exact = malloc(sizeof(text) - 1);
    assert_non_null(exact);
    memcpy(exact, text, sizeof(text) - 1);
    const struct tree *tree = parse_span(&arena, span_make(exact, sizeof(text) - 1));
    assert_true(tree_get(tree, "a")->items[0].real == 1.5);
}

static void nest(struct buf *text, unsigned levels)
{
    buf_append_string(text, "{\"a\":");
    buf_append_fill(text, '[', levels - 1);
    buf_append_fill(text, ']', levels - 1);
    buf_append_byte(text, '}');
}

static void test_depth(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf text = {0};
    nest(&text, SCAN_DEPTH_MAX);
    const struct tree *tree = parse_span(&arena, buf_span(&text));
    AUTO_BUF struct buf out = {0};
    tree_write_compact(&out, tree);
    assert_true(span_equal(buf_span(&out), buf_span(&text)));
    buf_clear(&text);
    nest(&text, SCAN_DEPTH_MAX + 1);
    assert_refused(buf_string(&text), ERR_JSON_LIMIT, "at most 128 levels");
}

/* Each allocation of the arena in turn is the one that fails. */
static void test_no_memory(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"a\":[");
    for (unsigned i = 0; i < 500; i++)
        buf_append_string(&text, "{\"\\n\":\"\\t\"},");
    buf_append_string(&text, "[]]}");
    bool parsed = false;
    unsigned failures = 0;
    for (size_t limit = 1; !parsed; limit += 1000) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, limit);
        struct tree *tree = NULL;
        int rc = tree_parse(&arena, buf_span(&text), SIZE_LIMIT, &tree, NULL);
        assert_true(rc == 0 || rc == -ERR_NO_MEMORY);
        assert_true((tree == NULL) == (rc < 0));
        parsed = rc == 0;
        failures += rc < 0;
    }
    assert_true(failures > 10);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void mutate(struct buf *text, uint64_t *seed)
{
    static const char bytes[] = "{}[]\",:0123456789.eE+-truefalsn\\u \n/ad\xc3\xa9\xef\xf0\x80";
    for (uint64_t times = next_random(seed) % 4; times > 0; times--) {
        size_t at = next_random(seed) % text->size;
        if (next_random(seed) % 3 == 0) {
            memmove(text->data + at, text->data + at + 1, text->size - at - 1);
            text->size -= text->size > 1;
        } else {
            text->data[at] = (uint8_t)bytes[next_random(seed) % sizeof(bytes)];
        }
    }
}

/* What the scan takes for complete, jansson takes too, but for duplicates and ranges; and what is
 * written comes back as it was. */
static void check_mutated(struct span text)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct scan scan;
    scan_init(&scan);
    bool complete = scan_feed(&scan, text) == SCAN_COMPLETE;
    struct tree *tree = NULL;
    int rc = tree_parse(&arena, text, SIZE_LIMIT, &tree, NULL);
    if (!complete) {
        assert_int_equal(rc, scan_explain(&scan, NULL));
        return;
    }
    assert_true(rc == 0 || rc == -ERR_JSON_DUPLICATE || rc == -ERR_JSON_LIMIT);
    if (rc < 0)
        return;
    AUTO_BUF struct buf compact = {0};
    tree_write_compact(&compact, tree);
    assert_true(tree_same(tree, parse_span(&arena, buf_span(&compact))));
    AUTO_BUF struct buf pretty = {0};
    tree_write_pretty(&pretty, tree);
    assert_true(tree_same(tree, parse_span(&arena, buf_span(&pretty))));
    AUTO_BUF struct buf canonical = {0};
    tree_write_canonical(&canonical, tree);
    assert_true(tree_equal(tree, parse_span(&arena, buf_span(&canonical))));
}

static void test_mutated_texts(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "{\"a\":[1,-2.5e+3,true,false,null,\"\\u00e9\\n\"],\"b\":{}, \"d\" : \"\xc3\xa9\"}",
        "{\"a\":1,\"b\":2,\"c\":[9223372036854775807,1e308,[[[]]]]}",
        "{\"\\ud83d\\ude00\":\"\xf0\x9f\x98\x80\",\n\"t\":0}",
    };
    uint64_t seed = 20260101;
    unsigned complete = 0;
    for (unsigned round = 0; round < 30000; round++) {
        AUTO_BUF struct buf text = {0};
        buf_append_string(&text, seeds[round % LENGTH(seeds)]);
        mutate(&text, &seed);
        check_mutated(buf_span(&text));
        struct scan scan;
        scan_init(&scan);
        complete += scan_feed(&scan, buf_span(&text)) == SCAN_COMPLETE;
    }
    assert_true(complete > 1000 && complete < 29000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_shape),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_every_escape_decodes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_out_of_range),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_reads_no_further_than_the_text),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_mutated_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
