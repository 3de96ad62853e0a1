/* A document that its schema does not want, an index row, an event or a count that is not right. */
#include "check_bench.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Values. */

static uint64_t email_index(void)
{
    return fingerprint(text("/email\n"));
}

static void bind_email(struct bench *bench, const char *value, uint64_t seq, uint64_t object,
                       bool live)
{
    const struct row_binding binding = {.object = object, .live = live};
    assert_int_equal(store_unique_put(&bench->view, bench->place.users, email_index(), text(value),
                                      seq, &binding),
                     0);
}

static void index_row_too_many(struct bench *bench)
{
    bind_email(bench, "\"z@x\"", 7, bench->place.alice, true);
}

static void index_row_of_deleted(struct bench *bench)
{
    bind_email(bench, "\"z@x\"", 4, bench->place.bob, true);
}

static void index_row_given_up(struct bench *bench)
{
    bind_email(bench, "\"a@x\"", 7, bench->place.alice, false);
}

static void index_row_of_another(struct bench *bench)
{
    bind_email(bench, "\"a@x\"", 7, bench->place.dave, true);
}

static void index_row_missing(struct bench *bench)
{
    struct row_binding binding;
    assert_int_equal(store_unique_get(&bench->view, bench->place.users, email_index(),
                                      text("\"d@x\""), &binding),
                     1);
    struct key key = key_of(KEY_UNIQUE);
    key_add_u64(&key, bench->place.users);
    key_add_u64(&key, email_index());
    key_add_text(&key, text("\"d@x\""));
    key_add_seq(&key, 10);
    raw_delete(bench, &key);
}

static void index_of_no_rule(struct bench *bench)
{
    const struct row_binding binding = {.object = bench->place.note, .live = true};
    assert_int_equal(store_unique_put(&bench->view, bench->place.notes, 1, text("1"), 9, &binding),
                     0);
}

static void invalid_document(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.dave, 10);
    row.document = text("{\"email\":5}");
    put_version(bench, bench->place.dave, 10, &row);
    row = version(bench, bench->place.dave, 12);
    row.document = text("{\"email\":5}");
    put_version(bench, bench->place.dave, 12, &row);
    check_place_seal(&bench->view);
}

static void invalid_schema(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.notes, 8);
    row.document = text("{\"type\":\"thing\"}");
    put_version(bench, bench->place.notes, 8, &row);
    check_place_seal(&bench->view);
}

/* A document that was valid, and takes more work to check than it may. */
static void laborious_document(struct bench *bench)
{
    AUTO_BUF struct buf schema = {0};
    buf_append_string(&schema, "{\"$ref\":\"#/$defs/0\",\"$defs\":{\"30\":{\"type\":\"object\"}");
    for (unsigned i = 0; i < 30; i++)
        buf_printf(&schema,
                   ",\"%u\":{\"allOf\":[{\"$ref\":\"#/$defs/%u\"},{\"$ref\":\"#/$defs/%u\"}]}", i,
                   i + 1, i + 1);
    buf_append_string(&schema, "}}");
    struct row_version row = version(bench, bench->place.notes, 8);
    row.document = buf_span(&schema);
    put_version(bench, bench->place.notes, 8, &row);
    check_place_seal(&bench->view);
}

/* The outbox. */

static const struct store_place pending = {.place = ROW_PENDING};

static struct row_event event_of(struct bench *bench, uint64_t seq)
{
    struct row_event row;
    assert_int_equal(
        store_event_get(&bench->view, pending, (struct store_event_id){.seq = seq}, &row), 1);
    row.type = arena_copy(&bench->arena, row.type);
    return row;
}

static void put_event(struct bench *bench, struct store_place place, uint64_t seq, uint8_t nth,
                      const struct row_event *row)
{
    struct store_event_id id = {.seq = seq, .nth = nth};
    assert_int_equal(store_event_put(&bench->view, place, id, row), 0);
}

static struct key event_key(uint64_t seq)
{
    struct key key = key_of(KEY_EVENT);
    key_add_u8(&key, ROW_PENDING);
    key_add_u64(&key, 0);
    key_add_u64(&key, seq);
    key_add_u8(&key, 0);
    return key;
}

static void lost_event(struct bench *bench)
{
    struct store_event_id id = {.seq = 6};
    assert_int_equal(store_event_delete(&bench->view, pending, id), 0);
}

static void event_without_place(struct bench *bench)
{
    struct key key = key_of(KEY_PLACE);
    key_add_u64(&key, 6);
    key_add_u8(&key, 0);
    raw_delete(bench, &key);
}

static void place_without_event(struct bench *bench)
{
    struct key key = event_key(6);
    raw_delete(bench, &key);
}

static void event_at_two_places(struct bench *bench)
{
    struct row_event row = event_of(bench, 6);
    put_event(bench, (struct store_place){.place = ROW_DEAD}, 6, 0, &row);
}

static void event_at_no_place(struct bench *bench)
{
    struct row_event row = event_of(bench, 6);
    lost_event(bench);
    put_event(bench, (struct store_place){.place = ROW_PENDING, .worker = 64}, 6, 0, &row);
}

