#include "schema/pointer.h"

/* The byte that stands at `at`, which moves on; -1 for a '~' that is no escape. */
static int take_byte(struct span token, size_t *at)
{
    uint8_t byte = token.data[(*at)++];
    if (byte != '~')
        return byte;
    if (*at == token.size || (token.data[*at] != '0' && token.data[*at] != '1'))
        return -1;
    return token.data[(*at)++] == '0' ? '~' : '/';
}

bool pointer_valid(struct span pointer)
{
    if (pointer.size > 0 && pointer.data[0] != '/')
        return false;
    for (size_t at = 0; at < pointer.size;)
        if (take_byte(pointer, &at) < 0)
            return false;
    return true;
}

bool pointer_next(struct span *pointer, struct span *ret_token)
{
    if (pointer->size == 0 || pointer->data[0] != '/')
        return false;
    struct span rest = span_skip(*pointer, 1);
    const uint8_t *slash = rest.size > 0 ? memchr(rest.data, '/', rest.size) : NULL;
    size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
    *ret_token = span_head(rest, size);
    *pointer = span_skip(rest, size);
    return true;
}

void pointer_split(struct span pointer, struct span *ret_parent, struct span *ret_token)
{
    size_t at = pointer.size;
    while (pointer.data[at - 1] != '/')
        at--;
    *ret_parent = span_head(pointer, at - 1);
    *ret_token = span_skip(pointer, at);
}

bool pointer_token_is(struct span token, struct span name)
{
    size_t at = 0;
    size_t i = 0;
    while (at < token.size && i < name.size)
        if (take_byte(token, &at) != name.data[i++])
            return false;
    return at == token.size && i == name.size;
}

bool pointer_token_index(struct span token, uint32_t *ret_index)
{
    if (token.size == 0 || token.size > 10 || (token.size > 1 && token.data[0] == '0'))
        return false;
    uint64_t index = 0;
    for (size_t i = 0; i < token.size; i++) {
        if (token.data[i] < '0' || token.data[i] > '9')
            return false;
        index = index * 10 + (token.data[i] - (unsigned)'0');
    }
    if (index > UINT32_MAX)
        return false;
    *ret_index = (uint32_t)index;
    return true;
}

struct span pointer_token_decode(struct arena *arena, struct span token)
{
    uint8_t *decoded = arena_alloc(arena, token.size);
    if (!decoded)
        return span_make(NULL, 0);
    size_t size = 0;
    for (size_t at = 0; at < token.size;)
        decoded[size++] = (uint8_t)take_byte(token, &at);
    return span_make(decoded, size);
}
