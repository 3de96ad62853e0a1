#include "schema/pattern_internal.h"

#include <stdlib.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

/* A group that is open, the alternative it is in, and where the next one goes. */
struct level {
    struct pattern_node *group;
    struct pattern_branch *branch;
    struct pattern_branch **next_branch;
};

/* A run of items that grows; what it had before stays in the arena. */
struct items {
    void *data;
    size_t count, capacity;
};

struct pattern_builder {
    struct arena *arena;
    int error;
    struct pattern_tree tree;
    struct pattern_node *last; /* the term that a quantifier belongs to */
    unsigned depth;
    struct level levels[PATTERN_NESTING_MAX + 1];
    struct items ranges, properties; /* of the next set */
};

static const struct pattern_range digits[] = {{'0', '9'}};
static const struct pattern_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
/* WhiteSpace and LineTerminator: sections 12.2 and 12.3. */
static const struct pattern_range spaces[] = {
    {0x9, 0xd},       {0x20, 0x20},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};

static void *take(struct pattern_builder *builder, size_t size)
{
    const struct arena *arena = builder->arena;
    void *memory = builder->error ? NULL : arena_alloc(builder->arena, size);
    if (!memory && !builder->error)
        builder->error = size < arena->limit - arena->total ? -ERR_NO_MEMORY : -ERR_TOO_LARGE;
    return memory;
}

static void *grow(struct pattern_builder *builder, struct items *items, size_t size)
{
    if (items->count == items->capacity) {
        size_t capacity = items->capacity ? 2 * items->capacity : 8;
        void *data = take(builder, capacity * size);
        if (!data)
            return NULL;
        if (items->count)
            memcpy(data, items->data, items->count * size);
        *items = (struct items){data, items->count, capacity};
    }
    return (uint8_t *)items->data + size * items->count++;
}

static void add_branch(struct pattern_builder *builder)
{
    struct level *level = &builder->levels[builder->depth];
    struct pattern_branch *branch = take(builder, sizeof(*branch));
    if (!branch)
        return;
    *level->next_branch = level->branch = branch;
    level->next_branch = &branch->next;
}

static void enter(struct pattern_builder *builder, struct pattern_node *group)
{
    builder->levels[builder->depth] =
        (struct level){.group = group, .next_branch = &group->branches};
    add_branch(builder);
}

int pattern_builder_create(struct arena *arena, struct pattern_builder **ret_builder)
{
    struct pattern_builder *builder = arena_alloc(arena, sizeof(*builder));
    if (!builder)
        return -ERR_NO_MEMORY;
    *builder = (struct pattern_builder){.arena = arena};
    builder->tree.root = take(builder, sizeof(*builder->tree.root));
    if (!builder->tree.root)
        return -ERR_NO_MEMORY;
    *builder->tree.root = (struct pattern_node){.kind = PATTERN_GROUP, .min = 1, .max = 1};
    enter(builder, builder->tree.root);
    *ret_builder = builder;
    return builder->error;
}

int pattern_builder_end(struct pattern_builder *builder, struct pattern_tree *ret_tree)
{
    if (builder->error)
        return builder->error;
    *ret_tree = builder->tree;
    return 0;
}

void pattern_build(struct pattern_builder *builder, struct pattern_node term)
{
    struct pattern_node *node = builder ? take(builder, sizeof(*node)) : NULL;
    if (!node)
        return;
    *node = term;
    node->min = node->max = 1;
    node->inner_from = node->inner_end = builder->tree.group_count + 1;
    builder->tree.has_backreference |= term.kind == PATTERN_BACKREFERENCE;
    struct pattern_branch *branch = builder->levels[builder->depth].branch;
    node->previous = branch->last;
    if (branch->last)
        branch->last->next = node;
    else
        branch->first = node;
    branch->last = builder->last = node;
}

void pattern_build_repeat(struct pattern_builder *builder, uint32_t min, uint32_t max, bool lazy)
{
    if (!builder || builder->error)
        return;
    builder->last->min = min;
    builder->last->max = max;
    builder->last->lazy = lazy;
}

void pattern_build_open(struct pattern_builder *builder, struct pattern_node group)
{
    if (!builder)
        return;
    if (builder->depth == PATTERN_NESTING_MAX && !builder->error)
        builder->error = -ERR_TOO_LARGE;
    pattern_build(builder, group);
    if (builder->error)
        return;
    builder->tree.group_count += group.value != 0;
    builder->tree.has_look |= group.kind == PATTERN_LOOK;
    builder->depth++;
    enter(builder, builder->last);
}

void pattern_build_alternative(struct pattern_builder *builder)
{
    if (builder && !builder->error)
        add_branch(builder);
}

void pattern_build_close(struct pattern_builder *builder)
{
    if (!builder || builder->error)
        return;
    builder->last = builder->levels[builder->depth--].group;
    builder->last->inner_end = builder->tree.group_count + 1;
}

void pattern_build_range(struct pattern_builder *builder, uint32_t low, uint32_t high)
{
    struct pattern_range *range = builder ? grow(builder, &builder->ranges, sizeof(*range)) : NULL;
    if (range)
        *range = (struct pattern_range){low, high};
}

