#include "fs/dance.h"

#include "fs/node_collection.h"
#include "fs/process.h"
#include "fs/report.h"
#include "fs/verdict.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#define DANCES_MAX     256
#define DANCES_PER_UID 64

enum state { FREE, WAITING, SETTLING };

/* Constant but for the state while it is not free. */
struct slot {
    enum state state;
    struct model_caller caller; /* its process is known */
    int process;                /* a pidfd: can be read once the process has ended */
    int64_t deadline;           /* monotonic */
    uint64_t order;
    uint64_t collection;
    uint64_t object;
    uint64_t seq;
    bool is_rename;
    bool is_cleaning;
    bool has_company;
    bool is_due; /* guarded by the lock: somebody needs what it has */
    size_t name_size;
    char name[NAME_ID_MAX];
};

struct dances {
    struct mount *mount;
    pthread_t thread;
    int wake;               /* an eventfd: the thread is to look again */
    atomic_uint waiting;    /* slots that are not free */
    pthread_mutex_t lock;   /* guards the rest */
    pthread_cond_t settled; /* a slot has become free */
    bool stopping;
    uint64_t next_order;
    struct slot slots[DANCES_MAX];
};

static bool is_any(struct dances *dances)
{
    return dances && atomic_load(&dances->waiting) > 0;
}

static bool has_ended(const struct slot *slot)
{
    struct pollfd poll_fd = {.fd = slot->process, .events = POLLIN};
    return poll(&poll_fd, 1, 0) > 0;
}

static bool is_of(const struct slot *slot, pid_t pid)
{
    return slot->caller.process.pid == pid && !has_ended(slot);
}

/* What is to be settled: what any of these is true of. */
struct wanted {
    bool all;
    bool ended;
    bool late;
    bool due;
    uint64_t parent; /* 0: none; else the name in it, */
    struct span name;
    const struct model_caller *but; /* but for this user, of process `but_pid`; NULL: nobody */
    pid_t but_pid;
    uint64_t object;     /* 0: none */
    uint64_t collection; /* 0: none */
    pid_t own;           /* 0: none */
    pid_t company;       /* of that process: what others go with, but for `other`; 0: none */
    uint64_t other;
};

static bool is_named(const struct slot *slot, uint64_t collection, struct span name)
{
    return slot->collection == collection &&
           span_equal(span_make(slot->name, slot->name_size), name);
}

static bool is_by(const struct slot *slot, const struct model_caller *caller, pid_t pid)
{
    return slot->caller.process.pid == pid && slot->caller.uid == caller->uid;
}

static bool is_wanted(const struct slot *slot, const struct wanted *wanted)
{
    pid_t pid = slot->caller.process.pid;
    return wanted->all || (wanted->object != 0 && slot->object == wanted->object) ||
           (wanted->parent != 0 && is_named(slot, wanted->parent, wanted->name) &&
            !(wanted->but && is_by(slot, wanted->but, wanted->but_pid))) ||
           (wanted->ended && has_ended(slot)) || (wanted->due && slot->is_due) ||
           (wanted->late && slot->deadline <= clock_monotonic()) ||
           (wanted->collection != 0 && slot->collection == wanted->collection) ||
           (wanted->own != 0 && pid == wanted->own) ||
           (wanted->company != 0 && slot->has_company && pid == wanted->company &&
            slot->object != wanted->other);
}

static struct slot *find_wanted(struct dances *dances, const struct wanted *wanted)
{
    struct slot *found = NULL;
    for (size_t i = 0; i < DANCES_MAX; i++) {
        struct slot *slot = &dances->slots[i];
        if (slot->state != FREE && is_wanted(slot, wanted) &&
            (!found || slot->order < found->order))
            found = slot;
    }
    return found;
}

