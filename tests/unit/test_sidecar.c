/* The sidecar as a file: whatever is read of it is a part of all its records, one behind the other.
 */
#include "audit/record.h"
#include "audit/sidecar.h"
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Appends the records of an object up to one, and before them those of its predecessor up to then.
 */
static void append_records(struct store_view *view, uint64_t object, uint64_t until,
                           struct buf *out)
{
    struct row_version row;
    uint64_t seq = 0;
    if (store_version_after(view, object, 0, &seq, &row) != 1)
        return;
    if (row.predecessor != 0)
        append_records(view, row.predecessor, seq, out);
    for (int found = 1; found == 1 && seq <= until;
         found = store_version_after(view, object, seq, &seq, &row))
        audit_record_write(out, &row);
}

struct file {
    struct model_place *place;
    struct store_view view;
    uint64_t object;
    struct buf expected;
};

static void file_open(struct file *file, struct model_place *place, uint64_t object)
{
    *file = (struct file){.place = place, .object = object};
    assert_int_equal(store_read(place->store, &file->view), 0);
    append_records(&file->view, object, STORE_NOW, &file->expected);
}

static void file_close(struct file *file)
{
    store_view_end(&file->view);
    buf_finish(&file->expected);
}

static void assert_read(struct file *file, uint64_t offset, size_t size)
{
    AUTO_BUF struct buf out = {0};
    buf_append_string(&out, "before:");
    int result = audit_sidecar_read(&file->view, file->object, offset, size, &out);
    if (result < 0)
        fail_msg("offset %ju, size %zu: %s", (uintmax_t)offset, size, error_name(result));
    struct span all = buf_span(&file->expected);
    struct span rest = offset < all.size ? span_skip(all, (size_t)offset) : span_make(NULL, 0);
    struct span found = span_skip(buf_span(&out), 7);
    if (!span_equal(found, span_head(rest, size)))
        fail_msg("offset %ju, size %zu: found %zu bytes: %.*s", (uintmax_t)offset, size, found.size,
                 (int)found.size, found.data);
}

static void assert_all(struct model_place *place, uint64_t object)
{
    static const size_t sizes[] = {1, 350, 1000, 100000};
    struct file file;
    uint64_t size = 0;
    file_open(&file, place, object);
    assert_int_equal(audit_sidecar_size(&file.view, object, &size), 1);
    assert_int_equal(size, file.expected.size);
    assert_read(&file, 0, SIZE_MAX - 100);
    for (uint64_t at = 0; at <= size + 2; at++) {
        bool near_end_of_line = at == 0 || at >= size || file.expected.data[at - 1] == '\n' ||
                                file.expected.data[at] == '\n';
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            if (near_end_of_line || (at + i) % 61 == 0)
                assert_read(&file, at, sizes[i]);
    }
    assert_read(&file, UINT64_MAX, 10);
    assert_read(&file, 5, 0);
    file_close(&file);
}

static uint64_t notes(struct model_place *place)
{
    return must_define(place, "notes", "{}");
}

static void write_many(struct model_place *place, uint64_t collection, const char *name,
                       unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char text[100];
        snprintf(text, sizeof(text), "{\"i\":%u,\"t\":\"%.*s\"}", i, (int)(i % 40),
                 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz");
        must_write(place, collection, name, text);
    }
}

static uint64_t object_of(struct model_place *place, uint64_t collection, const char *name)
{
    struct store_view view;
    struct row_binding binding = {0};
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_name_get(&view, collection, span_of_string(name), &binding), 1);
    store_view_end(&view);
    return binding.object;
}

static void one_record(void **state)
{
    (void)state;
    struct model_place place;
    model_place_init(&place);
    uint64_t collection = notes(&place);
    uint64_t object = must_write(&place, collection, "a", "{}");
    struct file file;
    file_open(&file, &place, object);
    for (uint64_t at = 0; at <= file.expected.size + 1; at++)
        for (size_t size = 0; size <= file.expected.size + 1; size += 1 + size / 8)
            assert_read(&file, at, size);
    uint64_t size;
    assert_int_equal(audit_sidecar_size(&file.view, 12345, &size), 0);
    file_close(&file);
    model_place_finish(&place);
}

static void many_records(void **state)
{
    (void)state;
    struct model_place place;
    model_place_init(&place);
    uint64_t collection = notes(&place);
    for (unsigned i = 0; i < 8; i++) { /* others come between */
        write_many(&place, collection, "a", 40);
        write_many(&place, collection, "b", 1 + i % 3);
        must_write(&place, collection, "b", "{}");
    }
    assert_all(&place, object_of(&place, collection, "a"));
    assert_all(&place, object_of(&place, collection, "b"));
    model_place_finish(&place);
}

