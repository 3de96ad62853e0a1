/* What the files of model_check share: each walks one kind of row, and stops at the first fault.
 *
 * They may use what the model may, and the engine's cursors besides: a row that no look-up leads to
 * is a fault too. Nothing is kept of a row but while its neighbours are looked at. */
#ifndef PERSISTFS_FS_MODEL_CHECK_H
#define PERSISTFS_FS_MODEL_CHECK_H

#include "fs/model_internal.h"
#include "store/key.h"

struct check {
    struct store_view view;
    struct row_state state;
    uint64_t next_object;
    struct problem *problem; /* the caller's; may be NULL */
    struct model_check_summary summary;

    struct schema_library *library; /* owned */
    struct source_ids ids;
    uint64_t schema_of;    /* the collection that `schema` is of; 0: none */
    struct schema *schema; /* owned */

    uint64_t references; /* of all documents, once the values have been looked at */
};

/* In a fault: of no object, at no sequence number. */
#define CHECK_NO_OBJECT 0
#define CHECK_NO_SEQ    UINT64_MAX

/* Names a fault: the table, the object with its collection and name as far as they can be found
 * out, the sequence number, and what is wrong. Returns -ERR_DAMAGED. */
int model_check_fault(struct check *check, enum key_table table, uint64_t object, uint64_t seq,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));
/* As model_check_fault, of the row that has this key. */
int model_check_key_fault(struct check *check, struct span key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Appends it for a person: control characters and what is not UTF-8 as \xhh, cut when long. */
void model_check_show(struct buf *out, struct span text);
/* Appends what a folder is called. */
void model_check_show_folder(struct check *check, struct buf *out, uint64_t folder, uint64_t seq);

/* Calls `visit` for each row of a table, in order, until it returns an error. The spans are valid
 * as long as the view. */
typedef int model_check_visit(struct check *check, struct span key, struct span value,
                              void *context);
int model_check_walk(struct check *check, enum key_table table, model_check_visit *visit,
                     void *context);

/* Whether two keys of rows that remember are of the same thing: alike but for their seq. */
bool model_check_same_thing(struct span a, struct span b);

/* The bytes of the keys, as FORMAT.md draws them. */
enum check_offset {
    CHECK_BRANCH = 1,
    CHECK_FIRST = 5, /* the first number after the branch */
    CHECK_ENTRY_OBJECT = 13,
    CHECK_NAME_TEXT = 13,
    CHECK_UNIQUE_TEXT = 21,
    CHECK_REFERENCE_TEXT = 5,
    CHECK_XATTR_TEXT = 13,
    CHECK_REFERRER_SIZE = 16, /* object and rule, behind the text */
    CHECK_EVENT_WORKER = 6,
    CHECK_EVENT_ID = 14,
    CHECK_SEQ_SIZE = 8,
};

/* The name of a collection as of a sequence number: 1, 0 when there was none, or an error. */
int model_check_collection_name(struct check *check, uint64_t collection, uint64_t seq,
                                struct span *ret_name);
/* The schema in force, owned by the check until it is asked for another. */
int model_check_schema(struct check *check, uint64_t collection, const struct schema **ret_schema);
/* Parses a stored document. */
int model_check_document(struct check *check, uint64_t object, uint64_t seq, struct arena *arena,
                         struct span document, struct tree **ret_tree);

/* Of one entity: its references lead somewhere and are on record. Counts them. */
int model_check_references_of(struct check *check, uint64_t collection, uint64_t object,
                              uint64_t seq, struct arena *arena, const struct tree *tree);

/* The passes, in their order. */
int model_check_pass_rows(struct check *check);       /* each row on its own */
int model_check_pass_log(struct check *check);        /* the sequence of records, hashes, chain */
int model_check_pass_histories(struct check *check);  /* the versions of each object */
int model_check_pass_names(struct check *check);      /* names, entries, versions */
int model_check_pass_values(struct check *check);     /* documents, schemas, unique indexes */
int model_check_pass_references(struct check *check); /* who refers to what; after the values */
int model_check_pass_xattrs(struct check *check);     /* whose the extended attributes are */
int model_check_pass_outbox(struct check *check);     /* events, places, counts */

#endif
