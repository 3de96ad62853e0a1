/* What the files of model_referrers share. */
#ifndef PERSISTFS_FS_MODEL_REFERRERS_H
#define PERSISTFS_FS_MODEL_REFERRERS_H

#include "fs/model_internal.h"

#define CASCADE_STEPS_MAX 10000                 /* entities, beside the target itself */
#define CASCADE_WORK_MAX  ((uint64_t)256 << 20) /* bytes of documents that are read, and */
#define CASCADE_STEP_WORK 1024                  /* what each row, or look-up, counts for */
#define CASCADE_SLOTS     32768                 /* at least twice as many as steps */

struct cascade_step {
    uint64_t object;
    bool doomed; /* it is deleted; else what it refers to by becomes null */
};

struct cascade {
    size_t count; /* of steps; the first is the target */
    size_t doomed;
    uint64_t work;
    struct cascade_step steps[CASCADE_STEPS_MAX + 1];
    uint16_t queue[CASCADE_STEPS_MAX + 1]; /* the doomed steps, as they were found */
    uint16_t slots[CASCADE_SLOTS];         /* by object: a step's number, from 1; 0: free */
};

/* Refuses it for its size. Returns -ERR_REFERENCE_HELD. */
int cascade_refuse_size(struct problem *problem);
bool cascade_dooms(const struct cascade *cascade, uint64_t object);

/* Somebody who refers to an entity. */
struct referrer {
    uint64_t object;
    struct row_version row;
    struct schema_ref *schema;           /* of its collection; owned */
    const struct schema_reference *rule; /* the schema's */
};

/* `collection` is the name of that which the target is in. */
int referrer_load(struct batch *batch, struct span collection, struct store_referrer from,
                  struct referrer *ret_referrer, struct problem *problem);
void referrer_finish(struct referrer *referrer);
void referrer_show(struct buf *out, const struct referrer *referrer);

/* An entity whose references to the doomed become null. */
struct change_of_referrer {
    uint64_t object;
    struct target target;
    struct schema_ref *schema; /* of its collection; owned by the caller, set on failure, too */
    struct tree *after;
    const struct schema_reference *rule; /* the first that is concerned */
    struct span document;                /* the arena's */
};

/* Makes the document and validates it. Adds to the cascade's work. Errors: REFERENCE_HELD when null
 * is not allowed there, TOO_LARGE for too much work. */
int referrer_compose(struct batch *batch, struct cascade *cascade, struct arena *arena,
                     struct change_of_referrer *change, struct problem *problem);

#endif
