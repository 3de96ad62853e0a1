#include "schema/scan.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

struct vector {
    struct span text;
    enum err error; /* of an invalid one; ERR_JSON_INCOMPLETE; ERR_NONE when complete */
    unsigned line;
    unsigned column;
    const char *reason; /* a part of it */
};

#define COMPLETE(text)                                                                             \
    {                                                                                              \
        TEXT(text), ERR_NONE, 0, 0, ""                                                             \
    }
#define INCOMPLETE(text, column, reason)                                                           \
    {                                                                                              \
        TEXT(text), ERR_JSON_INCOMPLETE, 1, column, reason                                         \
    }
#define SYNTAX(text, column, reason)                                                               \
    {                                                                                              \
        TEXT(text), ERR_JSON_SYNTAX, 1, column, reason                                             \
    }
#define ENCODING(text, column, reason)                                                             \
    {                                                                                              \
        TEXT(text), ERR_JSON_ENCODING, 1, column, reason                                           \
    }
#define NOT_OBJECT(text, column)                                                                   \
    {                                                                                              \
        TEXT(text), ERR_NOT_AN_OBJECT, 1, column, "expected '{'"                                   \
    }
#define SYNTAX_AT(text, line, column, reason)                                                      \
    {                                                                                              \
        TEXT(text), ERR_JSON_SYNTAX, line, column, reason                                          \
    }

