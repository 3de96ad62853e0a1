#include "store/key.h"

#include "store/digest.h"

#include <assert.h>

static void add(struct key *key, const void *bytes, size_t size)
{
    assert(size <= sizeof(key->bytes) - key->size);
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

void key_init(struct key *key, enum key_table table, uint32_t branch)
{
    key->size = 0;
    key_add_u8(key, (uint8_t)table);
    if (table == KEY_FORMAT || table == KEY_OBJECTS)
        return;
    uint8_t bytes[4] = {(uint8_t)(branch >> 24), (uint8_t)(branch >> 16), (uint8_t)(branch >> 8),
                        (uint8_t)branch};
    add(key, bytes, sizeof(bytes));
}

void key_add_u8(struct key *key, uint8_t value)
{
    add(key, &value, 1);
}

void key_add_u64(struct key *key, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    add(key, bytes, sizeof(bytes));
}

/* The longest: all of KEY_TEXT_MAX are zeros and double, a digest follows (its zeros double too),
 * and the end: 2 * 200 + 2 * 32 + 2 = 466, beside 1 + 4 + 8 + 8 before and 8 behind, or 1 + 4
 * before and 8 + 8 + 8 behind: 495 < 511. */
static void add_escaped(struct key *key, struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        key_add_u8(key, text.data[i]);
        if (text.data[i] == 0)
            key_add_u8(key, 0xff);
    }
}

void key_add_text(struct key *key, struct span text)
{
    add_escaped(key, span_head(text, KEY_TEXT_MAX));
    if (text.size > KEY_TEXT_MAX) {
        struct digest digest = digest_of(&text, 1);
        add_escaped(key, span_make(digest.bytes, DIGEST_SIZE));
    }
    key_add_u8(key, 0);
    key_add_u8(key, 0);
}

void key_add_seq(struct key *key, uint64_t seq)
{
    key_add_u64(key, ~seq);
}

uint64_t key_u64_at(struct span key, size_t offset)
{
    assert(offset + 8 <= key.size);
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | key.data[offset + i];
    return value;
}

uint64_t key_seq(struct span key)
{
    return ~key_u64_at(key, key.size - 8);
}
