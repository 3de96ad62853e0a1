/* Transactions, and the values in them: payload, then XXH3-64 of key and payload, little-endian. */
#include "store/engine_internal.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

int engine_txn_fail(struct engine_txn *txn, int error)
{
    if (txn->write && txn->error == 0)
        txn->error = error;
    return error;
}

void engine_txn_free(struct engine_txn *txn)
{
    if (txn == NULL)
        return;
    engine_cursors_detach(txn);
    if (txn->txn != NULL)
        mdb_txn_abort(txn->txn);
    XXH3_freeState(txn->hash);
    free(txn);
}

static int txn_create(struct engine *engine, bool write, struct engine_txn **ret_txn)
{
    struct engine_txn *txn = calloc(1, sizeof *txn);
    if (txn == NULL)
        return ENOMEM;
    txn->engine = engine;
    txn->write = write;
    txn->hash = XXH3_createState();
    int rc = txn->hash == NULL
                 ? ENOMEM
                 : mdb_txn_begin(engine->env, NULL, write ? 0 : MDB_RDONLY, &txn->txn);
    if (rc == 0)
        *ret_txn = txn;
    else
        engine_txn_free(txn);
    return rc;
}

static int txn_renew(struct engine_txn *txn, struct engine_txn **ret_txn)
{
    int rc = mdb_txn_renew(txn->txn);
    if (rc == 0)
        *ret_txn = txn;
    else
        engine_txn_free(txn);
    return rc;
}

static int txn_begin(struct engine *engine, bool write, struct engine_txn **ret_txn)
{
    struct engine_txn *idle = NULL;
    engine_gate_enter(engine, write ? NULL : &idle);
    int rc = MDB_PANIC;
    if (engine->map_size > 0)
        rc = idle != NULL ? txn_renew(idle, ret_txn) : txn_create(engine, write, ret_txn);
    if (rc != 0) {
        engine_gate_leave(engine, NULL);
        return rc;
    }
    MDB_envinfo info;
    mdb_env_info(engine->env, &info);
    (*ret_txn)->limit = (info.me_last_pgno + 1) * engine->page_size;
    return 0;
}

static int txn_begin_following(struct engine *engine, bool write, struct engine_txn **ret_txn)
{
    int rc = txn_begin(engine, write, ret_txn);
    while (rc == MDB_MAP_RESIZED && engine_map_follow(engine))
        rc = txn_begin(engine, write, ret_txn);
    return engine_error_of(rc);
}

int engine_read_begin(struct engine *engine, struct engine_txn **ret_txn)
{
    return txn_begin_following(engine, false, ret_txn);
}

/* After a sync has failed the kernel takes the lost pages for clean: a later sync that succeeds
 * proves nothing about them, and what is read need not be what is on disk. So no commit is
 * confirmed any more. */
int engine_write_begin(struct engine *engine, struct engine_txn **ret_txn)
{
    if (engine->read_only)
        return -ERR_READ_ONLY;
    if (atomic_load(&engine->failure) != 0)
        return -ERR_ENGINE;
    struct engine_txn *txn;
    int error = txn_begin_following(engine, true, &txn);
    if (error < 0)
        return error;
    if (atomic_load(&engine->failure) != 0) { /* in the transaction this one waited for */
        engine_end(txn);
        return -ERR_ENGINE;
    }
    *ret_txn = txn;
    return 0;
}

void engine_end(struct engine_txn *txn)
{
    if (txn == NULL)
        return;
    struct engine *engine = txn->engine;
    if (txn->write) {
        engine_txn_free(txn);
        txn = NULL;
    } else {
        engine_cursors_detach(txn);
        mdb_txn_reset(txn->txn);
    }
    engine_gate_leave(engine, txn);
}

/* LMDB gives up an environment whose meta page could be neither written nor restored. */
static bool panicked(struct engine *engine)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(engine->env, NULL, MDB_RDONLY, &txn);
    if (rc == 0)
        mdb_txn_abort(txn);
    return rc == MDB_PANIC;
}

static int error_of_write(struct engine *engine, int rc, size_t size)
{
    if (rc == MDB_MAP_FULL)
        return engine_map_full(engine, size);
    if (rc == EIO && engine_file_full(engine))
        return -ERR_NO_SPACE;
    return engine_error_of(rc);
}

static int commit_failed(struct engine *engine, int rc)
{
    int error = error_of_write(engine, rc, 0);
    bool known = error == -ERR_BUSY || error == -ERR_NO_SPACE || error == -ERR_NO_MEMORY ||
                 error == -ERR_DAMAGED;
    if (known && !panicked(engine))
        return error;
    atomic_store(&engine->failure, rc);
    return -ERR_ENGINE;
}

int engine_commit(struct engine_txn *txn)
{
    int error = txn->error;
    if (error == 0 && txn->changes > 0) {
        engine_cursors_detach(txn);
        int rc = mdb_txn_commit(txn->txn);
        txn->txn = NULL;
        if (rc == 0)
            atomic_fetch_add(&txn->engine->syncs, 1);
        else
            error = commit_failed(txn->engine, rc);
    }
    engine_end(txn);
    return error;
}

/* In a write transaction a value may lie on the heap, where no larger one can be than was put
 * there; or beyond what was committed, in a page that was written early. */
