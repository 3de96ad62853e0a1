/* What is made in a folder, and taken away. */
#include "fs/node_file.h"
#include "store/base/cleanup.h"

#include <fcntl.h>

int node_folder_accept(struct request *request, uint64_t folder, struct span name, mode_t type)
{
    const struct node_kind *kind = node_kind_of(folder);
    if (!kind || !kind->accept)
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "there are no ordinary files here");
    int result = kind->accept(request, folder, name, type);
    return result == 1 ? problem_set(&request->problem, ERR_NOT_PERMITTED,
                                     "%.*s is the name of an entity, which is written, or moved "
                                     "there",
                                     (int)name.size, name.data)
                       : result;
}

/* A node that is being made. */
struct making {
    struct request *request;
    struct file_name name;
    uint64_t folder;
    bool is_held; /* the folder */
    int folder_fd;
    uint64_t cost; /* what it counts already */
    mode_t mode;   /* with its type */
    gid_t gid;
};

/* In a folder with the set-gid bit, new nodes have its group, and folders the bit. */
static int hold_folder(struct making *making)
{
    struct stat stat;
    struct request *request = making->request;
    making->gid = request->caller.gid;
    int result = node_folder_hold(request, making->folder, &stat);
    making->is_held = result == 0;
    if (result < 0 || !(stat.st_mode & S_ISGID))
        return result;
    making->gid = stat.st_gid;
    if (S_ISDIR(making->mode))
        making->mode |= S_ISGID;
    return 0;
}

static void making_finish(struct making *making)
{
    if (making->folder_fd >= 0)
        close(making->folder_fd);
    if (making->is_held)
        node_folder_let_go(making->request, making->folder);
    if (making->cost > 0)
        files_give(making->request->mount->files, making->cost);
}

bool node_folder_may_make(const struct request *request)
{
    uid_t self = geteuid();
    return self == 0 || request->caller.uid == self;
}

static int making_init(struct making *making, struct request *request, uint64_t folder,
                       struct span name, mode_t mode, uint64_t size)
{
    *making = (struct making){.request = request, .folder = folder, .folder_fd = -1, .mode = mode};
    if (!node_folder_may_make(request))
        return -ERR_ACCESS;
    int result = node_file_name(name, &making->name);
    if (result == 0)
        result = hold_folder(making);
    if (result == 0)
        result = files_folder(request->mount->files, folder, true, &making->folder_fd);
    if (result < 0)
        return result;
    result = files_take(request->mount->files, FILES_COST + size);
    making->cost = result == 0 ? FILES_COST + size : 0;
    return result;
}

/* A daemon that is not root may fail to give it the group: it keeps its own. */
static int set_owner(const struct making *making, int fd)
{
    char path[FILE_NODE_PATH_MAX];
    bool is_root = geteuid() == 0;
    int changed = fchownat(fd, "", is_root ? making->request->caller.uid : (uid_t)-1, making->gid,
                           AT_EMPTY_PATH);
    if (changed < 0 && is_root)
        return node_system_error();
    if (!S_ISLNK(making->mode) && chmod(file_node_path(fd, path), making->mode & 07777) < 0)
        return node_system_error();
    return 0;
}

/* The node that was made; what cannot be known is not left there. */
static int adopt(struct making *making, struct file_node **ret_node)
{
    struct file_node *node;
    int result = files_find(making->request->mount->files, making->folder, making->folder_fd,
                            making->name.text, &node);
    if (result == 0) {
        result = set_owner(making, node->fd);
        if (result < 0)
            file_node_drop(node);
    }
    if (result < 0)
        unlinkat(making->folder_fd, making->name.text, S_ISDIR(making->mode) ? AT_REMOVEDIR : 0);
    else
        *ret_node = node;
    if (result == 0)
        making->cost = 0; /* the node counts it now */
    return result;
}

static int tell(struct making *making, struct node_entry *ret_entry)
{
    struct file_node *node;
    int result = adopt(making, &node);
    return result < 0 ? result : node_file_entry(node, ret_entry);
}

