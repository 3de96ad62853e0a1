/* rename: another id, another collection, the same entity. */
#include "fs/model_internal.h"

#include "store/base/cleanup.h"

struct renaming {
    struct command command;
    const struct model_rename *args;
    struct schema_ref *from, *to; /* the collections' schemas; owned during a run */
    struct target source;
    struct target replaced; /* what has the new id now, if anything */
    struct values before, after;
    const struct tree *tree; /* the document in the new collection, */
    struct span document;    /* and its text; the arena's */
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
    if (result == 0)
        result = target_find(batch, command, args->collection, args->name, &renaming->source);
    if (result == 0)
        result =
            target_find(batch, command, args->new_collection, args->new_name, &renaming->replaced);
    if (result < 0 || !renaming->source.exists)
        return result;
    /* The deletion of what is replaced is written first, and ends what is borrowed of the map. */
    struct span *document = &renaming->source.row.document;
    *document = arena_copy(&command->arena, *document);
    return document->data ? 0 : -ERR_NO_MEMORY;
}

/* Another collection may ask for members that it has defaults for. */
static int add_defaults(struct renaming *renaming)
{
    struct arena *arena = &renaming->command.arena;
    AUTO_BUF struct buf text = {0};
    int result =
        schema_apply_defaults(renaming->to->schema, arena, renaming->source.tree, &renaming->tree);
    if (result < 0 || renaming->tree == renaming->source.tree)
        return result;
    tree_write_pretty(&text, renaming->tree);
    renaming->document = arena_copy(arena, buf_span(&text));
    return buf_failed(&text) || !renaming->document.data ? -ERR_NO_MEMORY : 0;
}

static int check_moved(struct renaming *renaming)
{
    struct command *command = &renaming->command;
    int result = add_defaults(renaming);
    if (result == 0)
        result = schema_validate(renaming->to->schema, renaming->tree, &command->problem);
    if (result == 0)
        result = values_collect(&command->arena, renaming->from, renaming->source.tree,
                                &renaming->before, &command->problem);
    if (result == 0)
        result = values_collect(&command->arena, renaming->to, renaming->tree, &renaming->after,
                                &command->problem);
    return result;
}

static int check(struct renaming *renaming)
{
    struct command *command = &renaming->command;
    const struct model_rename *args = renaming->args;
    struct target *source = &renaming->source;
    if (!source->exists)
        return problem_set(&command->problem, ERR_NOT_FOUND, "there is no such entity");
    if (renaming->replaced.exists && args->no_replace)
        return problem_set(&command->problem, ERR_ALREADY_EXISTS, "the name %.*s is taken",
                           (int)args->new_name.size, args->new_name.data);
    int result = target_parse(&command->arena, source, &command->problem);
    renaming->tree = source->tree;
    renaming->document = source->row.document;
    return result < 0 || args->collection == args->new_collection ? result : check_moved(renaming);
}

static bool is_in_place(const struct renaming *renaming)
{
    return renaming->replaced.exists && renaming->replaced.object == renaming->source.object;
}

/* Where the entity comes from, as the record says it: "users/alice". */
static int spell_from(struct renaming *renaming, struct span *ret_from)
{
    AUTO_BUF struct buf text = {0};
    buf_append_span(&text, renaming->from->name);
    buf_append_byte(&text, '/');
    buf_append_span(&text, renaming->args->name);
    *ret_from = arena_copy(&renaming->command.arena, buf_span(&text));
    return buf_failed(&text) || !ret_from->data ? -ERR_NO_MEMORY : 0;
}

static int move_values(struct batch *batch, const struct renaming *renaming)
{
    const struct values none = {0};
    uint64_t object = renaming->source.object;
    int result = values_apply(batch, renaming->args->collection, object, &renaming->before, &none);
    return result < 0 ? result
                      : values_apply(batch, renaming->args->new_collection, object, &none,
                                     &renaming->after);
}

static int apply(struct batch *batch, struct renaming *renaming, uint64_t commit)
{
    struct command *command = &renaming->command;
    const struct model_rename *args = renaming->args;
    const struct target *source = &renaming->source;
    struct row_entry entry;
    int found = store_entry_get(&batch->view, args->collection, source->object, &entry);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    struct change change = {.op = ROW_RENAME,
                            .object = source->object,
                            .collection = args->new_collection,
                            .collection_name = renaming->to->name,
                            .name = args->new_name,
                            .before = source->tree,
                            .after = renaming->tree,
                            .document = renaming->document,
                            .current = &source->row,
                            .commit = commit,
                            .events = schema_events(renaming->to->schema)};
    int result = spell_from(renaming, &change.from);
    batch_apply(batch);
    if (result == 0)
        result = change_append(batch, command, &command->arena, &change);
    if (result == 0)
        result = change_unbind(batch, args->collection, args->name, source->object);
    if (result == 0)
        result = change_bind(batch, args->new_collection, args->new_name, source->object, &entry);
    if (result == 0 && args->collection != args->new_collection)
        result = move_values(batch, renaming);
    return result;
}

static int decide_and_apply(struct batch *batch, struct renaming *renaming)
{
    struct command *command = &renaming->command;
    int result = load(batch, renaming);
    if (result == 0)
        result = check(renaming);
    if (result < 0)
        return result;
    uint64_t commit = batch->state.seq + 1;
    if (!is_in_place(renaming))
        result = referrers_check_rename(batch, command, &renaming->source, renaming->from);
    if (result == 0 && renaming->replaced.exists && !is_in_place(renaming))
        result = target_delete(batch, command, &renaming->replaced, renaming->to,
                               renaming->source.object);
    if (result == 0)
        result =
            values_check(batch, renaming->to, renaming->source.object, renaming->args->new_name,
                         &(struct values){0}, &renaming->after, &command->problem);
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
