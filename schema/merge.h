/* merge: JSON Merge Patch (RFC 7396). */
#ifndef PERSISTFS_SCHEMA_MERGE_H
#define PERSISTFS_SCHEMA_MERGE_H

#include "schema/tree.h"

/* The result of applying `patch` to `target` (NULL: nothing there). Members of the target keep
 * their order and their spelling, new ones follow in the patch's order. The result borrows from
 * both. Errors: NO_MEMORY. */
int merge_patch(struct arena *arena, const struct tree *target, const struct tree *patch,
                struct tree **ret_result);

#endif
