/* schema: what a valid document is. JSON Schema draft 2020-12 and the x- keywords.
 *
 * Pure: no I/O, no store, no FUSE. A compiled schema is immutable and may be used by any number
 * of threads without a lock. */
#ifndef PERSISTFS_SCHEMA_SCHEMA_H
#define PERSISTFS_SCHEMA_SCHEMA_H

#include "schema/tree.h"

struct schema;
struct schema_library;

#define SCHEMA_SIZE_MAX (1 << 20) /* bytes of a schema's text */

/* A uniqueness rule: one value, or the tuple of several, that no two entities may share. */
struct schema_unique {
    struct span name; /* for people: "email" or "team,slug" */
    size_t count;
    struct span *pointers; /* JSON pointers of the members, in the order they were declared */
};

enum schema_on_delete {
    SCHEMA_RESTRICT, /* what is referred to cannot be deleted */
    SCHEMA_CASCADE,  /* who refers to it is deleted, too */
    SCHEMA_SET_NULL, /* the reference becomes null */
};

/* A member that must name an entity of a collection (x-ref). Absent and null are no reference. */
struct schema_reference {
    struct span pointer; /* JSON pointer of the member */
    bool each;           /* the member is an array, and each of its items is a reference */
    struct span name;    /* for people: "author" or "meta.tags" */
    struct span collection;
    enum schema_on_delete on_delete;
};

/* Which changes become events. */
enum schema_events {
    SCHEMA_EVENT_CREATE = 1,
    SCHEMA_EVENT_UPDATE = 2,
    SCHEMA_EVENT_DELETE = 4,
    SCHEMA_EVENT_RENAME = 8,
    SCHEMA_EVENT_ALL = 15,
};

/* What all schemas have in common: the metaschemas of draft 2020-12, compiled. Immutable; any
 * number of threads may use it. Errors: NO_MEMORY. */
int schema_library_create(struct schema_library **ret_library, struct problem *problem);
void schema_library_destroy(struct schema_library *library); /* takes NULL */

/* Where references lead that leave the schema and are not to a metaschema. */
struct schema_source {
    /* Finds the schema at `uri`, absolute and without fragment; `reference` is how it was written.
     * The text must live until schema_compile returns. Errors: NOT_FOUND; any other ends the
     * compilation. */
    int (*find)(void *context, struct span uri, struct span reference, struct span *ret_text,
                struct problem *problem);
    void *context;
};

struct schema_options {
    struct span base; /* the absolute URI the schema was found at; empty: "persistfs:/schema" */
    const struct schema_source *source; /* NULL: none */
    bool lenient;          /* unknown keywords, x- ones too, are annotations (core, section 4.3.1);
                              else the misspelt are refused */
    bool annotate_formats; /* `format` is an annotation alone, and never asserted */
};

/* Compiles a schema document. `text` is copied; NULL options are all zero. Errors: as tree_parse,
 * where TOO_LARGE is beyond SCHEMA_SIZE_MAX, but that true and false are schemas, too;
 * SCHEMA_INVALID, with an item for each fault (its pointer, its keyword), for what the metaschema
 * does not allow, a reference that leads nowhere, a keyword that is misspelt or not implemented,
 * and more than 256 documents, 8 MiB of them, 8 dialects or 2,048 patterns; NO_MEMORY. */
int schema_compile(const struct schema_library *library, const struct schema_options *options,
                   struct span text, struct schema **ret_schema, struct problem *problem);
void schema_destroy(struct schema *schema);

/* Whether `document` is valid. Allocates nothing when it is, but for what is large: an array of
 * more than 1,024 items that must differ, unevaluated members or items of values with more than
 * 4,096 of them, what is required beside one of more than 256 members, objects of more than 16
 * members that are compared in another order; and for patterns and formats that say so. Errors:
 * SCHEMA_MISMATCH with an item for each fault, as far as they fit; SCHEMA_BUDGET and PATTERN_BUDGET
 * when the check takes too much time or depth, which are bounded; NO_MEMORY. The detail repeats the
 * first fault: "/age: 17 is less than the minimum 18". */
int schema_validate(const struct schema *schema, const struct tree *document,
                    struct problem *problem);

/* The same verdict as the "basic" output of JSON Schema (core, section 12.4.2), one JSON object on
 * one line, appended to `out`: at most 1,000 errors or, of a valid document, annotations (none
 * when they take too many steps). Errors:
 * as schema_validate. */
int schema_report(const struct schema *schema, const struct tree *document, struct buf *out,
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

/* The metaschema of the x- keywords, a JSON text. Constant. */
#define SCHEMA_BEHAVIOUR_URI "persistfs:/.vocabulary.json"
struct span schema_vocabulary(void);

/* The uniqueness rules, constant and owned by the schema. */
size_t schema_uniques(const struct schema *schema, const struct schema_unique **ret_uniques);
size_t schema_references(const struct schema *schema, const struct schema_reference **ret);
/* A combination of enum schema_events. */
unsigned schema_events(const struct schema *schema);
bool schema_requires_version(const struct schema *schema);

#endif
