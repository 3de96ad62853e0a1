/* samples: the documents of a file, one at a time, in the memory of one. */
#ifndef PERSISTFS_FS_SAMPLES_H
#define PERSISTFS_FS_SAMPLES_H

#include "schema/tree.h"

#define SAMPLE_SIZE_MAX (64U << 20) /* bytes of one */

/* Called for each; the tree lives as long as the call. An error ends the reading. */
typedef int samples_take(void *context, const struct tree *sample, struct problem *problem);

/* Reads a file: one document, or an array, whose items are the documents. "-" is standard input
 * with a document a line (JSON lines), where blank ones count for nothing. Errors: as open(2) and
 * read(2); as tree_parse_value of one document, where the detail says which; what `take` returned;
 * NO_MEMORY. */
int samples_read(const char *path, samples_take *take, void *context, struct problem *problem);

#endif
