#include "schema/tree_build.h"

#include "schema/scan.h"
#include "store/base/buf.h"
#include "store/base/utf8.h"

#include <endian.h>
#include <float.h>
#include <locale.h>
#include <stdlib.h>

struct builder {
    struct arena *arena;
    const uint8_t *at;
    const uint8_t *end;
    struct buf open;  /* the children so far of the containers that are not yet closed */
    struct buf slots; /* scratch of may_repeat */
    locale_t plain;   /* made when it is first needed */
    unsigned depth;
    bool any_value;
    bool doubtful;
};

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The next byte; at the end a NUL, which no text may have. */
static uint8_t peek(const struct builder *builder)
{
    return builder->at < builder->end ? *builder->at : 0;
}

static uint8_t skip_space(struct builder *builder)
{
    const uint8_t *at = builder->at, *end = builder->end;
    while (at < end && is_space(*at)) {
        at++;
        while (end - at >= 8 && tree_load64(at) == EACH_BYTE(' '))
            at += 8;
    }
    builder->at = at;
    return peek(builder);
}

/* The first byte that is not simply a character of a string. The highest bit of each byte of
 * `special` tells whether it is one; what is wrong above the first that is does not matter. */
static const uint8_t *plain_end(const uint8_t *at, const uint8_t *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t bytes = le64toh(tree_load64(at));
        uint64_t special = ((bytes ^ EACH_BYTE('"')) - EACH_BYTE(1)) |
                           ((bytes ^ EACH_BYTE('\\')) - EACH_BYTE(1)) | (bytes - EACH_BYTE(0x20)) |
                           bytes;
        special &= EACH_BYTE(0x80);
        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static int hex_digit(uint8_t byte)
{
    if (is_digit(byte))
        return byte - '0';
    uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The unit that "\uXXXX" stands for; -1 when there is no such thing at `at`. */
static int32_t utf16_unit(const uint8_t *at, const uint8_t *end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    int32_t unit = 0;
    for (unsigned i = 2; i < 6; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* The character that the escape at `*at` stands for, which is moved behind it; -1 when it is
 * none. */
static int32_t take_escape(const uint8_t **at, const uint8_t *end)
{
    static const uint8_t shorts[] = {['"'] = '"',  ['/'] = '/',  ['\\'] = '\\', ['b'] = '\b',
                                     ['f'] = '\f', ['n'] = '\n', ['r'] = '\r',  ['t'] = '\t'};
    if (end - *at >= 2 && (*at)[1] < sizeof(shorts) && shorts[(*at)[1]]) {
        *at += 2;
        return shorts[(*at)[-1]];
    }
    int32_t unit = utf16_unit(*at, end);
    if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return -1;
    *at += 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    int32_t low = utf16_unit(*at, end);
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    *at += 6;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
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

/* Finds the end of the string, and whether there are escapes in it. */
static bool pass_string(struct builder *builder, bool *ret_escapes)
{
    const uint8_t *at = builder->at + 1, *end = builder->end;
    bool escapes = false;
    for (at = plain_end(at, end); at < end && *at != '"'; at = plain_end(at, end)) {
        if (*at == '\\') {
            escapes = true;
            if (take_escape(&at, end) < 0)
                return false;
        } else {
            size_t length = *at < 0x80 ? 0 : utf8_length(span_make(at, (size_t)(end - at)));
            if (length == 0)
                return false;
            at += length;
        }
    }
    if (at >= end)
        return false;
    builder->at = at + 1;
    *ret_escapes = escapes;
    return true;
}

/* No escape is shorter than what it stands for. */
static bool decode(struct builder *builder, struct span inside, struct span *ret_decoded)
{
    uint8_t *decoded = arena_alloc(builder->arena, inside.size);
    if (!decoded)
        return false;
    uint8_t *out = decoded;
    const uint8_t *end = inside.data + inside.size;
    for (const uint8_t *at = inside.data; at < end;) {
        if (*at == '\\')
            out = put_utf8(out, (uint32_t)take_escape(&at, end));
        else
            *out++ = *at++;
    }
    *ret_decoded = span_make(decoded, (size_t)(out - decoded));
    return true;
}

static bool build_string(struct builder *builder, struct span *ret_raw, struct span *ret_decoded)
{
    const uint8_t *begin = builder->at;
    bool escapes;
    if (!pass_string(builder, &escapes))
        return false;
    *ret_raw = span_make(begin, (size_t)(builder->at - begin));
    *ret_decoded = span_make(begin + 1, ret_raw->size - 2);
    return !escapes || decode(builder, *ret_decoded, ret_decoded);
}

/* What is read of a number on the way to its end. */
struct reading {
    uint64_t digits; /* as one number, right while there are no more than 19 */
    size_t count;
    int64_t exponent;
    bool negative;
    bool is_real;
};

/* Returns whether there is a digit at all. */
static bool read_digits(struct builder *builder, struct reading *reading)
{
    const uint8_t *begin = builder->at, *at = begin;
    for (; at < builder->end && is_digit(*at); at++)
        reading->digits = reading->digits * 10 + (uint64_t)(*at - '0');
    reading->count += (size_t)(at - begin);
    builder->at = at;
    return at > begin;
}

static bool read_exponent(struct builder *builder, struct reading *reading)
{
    struct reading exponent = {0};
    builder->at++;
    uint8_t sign = peek(builder);
    builder->at += sign == '-' || sign == '+';
    if (!read_digits(builder, &exponent))
        return false;
    int64_t size = exponent.count <= 9 ? (int64_t)exponent.digits : 1000000000;
    reading->exponent += sign == '-' ? -size : size;
    return true;
}

/* RFC 8259, section 6. */
static bool read_number(struct builder *builder, struct reading *reading)
{
    *reading = (struct reading){.negative = peek(builder) == '-'};
    builder->at += reading->negative;
    if (peek(builder) == '0') {
        builder->at++;
        reading->count = 1;
    } else if (!read_digits(builder, reading)) {
        return false;
    }
    if (peek(builder) == '.') {
        size_t whole = reading->count;
        builder->at++;
        reading->is_real = true;
        if (!read_digits(builder, reading))
            return false;
        reading->exponent = -(int64_t)(reading->count - whole);
    }
    if ((peek(builder) | 0x20) != 'e')
        return true;
    reading->is_real = true;
    return read_exponent(builder, reading);
}

/* An integer that a double holds exactly, times or divided by another one, is rounded once and so
 * the nearest double (Clinger, How to read floating point numbers accurately, 1990). */
static bool simple_real(const struct reading *reading, double *ret_real)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (reading->count > 19 || reading->digits > (uint64_t)1 << 53 || reading->exponent < -22 ||
        reading->exponent > 22)
        return false;
    double real = (double)reading->digits;
    if (reading->exponent < 0)
        real /= powers[-reading->exponent];
    else
        real *= powers[reading->exponent];
    *ret_real = reading->negative ? -real : real;
    return true;
}

/* strtod stops at what follows, and so needs a copy of what nothing follows. */
static bool any_real(struct builder *builder, struct span raw, double *ret_real)
{
    if (!builder->plain)
        builder->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (builder->at == builder->end)
        raw = arena_copy(builder->arena, raw);
    if (!builder->plain || !raw.data)
        return false;
    *ret_real = strtod_l((const char *)raw.data, NULL, builder->plain);
    return true;
}

static bool build_number(struct builder *builder, struct tree *value)
{
    const uint8_t *begin = builder->at;
    struct reading reading;
    if (!read_number(builder, &reading))
        return false;
    value->raw = span_make(begin, (size_t)(builder->at - begin));
    if (!reading.is_real && reading.count <= 19 &&
        reading.digits <= (uint64_t)INT64_MAX + reading.negative) {
        value->type = TREE_INTEGER;
        value->integer = (int64_t)(reading.negative ? 0 - reading.digits : reading.digits);
        return true;
    }
    value->type = TREE_REAL;
    if (!simple_real(&reading, &value->real) && !any_real(builder, value->raw, &value->real))
        return false;
    bool in_range = reading.is_real && value->real >= -DBL_MAX && value->real <= DBL_MAX;
    builder->doubtful = builder->doubtful || (!in_range && !builder->any_value);
    return true;
}

static bool build_literal(struct builder *builder, struct tree *value, enum tree_type type,
                          const char *literal)
{
    struct span left = span_make(builder->at, (size_t)(builder->end - builder->at));
    value->type = type;
    value->raw = span_head(left, strlen(literal));
    builder->at += value->raw.size;
    return span_is(value->raw, literal);
}

static bool build_value(struct builder *builder, struct tree *value);

/* Moves the children that came after `begin` out of the open ones. */
static void *close_children(struct builder *builder, size_t begin)
{
    size_t size = builder->open.size - begin;
    void *children = arena_alloc(builder->arena, size);
    if (children && size > 0)
        memcpy(children, builder->open.data + begin, size);
    builder->open.size = begin;
    return children;
}

/* Behind a child. Returns whether another one follows; `*ret_fits` is false when neither that nor
 * the end does. */
static bool more_children(struct builder *builder, uint8_t closing, bool *ret_fits)
{
    uint8_t byte = skip_space(builder);
    *ret_fits = byte == ',' || byte == closing;
    builder->at += *ret_fits;
    if (byte != ',')
        return false;
    skip_space(builder);
    return true;
}

static bool build_items(struct builder *builder, struct tree *array)
{
    size_t begin = builder->open.size;
    bool fits = true, more = skip_space(builder) != ']';
    builder->at += !more;
    while (more) {
        struct tree item;
        if (!build_value(builder, &item))
            return false;
        buf_append(&builder->open, &item, sizeof(item));
        more = more_children(builder, ']', &fits);
    }
    if (!fits || buf_failed(&builder->open))
        return false;
    array->count = (uint32_t)((builder->open.size - begin) / sizeof(struct tree));
    array->items = close_children(builder, begin);
    return array->items;
}

static bool build_member(struct builder *builder, struct tree_member *member)
{
    if (peek(builder) != '"' || !build_string(builder, &member->raw, &member->key))
        return false;
    bool decoded = member->key.data != member->raw.data + 1;
    if (decoded && member->key.size > 0 && memchr(member->key.data, 0, member->key.size))
        builder->doubtful = true;
    member->hash = tree_key_hash(member->key);
    if (skip_space(builder) != ':')
        return false;
    builder->at++;
    skip_space(builder);
    return build_value(builder, &member->value);
}

/* Few names: each hash against those before it that share six bits with one of them. */
static bool few_may_repeat(const struct tree_member *members, uint32_t count)
{
    uint64_t seen = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bit = (uint64_t)1 << (members[i].hash & 63);
        for (uint32_t j = 0; (seen & bit) && j < i; j++)
            if (members[j].hash == members[i].hash)
                return true;
        seen |= bit;
    }
    return false;
}

#define FEW 24

/* Many names: each hash in a table, for as long as few fall on the same slot. Names can be made to;
 * then the judge, whose hashes can't be foreseen, has to look at them. */
static bool many_may_repeat(struct builder *builder, const struct tree_member *members,
                            uint32_t count)
{
    uint64_t mask = 64;
    while (mask < 2 * (uint64_t)count)
        mask *= 2;
    mask--;
    buf_clear(&builder->slots);
    buf_append_fill(&builder->slots, 0, (mask + 1) * sizeof(uint64_t));
    if (buf_failed(&builder->slots))
        return true;
    uint64_t *slots = (uint64_t *)(void *)builder->slots.data;
    uint64_t steps = 8 * (uint64_t)count;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = members[i].hash & mask;
        for (; slots[at] != 0; at = (at + 1) & mask)
            if (slots[at] == members[i].hash || steps-- == 0)
                return true;
        slots[at] = members[i].hash;
    }
    return false;
}

static bool build_members(struct builder *builder, struct tree *object)
{
    size_t begin = builder->open.size;
    bool fits = true, more = skip_space(builder) != '}';
    builder->at += !more;
    while (more) {
        struct tree_member member;
        if (!build_member(builder, &member))
            return false;
        buf_append(&builder->open, &member, sizeof(member));
        more = more_children(builder, '}', &fits);
    }
    if (!fits || buf_failed(&builder->open))
        return false;
    object->count = (uint32_t)((builder->open.size - begin) / sizeof(struct tree_member));
    object->members = close_children(builder, begin);
    if (!object->members)
        return false;
    if (object->count <= FEW ? few_may_repeat(object->members, object->count)
                             : many_may_repeat(builder, object->members, object->count))
        builder->doubtful = true;
    return true;
}

static bool build_container(struct builder *builder, struct tree *value)
{
    if (builder->depth == SCAN_DEPTH_MAX)
        return false;
    bool is_array = *builder->at++ == '[';
    value->type = is_array ? TREE_ARRAY : TREE_OBJECT;
    builder->depth++;
    bool built = is_array ? build_items(builder, value) : build_members(builder, value);
    builder->depth--;
    return built;
}

static bool build_value(struct builder *builder, struct tree *value)
{
    *value = (struct tree){0};
    switch (peek(builder)) {
    case '{':
    case '[':
        return build_container(builder, value);
    case '"':
        value->type = TREE_STRING;
        return build_string(builder, &value->raw, &value->string);
    case 't':
        return build_literal(builder, value, TREE_TRUE, "true");
    case 'f':
        return build_literal(builder, value, TREE_FALSE, "false");
    case 'n':
        return build_literal(builder, value, TREE_NULL, "null");
    default:
        return build_number(builder, value);
    }
}

enum tree_built tree_build(struct arena *arena, struct span text, bool any_value,
                           struct tree **ret_tree)
{
    if (text.size == 0)
        return TREE_NOT_BUILT;
    struct tree *root = arena_alloc(arena, sizeof(*root));
    struct builder builder = {
        .arena = arena, .at = text.data, .end = text.data + text.size, .any_value = any_value};
    uint8_t first = skip_space(&builder);
    bool built = root && (any_value || first == '{') && build_value(&builder, root);
    if (built)
        skip_space(&builder);
    buf_finish(&builder.open);
    buf_finish(&builder.slots);
    if (builder.plain)
        freelocale(builder.plain);
    if (!built || builder.at < builder.end)
        return TREE_NOT_BUILT;
    *ret_tree = root;
    return builder.doubtful ? TREE_BUILT_DOUBTFUL : TREE_BUILT;
}
