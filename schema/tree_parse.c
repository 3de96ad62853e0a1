#include "schema/scan.h"
#include "schema/tree.h"
#include "schema/tree_judge.h"

#include <locale.h>
#include <stdlib.h>

/* Builds the tree from a text that is known to be valid, so nothing is checked again. */
struct builder {
    struct arena *arena;
    const uint8_t *at;      /* never passes the '}' of the document */
    const uint32_t *counts; /* of each container, in the order they open */
    locale_t plain;
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static const uint8_t *skip_string(const uint8_t *at)
{
    for (at++; *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at + 1;
}

/* Counts what each container holds, so that its array is allocated once and exactly. */
static void count_children(struct span text, struct buf *counts)
{
    size_t open[SCAN_DEPTH_MAX]; /* offsets into counts */
    size_t depth = 0;
    bool is_first = false; /* the next token is the first in its container */
    for (const uint8_t *at = text.data; at < text.data + text.size && !buf_failed(counts);) {
        uint8_t byte = *at;
        bool closes = byte == '}' || byte == ']';
        if (!is_space(byte)) {
            if (depth > 0 && !closes && (is_first || byte == ','))
                ((uint32_t *)(void *)counts->data)[open[depth - 1]]++;
            is_first = byte == '{' || byte == '[';
        }
        if (is_first && !is_space(byte)) {
            open[depth++] = counts->size / sizeof(uint32_t);
            buf_append_fill(counts, 0, sizeof(uint32_t));
        }
        depth -= closes;
        at = byte == '"' ? skip_string(at) : at + 1;
    }
}

static uint32_t hex4(const uint8_t *digits)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t digit = digits[i];
        value = value << 4 | (digit <= '9' ? digit - (unsigned)'0' : (digit | 0x20U) - 'a' + 10);
    }
    return value;
}

static uint8_t *put_utf8(uint8_t *out, uint32_t character)
{
    if (character < 0x80) {
        *out++ = (uint8_t)character;
        return out;
    }
    unsigned tails = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (uint8_t)(leads[tails] | character >> 6 * tails);
    while (tails-- > 0)
        *out++ = (uint8_t)(0x80 | (character >> 6 * tails & 0x3f));
    return out;
}

