/* diff: JSON Patch (RFC 6902) between two documents, and its application. */
#ifndef PERSISTFS_SCHEMA_DIFF_H
#define PERSISTFS_SCHEMA_DIFF_H

#include "schema/tree.h"

/* Appends a JSON array of `add`, `remove` and `replace` operations, on one line, that turns
 * `before` into `after` exactly: diff_apply gives a value that is tree_same as `after`. `[]` when
 * they are tree_same. Arrays are compared after their common head and tail are set aside, so an
 * inserted or removed item is one operation. A patch that would be several times as long as both
 * documents (long names above many small changes) becomes one `replace` of the whole, so time and
 * output are linear in the size of both, but for the sorting of large objects. */
void diff_write(struct buf *out, const struct tree *before, const struct tree *after);

#define DIFF_COPIES_MAX ((size_t)64 << 20)

/* Applies a parsed RFC 6902 patch, of any of its six operations, all or nothing. `patch` is the
 * array. The result borrows from all. Errors: INVALID with a problem that names the operation by
 * its index, also when it nests deeper than SCAN_DEPTH_MAX or removes the whole document;
 * TOO_LARGE when its `copy` operations make more than DIFF_COPIES_MAX bytes; NO_MEMORY. */
int diff_apply(struct arena *arena, const struct tree *before, const struct tree *patch,
               struct tree **ret_after, struct problem *problem);

#endif