static const struct vector vectors[] = {
    COMPLETE("{}"),
    COMPLETE(" \t\r\n{ \t\r\n} \t\r\n"),
    COMPLETE("{\"\":0}"),
    COMPLETE("{\"a\":[],\"b\":{},\"c\":[[],[{}]]}"),
    COMPLETE("{ \"a\" : [ 1 , 2 ] , \"b\" : true }"),
    COMPLETE("{\"a\":[true,false,null]}"),
    COMPLETE("{\"a\":[0,-0,10,-1.5,0.25,1e5,1E+5,0e-5,1.0E0,120,9e99]}"),
    COMPLETE("{\"a\":1e400,\"a\":99999999999999999999}"),
    COMPLETE("{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uABcd\":\"\\ud834\\uDD1E\\uD7FF\\uE000\"}"),
    COMPLETE(
        "{\"a\":\"\x7f \xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbb\xbf\"}"),
    COMPLETE("{\"a\":\"\xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf\"}"),

    INCOMPLETE("", 1, "empty"),
    INCOMPLETE("  ", 1, "empty"),
    INCOMPLETE("{", 2, "a member name in double quotes, or '}'"),
    INCOMPLETE("{\"a", 4, "closes the string"),
    INCOMPLETE("{\"a\"", 5, "':'"),
    INCOMPLETE("{\"a\":", 6, "a value"),
    INCOMPLETE("{\"a\":1", 7, "',' or '}'"),
    INCOMPLETE("{\"a\":[1", 8, "',' or ']'"),
    INCOMPLETE("{\"a\":1.", 8, "decimal point"),
    INCOMPLETE("{\"a\":1e", 8, "'e' of the number"),
    INCOMPLETE("{\"a\":1e-", 9, "exponent"),
    INCOMPLETE("{\"a\":-", 7, "after '-'"),
    INCOMPLETE("{\"a\":tru", 9, "true, false or null"),
    INCOMPLETE("{\"a\":1,", 8, "member name"),
    INCOMPLETE("{\"a\":[1,", 9, "value after the ','"),
    INCOMPLETE("{\"a\":[", 7, "a value, or ']'"),
    INCOMPLETE("{\"a\":\"\\", 8, "after the backslash"),
    INCOMPLETE("{\"a\":\"\\u00", 11, "hexadecimal"),
    INCOMPLETE("{\"a\":\"\\ud800", 13, "second half"),
    INCOMPLETE("{\"a\":\"\\ud800\\", 14, "second half"),
    INCOMPLETE("{\"a\":\"\\ud800\\udc0", 18, "hexadecimal"),
    INCOMPLETE("{\"\xc3\xa4\xf0\x9f\x98", 4, "rest of a UTF-8 character"),

    NOT_OBJECT("[]", 1),
    NOT_OBJECT("  \"a\"", 3),
    NOT_OBJECT("null", 1),
    NOT_OBJECT("7", 1),
    NOT_OBJECT("}", 1),
    NOT_OBJECT("\xc3\xa4", 1),
    NOT_OBJECT("\xef\xbc\x9b", 1),
    NOT_OBJECT("\xef\xbb!", 1),
    ENCODING("\xef\xbb\xbf{}", 1, "byte order mark"),
    ENCODING("  \xef\xbb\xbf{}", 3, "byte order mark"),
    ENCODING("\xff\xfe{", 1, "UTF-16"),
    ENCODING("\xfe\xff", 1, "UTF-16"),
    ENCODING("\x80", 1, "not valid UTF-8"),
    ENCODING("\0{}", 1, "NUL byte"),
    ENCODING("{\0}", 2, "NUL byte"),
    ENCODING("{}\0", 3, "NUL byte"),
    ENCODING("{\"a\0\":1}", 4, "NUL byte"),
    ENCODING("{\"a\":1\0}", 7, "NUL byte"),
    ENCODING("{\"a\":t\0}", 7, "NUL byte"),
    ENCODING("{\"a\":\"\\\0", 8, "NUL byte"),
    ENCODING("{\"a\":\"\\u\0", 9, "NUL byte"),

    SYNTAX("{,}", 2, "a member name in double quotes, or '}'"),
    SYNTAX("{a:1}", 2, "member name in double quotes"),
    SYNTAX("{'a':1}", 2, "single"),
    SYNTAX("{\"a\":'b'}", 6, "single"),
    SYNTAX("{\"a\" 1}", 6, "':' after the member name"),
    SYNTAX("{\"a\":}", 6, "expected a value"),
    SYNTAX("{\"a\":1,}", 8, "none may follow the last member"),
    SYNTAX("{\"a\":1 \"b\":2}", 8, "',' or '}'"),
    SYNTAX("{\"a\":1]", 7, "',' or '}'"),
    SYNTAX("{\"a\":[1}", 8, "',' or ']'"),
    SYNTAX("{\"a\":[,1]}", 7, "a value, or ']'"),
    SYNTAX("{\"a\":[1,]}", 9, "none may follow the last item"),
    SYNTAX("{\"a\":[1 2]}", 9, "',' or ']'"),
    SYNTAX("{\"a\":1}}", 8, "nothing more"),
    SYNTAX("{} {}", 4, "nothing more"),
    SYNTAX("{}x", 3, "nothing more"),
    SYNTAX("{}\xc3\xa4", 3, "nothing more"),
    SYNTAX("{/*", 2, "comments"),
    SYNTAX("{\"a\":1 // b", 8, "comments"),
    SYNTAX("{} # b", 4, "comments"),
    SYNTAX("{\"a\":True}", 6, "expected a value"),
    SYNTAX("{\"a\":nul}", 9, "lower case"),
    SYNTAX("{\"a\":nulL}", 9, "lower case"),
    SYNTAX("{\"a\":truey}", 10, "',' or '}'"),
    SYNTAX("{\"a\":NaN}", 6, "expected a value"),
    SYNTAX("{\"a\":+1}", 6, "begins with a digit"),
    SYNTAX("{\"a\":.5}", 6, "begins with a digit"),
    SYNTAX("{\"a\":07}", 7, "leading 0"),
    SYNTAX("{\"a\":-07}", 8, "leading 0"),
    SYNTAX("{\"a\":0x1}", 7, "',' or '}'"),
    SYNTAX("{\"a\":-}", 7, "after '-'"),
    SYNTAX("{\"a\":-a}", 7, "after '-'"),
    SYNTAX("{\"a\":1.}", 8, "decimal point"),
    SYNTAX("{\"a\":1.e5}", 8, "decimal point"),
    SYNTAX("{\"a\":1e}", 8, "'e' of the number"),
    SYNTAX("{\"a\":1e+}", 9, "exponent"),
    SYNTAX("{\"a\":1.5.5}", 9, "',' or '}'"),
    SYNTAX("{\"a\":1e5e5}", 9, "',' or '}'"),
    SYNTAX("{\"a\":1e5.5}", 9, "',' or '}'"),
    SYNTAX("{\"\\x\"}", 4, "after the backslash"),
    SYNTAX("{\"\\u12g4\"}", 7, "hexadecimal"),
    SYNTAX("{\"\\u123\"}", 8, "hexadecimal"),
    SYNTAX("{\"a\tb\"}", 4, "control character"),
    SYNTAX("{\"a\x1f\"}", 4, "control character"),
    SYNTAX("{\"a\nb\"}", 4, "not closed on its line"),
    SYNTAX("{\v}", 2, "member name"),
    SYNTAX("{\f}", 2, "member name"),
    SYNTAX_AT("{\n  \"a\": 1,\n  \"\xc3\xa4\xf0\x9f\x98\x80\" 1}", 3, 8, "':'"),
    SYNTAX_AT("\r\n{\r\n\"a\"\r\n:\r\n x", 5, 2, "expected a value"),

    ENCODING("{\"\\ud800\"}", 9, "second half"),
    ENCODING("{\"\\ud800x\"}", 9, "second half"),
    ENCODING("{\"\\ud800\\n\"}", 10, "second half"),
    ENCODING("{\"\\ud800\\u0041\"}", 11, "second half"),
    ENCODING("{\"\\ud800\\ud800\"}", 12, "second half"),
    ENCODING("{\"\\uDBFF\\ue000\"}", 11, "second half"),
    ENCODING("{\"\\uDC00\"}", 6, "first half is missing"),
    ENCODING("{\"\\udfff\"}", 6, "first half is missing"),
    ENCODING("{\"a\x80\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xc0\xaf\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xc1\xbf\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xe0\x9f\xbf\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xed\xa0\x80\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xf0\x8f\xbf\xbf\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xf4\x90\x80\x80\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xf5\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xff\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xc3\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xf0\x9f\x98\"}", 4, "not valid UTF-8"),
    ENCODING("{\"a\xe2\x82\xc3\"}", 4, "not valid UTF-8"),
    ENCODING("{\x80}", 2, "not valid UTF-8"),
    ENCODING("{\"a\":\x80}", 6, "not valid UTF-8"),
};

