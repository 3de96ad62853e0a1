/* engine_internal: what the files of the LMDB engine share.
 *
 * They may use store/base, lmdb.h and xxhash.h; no other file includes this one. An `int rc` is
 * LMDB's (0, an errno, or an MDB_ code), an `int` that is called error is ours. */
#ifndef PERSISTFS_STORE_ENGINE_INTERNAL_H
#define PERSISTFS_STORE_ENGINE_INTERNAL_H

#include "store/engine.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <xxhash.h>

#define ENGINE_FILE      "data.mdb"
#define ENGINE_FILE_NEW  "data.mdb.new"
#define ENGINE_FILE_LOCK "data.mdb-lock" /* LMDB's own choice */
#define ENGINE_MODE      0600
#define ENGINE_READERS   512
#define ENGINE_IDLE_MAX  64
#define ENGINE_CHECKSUM  8 /* bytes, after every value */

/* No transaction may be alive while the map moves. Each one passes a gate: `active` counts those
 * inside, and newcomers wait while `closed` is not 0. A lock that has owners would not do, since
 * a read transaction may end in another thread than it began in. */
struct engine {
    MDB_env *env;
    MDB_dbi dbi;
    int file; /* owned: the data file once more, to ask about it and to hear of its sync errors */
    bool read_only;
    size_t page_size;
    size_t max_size; /* 0: none */
    atomic_uint_least64_t syncs;
    atomic_int failure; /* the rc that ended writing for good, or 0 */

    pthread_mutex_t lock;
    pthread_cond_t changed;  /* `active` or `closed` has */
    unsigned active;         /* guarded by lock */
    unsigned closed;         /* guarded by lock: threads that wait for active to be 0 */
    size_t map_wanted;       /* guarded by lock */
    struct engine_txn *idle; /* guarded by lock: read transactions that were reset */
    unsigned idle_count;     /* guarded by lock */

    /* Written with the lock held and `active` 0, read with the lock held or from inside. */
    const uint8_t *map; /* NULL when it is not known where it is */
    size_t map_size;    /* 0 when the map was lost, and nothing can be read any more */
};

struct engine_txn {
    struct engine *engine; /* borrowed */
    MDB_txn *txn;          /* owned */
    XXH3_state_t *hash;    /* owned */
    struct engine_cursor *cursors;
    struct engine_txn *next; /* among the idle */
    size_t limit;            /* bytes of the map that the last commit had put to use */
    size_t largest;          /* stored bytes of the largest value put */
    uint64_t changes;
    int error;
    bool write;
};

enum engine_place { PLACE_NONE, PLACE_ON, PLACE_BEFORE, PLACE_AFTER };

struct engine_cursor {
    struct engine_txn *txn; /* NULL once it has ended */
    MDB_cursor *cursor;     /* owned; NULL once the transaction has ended */
    struct engine_cursor *next;
    struct engine_cursor *previous;
    uint64_t changes; /* the transaction's, when the cursor was placed */
    enum engine_place place;
};

/* engine_lmdb_file.c */

/* Opens the data file, having made it when it is absent and may be made, and checks that LMDB can
 * be trusted with it. Sets the file (owned by the caller) and the bytes in use. */
int engine_file_open(int dir_fd, const struct engine_options *options, int *ret_file,
                     size_t *ret_used, struct problem *problem);
/* Whether a write that failed with EIO did so only because there was no room. Ends writing for good
 * when it finds that a sync fails. */
bool engine_file_full(struct engine *engine);

/* engine_lmdb_env.c */

int engine_error_of(int rc);

/* engine_lmdb_map.c */

/* The size to begin with, when `size` was asked for and `used` bytes are taken. */
size_t engine_map_first(const struct engine *engine, size_t size, size_t used);
/* Looks where the map is now. */
void engine_map_note(struct engine *engine);
/* Notes that the map must grow by at least `more` bytes. Returns the error to give. */
int engine_map_full(struct engine *engine, size_t more);
/* Makes the map as large as what another process has committed. */
bool engine_map_follow(struct engine *engine);
/* Enters the gate. Unless it is NULL, sets an idle read transaction, or NULL if there is none. */
void engine_gate_enter(struct engine *engine, struct engine_txn **ret_idle);
/* Leaves the gate, and takes `idle`, a read transaction that was reset, or NULL. */
void engine_gate_leave(struct engine *engine, struct engine_txn *idle);
/* Called with the lock held, or by the only thread. */
void engine_idle_drop(struct engine *engine);

/* engine_lmdb_txn.c */

void engine_txn_free(struct engine_txn *txn); /* takes NULL */
/* Makes a write transaction fail for good. Returns the error. */
int engine_txn_fail(struct engine_txn *txn, int error);
/* Whether the bytes are where this transaction's data may be. */
bool engine_txn_holds(const struct engine_txn *txn, const MDB_val *bytes);
/* Checks a stored value, and sets what of it the user gave. Errors: DAMAGED. */
int engine_txn_verify(struct engine_txn *txn, struct span key, const MDB_val *stored,
                      struct span *ret_value);

/* engine_lmdb_cursor.c */

/* Parts the cursors from their transaction, which ends. */
void engine_cursors_detach(struct engine_txn *txn);

#endif
