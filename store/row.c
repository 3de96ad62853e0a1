#include "store/row.h"

/* Numbers are big-endian, as in the keys; a text is its size in 32 bits and its bytes. */

static void add_text(struct buf *out, struct span text)
{
    buf_append_be32(out, (uint32_t)text.size);
    buf_append_span(out, text);
}

/* Takes from the front; once there was too little, it stays failed and gives zeros. */
struct reader {
    struct span rest;
    bool failed;
};

static uint64_t take_number(struct reader *reader, size_t size)
{
    if (reader->rest.size < size) {
        reader->failed = true;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | reader->rest.data[i];
    reader->rest = span_skip(reader->rest, size);
    return value;
}

static struct span take_bytes(struct reader *reader, size_t size)
{
    if (reader->rest.size < size) {
        reader->failed = true;
        return span_make(NULL, 0);
    }
    struct span taken = span_head(reader->rest, size);
    reader->rest = span_skip(reader->rest, size);
    return taken;
}

static struct span take_text(struct reader *reader)
{
    return take_bytes(reader, (size_t)take_number(reader, 4));
}

static struct digest take_digest(struct reader *reader)
{
    struct digest digest = {0};
    struct span bytes = take_bytes(reader, DIGEST_SIZE);
    if (bytes.size == DIGEST_SIZE)
        memcpy(digest.bytes, bytes.data, DIGEST_SIZE);
    return digest;
}

static int finished(const struct reader *reader)
{
    return reader->failed || reader->rest.size > 0 ? -ERR_DAMAGED : 0;
}

void row_state_encode(struct buf *out, const struct row_state *row)
{
    buf_append_be64(out, row->seq);
    buf_append(out, row->chain.bytes, DIGEST_SIZE);
    buf_append_be64(out, row->events_created);
    buf_append_be64(out, row->events_forgotten);
    for (size_t place = ROW_PENDING; place < ROW_PLACE_COUNT; place++)
        buf_append_be64(out, row->events_at[place]);
}

int row_state_decode(struct span bytes, struct row_state *ret_row)
{
    struct reader reader = {.rest = bytes};
    struct row_state row = {.seq = take_number(&reader, 8), .chain = take_digest(&reader)};
    row.events_created = take_number(&reader, 8);
    row.events_forgotten = take_number(&reader, 8);
    for (size_t place = ROW_PENDING; place < ROW_PLACE_COUNT; place++)
        row.events_at[place] = take_number(&reader, 8);
    if (finished(&reader) < 0)
        return -ERR_DAMAGED;
    *ret_row = row;
    return 0;
}

void row_binding_encode(struct buf *out, const struct row_binding *row)
{
    buf_append_be64(out, row->object);
    buf_append_byte(out, row->live);
}

int row_binding_decode(struct span bytes, struct row_binding *ret_row)
{
    struct reader reader = {.rest = bytes};
    struct row_binding row = {.object = take_number(&reader, 8)};
    row.live = take_number(&reader, 1) != 0;
    if (finished(&reader) < 0)
        return -ERR_DAMAGED;
    *ret_row = row;
    return 0;
}

void row_entry_encode(struct buf *out, const struct row_entry *row)
{
    buf_append_byte(out, row->live);
    buf_append_be32(out, row->mode);
    buf_append_be32(out, row->uid);
    buf_append_be32(out, row->gid);
    buf_append_be64(out, (uint64_t)row->atime);
    buf_append_be64(out, (uint64_t)row->mtime);
    buf_append_be64(out, row->mtime_seq);
    buf_append_be64(out, (uint64_t)row->ctime);
    buf_append_be64(out, row->ino);
    add_text(out, row->name);
}

int row_entry_decode(struct span bytes, struct row_entry *ret_row)
{
    struct reader reader = {.rest = bytes};
    struct row_entry row = {.live = take_number(&reader, 1) != 0};
    row.mode = (uint32_t)take_number(&reader, 4);
    row.uid = (uint32_t)take_number(&reader, 4);
    row.gid = (uint32_t)take_number(&reader, 4);
    row.atime = (int64_t)take_number(&reader, 8);
    row.mtime = (int64_t)take_number(&reader, 8);
    row.mtime_seq = take_number(&reader, 8);
    row.ctime = (int64_t)take_number(&reader, 8);
    row.ino = take_number(&reader, 8);
    row.name = take_text(&reader);
    if (finished(&reader) < 0)
        return -ERR_DAMAGED;
    *ret_row = row;
    return 0;
}

void row_version_encode(struct buf *out, const struct row_version *row)
{
    buf_append_byte(out, (uint8_t)row->op);
    buf_append_byte(out, row->whole);
    buf_append_byte(out, row->events);
    buf_append_be64(out, row->version);
    buf_append_be64(out, row->commit);
    buf_append_be64(out, (uint64_t)row->at);
    buf_append_be64(out, row->collection);
    buf_append_be64(out, row->predecessor);
    buf_append_be64(out, row->record_at);
    buf_append_be32(out, row->record_size);
    buf_append(out, row->prev.bytes, DIGEST_SIZE);
    buf_append(out, row->hash.bytes, DIGEST_SIZE);
    add_text(out, row->name);
    add_text(out, row->head);
    add_text(out, row->patch);
}

int row_version_decode(struct span bytes, struct row_version *ret_row)
{
    struct reader reader = {.rest = bytes};
    struct row_version row = {.op = (enum row_op)take_number(&reader, 1)};
    row.whole = take_number(&reader, 1) != 0;
    row.events = (uint8_t)take_number(&reader, 1);
    row.version = take_number(&reader, 8);
    row.commit = take_number(&reader, 8);
    row.at = (int64_t)take_number(&reader, 8);
    row.collection = take_number(&reader, 8);
    row.predecessor = take_number(&reader, 8);
    row.record_at = take_number(&reader, 8);
    row.record_size = (uint32_t)take_number(&reader, 4);
    row.prev = take_digest(&reader);
    row.hash = take_digest(&reader);
    row.name = take_text(&reader);
    row.head = take_text(&reader);
    row.patch = take_text(&reader);
    row.document = take_bytes(&reader, reader.rest.size);
    if (finished(&reader) < 0 || row.op < ROW_CREATE || row.op > ROW_MIGRATE)
        return -ERR_DAMAGED;
    *ret_row = row;
    return 0;
}

void row_event_encode(struct buf *out, const struct row_event *row)
{
    buf_append_be64(out, row->object);
    buf_append_be32(out, row->attempts);
    buf_append_be32(out, row->size);
    buf_append_be64(out, (uint64_t)row->since);
    buf_append_be64(out, (uint64_t)row->deadline);
    add_text(out, row->type);
}

int row_event_decode(struct span bytes, struct row_event *ret_row)
{
    struct reader reader = {.rest = bytes};
    struct row_event row = {.object = take_number(&reader, 8)};
    row.attempts = (uint32_t)take_number(&reader, 4);
    row.size = (uint32_t)take_number(&reader, 4);
    row.since = (int64_t)take_number(&reader, 8);
    row.deadline = (int64_t)take_number(&reader, 8);
    row.type = take_text(&reader);
    if (finished(&reader) < 0)
        return -ERR_DAMAGED;
    *ret_row = row;
    return 0;
}

void row_xattr_encode(struct buf *out, const struct row_xattr *row)
{
    buf_append_byte(out, row->live);
    add_text(out, row->name);
    add_text(out, row->value);
}

int row_xattr_decode(struct span bytes, struct row_xattr *ret_row)
{
    struct reader reader = {.rest = bytes};
    struct row_xattr row = {.live = take_number(&reader, 1) != 0};
    row.name = take_text(&reader);
    row.value = take_text(&reader);
    if (finished(&reader) < 0)
        return -ERR_DAMAGED;
    *ret_row = row;
    return 0;
}
