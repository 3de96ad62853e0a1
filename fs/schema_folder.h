/* schema_folder: schemas in folders, for the references that lead out of a schema.
 *
 * Each folder stands for the URIs that begin with a prefix: what follows the prefix is the path of
 * a file below the folder, as it is or with ".json" behind it, so that a collection may be referred
 * to by its name. Nothing outside the folder is ever opened, whatever the URI says and whatever
 * links are in the folder. */
#ifndef PERSISTFS_FS_SCHEMA_FOLDER_H
#define PERSISTFS_FS_SCHEMA_FOLDER_H

#include "schema/schema.h"

struct schema_folders;

/* Errors: NO_MEMORY. */
int schema_folders_create(struct schema_folders **ret_folders, struct problem *problem);
void schema_folders_destroy(struct schema_folders *folders); /* takes NULL */

/* `prefix` is an absolute URI, copied; it ends with '/', or is taken as if it did. The folder is
 * opened now. Errors: INVALID for a prefix without a scheme; as of open(2); NO_MEMORY. */
int schema_folders_add(struct schema_folders *folders, struct span prefix, const char *path,
                       struct problem *problem);
/* The same for the folder that a file is in, under its file: URI (RFC 8089), which is appended to
 * `uri`: that of the file. Neither the file nor its being there matters. */
int schema_folders_add_around(struct schema_folders *folders, const char *file, struct buf *uri,
                              struct problem *problem);

/* The source over all the folders; the one with the longest prefix is asked. It lives as long as
 * they, and so do the texts it found, which are at most SCHEMA_SIZE_MAX each, and 64 MiB together.
 * Errors of its `find`: NOT_FOUND; TOO_LARGE; as of read(2); NO_MEMORY. One thread at a time. */
const struct schema_source *schema_folders_source(const struct schema_folders *folders);

#endif
