/* What the old schema says of a value. Whatever is left out here costs precision alone. */
#include "schema/compat_internal.h"
#include "schema/number.h"

#define IN_PLACE_MAX 24 /* steps from a subschema to others for the same value */

unsigned type_of_value(const struct tree *value)
{
    if (value->type == TREE_REAL && number_is_integer(value))
        return TYPE_BIT(INTEGER);
    return 1U << value->type;
}

static unsigned types_of_name(const struct tree *name)
{
    static const struct {
        const char *name;
        unsigned types;
    } rows[] = {
        {"null", TYPE_BIT(NULL)},     {"boolean", TYPE_BOOLEANS},   {"integer", TYPE_BIT(INTEGER)},
        {"number", TYPE_NUMBERS},     {"string", TYPE_BIT(STRING)}, {"array", TYPE_BIT(ARRAY)},
        {"object", TYPE_BIT(OBJECT)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (name->type == TREE_STRING && span_is(name->string, rows[i].name))
            return rows[i].types;
    return 0;
}

unsigned types_of_keyword(const struct tree *type)
{
    unsigned types = type->type == TREE_ARRAY ? 0 : types_of_name(type);
    for (uint32_t i = 0; i < compat_count(type, TREE_ARRAY); i++)
        types |= types_of_name(&type->items[i]);
    return types;
}

const struct tree *finite_values(struct compat *compat, const struct tree *schema,
                                 uint32_t *ret_count)
{
    const struct tree *value = compat_get(compat, schema, "const");
    *ret_count = 1;
    if (value)
        return value;
    value = compat_get(compat, schema, "enum");
    *ret_count = compat_count(value, TREE_ARRAY);
    return *ret_count > 0 ? value->items : NULL;
}

/* By the keywords of the schema itself. */
static unsigned types_of_own(struct compat *compat, const struct tree *schema)
{
    const struct tree *type = compat_get(compat, schema, "type");
    unsigned types = type ? types_of_keyword(type) : TYPE_ALL;
    uint32_t count;
    const struct tree *values = finite_values(compat, schema, &count);
    if (!values || !compat_burn(compat, count))
        return types;
    unsigned finite = 0;
    for (uint32_t i = 0; i < count; i++)
        finite |= type_of_value(&values[i]);
    return types & finite;
}

static unsigned types_within(struct compat *compat, enum side side, const struct tree *schema,
                             unsigned depth);

static unsigned types_of_any(struct compat *compat, enum side side, const struct tree *branches,
                             unsigned depth)
{
    unsigned types = compat_count(branches, TREE_ARRAY) > 0 ? 0 : TYPE_ALL;
    for (uint32_t i = 0; i < compat_count(branches, TREE_ARRAY); i++)
        types |= types_within(compat, side, &branches->items[i], depth);
    return types;
}

static unsigned types_within(struct compat *compat, enum side side, const struct tree *schema,
                             unsigned depth)
{
    if (schema->type == TREE_FALSE)
        return 0;
    if (schema->type != TREE_OBJECT || depth > IN_PLACE_MAX || !compat_burn(compat, 1))
        return TYPE_ALL;
    unsigned types = types_of_own(compat, schema);
    const struct tree *target = compat_follow(compat, side, schema, "$ref");
    if (target)
        types &= types_within(compat, side, target, depth + 1);
    const struct tree *all = compat_get(compat, schema, "allOf");
    for (uint32_t i = 0; i < compat_count(all, TREE_ARRAY); i++)
        types &= types_within(compat, side, &all->items[i], depth + 1);
    types &= types_of_any(compat, side, compat_get(compat, schema, "anyOf"), depth + 1);
    return types & types_of_any(compat, side, compat_get(compat, schema, "oneOf"), depth + 1);
}

unsigned compat_types(struct compat *compat, enum side side, const struct tree *schema)
{
    return types_within(compat, side, schema, 0);
}

void facts_init(struct facts *facts, enum side side, unsigned types)
{
    facts->side = side;
    facts->types = types;
    facts->count = 0;
}

/* Whether there is more in it than a reference that is followed anyway. */
static bool says_more(struct compat *compat, const struct tree *schema, bool followed)
{
    for (uint32_t i = 0; i < schema->count && compat_burn(compat, 1); i++) {
        const struct compat_keyword *keyword = compat_keyword_find(schema->members[i].key);
        bool reference = followed && keyword && keyword->implied == implied_reference;
        if (!keyword || (keyword->implied && !reference))
            return true;
    }
    return false;
}

static void add_within(struct compat *compat, struct facts *facts, const struct tree *schema,
                       unsigned depth)
{
    if (schema->type == TREE_FALSE)
        facts->types = 0;
    if (schema->type != TREE_OBJECT || depth > IN_PLACE_MAX || !compat_burn(compat, 1))
        return;
    for (size_t i = 0; i < facts->count; i++)
        if (facts->list[i] == schema)
            return;
    if (depth == 0)
        facts->types &= compat_types(compat, facts->side, schema);
    const struct tree *target = compat_follow(compat, facts->side, schema, "$ref");
    const struct tree *dynamic = compat_follow(compat, facts->side, schema, "$dynamicRef");
    if (facts->count < FACTS_MAX && says_more(compat, schema, target || dynamic))
        facts->list[facts->count++] = schema;
    if (target)
        add_within(compat, facts, target, depth + 1);
    if (dynamic)
        add_within(compat, facts, dynamic, depth + 1);
    const struct tree *all = compat_get(compat, schema, "allOf");
    for (uint32_t i = 0; i < compat_count(all, TREE_ARRAY); i++)
        add_within(compat, facts, &all->items[i], depth + 1);
}

void facts_add(struct compat *compat, struct facts *facts, const struct tree *schema)
{
    add_within(compat, facts, schema, 0);
}

static bool may_evaluate(struct compat *compat, enum side side, const struct tree *schema,
                         struct span name, unsigned depth);

static bool any_may_evaluate(struct compat *compat, enum side side, const struct tree *schemas,
                             struct span name, unsigned depth)
{
    for (uint32_t i = 0; i < compat_count(schemas, TREE_ARRAY); i++)
        if (may_evaluate(compat, side, &schemas->items[i], name, depth))
            return true;
    for (uint32_t i = 0; i < compat_count(schemas, TREE_OBJECT); i++)
        if (may_evaluate(compat, side, &schemas->members[i].value, name, depth))
            return true;
    return false;
}

/* By a subschema for the same value; `unevaluatedProperties` counts in these. */
static bool inner_may_evaluate(struct compat *compat, enum side side, const struct tree *schema,
                               struct span name, unsigned depth)
{
    static const char *const lists[] = {"allOf", "anyOf", "oneOf", "dependentSchemas"};
    static const char *const single[] = {"if", "then", "else"};
    if (compat_get(compat, schema, "$dynamicRef"))
        return true;
    if (compat_get(compat, schema, "$ref")) {
        const struct tree *target = compat_follow(compat, side, schema, "$ref");
        if (!target || may_evaluate(compat, side, target, name, depth))
            return true;
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (any_may_evaluate(compat, side, compat_get(compat, schema, lists[i]), name, depth))
            return true;
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        const struct tree *inner = compat_get(compat, schema, single[i]);
        if (inner && may_evaluate(compat, side, inner, name, depth))
            return true;
    }
    return false;
}

static bool own_may_evaluate(struct compat *compat, const struct tree *schema, struct span name)
{
    return compat_find(compat, compat_get(compat, schema, "properties"), name) ||
           compat_get(compat, schema, "patternProperties") ||
           compat_get(compat, schema, "additionalProperties");
}

static bool may_evaluate(struct compat *compat, enum side side, const struct tree *schema,
                         struct span name, unsigned depth)
{
    if (schema->type != TREE_OBJECT)
        return false;
    return depth > IN_PLACE_MAX || !compat_burn(compat, 1) ||
           own_may_evaluate(compat, schema, name) ||
           compat_get(compat, schema, "unevaluatedProperties") ||
           inner_may_evaluate(compat, side, schema, name, depth + 1);
}

void facts_member(struct compat *compat, const struct facts *facts, struct span name,
                  struct facts *ret_facts)
{
    facts_init(ret_facts, facts->side, TYPE_ALL);
    for (size_t i = 0; i < facts->count; i++) {
        const struct tree *schema = facts->list[i];
        const struct tree *member =
            compat_find(compat, compat_get(compat, schema, "properties"), name);
        const struct tree *patterns = compat_get(compat, schema, "patternProperties");
        if (!member && compat_count(patterns, TREE_OBJECT) == 0)
            member = compat_get(compat, schema, "additionalProperties");
        const struct tree *rest = compat_get(compat, schema, "unevaluatedProperties");
        if (!member && rest && !own_may_evaluate(compat, schema, name) &&
            !inner_may_evaluate(compat, facts->side, schema, name, 0))
            member = rest;
        if (member)
            facts_add(compat, ret_facts, member);
    }
}

void facts_item(struct compat *compat, const struct facts *facts, uint64_t index,
                struct facts *ret_facts)
{
    facts_init(ret_facts, facts->side, TYPE_ALL);
    for (size_t i = 0; i < facts->count; i++) {
        const struct tree *schema = facts->list[i];
        const struct tree *prefix = compat_get(compat, schema, "prefixItems");
        const struct tree *most = compat_get(compat, schema, "maxItems");
        uint64_t limit;
        if (most && number_count(most, &limit) && limit <= index)
            ret_facts->types = 0;
        const struct tree *item = index < compat_count(prefix, TREE_ARRAY)
                                      ? &prefix->items[index]
                                      : compat_get(compat, schema, "items");
        if (item)
            facts_add(compat, ret_facts, item);
    }
}

bool compat_lists(struct compat *compat, const struct tree *names, struct span name)
{
    for (uint32_t i = 0; i < compat_count(names, TREE_ARRAY); i++)
        if (names->items[i].type == TREE_STRING && span_equal(names->items[i].string, name))
            return compat_burn(compat, 1 + i / 16);
    compat_burn(compat, 1 + compat_count(names, TREE_ARRAY) / 16);
    return false;
}

bool facts_require(struct compat *compat, const struct facts *facts, struct span name)
{
    for (size_t i = 0; i < facts->count; i++)
        if (compat_lists(compat, compat_get(compat, facts->list[i], "required"), name))
            return true;
    return false;
}
