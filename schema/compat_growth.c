/* An alteration first gives the entities the defaults of required members that they lack. The
 * facts are about what they were before, so the rest of the schema must bear the difference. */
#include "schema/compat_internal.h"
#include "schema/pointer.h"

#define IN_PLACE_MAX 24

bool growth_fills(struct compat *compat, const struct facts *facts, const struct tree *wanted,
                  struct span name)
{
    const struct tree *property =
        compat_find(compat, compat_get(compat, wanted, "properties"), name);
    return compat_get(compat, property, "default") &&
           compat_lists(compat, compat_get(compat, wanted, "required"), name) &&
           !facts_require(compat, facts, name);
}

/* Whether a value there may get a default, itself or within. */
static bool grows(struct compat *compat, const struct facts *facts, const struct tree *wanted)
{
    const struct tree *properties = compat_get(compat, wanted, "properties");
    if (!(facts->types & TYPE_BIT(OBJECT)))
        return false;
    for (uint32_t i = 0; i < compat_count(properties, TREE_OBJECT); i++) {
        const struct tree_member *member = &properties->members[i];
        struct facts inner;
        facts_member(compat, facts, member->key, &inner);
        if (growth_fills(compat, facts, wanted, member->key) ||
            grows(compat, &inner, &member->value))
            return true;
    }
    return false;
}

struct growth {
    const struct step *step;
    struct span name; /* of the member that is added, or altered */
    bool added;
};

static bool is_blind(struct compat *compat, const struct growth *growth, const struct tree *schema,
                     unsigned depth);

static bool are_blind(struct compat *compat, const struct growth *growth,
                      const struct tree *schemas, unsigned depth)
{
    for (uint32_t i = 0; i < compat_count(schemas, TREE_ARRAY); i++)
        if (!is_blind(compat, growth, &schemas->items[i], depth))
            return false;
    return true;
}

/* Whether the verdict of a keyword is the same with that member as without it, or as it was. */
static bool keyword_is_blind(struct compat *compat, const struct growth *growth,
                             const struct tree *schema, const struct tree_member *member,
                             unsigned depth)
{
    static const char *const in_place[] = {"not", "if", "then", "else"};
    static const char *const lists[] = {"allOf", "anyOf", "oneOf"};
    const struct compat_keyword *keyword = compat_keyword_find(member->key);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (span_is(member->key, lists[i]))
            return are_blind(compat, growth, &member->value, depth);
    for (size_t i = 0; i < sizeof(in_place) / sizeof(in_place[0]); i++)
        if (span_is(member->key, in_place[i]))
            return is_blind(compat, growth, &member->value, depth);
    if (span_is(member->key, "$ref")) {
        const struct tree *target = compat_follow(compat, SIDE_NEW, schema, "$ref");
        return target && is_blind(compat, growth, target, depth);
    }
    if (span_is(member->key, "required"))
        return !compat_lists(compat, &member->value, growth->name);
    if (span_is(member->key, "properties"))
        return !compat_find(compat, &member->value, growth->name);
    return keyword && (!keyword->implied || !(keyword->types & TYPE_BIT(OBJECT)) ||
                       keyword->implied == implied_type);
}

static bool is_blind(struct compat *compat, const struct growth *growth, const struct tree *schema,
                     unsigned depth)
{
    if (schema->type != TREE_OBJECT)
        return true;
    if (depth > IN_PLACE_MAX || !compat_burn(compat, 1))
        return false;
    for (uint32_t i = 0; i < schema->count; i++)
        if (!keyword_is_blind(compat, growth, schema, &schema->members[i], depth + 1))
            return false;
    return true;
}

/* A keyword of the very schema that gives the default: its own `properties` and `required` take
 * part in it. */
