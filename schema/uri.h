/* uri: references resolved against a base (RFC 3986, section 5). */
#ifndef PERSISTFS_SCHEMA_URI_H
#define PERSISTFS_SCHEMA_URI_H

#include "store/base/buf.h"

/* Appends `reference`, resolved against the absolute URI `base`, whose fragment does not count.
 * Both are taken as they are: what is not a URI gives something that is none. Takes linear time. */
void uri_resolve(struct buf *out, struct span base, struct span reference);

/* Splits at the first '#'; the fragment is without it, and its data is NULL when there is none. */
void uri_split(struct span uri, struct span *ret_absolute, struct span *ret_fragment);

/* Whether it has a scheme. */
bool uri_is_absolute(struct span uri);

/* Appends it with its percent-encoded bytes decoded (section 2.1). False when a '%' is not followed
 * by two hexadecimal digits. */
bool uri_decode(struct buf *out, struct span text);

#endif
