#include "store/base/cleanup.h"
#include "store/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

static void format_encode(struct buf *out)
{
    buf_append_string(out, "persistfs");
    buf_append_be32(out, STORE_FORMAT);
}

static int check_format(struct engine_txn *txn, const char *path, struct problem *problem)
{
    struct key key;
    key_init(&key, KEY_FORMAT, 0);
    struct span value;
    int result = engine_get(txn, key_span(&key), &value);
    if (result < 0)
        return problem_set(problem, (enum err) - result,
                           "the format row of the store %s cannot be read: it is damaged", path);
    AUTO_BUF struct buf format = {0};
    format_encode(&format);
    if (buf_failed(&format))
        return problem_set(problem, ERR_NO_MEMORY, "no memory to open the store");
    struct span magic = span_make(format.data, format.size - 4);
    if (result == 0 || value.size != format.size || !span_starts_with(value, magic))
        return problem_set(problem, ERR_STORE_FOREIGN,
                           "%s holds an LMDB file that is not a persistfs store", path);
    uint32_t version = 0;
    for (size_t i = magic.size; i < value.size; i++)
        version = version << 8 | value.data[i];
    if (version > STORE_FORMAT)
        return problem_set(problem, ERR_NEWER_FORMAT,
                           "the store %s has format %u, and this program knows formats up to %d: "
                           "use a newer persistfs",
                           path, version, STORE_FORMAT);
    if (version < STORE_FORMAT)
        return problem_set(problem, ERR_UNSUPPORTED,
                           "the store %s has format %u, and this program knows none before %d",
                           path, version, STORE_FORMAT);
    return 0;
}

static int read_next_object(struct engine_txn *txn, uint64_t *ret_next)
{
    struct key key;
    key_init(&key, KEY_OBJECTS, 0);
    struct span value;
    int result = engine_get(txn, key_span(&key), &value);
    if (result == 1 && value.size != 8)
        return -ERR_DAMAGED;
    if (result >= 0)
        *ret_next = result == 1 ? key_u64_at(value, 0) : STORE_FIRST_FREE;
    return result < 0 ? result : 0;
}

static int load(struct store *store, const char *path, struct problem *problem)
{
    struct engine_txn *txn;
    int result = engine_read_begin(store->engine, &txn);
    if (result < 0)
        return problem_set(problem, (enum err) - result, "the store %s cannot be read", path);
    uint64_t next = 0;
    result = check_format(txn, path, problem);
    if (result == 0) {
        result = read_next_object(txn, &next);
        if (result < 0)
            problem_set(problem, (enum err) - result,
                        "the object counter of the store %s is damaged", path);
    }
    engine_end(txn);
    atomic_init(&store->next_object, next);
    return result;
}

/* The engine makes its file aside and renames it into place, with nothing in it. The first commit
 * makes that a store; a crash before it leaves what this function takes up again. */
static int write_format(struct store *store, const char *path, struct problem *problem)
{
    struct engine_txn *txn;
    int result = engine_write_begin(store->engine, &txn);
    if (result < 0)
        return problem_set(problem, (enum err) - result, "the store %s cannot be written", path);
    struct key key;
    key_init(&key, KEY_FORMAT, 0);
    struct engine_cursor *cursor;
    struct span first;
    struct span value;
    result = engine_cursor_open(txn, &cursor);
    if (result == 0) {
        result = engine_cursor_seek(cursor, span_make(NULL, 0), &first, &value);
        engine_cursor_close(cursor);
    }
    if (result != 0) { /* there is something, ours or not, whole or not: load will tell */
        engine_end(txn);
        return 0;
    }
    AUTO_BUF struct buf format = {0};
    format_encode(&format);
    if (buf_failed(&format)) {
        engine_end(txn);
        return problem_set(problem, ERR_NO_MEMORY, "no memory to make the store");
    }
    engine_put(txn, key_span(&key), buf_span(&format));
    result = engine_commit(txn);
    return result < 0 ? problem_set(problem, (enum err) - result,
                                    "the store %s cannot be written: %s", path, error_title(result))
                      : 0;
}

static int open_engine(struct store *store, const char *path, const struct store_options *options,
                       struct problem *problem)
{
    struct engine_options engine = {.read_only = options->read_only,
                                    .verify = options->verify,
                                    .initial_map = options->initial_map,
                                    .max_size = options->max_size};
    int result = engine_open(store->dir_fd, &engine, &store->engine, problem);
    if (result == 0 && !options->read_only)
        result = write_format(store, path, problem);
    return result < 0 ? result : load(store, path, problem);
}

static int open_parts(struct store *store, const char *path, const struct store_options *options,
                      struct problem *problem)
{
    int result = store_folder_open(path, !options->read_only, &store->dir_fd, problem);
    if (result == 0)
        result = store_folder_look(store->dir_fd, path, problem);
    if (result < 0)
        return result;
    if (result == 0 && options->read_only)
        return problem_set(problem, ERR_STORE_FOREIGN, "there is no persistfs store in %s", path);
    if (!options->read_only)
        result = store_lock(store->dir_fd, path, &store->lock_fd, problem);
    return result < 0 ? result : open_engine(store, path, options, problem);
}

int store_open(const char *path, const struct store_options *options, struct store **ret_store,
               struct problem *problem)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store)
        return problem_set(problem, ERR_NO_MEMORY, "no memory to open the store");
    store->dir_fd = -1;
    store->lock_fd = -1;
    int result = open_parts(store, path, options, problem);
    if (result < 0)
        store_close(store);
    else
        *ret_store = store;
    return result;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    engine_close(store->engine);
    if (store->dir_fd >= 0)
        close(store->dir_fd);
    if (store->lock_fd >= 0)
        close(store->lock_fd); /* and with it the lock */
    free(store);
}

struct engine *store_engine(struct store *store)
{
    return store->engine;
}

uint64_t store_new_object(struct store *store)
{
    return atomic_fetch_add(&store->next_object, 1);
}

int store_statfs(struct store *store, struct statvfs *ret_info)
{
    return fstatvfs(store->dir_fd, ret_info) < 0 ? error_of_errno(errno) : 0;
}
