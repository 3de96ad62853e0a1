#include "schema/pattern_internal.h"

static void emit_character(uint32_t character, struct buf *into)
{
    if (character < 0x80 && pattern_is_word((uint8_t)character))
        buf_append_byte(into, (uint8_t)character);
    else
        buf_printf(into, "\\x{%x}", character);
}

/* Surrogates stay out: the library knows none. */
static void emit_range(uint32_t low, uint32_t high, struct buf *into)
{
    if (low >= 0xd800 && low <= 0xdfff)
        low = 0xe000;
    if (high >= 0xd800 && high <= 0xdfff)
        high = 0xd7ff;
    if (low > high)
        return;
    emit_character(low, into);
    if (high > low) {
        buf_append_byte(into, '-');
        emit_character(high, into);
    }
}

/* A set that goes to the end is shorter, and faster to match, by what it lacks. */
static void emit_ranges(const struct pattern_set *set, struct buf *into)
{
    struct pattern_ranges ranges = set->ranges;
    bool inverse = set->property_count == 0 && ranges.count > 0 &&
                   ranges.items[ranges.count - 1].high == PATTERN_CHARACTER_MAX;
    uint32_t low = 0;
    if (inverse != set->negated)
        buf_append_byte(into, '^');
    for (size_t i = 0; i < ranges.count; i++) {
        const struct pattern_range *range = &ranges.items[i];
        if (!inverse)
            emit_range(range->low, range->high, into);
        else if (range->low > low)
            emit_range(low, range->low - 1, into);
        low = range->high + 1;
    }
}

/* What never matches. Without the group a quantifier would have no effect on it. */
static void emit_nothing(struct buf *into)
{
    buf_append_string(into, "(?:[])");
}

void pattern_emit_set(const struct pattern_set *set, struct buf *into)
{
    if (set->ranges.count == 0 && set->property_count == 0) {
        emit_nothing(into);
        return;
    }
    buf_append_byte(into, '[');
    emit_ranges(set, into);
    for (size_t i = 0; i < set->property_count; i++) {
        const struct pattern_property *property = &set->properties[i];
        buf_printf(into, "\\%c{%s%.*s}", property->negated ? 'P' : 'p', property->prefix,
                   (int)property->name.size, (const char *)property->name.data);
    }
    buf_append_byte(into, ']');
}

static void emit_branches(const struct pattern_node *group, struct buf *into);

static void emit_group(const struct pattern_node *node, struct buf *into)
{
    if (node->kind == PATTERN_GROUP)
        buf_append_string(into, "(?:");
    else
        buf_printf(into, "(?%s%c", node->behind ? "<" : "", node->negated ? '!' : '=');
    emit_branches(node, into);
    buf_append_byte(into, ')');
}

static void emit_term(const struct pattern_node *node, struct buf *into)
{
    if (node->kind == PATTERN_CHARACTER && node->value >= 0xd800 && node->value <= 0xdfff)
        emit_nothing(into);
    else if (node->kind == PATTERN_CHARACTER)
        emit_character(node->value, into);
    else if (node->kind == PATTERN_SET)
        pattern_emit_set(node->set, into);
    else if (node->kind == PATTERN_START)
        buf_append_string(into, "\\A");
    else if (node->kind == PATTERN_END)
        buf_append_string(into, "\\z");
    else if (node->kind == PATTERN_BOUNDARY)
        buf_append_string(into, node->negated ? "\\B" : "\\b");
    else
        emit_group(node, into);
}

static void emit_quantifier(const struct pattern_node *node, struct buf *into)
{
    if (node->min == 1 && node->max == 1)
        return;
    buf_printf(into, "{%u,", node->min);
    if (node->max != PATTERN_INFINITE)
        buf_printf(into, "%u", node->max);
    buf_append_string(into, node->lazy ? "}?" : "}");
}

static void emit_branches(const struct pattern_node *group, struct buf *into)
{
    for (const struct pattern_branch *branch = group->branches; branch; branch = branch->next) {
        for (const struct pattern_node *node = branch->first; node; node = node->next) {
            emit_term(node, into);
            emit_quantifier(node, into);
        }
        if (branch->next)
            buf_append_byte(into, '|');
    }
}

void pattern_emit(const struct pattern_tree *tree, struct buf *into)
{
    emit_branches(tree->root, into);
}
