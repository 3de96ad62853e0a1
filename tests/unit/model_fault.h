/* Calls that can be made to fail: the n-th of a kind, once or from there on. meson.build puts these
 * in the way with --wrap. */
#ifndef PERSISTFS_TESTS_MODEL_FAULT_H
#define PERSISTFS_TESTS_MODEL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_call {
    FAULT_NONE,
    FAULT_PUT,    /* mdb_put */
    FAULT_DEL,    /* mdb_del */
    FAULT_COMMIT, /* mdb_txn_commit, of a write transaction; it is aborted */
    FAULT_MALLOC,
    FAULT_CALLOC,
    FAULT_REALLOC,
};

/* The `nth` call from now on (1: the next) fails; with `rc` where the call has one. */
void fault_arm(enum fault_call call, unsigned nth, int rc);
/* So do all that follow it. */
void fault_arm_for_good(enum fault_call call, unsigned nth, int rc);
/* Ends it. Returns whether a call was made to fail. */
bool fault_disarm(void);

/* Called in the thread that commits, before each commit; NULL: nothing is. */
void fault_on_commit(void (*hook)(void *context), void *context);

struct model_place;
/* A fingerprint of all rows. */
uint64_t fault_rows(struct model_place *place);

#endif
