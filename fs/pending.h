/* pending: names that were created and have no content yet. To a user they are empty files; the
 * first valid content makes them entities. This is what is known of them in memory; those that are
 * kept have a file of their own as well, and are found again when they are no longer here
 * (fs/placeholder.h).
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
    unsigned open; /* how many have it open */
    bool is_hidden;
    bool is_kept; /* it has a file */
};

struct pendings *pendings_create(void);
void pendings_destroy(struct pendings *pendings); /* takes NULL */

/* Held while what is known of one and the file that it has change together. */
void pendings_begin(struct pendings *pendings);
void pendings_end(struct pendings *pendings);

/* Adds one that is open, and has no file. One that nobody has open makes room, of the same user
 * when it has too many: one that is kept, if there is, and the one that was looked up longest ago.
 * Errors: BUSY. */
int pendings_add(struct pendings *pendings, uint64_t object, uint64_t collection, struct span name,
                 const struct row_entry *entry);
/* The same, of one that is kept, and that nobody has open. */
int pendings_adopt(struct pendings *pendings, uint64_t object, uint64_t collection,
                   struct span name, const struct row_entry *entry);
/* Counts one more, or one less, that has it open; nothing when it is not there. */
void pendings_open(struct pendings *pendings, uint64_t object);
void pendings_close(struct pendings *pendings, uint64_t object);
/* Takes it away: it became an entity, or was removed. Returns whether it was there. */
bool pendings_remove(struct pendings *pendings, uint64_t object);
/* Takes it away unless somebody has it open. */
void pendings_discard(struct pendings *pendings, uint64_t object);
/* Takes all away that have the name, hidden or not. */
void pendings_remove_name(struct pendings *pendings, uint64_t collection, struct span name);
/* While hidden, because its content was refused, it is found by its number alone; it goes with the
 * last that has it open. It stays hidden when another one has got its name. */
void pendings_hide(struct pendings *pendings, uint64_t object, bool hidden);
void pendings_keep(struct pendings *pendings, uint64_t object, bool is_kept);
void pendings_set(struct pendings *pendings, uint64_t object, const struct row_entry *entry);
bool pendings_rename(struct pendings *pendings, uint64_t object, uint64_t collection,
                     struct span name);

bool pendings_get(struct pendings *pendings, uint64_t object, struct pending *ret_pending);
bool pendings_find(struct pendings *pendings, uint64_t collection, struct span name,
                   struct pending *ret_pending);
/* Of those in a collection that are not kept, the one with the lowest object number above `after`.
 */
bool pendings_next(struct pendings *pendings, uint64_t collection, uint64_t after,
                   struct pending *ret_pending);

#endif
