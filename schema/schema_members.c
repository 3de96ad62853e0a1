/* The names that the schema of an object knows: from `properties`, `required` and what depends on
 * a member, gathered so that one look-up a member tells all. */
#include "schema/schema_compiler.h"

#include <stdlib.h>

static int compare_names(const void *left, const void *right, void *properties)
{
    const struct property *all = properties;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int order = tree_key_compare(all[a].name, all[b].name);
    return order != 0 ? order : (a > b) - (a < b);
}

static uint32_t find_sorted(const struct object_rules *rules, struct span name)
{
    uint32_t low = 0, high = rules->property_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = tree_key_compare(name, rules->properties[rules->sorted[middle]].name);
        if (order == 0)
            return rules->sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NODE_NO_PROPERTY;
}

/* Fibonacci hashing: the upper bits of the product are the best mixed. */
static uint32_t slot_of(uint64_t hash, unsigned shift)
{
    return (uint32_t)(hash * 0x9e3779b97f4a7c15 >> shift);
}

/* How far a name may be from its slot. A table where that is not enough is not used: its names were
 * made to collide. */
#define RUN_MAX 16

uint32_t object_find(const struct object_rules *rules, struct span name, uint64_t hash)
{
    if (!rules->slots)
        return find_sorted(rules, name);
    uint32_t mask = (uint32_t)(((uint64_t)1 << (64 - rules->shift)) - 1);
    uint32_t slot = slot_of(hash, rules->shift);
    for (uint32_t run = 0; run <= RUN_MAX; run++, slot = (slot + 1) & mask) {
        uint32_t at = rules->slots[slot];
        if (at == NODE_NO_PROPERTY)
            return NODE_NO_PROPERTY;
        if (property_is(&rules->properties[at], name, hash))
            return at;
    }
    return NODE_NO_PROPERTY;
}

static uint32_t count_in(const struct tree *value)
{
    return value && value->type >= TREE_ARRAY ? value->count : 0;
}

/* The keywords that name members, in the schema under way. */
struct sources {
    const struct tree *properties;
    const struct tree *required;
    const struct tree *dependents[3];
};

static const char *const dependent_keywords[] = {"dependentRequired", "dependentSchemas",
                                                 "dependencies"};

static const struct tree *source_of(const struct node *node, const char *name, enum tree_type type)
{
    const struct keyword *keyword = keyword_find(node->resource, span_of_string(name));
    const struct tree *value = keyword ? tree_get(node->source, name) : NULL;
    return value && value->type == type ? value : NULL;
}

static struct dependent *compile_dependent(struct compiler *compiler, struct node *node,
                                           const struct place *place, const char *keyword)
{
    struct dependent *dependent = compile_alloc(compiler, 1, sizeof(*dependent));
    if (!dependent)
        return NULL;
    dependent->keyword = keyword;
    if (place->value->type == TREE_ARRAY) {
        dependent->names = place->value;
    } else {
        const struct tree_member *in = tree_member_of(place->up->value);
        dependent->node = compile_node(compiler, node, place, in, SITE_INNER);
        if (!dependent->node)
            return NULL;
    }
    return dependent;
}

static struct property *add_dependents(struct compiler *compiler, struct node *node,
                                       const struct place *place, const struct sources *sources,
                                       struct property *next)
{
    for (size_t k = 0; k < 3; k++) {
        const struct tree *map = sources->dependents[k];
        struct place outer = place_of(place, map);
        for (uint32_t i = 0; i < count_in(map) && !compile_failed(compiler); i++, next++) {
            struct place inner = place_of(&outer, &map->members[i].value);
            next->name = map->members[i].key;
            next->dependents = compile_dependent(compiler, node, &inner, dependent_keywords[k]);
        }
    }
    return next;
}

