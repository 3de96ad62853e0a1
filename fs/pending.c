#include "fs/pending.h"

#include "store/digest.h"

#include <pthread.h>
#include <stdlib.h>

#define PENDING_MAX     4096
#define PENDING_PER_UID 1024
#define BUCKETS         1024

/* A place, from 1; 0: none. */
typedef uint16_t place;

struct slot {
    struct pending pending; /* object 0: free */
    uint64_t order;         /* when it was asked for by its name last */
    place next_of_object;   /* in the same bucket */
    place next_of_name;
};

struct pendings {
    pthread_mutex_t changing; /* pendings_begin */

    pthread_mutex_t lock; /* guards the rest */
    uint64_t next_order;
    size_t count; /* slots ever used */
    place by_object[BUCKETS];
    place by_name[BUCKETS];
    struct slot slots[PENDING_MAX];
};

struct pendings *pendings_create(void)
{
    struct pendings *pendings = calloc(1, sizeof(*pendings));
    if (!pendings)
        return NULL;
    pthread_mutex_init(&pendings->changing, NULL);
    pthread_mutex_init(&pendings->lock, NULL);
    return pendings;
}

void pendings_destroy(struct pendings *pendings)
{
    if (!pendings)
        return;
    pthread_mutex_destroy(&pendings->lock);
    pthread_mutex_destroy(&pendings->changing);
    free(pendings);
}

void pendings_begin(struct pendings *pendings)
{
    pthread_mutex_lock(&pendings->changing);
}

void pendings_end(struct pendings *pendings)
{
    pthread_mutex_unlock(&pendings->changing);
}

/* --- the two tables */

static struct slot *slot_at(struct pendings *pendings, place at)
{
    return at == 0 ? NULL : &pendings->slots[at - 1];
}

static place *bucket_of_object(struct pendings *pendings, uint64_t object)
{
    return &pendings->by_object[object % BUCKETS];
}

static place *bucket_of_name(struct pendings *pendings, uint64_t collection, struct span name)
{
    return &pendings->by_name[(fingerprint(name) ^ collection) % BUCKETS];
}

static struct span name_of(const struct slot *slot)
{
    return span_make(slot->pending.name, slot->pending.name_size);
}

static void enter_name(struct pendings *pendings, struct slot *slot)
{
    place *bucket = bucket_of_name(pendings, slot->pending.collection, name_of(slot));
    slot->next_of_name = *bucket;
    *bucket = (place)(slot - pendings->slots + 1);
}

static void leave_name(struct pendings *pendings, struct slot *slot)
{
    place *at = bucket_of_name(pendings, slot->pending.collection, name_of(slot));
    while (slot_at(pendings, *at) != slot)
        at = &slot_at(pendings, *at)->next_of_name;
    *at = slot->next_of_name;
}

static void enter(struct pendings *pendings, struct slot *slot)
{
    place *bucket = bucket_of_object(pendings, slot->pending.object);
    slot->next_of_object = *bucket;
    *bucket = (place)(slot - pendings->slots + 1);
    enter_name(pendings, slot);
}

static void free_slot(struct pendings *pendings, struct slot *slot)
{
    place *at = bucket_of_object(pendings, slot->pending.object);
    while (slot_at(pendings, *at) != slot)
        at = &slot_at(pendings, *at)->next_of_object;
    *at = slot->next_of_object;
    leave_name(pendings, slot);
    slot->pending.object = 0;
}

static struct slot *find(struct pendings *pendings, uint64_t object)
{
    struct slot *slot = slot_at(pendings, *bucket_of_object(pendings, object));
    while (slot && slot->pending.object != object)
        slot = slot_at(pendings, slot->next_of_object);
    return slot;
}

static struct slot *find_name(struct pendings *pendings, uint64_t collection, struct span name,
                              bool also_hidden)
{
    struct slot *slot = slot_at(pendings, *bucket_of_name(pendings, collection, name));
    while (slot && (slot->pending.collection != collection || !span_equal(name_of(slot), name) ||
                    (slot->pending.is_hidden && !also_hidden)))
        slot = slot_at(pendings, slot->next_of_name);
    return slot;
}

/* --- making room */

static bool is_better(const struct slot *slot, const struct slot *than)
{
    if (slot->pending.open > 0)
        return false;
    if (!than || slot->pending.is_kept != than->pending.is_kept)
        return !than || slot->pending.is_kept;
    return slot->order < than->order;
}

static struct slot *make_room(struct pendings *pendings, uint32_t uid)
{
    struct slot *own = NULL;
    struct slot *any = NULL;
    struct slot *unused = NULL;
    size_t count = 0;
    for (size_t i = 0; i < pendings->count; i++) {
        struct slot *slot = &pendings->slots[i];
        bool is_own = slot->pending.object != 0 && slot->pending.entry.uid == uid;
        count += is_own;
        if (slot->pending.object == 0)
            unused = slot;
        else if (is_own && is_better(slot, own))
            own = slot;
        else if (!is_own && is_better(slot, any))
            any = slot;
    }
    if (count >= PENDING_PER_UID)
        return own;
    if (unused)
        return unused;
    if (pendings->count < PENDING_MAX)
        return &pendings->slots[pendings->count++];
    return own && (!any || is_better(own, any)) ? own : any;
}

