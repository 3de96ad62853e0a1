/* infer: a schema from samples.
 *
 * What all samples have in common is asserted: types, the members that none of them lacks, formats
 * that every string fits. What they only suggest (few strings that come again and again, values
 * that all differ) is said in a "$comment", for a person to decide. Every sample satisfies the
 * schema. Memory is bounded by the limits below, however many samples there are. */
#ifndef PERSISTFS_SCHEMA_INFER_H
#define PERSISTFS_SCHEMA_INFER_H

#include "schema/tree.h"

#define INFER_DEPTH_MAX    48   /* levels that are described; what is deeper may be anything */
#define INFER_MEMBERS_MAX  1000 /* of one object */
#define INFER_NAME_MAX     200  /* bytes of a member's name */
#define INFER_PLACES_MAX   5000 /* values that are described, all together */
#define INFER_DISTINCT_MAX 1000 /* values that are remembered to tell whether all differ */

struct infer;

/* Errors: NO_MEMORY. */
int infer_create(struct infer **ret_infer, struct problem *problem);
void infer_destroy(struct infer *infer); /* takes NULL */

/* Takes in one sample, of which nothing is borrowed. Errors: NO_MEMORY, after which it must only be
 * destroyed. */
int infer_add(struct infer *infer, const struct tree *sample, struct problem *problem);

/* How many samples there were. */
uint64_t infer_count(const struct infer *infer);

/* What of the samples the schema does not describe, for the limits above. */
struct infer_left_out {
    uint64_t deep;    /* objects and arrays on the last level, whose insides were not looked at */
    uint64_t members; /* beyond what one object may have, or with too long a name */
    uint64_t places;  /* members and items for which there was no place any more */
};

const struct infer_left_out *infer_left_out(const struct infer *infer);

/* Appends the schema, indented, with a newline at the end. There is a sample. Errors: NO_MEMORY. */
int infer_write(const struct infer *infer, struct buf *out, struct problem *problem);

#endif
