/* The forms that most patterns have: alternatives, each a row of literals and of runs of characters
 * of one class, as in ^[a-z][a-z0-9-]*$, ^(get|put)$, ^x- or \.json$.
 *
 * A run takes as many characters as it can, and never gives one back. That is right when none of
 * what it takes may begin what follows it, which is found out here, for every run whose length is
 * not fixed. What may begin anywhere has no such run, but at its ends, where the shortest does. */
#include "schema/pattern_internal.h"

/* Beyond these the library is faster, or the time would no longer be short for any subject. */
#define SEQUENCES_MAX 128
#define ITEMS_MAX     32
#define VARIABLES_MAX 4  /* sequences that have runs of no fixed length */
#define ANYWHERE_MAX  64 /* characters in sequences that may begin anywhere */
#define COPIES_MAX    16 /* of a literal that is repeated */

struct item {
    struct span literal;  /* its data is NULL for a run */
    size_t offset;        /* of the literal, while its text may still move */
    uint32_t min, max;    /* characters of a run */
    bool in_line;         /* of those beyond ASCII the run has not U+2028 and U+2029 */
    uint8_t lengths[256]; /* of the characters of a run, by their first byte; 0: not in it */
};

struct sequence {
    bool from_start, to_end;
    size_t count;
    struct item *items;
};

struct pattern_shape {
    size_t count;
    struct sequence sequences[SEQUENCES_MAX];
};

struct finder {
    struct arena *arena;
    struct pattern_shape *shape;
    struct buf text; /* of all literals */
    size_t count;    /* items of the sequence that is being made */
    struct item items[ITEMS_MAX];
    size_t variables, anywhere;
    bool no_memory;
};

static bool is_surrogate(uint32_t character)
{
    return character >= 0xd800 && character <= 0xdfff;
}

static struct item *add_item(struct finder *finder)
{
    if (finder->count == ITEMS_MAX)
        return NULL;
    struct item *item = &finder->items[finder->count++];
    *item = (struct item){.min = 1, .max = 1};
    return item;
}

static void append_character(struct buf *text, uint32_t character)
{
    uint8_t bytes[4] = {(uint8_t)character};
    size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = size; size > 1 && i-- > 1; character >>= 6)
        bytes[i] = (uint8_t)(0x80 | (character & 0x3f));
    if (size > 1)
        bytes[0] = (uint8_t)(0xf00 >> size | character);
    buf_append(text, bytes, size);
}

static bool add_literal(struct finder *finder, uint32_t character, uint32_t copies)
{
    struct item *last = finder->count ? &finder->items[finder->count - 1] : NULL;
    size_t offset = finder->text.size;
    if (is_surrogate(character) || copies > COPIES_MAX)
        return false;
    for (uint32_t i = 0; i < copies; i++)
        append_character(&finder->text, character);
    if (!last || last->literal.size == 0) {
        last = add_item(finder);
        if (!last)
            return false;
        last->offset = offset;
    }
    last->literal.size += finder->text.size - offset;
    finder->no_memory |= buf_failed(&finder->text);
    return true;
}

/* Of the characters beyond ASCII a run has none, all, or those in a line. */
static bool add_others(struct item *item, const struct pattern_range *ranges, size_t count)
{
    static const struct pattern_range all[] = {{0x80, 0xd7ff}, {0xe000, 0x10ffff}};
    static const struct pattern_range in_line[] = {
        {0x80, 0x2027}, {0x202a, 0xd7ff}, {0xe000, 0x10ffff}};
    item->in_line = count == 3;
    if (count == 0)
        return true;
    if ((count != 2 || memcmp(ranges, all, sizeof(all)) != 0) &&
        (count != 3 || memcmp(ranges, in_line, sizeof(in_line)) != 0))
        return false;
    for (unsigned first = 0xc2; first <= 0xf4; first++)
        item->lengths[first] = (uint8_t)pattern_length((uint8_t)first);
    return true;
}

static bool add_ranges(struct item *item, struct pattern_ranges ranges)
{
    struct pattern_range others[3];
    size_t count = 0;
    for (size_t i = 0; i < ranges.count; i++) {
        struct pattern_range range = ranges.items[i];
        for (uint32_t byte = range.low; byte <= range.high && byte < 0x80; byte++)
            item->lengths[byte] = 1;
        if (range.high < 0x80)
            continue;
        if (count == 3)
            return false;
        others[count++] = (struct pattern_range){range.low < 0x80 ? 0x80 : range.low, range.high};
    }
    return add_others(item, others, count);
}

