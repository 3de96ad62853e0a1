/* What the files of the collections share. */
#ifndef PERSISTFS_FS_NODE_COLLECTION_H
#define PERSISTFS_FS_NODE_COLLECTION_H

#include "fs/node.h"

/* The name of a collection now. Errors: NOT_FOUND for one that was dropped. */
int collection_get_name(struct request *request, uint64_t collection, struct buf *out);
/* The collection of that name. Returns 1, 0 or an error. */
int collection_find(struct request *request, struct span name, uint64_t *ret_object);
/* Whether the name is an ordinary node's; else it is an entity's, a view's, or nobody's. */
bool collection_is_ordinary(uint64_t folder, struct span text);
bool collection_is_vocabulary(uint64_t collection, struct span text);
/* Names the write in log and refusals. Errors: NOT_FOUND for a collection that was dropped. */
int collection_name_write(struct request *request, uint64_t collection, struct span text);
/* The same, of a name that may be written there; takes it apart. What somebody else took away from
 * the name is gone then. Errors: as name_check_collection and name_check_id; READ_ONLY (a view),
 * UNSUPPORTED. */
int collection_begin_write(struct request *request, uint64_t folder, struct span text,
                           struct name *ret_name);

/* Deletes it; a schema with its collection. Errors: as model_remove, and node_folder_drop. */
int collection_remove(struct request *request, uint64_t collection, struct span id,
                      struct model_base base);
/* The entity leaves its name: it waits to be brought back, or is deleted at once. Errors:
 * NOT_FOUND, and as model_remove. */
int collection_leave(struct request *request, uint64_t collection, struct span id);
/* The same, and its document becomes an ordinary file of that name. `flags` of renameat2(2); errors
 * also as node_folder_write; NAME_HELD for REFERENCE_HELD. */
int collection_leave_to(struct request *request, uint64_t collection, struct span id,
                        uint64_t new_folder, struct span new_text, unsigned flags);

/* Gives a collection another name; one that has it must have no ordinary files either. `flags` of
 * renameat2(2). Errors: as model_rename_collection, and INVALID. */
int collection_move(struct request *request, struct span name, struct span new_name,
                    unsigned flags);

/* As the functions of struct node_kind. */
int collection_create(struct request *request, uint64_t folder, struct span text, mode_t mode,
                      int flags, struct node_entry *ret_entry, struct handle **ret_handle);
int collection_mknod(struct request *request, uint64_t folder, struct span text, mode_t mode,
                     dev_t device, struct node_entry *ret_entry);
int collection_mkdir(struct request *request, uint64_t folder, struct span text, mode_t mode,
                     struct node_entry *ret_entry);
int collection_rmdir(struct request *request, uint64_t folder, struct span text);
int collection_unlink(struct request *request, uint64_t folder, struct span text);
int collection_rename(struct request *request, uint64_t folder, struct span text,
                      uint64_t new_folder, struct span new_text, unsigned flags);

#endif
