/* The keywords about members. */
#include "schema/compat_internal.h"
#include "schema/pattern.h"

static void tell_filled(struct compat *compat, const struct step *step, struct span name,
                        const struct tree *at)
{
    const struct tree *property =
        compat_find(compat, compat_get(compat, step->wanted, "properties"), name);
    compat_note(compat, at, "%s is required now: entities without it get its default, %s",
                show_name(name).text, show_value(compat_get(compat, property, "default")).text);
}

static void tell_optional(struct compat *compat, const struct step *step,
                          const struct tree *required)
{
    const struct tree *was = compat_get(compat, step->former, "required");
    for (uint32_t i = 0; !compat->quiet && i < compat_count(was, TREE_ARRAY); i++)
        if (!compat_lists(compat, required, was->items[i].string))
            compat_note(compat, required, "%s is not required any more",
                        show_name(was->items[i].string).text);
}

bool implied_required(struct compat *compat, const struct step *step, const struct tree *value)
{
    bool result = true;
    for (uint32_t i = 0; i < value->count && (result || !compat->quiet); i++) {
        struct span name = value->items[i].string;
        if (facts_require(compat, step->facts, name))
            continue;
        if (step->grows && growth_fills(compat, step->facts, step->wanted, name))
            tell_filled(compat, step, name, &value->items[i]);
        else
            result = compat_complain(compat, COMPAT_BREAKING, &value->items[i],
                                     "%s is required now: entities without it become invalid",
                                     show_name(name).text);
    }
    tell_optional(compat, step, value);
    return result;
}

/* One finding for all that a new member demands. */
static bool added_follows(struct compat *compat, const struct step *step, const struct facts *facts,
                          const struct tree *wanted)
{
    compat->quiet++;
    bool result = compat_covers(compat, facts, NULL, wanted, step->grows);
    compat->quiet--;
    if (!result)
        return compat_complain(compat, COMPAT_BREAKING, wanted,
                               "added: entities that already have this member, which the old "
                               "schema did not declare, become invalid where it does not fit");
    if (step->former)
        compat_note(compat, wanted, "%s",
                    facts->types == 0 ? "added: no entity has this member yet"
                                      : "added: what the old schema allowed there still fits");
    return true;
}

bool implied_properties(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct tree *before = compat_get(compat, step->former, "properties");
    bool result = true;
    for (uint32_t i = 0; i < value->count && (result || !compat->quiet); i++) {
        const struct tree_member *member = &value->members[i];
        struct facts facts;
        facts_member(compat, step->facts, member->key, &facts);
        const struct tree *former = compat_find(compat, before, member->key);
        result &= former || compat->quiet
                      ? compat_covers(compat, &facts, former, &member->value, step->grows)
                      : added_follows(compat, step, &facts, &member->value);
    }
    return result;
}

static bool allows_all(const struct tree *schema)
{
    return !schema || schema->type == TREE_TRUE ||
           (schema->type == TREE_OBJECT && schema->count == 0);
}

/* Members without a rule of their own any more. What `additionalProperties` has to say of them is
 * told there. */
void tell_removed_members(struct compat *compat, const struct step *step)
{
    const struct tree *before = compat_get(compat, step->former, "properties");
    const struct tree *after = compat_get(compat, step->wanted, "properties");
    if (!after || !allows_all(compat_get(compat, step->wanted, "additionalProperties")) ||
        !allows_all(compat_get(compat, step->wanted, "unevaluatedProperties")))
        return;
    for (uint32_t i = 0; i < compat_count(before, TREE_OBJECT); i++)
        if (!compat_find(compat, after, before->members[i].key))
            compat_note(compat, &before->members[i].value,
                        "removed: the member may have any value now");
}

#define MATCH_FUEL     200
#define MATCH_NAME_MAX 64 /* bytes */

/* Without a reference to a group, a match of a short text is quick whatever the pattern. */
static bool is_quick(struct span pattern)
{
    for (size_t i = 0; i + 1 < pattern.size; i++)
        if (pattern.data[i] == '\\' && memchr("123456789k", pattern.data[i + 1], 10))
            return false;
    return true;
}

