/* compat_maker: random schemas, and random documents for them. */
#ifndef PERSISTFS_TESTS_COMPAT_MAKER_H
#define PERSISTFS_TESTS_COMPAT_MAKER_H

#include "store/base/arena.h"
#include "store/base/buf.h"

struct dice {
    uint64_t state; /* never 0 */
};

struct model;

struct maker {
    struct dice dice;
    struct arena *arena;
    const char *family; /* the keywords at `depth`, each in spaces; NULL: any */
    unsigned depth;
};

#define MAKER_NAMES 4 /* of members and definitions */

/* A schema and its definitions. */
struct whole {
    struct model *root;
    struct model *definitions[MAKER_NAMES];
};

/* Either two versions of a large schema, or two small ones that need have nothing in common. */
void maker_make_pair(struct maker *maker, struct whole *before, struct whole *after);
/* Appends the schema's text. */
void maker_write(struct buf *out, const struct whole *whole);
/* Appends a document; `depth` is how deep it stands in another. */
void maker_add_object(struct dice *dice, struct buf *out, unsigned depth);

#endif
