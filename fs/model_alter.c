/* A schema that changes brings along every entity of its collection, and those of the collections
 * whose schemas refer to it, or is refused.
 *
 * It runs alone in its transaction and writes as it goes: a refusal undoes the transaction. */
#include "fs/model_internal.h"

#include "store/base/cleanup.h"

#define NAMED_MAX 5 /* offenders that the refusal names */

struct alteration {
    struct batch *batch;
    struct command *command;
    const struct schema_ref *before, *after;
    bool is_dependent; /* the schema itself stays as it is, and refers to one that changes */
    struct span name;  /* of the collection */
    uint64_t commit;   /* first seq of this commit */
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
    struct values old_values, new_values;
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
    if (alteration->is_dependent)
        buf_printf(&alteration->names, "%.*s/", (int)alteration->name.size, alteration->name.data);
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
    const struct schema *schema = alteration->after->schema;
    int result = schema_apply_defaults(schema, arena, subject->before, &subject->after);
    if (result == 0)
        result = schema_validate(schema, subject->after, problem);
    if (result == 0)
        result = values_collect(arena, alteration->before, subject->before, &subject->old_values,
                                problem);
    if (result == 0)
        result =
            values_collect(arena, alteration->after, subject->after, &subject->new_values, problem);
    if (result == 0)
        result = values_check(alteration->batch, alteration->after, subject->object, subject->name,
                              &subject->old_values, &subject->new_values, problem);
    return result;
}

/* Whether it is the entity that is at fault. */
static bool is_offence(int result)
{
    return result == -ERR_SCHEMA_MISMATCH || result == -ERR_SCHEMA_BUDGET ||
           result == -ERR_PATTERN_BUDGET || result == -ERR_UNIQUE_CONFLICT ||
           result == -ERR_REFERENCE_MISSING || result == -ERR_TOO_LARGE;
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
                            .collection = alteration->after->collection,
                            .collection_name = alteration->name,
                            .name = subject->name,
                            .before = subject->before,
                            .after = subject->after,
                            .document = buf_span(&text),
                            .current = &subject->row,
                            .commit = alteration->commit,
                            .events = schema_events(alteration->after->schema)};
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
    if (is_offence(result)) {
        offend(alteration, &subject, &problem);
        return 0;
    }
    if (result == 0 && subject.after != subject.before)
        result = migrate(alteration, &arena, &subject);
    return result < 0 ? result
                      : values_apply(alteration->batch, alteration->after->collection, object,
                                     &subject.old_values, &subject.new_values);
}

