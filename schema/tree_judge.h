/* tree_judge: what jansson has to say of a text that scan.h takes for complete. */
#ifndef PERSISTFS_SCHEMA_TREE_JUDGE_H
#define PERSISTFS_SCHEMA_TREE_JUDGE_H

#include "store/base/error.h"
#include "store/base/span.h"

/* Errors: JSON_DUPLICATE, JSON_LIMIT and NO_MEMORY, as tree_parse. `text` has at most INT32_MAX
 * bytes. */
int tree_judge(struct span text, struct problem *problem);

#endif