static bool keyword_bears(struct compat *compat, const struct growth *growth,
                          const struct tree_member *member)
{
    static const char *const stable[] = {"properties",
                                         "required",
                                         "additionalProperties",
                                         "unevaluatedProperties",
                                         "minProperties",
                                         "x-unique",
                                         "x-ref",
                                         "x-id"};
    for (size_t i = 0; i < sizeof(stable) / sizeof(stable[0]); i++)
        if (span_is(member->key, stable[i]))
            return true;
    if (!growth->added &&
        (span_is(member->key, "maxProperties") || span_is(member->key, "propertyNames") ||
         span_is(member->key, "dependentRequired")))
        return true;
    return keyword_is_blind(compat, growth, growth->step->wanted, member, 0);
}

static bool declares(struct compat *compat, const struct tree *schema, const char *keyword)
{
    const struct tree *properties = compat_get(compat, schema, "properties");
    const struct tree *value = compat_get(compat, schema, keyword);
    bool result = value && value->type != TREE_FALSE;
    for (uint32_t i = 0; i < compat_count(properties, TREE_OBJECT) && !result; i++)
        result = declares(compat, &properties->members[i].value, keyword);
    return result;
}

/* Whether a list of members that must be unique begins its way to one of them with that name. */
static bool names_member(struct compat *compat, const struct tree *rules, struct span name)
{
    for (uint32_t i = 0; i < compat_count(rules, TREE_ARRAY); i++) {
        const struct tree *rule = &rules->items[i];
        for (uint32_t j = 0; j < compat_count(rule, TREE_ARRAY) && compat_burn(compat, 1); j++) {
            struct span way = rule->items[j].string, token;
            if (span_equal(way, name) ||
                (pointer_next(&way, &token) && pointer_token_is(token, name)))
                return true;
        }
    }
    return false;
}

static bool rules_are_free(struct compat *compat, const struct growth *growth)
{
    const struct tree *wanted = growth->step->wanted;
    const struct tree *rules = compat_get(compat, wanted, "x-unique");
    return wanted != compat->roots[SIDE_NEW] || !names_member(compat, rules, growth->name) ||
           compat_complain(compat, COMPAT_BREAKING, rules,
                           "entities that get a default in %s may share what must be unique",
                           show_name(growth->name).text);
}

/* Two entities that get one default share it, and a reference may lead nowhere. */
static bool default_is_free(struct compat *compat, const struct growth *growth)
{
    const struct tree *property =
        compat_find(compat, compat_get(compat, growth->step->wanted, "properties"), growth->name);
    const struct tree *value = compat_get(compat, property, "default");
    if (value->type == TREE_NULL)
        return true;
    return (!declares(compat, property, "x-unique") ||
            compat_complain(compat, COMPAT_BREAKING, value,
                            "entities that lack %s get the same default, which must be unique",
                            show_name(growth->name).text)) &&
           (!declares(compat, property, "x-ref") ||
            compat_complain(compat, COMPAT_BREAKING, value,
                            "entities that lack %s get a default that may refer to no entity",
                            show_name(growth->name).text));
}

static bool growth_fits(struct compat *compat, const struct growth *growth)
{
    const struct tree *wanted = growth->step->wanted;
    bool result = rules_are_free(compat, growth);
    if (growth->added)
        result &= default_is_free(compat, growth);
    for (uint32_t i = 0; i < wanted->count; i++)
        if (!keyword_bears(compat, growth, &wanted->members[i]))
            result = compat_complain(compat, COMPAT_UNKNOWN, &wanted->members[i].value,
                                     "entities that get a default in %s could become invalid",
                                     show_name(growth->name).text);
    return result;
}

bool implied_growth(struct compat *compat, const struct step *step)
{
    const struct tree *properties = compat_get(compat, step->wanted, "properties");
    bool result = true;
    if (!step->grows || !(step->facts->types & TYPE_BIT(OBJECT)))
        return true;
    for (uint32_t i = 0; i < compat_count(properties, TREE_OBJECT); i++) {
        const struct tree_member *member = &properties->members[i];
        struct growth growth = {.step = step,
                                .name = member->key,
                                .added =
                                    growth_fills(compat, step->facts, step->wanted, member->key)};
        struct facts inner;
        facts_member(compat, step->facts, member->key, &inner);
        if (growth.added || grows(compat, &inner, &member->value))
            result &= growth_fits(compat, &growth);
    }
    return result;
}
