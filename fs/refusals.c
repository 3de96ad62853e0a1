#include "fs/refusals.h"

#include <pthread.h>
#include <stdlib.h>

#define REFUSALS_MAX     1024
#define REFUSALS_PER_UID 256
#define BYTES_MAX        ((size_t)32 << 20) /* of all refused bytes together */

struct slot {
    struct refusal refusal; /* number 0: free */
    bool settled;
};

struct refusals {
    pthread_mutex_t lock; /* guards everything below */
    uint64_t next_number;
    size_t bytes;
    uint64_t counts[ERR_COUNT];
    struct slot slots[REFUSALS_MAX];
};

void refusal_finish(struct refusal *refusal)
{
    buf_finish(&refusal->name);
    buf_finish(&refusal->document);
    buf_finish(&refusal->bytes);
}

struct refusals *refusals_create(void)
{
    struct refusals *refusals = calloc(1, sizeof(*refusals));
    if (!refusals)
        return NULL;
    pthread_mutex_init(&refusals->lock, NULL);
    refusals->next_number = 1;
    return refusals;
}

void refusals_destroy(struct refusals *refusals)
{
    if (!refusals)
        return;
    for (size_t i = 0; i < REFUSALS_MAX; i++)
        refusal_finish(&refusals->slots[i].refusal);
    pthread_mutex_destroy(&refusals->lock);
    free(refusals);
}

static void clear(struct refusals *refusals, struct slot *slot)
{
    refusals->bytes -= slot->refusal.bytes.size;
    refusal_finish(&slot->refusal);
    *slot = (struct slot){0};
}

/* The oldest, of one user or of all (`any`). */
static struct slot *oldest(struct refusals *refusals, uint32_t uid, bool any, size_t *ret_count)
{
    struct slot *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < REFUSALS_MAX; i++) {
        struct slot *slot = &refusals->slots[i];
        if (slot->refusal.number == 0 || (!any && slot->refusal.uid != uid))
            continue;
        count++;
        if (!found || slot->refusal.number < found->refusal.number)
            found = slot;
    }
    *ret_count = count;
    return found;
}

static void make_room(struct refusals *refusals, struct refusal *refusal)
{
    size_t count;
    if (refusal->bytes.size > BYTES_MAX) /* max_entity may be more than there is room for */
        buf_finish(&refusal->bytes);
    struct slot *slot = oldest(refusals, refusal->uid, false, &count);
    if (count >= REFUSALS_PER_UID)
        clear(refusals, slot);
    slot = oldest(refusals, 0, true, &count);
    if (count >= REFUSALS_MAX)
        clear(refusals, slot);
    while (refusals->bytes + refusal->bytes.size > BYTES_MAX) {
        slot = oldest(refusals, refusal->uid, false, &count);
        if (!slot)
            slot = oldest(refusals, 0, true, &count);
        if (!slot)
            break;
        clear(refusals, slot);
    }
}

void refusals_add(struct refusals *refusals, struct refusal *refusal)
{
    pthread_mutex_lock(&refusals->lock);
    make_room(refusals, refusal);
    refusal->number = refusals->next_number++;
    refusals->counts[refusal->code < 0 ? -refusal->code : refusal->code]++;
    refusals->bytes += refusal->bytes.size;
    for (size_t i = 0; i < REFUSALS_MAX; i++) {
        if (refusals->slots[i].refusal.number == 0) {
            refusals->slots[i] = (struct slot){.refusal = *refusal};
            break;
        }
    }
    pthread_mutex_unlock(&refusals->lock);
    refusal->name = refusal->document = refusal->bytes = (struct buf){0};
}

static bool is_at(const struct slot *slot, uint64_t collection, struct span name)
{
    return slot->refusal.number != 0 && slot->refusal.collection == collection &&
           span_equal(buf_span(&slot->refusal.name), name);
}

static bool is_visible(const struct slot *slot, uint32_t uid)
{
    return slot->refusal.number != 0 && (uid == 0 || slot->refusal.uid == uid);
}

void refusals_settle(struct refusals *refusals, uint64_t collection, struct span name, uint32_t uid)
{
    pthread_mutex_lock(&refusals->lock);
    for (size_t i = 0; i < REFUSALS_MAX; i++) {
        struct slot *slot = &refusals->slots[i];
        if (is_at(slot, collection, name) && slot->refusal.uid == uid)
            slot->settled = true;
    }
    pthread_mutex_unlock(&refusals->lock);
}

