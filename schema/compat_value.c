/* The keywords that look at a value alone, and those of the store. */
#include "schema/compat_internal.h"
#include "schema/number.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <stdio.h>

static const char *verb_of_change(const struct tree *was, const struct tree *is)
{
    bool numbers = (type_of_value(was) & TYPE_NUMBERS) && (type_of_value(is) & TYPE_NUMBERS);
    if (!numbers)
        return "changed";
    return number_compare(was, is) < 0 ? "raised" : "lowered";
}

struct change change_of(struct compat *compat, const struct step *step, const struct tree *value)
{
    struct change change = {"added"};
    const struct tree *was = compat_get(compat, step->former, step->keyword->name);
    if (was && compat_equal(compat, was, value))
        snprintf(change.text, sizeof(change.text), "what stands beside it changed");
    else if (was && was->type < TREE_ARRAY && value->type < TREE_ARRAY)
        snprintf(change.text, sizeof(change.text), "%s from %s to %s", verb_of_change(was, value),
                 show_value(was).text, show_value(value).text);
    else if (was)
        snprintf(change.text, sizeof(change.text), "changed");
    return change;
}

static void append_types(struct buf *out, unsigned types)
{
    static const struct {
        unsigned types;
        const char *name;
    } rows[] = {
        {TYPE_BIT(NULL), "null"},       {TYPE_BOOLEANS, "true or false"},
        {TYPE_BIT(TRUE), "true"},       {TYPE_BIT(FALSE), "false"},
        {TYPE_NUMBERS, "a number"},     {TYPE_BIT(INTEGER), "a whole number"},
        {TYPE_BIT(REAL), "a fraction"}, {TYPE_BIT(STRING), "a string"},
        {TYPE_BIT(ARRAY), "an array"},  {TYPE_BIT(OBJECT), "an object"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((types & rows[i].types) != rows[i].types)
            continue;
        buf_printf(out, "%s%s", out->size > 0 ? " or " : "", rows[i].name);
        types &= ~rows[i].types;
    }
}

bool implied_type(struct compat *compat, const struct step *step, const struct tree *value)
{
    unsigned lost = step->facts->types & ~types_of_keyword(value);
    if (lost == 0)
        return true;
    if (compat->quiet)
        return false;
    AUTO_BUF struct buf names = {0};
    append_types(&names, lost);
    compat->no_memory |= buf_failed(&names);
    return compat_complain(compat, COMPAT_BREAKING, value,
                           "%s: entities with %s here become invalid",
                           change_of(compat, step, value).text, buf_string(&names));
}

/* Values by their hashes. */
struct entry {
    uint64_t hash;
    const struct tree *value;
};

struct set {
    struct entry *entries; /* sorted */
    uint32_t count;
};

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

static bool set_init(struct compat *compat, struct set *set, const struct tree *values,
                     uint32_t count)
{
    *set = (struct set){.entries = calloc((size_t)count + 1, sizeof(struct entry)), .count = count};
    compat->no_memory |= !set->entries;
    if (!set->entries || !compat_burn(compat, count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        set->entries[i] = (struct entry){tree_hash(&values[i]), &values[i]};
    qsort(set->entries, count, sizeof(*set->entries), compare_entries);
    return true;
}

static bool set_has(struct compat *compat, const struct set *set, const struct tree *value)
{
    uint64_t hash = tree_hash(value);
    uint32_t low = 0, high = set->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->entries[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < set->count && set->entries[low].hash == hash; low++)
        if (compat_equal(compat, set->entries[low].value, value))
            return true;
    return false;
}

/* Whether the set has all the values that `schema` leaves; tells those it lacks. */
static bool set_has_all(struct compat *compat, const struct step *step, const struct set *set,
                        const struct tree *schema, const struct tree *at)
{
    uint32_t count;
    const struct tree *values = finite_values(compat, schema, &count);
    bool result = values != NULL;
    for (uint32_t i = 0; values && i < count && (result || !compat->quiet); i++) {
        if (!compat_burn(compat, 1))
            return false;
        if ((type_of_value(&values[i]) & step->facts->types) && !set_has(compat, set, &values[i]))
            result = compat_complain(compat, COMPAT_BREAKING, at,
                                     "%s is not allowed any more: entities that have it become "
                                     "invalid",
                                     show_value(&values[i]).text);
    }
    return result;
}

static unsigned literals_in(const struct tree *values, uint32_t count)
{
    unsigned types = 0;
    for (uint32_t i = 0; i < count; i++)
        types |= type_of_value(&values[i]);
    return types & (TYPE_BIT(NULL) | TYPE_BOOLEANS);
}

static bool enum_follows(struct compat *compat, const struct step *step, const struct set *set,
                         const struct tree *at)
{
    compat->quiet++;
    bool result = false;
    for (size_t i = 0; i < step->facts->count && !result; i++)
        result = set_has_all(compat, step, set, step->facts->list[i], at);
    compat->quiet--;
    uint32_t count;
    if (result || compat->quiet)
        return result;
    if (step->former && finite_values(compat, step->former, &count))
        return set_has_all(compat, step, set, step->former, at);
    return compat_complain(compat, COMPAT_BREAKING, at,
                           "%s: entities with another value become invalid",
                           change_of(compat, step, at).text);
}

bool implied_enum(struct compat *compat, const struct step *step, const struct tree *value)
{
    bool list = strcmp(step->keyword->name, "enum") == 0;
    const struct tree *values = list ? value->items : value;
    uint32_t count = list ? compat_count(value, TREE_ARRAY) : 1;
    if (!(step->facts->types & ~literals_in(values, count)))
        return true;
    struct set set;
    bool result = set_init(compat, &set, values, count) && enum_follows(compat, step, &set, value);
    free(set.entries);
    return result;
}

static const struct limit {
    const char *name;
    const char *strict; /* its twin that excludes the limit itself */
    int sign;           /* 1: at least, -1: at most */
    const char *lost;
} limits[] = {
    {"minimum", "exclusiveMinimum", 1, "a smaller value"},
    {"maximum", "exclusiveMaximum", -1, "a greater value"},
    {"minLength", NULL, 1, "a shorter text"},
    {"maxLength", NULL, -1, "a longer text"},
    {"minItems", NULL, 1, "fewer items"},
    {"maxItems", NULL, -1, "more items"},
    {"minProperties", NULL, 1, "fewer members"},
    {"maxProperties", NULL, -1, "more members"},
};

static const struct limit *find_limit(const char *keyword, bool *ret_strict)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        *ret_strict = limits[i].strict && strcmp(limits[i].strict, keyword) == 0;
        if (*ret_strict || strcmp(limits[i].name, keyword) == 0)
            return &limits[i];
    }
    return NULL;
}

static int compare_count(uint64_t count, const struct tree *limit)
{
    uint64_t wanted = UINT64_MAX;
    number_count(limit, &wanted);
    return (count > wanted) - (count < wanted);
}

/* How what a limit measures in the value compares to it. */
static int measure(const struct tree *value, const struct tree *limit)
{
    switch (value->type) {
    case TREE_STRING:
        return compare_count(utf8_count(value->string), limit);
    case TREE_ARRAY:
    case TREE_OBJECT:
        return compare_count(value->count, limit);
    default:
        return number_compare(value, limit);
    }
}

static bool is_within(const struct limit *limit, bool strict, const struct tree *bound,
                      const struct tree *value)
{
    int order = limit->sign * measure(value, bound);
    return order > 0 || (order == 0 && !strict);
}

/* All values that are left are there to be tried. */
static bool values_within(struct compat *compat, const struct step *step, const struct tree *schema,
                          const struct limit *limit, bool strict, const struct tree *bound)
{
    uint32_t count;
    const struct tree *values = finite_values(compat, schema, &count);
    for (uint32_t i = 0; values && i < count; i++)
        if (!compat_burn(compat, 1 + values[i].raw.size / 64) ||
            ((type_of_value(&values[i]) & step->facts->types & step->keyword->types) &&
             !is_within(limit, strict, bound, &values[i])))
            return false;
    return values != NULL;
}

/* For whole numbers x > 4 is x >= 5. */
static bool next_is_within(const struct step *step, const struct limit *limit,
                           const struct tree *excluded, const struct tree *bound)
{
    int64_t last, least;
    if ((step->facts->types & TYPE_NUMBERS) != TYPE_BIT(INTEGER) ||
        !number_int64(excluded, &last) || !number_int64(bound, &least))
        return false;
    return limit->sign > 0 ? last < INT64_MAX && last + 1 >= least
                           : last > INT64_MIN && last - 1 <= least;
}

static bool limit_follows(struct compat *compat, const struct step *step, const struct tree *schema,
                          const struct limit *limit, bool strict, const struct tree *bound)
{
    const struct tree *plain = compat_get(compat, schema, limit->name);
    int order = plain ? limit->sign * number_compare(plain, bound) : -1;
    if (order > 0 || (order == 0 && !strict))
        return true;
    const struct tree *exclusive = limit->strict ? compat_get(compat, schema, limit->strict) : NULL;
    if (exclusive && (limit->sign * number_compare(exclusive, bound) >= 0 ||
                      (!strict && next_is_within(step, limit, exclusive, bound))))
        return true;
    return values_within(compat, step, schema, limit, strict, bound);
}

/* As an item is nowhere allowed behind so many. */
static bool ends_within(struct compat *compat, const struct step *step, const struct tree *most)
{
    uint64_t count;
    struct facts next;
    if (strcmp(step->keyword->name, "maxItems") != 0 || !number_count(most, &count))
        return false;
    facts_item(compat, step->facts, count, &next);
    return next.types == 0;
}

bool implied_limit(struct compat *compat, const struct step *step, const struct tree *value)
{
    bool strict;
    const struct limit *limit = find_limit(step->keyword->name, &strict);
    if ((!limit->strict && limit->sign > 0 && !number_is_positive(value)) ||
        ends_within(compat, step, value))
        return true;
    for (size_t i = 0; i < step->facts->count; i++)
        if (limit_follows(compat, step, step->facts->list[i], limit, strict, value))
            return true;
    return compat_complain(compat, COMPAT_BREAKING, value, "%s: entities with %s%s become invalid",
                           change_of(compat, step, value).text, strict ? "that value or " : "",
                           limit->lost);
}

bool implied_divisor(struct compat *compat, const struct step *step, const struct tree *value)
{
    struct facts const *facts = step->facts;
    for (size_t i = 0; i < facts->count && number_is_divisor(value); i++) {
        const struct tree *was = compat_get(compat, facts->list[i], "multipleOf");
        if (was && compat_burn(compat, was->raw.size + value->raw.size) &&
            number_is_multiple(was, value))
            return true;
    }
    return compat_complain(compat, COMPAT_BREAKING, value,
                           "%s: entities with a number that is no multiple of it become invalid",
                           change_of(compat, step, value).text);
}

bool implied_pattern(struct compat *compat, const struct step *step, const struct tree *value)
{
    bool changed = compat_get(compat, step->former, "pattern") != NULL;
    return compat_complain(
        compat, changed ? COMPAT_UNKNOWN : COMPAT_BREAKING, value,
        "%s: entities with a text that the pattern does not match become invalid%s",
        changed ? "changed" : "added",
        changed ? "; patterns cannot be compared, so there may be none" : "");
}

bool implied_format(struct compat *compat, const struct step *step, const struct tree *value)
{
    return compat_complain(compat, COMPAT_BREAKING, value,
                           "%s: entities with a text that is not of the format become invalid",
                           change_of(compat, step, value).text);
}

bool implied_unique_items(struct compat *compat, const struct step *step, const struct tree *value)
{
    if (value->type != TREE_TRUE)
        return true;
    struct facts second;
    facts_item(compat, step->facts, 1, &second);
    return second.types == 0 || compat_complain(compat, COMPAT_BREAKING, value,
                                                "%s: entities with two equal items become invalid",
                                                change_of(compat, step, value).text);
}

bool implied_by_none(struct compat *compat, const struct step *step, const struct tree *value)
{
    return compat_complain(compat, COMPAT_UNKNOWN, value,
                           "%s: what it does to existing entities cannot be foreseen",
                           change_of(compat, step, value).text);
}

bool implied_ref(struct compat *compat, const struct step *step, const struct tree *value)
{
    return compat_complain(compat, COMPAT_BREAKING, value,
                           "%s: entities that refer to none of the collection's entities make the "
                           "alteration fail",
                           change_of(compat, step, value).text);
}

static bool has_rule(struct compat *compat, const struct facts *facts, const struct tree *rule)
{
    for (size_t i = 0; i < facts->count; i++) {
        const struct tree *rules = compat_get(compat, facts->list[i], "x-unique");
        for (uint32_t j = 0; j < compat_count(rules, TREE_ARRAY); j++)
            if (compat_equal(compat, &rules->items[j], rule))
                return true;
    }
    return false;
}

/* `true` of a member, or at the root a list of rules. */
bool implied_unique(struct compat *compat, const struct step *step, const struct tree *value)
{
    bool result = true;
    for (uint32_t i = 0; i < compat_count(value, TREE_ARRAY); i++)
        if (!has_rule(compat, step->facts, &value->items[i]))
            result = compat_complain(compat, COMPAT_BREAKING, &value->items[i],
                                     "added: entities that share these values make the alteration "
                                     "fail");
    return value->type == TREE_TRUE
               ? compat_complain(compat, COMPAT_BREAKING, value,
                                 "added: entities that share a value make the alteration fail")
               : result;
}
