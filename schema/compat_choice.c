/* The keywords that combine subschemas for one value. */
#include "schema/compat_internal.h"

bool implied_all(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct tree *before = compat_get(compat, step->former, "allOf");
    bool result = true;
    for (uint32_t i = 0; i < value->count && (result || !compat->quiet); i++) {
        const struct tree *former = i < compat_count(before, TREE_ARRAY) ? &before->items[i] : NULL;
        result &= compat_covers(compat, step->facts, former, &value->items[i], false);
    }
    return result;
}

bool implied_reference(struct compat *compat, const struct step *step, const struct tree *value)
{
    enum side side = step->facts->side;
    const char *name = step->keyword->name;
    const struct tree *target = compat_follow(compat, other_side(side), step->wanted, name);
    if (target) {
        bool both = compat_get(compat, step->former, name) != NULL;
        const struct tree *former =
            both ? compat_follow(compat, side, step->former, name) : step->former;
        return compat_covers(compat, step->facts, former, target, false);
    }
    for (size_t i = 0; i < step->facts->count; i++) {
        const struct tree *was = compat_get(compat, step->facts->list[i], name);
        if (was && compat_equal(compat, was, value) && compat_same_outside(compat, value))
            return true;
    }
    return compat_complain(compat, COMPAT_UNKNOWN, value,
                           "the reference cannot be followed: entities could become invalid");
}

static bool values_differ(struct compat *compat, const struct facts *facts,
                          const struct tree *given, const struct tree *schema)
{
    uint32_t given_count, count;
    const struct tree *values = finite_values(compat, given, &given_count);
    const struct tree *others = finite_values(compat, schema, &count);
    for (uint32_t i = 0; values && others && i < given_count; i++)
        for (uint32_t j = 0; (type_of_value(&values[i]) & facts->types) && j < count; j++)
            if (compat_equal(compat, &values[i], &others[j]) || compat->fuel == 0)
                return false;
    return values && others;
}

/* A member that is always there, and cannot be what `schema` wants of it. */
static bool members_differ(struct compat *compat, const struct facts *facts,
                           const struct tree *schema, unsigned depth)
{
    const struct tree *properties = compat_get(compat, schema, "properties");
    if (facts->types != TYPE_BIT(OBJECT))
        return false;
    for (uint32_t i = 0; i < compat_count(properties, TREE_OBJECT); i++) {
        const struct tree_member *member = &properties->members[i];
        struct facts inner;
        if (!facts_require(compat, facts, member->key))
            continue;
        facts_member(compat, facts, member->key, &inner);
        if (compat_disjoint(compat, &inner, &member->value, depth))
            return true;
    }
    const struct tree *required = compat_get(compat, schema, "required");
    for (uint32_t i = 0; i < compat_count(required, TREE_ARRAY); i++) {
        struct facts inner;
        facts_member(compat, facts, required->items[i].string, &inner);
        if (inner.types == 0)
            return true;
    }
    return false;
}

static bool branches_differ(struct compat *compat, const struct facts *facts,
                            const struct tree *branches, bool all, unsigned depth)
{
    for (uint32_t i = 0; i < compat_count(branches, TREE_ARRAY); i++)
        if (compat_disjoint(compat, facts, &branches->items[i], depth) != all)
            return !all;
    return all && compat_count(branches, TREE_ARRAY) > 0;
}

bool compat_disjoint(struct compat *compat, const struct facts *facts, const struct tree *schema,
                     unsigned depth)
{
    enum side side = other_side(facts->side);
    if (!(facts->types & compat_types(compat, side, schema)))
        return true;
    if (schema->type != TREE_OBJECT || depth > 16 || !compat_burn(compat, 1))
        return false;
    for (size_t i = 0; i < facts->count; i++)
        if (values_differ(compat, facts, facts->list[i], schema))
            return true;
    const struct tree *target = compat_follow(compat, side, schema, "$ref");
    return (target && compat_disjoint(compat, facts, target, depth + 1)) ||
           members_differ(compat, facts, schema, depth + 1) ||
           branches_differ(compat, facts, compat_get(compat, schema, "allOf"), false, depth + 1) ||
           branches_differ(compat, facts, compat_get(compat, schema, "anyOf"), true, depth + 1) ||
           branches_differ(compat, facts, compat_get(compat, schema, "oneOf"), true, depth + 1);
}

typedef bool case_function(struct compat *compat, const struct facts *facts,
                           const struct tree *branches);

static bool any_covers(struct compat *compat, const struct facts *facts,
                       const struct tree *branches)
{
    for (uint32_t i = 0; i < branches->count; i++)
        if (compat_covers_quietly(compat, facts, &branches->items[i]))
            return true;
    return false;
}

static bool one_covers(struct compat *compat, const struct facts *facts,
                       const struct tree *branches)
{
    bool found = false;
    for (uint32_t i = 0; i < branches->count; i++) {
        if (compat_disjoint(compat, facts, &branches->items[i], 0))
            continue;
        if (found || !compat_covers_quietly(compat, facts, &branches->items[i]))
            return false;
        found = true;
    }
    return found || facts->types == 0;
}

