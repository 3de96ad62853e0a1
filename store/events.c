/* The rows of the outbox: where each event is, and what it is. */
#include "store/store_internal.h"

static void place_key(const struct store_view *view, struct store_event_id id, struct key *key)
{
    key_init(key, KEY_PLACE, view->branch);
    key_add_u64(key, id.seq);
    key_add_u8(key, id.nth);
}

static void event_key(const struct store_view *view, struct store_place place,
                      struct store_event_id id, struct key *key)
{
    key_init(key, KEY_EVENT, view->branch);
    key_add_u8(key, (uint8_t)place.place);
    key_add_u64(key, place.worker);
    key_add_u64(key, id.seq);
    key_add_u8(key, id.nth);
}

int store_place_get(struct store_view *view, struct store_event_id id,
                    struct store_place *ret_place)
{
    struct key key;
    place_key(view, id, &key);
    struct span value;
    int found = engine_get(view->txn, key_span(&key), &value);
    if (found != 1)
        return found;
    if (value.size != 9 || value.data[0] < ROW_PENDING || value.data[0] > ROW_DEAD)
        return -ERR_DAMAGED;
    ret_place->place = (enum row_place)value.data[0];
    ret_place->worker = key_u64_at(value, 1);
    return 1;
}

int store_event_get(struct store_view *view, struct store_place place, struct store_event_id id,
                    struct row_event *ret_row)
{
    struct key key;
    event_key(view, place, id, &key);
    struct span value;
    int found = engine_get(view->txn, key_span(&key), &value);
    if (found != 1)
        return found;
    int result = row_event_decode(value, ret_row);
    return result < 0 ? result : 1;
}

#define PLACE_PREFIX (1 + 4 + 1 + 8) /* table, branch, place, worker */

int store_event_next(struct store_view *view, struct store_place place, struct store_event_id after,
                     struct store_event_id *ret_id, struct row_event *ret_row)
{
    struct key key;
    event_key(view, place, after, &key);
    size_t size = key.size;
    key_add_u8(&key, 0); /* the first key that comes behind it */
    struct span found;
    struct span value;
    int result = store_seek_within(view, &key, size, PLACE_PREFIX, &found, &value);
    if (result != 1)
        return result;
    ret_id->seq = key_u64_at(found, PLACE_PREFIX);
    ret_id->nth = found.data[PLACE_PREFIX + 8];
    result = row_event_decode(value, ret_row);
    return result < 0 ? result : 1;
}

int store_event_put(struct store_view *view, struct store_place place, struct store_event_id id,
                    const struct row_event *row)
{
    struct key key;
    buf_clear(&view->scratch);
    row_event_encode(&view->scratch, row);
    if (buf_failed(&view->scratch))
        return -ERR_NO_MEMORY;
    event_key(view, place, id, &key);
    int result = engine_put(view->txn, key_span(&key), buf_span(&view->scratch));
    if (result < 0)
        return result;
    buf_clear(&view->scratch);
    buf_append_byte(&view->scratch, (uint8_t)place.place);
    buf_append_be64(&view->scratch, place.worker);
    place_key(view, id, &key);
    return engine_put(view->txn, key_span(&key), buf_span(&view->scratch));
}

int store_event_delete(struct store_view *view, struct store_place place, struct store_event_id id)
{
    struct key key;
    event_key(view, place, id, &key);
    int result = engine_delete(view->txn, key_span(&key));
    if (result < 0)
        return result;
    place_key(view, id, &key);
    return engine_delete(view->txn, key_span(&key));
}
