/* files: the ordinary files, kept as they are in the store's folder.
 *
 *     STORE/files/root/       what is in the mount's root
 *     STORE/files/<object>/   what is in the collection of that object number; `<id>.json`, of 0
 *                             bytes, is a placeholder's (fs/placeholder.h), and no node's
 *     STORE/files/tmp/        what is not yet where it belongs; emptied when a mount begins
 *
 * A node is one such file or folder that the kernel knows, or that a call uses. It is found by
 * device and inode number, so that the names of a hard link are one node, and has an O_PATH
 * descriptor while a call uses it. There may be more nodes than descriptors: a file of one name
 * that no call uses may lose its own, and gets it back by that name. Everything is reached from a
 * descriptor and a name; no symbolic link is ever followed.
 *
 * A node's number is a place in a table, with a count of how often the place was used before:
 *
 *     41              22 21                 0
 *     +-----------------+-------------------+
 *     |   generation    |       place       |
 *     +-----------------+-------------------+
 *
 * The limit (files_max) is on the sum of what each node has: its size, of a folder nothing, and
 * FILES_COST for itself. A file that was removed counts for as long as it is open.
 *
 * Of the descriptors one user may have half: the open handles, and the nodes that belong to the
 * user and keep theirs. Root, and the daemon's own user, may have them all.
 *
 * Threads: any. The table's lock is never held over a system call; a node's own is, while its size
 * changes, and while its bytes become an entity's. */
#ifndef PERSISTFS_FS_FILES_H
#define PERSISTFS_FS_FILES_H

#include "fs/bases.h"
#include "fs/inode.h"
#include "store/base/error.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

#define FILES_COST     1024                /* bytes that count for a node itself */
#define FILES_SIZE_MAX ((uint64_t)1 << 44) /* bytes of a file, as ext4 has it */

struct files;

struct file_node {
    struct files *files;
    int fd; /* O_PATH; set while a call uses it */
    dev_t dev;
    ino_t ino;
    uint64_t inode; /* what the kernel calls it */
    uint64_t shown; /* what users see of it (st_ino), as files_shown_ino */
    uid_t owner;    /* when it was found; it is in this user's share */

    /* Guarded by the table's lock. */
    uint64_t uses; /* the kernel's look-ups, and calls */
    uint64_t busy; /* calls and handles among them */
    struct file_node *next;
    bool is_pinned;  /* it keeps its descriptor: a folder, or its name may not lead to it */
    uint64_t folder; /* where it was found last, */
    char *name;      /* and as what; NULL: unknown */

    pthread_mutex_t lock; /* guards the rest */
    uint64_t counted;     /* what the limit's sum has of it */
    uint64_t lingering;   /* what is on disk of it without a name, and not counted */
    unsigned opens;
    unsigned set;    /* enum model_attributes: which the users have set, since it is known */
    uint64_t object; /* the entity that it was moved onto with its last name; 0: none, */
    uint64_t seq;    /* and the version that it is there */
    struct bases_reader closer; /* who closed it last, or let go of a copy */
};

/* Opens what is below the store's folder, and counts what there is; STORE/files is made when it is
 * first needed, but never with `read_only`. `max` is in bytes. Errors: NO_MEMORY, NOT_FOUND,
 * ACCESS, ENGINE. */
int files_open(const char *store, uint64_t max, bool read_only, struct files **ret_files,
               struct problem *problem);
void files_close(struct files *files); /* takes NULL */

/* Removes the backing folder of a collection, if there is one. Errors: NOT_EMPTY, what the system
 * says. */
int files_remove(struct files *files, uint64_t collection);

/* The sum of what is there, and what it may be, in bytes. */
uint64_t files_used(struct files *files);
uint64_t files_max(const struct files *files);
/* Adds to the sum; takes from it. Errors: NO_SPACE, and nothing is added. */
int files_take(struct files *files, uint64_t size);
void files_give(struct files *files, uint64_t size);
/* What a node of these attributes counts: its names, and its size. */
uint64_t files_cost(const struct stat *stat);

/* The backing folder of the root, a collection or an ordinary folder, as an O_PATH descriptor that
 * is the caller's; made when it is not there and `make`. Errors: NOT_FOUND, NOT_PERMITTED (it has
 * none), what the system says. */
int files_folder(struct files *files, uint64_t folder, bool make, int *ret_fd);
/* Opens a folder to be listed, by its name in that of a descriptor ("." for itself); it is the
 * caller's. NULL: it cannot be opened, and errno says why. */