static void set_name(struct pending *pending, struct span name)
{
    name = span_head(name, PENDING_NAME_MAX);
    memcpy(pending->name, name.data, name.size);
    pending->name_size = name.size;
}

static int add(struct pendings *pendings, const struct pending *pending, struct span name)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = make_room(pendings, pending->entry.uid);
    if (slot) {
        if (slot->pending.object != 0)
            free_slot(pendings, slot);
        *slot = (struct slot){.pending = *pending, .order = pendings->next_order++};
        set_name(&slot->pending, name);
        enter(pendings, slot);
    }
    pthread_mutex_unlock(&pendings->lock);
    return slot ? 0 : -ERR_BUSY;
}

int pendings_add(struct pendings *pendings, uint64_t object, uint64_t collection, struct span name,
                 const struct row_entry *entry)
{
    const struct pending pending = {
        .object = object, .collection = collection, .entry = *entry, .open = 1};
    return add(pendings, &pending, name);
}

int pendings_adopt(struct pendings *pendings, uint64_t object, uint64_t collection,
                   struct span name, const struct row_entry *entry)
{
    const struct pending pending = {
        .object = object, .collection = collection, .entry = *entry, .is_kept = true};
    return add(pendings, &pending, name);
}

/* --- changes */

void pendings_open(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot)
        slot->pending.open++;
    pthread_mutex_unlock(&pendings->lock);
}

void pendings_close(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot && slot->pending.open > 0)
        slot->pending.open--;
    if (slot && slot->pending.open == 0 && slot->pending.is_hidden)
        free_slot(pendings, slot);
    pthread_mutex_unlock(&pendings->lock);
}

bool pendings_remove(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot)
        free_slot(pendings, slot);
    pthread_mutex_unlock(&pendings->lock);
    return slot != NULL;
}

void pendings_discard(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot && slot->pending.open == 0)
        free_slot(pendings, slot);
    pthread_mutex_unlock(&pendings->lock);
}

void pendings_remove_name(struct pendings *pendings, uint64_t collection, struct span name)
{
    struct slot *slot;
    pthread_mutex_lock(&pendings->lock);
    while ((slot = find_name(pendings, collection, name, true)))
        free_slot(pendings, slot);
    pthread_mutex_unlock(&pendings->lock);
}

void pendings_hide(struct pendings *pendings, uint64_t object, bool hidden)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot && (hidden || !find_name(pendings, slot->pending.collection, name_of(slot), false)))
        slot->pending.is_hidden = hidden;
    pthread_mutex_unlock(&pendings->lock);
}

void pendings_keep(struct pendings *pendings, uint64_t object, bool is_kept)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot)
        slot->pending.is_kept = is_kept;
    pthread_mutex_unlock(&pendings->lock);
}

void pendings_set(struct pendings *pendings, uint64_t object, const struct row_entry *entry)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot)
        slot->pending.entry = *entry;
    pthread_mutex_unlock(&pendings->lock);
}

bool pendings_rename(struct pendings *pendings, uint64_t object, uint64_t collection,
                     struct span name)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot) {
        leave_name(pendings, slot);
        slot->pending.collection = collection;
        set_name(&slot->pending, name);
        enter_name(pendings, slot);
    }
    pthread_mutex_unlock(&pendings->lock);
    return slot != NULL;
}

/* --- questions */

static void copy(const struct slot *slot, struct pending *ret_pending)
{
    *ret_pending = slot->pending;
    ret_pending->entry.name = span_make(ret_pending->name, ret_pending->name_size);
}

bool pendings_get(struct pendings *pendings, uint64_t object, struct pending *ret_pending)
{
    pthread_mutex_lock(&pendings->lock);
    const struct slot *slot = find(pendings, object);
    if (slot)
        copy(slot, ret_pending);
    pthread_mutex_unlock(&pendings->lock);
    return slot != NULL;
}

bool pendings_find(struct pendings *pendings, uint64_t collection, struct span name,
                   struct pending *ret_pending)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find_name(pendings, collection, name, false);
    if (slot) {
        slot->order = pendings->next_order++;
        copy(slot, ret_pending);
    }
    pthread_mutex_unlock(&pendings->lock);
    return slot != NULL;
}

bool pendings_next(struct pendings *pendings, uint64_t collection, uint64_t after,
                   struct pending *ret_pending)
{
    const struct slot *next = NULL;
    pthread_mutex_lock(&pendings->lock);
    for (size_t i = 0; i < pendings->count; i++) {
        const struct slot *slot = &pendings->slots[i];
        const struct pending *pending = &slot->pending;
        if (!pending->is_hidden && !pending->is_kept && pending->collection == collection &&
            pending->object > after && (!next || pending->object < next->pending.object))
            next = slot;
    }
    if (next)
        copy(next, ret_pending);
    pthread_mutex_unlock(&pendings->lock);
    return next != NULL;
}