static void every_offset(void **state)
{
    (void)state;
    struct model_place place;
    model_place_init(&place);
    uint64_t collection = notes(&place);
    write_many(&place, collection, "a", 5);
    assert_int_equal(model_delete(&place, collection, "a", NULL), 0);
    write_many(&place, collection, "a", 5);
    struct file file;
    file_open(&file, &place, object_of(&place, collection, "a"));
    for (uint64_t at = 0; at <= file.expected.size; at++)
        for (size_t size = 1; size <= file.expected.size; size *= 3)
            assert_read(&file, at, size);
    file_close(&file);
    model_place_finish(&place);
}

static void predecessors(void **state)
{
    (void)state;
    struct model_place place;
    model_place_init(&place);
    uint64_t collection = notes(&place);
    for (unsigned i = 0; i < 12; i++) {
        write_many(&place, collection, "a", 1 + i * 3);
        uint64_t object = object_of(&place, collection, "a");
        assert_int_equal(model_delete(&place, collection, "a", NULL), 0);
        if (i % 4 == 3)
            assert_all(&place, object);
    }
    write_many(&place, collection, "a", 2);
    assert_all(&place, object_of(&place, collection, "a"));
    model_place_finish(&place);
}

static uint64_t predecessor_of(struct model_place *place, uint64_t object)
{
    struct store_view view;
    struct row_version row = {0};
    uint64_t seq;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_version_get(&view, object, &seq, &row), 1);
    store_view_end(&view);
    return row.predecessor;
}

/* One that was renamed took its records along, and those that come after do not show in the file of
 * who has the id now; not even when it is deleted in the end. */
static void who_was_renamed_is_no_predecessor(void **state)
{
    (void)state;
    struct model_place place;
    model_place_init(&place);
    uint64_t collection = notes(&place);
    write_many(&place, collection, "a", 5);
    assert_int_equal(model_move(&place, collection, "a", collection, "b", NULL), 0);
    write_many(&place, collection, "b", 3);
    write_many(&place, collection, "a", 4);
    write_many(&place, collection, "b", 7);
    write_many(&place, collection, "a", 4);
    uint64_t second = object_of(&place, collection, "a");
    assert_int_equal(predecessor_of(&place, second), 0);
    assert_all(&place, second);
    assert_all(&place, object_of(&place, collection, "b"));
    assert_int_equal(model_move(&place, collection, "a", collection, "c", NULL), 0);
    assert_int_equal(model_delete(&place, collection, "b", NULL), 0);
    assert_int_equal(model_delete(&place, collection, "c", NULL), 0);
    uint64_t third = must_write(&place, collection, "a", "{}");
    assert_int_equal(predecessor_of(&place, third), 0);
    uint64_t fourth = must_write(&place, collection, "c", "{}");
    assert_int_equal(predecessor_of(&place, fourth), second);
    assert_all(&place, third);
    assert_all(&place, fourth);
    model_place_finish(&place);
}

/* Numbers are handed out when a file is opened, so the one before may have the higher number. */
static void a_predecessor_with_a_higher_number(void **state)
{
    (void)state;
    struct model_place place;
    model_place_init(&place);
    uint64_t collection = notes(&place);
    uint64_t low = store_new_object(place.store);
    write_many(&place, collection, "a", 3);
    uint64_t high = object_of(&place, collection, "a");
    assert_true(high > low);
    assert_int_equal(model_delete(&place, collection, "a", NULL), 0);
    struct model_result result;
    struct model_put put = {.caller = model_caller(),
                            .collection = collection,
                            .name = span_of_string("a"),
                            .object = low,
                            .text = span_of_string("{}"),
                            .mode = 0600,
                            .uid = geteuid()};
    assert_int_equal(model_put(place.model, &put, &result, NULL), 0);
    assert_int_equal(result.object, low);
    write_many(&place, collection, "a", 3);
    assert_all(&place, low);
    assert_all(&place, high);
    model_place_finish(&place);
}

/* A reader with an older view sees the file as it was. */
static void as_of_a_commit(void **state)
{
    (void)state;
    struct model_place place;
    model_place_init(&place);
    uint64_t collection = notes(&place);
    write_many(&place, collection, "a", 10);
    uint64_t object = object_of(&place, collection, "a");
    struct file file;
    file_open(&file, &place, object);
    uint64_t seq = model_seq(&place);
    store_view_end(&file.view);
    write_many(&place, collection, "a", 10);
    assert_int_equal(store_read(place.store, &file.view), 0);
    file.view.seq = seq;
    for (uint64_t at = 0; at <= file.expected.size; at += 97)
        assert_read(&file, at, 100000);
    uint64_t size = 0;
    assert_int_equal(audit_sidecar_size(&file.view, object, &size), 1);
    assert_int_equal(size, file.expected.size);
    file_close(&file);
    model_place_finish(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_record),
        cmocka_unit_test(many_records),
        cmocka_unit_test(every_offset),
        cmocka_unit_test(predecessors),
        cmocka_unit_test(who_was_renamed_is_no_predecessor),
        cmocka_unit_test(a_predecessor_with_a_higher_number),
        cmocka_unit_test(as_of_a_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
