#include "schema/compat_internal.h"

#include <stdlib.h>

#define NUMBERS TYPE_NUMBERS
#define STRINGS TYPE_BIT(STRING)
#define ARRAYS  TYPE_BIT(ARRAY)
#define OBJECTS TYPE_BIT(OBJECT)
#define ANY     TYPE_ALL
#define PLAIN   KEYWORD_PLAIN
#define WALKED  KEYWORD_WALKED
#define SILENT  KEYWORD_SILENT

#define NO_EFFECT "it has no effect on entities"
#define WRITES    "it is about writes to come, and existing entities stay as they are"
#define STAYS     "it says nothing of which entities are valid"

/* Sorted by name. */
static const struct compat_keyword keywords[] = {
    {.name = "$anchor", .flags = SILENT},
    {.name = "$comment", .effect = NO_EFFECT},
    {.name = "$defs", .flags = SILENT},
    {.name = "$dynamicAnchor", .flags = SILENT},
    {"$dynamicRef", ANY, WALKED, implied_reference, NULL},
    {.name = "$id", .effect = NO_EFFECT},
    {"$ref", ANY, WALKED, implied_reference, NULL},
    {.name = "$schema", .effect = NO_EFFECT},
    {.name = "$vocabulary", .effect = NO_EFFECT},
    {"additionalProperties", OBJECTS, WALKED, implied_additional, NULL},
    {"allOf", ANY, WALKED, implied_all, NULL},
    {"anyOf", ANY, 0, implied_any, NULL},
    {"const", ANY, PLAIN, implied_enum, NULL},
    {"contains", ARRAYS, 0, implied_contains, NULL},
    {.name = "contentEncoding", .effect = NO_EFFECT},
    {.name = "contentMediaType", .effect = NO_EFFECT},
    {.name = "contentSchema", .effect = NO_EFFECT},
    {.name = "default", .effect = "entities that have the member keep its value"},
    {"dependentRequired", OBJECTS, PLAIN, implied_dependent_required, NULL},
    {"dependentSchemas", OBJECTS, 0, implied_dependent_schemas, NULL},
    {.name = "deprecated", .effect = NO_EFFECT},
    {.name = "description", .effect = NO_EFFECT},
    {.name = "else", .flags = SILENT},
    {"enum", ANY, PLAIN, implied_enum, NULL},
    {.name = "examples", .effect = NO_EFFECT},
    {"exclusiveMaximum", NUMBERS, PLAIN, implied_limit, NULL},
    {"exclusiveMinimum", NUMBERS, PLAIN, implied_limit, NULL},
    {"format", STRINGS, PLAIN, implied_format, NULL},
    {"if", ANY, 0, implied_if, NULL},
    {"items", ARRAYS, WALKED, implied_items, NULL},
    {.name = "maxContains", .flags = SILENT},
    {"maxItems", ARRAYS, PLAIN, implied_limit, NULL},
    {"maxLength", STRINGS, PLAIN, implied_limit, NULL},
    {"maxProperties", OBJECTS, PLAIN, implied_limit, NULL},
    {"maximum", NUMBERS, PLAIN, implied_limit, NULL},
    {.name = "minContains", .flags = SILENT},
    {"minItems", ARRAYS, PLAIN, implied_limit, NULL},
    {"minLength", STRINGS, PLAIN, implied_limit, NULL},
    {"minProperties", OBJECTS, PLAIN, implied_limit, NULL},
    {"minimum", NUMBERS, PLAIN, implied_limit, NULL},
    {"multipleOf", NUMBERS, PLAIN, implied_divisor, NULL},
    {"not", ANY, 0, implied_not, NULL},
    {"oneOf", ANY, 0, implied_one, NULL},
    {"pattern", STRINGS, PLAIN, implied_pattern, NULL},
    {"patternProperties", OBJECTS, WALKED, implied_patterns, NULL},
    {"prefixItems", ARRAYS, WALKED, implied_prefix, NULL},
    {"properties", OBJECTS, WALKED | KEYWORD_LISTED, implied_properties, NULL},
    {"propertyNames", OBJECTS, WALKED, implied_names, NULL},
    {.name = "readOnly", .effect = WRITES},
    {"required", OBJECTS, WALKED | KEYWORD_LISTED, implied_required, NULL},
    {.name = "then", .flags = SILENT},
    {.name = "title", .effect = NO_EFFECT},
    {"type", ANY, PLAIN, implied_type, NULL},
    {"unevaluatedItems", ARRAYS, 0, implied_unevaluated_items, NULL},
    {"unevaluatedProperties", OBJECTS, 0, implied_unevaluated, NULL},
    {"uniqueItems", ARRAYS, PLAIN, implied_unique_items, NULL},
    {.name = "writeOnly", .effect = NO_EFFECT},
    {.name = "x-commands", .effect = STAYS},
    {"x-id", ANY, PLAIN, implied_by_none, NULL},
    {.name = "x-index", .effect = STAYS},
    {"x-invariants", ANY, PLAIN, implied_by_none, NULL},
    {"x-migrate", ANY, PLAIN, implied_by_none, NULL},
    {.name = "x-on-delete", .effect = WRITES},
    {.name = "x-outbox", .effect = WRITES},
    {.name = "x-queries", .effect = STAYS},
    {"x-ref", ANY, PLAIN, implied_ref, NULL},
    {.name = "x-require-version", .effect = WRITES},
    {.name = "x-retain", .effect = STAYS},
    {"x-unique", ANY, PLAIN, implied_unique, NULL},
};

#define KEYWORD_COUNT (sizeof(keywords) / sizeof(keywords[0]))

static int compare_name(const void *name, const void *row)
{
    const struct compat_keyword *keyword = row;
    return tree_key_compare(*(const struct span *)name, span_of_string(keyword->name));
}

const struct compat_keyword *compat_keyword_find(struct span name)
{
    return bsearch(&name, keywords, KEYWORD_COUNT, sizeof(keywords[0]), compare_name);
}
