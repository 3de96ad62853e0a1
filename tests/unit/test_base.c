#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"
#include "store/base/error.h"
#include "store/base/span.h"
#include "store/base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define SPAN(literal) span_make(literal, sizeof(literal) - 1)

static void test_span(void **state)
{
    (void)state;
    struct span none = span_make(NULL, 0);
    struct span text = SPAN("abc");
    assert_true(span_equal(none, SPAN("")));
    assert_true(span_equal(text, span_of_string("abc")));
    assert_false(span_equal(text, SPAN("abd")));
    assert_false(span_equal(text, SPAN("ab")));
    assert_true(span_is(text, "abc"));
    assert_false(span_is(SPAN("abc\0"), "abc"));
    assert_true(span_starts_with(text, none) && span_starts_with(text, SPAN("ab")));
    assert_false(span_starts_with(text, SPAN("b")) || span_starts_with(text, SPAN("abcd")));
    assert_true(span_ends_with(text, "") && span_ends_with(text, "bc"));
    assert_false(span_ends_with(text, "ab") || span_ends_with(text, "aabc"));
    assert_true(span_is(span_head(text, 2), "ab") && span_is(span_head(text, 9), "abc"));
    assert_true(span_is(span_skip(text, 2), "c"));
    assert_int_equal(span_skip(text, 3).size, 0);
    assert_int_equal(span_skip(text, SIZE_MAX).size, 0);
}

static void test_buf_appends(void **state)
{
    (void)state;
    AUTO_BUF struct buf buf = {0};
    assert_string_equal(buf_string(&buf), "");
    buf_append(&buf, NULL, 0);
    buf_append_span(&buf, span_make(NULL, 0));
    assert_int_equal(buf.size, 0);
    buf_append(&buf, "a\0b", 3);
    buf_append_string(&buf, "cd");
    buf_append_byte(&buf, 'e');
    buf_append_fill(&buf, '-', 3);
    buf_append_fill(&buf, '-', 0);
    buf_printf(&buf, "%d %s", 42, "x");
    assert_true(span_equal(buf_span(&buf), SPAN("a\0bcde---42 x")));
    assert_int_equal(buf.data[buf.size], 0);
    size_t capacity = buf.capacity;
    buf_clear(&buf);
    assert_int_equal(buf.size, 0);
    assert_int_equal(buf.capacity, capacity);
    assert_string_equal(buf_string(&buf), "");
    buf_finish(&buf);
    assert_null(buf.data);
    buf_finish(&buf);
}

/* Whatever the pieces, the NUL follows and nothing is lost. */
static void test_buf_grows(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 200; piece++) {
        AUTO_BUF struct buf buf = {0};
        for (size_t i = 0; i < 10; i++) {
            buf_append_fill(&buf, (uint8_t)('a' + i), piece);
            assert_int_equal(buf.size, (i + 1) * piece);
            assert_int_equal(buf.data[buf.size], 0);
            assert_true(buf.size < buf.capacity);
        }
        for (size_t at = 0; at < buf.size; at++)
            assert_int_equal(buf.data[at], 'a' + at / piece);
    }
}

static void test_buf_long_printf(void **state)
{
    (void)state;
    AUTO_BUF struct buf buf = {0};
    buf_printf(&buf, "%s|%*d", "", 5000, 7);
    assert_int_equal(buf.size, 5001);
    assert_int_equal(buf.data[0], '|');
    assert_int_equal(buf.data[5000], '7');
    assert_int_equal(strlen(buf_string(&buf)), 5001);
}

static void test_buf_failure_is_sticky(void **state)
{
    (void)state;
    AUTO_BUF struct buf buf = {0};
    buf_append_string(&buf, "kept");
    assert_false(buf_reserve(&buf, SIZE_MAX));
    assert_true(buf_failed(&buf));
    buf_append_byte(&buf, 'x');
    buf_append_string(&buf, "x");
    buf_append_fill(&buf, 'x', 2);
    buf_printf(&buf, "%d", 1);
    buf_append_be64(&buf, 1);
    buf_append_json_string(&buf, SPAN("x"));
    assert_false(buf_reserve(&buf, 0));
    assert_string_equal(buf_string(&buf), "kept");
    assert_int_equal(buf.size, 4);
    buf_clear(&buf);
    assert_false(buf_failed(&buf));
    assert_true(buf_reserve(&buf, 1000));
    const uint8_t *data = buf.data;
    buf_append_fill(&buf, 'x', 1000);
    assert_ptr_equal(buf.data, data);
    assert_false(buf_reserve(&buf, SIZE_MAX / 2));
}

