#include "schema/schema_internal.h"

/* Grammars are read from left to right; `text` is what is still to be read. */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool is_alpha(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_one_of(uint8_t byte, const char *set)
{
    return byte != 0 && strchr(set, byte);
}

static bool take_byte(struct span *text, const char *set)
{
    if (text->size == 0 || !is_one_of(text->data[0], set))
        return false;
    *text = span_skip(*text, 1);
    return true;
}

/* Exactly `count` digits. */
static bool take_number(struct span *text, size_t count, unsigned *ret_number)
{
    unsigned number = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= text->size || !is_digit(text->data[i]))
            return false;
        number = number * 10 + text->data[i] - '0';
    }
    *text = span_skip(*text, count);
    *ret_number = number;
    return true;
}

/* RFC 3339, section 5.6 and, for the days of a month, 5.7. */
static bool take_date(struct span *text)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year, month, day;
    if (!take_number(text, 4, &year) || !take_byte(text, "-") || !take_number(text, 2, &month) ||
        !take_byte(text, "-") || !take_number(text, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (unsigned)(month == 2 && leap);
}

/* The offset in minutes east of UTC. */
static bool take_offset(struct span *text, int *ret_minutes)
{
    *ret_minutes = 0;
    if (take_byte(text, "zZ"))
        return true;
    bool west = text->size > 0 && text->data[0] == '-';
    unsigned hour, minute;
    if (!take_byte(text, "+-") || !take_number(text, 2, &hour) || !take_byte(text, ":") ||
        !take_number(text, 2, &minute) || hour > 23 || minute > 59)
        return false;
    int minutes = (int)(hour * 60 + minute);
    *ret_minutes = west ? -minutes : minutes;
    return true;
}

static bool take_fraction(struct span *text)
{
    if (!take_byte(text, "."))
        return true;
    size_t count = 0;
    while (take_byte(text, "0123456789"))
        count++;
    return count > 0;
}

static bool take_time(struct span *text)
{
    unsigned hour, minute, second;
    int offset;
    if (!take_number(text, 2, &hour) || !take_byte(text, ":") || !take_number(text, 2, &minute) ||
        !take_byte(text, ":") || !take_number(text, 2, &second) || !take_fraction(text) ||
        !take_offset(text, &offset))
        return false;
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    /* A leap second is the last of a day in UTC (RFC 3339, appendix D). */
    int utc = ((int)(hour * 60 + minute) - offset + 2 * 1440) % 1440;
    return second < 60 || utc == 1439;
}

static bool fits_date(struct span text)
{
    return take_date(&text) && text.size == 0;
}

static bool fits_time(struct span text)
{
    return take_time(&text) && text.size == 0;
}

static bool fits_date_time(struct span text)
{
    return take_date(&text) && take_byte(&text, "tT") && take_time(&text) && text.size == 0;
}

/* RFC 9562, section 4. */
static bool fits_uuid(struct span text)
{
    if (text.size != 36)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : !is_hex(text.data[i]))
            return false;
    }
    return true;
}

/* RFC 2673, section 3.2: no number has a leading zero. */
static bool fits_ipv4(struct span text)
{
    for (unsigned part = 0; part < 4; part++) {
        if (part > 0 && !take_byte(&text, "."))
            return false;
        unsigned number = 0, digits = 0;
        bool zero = text.size > 0 && text.data[0] == '0';
        for (; text.size > 0 && is_digit(text.data[0]) && digits < 4; digits++) {
            number = number * 10 + text.data[0] - '0';
            text = span_skip(text, 1);
        }
        if (digits == 0 || digits > 3 || number > 255 || (zero && digits > 1))
            return false;
    }
    return text.size == 0;
}

