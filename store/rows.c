/* The rows of a view, each found under its key. */
#include "store/store_internal.h"

static int begin(struct store *store, struct store_view *ret_view, bool write)
{
    struct store_view view = {.store = store, .branch = STORE_BRANCH_MAIN, .seq = STORE_NOW};
    int result = write ? engine_write_begin(store->engine, &view.txn)
                       : engine_read_begin(store->engine, &view.txn);
    if (result == 0)
        *ret_view = view;
    return result;
}

int store_read(struct store *store, struct store_view *ret_view)
{
    return begin(store, ret_view, false);
}

int store_write(struct store *store, struct store_view *ret_view)
{
    return begin(store, ret_view, true);
}

static void release(struct store_view *view)
{
    engine_cursor_close(view->cursor);
    view->cursor = NULL;
    buf_finish(&view->scratch);
}

void store_view_end(struct store_view *view)
{
    release(view);
    engine_end(view->txn);
    view->txn = NULL;
}

int store_commit(struct store_view *view)
{
    release(view);
    int result = engine_commit(view->txn);
    view->txn = NULL;
    return result;
}

static int need_cursor(struct store_view *view)
{
    return view->cursor ? 0 : engine_cursor_open(view->txn, &view->cursor);
}

/* Of a row that a look-up came upon: whether it is none of those that are looked for, which have
 * keys of that size (0: any) and begin as `key` does. Its damage is then not the look-up's
 * business. A key that is damaged itself is empty, and may be anyone's. */
static bool is_other(struct span found, const struct key *key, size_t size, size_t prefix)
{
    return found.size > 0 && ((size > 0 && found.size != size) || found.size < prefix ||
                              memcmp(found.data, key->bytes, prefix) != 0);
}

int store_seek_within(struct store_view *view, const struct key *from, size_t size, size_t prefix,
                      struct span *ret_key, struct span *ret_value)
{
    int result = need_cursor(view);
    if (result < 0)
        return result;
    struct span key;
    struct span value;
    result = engine_cursor_seek(view->cursor, key_span(from), &key, &value);
    if (result == 0 || (result < 0 && result != -ERR_DAMAGED))
        return result;
    if (is_other(key, from, size, prefix))
        return 0;
    if (result < 0)
        return result;
    *ret_key = key;
    *ret_value = value;
    return 1;
}

/* The newest row of a thing as of the view. `key` is all but the sequence number. */
static int newest(struct store_view *view, struct key *key, uint64_t seq, uint64_t *ret_seq,
                  struct span *ret_value)
{
    size_t prefix = key->size;
    key_add_seq(key, seq < view->seq ? seq : view->seq);
    struct span found;
    int result = store_seek_within(view, key, key->size, prefix, &found, ret_value);
    if (result == 1 && ret_seq)
        *ret_seq = key_seq(found);
    return result;
}

static int put(struct store_view *view, const struct key *key)
{
    if (buf_failed(&view->scratch))
        return -ERR_NO_MEMORY;
    return engine_put(view->txn, key_span(key), buf_span(&view->scratch));
}

static int get(struct store_view *view, const struct key *key, struct span *ret_value)
{
    return engine_get(view->txn, key_span(key), ret_value);
}

static int put_number(struct store_view *view, const struct key *key, uint64_t number)
{
    buf_clear(&view->scratch);
    buf_append_be64(&view->scratch, number);
    return put(view, key);
}

static int get_number(struct store_view *view, const struct key *key, uint64_t *ret_number)
{
    struct span value;
    int found = get(view, key, &value);
    if (found == 1 && value.size != 8)
        return -ERR_DAMAGED;
    if (found == 1)
        *ret_number = key_u64_at(value, 0);
    return found;
}

static int decoded(int result)
{
    return result < 0 ? result : 1;
}

int store_state_get(struct store_view *view, struct row_state *ret_row)
{
    struct key key;
    key_init(&key, KEY_STATE, view->branch);
    struct span value;
    int found = get(view, &key, &value);
    return found == 1 ? decoded(row_state_decode(value, ret_row)) : found;
}

static int put_next_object(struct store_view *view)
{
    struct key key;
    key_init(&key, KEY_OBJECTS, 0);
    return put_number(view, &key, atomic_load(&view->store->next_object));
}

int store_state_put(struct store_view *view, const struct row_state *row)
{
    struct key key;
    key_init(&key, KEY_STATE, view->branch);
    buf_clear(&view->scratch);
    row_state_encode(&view->scratch, row);
    int result = put(view, &key);
    return result < 0 ? result : put_next_object(view);
}

static void name_key(const struct store_view *view, uint64_t parent, struct span name,
                     struct key *key)
{
    key_init(key, KEY_NAME, view->branch);
    key_add_u64(key, parent);
    key_add_text(key, name);
}

