/* The outbox: events wait, are claimed under a lease, and are acknowledged, returned or given up.
 * An event moves in one commit from one place to another; two who want it cannot both find it. */
#include "fs/model_internal.h"

struct event_command {
    struct command command;
    struct store_event_id id;
    struct store_place from, to;
    bool forget;  /* rather than move */
    int64_t next; /* lapse: the next deadline */
    uint64_t moved;
};

static int gone(struct command *command)
{
    return problem_set(&command->problem, ERR_NOT_FOUND,
                       "the event is not there any more: somebody else took it");
}

/* The event where the caller saw it, with its type copied: the row outlives the first write. */
static int find(struct batch *batch, struct command *command, struct store_place place,
                struct store_event_id id, struct row_event *ret_event)
{
    int found = store_event_get(&batch->view, place, id, ret_event);
    if (found == 0)
        return gone(command);
    if (found < 0)
        return found;
    ret_event->type = arena_copy(&command->arena, ret_event->type);
    return ret_event->type.data ? 0 : -ERR_NO_MEMORY;
}

static int check_worker(struct batch *batch, struct command *command, struct store_place place)
{
    struct row_entry entry;
    if (place.place != ROW_CLAIMED)
        return 0;
    int found = store_entry_get(&batch->view, STORE_CLAIMED, place.worker, &entry);
    if (found < 0)
        return found;
    return found == 1 && entry.live
               ? 0
               : problem_set(&command->problem, ERR_NOT_FOUND, "the worker's folder was removed");
}

static uint64_t folder_of(struct store_place place)
{
    static const uint64_t folders[] = {[ROW_PENDING] = STORE_PENDING,
                                       [ROW_DISPATCHED] = STORE_DISPATCHED,
                                       [ROW_DEAD] = STORE_DEAD};
    return place.place == ROW_CLAIMED ? place.worker : folders[place.place];
}

static int move(struct batch *batch, struct store_event_id id, struct store_place from,
                struct store_place to, struct row_event *event)
{
    event->since = batch->now;
    event->deadline = 0;
    if (to.place == ROW_CLAIMED) {
        event->attempts++;
        event->deadline = batch->now + batch->model->options.lease;
    } else if (to.place == ROW_PENDING && from.place != ROW_CLAIMED) {
        event->attempts = 0; /* a retry begins anew */
    }
    batch->state.events_at[from.place]--;
    batch->state.events_at[to.place]++;
    int result = store_event_delete(&batch->view, from, id);
    if (result == 0)
        result = store_event_put(&batch->view, to, id, event);
    if (result == 0)
        result = store_time_put(&batch->view, folder_of(from), batch->now);
    return result < 0 ? result : store_time_put(&batch->view, folder_of(to), batch->now);
}

static int forget(struct batch *batch, struct store_place from, struct store_event_id id)
{
    batch->state.events_forgotten++;
    batch->state.events_at[from.place]--;
    int result = store_event_delete(&batch->view, from, id);
    return result < 0 ? result : store_time_put(&batch->view, folder_of(from), batch->now);
}

#define FORGET_MAX 4 /* in one commit: more than come, so that a lower bound is reached in time */

/* Forgets the oldest dispatched events once there are too many. */
static int retain(struct batch *batch)
{
    const struct store_place dispatched = {.place = ROW_DISPATCHED};
    uint64_t kept = batch->model->options.dispatched_kept;
    for (unsigned i = 0; i < FORGET_MAX && batch->state.events_at[ROW_DISPATCHED] > kept; i++) {
        struct store_event_id oldest = {0};
        struct row_event event;
        int result = store_event_next(&batch->view, dispatched, oldest, &oldest, &event);
        if (result == 1)
            result = forget(batch, dispatched, oldest);
        if (result < 0)
            return result;
    }
    return 0;
}

static int run_move(struct batch *batch, struct command *command)
{
    struct event_command *own = (struct event_command *)command;
    struct row_event event;
    int result = find(batch, command, own->from, own->id, &event);
    if (result == 0)
        result = check_worker(batch, command, own->to);
    if (result < 0)
        return result;
    batch_apply(batch);
    if (own->forget)
        return forget(batch, own->from, own->id);
    result = move(batch, own->id, own->from, own->to, &event);
    return result < 0 ? result : retain(batch);
}

int model_event_move(struct model *model, struct store_event_id id, struct store_place from,
                     struct store_place to, struct problem *problem)
{
    struct event_command own = {.id = id, .from = from, .to = to};
    command_init(&own.command, NULL);
    own.command.run = run_move;
    return command_submit(model, &own.command, problem);
}

