/* cascade and set-null, written. */
#include "fs/model_referrers.h"

#include "store/base/cleanup.h"

static int charge(struct cascade *cascade, size_t rows)
{
    cascade->work += rows * CASCADE_STEP_WORK;
    return cascade->work > CASCADE_WORK_MAX ? -ERR_TOO_LARGE : 0;
}

/* Whether an id names one of the doomed, which may have lost it already: 1, 0 or an error. */
static int is_doomed(struct batch *batch, struct cascade *cascade, uint64_t collection,
                     const struct tree *id)
{
    struct row_binding entity;
    if (id->type != TREE_STRING)
        return 0;
    int result = charge(cascade, 1);
    if (result == 0)
        result = reference_find(&batch->view, collection, id->string, &entity);
    return result < 0 ? result : cascade_dooms(cascade, entity.object);
}

/* `after` is a tree that nobody else has. Returns 1 when something became null, 0 or an error. */
static int null_values(struct batch *batch, struct cascade *cascade,
                       const struct schema_reference *rule, struct tree *after)
{
    static const struct tree null = {.type = TREE_NULL, .raw = {(const uint8_t *)"null", 4}};
    uint32_t count;
    struct tree *values = (struct tree *)(uintptr_t)reference_values(rule, after, &count);
    struct row_binding collection = {0};
    int changed = 0;
    int result = reference_find(&batch->view, STORE_SCHEMAS, rule->collection, &collection);
    for (uint32_t i = 0; i < count && result >= 0; i++) {
        result = is_doomed(batch, cascade, collection.object, &values[i]);
        if (result != 1)
            continue;
        values[i] = null;
        changed = 1;
    }
    return result < 0 ? result : changed;
}

static int null_all(struct batch *batch, struct cascade *cascade, struct change_of_referrer *change)
{
    const struct schema_reference *rules;
    size_t count = schema_references(change->schema->schema, &rules);
    for (size_t i = 0; i < count; i++) {
        int changed = null_values(batch, cascade, &rules[i], change->after);
        if (changed < 0)
            return changed;
        if (changed == 1 && !change->rule)
            change->rule = &rules[i];
    }
    return change->rule ? 0 : -ERR_DAMAGED; /* a row of no reference */
}

static int refuse_null(const struct change_of_referrer *change, const char *why,
                       struct problem *problem)
{
    const struct referrer referrer = {
        .row = change->target.row, .schema = change->schema, .rule = change->rule};
    AUTO_BUF struct buf text = {0};
    referrer_show(&text, &referrer);
    return problem_set(problem, ERR_REFERENCE_HELD,
                       "%s refers to it, or to what would be deleted with it, and cannot become "
                       "null: %s",
                       buf_string(&text), why);
}

static int spell(struct batch *batch, struct arena *arena, struct change_of_referrer *change,
                 struct problem *problem)
{
    AUTO_BUF struct buf text = {0};
    tree_write_pretty(&text, change->after);
    if (text.size > batch->model->options.max_entity)
        return refuse_null(change, "its document would become too large", problem);
    change->document = arena_copy(arena, buf_span(&text));
    return buf_failed(&text) || !change->document.data ? -ERR_NO_MEMORY : 0;
}

static int load(struct batch *batch, struct arena *arena, uint64_t object, struct target *target,
                struct schema_ref **ret_schema, struct problem *problem)
{
    int found = target_load(batch, arena, object, target);
    if (found != 1 || !target->exists)
        return found < 0 ? found : -ERR_DAMAGED;
    int result = target_parse(arena, target, problem);
    return result < 0 ? result
                      : schema_cache_get(batch->model->schemas, &batch->view, target->collection,
                                         ret_schema, problem);
}

