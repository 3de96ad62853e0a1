/* An ordinary folder; and where the root and the collections keep the ordinary nodes they have. */
#include "fs/node_file.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>

int node_folder_lookup(struct request *request, uint64_t folder, struct span name,
                       struct node_entry *ret_entry)
{
    struct file_name text;
    struct file_node *node;
    AUTO_CLOSE int fd = -1;
    int result = node_file_name(name, &text);
    if (result == 0)
        result = files_folder(request->mount->files, folder, false, &fd);
    if (result == 0)
        result = files_find(request->mount->files, folder, fd, text.text, &node);
    return result < 0 ? result : node_file_entry(node, ret_entry);
}

/* Where a folder has entries of its own beside the ordinary ones, an offset says which they are:
 * those of its own are object numbers, small ones. The backing folder's are whatever its file
 * system likes: small numbers too, or hashes of 63 bits. None may have the highest bit set, or
 * seekdir(3) would refuse it: so the small ones are moved up, and only a hash that is one of those
 * (one in a million is) goes without. */
#define OFFSET_MOVED  ((uint64_t)1 << 62)
#define OFFSET_TAGGED ((uint64_t)1 << 63)

static bool is_moved(uint64_t offset)
{
    return offset - OFFSET_MOVED <= STORE_OBJECT_MAX;
}

static uint64_t offset_shown(uint64_t offset)
{
    if (offset <= STORE_OBJECT_MAX)
        return offset | OFFSET_MOVED;
    return is_moved(offset) ? offset | OFFSET_TAGGED : offset;
}

static uint64_t offset_backing(uint64_t offset)
{
    if (offset & OFFSET_TAGGED)
        return offset & ~OFFSET_TAGGED;
    return is_moved(offset) ? offset & ~OFFSET_MOVED : offset;
}

static int open_dir(struct request *request, uint64_t folder, DIR **ret_dir)
{
    AUTO_CLOSE int fd = -1;
    int result = files_folder(request->mount->files, folder, false, &fd);
    if (result < 0)
        return result;
    DIR *dir = files_open_dir(fd, ".");
    if (!dir)
        return node_system_error();
    *ret_dir = dir;
    return 0;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int node_folder_list(struct request *request, uint64_t folder, uint64_t offset,
                     struct node_listing *listing, node_folder_keeps keeps)
{
    DIR *dir;
    int result = open_dir(request, folder, &dir);
    if (result < 0)
        return result == -ERR_NOT_FOUND ? 0 : result;
    if (!keeps)
        seekdir(dir, (long)offset);
    else if (offset > STORE_OBJECT_MAX)
        seekdir(dir, (long)offset_backing(offset));
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL) {
        struct span name = span_of_string(entry->d_name);
        if (keeps && (is_dots(entry->d_name) || !keeps(request, folder, name)))
            continue;
        uint64_t ino = files_shown_ino(dirfd(dir), entry->d_name);
        uint64_t next = (uint64_t)entry->d_off;
        if (ino != 0 && !listing->add(listing, name, ino, (mode_t)DTTOIF(entry->d_type),
                                      keeps ? offset_shown(next) : next))
            break;
    }
    if (!entry && errno != 0)
        result = node_system_error();
    closedir(dir);
    return result;
}

static int list(struct request *request, uint64_t folder, uint64_t offset,
                struct node_listing *listing)
{
    return node_folder_list(request, folder, offset, listing, NULL);
}

static bool is_later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

void node_folder_add_stat(struct request *request, uint64_t folder, struct stat *stat)
{
    struct stat backing;
    AUTO_CLOSE int fd = -1;
    if (files_folder(request->mount->files, folder, false, &fd) < 0 || fstat(fd, &backing) < 0)
        return;
    if (is_later(backing.st_mtim, stat->st_mtim))
        stat->st_mtim = backing.st_mtim;
    if (is_later(backing.st_ctim, stat->st_ctim))
        stat->st_ctim = backing.st_ctim;
    if (backing.st_nlink < 2 || stat->st_nlink < 2) /* a file system that does not count them */
        stat->st_nlink = 1;
    else
        stat->st_nlink += backing.st_nlink - 2;
}

