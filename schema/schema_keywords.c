#include "schema/schema_internal.h"

#define BIT(type) (1U << TREE_##type)
#define ANY       (BIT(OBJECT) * 2 - 1)
#define NUMBERS   (BIT(INTEGER) | BIT(REAL))
#define STRINGS   BIT(STRING)
#define ARRAYS    BIT(ARRAY)
#define OBJECTS   BIT(OBJECT)

/* Sorted by name. */
static const struct keyword keywords[] = {
    {.name = "$anchor"},
    {.name = "$comment", .compile = compile_text},
    {.name = "$defs", .compile = compile_definitions},
    {.name = "$dynamicAnchor"},
    {.name = "$dynamicRef"},
    {.name = "$id", .compile = compile_id},
    {"$ref", ANY, true, compile_reference, check_reference},
    {.name = "$schema", .compile = compile_dialect},
    {.name = "$vocabulary"},
    {"additionalProperties", OBJECTS, false, compile_subschema, check_additional},
    {"allOf", ANY, true, compile_subschemas, check_all_of},
    {"anyOf", ANY, true, compile_subschemas, check_any_of},
    {"const", ANY, false, compile_any, check_const},
    {"contains", ARRAYS, false, compile_subschema, check_contains},
    {.name = "contentEncoding"},
    {.name = "contentMediaType"},
    {.name = "contentSchema"},
    {.name = "default", .compile = compile_default},
    {.name = "dependentRequired"},
    {.name = "dependentSchemas"},
    {.name = "deprecated", .compile = compile_flag},
    {.name = "description", .compile = compile_text},
    {.name = "else", .in_place = true, .compile = compile_subschema},
    {"enum", ANY, false, compile_enum, check_enum},
    {.name = "examples", .compile = compile_list},
    {"exclusiveMaximum", NUMBERS, false, compile_number, check_exclusive_maximum},
    {"exclusiveMinimum", NUMBERS, false, compile_number, check_exclusive_minimum},
    {"format", STRINGS, false, compile_format, check_format},
    {"if", ANY, true, compile_subschema, check_if},
    {"items", ARRAYS, false, compile_subschema, check_items},
    {.name = "maxContains", .compile = compile_count},
    {"maxItems", ARRAYS, false, compile_count, check_max_items},
    {"maxLength", STRINGS, false, compile_count, check_max_length},
    {"maxProperties", OBJECTS, false, compile_count, check_max_properties},
    {"maximum", NUMBERS, false, compile_number, check_maximum},
    {.name = "minContains", .compile = compile_count},
    {"minItems", ARRAYS, false, compile_count, check_min_items},
    {"minLength", STRINGS, false, compile_count, check_min_length},
    {"minProperties", OBJECTS, false, compile_count, check_min_properties},
    {"minimum", NUMBERS, false, compile_number, check_minimum},
    {"multipleOf", NUMBERS, false, compile_divisor, check_multiple_of},
    {"not", ANY, true, compile_subschema, check_not},
    {"oneOf", ANY, true, compile_subschemas, check_one_of},
    {.name = "pattern"},
    {.name = "patternProperties"},
    {"prefixItems", ARRAYS, false, compile_subschemas, check_prefix_items},
    {"properties", OBJECTS, false, compile_properties, check_properties},
    {"propertyNames", OBJECTS, false, compile_subschema, check_names},
    {.name = "readOnly", .compile = compile_read_only},
    {"required", OBJECTS, false, compile_required, check_required},
    {.name = "then", .in_place = true, .compile = compile_subschema},
    {.name = "title", .compile = compile_text},
    {"type", ANY, false, compile_type, check_type},
    {.name = "unevaluatedItems"},
    {.name = "unevaluatedProperties"},
    {"uniqueItems", ARRAYS, false, compile_flag, check_unique_items},
    {.name = "writeOnly", .compile = compile_flag},
    {.name = "x-commands"},
    {.name = "x-id"},
    {.name = "x-index"},
    {.name = "x-invariants"},
    {.name = "x-migrate"},
    {.name = "x-on-delete"},
    {.name = "x-outbox", .compile = compile_outbox},
    {.name = "x-queries"},
    {.name = "x-ref"},
    {.name = "x-require-version", .compile = compile_require_version},
    {.name = "x-retain"},
    {.name = "x-unique", .compile = compile_unique},
};

#define KEYWORD_COUNT (sizeof(keywords) / sizeof(keywords[0]))

/* A hostile schema may have very many members, so the rows are not just tried in turn. */
const struct keyword *keyword_find(struct span name)
{
    size_t low = 0, high = KEYWORD_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct span candidate = span_of_string(keywords[middle].name);
        size_t common = name.size < candidate.size ? name.size : candidate.size;
        int order = memcmp(name.data ? name.data : (const void *)"", candidate.data, common);
        if (order == 0 && name.size == candidate.size)
            return &keywords[middle];
        if (order < 0 || (order == 0 && name.size < candidate.size))
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void keyword_suggest(struct suggestion *suggestion)
{
    if (span_is(suggestion->word, "definitions")) /* its name before draft 2019-09 */
        suggestion->best = span_of_string("$defs");
    for (size_t i = 0; i < KEYWORD_COUNT; i++)
        suggestion_offer(suggestion, span_of_string(keywords[i].name));
}
