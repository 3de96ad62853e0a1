#include "schema/schema_internal.h"

#include <stdlib.h>

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

void compile_any(struct compiler *compiler, struct node *node, struct rule *rule,
                 const struct place *place)
{
    (void)compiler, (void)node, (void)rule, (void)place;
}

void compile_text(struct compiler *compiler, struct node *node, struct rule *rule,
                  const struct place *place)
{
    (void)node;
    if (place->value->type != TREE_STRING)
        compile_fault(compiler, rule, place, "\"%s\" takes a string, not %s", rule->keyword->name,
                      quote_value(place->value).text);
}

void compile_flag(struct compiler *compiler, struct node *node, struct rule *rule,
                  const struct place *place)
{
    (void)node;
    if (place->value->type != TREE_TRUE && place->value->type != TREE_FALSE)
        compile_fault(compiler, rule, place, "\"%s\" takes true or false, not %s",
                      rule->keyword->name, quote_value(place->value).text);
}

void compile_list(struct compiler *compiler, struct node *node, struct rule *rule,
                  const struct place *place)
{
    (void)node;
    if (place->value->type != TREE_ARRAY)
        compile_fault(compiler, rule, place, "\"%s\" takes an array, not %s", rule->keyword->name,
                      quote_value(place->value).text);
}

void compile_default(struct compiler *compiler, struct node *node, struct rule *rule,
                     const struct place *place)
{
    (void)compiler, (void)rule;
    node->default_value = place->value;
}

void compile_read_only(struct compiler *compiler, struct node *node, struct rule *rule,
                       const struct place *place)
{
    compile_flag(compiler, node, rule, place);
    node->read_only = place->value->type == TREE_TRUE;
}

void compile_dialect(struct compiler *compiler, struct node *node, struct rule *rule,
                     const struct place *place)
{
    const struct tree *value = place->value;
    if (node->site != SITE_ROOT)
        compile_fault(compiler, rule, place, "\"$schema\" belongs to the root of the schema");
    else if (value->type != TREE_STRING ||
             (!span_is(value->string, DIALECT) && !span_is(value->string, DIALECT "#")))
        compile_fault(compiler, rule, place, "\"$schema\" is %s; the one known is \"%s\"",
                      quote_value(value).text, DIALECT);
}

void compile_id(struct compiler *compiler, struct node *node, struct rule *rule,
                const struct place *place)
{
    compile_text(compiler, node, rule, place);
    if (node->site != SITE_ROOT)
        compile_fault(compiler, rule, place,
                      "\"$id\" is implemented only at the root of the schema in this version");
}

static bool alloc_nodes(struct compiler *compiler, struct rule *rule, size_t count)
{
    rule->nodes = compile_alloc(compiler, count, sizeof(struct node *));
    rule->count = rule->nodes ? count : 0;
    return rule->nodes != NULL;
}

void compile_subschema(struct compiler *compiler, struct node *node, struct rule *rule,
                       const struct place *place)
{
    (void)node;
    if (alloc_nodes(compiler, rule, 1))
        rule->nodes[0] = compile_node(compiler, place, SITE_INNER);
}

void compile_subschemas(struct compiler *compiler, struct node *node, struct rule *rule,
                        const struct place *place)
{
    (void)node;
    const struct tree *value = place->value;
    if (value->type != TREE_ARRAY || value->count == 0) {
        compile_fault(compiler, rule, place, "\"%s\" takes an array of one schema or more",
                      rule->keyword->name);
        return;
    }
    if (!alloc_nodes(compiler, rule, value->count))
        return;
    for (uint32_t i = 0; i < value->count && !compiler->faults.no_memory; i++) {
        struct place item = place_item(place, i);
        rule->nodes[i] = compile_node(compiler, &item, SITE_INNER);
    }
}

