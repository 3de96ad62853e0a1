#include "fs/placeholder_file.h"

#include "fs/node_file.h"
#include "fs/placeholder.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>

/* Where it is, or would be. */
struct backing {
    int fd; /* of the collection's folder; -1: there is none */
    char name[PENDING_NAME_MAX + sizeof(".json")];
};

static void backing_finish(const struct backing *backing)
{
    cleanup_close(&backing->fd);
}
#define AUTO_BACKING CLEANUP(backing_finish)

static int backing_init(struct backing *backing, struct mount *mount, uint64_t collection,
                        struct span id, bool make)
{
    id = span_head(id, PENDING_NAME_MAX);
    snprintf(backing->name, sizeof(backing->name), "%.*s.json", (int)id.size,
             (const char *)id.data);
    return files_folder(mount->files, inode_make(INODE_COLLECTION, collection), make, &backing->fd);
}

static bool is_void(const struct stat *stat)
{
    return S_ISREG(stat->st_mode) && stat->st_size == 0;
}

static bool is_there(int folder_fd, const char *name, struct stat *ret_stat)
{
    return fstatat(folder_fd, name, ret_stat, AT_SYMLINK_NOFOLLOW) == 0 && is_void(ret_stat);
}

bool placeholder_file_find(struct mount *mount, uint64_t collection, struct span id,
                           struct stat *ret_stat)
{
    AUTO_BACKING struct backing backing = {.fd = -1};
    return backing_init(&backing, mount, collection, id, false) == 0 &&
           is_there(backing.fd, backing.name, ret_stat);
}

static int set_attributes(const struct backing *backing, const struct row_entry *entry)
{
    struct stat stat;
    char path[FILE_NODE_PATH_MAX];
    bool is_root = geteuid() == 0;
    AUTO_CLOSE int fd = openat(backing->fd, backing->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) < 0)
        return node_system_error();
    if (!is_void(&stat))
        return -ERR_NOT_FOUND;
    if (fchownat(fd, "", is_root ? entry->uid : (uid_t)-1, entry->gid, AT_EMPTY_PATH) < 0 &&
        is_root)
        return node_system_error();
    node_stat_times(&stat, entry->atime, entry->mtime, entry->ctime);
    const struct timespec times[] = {stat.st_atim, stat.st_mtim};
    file_node_path(fd, path);
    return chmod(path, entry->mode & 0777) < 0 || utimensat(AT_FDCWD, path, times, 0) < 0
               ? node_system_error()
               : 0;
}

static int make_file(const struct backing *backing, const struct row_entry *entry)
{
    AUTO_CLOSE int fd = openat(backing->fd, backing->name,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return node_system_error();
    int result = set_attributes(backing, entry);
    if (result < 0)
        unlinkat(backing->fd, backing->name, 0);
    return result;
}

int placeholder_file_make(struct mount *mount, uint64_t collection, struct span id,
                          const struct row_entry *entry)
{
    AUTO_BACKING struct backing backing = {.fd = -1};
    int result = backing_init(&backing, mount, collection, id, true);
    if (result == 0)
        result = files_take(mount->files, FILES_COST);
    if (result < 0)
        return result;
    result = make_file(&backing, entry);
    if (result < 0)
        files_give(mount->files, FILES_COST);
    return result;
}

int placeholder_file_set(struct mount *mount, uint64_t collection, struct span id,
                         const struct row_entry *entry)
{
    AUTO_BACKING struct backing backing = {.fd = -1};
    int result = backing_init(&backing, mount, collection, id, false);
    return result < 0 ? result : set_attributes(&backing, entry);
}

static int unlink_file(struct mount *mount, int folder_fd, const char *name)
{
    struct stat stat;
    if (!is_there(folder_fd, name, &stat))
        return 0;
    if (unlinkat(folder_fd, name, 0) < 0)
        return node_system_error();
    files_give(mount->files, FILES_COST);
    return 0;
}

int placeholder_file_remove(struct mount *mount, uint64_t collection, struct span id)
{
    AUTO_BACKING struct backing backing = {.fd = -1};
    int result = backing_init(&backing, mount, collection, id, false);
    if (result < 0)
        return result == -ERR_NOT_FOUND ? 0 : result;
    return unlink_file(mount, backing.fd, backing.name);
}

int placeholder_file_rename(struct mount *mount, uint64_t collection, struct span id,
                            uint64_t new_collection, struct span new_id)
{
    struct stat stat;
    AUTO_BACKING struct backing from = {.fd = -1};
    AUTO_BACKING struct backing to = {.fd = -1};
    int result = backing_init(&from, mount, collection, id, false);
    if (result == 0)
        result = backing_init(&to, mount, new_collection, new_id, true);
    if (result < 0)
        return result;
    bool is_replaced = fstatat(to.fd, to.name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
    if (renameat(from.fd, from.name, to.fd, to.name) < 0)
        return node_system_error();
    if (is_replaced)
        files_give(mount->files, files_cost(&stat));
    return 0;
}

/* --- when a mount begins */

static DIR *open_folder(struct mount *mount, uint64_t collection)
{
    AUTO_CLOSE int fd = -1;
    if (files_folder(mount->files, inode_make(INODE_COLLECTION, collection), false, &fd) < 0)
        return NULL;
    return files_open_dir(fd, ".");
}

static void sweep(struct mount *mount, struct store_view *view, uint64_t collection)
{
    struct row_binding binding;
    const struct dirent *entry;
    DIR *dir = open_folder(mount, collection);
    while (dir && (entry = readdir(dir)) != NULL) {
        const struct name name = name_parse(span_of_string(entry->d_name));
        if (name.kind == NAME_ENTITY && store_name_get(view, collection, name.id, &binding) == 1 &&
            binding.live)
            unlink_file(mount, dirfd(dir), entry->d_name);
    }
    if (dir)
        closedir(dir);
}

void placeholder_sweep(struct mount *mount)
{
    struct row_entry entry;
    uint64_t object = 0;
    AUTO_VIEW struct store_view view = {0};
    if (store_read(mount->store, &view) < 0)
        return;
    sweep(mount, &view, STORE_SCHEMAS);
    while (store_entry_next(&view, STORE_SCHEMAS, object, &object, &entry) == 1)
        sweep(mount, &view, object);
}
