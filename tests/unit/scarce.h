/* scarce: allocations that fail on demand. For programs linked with --wrap=malloc, --wrap=calloc
 * and --wrap=realloc. */
#ifndef PERSISTFS_TESTS_SCARCE_H
#define PERSISTFS_TESTS_SCARCE_H

#include <stdbool.h>

struct scarce {
    unsigned count;   /* of allocations so far */
    unsigned failing; /* the one that fails, from 1; 0: none */
};

extern struct scarce scarce;

/* Counts from now on, and lets that one fail. */
void scarce_begin(unsigned failing);
/* Lets none fail any more. Returns whether one did. */
bool scarce_end(void);
/* For what allocates by another name: counts one more, and tells whether it is to fail. */
bool scarce_fails(void);

#endif
