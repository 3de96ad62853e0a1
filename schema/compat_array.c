/* The keywords about items. */
#include "schema/compat_internal.h"
#include "schema/number.h"

/* Items with a rule of their own, by the longest list of the facts. */
static uint32_t prefix_of(struct compat *compat, const struct facts *facts)
{
    uint32_t longest = 0;
    for (size_t i = 0; i < facts->count; i++) {
        uint32_t count =
            compat_count(compat_get(compat, facts->list[i], "prefixItems"), TREE_ARRAY);
        longest = count > longest ? count : longest;
    }
    return longest;
}

bool implied_prefix(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct tree *before = compat_get(compat, step->former, "prefixItems");
    bool result = true;
    for (uint32_t i = 0; i < value->count && (result || !compat->quiet); i++) {
        struct facts facts;
        facts_item(compat, step->facts, i, &facts);
        const struct tree *former = i < compat_count(before, TREE_ARRAY) ? &before->items[i] : NULL;
        result &= compat_covers(compat, &facts, former, &value->items[i], false);
    }
    return result;
}

/* The items that had a rule of their own, and have none any more. */
static bool former_prefix_fits(struct compat *compat, const struct step *step, uint32_t first,
                               uint32_t end, const struct tree *value)
{
    for (uint32_t i = first; i < end; i++) {
        struct facts facts;
        facts_item(compat, step->facts, i, &facts);
        if (!compat_covers_quietly(compat, &facts, value))
            return compat_complain(compat, COMPAT_BREAKING, value,
                                   "entities become invalid where item %u does not fit",
                                   (unsigned)i);
    }
    return true;
}

static bool items_fit(struct compat *compat, const struct step *step, const struct tree *former,
                      const struct tree *value)
{
    uint32_t first = compat_count(compat_get(compat, step->wanted, "prefixItems"), TREE_ARRAY);
    uint32_t end = prefix_of(compat, step->facts);
    bool result = former_prefix_fits(compat, step, first, end, value);
    struct facts facts;
    facts_item(compat, step->facts, end > first ? end : first, &facts);
    return compat_covers(compat, &facts, former, value, false) && result;
}

bool implied_items(struct compat *compat, const struct step *step, const struct tree *value)
{
    return items_fit(compat, step, compat_get(compat, step->former, "items"), value);
}

/* The unevaluated items are among those behind the prefix. */
bool implied_unevaluated_items(struct compat *compat, const struct step *step,
                               const struct tree *value)
{
    compat->quiet++;
    bool result = items_fit(compat, step, NULL, value);
    compat->quiet--;
    return result || compat_complain(compat, COMPAT_UNKNOWN, value,
                                     "%s: entities with further items could become invalid",
                                     change_of(compat, step, value).text);
}

struct range {
    uint64_t least, most;
};

static uint64_t count_at(struct compat *compat, const struct tree *schema, const char *keyword,
                         uint64_t otherwise)
{
    const struct tree *value = compat_get(compat, schema, keyword);
    uint64_t count;
    return value && number_count(value, &count) ? count : otherwise;
}

static struct range range_of(struct compat *compat, const struct tree *schema)
{
    return (struct range){count_at(compat, schema, "minContains", 1),
                          count_at(compat, schema, "maxContains", UINT64_MAX)};
}

/* As many as `was` lets fit one schema must be as many as fit the other. */
bool implied_contains(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct facts *facts = step->facts;
    enum side side = facts->side;
    struct range wanted = range_of(compat, step->wanted);
    bool least = wanted.least == 0, most = wanted.most == UINT64_MAX;
    for (size_t i = 0; i < facts->count; i++) {
        const struct tree *was = compat_get(compat, facts->list[i], "contains");
        most = most || count_at(compat, facts->list[i], "maxItems", UINT64_MAX) <= wanted.most;
        if (!was)
            continue;
        struct range range = range_of(compat, facts->list[i]);
        least = least || (range.least >= wanted.least && compat_implies(compat, side, was, value));
        most = most ||
               (range.most <= wanted.most && compat_implies(compat, other_side(side), value, was));
    }
    return (least && most) ||
           compat_complain(compat, COMPAT_BREAKING, value,
                           "%s: entities with too %s items that fit it become invalid",
                           change_of(compat, step, value).text, least ? "many" : "few");
}
