#include "fs/pending.h"

#include <pthread.h>
#include <stdlib.h>

#define PENDING_MAX     4096
#define PENDING_PER_UID 1024

struct slot {
    struct pending pending; /* object 0: free */
    unsigned open;
    bool hidden;
    uint64_t order;
};

struct pendings {
    pthread_mutex_t lock; /* guards everything below */
    uint64_t next_order;
    size_t count; /* slots ever used */
    struct slot slots[PENDING_MAX];
};

struct pendings *pendings_create(void)
{
    struct pendings *pendings = calloc(1, sizeof(*pendings));
    if (pendings)
        pthread_mutex_init(&pendings->lock, NULL);
    return pendings;
}

void pendings_destroy(struct pendings *pendings)
{
    if (!pendings)
        return;
    pthread_mutex_destroy(&pendings->lock);
    free(pendings);
}

static struct slot *find_any(struct pendings *pendings, uint64_t object)
{
    for (size_t i = 0; i < pendings->count; i++)
        if (pendings->slots[i].pending.object == object)
            return &pendings->slots[i];
    return NULL;
}

static struct slot *find(struct pendings *pendings, uint64_t object)
{
    return object == 0 ? NULL : find_any(pendings, object);
}

/* The oldest that nobody has open, of one user or of all (`any`); and how many they are in all. */
static struct slot *oldest(struct pendings *pendings, uint32_t uid, bool any, size_t *ret_count)
{
    struct slot *found = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < pendings->count; i++) {
        struct slot *slot = &pendings->slots[i];
        if (slot->pending.object == 0 || (!any && slot->pending.entry.uid != uid))
            continue;
        ++*ret_count;
        if (slot->open == 0 && (!found || slot->order < found->order))
            found = slot;
    }
    return found;
}

static struct slot *make_room(struct pendings *pendings, uint32_t uid)
{
    size_t count;
    struct slot *own = oldest(pendings, uid, false, &count);
    if (count >= PENDING_PER_UID)
        return own;
    struct slot *free_slot = find_any(pendings, 0);
    if (free_slot)
        return free_slot;
    if (pendings->count < PENDING_MAX)
        return &pendings->slots[pendings->count++];
    return oldest(pendings, 0, true, &count);
}

static void set_name(struct pending *pending, struct span name)
{
    name = span_head(name, PENDING_NAME_MAX);
    memcpy(pending->name, name.data, name.size);
    pending->name_size = name.size;
}

int pendings_add(struct pendings *pendings, uint64_t object, uint64_t collection, struct span name,
                 const struct row_entry *entry)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = make_room(pendings, entry->uid);
    if (slot) {
        *slot = (struct slot){.open = 1, .order = pendings->next_order++};
        slot->pending =
            (struct pending){.object = object, .collection = collection, .entry = *entry};
        set_name(&slot->pending, name);
    }
    pthread_mutex_unlock(&pendings->lock);
    return slot ? 0 : -ERR_BUSY;
}

void pendings_open(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot)
        slot->open++;
    pthread_mutex_unlock(&pendings->lock);
}

void pendings_close(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot && slot->open > 0)
        slot->open--;
    if (slot && slot->open == 0 && slot->hidden)
        slot->pending.object = 0;
    pthread_mutex_unlock(&pendings->lock);
}

bool pendings_remove(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot)
        slot->pending.object = 0;
    pthread_mutex_unlock(&pendings->lock);
    return slot != NULL;
}

void pendings_discard(struct pendings *pendings, uint64_t object)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot && slot->open == 0)
        slot->pending.object = 0;
    pthread_mutex_unlock(&pendings->lock);
}

void pendings_hide(struct pendings *pendings, uint64_t object, bool hidden)
{
    pthread_mutex_lock(&pendings->lock);
    struct slot *slot = find(pendings, object);
    if (slot)
        slot->hidden = hidden;
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
        slot->pending.collection = collection;
        set_name(&slot->pending, name);
    }
    pthread_mutex_unlock(&pendings->lock);
    return slot != NULL;
}

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

static bool is_named(const struct slot *slot, uint64_t collection, struct span name)
{
    const struct pending *pending = &slot->pending;
    return pending->object != 0 && !slot->hidden && pending->collection == collection &&
           span_equal(span_make(pending->name, pending->name_size), name);
}

bool pendings_find(struct pendings *pendings, uint64_t collection, struct span name,
                   struct pending *ret_pending)
{
    bool found = false;
    pthread_mutex_lock(&pendings->lock);
    for (size_t i = 0; !found && i < pendings->count; i++) {
        found = is_named(&pendings->slots[i], collection, name);
        if (found)
            copy(&pendings->slots[i], ret_pending);
    }
    pthread_mutex_unlock(&pendings->lock);
    return found;
}

bool pendings_next(struct pendings *pendings, uint64_t collection, uint64_t after,
                   struct pending *ret_pending)
{
    const struct slot *next = NULL;
    pthread_mutex_lock(&pendings->lock);
    for (size_t i = 0; i < pendings->count; i++) {
        const struct slot *slot = &pendings->slots[i];
        if (!slot->hidden && slot->pending.collection == collection &&
            slot->pending.object > after && (!next || slot->pending.object < next->pending.object))
            next = slot;
    }
    if (next)
        copy(next, ret_pending);
    pthread_mutex_unlock(&pendings->lock);
    return next != NULL;
}
