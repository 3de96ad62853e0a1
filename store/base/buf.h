/* buf: a growable run of bytes, always followed by a NUL that does not count. */
#ifndef PERSISTFS_BASE_BUF_H
#define PERSISTFS_BASE_BUF_H

#include "store/base/span.h"

#include <stdarg.h>

/* Zero-initialised is empty. Allocation failure is sticky: `failed` is set, later appends do
 * nothing, and the caller asks once at the end (buf_failed). */
struct buf {
    uint8_t *data; /* owned */
    size_t size;   /* bytes in use */
    size_t capacity;
    bool failed;
};

void buf_finish(struct buf *buf);
/* Empties it and keeps the memory. */
void buf_clear(struct buf *buf);
/* Makes room for `extra` more bytes. Returns false, and sets `failed`, when there is no memory. */
bool buf_reserve(struct buf *buf, size_t extra);
void buf_append(struct buf *buf, const void *data, size_t size);
void buf_append_span(struct buf *buf, struct span span);
void buf_append_string(struct buf *buf, const char *text);
void buf_append_byte(struct buf *buf, uint8_t byte);
/* Appends `count` copies of `byte`. */
void buf_append_fill(struct buf *buf, uint8_t byte, size_t count);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Appends a JSON string (RFC 8259, section 7) with its quotes. Bytes that are not valid UTF-8
 * become U+FFFD, so the result is valid JSON whatever comes in. */
void buf_append_json_string(struct buf *buf, struct span text);
/* Unsigned 64-bit big-endian: the order of the bytes is the order of the numbers. */
void buf_append_be64(struct buf *buf, uint64_t value);
void buf_append_be32(struct buf *buf, uint32_t value);

static inline bool buf_failed(const struct buf *buf)
{
    return buf->failed;
}

static inline struct span buf_span(const struct buf *buf)
{
    return span_make(buf->data, buf->size);
}

/* The bytes as a C string, valid until the next change; "" when it is empty. */
const char *buf_string(const struct buf *buf);

#endif
