/* refusals: what was refused lately, why, and the bytes of it. Kept in memory, bounded, and shown
 * only to who caused them, and to root.
 *
 * Threads: any; one mutex inside. */
#ifndef PERSISTFS_FS_REFUSALS_H
#define PERSISTFS_FS_REFUSALS_H

#include "store/base/buf.h"
#include "store/base/error.h"

struct refusals;

struct refusal {
    uint64_t number;     /* from 1; given by refusals_add */
    uint64_t collection; /* the object, 0 for none */
    uint32_t uid;
    int64_t at; /* real time, nanoseconds */
    int code;
    struct buf name;     /* of the file; owned */
    struct buf document; /* the problem document, one line with its newline; owned */
    struct buf bytes;    /* what was refused; owned */
};
void refusal_finish(struct refusal *refusal);

struct refusals *refusals_create(void);
void refusals_destroy(struct refusals *refusals); /* takes NULL */

/* Takes its buffers. The oldest of the same user, or of all, make room. */
void refusals_add(struct refusals *refusals, struct refusal *refusal);
/* A later write to that name was accepted: what was refused there before is settled. It stays in
 * the journal. */
void refusals_settle(struct refusals *refusals, uint64_t collection, struct span name,
                     uint32_t uid);

/* Copies for the caller, who releases them with refusal_finish. `uid` is who asks. */
bool refusals_get(struct refusals *refusals, uint64_t number, uint32_t uid,
                  struct refusal *ret_refusal);
bool refusals_find(struct refusals *refusals, uint64_t collection, struct span name, uint32_t uid,
                   struct refusal *ret_refusal);
/* The unsettled one of the collection with the lowest number above `after`, the newest of its
 * name. */
bool refusals_next(struct refusals *refusals, uint64_t collection, uint64_t after, uint32_t uid,
                   struct refusal *ret_refusal);
/* All problem documents, oldest first. */
void refusals_journal(struct refusals *refusals, uint32_t uid, struct buf *out);

/* How many there were, by class, since the mount: appends `"validation":3,...`. */
void refusals_count(struct refusals *refusals, struct buf *out);

#endif
