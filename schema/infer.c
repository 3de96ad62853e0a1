#include "schema/infer_internal.h"

#include "store/base/cleanup.h"

static struct shape *make_shape(struct infer *infer, bool is_column)
{
    struct shape *shape = arena_alloc(&infer->arena, sizeof(*shape));
    if (!shape)
        return NULL;
    shape->formats = UINT32_MAX;
    shape->is_column = is_column;
    infer->places++;
    return shape;
}

int infer_create(struct infer **ret_infer, struct problem *problem)
{
    struct infer *infer = calloc(1, sizeof(*infer));
    if (!infer)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    arena_init(&infer->arena, 0);
    infer->root = make_shape(infer, true);
    if (!infer->root) {
        infer_destroy(infer);
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    }
    *ret_infer = infer;
    return 0;
}

void infer_destroy(struct infer *infer)
{
    if (!infer)
        return;
    arena_finish(&infer->arena);
    free(infer);
}

uint64_t infer_count(const struct infer *infer)
{
    return infer->count;
}

const struct infer_left_out *infer_left_out(const struct infer *infer)
{
    return &infer->left_out;
}

/* An array of twice the capacity, with what was in the old one. */
static void *grow(struct arena *arena, const void *old, uint32_t *capacity, size_t size)
{
    uint32_t more = *capacity > 0 ? *capacity * 2 : 8;
    void *bigger = arena_alloc_array(arena, more, size);
    if (!bigger)
        return NULL;
    if (*capacity > 0)
        memcpy(bigger, old, *capacity * size);
    *capacity = more;
    return bigger;
}

/* A sorted array: a table of hashes could be made to collide. */
static bool note_distinct(struct infer *infer, struct distinct *distinct, uint64_t print)
{
    if (distinct->repeated || distinct->full)
        return true;
    uint32_t low = 0;
    for (uint32_t high = distinct->count; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (distinct->sorted[middle] < print)
            low = middle + 1;
        else
            high = middle;
    }
    distinct->repeated = low < distinct->count && distinct->sorted[low] == print;
    distinct->full = !distinct->repeated && distinct->count == INFER_DISTINCT_MAX;
    if (distinct->repeated || distinct->full)
        return true;
    if (distinct->count == distinct->capacity)
        distinct->sorted =
            grow(&infer->arena, distinct->sorted, &distinct->capacity, sizeof(print));
    if (!distinct->sorted)
        return false;
    memmove(distinct->sorted + low + 1, distinct->sorted + low,
            (distinct->count++ - low) * sizeof(print));
    distinct->sorted[low] = print;
    return true;
}

static bool note_word(struct infer *infer, struct shape *shape, struct span word)
{
    for (uint32_t i = 0; i < shape->word_count && i < WORDS_MAX; i++)
        if (span_equal(shape->words[i], word))
            return true;
    if (shape->word_count >= WORDS_MAX || word.size > WORD_SIZE_MAX) {
        shape->word_count = WORDS_MAX + 1;
        return true;
    }
    struct span copy = arena_copy(&infer->arena, word);
    shape->words[shape->word_count++] = copy;
    return copy.data != NULL;
}

static bool note_string(struct infer *infer, struct shape *shape, struct span text)
{
    if (shape->formats)
        shape->formats = infer_formats_of(text, shape->formats);
    return shape->word_count > WORDS_MAX || note_word(infer, shape, text);
}

