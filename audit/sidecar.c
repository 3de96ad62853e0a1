#include "audit/sidecar.h"

#include "audit/record.h"
#include "store/base/cleanup.h"

/* A place in the file: a version row of the object, or of one of its predecessors. */
struct place {
    uint64_t object;
    uint64_t seq;
    struct row_version row;
};

/* The objects passed on the way back to a predecessor, the oldest last: the way forth again, as far
 * as it is remembered. An id that was deleted and made anew ten thousand times has as many. */
#define TRAIL_MAX 512
struct trail {
    uint64_t objects[TRAIL_MAX]; /* a ring */
    size_t count;                /* ever added, less those taken */
    size_t kept;                 /* of them still there */
};

static void trail_add(struct trail *trail, uint64_t object)
{
    trail->objects[trail->count++ % TRAIL_MAX] = object;
    if (trail->kept < TRAIL_MAX)
        trail->kept++;
}

/* The first record of the next object. */
static int trail_take(struct trail *trail, struct store_view *view, struct place *ret_place)
{
    trail->kept--;
    ret_place->object = trail->objects[--trail->count % TRAIL_MAX];
    int found = store_version_after(view, ret_place->object, 0, &ret_place->seq, &ret_place->row);
    return found == 0 ? -ERR_DAMAGED : found;
}

int audit_sidecar_size(struct store_view *view, uint64_t object, uint64_t *ret_size)
{
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(view, object, &seq, &row);
    if (found == 1)
        *ret_size = row.record_at + row.record_size;
    return found;
}

/* The object, or predecessor, whose records hold `offset`; its newest and its oldest version. */
static int find_object(struct store_view *view, uint64_t object, uint64_t offset,
                       struct trail *trail, struct place *ret_newest, struct place *ret_oldest)
{
    uint64_t last = STORE_NOW;
    for (;;) {
        struct place newest = {.object = object};
        struct place oldest = {.object = object};
        int found = store_version_get(view, object, &newest.seq, &newest.row);
        if (found != 1)
            return found;
        found = store_version_after(view, object, 0, &oldest.seq, &oldest.row);
        if (found != 1)
            return found < 0 ? found : -ERR_DAMAGED;
        if (offset >= oldest.row.record_at || oldest.row.predecessor == 0) {
            *ret_newest = newest;
            *ret_oldest = oldest;
            return 1;
        }
        if (oldest.seq >= last) /* a predecessor was there before */
            return -ERR_DAMAGED;
        last = oldest.seq;
        trail_add(trail, object);
        object = oldest.row.predecessor;
    }
}

static bool holds(const struct place *place, uint64_t offset)
{
    return offset >= place->row.record_at && offset < place->row.record_at + place->row.record_size;
}

/* Records grow with sequence numbers, so halving the range of those finds the one. */
static int find(struct store_view *view, uint64_t object, uint64_t offset, struct trail *trail,
                struct place *ret_place)
{
    struct place high;
    struct place low;
    int result = find_object(view, object, offset, trail, &high, &low);
    if (result != 1)
        return result;
    if (offset >= high.row.record_at) {
        *ret_place = high;
        return holds(&high, offset);
    }
    while (!holds(&low, offset)) {
        struct place middle = {.object = low.object};
        uint64_t half = low.seq + (high.seq - low.seq) / 2;
        result = store_version_as_of(view, low.object, half, &middle.seq, &middle.row);
        if (result != 1)
            return result < 0 ? result : -ERR_DAMAGED;
        if (middle.row.record_at > offset) {
            high = middle;
        } else if (middle.seq > low.seq) {
            low = middle;
        } else { /* nothing in the lower half but `low`: go on above */
            result = store_version_after(view, low.object, half, &middle.seq, &middle.row);
            if (result != 1 || middle.row.record_at > offset)
                return result < 0 ? result : -ERR_DAMAGED;
            low = middle;
        }
    }
    *ret_place = low;
    return 1;
}

static int read_from(struct store_view *view, struct place *place, uint64_t *offset, size_t end,
                     struct buf *out)
{
    AUTO_BUF struct buf line = {0};
    int found = 1;
    while (found == 1 && out->size < end) {
        buf_clear(&line);
        audit_record_write(&line, &place->row);
        uint64_t skip = *offset - place->row.record_at;
        if (buf_failed(&line))
            return -ERR_NO_MEMORY;
        if (line.size != place->row.record_size || skip >= line.size)
            return -ERR_DAMAGED;
        struct span rest = span_head(span_skip(buf_span(&line), (size_t)skip), end - out->size);
        buf_append_span(out, rest);
        *offset += rest.size;
        found = store_version_after(view, place->object, place->seq, &place->seq, &place->row);
    }
    return found < 0 ? found : 0;
}

int audit_sidecar_read(struct store_view *view, uint64_t object, uint64_t offset, size_t size,
                       struct buf *out)
{
    size_t end = out->size + size;
    struct trail trail = {0};
    struct place place;
    int found = 1;
    while (out->size < end && found == 1) {
        found = trail.kept > 0 ? trail_take(&trail, view, &place)
                               : find(view, object, offset, &trail, &place);
        int result = found == 1 ? read_from(view, &place, &offset, end, out) : found;
        if (result < 0)
            return result;
    }
    if (found == 1 && buf_failed(out))
        return -ERR_NO_MEMORY;
    return found < 0 ? found : 0;
}
