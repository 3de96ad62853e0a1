#include "engine_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void put_get_delete(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    struct engine_txn *txn;
    struct span value;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_get(txn, text("a"), &value), 0);
    assert_int_equal(engine_put(txn, text("a"), text("one")), 0);
    assert_int_equal(engine_put(txn, text("e"), text("")), 0);
    assert_int_equal(engine_get(txn, text("a"), &value), 1);
    assert_span(value, "one");
    assert_int_equal(engine_put(txn, text("a"), text("another")), 0);
    assert_int_equal(engine_delete(txn, text("absent")), 0);
    assert_int_equal(look(place.engine, "a", text("")), 0);
    assert_int_equal(engine_commit(txn), 0);
    assert_int_equal(look(place.engine, "a", text("another")), 1);
    assert_int_equal(look(place.engine, "e", text("")), 1);
    place_close(&place);
    place_open(&place);
    assert_int_equal(look(place.engine, "a", text("another")), 1);
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_delete(txn, text("a")), 0);
    assert_int_equal(engine_get(txn, text("a"), &value), 0);
    engine_end(txn);
    assert_int_equal(look(place.engine, "a", text("another")), 1);
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_delete(txn, text("a")), 0);
    assert_int_equal(engine_commit(txn), 0);
    assert_int_equal(look(place.engine, "a", text("")), 0);
    place_finish(&place);
}

static void parts_are_joined(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    const struct span parts[] = {text("con"), span_make(NULL, 0), text("cat"), text("enated")};
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put_parts(txn, text("k"), parts, 4), 0);
    assert_int_equal(engine_put_parts(txn, text("none"), NULL, 0), 0);
    assert_int_equal(engine_commit(txn), 0);
    assert_int_equal(look(place.engine, "k", text("concatenated")), 1);
    assert_int_equal(look(place.engine, "none", text("")), 1);
    place_finish(&place);
}

static void a_snapshot_does_not_change(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "k", text("old"));
    struct engine_txn *reader;
    struct span value;
    assert_int_equal(engine_read_begin(place.engine, &reader), 0);
    put_one(place.engine, "k", text("new"));
    assert_int_equal(engine_get(reader, text("k"), &value), 1);
    assert_span(value, "old");
    assert_int_equal(engine_put(reader, text("k"), text("x")), -ERR_READ_ONLY);
    assert_int_equal(engine_delete(reader, text("k")), -ERR_READ_ONLY);
    engine_end(reader);
    assert_int_equal(engine_read_begin(place.engine, &reader), 0);
    assert_int_equal(engine_get(reader, text("k"), &value), 1);
    assert_span(value, "new");
    assert_int_equal(engine_commit(reader), 0);
    assert_int_equal(engine_syncs(place.engine), 2);
    place_finish(&place);
}

static void key_sizes(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    uint8_t key[ENGINE_KEY_MAX + 1];
    memset(key, 'k', sizeof key);
    const size_t bad[] = {0, ENGINE_KEY_MAX + 1};
    struct engine_txn *txn;
    struct span value;
    for (size_t i = 0; i < 2; i++) {
        struct span name = span_make(key, bad[i]);
        assert_int_equal(engine_write_begin(place.engine, &txn), 0);
        assert_int_equal(engine_put(txn, name, text("v")), -ERR_INVALID);
        assert_int_equal(engine_commit(txn), -ERR_INVALID);
        assert_int_equal(engine_write_begin(place.engine, &txn), 0);
        assert_int_equal(engine_delete(txn, name), -ERR_INVALID);
        engine_end(txn);
        assert_int_equal(engine_read_begin(place.engine, &txn), 0);
        assert_int_equal(engine_get(txn, name, &value), -ERR_INVALID);
        assert_int_equal(engine_get(txn, text("k"), &value), 0);
        engine_end(txn);
    }
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, span_make(key, 1), text("short")), 0);
    assert_int_equal(engine_put(txn, span_make(key, ENGINE_KEY_MAX), text("long")), 0);
    assert_int_equal(engine_commit(txn), 0);
    assert_int_equal(engine_read_begin(place.engine, &txn), 0);
    assert_int_equal(engine_get(txn, span_make(key, 1), &value), 1);
    assert_span(value, "short");
    assert_int_equal(engine_get(txn, span_make(key, ENGINE_KEY_MAX), &value), 1);
    assert_span(value, "long");
    assert_int_equal(engine_get(txn, span_make(key, ENGINE_KEY_MAX - 1), &value), 0);
    engine_end(txn);
    place_finish(&place);
}

