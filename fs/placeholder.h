/* placeholder: an empty file that has an entity's name and is no entity yet.
 *
 * One that is being made is in memory alone (fs/pending.h). With its first close it is *kept*: a
 * file of 0 bytes, `<id>.json`, in the collection's backing folder (fs/files.h), with its mode,
 * owner and times; it counts as an ordinary file does. So it is there after a remount, and after a
 * crash; and it may be forgotten in memory, and is known again when its name is looked up.
 *
 * Its first valid content makes it an entity, and removes the file. What a crash leaves of it is
 * removed when a mount begins, or with the next look at the name: where an entity lives there is no
 * placeholder. Whatever else has such a name in the folder, or is not empty, is nobody's.
 *
 * The file of another user's is not made by a daemon that is not root, which could not give it
 * away: it stays in memory, as do those for which there is no room.
 *
 * Threads: any; see pendings_begin. */
#ifndef PERSISTFS_FS_PLACEHOLDER_H
#define PERSISTFS_FS_PLACEHOLDER_H

#include "fs/node.h"

/* Makes one that is open, and in memory alone. It has the group of a folder with the set-gid bit.
 * Errors: BUSY, NOT_FOUND when the collection was dropped. */
int placeholder_add(struct request *request, uint64_t object, uint64_t collection, struct span id,
                    mode_t mode);
/* The one that has the name. Returns 1, 0 or an error: BUSY, and of the store. */
int placeholder_find(struct request *request, uint64_t collection, struct span id,
                     struct pending *ret_pending);
/* Whether a name of the backing folder is one that is kept. */
bool placeholder_is_kept(struct request *request, uint64_t folder, struct span name);

/* Makes its file, unless it has one or is hidden; nothing when the object is no placeholder's.
 * Errors: NO_SPACE, what the system says. */
int placeholder_keep(struct request *request, uint64_t object);
/* Hides it, because its content was refused; its file goes. */
void placeholder_hide(struct request *request, uint64_t object);
/* Removes it, unless somebody has it open. */
void placeholder_discard(struct request *request, uint64_t object);
/* It became an entity: nothing is left of it, nor of any other that has its name. */
void placeholder_drop(struct request *request, uint64_t object);
/* Errors: NOT_FOUND, what the system says. */
int placeholder_remove(struct request *request, uint64_t object);
/* Sets its attributes. Errors: as of placeholder_remove. */
int placeholder_set(struct request *request, uint64_t object, const struct row_entry *entry);

/* Moves it to another name, where one that has it is replaced. Errors: JSON_INCOMPLETE when an
 * entity has it; ALREADY_EXISTS with `no_replace`; NOT_FOUND; what the system says. */
int placeholder_rename(struct request *request, uint64_t object, uint64_t collection,
                       struct span id, bool no_replace);
/* Makes an ordinary file of it. Errors: as node_folder_write. */
int placeholder_leave(struct request *request, uint64_t object, uint64_t new_folder,
                      struct span new_name, unsigned flags);
/* Makes one of those attributes, in the place of one that has the name: of an ordinary empty file
 * that is moved there. Errors: JSON_INCOMPLETE when an entity has it; as placeholder_keep. */
int placeholder_enter(struct request *request, uint64_t collection, struct span id,
                      const struct stat *stat);

/* When a mount begins: removes what crashes have left. */
void placeholder_sweep(struct mount *mount);

#endif
