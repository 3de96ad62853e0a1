/* What a name in a collection means. */
#include "fs/names.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct parse_case {
    const char *text;
    enum name_kind kind;
    const char *id; /* NULL: all of it */
    uint64_t version;
};

static const struct parse_case parse_cases[] = {
    {"alice.json", NAME_ENTITY, "alice", 0},
    {"a.json", NAME_ENTITY, "a", 0},
    {"\303\244 \342\202\254.json", NAME_ENTITY, "\303\244 \342\202\254", 0},
    {"a.b.json", NAME_ENTITY, "a.b", 0},
    {"a.json.json", NAME_ENTITY, "a.json", 0},
    {"~a@3.json", NAME_ENTITY, "~a@3", 0},
    {"a.json@3", NAME_PIN, "a", 3},
    {"a.json@0", NAME_PIN, "a", 0},
    {"a.json.json@12", NAME_PIN, "a.json", 12},
    {"a.json@999999999999999999", NAME_PIN, "a", 999999999999999999},
    {"a.meta", NAME_META, "a", 0},
    {"a.json.meta", NAME_META, "a.json", 0},
    {"a.audit.jsonl", NAME_AUDIT, "a", 0},
    {"", NAME_OTHER, NULL, 0},
    {".json", NAME_OTHER, NULL, 0},
    {".meta", NAME_OTHER, NULL, 0},
    {".audit.jsonl", NAME_OTHER, NULL, 0},
    {".json@3", NAME_OTHER, NULL, 0},
    {"..json", NAME_OTHER, NULL, 0},
    {".alice.json", NAME_OTHER, NULL, 0},
    {"#alice.json", NAME_OTHER, NULL, 0},
    {"alice.json~", NAME_OTHER, NULL, 0},
    {"alice.JSON", NAME_OTHER, NULL, 0},
    {"alicejson", NAME_OTHER, NULL, 0},
    {"json", NAME_OTHER, NULL, 0},
    {"notes.txt", NAME_OTHER, NULL, 0},
    {"a.json@", NAME_OTHER, NULL, 0},
    {"a.json@x", NAME_OTHER, NULL, 0},
    {"a.json@3x", NAME_OTHER, NULL, 0},
    {"a.json@-3", NAME_OTHER, NULL, 0},
    {"a.json@ 3", NAME_OTHER, NULL, 0},
    {"a.json@1000000000000000000", NAME_OTHER, NULL, 0},
    {"a.txt@3", NAME_OTHER, NULL, 0},
    {"@3", NAME_OTHER, NULL, 0},
    {"3", NAME_OTHER, NULL, 0},
    {"a.meta.json", NAME_OTHER, NULL, 0},
    {"a.audit.jsonl.json", NAME_OTHER, NULL, 0},
    {"a.do.json", NAME_OTHER, NULL, 0},
    {"a.get.json", NAME_OTHER, NULL, 0},
    {"a.json@3.json", NAME_OTHER, NULL, 0},
    {"a.json@3.meta", NAME_OTHER, NULL, 0},
    {"a.meta.meta", NAME_OTHER, NULL, 0},
    {"a.json@3@4", NAME_OTHER, NULL, 0},
    {"a\nb.json", NAME_OTHER, NULL, 0},
    {"a\177.json", NAME_OTHER, NULL, 0},
    {"a\302\205.json", NAME_OTHER, NULL, 0},
    {"a\377.json", NAME_OTHER, NULL, 0},
    {"a\300\200.json", NAME_OTHER, NULL, 0},
    {"a\355\240\200.json", NAME_OTHER, NULL, 0},
    {"a/b.json", NAME_OTHER, NULL, 0},
};

static void parses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++) {
        const struct parse_case *expected = &parse_cases[i];
        struct name name = name_parse(span_of_string(expected->text));
        if (name.kind != expected->kind || name.version != expected->version ||
            !span_is(name.id, expected->id ? expected->id : expected->text))
            fail_msg("\"%s\": kind %d, id \"%.*s\", version %ju", expected->text, name.kind,
                     (int)name.id.size, name.id.data, (uintmax_t)name.version);
    }
}

static int check_id(struct span id)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = name_check_id(id, &problem);
    assert_int_equal(problem.code, result);
    assert_int_equal(problem.detail.size > 0, result < 0);
    assert_int_equal(name_check_id(id, NULL), result);
    return result;
}

