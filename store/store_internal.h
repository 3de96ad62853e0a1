/* What the files of store/ share. They may use LMDB (engine_lmdb*.c alone), xxhash and nettle
 * (digest.c), and base; never schema/, and nothing above. */
#ifndef PERSISTFS_STORE_INTERNAL_H
#define PERSISTFS_STORE_INTERNAL_H

#include "store/key.h"
#include "store/store.h"

#include <stdatomic.h>

#define STORE_FORMAT 2

struct store {
    struct engine *engine; /* owned */
    int dir_fd;            /* owned; the store's folder */
    int lock_fd;           /* owned; -1 when read-only */
    _Atomic uint64_t next_object;
};

/* Takes the lock, or names who has it. `*ret_fd` is owned by the caller. */
int store_lock(int dir_fd, const char *path, int *ret_fd, struct problem *problem);
/* Makes the folder if need be, checks whose it is, opens it. */
int store_folder_open(const char *path, bool create, int *ret_fd, struct problem *problem);
/* Whether there is a store in the folder: 1, 0 (and it may be made there), or STORE_FOREIGN. */
int store_folder_look(int dir_fd, const char *path, struct problem *problem);

/* The first row at or behind `from` whose key has `size` bytes (0: any number) and begins with the
 * first `prefix` bytes of it. Returns 1, 0 or an error; damage of a row that is none of these is
 * none. */
int store_seek_within(struct store_view *view, const struct key *from, size_t size, size_t prefix,
                      struct span *ret_key, struct span *ret_value);

#endif
