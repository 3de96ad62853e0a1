#include "fs/verdict.h"

#include "fs/process.h"
#include "store/base/clock.h"

#include <stdlib.h>

#define REFUSED_MAX 256
#define REFUSED_AGE ((int64_t)CLOCK_SECOND)

struct refused {
    uint64_t object; /* 0: free */
    pid_t pid;
    int64_t start; /* of the process */
    int64_t at;    /* monotonic */
};

struct verdicts {
    atomic_uint count;    /* of those that are not free */
    pthread_mutex_t lock; /* guards the rest */
    size_t next;
    struct refused refused[REFUSED_MAX];
};

struct verdicts *verdicts_create(void)
{
    struct verdicts *verdicts = calloc(1, sizeof(*verdicts));
    if (verdicts)
        pthread_mutex_init(&verdicts->lock, NULL);
    return verdicts;
}

void verdicts_destroy(struct verdicts *verdicts)
{
    if (!verdicts)
        return;
    pthread_mutex_destroy(&verdicts->lock);
    free(verdicts);
}

static struct refused *find(struct verdicts *verdicts, const struct refused *wanted)
{
    for (size_t i = 0; i < REFUSED_MAX; i++) {
        struct refused *refused = &verdicts->refused[i];
        if (refused->object == wanted->object && refused->pid == wanted->pid &&
            refused->start == wanted->start)
            return refused;
    }
    return NULL;
}

static void set(struct verdicts *verdicts, struct refused *refused, const struct refused *value)
{
    if (refused->object != 0)
        atomic_fetch_sub(&verdicts->count, 1);
    if (value->object != 0)
        atomic_fetch_add(&verdicts->count, 1);
    *refused = *value;
}

static struct refused about(struct request *request, uint64_t object)
{
    pid_t pid = request_pid(request);
    return (struct refused){object, pid, process_start(pid), clock_monotonic()};
}

void verdict_note(struct request *request, uint64_t object, bool accepted)
{
    struct verdicts *verdicts = request->mount->verdicts;
    if (!verdicts || (accepted && atomic_load(&verdicts->count) == 0))
        return;
    const struct refused value = about(request, object);
    pthread_mutex_lock(&verdicts->lock);
    struct refused *refused = find(verdicts, &value);
    if (accepted && refused)
        set(verdicts, refused, &(struct refused){0});
    else if (!accepted)
        set(verdicts, refused ? refused : &verdicts->refused[verdicts->next++ % REFUSED_MAX],
            &value);
    pthread_mutex_unlock(&verdicts->lock);
}

bool verdict_take(struct request *request, uint64_t object)
{
    struct verdicts *verdicts = request->mount->verdicts;
    if (!verdicts || atomic_load(&verdicts->count) == 0)
        return false;
    const struct refused value = about(request, object);
    pthread_mutex_lock(&verdicts->lock);
    struct refused *refused = find(verdicts, &value);
    bool is_recent = refused && value.at - refused->at < REFUSED_AGE;
    if (refused)
        set(verdicts, refused, &(struct refused){0});
    pthread_mutex_unlock(&verdicts->lock);
    return is_recent;
}
