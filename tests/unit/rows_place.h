/* A store of its own for a test of its rows, being written. */
#ifndef PERSISTFS_TESTS_ROWS_PLACE_H
#define PERSISTFS_TESTS_ROWS_PLACE_H

#include "store/store.h"

struct rows_place {
    char path[64];
    struct store *store;
    struct store_view view;
};

/* As a cmocka test's set-up and tear-down: *state is the place. */
int rows_place_setup(void **state);
int rows_place_teardown(void **state);
/* Commits what was written, and looks at it from now on. Asserts that all goes well. */
struct store_view *rows_place_look(struct rows_place *place);

/* The next of a sequence of numbers of 24 bits that is the same each time. */
uint32_t next_random(uint32_t *seed);

#endif
