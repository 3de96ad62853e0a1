#include "schema/format_internal.h"

#define SEGMENT (BYTE_PLAIN | BYTE_PERCENT | BYTE_AT) /* of a path, but for the colon */
#define PATH    (SEGMENT | BYTE_COLON | BYTE_SLASH)
#define QUERY   (PATH | BYTE_QUESTION)

/* `wide` is the set of what RFC 3987, section 2.2, adds; RFC 3986 has the rest. */

/* Section 3.2.2; `text` is between the brackets. */
static bool is_ip_literal(struct span text)
{
    if (!take_prefix(&text, "v"))
        return is_ipv6(text, 1);
    return take_set(&text, BYTE_HEX) > 0 && take_byte(&text, '.') &&
           take_set(&text, BYTE_PLAIN | BYTE_COLON) > 0 && text.size == 0;
}

static bool take_ip_literal(struct span *text)
{
    const uint8_t *end = text->size > 0 ? memchr(text->data, ']', text->size) : NULL;
    if (!end)
        return false;
    struct span literal = span_head(*text, (size_t)(end - text->data));
    *text = span_skip(*text, literal.size + 1);
    return is_ip_literal(literal);
}

/* Sections 3.2.2 and 3.2.3: the host and its port, if an authority may end with them. */
static bool take_host(struct span *text, unsigned wide)
{
    if (!take_byte(text, '['))
        take_set(text, BYTE_PLAIN | BYTE_PERCENT | wide);
    else if (!take_ip_literal(text))
        return false;
    if (take_byte(text, ':'))
        take_set(text, BYTE_DIGIT);
    return text->size == 0 || text->data[0] == '/' || text->data[0] == '?' || text->data[0] == '#';
}

/* Section 3.2. What might be a host may yet be a user. */
static bool take_authority(struct span *text, unsigned wide)
{
    struct span rest = *text;
    if (!take_host(&rest, wide)) {
        rest = *text;
        take_set(&rest, BYTE_PLAIN | BYTE_PERCENT | BYTE_COLON | wide);
        if (!take_byte(&rest, '@') || !take_host(&rest, wide))
            return false;
    }
    *text = rest;
    return true;
}

/* Section 3.1, with the colon. */
static bool take_scheme(struct span *text)
{
    struct span rest = *text;
    if (rest.size == 0 || !byte_in(rest.data[0], BYTE_ALPHA))
        return false;
    take_set(&rest, BYTE_SCHEME);
    if (!take_byte(&rest, ':'))
        return false;
    *text = rest;
    return true;
}

/* Sections 3 and 4.2. */
static bool is_reference(struct span text, bool relative, unsigned wide, unsigned wide_query)
{
    bool absolute = take_scheme(&text);
    if (!absolute && !relative)
        return false;
    if (span_starts_with(text, span_of_string("//"))) {
        text = span_skip(text, 2);
        if (!take_authority(&text, wide))
            return false;
    } else if (!absolute) {
        take_set(&text, SEGMENT | wide);
        if (text.size > 0 && text.data[0] == ':')
            return false;
    }
    take_set(&text, PATH | wide);
    if (take_byte(&text, '?'))
        take_set(&text, QUERY | wide | wide_query);
    if (take_byte(&text, '#'))
        take_set(&text, QUERY | wide);
    return text.size == 0;
}

bool fits_uri(struct span text)
{
    return is_reference(text, false, 0, 0);
}

bool fits_uri_reference(struct span text)
{
    return is_reference(text, true, 0, 0);
}

bool fits_iri(struct span text)
{
    return is_reference(text, false, WIDE_UCS, WIDE_PRIVATE);
}

bool fits_iri_reference(struct span text)
{
    return is_reference(text, true, WIDE_UCS, WIDE_PRIVATE);
}

/* RFC 6570, section 2.3: names between single dots. */
static bool take_variable_name(struct span *text)
{
    do {
        if (take_set(text, BYTE_VARIABLE | BYTE_PERCENT) == 0)
            return false;
    } while (take_byte(text, '.'));
    return true;
}

/* Section 2.4. */
static bool take_modifier(struct span *text)
{
    if (take_byte(text, '*') || !take_byte(text, ':'))
        return true;
    if (text->size == 0 || text->data[0] == '0')
        return false;
    size_t digits = take_set(text, BYTE_DIGIT);
    return digits >= 1 && digits <= 4;
}

/* Section 2.2, after the brace. The grammar has the operators that are reserved, too. */
static bool take_expression(struct span *text)
{
    if (text->size > 0 && memchr("+#./;?&=,!@|", text->data[0], 12))
        *text = span_skip(*text, 1);
    do {
        if (!take_variable_name(text) || !take_modifier(text))
            return false;
    } while (take_byte(text, ','));
    return take_byte(text, '}');
}

bool fits_uri_template(struct span text)
{
    do {
        take_set(&text, BYTE_LITERAL | BYTE_PERCENT | WIDE_UCS | WIDE_PRIVATE | WIDE_DIRECTION);
        if (text.size == 0)
            return true;
    } while (take_byte(&text, '{') && take_expression(&text));
    return false;
}
