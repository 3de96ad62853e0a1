/* What rename and exchange share: an entity that gets another id, another collection, or both. */
#include "fs/model_internal.h"

#include "store/base/cleanup.h"

/* Another collection may ask for members that it has defaults for. */
static int add_defaults(struct arena *arena, struct move *move)
{
    AUTO_BUF struct buf text = {0};
    int result = schema_apply_defaults(move->to->schema, arena, move->target.tree, &move->tree);
    if (result < 0 || move->tree == move->target.tree)
        return result;
    tree_write_pretty(&text, move->tree);
    move->document = arena_copy(arena, buf_span(&text));
    return buf_failed(&text) || !move->document.data ? -ERR_NO_MEMORY : 0;
}

static bool changes_collection(const struct move *move)
{
    return move->from->collection != move->to->collection;
}

int move_compose(struct command *command, struct move *move)
{
    struct arena *arena = &command->arena;
    struct problem *problem = &command->problem;
    /* A write that comes before its own ends what is borrowed of the map. */
    move->document = arena_copy(arena, move->target.row.document);
    if (!move->document.data)
        return -ERR_NO_MEMORY;
    move->target.row.document = move->document;
    int result = target_parse(arena, &move->target, problem);
    move->tree = move->target.tree;
    if (result < 0 || !changes_collection(move))
        return result;
    result = add_defaults(arena, move);
    if (result == 0)
        result = schema_validate(move->to->schema, move->tree, problem);
    if (result == 0)
        result = values_collect(arena, move->from, move->target.tree, &move->before, problem);
    if (result == 0)
        result = values_collect(arena, move->to, move->tree, &move->after, problem);
    return result;
}

/* Where the entity comes from, as the record says it: "users/alice". */
static int spell_from(struct arena *arena, const struct move *move, struct span *ret_from)
{
    AUTO_BUF struct buf text = {0};
    reference_target(&text, move->from->name, move->target.name);
    *ret_from = arena_copy(arena, buf_span(&text));
    return buf_failed(&text) || !ret_from->data ? -ERR_NO_MEMORY : 0;
}

/* rename(2) does not touch the file. One that defaults were added to is written anew. */
static void keep_mtime(const struct batch *batch, const struct move *move, struct row_entry *entry)
{
    if (move->tree != move->target.tree)
        return;
    entry->mtime = entry_mtime(entry, move->target.seq, move->target.row.at);
    entry->mtime_seq = batch->state.seq;
}

static int bind_anew(struct batch *batch, const struct move *move, struct row_entry *entry)
{
    const struct target *target = &move->target;
    int result = 0;
    if (!move->is_name_taken)
        result = change_unbind(batch, target->collection, target->name, target->object);
    else if (changes_collection(move))
        result = change_unlist(batch, target->collection, target->name, target->object);
    keep_mtime(batch, move, entry);
    return result < 0 ? result
                      : change_bind(batch, move->to->collection, move->name, target->object, entry);
}

int move_write(struct batch *batch, struct command *command, const struct move *move,
               uint64_t commit)
{
    const struct target *target = &move->target;
    struct row_entry entry;
    int found = store_entry_get(&batch->view, target->collection, target->object, &entry);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    struct change change = {.op = ROW_RENAME,
                            .object = target->object,
                            .collection = move->to->collection,
                            .collection_name = move->to->name,
                            .name = move->name,
                            .before = target->tree,
                            .after = move->tree,
                            .document = move->document,
                            .current = &target->row,
                            .commit = commit,
                            .events = move->to->schema ? schema_events(move->to->schema) : 0};
    int result = spell_from(&command->arena, move, &change.from);
    batch_apply(batch);
    if (result == 0)
        result = change_append(batch, command, &command->arena, &change);
    return result < 0 ? result : bind_anew(batch, move, &entry);
}

static const struct values none;

int move_release_values(struct batch *batch, const struct move *move)
{
    return changes_collection(move) ? values_apply(batch, move->from->collection,
                                                   move->target.object, &move->before, &none)
                                    : 0;
}

int move_take_values(struct batch *batch, const struct move *move)
{
    return changes_collection(move)
               ? values_apply(batch, move->to->collection, move->target.object, &none, &move->after)
               : 0;
}