bool engine_txn_holds(const struct engine_txn *txn, const MDB_val *bytes)
{
    const struct engine *engine = txn->engine;
    if (engine->map == NULL)
        return true;
    size_t offset = (uintptr_t)bytes->mv_data - (uintptr_t)engine->map;
    size_t limit = txn->limit;
    if (offset >= engine->map_size) {
        size_t page = engine->page_size;
        return txn->write && bytes->mv_size <= (txn->largest > page ? txn->largest : page);
    }
    if (bytes->mv_size <= limit && offset <= limit - bytes->mv_size)
        return true;
    struct stat st;
    if (!txn->write || fstat(engine->file, &st) < 0)
        return false;
    limit = (size_t)st.st_size;
    return bytes->mv_size <= limit && offset <= limit - bytes->mv_size;
}

static void hash_add(XXH3_state_t *hash, struct span bytes)
{
    if (bytes.size > 0)
        XXH3_64bits_update(hash, bytes.data, bytes.size);
}

int engine_txn_verify(struct engine_txn *txn, struct span key, const MDB_val *stored,
                      struct span *ret_value)
{
    if (stored->mv_size < ENGINE_CHECKSUM || !engine_txn_holds(txn, stored))
        return -ERR_DAMAGED;
    struct span value = span_make(stored->mv_data, stored->mv_size - ENGINE_CHECKSUM);
    uint64_t checksum;
    memcpy(&checksum, value.data + value.size, sizeof checksum);
    XXH3_64bits_reset(txn->hash);
    hash_add(txn->hash, key);
    hash_add(txn->hash, value);
    if (XXH3_64bits_digest(txn->hash) != le64toh(checksum))
        return -ERR_DAMAGED;
    *ret_value = value;
    return 0;
}

static bool key_fits(struct span key)
{
    return key.size >= 1 && key.size <= ENGINE_KEY_MAX;
}

static MDB_val val_of(struct span span)
{
    return (MDB_val){.mv_size = span.size, .mv_data = (void *)(uintptr_t)span.data};
}

int engine_get(struct engine_txn *txn, struct span key, struct span *ret_value)
{
    if (txn->error != 0)
        return txn->error;
    if (!key_fits(key))
        return engine_txn_fail(txn, -ERR_INVALID);
    MDB_val name = val_of(key);
    MDB_val stored;
    int rc = mdb_get(txn->txn, txn->engine->dbi, &name, &stored);
    if (rc == MDB_NOTFOUND)
        return 0;
    int error = rc == 0 ? engine_txn_verify(txn, key, &stored, ret_value) : engine_error_of(rc);
    return error < 0 ? engine_txn_fail(txn, error) : 1;
}

/* Sets the size of the parts and the checksum, as it is stored. It is taken before LMDB moves
 * anything, so that a part it should not have been given is found out when it is read. */
static bool parts_measure(struct engine_txn *txn, struct span key, const struct span *parts,
                          size_t count, size_t *ret_size, uint64_t *ret_checksum)
{
    size_t size = 0;
    XXH3_64bits_reset(txn->hash);
    hash_add(txn->hash, key);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > ENGINE_VALUE_MAX - size)
            return false;
        size += parts[i].size;
        hash_add(txn->hash, parts[i]);
    }
    *ret_size = size;
    *ret_checksum = htole64(XXH3_64bits_digest(txn->hash));
    return true;
}

static void parts_copy(uint8_t *into, const struct span *parts, size_t count, uint64_t checksum)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > 0)
            memcpy(into, parts[i].data, parts[i].size);
        into += parts[i].size;
    }
    memcpy(into, &checksum, sizeof checksum);
}

static int change_begin(struct engine_txn *txn, struct span key)
{
    if (txn->error != 0)
        return txn->error;
    if (!txn->write)
        return -ERR_READ_ONLY;
    return key_fits(key) ? 0 : engine_txn_fail(txn, -ERR_INVALID);
}

int engine_put_parts(struct engine_txn *txn, struct span key, const struct span *parts,
                     size_t count)
{
    int error = change_begin(txn, key);
    if (error < 0)
        return error;
    size_t size;
    uint64_t checksum;
    if (!parts_measure(txn, key, parts, count, &size, &checksum))
        return engine_txn_fail(txn, -ERR_TOO_LARGE);
    MDB_val name = val_of(key);
    MDB_val stored = {.mv_size = size + ENGINE_CHECKSUM};
    int rc = mdb_put(txn->txn, txn->engine->dbi, &name, &stored, MDB_RESERVE);
    if (rc != 0)
        return engine_txn_fail(txn, error_of_write(txn->engine, rc, size));
    parts_copy(stored.mv_data, parts, count, checksum);
    txn->changes++;
    if (stored.mv_size > txn->largest)
        txn->largest = stored.mv_size;
    return 0;
}

int engine_put(struct engine_txn *txn, struct span key, struct span value)
{
    return engine_put_parts(txn, key, &value, 1);
}

int engine_delete(struct engine_txn *txn, struct span key)
{
    int error = change_begin(txn, key);
    if (error < 0)
        return error;
    MDB_val name = val_of(key);
    int rc = mdb_del(txn->txn, txn->engine->dbi, &name, NULL);
    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc != 0)
        return engine_txn_fail(txn, error_of_write(txn->engine, rc, 0));
    txn->changes++;
    return 0;
}
