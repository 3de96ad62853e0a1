/* pending: names that were created and have no content yet. To a user they are empty files; the
 * first valid content makes them entities. They live in memory, for the time of the mount.
 *
 * Threads: any; one mutex inside. */
#ifndef PERSISTFS_FS_PENDING_H
#define PERSISTFS_FS_PENDING_H

#include "fs/names.h"
#include "store/row.h"

struct pendings;

#define PENDING_NAME_MAX NAME_ID_MAX

/* A copy of what is known of one. */
struct pending {
    uint64_t object;
    uint64_t collection;
    struct row_entry entry; /* its name points into `name` */
    char name[PENDING_NAME_MAX];
    size_t name_size;
};

struct pendings *pendings_create(void);
void pendings_destroy(struct pendings *pendings); /* takes NULL */

/* Adds one that is open. The oldest that nobody has open, of the same user when it has too many,
 * makes room.
 * Errors: BUSY. */
int pendings_add(struct pendings *pendings, uint64_t object, uint64_t collection, struct span name,
                 const struct row_entry *entry);
/* Counts one more, or one less, that has it open; nothing when it is not there. */
void pendings_open(struct pendings *pendings, uint64_t object);
void pendings_close(struct pendings *pendings, uint64_t object);
/* Takes it away: it became an entity, or was removed. Returns whether it was there. */
bool pendings_remove(struct pendings *pendings, uint64_t object);
/* Takes it away unless somebody has it open. */
void pendings_discard(struct pendings *pendings, uint64_t object);
/* While hidden, because its content was refused, it is found by its number alone; it goes with the
 * last that has it open. */
void pendings_hide(struct pendings *pendings, uint64_t object, bool hidden);
void pendings_set(struct pendings *pendings, uint64_t object, const struct row_entry *entry);
bool pendings_rename(struct pendings *pendings, uint64_t object, uint64_t collection,
                     struct span name);

bool pendings_get(struct pendings *pendings, uint64_t object, struct pending *ret_pending);
bool pendings_find(struct pendings *pendings, uint64_t collection, struct span name,
                   struct pending *ret_pending);
/* The one of a collection with the lowest object number above `after`. */
bool pendings_next(struct pendings *pendings, uint64_t collection, uint64_t after,
                   struct pending *ret_pending);

#endif