void node_folder_set_mtime(struct request *request, uint64_t folder, struct timespec mtime)
{
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, mtime};
    AUTO_CLOSE int fd = -1;
    if (files_folder(request->mount->files, folder, false, &fd) == 0)
        utimensat(fd, "", times, AT_EMPTY_PATH);
}

static int check_pending(struct request *request, uint64_t collection)
{
    struct pending pending;
    if (!pendings_next(request->mount->pendings, collection, 0, &pending))
        return 0;
    return problem_set(&request->problem, ERR_NOT_EMPTY,
                       "the collection still has an empty file, %.*s.json: remove it first",
                       (int)pending.name_size, pending.name);
}

int node_folder_check_empty(struct request *request, uint64_t collection)
{
    DIR *dir;
    if (check_pending(request, collection) < 0)
        return -ERR_NOT_EMPTY;
    int result = open_dir(request, inode_make(INODE_COLLECTION, collection), &dir);
    if (result < 0)
        return result == -ERR_NOT_FOUND ? 0 : result;
    const struct dirent *entry = readdir(dir);
    while (entry && is_dots(entry->d_name))
        entry = readdir(dir);
    if (entry)
        result = problem_set(&request->problem, ERR_NOT_EMPTY,
                             "the collection still has an ordinary file, %s: remove it first",
                             entry->d_name);
    closedir(dir);
    return result;
}

int node_folder_hold(struct request *request, uint64_t folder, struct stat *ret_stat)
{
    if (inode_tag(folder) == INODE_COLLECTION)
        pthread_rwlock_rdlock(&request->mount->dropping);
    int result = node_kind_of(folder)->getattr(request, folder, ret_stat);
    if (result < 0)
        node_folder_let_go(request, folder);
    return result;
}

void node_folder_let_go(struct request *request, uint64_t folder)
{
    if (inode_tag(folder) == INODE_COLLECTION)
        pthread_rwlock_unlock(&request->mount->dropping);
}

static int drop_held(struct request *request, struct span name, struct model_base base)
{
    struct row_binding binding;
    struct mount *mount = request->mount;
    int found = node_name_get(request, STORE_SCHEMAS, name, &binding);
    bool lives = found == 1 && binding.live;
    int result = lives ? node_folder_check_empty(request, binding.object) : found < 0 ? found : 0;
    if (result == 0)
        result = model_remove(mount->model, &request->caller, STORE_SCHEMAS, name, base,
                              &request->result, &request->problem);
    if (result == 0 && lives)
        files_remove(mount->files, binding.object);
    return result;
}

int node_folder_drop(struct request *request, struct span name, struct model_base base)
{
    pthread_rwlock_wrlock(&request->mount->dropping);
    int result = drop_held(request, name, base);
    pthread_rwlock_unlock(&request->mount->dropping);
    return result;
}

int node_folder_sync(struct request *request, uint64_t folder)
{
    DIR *dir;
    int result = open_dir(request, folder, &dir);
    if (result < 0)
        return result == -ERR_NOT_FOUND ? 0 : result;
    if (fsync(dirfd(dir)) < 0)
        result = node_system_error();
    closedir(dir);
    return result;
}

static int accept_all(struct request *request, uint64_t folder, struct span name, mode_t type)
{
    (void)request, (void)folder, (void)name, (void)type;
    return 0;
}

const struct node_kind node_folder = {
    .type = S_IFDIR,
    .lists_dots = true,
    .getattr = node_file_getattr,
    .setattr = node_file_setattr,
    .lookup = node_folder_lookup,
    .readdir = list,
    .create = node_folder_create,
    .mkdir = node_folder_mkdir,
    .rmdir = node_folder_rmdir,
    .unlink = node_folder_unlink,
    .rename = node_folder_rename,
    .symlink = node_folder_symlink,
    .mknod = node_folder_mknod,
    .sync = node_folder_sync,
    .accept = accept_all,
    .getxattr = node_file_getxattr,
    .listxattr = node_file_listxattr,
    .setxattr = node_file_setxattr,
    .removexattr = node_file_removexattr,
};
