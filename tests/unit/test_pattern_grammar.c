/* What is a pattern: ECMA-262, section 22.2.1, with the flag u. */
#include "schema/pattern_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static void valid(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "",
        "|",
        "a|",
        "()",
        "(?:)",
        "[^]",
        "[]",
        "a{0}",
        "a{2,}?",
        "a{00,1}",
        "[a-]",
        "[-a]",
        "[--a]",
        "[\\d-]",
        "[[{}()*+?.$|]",
        "\\/",
        "/",
        "-",
        "[\\-]",
        "\\0",
        "\\cA",
        "[\\b]",
        "\\u{000041}",
        "\\u{10FFFF}",
        "\\ud83d",
        "\\ud83d\\u0041",
        "(?=a)",
        "(?<=a+)",
        "(?:(?=a))*",
        "\\1(a)",
        "\\10(((((((((())))))))))",
        "\\k<a>(?<a>)",
        "(?<a>)(?<b>)",
        "(?<$>)",
        "(?<\\u{61}>)",
        "(?<\\ud835\\udc9c>)",
        "(?<\u00e9>)",
        "\\p{L}",
        "\\p{Script_Extensions=Hira}",
        "a{99999999999999999999}",
        "a{1,99999999999999999999}",
        "\u2028",
    };
    for (size_t i = 0; i < LENGTH(patterns); i++)
        if (!pattern_valid(span_of_string(patterns[i])))
            fail_msg("%s", patterns[i]);
}

static void invalid(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *detail;
    } cases[] = {
        {"(", "at its end: a group is not closed by ')'"},
        {"a)", "character 2: this ')' closes nothing"},
        {"[a", "at its end: the class is not closed by ']'"},
        {"\u00e9]", "character 2: a brace or bracket that stands for itself takes a backslash"},
        {"}", "character 1: a brace or bracket that stands for itself takes a backslash"},
        {"a{", "at its end: a brace takes a count, as in {2}, {2,} or {2,4}"},
        {"{1}", "character 1: a brace or bracket that stands for itself takes a backslash"},
        {"a{,1}", "character 3: a brace takes a count, as in {2}, {2,} or {2,4}"},
        {"a{2,1}", "character 6: the counts are the wrong way round"},
        {"*", "character 1: there is nothing here that could be repeated"},
        {"a**", "character 3: there is nothing here that could be repeated"},
        {"^*", "character 2: there is nothing here that could be repeated"},
        {"\\b+", "character 3: there is nothing here that could be repeated"},
        {"(?=a)*", "character 6: there is nothing here that could be repeated"},
        {"(?<!a)?", "character 7: there is nothing here that could be repeated"},
        {"\\", "at its end: nothing follows the backslash"},
        {"\\a", "character 2: there is no such escape"},
        {"\\-", "character 2: there is no such escape"},
        {"\\_", "character 2: there is no such escape"},
        {"\\\u00e9", "character 2: there is no such escape"},
        {"[\\B]", "character 3: there is no such escape"},
        {"[\\k]", "character 3: there is no such escape"},
        {"[\\1]", "character 3: there is no such escape"},
        {"\\00", "character 3: \\0 may not be followed by a digit"},
        {"\\c1", "character 3: \\c takes a letter"},
        {"\\x4", "at its end: \\x takes two hexadecimal digits"},
        {"\\u004", "at its end: \\u takes four hexadecimal digits, or some in braces"},
        {"\\u{}", "character 4: \\u{} takes the hexadecimal number of a character"},
        {"\\u{110000}", "character 9: no character has a number beyond 10FFFF"},
        {"\\1", "character 2: there are fewer groups than this number"},
        {"(a)\\2", "character 5: there are fewer groups than this number"},
        {"\\99999999999", "character 2: there are fewer groups than this number"},
        {"\\k", "at its end: \\k takes the name of a group, as in \\k<name>"},
        {"\\k<a>", "character 4: no group has this name"},
        {"(?<a>)(?<a>)", "character 10: another group has this name"},
        {"(?<a>)|(?<\\u0061>)", "character 11: another group has this name"},
        {"(?<1>)", "character 4: the name of a group must be an identifier, as in (?<name>...)"},
        {"(?<>)", "character 4: the name of a group must be an identifier, as in (?<name>...)"},
        {"(?<a", "at its end: the name of the group is not closed by '>'"},
        {"(?<\\x61>)", "character 5: the name of a group may have no escape but \\u"},
        {"(?i:a)", "character 3: there is no such kind of group"},
        {"(?>a)", "character 3: there is no such kind of group"},
        {"[\\d-a]", "character 2: a range goes from one character to another"},
        {"[a-\\w]", "character 2: a range goes from one character to another"},
        {"[b-a]", "character 2: the ends of the range are the wrong way round"},
        {"\\p", "at its end: \\p takes the name of a property in braces"},
        {"\\p{lu}", "character 4: there is no such property"},
        {"\\p{Greek}", "character 4: there is no such property"},
        {"\\p{sc=Lu}", "character 4: there is no such property"},
        {"\\p{gc=}", "character 4: there is no such property"},
        {"\\P{L&}", "character 4: there is no such property"},
        {"a{2}{3}", "character 5: a brace or bracket that stands for itself takes a backslash"},
        {"a{9999999999999999999,9999999999999999998}",
         "character 42: the counts are the wrong way round"},
        {"\xff", "character 1: it is not UTF-8"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct pattern *pattern = NULL;
        struct problem problem;
        problem_init(&problem);
        struct span text = span_of_string(cases[i].pattern);
        assert_false(pattern_valid(text));
        assert_int_equal(pattern_compile(text, &pattern, &problem), -ERR_INVALID);
        assert_string_equal(buf_string(&problem.detail), cases[i].detail);
        problem_finish(&problem);
    }
}

static void assert_compiles(const char *text)
{
    struct pattern *pattern;
    if (pattern_compile_ways(span_of_string(text), &pattern, NULL) != 0)
        fail_msg("%s", text);
    pattern_destroy(pattern);
}

/* A name of each kind, and the first and the last of each table. */
static void properties(void **state)
{
    (void)state;
    static const char *const names[] = {
        "C",
        "Other",
        "Zs",
        "Space_Separator",
        "Combining_Mark",
        "punct",
        "cntrl",
        "Alphabetic",
        "Alpha",
        "XID_Start",
        "XIDS",
        "space",
        "Bidi_C",
        "Any",
        "ASCII",
        "Assigned",
        "CWKCF",
        "Bidi_M",
        "sc=Adlm",
        "scx=Adlam",
        "Script=Zzzz",
        "sc=Unknown",
        "sc=Qaac",
        "scx=Qaai",
        "sc=Tayo",
        "scx=Tai_Yo",
        "gc=LC",
        "General_Category=Cased_Letter",
    };
    for (size_t i = 0; i < LENGTH(names); i++) {
        char text[80];
        snprintf(text, sizeof(text), "^[\\p{%s}\\P{%s}]$", names[i], names[i]);
        assert_compiles(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid),
        cmocka_unit_test(invalid),
        cmocka_unit_test(properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
