/* What the files of `files` share. They use the C library and store/base alone. */
#ifndef PERSISTFS_FS_FILES_INTERNAL_H
#define PERSISTFS_FS_FILES_INTERNAL_H

#include "fs/files.h"

#include <stdatomic.h>

#define FILES_BUCKETS     16384
#define FILES_SHARES      65536
#define FILES_PLACE_BITS  22
#define FILES_GENERATIONS ((uint32_t)1 << (INODE_NUMBER_BITS - FILES_PLACE_BITS))

struct files_place {
    struct file_node *node; /* NULL: free */
    uint32_t generation;
    uint32_t next_free;
};

struct files {
    int store_fd;           /* -1: read-only, and nothing is made */
    atomic_int fd;          /* of STORE/files; -1: there is none yet */
    pthread_mutex_t making; /* for one at a time who makes it */
    uint64_t max;
    uid_t self;                        /* whom the daemon runs as */
    atomic_int_least64_t used;         /* below 0: more was given back than could be counted */
    atomic_int_least64_t lingering;    /* of what has no name, and is known to the kernel yet */
    atomic_uint_least64_t temporaries; /* ever made */
    /* Descriptors by user; those whose numbers are the same modulo FILES_SHARES have one share. */
    atomic_uint_least32_t shares[FILES_SHARES];

    pthread_mutex_t lock; /* guards the rest */
    struct file_node *buckets[FILES_BUCKETS];
    struct files_place *places;
    uint32_t place_count; /* ever used */
    uint32_t place_room;
    uint32_t first_free, last_free; /* a queue; UINT32_MAX: none */
    size_t nodes;
    size_t descriptors; /* of nodes */
    size_t descriptors_max;
    uint32_t hand; /* the place where the search for one to close goes on */
};

/* A folder right below STORE/files, as an O_PATH descriptor that is the caller's. Errors:
 * NOT_FOUND, what the system says. */
int files_top(struct files *files, const char *name, bool make, int *ret_fd);
/* Removes what another mount has left in STORE/files/tmp. */
void files_temporary_clear(struct files *files);
/* Takes a descriptor of the user's share without asking whether there is one. */
void files_share_add(struct files *files, uid_t uid);
/* What is on disk of a node that counts nothing, from now on. */
void files_linger(struct file_node *node, uint64_t size);
/* Makes room for one descriptor more, and counts it. `ret_close` is set to one that is to be closed
 * once the lock is given back, if there is. Errors: what the system would say (ENFILE). */
int files_claim_locked(struct files *files, int *ret_close);
/* A node in use has its descriptor again. Errors: what the system says; ESTALE when its name leads
 * somewhere else. */
int files_reopen(struct file_node *node);

#endif