static int binding_get(struct store_view *view, struct key *key, struct row_binding *ret_row)
{
    struct span value;
    int found = newest(view, key, STORE_NOW, NULL, &value);
    return found == 1 ? decoded(row_binding_decode(value, ret_row)) : found;
}

static int binding_put(struct store_view *view, struct key *key, uint64_t seq,
                       const struct row_binding *row)
{
    key_add_seq(key, seq);
    buf_clear(&view->scratch);
    row_binding_encode(&view->scratch, row);
    return put(view, key);
}

int store_name_get(struct store_view *view, uint64_t parent, struct span name,
                   struct row_binding *ret_row)
{
    struct key key;
    name_key(view, parent, name, &key);
    return binding_get(view, &key, ret_row);
}

int store_name_put(struct store_view *view, uint64_t parent, struct span name, uint64_t seq,
                   const struct row_binding *row)
{
    struct key key;
    name_key(view, parent, name, &key);
    return binding_put(view, &key, seq, row);
}

static void unique_key(const struct store_view *view, uint64_t collection, uint64_t index,
                       struct span value, struct key *key)
{
    key_init(key, KEY_UNIQUE, view->branch);
    key_add_u64(key, collection);
    key_add_u64(key, index);
    key_add_text(key, value);
}

int store_unique_get(struct store_view *view, uint64_t collection, uint64_t index,
                     struct span value, struct row_binding *ret_row)
{
    struct key key;
    unique_key(view, collection, index, value, &key);
    return binding_get(view, &key, ret_row);
}

int store_unique_put(struct store_view *view, uint64_t collection, uint64_t index,
                     struct span value, uint64_t seq, const struct row_binding *row)
{
    struct key key;
    unique_key(view, collection, index, value, &key);
    return binding_put(view, &key, seq, row);
}

#define REFERRER_SIZE (8 + 8) /* object, rule */

static void reference_key(const struct store_view *view, struct span target,
                          struct store_referrer referrer, struct key *key)
{
    key_init(key, KEY_REFERENCE, view->branch);
    key_add_text(key, target);
    key_add_u64(key, referrer.object);
    key_add_u64(key, referrer.rule);
}

int store_reference_get(struct store_view *view, struct span target, struct store_referrer referrer,
                        struct row_binding *ret_row)
{
    struct key key;
    reference_key(view, target, referrer, &key);
    return binding_get(view, &key, ret_row);
}

int store_reference_put(struct store_view *view, struct span target, struct store_referrer referrer,
                        uint64_t seq, bool live)
{
    struct key key;
    reference_key(view, target, referrer, &key);
    const struct row_binding row = {.object = referrer.object, .live = live};
    return binding_put(view, &key, seq, &row);
}

int store_reference_next(struct store_view *view, struct span target, struct store_referrer after,
                         struct store_referrer *ret_referrer)
{
    while (after.object < STORE_OBJECT_MAX) {
        if (++after.rule == 0)
            after.object++;
        struct key key;
        reference_key(view, target, after, &key);
        size_t prefix = key.size - REFERRER_SIZE;
        key_add_seq(&key, view->seq);
        struct span found;
        struct span value;
        int result = store_seek_within(view, &key, key.size, prefix, &found, &value);
        if (result != 1)
            return result;
        after.object = key_u64_at(found, prefix);
        after.rule = key_u64_at(found, prefix + 8);
        struct row_binding row;
        if (key_seq(found) > view->seq) /* what was found is newer than the view */
            result = store_reference_get(view, target, after, &row);
        else
            result = decoded(row_binding_decode(value, &row));
        if (result < 0)
            return result;
        if (result == 1 && row.live) {
            *ret_referrer = after;
            return 1;
        }
    }
    return 0;
}

static void entry_key(const struct store_view *view, uint64_t parent, uint64_t object,
                      struct key *key)
{
    key_init(key, KEY_ENTRY, view->branch);
    key_add_u64(key, parent);
    key_add_u64(key, object);
}

int store_entry_get(struct store_view *view, uint64_t parent, uint64_t object,
                    struct row_entry *ret_row)
{
    struct key key;
    entry_key(view, parent, object, &key);
    struct span value;
    int found = newest(view, &key, STORE_NOW, NULL, &value);
    return found == 1 ? decoded(row_entry_decode(value, ret_row)) : found;
}

int store_entry_put(struct store_view *view, uint64_t parent, uint64_t object, uint64_t seq,
                    const struct row_entry *row)
{
    struct key key;
    entry_key(view, parent, object, &key);
    key_add_seq(&key, seq);
    buf_clear(&view->scratch);
    row_entry_encode(&view->scratch, row);
    return put(view, &key);
}

#define ENTRY_PREFIX (1 + 4 + 8) /* table, branch, parent */

