#include "fs/bases.h"

#include "fs/process.h"
#include "store/base/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define NONE UINT32_MAX

struct note {
    uint64_t object;
    uint64_t owner;
    uint64_t seq;
    uint64_t written;
    int64_t time;          /* CLOCK_BOOTTIME of the last read */
    pid_t tid;             /* that made it */
    uint32_t next;         /* in its bucket */
    uint32_t newer, older; /* in the order of use */
};

struct bases {
    pthread_mutex_t lock; /* guards everything below */
    uint32_t capacity;
    uint32_t count;
    uint32_t newest, oldest;
    uint32_t *buckets; /* `capacity` of them */
    struct note *notes;
};

struct bases *bases_create(uint32_t capacity)
{
    struct bases *bases = calloc(1, sizeof(*bases));
    if (!bases)
        return NULL;
    pthread_mutex_init(&bases->lock, NULL);
    bases->capacity = capacity;
    bases->newest = bases->oldest = NONE;
    bases->buckets = malloc(capacity * sizeof(*bases->buckets));
    bases->notes = calloc(capacity, sizeof(*bases->notes));
    if (!bases->buckets || !bases->notes) {
        bases_destroy(bases);
        return NULL;
    }
    for (uint32_t i = 0; i < capacity; i++)
        bases->buckets[i] = NONE;
    return bases;
}

void bases_destroy(struct bases *bases)
{
    if (!bases)
        return;
    pthread_mutex_destroy(&bases->lock);
    free(bases->buckets);
    free(bases->notes);
    free(bases);
}

static uint32_t *bucket_of(struct bases *bases, uint64_t object, uint64_t owner)
{
    uint64_t hash = (object * 0x9e3779b97f4a7c15U) ^ (owner * 0xc2b2ae3d27d4eb4fU);
    hash ^= hash >> 32;
    return &bases->buckets[hash % bases->capacity];
}

static uint32_t find(struct bases *bases, uint64_t object, uint64_t owner)
{
    uint32_t at = *bucket_of(bases, object, owner);
    while (at != NONE && (bases->notes[at].object != object || bases->notes[at].owner != owner))
        at = bases->notes[at].next;
    return at;
}

static void detach(struct bases *bases, uint32_t at)
{
    struct note *note = &bases->notes[at];
    *(note->newer == NONE ? &bases->newest : &bases->notes[note->newer].older) = note->older;
    *(note->older == NONE ? &bases->oldest : &bases->notes[note->older].newer) = note->newer;
}

static void make_newest(struct bases *bases, uint32_t at)
{
    struct note *note = &bases->notes[at];
    note->newer = NONE;
    note->older = bases->newest;
    *(bases->newest == NONE ? &bases->oldest : &bases->notes[bases->newest].newer) = at;
    bases->newest = at;
}

static void unlink_bucket(struct bases *bases, uint32_t at)
{
    uint32_t *link = bucket_of(bases, bases->notes[at].object, bases->notes[at].owner);
    while (*link != at)
        link = &bases->notes[*link].next;
    *link = bases->notes[at].next;
}

/* A note for a pair that has none: a fresh one, or the least recently used. */
static uint32_t add(struct bases *bases, uint64_t object, uint64_t owner)
{
    uint32_t at;
    if (bases->count < bases->capacity) {
        at = bases->count++;
    } else {
        at = bases->oldest;
        detach(bases, at);
        unlink_bucket(bases, at);
    }
    uint32_t *bucket = bucket_of(bases, object, owner);
    bases->notes[at] = (struct note){.object = object, .owner = owner, .next = *bucket};
    *bucket = at;
    make_newest(bases, at);
    return at;
}

static void touch(struct bases *bases, uint32_t at, struct bases_reader reader, uint64_t seq)
{
    struct note *note = &bases->notes[at];
    note->seq = seq;
    note->tid = reader.tid;
    note->time = clock_boottime();
    if (bases->newest != at) {
        detach(bases, at);
        make_newest(bases, at);
    }
}

void bases_read(struct bases *bases, uint64_t object, struct bases_reader reader, uint64_t seq)
{
    if (reader.owner == 0)
        return;
    pthread_mutex_lock(&bases->lock);
    uint32_t at = find(bases, object, reader.owner);
    touch(bases, at == NONE ? add(bases, object, reader.owner) : at, reader, seq);
    pthread_mutex_unlock(&bases->lock);
}

