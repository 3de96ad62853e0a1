/* span: a borrowed run of bytes, with no terminator of its own. */
#ifndef PERSISTFS_BASE_SPAN_H
#define PERSISTFS_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data; /* borrowed; may be NULL when size is 0 */
    size_t size;         /* bytes */
};

static inline struct span span_make(const void *data, size_t size)
{
    return (struct span){.data = data, .size = size};
}

static inline struct span span_of_string(const char *text)
{
    return span_make(text, strlen(text));
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool span_is(struct span a, const char *text)
{
    return span_equal(a, span_of_string(text));
}

static inline bool span_starts_with(struct span a, struct span prefix)
{
    return a.size >= prefix.size &&
           (prefix.size == 0 || memcmp(a.data, prefix.data, prefix.size) == 0);
}

static inline bool span_ends_with(struct span a, const char *suffix)
{
    size_t size = strlen(suffix);
    return a.size >= size && memcmp(a.data + a.size - size, suffix, size) == 0;
}

/* The first `size` bytes, or all of it when it is shorter. */
static inline struct span span_head(struct span a, size_t size)
{
    return span_make(a.data, size < a.size ? size : a.size);
}

/* What follows the first `size` bytes; empty when there is nothing. */
static inline struct span span_skip(struct span a, size_t size)
{
    return size < a.size ? span_make(a.data + size, a.size - size) : span_make(NULL, 0);
}

#endif
