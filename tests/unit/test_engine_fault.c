#include "engine_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

static void sticky(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    struct engine_txn *txn;
    struct engine_cursor *cursor;
    struct span value;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, text("a"), text("v")), 0);
    faults.put = (struct fault){.after = 0, .rc = ENOSPC};
    assert_int_equal(engine_put(txn, text("b"), text("v")), -ERR_NO_SPACE);
    assert_int_equal(engine_put(txn, text("c"), text("v")), -ERR_NO_SPACE);
    assert_int_equal(engine_get(txn, text("a"), &value), -ERR_NO_SPACE);
    assert_int_equal(engine_delete(txn, text("a")), -ERR_NO_SPACE);
    assert_int_equal(engine_cursor_open(txn, &cursor), -ERR_NO_SPACE);
    assert_int_equal(engine_commit(txn), -ERR_NO_SPACE);
    assert_int_equal(look(place.engine, "a", text("")), 0);
    assert_int_equal(engine_syncs(place.engine), 0);
    put_one(place.engine, "a", text("v"));
    assert_int_equal(engine_syncs(place.engine), 1);
    faults.del = (struct fault){.after = 0, .rc = MDB_CORRUPTED};
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    assert_int_equal(engine_delete(txn, text("a")), -ERR_DAMAGED);
    assert_int_equal(engine_cursor_seek(cursor, text("a"), &value, &value), -ERR_DAMAGED);
    engine_cursor_close(cursor);
    assert_int_equal(engine_commit(txn), -ERR_DAMAGED);
    assert_int_equal(look(place.engine, "a", text("v")), 1);
    place_finish(&place);
}

static void nothing_changed_costs_nothing(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    faults.commit = (struct fault){.after = 0, .rc = EIO};
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_delete(txn, text("absent")), 0);
    assert_int_equal(engine_commit(txn), 0);
    assert_int_equal(engine_syncs(place.engine), 0);
    assert_int_equal(faults.commit.after, 0);
    engine_end(NULL);
    place_finish(&place);
}

struct commit_case {
    int rc;
    int error;
    bool goes_on;
};

static void commit_failures(void **state)
{
    (void)state;
    const struct commit_case cases[] = {
        {ENOSPC, -ERR_NO_SPACE, true},   {EDQUOT, -ERR_NO_SPACE, true},
        {EFBIG, -ERR_NO_SPACE, true},    {ENOMEM, -ERR_NO_MEMORY, true},
        {MDB_MAP_FULL, -ERR_BUSY, true}, {MDB_CORRUPTED, -ERR_DAMAGED, true},
        {EIO, -ERR_ENGINE, false},       {MDB_PANIC, -ERR_ENGINE, false},
        {EROFS, -ERR_ENGINE, false},
    };
    struct place place;
    place_init(&place);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        place_open(&place);
        put_one(place.engine, "k", text("before"));
        struct engine_txn *txn;
        assert_int_equal(engine_write_begin(place.engine, &txn), 0);
        assert_int_equal(engine_put(txn, text("k"), text("after")), 0);
        faults.commit = (struct fault){.after = 0, .rc = cases[i].rc};
        assert_int_equal(engine_commit(txn), cases[i].error);
        assert_int_equal(engine_syncs(place.engine), 1);
        assert_int_equal(look(place.engine, "k", text("before")), 1);
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        int expected = cases[i].goes_on ? 0 : -ERR_ENGINE;
        assert_int_equal(engine_status(place.engine, &problem), expected);
        assert_int_equal(buf_span(&problem.detail).size > 0, !cases[i].goes_on);
        assert_int_equal(engine_write_begin(place.engine, &txn), expected);
        if (expected == 0)
            engine_end(txn);
        place_close(&place);
    }
    place_open(&place);
    put_one(place.engine, "k", text("reopened"));
    place_finish(&place);
}

/* LMDB gives up when it could neither write nor restore its first page: even a full disk then
 * leaves it open what is on it. */
static void a_failed_end_is_final(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, text("k"), text("v")), 0);
    faults.commit = (struct fault){.after = 0, .rc = ENOSPC};
    faults.begin = (struct fault){.after = 0, .rc = MDB_PANIC};
    assert_int_equal(engine_commit(txn), -ERR_ENGINE);
    assert_int_equal(engine_status(place.engine, NULL), -ERR_ENGINE);
    assert_int_equal(engine_write_begin(place.engine, &txn), -ERR_ENGINE);
    assert_int_equal(look(place.engine, "k", text("")), 0);
    faults.begin = (struct fault){.after = 0, .rc = MDB_PANIC};
    struct engine_txn *readers[2];
    assert_int_equal(engine_read_begin(place.engine, &readers[0]), 0);
    assert_int_equal(engine_read_begin(place.engine, &readers[1]), -ERR_ENGINE);
    engine_end(readers[0]);
    place_finish(&place);
}

