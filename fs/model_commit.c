/* Group commit.
 *
 * Whoever finds nobody at work leads: it takes all that waits, runs it in one transaction, syncs
 * once, and wakes the others. What arrives meanwhile waits for the next leader, the first of those
 * that came. So one writer alone pays for no hand-over, and many share their syncs. */
#include "fs/model_internal.h"

#include "fs/process.h"
#include "store/base/clock.h"

#define BATCH_MAX 512

void command_init(struct command *command, const struct model_caller *caller)
{
    *command = (struct command){.entered = clock_monotonic()};
    arena_init(&command->arena, 0);
    problem_init(&command->problem);
    pthread_cond_init(&command->wake, NULL);
    if (!caller)
        return;
    struct process process =
        caller->process.pid != 0 ? caller->process : process_of(caller->reader.tid);
    command->actor =
        (struct audit_actor){.uid = caller->uid, .gid = caller->gid, .pid = process.pid};
    memcpy(command->actor.comm, process.comm, sizeof(command->actor.comm));
}

/* Faults of the engine or the machine, which leave nothing of a transaction to go on with. */
static bool is_fault(int outcome)
{
    switch (-outcome) {
    case ERR_ENGINE:
    case ERR_DAMAGED:
    case ERR_NO_MEMORY:
    case ERR_NO_SPACE:
    case ERR_BUSY:
        return true;
    default:
        return false;
    }
}

static int begin(struct model *model, struct batch *ret_batch)
{
    *ret_batch = (struct batch){.model = model, .now = clock_realtime()};
    int result = store_write(model->store, &ret_batch->view);
    if (result < 0)
        return result;
    result = store_state_get(&ret_batch->view, &ret_batch->state);
    if (result < 0)
        store_view_end(&ret_batch->view);
    return result < 0 ? result : 0;
}

static void run_one(struct batch *batch, struct command *command)
{
    int64_t began = clock_monotonic();
    problem_finish(&command->problem);
    command->result = (struct model_result){.waited = began - command->entered};
    batch->applying = false;
    batch->pid = command->actor.pid;
    command->outcome = command->run(batch, command);
    command->result.ran = clock_monotonic() - began;
}

/* Runs a list of commands in one transaction. Returns 0 when it was committed or had nothing to
 * commit, else why it was undone. */
static int try_batch(struct model *model, struct command *commands)
{
    struct batch batch;
    int result = begin(model, &batch);
    if (result < 0)
        return result;
    for (struct command *command = commands; command; command = command->next) {
        run_one(&batch, command);
        if (command->outcome < 0 && (batch.applying || is_fault(command->outcome))) {
            store_view_end(&batch.view);
            return command->outcome;
        }
    }
    if (batch.dirty)
        result = store_state_put(&batch.view, &batch.state);
    if (result < 0 || !batch.dirty) {
        store_view_end(&batch.view);
        return result;
    }
    return store_commit(&batch.view);
}

static void raise_to(atomic_uint_least64_t *figure, uint64_t value)
{
    if (value > atomic_load(figure)) /* only the leader writes it */
        atomic_store(figure, value);
}

static void conclude(struct model *model, struct command *commands, int64_t began)
{
    uint64_t changes = 0;
    int64_t now = clock_monotonic();
    for (struct command *command = commands; command; command = command->next) {
        if (command->outcome < 0)
            continue;
        changes += command->result.changed;
        command->result.synced = now - began - command->result.ran;
        if (command->committed)
            command->committed(model, command);
    }
    if (changes == 0)
        return;
    atomic_fetch_add(&model->batches, 1);
    raise_to(&model->largest_batch, changes);
}

static void fail(struct command *command, int error)
{
    if (command->problem.code != error)
        problem_set(&command->problem, (enum err) - error, "%s; nothing was changed",
                    error == -ERR_NO_SPACE ? "the disk is full" : error_title(error));
    command->outcome = error;
}

static void run_batch(struct model *model, struct command *commands)
{
    int64_t began = clock_monotonic();
    int error = try_batch(model, commands);
    while (error < 0 && engine_retry(store_engine(model->store), error))
        error = try_batch(model, commands);
    if (error == 0) {
        conclude(model, commands, began);
        return;
    }
    if (!commands->next) {
        fail(commands, error);
        return;
    }
    /* One of them cannot be done. Each is tried alone, so that it takes none with it. */
    while (commands) {
        struct command *rest = commands->next;
        commands->next = NULL;
        run_batch(model, commands);
        commands->next = rest;
        commands = rest;
    }
}

/* Takes from the queue what may share a transaction. */
static struct command *take_batch(struct model *model)
{
    struct command *first = model->queue_head;
    struct command *last = first;
    for (unsigned count = 1; !first->alone && last->next && !last->next->alone; count++) {
        if (count == BATCH_MAX)
            break;
        last = last->next;
    }
    model->queue_head = last->next;
    if (!model->queue_head)
        model->queue_tail = NULL;
    last->next = NULL;
    return first;
}

/* A command is its submitter's again once it is done: nothing of it is touched after that. */
static void finish_batch(struct command *batch, const struct command *own)
{
    while (batch) {
        struct command *next = batch->next;
        batch->done = true;
        if (batch != own)
            pthread_cond_signal(&batch->wake);
        batch = next;
    }
}

static void lead(struct model *model, struct command *own)
{
    while (!own->done) {
        struct command *batch = take_batch(model);
        pthread_mutex_unlock(&model->queue_lock);
        run_batch(model, batch);
        pthread_mutex_lock(&model->queue_lock);
        finish_batch(batch, own);
    }
    model->leading = model->queue_head != NULL;
    if (model->queue_head) {
        model->queue_head->leads = true;
        pthread_cond_signal(&model->queue_head->wake);
    }
}

static void enqueue_and_wait(struct model *model, struct command *command)
{
    pthread_mutex_lock(&model->queue_lock);
    if (model->queue_tail)
        model->queue_tail->next = command;
    else
        model->queue_head = command;
    model->queue_tail = command;
    while (model->leading && !command->done && !command->leads)
        pthread_cond_wait(&command->wake, &model->queue_lock);
    if (!command->done) {
        model->leading = true;
        lead(model, command);
    }
    pthread_mutex_unlock(&model->queue_lock);
}

static int conclude_command(struct model *model, struct command *command, struct problem *problem)
{
    if (command->outcome < 0) {
        atomic_fetch_add(&model->refused, 1);
        if (problem)
            problem_copy(problem, &command->problem);
    } else if (command->result.changed) {
        atomic_fetch_add(&model->commits, 1);
        atomic_fetch_add(&model->commit_nanoseconds,
                         (uint64_t)(clock_monotonic() - command->entered));
    }
    arena_finish(&command->arena);
    problem_finish(&command->problem);
    pthread_cond_destroy(&command->wake);
    return command->outcome;
}

int command_submit(struct model *model, struct command *command, struct problem *problem)
{
    enqueue_and_wait(model, command);
    return conclude_command(model, command, problem);
}

int command_refuse(struct model *model, struct command *command, int outcome,
                   struct problem *problem)
{
    command->outcome = outcome;
    return conclude_command(model, command, problem);
}