/* Does what was asked for when the dance began. */
static void carry_out(struct mount *mount, const struct slot *slot)
{
    struct request request;
    AUTO_BUF struct buf file = {0};
    const struct span name = span_make(slot->name, slot->name_size);
    const struct model_base base = {slot->is_rename ? MODEL_BASE_OPENED : MODEL_BASE_NONE,
                                    slot->seq};
    if (slot->is_cleaning)
        return;
    request_init(&request, mount, &slot->caller);
    buf_append_span(&file, name);
    buf_append_string(&file, ".json");
    int result = collection_name_write(&request, slot->collection, buf_span(&file));
    if (result == 0)
        result = collection_remove(&request, slot->collection, name, base);
    if (result != -ERR_NOT_FOUND) /* else it is done already, by another deletion */
        report(&request, result);
    request_finish(&request);
}

static void free_slot(struct dances *dances, struct slot *slot)
{
    close(slot->process);
    slot->state = FREE;
    atomic_fetch_sub(&dances->waiting, 1);
    pthread_cond_broadcast(&dances->settled);
}

static bool settle(struct dances *dances, const struct wanted *wanted)
{
    bool has_settled = false;
    struct slot *slot;
    pthread_mutex_lock(&dances->lock);
    while ((slot = find_wanted(dances, wanted))) {
        has_settled = true;
        if (slot->state == SETTLING) {
            pthread_cond_wait(&dances->settled, &dances->lock);
            continue;
        }
        slot->state = SETTLING;
        pthread_mutex_unlock(&dances->lock);
        carry_out(dances->mount, slot);
        pthread_mutex_lock(&dances->lock);
        free_slot(dances, slot);
    }
    pthread_mutex_unlock(&dances->lock);
    return has_settled;
}

bool dance_settle_others(struct request *request, uint64_t collection, struct span name)
{
    struct dances *dances = request->mount->dances;
    return is_any(dances) && settle(dances, &(struct wanted){.parent = collection,
                                                             .name = name,
                                                             .but = &request->caller,
                                                             .but_pid = request_pid(request)});
}

bool dance_settle_name(struct request *request, uint64_t collection, struct span name)
{
    struct dances *dances = request->mount->dances;
    return is_any(dances) && settle(dances, &(struct wanted){.parent = collection, .name = name});
}

bool dance_settle_object(struct request *request, uint64_t object)
{
    struct dances *dances = request->mount->dances;
    return is_any(dances) && settle(dances, &(struct wanted){.object = object});
}

bool dance_settle_folder(struct request *request, uint64_t collection)
{
    struct dances *dances = request->mount->dances;
    return is_any(dances) && settle(dances, &(struct wanted){.collection = collection});
}

bool dance_settle_own(struct request *request)
{
    struct dances *dances = request->mount->dances;
    return is_any(dances) && settle(dances, &(struct wanted){.own = request_pid(request)});
}

bool dance_settle_company(struct request *request, uint64_t other)
{
    struct dances *dances = request->mount->dances;
    return is_any(dances) &&
           settle(dances, &(struct wanted){.company = request_pid(request), .other = other});
}

bool dance_settle_due(struct request *request)
{
    struct dances *dances = request->mount->dances;
    return is_any(dances) && settle(dances, &(struct wanted){.due = true});
}

int dance_put(struct request *request, const struct model_put *put)
{
    int result = -ERR_LEAVING;
    dance_settle_object(request, put->object);
    if (put->collection == STORE_SCHEMAS) /* it need not be good for what the caller took away */
        dance_settle_own(request);
    while (result == -ERR_LEAVING) {
        result = model_put(request->mount->model, put, &request->result, &request->problem);
        if (result == -ERR_LEAVING)
            dance_settle_due(request);
    }
    if (result == 0)
        verdict_note(request, put->object, true);
    return result;
}

/* Asked by the model, of whom a command would need gone, or there. A backup is no deletion yet, but
 * for who made it. */
static bool is_leaving(void *context, uint64_t object, pid_t pid)
{
    struct dances *dances = context;
    if (!is_any(dances))
        return false;
    bool found = false;
    pthread_mutex_lock(&dances->lock);
    for (size_t i = 0; !found && i < DANCES_MAX; i++) {
        struct slot *slot = &dances->slots[i];
        found = slot->state != FREE && slot->object == object && !slot->is_cleaning &&
                (!slot->is_rename || slot->caller.process.pid == pid || has_ended(slot));
        slot->is_due = slot->is_due || found;
    }
    pthread_mutex_unlock(&dances->lock);
    return found;
}

