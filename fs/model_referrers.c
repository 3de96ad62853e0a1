/* Who refers to an entity, and what becomes of them when it goes (x-on-delete).
 *
 * As the referential actions of SQL: `restrict` refuses at once, whatever else would be deleted
 * with it; `cascade` and `set-null` act with the rights of the schema, not of the caller, who is
 * the actor of all records. All is found out before anything is written, and what is found out is
 * bounded: by objects, and by the work it takes. */
#include "fs/model_referrers.h"

#include "store/base/cleanup.h"

#define COUNT_MAX 1000 /* of those that a refusal counts */

void referrer_finish(struct referrer *referrer)
{
    schema_ref_release(referrer->schema);
    *referrer = (struct referrer){0};
}

/* The rule of the schema that the store calls so. */
static int find_rule(const struct schema *schema, uint64_t name, struct span collection,
                     const struct schema_reference **ret_rule)
{
    const struct schema_reference *rules;
    size_t count = schema_references(schema, &rules);
    for (size_t i = 0; i < count; i++) {
        uint64_t found;
        if (!span_equal(rules[i].collection, collection))
            continue;
        if (reference_rule(&rules[i], &found) < 0)
            return -ERR_NO_MEMORY;
        if (found == name) {
            *ret_rule = &rules[i];
            return 0;
        }
    }
    return -ERR_DAMAGED; /* a row of no rule */
}

int referrer_load(struct batch *batch, struct span collection, struct store_referrer from,
                  struct referrer *ret_referrer, struct problem *problem)
{
    struct referrer referrer = {.object = from.object};
    uint64_t seq;
    int found = store_version_get(&batch->view, from.object, &seq, &referrer.row);
    if (found != 1 || referrer.row.op == ROW_DELETE)
        return found < 0 ? found : -ERR_DAMAGED;
    int result = schema_cache_get(batch->model->schemas, &batch->view, referrer.row.collection,
                                  &referrer.schema, problem);
    if (result == 0)
        result = find_rule(referrer.schema->schema, from.rule, collection, &referrer.rule);
    if (result < 0)
        referrer_finish(&referrer);
    else
        *ret_referrer = referrer;
    return result;
}

/* How many entities, but for `self`, refer to it. */
static int count(struct batch *batch, struct span target, uint64_t self, unsigned *ret_count)
{
    struct store_referrer at = {0};
    uint64_t last = self;
    unsigned total = 0;
    int found = 1;
    while (total <= COUNT_MAX &&
           (found = store_reference_next(&batch->view, target, at, &at)) == 1) {
        total += at.object != last && at.object != self;
        last = at.object;
    }
    *ret_count = total;
    return found < 0 ? found : 0;
}

/* "posts/p1.json (author)". */
void referrer_show(struct buf *out, const struct referrer *referrer)
{
    reference_target(out, referrer->schema->name, referrer->row.name);
    buf_append_string(out, ".json (");
    buf_append_span(out, referrer->rule->name);
    buf_append_byte(out, ')');
}

static int refuse_held(struct batch *batch, struct span target, uint64_t self,
                       const struct referrer *referrer, const char *why, struct problem *problem)
{
    unsigned total;
    int result = count(batch, target, self, &total);
    if (result < 0)
        return result;
    AUTO_BUF struct buf text = {0};
    referrer_show(&text, referrer);
    if (total > COUNT_MAX)
        buf_printf(&text, " and more than %d others", COUNT_MAX - 1);
    else if (total > 1)
        buf_printf(&text, " and %u more", total - 1);
    return problem_set(problem, ERR_REFERENCE_HELD, "%.*s.json%s is referred to by %s",
                       (int)target.size, target.data, why, buf_string(&text));
}

static int name_target(struct arena *arena, struct span collection, struct span id,
                       struct span *ret_target)
{
    AUTO_BUF struct buf text = {0};
    reference_target(&text, collection, id);
    *ret_target = arena_copy(arena, buf_span(&text));
    return buf_failed(&text) || !ret_target->data ? -ERR_NO_MEMORY : 0;
}

