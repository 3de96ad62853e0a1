/* Events: made with their commit, claimed by one, acknowledged, returned or given up. */
#include "audit/event.h"
#include "model_place.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct store_place pending = {.place = ROW_PENDING};
static const struct store_place dispatched = {.place = ROW_DISPATCHED};
static const struct store_place dead = {.place = ROW_DEAD};

/* The lease and the attempts are short, so that a test need not wait. */
static void open_short(struct model_place *place, int64_t lease)
{
    const struct model_options options = {
        .max_entity = 1 << 20, .lease = lease, .attempts = 2, .dispatched_kept = 3};
    model_close(place->model);
    assert_int_equal(model_open(place->store, &options, &place->model, NULL), 0);
}

static int setup(void **state)
{
    struct model_place *place = malloc(sizeof(*place));
    assert_non_null(place);
    model_place_init(place);
    open_short(place, (int64_t)1000 * CLOCK_SECOND);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    model_place_finish(*state);
    free(*state);
    return 0;
}

static struct store_place worker(struct model_place *place, const char *name)
{
    struct model_caller caller = model_caller();
    struct store_place claimed = {.place = ROW_CLAIMED};
    assert_int_equal(
        model_worker_add(place->model, &caller, span_of_string(name), 0700, &claimed.worker, NULL),
        0);
    return claimed;
}

static struct store_event_id event(uint64_t seq)
{
    return (struct store_event_id){.seq = seq};
}

/* The number of events at a place. */
static unsigned count(struct model_place *place, struct store_place at)
{
    struct store_view view;
    struct store_event_id id = {0};
    struct row_event row;
    unsigned events = 0;
    assert_int_equal(store_read(place->store, &view), 0);
    while (store_event_next(&view, at, id, &id, &row) == 1)
        events++;
    store_view_end(&view);
    return events;
}

static struct row_event row_of(struct model_place *place, struct store_place at, uint64_t seq)
{
    struct store_view view;
    struct row_event row;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_event_get(&view, at, event(seq), &row), 1);
    store_view_end(&view);
    row.type = span_make(NULL, 0);
    return row;
}

#define ALL_EVENTS "{\"x-outbox\":true}"

static uint64_t write_events(struct model_place *place, unsigned events)
{
    uint64_t notes = must_define(place, "notes", ALL_EVENTS); /* seq 1 */
    for (unsigned i = 0; i < events; i++) {
        char text[32];
        snprintf(text, sizeof(text), "{\"n\":%u}", i);
        must_write(place, notes, "a", text);
    }
    return notes;
}

static void assert_event(struct store_view *view, struct store_event_id *id, uint64_t seq,
                         const char *type)
{
    struct row_event row;
    struct row_version version;
    uint64_t found;
    assert_int_equal(store_event_next(view, pending, *id, id, &row), 1);
    assert_int_equal(id->seq, seq);
    assert_int_equal(id->nth, 0);
    assert_true(span_is(row.type, type));
    assert_int_equal(store_version_as_of(view, row.object, seq, &found, &version), 1);
    assert_int_equal(found, seq);
    AUTO_BUF struct buf text = {0};
    audit_event_write(&text, *id, &row, &version);
    assert_int_equal(audit_event_size(&row), text.size);
}

static void made_with_the_commit(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", ALL_EVENTS);
    uint64_t some = must_define(place, "some", "{\"x-outbox\":[\"delete\"]}");
    uint64_t none = must_define(place, "none", "{}");
    must_write(place, notes, "a", "{}\n\n"); /* 4 */
    must_write(place, notes, "a", "{\"n\":1}");
    must_write(place, some, "a", "{}");
    must_write(place, none, "a", "{}");
    assert_int_equal(model_move(place, notes, "a", notes, "b", NULL), 0); /* 8 */
    assert_int_equal(model_delete(place, some, "a", NULL), 0);
    assert_int_equal(model_write(place, notes, "a", "{", NULL, NULL), -ERR_JSON_INCOMPLETE);
    must_write(place, notes, "b", "{\"n\":1}");                 /* unchanged */
    assert_int_equal(model_delete(place, notes, "b", NULL), 0); /* 10 */
    struct store_view view;
    struct store_event_id id = {0};
    struct row_event row;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_event(&view, &id, 4, "notes.created");
    assert_event(&view, &id, 5, "notes.updated");
    assert_event(&view, &id, 8, "notes.renamed");
    assert_event(&view, &id, 9, "some.deleted");
    assert_event(&view, &id, 10, "notes.deleted");
    assert_int_equal(store_event_next(&view, pending, id, &id, &row), 0);
    store_view_end(&view);
}

