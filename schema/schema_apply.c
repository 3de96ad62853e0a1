/* The keywords that apply subschemas. */
#include "schema/schema_internal.h"

bool check_reference(struct check *check, const struct node *node, const struct rule *rule,
                     const struct place *place)
{
    (void)node;
    return check_node(check, rule->nodes[0], place);
}

bool check_all_of(struct check *check, const struct node *node, const struct rule *rule,
                  const struct place *place)
{
    (void)node;
    bool valid = true;
    for (size_t i = 0; i < rule->count && (valid || check->faults); i++)
        valid &= check_node(check, rule->nodes[i], place);
    return valid;
}

/* How many branches fit, at most `limit`; the last two of them are told. */
static size_t count_fitting(struct check *check, const struct rule *rule, const struct place *place,
                            size_t limit, size_t ret_last[2])
{
    size_t count = 0;
    for (size_t i = 0; i < rule->count && count < limit; i++) {
        if (!check_quietly(check, rule->nodes[i], place))
            continue;
        ret_last[0] = ret_last[1];
        ret_last[1] = i;
        count++;
    }
    return count;
}

/* Tells why the branch with the fewest faults does not fit. */
static bool report_branches(struct check *check, const struct rule *rule, const struct place *place)
{
    struct faults *outer = check->faults;
    if (!outer || check->gave_up)
        return false;
    if (outer->total >= PROBLEM_ITEMS_MAX) {
        outer->total++;
        return false;
    }
    if (rule->count == 1)
        return check_node(check, rule->nodes[0], place);
    struct faults best = {.arena = outer->arena};
    size_t best_index = 0;
    for (size_t i = 0; i < rule->count && !check->gave_up; i++) {
        struct faults branch = {.arena = outer->arena};
        check->faults = &branch;
        check_node(check, rule->nodes[i], place);
        if (i == 0 || branch.total - branch.summaries < best.total - best.summaries) {
            best = branch;
            best_index = i;
        }
    }
    check->faults = outer;
    check_fails(check, place, rule, "none of the %zu branches of \"%s\" fits; the closest is %zu",
                rule->count, rule->keyword->name, best_index + 1);
    outer->summaries += !check->gave_up;
    fault_append(outer, &best);
    return false;
}

bool check_any_of(struct check *check, const struct node *node, const struct rule *rule,
                  const struct place *place)
{
    (void)node;
    size_t last[2] = {0, 0};
    return count_fitting(check, rule, place, 1, last) > 0 || report_branches(check, rule, place);
}

bool check_one_of(struct check *check, const struct node *node, const struct rule *rule,
                  const struct place *place)
{
    (void)node;
    size_t last[2] = {0, 0};
    size_t count = count_fitting(check, rule, place, 2, last);
    if (count == 0)
        return report_branches(check, rule, place);
    return count == 1 || check_fails(check, place, rule,
                                     "branches %zu and %zu of \"oneOf\" both fit, exactly one may",
                                     last[0] + 1, last[1] + 1);
}

bool check_not(struct check *check, const struct node *node, const struct rule *rule,
               const struct place *place)
{
    (void)node;
    return !check_quietly(check, rule->nodes[0], place) ||
           check_fails(check, place, rule, "%s fits what \"not\" excludes",
                       quote_value(place->value).text);
}

bool check_if(struct check *check, const struct node *node, const struct rule *rule,
              const struct place *place)
{
    bool fits = check_quietly(check, rule->nodes[0], place);
    const struct rule *next = node_rule(node, fits ? "then" : "else");
    return !next || check_node(check, next->nodes[0], place);
}

bool check_properties(struct check *check, const struct node *node, const struct rule *rule,
                      const struct place *place)
{
    (void)rule;
    const struct tree *object = place->value;
    bool valid = true;
    for (uint32_t i = 0; i < object->count && (valid || check->faults); i++) {
        struct place member = place_member(place, &object->members[i]);
        uint32_t at = check_burn(check, 1) ? node_property(node, member.key) : NODE_NO_PROPERTY;
        if (at != NODE_NO_PROPERTY)
            valid &= check_node(check, node->properties[at].node, &member);
        valid &= !check->gave_up;
    }
    return valid;
}

