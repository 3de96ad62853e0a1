/* row: what stands behind each key, and its bytes. FORMAT.md draws the layout.
 *
 * A decoded row borrows its spans from the bytes it was decoded from. Every decoder checks sizes
 * and returns -ERR_DAMAGED when they don't fit; the engine has verified the checksum before. */
#ifndef PERSISTFS_STORE_ROW_H
#define PERSISTFS_STORE_ROW_H

#include "store/base/buf.h"
#include "store/base/error.h"
#include "store/digest.h"

/* Where an event is. */
enum row_place {
    ROW_PENDING = 1,
    ROW_CLAIMED = 2,
    ROW_DISPATCHED = 3,
    ROW_DEAD = 4,
    ROW_PLACE_COUNT
};

/* Where a branch stands. */
struct row_state {
    uint64_t seq;                        /* of its last record; 0: none yet */
    struct digest chain;                 /* over the hashes of all its records, in order */
    uint64_t events_created;             /* ever */
    uint64_t events_forgotten;           /* of these, no longer stored */
    uint64_t events_at[ROW_PLACE_COUNT]; /* by place: those that are stored; [0] is not used */
};

/* A name, a value in an index or a reference, and whose it is or was. */
struct row_binding {
    uint64_t object;
    bool live; /* false: the object gave it up */
};

/* What an object is called and who may use it. Changing it makes no new version. */
struct row_entry {
    bool live;     /* false: the object left this parent */
    uint32_t mode; /* permission bits */
    uint32_t uid;
    uint32_t gid;
    int64_t atime;      /* nanoseconds of real time */
    int64_t mtime;      /* as set by utimensat(2)... */
    uint64_t mtime_seq; /* ...while the version has this number; else the version's own time */
    int64_t ctime;
    uint64_t ino; /* that stat(2) shows, when it is not the node's own; 0: its own */
    struct span name;
};

enum row_op {
    ROW_CREATE = 1,
    ROW_UPDATE = 2,
    ROW_DELETE = 3,
    ROW_RENAME = 4,
    ROW_MIGRATE = 5,
};

/* One version of an object: its audit record and its document, in one row.
 *
 * The record's text is head + patch + tail, where the tail is made of `prev` and `hash`. When
 * `whole` is set no patch is stored: it is the addition of the whole document, and made from it. */
struct row_version {
    enum row_op op;
    bool whole;
    uint8_t events;       /* how many events this version made */
    uint64_t version;     /* from 1 */
    uint64_t commit;      /* the first sequence number of the commit it belongs to */
    int64_t at;           /* nanoseconds of real time */
    uint64_t collection;  /* the parent's object number */
    uint64_t predecessor; /* the object deleted with this name before; 0: none */
    uint64_t record_at;   /* where in the sidecar the record begins, in bytes */
    uint32_t record_size; /* with its newline */
    struct span name;
    struct digest prev;
    struct digest hash;
    struct span head;
    struct span patch;
    struct span document; /* empty when the version is the deletion */
};

struct row_event {
    uint64_t object;   /* whose version it tells of; the event's own number has its seq */
    uint32_t attempts; /* claims so far */
    uint32_t size;     /* of the file, but for the digits of `attempts` */
    int64_t since;     /* when it came to this place; nanoseconds of real time */
    int64_t deadline;  /* of the lease, when claimed; real time */
    struct span type;  /* "users.created" */
};

/* An extended attribute of an object. Changing it makes no new version. */
struct row_xattr {
    bool live;        /* false: it was removed */
    struct span name; /* with its "user." */
    struct span value;
};

void row_state_encode(struct buf *out, const struct row_state *row);
int row_state_decode(struct span bytes, struct row_state *ret_row);
void row_binding_encode(struct buf *out, const struct row_binding *row);
int row_binding_decode(struct span bytes, struct row_binding *ret_row);
void row_entry_encode(struct buf *out, const struct row_entry *row);
int row_entry_decode(struct span bytes, struct row_entry *ret_row);
/* All of the row but the document, which follows it. */
void row_version_encode(struct buf *out, const struct row_version *row);
int row_version_decode(struct span bytes, struct row_version *ret_row);
void row_event_encode(struct buf *out, const struct row_event *row);
int row_event_decode(struct span bytes, struct row_event *ret_row);
void row_xattr_encode(struct buf *out, const struct row_xattr *row);
int row_xattr_decode(struct span bytes, struct row_xattr *ret_row);

#endif
