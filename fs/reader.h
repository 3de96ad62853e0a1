/* reader: an entity that is open for reading. It sees one version, whatever happens.
 *
 * Which one is settled by the first look: the first read(2), or an fstat(2) before it by the same
 * process, so that the size that was told is the size that is read. FUSE sends fstat without the
 * handle, so a GETATTR settles all handles that its process has not looked through yet.
 *
 * Threads: any. */
#ifndef PERSISTFS_FS_READER_H
#define PERSISTFS_FS_READER_H

#include "fs/node.h"

struct reader {
    struct handle handle;
    struct reader *next; /* in the mount's list; guarded by mount->handles_lock */
    uint64_t object;
    uint64_t opened;      /* the version at the open, a sequence number; 0: there was none */
    int32_t tid;          /* that opened it */
    _Atomic uint64_t seq; /* the version it sees; 0: not settled yet */
};

/* `settled`: it can see no other version than `seq`. NULL: no memory. */
struct reader *reader_create(struct request *request, uint64_t inode, int flags, uint64_t object,
                             uint64_t seq, bool settled);
void reader_destroy(struct mount *mount, struct reader *reader);

/* The caller is being told of version `seq`. */
void reader_settle_all(struct request *request, uint64_t inode, uint64_t seq);

/* The version it sees; 0: not settled yet. */
static inline uint64_t reader_seq(const struct reader *reader)
{
    return atomic_load(&reader->seq);
}
/* The version of an entity that is no more which the caller sees through a handle of its process,
 * or else anybody through one; 0: nobody has it open for reading. */
uint64_t reader_shown(struct request *request, uint64_t inode);

int reader_read(struct request *request, struct reader *reader, uint64_t offset, size_t size,
                struct buf *out);

#endif
