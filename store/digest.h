/* digest: SHA-256 (FIPS 180-4), through nettle. */
#ifndef PERSISTFS_STORE_DIGEST_H
#define PERSISTFS_STORE_DIGEST_H

#include "store/base/buf.h"

#define DIGEST_SIZE 32

struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

/* The digest of the concatenation of `count` parts. */
struct digest digest_of(const struct span *parts, size_t count);
bool digest_equal(const struct digest *a, const struct digest *b);
/* Appends 64 lower-case hexadecimal digits. */
void digest_append_hex(struct buf *out, const struct digest *digest);

/* A fast fingerprint (XXH3, 64 bits) for tables in memory and for short names of indexes; not
 * meant to resist someone who wants collisions. */
uint64_t fingerprint(struct span bytes);

#endif
