#include "schema/schema_check.h"

/* A fault that is told takes more time and memory than a step, and so does a comparison of names.
 */
#define FAULT_STEPS     256
#define CANDIDATE_STEPS 10
#define CANDIDATES_MAX  500

void check_init(struct check *check, const struct schema *schema)
{
    check->fuel = SCHEMA_FUEL;
    check->depth = 0;
    check->error = 0;
    check->reason = NULL;
    check->where[0] = 0;
    check->faults = NULL;
    check->notes = NULL;
    check->schema = schema;
    check->scope = NULL;
    check->trail = NULL;
    check->words_used = 0;
}

bool check_give_up(struct check *check, int error, const char *reason)
{
    if (check->error == 0) {
        check->error = error;
        check->reason = reason;
    }
    check->fuel = -1;
    return false;
}

bool check_out_of_fuel(struct check *check)
{
    return check_give_up(check, -ERR_SCHEMA_BUDGET, "it takes too many steps to check");
}

bool check_burn_value(struct check *check, const struct tree *value)
{
    if (value->type != TREE_ARRAY && value->type != TREE_OBJECT)
        return check_burn(check, 1 + value->raw.size / 64);
    if (!check_burn(check, 1))
        return false;
    for (uint32_t i = 0; i < value->count; i++) {
        bool array = value->type == TREE_ARRAY;
        uint64_t steps = array ? 0 : value->members[i].raw.size / 64;
        const struct tree *inner = array ? &value->items[i] : &value->members[i].value;
        if (!check_burn(check, steps) || !check_burn_value(check, inner))
            return false;
    }
    return true;
}

uint32_t check_candidates(struct check *check, uint32_t count)
{
    if (count > CANDIDATES_MAX)
        count = CANDIDATES_MAX;
    bool tells = check->faults && check->faults->total < check->faults->limit;
    return tells && check_burn(check, (uint64_t)count * CANDIDATE_STEPS) ? count : 0;
}

bool check_tell(struct check *check, const struct node *node, const struct place *place,
                const char *keyword, const char *format, ...)
{
    struct faults *faults = check->faults;
    if (check->error < 0)
        return false;
    if (faults->total < faults->limit && !check_burn(check, FAULT_STEPS))
        return false;
    va_list args;
    va_start(args, format);
    struct fault *fault = fault_vadd(faults, place, keyword, format, args);
    va_end(args);
    if (fault && faults->locates)
        fault_locate(check, node, fault);
    return false;
}

static void append_type(struct buf *out, unsigned *types, unsigned bits, const char *name)
{
    if ((*types & bits) != bits)
        return;
    *types &= ~bits;
    buf_printf(out, "%s%s", out->size > 0 ? " or " : "", name);
}

static bool refuse_type(struct check *check, const struct node *node, const struct place *place)
{
    if (node->source->type == TREE_FALSE)
        return check_fails(check, node, place, NULL, "no value is allowed here");
    struct buf names = {0};
    unsigned types = node->types;
    append_type(&names, &types, 1U << TREE_NULL, "null");
    append_type(&names, &types, 1U << TREE_FALSE | 1U << TREE_TRUE, "true or false");
    append_type(&names, &types, 1U << TREE_INTEGER | 1U << TREE_REAL, "a number");
    append_type(&names, &types, 1U << TREE_INTEGER, "an integer");
    append_type(&names, &types, 1U << TREE_STRING, "a string");
    append_type(&names, &types, 1U << TREE_ARRAY, "an array");
    append_type(&names, &types, 1U << TREE_OBJECT, "an object");
    check_tell(check, node, place, "type", "expected %s, got %s", buf_string(&names),
               quote_value(place->value).text);
    check->faults->no_memory |= buf_failed(&names);
    buf_finish(&names);
    return false;
}

static inline bool check_by_type(struct check *check, const struct node *node,
                                 const struct place *place, struct marks *marks)
{
    switch (place->value->type) {
    case TREE_OBJECT:
        return !node->object || check_object(check, node, place, marks);
    case TREE_ARRAY:
        return !node->array || check_array(check, node, place, marks);
    case TREE_STRING:
        return !node->string || check_string(check, node, place);
    case TREE_INTEGER:
    case TREE_REAL:
        return !node->number || check_number(check, node, place);
    default:
        return true;
    }
}

static inline bool check_parts(struct check *check, const struct node *node,
                               const struct place *place, struct marks *marks)
{
    bool valid = !(node->constant || node->choices) || check_values(check, node, place);
    if (!valid && !check_goes_on(check))
        return false;
    valid &= check_by_type(check, node, place, marks);
    if (!valid && !check_goes_on(check))
        return false;
    return (node->branch_count == 0 || check_branches(check, node, place, marks)) && valid;
}