void dance_settle_ended(struct request *request)
{
    struct dances *dances = request->mount->dances;
    if (is_any(dances) && request->caller.reader.tid != 0)
        settle(dances, &(struct wanted){.ended = true});
}

/* A free place. `ret_is_full`: the process has all that it may have, and these are to settle. */
static struct slot *find_place(struct dances *dances, const struct model_caller *caller,
                               bool *ret_is_full)
{
    struct slot *place = NULL;
    size_t of_process = 0;
    size_t of_uid = 0;
    for (size_t i = 0; i < DANCES_MAX; i++) {
        struct slot *slot = &dances->slots[i];
        if (slot->state == FREE) {
            place = place ? place : slot;
            continue;
        }
        of_process += slot->caller.process.pid == caller->process.pid;
        of_uid += slot->caller.uid == caller->uid;
    }
    *ret_is_full = of_process >= DANCE_PER_PROCESS;
    return of_uid < DANCES_PER_UID ? place : NULL;
}

static void fill(struct dances *dances, struct slot *slot, const struct model_caller *caller,
                 const struct dance *dance, int process)
{
    *slot = (struct slot){.state = WAITING,
                          .caller = *caller,
                          .process = process,
                          .deadline = clock_monotonic() + DANCE_GRACE,
                          .order = dances->next_order++,
                          .collection = dance->collection,
                          .object = dance->object,
                          .seq = dance->seq,
                          .is_rename = dance->is_rename,
                          .is_cleaning = dance->is_cleaning,
                          .has_company = dance->has_company,
                          .name_size = dance->name.size};
    memcpy(slot->name, dance->name.data, dance->name.size);
    atomic_fetch_add(&dances->waiting, 1);
}

static void wake(struct dances *dances)
{
    const uint64_t one = 1;
    ssize_t written = write(dances->wake, &one, sizeof(one));
    (void)written; /* it cannot overflow: each look empties it */
}

bool dance_begin(struct request *request, const struct dance *dance)
{
    struct dances *dances = request->mount->dances;
    struct model_caller caller = request->caller;
    caller.process = process_of(caller.reader.tid);
    if (!dances || caller.process.pid <= 0 || dance->name.size > NAME_ID_MAX)
        return false;
    int process = (int)syscall(SYS_pidfd_open, caller.process.pid, 0);
    if (process < 0)
        return false;
    bool is_full;
    pthread_mutex_lock(&dances->lock);
    struct slot *slot = find_place(dances, &caller, &is_full);
    if (slot && !is_full)
        fill(dances, slot, &caller, dance, process);
    pthread_mutex_unlock(&dances->lock);
    if (is_full) {
        close(process);
        settle(dances, &(struct wanted){.own = caller.process.pid});
        return dance_begin(request, dance);
    }
    if (!slot)
        close(process);
    else
        wake(dances);
    return slot != NULL;
}

/* The one of the caller's process; waits for what is being settled. */
static struct slot *find_own(struct dances *dances, uint64_t collection, struct span name,
                             const struct model_caller *caller, pid_t pid)
{
    for (size_t i = 0; i < DANCES_MAX; i++) {
        struct slot *slot = &dances->slots[i];
        if (slot->state != FREE && is_named(slot, collection, name) && is_by(slot, caller, pid) &&
            !has_ended(slot))
            return slot;
    }
    return NULL;
}

bool dance_resume(struct request *request, uint64_t collection, struct span name, uint64_t *ret_seq)
{
    struct dances *dances = request->mount->dances;
    if (!is_any(dances))
        return false;
    struct slot *slot;
    pid_t pid = request_pid(request);
    pthread_mutex_lock(&dances->lock);
    while ((slot = find_own(dances, collection, name, &request->caller, pid)) &&
           slot->state == SETTLING)
        pthread_cond_wait(&dances->settled, &dances->lock);
    if (slot) {
        *ret_seq = slot->seq;
        free_slot(dances, slot);
    }
    pthread_mutex_unlock(&dances->lock);
    return slot != NULL;
}

