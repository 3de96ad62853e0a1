/* rename of a collection: another name for its schema and its folder. The number stays, so its
 * entities, their histories and its ordinary files stay where they are.
 *
 * What refers to it does so by its name, and documents and schemas are kept as they were written:
 * so the name of one that is referred to stays, too. It is found out by the old name, before
 * anything is written; what the new one changes, is tried out afterwards. */
#include "fs/model_internal.h"
#include "fs/names.h"

#include "store/base/cleanup.h"

struct renaming {
    struct command command;
    const struct model_rename_collection *args;
    const struct schema_ref schemas; /* what stands for the collection of the schemas */
    struct move move;
    struct move other; /* of what has the new name now; without exchange it is dropped */
    uint64_t dropped;  /* its number, once it was */
};

static int find(struct batch *batch, struct renaming *renaming, struct span name,
                struct span new_name, struct move *move)
{
    *move = (struct move){.from = &renaming->schemas, .to = &renaming->schemas, .name = new_name};
    return target_find(batch, &renaming->command, STORE_SCHEMAS, name, &move->target);
}

static int load(struct batch *batch, struct renaming *renaming)
{
    struct problem *problem = &renaming->command.problem;
    const struct model_rename_collection *args = renaming->args;
    int result = name_check_collection(args->new_name, problem);
    if (result == 0)
        result = find(batch, renaming, args->name, args->new_name, &renaming->move);
    if (result == 0)
        result = find(batch, renaming, args->new_name, args->name, &renaming->other);
    if (result < 0)
        return result;
    bool is_taken = renaming->other.target.exists;
    if (!renaming->move.target.exists || (args->exchange && !is_taken))
        return problem_set(problem, ERR_NOT_FOUND, "there is no such collection");
    return is_taken && args->no_replace
               ? problem_set(problem, ERR_ALREADY_EXISTS, "the name %.*s is taken",
                             (int)args->new_name.size, args->new_name.data)
               : 0;
}

/* Under the new name it finds itself by the old one, as another. */
static int check_self(struct batch *batch, struct command *command, const struct move *move)
{
    AUTO_BUF struct buf needs = {0};
    const struct target *target = &move->target;
    const struct source source = {.library = schema_cache_library(batch->model->schemas),
                                  .view = &batch->view};
    struct schema *compiled;
    int result =
        source_compile(&source, move->name, move->document, &needs, &compiled, &command->problem);
    if (result < 0)
        return result;
    const struct schema_ref schema = {.needs = needs};
    if (schema_ref_needs(&schema, target->object))
        result = problem_set(&command->problem, ERR_REFERENCE_HELD,
                             "the schema of %.*s refers to itself by that name, and not by \"#\"",
                             (int)target->name.size, target->name.data);
    schema_destroy(compiled);
    return result;
}

static int prepare(struct batch *batch, struct command *command, struct move *move)
{
    int result = move_compose(command, move);
    if (result == 0)
        result = alter_check_dependents(batch, command, &move->target);
    if (result == 0)
        result = referrers_check_collection(batch, command, move->target.name);
    return result < 0 ? result : check_self(batch, command, move);
}

static int check(struct batch *batch, struct renaming *renaming)
{
    struct command *command = &renaming->command;
    int result = prepare(batch, command, &renaming->move);
    if (result < 0 || !renaming->other.target.exists)
        return result;
    return renaming->args->exchange ? prepare(batch, command, &renaming->other)
                                    : alter_drop(batch, command, &renaming->other.target);
}

static int drop(struct batch *batch, struct renaming *renaming)
{
    struct target *target = &renaming->other.target;
    renaming->dropped = target->object;
    int result = target_delete(batch, &renaming->command, target, NULL, 0);
    return result < 0 ? result : target_drop_folder(batch, target);
}

static int rename_folder(struct batch *batch, const struct move *move)
{
    struct row_entry folder;
    uint64_t object = move->target.object;
    int found = store_entry_get(&batch->view, STORE_ROOT, object, &folder);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    folder.name = move->name;
    folder.ctime = batch->now;
    int result = store_entry_put(&batch->view, STORE_ROOT, object, batch->state.seq, &folder);
    return result < 0 ? result : store_time_put(&batch->view, STORE_ROOT, batch->now);
}

static int write_one(struct batch *batch, struct renaming *renaming, const struct move *move,
                     uint64_t commit)
{
    int result = move_write(batch, &renaming->command, move, commit);
    return result < 0 ? result : rename_folder(batch, move);
}

static int apply(struct batch *batch, struct renaming *renaming)
{
    struct command *command = &renaming->command;
    bool has_other = renaming->other.target.exists;
    bool exchange = renaming->args->exchange;
    uint64_t commit = batch->state.seq + 1;
    int result = has_other && !exchange ? drop(batch, renaming) : 0;
    if (result == 0)
        result = write_one(batch, renaming, &renaming->move, commit);
    const struct model_result own = command->result;
    renaming->other.is_name_taken = true;
    if (result == 0 && exchange)
        result = write_one(batch, renaming, &renaming->other, commit);
    if (result == 0)
        result = alter_renamed(batch, command, &renaming->move.target, commit);
    if (result == 0 && exchange)
        result = alter_renamed(batch, command, &renaming->other.target, commit);
    command->result = own; /* not that of the last that was written */
    return result;
}

static int run(struct batch *batch, struct command *command)
{
    struct renaming *renaming = (struct renaming *)command;
    const struct target *other = &renaming->other.target;
    renaming->dropped = 0;
    int result = load(batch, renaming);
    if (result < 0 || (other->exists && other->object == renaming->move.target.object))
        return result; /* as rename(2) of what is the same already */
    result = check(batch, renaming);
    return result < 0 ? result : apply(batch, renaming);
}

int model_rename_collection(struct model *model, const struct model_rename_collection *args,
                            uint64_t *ret_dropped, struct model_result *ret_result,
                            struct problem *problem)
{
    struct renaming renaming = {
        .args = args, .schemas = {.collection = STORE_SCHEMAS, .name = span_of_string(".schema")}};
    command_init(&renaming.command, &args->caller);
    renaming.command.run = run;
    renaming.command.alone = true;
    int result = command_submit(model, &renaming.command, problem);
    *ret_result = renaming.command.result;
    if (result == 0)
        *ret_dropped = renaming.dropped;
    return result;
}
