/* The parts of format*.c. They may use store/base and pattern.h, and nothing else of the project.
 *
 * Grammars are read from left to right; `text` is what is still to be read. A byte is judged by
 * one look into a table, and no text is read more than a few times. */
#ifndef PERSISTFS_SCHEMA_FORMAT_INTERNAL_H
#define PERSISTFS_SCHEMA_FORMAT_INTERNAL_H

#include "schema/format.h"

/* What a byte may be. A set of bytes is some of these; a byte is in it that has one of them. */
enum {
    BYTE_ALPHA = 1 << 0,
    BYTE_DIGIT = 1 << 1,
    BYTE_HEX = 1 << 2,
    BYTE_HYPHEN = 1 << 3,
    BYTE_PLAIN = 1 << 4, /* RFC 3986: unreserved, sub-delims */
    BYTE_COLON = 1 << 5,
    BYTE_AT = 1 << 6,
    BYTE_SLASH = 1 << 7,
    BYTE_QUESTION = 1 << 8,
    BYTE_SCHEME = 1 << 9,    /* RFC 3986, section 3.1 */
    BYTE_PERCENT = 1 << 10,  /* as a set: whole triplets, RFC 3986, section 2.1 */
    BYTE_LITERAL = 1 << 11,  /* RFC 6570, section 2.1 */
    BYTE_VARIABLE = 1 << 12, /* RFC 6570, section 2.3 */
    BYTE_ATOM = 1 << 13,     /* RFC 5322, section 3.2.3: atext */
    BYTE_QUOTED = 1 << 14,   /* RFC 5321, section 4.1.2: qtextSMTP */
    BYTE_WIDE = 1 << 15,     /* of a character beyond ASCII; as a set: any such character */
    /* For sets alone, in place of BYTE_WIDE (RFC 3987, section 2.2). */
    WIDE_UCS = 1 << 16,
    WIDE_PRIVATE = 1 << 17,
    WIDE_DIRECTION = 1 << 18, /* those of them that section 4.1 forbids */
};

extern const uint16_t format_bytes[256];

static inline bool byte_in(uint8_t byte, unsigned set)
{
    return format_bytes[byte] & set;
}

static inline bool take_byte(struct span *text, uint8_t byte)
{
    if (text->size == 0 || text->data[0] != byte)
        return false;
    *text = span_skip(*text, 1);
    return true;
}

/* Takes as much as is in the set, and returns how many bytes that was. */
size_t take_set(struct span *text, unsigned set);
/* ABNF's strings are without case (RFC 5234, section 2.3). `prefix` is in lower case. */
bool take_prefix(struct span *text, const char *prefix);

/* Numeric addresses and names of hosts, as parts of other formats. */

/* Four numbers up to 255 with dots between them. */
bool is_ipv4(struct span text, bool leading_zeros);
/* RFC 4291, section 2.2; `::` stands for `elided_min` groups or more. */
bool is_ipv6(struct span text, unsigned elided_min);
/* RFC 1123, section 2.1, of any length; A-labels are not looked into. */
bool is_host_name(struct span text);

/* IDNA2008 (format_idn.c). What the library allocates is bounded by the size of a name; when there
 * is no memory, there is no name. */

#define HOST_NAME_SIZE_MAX 253 /* RFC 1035, section 2.3.4, without the root's label */

/* What is found in the labels of a name; no name may have both (RFC 5893, section 2). */
enum {
    NAME_RIGHT_TO_LEFT = 1 << 0, /* a label with such characters */
    NAME_MIXED = 1 << 1,         /* a label that breaks the Bidi rule */
};

/* Whether the label, of ASCII, is an A-label (RFC 5890, section 2.3.2.1): it stands for one that
 * may be registered (RFC 5891, section 4). In upper case it is the same label. Adds to
 * `direction`. */
bool idn_is_a_label(struct span label, unsigned *direction);
/* Writes the name in ASCII, as UTS 46 (section 4) maps it, and returns its size; 0 when there is
 * none. That it is a host name is still to be seen. */
size_t idn_map_name(struct span text, uint8_t ret_name[HOST_NAME_SIZE_MAX]);

/* The formats. */

bool fits_date(struct span text);
bool fits_date_time(struct span text);
bool fits_duration(struct span text);
bool fits_email(struct span text);
bool fits_hostname(struct span text);
bool fits_idn_email(struct span text);
bool fits_idn_hostname(struct span text);
bool fits_ipv4(struct span text);
bool fits_ipv6(struct span text);
bool fits_iri(struct span text);
bool fits_iri_reference(struct span text);
bool fits_json_pointer(struct span text);
bool fits_relative_json_pointer(struct span text);
bool fits_time(struct span text);
bool fits_uri(struct span text);
bool fits_uri_reference(struct span text);
bool fits_uri_template(struct span text);
bool fits_uuid(struct span text);

#endif