static void copy(const struct slot *slot, struct refusal *ret_refusal)
{
    *ret_refusal = slot->refusal;
    ret_refusal->name = ret_refusal->document = ret_refusal->bytes = (struct buf){0};
    buf_append_span(&ret_refusal->name, buf_span(&slot->refusal.name));
    buf_append_span(&ret_refusal->document, buf_span(&slot->refusal.document));
    buf_append_span(&ret_refusal->bytes, buf_span(&slot->refusal.bytes));
}

bool refusals_get(struct refusals *refusals, uint64_t number, uint32_t uid,
                  struct refusal *ret_refusal)
{
    bool found = false;
    pthread_mutex_lock(&refusals->lock);
    for (size_t i = 0; !found && number != 0 && i < REFUSALS_MAX; i++) {
        const struct slot *slot = &refusals->slots[i];
        found = slot->refusal.number == number && is_visible(slot, uid);
        if (found)
            copy(slot, ret_refusal);
    }
    pthread_mutex_unlock(&refusals->lock);
    return found;
}

/* The newest unsettled one of a name that the user may see. */
static const struct slot *newest_at(const struct refusals *refusals, uint64_t collection,
                                    struct span name, uint32_t uid)
{
    const struct slot *found = NULL;
    for (size_t i = 0; i < REFUSALS_MAX; i++) {
        const struct slot *slot = &refusals->slots[i];
        if (is_at(slot, collection, name) && is_visible(slot, uid) && !slot->settled &&
            (!found || slot->refusal.number > found->refusal.number))
            found = slot;
    }
    return found;
}

bool refusals_find(struct refusals *refusals, uint64_t collection, struct span name, uint32_t uid,
                   struct refusal *ret_refusal)
{
    pthread_mutex_lock(&refusals->lock);
    const struct slot *slot = newest_at(refusals, collection, name, uid);
    if (slot)
        copy(slot, ret_refusal);
    pthread_mutex_unlock(&refusals->lock);
    return slot != NULL;
}

static const struct slot *next_above(const struct refusals *refusals, uint64_t after)
{
    const struct slot *next = NULL;
    for (size_t i = 0; i < REFUSALS_MAX; i++) {
        const struct slot *slot = &refusals->slots[i];
        if (slot->refusal.number > after && (!next || slot->refusal.number < next->refusal.number))
            next = slot;
    }
    return next;
}

bool refusals_next(struct refusals *refusals, uint64_t collection, uint64_t after, uint32_t uid,
                   struct refusal *ret_refusal)
{
    const struct slot *slot;
    pthread_mutex_lock(&refusals->lock);
    while ((slot = next_above(refusals, after))) {
        struct span name = buf_span(&slot->refusal.name);
        if (slot->refusal.collection == collection &&
            newest_at(refusals, collection, name, uid) == slot)
            break;
        after = slot->refusal.number;
    }
    if (slot)
        copy(slot, ret_refusal);
    pthread_mutex_unlock(&refusals->lock);
    return slot != NULL;
}

void refusals_journal(struct refusals *refusals, uint32_t uid, struct buf *out)
{
    const struct slot *slot;
    uint64_t after = 0;
    pthread_mutex_lock(&refusals->lock);
    while ((slot = next_above(refusals, after))) {
        if (is_visible(slot, uid))
            buf_append_span(out, buf_span(&slot->refusal.document));
        after = slot->refusal.number;
    }
    pthread_mutex_unlock(&refusals->lock);
}

void refusals_count(struct refusals *refusals, struct buf *out)
{
    const char *comma = "";
    pthread_mutex_lock(&refusals->lock);
    for (int code = 1; code < ERR_COUNT; code++) {
        uint64_t sum = 0;
        bool is_first = true;
        for (int other = 1; other < ERR_COUNT; other++) {
            if (strcmp(error_class(code), error_class(other)) != 0)
                continue;
            is_first = is_first && other >= code;
            sum += refusals->counts[other];
        }
        if (!is_first || sum == 0)
            continue;
        buf_printf(out, "%s\"%s\":%ju", comma, error_class(code), (uintmax_t)sum);
        comma = ",";
    }
    pthread_mutex_unlock(&refusals->lock);
}
