#include "schema/format_internal.h"
#include "store/base/utf8.h"

#define BETWEEN(c, first, last) ((c) >= (first) && (c) <= (last))
#define IS_ALPHA(c)             (BETWEEN(c, 'a', 'z') || BETWEEN(c, 'A', 'Z'))
#define IS_DIGIT(c)             BETWEEN(c, '0', '9')
#define IS_HEX(c)               (IS_DIGIT(c) || BETWEEN(c, 'a', 'f') || BETWEEN(c, 'A', 'F'))
#define IS_SCHEME(c)            (IS_ALPHA(c) || IS_DIGIT(c) || (c) == '+' || (c) == '-' || (c) == '.')
#define IS_UNRESERVED(c)                                                                           \
    (IS_ALPHA(c) || IS_DIGIT(c) || (c) == '-' || (c) == '.' || (c) == '_' || (c) == '~')
#define IS_SUB_DELIM(c)                                                                            \
    ((c) == '!' || (c) == '$' || BETWEEN(c, '&', ',') || (c) == ';' || (c) == '=')
/* With the apostrophe, which the erratum 6937 adds. */
#define IS_LITERAL(c)                                                                              \
    ((c) == '!' || (c) == '#' || (c) == '$' || BETWEEN(c, '&', ';') || (c) == '=' ||               \
     BETWEEN(c, '?', '[') || (c) == ']' || (c) == '_' || BETWEEN(c, 'a', 'z') || (c) == '~')
#define IS_ATOM(c)                                                                                 \
    (IS_ALPHA(c) || IS_DIGIT(c) || (c) == '!' || BETWEEN(c, '#', '\'') || (c) == '*' ||            \
     (c) == '+' || (c) == '-' || (c) == '/' || (c) == '=' || (c) == '?' || BETWEEN(c, '^', '`') || \
     BETWEEN(c, '{', '~'))
#define IS_QUOTED(c) (BETWEEN(c, ' ', '~') && (c) != '"' && (c) != '\\')

/* clang-format off */
#define BYTE(c)                                                                                    \
    (IS_ALPHA(c) ? BYTE_ALPHA : 0) |                                                               \
    (IS_DIGIT(c) ? BYTE_DIGIT : 0) |                                                               \
    (IS_HEX(c) ? BYTE_HEX : 0) |                                                                   \
    ((c) == '-' ? BYTE_HYPHEN : 0) |                                                               \
    (IS_UNRESERVED(c) || IS_SUB_DELIM(c) ? BYTE_PLAIN : 0) |                                       \
    ((c) == ':' ? BYTE_COLON : 0) |                                                                \
    ((c) == '@' ? BYTE_AT : 0) |                                                                   \
    ((c) == '/' ? BYTE_SLASH : 0) |                                                                \
    ((c) == '?' ? BYTE_QUESTION : 0) |                                                             \
    (IS_SCHEME(c) ? BYTE_SCHEME : 0) |                                                             \
    ((c) == '%' ? BYTE_PERCENT : 0) |                                                              \
    (IS_LITERAL(c) ? BYTE_LITERAL : 0) |                                                           \
    (IS_ALPHA(c) || IS_DIGIT(c) || (c) == '_' ? BYTE_VARIABLE : 0) |                               \
    (IS_ATOM(c) ? BYTE_ATOM : 0) |                                                                 \
    (IS_QUOTED(c) ? BYTE_QUOTED : 0) |                                                             \
    ((c) >= 0x80 ? BYTE_WIDE : 0)
#define BYTES_4(c)  BYTE(c), BYTE((c) + 1), BYTE((c) + 2), BYTE((c) + 3)
#define BYTES_16(c) BYTES_4(c), BYTES_4((c) + 4), BYTES_4((c) + 8), BYTES_4((c) + 12)
#define BYTES_64(c) BYTES_16(c), BYTES_16((c) + 16), BYTES_16((c) + 32), BYTES_16((c) + 48)
/* clang-format on */

const uint16_t format_bytes[256] = {BYTES_64(0), BYTES_64(64), BYTES_64(128), BYTES_64(192)};

static uint32_t character_of(const uint8_t *data, size_t length)
{
    uint32_t character = data[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++)
        character = character << 6 | (data[i] & 0x3fU);
    return character;
}

/* RFC 3987, section 2.2: ucschar, iprivate. The last two of each plane are no characters. */
static unsigned wide_of(uint32_t c)
{
    if (c == 0x200e || c == 0x200f || BETWEEN(c, 0x202a, 0x202e))
        return WIDE_DIRECTION;
    if (BETWEEN(c, 0xa0, 0xd7ff) || BETWEEN(c, 0xf900, 0xfdcf) || BETWEEN(c, 0xfdf0, 0xffef))
        return WIDE_UCS;
    if (BETWEEN(c, 0xe000, 0xf8ff))
        return WIDE_PRIVATE;
    if (c < 0x10000 || (c & 0xffff) > 0xfffd || BETWEEN(c, 0xe0000, 0xe0fff))
        return 0;
    return c < 0xf0000 ? WIDE_UCS : WIDE_PRIVATE;
}

static bool is_triplet(struct span text)
{
    return text.size >= 3 && byte_in(text.data[1], BYTE_HEX) && byte_in(text.data[2], BYTE_HEX);
}

/* The bytes of the triplet or the wide character at the front; 0 when it is not in the set. */
static size_t unit_size(struct span text, unsigned set)
{
    if (text.data[0] == '%')
        return is_triplet(text) ? 3 : 0;
    size_t length = utf8_length(text);
    if (length == 0 || set & BYTE_WIDE)
        return length;
    return wide_of(character_of(text.data, length)) & set ? length : 0;
}

size_t take_set(struct span *text, unsigned set)
{
    unsigned units = set & BYTE_PERCENT;
    if (set & (BYTE_WIDE | WIDE_UCS | WIDE_PRIVATE | WIDE_DIRECTION))
        units |= BYTE_WIDE;
    unsigned plain = set & ~units;
    size_t size = 0;
    for (;;) {
        while (size < text->size && byte_in(text->data[size], plain))
            size++;
        if (size == text->size || !byte_in(text->data[size], units))
            break;
        size_t unit = unit_size(span_skip(*text, size), set);
        if (unit == 0)
            break;
        size += unit;
    }
    *text = span_skip(*text, size);
    return size;
}

bool take_prefix(struct span *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (text->size < size || strncasecmp((const char *)text->data, prefix, size) != 0)
        return false;
    *text = span_skip(*text, size);
    return true;
}
