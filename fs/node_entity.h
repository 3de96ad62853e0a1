/* What the files of the entity's node share. */
#ifndef PERSISTFS_FS_NODE_ENTITY_H
#define PERSISTFS_FS_NODE_ENTITY_H

#include "fs/node.h"

/* What an open, a stat or an attribute needs to know of an entity. Its spans end with the view. */
struct subject {
    uint64_t object;
    uint64_t seq;
    struct row_version row;
    struct row_entry entry;
    bool is_pinned;
};

/* The object and version an inode number means. Returns 1, 0 or an error. */
int entity_load(struct store_view *view, uint64_t inode, struct subject *ret_subject);

/* As the functions of struct node_kind. Names that begin with "user.persistfs." are the program's.
 */
int entity_getxattr(struct request *request, uint64_t inode, struct span name, struct buf *out);
int entity_listxattr(struct request *request, uint64_t inode, struct buf *out);
int entity_setxattr(struct request *request, uint64_t inode, struct span name, struct span value,
                    int flags);
int entity_removexattr(struct request *request, uint64_t inode, struct span name);
/* The entity gets those of an ordinary file that was moved onto it, beside its own. What there is
 * no room for is left. */
void entity_take_xattrs(struct request *request, uint64_t object, uint64_t file);

#endif
