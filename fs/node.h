/* node: where a name leads. Each kind of node is one file with one constant table of functions,
 * found by the tag in its inode number; fs/ops*.c answer for a function that a kind lacks.
 *
 * The functions return 0 or a negative error, set outputs only on success, and leave the detail in
 * request->problem. They know nothing of FUSE: fs/ops*.c decodes, calls, replies and logs. */
#ifndef PERSISTFS_FS_NODE_H
#define PERSISTFS_FS_NODE_H

#include "fs/inode.h"
#include "fs/model.h"
#include "fs/names.h"
#include "fs/pending.h"
#include "fs/refusals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

struct handle;
struct draft;
struct reader;
struct reaper;
struct journal;
struct files;
struct dances;
struct verdicts;

#define MOUNT_DRAFT_BUCKETS 1024

/* All that a mount has. Made by main, lives until the loop has ended. */
struct mount {
    struct model *model;       /* owned */
    struct store *store;       /* owned */
    struct refusals *refusals; /* owned */
    struct pendings *pendings; /* owned */
    struct files *files;       /* owned; NULL: no ordinary files */
    uint32_t uid, gid;         /* who mounted it: owns what nobody else does */
    bool read_only;
    int64_t mounted;                             /* real time, nanoseconds */
    pthread_mutex_t handles_lock;                /* guards the two lists; held for nothing else */
    struct draft *drafts[MOUNT_DRAFT_BUCKETS];   /* of the files open for writing, by inode */
    struct reader *readers[MOUNT_DRAFT_BUCKETS]; /* of the entities open for reading */
    atomic_uint_least64_t open_handles;
    atomic_uint_least64_t draft_bytes; /* that all drafts hold together */
    /* Held for reading while an ordinary name is made in a collection that lives, for writing while
     * one is found empty and dropped: so nothing is left in the folder of one that is gone. */
    pthread_rwlock_t dropping;
    struct reaper *reaper;     /* owned; NULL when read-only */
    struct dances *dances;     /* owned; NULL when read-only */
    struct verdicts *verdicts; /* owned */
    struct journal *log;       /* owned */
    uint64_t correlation_base; /* random, one a mount */
    atomic_uint_least64_t correlation_count;
};

/* Which of the mount's lists a node's handles are in. */
static inline size_t mount_bucket(uint64_t inode)
{
    return (inode ^ inode >> 32) % MOUNT_DRAFT_BUCKETS;
}

/* One call of the kernel's, from its decoding to its reply. */
struct request {
    struct mount *mount;
    struct model_caller caller;
    struct problem problem;
    uint64_t correlation; /* its number in the mount */
    pid_t pid;            /* see request_pid */
    int64_t began;        /* monotonic */
    size_t unwritten;     /* of a write that succeeds: how many bytes at its end it left */

    /* By which the kernel asks for attributes; NULL: it does not say. */
    const struct handle *handle;

    /* Set by a node that changes an entity, for the log and the refusals. */
    bool is_write;
    uint64_t collection; /* its object */
    struct buf collection_name;
    struct buf file_name; /* in the collection */
    struct buf bytes;     /* what was refused */
    bool repeated;        /* a verdict given before, not a new one */
    struct model_result result;
};

struct node_entry {
    uint64_t inode;
    struct stat stat;
};

/* Takes one entry of a listing; returns false when there is no room for it. */
struct node_listing {
    bool (*add)(struct node_listing *listing, struct span name, uint64_t inode, mode_t type,
                uint64_t next_offset);
    bool is_full; /* set by add */
};

enum node_set {
    NODE_SET_MODE = 1,
    NODE_SET_UID = 2,
    NODE_SET_GID = 4,
    NODE_SET_SIZE = 8,
    NODE_SET_ATIME = 16,
    NODE_SET_MTIME = 32,
    NODE_SET_ATIME_NOW = 64,
    NODE_SET_MTIME_NOW = 128,
};

struct node_kind {
    mode_t type;     /* S_IFDIR or S_IFREG */
    bool lists_dots; /* the listing has "." and ".." itself */
    bool is_cached;  /* the kernel may keep pages of it */
    bool is_view;    /* of what was done: who looks at it must find all that he did himself */

    int (*getattr)(struct request *request, uint64_t inode, struct stat *ret_stat);
    /* `handle` may be NULL. The new attributes are read with getattr. */
    int (*setattr)(struct request *request, uint64_t inode, struct handle *handle,
                   const struct stat *wanted, unsigned set);

    /* Of folders. */
    int (*lookup)(struct request *request, uint64_t folder, struct span name,
                  struct node_entry *ret_entry);
    /* From `offset` on: 0 at the beginning, else the next_offset of an entry. "." and ".." are the
     * caller's; offsets begin at 3. */
    int (*readdir)(struct request *request, uint64_t folder, uint64_t offset,
                   struct node_listing *listing);
    int (*create)(struct request *request, uint64_t folder, struct span name, mode_t mode,
                  int flags, struct node_entry *ret_entry, struct handle **ret_handle);
    int (*mkdir)(struct request *request, uint64_t folder, struct span name, mode_t mode,
                 struct node_entry *ret_entry);
    int (*rmdir)(struct request *request, uint64_t folder, struct span name);
    int (*unlink)(struct request *request, uint64_t folder, struct span name);
    /* `flags` of renameat2(2). Called of the source's folder. */
    int (*rename)(struct request *request, uint64_t folder, struct span name, uint64_t new_folder,
                  struct span new_name, unsigned flags);

