/* record: what an audit record says, and the chain it is part of.
 *
 * A record is one line of JSON:
 *
 *     {"seq":812,"at":"...","op":"update","collection":"users","id":"alice","version":4,
 *      "actor":{...},"patch":[...],"prev":"<64 hex>","hash":"<64 hex>"}
 *
 * `hash` is the SHA-256 of the line with `,"hash":"..."` and the newline taken out. `prev` is the
 * hash of the record before it in the same sidecar: the entity's previous one, or, for its first,
 * the last one of the entity that was deleted with that id before; zeros when there was none. */
#ifndef PERSISTFS_AUDIT_RECORD_H
#define PERSISTFS_AUDIT_RECORD_H

#include "schema/tree.h"
#include "store/row.h"

/* Who did it. `comm` is the program's name as proc(5) has it. */
struct audit_actor {
    uint32_t uid;
    uint32_t gid;
    int32_t pid;
    char comm[16];
};

struct audit_subject {
    uint64_t seq;
    struct span collection; /* its name */
    struct span from;       /* rename: "collection/id" as it was; else empty */
    const struct audit_actor *actor;
    const struct tree *before; /* NULL at creation */
    const struct tree *after;  /* NULL at deletion */
};

/* Completes a version row: `head`, `patch`, `whole`, `hash` and `record_size`, from the subject and
 * the row's op, version, at, name, prev and document. The memory is the arena's. Errors:
 * NO_MEMORY. */
int audit_record_make(struct arena *arena, const struct audit_subject *subject,
                      struct row_version *row);

/* Appends the record's line with its newline. */
void audit_record_write(struct buf *out, const struct row_version *row);

/* What the hash of this record must be, from its text as it stands. Errors: NO_MEMORY. */
int audit_record_hash(const struct row_version *row, struct digest *ret_hash);

/* Who the record says it was: the user, the process. 0 when it does not. */
uint32_t audit_record_uid(const struct row_version *row);
uint32_t audit_record_pid(const struct row_version *row);

/* The next link of the branch's chain: over the previous link and a record's hash. */
struct digest audit_chain_next(const struct digest *chain, const struct digest *hash);

/* "create", "update", ... as in the records. */
const char *audit_op_name(enum row_op op);

#endif