/* Sizes around the ends of pages, and some that are large. */
static void value_sizes(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    const size_t sizes[] = {
        0,    1,    7,    8,    9,    2000, 2020, 2030,         2048, 4071,       4072,
        4073, 4080, 4088, 4096, 8167, 8168, 8169, 64 * KIB - 1, MIB,  5 * MIB + 3};
    const size_t count = sizeof sizes / sizeof *sizes;
    AUTO_FREE uint8_t *bytes = noise(sizes[count - 1], 1);
    char key[16];
    struct engine_txn *txn;
    struct span value;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof key, "k%zu", i);
        assert_int_equal(engine_put(txn, text(key), span_make(bytes, sizes[i])), 0);
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof key, "k%zu", i);
        assert_int_equal(engine_get(txn, text(key), &value), 1);
        assert_true(span_equal(value, span_make(bytes, sizes[i])));
    }
    assert_int_equal(engine_commit(txn), 0);
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof key, "k%zu", i);
        assert_int_equal(look(place.engine, key, span_make(bytes, sizes[i])), 1);
    }
    assert_true(engine_size(place.engine) >= 6 * MIB);
    place_finish(&place);
}

static void too_large(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    AUTO_FREE uint8_t *bytes = noise(MIB, 2);
    struct span parts[1025];
    for (size_t i = 0; i < 1025; i++)
        parts[i] = span_make(bytes, MIB);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    parts[1] = span_make(bytes, SIZE_MAX);
    assert_int_equal(engine_put_parts(txn, text("k"), parts, 2), -ERR_TOO_LARGE);
    assert_int_equal(engine_commit(txn), -ERR_TOO_LARGE);
    parts[1] = parts[0];
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put_parts(txn, text("k"), parts, 1025), -ERR_TOO_LARGE);
    engine_end(txn);
    assert_int_equal(look(place.engine, "k", text("")), 0);
    place_finish(&place);
}

static void fill_letters(struct engine *engine)
{
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(engine, &txn), 0);
    const char *letters[] = {"d", "b", "f", "bb"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(engine_put(txn, text(letters[i]), text(letters[i])), 0);
    assert_int_equal(engine_put(txn, span_make("\xff\x00", 2), text("high")), 0);
    assert_int_equal(engine_commit(txn), 0);
}

typedef int (*seek_function)(struct engine_cursor *, struct span, struct span *, struct span *);
typedef int (*step_function)(struct engine_cursor *, struct span *, struct span *);

/* NULL: nothing is there. */
static void expect_seek(struct engine_cursor *cursor, seek_function seek, const char *from,
                        const char *expected)
{
    struct span key = text("unset");
    struct span value = text("unset");
    assert_int_equal(seek(cursor, text(from), &key, &value), expected != NULL);
    assert_span(key, expected != NULL ? expected : "unset");
    assert_span(value, expected != NULL ? expected : "unset");
}

static void expect_step(struct engine_cursor *cursor, step_function step, const char *expected)
{
    struct span key = text("unset");
    struct span value = text("unset");
    assert_int_equal(step(cursor, &key, &value), expected != NULL);
    assert_span(key, expected != NULL ? expected : "unset");
    assert_span(value, expected != NULL ? expected : "unset");
}

static void cursor_moves(struct engine_txn *txn)
{
    struct engine_cursor *cursor;
    struct span key;
    struct span value;
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    expect_seek(cursor, engine_cursor_seek, "", "b");
    expect_seek(cursor, engine_cursor_seek, "a", "b");
    expect_seek(cursor, engine_cursor_seek, "b", "b");
    expect_step(cursor, engine_cursor_next, "bb");
    expect_step(cursor, engine_cursor_next, "d");
    expect_step(cursor, engine_cursor_prev, "bb");
    expect_seek(cursor, engine_cursor_seek, "c", "d");
    expect_seek(cursor, engine_cursor_seek_before, "d", "bb");
    expect_seek(cursor, engine_cursor_seek_before, "c", "bb");
    expect_seek(cursor, engine_cursor_seek_before, "b", NULL);
    expect_step(cursor, engine_cursor_prev, NULL);
    expect_step(cursor, engine_cursor_next, "b");
    expect_seek(cursor, engine_cursor_seek_before, "", NULL);
    expect_step(cursor, engine_cursor_next, "b");
    expect_seek(cursor, engine_cursor_seek_before, "\xff", "f");
    assert_int_equal(engine_cursor_next(cursor, &key, &value), 1);
    assert_true(span_equal(key, span_make("\xff\x00", 2)));
    assert_span(value, "high");
    expect_step(cursor, engine_cursor_next, NULL);
    expect_step(cursor, engine_cursor_next, NULL);
    assert_int_equal(engine_cursor_prev(cursor, &key, &value), 1);
    assert_span(value, "high");
    expect_seek(cursor, engine_cursor_seek, "\xff\xff", NULL);
    assert_int_equal(engine_cursor_prev(cursor, &key, &value), 1);
    assert_span(value, "high");
    assert_int_equal(engine_cursor_seek_before(cursor, text("\xff\xff"), &key, &value), 1);
    assert_span(value, "high");
    engine_cursor_close(cursor);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    expect_step(cursor, engine_cursor_next, "b");
    engine_cursor_close(cursor);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    assert_int_equal(engine_cursor_prev(cursor, &key, &value), 1);
    assert_span(value, "high");
    engine_cursor_close(cursor);
    engine_cursor_close(NULL);
}

