#include "schema/format_internal.h"

/* RFC 5321, section 4.5.3.1, in octets. */
#define LOCAL_PART_MAX 64
#define DOMAIN_MAX     255

/* `wide` is the set of what RFC 6531, section 3.3, adds; RFC 5321, section 4.1.2, has the rest. */
static bool take_dot_string(struct span *text, unsigned wide)
{
    do {
        if (take_set(text, BYTE_ATOM | wide) == 0)
            return false;
    } while (take_byte(text, '.'));
    return true;
}

/* What follows a backslash. */
static bool take_quoted_pair(struct span *text)
{
    return take_set(&(struct span){text->data, text->size > 0}, BYTE_QUOTED) == 1 ||
           take_byte(text, '"') || take_byte(text, '\\');
}

static bool take_quoted_string(struct span *text, unsigned wide)
{
    for (;;) {
        take_set(text, BYTE_QUOTED | wide);
        if (take_byte(text, '"'))
            return true;
        if (!take_byte(text, '\\') || !take_quoted_pair(text))
            return false;
    }
}

/* RFC 5321, section 4.1.3; IPv6 is the one tag that is registered. Numbers may have leading zeros
 * there, and `::` stands for two groups or more. */
static bool is_address_literal(struct span text)
{
    if (text.data[text.size - 1] != ']')
        return false;
    text = span_head(span_skip(text, 1), text.size - 2);
    return take_prefix(&text, "ipv6:") ? is_ipv6(text, 2) : is_ipv4(text, true);
}

static bool is_domain(struct span text, unsigned wide)
{
    if (text.size > 0 && text.data[0] == '[')
        return is_address_literal(text);
    return wide ? fits_idn_hostname(text) : text.size <= DOMAIN_MAX && is_host_name(text);
}

static bool is_mailbox(struct span text, unsigned wide)
{
    struct span rest = text;
    bool local =
        take_byte(&rest, '"') ? take_quoted_string(&rest, wide) : take_dot_string(&rest, wide);
    return local && text.size - rest.size <= LOCAL_PART_MAX && take_byte(&rest, '@') &&
           is_domain(rest, wide);
}

bool fits_email(struct span text)
{
    return is_mailbox(text, 0);
}

bool fits_idn_email(struct span text)
{
    return is_mailbox(text, BYTE_WIDE);
}
