#include "schema/schema_internal.h"

/* A fault that is told takes more time and memory than a step. */
#define FAULT_STEPS 256

bool check_burn(struct check *check, uint64_t steps)
{
    if (check->gave_up)
        return false;
    if (check->fuel < steps) {
        check->fuel = 0;
        check->gave_up = "it takes too many steps to check";
        return false;
    }
    check->fuel -= steps;
    return true;
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

bool check_fails(struct check *check, const struct place *place, const struct rule *rule,
                 const char *format, ...)
{
    if (!check->faults)
        return false;
    if (check->faults->total < PROBLEM_ITEMS_MAX && !check_burn(check, FAULT_STEPS))
        return false;
    va_list args;
    va_start(args, format);
    fault_vadd(check->faults, place, rule ? rule->keyword->name : NULL, format, args);
    va_end(args);
    return false;
}

bool check_no_memory(struct check *check)
{
    check->error = -ERR_NO_MEMORY;
    check->gave_up = "there is no memory left";
    return false;
}

static bool check_rules(struct check *check, const struct node *node, const struct place *place)
{
    bool valid = true;
    unsigned type = 1U << place->value->type;
    for (uint32_t i = 0; i < node->rule_count; i++) {
        const struct rule *rule = &node->rules[i];
        if (!(rule->keyword->applies & type))
            continue;
        if (check_burn(check, 1) && rule->keyword->check(check, node, rule, place))
            continue;
        valid = false;
        if (!check->faults || check->gave_up)
            break;
    }
    return valid;
}

bool check_node(struct check *check, const struct node *node, const struct place *place)
{
    if (!check_burn(check, 1))
        return false;
    if (node->source->type == TREE_FALSE)
        return check_fails(check, place, NULL, "no value is allowed here");
    if (check->depth == SCHEMA_DEPTH_MAX) {
        check->gave_up = "its parts and the schema's references are nested too deeply";
        return false;
    }
    check->depth++;
    bool valid = check_rules(check, node, place);
    check->depth--;
    return valid;
}

bool check_quietly(struct check *check, const struct node *node, const struct place *place)
{
    struct faults *faults = check->faults;
    check->faults = NULL;
    bool valid = check_node(check, node, place);
    check->faults = faults;
    return valid;
}

/* What is wrong with a document that is known to be invalid. */
static int explain(const struct schema *schema, const struct place *root, struct arena *arena,
                   struct problem *problem)
{
    struct faults faults = {.arena = arena};
    struct check check = {.fuel = SCHEMA_FUEL, .faults = &faults};
    check_node(&check, schema->root, root);
    if (check.error < 0)
        faults.no_memory = true;
    /* The way to a fault may be longer when all are looked for. */
    if (faults.total == 0 && check.gave_up)
        fault_add(&faults, root, NULL,
                  "the document is not valid, and its faults are too many "
                  "to tell");
    return faults_report(&faults, ERR_SCHEMA_MISMATCH, problem);
}

static int report_give_up(const struct check *check, const struct place *root, struct arena *arena,
                          struct problem *problem)
{
    if (check->error < 0)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory to check the document");
    struct faults faults = {.arena = arena};
    fault_add(&faults, root, NULL, "the document cannot be checked: %s", check->gave_up);
    return faults_report(&faults, ERR_SCHEMA_MISMATCH, problem);
}

int schema_validate(const struct schema *schema, const struct tree *document,
                    struct problem *problem)
{
    struct check check = {.fuel = SCHEMA_FUEL};
    struct place root = {.value = document};
    bool valid = check_node(&check, schema->root, &root);
    if (valid && !check.gave_up)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = check.gave_up ? report_give_up(&check, &root, &arena, problem)
                              : explain(schema, &root, &arena, problem);
    arena_finish(&arena);
    return error;
}
