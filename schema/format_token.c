#include "schema/format_internal.h"

/* RFC 9562, section 4. */
bool fits_uuid(struct span text)
{
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (!byte_in(text.data[i], dash ? BYTE_HYPHEN : BYTE_HEX))
            return false;
    }
    return true;
}

/* RFC 6901, section 3. */
bool fits_json_pointer(struct span text)
{
    if (text.size > 0 && text.data[0] != '/')
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '~' &&
            (++i == text.size || (text.data[i] != '0' && text.data[i] != '1')))
            return false;
    return true;
}

static bool take_whole_number(struct span *text)
{
    return take_byte(text, '0') || take_set(text, BYTE_DIGIT) > 0;
}

/* draft-bhutton-relative-json-pointer-00, section 3. */
bool fits_relative_json_pointer(struct span text)
{
    if (!take_whole_number(&text))
        return false;
    if ((take_byte(&text, '+') || take_byte(&text, '-')) && !take_whole_number(&text))
        return false;
    return span_is(text, "#") || fits_json_pointer(text);
}
