/* remove: an entity, or a schema and with it its collection. */
#include "fs/model_internal.h"

struct removal {
    struct command command;
    uint64_t collection;
    struct span name;
    struct model_base base;
    bool only_asks; /* decides, and leaves it at that */
};

/* Takes an entity out of names, listings and indexes, and leaves its last record. */
int target_erase(struct batch *batch, struct command *command, struct arena *arena,
                 struct target *target, const struct schema_ref *schema, uint64_t commit)
{
    struct values before = {0};
    const struct values none = {0};
    int result = target_parse(arena, target, &command->problem);
    if (result == 0 && schema)
        result = values_collect(arena, schema, target->tree, &before, &command->problem);
    if (result < 0)
        return result;
    struct change change = {.op = ROW_DELETE,
                            .object = target->object,
                            .collection = target->collection,
                            .collection_name = schema ? schema->name : span_of_string(".schema"),
                            .name = target->name,
                            .before = target->tree,
                            .current = &target->row,
                            .commit = commit,
                            .events = schema ? schema_events(schema->schema) : 0};
    batch_apply(batch);
    result = change_append(batch, command, arena, &change);
    if (result == 0)
        result = change_unbind(batch, target->collection, target->name, target->object);
    if (result == 0)
        result = xattrs_erase(batch, arena, target->object);
    return result < 0 ? result
                      : values_apply(batch, target->collection, target->object, &before, &none);
}

int target_delete(struct batch *batch, struct command *command, struct target *target,
                  const struct schema_ref *schema, uint64_t heir)
{
    struct cascade *cascade = NULL;
    uint64_t commit = batch->state.seq + 1;
    int result = schema ? cascade_plan(batch, command, target, schema, heir, &cascade) : 0;
    if (result == 0)
        result = target_erase(batch, command, &command->arena, target, schema, commit);
    if (result == 0 && cascade)
        result = cascade_apply(batch, command, cascade, commit);
    cascade_destroy(cascade);
    return result;
}

int target_drop_folder(struct batch *batch, const struct target *target)
{
    const struct row_entry entry = {.name = target->name, .ctime = batch->now};
    int result =
        store_entry_put(&batch->view, STORE_ROOT, target->object, batch->state.seq, &entry);
    return result < 0 ? result : store_time_put(&batch->view, STORE_ROOT, batch->now);
}

static int ask(struct batch *batch, struct command *command, const struct target *target,
               const struct schema_ref *schema)
{
    struct cascade *cascade = NULL;
    int result = schema ? cascade_plan(batch, command, target, schema, 0, &cascade) : 0;
    bool has_company = cascade != NULL;
    cascade_destroy(cascade);
    return result < 0 ? result : has_company;
}

static int remove_target(struct batch *batch, struct removal *removal,
                         const struct schema_ref *schema)
{
    struct command *command = &removal->command;
    struct target target;
    int result = target_find(batch, command, removal->collection, removal->name, &target);
    if (result < 0)
        return result;
    if (!target.exists)
        return problem_set(&command->problem, ERR_NOT_FOUND, "there is no such entity");
    result = target_check_base(batch, command, &target, NULL, removal->base);
    if (result == 0 && !schema)
        result = alter_drop(batch, command, &target);
    if (result == 0 && removal->only_asks)
        return ask(batch, command, &target, schema);
    if (result == 0)
        result = target_delete(batch, command, &target, schema, 0);
    if (result == 0 && !schema)
        result = target_drop_folder(batch, &target);
    return result;
}

static int run(struct batch *batch, struct command *command)
{
    struct removal *removal = (struct removal *)command;
    struct schema_ref *schema = NULL;
    int result = 0;
    if (removal->collection != STORE_SCHEMAS)
        result = schema_cache_get(batch->model->schemas, &batch->view, removal->collection, &schema,
                                  &command->problem);
    if (result == 0)
        result = remove_target(batch, removal, schema);
    schema_ref_release(schema);
    return result;
}

int model_remove(struct model *model, const struct model_caller *caller, uint64_t collection,
                 struct span name, struct model_base base, struct model_result *ret_result,
                 struct problem *problem)
{
    struct removal removal = {.collection = collection, .name = name, .base = base};
    command_init(&removal.command, caller);
    removal.command.run = run;
    int result = command_submit(model, &removal.command, problem);
    *ret_result = removal.command.result;
    return result;
}

int model_check_remove(struct model *model, const struct model_caller *caller, uint64_t collection,
                       struct span name, struct problem *problem)
{
    struct removal removal = {.collection = collection, .name = name, .only_asks = true};
    command_init(&removal.command, caller);
    removal.command.run = run;
    return command_submit(model, &removal.command, problem);
}
