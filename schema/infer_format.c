/* What strings tell of themselves. */
#include "schema/format.h"
#include "schema/infer_internal.h"

static const char *const names[] = {
    "date-time", "date",  "time", "duration",  "uuid", "ipv4",
    "ipv6",      "email", "uri",  "idn-email", "iri",
};

#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

const char *infer_format(unsigned index)
{
    return index < NAME_COUNT ? names[index] : NULL;
}

/* Anything with a colon may be a URI: "note:this". One that names an authority is meant to be. */
static bool has_authority(struct span text)
{
    return text.size > 0 && memmem(text.data, text.size, "://", 3);
}

static bool fits(const char *name, struct span text)
{
    bool is_location = strcmp(name, "uri") == 0 || strcmp(name, "iri") == 0;
    const struct format *format = format_find(span_of_string(name));
    return format && (!is_location || has_authority(text)) && format->fits(text);
}

unsigned infer_formats_of(struct span text, unsigned among)
{
    among &= (1U << NAME_COUNT) - 1;
    for (unsigned i = 0; i < NAME_COUNT; i++)
        if (among & 1U << i && !fits(names[i], text))
            among &= ~(1U << i);
    return among;
}
