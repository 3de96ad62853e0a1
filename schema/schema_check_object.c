/* Members: one pass over them, with what must be there counted on the way. */
#include "schema/schema_check.h"
#include "schema/tree_lookup.h"

/* What the walk over the members keeps. */
struct walk {
    struct marks *marks;
    uint32_t required; /* how many of those that must be there were seen */
    uint32_t next; /* the property that is guessed to come next: documents often keep an order */
    struct tree_lookup lookup; /* of the members, once something depends on one */
};

static const struct property *property_of(const struct object_rules *rules,
                                          const struct tree_member *member, struct walk *walk)
{
    if (rules->property_count == 0)
        return NULL;
    uint64_t hash = tree_member_hash(member);
    uint32_t at = walk->next;
    if (at >= rules->property_count || !property_is(&rules->properties[at], member->key, hash))
        at = object_find(rules, member->key, hash);
    if (at == NODE_NO_PROPERTY)
        return NULL;
    walk->next = at + 1;
    return &rules->properties[at];
}

static bool refuse_member(struct check *check, const struct node *node, const struct place *member,
                          const char *keyword)
{
    const struct object_rules *rules = node->object;
    struct suggestion suggestion = {.word = place_key(member)};
    for (uint32_t i = 0, count = check_candidates(check, rules->declared_count); i < count; i++)
        suggestion_offer(&suggestion, rules->properties[i].name);
    return check_fails(check, node, member, keyword, "not a member this schema allows%s",
                       suggestion_text(&suggestion).text);
}

/* A member that is left over, checked by `rest`. */
static bool check_rest(struct check *check, const struct node *node, const struct place *member,
                       const struct node *rest, const char *keyword)
{
    if (rest->source->type == TREE_FALSE)
        return refuse_member(check, node, member, keyword);
    return check_node(check, rest, member, NULL);
}

static bool check_name(struct check *check, const struct node *node, const struct place *place,
                       const struct tree_member *member)
{
    struct tree text = {.type = TREE_STRING, .raw = member->raw, .string = member->key};
    struct place name = {.up = place, .value = &text, .is_name = true};
    if (check_quietly(check, node->object->names, &name, NULL))
        return true;
    struct faults *outer = check->faults;
    if (!outer || check->error < 0)
        return false;
    struct faults faults;
    faults_init(&faults, outer->arena, 1);
    if (outer->total < outer->limit) {
        check->faults = &faults;
        check_node(check, node->object->names, &name, NULL);
        check->faults = outer;
    }
    outer->no_memory |= faults.no_memory;
    return check_fails(check, node, &name, "propertyNames", "the member name is not allowed%s%s",
                       faults.total > 0 ? ": " : "",
                       faults.total > 0 ? faults.items[0].message : "");
}

static bool check_patterns(struct check *check, const struct object_rules *rules,
                           const struct place *member, bool *matched)
{
    bool valid = true;
    struct span name = place_key(member);
    for (uint32_t i = 0; i < rules->pattern_count; i++) {
        if (!check_burn(check, 1 + name.size / 64))
            return false;
        if (!check_pattern(check, rules->patterns[i].pattern, member, name)) {
            if (check->error < 0)
                return false;
            continue;
        }
        *matched = true;
        valid &= check_node(check, rules->patterns[i].node, member, NULL);
        if (!valid && !check_goes_on(check))
            return false;
    }
    return valid;
}

/* So few members that they are tried in turn, and nothing is allocated. */
#define LINEAR_MAX 256

static bool check_dependent_names(struct check *check, const struct node *node,
                                  const struct place *place, const struct dependent *dependent,
                                  struct span trigger, struct tree_lookup *lookup)
{
    bool valid = true;
    uint32_t count = place->value->count;
    if (!lookup->object) {
        tree_lookup_init(lookup, place->value);
        lookup->linear = count <= LINEAR_MAX;
    }
    for (uint32_t i = 0; i < dependent->names->count && (valid || check_goes_on(check)); i++) {
        const struct tree *name = &dependent->names->items[i];
        if (!check_burn(check, lookup->linear ? 1 + count / 32 : 1))
            valid = false;
        else if (!tree_lookup_find(lookup, name->string))
            valid = check_fails(check, node, place, dependent->keyword,
                                "the member %s is required when there is %s",
                                quote_value(name).text, quote_name(trigger).text);
    }
    return valid;
}

