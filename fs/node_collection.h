/* What the files of the collections share. */
#ifndef PERSISTFS_FS_NODE_COLLECTION_H
#define PERSISTFS_FS_NODE_COLLECTION_H

#include "fs/node.h"

/* The name of a collection now. Errors: NOT_FOUND for one that was dropped. */
int collection_get_name(struct request *request, uint64_t collection, struct buf *out);
/* Whether the name is an ordinary node's; else it is an entity's, a view's, or nobody's. */
bool collection_is_ordinary(uint64_t folder, struct span text);
bool collection_is_vocabulary(uint64_t collection, struct span text);
/* Names the write in log and refusals. Errors: NOT_FOUND for a collection that was dropped. */
int collection_name_write(struct request *request, uint64_t collection, struct span text);
/* Why a name cannot be written in a collection; 0 when it can. */
int collection_check_name(struct request *request, uint64_t collection, const struct name *name,
                          struct span text);
/* Both; takes the name apart. */
int collection_begin_write(struct request *request, uint64_t folder, struct span text,
                           struct name *ret_name);

/* As the functions of struct node_kind. */
int collection_create(struct request *request, uint64_t folder, struct span text, mode_t mode,
                      int flags, struct node_entry *ret_entry, struct handle **ret_handle);
int collection_mkdir(struct request *request, uint64_t folder, struct span text, mode_t mode,
                     struct node_entry *ret_entry);
int collection_rmdir(struct request *request, uint64_t folder, struct span text);
int collection_unlink(struct request *request, uint64_t folder, struct span text);
int collection_rename(struct request *request, uint64_t folder, struct span text,
                      uint64_t new_folder, struct span new_text, unsigned flags);

#endif