/* One entry for each time a name is given, those of `properties` first. */
static uint32_t gather(struct compiler *compiler, struct node *node, const struct place *place,
                       const struct sources *sources, struct property *properties)
{
    struct property *next = properties;
    if (sources->properties) {
        struct place outer = place_of(place, sources->properties);
        struct node **nodes = compile_nodes(
            compiler, node, &outer, node->site <= SITE_PROPERTY ? SITE_PROPERTY : SITE_INNER);
        for (uint32_t i = 0; nodes && i < sources->properties->count; i++, next++) {
            next->source = &sources->properties->members[i];
            next->name = next->source->key;
            next->node = nodes[i];
        }
    }
    for (uint32_t i = 0; i < count_in(sources->required); i++) {
        if (sources->required->items[i].type != TREE_STRING)
            continue; /* a fault that is known */
        next->name = sources->required->items[i].string;
        next->required = true;
        next++;
    }
    next = add_dependents(compiler, node, place, sources, next);
    return (uint32_t)(next - properties);
}

static void merge(struct property *into, struct property *from)
{
    into->required |= from->required;
    if (from->dependents) {
        from->dependents->next = into->dependents;
        into->dependents = from->dependents;
    }
    from->merged = true;
}

static void sort(struct object_rules *rules)
{
    for (uint32_t i = 0; i < rules->property_count; i++)
        rules->sorted[i] = i;
    qsort_r(rules->sorted, rules->property_count, sizeof(*rules->sorted), compare_names,
            rules->properties);
}

static void unite(struct object_rules *rules)
{
    struct property *all = rules->properties;
    sort(rules);
    for (uint32_t i = 1, first = 0; i < rules->property_count; i++) {
        struct property *one = &all[rules->sorted[first]], *other = &all[rules->sorted[i]];
        if (span_equal(one->name, other->name))
            merge(one, other);
        else
            first = i;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < rules->property_count; i++)
        if (!all[i].merged)
            all[kept++] = all[i];
    rules->property_count = kept;
    for (uint32_t i = 0; i < kept; i++) {
        all[i].hash = tree_key_hash(all[i].name);
        rules->required_count += all[i].required;
    }
    sort(rules);
}

static void make_table(struct compiler *compiler, struct object_rules *rules)
{
    unsigned bits = 2;
    while (((uint64_t)1 << bits) < (uint64_t)rules->property_count * 2)
        bits++;
    uint32_t mask = (uint32_t)(((uint64_t)1 << bits) - 1);
    uint32_t *slots = compile_alloc(compiler, (size_t)mask + 1, sizeof(*slots));
    if (!slots)
        return;
    rules->shift = 64 - bits;
    memset(slots, 0xff, ((size_t)mask + 1) * sizeof(*slots));
    for (uint32_t i = 0; i < rules->property_count; i++) {
        uint32_t slot = slot_of(rules->properties[i].hash, rules->shift), run = 0;
        for (; slots[slot] != NODE_NO_PROPERTY; slot = (slot + 1) & mask)
            if (++run > RUN_MAX)
                return;
        slots[slot] = i;
    }
    rules->slots = slots;
}

/* What the members tell about the whole. */
static void sum_up(struct compiler *compiler, struct node *node)
{
    for (uint32_t i = 0; i < node->object->declared_count; i++) {
        const struct property *property = &node->object->properties[i];
        bool added = property->required && property->node->default_value;
        node->guards |= property->node->read_only || property->node->guards;
        node->completes |= added || property->node->completes;
        const struct pending pending = {.node = property->node};
        if (added && compiler->document->is_main)
            compile_later(compiler, &compiler->defaults_end, &pending);
    }
}

void compile_members(struct compiler *compiler, struct node *node, const struct place *place)
{
    struct object_rules *rules = compile_object(compiler, node);
    struct sources sources = {.properties = source_of(node, "properties", TREE_OBJECT),
                              .required = source_of(node, "required", TREE_ARRAY)};
    size_t count = (size_t)count_in(sources.properties) + count_in(sources.required);
    for (size_t k = 0; k < 3; k++) {
        sources.dependents[k] = source_of(node, dependent_keywords[k], TREE_OBJECT);
        count += count_in(sources.dependents[k]);
    }
    if (!rules || rules->properties || count == 0)
        return;
    rules->properties = compile_alloc(compiler, count, sizeof(*rules->properties));
    rules->sorted = compile_alloc(compiler, count, sizeof(*rules->sorted));
    if (!rules->properties || !rules->sorted)
        return;
    rules->property_count = gather(compiler, node, place, &sources, rules->properties);
    if (compile_failed(compiler))
        return;
    rules->declared_count = count_in(sources.properties);
    unite(rules);
    make_table(compiler, rules);
    sum_up(compiler, node);
}
