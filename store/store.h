/* store: a folder that holds everything, and the rows in it as of any commit. */
#ifndef PERSISTFS_STORE_STORE_H
#define PERSISTFS_STORE_STORE_H

#include "store/base/cleanup.h"
#include "store/engine.h"
#include "store/row.h"

struct store;

/* Object numbers that are always there. Those of entities, collections and workers follow, and are
 * never used twice. */
enum store_object {
    STORE_ROOT = 1,
    STORE_SCHEMAS =
        2, /* the collection of the schemas; a schema's object is its collection's too */
    STORE_OUTBOX = 3,
    STORE_PENDING = 4,
    STORE_CLAIMED = 5, /* the parent of the workers */
    STORE_DISPATCHED = 6,
    STORE_DEAD = 7,
    STORE_FIRST_FREE = 64,
};
#define STORE_OBJECT_MAX  (((uint64_t)1 << 42) - 1) /* what an inode number has room for */
#define STORE_BRANCH_MAIN 0
#define STORE_NOW         UINT64_MAX /* as a sequence number to look back from: everything */

struct store_options {
    bool read_only; /* to look at it only, beside a daemon that may be using it */
    bool verify;    /* read all of the engine's pages first: damage is an error, not a crash */
    size_t initial_map;
    size_t max_size;
};

/* Opens the store in the folder `path`; makes the folder and the store when they are not there
 * (unless read_only). Making is atomic: a crash leaves a store or none. The store is locked for
 * this process (flock(2) on its file `lock`, which names the process), after two seconds' wait for
 * one that is about to end.
 * Errors: STORE_IN_USE (the detail names the pid), STORE_FOREIGN, NEWER_FORMAT, UNSUPPORTED (an
 * older one), ACCESS (it belongs to someone else, or is open to others), NOT_FOUND,
 * NOT_A_DIRECTORY, NO_SPACE, DAMAGED, ENGINE. */
int store_open(const char *path, const struct store_options *options, struct store **ret_store,
               struct problem *problem);
void store_close(struct store *store); /* takes NULL */
struct engine *store_engine(struct store *store);
/* What statvfs(3) says of the disk it is on. */
struct statvfs;
int store_statfs(struct store *store, struct statvfs *ret_info);

/* Hands out a number for a new object. It is used up for good once a row with it is committed.
 * Threads: any. */
uint64_t store_new_object(struct store *store);

/* A transaction on one branch, seen as of a commit. Not for two threads at a time. */
struct store_view {
    struct store *store;
    struct engine_txn *txn;
    struct engine_cursor *cursor; /* for the look-ups; opened when first needed */
    struct buf scratch;
    uint32_t branch;
    uint64_t seq; /* later rows are not seen */
};

int store_read(struct store *store, struct store_view *ret_view);
int store_write(struct store *store, struct store_view *ret_view);
/* Ends the view; a write view is abandoned. May be called again. */
void store_view_end(struct store_view *view);
/* Ends a view, which was {0} before it was begun, with its scope. */
#define AUTO_VIEW CLEANUP(store_view_end)
/* As engine_commit; ends the view. */
int store_commit(struct store_view *view);

/* The look-ups return 1 and the row, 0 when there is none, or an error (DAMAGED, ENGINE). Spans in
 * rows are borrowed until the view ends or, in a write view, until the next put. */

int store_state_get(struct store_view *view, struct row_state *ret_row);
int store_state_put(struct store_view *view, const struct row_state *row);

/* The newest binding of a name, live or not. */
int store_name_get(struct store_view *view, uint64_t parent, struct span name,
                   struct row_binding *ret_row);
int store_name_put(struct store_view *view, uint64_t parent, struct span name, uint64_t seq,
                   const struct row_binding *row);

int store_entry_get(struct store_view *view, uint64_t parent, uint64_t object,
                    struct row_entry *ret_row);
int store_entry_put(struct store_view *view, uint64_t parent, uint64_t object, uint64_t seq,
                    const struct row_entry *row);
/* The live entry with the lowest object number above `after`. */
int store_entry_next(struct store_view *view, uint64_t parent, uint64_t after, uint64_t *ret_object,
                     struct row_entry *ret_row);

