#include "schema/pattern_internal.h"

bool pattern_fault(struct pattern_cursor *cursor, const char *reason)
{
    cursor->fault = reason;
    return false;
}

bool pattern_take(struct pattern_cursor *cursor, char byte)
{
    if (pattern_peek(cursor) != byte)
        return false;
    cursor->at++;
    return true;
}

static bool is_letter(int byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static int hex_value(int byte)
{
    if (pattern_is_digit(byte))
        return byte - '0';
    int lower = byte | 0x20;
    return byte >= 'A' && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool pattern_take_hex(struct pattern_cursor *cursor, unsigned digits, uint32_t *ret_value)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < digits; i++) {
        int digit = hex_value(pattern_peek(cursor));
        if (digit < 0)
            return pattern_fault(cursor, digits == 2 ? "\\x takes two hexadecimal digits"
                                                     : "\\u takes four hexadecimal digits, or "
                                                       "some in braces");
        value = value << 4 | (uint32_t)digit;
        cursor->at++;
    }
    *ret_value = value;
    return true;
}

/* Behind `\u{`. */
static bool take_braced(struct pattern_cursor *cursor, uint32_t *ret_character)
{
    static const char reason[] = "\\u{} takes the hexadecimal number of a character";
    uint32_t value = 0;
    if (pattern_peek(cursor) == '}')
        return pattern_fault(cursor, reason);
    while (!pattern_take(cursor, '}')) {
        int digit = hex_value(pattern_peek(cursor));
        if (digit < 0)
            return pattern_fault(cursor, reason);
        value = value << 4 | (uint32_t)digit;
        if (value > PATTERN_CHARACTER_MAX)
            return pattern_fault(cursor, "no character has a number beyond 10FFFF");
        cursor->at++;
    }
    *ret_character = value;
    return true;
}

bool pattern_take_unicode(struct pattern_cursor *cursor, uint32_t *ret_character)
{
    if (pattern_take(cursor, '{'))
        return take_braced(cursor, ret_character);
    uint32_t first = 0, second = 0;
    if (!pattern_take_hex(cursor, 4, &first))
        return false;
    *ret_character = first;
    struct pattern_cursor ahead = *cursor;
    if (first >= 0xd800 && first <= 0xdbff && pattern_take(&ahead, '\\') &&
        pattern_take(&ahead, 'u') && pattern_take_hex(&ahead, 4, &second) && second >= 0xdc00 &&
        second <= 0xdfff) {
        *ret_character = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        *cursor = ahead;
    }
    return true;
}

bool pattern_take_escape(struct pattern_cursor *cursor, uint32_t *ret_character)
{
    static const char letters[] = "fnrtv", characters[] = "\f\n\r\t\v";
    int byte = pattern_peek(cursor);
    if (byte < 0)
        return pattern_fault(cursor, "nothing follows the backslash");
    const char *letter = byte ? strchr(letters, byte) : NULL;
    if (byte == 0 || (!letter && !strchr("cxu0^$\\.*+?()[]{}|/", byte)))
        return pattern_fault(cursor, "there is no such escape");
    cursor->at++;
    if (byte == 'x')
        return pattern_take_hex(cursor, 2, ret_character);
    if (byte == 'u')
        return pattern_take_unicode(cursor, ret_character);
    if (byte == '0' && pattern_is_digit(pattern_peek(cursor)))
        return pattern_fault(cursor, "\\0 may not be followed by a digit");
    if (byte == 'c') {
        int control = pattern_peek(cursor);
        if (!is_letter(control))
            return pattern_fault(cursor, "\\c takes a letter");
        cursor->at++;
        byte = control & 0x1f;
    }
    *ret_character = letter        ? (uint32_t)characters[letter - letters]
                     : byte == '0' ? 0
                                   : (uint32_t)byte;
    return true;
}

struct span pattern_take_word(struct pattern_cursor *cursor)
{
    size_t start = cursor->at;
    for (int byte;
         byte = pattern_peek(cursor), byte == '_' || pattern_is_digit(byte) || is_letter(byte);)
        cursor->at++;
    return span_make(cursor->text.data + start, cursor->at - start);
}

uint32_t pattern_take_number(struct pattern_cursor *cursor, struct span *ret_digits)
{
    uint64_t value = 0;
    while (pattern_take(cursor, '0'))
        continue;
    size_t start = cursor->at;
    for (int byte; byte = pattern_peek(cursor), pattern_is_digit(byte); cursor->at++)
        if (value < PATTERN_INFINITE)
            value = value * 10 + (uint64_t)(byte - '0');
    *ret_digits = span_make(cursor->text.data + start, cursor->at - start);
    return value < INT32_MAX ? (uint32_t)value : PATTERN_INFINITE;
}
