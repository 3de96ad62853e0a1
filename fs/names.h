/* names: what a name in a collection means. Pure. */
#ifndef PERSISTFS_FS_NAMES_H
#define PERSISTFS_FS_NAMES_H

#include "store/base/error.h"

enum name_kind {
    NAME_ENTITY, /* alice.json */
    NAME_PIN,    /* alice.json@3 */
    NAME_META,   /* alice.meta */
    NAME_AUDIT,  /* alice.audit.jsonl */
    NAME_OTHER,  /* anything else: an ordinary file, or a view that begins with a dot */
};

struct name {
    enum name_kind kind;
    struct span id;   /* borrowed from the name */
    uint64_t version; /* of a pin */
};

/* Takes a name apart. An id that is not allowed makes the name NAME_OTHER. */
struct name name_parse(struct span text);

/* Whether it is an ordinary file's, in a collection and in the root: no entity's, no view's that
 * there is or will be, and in a collection no visible one that ends in .json. */
bool name_is_ordinary(struct span text);
bool name_is_ordinary_in_root(struct span text);

#define NAME_ID_MAX         200 /* bytes */
#define NAME_COLLECTION_MAX 64  /* bytes */

/* Whether it may be an entity's id: UTF-8 of at most NAME_ID_MAX bytes with no control character
 * and no '/', not beginning with '.' or '#', and not ending as a view does. Errors: BAD_NAME,
 * NAME_TOO_LONG. */
int name_check_id(struct span id, struct problem *problem);
/* [A-Za-z_][A-Za-z0-9_-]{0,63}. Errors: BAD_NAME, NAME_TOO_LONG. */
int name_check_collection(struct span name, struct problem *problem);

#endif
