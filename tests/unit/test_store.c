/* The rows of a store as of any commit, held against a shadow of them in memory. */
#include "rows_place.h"
#include "store/base/cleanup.h"
#include "store/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SEQS    400
#define OBJECTS 24
#define PARENTS 2

/* What was listed where, after each commit: the mode of each entry, 0 for none. */
struct shadow {
    uint32_t mode[SEQS + 1][PARENTS][OBJECTS];
};

static const uint64_t parents[PARENTS] = {70, 71};

static void put_entry(struct rows_place *place, uint64_t seq, size_t parent, size_t object,
                      uint32_t mode)
{
    char name[32];
    snprintf(name, sizeof(name), "n%zu.%u", object, (unsigned)mode);
    const struct row_entry entry = {.live = mode != 0, .mode = mode, .name = span_of_string(name)};
    assert_int_equal(store_entry_put(&place->view, parents[parent], 100 + 3 * object, seq, &entry),
                     0);
}

static void fill_entries(struct rows_place *place, struct shadow *shadow)
{
    uint32_t seed = 1;
    memset(shadow, 0, sizeof(*shadow));
    for (uint64_t seq = 1; seq <= SEQS; seq++) {
        memcpy(shadow->mode[seq], shadow->mode[seq - 1], sizeof(shadow->mode[seq]));
        for (uint32_t changes = next_random(&seed) % 3; changes > 0; changes--) {
            size_t parent = next_random(&seed) % PARENTS;
            size_t object = next_random(&seed) % OBJECTS;
            uint32_t mode = next_random(&seed) % 3 ? 1 + next_random(&seed) % 07777 : 0;
            put_entry(place, seq, parent, object, mode);
            shadow->mode[seq][parent][object] = mode;
        }
    }
}

static void assert_listing(struct store_view *view, uint64_t parent, const uint32_t modes[OBJECTS])
{
    struct row_entry entry;
    uint64_t object = 0;
    for (size_t i = 0; i < OBJECTS; i++) {
        if (modes[i] == 0)
            continue;
        assert_int_equal(store_entry_next(view, parent, object, &object, &entry), 1);
        assert_int_equal(object, 100 + 3 * i);
        assert_true(entry.live);
        assert_int_equal(entry.mode, modes[i]);
        char name[32];
        snprintf(name, sizeof(name), "n%zu.%u", i, (unsigned)modes[i]);
        assert_true(span_is(entry.name, name));
    }
    assert_int_equal(store_entry_next(view, parent, object, &object, &entry), 0);
}

static void listings_as_of_any_commit(void **state)
{
    struct rows_place *place = *state;
    static struct shadow shadow;
    fill_entries(place, &shadow);
    struct store_view *view = rows_place_look(place);
    for (uint64_t seq = 0; seq <= SEQS; seq++) {
        view->seq = seq;
        for (size_t parent = 0; parent < PARENTS; parent++)
            assert_listing(view, parents[parent], shadow.mode[seq][parent]);
    }
    view->seq = STORE_NOW;
    for (size_t parent = 0; parent < PARENTS; parent++)
        assert_listing(view, parents[parent], shadow.mode[SEQS][parent]);
}

static void entries_as_of_any_commit(void **state)
{
    struct rows_place *place = *state;
    static struct shadow shadow;
    fill_entries(place, &shadow);
    struct store_view *view = rows_place_look(place);
    struct row_entry entry;
    for (uint64_t seq = 0; seq <= SEQS; seq++) {
        view->seq = seq;
        for (size_t object = 0; object < OBJECTS; object++) {
            int found = store_entry_get(view, parents[1], 100 + 3 * object, &entry);
            uint32_t mode = shadow.mode[seq][1][object];
            assert_in_range(found, 0, 1);
            assert_int_equal(found == 1 && entry.live ? entry.mode : 0, mode);
        }
    }
}