DIR *files_open_dir(int fd, const char *name);
/* The node of a name in a folder, of which `folder_fd` is the backing one, with one use more.
 * Errors: NOT_FOUND, NO_MEMORY, what the system says (ENFILE: too many that keep a descriptor). */
int files_find(struct files *files, uint64_t folder, int folder_fd, const char *name,
               struct file_node **ret_node);
/* The node of that number, with one use more; NULL when it is no node's, or no longer. */
struct file_node *files_get(struct files *files, uint64_t inode);
/* It has got another name; more than one; or none, and is found by its number alone. */
void file_node_moved(struct file_node *node, uint64_t folder, const char *name);
void file_node_pin(struct file_node *node);
/* Whether it may be pinned without its owner's having more than the share. */
bool file_node_may_pin(struct file_node *node);
/* Takes that many uses away; the node goes with the last one. */
void files_forget(struct files *files, uint64_t inode, uint64_t count);
/* Gives a use back; takes NULL. */
void file_node_drop(struct file_node *node);
/* The use of a call becomes the kernel's. */
void file_node_hand_over(struct file_node *node);
/* How many nodes there are. */
size_t files_nodes(struct files *files);

static inline void cleanup_node(struct file_node **node)
{
    file_node_drop(*node);
}
#define AUTO_NODE __attribute__((cleanup(cleanup_node)))

/* The number that users see (st_ino) of what has the name in a folder: 58 bits that are made of the
 * backing number, of the time of birth (statx(2)) and of the file's handle (name_to_handle_at(2)),
 * as far as the file system has them, and the tag of INODE_FILE. So it is the same after a remount,
 * and no other file's, though the backing one is given again at once. `name` may be "", for `fd`
 * itself. 0: it is not there. */
uint64_t files_shown_ino(int fd, const char *name);

/* A descriptor of the user's share, for a handle: takes it; gives it back. Errors: ENFILE. */
int files_share_take(struct files *files, uid_t uid);
void files_share_give(struct files *files, uid_t uid);

/* Before a change of a node's size, or of what refers to it: takes its lock, and counts it with
 * `size` bytes if that is more. Errors: NO_SPACE, EFBIG, and the lock is not taken. */
int file_node_begin(struct file_node *node, uint64_t size);
/* After it: counts what is there now, and gives the lock back. */
void file_node_end(struct file_node *node);
/* Counts what is there now. */
void file_node_settle(struct file_node *node);

/* Takes the name away from the node, if it has it yet: between the two calls that this needs there
 * is a moment for somebody else's rename. `flags` of unlinkat(2). Errors: ESTALE: the name is
 * another's; what the system says. */
int file_node_unlink(struct file_node *node, int folder_fd, const char *name, int flags);

/* A regular file that has no name yet (files_temporary.c). */
struct files_temporary {
    struct files *files;
    int fd;        /* of its folder */
    char name[24]; /* "": it has been placed */
    uint64_t cost; /* what is counted of it */
};
/* Makes one of those bytes, with the mode, the owner and the times of `stat`, on disk. A daemon
 * that is not root keeps the owner. On error there is none. Errors: NO_SPACE (the limit),
 * NOT_FOUND, what the system says. */
int files_temporary_make(struct files *files, struct span bytes, const struct stat *stat,
                         struct files_temporary *ret_temporary);
/* Gives it its name: `flags` and errors of renameat2(2). */
int files_temporary_place(struct files_temporary *temporary, int folder_fd, const char *name,
                          unsigned flags);
/* Gives it its name, and takes that which had it in its place, to be removed. */
int files_temporary_exchange(struct files_temporary *temporary, int folder_fd, const char *name);
/* Removes it, unless it has been placed. */
void files_temporary_finish(struct files_temporary *temporary);

/* Whether that is what the node is. */
static inline bool file_node_is(const struct file_node *node, const struct stat *stat)
{
    return stat->st_dev == node->dev && stat->st_ino == node->ino;
}

/* Opens what the node is, for reading or writing. Errors: what the system says. */
int file_node_open(const struct file_node *node, int flags, int *ret_fd);

#define FILE_NODE_PATH_MAX 32
/* The node as a path of proc(5), for the calls that take no descriptor of O_PATH. */
const char *file_node_path(int fd, char out[FILE_NODE_PATH_MAX]);

/* What all that is below a folder counts (files_walk.c). What cannot be looked at counts nothing.
 * Links are not followed. Errors: NO_MEMORY. */
int files_measure(int fd, uint64_t *ret_size);

#endif