int referrers_check_rename(struct batch *batch, struct command *command,
                           const struct target *target, const struct schema_ref *schema)
{
    struct span name;
    struct store_referrer from = {0};
    int found = name_target(&command->arena, schema->name, target->name, &name);
    if (found == 0)
        found = store_reference_next(&batch->view, name, from, &from);
    if (found != 1)
        return found;
    struct referrer referrer = {0};
    int result = referrer_load(batch, schema->name, from, &referrer, &command->problem);
    if (result == 0)
        result =
            refuse_held(batch, name, 0, &referrer, ", whose id would change,", &command->problem);
    referrer_finish(&referrer);
    return result;
}

int referrers_check_collection(struct batch *batch, struct command *command, struct span name)
{
    AUTO_BUF struct buf targets = {0};
    AUTO_BUF struct buf text = {0};
    struct store_referrer from;
    reference_target(&targets, name, span_make(NULL, 0));
    if (buf_failed(&targets))
        return -ERR_NO_MEMORY;
    int found = store_reference_within(&batch->view, buf_span(&targets), &from);
    if (found != 1)
        return found;
    struct referrer referrer = {0};
    int result = referrer_load(batch, name, from, &referrer, &command->problem);
    if (result == 0) {
        referrer_show(&text, &referrer);
        result = problem_set(&command->problem, ERR_REFERENCE_HELD,
                             "%.*s, whose name would change, is referred to by %s", (int)name.size,
                             name.data, buf_string(&text));
    }
    referrer_finish(&referrer);
    return result;
}

/* Finding out what a deletion takes along. */

struct planning {
    struct batch *batch;
    struct cascade *cascade;
    struct problem *problem;
    uint64_t heir;
    struct arena arena; /* for one entity at a time */
};

int cascade_refuse_size(struct problem *problem)
{
    return problem_set(problem, ERR_REFERENCE_HELD,
                       "more refers to it, or to what would be deleted with it, than one command "
                       "deletes or changes (%d entities, %d MiB of documents): delete some of that "
                       "first",
                       CASCADE_STEPS_MAX, (int)(CASCADE_WORK_MAX >> 20));
}

static size_t slot_of(const struct cascade *cascade, uint64_t object)
{
    size_t slot = (size_t)object % CASCADE_SLOTS; /* nobody chooses the numbers of objects */
    while (cascade->slots[slot] > 0 && cascade->steps[cascade->slots[slot] - 1].object != object)
        slot = (slot + 1) % CASCADE_SLOTS;
    return slot;
}

bool cascade_dooms(const struct cascade *cascade, uint64_t object)
{
    uint16_t step = cascade->slots[slot_of(cascade, object)];
    return step > 0 && cascade->steps[step - 1].doomed;
}

static int add_step(struct planning *planning, uint64_t object, bool doomed)
{
    struct cascade *cascade = planning->cascade;
    uint16_t *slot = &cascade->slots[slot_of(cascade, object)];
    if (*slot == 0) {
        if (cascade->count > CASCADE_STEPS_MAX) /* beside the target itself */
            return cascade_refuse_size(planning->problem);
        cascade->steps[cascade->count++].object = object;
        *slot = (uint16_t)cascade->count;
    }
    struct cascade_step *step = &cascade->steps[*slot - 1];
    if (doomed && !step->doomed)
        cascade->queue[cascade->doomed++] = (uint16_t)(*slot - 1);
    step->doomed = step->doomed || doomed;
    return 0;
}

static int judge(struct planning *planning, struct span target, uint64_t self,
                 const struct referrer *referrer)
{
    bool is_first = planning->cascade->steps[0].object == self;
    if (referrer->object == planning->heir) {
        AUTO_BUF struct buf text = {0};
        referrer_show(&text, referrer);
        return problem_set(planning->problem, ERR_REFERENCE_HELD,
                           "%.*s.json%s is referred to by %s, which would take the place of what "
                           "it refers to",
                           (int)target.size, target.data,
                           is_first ? "" : ", which would be deleted, too,", buf_string(&text));
    }
    switch (referrer->rule->on_delete) {
    case SCHEMA_CASCADE:
        return add_step(planning, referrer->object, true);
    case SCHEMA_SET_NULL:
        return add_step(planning, referrer->object, false);
    case SCHEMA_RESTRICT:
    default:
        return refuse_held(planning->batch, target, self, referrer,
                           is_first ? "" : ", which would be deleted, too,", planning->problem);
    }
}

