/* Patterns and subjects that would take too long, or too much; and too little memory. */
#include "schema/pattern_internal.h"

#include "scarce.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct pattern *compile(const char *text)
{
    struct pattern *pattern;
    assert_int_equal(pattern_compile(span_of_string(text), &pattern, NULL), 0);
    return pattern;
}

static int match(const char *text, char letter, size_t count, const char *end)
{
    AUTO_BUF struct buf subject = {0};
    buf_append_fill(&subject, (uint8_t)letter, count);
    buf_append_string(&subject, end);
    struct pattern *pattern = compile(text);
    int result = pattern_match(pattern, buf_span(&subject));
    pattern_destroy(pattern);
    return result;
}

/* Where one choice after the other would take longer than the world lasts. */
static void many_choices(void **state)
{
    (void)state;
    assert_int_equal(match("^(a+)+$", 'a', 40, "b"), 0);
    assert_int_equal(match("^(a+)+$", 'a', 100000, "b"), 0);
    assert_int_equal(match("^(a|a)*$", 'a', 100000, ""), 1);
    assert_int_equal(match("(a*)*b|c", 'a', 5000, ""), 0);
    assert_int_equal(match("^(a?){40}a{40}$", 'a', 39, ""), 0);
    assert_int_equal(match("(x+x+)+y", 'x', 3000, ""), 0);
    assert_int_equal(match("^(?=(a+)+$)", 'a', 40, "b"), 0);
    assert_int_equal(match("(?<=(a+)+)b", 'a', 2000, "b"), 1);
    assert_int_equal(match("^(?!(a|aa)+c)(?=.*b)a+b$", 'a', 100, "b"), 1);
}

/* No time is enough, and the time that is taken has a limit. */
static void beyond_the_budget(void **state)
{
    (void)state;
    assert_int_equal(match("^(a*)*\\1b$", 'a', 40, "c"), -ERR_PATTERN_BUDGET);
    assert_int_equal(match("(a+)+\\1$", 'a', 5000, "c"), -ERR_PATTERN_BUDGET);
    assert_int_equal(match("^(?:(.)\\1?)*$", 'a', 3000000, ""), -ERR_PATTERN_BUDGET);
    assert_int_equal(match("(a{1,30}){1,30}b|$c", 'a', 1000000, ""), -ERR_PATTERN_BUDGET);
}

static void assert_too_large(struct span text)
{
    struct pattern *pattern;
    struct problem problem;
    problem_init(&problem);
    assert_true(pattern_valid(text));
    assert_int_equal(pattern_compile(text, &pattern, &problem), -ERR_TOO_LARGE);
    assert_string_equal(buf_string(&problem.detail), "the pattern is too large to be compiled");
    problem_finish(&problem);
}

static void append_times(struct buf *buf, const char *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_append_string(buf, text);
}

static void large_patterns(void **state)
{
    (void)state;
    assert_too_large(span_of_string("(((a{1,1000}){1,1000}){1,1000})"));
    assert_too_large(span_of_string("((((?:){1000}){1000}){1000}){1000}"));
    assert_too_large(span_of_string("(\\1{1000}){1000}"));
    assert_too_large(span_of_string("(?:ab){70000}"));
    AUTO_BUF struct buf text = {0};
    append_times(&text, "(", 201);
    append_times(&text, ")", 201);
    assert_too_large(buf_span(&text));
    buf_clear(&text);
    append_times(&text, "\\P{CWKCF}", 7000);
    assert_too_large(buf_span(&text));
    buf_clear(&text);
    append_times(&text, "a", 65537);
    assert_too_large(buf_span(&text));
}

static void deep_patterns(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = {0};
    append_times(&text, "(?:a(b|", 100);
    append_times(&text, ")*)", 100);
    struct pattern *pattern = compile(buf_string(&text));
    assert_int_equal(pattern_match(pattern, span_of_string("aab")), 1);
    pattern_destroy(pattern);
    buf_clear(&text);
    append_times(&text, "(", 4097);
    append_times(&text, ")", 4097);
    assert_false(pattern_valid(buf_span(&text)));
    buf_clear(&text);
    for (unsigned i = 0; i < 1001; i++)
        buf_printf(&text, "(?<n%u>)", i);
    assert_false(pattern_valid(buf_span(&text)));
}

/* Each allocation is refused once: a pattern is there, or nothing is. */
static void no_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {"^(a|b)-[a-z]+$", "^(?=\\p{L}x)[a-z]+[ab]$",
                                        "^([^\\d]|b)*\\1$"};
    for (unsigned i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        int result = -ERR_NO_MEMORY;
        for (unsigned failing = 1; result == -ERR_NO_MEMORY; failing++) {
            struct pattern *pattern = NULL;
            scarce_begin(failing);
            result = pattern_compile_ways(span_of_string(texts[i]), &pattern, NULL);
            scarce_end();
            assert_true((result == 0) == (pattern != NULL));
            pattern_destroy(pattern);
        }
        assert_int_equal(result, 0);
    }
}

static void no_memory_to_match(void **state)
{
    (void)state;
    struct pattern *pattern;
    struct span subject = span_of_string("aaaa");
    assert_int_equal(pattern_compile_ways(span_of_string("^(?:a|b)+(?=c)"), &pattern, NULL), 0);
    for (enum pattern_way way = PATTERN_IN_TURN; way <= PATTERN_IN_PARALLEL; way++) {
        int result = -ERR_NO_MEMORY;
        for (unsigned failing = 1; result == -ERR_NO_MEMORY; failing++) {
            scarce_begin(failing);
            result = pattern_match_by(pattern, way, subject);
            scarce_end();
        }
        assert_int_equal(result, 0);
    }
    /* The steady state takes none. */
    scarce_begin(1);
    assert_int_equal(pattern_match_by(pattern, PATTERN_BY_LIBRARY, subject), 0);
    assert_false(scarce_end());
    pattern_destroy(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_choices),   cmocka_unit_test(beyond_the_budget),
        cmocka_unit_test(large_patterns), cmocka_unit_test(deep_patterns),
        cmocka_unit_test(no_memory),      cmocka_unit_test(no_memory_to_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