static void compile_members(struct compiler *compiler, struct rule *rule, const struct place *place,
                            enum site site)
{
    const struct tree *value = place->value;
    if (value->type != TREE_OBJECT) {
        compile_fault(compiler, rule, place, "\"%s\" takes an object of schemas, not %s",
                      rule->keyword->name, quote_value(value).text);
        return;
    }
    if (!alloc_nodes(compiler, rule, value->count))
        return;
    for (uint32_t i = 0; i < value->count && !compiler->faults.no_memory; i++) {
        struct place member = place_member(place, &value->members[i]);
        rule->nodes[i] = compile_node(compiler, &member, site);
    }
}

void compile_definitions(struct compiler *compiler, struct node *node, struct rule *rule,
                         const struct place *place)
{
    (void)node;
    compile_members(compiler, rule, place, SITE_INNER);
}

static int compare_spans(struct span a, struct span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_properties(const void *left, const void *right, void *properties)
{
    const struct property *all = properties;
    return compare_spans(all[*(const uint32_t *)left].source->key,
                         all[*(const uint32_t *)right].source->key);
}

uint32_t node_property(const struct node *node, struct span name)
{
    uint32_t low = 0, high = node->property_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_spans(name, node->properties[node->sorted[middle]].source->key);
        if (order == 0)
            return node->sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NODE_NO_PROPERTY;
}

void compile_properties(struct compiler *compiler, struct node *node, struct rule *rule,
                        const struct place *place)
{
    compile_members(compiler, rule, place, node->site == SITE_INNER ? SITE_INNER : SITE_PROPERTY);
    uint32_t count = (uint32_t)rule->count;
    node->properties = compile_alloc(compiler, count, sizeof(*node->properties));
    node->sorted = compile_alloc(compiler, count, sizeof(*node->sorted));
    if (compiler->faults.no_memory)
        return;
    for (uint32_t i = 0; i < count; i++) {
        node->properties[i].source = &place->value->members[i];
        node->properties[i].node = rule->nodes[i];
        node->sorted[i] = i;
    }
    node->property_count = count;
    qsort_r(node->sorted, count, sizeof(*node->sorted), compare_properties, node->properties);
}

void compile_reference(struct compiler *compiler, struct node *node, struct rule *rule,
                       const struct place *place)
{
    struct span text = place->value->type == TREE_STRING ? place->value->string : span_make("", 0);
    if (place->value->type != TREE_STRING)
        compile_text(compiler, node, rule, place);
    else if (text.size == 0 || text.data[0] != '#')
        compile_fault(compiler, rule, place,
                      "%s: only references within the schema (\"#/...\") are implemented in this "
                      "version",
                      quote_value(place->value).text);
    else if (text.size > 1 && text.data[1] != '/' && text.data[1] != '%')
        compile_fault(compiler, rule, place,
                      "%s: references to an \"$anchor\" are not implemented in this version",
                      quote_value(place->value).text);
    else if (alloc_nodes(compiler, rule, 1))
        compile_later(compiler, &compiler->references, node, rule);
}

static unsigned type_bits(struct span name)
{
    static const struct {
        const char *name;
        unsigned bits;
    } types[] = {
        {"null", 1U << TREE_NULL},       {"boolean", 1U << TREE_FALSE | 1U << TREE_TRUE},
        {"integer", 1U << TREE_INTEGER}, {"number", 1U << TREE_INTEGER | 1U << TREE_REAL},
        {"string", 1U << TREE_STRING},   {"array", 1U << TREE_ARRAY},
        {"object", 1U << TREE_OBJECT},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (span_is(name, types[i].name))
            return types[i].bits;
    return 0;
}

static void take_type(struct compiler *compiler, struct rule *rule, const struct place *place)
{
    const struct tree *value = place->value;
    unsigned bits = value->type == TREE_STRING ? type_bits(value->string) : 0;
    if (bits == 0)
        compile_fault(compiler, rule, place,
                      "%s is not a type; the types are null, boolean, integer, number, string, "
                      "array and object",
                      quote_value(value).text);
    rule->types |= bits;
}

/* Adds a fault when two items are equal. */
static void refuse_duplicates(struct compiler *compiler, const struct rule *rule,
                              const struct place *place)
{
    uint32_t pair[2];
    struct check check = {.fuel = compiler->fuel};
    if (check_duplicate(&check, place->value, pair))
        compile_fault(compiler, rule, place, "%s is given twice",
                      quote_value(&place->value->items[pair[1]]).text);
    compiler->fuel = check.fuel;
    compiler->faults.no_memory |= check.error < 0;
}

void compile_type(struct compiler *compiler, struct node *node, struct rule *rule,
                  const struct place *place)
{
    (void)node;
    const struct tree *value = place->value;
    if (value->type != TREE_ARRAY) {
        take_type(compiler, rule, place);
        return;
    }
    if (value->count == 0)
        compile_fault(compiler, rule, place, "\"type\" takes a type or a list of one or more");
    for (uint32_t i = 0; i < value->count; i++) {
        struct place item = place_item(place, i);
        take_type(compiler, rule, &item);
    }
    refuse_duplicates(compiler, rule, place);
}

void compile_enum(struct compiler *compiler, struct node *node, struct rule *rule,
                  const struct place *place)
{
    (void)node;
    const struct tree *value = place->value;
    if (value->type != TREE_ARRAY || value->count == 0) {
        compile_fault(compiler, rule, place, "\"enum\" takes an array of one value or more");
        return;
    }
    struct hashed *hashes = compile_alloc(compiler, value->count, sizeof(*hashes));
    if (!hashes)
        return;
    hash_items(value, hashes);
    rule->hashes = hashes;
}

void compile_required(struct compiler *compiler, struct node *node, struct rule *rule,
                      const struct place *place)
{
    (void)node;
    bool strings = place->value->type == TREE_ARRAY;
    for (uint32_t i = 0; strings && i < place->value->count; i++)
        strings = place->value->items[i].type == TREE_STRING;
    if (strings)
        refuse_duplicates(compiler, rule, place);
    else
        compile_fault(compiler, rule, place, "\"required\" takes an array of member names");
}

void compile_count(struct compiler *compiler, struct node *node, struct rule *rule,
                   const struct place *place)
{
    (void)node;
    const struct tree *value = place->value;
    bool number = value->type == TREE_INTEGER || value->type == TREE_REAL;
    if (!number || !number_count(value, &rule->limit))
        compile_fault(compiler, rule, place, "\"%s\" takes a whole number from 0, not %s",
                      rule->keyword->name, quote_value(value).text);
}

void compile_number(struct compiler *compiler, struct node *node, struct rule *rule,
                    const struct place *place)
{
    (void)node;
    if (place->value->type != TREE_INTEGER && place->value->type != TREE_REAL)
        compile_fault(compiler, rule, place, "\"%s\" takes a number, not %s", rule->keyword->name,
                      quote_value(place->value).text);
}

void compile_divisor(struct compiler *compiler, struct node *node, struct rule *rule,
                     const struct place *place)
{
    (void)node;
    const struct tree *value = place->value;
    bool number = value->type == TREE_INTEGER || value->type == TREE_REAL;
    if (!number || !number_is_positive(value))
        compile_fault(compiler, rule, place, "\"multipleOf\" takes a number greater than 0, not %s",
                      quote_value(value).text);
    else if (!number_is_divisor(value))
        compile_fault(compiler, rule, place,
                      "\"multipleOf\" with more than 19 digits is not implemented in this version");
}

void compile_format(struct compiler *compiler, struct node *node, struct rule *rule,
                    const struct place *place)
{
    compile_text(compiler, node, rule, place);
    if (place->value->type != TREE_STRING)
        return;
    rule->format = format_find(place->value->string);
    if (!rule->format)
        compile_fault(compiler, rule, place, "the format %s is not implemented in this version",
                      quote_value(place->value).text);
}
