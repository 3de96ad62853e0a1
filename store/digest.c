#include "store/digest.h"

#include <nettle/sha2.h>
#include <xxhash.h>

struct digest digest_of(const struct span *parts, size_t count)
{
    struct sha256_ctx context;
    struct digest digest;
    sha256_init(&context);
    for (size_t i = 0; i < count; i++)
        if (parts[i].size > 0)
            sha256_update(&context, parts[i].size, parts[i].data);
    sha256_digest(&context, DIGEST_SIZE, digest.bytes);
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

void digest_append_hex(struct buf *out, const struct digest *digest)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        buf_append_byte(out, (uint8_t)digits[digest->bytes[i] >> 4]);
        buf_append_byte(out, (uint8_t)digits[digest->bytes[i] & 15]);
    }
}

uint64_t fingerprint(struct span bytes)
{
    return XXH3_64bits(bytes.data, bytes.size);
}