/* RFC 4291, section 2.2. */
static bool fits_ipv6(struct span text)
{
    unsigned groups = 0;
    bool gap = false;
    if (span_starts_with(text, span_of_string("::"))) {
        gap = true;
        text = span_skip(text, 2);
    }
    while (text.size > 0) {
        size_t digits = 0;
        while (digits < text.size && is_hex(text.data[digits]))
            digits++;
        if (digits < text.size && text.data[digits] == '.') {
            groups += 2;
            if (!fits_ipv4(text))
                return false;
            break;
        }
        if (digits < 1 || digits > 4)
            return false;
        groups++;
        text = span_skip(text, digits);
        if (text.size == 0)
            break;
        if (!take_byte(&text, ":") || text.size == 0)
            return false;
        if (take_byte(&text, ":")) {
            if (gap)
                return false;
            gap = true;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

/* RFC 1123, section 2.1. */
static bool fits_hostname(struct span text)
{
    if (text.size == 0 || text.size > 253)
        return false;
    size_t label = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool ends = i + 1 == text.size || text.data[i + 1] == '.';
        if (byte == '.' && label == 0)
            return false;
        if (byte == '.') {
            label = 0;
            continue;
        }
        if (byte == '-' ? label == 0 || ends : !is_digit(byte) && !is_alpha(byte))
            return false;
        if (++label > 63)
            return false;
    }
    return label > 0;
}

/* RFC 5321, section 4.1.2: Dot-string. */
static bool fits_dot_string(struct span text)
{
    bool after_dot = true;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool dot = byte == '.';
        if (dot ? after_dot
                : !is_digit(byte) && !is_alpha(byte) && !is_one_of(byte, "!#$%&'*+-/=?^_`{|}~"))
            return false;
        after_dot = dot;
    }
    return !after_dot;
}

/* RFC 5321, section 4.1.2: Quoted-string. */
static bool fits_quoted_string(struct span text)
{
    if (text.size < 2 || text.data[0] != '"' || text.data[text.size - 1] != '"')
        return false;
    for (size_t i = 1; i < text.size - 1; i++) {
        if (text.data[i] == '"')
            return false;
        if (text.data[i] == '\\' && ++i == text.size - 1)
            return false;
        if (text.data[i] < 0x20 || text.data[i] > 0x7e)
            return false;
    }
    return true;
}

/* RFC 5321, section 4.1.3, without General-address-literal. */
static bool fits_address_literal(struct span text)
{
    static const char tag[] = "IPv6:";
    if (text.size < 2 || text.data[0] != '[' || text.data[text.size - 1] != ']')
        return false;
    text = span_make(text.data + 1, text.size - 2);
    if (text.size >= strlen(tag) && strncasecmp((const char *)text.data, tag, strlen(tag)) == 0)
        return fits_ipv6(span_skip(text, strlen(tag)));
    return fits_ipv4(text);
}

/* RFC 5321, sections 4.1.2 and 4.5.3.1. */
static bool fits_email(struct span text)
{
    const uint8_t *at = text.size > 0 ? memrchr(text.data, '@', text.size) : NULL;
    if (!at)
        return false;
    struct span local = span_head(text, (size_t)(at - text.data));
    struct span domain = span_skip(text, local.size + 1);
    return local.size <= 64 && (fits_dot_string(local) || fits_quoted_string(local)) &&
           (fits_hostname(domain) || fits_address_literal(domain));
}

/* RFC 3986, section 2: unreserved, percent-encoded, sub-delims, and those in `more`. */
static bool is_uri_text(struct span text, const char *more)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '%') {
            if (text.size - i < 3 || !is_hex(text.data[i + 1]) || !is_hex(text.data[i + 2]))
                return false;
            i += 2;
        } else if (!is_alpha(byte) && !is_digit(byte) && !is_one_of(byte, "-._~!$&'()*+,;=") &&
                   !is_one_of(byte, more)) {
            return false;
        }
    }
    return true;
}

/* The head before the first byte of `set`; the rest stays in `text`. */
static struct span take_until(struct span *text, const char *set)
{
    size_t size = 0;
    while (size < text->size && !is_one_of(text->data[size], set))
        size++;
    struct span head = span_head(*text, size);
    *text = span_skip(*text, size);
    return head;
}

/* RFC 3986, section 3.2.2; `text` is between the brackets. */
static bool fits_ip_literal(struct span text)
{
    if (text.size == 0 || !is_one_of(text.data[0], "vV"))
        return fits_ipv6(text);
    text = span_skip(text, 1);
    struct span version = take_until(&text, ".");
    for (size_t i = 0; i < version.size; i++)
        if (!is_hex(version.data[i]))
            return false;
    return version.size > 0 && text.size > 1 && !memchr(text.data, '%', text.size) &&
           is_uri_text(span_skip(text, 1), ":");
}

/* RFC 3986, section 3.2. */
static bool fits_authority(struct span text)
{
    struct span rest = text;
    struct span user = take_until(&rest, "@");
    if (rest.size > 0) {
        if (!is_uri_text(user, ":"))
            return false;
        text = span_skip(rest, 1);
    }
    if (take_byte(&text, "[")) {
        struct span address = take_until(&text, "]");
        if (!fits_ip_literal(address) || !take_byte(&text, "]"))
            return false;
    } else if (!is_uri_text(take_until(&text, ":"), "")) {
        return false;
    }
    if (take_byte(&text, ":"))
        while (take_byte(&text, "0123456789"))
            continue;
    return text.size == 0;
}

/* RFC 3986, section 3. */
static bool fits_uri(struct span text)
{
    struct span scheme = take_until(&text, ":/?#");
    if (scheme.size == 0 || !is_alpha(scheme.data[0]) || !take_byte(&text, ":"))
        return false;
    for (size_t i = 0; i < scheme.size; i++)
        if (!is_alpha(scheme.data[i]) && !is_digit(scheme.data[i]) &&
            !is_one_of(scheme.data[i], "+-."))
            return false;
    if (span_starts_with(text, span_of_string("//"))) {
        text = span_skip(text, 2);
        if (!fits_authority(take_until(&text, "/?#")))
            return false;
    }
    if (!is_uri_text(take_until(&text, "?#"), ":@/"))
        return false;
    if (take_byte(&text, "?") && !is_uri_text(take_until(&text, "#"), ":@/?"))
        return false;
    return !take_byte(&text, "#") || is_uri_text(text, ":@/?");
}

static const struct format formats[] = {
    {"date", fits_date, "a date (2026-11-21)"},
    {"date-time", fits_date_time, "a date and time (2026-11-21T10:00:00Z)"},
    {"email", fits_email, "an email address"},
    {"hostname", fits_hostname, "a host name"},
    {"ipv4", fits_ipv4, "an IPv4 address"},
    {"ipv6", fits_ipv6, "an IPv6 address"},
    {"time", fits_time, "a time with its offset (10:00:00Z)"},
    {"uri", fits_uri, "a URI"},
    {"uuid", fits_uuid, "a UUID"},
};

const struct format *format_find(struct span name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (span_is(name, formats[i].name))
            return &formats[i];
    return NULL;
}