static void claimed_and_acknowledged(void **state)
{
    struct model_place *place = *state;
    write_events(place, 3);
    struct store_place first = worker(place, "first");
    struct store_place second = worker(place, "second");
    int64_t before = clock_realtime();
    assert_int_equal(model_event_move(place->model, event(2), pending, first, NULL), 0);
    assert_int_equal(model_event_move(place->model, event(2), pending, second, NULL),
                     -ERR_NOT_FOUND);
    struct row_event row = row_of(place, first, 2);
    assert_int_equal(row.attempts, 1);
    assert_true(row.deadline >= before + (int64_t)1000 * CLOCK_SECOND);
    assert_int_equal(model_event_remove(place->model, event(2), first, NULL), 0);
    assert_int_equal(model_event_remove(place->model, event(2), first, NULL), -ERR_NOT_FOUND);
    assert_int_equal(row_of(place, dispatched, 2).deadline, 0);
    assert_int_equal(model_event_remove(place->model, event(2), dispatched, NULL), 0);
    assert_int_equal(count(place, dispatched), 0);
    assert_int_equal(model_event_move(place->model, event(2), dispatched, pending, NULL),
                     -ERR_NOT_FOUND);
    assert_int_equal(model_event_remove(place->model, event(3), pending, NULL), 0);
    assert_int_equal(count(place, dispatched), 1);
    assert_int_equal(count(place, pending), 1);
}

static void given_back_and_retried(void **state)
{
    struct model_place *place = *state;
    write_events(place, 1);
    struct store_place mine = worker(place, "mine");
    assert_int_equal(model_event_move(place->model, event(2), pending, mine, NULL), 0);
    assert_int_equal(model_event_move(place->model, event(2), mine, pending, NULL), 0);
    assert_int_equal(row_of(place, pending, 2).attempts, 1);
    assert_int_equal(model_event_move(place->model, event(2), pending, mine, NULL), 0);
    assert_int_equal(row_of(place, mine, 2).attempts, 2);
    assert_int_equal(model_event_move(place->model, event(2), mine, dead, NULL), 0);
    assert_int_equal(model_event_move(place->model, event(2), dead, pending, NULL), 0);
    assert_int_equal(row_of(place, pending, 2).attempts, 0); /* a retry begins anew */
}

static void workers(void **state)
{
    struct model_place *place = *state;
    struct model_caller caller = model_caller();
    uint64_t object;
    write_events(place, 1);
    struct store_place mine = worker(place, "mine");
    assert_int_equal(
        model_worker_add(place->model, &caller, span_of_string("mine"), 0700, &object, NULL),
        -ERR_ALREADY_EXISTS);
    assert_int_equal(model_event_move(place->model, event(2), pending, mine, NULL), 0);
    assert_int_equal(model_worker_remove(place->model, span_of_string("mine"), NULL),
                     -ERR_NOT_EMPTY);
    assert_int_equal(model_event_remove(place->model, event(2), mine, NULL), 0);
    assert_int_equal(model_worker_remove(place->model, span_of_string("mine"), NULL), 0);
    assert_int_equal(model_worker_remove(place->model, span_of_string("mine"), NULL),
                     -ERR_NOT_FOUND);
    assert_int_equal(model_event_move(place->model, event(2), dispatched, mine, NULL),
                     -ERR_NOT_FOUND); /* its folder is gone */
    struct store_place again = worker(place, "mine");
    assert_int_not_equal(again.worker, mine.worker);
    model_place_reopen(place);
    assert_int_equal(model_worker_remove(place->model, span_of_string("mine"), NULL), 0);
}