static bool may_match(struct compat *compat, const struct pattern *pattern, struct span name)
{
    return name.size > MATCH_NAME_MAX || !compat_burn(compat, MATCH_FUEL) ||
           pattern_match(pattern, name) != 0;
}

/* Whether all members that the pattern may fit are declared, or fit what is not declared must be,
 * so that they fit `wanted`. */
static bool declared_fit(struct compat *compat, const struct step *step, const struct tree *schema,
                         const struct pattern *pattern, const struct tree *wanted)
{
    const struct tree *rest = compat_get(compat, schema, "additionalProperties");
    const struct tree *properties = compat_get(compat, schema, "properties");
    if (!rest || compat_get(compat, schema, "patternProperties") ||
        !compat_implies(compat, step->facts->side, rest, wanted))
        return false;
    for (uint32_t i = 0; i < compat_count(properties, TREE_OBJECT); i++) {
        struct facts facts;
        struct span name = properties->members[i].key;
        facts_member(compat, step->facts, name, &facts);
        if (may_match(compat, pattern, name) && !compat_covers_quietly(compat, &facts, wanted))
            return false;
    }
    return true;
}

static bool any_declared_fit(struct compat *compat, const struct step *step,
                             const struct tree_member *member)
{
    struct pattern *pattern = NULL;
    if (!is_quick(member->key) || pattern_compile(member->key, &pattern, NULL) < 0)
        return false;
    bool result = false;
    for (size_t i = 0; i < step->facts->count && !result; i++)
        result = declared_fit(compat, step, step->facts->list[i], pattern, &member->value);
    pattern_destroy(pattern);
    return result;
}

bool implied_patterns(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct tree *before = compat_get(compat, step->former, "patternProperties");
    bool result = true;
    for (uint32_t i = 0; i < value->count && (result || !compat->quiet); i++) {
        const struct tree_member *member = &value->members[i];
        struct facts facts;
        facts_init(&facts, step->facts->side, TYPE_ALL);
        for (size_t j = 0; j < step->facts->count; j++) {
            const struct tree *same = compat_find(
                compat, compat_get(compat, step->facts->list[j], "patternProperties"), member->key);
            if (same)
                facts_add(compat, &facts, same);
        }
        const struct tree *former = compat_find(compat, before, member->key);
        if (former)
            result &= compat_covers(compat, &facts, former, &member->value, false);
        else if (!compat_covers_quietly(compat, &facts, &member->value) &&
                 !any_declared_fit(compat, step, member))
            result = compat_complain(compat, COMPAT_BREAKING, &member->value,
                                     "added: entities with members of such names become invalid "
                                     "where they do not fit");
    }
    return result;
}

/* How the members that `step->wanted` does not name fit `value`, by what one of the facts says. */
struct rest {
    const struct step *step;
    const struct tree *schema; /* the fact */
    const struct tree *value;
};

static bool removed_fit(struct compat *compat, const struct rest *rest)
{
    const struct tree *before = compat_get(compat, rest->schema, "properties");
    const struct tree *after = compat_get(compat, rest->step->wanted, "properties");
    bool result = true;
    for (uint32_t i = 0; i < compat_count(before, TREE_OBJECT); i++) {
        const struct tree_member *member = &before->members[i];
        if (compat_find(compat, after, member->key))
            continue;
        struct facts facts;
        facts_member(compat, rest->step->facts, member->key, &facts);
        if (compat_covers_quietly(compat, &facts, rest->value))
            compat_note(compat, &member->value, "removed: \"%s\" allows what the member may hold",
                        rest->step->keyword->name);
        else
            result = compat_complain(compat, COMPAT_BREAKING, &member->value,
                                     "removed: entities that have this member become invalid, as "
                                     "\"%s\" does not allow it",
                                     rest->step->keyword->name);
        if (!result && compat->quiet)
            return false;
    }
    return result;
}

