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
    uid_t uid; /* in whose share it is */

    /* Guarded by the node's lock. Of a file that has become an entity's: */
    bool is_dirty;   /* it was changed by this handle, and that is not committed; */
    bool is_refused; /* which the caller has been told */
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

/* The functions that follow are called with the node's lock (node_file_entity.c). */

/* Reads all that a file has into request->bytes. Errors: TOO_LARGE, beyond max_entity; NO_MEMORY,
 * what the system says. */
int node_file_read_whole(struct request *request, const struct file_node *node);
/* What an entity shows of the file that it becomes: its number, unless that has more names, and its
 * time. */
void node_file_dress(const struct file_node *node, const struct stat *stat, struct model_put *put);
/* The file is gone from its name, and its bytes are the document of the version in
 * request->result: what is written to it from now on is that entity's, unless it has a name yet. */
void node_file_become(struct request *request, struct file_node *node);
/* The handle has changed the file. */
void node_file_note_change(struct open_file *handle);
/* Makes the next version of the entity that the file has become, of all that it has now. Errors: as
 * model_put, and node_file_read_whole. */
int node_file_commit(struct request *request, struct file_node *node);
/* The same, at fsync, flush, and release, of what the handle has changed. Nothing is committed by
 * the release: what nobody has been told of is on record as refused. */
int node_file_commit_handle(struct request *request, struct open_file *handle, bool is_close);
void node_file_abandon(struct request *request, struct open_file *handle);

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
/* Whether the caller may have nodes made: a daemon that is not root can give them to nobody else.
 */
bool node_folder_may_make(const struct request *request);

/* An ordinary file that is being written in one step (node_folder_write.c), and can be taken back.
 */
struct folder_writing {
    struct files *files;
    struct files_temporary temporary; /* once it is placed: what it has replaced */
    struct file_name name;
    int fd;                     /* of the backing folder */
    struct file_node *replaced; /* NULL: nothing */
    dev_t dev;                  /* of the new one */
    ino_t ino;
};
/* Makes a regular file of those bytes, with the mode, the owner and the times of `stat`, in a
 * folder of any kind that takes ordinary files. What has the name is replaced; the errors leave it
 * as it is. On success it is there, and on disk, and `ret_writing` is to be finished. `flags`:
 * RENAME_NOREPLACE or 0. Errors: EEXIST with RENAME_NOREPLACE; EISDIR; NO_SPACE; NOT_FOUND when the
 * folder was dropped; EACCES as of other new nodes; what the system says. */
int node_folder_write(struct request *request, uint64_t folder, struct span name, struct span bytes,
                      const struct stat *stat, unsigned flags, struct folder_writing *ret_writing);
/* Leaves it there; else what was there before is back, as far as nobody has moved it since. */
void folder_writing_finish(struct folder_writing *writing, bool keep);
/* The same; the names are looked at. */
int node_folder_symlink(struct request *request, uint64_t folder, struct span name,
                        const char *target, struct node_entry *ret_entry);
int node_folder_mknod(struct request *request, uint64_t folder, struct span name, mode_t mode,
                      dev_t device, struct node_entry *ret_entry);
int node_folder_sync(struct request *request, uint64_t folder);

/* Lists what the backing folder has and `keeps` wants (NULL: all). With it, the offsets are above
 * STORE_OBJECT_MAX, and an offset that is not is its beginning. */
typedef bool (*node_folder_keeps)(struct request *request, uint64_t folder, struct span name);
int node_folder_list(struct request *request, uint64_t folder, uint64_t offset,
                     struct node_listing *listing, node_folder_keeps keeps);
/* Puts what the backing folder is into a folder's attributes: when its listing changed, and how
 * many folders are in it. */
void node_folder_add_stat(struct request *request, uint64_t folder, struct stat *stat);
/* The time that a user gives the folder holds for the backing one, too, until that changes. */
void node_folder_set_mtime(struct request *request, uint64_t folder, struct timespec mtime);
/* Around what makes a name in a folder: until it is let go of, a collection is not dropped. Not to
 * be held twice by one thread, nor over a command of the model's. Errors: NOT_FOUND when it was
 * dropped already, and it is not held. */
int node_folder_hold(struct request *request, uint64_t folder, struct stat *ret_stat);
void node_folder_let_go(struct request *request, uint64_t folder);
/* Whether a collection has neither ordinary nodes nor files without content; of its entities the
 * model knows. Errors: NOT_EMPTY, what the system says. */
int node_folder_check_empty(struct request *request, uint64_t collection);
/* Removes a schema, and its collection, which must have no ordinary files. Errors: NOT_EMPTY, and
 * as model_remove. */
int node_folder_drop(struct request *request, struct span name, struct model_base base);

#endif
