/* Trials: verbs of the model, each run with each write to the engine, each commit and each
 * allocation made to fail once. After it the verb has failed for that reason and left nothing, the
 * store is whole, and the next command works. */
#ifndef PERSISTFS_TESTS_MODEL_TRIAL_H
#define PERSISTFS_TESTS_MODEL_TRIAL_H

#include "model_place.h"

struct trial_place {
    struct model_place model;
    uint64_t collections[4]; /* for the set-up to fill in, and the verbs */
};

struct trial_verb {
    const char *name;
    int (*run)(struct trial_place *place, struct problem *problem);
    int outcome; /* when nothing fails */
};

struct trial_suite {
    void (*set_up)(struct trial_place *place); /* writes what the verbs are about */
    /* After each verb that did not succeed: asserts that all is as it was. May be NULL. */
    void (*probe)(struct trial_place *place);
    const struct trial_verb *verbs;
    size_t count;
};

/* A cmocka test of each verb with each kind of fault. Returns what main shall. */
int trials_run(const struct trial_suite *suite);

#endif