/* One name goes from object to object; its neighbours, one the beginning of the other, stay. */
static void names_as_of_any_commit(void **state)
{
    struct rows_place *place = *state;
    struct row_binding binding = {.object = 500, .live = true};
    assert_int_equal(store_name_put(&place->view, 70, span_of_string("a"), 1, &binding), 0);
    assert_int_equal(store_name_put(&place->view, 70, span_make("ab\0c", 4), 1, &binding), 0);
    for (uint64_t seq = 2; seq <= SEQS; seq += 2) {
        binding = (struct row_binding){.object = seq, .live = seq % 4 == 0};
        assert_int_equal(store_name_put(&place->view, 70, span_of_string("ab"), seq, &binding), 0);
    }
    struct store_view *view = rows_place_look(place);
    for (uint64_t seq = 0; seq <= SEQS; seq++) {
        view->seq = seq;
        assert_int_equal(store_name_get(view, 70, span_of_string("ab"), &binding), seq >= 2);
        if (seq >= 2) {
            assert_int_equal(binding.object, seq - seq % 2);
            assert_int_equal(binding.live, binding.object % 4 == 0);
        }
        assert_int_equal(store_name_get(view, 70, span_of_string("a"), &binding), seq >= 1);
        assert_int_equal(store_name_get(view, 70, span_make("ab\0c", 4), &binding), seq >= 1);
        assert_int_equal(store_name_get(view, 71, span_of_string("ab"), &binding), 0);
        assert_int_equal(store_name_get(view, 70, span_of_string("abc"), &binding), 0);
    }
}

static void put_unique(struct rows_place *place, uint64_t index, struct span value, uint64_t seq,
                       uint64_t object, bool live)
{
    const struct row_binding binding = {.object = object, .live = live};
    assert_int_equal(store_unique_put(&place->view, 70, index, value, seq, &binding), 0);
}

static void assert_holder(struct store_view *view, uint64_t index, struct span value,
                          uint64_t expected)
{
    struct row_binding binding = {0};
    int found = store_unique_get(view, 70, index, value, &binding);
    assert_in_range(found, 0, 1);
    assert_int_equal(found == 1 && binding.live ? binding.object : 0, expected);
}

static void unique_values(void **state)
{
    struct rows_place *place = *state;
    static uint8_t large[100000];
    memset(large, 'v', sizeof(large));
    struct span value = span_make(large, sizeof(large));
    put_unique(place, 1, value, 1, 500, true);
    put_unique(place, 1, value, 3, 500, false);
    put_unique(place, 1, value, 4, 501, true);
    put_unique(place, 2, value, 2, 502, true);
    put_unique(place, UINT64_MAX, span_make(NULL, 0), 2, 503, true);
    large[sizeof(large) - 1] = 'w';
    put_unique(place, 1, value, 5, 504, true);
    large[sizeof(large) - 1] = 'v';
    struct store_view *view = rows_place_look(place);
    static const uint64_t holders[] = {0, 500, 500, 0, 501, 501, 501};
    for (uint64_t seq = 0; seq < 7; seq++) {
        view->seq = seq;
        assert_holder(view, 1, value, holders[seq]);
        assert_holder(view, 2, value, seq >= 2 ? 502 : 0);
        assert_holder(view, UINT64_MAX, span_make(NULL, 0), seq >= 2 ? 503 : 0);
        assert_holder(view, 1, span_make(large, sizeof(large) - 1), 0);
        assert_holder(view, 3, value, 0);
    }
    large[sizeof(large) - 1] = 'w';
    assert_holder(view, 1, value, 504);
}

/* Object 200 has a version at each multiple of 3, 201 at a few far apart, 202 at one. */
static const uint64_t few[] = {2, 3, 5, 900, 901, 40000, 1ULL << 40, (1ULL << 40) + 1};
#define FEW  (sizeof(few) / sizeof(few[0]))
#define MANY 700

static void put_version(struct rows_place *place, uint64_t object, uint64_t seq, uint64_t version)
{
    char text[64];
    snprintf(text, sizeof(text), "{\"n\":%ju}", (uintmax_t)seq);
    const struct row_version row = {
        .op = ROW_UPDATE, .version = version, .document = span_of_string(text)};
    assert_int_equal(store_version_put(&place->view, object, seq, &row), 0);
}

