#include "fs/files_internal.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>

#define FILES_FOLDER "files"

static int folder_problem(struct problem *problem, const char *what, const char *store)
{
    int errnum = errno;
    return problem_set(problem, (enum err) - error_of_errno(errnum),
                       "cannot %s %s/" FILES_FOLDER ": %s", what, store, strerror(errnum));
}

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int open_folder(struct files *files, const char *store, struct problem *problem)
{
    files->store_fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->store_fd < 0)
        return folder_problem(problem, "reach", store);
    int fd = openat(files->store_fd, FILES_FOLDER, FOLDER_FLAGS);
    if (fd < 0 && errno != ENOENT)
        return folder_problem(problem, "open", store);
    atomic_store(&files->fd, fd);
    return 0;
}

/* A descriptor of STORE/files, which is made when there is none; or what is wrong. */
static int make_folder(struct files *files)
{
    int fd = atomic_load(&files->fd);
    if (fd >= 0 || files->store_fd < 0)
        return fd >= 0 ? fd : -ERR_NOT_FOUND;
    pthread_mutex_lock(&files->making);
    fd = atomic_load(&files->fd);
    if (fd < 0 && (mkdirat(files->store_fd, FILES_FOLDER, 0700) == 0 || errno == EEXIST) &&
        fsync(files->store_fd) == 0)
        fd = openat(files->store_fd, FILES_FOLDER, FOLDER_FLAGS);
    int result = fd < 0 ? error_system(errno) : fd;
    atomic_store(&files->fd, fd);
    pthread_mutex_unlock(&files->making);
    return result;
}

/* What the kernel gives a process at most, unless fs.nr_open says otherwise. */
#define DESCRIPTORS ((rlim_t)1 << 20)

/* As many as there may be: more than the hard limit for who may raise it. */
static rlim_t raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    const struct rlimit most = {DESCRIPTORS, DESCRIPTORS};
    const struct rlimit own = {limit.rlim_max, limit.rlim_max};
    if (limit.rlim_max < DESCRIPTORS && setrlimit(RLIMIT_NOFILE, &most) == 0)
        return DESCRIPTORS;
    return setrlimit(RLIMIT_NOFILE, &own) == 0 ? own.rlim_cur : limit.rlim_cur;
}

/* What the nodes may have; as many are left to the handles and to the store. */
static size_t descriptors_max(void)
{
    return raise_descriptors() / 2;
}

int files_open(const char *store, uint64_t max, bool read_only, struct files **ret_files,
               struct problem *problem)
{
    struct files *files = calloc(1, sizeof(*files));
    if (!files)
        return problem_set(problem, ERR_NO_MEMORY, "no memory for the table of files");
    files->fd = files->store_fd = -1;
    files->max = max;
    files->first_free = files->last_free = UINT32_MAX;
    files->descriptors_max = descriptors_max();
    files->self = geteuid();
    pthread_mutex_init(&files->lock, NULL);
    pthread_mutex_init(&files->making, NULL);
    uint64_t used = 0;
    int result = open_folder(files, store, problem);
    if (result == 0 && !read_only)
        files_temporary_clear(files);
    if (result == 0 && files->fd >= 0 && files_measure(files->fd, &used) < 0)
        result = problem_set(problem, ERR_NO_MEMORY, "no memory to count the ordinary files");
    if (result < 0) {
        files_close(files);
        return result;
    }
    if (read_only) {
        close(files->store_fd);
        files->store_fd = -1;
    }
    atomic_store(&files->used, (int64_t)used);
    *ret_files = files;
    return 0;
}

int files_top(struct files *files, const char *name, bool make, int *ret_fd)
{
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (!files || (files->fd < 0 && !make))
        return -ERR_NOT_FOUND;
    int top = make_folder(files);
    if (top < 0)
        return top;
    int fd = openat(top, name, flags);
    if (fd < 0 && errno == ENOENT && !make)
        return -ERR_NOT_FOUND;
    if (fd < 0 && errno == ENOENT && (mkdirat(top, name, 0700) == 0 || errno == EEXIST) &&
        fsync(top) == 0)
        fd = openat(top, name, flags);
    if (fd < 0)
        return error_system(errno);
    *ret_fd = fd;
    return 0;
}

struct top_name {
    char text[24];
};

static struct top_name top_name(uint64_t folder)
{
    struct top_name name = {"root"};
    if (inode_tag(folder) == INODE_COLLECTION)
        snprintf(name.text, sizeof(name.text), "%ju", (uintmax_t)inode_number(folder));
    return name;
}

