/* inode: every node's number says what it is. Nothing is looked up, so nothing need be remembered
 * between a LOOKUP and its FORGET, and a number means the same after a restart. The ordinary files
 * are the exception: theirs are places in a table, and last from LOOKUP to FORGET.
 *
 *     63      58 57           42 41                                   0
 *     +---------+---------------+--------------------------------------+
 *     |   tag   |    branch     |  object, sequence or other number    |
 *     +---------+---------------+--------------------------------------+
 */
#ifndef PERSISTFS_FS_INODE_H
#define PERSISTFS_FS_INODE_H

#include <stdint.h>

enum inode_tag {
    INODE_ROOT,       /* number 1, which FUSE demands (FUSE_ROOT_ID) */
    INODE_COLLECTION, /* an object; STORE_SCHEMAS among them */
    INODE_ENTITY,     /* an object, of which there may not be a version yet */
    INODE_PIN,        /* the sequence number of a version */
    INODE_PIN_NEW,    /* an object number, taken for a pin that leads to no version */
    INODE_META,       /* an object */
    INODE_AUDIT,      /* an object */
    INODE_ERRORS,     /* a collection's object */
    INODE_REJECTED,   /* a collection's object */
    INODE_ERROR,      /* the number of a refusal */
    INODE_BYTES,      /* the number of a refusal */
    INODE_JOURNAL,
    INODE_STATS,
    INODE_OUTBOX,
    INODE_PLACE,  /* STORE_PENDING, STORE_CLAIMED, STORE_DISPATCHED, STORE_DEAD */
    INODE_WORKER, /* an object */
    INODE_EVENT,  /* sequence number << 6 | nth */
    INODE_VOCABULARY,
    INODE_FILE,   /* an ordinary node that is no folder: see fs/files.h */
    INODE_FOLDER, /* an ordinary folder, likewise */
    INODE_TAG_COUNT
};

#define INODE_NUMBER_BITS 42

static inline uint64_t inode_make(enum inode_tag tag, uint64_t number)
{
    return (uint64_t)tag << 58 | (number & (((uint64_t)1 << INODE_NUMBER_BITS) - 1));
}

static inline unsigned inode_tag(uint64_t inode)
{
    return (unsigned)(inode >> 58);
}

static inline uint64_t inode_number(uint64_t inode)
{
    return inode & (((uint64_t)1 << INODE_NUMBER_BITS) - 1);
}

#endif