bool dance_hides(struct request *request, uint64_t object)
{
    struct dances *dances = request->mount->dances;
    if (!is_any(dances))
        return false;
    bool found = false;
    pid_t pid = request_pid(request);
    pthread_mutex_lock(&dances->lock);
    for (size_t i = 0; !found && i < DANCES_MAX; i++) {
        const struct slot *slot = &dances->slots[i];
        found = slot->state != FREE && slot->object == object && is_of(slot, pid);
    }
    pthread_mutex_unlock(&dances->lock);
    return found;
}

size_t dance_hidden(struct request *request, uint64_t collection,
                    uint64_t ret_objects[DANCE_PER_PROCESS])
{
    struct dances *dances = request->mount->dances;
    if (!is_any(dances))
        return 0;
    size_t count = 0;
    pid_t pid = request_pid(request);
    pthread_mutex_lock(&dances->lock);
    for (size_t i = 0; count < DANCE_PER_PROCESS && i < DANCES_MAX; i++) {
        const struct slot *slot = &dances->slots[i];
        if (slot->state != FREE && slot->collection == collection && is_of(slot, pid))
            ret_objects[count++] = slot->object;
    }
    pthread_mutex_unlock(&dances->lock);
    return count;
}

/* --- the thread */

/* What it waits for: to be woken, the end of a process, the first deadline. Returns whether to go
 * on. */
static bool prepare(struct dances *dances, struct pollfd fds[DANCES_MAX + 1], nfds_t *ret_count,
                    int *ret_timeout)
{
    nfds_t count = 0;
    int64_t first = INT64_MAX;
    fds[count++] = (struct pollfd){.fd = dances->wake, .events = POLLIN};
    pthread_mutex_lock(&dances->lock);
    for (size_t i = 0; i < DANCES_MAX; i++) {
        const struct slot *slot = &dances->slots[i];
        if (slot->state != WAITING)
            continue;
        fds[count++] = (struct pollfd){.fd = slot->process, .events = POLLIN};
        first = slot->deadline < first ? slot->deadline : first;
    }
    bool go_on = !dances->stopping;
    pthread_mutex_unlock(&dances->lock);
    int64_t left = first == INT64_MAX ? -1 : (first - clock_monotonic()) / 1000000 + 1;
    *ret_timeout = first == INT64_MAX ? -1 : left < 0 ? 0 : (int)left;
    *ret_count = count;
    return go_on;
}

static void *run(void *context)
{
    struct dances *dances = context;
    struct pollfd fds[DANCES_MAX + 1];
    nfds_t count;
    int timeout;
    uint64_t woken;
    while (prepare(dances, fds, &count, &timeout)) {
        poll(fds, count, timeout);
        if (fds[0].revents != 0 && read(dances->wake, &woken, sizeof(woken)) < 0)
            continue;
        settle(dances, &(struct wanted){.ended = true, .late = true});
    }
    return NULL;
}

int dances_start(struct mount *mount, struct dances **ret_dances)
{
    struct dances *dances = calloc(1, sizeof(*dances));
    if (!dances)
        return -ERR_NO_MEMORY;
    dances->mount = mount;
    dances->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&dances->lock, NULL);
    pthread_cond_init(&dances->settled, NULL);
    if (dances->wake < 0 || pthread_create(&dances->thread, NULL, run, dances) != 0) {
        if (dances->wake >= 0)
            close(dances->wake);
        free(dances);
        return -ERR_INTERNAL;
    }
    model_set_leaving(mount->model, is_leaving, dances);
    *ret_dances = dances;
    return 0;
}

void dances_stop(struct dances *dances)
{
    if (!dances)
        return;
    pthread_mutex_lock(&dances->lock);
    dances->stopping = true;
    pthread_mutex_unlock(&dances->lock);
    wake(dances);
    pthread_join(dances->thread, NULL);
    settle(dances, &(struct wanted){.all = true});
    model_set_leaving(dances->mount->model, NULL, NULL);
    close(dances->wake);
    pthread_cond_destroy(&dances->settled);
    pthread_mutex_destroy(&dances->lock);
    free(dances);
}
