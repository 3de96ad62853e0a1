#include "schema/format_internal.h"

#define LABEL_SIZE_MAX 63 /* RFC 1035, section 2.3.4 */

static bool take_octet(struct span *text, bool leading_zeros)
{
    unsigned number = 0;
    size_t digits = 0;
    for (; digits < 3 && digits < text->size && byte_in(text->data[digits], BYTE_DIGIT); digits++)
        number = number * 10 + text->data[digits] - '0';
    if (digits == 0 || number > 255 || (digits > 1 && text->data[0] == '0' && !leading_zeros))
        return false;
    *text = span_skip(*text, digits);
    return true;
}

bool is_ipv4(struct span text, bool leading_zeros)
{
    for (unsigned i = 0; i < 4; i++)
        if ((i > 0 && !take_byte(&text, '.')) || !take_octet(&text, leading_zeros))
            return false;
    return text.size == 0;
}

/* RFC 2673, section 3.2, but without leading zeros: some would read such a number as octal. */
bool fits_ipv4(struct span text)
{
    return is_ipv4(text, false);
}

bool is_ipv6(struct span text, unsigned elided_min)
{
    unsigned groups = 0;
    bool gap = false;
    if (span_starts_with(text, span_of_string("::"))) {
        gap = true;
        text = span_skip(text, 2);
    }
    while (text.size > 0) {
        struct span rest = text;
        size_t digits = take_set(&rest, BYTE_HEX);
        if (rest.size > 0 && rest.data[0] == '.') {
            groups += 2;
            if (!fits_ipv4(text))
                return false;
            break;
        }
        groups++;
        text = rest;
        if (digits < 1 || digits > 4 || groups > 8)
            return false;
        if (text.size == 0)
            break;
        if (!take_byte(&text, ':') || text.size == 0)
            return false;
        if (take_byte(&text, ':')) {
            if (gap)
                return false;
            gap = true;
        }
    }
    return gap ? groups + elided_min <= 8 : groups == 8;
}

bool fits_ipv6(struct span text)
{
    return is_ipv6(text, 1);
}

static struct span take_label(struct span *text)
{
    struct span label = *text;
    label.size = take_set(text, BYTE_ALPHA | BYTE_DIGIT | BYTE_HYPHEN);
    return label;
}

/* `label` is of letters, digits and hyphens. */
static bool is_host_label(struct span label)
{
    return label.size >= 1 && label.size <= LABEL_SIZE_MAX && label.data[0] != '-' &&
           label.data[label.size - 1] != '-';
}

/* RFC 5891, section 4.4, for such a label: an A-label must stand for something. */
static bool is_idna_label(struct span label, unsigned *direction)
{
    struct span rest = label;
    if (take_prefix(&rest, "xn--"))
        return idn_is_a_label(label, direction);
    if (byte_in(label.data[0], BYTE_DIGIT))
        *direction |= NAME_MIXED;
    return true;
}

static bool is_direction(unsigned direction)
{
    return direction != (NAME_RIGHT_TO_LEFT | NAME_MIXED);
}

static bool is_name(struct span text, bool idna)
{
    unsigned direction = 0;
    do {
        struct span label = take_label(&text);
        if (!is_host_label(label) || (idna && !is_idna_label(label, &direction)))
            return false;
    } while (take_byte(&text, '.'));
    return text.size == 0 && is_direction(direction);
}

bool is_host_name(struct span text)
{
    return is_name(text, false);
}

bool fits_hostname(struct span text)
{
    return text.size <= HOST_NAME_SIZE_MAX && is_name(text, true);
}

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (byte_in(text.data[i], BYTE_WIDE))
            return false;
    return true;
}

/* RFC 5890, section 2.3.2.3, after UTS 46 has mapped what is not ASCII: its dots, too. */
bool fits_idn_hostname(struct span text)
{
    uint8_t name[HOST_NAME_SIZE_MAX];
    if (is_ascii(text))
        return fits_hostname(text);
    size_t size = idn_map_name(text, name);
    return size > 0 && fits_hostname(span_make(name, size));
}