static struct scan scanned(struct span text)
{
    struct scan scan;
    scan_init(&scan);
    scan_feed(&scan, text);
    return scan;
}

static void assert_alike(const struct scan *a, const struct scan *b)
{
    assert_int_equal(a->verdict, b->verdict);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->column, b->column);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->depth, b->depth);
    assert_int_equal(a->error, b->error);
    assert_ptr_equal(a->reason, b->reason);
}

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(vectors); i++) {
        const struct vector *vector = &vectors[i];
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        struct scan scan = scanned(vector->text);
        assert_int_equal(scan_explain(&scan, &problem), -(int)vector->error);
        assert_int_equal(problem.code, -(int)vector->error);
        if (!strstr(buf_string(&problem.detail), vector->reason))
            fail_msg("%.*s: %s", (int)vector->text.size, (const char *)vector->text.data,
                     buf_string(&problem.detail));
        if (vector->error == ERR_NONE || scan_is_blank(&scan))
            continue;
        char place[64];
        snprintf(place, sizeof(place), "line %u, column %u: ", vector->line, vector->column);
        if (strncmp(buf_string(&problem.detail), place, strlen(place)) != 0)
            fail_msg("%.*s: %s", (int)vector->text.size, (const char *)vector->text.data,
                     buf_string(&problem.detail));
    }
}

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(vectors); i++) {
        struct scan scan = scanned(vectors[i].text);
        enum scan_verdict expected = vectors[i].error == ERR_NONE              ? SCAN_COMPLETE
                                     : vectors[i].error == ERR_JSON_INCOMPLETE ? SCAN_INCOMPLETE
                                                                               : SCAN_INVALID;
        assert_int_equal(scan.verdict, expected);
    }
}

