/* format: the values that `format` asserts (JSON Schema validation, section 7.3). */
#ifndef PERSISTFS_SCHEMA_FORMAT_H
#define PERSISTFS_SCHEMA_FORMAT_H

#include "store/base/span.h"

struct format {
    const char *name;
    bool (*fits)(struct span text); /* `text` is UTF-8, and may hold NUL; takes linear time, at most
                                       fixed memory, and no lock */
    const char *what;               /* "an email address" */
};

/* The format of that name, constant; NULL when there is none. */
const struct format *format_find(struct span name);
/* All of them, sorted by name. */
size_t format_list(const struct format **ret_formats);

#endif
