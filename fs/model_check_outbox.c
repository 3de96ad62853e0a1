/* The outbox: every event is where its place says, tells of a version, and is counted. */
#include "fs/model_check.h"

#include "audit/event.h"
#include "store/base/cleanup.h"

struct counts {
    uint64_t made; /* by all versions */
    uint64_t stored;
    uint64_t at[ROW_PLACE_COUNT];
};

struct event {
    struct store_event_id id;
    struct store_place place;
    struct row_event row;
};

static int event_fault(struct check *check, const struct event *event, const char *what)
{
    return model_check_fault(check, KEY_EVENT, event->row.object, event->id.seq, "event %u %s",
                             event->id.nth, what);
}

static int check_place(struct check *check, const struct event *event)
{
    struct store_place place;
    if (event->place.place < ROW_PENDING || event->place.place > ROW_DEAD ||
        (event->place.place == ROW_CLAIMED) != (event->place.worker != 0))
        return event_fault(check, event, "is at a place that there is not");
    int found = store_place_get(&check->view, event->id, &place);
    if (found < 0)
        return found;
    if (found == 0)
        return event_fault(check, event, "is not on record in the places");
    if (place.place != event->place.place || place.worker != event->place.worker)
        return event_fault(check, event, "is on record at another place");
    return 0;
}

static int check_worker(struct check *check, const struct event *event)
{
    struct row_entry entry;
    if (event->place.place != ROW_CLAIMED)
        return 0;
    int found = store_entry_get(&check->view, STORE_CLAIMED, event->place.worker, &entry);
    if (found < 0)
        return found;
    if (found == 1 && entry.live)
        return 0;
    return model_check_fault(check, KEY_EVENT, event->row.object, event->id.seq,
                             "event %u is claimed by worker %ju, which there is not", event->id.nth,
                             (uintmax_t)event->place.worker);
}

static int check_type(struct check *check, const struct event *event,
                      const struct row_version *version)
{
    struct span collection;
    int found = model_check_collection_name(check, version->collection, event->id.seq, &collection);
    if (found <= 0)
        return found;
    AUTO_BUF struct buf type = {0};
    audit_event_type(&type, collection, version->op);
    if (buf_failed(&type))
        return -ERR_NO_MEMORY;
    if (span_equal(buf_span(&type), event->row.type))
        return 0;
    AUTO_BUF struct buf text = {0};
    model_check_show(&text, event->row.type);
    buf_append_string(&text, ", expected ");
    model_check_show(&text, buf_span(&type));
    return model_check_fault(check, KEY_EVENT, event->row.object, event->id.seq,
                             "event %u has type %s", event->id.nth, buf_string(&text));
}

static int check_size(struct check *check, const struct event *event,
                      const struct row_version *version)
{
    struct row_event measured = event->row;
    int result = audit_event_measure(event->id, version, &measured);
    if (result < 0 || measured.size == event->row.size)
        return result;
    return model_check_fault(check, KEY_EVENT, event->row.object, event->id.seq,
                             "event %u has size %u, expected %u", event->id.nth, event->row.size,
                             measured.size);
}

static int check_version(struct check *check, const struct event *event)
{
    struct row_version version = {0};
    uint64_t seq = 0;
    int found = store_version_as_of(&check->view, event->row.object, event->id.seq, &seq, &version);
    if (found < 0)
        return found;
    if (found == 0 || seq != event->id.seq)
        return event_fault(check, event, "tells of a version that there is not");
    if (event->id.nth >= version.events)
        return model_check_fault(check, KEY_EVENT, event->row.object, event->id.seq,
                                 "event %u is stored, and its version made only %u", event->id.nth,
                                 version.events);
    int result = check_type(check, event, &version);
    return result < 0 ? result : check_size(check, event, &version);
}

static int visit_event(struct check *check, struct span key, struct span value, void *context)
{
    struct counts *counts = context;
    struct event event = {
        .id = {.seq = key_u64_at(key, CHECK_EVENT_ID), .nth = key.data[CHECK_EVENT_ID + 8]},
        .place = {.place = (enum row_place)key.data[CHECK_FIRST],
                  .worker = key_u64_at(key, CHECK_EVENT_WORKER)}};
    int result = row_event_decode(value, &event.row);
    if (result == 0)
        result = check_place(check, &event);
    if (result == 0)
        result = check_version(check, &event);
    if (result == 0)
        result = check_worker(check, &event);
    if (result < 0) /* and its place may be none */
        return result;
    counts->stored++;
    counts->at[event.place.place]++;
    return 0;
}

static int visit_place(struct check *check, struct span key, struct span value, void *context)
{
    (void)context;
    struct row_event row;
    struct store_event_id id = {.seq = key_u64_at(key, CHECK_FIRST),
                                .nth = key.data[CHECK_FIRST + 8]};
    struct store_place place = {.place = (enum row_place)value.data[0],
                                .worker = key_u64_at(value, 1)};
    int found = store_event_get(&check->view, place, id, &row);
    if (found != 0)
        return found < 0 ? found : 0;
    return model_check_fault(check, KEY_PLACE, CHECK_NO_OBJECT, id.seq,
                             "event %u is on record at a place where it is not", id.nth);
}

static int visit_version(struct check *check, struct span key, struct span value, void *context)
{
    (void)check;
    (void)key;
    struct counts *counts = context;
    struct row_version row;
    int result = row_version_decode(value, &row);
    if (result == 0)
        counts->made += row.events;
    return result;
}

static int count_fault(struct check *check, const char *what, uint64_t found, uint64_t expected)
{
    return model_check_fault(check, KEY_STATE, CHECK_NO_OBJECT, CHECK_NO_SEQ,
                             "%ju %s, and the count on record is %ju", (uintmax_t)found, what,
                             (uintmax_t)expected);
}

static int check_counts(struct check *check, const struct counts *counts)
{
    const struct row_state *state = &check->state;
    if (counts->made != state->events_created)
        return count_fault(check, "events were made by all versions", counts->made,
                           state->events_created);
    static const char *const names[] = {[ROW_PENDING] = "events are stored as pending",
                                        [ROW_CLAIMED] = "events are stored as claimed",
                                        [ROW_DISPATCHED] = "events are stored as dispatched",
                                        [ROW_DEAD] = "events are stored as dead"};
    for (size_t place = ROW_PENDING; place < ROW_PLACE_COUNT; place++)
        if (counts->at[place] != state->events_at[place])
            return count_fault(check, names[place], counts->at[place], state->events_at[place]);
    if (counts->stored + state->events_forgotten != state->events_created)
        return model_check_fault(
            check, KEY_STATE, CHECK_NO_OBJECT, CHECK_NO_SEQ,
            "%ju events are stored and %ju were forgotten, but %ju were created: "
            "some are lost",
            (uintmax_t)counts->stored, (uintmax_t)state->events_forgotten,
            (uintmax_t)state->events_created);
    check->summary.events = counts->stored;
    return 0;
}

int model_check_pass_outbox(struct check *check)
{
    struct counts counts = {0};
    int result = model_check_walk(check, KEY_EVENT, visit_event, &counts);
    if (result == 0)
        result = model_check_walk(check, KEY_PLACE, visit_place, NULL);
    if (result == 0)
        result = model_check_walk(check, KEY_VERSION, visit_version, &counts);
    return result < 0 ? result : check_counts(check, &counts);
}
