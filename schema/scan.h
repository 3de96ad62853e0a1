/* scan: an incremental, strict recogniser of JSON texts (RFC 8259).
 *
 * It takes a text in pieces of any size, cut anywhere, even inside a character or an escape, and
 * knows after each whether the text so far is a complete JSON object, may still become one, or
 * never can. It allocates nothing and looks at each byte once.
 *
 * What it refuses, with the line and the column: anything RFC 8259 does not allow, a top level
 * that is not an object, a NUL byte, a byte order mark, invalid UTF-8 (RFC 3629), a lone
 * surrogate in an escape, more than SCAN_DEPTH_MAX levels of nesting, and anything but white
 * space after the object. Duplicate members and the range of numbers are the tree's to judge. */
#ifndef PERSISTFS_SCHEMA_SCAN_H
#define PERSISTFS_SCHEMA_SCAN_H

#include "store/base/error.h"
#include "store/base/span.h"

#define SCAN_DEPTH_MAX 128

enum scan_verdict {
    SCAN_INCOMPLETE, /* may still become an object; also nothing, or white space alone */
    SCAN_COMPLETE,   /* an object (or any value), and perhaps white space behind it */
    SCAN_INVALID,    /* can't become one, whatever follows */
};

/* The state is the implementation's, declared here so that a caller can hold and copy it: a copy
 * taken before a piece is the way to take the piece back. */
struct scan {
    enum scan_verdict verdict;
    enum err error;     /* with SCAN_INVALID: JSON_SYNTAX, JSON_ENCODING, JSON_LIMIT or
                           NOT_AN_OBJECT */
    const char *reason; /* with SCAN_INVALID: a constant sentence part */
    uint64_t line;      /* of the next byte, from 1 */
    uint64_t column;    /* of the next character, from 1, in characters */
    uint8_t state;
    uint8_t depth;
    uint8_t container_is_array[SCAN_DEPTH_MAX / 8]; /* a bit a level */
    uint8_t literal; /* which literal (true, false, null) and how far */
    uint8_t literal_at;
    uint8_t utf8_left;           /* bytes a character still needs */
    uint8_t utf8_low, utf8_high; /* range of the next of them */
    uint8_t hex_seen;            /* digits of a \u escape so far */
    bool hex_may_pair;           /* its first digit was D */
    bool awaits_low;             /* a high surrogate waits for its low one */
    bool in_name;                /* the string is a member's name */
    bool any_value;              /* the top level need not be an object */
};

void scan_init(struct scan *scan);
/* The same for texts whose top level is any value. A number there is complete wherever it may end,
 * and incomplete again when what follows belongs to it ("1", "1.", "1.5"). */
void scan_init_value(struct scan *scan);
/* Takes the next bytes and returns the verdict on all so far, which is SCAN_INVALID from the first
 * byte on after which no text can be valid. An invalid text stays invalid and keeps the place of
 * the first fault in line and column. */
enum scan_verdict scan_feed(struct scan *scan, struct span bytes);
/* Whether nothing but white space was seen so far. */
bool scan_is_blank(const struct scan *scan);
/* Describes a text that is not SCAN_COMPLETE ("line 3, column 7: expected ':' after the member
 * name"). Returns the negative error: as in `error`, or -ERR_JSON_INCOMPLETE. 0, and nothing
 * is set, when the text is complete. */
int scan_explain(const struct scan *scan, struct problem *problem);

#endif
