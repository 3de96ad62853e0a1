/* tree_judge: what jansson has to say of a text that scan.h takes for complete. */
#ifndef PERSISTFS_SCHEMA_TREE_JUDGE_H
#define PERSISTFS_SCHEMA_TREE_JUDGE_H

#include "store/base/error.h"
#include "store/base/span.h"

/* Errors: JSON_DUPLICATE, JSON_LIMIT and NO_MEMORY, as tree_parse, or with `any_value` as
 * tree_parse_value. `text` has at most INT32_MAX bytes. */
int tree_judge(struct span text, bool any_value, struct problem *problem);

#endif
