/* placeholder_file: the file of 0 bytes that a placeholder has in the backing folder of its
 * collection, `<id>.json`; see fs/placeholder.h. It counts FILES_COST. What is no regular file, or
 * not empty, is not looked at. */
#ifndef PERSISTFS_FS_PLACEHOLDER_FILE_H
#define PERSISTFS_FS_PLACEHOLDER_FILE_H

#include "fs/node.h"

bool placeholder_file_find(struct mount *mount, uint64_t collection, struct span id,
                           struct stat *ret_stat);
/* Errors: NO_SPACE, EEXIST and whatever else the system says; and nothing is there. */
int placeholder_file_make(struct mount *mount, uint64_t collection, struct span id,
                          const struct row_entry *entry);
/* Sets mode, owner and times. A daemon that is not root keeps the owner, and the group that it
 * cannot give away. Errors: NOT_FOUND, what the system says. */
int placeholder_file_set(struct mount *mount, uint64_t collection, struct span id,
                         const struct row_entry *entry);
/* Nothing when it is not there. Errors: what the system says. */
int placeholder_file_remove(struct mount *mount, uint64_t collection, struct span id);
/* What has the new name goes with it. Errors: what the system says. */
int placeholder_file_rename(struct mount *mount, uint64_t collection, struct span id,
                            uint64_t new_collection, struct span new_id);

#endif
