/* bases: which process knows which version of what, so that a write made in ignorance of a newer
 * one is refused.
 *
 * A process is known by the `owner` that FUSE sends with each direct read and write: the kernel's
 * number for its table of descriptors, the same for all threads. Noting a read is one probe of a
 * table in memory. Only when a write would be refused is proc(5) asked whether the number still
 * means the process that read.
 *
 * Threads: any; one mutex inside guards the table, and is never held over a system call. */
#ifndef PERSISTFS_FS_BASES_H
#define PERSISTFS_FS_BASES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bases;

struct bases_reader {
    uint64_t owner; /* 0: unknown, and nothing is noted or found */
    pid_t tid;
};

/* Holds at most `capacity` notes, and forgets the least recent ones beyond. NULL: no memory. */
struct bases *bases_create(uint32_t capacity);
void bases_destroy(struct bases *bases); /* takes NULL */

/* The reader has seen the version with that sequence number. */
void bases_read(struct bases *bases, uint64_t object, struct bases_reader reader, uint64_t seq);
/* The writer has made it. Noted only of a process that has read the object, or when `based`. */
void bases_wrote(struct bases *bases, uint64_t object, struct bases_reader writer, uint64_t seq,
                 bool based);

/* The process knows nothing of the object any more. */
void bases_forget(struct bases *bases, uint64_t object, struct bases_reader reader);

struct bases_note {
    uint64_t seq;     /* the version it knows */
    uint64_t written; /* the newest it made itself; 0: none */
};

/* What the writer's process knows of the object, when it is not `current`: then the note is
 * checked against proc(5), and forgotten if it is some earlier process's. */
bool bases_find(struct bases *bases, uint64_t object, struct bases_reader writer, uint64_t current,
                struct bases_note *ret_note);

/* The owner that the process of that thread was known by when it last read the object, whatever
 * version; 0: it has not. For a call that comes without an owner. Only threads that live are looked
 * at. Walks the whole table. */
uint64_t bases_owner(struct bases *bases, uint64_t object, pid_t tid);

#endif
