/* schema: what a valid document is. JSON Schema draft 2020-12 and the x- keywords.
 *
 * Pure: no I/O, no store, no FUSE. A compiled schema is immutable and may be used by any number
 * of threads without a lock. */
#ifndef PERSISTFS_SCHEMA_SCHEMA_H
#define PERSISTFS_SCHEMA_SCHEMA_H

#include "schema/tree.h"

struct schema;

#define SCHEMA_SIZE_MAX (1 << 20) /* bytes of a schema's text */

/* A uniqueness rule: one value, or the tuple of several, that no two entities may share. */
struct schema_unique {
    struct span name; /* for people: "email" or "team,slug" */
    size_t count;
    struct span *pointers; /* JSON pointers of the members, in the order they were declared */
};

/* Which changes become events. */
enum schema_events {
    SCHEMA_EVENT_CREATE = 1,
    SCHEMA_EVENT_UPDATE = 2,
    SCHEMA_EVENT_DELETE = 4,
    SCHEMA_EVENT_RENAME = 8,
    SCHEMA_EVENT_ALL = 15,
};

/* Compiles a schema document. `text` is copied. Errors: as tree_parse, where TOO_LARGE is beyond
 * SCHEMA_SIZE_MAX; SCHEMA_INVALID, with an item for each fault (its pointer, its keyword), for a
 * keyword whose value is not as the specification says, for one that is not implemented, and for an
 * unknown one (whose item has no keyword), each by name: nothing is ever ignored; NO_MEMORY. */
int schema_compile(struct span text, struct schema **ret_schema, struct problem *problem);
void schema_destroy(struct schema *schema);

/* Whether `document` is valid. Errors: SCHEMA_MISMATCH with an item for each fault, as far as they
 * fit; NO_MEMORY. The detail repeats the first: "/age: 17 is less than the minimum 18". Time and
 * depth are bounded: a document that takes too much of them is a SCHEMA_MISMATCH that says so. */
int schema_validate(const struct schema *schema, const struct tree *document,
                    struct problem *problem);

/* The document with each missing member that is both `required` and has a `default` added at the
 * end, at every level of `properties`; `document` itself when nothing was missing. Borrows from the
 * document and the schema. Errors: NO_MEMORY. */
int schema_apply_defaults(const struct schema *schema, struct arena *arena,
                          const struct tree *document, const struct tree **ret_document);

/* Checks that no member declared `readOnly` (at any level of `properties`) differs between the two
 * documents, in presence or in value. `before` is NULL at creation, where such a member may be
 * given once. Errors: READ_ONLY_MEMBER, with an item for each; NO_MEMORY. */
int schema_check_read_only(const struct schema *schema, const struct tree *before,
                           const struct tree *after, struct problem *problem);

/* The uniqueness rules, constant and owned by the schema. */
size_t schema_uniques(const struct schema *schema, const struct schema_unique **ret_uniques);
/* A combination of enum schema_events. */
unsigned schema_events(const struct schema *schema);
bool schema_requires_version(const struct schema *schema);

#endif
