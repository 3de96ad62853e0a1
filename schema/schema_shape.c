/* What the keywords make of their values that tell about the value itself. */
#include "schema/schema_compiler.h"

#include <stdlib.h>

#define NUMBERS (1U << TREE_INTEGER | 1U << TREE_REAL)

void compile_nothing(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                     const struct place *place)
{
    (void)compiler, (void)node, (void)keyword, (void)place;
}

void compile_default(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                     const struct place *place)
{
    (void)compiler, (void)keyword;
    node->default_value = place->value;
}

void compile_read_only(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                       const struct place *place)
{
    (void)compiler, (void)keyword;
    node->read_only = place->value->type == TREE_TRUE;
}

static unsigned type_bits(struct span name)
{
    static const struct {
        const char *name;
        unsigned bits;
    } types[] = {
        {"null", 1U << TREE_NULL},     {"boolean", 1U << TREE_FALSE | 1U << TREE_TRUE},
        {"number", NUMBERS},           {"integer", 1U << TREE_INTEGER},
        {"string", 1U << TREE_STRING}, {"array", 1U << TREE_ARRAY},
        {"object", 1U << TREE_OBJECT},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (span_is(name, types[i].name))
            return types[i].bits;
    return 0;
}

static unsigned take_type(struct compiler *compiler, const struct keyword *keyword,
                          const struct place *place)
{
    const struct tree *value = place->value;
    unsigned bits = value->type == TREE_STRING ? type_bits(value->string) : 0;
    if (bits == 0)
        compile_fault(compiler, keyword, place,
                      "%s is not a type; the types are null, boolean, integer, number, string, "
                      "array and object",
                      quote_value(value).text);
    return bits;
}

/* Adds a fault when two items are equal. */
static void refuse_duplicates(struct compiler *compiler, const struct keyword *keyword,
                              const struct place *place)
{
    uint32_t pair[2];
    struct check check;
    check_init(&check, compiler->schema);
    check.fuel = (int64_t)compiler->fuel;
    if (check_duplicate(&check, place->value, pair))
        compile_fault(compiler, keyword, place, "%s is given twice",
                      quote_value(&place->value->items[pair[1]]).text);
    compiler->fuel = check.fuel > 0 ? (uint64_t)check.fuel : 0;
    compiler->faults.no_memory |= check.error == -ERR_NO_MEMORY;
    if (check.error == -ERR_SCHEMA_BUDGET)
        compile_fault(compiler, keyword, place, "it takes too many steps to check");
}

void compile_type(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                  const struct place *place)
{
    const struct tree *value = place->value;
    unsigned types = 0;
    if (value->type != TREE_ARRAY) {
        types = take_type(compiler, keyword, place);
    } else {
        if (value->count == 0)
            compile_fault(compiler, keyword, place,
                          "\"type\" takes a type or a list of one or more");
        for (uint32_t i = 0; i < value->count; i++) {
            struct place item = place_of(place, &value->items[i]);
            types |= take_type(compiler, keyword, &item);
        }
        refuse_duplicates(compiler, keyword, place);
    }
    node->types = (uint16_t)types;
    node->integral = (types & NUMBERS) == 1U << TREE_INTEGER;
}

/* So few that each is tried. */
#define CHOICES_TRIED 8

void compile_enum(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                  const struct place *place)
{
    (void)keyword;
    const struct tree *list = place->value;
    struct choices *choices = compile_alloc(compiler, 1, sizeof(*choices));
    if (!choices)
        return;
    choices->list = list;
    node->choices = choices;
    if (list->count <= CHOICES_TRIED)
        return;
    struct hashed *hashes = compile_alloc(compiler, list->count, sizeof(*hashes));
    if (hashes)
        hash_items(list, hashes);
    choices->hashes = hashes;
}

void compile_const(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                   const struct place *place)
{
    (void)compiler, (void)keyword;
    node->constant = place->value;
}

static bool is_list_of_names(const struct tree *value)
{
    if (value->type != TREE_ARRAY)
        return false;
    for (uint32_t i = 0; i < value->count; i++)
        if (value->items[i].type != TREE_STRING)
            return false;
    return true;
}

void compile_required(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                      const struct place *place)
{
    compile_members(compiler, node, place->up);
    if (is_list_of_names(place->value))
        refuse_duplicates(compiler, keyword, place);
    else
        compile_fault(compiler, keyword, place, "\"required\" takes an array of member names");
}

void compile_dependents(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                        const struct place *place)
{
    compile_members(compiler, node, place->up);
    bool required = strcmp(keyword->name, "dependentRequired") == 0;
    bool schemas = strcmp(keyword->name, "dependentSchemas") == 0;
    for (uint32_t i = 0; i < place->value->count; i++) {
        struct place inner = place_of(place, &place->value->members[i].value);
        if (!schemas && is_list_of_names(inner.value))
            refuse_duplicates(compiler, keyword, &inner);
        else if (required || inner.value->type == TREE_ARRAY)
            compile_fault(compiler, keyword, &inner, "\"%s\" takes arrays of member names",
                          keyword->name);
    }
}

static uint64_t take_count(struct compiler *compiler, const struct keyword *keyword,
                           const struct place *place)
{
    uint64_t count = 0;
    if (!number_count(place->value, &count))
        compile_fault(compiler, keyword, place, "\"%s\" takes a whole number from 0, not %s",
                      keyword->name, quote_value(place->value).text);
    return count;
}

#define COUNT(function, kind, member)                                                              \
    void function(struct compiler *compiler, struct node *node, const struct keyword *keyword,     \
                  const struct place *place)                                                       \
    {                                                                                              \
        struct kind##_rules *rules = compile_##kind(compiler, node);                               \
        uint64_t count = take_count(compiler, keyword, place);                                     \
        if (rules)                                                                                 \
            rules->member = count;                                                                 \
    }

COUNT(compile_min_properties, object, min)
COUNT(compile_max_properties, object, max)
COUNT(compile_min_items, array, min)
COUNT(compile_max_items, array, max)
COUNT(compile_max_contains, array, max_contains)
COUNT(compile_min_length, string, min)
COUNT(compile_max_length, string, max)

void compile_min_contains(struct compiler *compiler, struct node *node,
                          const struct keyword *keyword, const struct place *place)
{
    struct array_rules *rules = compile_array(compiler, node);
    uint64_t count = take_count(compiler, keyword, place);
    if (!rules)
        return;
    rules->min_contains = count;
    rules->counts_contains = true;
}

void compile_unique_items(struct compiler *compiler, struct node *node,
                          const struct keyword *keyword, const struct place *place)
{
    (void)keyword;
    struct array_rules *rules = compile_array(compiler, node);
    if (rules)
        rules->unique = place->value->type == TREE_TRUE;
}

void compile_pattern(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                     const struct place *place)
{
    struct string_rules *rules = compile_string(compiler, node);
    if (!rules)
        return;
    rules->pattern_text = place->value->string;
    rules->pattern = compile_regex(compiler, keyword, place, place->value->string);
}

/* One that is not known is an annotation, unless it looks misspelt. */
void compile_format(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                    const struct place *place)
{
    const struct format *format = format_find(place->value->string), *all;
    bool asserted =
        !compiler->options->annotate_formats || node->resource->vocabularies & VOCABULARY_ASSERTION;
    if (format && asserted) {
        struct string_rules *rules = compile_string(compiler, node);
        if (rules)
            rules->format = format;
    }
    if (format || !compile_is_strict(compiler))
        return;
    struct suggestion suggestion = {.word = place->value->string};
    size_t count = format_list(&all);
    for (size_t i = 0; i < count; i++)
        suggestion_offer(&suggestion, span_of_string(all[i].name));
    if (suggestion.best.size > 0)
        compile_fault(compiler, keyword, place, "the format %s is unknown%s",
                      quote_value(place->value).text, suggestion_text(&suggestion).text);
}

/* The bounds for integers that follow from one for numbers; where rounding could be in the way,
 * none, and every value is compared. For reals the nearest double does: rounding keeps the order,
 * and only what equals it is compared. */
static void narrow(struct number_rules *rules, const struct tree *bound, bool lower, bool exclusive)
{
    int64_t integral = bound->type == TREE_INTEGER ? bound->integer : 0;
    double real = bound->type == TREE_INTEGER ? (double)bound->integer : bound->real;
    if (lower)
        rules->real_low = real > rules->real_low ? real : rules->real_low;
    else
        rules->real_high = real < rules->real_high ? real : rules->real_high;
    if (bound->type != TREE_INTEGER ||
        (exclusive && (integral == INT64_MAX || integral == INT64_MIN))) {
        rules->low = INT64_MAX;
        rules->high = INT64_MIN;
    } else if (lower) {
        integral += exclusive;
        rules->low = integral > rules->low ? integral : rules->low;
    } else {
        integral -= exclusive;
        rules->high = integral < rules->high ? integral : rules->high;
    }
}

#define BOUND(function, member, lower, exclusive)                                                  \
    void function(struct compiler *compiler, struct node *node, const struct keyword *keyword,     \
                  const struct place *place)                                                       \
    {                                                                                              \
        (void)keyword;                                                                             \
        struct number_rules *rules = compile_number(compiler, node);                               \
        if (!rules)                                                                                \
            return;                                                                                \
        rules->member = place->value;                                                              \
        narrow(rules, place->value, lower, exclusive);                                             \
    }

BOUND(compile_minimum, minimum, true, false)
BOUND(compile_maximum, maximum, false, false)
BOUND(compile_exclusive_minimum, exclusive_minimum, true, true)
BOUND(compile_exclusive_maximum, exclusive_maximum, false, true)

void compile_multiple_of(struct compiler *compiler, struct node *node,
                         const struct keyword *keyword, const struct place *place)
{
    struct number_rules *rules = compile_number(compiler, node);
    const struct tree *value = place->value;
    if (rules)
        rules->multiple_of = value;
    if (!number_is_positive(value))
        compile_fault(compiler, keyword, place,
                      "\"multipleOf\" takes a number greater than 0, not %s",
                      quote_value(value).text);
    else if (!number_is_divisor(value))
        compile_fault(compiler, keyword, place,
                      "\"multipleOf\" with more than %d digits is not supported",
                      NUMBER_DIVISOR_DIGITS);
}