static bool removed_patterns_fit(struct compat *compat, const struct rest *rest)
{
    const struct tree *before = compat_get(compat, rest->schema, "patternProperties");
    const struct tree *after = compat_get(compat, rest->step->wanted, "patternProperties");
    bool result = true;
    for (uint32_t i = 0; i < compat_count(before, TREE_OBJECT); i++) {
        const struct tree_member *member = &before->members[i];
        if (!compat_find(compat, after, member->key) &&
            !compat_implies(compat, rest->step->facts->side, &member->value, rest->value))
            result = compat_complain(compat, COMPAT_BREAKING, &member->value,
                                     "removed: entities with members of such names become invalid, "
                                     "as \"%s\" does not allow them",
                                     rest->step->keyword->name);
    }
    return result;
}

/* Those that the fact does not name either. */
static bool others_fit(struct compat *compat, const struct rest *rest)
{
    const struct tree *before = compat_get(compat, rest->schema, "additionalProperties");
    struct facts facts;
    facts_init(&facts, rest->step->facts->side, TYPE_ALL);
    if (before)
        facts_add(compat, &facts, before);
    if (before && rest->value->type == TREE_OBJECT)
        return compat_covers(compat, &facts, before, rest->value, false);
    return compat_covers_quietly(compat, &facts, rest->value) ||
           compat_complain(compat, COMPAT_BREAKING, rest->value,
                           "%s: entities with members that are not declared become invalid%s",
                           change_of(compat, rest->step, rest->value).text,
                           rest->value->type == TREE_FALSE ? "" : " where they do not fit");
}

static bool rest_fits(struct compat *compat, const struct step *step, const struct tree *schema,
                      const struct tree *value)
{
    struct rest rest = {.step = step, .schema = schema, .value = value};
    bool result = removed_fit(compat, &rest);
    if (result || !compat->quiet)
        result &= removed_patterns_fit(compat, &rest);
    if (result || !compat->quiet)
        result &= others_fit(compat, &rest);
    return result;
}

static bool rest_fits_quietly(struct compat *compat, const struct step *step,
                              const struct tree *schema, const struct tree *value)
{
    compat->quiet++;
    bool result = rest_fits(compat, step, schema, value);
    compat->quiet--;
    return result;
}

static bool rest_fits_any(struct compat *compat, const struct step *step, const struct tree *value)
{
    bool result = allows_all(value);
    for (size_t i = 0; i < step->facts->count && !result; i++)
        result = rest_fits_quietly(compat, step, step->facts->list[i], value);
    return result;
}

bool implied_additional(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct tree *former = step->former;
    bool result = rest_fits_any(compat, step, value);
    if (compat->quiet)
        return result;
    if (result && former && rest_fits_quietly(compat, step, former, value))
        rest_fits(compat, step, former, value); /* which tells the changes */
    if (result)
        return true;
    if (former)
        return rest_fits(compat, step, former, value);
    return compat_complain(compat, COMPAT_BREAKING, value,
                           "entities with members that are not declared become invalid where they "
                           "do not fit");
}

static bool names_all(struct compat *compat, const struct tree *names, const struct tree *among)
{
    for (uint32_t i = 0; i < compat_count(names, TREE_OBJECT); i++)
        if (!compat_find(compat, among, names->members[i].key))
            return false;
    return true;
}

/* Whether `wanted` looks at every member that `given` looks at, by keywords that always do. */
static bool evaluates_as_much(struct compat *compat, enum side side, const struct tree *given,
                              const struct tree *wanted, unsigned depth)
{
    static const char *const never[] = {"anyOf", "oneOf", "if", "dependentSchemas", "$dynamicRef"};
    static const char *const parts[] = {"properties", "patternProperties"};
    static const char *const rest[] = {"additionalProperties", "unevaluatedProperties"};
    if (given->type != TREE_OBJECT)
        return true;
    if (depth > DEPTH_MAX || wanted->type != TREE_OBJECT || !compat_burn(compat, 1))
        return false;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (compat_get(compat, given, never[i]))
            return false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!names_all(compat, compat_get(compat, given, parts[i]),
                       compat_get(compat, wanted, parts[i])))
            return false;
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
        if (compat_get(compat, given, rest[i]) && !compat_get(compat, wanted, rest[i]))
            return false;
    const struct tree *was = compat_get(compat, given, "allOf");
    const struct tree *is = compat_get(compat, wanted, "allOf");
    for (uint32_t i = 0; i < compat_count(was, TREE_ARRAY); i++)
        if (i >= compat_count(is, TREE_ARRAY) ||
            !evaluates_as_much(compat, side, &was->items[i], &is->items[i], depth + 1))
            return false;
    was = compat_follow(compat, side, given, "$ref");
    is = compat_follow(compat, other_side(side), wanted, "$ref");
    return !compat_get(compat, given, "$ref") ||
           (was && is && evaluates_as_much(compat, side, was, is, depth + 1));
}