static void event_of_no_kind_of_place(struct bench *bench)
{
    struct row_event row = event_of(bench, 6);
    struct key key = key_of(KEY_EVENT);
    key_add_u8(&key, 0xff);
    key_add_u64(&key, 0);
    key_add_u64(&key, 6);
    key_add_u8(&key, 0);
    AUTO_BUF struct buf value = {0};
    row_event_encode(&value, &row);
    raw_put(bench, &key, buf_span(&value));
}

static void event_of_no_version(struct bench *bench)
{
    struct row_event row = event_of(bench, 6);
    put_event(bench, pending, 3, 0, &row);
}

static void event_too_many(struct bench *bench)
{
    struct row_event row = event_of(bench, 6);
    put_event(bench, pending, 6, 1, &row);
}

static void event_of_other_type(struct bench *bench)
{
    struct row_event row = event_of(bench, 6);
    row.type = text("users.updated");
    put_event(bench, pending, 6, 0, &row);
}

static void event_of_other_size(struct bench *bench)
{
    struct row_event row = event_of(bench, 6);
    row.size++;
    put_event(bench, pending, 6, 0, &row);
}

static void worker_gone(struct bench *bench)
{
    bind(bench, STORE_CLAIMED, "w", CHECK_PLACE_SEQS, bench->place.worker, false);
    enter(bench, STORE_CLAIMED, "w", CHECK_PLACE_SEQS, bench->place.worker, false);
}

static void created_miscounted(struct bench *bench)
{
    struct row_state state = state_of(bench);
    state.events_created++;
    state.events_forgotten++;
    put_state(bench, &state);
}

static void forgotten_miscounted(struct bench *bench)
{
    struct row_state state = state_of(bench);
    state.events_forgotten = 0;
    put_state(bench, &state);
}

static void dispatched_miscounted(struct bench *bench)
{
    struct row_state state = state_of(bench);
    state.events_at[ROW_DISPATCHED] = 4;
    put_state(bench, &state);
}

#define ALICE "users/carol (object 65)"

/* The objects' numbers: users 64, alice 65, bob 66, the second bob 67, notes 68, n 69, dave 70,
 * the worker 71. */
static const struct damage damages[] = {
    {"an index row too many", index_row_too_many,
     "unique index: users (object 64), seq 7: \"z@x\": it is on record as object 65's, "
     "whose document does not have it"},
    {"an index row of something deleted", index_row_of_deleted,
     "unique index: users (object 64), seq 4: \"z@x\": it is on record as object 66's, "
     "which is not in the collection"},
    {"an index row given up", index_row_given_up,
     "unique index: " ALICE ", seq 7: its value email \"a@x\" is not on record"},
    {"an index row of another", index_row_of_another,
     "unique index: " ALICE ", seq 7: its value email \"a@x\" is on record as object 70's"},
    {"an index row missing", index_row_missing,
     "unique index: users/bob (object 70), seq 12: its value email \"d@x\" is not on record"},
    {"an index of no rule", index_of_no_rule,
     "unique index: notes (object 68), seq 9: 1: it is on record as object 69's, whose "
     "document does not have it"},
    {"a laborious document", laborious_document,
     "versions: notes/n (object 69), seq 9: the document does not satisfy its schema: "},
    {"an invalid document", invalid_document,
     "versions: users/bob (object 70), seq 12: the document does not satisfy its schema: /email"},
    {"an invalid schema", invalid_schema,
     "versions: .schema/notes (object 68), seq 8: the schema is not valid: "},
    {"a lost event", lost_event,
     "state: 5 events are stored as pending, and the count on record is 6"},
    {"an event without a place", event_without_place,
     "events: users/bob (object 67), seq 6: event 0 is not on record in the places"},
    {"a place without an event", place_without_event,
     "places of events: seq 6: event 0 is on record at a place where it is not"},
    {"an event at two places", event_at_two_places,
     "events: users/bob (object 67), seq 6: event 0 is on record at another place"},
    {"an event at no place", event_at_no_place,
     "events: users/bob (object 67), seq 6: event 0 is at a place that there is not"},
    {"an event at a place of no kind", event_of_no_kind_of_place,
     "events: users/bob (object 67), seq 6: event 0 is at a place that there is not"},
    {"an event of no version", event_of_no_version,
     "events: users/bob (object 67), seq 3: event 0 tells of a version that there is not"},
    {"an event too many", event_too_many,
     "events: users/bob (object 67), seq 6: event 1 is stored, and its version made only 1"},
    {"an event of another type", event_of_other_type,
     "events: users/bob (object 67), seq 6: event 0 has type users.updated, expected "
     "users.created"},
    {"an event of another size", event_of_other_size,
     "events: users/bob (object 67), seq 6: event 0 has size *, expected "},
    {"a worker that went", worker_gone,
     "events: users/alice (object 65), seq 2: event 0 is claimed by worker 71, which there is not"},
    {"events created miscounted", created_miscounted,
     "state: 9 events were made by all versions, and the count on record is 10"},
    {"events forgotten miscounted", forgotten_miscounted,
     "state: 8 events are stored and 0 were forgotten, but 9 were created"},
    {"events dispatched miscounted", dispatched_miscounted,
     "state: 1 events are stored as dispatched, and the count on record is 4"},
};

int main(void)
{
    return bench_run("check_values", damages, sizeof(damages) / sizeof(damages[0]));
}