int model_event_remove(struct model *model, struct store_event_id id, struct store_place from,
                       struct problem *problem)
{
    struct event_command own = {.id = id, .from = from};
    own.forget = from.place == ROW_DISPATCHED || from.place == ROW_DEAD;
    if (!own.forget)
        own.to.place = ROW_DISPATCHED;
    command_init(&own.command, NULL);
    own.command.run = run_move;
    return command_submit(model, &own.command, problem);
}

static int lapse_one(struct batch *batch, struct event_command *own, struct store_place place,
                     struct store_event_id id, struct row_event *event)
{
    if (event->deadline > batch->now) {
        if (event->deadline < own->next)
            own->next = event->deadline;
        return 0;
    }
    event->type = arena_copy(&own->command.arena, event->type);
    if (!event->type.data)
        return -ERR_NO_MEMORY;
    struct store_place to = {
        .place = event->attempts >= batch->model->options.attempts ? ROW_DEAD : ROW_PENDING};
    batch_apply(batch);
    own->moved++;
    return move(batch, id, place, to, event);
}

#define LAPSE_MAX 1000 /* in one commit; the rest is due at once */

static int lapse_worker(struct batch *batch, struct event_command *own, uint64_t worker)
{
    struct store_place place = {.place = ROW_CLAIMED, .worker = worker};
    struct store_event_id id = {0};
    struct row_event event;
    int found;
    while ((found = store_event_next(&batch->view, place, id, &id, &event)) == 1) {
        if (own->moved >= LAPSE_MAX) {
            own->next = batch->now;
            return 0;
        }
        int result = lapse_one(batch, own, place, id, &event);
        if (result < 0)
            return result;
    }
    return found;
}

static int run_lapse(struct batch *batch, struct command *command)
{
    struct event_command *own = (struct event_command *)command;
    own->next = INT64_MAX;
    own->moved = 0;
    uint64_t worker = 0;
    struct row_entry entry;
    int found;
    while ((found = store_entry_next(&batch->view, STORE_CLAIMED, worker, &worker, &entry)) == 1) {
        int result = lapse_worker(batch, own, worker);
        if (result < 0)
            return result;
    }
    return found;
}

int model_events_lapse(struct model *model, int64_t *ret_next_deadline, uint64_t *ret_moved)
{
    struct event_command own = {0};
    command_init(&own.command, NULL);
    own.command.run = run_lapse;
    int result = command_submit(model, &own.command, NULL);
    if (result == 0) {
        *ret_next_deadline = own.next;
        *ret_moved = own.moved;
    }
    return result;
}

struct worker_command {
    struct command command;
    struct span name;
    struct row_entry entry;
    uint64_t object;
};

static int run_add(struct batch *batch, struct command *command)
{
    struct worker_command *own = (struct worker_command *)command;
    struct row_binding binding;
    int found = store_name_get(&batch->view, STORE_CLAIMED, own->name, &binding);
    if (found < 0)
        return found;
    if (found == 1 && binding.live)
        return problem_set(&command->problem, ERR_ALREADY_EXISTS, "the worker is there already");
    own->entry.atime = own->entry.mtime = batch->now;
    batch_apply(batch);
    return change_bind(batch, STORE_CLAIMED, own->name, own->object, &own->entry);
}

int model_worker_add(struct model *model, const struct model_caller *caller, struct span name,
                     uint32_t mode, uint64_t *ret_object, struct problem *problem)
{
    struct worker_command own = {
        .name = name,
        .object = store_new_object(model->store),
        .entry = {.mode = mode & 0777, .uid = caller->uid, .gid = caller->gid}};
    command_init(&own.command, caller);
    own.command.run = run_add;
    int result = command_submit(model, &own.command, problem);
    if (result == 0)
        *ret_object = own.object;
    return result;
}

static int run_remove(struct batch *batch, struct command *command)
{
    struct worker_command *own = (struct worker_command *)command;
    struct row_binding binding;
    struct row_event event;
    struct store_event_id id = {0};
    int found = store_name_get(&batch->view, STORE_CLAIMED, own->name, &binding);
    if (found < 0)
        return found;
    if (found == 0 || !binding.live)
        return problem_set(&command->problem, ERR_NOT_FOUND, "there is no such worker");
    struct store_place place = {.place = ROW_CLAIMED, .worker = binding.object};
    found = store_event_next(&batch->view, place, id, &id, &event);
    if (found < 0)
        return found;
    if (found == 1)
        return problem_set(&command->problem, ERR_NOT_EMPTY, "the worker still has events");
    batch_apply(batch);
    return change_unbind(batch, STORE_CLAIMED, own->name, binding.object);
}

int model_worker_remove(struct model *model, struct span name, struct problem *problem)
{
    struct worker_command own = {.name = name};
    command_init(&own.command, NULL);
    own.command.run = run_remove;
    return command_submit(model, &own.command, problem);
}
