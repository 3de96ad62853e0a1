/* The rows of extended attributes: what a user has given an object beside its document. */
#include "store/store_internal.h"

#define XATTR_PREFIX (1 + 4 + 8) /* table, branch, object */

static void object_key(const struct store_view *view, uint64_t object, struct key *key)
{
    key_init(key, KEY_XATTR, view->branch);
    key_add_u64(key, object);
}

static void xattr_key(const struct store_view *view, uint64_t object, struct span name,
                      struct key *key)
{
    object_key(view, object, key);
    key_add_text(key, name);
}

static int decoded(struct span value, struct row_xattr *ret_row)
{
    int result = row_xattr_decode(value, ret_row);
    return result < 0 ? result : 1;
}

int store_xattr_get(struct store_view *view, uint64_t object, struct span name,
                    struct row_xattr *ret_row)
{
    struct key key;
    xattr_key(view, object, name, &key);
    size_t prefix = key.size;
    key_add_seq(&key, view->seq);
    struct span found;
    struct span value;
    int result = store_seek_within(view, &key, key.size, prefix, &found, &value);
    return result == 1 ? decoded(value, ret_row) : result;
}

int store_xattr_put(struct store_view *view, uint64_t object, uint64_t seq,
                    const struct row_xattr *row)
{
    struct key key;
    xattr_key(view, object, row->name, &key);
    key_add_seq(&key, seq);
    buf_clear(&view->scratch);
    row_xattr_encode(&view->scratch, row);
    if (buf_failed(&view->scratch))
        return -ERR_NO_MEMORY;
    return engine_put(view->txn, key_span(&key), buf_span(&view->scratch));
}

/* Makes of a key without its seq the first one behind all rows of that name. */
static void pass(struct key *key)
{
    key_add_seq(key, 0);
    key_add_u8(key, 0);
}

/* The first name at or behind the key, as of the view, where it may be not live; the key is moved
 * behind it. */
static int take_name(struct store_view *view, uint64_t object, struct key *key,
                     struct row_xattr *ret_row)
{
    struct span found;
    struct span value;
    int result = store_seek_within(view, key, 0, XATTR_PREFIX, &found, &value);
    if (result != 1)
        return result;
    if (found.size < XATTR_PREFIX + 2 + 8 || found.size >= ENGINE_KEY_MAX)
        return -ERR_DAMAGED;
    bool is_newer = key_seq(found) > view->seq;
    key->size = found.size - 8;
    memcpy(key->bytes, found.data, key->size);
    pass(key);
    result = decoded(value, ret_row);
    if (result < 0 || !is_newer)
        return result;
    result = store_xattr_get(view, object, ret_row->name, ret_row);
    ret_row->live = result == 1 && ret_row->live;
    return result < 0 ? result : 1;
}

int store_xattr_next(struct store_view *view, uint64_t object, struct span after,
                     struct row_xattr *ret_row)
{
    struct key key;
    struct row_xattr row = {0};
    object_key(view, object, &key);
    if (after.size > 0) {
        key_add_text(&key, after);
        pass(&key);
    }
    int result;
    do
        result = take_name(view, object, &key, &row);
    while (result == 1 && !row.live);
    if (result == 1)
        *ret_row = row;
    return result;
}
