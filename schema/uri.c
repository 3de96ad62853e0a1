#include "schema/uri.h"

struct parts {
    struct span scheme, authority, path, query; /* NULL data: not there; the path always is */
};

static bool is_in(uint8_t byte, const char *set)
{
    return byte != 0 && strchr(set, byte);
}

/* The bytes up to the first of `stops`. */
static struct span take_until(struct span *rest, const char *stops)
{
    size_t size = 0;
    while (size < rest->size && !is_in(rest->data[size], stops))
        size++;
    struct span taken = span_head(*rest, size);
    *rest = span_skip(*rest, size);
    return taken;
}

static bool is_scheme(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i] | 0x20;
        bool letter = byte >= 'a' && byte <= 'z';
        bool other = (text.data[i] >= '0' && text.data[i] <= '9') || is_in(text.data[i], "+-.");
        if (!letter && (i == 0 || !other))
            return false;
    }
    return text.size > 0;
}

/* What follows the first `size` bytes: there, even when it is empty. */
static struct span after(struct span text, size_t size)
{
    return span_make(text.data + size, text.size - size);
}

/* Appendix B, by hand. */
static struct parts parse(struct span uri)
{
    struct parts parts = {0};
    struct span rest = uri;
    struct span scheme = take_until(&rest, ":/?#");
    if (rest.size > 0 && rest.data[0] == ':' && is_scheme(scheme)) {
        parts.scheme = scheme;
        rest = span_skip(rest, 1);
    } else {
        rest = uri;
    }
    if (span_starts_with(rest, span_of_string("//"))) {
        rest = after(rest, 2);
        parts.authority = take_until(&rest, "/?#");
    }
    parts.path = take_until(&rest, "?#");
    if (rest.size > 0 && rest.data[0] == '?') {
        rest = after(rest, 1);
        parts.query = take_until(&rest, "#");
    }
    return parts;
}

/* Section 5.2.4, on a path that is complete: `out` from `start` on is what is kept so far. */
static void append_segment(struct buf *out, size_t start, struct span segment, bool is_last)
{
    if (span_is(segment, ".") || span_is(segment, "..")) {
        bool up = segment.size == 2;
        if (up && out->size > start)
            out->size--; /* the slash at the end */
        while (up && out->size > start && out->data[out->size - 1] != '/')
            out->size--;
        if (up && out->data)
            out->data[out->size] = '\0';
        return;
    }
    buf_append_span(out, segment);
    if (!is_last)
        buf_append_byte(out, '/');
}

static void append_path(struct buf *out, struct span path)
{
    if (path.size == 0 || path.data[0] != '/') {
        buf_append_span(out, path); /* as in "urn:x:y" */
        return;
    }
    buf_append_byte(out, '/');
    size_t start = out->size;
    struct span rest = span_skip(path, 1);
    for (bool is_last = false; !is_last;) {
        struct span segment = take_until(&rest, "/");
        is_last = rest.size == 0;
        rest = span_skip(rest, 1);
        append_segment(out, start, segment, is_last);
    }
}

/* Section 5.2.3. */
static void append_merged(struct buf *out, const struct parts *base, struct span path)
{
    struct buf merged = {0};
    size_t size = base->path.size;
    while (size > 0 && base->path.data[size - 1] != '/')
        size--;
    if (base->authority.data && base->path.size == 0)
        buf_append_byte(&merged, '/');
    buf_append_span(&merged, span_head(base->path, size));
    buf_append_span(&merged, path);
    append_path(out, buf_span(&merged));
    if (buf_failed(&merged))
        buf_append(out, NULL, SIZE_MAX);
    buf_finish(&merged);
}

static void append_authority(struct buf *out, struct span authority)
{
    if (!authority.data)
        return;
    buf_append_string(out, "//");
    buf_append_span(out, authority);
}

/* Section 5.2.2. */
void uri_resolve(struct buf *out, struct span base_uri, struct span text)
{
    struct span absolute, fragment;
    uri_split(text, &absolute, &fragment);
    struct parts base = parse(base_uri), reference = parse(absolute);
    bool own_scheme = reference.scheme.data;
    bool own_authority = own_scheme || reference.authority.data;
    bool own_path = own_authority || reference.path.size > 0;
    struct span scheme = own_scheme ? reference.scheme : base.scheme;
    if (scheme.data) {
        buf_append_span(out, scheme);
        buf_append_byte(out, ':');
    }
    append_authority(out, own_authority ? reference.authority : base.authority);
    if (!own_path)
        buf_append_span(out, base.path);
    else if (own_authority || reference.path.data[0] == '/')
        append_path(out, reference.path);
    else
        append_merged(out, &base, reference.path);
    struct span query = own_path || reference.query.data ? reference.query : base.query;
    if (query.data) {
        buf_append_byte(out, '?');
        buf_append_span(out, query);
    }
    if (fragment.data) {
        buf_append_byte(out, '#');
        buf_append_span(out, fragment);
    }
}

void uri_split(struct span uri, struct span *ret_absolute, struct span *ret_fragment)
{
    const uint8_t *hash = uri.size > 0 ? memchr(uri.data, '#', uri.size) : NULL;
    size_t size = hash ? (size_t)(hash - uri.data) : uri.size;
    *ret_absolute = span_head(uri, size);
    *ret_fragment = hash ? after(uri, size + 1) : (struct span){0};
}

bool uri_is_absolute(struct span uri)
{
    return parse(uri).scheme.data != NULL;
}

static int hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

bool uri_decode(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '%') {
            buf_append_byte(out, text.data[i]);
            continue;
        }
        int high = i + 2 < text.size ? hex_value(text.data[i + 1]) : -1;
        int low = i + 2 < text.size ? hex_value(text.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        buf_append_byte(out, (uint8_t)(high * 16 + low));
        i += 2;
    }
    return true;
}
