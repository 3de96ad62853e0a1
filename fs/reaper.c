#include "fs/reaper.h"

#include "store/base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define RETRY (5 * (int64_t)CLOCK_SECOND) /* after the store could not be written */

struct reaper {
    struct model *model;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the flags; never held while the store is used */
    pthread_cond_t wake;
    int64_t wakes_at; /* by itself, while it sleeps; INT64_MAX: not known */
    bool woken;
    bool stopping;
};

static struct timespec until(int64_t deadline)
{
    return (struct timespec){.tv_sec = deadline / CLOCK_SECOND, .tv_nsec = deadline % CLOCK_SECOND};
}

/* Sleeps until the deadline, or until it is woken. Returns whether to go on. */
static bool sleep_until(struct reaper *reaper, int64_t deadline)
{
    struct timespec time = until(deadline);
    int result = 0;
    pthread_mutex_lock(&reaper->lock);
    reaper->wakes_at = deadline;
    while (!reaper->woken && !reaper->stopping && result != ETIMEDOUT)
        result = deadline == INT64_MAX
                     ? pthread_cond_wait(&reaper->wake, &reaper->lock)
                     : pthread_cond_timedwait(&reaper->wake, &reaper->lock, &time);
    reaper->wakes_at = INT64_MAX;
    reaper->woken = false;
    bool go_on = !reaper->stopping;
    pthread_mutex_unlock(&reaper->lock);
    return go_on;
}

static void *run(void *context)
{
    struct reaper *reaper = context;
    int64_t next = 0;
    do {
        uint64_t moved = 0;
        if (model_events_lapse(reaper->model, &next, &moved) < 0)
            next = clock_realtime() + RETRY;
    } while (sleep_until(reaper, next));
    return NULL;
}

int reaper_start(struct model *model, struct reaper **ret_reaper)
{
    struct reaper *reaper = calloc(1, sizeof(*reaper));
    if (!reaper)
        return -ERR_NO_MEMORY;
    reaper->model = model;
    reaper->wakes_at = INT64_MAX;
    pthread_mutex_init(&reaper->lock, NULL);
    pthread_cond_init(&reaper->wake, NULL);
    if (pthread_create(&reaper->thread, NULL, run, reaper) != 0) {
        free(reaper);
        return -ERR_INTERNAL;
    }
    *ret_reaper = reaper;
    return 0;
}

/* What is claimed now is due in a lease; a reaper that looks before then need not look twice. */
void reaper_wake(struct reaper *reaper)
{
    if (!reaper)
        return;
    int64_t due = clock_realtime() + model_options(reaper->model)->lease;
    pthread_mutex_lock(&reaper->lock);
    if (reaper->wakes_at > due) {
        reaper->woken = true;
        pthread_cond_signal(&reaper->wake);
    }
    pthread_mutex_unlock(&reaper->lock);
}

void reaper_stop(struct reaper *reaper)
{
    if (!reaper)
        return;
    pthread_mutex_lock(&reaper->lock);
    reaper->stopping = true;
    pthread_cond_signal(&reaper->wake);
    pthread_mutex_unlock(&reaper->lock);
    pthread_join(reaper->thread, NULL);
    pthread_cond_destroy(&reaper->wake);
    pthread_mutex_destroy(&reaper->lock);
    free(reaper);
}
