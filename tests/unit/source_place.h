/* source_place: schemas that refer to others, which a table has. */
#ifndef PERSISTFS_TESTS_SOURCE_PLACE_H
#define PERSISTFS_TESTS_SOURCE_PLACE_H

#include "schema/schema.h"

struct source_row {
    const char *uri, *text;
};

/* A source for schema_options. */
struct source_place {
    const struct source_row *rows; /* ends with a NULL uri */
    int error;                     /* what is answered, unless it is 0 */
    unsigned asked;                /* how often it was */
    struct schema_source source;
};

void source_init(struct source_place *place, const struct source_row *rows);
/* The schema is at "http://x/main". Lenient, so that any keyword may stand anywhere. */
int source_compile(struct source_place *place, const char *text, struct schema **ret_schema,
                   struct problem *problem);
/* Compiles, and the documents that are any values are valid, or invalid. */
void source_judges(const struct source_row *rows, const char *schema, const char *const *valid,
                   const char *const *invalid);
/* One fault, of that text. */
void source_refuses(const struct source_row *rows, const char *schema, const char *pointer,
                    const char *keyword, const char *message);
/* Any value. */
struct tree *value_of(struct arena *arena, const char *text);

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