/* Whether it holds for all the values, or for those of each type. */
static bool holds_by_type(struct compat *compat, const struct facts *facts, case_function *holds,
                          const struct tree *branches)
{
    if (facts->types == 0 || holds(compat, facts, branches))
        return true;
    struct facts some = *facts;
    for (unsigned bit = 1; bit <= TYPE_BIT(OBJECT); bit <<= 1) {
        some.types = facts->types & bit;
        if (some.types == facts->types || (some.types && !holds(compat, &some, branches)))
            return false;
    }
    return true;
}

static bool holds_by_branch(struct compat *compat, const struct facts *facts,
                            const struct tree *given, case_function *holds,
                            const struct tree *branches)
{
    for (uint32_t i = 0; i < compat_count(given, TREE_ARRAY); i++) {
        struct facts some = *facts;
        facts_add(compat, &some, &given->items[i]);
        if (!holds_by_type(compat, &some, holds, branches))
            return false;
    }
    return compat_count(given, TREE_ARRAY) > 0;
}

/* Or for those of each branch of a choice that the old schema had. */
static bool holds_by_cases(struct compat *compat, const struct facts *facts, case_function *holds,
                           const struct tree *branches)
{
    if (holds_by_type(compat, facts, holds, branches))
        return true;
    for (size_t i = 0; i < facts->count; i++) {
        const struct tree *schema = facts->list[i];
        if (holds_by_branch(compat, facts, compat_get(compat, schema, "anyOf"), holds, branches) ||
            holds_by_branch(compat, facts, compat_get(compat, schema, "oneOf"), holds, branches))
            return true;
    }
    return false;
}

bool implied_any(struct compat *compat, const struct step *step, const struct tree *value)
{
    return holds_by_cases(compat, step->facts, any_covers, value) ||
           compat_complain(compat, COMPAT_UNKNOWN, value,
                           "%s: entities could fit none of the branches",
                           change_of(compat, step, value).text);
}

static bool is_equivalent(struct compat *compat, enum side side, const struct tree *given,
                          const struct tree *wanted)
{
    return compat_implies(compat, side, given, wanted) &&
           compat_implies(compat, other_side(side), wanted, given);
}

static bool same_branches(struct compat *compat, enum side side, const struct tree *given,
                          const struct tree *wanted)
{
    if (compat_count(given, TREE_ARRAY) != wanted->count)
        return false;
    for (uint32_t i = 0; i < wanted->count; i++)
        if (!is_equivalent(compat, side, &given->items[i], &wanted->items[i]))
            return false;
    return true;
}

bool implied_one(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct facts *facts = step->facts;
    for (size_t i = 0; i < facts->count; i++)
        if (same_branches(compat, facts->side, compat_get(compat, facts->list[i], "oneOf"), value))
            return true;
    return holds_by_cases(compat, facts, one_covers, value) ||
           compat_complain(compat, COMPAT_UNKNOWN, value,
                           "%s: entities could fit none of the branches, or more than one",
                           change_of(compat, step, value).text);
}

bool implied_not(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct facts *facts = step->facts;
    if (compat_disjoint(compat, facts, value, 0))
        return true;
    for (size_t i = 0; i < facts->count; i++) {
        const struct tree *was = compat_get(compat, facts->list[i], "not");
        if (was && compat_implies(compat, other_side(facts->side), value, was))
            return true;
    }
    return compat_complain(compat, COMPAT_UNKNOWN, value, "%s: entities could fit what it excludes",
                           change_of(compat, step, value).text);
}

/* A branch that is not there demands nothing. */
static bool branch_follows(struct compat *compat, const struct facts *facts,
                           const struct tree *extra, const struct tree *wanted)
{
    struct facts all = *facts;
    if (extra)
        facts_add(compat, &all, extra);
    return !wanted || compat_covers_quietly(compat, &all, wanted);
}

/* By a condition of the old schema that is the same. */
static bool condition_follows(struct compat *compat, const struct step *step,
                              const struct tree *schema, const struct tree *condition)
{
    const struct facts *facts = step->facts;
    const struct tree *was = compat_get(compat, schema, "if");
    if (!was || !is_equivalent(compat, facts->side, was, condition))
        return false;
    struct facts met = *facts;
    facts_add(compat, &met, was);
    return branch_follows(compat, &met, compat_get(compat, schema, "then"),
                          compat_get(compat, step->wanted, "then")) &&
           branch_follows(compat, facts, compat_get(compat, schema, "else"),
                          compat_get(compat, step->wanted, "else"));
}

bool implied_if(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct facts *facts = step->facts;
    bool then = compat_disjoint(compat, facts, value, 0) ||
                branch_follows(compat, facts, NULL, compat_get(compat, step->wanted, "then"));
    bool otherwise =
        branch_follows(compat, facts, NULL, compat_get(compat, step->wanted, "else")) ||
        compat_covers_quietly(compat, facts, value);
    if (then && otherwise)
        return true;
    for (size_t i = 0; i < facts->count; i++)
        if (condition_follows(compat, step, facts->list[i], value))
            return true;
    return compat_complain(compat, COMPAT_UNKNOWN, value,
                           "%s: entities could become invalid under the condition",
                           change_of(compat, step, value).text);
}
