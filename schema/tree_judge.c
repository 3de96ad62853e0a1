#include "schema/tree_judge.h"

#include "schema/scan.h"
#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <inttypes.h>
#include <jansson.h>

#define SHOWN_MAX 64

/* The end of the string whose opening quote is at `at`. */
static size_t string_end(struct span text, size_t at)
{
    for (at++; text.data[at] != '"'; at++)
        if (text.data[at] == '\\')
            at++;
    return at + 1;
}

static bool is_in_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || byte == '-' ||
           byte == '+' || byte == '.' || byte == 'E';
}

/* The string, number or literal that ends at `end`; empty when none does. jansson tells where it
 * stopped, which is behind the token that it refuses. */
static struct span token_before(struct span text, size_t end)
{
    size_t at = 0;
    while (at < end) {
        size_t start = at;
        if (text.data[at] == '"')
            at = string_end(text, at);
        else
            for (at++; is_in_word(text.data[start]) && at < end && is_in_word(text.data[at]);)
                at++;
        if (at == end)
            return span_make(text.data + start, end - start);
    }
    return span_make(text.data + end, 0);
}

struct place {
    uint64_t line;
    uint64_t column;
};

static struct place place_of(struct span text, const uint8_t *at)
{
    struct scan scan;
    scan_init_value(&scan);
    scan_feed(&scan, span_head(text, (size_t)(at - text.data)));
    return (struct place){.line = scan.line, .column = scan.column};
}

static int refuse(struct problem *problem, enum err code, struct span text, struct span token,
                  const char *what)
{
    struct place place = place_of(text, token.data);
    struct span shown = utf8_head(token, SHOWN_MAX);
    return problem_set(problem, code, "line %" PRIu64 ", column %" PRIu64 ": %.*s%s %s", place.line,
                       place.column, (int)shown.size, (const char *)shown.data,
                       shown.size < token.size ? "..." : "", what);
}

static int explain(const json_error_t *error, struct span text, struct problem *problem)
{
    size_t end = error->position > 0 ? (size_t)error->position : 0;
    struct span token = token_before(text, end < text.size ? end : text.size);
    bool is_real = memchr(token.data, '.', token.size) || memchr(token.data, 'e', token.size) ||
                   memchr(token.data, 'E', token.size);
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return refuse(problem, ERR_JSON_DUPLICATE, text, token,
                      "is given twice in the same object; keep one of them");
    case json_error_null_byte_in_key:
        return refuse(problem, ERR_JSON_LIMIT, text, token,
                      "is a member name with \\u0000 in it; choose another name");
    case json_error_numeric_overflow:
        return refuse(problem, ERR_JSON_LIMIT, text, token,
                      is_real ? "is beyond the range of a double; write it as a string"
                              : "is beyond the range of a 64-bit integer; write it as a string");
    default: /* after the scan only a failed allocation is left, by whatever name */
        return problem_set(problem, ERR_NO_MEMORY, "no memory to parse the text");
    }
}

/* jansson has no numbers beyond a double, so each becomes a 0, and all stays in its place. */
static void blank_numbers(struct span text, uint8_t *out)
{
    for (size_t at = 0; at < text.size;) {
        size_t begin = at;
        uint8_t byte = text.data[at];
        bool is_number = byte == '-' || (byte >= '0' && byte <= '9');
        at = byte == '"' ? string_end(text, at) : at + 1;
        while (is_number && at < text.size && is_in_word(text.data[at]))
            at++;
        memcpy(out + begin, text.data + begin, at - begin);
        if (is_number)
            memset(out + begin + 1, ' ', at - begin - 1);
        if (is_number)
            out[begin] = '0';
    }
}

int tree_judge(struct span text, bool any_value, struct problem *problem)
{
    AUTO_FREE uint8_t *blanked = any_value ? malloc(text.size) : NULL;
    if (any_value && !blanked)
        return problem_set(problem, ERR_NO_MEMORY, "no memory to parse the text");
    if (any_value)
        blank_numbers(text, blanked);
    json_error_t error;
    json_t *judged =
        json_loadb(any_value ? (const char *)blanked : (const char *)text.data, text.size,
                   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (!judged)
        return explain(&error, text, problem);
    json_decref(judged);
    return 0;
}