bool implied_unevaluated(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct facts *facts = step->facts;
    if (rest_fits_any(compat, step, value))
        return true;
    for (size_t i = 0; i < facts->count; i++) {
        const struct tree *was = compat_get(compat, facts->list[i], "unevaluatedProperties");
        if (was && compat_implies(compat, facts->side, was, value) &&
            evaluates_as_much(compat, facts->side, facts->list[i], step->wanted, 0))
            return true;
    }
    return compat_complain(compat, COMPAT_UNKNOWN, value,
                           "%s: entities with members that are not declared could become invalid",
                           change_of(compat, step, value).text);
}

bool implied_names(struct compat *compat, const struct step *step, const struct tree *value)
{
    struct facts facts;
    facts_init(&facts, step->facts->side, TYPE_BIT(STRING));
    for (size_t i = 0; i < step->facts->count; i++) {
        const struct tree *names = compat_get(compat, step->facts->list[i], "propertyNames");
        if (names)
            facts_add(compat, &facts, names);
    }
    return compat_covers(compat, &facts, compat_get(compat, step->former, "propertyNames"), value,
                         false);
}

static bool never_has(struct compat *compat, const struct facts *facts, struct span name)
{
    struct facts member;
    facts_member(compat, facts, name, &member);
    return member.types == 0;
}

/* Whether a member of that name always comes with one of that other name. */
static bool comes_with(struct compat *compat, const struct facts *facts, struct span key,
                       struct span name)
{
    for (size_t i = 0; i < facts->count; i++)
        if (compat_lists(
                compat,
                compat_find(compat, compat_get(compat, facts->list[i], "dependentRequired"), key),
                name))
            return true;
    return facts_require(compat, facts, name);
}

bool implied_dependent_required(struct compat *compat, const struct step *step,
                                const struct tree *value)
{
    bool result = true;
    for (uint32_t i = 0; i < value->count && (result || !compat->quiet); i++) {
        const struct tree_member *member = &value->members[i];
        if (never_has(compat, step->facts, member->key))
            continue;
        for (uint32_t j = 0; j < member->value.count; j++) {
            const struct tree *name = &member->value.items[j];
            if (!comes_with(compat, step->facts, member->key, name->string))
                result = compat_complain(compat, COMPAT_BREAKING, name,
                                         "%s is required now beside %s: entities without it become "
                                         "invalid",
                                         show_name(name->string).text, show_name(member->key).text);
        }
    }
    return result;
}

bool implied_dependent_schemas(struct compat *compat, const struct step *step,
                               const struct tree *value)
{
    bool result = true;
    for (uint32_t i = 0; i < value->count && (result || !compat->quiet); i++) {
        const struct tree_member *member = &value->members[i];
        if (never_has(compat, step->facts, member->key))
            continue;
        struct facts facts = *step->facts;
        for (size_t j = 0; j < step->facts->count; j++) {
            const struct tree *was = compat_find(
                compat, compat_get(compat, step->facts->list[j], "dependentSchemas"), member->key);
            if (was)
                facts_add(compat, &facts, was);
        }
        if (!compat_covers_quietly(compat, &facts, &member->value))
            result = compat_complain(compat, COMPAT_BREAKING, &member->value,
                                     "entities that have %s become invalid where they do not fit",
                                     show_name(member->key).text);
    }
    return result;
}