static struct store_view *fill_versions(struct rows_place *place)
{
    for (uint64_t i = 1; i <= MANY; i++)
        put_version(place, 200, 3 * i, i);
    for (uint64_t i = 0; i < FEW; i++)
        put_version(place, 201, few[i], i + 1);
    put_version(place, 202, 10, 1);
    return rows_place_look(place);
}

static void assert_document(const struct row_version *row, uint64_t seq)
{
    char text[64];
    snprintf(text, sizeof(text), "{\"n\":%ju}", (uintmax_t)seq);
    assert_true(span_is(row->document, text));
}

/* `last` is the newest version that is seen. */
static void assert_findable(struct store_view *view, uint64_t object, uint64_t last, uint64_t most,
                            const uint64_t *seqs)
{
    struct row_version row;
    for (uint64_t version = 0; version <= most + 2; version++) {
        uint64_t seq = 12345;
        int found = store_version_find(view, object, version, &seq, &row);
        assert_int_equal(found, version >= 1 && version <= last);
        if (found == 0)
            continue;
        assert_int_equal(row.version, version);
        assert_int_equal(seq, seqs ? seqs[version - 1] : 3 * version);
        assert_document(&row, seq);
    }
}

static void versions_by_number(void **state)
{
    struct rows_place *place = *state;
    struct store_view *view = fill_versions(place);
    struct row_version row;
    uint64_t seq;
    assert_findable(view, 200, MANY, MANY, NULL);
    assert_findable(view, 201, FEW, FEW, few);
    static const uint64_t ten[] = {10};
    assert_findable(view, 202, 1, 1, ten);
    assert_int_equal(store_version_find(view, 203, 1, &seq, &row), 0);
    assert_int_equal(store_version_find(view, 199, 1, &seq, &row), 0);
    static const uint64_t moments[] = {0, 1, 2, 3, 5, 6, 599, 600, 2100};
    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        view->seq = moments[i];
        assert_findable(view, 200, moments[i] / 3, MANY, NULL);
        uint64_t last = 0;
        while (last < FEW && few[last] <= moments[i])
            last++;
        assert_findable(view, 201, last, FEW, few);
    }
}

static void versions_as_of(void **state)
{
    struct rows_place *place = *state;
    struct store_view *view = fill_versions(place);
    struct row_version row;
    uint64_t seq;
    for (uint64_t limit = 0; limit < 60; limit++) {
        view->seq = limit;
        for (uint64_t at = 0; at < 70; at++) {
            uint64_t expected = (at < limit ? at : limit) / 3 * 3;
            int found = store_version_as_of(view, 200, at, &seq, &row);
            assert_int_equal(found, expected > 0);
            if (found)
                assert_int_equal(seq, expected);
        }
        int found = store_version_get(view, 200, &seq, &row);
        assert_int_equal(found, limit >= 3);
        if (found)
            assert_int_equal(seq, limit / 3 * 3);
    }
}

static void versions_after(void **state)
{
    struct rows_place *place = *state;
    struct store_view *view = fill_versions(place);
    struct row_version row;
    uint64_t seq = 0;
    uint64_t count = 0;
    while (store_version_after(view, 200, seq, &seq, &row) == 1) {
        count++;
        assert_int_equal(seq, 3 * count);
        assert_int_equal(row.version, count);
    }
    assert_int_equal(count, MANY);
    for (uint64_t limit = 0; limit < 40; limit++) {
        view->seq = limit;
        for (uint64_t at = 0; at < 50; at++) {
            uint64_t expected = (at / 3 + 1) * 3;
            int found = store_version_after(view, 200, at, &seq, &row);
            assert_int_equal(found, expected <= limit);
            if (found)
                assert_int_equal(seq, expected);
        }
    }
    view->seq = STORE_NOW;
    assert_int_equal(store_version_after(view, 202, 10, &seq, &row), 0);
    assert_int_equal(store_version_after(view, 202, STORE_NOW, &seq, &row), 0);
    assert_int_equal(store_version_after(view, 199, 0, &seq, &row), 0);
    assert_int_equal(store_version_after(view, 203, 0, &seq, &row), 0);
}