static bool check_dependents(struct check *check, const struct node *node,
                             const struct place *place, const struct property *property,
                             struct walk *walk)
{
    bool valid = true;
    for (const struct dependent *at = property->dependents; at; at = at->next) {
        if (at->names)
            valid &= check_dependent_names(check, node, place, at, property->name, &walk->lookup);
        else
            valid &= check_node(check, at->node, place, walk->marks);
        if (!valid && !check_goes_on(check))
            return false;
    }
    return valid;
}

static bool check_required(struct check *check, const struct node *node, const struct place *place,
                           uint32_t seen)
{
    const struct object_rules *rules = node->object;
    if (seen == rules->required_count)
        return true;
    if (!check->faults)
        return false;
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, place->value);
    for (uint32_t i = 0; i < rules->property_count && check_burn(check, 1); i++)
        if (rules->properties[i].required && !tree_lookup_find(&lookup, rules->properties[i].name))
            check_tell(check, node, place, "required", "the member %s is required",
                       quote_name(rules->properties[i].name).text);
    tree_lookup_finish(&lookup);
    return false;
}

static bool check_member_count(struct check *check, const struct node *node,
                               const struct place *place)
{
    unsigned long long count = place->value->count;
    unsigned long long least = node->object->min, most = node->object->max;
    bool valid = true;
    if (count < least)
        valid = check_fails(check, node, place, "minProperties",
                            "has %llu member%s, at least %llu %s needed", count, plural(count),
                            least, least == 1 ? "is" : "are");
    if (count > most)
        valid = check_fails(check, node, place, "maxProperties",
                            "has %llu member%s, at most %llu %s allowed", count, plural(count),
                            most, most == 1 ? "is" : "are");
    return valid;
}

static bool check_member(struct check *check, const struct node *node, const struct place *place,
                         uint32_t index, struct walk *walk)
{
    const struct object_rules *rules = node->object;
    const struct tree_member *member = &place->value->members[index];
    struct place inner = place_of(place, &member->value);
    const struct property *property = property_of(rules, member, walk);
    bool matched = false, valid = true;
    if (property) {
        walk->required += property->required;
        matched = property->node;
        if (matched)
            valid = check_part(check, property->node, place, &member->value);
        if (property->dependents && (valid || check_goes_on(check)))
            valid &= check_dependents(check, node, place, property, walk);
    }
    if (rules->pattern_count > 0 && (valid || check_goes_on(check)))
        valid &= check_patterns(check, rules, &inner, &matched);
    if (!matched && rules->additional && (valid || check_goes_on(check))) {
        valid &= check_rest(check, node, &inner, rules->additional, "additionalProperties");
        matched = true;
    }
    if (rules->names && (valid || check_goes_on(check)))
        valid &= check_name(check, node, place, member);
    if (matched && walk->marks)
        marks_set(walk->marks, index);
    return valid;
}

static bool check_members(struct check *check, const struct node *node, const struct place *place,
                          struct walk *walk)
{
    bool valid = true;
    for (uint32_t i = 0; i < place->value->count && (valid || check_goes_on(check)); i++)
        valid &= check_member(check, node, place, i, walk);
    return valid;
}

bool check_object(struct check *check, const struct node *node, const struct place *place,
                  struct marks *marks)
{
    struct walk walk = {.marks = marks};
    uint32_t count = place->value->count;
    const struct object_rules *rules = node->object;
    bool valid = count >= rules->min && count <= rules->max && count >= rules->required_count;
    if (!valid && !check->faults)
        return false;
    if (!check_burn(check, count))
        return false;
    valid &= check_members(check, node, place, &walk);
    if (walk.lookup.sorted)
        tree_lookup_finish(&walk.lookup);
    if (!valid && !check_goes_on(check))
        return false;
    valid &= check_required(check, node, place, walk.required);
    return check_member_count(check, node, place) && valid;
}

bool check_unevaluated_members(struct check *check, const struct node *node,
                               const struct place *place, const struct marks *marks)
{
    if (!node->object || !node->object->unevaluated)
        return true;
    bool valid = true;
    for (uint32_t i = 0; i < place->value->count; i++) {
        if (marks_has(marks, i))
            continue;
        struct place member = place_of(place, &place->value->members[i].value);
        valid &= check_burn(check, 1) && check_rest(check, node, &member, node->object->unevaluated,
                                                    "unevaluatedProperties");
        if (!valid && !check_goes_on(check))
            return false;
    }
    return valid;
}