/* `at` is behind the backslash and moves behind the escape. */
static uint8_t *put_escape(uint8_t *out, const uint8_t **at)
{
    static const uint8_t shorts[] = {
        ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'};
    uint8_t letter = *(*at)++;
    if (letter != 'u') {
        *out++ = letter < sizeof(shorts) && shorts[letter] ? shorts[letter] : letter;
        return out;
    }
    uint32_t character = hex4(*at);
    *at += 4;
    if (character >= 0xd800 && character < 0xe000) {
        character = 0x10000 + ((character - 0xd800) << 10) + (hex4(*at + 2) - 0xdc00);
        *at += 6;
    }
    return put_utf8(out, character);
}

/* No escape is shorter than what it stands for. */
static bool decode(struct builder *builder, struct span inside, struct span *ret_decoded)
{
    if (inside.size == 0 || !memchr(inside.data, '\\', inside.size)) {
        *ret_decoded = inside;
        return true;
    }
    uint8_t *decoded = arena_alloc(builder->arena, inside.size);
    if (!decoded)
        return false;
    uint8_t *out = decoded;
    for (const uint8_t *at = inside.data; at < inside.data + inside.size;) {
        if (*at == '\\') {
            at++;
            out = put_escape(out, &at);
        } else {
            *out++ = *at++;
        }
    }
    *ret_decoded = span_make(decoded, (size_t)(out - decoded));
    return true;
}

static bool build_string(struct builder *builder, struct span *ret_raw, struct span *ret_decoded)
{
    const uint8_t *end = skip_string(builder->at);
    *ret_raw = span_make(builder->at, (size_t)(end - builder->at));
    struct span inside = span_make(builder->at + 1, ret_raw->size - 2);
    builder->at = end;
    return decode(builder, inside, ret_decoded);
}

/* Toward the negative, whose range is the larger one. */
static int64_t integer_of(struct span raw)
{
    bool negative = raw.data[0] == '-';
    int64_t value = 0;
    for (size_t i = negative; i < raw.size; i++)
        value = value * 10 - (raw.data[i] - '0');
    return negative ? value : -value;
}

/* strtod stops by itself, because a number is never the last of the document. */
static void build_number(struct builder *builder, struct tree *value)
{
    const uint8_t *at = builder->at;
    bool is_real = false;
    for (; *at == '-' || *at == '+' || *at == '.' || (*at | 0x20) == 'e' ||
           (*at >= '0' && *at <= '9');
         at++)
        is_real = is_real || *at == '.' || (*at | 0x20) == 'e';
    value->type = is_real ? TREE_REAL : TREE_INTEGER;
    value->raw = span_make(builder->at, (size_t)(at - builder->at));
    if (is_real)
        value->real = strtod_l((const char *)builder->at, NULL, builder->plain);
    else
        value->integer = integer_of(value->raw);
    builder->at = at;
}

static void build_literal(struct builder *builder, struct tree *value)
{
    uint8_t first = *builder->at;
    value->type = first == 't' ? TREE_TRUE : first == 'f' ? TREE_FALSE : TREE_NULL;
    value->raw = span_make(builder->at, first == 'f' ? 5 : 4);
    builder->at += value->raw.size;
}

/* To the next byte that means something: commas and colons are where they should be. */
static void skip_between(struct builder *builder)
{
    while (is_space(*builder->at) || *builder->at == ',' || *builder->at == ':')
        builder->at++;
}

static bool build_value(struct builder *builder, struct tree *value);

static bool build_array(struct builder *builder, struct tree *array)
{
    array->type = TREE_ARRAY;
    array->count = *builder->counts++;
    array->items = arena_alloc_array(builder->arena, array->count, sizeof(*array->items));
    if (!array->items)
        return false;
    builder->at++;
    for (uint32_t i = 0; i < array->count; i++)
        if (!build_value(builder, &array->items[i]))
            return false;
    skip_between(builder);
    builder->at++;
    return true;
}

static bool build_object(struct builder *builder, struct tree *object)
{
    object->type = TREE_OBJECT;
    object->count = *builder->counts++;
    object->members = arena_alloc_array(builder->arena, object->count, sizeof(*object->members));
    if (!object->members)
        return false;
    builder->at++;
    for (uint32_t i = 0; i < object->count; i++) {
        struct tree_member *member = &object->members[i];
        skip_between(builder);
        if (!build_string(builder, &member->raw, &member->key) ||
            !build_value(builder, &member->value))
            return false;
    }
    skip_between(builder);
    builder->at++;
    return true;
}

/* Recurses no deeper than SCAN_DEPTH_MAX. */
static bool build_value(struct builder *builder, struct tree *value)
{
    skip_between(builder);
    switch (*builder->at) {
    case '{':
        return build_object(builder, value);
    case '[':
        return build_array(builder, value);
    case '"':
        value->type = TREE_STRING;
        return build_string(builder, &value->raw, &value->string);
    case 't':
    case 'f':
    case 'n':
        build_literal(builder, value);
        return true;
    default:
        build_number(builder, value);
        return true;
    }
}

static struct tree *build(struct arena *arena, struct span text)
{
    struct tree *root = arena_alloc(arena, sizeof(*root));
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    struct buf counts = {0};
    count_children(text, &counts);
    struct builder builder = {.arena = arena,
                              .at = text.data,
                              .counts = (const uint32_t *)(void *)counts.data,
                              .plain = plain};
    bool built = root && plain && !buf_failed(&counts) && build_value(&builder, root);
    buf_finish(&counts);
    if (plain)
        freelocale(plain);
    return built ? root : NULL;
}

static int check_size(struct span text, size_t max_size, struct problem *problem)
{
    size_t most = max_size < INT32_MAX ? max_size : INT32_MAX; /* jansson counts in int */
    if (text.size <= most)
        return 0;
    return problem_set(problem, ERR_TOO_LARGE,
                       "the document has %zu bytes; at most %zu are allowed", text.size, most);
}

static int check_text(struct span text, struct problem *problem)
{
    struct scan scan;
    scan_init(&scan);
    if (scan_feed(&scan, text) != SCAN_COMPLETE)
        return scan_explain(&scan, problem);
    return tree_judge(text, problem);
}

int tree_parse(struct arena *arena, struct span text, size_t max_size, struct tree **ret_tree,
               struct problem *problem)
{
    int rc = check_size(text, max_size, problem);
    if (rc == 0)
        rc = check_text(text, problem);
    if (rc < 0)
        return rc;
    struct tree *tree = build(arena, text);
    if (!tree)
        return problem_set(problem, ERR_NO_MEMORY, "no memory to hold the document");
    *ret_tree = tree;
    return 0;
}
