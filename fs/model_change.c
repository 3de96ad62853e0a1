/* The one place that writes an entity: version, record, log, events, in that order. */
#include "fs/model_internal.h"

#include "audit/event.h"
#include "store/base/cleanup.h"

static unsigned event_bit(enum row_op op)
{
    static const unsigned bits[] = {[ROW_CREATE] = SCHEMA_EVENT_CREATE,
                                    [ROW_UPDATE] = SCHEMA_EVENT_UPDATE,
                                    [ROW_DELETE] = SCHEMA_EVENT_DELETE,
                                    [ROW_RENAME] = SCHEMA_EVENT_RENAME,
                                    [ROW_MIGRATE] = SCHEMA_EVENT_UPDATE};
    return bits[op];
}

/* The record before this one in the sidecar. */
static int follow(struct batch *batch, const struct change *change, struct row_version *row)
{
    struct row_version previous;
    uint64_t seq;
    if (change->current) {
        previous = *change->current;
        row->version = previous.version + 1;
        row->predecessor = previous.predecessor;
    } else {
        row->version = 1;
        row->predecessor = change->predecessor;
        if (change->predecessor == 0)
            return 0;
        int found = store_version_get(&batch->view, change->predecessor, &seq, &previous);
        if (found != 1)
            return found < 0 ? found : -ERR_DAMAGED;
    }
    row->prev = previous.hash;
    row->record_at = previous.record_at + previous.record_size;
    return 0;
}

static int make_event(struct batch *batch, const struct change *change,
                      const struct row_version *row, uint64_t seq)
{
    AUTO_BUF struct buf type = {0};
    audit_event_type(&type, change->collection_name, change->op);
    struct store_event_id id = {.seq = seq};
    struct row_event event = {
        .object = change->object, .since = batch->now, .type = buf_span(&type)};
    int result = buf_failed(&type) ? -ERR_NO_MEMORY : audit_event_measure(id, row, &event);
    if (result < 0)
        return result;
    batch->state.events_created++;
    batch->state.events_at[ROW_PENDING]++;
    return store_event_put(&batch->view, (struct store_place){.place = ROW_PENDING}, id, &event);
}

int change_append(struct batch *batch, struct command *command, struct arena *arena,
                  const struct change *change)
{
    uint64_t seq = batch->state.seq + 1;
    struct row_version row = {.op = change->op,
                              .events = (change->events & event_bit(change->op)) != 0,
                              .commit = change->commit ? change->commit : seq,
                              .at = batch->now,
                              .collection = change->collection,
                              .name = change->name,
                              .document = change->document};
    struct audit_subject subject = {.seq = seq,
                                    .collection = change->collection_name,
                                    .from = change->from,
                                    .actor = &command->actor,
                                    .before = change->before,
                                    .after = change->after};
    int result = follow(batch, change, &row);
    if (result == 0)
        result = audit_record_make(arena, &subject, &row);
    if (result == 0)
        result = store_version_put(&batch->view, change->object, seq, &row);
    if (result == 0)
        result = store_log_put(&batch->view, seq, change->object);
    if (result == 0 && row.events > 0)
        result = make_event(batch, change, &row, seq);
    if (result < 0)
        return result;
    batch->state.seq = seq;
    batch->state.chain = audit_chain_next(&batch->state.chain, &row.hash);
    command->result.changed = true;
    command->result.object = change->object;
    command->result.seq = seq;
    command->result.version = row.version;
    command->result.op = row.op;
    return 0;
}

int change_bind(struct batch *batch, uint64_t collection, struct span name, uint64_t object,
                const struct row_entry *entry)
{
    const struct row_binding binding = {.object = object, .live = true};
    struct row_entry row = *entry;
    row.live = true;
    row.name = name;
    row.ctime = batch->now;
    uint64_t seq = batch->state.seq;
    int result = store_name_put(&batch->view, collection, name, seq, &binding);
    if (result == 0)
        result = store_entry_put(&batch->view, collection, object, seq, &row);
    return result < 0 ? result : store_time_put(&batch->view, collection, batch->now);
}

int change_unlist(struct batch *batch, uint64_t collection, struct span name, uint64_t object)
{
    struct row_entry entry = {0};
    int result = store_entry_get(&batch->view, collection, object, &entry);
    if (result < 0)
        return result;
    /* Owner and mode stay: they still say who may read the versions and the sidecar. */
    entry.live = false;
    entry.name = name;
    entry.ctime = batch->now;
    result = store_entry_put(&batch->view, collection, object, batch->state.seq, &entry);
    return result < 0 ? result : store_time_put(&batch->view, collection, batch->now);
}

int change_unbind(struct batch *batch, uint64_t collection, struct span name, uint64_t object)
{
    const struct row_binding binding = {.object = object, .live = false};
    int result = store_name_put(&batch->view, collection, name, batch->state.seq, &binding);
    return result < 0 ? result : change_unlist(batch, collection, name, object);
}
