#include "store/base/utf8.h"

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* RFC 3629, section 4: the range of the second byte depends on the first. */
static bool second_fits(uint8_t first, uint8_t second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return is_tail(second);
    }
}

size_t utf8_length(struct span text)
{
    if (text.size == 0)
        return 0;
    uint8_t first = text.data[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size < length || !second_fits(first, text.data[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_tail(text.data[i]))
            return 0;
    return length;
}

bool utf8_valid(struct span text)
{
    while (text.size > 0) {
        size_t length = utf8_length(text);
        if (length == 0)
            return false;
        text = span_skip(text, length);
    }
    return true;
}

size_t utf8_count(struct span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += !is_tail(text.data[i]);
    return count;
}

struct span utf8_head(struct span text, size_t size)
{
    if (text.size <= size)
        return text;
    while (size > 0 && is_tail(text.data[size]))
        size--;
    return span_head(text, size);
}
