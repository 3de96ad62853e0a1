/* format_place: texts, and what a format says of them. */
#ifndef PERSISTFS_TESTS_FORMAT_PLACE_H
#define PERSISTFS_TESTS_FORMAT_PLACE_H

#include "schema/format.h"

/* Lists end with NULL. */
#define FITS(name, ...)    assert_fits(name, true, (const char *const[]){__VA_ARGS__, NULL})
#define REFUSES(name, ...) assert_fits(name, false, (const char *const[]){__VA_ARGS__, NULL})

bool format_fits(const char *name, struct span text);
void assert_fits(const char *name, bool fits, const char *const *texts);
/* `count` copies of `unit` between the two. */
void assert_fits_long(const char *name, bool fits, const char *head, const char *unit, size_t count,
                      const char *tail);

#endif