static int visit(struct planning *planning, struct span target, struct span collection,
                 uint64_t self, struct store_referrer from)
{
    struct referrer referrer = {0};
    int result = referrer_load(planning->batch, collection, from, &referrer, planning->problem);
    if (result < 0)
        return result;
    planning->cascade->work +=
        referrer.row.document.size + referrer.schema->needs.size + CASCADE_STEP_WORK;
    result = planning->cascade->work > CASCADE_WORK_MAX ? cascade_refuse_size(planning->problem)
                                                        : judge(planning, target, self, &referrer);
    referrer_finish(&referrer);
    return result;
}

/* Everyone who refers to one that is to be deleted. */
static int visit_all(struct planning *planning, struct span collection, struct span id,
                     uint64_t self)
{
    struct span target;
    struct store_referrer at = {0};
    int found = name_target(&planning->arena, collection, id, &target);
    if (found < 0)
        return found;
    while ((found = store_reference_next(&planning->batch->view, target, at, &at)) == 1) {
        int result = at.object == self ? 0 : visit(planning, target, collection, self, at);
        if (result < 0)
            return result;
    }
    return found;
}

static int visit_doomed(struct planning *planning, uint64_t object)
{
    struct batch *batch = planning->batch;
    struct row_version row;
    struct schema_ref *schema;
    uint64_t seq;
    int found = store_version_get(&batch->view, object, &seq, &row);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    int result = schema_cache_get(batch->model->schemas, &batch->view, row.collection, &schema,
                                  planning->problem);
    if (result < 0)
        return result;
    result = visit_all(planning, schema->name, row.name, object);
    schema_ref_release(schema);
    arena_finish(&planning->arena);
    return result;
}

/* Those that stay must be allowed to. */
static int check_changes(struct planning *planning)
{
    struct cascade *cascade = planning->cascade;
    int result = 0;
    for (size_t i = 0; i < cascade->count && result == 0; i++) {
        struct change_of_referrer change = {.object = cascade->steps[i].object};
        if (cascade->steps[i].doomed)
            continue;
        result = referrer_compose(planning->batch, cascade, &planning->arena, &change,
                                  planning->problem);
        schema_ref_release(change.schema);
        arena_finish(&planning->arena);
    }
    return result == -ERR_TOO_LARGE ? cascade_refuse_size(planning->problem) : result;
}

static int plan(struct planning *planning, const struct target *target)
{
    struct cascade *cascade = planning->cascade;
    int result = add_step(planning, target->object, true);
    for (size_t i = 0; i < cascade->doomed && result == 0; i++)
        result = visit_doomed(planning, cascade->steps[cascade->queue[i]].object);
    return result < 0 ? result : check_changes(planning);
}

int cascade_plan(struct batch *batch, struct command *command, const struct target *target,
                 const struct schema_ref *schema, uint64_t heir, struct cascade **ret_cascade)
{
    struct span name;
    struct store_referrer first = {0};
    int found = name_target(&command->arena, schema->name, target->name, &name);
    if (found == 0)
        found = store_reference_next(&batch->view, name, first, &first);
    if (found != 1)
        return found;
    struct planning planning = {.batch = batch,
                                .cascade = calloc(1, sizeof(*planning.cascade)),
                                .problem = &command->problem,
                                .heir = heir};
    if (!planning.cascade)
        return -ERR_NO_MEMORY;
    arena_init(&planning.arena, 0);
    int result = plan(&planning, target);
    arena_finish(&planning.arena);
    if (result < 0)
        cascade_destroy(planning.cascade);
    else
        *ret_cascade = planning.cascade;
    return result;
}

void cascade_destroy(struct cascade *cascade)
{
    free(cascade);
}