void bases_wrote(struct bases *bases, uint64_t object, struct bases_reader writer, uint64_t seq,
                 bool based)
{
    if (writer.owner == 0)
        return;
    pthread_mutex_lock(&bases->lock);
    uint32_t at = find(bases, object, writer.owner);
    if (at == NONE && based)
        at = add(bases, object, writer.owner);
    if (at != NONE) {
        touch(bases, at, writer, seq);
        bases->notes[at].written = seq;
    }
    pthread_mutex_unlock(&bases->lock);
}

/* Owners and threads are numbers that the kernel uses again. The note is the writer's own when the
 * thread that read is one of its threads and the process is older than the read; or, when that
 * thread is gone, when the process is older by more than the clock's tick. */
static bool is_same_process(const struct note *note, pid_t writer)
{
    pid_t pid = process_of(writer).pid;
    int64_t start = process_start(pid);
    if (start < 0)
        return note->tid == writer;
    if (note->tid == writer || process_has_thread(pid, note->tid))
        return start <= note->time;
    return start + process_tick() < note->time;
}

static void forget_if(struct bases *bases, uint64_t object, uint64_t owner, const int64_t *time)
{
    pthread_mutex_lock(&bases->lock);
    uint32_t at = find(bases, object, owner);
    if (at != NONE && (!time || bases->notes[at].time == *time)) {
        bases->notes[at].seq = 0;
        bases->notes[at].written = 0;
    }
    pthread_mutex_unlock(&bases->lock);
}

void bases_forget(struct bases *bases, uint64_t object, struct bases_reader reader)
{
    forget_if(bases, object, reader.owner, NULL);
}

bool bases_find(struct bases *bases, uint64_t object, struct bases_reader writer, uint64_t current,
                struct bases_note *ret_note)
{
    if (writer.owner == 0)
        return false;
    pthread_mutex_lock(&bases->lock);
    uint32_t at = find(bases, object, writer.owner);
    struct note note = at == NONE ? (struct note){0} : bases->notes[at];
    pthread_mutex_unlock(&bases->lock);
    if (note.seq == 0)
        return false;
    if (note.seq != current && !is_same_process(&note, writer.tid)) {
        forget_if(bases, object, writer.owner, &note.time);
        return false;
    }
    *ret_note = (struct bases_note){.seq = note.seq, .written = note.written};
    return true;
}

#define THREADS_MAX 1024 /* of a process that are looked at */
#define WALK_MAX    4096 /* notes that are walked at once, while others wait for the mutex */

/* A thread, and when it last read, as whom. */
struct reading {
    pid_t tid;
    int64_t time; /* 0: never */
    uint64_t owner;
};

static int compare_readings(const void *left, const void *right)
{
    const struct reading *a = left;
    const struct reading *b = right;
    return (a->tid > b->tid) - (a->tid < b->tid);
}

static void take_note(const struct note *note, struct reading *readings, size_t count)
{
    const struct reading key = {.tid = note->tid};
    struct reading *own = bsearch(&key, readings, count, sizeof(key), compare_readings);
    if (!own || note->time <= own->time)
        return;
    own->time = note->time;
    own->owner = note->owner;
}

/* Notes stay where they are in the table, but for those that make room for others. */
static void find_readings(struct bases *bases, uint64_t object, struct reading *readings,
                          size_t count)
{
    uint32_t at = 0;
    for (bool is_end = false; !is_end;) {
        pthread_mutex_lock(&bases->lock);
        uint32_t end = at + WALK_MAX < bases->count ? at + WALK_MAX : bases->count;
        for (; at < end; at++)
            if (bases->notes[at].object == object && bases->notes[at].seq != 0)
                take_note(&bases->notes[at], readings, count);
        is_end = at == bases->count;
        pthread_mutex_unlock(&bases->lock);
    }
}

/* A thread's number comes again, too: the one that has it now must be older than the note. */
static bool is_own(const struct reading *reading, pid_t caller)
{
    int64_t start = process_start(reading->tid);
    return start < 0 ? reading->tid == caller : start <= reading->time;
}

uint64_t bases_owner(struct bases *bases, uint64_t object, pid_t tid)
{
    pid_t tids[THREADS_MAX];
    struct reading readings[THREADS_MAX];
    struct reading last = {0};
    if (tid <= 0) /* of another pid_namespaces(7), as all others there */
        return 0;
    size_t count = process_threads(tid, tids, THREADS_MAX);
    for (size_t i = 0; i < count; i++)
        readings[i] = (struct reading){.tid = tids[i]};
    qsort(readings, count, sizeof(*readings), compare_readings);
    find_readings(bases, object, readings, count);
    for (size_t i = 0; i < count; i++)
        if (readings[i].time > last.time && is_own(&readings[i], tid))
            last = readings[i];
    return last.owner;
}