/* `ranges` are in order, as are those of the result, which are one more at most. */
static size_t complement(struct pattern_ranges ranges, struct pattern_range *result)
{
    size_t count = 0;
    uint32_t low = 0;
    for (size_t i = 0; i < ranges.count; i++) {
        if (ranges.items[i].low > low)
            result[count++] = (struct pattern_range){low, ranges.items[i].low - 1};
        low = ranges.items[i].high + 1;
    }
    if (low <= PATTERN_CHARACTER_MAX)
        result[count++] = (struct pattern_range){low, PATTERN_CHARACTER_MAX};
    return count;
}

static void build_ranges(struct pattern_builder *builder, struct pattern_ranges ranges,
                         bool negated)
{
    if (negated) {
        struct pattern_range *others = take(builder, (ranges.count + 1) * sizeof(*others));
        if (!others)
            return;
        ranges = (struct pattern_ranges){others, complement(ranges, others)};
    }
    for (size_t i = 0; i < ranges.count; i++)
        pattern_build_range(builder, ranges.items[i].low, ranges.items[i].high);
}

void pattern_build_shorthand(struct pattern_builder *builder, char letter)
{
    if (!builder)
        return;
    char lower = (char)(letter | 0x20);
    struct pattern_ranges ranges = lower == 'd'   ? (struct pattern_ranges){digits, LENGTH(digits)}
                                   : lower == 'w' ? (struct pattern_ranges){words, LENGTH(words)}
                                                  : (struct pattern_ranges){spaces, LENGTH(spaces)};
    build_ranges(builder, ranges, letter != lower);
}

void pattern_build_property(struct pattern_builder *builder, struct pattern_property property)
{
    if (!builder)
        return;
    if (!property.name.data) {
        build_ranges(builder, property.ranges, property.negated);
        return;
    }
    struct pattern_property *item = grow(builder, &builder->properties, sizeof(*item));
    if (item)
        *item = property;
}

static int by_low(const void *left, const void *right)
{
    const struct pattern_range *a = left, *b = right;
    return (a->low > b->low) - (a->low < b->low);
}

/* In place: sorted, and no two that touch. */
static size_t merge(struct pattern_range *ranges, size_t count)
{
    size_t merged = 0;
    qsort(ranges, count, sizeof(*ranges), by_low);
    for (size_t i = 0; i < count; i++) {
        if (merged == 0 || ranges[i].low > ranges[merged - 1].high + 1)
            ranges[merged++] = ranges[i];
        else if (ranges[i].high > ranges[merged - 1].high)
            ranges[merged - 1].high = ranges[i].high;
    }
    return merged;
}

/* Takes the surrogates out; the result is one more at most. */
static size_t without_surrogates(const struct pattern_range *ranges, size_t count,
                                 struct pattern_range *result)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t low = ranges[i].low, high = ranges[i].high;
        if (low < 0xd800)
            result[left++] = (struct pattern_range){low, high < 0xd800 ? high : 0xd7ff};
        if (high > 0xdfff)
            result[left++] = (struct pattern_range){low > 0xdfff ? low : 0xe000, high};
    }
    return left;
}

static struct pattern_ranges finish_ranges(struct pattern_builder *builder, bool negated)
{
    struct pattern_range *ranges = builder->ranges.data;
    size_t count = builder->ranges.count ? merge(ranges, builder->ranges.count) : 0;
    struct pattern_range *result = take(builder, 2 * (count + 2) * sizeof(*result));
    if (!result)
        return (struct pattern_ranges){0};
    if (negated) {
        struct pattern_range *others = result + count + 2;
        count = complement((struct pattern_ranges){ranges, count}, others);
        ranges = others;
    }
    return (struct pattern_ranges){result, without_surrogates(ranges, count, result)};
}

void pattern_build_set(struct pattern_builder *builder, bool negated)
{
    struct pattern_set *set = builder ? take(builder, sizeof(*set)) : NULL;
    if (!set)
        return;
    set->properties = builder->properties.data;
    set->property_count = builder->properties.count;
    set->negated = negated && set->property_count > 0;
    set->ranges = finish_ranges(builder, negated && !set->negated);
    set->number = builder->tree.set_count++;
    set->next = builder->tree.sets;
    builder->tree.sets = set;
    builder->ranges.count = 0;
    builder->properties = (struct items){0};
    pattern_build(builder, (struct pattern_node){.kind = PATTERN_SET, .set = set});
}

bool pattern_is_anchored(const struct pattern_node *group)
{
    for (const struct pattern_branch *branch = group->branches; branch; branch = branch->next) {
        const struct pattern_node *first = branch->first;
        bool here = first && first->kind == PATTERN_START;
        if (!here && !(first && first->kind == PATTERN_GROUP && first->min > 0 &&
                       pattern_is_anchored(first)))
            return false;
    }
    return true;
}

bool pattern_ranges_have(struct pattern_ranges ranges, uint32_t character)
{
    size_t low = 0, high = ranges.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges.items[middle].high < character)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ranges.count && ranges.items[low].low <= character;
}
