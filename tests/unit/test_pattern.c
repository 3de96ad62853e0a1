/* What a pattern matches, in each of the ways there are. */
#include "schema/pattern_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

struct match {
    const char *pattern, *subject;
    int result;
};

static void check_one(const char *text, struct span subject, int expected)
{
    struct pattern *pattern;
    assert_int_equal(pattern_compile_ways(span_of_string(text), &pattern, NULL), 0);
    int decided = 0;
    for (enum pattern_way way = PATTERN_BY_SHAPE; way <= PATTERN_IN_PARALLEL; way++) {
        int result = pattern_match_by(pattern, way, subject);
        if (result != expected && result != -ERR_UNSUPPORTED)
            fail_msg("%s on \"%.*s\", way %d: %d", text, (int)subject.size,
                     (const char *)subject.data, way, result);
        decided += result == expected;
    }
    assert_true(decided > 0);
    assert_int_equal(pattern_match(pattern, subject), expected);
    pattern_destroy(pattern);
}

static void check(const struct match *matches, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_one(matches[i].pattern, span_of_string(matches[i].subject), matches[i].result);
}

static void classes(void **state)
{
    (void)state;
    static const struct match matches[] = {
        {"^\\d$", "7", 1},
        {"^\\d$", "\u07c0", 0},
        {"^\\D$", "\u07c0", 1},
        {"^\\w$", "\u00e9", 0},
        {"^\\W$", "\u00e9", 1},
        {"^\\w$", "_", 1},
        {"^\\s$", "\ufeff", 1},
        {"^\\s$", "\u00a0", 1},
        {"^\\s$", "\u2003", 1},
        {"^\\s$", "\u2028", 1},
        {"^\\s$", "\u180e", 0},
        {"^\\s$", "\u200b", 0},
        {"^\\S$", "\u2029", 0},
        {"^.$", "\n", 0},
        {"^.$", "\r", 0},
        {"^.$", "\u2028", 0},
        {"^.$", "\u2029", 0},
        {"^.$", "\xc2\x85", 1},
        {"^.$", "\U0001f432", 1},
        {"^[^]$", "\n", 1},
        {"^[]$", "a", 0},
        {"[]*", "", 1},
        {"^[]?a", "a", 1},
        {"^[^a-c]$", "b", 0},
        {"^[\\w-]+$", "a-b", 1},
        {"^[a-]+$", "-a", 1},
        {"^[\\b]$", "\b", 1},
        {"^[\\-\\]^]+$", "]-^", 1},
        {"^[\\s\\S]$", "\u2028", 1},
        {"^[^\\S ]$", "\t", 1},
        {"^[\\0-\\x1f]$", "\x1f", 1},
    };
    check(matches, LENGTH(matches));
}

static void characters(void **state)
{
    (void)state;
    static const struct match matches[] = {
        {"^\\cC$", "\x03", 1},
        {"^\\cc$", "\x03", 1},
        {"^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", 1},
        {"^\\x41\\u0042\\u{43}$", "ABC", 1},
        {"^\\ud83d\\udc32*$", "\U0001f432\U0001f432", 1},
        {"^[\\ud83d\\udc30-\\ud83d\\udc3f]$", "\U0001f432", 1},
        {"^\\u{1F432}{2}$", "\U0001f432\U0001f432", 1},
        {"\\ud83d", "\U0001f432", 0},
        {"\\ud83d|a", "a", 1},
        {"^\\udc32?a$", "a", 1},
        {"^[\\ud800-\\udfff]", "\U0001f432", 0},
        {"^[\\ud800-\\uffff]$", "\ue000", 1},
        {"^[^\\ud83d]$", "\U0001f432", 1},
        {"\\$\\^\\/\\.\\{", "$^/.{", 1},
        {"^abc$", "abc\n", 0},
        {"a$", "ab", 0},
        {"^", "", 1},
        {"$", "x", 1},
        {"", "x", 1},
    };
    check(matches, LENGTH(matches));
    check_one("^\\0$", span_make("", 1), 1);
    check_one("^.$", span_make("", 1), 1);
    check_one("a", span_make(NULL, 0), 0);
}

