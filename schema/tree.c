#include "schema/tree.h"

#include "schema/number.h"
#include "schema/pointer.h"
#include "schema/tree_lookup.h"

const struct tree *tree_member(const struct tree *object, struct span key)
{
    if (object->type != TREE_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < object->count; i++)
        if (span_equal(object->members[i].key, key))
            return &object->members[i].value;
    return NULL;
}

static const struct tree *child_at(const struct tree *parent, struct span token)
{
    uint32_t index = 0;
    if (parent->type == TREE_ARRAY && pointer_token_index(token, &index) && index < parent->count)
        return &parent->items[index];
    if (parent->type != TREE_OBJECT)
        return NULL;
    for (uint32_t i = 0; i < parent->count; i++)
        if (pointer_token_is(token, parent->members[i].key))
            return &parent->members[i].value;
    return NULL;
}

const struct tree *tree_at(const struct tree *root, struct span pointer)
{
    const struct tree *at = root;
    struct span token;
    while (at && pointer_next(&pointer, &token))
        at = child_at(at, token);
    return pointer.size == 0 ? at : NULL;
}

void tree_append_pointer(struct buf *pointer, struct span token)
{
    buf_append_byte(pointer, '/');
    for (size_t i = 0; i < token.size; i++) {
        if (token.data[i] == '~')
            buf_append_string(pointer, "~0");
        else if (token.data[i] == '/')
            buf_append_string(pointer, "~1");
        else
            buf_append_byte(pointer, token.data[i]);
    }
}

static bool is_number(const struct tree *value)
{
    return value->type == TREE_INTEGER || value->type == TREE_REAL;
}

bool tree_integral(const struct tree *value, int64_t *ret_integral)
{
    return is_number(value) && number_int64(value, ret_integral);
}

static bool compare(const struct tree *a, const struct tree *b, bool spelling);

static bool arrays_equal(const struct tree *a, const struct tree *b, bool spelling)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!compare(&a->items[i], &b->items[i], spelling))
            return false;
    return true;
}

static bool objects_equal(const struct tree *a, const struct tree *b, bool spelling)
{
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, b);
    bool equal = true;
    for (uint32_t i = 0; equal && i < a->count; i++) {
        const struct tree_member *other = tree_lookup_find(&lookup, a->members[i].key);
        equal = other && compare(&a->members[i].value, &other->value, spelling);
    }
    tree_lookup_finish(&lookup);
    return equal;
}

static bool compare(const struct tree *a, const struct tree *b, bool spelling)
{
    if (is_number(a) && is_number(b))
        return spelling ? span_equal(a->raw, b->raw) : number_compare(a, b) == 0;
    if (a->type != b->type)
        return false;
    if (a->type == TREE_STRING)
        return span_equal(a->string, b->string);
    if (a->type == TREE_ARRAY)
        return a->count == b->count && arrays_equal(a, b, spelling);
    if (a->type == TREE_OBJECT)
        return a->count == b->count && objects_equal(a, b, spelling);
    return true;
}

bool tree_equal(const struct tree *a, const struct tree *b)
{
    return compare(a, b, false);
}

bool tree_same(const struct tree *a, const struct tree *b)
{
    return compare(a, b, true);
}

/* The finaliser of SplitMix64: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

/* A sum, because the order of members does not count. */
static uint64_t hash_members(const struct tree *object)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < object->count; i++)
        sum +=
            mix(tree_member_hash(&object->members[i]) * 3 + tree_hash(&object->members[i].value));
    return sum;
}

static uint64_t hash_items(const struct tree *array)
{
    uint64_t hash = array->count;
    for (uint32_t i = 0; i < array->count; i++)
        hash = mix(hash * 3 + tree_hash(&array->items[i]));
    return hash;
}

uint64_t tree_hash(const struct tree *value)
{
    uint64_t type = (uint64_t)value->type << 56;
    switch (value->type) {
    case TREE_INTEGER:
    case TREE_REAL:
        return mix(number_hash(value));
    case TREE_STRING:
        return mix(type ^ tree_key_hash(value->string));
    case TREE_ARRAY:
        return mix(type ^ hash_items(value));
    case TREE_OBJECT:
        return mix(type ^ hash_members(value));
    default:
        return mix(type + 1);
    }
}
