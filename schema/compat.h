/* compat: whether what satisfies one schema satisfies another, too.
 *
 * It is right in one direction: when no finding is worse than COMPAT_COMPATIBLE, every document
 * that the old schema accepts is accepted by the new one, once schema_apply_defaults has given it
 * the new defaults. In the other direction it is as good as comparing keyword by keyword is.
 * References that leave the schema are taken to lead to the same in both. */
#ifndef PERSISTFS_SCHEMA_COMPAT_H
#define PERSISTFS_SCHEMA_COMPAT_H

#include "schema/tree.h"

enum compat_effect {
    COMPAT_COMPATIBLE, /* a change that no entity can break under */
    COMPAT_UNKNOWN,    /* cannot be compared: some could break */
    COMPAT_BREAKING,   /* the old schema allowed what the new one does not */
};

struct compat_finding {
    enum compat_effect effect;
    struct span pointer; /* RFC 6901, into the new schema; into the old one where what it leads to
                            is gone */
    const char *message; /* a sentence for people */
};

struct compat_report {
    enum compat_effect worst; /* COMPAT_COMPATIBLE also when there is no finding */
    size_t count;
    const struct compat_finding *findings;
    size_t untold; /* further ones, beyond the first COMPAT_FINDINGS_MAX */
};

#define COMPAT_FINDINGS_MAX 1000

/* "compatible", "unknown" or "breaking". */
const char *compat_effect_name(enum compat_effect effect);

/* Compares two schemas that schema_compile accepts, as the store uses them: for JSON objects. The
 * report is in the arena and borrows from neither. Time and depth are bounded; what is left then is
 * COMPAT_UNKNOWN. Errors: NO_MEMORY. */
int compat_compare(struct arena *arena, const struct tree *old_schema,
                   const struct tree *new_schema, struct compat_report *ret_report);

#endif