/* In three pieces, at every two cuts, which covers two pieces and empty ones. */
static void test_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(vectors); i++) {
        struct span text = vectors[i].text;
        struct scan whole = scanned(text);
        for (size_t first = 0; first <= text.size; first++) {
            for (size_t second = first; second <= text.size; second++) {
                struct scan scan = scanned(span_head(text, first));
                scan_feed(&scan, span_make(text.data + first, second - first));
                scan_feed(&scan, span_skip(text, second));
                assert_alike(&scan, &whole);
            }
        }
    }
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(vectors); i++) {
        struct scan whole = scanned(vectors[i].text);
        struct scan scan;
        scan_init(&scan);
        for (size_t at = 0; at < vectors[i].text.size; at++)
            scan_feed(&scan, span_make(vectors[i].text.data + at, 1));
        assert_alike(&scan, &whole);
    }
}

/* A copy of the state takes a piece back. */
static void test_copy_takes_back(void **state)
{
    (void)state;
    struct scan scan = scanned(span_of_string("{\"a\":[\"\\ud83d"));
    struct scan before = scan;
    assert_int_equal(scan_feed(&scan, span_of_string("oops")), SCAN_INVALID);
    scan = before;
    assert_int_equal(scan_feed(&scan, span_of_string("\\ude00\"]}")), SCAN_COMPLETE);
}

static void test_no_prefix_of_a_valid_text_is_invalid(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(vectors); i++) {
        if (vectors[i].error != ERR_NONE)
            continue;
        bool was_complete = false;
        for (size_t size = 0; size <= vectors[i].text.size; size++) {
            struct scan scan = scanned(span_head(vectors[i].text, size));
            assert_int_not_equal(scan.verdict, SCAN_INVALID);
            assert_true(!was_complete || scan.verdict == SCAN_COMPLETE);
            was_complete = scan.verdict == SCAN_COMPLETE;
        }
        assert_true(was_complete);
    }
}

static void test_invalid_stays_invalid(void **state)
{
    (void)state;
    struct scan scan = scanned(span_of_string("{\"a\":1,}"));
    struct scan before = scan;
    assert_int_equal(scan_feed(&scan, span_of_string("\n\n{}")), SCAN_INVALID);
    assert_alike(&scan, &before);
    scan = scanned(span_of_string("\xef"));
    assert_int_equal(scan.verdict, SCAN_INVALID);
    assert_int_equal(scan.error, ERR_NOT_AN_OBJECT);
}

static void test_complete_then_more(void **state)
{
    (void)state;
    struct scan scan = scanned(span_of_string("{}"));
    assert_int_equal(scan.verdict, SCAN_COMPLETE);
    assert_int_equal(scan_feed(&scan, span_of_string("\n \n")), SCAN_COMPLETE);
    assert_int_equal(scan.line, 3);
    assert_int_equal(scan_feed(&scan, span_of_string("{")), SCAN_INVALID);
    assert_int_equal(scan.error, ERR_JSON_SYNTAX);
}

static void test_blank(void **state)
{
    (void)state;
    struct scan blank = scanned(span_of_string(" \n\t\r"));
    assert_true(scan_is_blank(&blank));
    assert_int_equal(blank.verdict, SCAN_INCOMPLETE);
    struct scan none = scanned(span_make(NULL, 0));
    assert_true(scan_is_blank(&none));
    struct scan open = scanned(span_of_string(" {"));
    assert_false(scan_is_blank(&open));
    struct scan invalid = scanned(span_of_string(" x"));
    assert_false(scan_is_blank(&invalid));
    struct scan bom = scanned(span_of_string("\xef"));
    assert_false(scan_is_blank(&bom));
}