static void assert_json_string(struct span text, const char *expected)
{
    AUTO_BUF struct buf buf = {0};
    buf_append_json_string(&buf, text);
    assert_string_equal(buf_string(&buf), expected);
}

static void test_buf_json_string(void **state)
{
    (void)state;
    assert_json_string(span_make(NULL, 0), "\"\"");
    assert_json_string(SPAN("plain"), "\"plain\"");
    assert_json_string(SPAN("\"\\/\b\f\n\r\t"), "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
    assert_json_string(SPAN("a\0\x01\x1f\x7f z"), "\"a\\u0000\\u0001\\u001f\\u007f z\"");
    assert_json_string(SPAN("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
                       "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    assert_json_string(SPAN("a\xff"
                            "b\xc3"),
                       "\"a\xef\xbf\xbd"
                       "b\xef\xbf\xbd\"");
    assert_json_string(SPAN("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void test_buf_big_endian(void **state)
{
    (void)state;
    AUTO_BUF struct buf buf = {0};
    buf_append_be64(&buf, 0x0102030405060708);
    buf_append_be32(&buf, 0xfffefdfc);
    assert_true(
        span_equal(buf_span(&buf), SPAN("\x01\x02\x03\x04\x05\x06\x07\x08\xff\xfe\xfd\xfc")));
}

static void test_arena_memory(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    for (size_t size = 0; size < 9000; size += 37) {
        uint8_t *memory = arena_alloc(&arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xff, size);
    }
    assert_true(arena.total > 0);
    arena_finish(&arena);
    assert_int_equal(arena.total, 0);
    assert_non_null(arena_alloc(&arena, 8));
}

static void test_arena_does_not_overlap(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    uint8_t *memory[300];
    for (size_t i = 0; i < LENGTH(memory); i++)
        memset(memory[i] = arena_alloc(&arena, i), (int)i & 0xff, i);
    for (size_t i = 0; i < LENGTH(memory); i++)
        for (size_t at = 0; at < i; at++)
            assert_int_equal(memory[i][at], i & 0xff);
}

static void test_arena_limit(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 10000);
    assert_null(arena_alloc(&arena, 10001));
    size_t taken = 0;
    while (arena_alloc(&arena, 100))
        taken += 100;
    assert_true(taken >= 4000 && taken <= 10000);
    assert_true(arena.total <= 10000);
    arena_finish(&arena);
    assert_int_equal(arena.limit, 10000);
    assert_non_null(arena_alloc(&arena, 10000));
}

static void test_arena_overflow(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 16));
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc_array(&arena, 3, SIZE_MAX / 2));
    assert_non_null(arena_alloc_array(&arena, 0, 8));
    assert_non_null(arena_alloc_array(&arena, SIZE_MAX, 0));
    assert_null(arena_copy(&arena, span_make("", SIZE_MAX)).data);
}

static void test_arena_copy(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    char text[] = "abc";
    struct span copy = arena_copy(&arena, span_of_string(text));
    text[0] = 'x';
    assert_true(span_is(copy, "abc"));
    assert_int_equal(copy.data[3], 0);
    copy = arena_copy(&arena, span_make(NULL, 0));
    assert_non_null(copy.data);
    assert_int_equal(copy.size, 0);
    struct arena full = {.limit = 1};
    copy = arena_copy(&full, SPAN("abc"));
    assert_null(copy.data);
    assert_int_equal(copy.size, 0);
}

