/* rename: another id, another collection, the same entity. */
#include "fs/model_internal.h"

struct renaming {
    struct command command;
    const struct model_rename *args;
    struct schema_ref *from, *to; /* the collections' schemas; owned during a run */
    struct move move;
    struct target replaced; /* what has the new id now, if anything */
};

static int load(struct batch *batch, struct renaming *renaming)
{
    struct command *command = &renaming->command;
    const struct model_rename *args = renaming->args;
    struct schema_cache *cache = batch->model->schemas;
    int result =
        schema_cache_get(cache, &batch->view, args->collection, &renaming->from, &command->problem);
    if (result == 0)
        result = schema_cache_get(cache, &batch->view, args->new_collection, &renaming->to,
                                  &command->problem);
    renaming->move =
        (struct move){.from = renaming->from, .to = renaming->to, .name = args->new_name};
    if (result == 0)
        result = target_find(batch, command, args->collection, args->name, &renaming->move.target);
    return result < 0 ? result
                      : target_find(batch, command, args->new_collection, args->new_name,
                                    &renaming->replaced);
}

static int check(struct renaming *renaming)
{
    struct command *command = &renaming->command;
    const struct model_rename *args = renaming->args;
    if (!renaming->move.target.exists)
        return problem_set(&command->problem, ERR_NOT_FOUND, "there is no such entity");
    if (renaming->replaced.exists && args->no_replace)
        return problem_set(&command->problem, ERR_ALREADY_EXISTS, "the name %.*s is taken",
                           (int)args->new_name.size, args->new_name.data);
    return move_compose(command, &renaming->move);
}

static bool is_in_place(const struct renaming *renaming)
{
    return renaming->replaced.exists && renaming->replaced.object == renaming->move.target.object;
}

static int apply(struct batch *batch, struct renaming *renaming, uint64_t commit)
{
    const struct move *move = &renaming->move;
    int result = move_write(batch, &renaming->command, move, commit);
    if (result == 0)
        result = move_release_values(batch, move);
    return result < 0 ? result : move_take_values(batch, move);
}

static int decide_and_apply(struct batch *batch, struct renaming *renaming)
{
    struct command *command = &renaming->command;
    const struct move *move = &renaming->move;
    int result = load(batch, renaming);
    if (result == 0)
        result = check(renaming);
    if (result < 0)
        return result;
    uint64_t commit = batch->state.seq + 1;
    if (!is_in_place(renaming))
        result = referrers_check_rename(batch, command, &move->target, renaming->from);
    if (result == 0 && renaming->replaced.exists && !is_in_place(renaming))
        result =
            target_delete(batch, command, &renaming->replaced, renaming->to, move->target.object);
    if (result == 0)
        result = values_check(batch, renaming->to, move->target.object, move->name,
                              &(struct values){0}, &move->after, &command->problem);
    return result < 0 ? result : apply(batch, renaming, commit);
}

static int run(struct batch *batch, struct command *command)
{
    struct renaming *renaming = (struct renaming *)command;
    int result = decide_and_apply(batch, renaming);
    schema_ref_release(renaming->from);
    schema_ref_release(renaming->to);
    renaming->from = renaming->to = NULL;
    return result;
}

int model_rename(struct model *model, const struct model_rename *args,
                 struct model_result *ret_result, struct problem *problem)
{
    struct renaming renaming = {.args = args};
    command_init(&renaming.command, &args->caller);
    renaming.command.run = run;
    int result = command_submit(model, &renaming.command, problem);
    *ret_result = renaming.command.result;
    return result;
}