static bool add_run(struct finder *finder, const struct pattern_node *node)
{
    struct pattern_range range = {node->value, node->value};
    struct pattern_ranges ranges = {&range, 1};
    if (node->kind == PATTERN_SET)
        ranges = node->set->ranges;
    if (node->kind == PATTERN_SET && node->set->property_count)
        return false;
    struct item *item = add_item(finder);
    if (!item)
        return false;
    item->min = node->min;
    item->max = node->max;
    return add_ranges(item, ranges);
}

static bool is_single(const struct pattern_set *set)
{
    return set->property_count == 0 && set->ranges.count == 1 &&
           set->ranges.items[0].low == set->ranges.items[0].high;
}

static bool add_terms(struct finder *finder, const struct pattern_node *first,
                      const struct pattern_node *end);

static bool add_term(struct finder *finder, const struct pattern_node *node)
{
    bool once = node->min == 1 && node->max == 1;
    if (node->kind == PATTERN_GROUP)
        return once && !node->branches->next && add_terms(finder, node->branches->first, NULL);
    if (node->kind == PATTERN_CHARACTER && node->min == node->max && node->min > 0 &&
        node->min <= COPIES_MAX)
        return add_literal(finder, node->value, node->min);
    if (node->kind == PATTERN_SET && once && is_single(node->set))
        return add_literal(finder, node->set->ranges.items[0].low, 1);
    return (node->kind == PATTERN_CHARACTER || node->kind == PATTERN_SET) && add_run(finder, node);
}

/* Up to `end`, which is not one of them. */
static bool add_terms(struct finder *finder, const struct pattern_node *first,
                      const struct pattern_node *end)
{
    for (const struct pattern_node *node = first; node != end; node = node->next)
        if (!add_term(finder, node))
            return false;
    return true;
}

static bool is_run(const struct item *item)
{
    return item->literal.size == 0;
}

/* Where a sequence may begin or end anywhere, the run there need not be longer than it must. */
static void trim(struct finder *finder, const struct sequence *sequence)
{
    struct item *items = finder->items;
    size_t from = 0;
    while (!sequence->from_start && from < finder->count && is_run(&items[from]) &&
           items[from].min == 0)
        from++;
    finder->count -= from;
    memmove(items, items + from, finder->count * sizeof(*items));
    while (!sequence->to_end && finder->count && is_run(&items[finder->count - 1]) &&
           items[finder->count - 1].min == 0)
        finder->count--;
    if (finder->count && !sequence->from_start)
        items[0].max = items[0].min;
    if (finder->count && !sequence->to_end)
        items[finder->count - 1].max = items[finder->count - 1].min;
}

/* Whether a character may both be in the run and begin the item. Those with the same first byte are
 * taken for one. */
static bool overlap(const struct finder *finder, const struct item *run, const struct item *item)
{
    if (!is_run(item))
        return run->lengths[finder->text.data[item->offset]] > 0;
    for (unsigned first = 0; first < 256; first++)
        if (run->lengths[first] && item->lengths[first])
            return true;
    return false;
}

/* Whether taking all that the run can is right. */
static bool is_exact(const struct finder *finder, size_t run)
{
    for (size_t i = run + 1; i < finder->count; i++) {
        if (overlap(finder, &finder->items[run], &finder->items[i]))
            return false;
        if (finder->items[i].min > 0)
            break;
    }
    return true;
}

static bool check(struct finder *finder, const struct sequence *sequence)
{
    bool variable = false;
    uint64_t fixed = 0;
    for (size_t i = 0; i < finder->count; i++) {
        const struct item *item = &finder->items[i];
        if (item->min != item->max && !is_exact(finder, i))
            return false;
        variable |= item->min != item->max;
        fixed += is_run(item) ? item->min : item->literal.size;
    }
    finder->variables += variable;
    if (sequence->from_start)
        return finder->variables <= VARIABLES_MAX;
    finder->anywhere += fixed + 1 < ANYWHERE_MAX ? (size_t)fixed + 1 : ANYWHERE_MAX;
    return !variable && finder->anywhere <= ANYWHERE_MAX;
}

static bool add_sequence(struct finder *finder, struct sequence sequence)
{
    if (finder->shape->count == SEQUENCES_MAX)
        return false;
    trim(finder, &sequence);
    if (finder->no_memory || !check(finder, &sequence))
        return false;
    sequence.items = arena_alloc_array(finder->arena, finder->count, sizeof(*sequence.items));
    if (!sequence.items) {
        finder->no_memory = true;
        return false;
    }
    memcpy(sequence.items, finder->items, finder->count * sizeof(*sequence.items));
    sequence.count = finder->count;
    finder->shape->sequences[finder->shape->count++] = sequence;
    return true;
}

