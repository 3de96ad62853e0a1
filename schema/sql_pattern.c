/* Regular expressions of PostgreSQL ("advanced" ones: its manual, section 9.7.3) as patterns of
 * ECMA-262, as far as both mean the same. */
#include "schema/sql_internal.h"

#include "schema/pattern.h"

/* What a backslash makes of the next byte in both; \w and \s are not the same. */
static bool is_shared_escape(uint8_t byte)
{
    return byte != 0 && strchr("^$\\.*+?()[]{}|/d", byte) != NULL;
}

/* At "[": the size of the class, 0 when it is not one that both know. */
static size_t class_size(struct span text)
{
    size_t at = text.size > 1 && text.data[1] == '^' ? 2 : 1;
    for (size_t first = at; at < text.size; at++) {
        uint8_t byte = text.data[at];
        if (byte == ']')
            return at > first ? at + 1 : 0; /* "[]a]" has a bracket in it there, and here not */
        if (byte == '[')
            return 0; /* [[:alpha:]] */
        if (byte == '\\' && (++at == text.size || !is_shared_escape(text.data[at])))
            return 0;
    }
    return 0;
}

/* The size of what is the same in both; 0 when it is not. */
static size_t shared_size(struct span text)
{
    switch (text.data[0]) {
    case '[':
        return class_size(text);
    case '\\':
        return text.size > 1 && is_shared_escape(text.data[1]) ? 2 : 0;
    case '(': /* (?i) and the like */
        return text.size > 2 && text.data[1] == '?' && text.data[2] != ':' ? 0 : 1;
    default:
        return 1;
    }
}

static bool compiles(struct sql *sql, const struct buf *text)
{
    struct pattern *pattern = NULL;
    int error = buf_failed(text) ? -ERR_NO_MEMORY : pattern_compile(buf_span(text), &pattern, NULL);
    pattern_destroy(pattern);
    if (error == -ERR_NO_MEMORY)
        sql_fail(sql, ERR_NO_MEMORY, "no memory");
    return error == 0;
}

bool sql_write_pattern(struct sql *sql, struct buf *out, struct span regex)
{
    if (span_starts_with(regex, span_of_string("***")))
        return false;
    while (regex.size > 0) {
        size_t size = shared_size(regex);
        if (size == 0)
            return false;
        if (regex.data[0] == '.') /* any character, the end of a line too */
            buf_append_string(out, "[^]");
        else
            buf_append_span(out, span_head(regex, size));
        regex = span_skip(regex, size);
    }
    return compiles(sql, out);
}