/* Members or items that nothing has evaluated are looked at last, and only when all else was
 * valid: what failed evaluates nothing, and would seem to be left over. */
static bool check_guarded(struct check *check, const struct node *node, const struct place *place,
                          struct marks *outer)
{
    struct marks marks;
    if (!marks_begin(check, &marks, place->value->count))
        return false;
    bool valid = check_parts(check, node, place, &marks);
    if (valid)
        valid = place->value->type == TREE_OBJECT
                    ? check_unevaluated_members(check, node, place, &marks)
                    : check_unevaluated_items(check, node, place, &marks);
    bool all = place->value->type == TREE_OBJECT ? node->object && node->object->unevaluated
                                                 : node->array && node->array->unevaluated;
    if (valid && outer) {
        marks.all |= all;
        marks_merge(outer, &marks);
    }
    marks_end(check, &marks);
    return valid;
}

static inline bool check_whole(struct check *check, const struct node *node,
                               const struct place *place, struct marks *marks)
{
    if (node->guarded && place->value->type >= TREE_ARRAY)
        return check_guarded(check, node, place, marks);
    return check_parts(check, node, place, marks);
}

static bool check_in_scope(struct check *check, const struct node *node, const struct place *place,
                           struct marks *marks)
{
    struct scope scope = {.up = check->scope, .resource = node->resource};
    check->scope = &scope;
    bool valid = check_whole(check, node, place, marks);
    check->scope = scope.up;
    return valid;
}

bool check_node(struct check *check, const struct node *node, const struct place *place,
                struct marks *marks)
{
    const struct tree *value = place->value;
    if (!check->faults && !check->notes)
        node = node->alias;
    if (!(node->types >> value->type & 1) &&
        !(value->type == TREE_REAL && node->integral && number_is_integer(value)))
        return check->faults && refuse_type(check, node, place);
    if (node->plain && !check->notes)
        return true;
    if (!check_burn(check, 1))
        return false;
    if (check->depth == SCHEMA_DEPTH_MAX)
        return check_give_up(check, -ERR_SCHEMA_BUDGET,
                             "its parts and the schema's references are nested too deeply");
    check->depth++;
    size_t noted = check->notes ? check->notes->total : 0;
    bool enters =
        check->schema->dynamic && (!check->scope || check->scope->resource != node->resource);
    bool valid =
        enters ? check_in_scope(check, node, place, marks) : check_whole(check, node, place, marks);
    check->depth--;
    if (check->notes)
        notes_close(check, node, place, noted, valid);
    return valid;
}

bool check_quietly(struct check *check, const struct node *node, const struct place *place,
                   struct marks *marks)
{
    struct faults *faults = check->faults;
    check->faults = NULL;
    bool valid = check_node(check, node, place, marks);
    check->faults = faults;
    return valid && check->error == 0;
}

static int report_give_up(const struct check *check, struct problem *problem)
{
    if (check->error == -ERR_NO_MEMORY)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory to check the document");
    int code = -check->error;
    problem_set(problem, (enum err)code, "%s%sthe document cannot be checked: %s", check->where,
                *check->where ? ": " : "", check->reason);
    problem_add(problem, check->where, code == ERR_PATTERN_BUDGET ? "pattern" : NULL, "%s",
                check->reason);
    return -code;
}

void check_explain(const struct schema *schema, const struct place *root, struct faults *faults)
{
    struct check check;
    check_init(&check, schema);
    check.faults = faults;
    check_node(&check, schema->root, root, NULL);
    if (check.error == -ERR_NO_MEMORY)
        faults->no_memory = true;
    /* The way to a fault may be longer when all are looked for. */
    if (faults->total == 0) {
        check.error = 0;
        check.fuel = FAULT_STEPS;
        check_tell(&check, schema->root, root, NULL,
                   "the document is not valid, and its faults are too many to tell");
    }
}

int check_judge(const struct schema *schema, const struct place *root, bool *ret_valid,
                struct problem *problem)
{
    struct check check;
    check_init(&check, schema);
    *ret_valid = check_node(&check, schema->root, root, NULL);
    return check.error < 0 ? report_give_up(&check, problem) : 0;
}

int schema_validate(const struct schema *schema, const struct tree *document,
                    struct problem *problem)
{
    struct place root = {.value = document};
    bool valid;
    int error = check_judge(schema, &root, &valid, problem);
    if (error < 0 || valid)
        return error;
    struct arena arena;
    arena_init(&arena, 0);
    struct faults faults;
    faults_init(&faults, &arena, PROBLEM_ITEMS_MAX);
    check_explain(schema, &root, &faults);
    error = faults_report(&faults, ERR_SCHEMA_MISMATCH, problem);
    arena_finish(&arena);
    return error;
}