int files_folder(struct files *files, uint64_t folder, bool make, int *ret_fd)
{
    if (inode_tag(folder) == INODE_ROOT || inode_tag(folder) == INODE_COLLECTION)
        return files_top(files, top_name(folder).text, make, ret_fd);
    if (inode_tag(folder) != INODE_FOLDER)
        return -ERR_NOT_PERMITTED;
    AUTO_NODE struct file_node *node = files_get(files, folder);
    if (!node)
        return -ERR_NOT_FOUND;
    int fd = fcntl(node->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return error_system(errno);
    *ret_fd = fd;
    return 0;
}

DIR *files_open_dir(int fd, const char *name)
{
    int own = openat(fd, name, FOLDER_FLAGS);
    DIR *dir = own < 0 ? NULL : fdopendir(own);
    if (!dir && own >= 0)
        close(own);
    return dir;
}

int files_remove(struct files *files, uint64_t collection)
{
    if (!files || files->fd < 0)
        return 0;
    const struct top_name name = top_name(inode_make(INODE_COLLECTION, collection));
    if (unlinkat(files->fd, name.text, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    return errno == ENOTEMPTY || errno == EEXIST ? -ERR_NOT_EMPTY : error_system(errno);
}

uint64_t files_used(struct files *files)
{
    int64_t used = atomic_load(&files->used);
    return used < 0 ? 0 : (uint64_t)used;
}

uint64_t files_max(const struct files *files)
{
    return files->max;
}

/* A file that was removed is on disk until the kernel has forgotten it, as it soon does, unless
 * somebody has a descriptor that opens nothing (O_PATH). */
static int64_t lingering_max(const struct files *files)
{
    const uint64_t least = (uint64_t)64 << 20;
    return (int64_t)(files->max / 4 > least ? files->max / 4 : least);
}

int files_take(struct files *files, uint64_t size)
{
    int64_t used = atomic_load(&files->used);
    if (atomic_load(&files->lingering) > lingering_max(files))
        return -ERR_NO_SPACE;
    do {
        uint64_t now = used < 0 ? 0 : (uint64_t)used;
        if (size > files->max || now > files->max - size)
            return -ERR_NO_SPACE;
    } while (!atomic_compare_exchange_weak(&files->used, &used, used + (int64_t)size));
    return 0;
}

void files_give(struct files *files, uint64_t size)
{
    atomic_fetch_sub(&files->used, (int64_t)size);
}

uint64_t files_cost(const struct stat *stat)
{
    if (S_ISDIR(stat->st_mode))
        return FILES_COST;
    uint64_t names = stat->st_nlink > 1 ? stat->st_nlink : 1;
    return FILES_COST * names + (uint64_t)stat->st_size;
}

int file_node_begin(struct file_node *node, uint64_t size)
{
    pthread_mutex_lock(&node->lock);
    if (size <= FILES_SIZE_MAX && size + FILES_COST <= node->counted)
        return 0;
    uint64_t more = size + FILES_COST - node->counted;
    int result = size > FILES_SIZE_MAX ? error_system(EFBIG) : files_take(node->files, more);
    if (result == 0)
        node->counted += more;
    else
        pthread_mutex_unlock(&node->lock);
    return result;
}

void files_linger(struct file_node *node, uint64_t size)
{
    atomic_fetch_add(&node->files->lingering, (int64_t)size - (int64_t)node->lingering);
    node->lingering = size;
}

static void settle_locked(struct file_node *node)
{
    struct stat stat;
    if (fstat(node->fd, &stat) < 0)
        return;
    bool is_gone = stat.st_nlink == 0 && node->opens == 0;
    uint64_t now = is_gone ? 0 : files_cost(&stat);
    files_give(node->files, node->counted - now); /* wraps as it should */
    node->counted = now;
    files_linger(node, is_gone ? (uint64_t)stat.st_size : 0);
}

void file_node_end(struct file_node *node)
{
    settle_locked(node);
    pthread_mutex_unlock(&node->lock);
}

void file_node_settle(struct file_node *node)
{
    pthread_mutex_lock(&node->lock);
    file_node_end(node);
}

int file_node_unlink(struct file_node *node, int folder_fd, const char *name, int flags)
{
    struct stat stat;
    if (fstatat(folder_fd, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return error_system(errno);
    if (!file_node_is(node, &stat))
        return error_system(ESTALE);
    if (unlinkat(folder_fd, name, flags) < 0)
        return error_system(errno);
    file_node_pin(node);
    return 0;
}

const char *file_node_path(int fd, char out[FILE_NODE_PATH_MAX])
{
    snprintf(out, FILE_NODE_PATH_MAX, "/proc/self/fd/%d", fd);
    return out;
}

int file_node_open(const struct file_node *node, int flags, int *ret_fd)
{
    char path[FILE_NODE_PATH_MAX];
    int fd = open(file_node_path(node->fd, path), (flags & ~O_NOFOLLOW) | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_system(errno);
    *ret_fd = fd;
    return 0;
}
