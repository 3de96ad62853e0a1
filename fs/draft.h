/* draft: what a handle has written and not yet committed, and the verdict it was given.
 *
 * When a write takes effect (CONTRACT, "When a write takes effect"):
 *
 *   replace   a new or truncated file: the write() that completes an object commits it
 *   patch     opened with O_APPEND: each object is a merge patch, committed by the write() that
 *             completes it
 *   edit      anything else: the resulting bytes are committed at fsync or flush
 *
 * A verdict belongs to the handle: it is given again at flush and fsync, and to a write repeated as
 * it was, until something else is written. Only one on the time and not on the text (no space,
 * busy, no memory) may be different when the call is repeated.
 *
 * Threads: any; the draft's own lock is held while it commits, so that calls on one handle take
 * turns, as they must. */
#ifndef PERSISTFS_FS_DRAFT_H
#define PERSISTFS_FS_DRAFT_H

#include "fs/node.h"
#include "schema/scan.h"

enum draft_mode { DRAFT_REPLACE, DRAFT_PATCH, DRAFT_EDIT };

struct draft {
    struct handle handle;
    struct draft *next; /* in the mount's list; guarded by mount->handles_lock */

    /* Constant after the open. */
    struct model_caller opener;
    uint64_t opened_seq; /* the version that was there; 0: none */
    uint32_t create_mode;

    pthread_mutex_t lock; /* guards the rest, but for the atomics */
    uint64_t object;      /* these four: where a commit goes */
    uint64_t collection;
    struct buf collection_name;
    struct buf id;
    enum draft_mode mode;
    struct model_base base;
    struct buf bytes;
    struct scan scan; /* over bytes, while they came in order */
    bool ordered;
    bool loaded;                /* edit: bytes began as the version that was opened */
    bool dirty;                 /* bytes that no commit has taken */
    bool was_refused;           /* ever */
    size_t counted;             /* what mount->draft_bytes has of it */
    uint64_t committed_seq;     /* of this handle's last commit; 0: none */
    struct model_caller writer; /* who wrote last */

    struct problem verdict; /* code 0: none */
    uint64_t refused_offset;
    size_t refused_size;    /* 0: it was not a write */
    uint64_t refused_bytes; /* fingerprint */

    _Atomic int64_t shown_size; /* to the writer's process; -1: as it is for everybody */
    _Atomic int32_t shown_to;   /* a thread */
};

/* Takes its place in the mount's list. `flags` are open(2)'s. */
struct draft *draft_create(struct request *request, uint64_t inode, int flags);
void draft_destroy(struct mount *mount, struct draft *draft);

int draft_read(struct request *request, struct draft *draft, uint64_t offset, size_t size,
               struct buf *out);
int draft_write(struct request *request, struct draft *draft, uint64_t offset, struct span data);
int draft_truncate(struct request *request, struct draft *draft, uint64_t size);
int draft_flush(struct request *request, struct draft *draft);
int draft_fsync(struct request *request, struct draft *draft);
/* The last descriptor is gone: whatever was not committed is on record as refused. Returns the
 * error that this makes, which no caller can be given any more. */
int draft_release(struct request *request, struct draft *draft);

/* Whether somebody has the node open for writing; who opened it, and which version. */
bool draft_is_open(struct mount *mount, uint64_t inode, struct model_caller *ret_opener,
                   uint64_t *ret_seq);

/* The size the caller shall see, when it writes to that node itself. */
bool draft_shown_size(struct request *request, uint64_t inode, int64_t *ret_size);

#endif
