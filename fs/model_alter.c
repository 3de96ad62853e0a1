/* A schema that changes brings every entity of its collection along, or is refused.
 *
 * It runs alone in its transaction and writes as it goes: a refusal undoes the transaction. */
#include "fs/model_internal.h"

#include "store/base/cleanup.h"

#define NAMED_MAX 5 /* offenders that the refusal names */

struct alteration {
    struct batch *batch;
    struct command *command;
    struct schema_ref after;   /* as the look-ups want it; not counted */
    struct schema_ref *before; /* owned */
    struct span name;          /* of the collection */
    uint64_t commit;           /* first seq of this commit */
    uint64_t offenders;
    struct problem first; /* what the first of them does wrong */
    struct buf names;
};

/* An entity as it is, and as it will be. */
struct subject {
    uint64_t object;
    struct row_version row;
    struct span name;
    struct tree *before;
    const struct tree *after;
    struct unique_values old_values, new_values;
};

static void offend(struct alteration *alteration, const struct subject *subject,
                   const struct problem *problem)
{
    if (alteration->offenders++ == 0)
        problem_copy(&alteration->first, problem);
    if (alteration->offenders > NAMED_MAX)
        return;
    if (alteration->offenders > 1)
        buf_append_string(&alteration->names, ", ");
    buf_append_span(&alteration->names, subject->name);
}

static int load(struct alteration *alteration, struct arena *arena, struct subject *subject)
{
    uint64_t seq;
    struct store_view *view = &alteration->batch->view;
    int found = store_version_get(view, subject->object, &seq, &subject->row);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    subject->name = arena_copy(arena, subject->row.name);
    /* Writes come before the last use of the text, so it must not be the map's. */
    subject->row.document = arena_copy(arena, subject->row.document);
    if (!subject->name.data || !subject->row.document.data)
        return -ERR_NO_MEMORY;
    return tree_parse(arena, subject->row.document, SIZE_MAX, &subject->before, NULL);
}

static int judge(struct alteration *alteration, struct arena *arena, struct subject *subject,
                 struct problem *problem)
{
    const struct schema *schema = alteration->after.schema;
    int result = schema_apply_defaults(schema, arena, subject->before, &subject->after);
    if (result == 0)
        result = schema_validate(schema, subject->after, problem);
    if (result == 0)
        result = unique_collect(arena, alteration->before->schema, subject->before,
                                &subject->old_values);
    if (result == 0)
        result = unique_collect(arena, schema, subject->after, &subject->new_values);
    if (result == 0)
        result = unique_check(alteration->batch, &alteration->after, subject->object,
                              &subject->old_values, &subject->new_values, problem);
    return result;
}

static int migrate(struct alteration *alteration, struct arena *arena,
                   const struct subject *subject)
{
    AUTO_BUF struct buf text = {0};
    tree_write_pretty(&text, subject->after);
    if (buf_failed(&text))
        return -ERR_NO_MEMORY;
    struct change change = {.op = ROW_MIGRATE,
                            .object = subject->object,
                            .collection = alteration->after.collection,
                            .collection_name = alteration->name,
                            .name = subject->name,
                            .before = subject->before,
                            .after = subject->after,
                            .document = buf_span(&text),
                            .current = &subject->row,
                            .commit = alteration->commit,
                            .events = schema_events(alteration->after.schema)};
    return change_append(alteration->batch, alteration->command, arena, &change);
}

static int bring_one(struct alteration *alteration, uint64_t object)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct subject subject = {.object = object};
    int result = load(alteration, &arena, &subject);
    if (result < 0)
        return result;
    result = judge(alteration, &arena, &subject, &problem);
    if (result == -ERR_SCHEMA_MISMATCH || result == -ERR_UNIQUE_CONFLICT) {
        offend(alteration, &subject, &problem);
        return 0;
    }
    if (result == 0 && subject.after != subject.before)
        result = migrate(alteration, &arena, &subject);
    return result < 0 ? result
                      : unique_apply(alteration->batch, alteration->after.collection, object,
                                     alteration->batch->state.seq, &subject.old_values,
                                     &subject.new_values);
}

static int bring_all(struct alteration *alteration)
{
    struct row_entry entry;
    uint64_t object = 0;
    int found;
    while ((found = store_entry_next(&alteration->batch->view, alteration->after.collection, object,
                                     &object, &entry)) == 1) {
        int result = bring_one(alteration, object);
        if (result < 0)
            return result;
    }
    return found;
}

static int refuse(struct alteration *alteration)
{
    struct problem *problem = &alteration->command->problem;
    bool more = alteration->offenders > NAMED_MAX;
    problem_copy(problem, &alteration->first);
    problem->code = -ERR_SCHEMA_UNSATISFIED;
    AUTO_BUF struct buf detail = {0};
    buf_printf(&detail, "%ju existing %s satisfy this schema: %s%s; the first: ",
               (uintmax_t)alteration->offenders,
               alteration->offenders == 1 ? "entity does not" : "entities do not",
               buf_string(&alteration->names), more ? ", ..." : "");
    buf_append_span(&detail, buf_span(&alteration->first.detail));
    buf_clear(&problem->detail);
    buf_append_span(&problem->detail, buf_span(&detail));
    return -ERR_SCHEMA_UNSATISFIED;
}

/* The schema that was in force before: the version before the one just written. */
static int previous_schema(struct alteration *alteration, const struct target *target)
{
    struct store_view view = alteration->batch->view;
    view.cursor = NULL;
    view.scratch = (struct buf){0};
    view.seq = target->seq;
    int result = schema_cache_get(alteration->batch->model->schemas, &view, target->object,
                                  &alteration->before, &alteration->command->problem);
    engine_cursor_close(view.cursor);
    buf_finish(&view.scratch);
    return result;
}

int alter_collection(struct batch *batch, struct command *command, const struct target *target,
                     const struct schema *schema)
{
    struct model_result own = command->result;
    struct alteration alteration = {.batch = batch,
                                    .command = command,
                                    .name = target->name,
                                    .commit = batch->state.seq,
                                    .after = {.collection = target->object,
                                              .schema = (struct schema *)(uintptr_t)schema,
                                              .name = target->name}};
    problem_init(&alteration.first);
    int result = previous_schema(&alteration, target);
    if (result == 0)
        result = bring_all(&alteration);
    if (result == 0 && alteration.offenders > 0)
        result = refuse(&alteration);
    command->result = own; /* the schema's, not the last entity's */
    schema_ref_release(alteration.before);
    problem_finish(&alteration.first);
    buf_finish(&alteration.names);
    return result;
}

int alter_drop(struct batch *batch, struct command *command, const struct target *target)
{
    struct row_entry entry;
    uint64_t object;
    int found = store_entry_next(&batch->view, target->object, 0, &object, &entry);
    if (found < 0)
        return found;
    if (found == 1)
        return problem_set(&command->problem, ERR_NOT_EMPTY,
                           "the collection %.*s still has entities: remove them first",
                           (int)target->name.size, target->name.data);
    return 0;
}
