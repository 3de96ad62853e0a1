/* A store's folder of its own for a test, with the table of its ordinary files. */
#ifndef PERSISTFS_TESTS_FILES_PLACE_H
#define PERSISTFS_TESTS_FILES_PLACE_H

#include "fs/files.h"

#define MAX  (100 * 1024) /* the limit, in bytes */
#define ROOT inode_make(INODE_ROOT, 1)

struct files_place {
    char path[32];
    struct files *files;
    int fd; /* of the backing folder of the root */
};

/* As a cmocka test's set-up and tear-down: *state is the place. */
int files_place_setup(void **state);
int files_place_teardown(void **state);
/* These assert that all goes well. */
void files_place_open(struct files_place *place);
void files_place_close(struct files_place *place);
void files_place_reopen(struct files_place *place);
/* A file in the root, of that size. */
void files_place_make(const struct files_place *place, const char *name, size_t size);
/* Its node, with one use more. */
struct file_node *files_place_find(const struct files_place *place, const char *name);

#endif