static void properties(void **state)
{
    (void)state;
    static const struct match matches[] = {
        {"^\\p{Lu}$", "\u00c9", 1},
        {"^\\p{Letter}\\P{L}$", "\u00e91", 1},
        {"^\\p{gc=Nd}\\p{General_Category=digit}$", "1\u07c0", 1},
        {"^\\p{Script=Cyrillic}$", "\u0430", 1},
        {"^\\p{sc=Grek}$", "\u0342", 0},
        {"^\\p{scx=Grek}$", "\u0342", 1},
        {"^\\p{scx=Zyyy}$", "\u30fc", 0},
        {"^\\p{sc=Zyyy}$", "\u30fc", 1},
        {"^\\p{scx=Inherited}$", "\u0951", 0},
        {"^\\p{Script=Kawi}$", "\U00011f00", 1},
        {"^\\p{LC}$", "\u01c5", 1},
        {"^\\p{Any}\\p{ASCII}\\p{Assigned}$", "\U0001f432aa", 1},
        {"^\\p{Assigned}$", "\u0378", 0},
        {"^\\p{Changes_When_NFKC_Casefolded}$", "\ufb01", 1},
        {"^\\P{CWKCF}$", "a", 1},
        {"^\\p{Bidi_Mirrored}$", "\u2211", 1},
        {"^\\p{Emoji}\\p{ID_Start}\\p{AHex}\\p{space}$", "1aF ", 1},
        {"^[^\\p{L}\\d]+$", "-\u00e9-", 0},
        {"^[^\\p{L}\\d]+$", "-+-", 1},
        {"^[\\P{L}x]$", "x", 1},
        {"^[^\\P{L}]$", "\u00e9", 1},
        {"^\\p{Cs}$", "a", 0},
    };
    check(matches, LENGTH(matches));
}

/* Where ECMA-262 and other dialects differ. */
static void groups(void **state)
{
    (void)state;
    static const struct match matches[] = {
        {"^(a)\\1$", "aa", 1},
        {"^\\1(a)$", "a", 1},
        {"^(?:(a)|b)*\\1$", "ab", 1},
        {"^(?:(a)|b)*\\1$", "aba", 0},
        {"^(?:(a)|(b)|\\1\\2c)+$", "abc", 1},
        {"^(z)((a+)?(b+)?(c))*$", "zaacbbbcac", 1},
        {"^(a\\1)$", "a", 1},
        {"^(?:a|(b)){2}\\1$", "baa", 0},
        {"^(?:a|(b)){2}\\1$", "ba", 1},
        {"^(?<q>['\"]).*\\k<q>$", "'a'", 1},
        {"^(?<q>['\"]).*\\k<q>$", "'a\"", 0},
        {"^\\k<later>(?<later>x)$", "x", 1},
        {"^(?<\\u0061b>x)\\k<ab>$", "xx", 1},
        {"^(?<$_\u00e9\u200d>x)\\k<$_\u00e9\u200d>$", "xx", 1},
        {"^(?=(a+))a*b\\1$", "aabaa", 1},
        {"^(?=(a+))a*b\\1$", "aaba", 0},
        {"^(?!(a)b)\\1a", "ac", 1},
        {"^(?:(?=(a)))?\\1b", "b", 1},
        {"^(a*)*$", "aa", 1},
        {"^(?:a?)*?$", "aa", 1},
        {"^(?:|a)+$", "aa", 1},
        {"(?<=(\\w)\\1)-", "ab-", 1},
        {"(?<=\\1(\\w))-", "abb-", 1},
        {"(?<=\\1(\\w))-", "ab-", 0},
        {"^(\u00e9+)-\\1$", "\u00e9\u00e9-\u00e9\u00e9", 1},
    };
    check(matches, LENGTH(matches));
}