static void cursors(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    struct engine_txn *txn;
    struct engine_cursor *cursor;
    assert_int_equal(engine_read_begin(place.engine, &txn), 0);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    expect_seek(cursor, engine_cursor_seek, "", NULL);
    expect_seek(cursor, engine_cursor_seek, "a", NULL);
    expect_seek(cursor, engine_cursor_seek_before, "", NULL);
    expect_seek(cursor, engine_cursor_seek_before, "a", NULL);
    engine_cursor_close(cursor);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    expect_step(cursor, engine_cursor_next, NULL);
    expect_step(cursor, engine_cursor_prev, NULL);
    engine_cursor_close(cursor);
    engine_end(txn);
    fill_letters(place.engine);
    assert_int_equal(engine_read_begin(place.engine, &txn), 0);
    cursor_moves(txn);
    engine_end(txn);
    place_finish(&place);
}

static void cursors_while_writing(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    fill_letters(place.engine);
    struct engine_txn *txn;
    struct engine_cursor *cursor;
    struct span key;
    struct span value;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    cursor_moves(txn);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    expect_seek(cursor, engine_cursor_seek, "c", "d");
    assert_int_equal(engine_put(txn, text("c"), text("c")), 0);
    expect_seek(cursor, engine_cursor_seek, "c", "c");
    expect_step(cursor, engine_cursor_next, "d");
    assert_int_equal(engine_delete(txn, text("d")), 0);
    expect_seek(cursor, engine_cursor_seek, "c", "c");
    expect_step(cursor, engine_cursor_next, "f");
    assert_int_equal(engine_delete(txn, text("f")), 0);
    assert_int_equal(engine_cursor_next(cursor, &key, &value), -ERR_INVALID);
    assert_int_equal(engine_commit(txn), -ERR_INVALID);
    assert_int_equal(engine_cursor_next(cursor, &key, &value), -ERR_INVALID);
    assert_int_equal(engine_cursor_seek(cursor, text("a"), &key, &value), -ERR_INVALID);
    engine_cursor_close(cursor);
    assert_int_equal(look(place.engine, "d", text("d")), 1);
    assert_int_equal(look(place.engine, "c", text("")), 0);
    place_finish(&place);
}

static void delete_all_by_cursor(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    struct engine_txn *txn;
    char name[16];
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "%08x", i * 2654435761U);
        assert_int_equal(engine_put(txn, text(name), text(name)), 0);
    }
    assert_int_equal(engine_commit(txn), 0);
    struct engine_cursor *cursor;
    struct span key;
    struct span value;
    uint8_t copy[16] = {0};
    size_t count = 0;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    while (engine_cursor_seek(cursor, span_make(NULL, 0), &key, &value) == 1) {
        assert_int_equal(key.size, 8);
        assert_true(memcmp(copy, key.data, 8) < 0);
        memcpy(copy, key.data, 8);
        assert_int_equal(engine_delete(txn, span_make(copy, 8)), 0);
        count++;
    }
    assert_int_equal(count, 5000);
    expect_seek(cursor, engine_cursor_seek_before, "z", NULL);
    engine_cursor_close(cursor);
    assert_int_equal(engine_commit(txn), 0);
    place_finish(&place);
}

/* Many keys of many sizes against a sorted array of them. */
static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void order(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct place place;
    place_init(&place);
    place_open(&place);
    char(*names)[32] = calloc(COUNT, sizeof *names);
    assert_non_null(names);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "%.*s%u", (int)(i % 20), "zyxwvutsrqponmlkjihg",
                 i * 7919);
        assert_int_equal(engine_put(txn, text(names[i]), text(names[i])), 0);
    }
    assert_int_equal(engine_commit(txn), 0);
    qsort(names, COUNT, sizeof *names, compare_names);
    struct engine_cursor *cursor;
    assert_int_equal(engine_read_begin(place.engine, &txn), 0);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    for (unsigned i = 0; i < COUNT; i++)
        expect_step(cursor, engine_cursor_next, names[i]);
    expect_step(cursor, engine_cursor_next, NULL);
    for (unsigned i = COUNT; i > 0; i--)
        expect_step(cursor, engine_cursor_prev, names[i - 1]);
    expect_step(cursor, engine_cursor_prev, NULL);
    for (unsigned i = 1; i < COUNT; i += 37)
        expect_seek(cursor, engine_cursor_seek_before, names[i], names[i - 1]);
    engine_cursor_close(cursor);
    engine_end(txn);
    free(names);
    place_finish(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_delete),
        cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(a_snapshot_does_not_change),
        cmocka_unit_test(key_sizes),
        cmocka_unit_test(value_sizes),
        cmocka_unit_test(too_large),
        cmocka_unit_test(cursors),
        cmocka_unit_test(cursors_while_writing),
        cmocka_unit_test(delete_all_by_cursor),
        cmocka_unit_test(order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