static void log_and_times(void **state)
{
    struct rows_place *place = *state;
    uint64_t object = 0;
    int64_t time = 0;
    assert_int_equal(store_log_put(&place->view, 1, 77), 0);
    assert_int_equal(store_time_put(&place->view, 70, -3), 0);
    assert_int_equal(store_time_put(&place->view, 70, INT64_MIN), 0);
    struct store_view *view = rows_place_look(place);
    assert_int_equal(store_log_get(view, 1, &object), 1);
    assert_int_equal(object, 77);
    assert_int_equal(store_log_get(view, 2, &object), 0);
    assert_int_equal(store_time_get(view, 70, &time), 1);
    assert_true(time == INT64_MIN);
    assert_int_equal(store_time_get(view, 71, &time), 0);
}

static void put_event(struct rows_place *place, struct store_place at, uint64_t seq, uint8_t nth)
{
    const struct row_event event = {.object = seq, .type = span_of_string("t.created")};
    struct store_event_id id = {.seq = seq, .nth = nth};
    assert_int_equal(store_event_put(&place->view, at, id, &event), 0);
}

static void assert_events(struct store_view *view, struct store_place at,
                          const struct store_event_id *expected, size_t count)
{
    struct store_event_id id = {0};
    struct store_place found;
    struct row_event event;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(store_event_next(view, at, id, &id, &event), 1);
        assert_int_equal(id.seq, expected[i].seq);
        assert_int_equal(id.nth, expected[i].nth);
        assert_int_equal(event.object, id.seq);
        assert_int_equal(store_place_get(view, id, &found), 1);
        assert_int_equal(found.place, at.place);
        assert_int_equal(found.worker, at.worker);
        assert_int_equal(store_event_get(view, at, id, &event), 1);
    }
    assert_int_equal(store_event_next(view, at, id, &id, &event), 0);
}

static void events_by_place(void **state)
{
    struct rows_place *place = *state;
    const struct store_place pending = {.place = ROW_PENDING};
    const struct store_place first = {.place = ROW_CLAIMED, .worker = 80};
    const struct store_place second = {.place = ROW_CLAIMED, .worker = 81};
    const struct store_place dead = {.place = ROW_DEAD};
    put_event(place, pending, 300, 0);
    put_event(place, pending, 2, 1);
    put_event(place, pending, 2, 0);
    put_event(place, pending, UINT64_MAX, 255);
    put_event(place, second, 1, 0);
    put_event(place, first, 5, 0);
    put_event(place, dead, 9, 0);
    assert_int_equal(store_event_delete(&place->view, dead, (struct store_event_id){.seq = 9}), 0);
    struct store_view *view = rows_place_look(place);
    const struct store_event_id waiting[] = {{2, 0}, {2, 1}, {300, 0}, {UINT64_MAX, 255}};
    assert_events(view, pending, waiting, 4);
    assert_events(view, first, &(struct store_event_id){5, 0}, 1);
    assert_events(view, second, &(struct store_event_id){1, 0}, 1);
    assert_events(view, dead, NULL, 0);
    assert_events(view, (struct store_place){.place = ROW_DISPATCHED}, NULL, 0);
    struct store_place found;
    struct row_event event;
    assert_int_equal(store_place_get(view, (struct store_event_id){.seq = 9}, &found), 0);
    assert_int_equal(store_event_get(view, first, (struct store_event_id){.seq = 1}, &event), 0);
}