static void looks(void **state)
{
    (void)state;
    static const struct match matches[] = {
        {"^(?!foo)", "foobar", 0},
        {"^(?!foo)", "barfoo", 1},
        {"^(?=.*\\d)(?=.*[A-Z]).{4,}$", "abC1", 1},
        {"^(?=.*\\d)(?=.*[A-Z]).{4,}$", "abc1", 0},
        {"(?<=a+)b", "xaab", 1},
        {"(?<=a+)b", "xb", 0},
        {"(?<=^a.*)b", "a--b", 1},
        {"(?<!^a.*)b", "a--b", 0},
        {"(?<=(?<!x)a*(?=b))b", "xab", 1},
        {"(?<=a(?!b)\\w|c)d", "acd", 1},
        {"(?<=$)", "a", 1},
        {"(?<=\u00e9.)b", "\u00e9\U0001f432b", 1},
        {"a(?=b(?!c(?=d)))", "abcd", 0},
        {"a(?=b(?!c(?=d)))", "abce", 1},
        {"\\bfoo\\b", "a foo.", 1},
        {"\\bfoo\\b", "foot", 0},
        {"\\b\u00e9", "a\u00e9", 1},
        {"\\B.\\B", "abc", 1},
    };
    check(matches, LENGTH(matches));
}

/* Those that need no library; and those near to them that do. */
static void shapes(void **state)
{
    (void)state;
    static const struct match matches[] = {
        {"^.*$", "a\nb", 0},
        {".*", "\n", 1},
        {"^[^]*$", "a\nb", 1},
        {"^.+$", "", 0},
        {".", "\n\u2028", 0},
        {".", "\n\u00e9", 1},
        {"^x-", "x-a", 1},
        {"^x-", "ax-", 0},
        {"^(abc|de|)$", "de", 1},
        {"^(abc|de)$", "abcde", 0},
        {"^a|b$", "xb", 1},
        {"^((?:a)(?:b|c))$", "ac", 1},
        {"\\.json$", "a.json.json", 1},
        {"\\.json$", "a.json.jso", 0},
        {"foo|bar", "a bar", 1},
        {"\\d{3}", "a12345", 1},
        {"^[a-z][a-z0-9_-]*$", "a-1_z", 1},
        {"^[a-z][a-z0-9_-]*$", "1a", 0},
        {"^[A-Z]{2}$", "ABC", 0},
        {"^\\d{4}-\\d{2}-\\d{2}$", "2024-02-29", 1},
        {"^[a-f0-9]{40}$", "0123456789abcdef0123456789abcdef01234567", 1},
        {"^[a-z]{2,4}$", "abcde", 0},
        {"^[a-z]+[a-z0-9]$", "ab", 1},
        {"^[a-z]*z", "az", 1},
        {"^.*\\.c$", "a.b.c", 1},
        {"^a?b?$", "b", 1},
        {"^a?b?a$", "a", 1},
        {"^[a-z]*$|^\\d*$", "12", 1},
        {"^[^/]{1,3}/$", "\u00e9\U0001f432a/", 1},
        {"^[^/]{1,3}/$", "\u00e9\U0001f432ab/", 0},
        {"^\u00e9{2}x$", "\u00e9\u00e9x", 1},
        {"^\u00e9*x$", "\u00e9\u00e9x", 1},
        {"a{3}", "xaaax", 1},
        {"x[ab]*", "yx", 1},
        {"[ab]+$", "cab", 1},
        {"^a{0}$", "", 1},
        {"^a{20}$", "aaaaaaaaaaaaaaaaaaaa", 1},
    };
    check(matches, LENGTH(matches));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes), cmocka_unit_test(characters), cmocka_unit_test(properties),
        cmocka_unit_test(groups),  cmocka_unit_test(looks),      cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