/* The newest version as of the view, a deletion among them. */
int store_version_get(struct store_view *view, uint64_t object, uint64_t *ret_seq,
                      struct row_version *ret_row);
/* The newest version as of `seq`, or the view where that is older. */
int store_version_as_of(struct store_view *view, uint64_t object, uint64_t seq, uint64_t *ret_seq,
                        struct row_version *ret_row);
/* The oldest version that is newer than `seq`. */
int store_version_after(struct store_view *view, uint64_t object, uint64_t seq, uint64_t *ret_seq,
                        struct row_version *ret_row);
/* The version of that number. */
int store_version_find(struct store_view *view, uint64_t object, uint64_t version,
                       uint64_t *ret_seq, struct row_version *ret_row);
int store_version_put(struct store_view *view, uint64_t object, uint64_t seq,
                      const struct row_version *row);

/* Which object the record of that number is of. */
int store_log_get(struct store_view *view, uint64_t seq, uint64_t *ret_object);
int store_log_put(struct store_view *view, uint64_t seq, uint64_t object);

/* When what is listed in a folder last changed; nanoseconds of real time. */
int store_time_get(struct store_view *view, uint64_t parent, int64_t *ret_time);
int store_time_put(struct store_view *view, uint64_t parent, int64_t time);

/* `value` is any bytes, of any size; two values are the same when their bytes are. */
int store_unique_get(struct store_view *view, uint64_t collection, uint64_t index,
                     struct span value, struct row_binding *ret_row);
int store_unique_put(struct store_view *view, uint64_t collection, uint64_t index,
                     struct span value, uint64_t seq, const struct row_binding *row);

/* An attribute of an object, live or not. */
int store_xattr_get(struct store_view *view, uint64_t object, struct span name,
                    struct row_xattr *ret_row);
int store_xattr_put(struct store_view *view, uint64_t object, uint64_t seq,
                    const struct row_xattr *row);
/* The live one behind that of the name `after` (empty: the first), in an order of the store's. */
int store_xattr_next(struct store_view *view, uint64_t object, struct span after,
                     struct row_xattr *ret_row);

/* Who refers to something: the object whose document has the reference, and the rule of its schema
 * that makes it one. */
struct store_referrer {
    uint64_t object;
    uint64_t rule;
};
/* `target` is what is referred to, as for store_unique_get any bytes. The object of the row is the
 * referrer's. */
int store_reference_get(struct store_view *view, struct span target, struct store_referrer referrer,
                        struct row_binding *ret_row);
int store_reference_put(struct store_view *view, struct span target, struct store_referrer referrer,
                        uint64_t seq, bool live);
/* The first of those that refer to it, in their order, behind `after` ({0, 0}: from the
 * beginning). */
int store_reference_next(struct store_view *view, struct span target, struct store_referrer after,
                         struct store_referrer *ret_referrer);
/* One that refers to any target that begins so; `prefix` has at most 200 bytes, none of them
 * zero. */
int store_reference_within(struct store_view *view, struct span prefix,
                           struct store_referrer *ret_referrer);

/* An event is known by the sequence number of its record and its place among that record's. */
struct store_event_id {
    uint64_t seq;
    uint8_t nth;
};
struct store_place {
    enum row_place place;
    uint64_t worker; /* an object number when claimed, else 0 */
};

int store_place_get(struct store_view *view, struct store_event_id id,
                    struct store_place *ret_place);
int store_event_get(struct store_view *view, struct store_place place, struct store_event_id id,
                    struct row_event *ret_row);
/* The first event of a place behind `after` ({0, 0}: from the beginning). */
int store_event_next(struct store_view *view, struct store_place place, struct store_event_id after,
                     struct store_event_id *ret_id, struct row_event *ret_row);
/* Puts it at a place where it was not, with its place on record. */
int store_event_put(struct store_view *view, struct store_place place, struct store_event_id id,
                    const struct row_event *row);
/* Takes it from the place it is at, and from the record of places. */
int store_event_delete(struct store_view *view, struct store_place place, struct store_event_id id);

#endif
