#include "schema/schema_compiler.h"

#include <stdlib.h>

#define BIT(type) (1U << TREE_##type)
#define ANY       (BIT(OBJECT) * 2 - 1)
#define NUMBER    (BIT(INTEGER) | BIT(REAL))
#define FLAG      (BIT(FALSE) | BIT(TRUE))
#define SCHEMA    (FLAG | BIT(OBJECT))
#define STRING    BIT(STRING)
#define ARRAY     BIT(ARRAY)
#define OBJECT    BIT(OBJECT)

#define CORE        VOCABULARY_CORE
#define APPLICATOR  VOCABULARY_APPLICATOR
#define UNEVALUATED VOCABULARY_UNEVALUATED
#define VALIDATION  VOCABULARY_VALIDATION
#define METADATA    VOCABULARY_METADATA
#define FORMAT      (VOCABULARY_FORMAT | VOCABULARY_ASSERTION)
#define CONTENT     VOCABULARY_CONTENT
#define BEHAVIOUR   VOCABULARY_BEHAVIOUR

/* Sorted by name. */
static const struct keyword keywords[] = {
    {"$anchor", CORE, 0, STRING, compile_nothing},
    {"$comment", CORE, 0, STRING, compile_nothing},
    {"$defs", CORE, 0, OBJECT, compile_definitions},
    {"$dynamicAnchor", CORE, 2020, STRING, compile_nothing},
    {"$dynamicRef", CORE, 2020, STRING, compile_dynamic_reference},
    {"$id", CORE, 0, STRING, compile_nothing},
    {"$recursiveAnchor", CORE, 2019, FLAG, compile_nothing},
    {"$recursiveRef", CORE, 2019, STRING, compile_dynamic_reference},
    {"$ref", CORE, 0, STRING, compile_reference},
    {"$schema", CORE, 0, STRING, compile_nested_dialect},
    {"$vocabulary", CORE, 0, OBJECT, compile_nothing},
    {"additionalItems", APPLICATOR, 2019, SCHEMA, compile_additional_items},
    {"additionalProperties", APPLICATOR, 0, SCHEMA, compile_additional},
    {"allOf", APPLICATOR, 0, ARRAY, compile_all_of},
    {"anyOf", APPLICATOR, 0, ARRAY, compile_any_of},
    {"const", VALIDATION, 0, ANY, compile_const},
    {"contains", APPLICATOR, 0, SCHEMA, compile_contains},
    {"contentEncoding", CONTENT, 0, STRING, compile_nothing},
    {"contentMediaType", CONTENT, 0, STRING, compile_nothing},
    {"contentSchema", CONTENT, 0, SCHEMA, compile_lone_schema},
    {"default", METADATA, 0, ANY, compile_default},
    {"definitions", CORE, 0, OBJECT, compile_definitions},
    {"dependencies", APPLICATOR, 0, OBJECT, compile_dependents},
    {"dependentRequired", VALIDATION, 0, OBJECT, compile_dependents},
    {"dependentSchemas", APPLICATOR, 0, OBJECT, compile_dependents},
    {"deprecated", METADATA, 0, FLAG, compile_nothing},
    {"description", METADATA, 0, STRING, compile_nothing},
    {"else", APPLICATOR, 0, SCHEMA, compile_lone_schema},
    {"enum", VALIDATION, 0, ARRAY, compile_enum},
    {"examples", METADATA, 0, ARRAY, compile_nothing},
    {"exclusiveMaximum", VALIDATION, 0, NUMBER, compile_exclusive_maximum},
    {"exclusiveMinimum", VALIDATION, 0, NUMBER, compile_exclusive_minimum},
    {"format", FORMAT, 0, STRING, compile_format},
    {"if", APPLICATOR, 0, SCHEMA, compile_if},
    {"items", APPLICATOR, 0, SCHEMA | ARRAY, compile_items},
    {"maxContains", VALIDATION, 0, NUMBER, compile_max_contains},
    {"maxItems", VALIDATION, 0, NUMBER, compile_max_items},
    {"maxLength", VALIDATION, 0, NUMBER, compile_max_length},
    {"maxProperties", VALIDATION, 0, NUMBER, compile_max_properties},
    {"maximum", VALIDATION, 0, NUMBER, compile_maximum},
    {"minContains", VALIDATION, 0, NUMBER, compile_min_contains},
    {"minItems", VALIDATION, 0, NUMBER, compile_min_items},
    {"minLength", VALIDATION, 0, NUMBER, compile_min_length},
    {"minProperties", VALIDATION, 0, NUMBER, compile_min_properties},
    {"minimum", VALIDATION, 0, NUMBER, compile_minimum},
    {"multipleOf", VALIDATION, 0, NUMBER, compile_multiple_of},
    {"not", APPLICATOR, 0, SCHEMA, compile_not},
    {"oneOf", APPLICATOR, 0, ARRAY, compile_one_of},
    {"pattern", VALIDATION, 0, STRING, compile_pattern},
    {"patternProperties", APPLICATOR, 0, OBJECT, compile_patterns},
    {"prefixItems", APPLICATOR, 2020, ARRAY, compile_prefix_items},
    {"properties", APPLICATOR, 0, OBJECT, compile_properties},
    {"propertyNames", APPLICATOR, 0, SCHEMA, compile_names},
    {"readOnly", METADATA, 0, FLAG, compile_read_only},
    {"required", VALIDATION, 0, ARRAY, compile_required},
    {"then", APPLICATOR, 0, SCHEMA, compile_lone_schema},
    {"title", METADATA, 0, STRING, compile_nothing},
    {"type", VALIDATION, 0, STRING | ARRAY, compile_type},
    {"unevaluatedItems", UNEVALUATED, 0, SCHEMA, compile_unevaluated_items},
    {"unevaluatedProperties", UNEVALUATED, 0, SCHEMA, compile_unevaluated_properties},
    {"uniqueItems", VALIDATION, 0, FLAG, compile_unique_items},
    {"writeOnly", METADATA, 0, FLAG, compile_nothing},
    {"x-commands", BEHAVIOUR, 0, ANY, NULL},
    {"x-id", BEHAVIOUR, 0, ANY, NULL},
    {"x-index", BEHAVIOUR, 0, ANY, NULL},
    {"x-invariants", BEHAVIOUR, 0, ANY, NULL},
    {"x-migrate", BEHAVIOUR, 0, ANY, NULL},
    {"x-on-delete", BEHAVIOUR, 0, ANY, compile_on_delete},
    {"x-outbox", BEHAVIOUR, 0, ANY, compile_outbox},
    {"x-queries", BEHAVIOUR, 0, ANY, NULL},
    {"x-ref", BEHAVIOUR, 0, ANY, compile_ref},
    {"x-require-version", BEHAVIOUR, 0, FLAG, compile_require_version},
    {"x-retain", BEHAVIOUR, 0, ANY, NULL},
    {"x-unique", BEHAVIOUR, 0, ANY, compile_unique},
};

