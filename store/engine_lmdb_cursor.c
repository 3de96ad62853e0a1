/* Cursors. LMDB's forgets that it ran past an end (it stays on the last pair); these do not. */
#include "store/engine_internal.h"

#include <stdlib.h>

int engine_cursor_open(struct engine_txn *txn, struct engine_cursor **ret_cursor)
{
    if (txn->error != 0)
        return txn->error;
    struct engine_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return engine_txn_fail(txn, -ERR_NO_MEMORY);
    int rc = mdb_cursor_open(txn->txn, txn->engine->dbi, &cursor->cursor);
    if (rc != 0) {
        free(cursor);
        return engine_txn_fail(txn, engine_error_of(rc));
    }
    cursor->txn = txn;
    cursor->changes = txn->changes;
    cursor->next = txn->cursors;
    if (txn->cursors != NULL)
        txn->cursors->previous = cursor;
    txn->cursors = cursor;
    *ret_cursor = cursor;
    return 0;
}

static void cursor_detach(struct engine_cursor *cursor)
{
    if (cursor->previous != NULL)
        cursor->previous->next = cursor->next;
    else
        cursor->txn->cursors = cursor->next;
    if (cursor->next != NULL)
        cursor->next->previous = cursor->previous;
    mdb_cursor_close(cursor->cursor);
    cursor->cursor = NULL;
    cursor->txn = NULL;
}

void engine_cursors_detach(struct engine_txn *txn)
{
    while (txn->cursors != NULL)
        cursor_detach(txn->cursors);
}

void engine_cursor_close(struct engine_cursor *cursor)
{
    if (cursor == NULL)
        return;
    if (cursor->txn != NULL)
        cursor_detach(cursor);
    free(cursor);
}

static int cursor_error(const struct engine_cursor *cursor)
{
    return cursor->txn == NULL ? -ERR_INVALID : cursor->txn->error;
}

/* What LMDB found, checked; 0 when it found nothing, and then the cursor is at `end`. */
static int cursor_arrive(struct engine_cursor *cursor, int rc, enum engine_place end,
                         const MDB_val *key, const MDB_val *stored, struct span *ret_key,
                         struct span *ret_value)
{
    struct engine_txn *txn = cursor->txn;
    cursor->changes = txn->changes;
    cursor->place = rc == MDB_NOTFOUND ? end : PLACE_ON;
    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc != 0)
        return engine_txn_fail(txn, engine_error_of(rc));
    bool sound = key->mv_size >= 1 && key->mv_size <= ENGINE_KEY_MAX && engine_txn_holds(txn, key);
    struct span name = sound ? span_make(key->mv_data, key->mv_size) : span_make(NULL, 0);
    *ret_key = name;
    int error = sound ? engine_txn_verify(txn, name, stored, ret_value) : -ERR_DAMAGED;
    return error < 0 ? engine_txn_fail(txn, error) : 1;
}

static int cursor_move(struct engine_cursor *cursor, MDB_cursor_op op, enum engine_place end,
                       struct span *ret_key, struct span *ret_value)
{
    MDB_val key;
    MDB_val stored;
    int rc = mdb_cursor_get(cursor->cursor, &key, &stored, op);
    return cursor_arrive(cursor, rc, end, &key, &stored, ret_key, ret_value);
}

int engine_cursor_seek(struct engine_cursor *cursor, struct span key, struct span *ret_key,
                       struct span *ret_value)
{
    int error = cursor_error(cursor);
    if (error < 0)
        return error;
    if (key.size > ENGINE_KEY_MAX)
        return engine_txn_fail(cursor->txn, -ERR_INVALID);
    if (key.size == 0)
        return cursor_move(cursor, MDB_FIRST, PLACE_AFTER, ret_key, ret_value);
    MDB_val found = {.mv_size = key.size, .mv_data = (void *)(uintptr_t)key.data};
    MDB_val stored;
    int rc = mdb_cursor_get(cursor->cursor, &found, &stored, MDB_SET_RANGE);
    return cursor_arrive(cursor, rc, PLACE_AFTER, &found, &stored, ret_key, ret_value);
}

int engine_cursor_seek_before(struct engine_cursor *cursor, struct span key, struct span *ret_key,
                              struct span *ret_value)
{
    int error = cursor_error(cursor);
    if (error < 0)
        return error;
    if (key.size > ENGINE_KEY_MAX)
        return engine_txn_fail(cursor->txn, -ERR_INVALID);
    MDB_val found = {.mv_size = key.size, .mv_data = (void *)(uintptr_t)key.data};
    MDB_val stored;
    MDB_cursor_op seek = key.size == 0 ? MDB_FIRST : MDB_SET_RANGE;
    int rc = mdb_cursor_get(cursor->cursor, &found, &stored, seek);
    if (rc != 0 && rc != MDB_NOTFOUND)
        return engine_txn_fail(cursor->txn, engine_error_of(rc));
    MDB_cursor_op back = rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV;
    return cursor_move(cursor, back, PLACE_BEFORE, ret_key, ret_value);
}

static int cursor_ready(struct engine_cursor *cursor)
{
    int error = cursor_error(cursor);
    if (error == 0 && cursor->changes != cursor->txn->changes)
        error = engine_txn_fail(cursor->txn, -ERR_INVALID);
    return error;
}

int engine_cursor_next(struct engine_cursor *cursor, struct span *ret_key, struct span *ret_value)
{
    int error = cursor_ready(cursor);
    if (error < 0 || cursor->place == PLACE_AFTER)
        return error;
    MDB_cursor_op op = cursor->place == PLACE_ON ? MDB_NEXT : MDB_FIRST;
    return cursor_move(cursor, op, PLACE_AFTER, ret_key, ret_value);
}

int engine_cursor_prev(struct engine_cursor *cursor, struct span *ret_key, struct span *ret_value)
{
    int error = cursor_ready(cursor);
    if (error < 0 || cursor->place == PLACE_BEFORE)
        return error;
    MDB_cursor_op op = cursor->place == PLACE_ON ? MDB_PREV : MDB_LAST;
    return cursor_move(cursor, op, PLACE_BEFORE, ret_key, ret_value);
}