int referrer_compose(struct batch *batch, struct cascade *cascade, struct arena *arena,
                     struct change_of_referrer *change, struct problem *problem)
{
    int result = load(batch, arena, change->object, &change->target, &change->schema, problem);
    if (result == 0) /* a second tree, to be changed */
        result = tree_parse(arena, change->target.row.document, SIZE_MAX, &change->after, problem);
    if (result == 0)
        result = null_all(batch, cascade, change);
    if (result < 0)
        return result;
    AUTO_PROBLEM struct problem invalid;
    problem_init(&invalid);
    result = schema_validate(change->schema->schema, change->after, &invalid);
    if (result < 0 && result != -ERR_NO_MEMORY)
        return refuse_null(change, buf_string(&invalid.detail), problem);
    return result < 0 ? result : spell(batch, arena, change, problem);
}

static int append_change(struct batch *batch, struct command *command, struct arena *arena,
                         const struct change_of_referrer *change, uint64_t commit)
{
    const struct target *target = &change->target;
    const struct change row = {.op = ROW_UPDATE,
                               .object = target->object,
                               .collection = target->collection,
                               .collection_name = change->schema->name,
                               .name = target->name,
                               .before = target->tree,
                               .after = change->after,
                               .document = change->document,
                               .current = &target->row,
                               .commit = commit,
                               .events = schema_events(change->schema->schema)};
    return change_append(batch, command, arena, &row);
}

/* Null may make the values of two entities alike, which shows only when all the others are gone. */
static int check_values(struct batch *batch, struct arena *arena,
                        const struct change_of_referrer *change, struct values *before,
                        struct values *after, struct problem *problem)
{
    AUTO_PROBLEM struct problem taken;
    problem_init(&taken);
    const struct target *target = &change->target;
    int result = values_collect(arena, change->schema, target->tree, before, problem);
    if (result == 0)
        result = values_collect(arena, change->schema, change->after, after, problem);
    if (result == 0)
        result = values_check(batch, change->schema, target->object, target->name, before, after,
                              &taken);
    return result == -ERR_UNIQUE_CONFLICT ? refuse_null(change, buf_string(&taken.detail), problem)
                                          : result;
}

static int write_change(struct batch *batch, struct command *command, struct cascade *cascade,
                        struct arena *arena, struct change_of_referrer *change, uint64_t commit)
{
    struct values before;
    struct values after;
    int result = referrer_compose(batch, cascade, arena, change, &command->problem);
    if (result == 0)
        result = check_values(batch, arena, change, &before, &after, &command->problem);
    if (result == 0)
        result = append_change(batch, command, arena, change, commit);
    return result < 0
               ? result
               : values_apply(batch, change->target.collection, change->object, &before, &after);
}

static int change_one(struct batch *batch, struct command *command, struct cascade *cascade,
                      uint64_t object, uint64_t commit)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct change_of_referrer change = {.object = object};
    int result = write_change(batch, command, cascade, &arena, &change, commit);
    schema_ref_release(change.schema);
    return result;
}

static int erase_one(struct batch *batch, struct command *command, struct cascade *cascade,
                     uint64_t object, uint64_t commit)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct target target = {0};
    struct schema_ref *schema = NULL;
    int result = load(batch, &arena, object, &target, &schema, &command->problem);
    if (result == 0)
        result = charge(cascade, references_count(schema->schema, target.tree));
    if (result == 0)
        result = target_erase(batch, command, &arena, &target, schema, commit);
    schema_ref_release(schema);
    return result;
}

int cascade_apply(struct batch *batch, struct command *command, struct cascade *cascade,
                  uint64_t commit)
{
    const struct model_result own = command->result;
    int result = 0;
    cascade->work = 0; /* it is counted anew, with the rows that are written */
    for (size_t i = 1; i < cascade->doomed && result == 0; i++)
        result =
            erase_one(batch, command, cascade, cascade->steps[cascade->queue[i]].object, commit);
    for (size_t i = 0; i < cascade->count && result == 0; i++)
        if (!cascade->steps[i].doomed)
            result = change_one(batch, command, cascade, cascade->steps[i].object, commit);
    command->result = own;
    return result == -ERR_TOO_LARGE ? cascade_refuse_size(&command->problem) : result;
}