/* RFC 3629, sections 3 and 4: the first and the last of each length, and their neighbours. */
static void test_utf8_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } rows[] = {
        {"a", 1},
        {"\x7f", 1},
        {"\x80", 0},
        {"\xbf", 0},
        {"\xc0\x80", 0},
        {"\xc1\xbf", 0},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xc2", 0},
        {"\xc2\x7f", 0},
        {"\xc2\xc0", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xed\xa0\x80", 0},
        {"\xed\xbf\xbf", 0},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xe2\x82", 0},
        {"\xe2\x82\x41", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf0\x90\x80\x80", 4},
        {"\xf3\xbf\xbf\xbf", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xf0\x9f\x98", 0},
        {"\xf0\x9f\x98\x41", 0},
        {"\xff", 0},
        {"\xfe", 0},
        {"\xc3\xa9z", 2},
        {"", 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(utf8_length(span_of_string(rows[i].text)), rows[i].length);
    assert_int_equal(utf8_length(SPAN("\0")), 1);
}

static size_t encode(uint32_t character, uint8_t out[4])
{
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1; character >>= 6)
        out[i] = (uint8_t)(0x80 | (character & 0x3f));
    out[0] = (uint8_t)(leads[length] | character);
    return length;
}

static void test_utf8_every_character(void **state)
{
    (void)state;
    for (uint32_t character = 0; character < 0x120000; character++) {
        uint8_t bytes[4];
        size_t size = encode(character, bytes);
        bool valid = character < 0x110000 && (character < 0xd800 || character > 0xdfff);
        if (utf8_length(span_make(bytes, size)) != (valid ? size : 0))
            fail_msg("U+%04X", (unsigned)character);
    }
}

static void test_utf8_texts(void **state)
{
    (void)state;
    struct span text = SPAN("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    static const size_t heads[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    assert_true(utf8_valid(text));
    assert_true(utf8_valid(span_make(NULL, 0)));
    assert_false(utf8_valid(span_head(text, 9)));
    assert_false(utf8_valid(SPAN("a\xff")));
    assert_int_equal(utf8_count(text), 4);
    assert_int_equal(utf8_count(span_make(NULL, 0)), 0);
    for (size_t size = 0; size < LENGTH(heads); size++)
        assert_int_equal(utf8_head(text, size).size, heads[size]);
    assert_int_equal(utf8_head(SPAN("\x80\x80\x80"), 2).size, 0);
}

static void test_error_table(void **state)
{
    (void)state;
    for (int code = 1; code < ERR_COUNT; code++) {
        assert_true(strlen(error_name(code)) > 0);
        assert_true(strlen(error_class(code)) > 0);
        assert_true(strlen(error_title(code)) > 0);
        assert_int_equal(error_errno_name(code)[0], 'E');
        assert_true(error_errno(code) > 0);
        assert_in_range(error_status(code), 400, 599);
        assert_ptr_equal(error_name(-code), error_name(code));
        assert_int_equal(error_errno(-code), error_errno(code));
        for (int other = 1; other < code; other++)
            assert_string_not_equal(error_name(other), error_name(code));
    }
    assert_string_equal(error_name(-ERR_VERSION_CONFLICT), "VERSION_CONFLICT");
    assert_string_equal(error_class(ERR_VERSION_CONFLICT), "version_conflict");
    assert_string_equal(error_errno_name(ERR_VERSION_CONFLICT), "ESTALE");
    assert_int_equal(error_errno(-ERR_VERSION_CONFLICT), ESTALE);
    assert_int_equal(error_status(ERR_VERSION_CONFLICT), 409);
    assert_int_equal(error_errno(0), 0);
    assert_string_equal(error_name(ERR_COUNT), "INTERNAL");
    assert_string_equal(error_name(-12345), "INTERNAL");
}

static void test_error_of_errno(void **state)
{
    (void)state;
    assert_int_equal(error_of_errno(ENOSPC), -ERR_NO_SPACE);
    assert_int_equal(error_of_errno(ENOMEM), -ERR_NO_MEMORY);
    assert_int_equal(error_of_errno(EACCES), -ERR_ACCESS);
    assert_int_equal(error_of_errno(ENOENT), -ERR_NOT_FOUND);
    assert_int_equal(error_of_errno(EROFS), -ERR_READ_ONLY);
    assert_int_equal(error_of_errno(EIO), -ERR_ENGINE);
}

static void test_problem_set(void **state)
{
    (void)state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(problem.code, 0);
    assert_true(problem.expected_version == PROBLEM_NO_VERSION);
    problem_add(&problem, "/a", "minimum", "%d is too small", 1);
    assert_int_equal(problem_set(&problem, ERR_BUSY, "%s waits", "much"), -ERR_BUSY);
    assert_int_equal(problem.code, -ERR_BUSY);
    assert_int_equal(problem.item_count, 0);
    assert_string_equal(buf_string(&problem.detail), "much waits");
    assert_int_equal(problem_set(NULL, ERR_BUSY, "%s", ""), -ERR_BUSY);
    problem_add(NULL, "/a", NULL, "%s", "");
    problem_finish(&problem);
    problem_finish(&problem);
    assert_int_equal(problem.code, 0);
}

static void test_problem_items(void **state)
{
    (void)state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    for (unsigned i = 0; i < PROBLEM_ITEMS_MAX + 5; i++) {
        char pointer[16];
        snprintf(pointer, sizeof(pointer), "/%u", i);
        problem_add(&problem, pointer, "type", "%u", i);
    }
    assert_int_equal(problem.item_count, PROBLEM_ITEMS_MAX);
    assert_int_equal(problem.item_total, PROBLEM_ITEMS_MAX + 5);
    assert_string_equal(problem.items[15].pointer, "/15");
    assert_string_equal(problem.items[15].message, "15");
    assert_string_equal(problem.items[15].keyword, "type");
}

static void test_problem_items_are_cut(void **state)
{
    (void)state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_BUF struct buf text = {0};
    buf_append_byte(&text, 'a');
    for (unsigned i = 0; i < 1000; i++)
        buf_append_string(&text, "\xc3\xa9");
    problem_add(&problem, buf_string(&text), NULL, "%s", buf_string(&text));
    assert_int_equal(strlen(problem.items[0].message), 511);
    assert_int_equal(strlen(problem.items[0].pointer), 511);
    assert_true(utf8_valid(span_of_string(problem.items[0].message)));
    assert_null(problem.items[0].keyword);
}

static void test_problem_copy(void **state)
{
    (void)state;
    AUTO_PROBLEM struct problem from;
    AUTO_PROBLEM struct problem into;
    problem_init(&from);
    problem_init(&into);
    problem_set(&into, ERR_BUSY, "old");
    problem_add(&into, "/old", NULL, "old");
    problem_set(&from, ERR_SCHEMA_MISMATCH, "detail");
    from.expected_version = 3;
    from.actual_version = 5;
    for (unsigned i = 0; i < PROBLEM_ITEMS_MAX + 1; i++)
        problem_add(&from, "/a", "minimum", "message");
    problem_copy(&into, &from);
    problem_finish(&from);
    assert_int_equal(into.code, -ERR_SCHEMA_MISMATCH);
    assert_string_equal(buf_string(&into.detail), "detail");
    assert_int_equal(into.expected_version, 3);
    assert_int_equal(into.actual_version, 5);
    assert_int_equal(into.item_count, PROBLEM_ITEMS_MAX);
    assert_int_equal(into.item_total, PROBLEM_ITEMS_MAX + 1);
    assert_string_equal(into.items[0].pointer, "/a");
    assert_string_equal(into.items[0].message, "message");
}

static void assert_clock(int64_t time, const char *expected)
{
    AUTO_BUF struct buf buf = {0};
    clock_append(&buf, time);
    assert_string_equal(buf_string(&buf), expected);
}

static void test_clock_spelling(void **state)
{
    (void)state;
    assert_clock(0, "1970-01-01T00:00:00.000000Z");
    assert_clock(1795255200000000000, "2026-11-21T10:00:00.000000Z");
    assert_clock(1795255200123456999, "2026-11-21T10:00:00.123456Z");
    assert_clock(951782400000001000, "2000-02-29T00:00:00.000001Z");
    assert_clock(-1, "1969-12-31T23:59:59.999999Z");
    assert_clock(-CLOCK_SECOND, "1969-12-31T23:59:59.000000Z");
    assert_clock(INT64_MAX, "2262-04-11T23:47:16.854775Z");
    assert_clock(INT64_MIN, "1677-09-21T00:12:43.145224Z");
}

static void test_clocks_run(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * CLOCK_SECOND;
    int64_t realtime = clock_realtime();
    assert_true(realtime >= before - CLOCK_SECOND && realtime < before + 60LL * CLOCK_SECOND);
    int64_t monotonic = clock_monotonic();
    int64_t boottime = clock_boottime();
    assert_true(monotonic > 0 && clock_monotonic() >= monotonic);
    assert_true(boottime >= monotonic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span),
        cmocka_unit_test(test_buf_appends),
        cmocka_unit_test(test_buf_grows),
        cmocka_unit_test(test_buf_long_printf),
        cmocka_unit_test(test_buf_failure_is_sticky),
        cmocka_unit_test(test_buf_json_string),
        cmocka_unit_test(test_buf_big_endian),
        cmocka_unit_test(test_arena_memory),
        cmocka_unit_test(test_arena_does_not_overlap),
        cmocka_unit_test(test_arena_limit),
        cmocka_unit_test(test_arena_overflow),
        cmocka_unit_test(test_arena_copy),
        cmocka_unit_test(test_utf8_length),
        cmocka_unit_test(test_utf8_every_character),
        cmocka_unit_test(test_utf8_texts),
        cmocka_unit_test(test_error_table),
        cmocka_unit_test(test_error_of_errno),
        cmocka_unit_test(test_problem_set),
        cmocka_unit_test(test_problem_items),
        cmocka_unit_test(test_problem_items_are_cut),
        cmocka_unit_test(test_problem_copy),
        cmocka_unit_test(test_clock_spelling),
        cmocka_unit_test(test_clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
