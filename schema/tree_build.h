/* tree_build: the tree of a text, in one pass. It is strict and quick, and never says why a text
 * is refused: that is for scan.h and tree_judge.h, which are asked only then. */
#ifndef PERSISTFS_SCHEMA_TREE_BUILD_H
#define PERSISTFS_SCHEMA_TREE_BUILD_H

#include "schema/tree.h"

enum tree_built {
    TREE_BUILT,
    TREE_BUILT_DOUBTFUL, /* built, but tree_judge has the last word on duplicates and ranges */
    TREE_NOT_BUILT,      /* scan.h refuses the text, or there is no memory */
};

/* `any_value`: as tree_parse_value has it, else as tree_parse. `ret_tree` is set unless it was not
 * built. */
enum tree_built tree_build(struct arena *arena, struct span text, bool any_value,
                           struct tree **ret_tree);

#endif
