/* fuzz_pattern: compiles a pattern and matches it in every way. The first line of the input is the
 * pattern, the rest is the subject. */
#include "fuzz.h"

#include "schema/pattern_internal.h"
#include "store/base/utf8.h"

/* Each way that comes to an end says what `whole` does. */
static void match(const struct pattern *pattern, struct span subject, int whole)
{
    CHECK(whole == 0 || whole == 1 || whole == -ERR_PATTERN_BUDGET);
    for (enum pattern_way way = PATTERN_BY_SHAPE; way <= PATTERN_IN_PARALLEL; way++) {
        int result = pattern_match_by(pattern, way, subject);
        CHECK(result == 0 || result == 1 || result == -ERR_PATTERN_BUDGET ||
              result == -ERR_UNSUPPORTED);
        CHECK(result < 0 || whole < 0 || result == whole);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    struct span text = span_make(data, end ? (size_t)(end - data) : size);
    struct span subject = span_skip(span_make(data, size), text.size + 1);
    struct pattern *fast = NULL, *pattern = NULL;
    int error = pattern_compile(text, &fast, NULL);
    CHECK(error == 0 || error == -ERR_INVALID || error == -ERR_TOO_LARGE);
    CHECK(pattern_valid(text) == (error != -ERR_INVALID));
    CHECK(pattern_compile_ways(text, &pattern, NULL) == error);
    if (error == 0 && utf8_valid(subject))
        match(pattern, subject, pattern_match(fast, subject));
    pattern_destroy(fast);
    pattern_destroy(pattern);
    return 0;
}
