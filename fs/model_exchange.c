/* exchange: two entities change places, in one commit with a record of each. */
#include "fs/model_internal.h"

struct exchange {
    struct command command;
    const struct model_exchange *args;
    struct schema_ref *schemas[2]; /* the collections', of the first and the second; owned during a
                                      run */
    struct move moves[2];
};

static int find(struct batch *batch, struct exchange *exchange, unsigned nth)
{
    const struct model_exchange *args = exchange->args;
    struct target *target = &exchange->moves[nth].target;
    struct span name = nth == 0 ? args->name : args->new_name;
    int result =
        target_find(batch, &exchange->command, exchange->schemas[nth]->collection, name, target);
    if (result < 0 || target->exists)
        return result;
    return problem_set(&exchange->command.problem, ERR_NOT_FOUND, "there is no entity %.*s",
                       (int)name.size, name.data);
}

static int load(struct batch *batch, struct exchange *exchange)
{
    const struct model_exchange *args = exchange->args;
    struct problem *problem = &exchange->command.problem;
    struct schema_cache *cache = batch->model->schemas;
    struct schema_ref **schemas = exchange->schemas;
    int result = schema_cache_get(cache, &batch->view, args->collection, &schemas[0], problem);
    if (result == 0)
        result = schema_cache_get(cache, &batch->view, args->new_collection, &schemas[1], problem);
    if (result < 0)
        return result;
    exchange->moves[0] =
        (struct move){.from = schemas[0], .to = schemas[1], .name = args->new_name};
    exchange->moves[1] = (struct move){
        .from = schemas[1], .to = schemas[0], .name = args->name, .is_name_taken = true};
    result = find(batch, exchange, 0);
    return result < 0 ? result : find(batch, exchange, 1);
}

static int compose(struct batch *batch, struct exchange *exchange, unsigned nth)
{
    struct command *command = &exchange->command;
    struct move *move = &exchange->moves[nth];
    int result = move_compose(command, move);
    return result < 0 ? result : referrers_check_rename(batch, command, &move->target, move->from);
}

/* What the other one has there is free for this one, and leads somewhere. */
static int check_values(struct batch *batch, struct exchange *exchange, unsigned nth)
{
    const struct move *move = &exchange->moves[nth];
    const struct move *other = &exchange->moves[1 - nth];
    return values_check(batch, move->to, move->target.object, move->name, &other->before,
                        &move->after, &exchange->command.problem);
}

/* A value that passes from one to the other is given up before it is taken. */
static int apply_values(struct batch *batch, const struct exchange *exchange)
{
    int result = move_release_values(batch, &exchange->moves[0]);
    if (result == 0)
        result = move_release_values(batch, &exchange->moves[1]);
    if (result == 0)
        result = move_take_values(batch, &exchange->moves[0]);
    return result < 0 ? result : move_take_values(batch, &exchange->moves[1]);
}

static int apply(struct batch *batch, struct exchange *exchange)
{
    struct command *command = &exchange->command;
    uint64_t commit = batch->state.seq + 1;
    int result = move_write(batch, command, &exchange->moves[0], commit);
    const struct model_result first = command->result;
    if (result == 0)
        result = move_write(batch, command, &exchange->moves[1], commit);
    command->result = first;
    return result < 0 ? result : apply_values(batch, exchange);
}

static int decide_and_apply(struct batch *batch, struct exchange *exchange)
{
    int result = load(batch, exchange);
    if (result < 0)
        return result;
    const struct target *first = &exchange->moves[0].target;
    if (first->object == exchange->moves[1].target.object) {
        exchange->command.result.object = first->object;
        exchange->command.result.seq = first->seq;
        exchange->command.result.version = first->row.version;
        return 0;
    }
    for (unsigned nth = 0; nth < 2 && result == 0; nth++)
        result = compose(batch, exchange, nth);
    for (unsigned nth = 0; nth < 2 && result == 0; nth++)
        result = check_values(batch, exchange, nth);
    return result < 0 ? result : apply(batch, exchange);
}

static int run(struct batch *batch, struct command *command)
{
    struct exchange *exchange = (struct exchange *)command;
    int result = decide_and_apply(batch, exchange);
    for (unsigned nth = 0; nth < 2; nth++) {
        schema_ref_release(exchange->schemas[nth]);
        exchange->schemas[nth] = NULL;
    }
    return result;
}

int model_exchange(struct model *model, const struct model_exchange *args,
                   struct model_result *ret_result, struct problem *problem)
{
    struct exchange exchange = {.args = args};
    command_init(&exchange.command, &args->caller);
    exchange.command.run = run;
    int result = command_submit(model, &exchange.command, problem);
    *ret_result = exchange.command.result;
    return result;
}