    int (*symlink)(struct request *request, uint64_t folder, struct span name, const char *target,
                   struct node_entry *ret_entry);
    /* `mode` with its type; `device` is a device's. */
    int (*mknod)(struct request *request, uint64_t folder, struct span name, mode_t mode,
                 dev_t device, struct node_entry *ret_entry);
    /* Makes what is listed in the folder last. */
    int (*sync)(struct request *request, uint64_t folder);
    /* Whether an ordinary node of that type may have that name there. Returns 0, 1 when the name is
     * an entity's, or an error. */
    int (*accept)(struct request *request, uint64_t folder, struct span name, mode_t type);

    /* Of files. */
    int (*link)(struct request *request, uint64_t inode, uint64_t folder, struct span name,
                struct node_entry *ret_entry);
    int (*readlink)(struct request *request, uint64_t inode, struct buf *out);
    int (*open)(struct request *request, uint64_t inode, int flags, struct handle **ret_handle);
    int (*read)(struct request *request, struct handle *handle, uint64_t offset, size_t size,
                struct buf *out);
    int (*write)(struct request *request, struct handle *handle, uint64_t offset, struct span data);
    int (*flush)(struct request *request, struct handle *handle);
    int (*fsync)(struct request *request, struct handle *handle);
    /* Frees it. */
    void (*release)(struct request *request, struct handle *handle);
    /* fallocate(2), lseek(2) for holes, and copy_file_range(2) between two handles of this kind. */
    int (*allocate)(struct request *request, struct handle *handle, int mode, uint64_t offset,
                    uint64_t size);
    int (*seek)(struct request *request, struct handle *handle, int64_t offset, int whence,
                int64_t *ret_offset);
    int (*copy)(struct request *request, struct handle *from, int64_t from_offset,
                struct handle *to, int64_t to_offset, size_t size, size_t *ret_size);

    /* Extended attributes: the value of one; the names, each with its NUL. */
    int (*getxattr)(struct request *request, uint64_t inode, struct span name, struct buf *out);
    int (*listxattr)(struct request *request, uint64_t inode, struct buf *out);
    /* `flags` of setxattr(2). */
    int (*setxattr)(struct request *request, uint64_t inode, struct span name, struct span value,
                    int flags);
    int (*removexattr)(struct request *request, uint64_t inode, struct span name);
};

/* An open file. What a kind needs beyond, it puts behind this in a structure of its own. */
struct handle {
    const struct node_kind *kind;
    uint64_t inode;
    int flags; /* of open(2) */
};

extern const struct node_kind node_root, node_collection, node_entity, node_pin, node_pin_new,
    node_meta, node_audit, node_errors, node_rejected, node_error, node_bytes, node_journal,
    node_stats, node_outbox, node_place, node_worker, node_event, node_vocabulary, node_file,
    node_folder;

/* The kind an inode number belongs to; NULL when it belongs to none. */
const struct node_kind *node_kind_of(uint64_t inode);

/* Attributes of something the program makes itself: it belongs to whoever mounted. */
void node_stat(const struct mount *mount, uint64_t inode, mode_t mode, struct stat *ret_stat);
void node_stat_size(struct stat *stat, uint64_t size);
/* Attributes of a view of an entity: it may be read by whom the entity may be, or might be when it
 * was deleted. The size is left. */
int node_view_stat(struct request *request, struct store_view *view, uint64_t inode,
                   struct stat *ret_stat);
void node_stat_times(struct stat *stat, int64_t atime, int64_t mtime, int64_t ctime);
/* In nanoseconds; or the nearest that is one of those. */
int64_t node_time(struct timespec time);
/* Fills an entry by asking the node's getattr. */
int node_entry_fill(struct request *request, uint64_t inode, struct node_entry *ret_entry);
/* What enum model_attributes calls what enum node_set does, but for a size. */
unsigned node_attributes(unsigned set);
/* Sets what enum model_attributes names of an entry of `parent`. */
int node_set_attributes(struct request *request, uint64_t parent, uint64_t object,
                        const struct stat *wanted, unsigned set);

/* A folder whose inode number is an object's: what its entry below STORE_ROOT says, else what is
 * given. */
int node_folder_stat(struct request *request, uint64_t inode, mode_t mode, struct stat *ret_stat);
int node_folder_setattr(struct request *request, uint64_t inode, struct handle *handle,
                        const struct stat *wanted, unsigned set);

/* Files whose text is made when they are opened (node_text.c). The kinds are read-only. */
typedef int (*node_render)(struct request *request, uint64_t inode, struct buf *out);
int node_text_open(struct request *request, uint64_t inode, int flags, node_render render,
                   struct handle **ret_handle);
int node_text_read(struct request *request, struct handle *handle, uint64_t offset, size_t size,
                   struct buf *out);
void node_text_release(struct request *request, struct handle *handle);

/* Read-only parts of an open(2): an error for anything that would write. */
int node_refuse_write(struct request *request, int flags);

/* Whether the caller may write an entity of those attributes. */
bool node_may_write(const struct request *request, const struct row_entry *entry);
/* The caller's process; asked for once. */
pid_t request_pid(struct request *request);
/* Names the entity that a request writes, for its log line and its refusal. */
void request_name(struct request *request, uint64_t collection, struct span collection_name,
                  struct span id, const char *suffix);
/* Who has, or last had, a name. Returns 1, 0 or an error. */
int node_name_get(struct request *request, uint64_t parent, struct span name,
                  struct row_binding *ret_binding);
/* The name of a collection as it is now. Returns 1, 0 or an error. */
int node_collection_name(struct store_view *view, uint64_t collection, struct buf *out);

#endif
