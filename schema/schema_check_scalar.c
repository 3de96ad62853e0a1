#include "schema/schema_check.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <inttypes.h>

/* Characters are counted only when the bytes don't tell: a character has one to four of them. */
static bool check_length(struct check *check, const struct node *node, const struct place *place)
{
    const struct string_rules *rules = node->string;
    size_t size = place->value->string.size;
    if (size / 4 >= rules->min && size <= rules->max)
        return true;
    uint64_t count = utf8_count(place->value->string);
    bool valid = true;
    if (count < rules->min)
        valid = check_fails(check, node, place, "minLength",
                            "%s is shorter than %" PRIu64 " character%s",
                            quote_value(place->value).text, rules->min, plural(rules->min));
    if (count > rules->max)
        valid = check_fails(check, node, place, "maxLength",
                            "%s is longer than %" PRIu64 " character%s",
                            quote_value(place->value).text, rules->max, plural(rules->max));
    return valid;
}

static bool give_up_at(struct check *check, const struct place *place)
{
    AUTO_BUF struct buf pointer = {0};
    if (place)
        place_append_pointer(&pointer, place, sizeof(check->where));
    struct span head = utf8_head(buf_span(&pointer), sizeof(check->where) - 1);
    if (check->error == 0 && head.size > 0)
        memcpy(check->where, head.data, head.size);
    check->where[head.size] = 0;
    return check_give_up(check, -ERR_PATTERN_BUDGET, "a pattern takes too much work to match");
}

bool check_pattern(struct check *check, const struct pattern *pattern, const struct place *place,
                   struct span text)
{
    uint64_t work = 0;
    int matched = pattern_match_metered(pattern, text, &work);
    if (matched >= 0 && !check_burn(check, work))
        return false;
    if (matched == -ERR_PATTERN_BUDGET)
        return give_up_at(check, place);
    if (matched < 0)
        return check_give_up(check, -ERR_NO_MEMORY, "there is no memory left");
    return matched == 1;
}

bool check_string(struct check *check, const struct node *node, const struct place *place)
{
    const struct string_rules *rules = node->string;
    const struct tree *value = place->value;
    if (!check_burn(check, value->string.size / 64))
        return false;
    bool valid = check_length(check, node, place);
    if (rules->format && (valid || check_goes_on(check)) && !rules->format->fits(value->string))
        valid = check_fails(check, node, place, "format", "%s is not %s", quote_value(value).text,
                            rules->format->what);
    if (rules->pattern && (valid || check_goes_on(check)) &&
        !check_pattern(check, rules->pattern, place, value->string))
        valid = check_fails(check, node, place, "pattern", "%s does not match the pattern %s",
                            quote_value(value).text, quote_name(rules->pattern_text).text);
    return valid;
}

static bool out_of_range(struct check *check, const struct node *node, const struct place *place,
                         const char *keyword, const char *relation, const struct tree *bound)
{
    return check_fails(check, node, place, keyword, "%s is %s %s", quote_value(place->value).text,
                       relation, quote_value(bound).text);
}

static bool check_bounds(struct check *check, const struct node *node, const struct place *place)
{
    const struct number_rules *rules = node->number;
    const struct tree *value = place->value, *bound;
    bool valid = true;
    if ((bound = rules->minimum) && number_compare(value, bound) < 0)
        valid = out_of_range(check, node, place, "minimum", "less than the minimum", bound);
    if ((bound = rules->maximum) && number_compare(value, bound) > 0)
        valid = out_of_range(check, node, place, "maximum", "greater than the maximum", bound);
    if ((bound = rules->exclusive_minimum) && number_compare(value, bound) <= 0)
        valid = out_of_range(check, node, place, "exclusiveMinimum", "not greater than", bound);
    if ((bound = rules->exclusive_maximum) && number_compare(value, bound) >= 0)
        valid = out_of_range(check, node, place, "exclusiveMaximum", "not less than", bound);
    return valid;
}

static uint64_t bound_size(const struct tree *bound)
{
    return bound ? bound->raw.size : 0;
}

bool check_number(struct check *check, const struct node *node, const struct place *place)
{
    const struct number_rules *rules = node->number;
    const struct tree *value = place->value;
    bool inside = value->type == TREE_INTEGER
                      ? value->integer >= rules->low && value->integer <= rules->high
                      : value->real > rules->real_low && value->real < rules->real_high;
    if (inside && !rules->multiple_of)
        return true;
    uint64_t digits = 4 * value->raw.size + bound_size(rules->minimum) +
                      bound_size(rules->maximum) + bound_size(rules->exclusive_minimum) +
                      bound_size(rules->exclusive_maximum) +
                      value->raw.size * bound_size(rules->multiple_of) / 16;
    if (!check_burn(check, digits / 64))
        return false;
    bool valid = inside || check_bounds(check, node, place);
    if (rules->multiple_of && (valid || check_goes_on(check)) &&
        !number_is_multiple(value, rules->multiple_of))
        valid =
            out_of_range(check, node, place, "multipleOf", "not a multiple of", rules->multiple_of);
    return valid;
}

static inline bool equal(const struct tree *a, const struct tree *b)
{
    if (a->type == TREE_STRING && b->type == TREE_STRING)
        return same_bytes(a->string, b->string);
    return tree_equal(a, b);
}

static bool is_choice(struct check *check, const struct choices *choices, const struct tree *value)
{
    const struct tree *list = choices->list;
    if (!choices->hashes) {
        for (uint32_t i = 0; i < list->count; i++)
            if (equal(value, &list->items[i]))
                return true;
        return false;
    }
    uint64_t hash = tree_hash(value);
    uint32_t low = 0, high = list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (choices->hashes[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < list->count && choices->hashes[low].hash == hash; low++) {
        if (!check_burn_value(check, value))
            return false;
        if (tree_equal(value, &list->items[choices->hashes[low].index]))
            return true;
    }
    return false;
}

#define CHOICES_SHOWN 200

static bool refuse_choice(struct check *check, const struct node *node, const struct place *place)
{
    if (!check->faults)
        return false;
    const struct tree *list = node->choices->list;
    AUTO_BUF struct buf names = {0};
    for (uint32_t i = 0; i < list->count && names.size < CHOICES_SHOWN; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", quote_value(&list->items[i]).text);
    if (names.size >= CHOICES_SHOWN)
        buf_append_string(&names, " ...");
    check->faults->no_memory |= buf_failed(&names);
    struct suggestion suggestion = {0};
    if (place->value->type == TREE_STRING) {
        suggestion.word = place->value->string;
        for (uint32_t i = 0, count = check_candidates(check, list->count); i < count; i++)
            if (list->items[i].type == TREE_STRING)
                suggestion_offer(&suggestion, list->items[i].string);
    }
    return check_fails(check, node, place, "enum", "%s is not one of %s%s",
                       quote_value(place->value).text, buf_string(&names),
                       suggestion_text(&suggestion).text);
}

bool check_values(struct check *check, const struct node *node, const struct place *place)
{
    const struct tree *value = place->value, *constant = node->constant;
    if (value->type >= TREE_ARRAY ? !check_burn_value(check, value)
                                  : !check_burn(check, value->raw.size / 64))
        return false;
    bool valid = true;
    if (constant && !equal(value, constant))
        valid = check_fails(
            check, node, place, "const", "expected %s, got %s%s", quote_value(constant).text,
            constant->type == value->type && constant->type >= TREE_ARRAY ? "another: " : "",
            quote_value(value).text);
    if (node->choices && (valid || check_goes_on(check)) && !is_choice(check, node->choices, value))
        valid = refuse_choice(check, node, place);
    return valid;
}