static bool refuse_member(struct check *check, const struct node *node, const struct rule *rule,
                          const struct place *member)
{
    struct suggestion suggestion = {.word = member->key};
    if (check->faults && check->faults->total < PROBLEM_ITEMS_MAX &&
        check_burn(check, node->property_count))
        for (uint32_t i = 0; i < node->property_count; i++)
            suggestion_offer(&suggestion, node->properties[i].source->key);
    return check_fails(check, member, rule, "not a member this schema allows%s",
                       suggestion_text(&suggestion).text);
}

bool check_additional(struct check *check, const struct node *node, const struct rule *rule,
                      const struct place *place)
{
    const struct tree *object = place->value;
    bool valid = true;
    for (uint32_t i = 0; i < object->count && (valid || check->faults); i++) {
        struct place member = place_member(place, &object->members[i]);
        if (!check_burn(check, 1))
            return false;
        if (node_property(node, member.key) != NODE_NO_PROPERTY)
            continue;
        if (rule->value->type == TREE_FALSE)
            valid &= refuse_member(check, node, rule, &member);
        else
            valid &= check_node(check, rule->nodes[0], &member);
    }
    return valid;
}

static bool refuse_name(struct check *check, const struct rule *rule, const struct place *name)
{
    if (!check->faults)
        return false;
    struct faults *outer = check->faults;
    struct faults faults = {.arena = outer->arena};
    check->faults = &faults;
    if (outer->total < PROBLEM_ITEMS_MAX)
        check_node(check, rule->nodes[0], name);
    check->faults = outer;
    return check_fails(check, name, rule, "the member name is not allowed%s%s",
                       faults.total > 0 ? ": " : "",
                       faults.total > 0 ? faults.items[0].message : "");
}

bool check_names(struct check *check, const struct node *node, const struct rule *rule,
                 const struct place *place)
{
    (void)node;
    const struct tree *object = place->value;
    bool valid = true;
    for (uint32_t i = 0; i < object->count && (valid || check->faults); i++) {
        const struct tree_member *member = &object->members[i];
        struct tree text = {.type = TREE_STRING, .raw = member->raw, .string = member->key};
        struct place name = {.up = place, .value = &text, .key = member->key};
        if (!check_quietly(check, rule->nodes[0], &name))
            valid = refuse_name(check, rule, &name);
    }
    return valid;
}

bool check_prefix_items(struct check *check, const struct node *node, const struct rule *rule,
                        const struct place *place)
{
    (void)node;
    bool valid = true;
    for (uint32_t i = 0; i < place->value->count && i < rule->count; i++) {
        struct place item = place_item(place, i);
        valid &= check_node(check, rule->nodes[i], &item);
        if (!valid && !check->faults)
            break;
    }
    return valid;
}

bool check_items(struct check *check, const struct node *node, const struct rule *rule,
                 const struct place *place)
{
    const struct rule *prefix = node_rule(node, "prefixItems");
    size_t first = prefix ? prefix->count : 0;
    bool valid = true;
    if (rule->value->type == TREE_FALSE)
        return place->value->count <= first ||
               check_fails(check, place, rule, "has %u items, at most %zu are allowed",
                           (unsigned)place->value->count, first);
    for (size_t i = first; i < place->value->count && (valid || check->faults); i++) {
        struct place item = place_item(place, (uint32_t)i);
        valid &= check_node(check, rule->nodes[0], &item);
    }
    return valid;
}

bool check_contains(struct check *check, const struct node *node, const struct rule *rule,
                    const struct place *place)
{
    const struct rule *least = node_rule(node, "minContains");
    const struct rule *most = node_rule(node, "maxContains");
    uint64_t low = least ? least->limit : 1;
    uint64_t count = 0;
    for (uint32_t i = 0; i < place->value->count; i++) {
        struct place item = place_item(place, i);
        count += check_quietly(check, rule->nodes[0], &item);
    }
    if (count < low)
        return check_fails(check, place, least ? least : rule,
                           "%llu of the items fit \"contains\", at least %llu must",
                           (unsigned long long)count, (unsigned long long)low);
    if (most && count > most->limit)
        return check_fails(check, place, most,
                           "%llu of the items fit \"contains\", at most %llu may",
                           (unsigned long long)count, (unsigned long long)most->limit);
    return true;
}