static int bring_all(struct alteration *alteration)
{
    struct row_entry entry;
    uint64_t object = 0;
    int found;
    while ((found = store_entry_next(&alteration->batch->view, alteration->after->collection,
                                     object, &object, &entry)) == 1) {
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

/* The schema of a collection as it was before the commit. */
static int previous_schema(struct batch *batch, uint64_t collection, uint64_t commit,
                           struct schema_ref **ret_schema, struct problem *problem)
{
    struct store_view view = batch->view;
    view.cursor = NULL;
    view.scratch = (struct buf){0};
    view.seq = commit - 1;
    int result = schema_cache_get(batch->model->schemas, &view, collection, ret_schema, problem);
    engine_cursor_close(view.cursor);
    buf_finish(&view.scratch);
    return result;
}

static int bring(struct alteration *alteration)
{
    problem_init(&alteration->first);
    int result = bring_all(alteration);
    if (result == 0 && alteration->offenders > 0)
        result = refuse(alteration);
    problem_finish(&alteration->first);
    buf_finish(&alteration->names);
    return result;
}

static int bring_own(struct batch *batch, struct command *command, const struct target *target,
                     const struct schema *schema, uint64_t commit)
{
    const struct schema_ref after = {.collection = target->object,
                                     .schema = (struct schema *)(uintptr_t)schema,
                                     .name = target->name};
    struct schema_ref *before;
    struct row_entry entry;
    uint64_t object;
    int result = previous_schema(batch, target->object, commit, &before, &command->problem);
    if (result == -ERR_SCHEMA_INVALID &&
        store_entry_next(&batch->view, target->object, 0, &object, &entry) == 0)
        return 0; /* there is nothing to bring along, and this is how to mend it */
    if (result < 0)
        return result;
    struct alteration alteration = {.batch = batch,
                                    .command = command,
                                    .before = before,
                                    .after = &after,
                                    .name = target->name,
                                    .commit = commit};
    result = bring(&alteration);
    schema_ref_release(before);
    return result;
}

static int refuse_dependent(struct batch *batch, struct command *command, uint64_t object)
{
    struct row_version row = {0};
    uint64_t seq;
    int found = store_version_get(&batch->view, object, &seq, &row);
    if (found < 0)
        return found;
    AUTO_PROBLEM struct problem inner;
    problem_init(&inner);
    problem_copy(&inner, &command->problem);
    return problem_set(&command->problem, ERR_SCHEMA_INVALID,
                       "the schema of %.*s refers to this one, and would not be valid: %s",
                       (int)row.name.size, row.name.data, buf_string(&inner.detail));
}

/* One that was not valid before either is not for this one to answer for, and NULL. */
static int take_dependent(struct batch *batch, struct command *command, struct source_ids *ids,
                          uint64_t object, uint64_t commit, struct schema_ref **ret_schema)
{
    int result = schema_cache_renew(batch->model->schemas, &batch->view, ids, object, ret_schema,
                                    &command->problem);
    if (result != -ERR_SCHEMA_INVALID)
        return result;
    struct schema_ref *before = NULL;
    result = previous_schema(batch, object, commit, &before, NULL);
    schema_ref_release(before);
    if (result == 0)
        return refuse_dependent(batch, command, object);
    return result == -ERR_SCHEMA_INVALID ? 0 : result;
}

/* Whether the schema of a collection may refer to others: 1, 0 or an error. */
static int may_need(struct batch *batch, uint64_t collection)
{
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(&batch->view, collection, &seq, &row);
    return found == 1 ? source_may_need(row.document) : found;
}

static int bring_dependent(struct batch *batch, struct command *command,
                           const struct target *target, struct source_ids *ids, uint64_t object,
                           uint64_t commit)
{
    struct schema_ref *schema = NULL;
    int result = take_dependent(batch, command, ids, object, commit, &schema);
    if (schema && schema_ref_needs(schema, target->object)) {
        /* What a document is indexed by is said by its own collection's schema alone. */
        struct alteration alteration = {.batch = batch,
                                        .command = command,
                                        .before = schema,
                                        .after = schema,
                                        .is_dependent = true,
                                        .name = schema->name,
                                        .commit = commit};
        result = bring(&alteration);
    }
    schema_ref_release(schema);
    return result;
}

/* The collections whose schemas refer to it are checked by what they will mean. */
static int bring_dependents(struct batch *batch, struct command *command,
                            const struct target *target, uint64_t commit)
{
    CLEANUP(source_ids_finish) struct source_ids ids = {0};
    struct row_entry entry;
    uint64_t object = 0;
    int found;
    while ((found = store_entry_next(&batch->view, STORE_SCHEMAS, object, &object, &entry)) == 1) {
        int result = object == target->object ? 0 : may_need(batch, object);
        if (result == 1)
            result = bring_dependent(batch, command, target, &ids, object, commit);
        if (result < 0)
            return result;
    }
    return found;
}

int alter_collection(struct batch *batch, struct command *command, const struct target *target,
                     const struct tree *tree, const struct schema *schema)
{
    struct model_result own = command->result;
    uint64_t commit = batch->state.seq;
    /* Nobody can refer to what was not there, unless its $id is now that of another. */
    bool has_dependents = target->exists || tree_get(tree, "$id");
    int result = target->exists ? bring_own(batch, command, target, schema, commit) : 0;
    if (result == 0 && has_dependents)
        result = bring_dependents(batch, command, target, commit);
    command->result = own; /* the schema's, not the last entity's */
    return result;
}

int alter_renamed(struct batch *batch, struct command *command, const struct target *target,
                  uint64_t commit)
{
    return tree_get(target->tree, "$id") ? bring_dependents(batch, command, target, commit) : 0;
}

int alter_check_dependents(struct batch *batch, struct command *command,
                           const struct target *target)
{
    CLEANUP(source_ids_finish) struct source_ids ids = {0};
    struct row_entry entry;
    uint64_t object = 0;
    int found;
    while ((found = store_entry_next(&batch->view, STORE_SCHEMAS, object, &object, &entry)) == 1) {
        struct schema_ref *schema = NULL;
        int result = object == target->object ? 0 : may_need(batch, object);
        if (result == 1)
            result = schema_cache_renew(batch->model->schemas, &batch->view, &ids, object, &schema,
                                        &command->problem);
        if (result < 0 && result != -ERR_SCHEMA_INVALID)
            return result;
        if (schema && schema_ref_needs(schema, target->object))
            result =
                problem_set(&command->problem, ERR_REFERENCE_HELD,
                            "the schema of %.*s refers to the one of %.*s", (int)schema->name.size,
                            schema->name.data, (int)target->name.size, target->name.data);
        schema_ref_release(schema);
        if (result == -ERR_REFERENCE_HELD)
            return result;
    }
    return found;
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
    return alter_check_dependents(batch, command, target);
}
