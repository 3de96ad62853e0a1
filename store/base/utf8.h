/* utf8: RFC 3629, strictly: no overlong form, no surrogate, nothing beyond U+10FFFF. */
#ifndef PERSISTFS_BASE_UTF8_H
#define PERSISTFS_BASE_UTF8_H

#include "store/base/span.h"

/* The length in bytes (1 to 4) of the character that `text` begins with; 0 when it begins with
 * none, or is empty. */
size_t utf8_length(struct span text);
/* Whether all of it is UTF-8. */
bool utf8_valid(struct span text);
/* Characters (code points) in a valid text. */
size_t utf8_count(struct span text);
/* The longest head of a valid text that has at most `size` bytes and ends with a whole
 * character. */
struct span utf8_head(struct span text, size_t size);

#endif