static void bounded_when_dispatched(void **state)
{
    struct model_place *place = *state;
    write_events(place, 8);
    for (uint64_t seq = 2; seq < 10; seq++)
        assert_int_equal(model_event_remove(place->model, event(seq), pending, NULL), 0);
    assert_int_equal(count(place, dispatched), 3);
    struct store_view view;
    struct store_event_id id = {0};
    struct row_event row;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_event_next(&view, dispatched, id, &id, &row), 1);
    assert_int_equal(id.seq, 7); /* the oldest went */
    store_view_end(&view);
}

static void lapse(struct model_place *place, uint64_t expected)
{
    int64_t next;
    uint64_t moved = 99;
    assert_int_equal(model_events_lapse(place->model, &next, &moved), 0);
    assert_int_equal(moved, expected);
}

static void leases_run_out(void **state)
{
    struct model_place *place = *state;
    write_events(place, 3);
    struct store_place mine = worker(place, "mine");
    struct store_place idle = worker(place, "idle");
    int64_t next = 0;
    uint64_t moved = 99;
    assert_int_equal(model_events_lapse(place->model, &next, &moved), 0);
    assert_true(next == INT64_MAX && moved == 0);
    assert_int_equal(model_event_move(place->model, event(3), pending, mine, NULL), 0);
    assert_int_equal(model_events_lapse(place->model, &next, &moved), 0);
    assert_int_equal(next, row_of(place, mine, 3).deadline);
    assert_int_equal(moved, 0);
    open_short(place, 0); /* leases that have run out when they are given */
    assert_int_equal(model_event_move(place->model, event(2), pending, mine, NULL), 0);
    assert_int_equal(model_event_move(place->model, event(4), pending, idle, NULL), 0);
    lapse(place, 2);
    assert_int_equal(count(place, pending), 2);
    assert_int_equal(count(place, mine), 1);
    assert_int_equal(row_of(place, pending, 2).attempts, 1);
    assert_int_equal(model_event_move(place->model, event(2), pending, mine, NULL), 0);
    lapse(place, 1); /* the second attempt is the last */
    assert_int_equal(count(place, dead), 1);
    assert_int_equal(row_of(place, dead, 2).attempts, 2);
    assert_int_equal(model_event_remove(place->model, event(2), dead, NULL), 0);
    assert_int_equal(count(place, dead), 0);
}

#define THREADS 8
#define EVENTS  30

struct racer {
    struct model_place *place;
    struct store_place mine;
    unsigned won;
    int error;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    for (uint64_t seq = 2; seq < 2 + EVENTS; seq++) {
        int result = model_event_move(racer->place->model, event(seq), pending, racer->mine, NULL);
        racer->won += result == 0;
        if (result < 0 && result != -ERR_NOT_FOUND)
            racer->error = result;
    }
    return NULL;
}

static void one_wins(void **state)
{
    struct model_place *place = *state;
    pthread_t threads[THREADS];
    struct racer racers[THREADS];
    unsigned won = 0;
    write_events(place, EVENTS);
    for (unsigned i = 0; i < THREADS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "w%u", i);
        racers[i] = (struct racer){.place = place, .mine = worker(place, name)};
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(racers[i].error, 0);
        assert_int_equal(count(place, racers[i].mine), racers[i].won);
        won += racers[i].won;
    }
    assert_int_equal(won, EVENTS);
    assert_int_equal(count(place, pending), 0);
}

int main(void)
{
#define OUTBOX_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(made_with_the_commit),
        OUTBOX_TEST(claimed_and_acknowledged),
        OUTBOX_TEST(given_back_and_retried),
        OUTBOX_TEST(workers),
        OUTBOX_TEST(bounded_when_dispatched),
        OUTBOX_TEST(leases_run_out),
        OUTBOX_TEST(one_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
