/* engine: ordered keys, transactions, range reads. The whole of what the store asks of a storage
 * engine; nothing above it knows which one serves it.
 *
 * Keys are 1 to ENGINE_KEY_MAX bytes, ordered as memcmp orders them. Values are up to
 * ENGINE_VALUE_MAX bytes. Each value is stored with a checksum over key and value, and verified
 * whenever it is read.
 *
 * Threads: any number of read transactions at a time, from any thread, each used by one thread at
 * a time; one write transaction at a time, which begins and ends in one thread. A read transaction
 * sees the last commit before its begin, and should be short: while it lives, the space that later
 * commits free is not reused, and the map cannot grow. No engine survives a fork: open it after.
 *
 * A write transaction in which a call failed stays failed: every later call returns that error, and
 * so does its commit, which aborts. In a read transaction each call stands alone. */
#ifndef PERSISTFS_STORE_ENGINE_H
#define PERSISTFS_STORE_ENGINE_H

#include "store/base/error.h"
#include "store/base/span.h"

#define ENGINE_KEY_MAX   511
#define ENGINE_VALUE_MAX ((size_t)1 << 30) /* Linux writes less than 2 GiB at a time */

struct engine;
struct engine_txn;
struct engine_cursor;

struct engine_options {
    bool read_only;     /* open without the means to write; only a lock file may be created */
    bool verify;        /* read every page of the trees first: damage there is DAMAGED, no crash */
    size_t initial_map; /* bytes of address space to begin with; 0: a default. engine_retry adds */
    size_t max_size;    /* bytes the data may take; 0: no limit but the disk's */
};

/* Opens the data in the folder `dir_fd` refers to (borrowed), under the file name the engine
 * chooses; makes it when it is not there and `read_only` is false. Every file is opened
 * close-on-exec. The caller sees to it that a process opens a folder at most once, and that two do
 * not make it at the same time. Errors: NOT_FOUND, READ_ONLY, ACCESS (also: it belongs to another
 * user), STORE_FOREIGN (not this engine's file, a symbolic link), DAMAGED, NO_SPACE, NO_MEMORY,
 * ENGINE. */
int engine_open(int dir_fd, const struct engine_options *options, struct engine **ret_engine,
                struct problem *problem);
/* Every transaction must have ended. Takes NULL. */
void engine_close(struct engine *engine);

/* The number of synchronous commits (each is on disk when its commit returns) since the open. */
uint64_t engine_syncs(const struct engine *engine);
/* Bytes of disk that the data takes now. */
uint64_t engine_size(const struct engine *engine);
/* 0 while the engine can be written to; else -ERR_ENGINE, and why. A commit that failed in a way
 * that leaves its outcome unknown (a failed sync) ends all writing until the next open; reading
 * goes on where it can. */
int engine_status(const struct engine *engine, struct problem *problem);

/* Errors: BUSY (too many readers), NO_MEMORY, ENGINE. */
int engine_read_begin(struct engine *engine, struct engine_txn **ret_txn);
/* Waits for the write transaction under way. Errors: READ_ONLY, NO_MEMORY, ENGINE. */
int engine_write_begin(struct engine *engine, struct engine_txn **ret_txn);
/* Ends a read transaction, or abandons a write transaction. Takes NULL. */
void engine_end(struct engine_txn *txn);
/* Makes the changes durable and visible, or none of them; ends the transaction in either case. A
 * transaction that changed nothing costs no sync. When the map was too small the map is grown and
 * -ERR_BUSY returned: the caller runs the transaction again (engine_retry). Errors: NO_SPACE
 * and NO_MEMORY (nothing was changed, and later commits may succeed), DAMAGED (likewise, but they
 * may not), ENGINE (the outcome is unknown, see engine_status). */
int engine_commit(struct engine_txn *txn);
/* After a write transaction failed with `error`: whether it was only the map that was too small,
 * and running it again is sensible. Call after the transaction ended, and from a thread that holds
 * no other; grows the map, waiting up to 10 seconds for the transactions under way to end. */
bool engine_retry(struct engine *engine, int error);

/* Returns 1 and the value, 0 when the key is absent, or an error. The span is valid until the
 * transaction ends or, in a write transaction, the next put or delete. Errors: DAMAGED, ENGINE. */
int engine_get(struct engine_txn *txn, struct span key, struct span *ret_value);
/* Inserts or replaces. Neither key nor value may be a span that this transaction returned: copy it
 * first. Errors: BUSY (the map is full, see engine_retry), NO_SPACE, NO_MEMORY, DAMAGED, ENGINE,
 * INVALID for a key of bad size, TOO_LARGE, READ_ONLY. */
int engine_put(struct engine_txn *txn, struct span key, struct span value);
/* As engine_put, of the concatenation of `count` parts. */
int engine_put_parts(struct engine_txn *txn, struct span key, const struct span *parts,
                     size_t count);
/* Removes the key; absent is not an error. */
int engine_delete(struct engine_txn *txn, struct span key);

/* A cursor is of use as long as its transaction, and may be closed after it. In a write
 * transaction, put or delete makes it stale: seek again (next and prev give INVALID). */
int engine_cursor_open(struct engine_txn *txn, struct engine_cursor **ret_cursor);
void engine_cursor_close(struct engine_cursor *cursor); /* takes NULL */
/* Each returns 1 and the pair it moved to, 0 past the end, or an error. seek: the first key that
 * is not before `key`, which may be empty; seek_before: the last key that is before `key`. A cursor
 * that came to an end can turn round, and a new one starts at the end it is moved from. The spans
 * are valid as engine_get's. The value of a pair is verified before it is returned; on
 * -ERR_DAMAGED the key is set nevertheless (it is empty when it is damaged itself), and in a read
 * transaction the cursor can go on. */
int engine_cursor_seek(struct engine_cursor *cursor, struct span key, struct span *ret_key,
                       struct span *ret_value);
int engine_cursor_seek_before(struct engine_cursor *cursor, struct span key, struct span *ret_key,
                              struct span *ret_value);
int engine_cursor_next(struct engine_cursor *cursor, struct span *ret_key, struct span *ret_value);
int engine_cursor_prev(struct engine_cursor *cursor, struct span *ret_key, struct span *ret_value);

#endif