/* A row that cannot be read is the business of who looks for it, not of its neighbours. */
static void put_damaged(struct rows_place *place, enum key_table table, uint64_t first,
                        uint64_t seq)
{
    struct key key;
    key_init(&key, table, STORE_BRANCH_MAIN);
    key_add_u64(&key, first);
    key_add_seq(&key, seq);
    assert_int_equal(engine_put(place->view.txn, key_span(&key), span_of_string("damaged")), 0);
}

static void damaged_rows(void **state)
{
    struct rows_place *place = *state;
    struct row_version row;
    uint64_t seq;
    put_version(place, 200, 3, 1);
    put_damaged(place, KEY_VERSION, 200, 6);
    struct store_view *view = rows_place_look(place);
    assert_int_equal(store_version_get(view, 200, &seq, &row), -ERR_DAMAGED);
    assert_int_equal(store_version_as_of(view, 200, 5, &seq, &row), 1);
    assert_int_equal(store_version_after(view, 200, 3, &seq, &row), -ERR_DAMAGED);
    assert_int_equal(store_version_after(view, 200, 0, &seq, &row), 1);
}

/* Alters a byte of the data file, behind the engine's back. */
static void spoil(struct rows_place *place, const char *marker)
{
    char path[128];
    static uint8_t bytes[1 << 20];
    store_view_end(&place->view);
    store_close(place->store);
    snprintf(path, sizeof(path), "%s/data.mdb", place->path);
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    uint8_t *at = memmem(bytes, size, marker, strlen(marker));
    assert_non_null(at);
    assert_int_equal(fseek(file, at - bytes, SEEK_SET), 0);
    assert_int_equal(fputc('!', file), '!');
    assert_int_equal(fclose(file), 0);
    assert_int_equal(store_open(place->path, &(struct store_options){0}, &place->store, NULL), 0);
    assert_int_equal(store_read(place->store, &place->view), 0);
}

static void damaged_neighbours(void **state)
{
    struct rows_place *place = *state;
    const struct store_place pending = {.place = ROW_PENDING};
    const struct store_place claimed = {.place = ROW_CLAIMED, .worker = 80};
    const struct row_event event = {.type = span_of_string("SPOILED EVENT")};
    const struct row_version spoiled = {
        .op = ROW_CREATE, .version = 1, .document = span_of_string("SPOILED DOCUMENT")};
    put_version(place, 200, 3, 1);
    assert_int_equal(store_version_put(&place->view, 201, 4, &spoiled), 0);
    put_version(place, 202, 5, 1);
    put_event(place, pending, 3, 0);
    assert_int_equal(store_event_put(&place->view, claimed, (struct store_event_id){4, 0}, &event),
                     0);
    rows_place_look(place);
    spoil(place, "SPOILED EVENT");
    spoil(place, "SPOILED DOCUMENT");
    struct store_view *view = &place->view;
    struct row_version row;
    struct row_event found;
    struct store_event_id id = {0};
    uint64_t seq;
    assert_int_equal(store_version_get(view, 201, &seq, &row), -ERR_DAMAGED);
    assert_int_equal(store_version_after(view, 201, 0, &seq, &row), -ERR_DAMAGED);
    assert_int_equal(store_version_after(view, 202, 5, &seq, &row), 0);
    assert_int_equal(store_version_as_of(view, 200, 2, &seq, &row), 0);
    assert_int_equal(store_event_next(view, pending, id, &id, &found), 1);
    assert_int_equal(store_event_next(view, pending, id, &id, &found), 0);
    assert_int_equal(store_event_next(view, claimed, id, &id, &found), -ERR_DAMAGED);
}

int main(void)
{
#define STORE_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, rows_place_setup, rows_place_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(listings_as_of_any_commit),
        STORE_TEST(entries_as_of_any_commit),
        STORE_TEST(names_as_of_any_commit),
        STORE_TEST(unique_values),
        STORE_TEST(versions_by_number),
        STORE_TEST(versions_as_of),
        STORE_TEST(versions_after),
        STORE_TEST(log_and_times),
        STORE_TEST(events_by_place),
        STORE_TEST(damaged_rows),
        STORE_TEST(damaged_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