#define KEYWORD_COUNT (sizeof(keywords) / sizeof(keywords[0]))

static int compare_name(const void *name, const void *row)
{
    const struct keyword *keyword = row;
    return tree_key_compare(*(const struct span *)name, span_of_string(keyword->name));
}

/* A hostile schema may have very many members, so the rows are not just tried in turn. */
static const struct keyword *find(struct span name)
{
    return bsearch(&name, keywords, KEYWORD_COUNT, sizeof(keywords[0]), compare_name);
}

const struct keyword *keyword_find(const struct resource *resource, struct span name)
{
    const struct keyword *keyword = find(name);
    if (!keyword || !(keyword->vocabularies & resource->vocabularies) ||
        (keyword->draft && (keyword->draft == 2019) != resource->draft_2019))
        return NULL;
    return keyword;
}

void keyword_suggest(struct suggestion *suggestion)
{
    for (size_t i = 0; i < KEYWORD_COUNT; i++)
        if (keywords[i].draft != 2019)
            suggestion_offer(suggestion, span_of_string(keywords[i].name));
}

unsigned vocabulary_find(struct span uri)
{
    static const struct {
        const char *name;
        unsigned vocabulary;
    } names[] = {
        {"core", VOCABULARY_CORE},
        {"applicator", VOCABULARY_APPLICATOR},
        {"unevaluated", VOCABULARY_UNEVALUATED},
        {"validation", VOCABULARY_VALIDATION},
        {"meta-data", VOCABULARY_METADATA},
        {"format-annotation", VOCABULARY_FORMAT},
        {"format-assertion", VOCABULARY_ASSERTION},
        {"content", VOCABULARY_CONTENT},
    };
    struct span prefix = span_of_string("https://json-schema.org/draft/2020-12/vocab/");
    if (span_is(uri, SCHEMA_BEHAVIOUR_URI))
        return VOCABULARY_BEHAVIOUR;
    if (!span_starts_with(uri, prefix))
        return 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (span_is(span_skip(uri, prefix.size), names[i].name))
            return names[i].vocabulary;
    return 0;
}
