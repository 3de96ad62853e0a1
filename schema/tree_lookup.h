/* tree_lookup: finding many members of one object, in less than quadratic time.
 *
 * Sorting and not hashing, because names come from anyone and could be made to collide. */
#ifndef PERSISTFS_SCHEMA_TREE_LOOKUP_H
#define PERSISTFS_SCHEMA_TREE_LOOKUP_H

#include "schema/tree.h"

struct tree_lookup {
    const struct tree *object;         /* borrowed */
    const struct tree_member **sorted; /* owned; made by the first search that needs it */
    uint32_t next;                     /* where the next name is guessed to be */
    bool linear;                       /* too small to sort, or no memory for it */
};

/* `object` must be one, and live as long as the look-up. */
void tree_lookup_init(struct tree_lookup *lookup, const struct tree *object);
void tree_lookup_finish(struct tree_lookup *lookup);
/* The member of that name, or NULL. Names asked for in the order of the object take constant time,
 * others that of a binary search. Without memory it still answers, slowly. */
const struct tree_member *tree_lookup_find(struct tree_lookup *lookup, struct span key);

/* The members by the bytes of their names; the caller frees the array. NULL when there is no
 * memory. */
const struct tree_member **tree_sorted_members(const struct tree *object);

#endif
