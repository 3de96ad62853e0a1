/* A store of its own for a test, with a model over it, and the verbs as short calls. */
#ifndef PERSISTFS_TESTS_MODEL_PLACE_H
#define PERSISTFS_TESTS_MODEL_PLACE_H

#include "fs/model.h"

struct model_place {
    char path[64];
    struct store *store;
    struct model *model;
};

/* These assert that all goes well. `finish` runs the check first. */
void model_place_init(struct model_place *place);
void model_place_finish(struct model_place *place);
/* The same as a cmocka test's set-up and tear-down: *state is the place. */
int model_place_setup(void **state);
int model_place_teardown(void **state);
/* Closes everything and opens it again. */
void model_place_reopen(struct model_place *place);
/* Asserts that the check finds nothing. */
void model_place_check(struct model_place *place);
/* An empty folder, to be removed with all files in it. */
void folder_make(char path[64]);
void folder_remove(const char *path);

struct model_caller model_caller(void);

/* Each verb returns what the model does; `problem` may be NULL. */
int model_write(struct model_place *place, uint64_t collection, const char *name, const char *text,
                struct model_result *ret_result, struct problem *problem);
int model_patch(struct model_place *place, uint64_t collection, const char *name, const char *text,
                struct model_result *ret_result, struct problem *problem);
int model_delete(struct model_place *place, uint64_t collection, const char *name,
                 struct problem *problem);
int model_move(struct model_place *place, uint64_t collection, const char *name,
               uint64_t new_collection, const char *new_name, struct problem *problem);

/* Each asserts that it succeeds, and returns the object. */
uint64_t must_define(struct model_place *place, const char *name, const char *schema);
uint64_t must_write(struct model_place *place, uint64_t collection, const char *name,
                    const char *text);

/* Whether the entity of that name is there and has this text; NULL: whether it is absent. */
bool model_has(struct model_place *place, uint64_t collection, const char *name, const char *text);
/* The entry of an object, without its name; asserts that there is one. */
struct row_entry model_entry(struct model_place *place, uint64_t parent, uint64_t object);
/* The sequence number of the last record. */
uint64_t model_seq(struct model_place *place);

#endif