static bool add_branches(struct finder *finder, const struct pattern_node *group,
                         struct sequence outer);

static bool add_branch(struct finder *finder, const struct pattern_branch *branch,
                       struct sequence sequence)
{
    const struct pattern_node *first = branch->first, *end = NULL;
    if (first && first->kind == PATTERN_START) {
        sequence.from_start = true;
        first = first->next;
    }
    if (first && branch->last->kind == PATTERN_END) {
        sequence.to_end = true;
        end = branch->last;
    }
    if (first && first != end && first->next == end && first->kind == PATTERN_GROUP &&
        first->min == 1 && first->max == 1)
        return add_branches(finder, first, sequence);
    finder->count = 0;
    return add_terms(finder, first, end) && add_sequence(finder, sequence);
}

static bool add_branches(struct finder *finder, const struct pattern_node *group,
                         struct sequence outer)
{
    for (const struct pattern_branch *branch = group->branches; branch; branch = branch->next)
        if (!add_branch(finder, branch, outer))
            return false;
    return true;
}

/* Now that the text of the literals no longer moves. */
static struct pattern_shape *settle(struct finder *finder)
{
    size_t size = offsetof(struct pattern_shape, sequences) +
                  finder->shape->count * sizeof(*finder->shape->sequences);
    struct span text = arena_copy(finder->arena, buf_span(&finder->text));
    struct pattern_shape *shape = arena_alloc(finder->arena, size);
    if (!shape || !text.data)
        return NULL;
    memcpy(shape, finder->shape, size);
    for (size_t i = 0; i < shape->count; i++)
        for (size_t j = 0; j < shape->sequences[i].count; j++) {
            struct item *item = &shape->sequences[i].items[j];
            if (!is_run(item))
                item->literal.data = text.data + item->offset;
        }
    return shape;
}

int pattern_shape_find(const struct pattern_tree *tree, struct arena *arena,
                       const struct pattern_shape **ret_shape)
{
    struct pattern_shape shape = {0};
    struct finder finder = {.arena = arena, .shape = &shape};
    const struct pattern_shape *found = NULL;
    bool fits = add_branches(&finder, tree->root, (struct sequence){0});
    if (fits)
        found = settle(&finder);
    buf_finish(&finder.text);
    if (finder.no_memory || (fits && !found))
        return -ERR_NO_MEMORY;
    *ret_shape = found;
    return 0;
}

static bool is_separator(const uint8_t *at)
{
    return at[0] == 0xe2 && at[1] == 0x80 && (at[2] | 1) == 0xa9;
}

static bool take_run(const struct item *run, struct span subject, size_t *at)
{
    size_t end = *at;
    uint32_t left = run->max;
    for (; left > 0 && end < subject.size; left--) {
        const uint8_t *character = subject.data + end;
        if (run->lengths[*character] == 0 ||
            (*character == 0xe2 && run->in_line && is_separator(character)))
            break;
        /* Not the length from the table: each character would wait for the one before. */
        end += *character < 0x80 ? 1 : pattern_length(*character);
    }
    *at = end;
    return run->max - left >= run->min;
}

static bool matches_at(const struct sequence *sequence, struct span subject, size_t at)
{
    for (const struct item *item = sequence->items; item < sequence->items + sequence->count;
         item++) {
        if (is_run(item)) {
            if (!take_run(item, subject, &at))
                return false;
        } else {
            if (!span_starts_with(span_skip(subject, at), item->literal))
                return false;
            at += item->literal.size;
        }
    }
    return !sequence->to_end || at == subject.size;
}

/* The first place from `at` on where it may begin; the end of the subject is one, too. */
static size_t next_start(const struct sequence *sequence, struct span subject, size_t at)
{
    if (sequence->count == 0 || is_run(&sequence->items[0]))
        return at;
    struct span literal = sequence->items[0].literal, rest = span_skip(subject, at);
    const uint8_t *found =
        rest.size ? memmem(rest.data, rest.size, literal.data, literal.size) : NULL;
    return found ? (size_t)(found - subject.data) : subject.size;
}

static bool matches_anywhere(const struct sequence *sequence, struct span subject)
{
    for (size_t at = 0;; at += pattern_length(subject.data[at])) {
        at = next_start(sequence, subject, at);
        if (matches_at(sequence, subject, at))
            return true;
        if (at == subject.size)
            return false;
    }
}

bool pattern_shape_match(const struct pattern_shape *shape, struct span subject)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct sequence *sequence = &shape->sequences[i];
        if (sequence->from_start ? matches_at(sequence, subject, 0)
                                 : matches_anywhere(sequence, subject))
            return true;
    }
    return false;
}
