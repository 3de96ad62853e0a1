#include "format_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* From a copy of its exact size, so that a sanitizer sees what is read beyond it. */
bool format_fits(const char *name, struct span text)
{
    const struct format *format = format_find(span_of_string(name));
    assert_non_null(format);
    AUTO_FREE uint8_t *copy = malloc(text.size > 0 ? text.size : 1);
    assert_non_null(copy);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    return format->fits(span_make(copy, text.size));
}

void assert_fits(const char *name, bool fits, const char *const *texts)
{
    for (; *texts; texts++)
        if (format_fits(name, span_of_string(*texts)) != fits)
            fail_msg("%s: \"%s\" should %sfit", name, *texts, fits ? "" : "not ");
}

void assert_fits_long(const char *name, bool fits, const char *head, const char *unit, size_t count,
                      const char *tail)
{
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, head);
    for (size_t i = 0; i < count; i++)
        buf_append_string(&text, unit);
    buf_append_string(&text, tail);
    if (format_fits(name, buf_span(&text)) != fits)
        fail_msg("%s: %s, %zu times %s, %s should %sfit", name, head, count, unit, tail,
                 fits ? "" : "not ");
}