static void test_depth(void **state)
{
    (void)state;
    for (int arrays = 0; arrays <= 1; arrays++) {
        AUTO_BUF struct buf text = {0};
        buf_append_string(&text, "{\"a\":");
        for (unsigned i = 1; i < SCAN_DEPTH_MAX; i++)
            buf_append_string(&text, arrays ? "[" : "{\"a\":");
        struct scan deepest = scanned(buf_span(&text));
        assert_int_equal(deepest.verdict, SCAN_INCOMPLETE);
        assert_int_equal(deepest.depth, SCAN_DEPTH_MAX);
        struct scan deeper = deepest;
        scan_feed(&deepest, span_of_string("1"));
        for (unsigned i = 1; i < SCAN_DEPTH_MAX; i++)
            assert_int_equal(scan_feed(&deepest, span_of_string(arrays ? "]" : "}")),
                             SCAN_INCOMPLETE);
        assert_int_equal(scan_feed(&deepest, span_of_string("}")), SCAN_COMPLETE);
        assert_int_equal(scan_feed(&deeper, span_of_string("[")), SCAN_INVALID);
        assert_int_equal(deeper.error, ERR_JSON_LIMIT);
        assert_int_equal(deeper.column, text.size + 1);
        assert_non_null(strstr(deeper.reason, "128"));
    }
}

/* The bits of levels that were left are not mistaken for those of new ones. */
static void test_mixed_nesting(void **state)
{
    (void)state;
    struct scan scan =
        scanned(span_of_string("{\"a\":[[[]],{\"b\":[{}]}],\"c\":{\"d\":{\"e\":[]}}"));
    assert_int_equal(scan.verdict, SCAN_INCOMPLETE);
    assert_int_equal(scan_feed(&scan, span_of_string("}")), SCAN_COMPLETE);
}

static void test_explain_without_problem(void **state)
{
    (void)state;
    struct scan invalid = scanned(span_of_string("{]"));
    assert_int_equal(scan_explain(&invalid, NULL), -ERR_JSON_SYNTAX);
    struct scan complete = scanned(span_of_string("{}"));
    assert_int_equal(scan_explain(&complete, NULL), 0);
}

static void test_any_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum scan_verdict verdict;
    } rows[] = {
        {"", SCAN_INCOMPLETE},      {" ", SCAN_INCOMPLETE},     {"-", SCAN_INCOMPLETE},
        {"1", SCAN_COMPLETE},       {"12", SCAN_COMPLETE},      {"12.", SCAN_INCOMPLETE},
        {"12.5", SCAN_COMPLETE},    {"12.5e", SCAN_INCOMPLETE}, {"12.5e-", SCAN_INCOMPLETE},
        {"12.5e-3", SCAN_COMPLETE}, {"12 ", SCAN_COMPLETE},     {"12 3", SCAN_INVALID},
        {"012", SCAN_INVALID},      {"12]", SCAN_INVALID},      {"[12", SCAN_INCOMPLETE},
        {"[12]", SCAN_COMPLETE},    {"\"a", SCAN_INCOMPLETE},   {"\"a\" ", SCAN_COMPLETE},
        {"nul", SCAN_INCOMPLETE},   {"null", SCAN_COMPLETE},    {"{}", SCAN_COMPLETE},
        {"{} {}", SCAN_INVALID},    {",", SCAN_INVALID},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scan whole, cut;
        scan_init_value(&whole);
        scan_init_value(&cut);
        assert_int_equal(scan_feed(&whole, span_of_string(rows[i].text)), rows[i].verdict);
        for (const char *at = rows[i].text; *at; at++)
            scan_feed(&cut, span_make(at, 1));
        assert_int_equal(cut.verdict, rows[i].verdict);
        assert_true(whole.line == cut.line && whole.column == cut.column);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_copy_takes_back),
        cmocka_unit_test(test_no_prefix_of_a_valid_text_is_invalid),
        cmocka_unit_test(test_invalid_stays_invalid),
        cmocka_unit_test(test_complete_then_more),
        cmocka_unit_test(test_blank),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_mixed_nesting),
        cmocka_unit_test(test_explain_without_problem),
        cmocka_unit_test(test_any_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
