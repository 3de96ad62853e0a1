#include "model_fault.h"

#include "model_place.h"
#include "store/base/cleanup.h"

#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

static struct {
    atomic_int call; /* what is to fail; FAULT_NONE: nothing */
    atomic_uint after;
    atomic_bool for_good;
    atomic_bool hit;
    int rc;
    void (*hook)(void *context);
    void *context;
} fault;

int __real_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __real_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);
int __real_mdb_txn_commit(MDB_txn *txn);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags);
int __wrap_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data);
int __wrap_mdb_txn_commit(MDB_txn *txn);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static void arm(enum fault_call call, unsigned nth, int rc, bool for_good)
{
    fault.rc = rc;
    atomic_store(&fault.after, nth);
    atomic_store(&fault.for_good, for_good);
    atomic_store(&fault.hit, false);
    atomic_store(&fault.call, call);
}

void fault_arm(enum fault_call call, unsigned nth, int rc)
{
    arm(call, nth, rc, false);
}

void fault_arm_for_good(enum fault_call call, unsigned nth, int rc)
{
    arm(call, nth, rc, true);
}

bool fault_disarm(void)
{
    atomic_store(&fault.call, FAULT_NONE);
    return atomic_load(&fault.hit);
}

void fault_on_commit(void (*hook)(void *context), void *context)
{
    fault.context = context;
    fault.hook = hook;
}

static bool is_due(enum fault_call call)
{
    if ((int)call != atomic_load(&fault.call))
        return false;
    unsigned after = atomic_load(&fault.after);
    if (after == 0)
        return atomic_load(&fault.for_good);
    atomic_store(&fault.after, after - 1);
    if (after > 1)
        return false;
    atomic_store(&fault.hit, true);
    return true;
}

int __wrap_mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags)
{
    return is_due(FAULT_PUT) ? fault.rc : __real_mdb_put(txn, dbi, key, data, flags);
}

int __wrap_mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
    return is_due(FAULT_DEL) ? fault.rc : __real_mdb_del(txn, dbi, key, data);
}

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
    if (fault.hook)
        fault.hook(fault.context);
    if (!is_due(FAULT_COMMIT))
        return __real_mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return fault.rc;
}

void *__wrap_malloc(size_t size)
{
    return is_due(FAULT_MALLOC) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_due(FAULT_CALLOC) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return is_due(FAULT_REALLOC) ? NULL : __real_realloc(memory, size);
}

uint64_t fault_rows(struct model_place *place)
{
    AUTO_BUF struct buf rows = {0};
    struct store_view view;
    struct engine_cursor *cursor;
    struct span key;
    struct span value;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(engine_cursor_open(view.txn, &cursor), 0);
    int found = engine_cursor_seek(cursor, span_make(NULL, 0), &key, &value);
    while (found == 1) {
        buf_append_be64(&rows, key.size);
        buf_append_span(&rows, key);
        buf_append_be64(&rows, value.size);
        buf_append_span(&rows, value);
        found = engine_cursor_next(cursor, &key, &value);
    }
    assert_int_equal(found, 0);
    engine_cursor_close(cursor);
    store_view_end(&view);
    return fingerprint(buf_span(&rows));
}