static void ids(void **state)
{
    (void)state;
    char text[NAME_ID_MAX + 2];
    memset(text, 'x', sizeof(text));
    assert_int_equal(check_id(span_make(text, NAME_ID_MAX)), 0);
    assert_int_equal(check_id(span_make(text, NAME_ID_MAX + 1)), -ERR_NAME_TOO_LONG);
    assert_int_equal(check_id(span_make(text, 0)), -ERR_BAD_NAME);
    assert_int_equal(check_id(span_of_string(".")), -ERR_BAD_NAME);
    assert_int_equal(check_id(span_of_string("..")), -ERR_BAD_NAME);
    assert_int_equal(check_id(span_of_string("a.")), 0);
    assert_int_equal(check_id(span_of_string("a#")), 0);
    assert_int_equal(check_id(span_of_string("meta")), 0);
    assert_int_equal(check_id(span_of_string("a.meta")), -ERR_BAD_NAME);
    assert_int_equal(check_id(span_make("a\0b", 3)), -ERR_BAD_NAME);
    assert_int_equal(check_id(span_make("a\302", 2)), -ERR_BAD_NAME);
}

/* Every character on its own: allowed, unless it is one of those that the contract names. */
static void every_character(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x800; code++) {
        uint8_t text[3] = {'a', (uint8_t)code};
        size_t size = 2;
        if (code >= 0x80) {
            text[1] = (uint8_t)(0xc0 | code >> 6);
            text[2] = (uint8_t)(0x80 | (code & 0x3f));
            size = 3;
        }
        bool forbidden = code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '/';
        assert_int_equal(check_id(span_make(text, size)), forbidden ? -ERR_BAD_NAME : 0);
    }
    for (unsigned byte = 0x80; byte < 0x100; byte++)
        assert_int_equal(check_id(span_make(&(uint8_t){(uint8_t)byte}, 1)), -ERR_BAD_NAME);
}

static void a_long_name(void **state)
{
    (void)state;
    char text[NAME_ID_MAX + 10];
    memset(text, 'x', sizeof(text));
    memcpy(text + NAME_ID_MAX, ".json", 5);
    struct name name = name_parse(span_make(text, NAME_ID_MAX + 5));
    assert_int_equal(name.kind, NAME_ENTITY);
    assert_int_equal(name.id.size, NAME_ID_MAX);
    memcpy(text + NAME_ID_MAX, "x.json", 6);
    assert_int_equal(name_parse(span_make(text, NAME_ID_MAX + 6)).kind, NAME_OTHER);
}

static void collections(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "_", "Z9", "users", "a-b_c", "_-"};
    static const char *const bad[] = {"",    "-a", "9a",       ".schema", "a.b",
                                      "a b", "a/", "\303\244", "a\n",     "a\177"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(name_check_collection(span_of_string(good[i]), NULL), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(name_check_collection(span_of_string(bad[i]), NULL), -ERR_BAD_NAME);
    char text[NAME_COLLECTION_MAX + 1];
    memset(text, 'x', sizeof(text));
    assert_int_equal(name_check_collection(span_make(text, NAME_COLLECTION_MAX), NULL), 0);
    assert_int_equal(name_check_collection(span_make(text, sizeof(text)), NULL),
                     -ERR_NAME_TOO_LONG);
    assert_int_equal(name_check_collection(span_make("a\0", 2), NULL), -ERR_BAD_NAME);
}

static void which_are_ordinary(void **state)
{
    static const char *const kept[] = {"notes.txt", "alice.json~", ".alice.json.swp",
                                       ".git",      ".alice.json", "#a.json#",
                                       ".json",     ".a.meta",     "json",
                                       "a b",       "4913",        ".a.json@3"};
    static const char *const not_kept[] = {
        "",          "a.json",      "#a.json",       "a.json@3",  "a.json@x", "a.meta",
        "a.do",      "a.get",       ".errors",       ".by",       ".query",   ".do",
        ".rejected", "a.meta.json", "a.audit.jsonl", ".all.jsonl"};
    (void)state;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        assert_true(name_is_ordinary(span_of_string(kept[i])));
    for (size_t i = 0; i < sizeof(not_kept) / sizeof(not_kept[0]); i++)
        assert_false(name_is_ordinary(span_of_string(not_kept[i])));
}

static void which_are_ordinary_in_the_root(void **state)
{
    static const char *const not_kept[] = {"",         ".schema",       ".outbox",     ".fork",
                                           ".changes", ".errors.jsonl", ".stats.json", ".metrics",
                                           ".snapshot"};
    (void)state;
    assert_true(name_is_ordinary_in_root(span_of_string("a.json")));
    assert_true(name_is_ordinary_in_root(span_of_string(".git")));
    for (size_t i = 0; i < sizeof(not_kept) / sizeof(not_kept[0]); i++)
        assert_false(name_is_ordinary_in_root(span_of_string(not_kept[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_are_ordinary),
        cmocka_unit_test(which_are_ordinary_in_the_root),
        cmocka_unit_test(parses),
        cmocka_unit_test(ids),
        cmocka_unit_test(every_character),
        cmocka_unit_test(a_long_name),
        cmocka_unit_test(collections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