/* Where in `sorted` the name is, or belongs. */
static uint32_t position_of(const struct shape *shape, struct span name)
{
    uint32_t low = 0;
    for (uint32_t high = shape->member_count; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (tree_key_compare(shape->members[shape->sorted[middle]].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct infer *infer, struct shape *shape)
{
    if (shape->member_count < shape->member_capacity)
        return true;
    uint32_t capacity = shape->member_capacity;
    shape->sorted = grow(&infer->arena, shape->sorted, &capacity, sizeof(*shape->sorted));
    shape->members =
        grow(&infer->arena, shape->members, &shape->member_capacity, sizeof(*shape->members));
    return shape->sorted && shape->members;
}

/* False when there is no memory; no member is given when it is beyond a limit. */
static bool add_member(struct infer *infer, struct shape *shape, uint32_t at, struct span name,
                       struct shape_member **ret_member)
{
    *ret_member = NULL;
    if (shape->member_count == INFER_MEMBERS_MAX || name.size > INFER_NAME_MAX) {
        infer->left_out.members++;
        return true;
    }
    if (infer->places == INFER_PLACES_MAX) {
        infer->left_out.places++;
        return true;
    }
    struct span copy = arena_copy(&infer->arena, name);
    struct shape *inner = make_shape(infer, shape->is_column);
    if (!copy.data || !inner || !make_room(infer, shape))
        return false;
    memmove(shape->sorted + at + 1, shape->sorted + at,
            (shape->member_count - at) * sizeof(*shape->sorted));
    shape->sorted[at] = shape->member_count;
    *ret_member = &shape->members[shape->member_count++];
    **ret_member = (struct shape_member){.name = copy, .shape = inner};
    return true;
}

static bool note(struct infer *infer, struct shape *shape, const struct tree *value,
                 unsigned depth);

static bool note_member(struct infer *infer, struct shape *shape, const struct tree_member *source,
                        unsigned depth)
{
    uint32_t at = position_of(shape, source->key);
    struct shape_member *member = NULL;
    if (at < shape->member_count && span_equal(shape->members[shape->sorted[at]].name, source->key))
        member = &shape->members[shape->sorted[at]];
    else if (!add_member(infer, shape, at, source->key, &member))
        return false;
    if (!member)
        return true;
    member->count++;
    return note(infer, member->shape, &source->value, depth + 1);
}

static bool note_items(struct infer *infer, struct shape *shape, const struct tree *array,
                       unsigned depth)
{
    if (array->count > 0 && !shape->items) {
        if (infer->places == INFER_PLACES_MAX) {
            infer->left_out.places++;
            return true;
        }
        shape->items = make_shape(infer, false);
        if (!shape->items)
            return false;
    }
    for (uint32_t i = 0; i < array->count; i++)
        if (!note(infer, shape->items, &array->items[i], depth + 1))
            return false;
    return true;
}

static enum seen seen_of(const struct tree *value)
{
    switch (value->type) {
    case TREE_NULL:
        return SEEN_NULL;
    case TREE_FALSE:
    case TREE_TRUE:
        return SEEN_BOOLEAN;
    case TREE_INTEGER:
        return SEEN_INTEGER;
    case TREE_REAL: /* one beyond int64 is still written as an integer */
        for (size_t i = 0; i < value->raw.size; i++)
            if (strchr(".eE", value->raw.data[i]))
                return SEEN_NUMBER;
        return SEEN_INTEGER;
    case TREE_STRING:
        return SEEN_STRING;
    case TREE_ARRAY:
        return SEEN_ARRAY;
    default:
        return SEEN_OBJECT;
    }
}

/* Recurses no deeper than INFER_DEPTH_MAX. */
static bool note(struct infer *infer, struct shape *shape, const struct tree *value, unsigned depth)
{
    enum seen seen = seen_of(value);
    bool has_inside = (seen == SEEN_OBJECT || seen == SEEN_ARRAY) && value->count > 0;
    shape->seen[seen]++;
    if (has_inside && depth == INFER_DEPTH_MAX) {
        infer->left_out.deep++;
        return true;
    }
    if (seen == SEEN_ARRAY)
        return note_items(infer, shape, value, depth);
    if (shape->is_column && (seen == SEEN_STRING || seen == SEEN_INTEGER) &&
        !note_distinct(infer, &shape->distinct, tree_hash(value)))
        return false;
    if (seen == SEEN_STRING)
        return note_string(infer, shape, value->string);
    for (uint32_t i = 0; seen == SEEN_OBJECT && i < value->count; i++)
        if (!note_member(infer, shape, &value->members[i], depth))
            return false;
    return true;
}

int infer_add(struct infer *infer, const struct tree *sample, struct problem *problem)
{
    infer->count++;
    if (note(infer, infer->root, sample, 0))
        return 0;
    return problem_set(problem, ERR_NO_MEMORY, "no memory to remember the samples");
}
