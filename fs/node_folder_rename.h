/* What the files of an ordinary node's rename share. */
#ifndef PERSISTFS_FS_NODE_FOLDER_RENAME_H
#define PERSISTFS_FS_NODE_FOLDER_RENAME_H

#include "fs/node_file.h"

#include <stdio.h>

/* One side of it. */
struct side {
    uint64_t folder;
    struct span name;
    struct file_name text;
    int fd;                 /* of the backing folder; -1: there is none */
    struct file_node *node; /* NULL: there is none */
};

/* Onto the name of an entity (node_folder_entity.c): `from` is an ordinary node of that type. With
 * RENAME_EXCHANGE the entity's document gets the ordinary name. Errors: NOT_PERMITTED, ACCESS,
 * ALREADY_EXISTS, EXCHANGE, as node_file_read_whole and model_put. */
int side_write_entity(struct request *request, struct side *from, const struct side *to,
                      mode_t type, unsigned flags);

#endif
