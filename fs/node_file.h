/* What the files of the ordinary nodes share, and what the root and the collections, which have
 * ordinary nodes beside their own, leave to them.
 *
 * Who may do what the kernel has decided (default_permissions). A new node belongs to its caller;
 * a daemon that is not root cannot give it away, and takes new ones of its own user alone (EACCES).
 * What the system says is passed on (error_system); it is no refusal, and not logged. */
#ifndef PERSISTFS_FS_NODE_FILE_H
#define PERSISTFS_FS_NODE_FILE_H

#include "fs/files.h"
#include "fs/node.h"

#include <errno.h>
#include <limits.h>

struct open_file {
    struct handle handle;
    struct file_node *node; /* a use of it */
    int fd;
};

static inline int node_system_error(void)
{
    return error_system(errno);
}

/* A name as the system's calls take it. */
struct file_name {
    char text[NAME_MAX + 1];
};
/* Of one step in a folder. Errors: NAME_TOO_LONG; INVALID, for "", ".", ".." and what has a '/'. */
int node_file_name(struct span name, struct file_name *ret_name);

/* Tells the kernel of a node; the use that the caller has of it becomes the kernel's. */
int node_file_entry(struct file_node *node, struct node_entry *ret_entry);
/* Opens it. `handle` gets a use of its own. */
int node_file_open(struct request *request, struct file_node *node, int flags,
                   struct handle **ret_handle);
int node_file_getattr(struct request *request, uint64_t inode, struct stat *ret_stat);
int node_file_setattr(struct request *request, uint64_t inode, struct handle *handle,
                      const struct stat *wanted, unsigned set);
int node_file_getxattr(struct request *request, uint64_t inode, struct span name, struct buf *out);
int node_file_listxattr(struct request *request, uint64_t inode, struct buf *out);
int node_file_setxattr(struct request *request, uint64_t inode, struct span name, struct span value,
                       int flags);
int node_file_removexattr(struct request *request, uint64_t inode, struct span name);
int node_file_link(struct request *request, uint64_t inode, uint64_t folder, struct span name,
                   struct node_entry *ret_entry);

/* Whether an ordinary node of that type may have the name there. Errors: NOT_PERMITTED, also for an
 * entity's name, and as `accept`. */
int node_folder_accept(struct request *request, uint64_t folder, struct span name, mode_t type);

/* As the functions of struct node_kind, of names that are known to be ordinary ones. */
int node_folder_lookup(struct request *request, uint64_t folder, struct span name,
                       struct node_entry *ret_entry);
int node_folder_create(struct request *request, uint64_t folder, struct span name, mode_t mode,
                       int flags, struct node_entry *ret_entry, struct handle **ret_handle);
int node_folder_mkdir(struct request *request, uint64_t folder, struct span name, mode_t mode,
                      struct node_entry *ret_entry);
int node_folder_rmdir(struct request *request, uint64_t folder, struct span name);
int node_folder_unlink(struct request *request, uint64_t folder, struct span name);
/* Onto `<id>.json` or `<id>.json@N` it is a write of that entity: the file's bytes are validated as
 * any others, and the file is gone once they are committed. */
int node_folder_rename(struct request *request, uint64_t folder, struct span name,
                       uint64_t new_folder, struct span new_name, unsigned flags);
/* The same; the names are looked at. */
int node_folder_symlink(struct request *request, uint64_t folder, struct span name,
                        const char *target, struct node_entry *ret_entry);
int node_folder_mknod(struct request *request, uint64_t folder, struct span name, mode_t mode,
                      struct node_entry *ret_entry);
int node_folder_sync(struct request *request, uint64_t folder);

/* Lists what the backing folder has and `keeps` wants (NULL: all). With it, the offsets have the
 * highest bit set, so that they meet no other's. */
typedef bool (*node_folder_keeps)(struct request *request, uint64_t folder, struct span name);
int node_folder_list(struct request *request, uint64_t folder, uint64_t offset,
                     struct node_listing *listing, node_folder_keeps keeps);
/* Puts what the backing folder is into a folder's attributes: when its listing changed, and, of a
 * collection, how many folders are in it. */
void node_folder_add_stat(struct request *request, uint64_t folder, struct stat *stat);
/* Around what makes a name in a folder: until it is let go of, a collection is not dropped. Not to
 * be held twice by one thread, nor over a command of the model's. Errors: NOT_FOUND when it was
 * dropped already, and it is not held. */
int node_folder_hold(struct request *request, uint64_t folder, struct stat *ret_stat);
void node_folder_let_go(struct request *request, uint64_t folder);
/* Removes a schema, and its collection, which must have no ordinary files. Errors: NOT_EMPTY, and
 * as model_remove. */
int node_folder_drop(struct request *request, struct span name, struct model_base base);

#endif
