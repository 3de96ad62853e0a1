#include "store/base/buf.h"

#include "store/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = 0;
}

bool buf_reserve(struct buf *buf, size_t extra)
{
    if (buf->failed)
        return false;
    if (extra < buf->capacity - buf->size) /* one byte stays for the NUL */
        return true;
    if (extra > SIZE_MAX / 2 - buf->size - 1) {
        buf->failed = true;
        return false;
    }
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < buf->size + extra + 1)
        capacity += capacity / 2;
    uint8_t *data = realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void buf_append(struct buf *buf, const void *data, size_t size)
{
    if (!buf_reserve(buf, size))
        return;
    if (size > 0)
        memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    buf->data[buf->size] = 0;
}

void buf_append_span(struct buf *buf, struct span span)
{
    buf_append(buf, span.data, span.size);
}

void buf_append_string(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_byte(struct buf *buf, uint8_t byte)
{
    buf_append(buf, &byte, 1);
}

void buf_append_fill(struct buf *buf, uint8_t byte, size_t count)
{
    if (!buf_reserve(buf, count))
        return;
    memset(buf->data + buf->size, byte, count);
    buf->size += count;
    buf->data[buf->size] = 0;
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    if (size < 0)
        buf->failed = true;
    else if (buf_reserve(buf, (size_t)size)) {
        vsnprintf((char *)buf->data + buf->size, (size_t)size + 1, format, again);
        buf->size += (size_t)size;
    }
    va_end(again);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

static void append_escaped(struct buf *buf, uint8_t byte)
{
    static const char shorts[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                  ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    if (byte < sizeof(shorts) && shorts[byte])
        buf_printf(buf, "\\%c", shorts[byte]);
    else
        buf_printf(buf, "\\u%04x", byte);
}

void buf_append_json_string(struct buf *buf, struct span text)
{
    buf_append_byte(buf, '"');
    size_t plain = 0; /* where the run not yet copied begins */
    for (size_t at = 0; at < text.size;) {
        size_t length = utf8_length(span_skip(text, at));
        uint8_t byte = text.data[at];
        if (length > 0 && byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f) {
            at += length;
            continue;
        }
        buf_append(buf, text.data + plain, at - plain);
        if (length == 0)
            buf_append_string(buf, "\xef\xbf\xbd");
        else
            append_escaped(buf, byte);
        plain = ++at;
    }
    if (text.size > plain)
        buf_append(buf, text.data + plain, text.size - plain);
    buf_append_byte(buf, '"');
}

void buf_append_be64(struct buf *buf, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    buf_append(buf, bytes, sizeof(bytes));
}

void buf_append_be32(struct buf *buf, uint32_t value)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
    buf_append(buf, bytes, sizeof(bytes));
}

const char *buf_string(const struct buf *buf)
{
    return buf->data ? (const char *)buf->data : "";
}