static int make_file(struct making *making, int flags, struct node_entry *ret_entry,
                     struct handle **ret_handle)
{
    AUTO_CLOSE int fd = openat(making->folder_fd, making->name.text,
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct file_node *node;
    if (fd < 0)
        return node_system_error();
    making->mode |= 0600; /* until it is open */
    int result = adopt(making, &node);
    if (result < 0)
        return result;
    result = node_file_open(making->request, node, flags & ~O_TRUNC, ret_handle);
    if (result == 0)
        return node_file_entry(node, ret_entry);
    file_node_unlink(node, making->folder_fd, making->name.text, 0); /* nobody has asked for it */
    file_node_settle(node);
    file_node_drop(node);
    return result;
}

int node_folder_create(struct request *request, uint64_t folder, struct span name, mode_t mode,
                       int flags, struct node_entry *ret_entry, struct handle **ret_handle)
{
    struct making making;
    char path[FILE_NODE_PATH_MAX];
    mode = (mode & 07777) | S_IFREG;
    int result = making_init(&making, request, folder, name, mode, 0);
    if (result == 0)
        result = make_file(&making, flags, ret_entry, ret_handle);
    if (result == 0 && (mode & 0600) != 0600) {
        file_node_path(((struct open_file *)*ret_handle)->fd, path);
        if (chmod(path, mode & 07777) == 0)
            ret_entry->stat.st_mode = mode;
    }
    making_finish(&making);
    return result;
}

int node_folder_mkdir(struct request *request, uint64_t folder, struct span name, mode_t mode,
                      struct node_entry *ret_entry)
{
    struct making making;
    int result = making_init(&making, request, folder, name, (mode & 07777) | S_IFDIR, 0);
    if (result == 0 && mkdirat(making.folder_fd, making.name.text, 0700) < 0)
        result = node_system_error();
    if (result == 0)
        result = tell(&making, ret_entry);
    making_finish(&making);
    return result;
}

int node_folder_mknod(struct request *request, uint64_t folder, struct span name, mode_t mode,
                      dev_t device, struct node_entry *ret_entry)
{
    struct making making;
    int result = node_folder_accept(request, folder, name, mode & S_IFMT);
    if (result < 0)
        return result;
    result = making_init(&making, request, folder, name, mode, 0);
    if (result == 0 &&
        mknodat(making.folder_fd, making.name.text, (mode & S_IFMT) | 0600, device) < 0)
        result = node_system_error();
    if (result == 0)
        result = tell(&making, ret_entry);
    making_finish(&making);
    return result;
}

int node_folder_symlink(struct request *request, uint64_t folder, struct span name,
                        const char *target, struct node_entry *ret_entry)
{
    struct making making;
    int result = node_folder_accept(request, folder, name, S_IFLNK);
    if (result < 0)
        return result;
    result = making_init(&making, request, folder, name, S_IFLNK | 0777, strlen(target));
    if (result == 0 && symlinkat(target, making.folder_fd, making.name.text) < 0)
        result = node_system_error();
    if (result == 0)
        result = tell(&making, ret_entry);
    making_finish(&making);
    return result;
}

static int remove_(struct request *request, uint64_t folder, struct span name, int flags)
{
    struct file_name text;
    AUTO_CLOSE int fd = -1;
    AUTO_NODE struct file_node *node = NULL;
    int result = node_file_name(name, &text);
    if (result == 0)
        result = files_folder(request->mount->files, folder, false, &fd);
    if (result == 0)
        result = files_find(request->mount->files, folder, fd, text.text, &node);
    if (result < 0)
        return result;
    if (unlinkat(fd, text.text, flags) < 0)
        return node_system_error();
    file_node_pin(node);
    file_node_settle(node);
    return 0;
}

int node_folder_rmdir(struct request *request, uint64_t folder, struct span name)
{
    return remove_(request, folder, name, AT_REMOVEDIR);
}

int node_folder_unlink(struct request *request, uint64_t folder, struct span name)
{
    return remove_(request, folder, name, 0);
}