static void a_failed_sync_is_never_taken_for_a_full_disk(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    faults.put = (struct fault){.after = 0, .rc = EIO};
    faults.sync = (struct fault){.after = 0, .rc = EIO};
    assert_int_equal(engine_put(txn, text("k"), text("v")), -ERR_ENGINE);
    engine_end(txn);
    assert_int_equal(faults.sync.after, -1);
    assert_int_equal(engine_write_begin(place.engine, &txn), -ERR_ENGINE);
    place_finish(&place);
}

static void memory_failures(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    faults.calloc = (struct fault){.after = 0};
    assert_int_equal(place_try(&place, (struct engine_options){0}), -ERR_NO_MEMORY);
    assert_null(place.engine);
    place_open(&place);
    struct engine_txn *txn;
    struct engine_cursor *cursor;
    faults.calloc = (struct fault){.after = 0};
    assert_int_equal(engine_write_begin(place.engine, &txn), -ERR_NO_MEMORY);
    faults.calloc = (struct fault){.after = 0};
    assert_int_equal(engine_read_begin(place.engine, &txn), -ERR_NO_MEMORY);
    assert_int_equal(engine_read_begin(place.engine, &txn), 0);
    faults.calloc = (struct fault){.after = 0};
    assert_int_equal(engine_cursor_open(txn, &cursor), -ERR_NO_MEMORY);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    engine_cursor_close(cursor);
    engine_end(txn);
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    faults.put = (struct fault){.after = 0, .rc = ENOMEM};
    assert_int_equal(engine_put(txn, text("k"), text("v")), -ERR_NO_MEMORY);
    assert_int_equal(engine_commit(txn), -ERR_NO_MEMORY);
    put_one(place.engine, "k", text("v"));
    place_finish(&place);
}

static off_t find_bytes(int fd, const char *needle)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    AUTO_FREE uint8_t *all = malloc((size_t)st.st_size);
    assert_int_equal(pread(fd, all, (size_t)st.st_size, 0), st.st_size);
    const uint8_t *found = memmem(all, (size_t)st.st_size, needle, strlen(needle));
    assert_non_null(found);
    return found - all;
}

static void flip(int fd, off_t offset, uint8_t mask)
{
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= mask;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

static void flipped_bits_are_found(void **state)
{
    (void)state;
    const char *payload = "a payload of some length, to be damaged";
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "k", text(payload));
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    off_t start = find_bytes(fd, payload);
    for (size_t i = 0; i < strlen(payload) + 8; i++) {
        uint8_t mask = (uint8_t)(1U << i % 8);
        flip(fd, start + (off_t)i, mask);
        place_open(&place);
        assert_int_equal(look(place.engine, "k", text(payload)), -ERR_DAMAGED);
        place_close(&place);
        flip(fd, start + (off_t)i, mask);
    }
    place_open(&place);
    assert_int_equal(look(place.engine, "k", text(payload)), 1);
    place_finish(&place);
}

static void a_flipped_key_is_found(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "a rare key", text("value"));
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    flip(fd, find_bytes(fd, "a rare key"), 1);
    place_open(&place);
    assert_int_equal(look(place.engine, "`rare key", text("")), 0);
    assert_int_equal(look(place.engine, "` rare key", text("")), -ERR_DAMAGED);
    place_finish(&place);
}

/* Every bit of the page that holds the pair, where it leads LMDB to other bytes. */
static void sizes_on_disk_are_not_trusted(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    AUTO_FREE uint8_t *bytes = noise(MIB, 3);
    put_one(place.engine, "inline-value", text("payload"));
    put_one(place.engine, "large--value", span_make(bytes, MIB));
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    const char *keys[] = {"inline-value", "large--value"};
    for (size_t k = 0; k < 2; k++) {
        off_t node = find_bytes(fd, keys[k]) - 8; /* the newer of the pages comes first, or not */
        for (unsigned bit = 0; bit < 32; bit++) {
            for (off_t page = node % 4096 + 8192; page < 10 * 4096; page += 4096)
                flip(fd, page + bit / 8, (uint8_t)(1U << bit % 8));
            place_open(&place);
            struct span expected = k == 0 ? text("payload") : span_make(bytes, MIB);
            assert_int_equal(look(place.engine, keys[k], expected), -ERR_DAMAGED);
            place_close(&place);
            for (off_t page = node % 4096 + 8192; page < 10 * 4096; page += 4096)
                flip(fd, page + bit / 8, (uint8_t)(1U << bit % 8));
        }
    }
    place_open(&place);
    assert_int_equal(look(place.engine, "inline-value", text("payload")), 1);
    assert_int_equal(look(place.engine, "large--value", span_make(bytes, MIB)), 1);
    place_finish(&place);
}

static void expect_verdict(struct place *place, int expected)
{
    const struct engine_options options = {.read_only = true, .verify = true};
    assert_int_equal(place_try(place, options), expected);
    place_close(place);
}