int store_entry_next(struct store_view *view, uint64_t parent, uint64_t after, uint64_t *ret_object,
                     struct row_entry *ret_row)
{
    while (after < STORE_OBJECT_MAX) {
        struct key key;
        entry_key(view, parent, after + 1, &key);
        key_add_seq(&key, view->seq);
        struct span found;
        struct span value;
        int result = store_seek_within(view, &key, key.size, ENTRY_PREFIX, &found, &value);
        if (result != 1)
            return result;
        uint64_t object = key_u64_at(found, ENTRY_PREFIX);
        struct row_entry row;
        if (key_seq(found) > view->seq) /* what was found is newer than the view */
            result = store_entry_get(view, parent, object, &row);
        else
            result = decoded(row_entry_decode(value, &row));
        if (result < 0)
            return result;
        if (result == 1 && row.live) {
            *ret_object = object;
            *ret_row = row;
            return 1;
        }
        after = object;
    }
    return 0;
}

/* A key that is a number, and a sequence number when the table remembers. */
static void number_key(const struct store_view *view, enum key_table table, uint64_t number,
                       struct key *key)
{
    key_init(key, table, view->branch);
    key_add_u64(key, number);
}

int store_version_as_of(struct store_view *view, uint64_t object, uint64_t seq, uint64_t *ret_seq,
                        struct row_version *ret_row)
{
    struct key key;
    number_key(view, KEY_VERSION, object, &key);
    struct span value;
    int found = newest(view, &key, seq, ret_seq, &value);
    return found == 1 ? decoded(row_version_decode(value, ret_row)) : found;
}

int store_version_get(struct store_view *view, uint64_t object, uint64_t *ret_seq,
                      struct row_version *ret_row)
{
    return store_version_as_of(view, object, STORE_NOW, ret_seq, ret_row);
}

int store_version_after(struct store_view *view, uint64_t object, uint64_t seq, uint64_t *ret_seq,
                        struct row_version *ret_row)
{
    int result = need_cursor(view);
    if (result < 0)
        return result;
    struct key key;
    number_key(view, KEY_VERSION, object, &key);
    size_t prefix = key.size;
    key_add_seq(&key, seq); /* newest first: what is newer stands before this key */
    struct span found;
    struct span value;
    result = engine_cursor_seek_before(view->cursor, key_span(&key), &found, &value);
    if (result == 0 || (result < 0 && result != -ERR_DAMAGED))
        return result;
    if (is_other(found, &key, key.size, prefix) || (found.size > 0 && key_seq(found) > view->seq))
        return 0;
    if (result < 0)
        return result;
    *ret_seq = key_seq(found);
    return decoded(row_version_decode(value, ret_row));
}

/* Versions grow with sequence numbers, so halving the range of those finds one. */
int store_version_find(struct store_view *view, uint64_t object, uint64_t version,
                       uint64_t *ret_seq, struct row_version *ret_row)
{
    struct row_version row;
    uint64_t high; /* nothing of interest is newer */
    int result = store_version_get(view, object, &high, &row);
    if (result != 1 || row.version < version)
        return result < 0 ? result : 0;
    uint64_t low = 0; /* everything of interest is newer */
    while (row.version != version) {
        uint64_t middle = low + (high - low) / 2;
        if (middle == low)
            return 0;
        uint64_t seq = 0;
        result = store_version_as_of(view, object, middle, &seq, &row);
        if (result < 0)
            return result;
        if (result == 0 || row.version < version) {
            low = middle;
            row.version = UINT64_MAX; /* not what is looked for */
        } else {
            high = seq;
        }
    }
    *ret_seq = high;
    *ret_row = row;
    return 1;
}

int store_version_put(struct store_view *view, uint64_t object, uint64_t seq,
                      const struct row_version *row)
{
    struct key key;
    number_key(view, KEY_VERSION, object, &key);
    key_add_seq(&key, seq);
    buf_clear(&view->scratch);
    row_version_encode(&view->scratch, row);
    if (buf_failed(&view->scratch))
        return -ERR_NO_MEMORY;
    struct span parts[] = {buf_span(&view->scratch), row->document};
    return engine_put_parts(view->txn, key_span(&key), parts, 2);
}

int store_log_get(struct store_view *view, uint64_t seq, uint64_t *ret_object)
{
    struct key key;
    number_key(view, KEY_LOG, seq, &key);
    return get_number(view, &key, ret_object);
}

int store_log_put(struct store_view *view, uint64_t seq, uint64_t object)
{
    struct key key;
    number_key(view, KEY_LOG, seq, &key);
    return put_number(view, &key, object);
}

int store_time_get(struct store_view *view, uint64_t parent, int64_t *ret_time)
{
    struct key key;
    number_key(view, KEY_TIME, parent, &key);
    uint64_t time = 0;
    int found = get_number(view, &key, &time);
    if (found == 1)
        *ret_time = (int64_t)time;
    return found;
}

int store_time_put(struct store_view *view, uint64_t parent, int64_t time)
{
    struct key key;
    number_key(view, KEY_TIME, parent, &key);
    return put_number(view, &key, (uint64_t)time);
}