/* Whatever bit of a page is changed, reading all that there is ends well, or was refused. */
static int read_all(struct place *place)
{
    if (place_try(place, (struct engine_options){.read_only = true, .verify = true}) < 0)
        return 0;
    struct engine_txn *txn;
    struct engine_cursor *cursor;
    struct span key;
    struct span value;
    EXPECT(engine_read_begin(place->engine, &txn) == 0);
    EXPECT(engine_cursor_open(txn, &cursor) == 0);
    int got = 1;
    for (size_t i = 0; i < 1000 && (got == 1 || got == -ERR_DAMAGED); i++) {
        got = engine_cursor_next(cursor, &key, &value);
        EXPECT(got != 1 || value.size == 0 || value.data[0] == key.data[0]);
    }
    engine_cursor_close(cursor);
    engine_end(txn);
    return 0;
}

static void fill_pages(struct engine *engine)
{
    struct engine_txn *txn;
    char key[ENGINE_KEY_MAX];
    uint8_t value[5000];
    assert_int_equal(engine_write_begin(engine, &txn), 0);
    for (unsigned i = 0; i < 60; i++) {
        memset(key, 'a' + (int)i % 26, sizeof key);
        snprintf(key + 1, 8, "%u", i);
        key[8] = '-';
        memset(value, key[0], sizeof value);
        struct span name = span_make(key, 20 + 8 * i);
        assert_int_equal(engine_put(txn, name, span_make(value, i % 20 == 0 ? 5000 : i)), 0);
    }
    assert_int_equal(engine_commit(txn), 0);
}

static void a_verified_file_can_be_read(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    expect_verdict(&place, -ERR_NOT_FOUND);
    place_open(&place);
    fill_pages(place.engine);
    place_close(&place);
    expect_verdict(&place, 0);
    AUTO_CLOSE int fd = place_data(&place);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    unsigned refused = 0;
    for (off_t page = 8192; page < st.st_size; page += 4096) {
        for (unsigned bit = 0; bit < 8 * 48; bit++) {
            flip(fd, page + bit / 8, (uint8_t)(1U << bit % 8));
            assert_int_equal(read_all(&place), 0);
            place_close(&place);
            flip(fd, page + bit / 8, (uint8_t)(1U << bit % 8));
        }
        flip(fd, page, 1);
        if (place_try(&place, (struct engine_options){.verify = true}) == -ERR_DAMAGED)
            refused++;
        place_close(&place);
        flip(fd, page, 1);
    }
    assert_true(refused >= 5);
    expect_verdict(&place, 0);
    place_finish(&place);
}

static void a_cursor_goes_on_after_damage(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "a", text("first value"));
    put_one(place.engine, "b", text("second value"));
    put_one(place.engine, "c", text("third value"));
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    AUTO_FREE uint8_t *all = malloc((size_t)st.st_size);
    assert_int_equal(pread(fd, all, (size_t)st.st_size, 0), st.st_size);
    for (off_t i = 0; i < st.st_size - 12; i++)
        if (memcmp(all + i, "second value", 12) == 0)
            flip(fd, i, 0x20);
    place_open(&place);
    struct engine_txn *txn;
    struct engine_cursor *cursor;
    struct span key;
    struct span value = text("unset");
    assert_int_equal(engine_read_begin(place.engine, &txn), 0);
    assert_int_equal(engine_cursor_open(txn, &cursor), 0);
    assert_int_equal(engine_cursor_seek(cursor, text("b"), &key, &value), -ERR_DAMAGED);
    assert_span(key, "b");
    assert_span(value, "unset");
    assert_int_equal(engine_cursor_next(cursor, &key, &value), 1);
    assert_span(value, "third value");
    assert_int_equal(engine_cursor_prev(cursor, &key, &value), -ERR_DAMAGED);
    assert_span(key, "b");
    assert_int_equal(engine_cursor_prev(cursor, &key, &value), 1);
    assert_span(value, "first value");
    engine_cursor_close(cursor);
    engine_end(txn);
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_get(txn, text("b"), &value), -ERR_DAMAGED);
    assert_int_equal(engine_commit(txn), -ERR_DAMAGED);
    put_one(place.engine, "b", text("mended"));
    assert_int_equal(look(place.engine, "b", text("mended")), 1);
    place_finish(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sticky),
        cmocka_unit_test(nothing_changed_costs_nothing),
        cmocka_unit_test(commit_failures),
        cmocka_unit_test(a_failed_end_is_final),
        cmocka_unit_test(a_failed_sync_is_never_taken_for_a_full_disk),
        cmocka_unit_test(memory_failures),
        cmocka_unit_test(flipped_bits_are_found),
        cmocka_unit_test(a_flipped_key_is_found),
        cmocka_unit_test(sizes_on_disk_are_not_trusted),
        cmocka_unit_test(a_verified_file_can_be_read),
        cmocka_unit_test(a_cursor_goes_on_after_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
