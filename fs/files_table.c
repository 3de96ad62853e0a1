#include "fs/files_internal.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>

static struct file_node **bucket_of(struct files *files, dev_t dev, ino_t ino)
{
    uint64_t hash = ((uint64_t)ino ^ (uint64_t)dev << 32) * 0x9e3779b97f4a7c15U;
    return &files->buckets[hash >> 32 & (FILES_BUCKETS - 1)];
}

static struct file_node *find_locked(struct files *files, dev_t dev, ino_t ino)
{
    struct file_node *node = *bucket_of(files, dev, ino);
    while (node && (node->ino != ino || node->dev != dev))
        node = node->next;
    return node;
}

static bool grow_locked(struct files *files)
{
    uint32_t room = files->place_room ? files->place_room * 2 : 256;
    if (room > (uint32_t)1 << FILES_PLACE_BITS)
        return false;
    struct files_place *places = realloc(files->places, room * sizeof(*places));
    if (!places)
        return false;
    files->places = places;
    files->place_room = room;
    return true;
}

/* The place that is free the longest, so that a generation lasts. */
static bool take_place_locked(struct files *files, uint32_t *ret_place)
{
    uint32_t at = files->first_free;
    if (at != UINT32_MAX) {
        files->first_free = files->places[at].next_free;
        if (files->first_free == UINT32_MAX)
            files->last_free = UINT32_MAX;
    } else {
        if (files->place_count == files->place_room && !grow_locked(files))
            return false;
        at = files->place_count++;
        files->places[at] = (struct files_place){0};
    }
    *ret_place = at;
    return true;
}

static void free_place_locked(struct files *files, uint32_t at)
{
    struct files_place *place = &files->places[at];
    place->node = NULL;
    place->generation = (place->generation + 1) % FILES_GENERATIONS;
    place->next_free = UINT32_MAX;
    if (files->last_free == UINT32_MAX)
        files->first_free = at;
    else
        files->places[files->last_free].next_free = at;
    files->last_free = at;
}

static uint32_t place_of(uint64_t inode)
{
    return (uint32_t)(inode_number(inode) & (((uint64_t)1 << FILES_PLACE_BITS) - 1));
}

static int add_locked(struct files *files, struct file_node *node, bool is_folder)
{
    uint32_t at;
    if (!take_place_locked(files, &at))
        return -ERR_NO_MEMORY;
    struct files_place *place = &files->places[at];
    place->node = node;
    node->inode = inode_make(is_folder ? INODE_FOLDER : INODE_FILE,
                             (uint64_t)place->generation << FILES_PLACE_BITS | at);
    struct file_node **bucket = bucket_of(files, node->dev, node->ino);
    node->next = *bucket;
    *bucket = node;
    files->nodes++;
    return 0;
}

static void node_destroy(struct file_node *node)
{
    files_linger(node, 0);
    if (node->fd >= 0)
        close(node->fd);
    free(node->name);
    pthread_mutex_destroy(&node->lock);
    free(node);
}

static struct file_node *node_create(struct files *files, const struct stat *stat)
{
    struct file_node *node = calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->files = files;
    node->fd = -1;
    node->dev = stat->st_dev;
    node->ino = stat->st_ino;
    node->owner = stat->st_uid;
    node->uses = node->busy = 1;
    node->is_pinned = S_ISDIR(stat->st_mode) || stat->st_nlink != 1;
    node->counted = stat->st_nlink > 0 ? files_cost(stat) : 0;
    pthread_mutex_init(&node->lock, NULL);
    return node;
}

/* The one that is there already takes the descriptor if it has none. */
static int use_known_locked(struct files *files, struct file_node *node, int *fd, int *ret_close)
{
    int result = node->fd < 0 ? files_claim_locked(files, ret_close) : 0;
    if (result < 0)
        return result;
    node->uses++;
    node->busy++;
    if (node->fd < 0) {
        node->fd = *fd;
        *fd = -1;
    }
    return 0;
}

static int enter_new_locked(struct files *files, struct file_node *node, bool is_folder,
                            int *ret_close)
{
    int result = node->is_pinned ? files_share_take(files, node->owner) : 0;
    if (result < 0)
        return result;
    result = files_claim_locked(files, ret_close);
    if (result == 0) {
        result = add_locked(files, node, is_folder);
        files->descriptors -= result < 0;
    }
    if (result < 0 && node->is_pinned)
        files_share_give(files, node->owner);
    return result;
}

/* The node that a descriptor leads to. The descriptor is taken, also on error. */
static int enter(struct files *files, int fd, struct file_node **ret_node)
{
    struct stat stat;
    AUTO_CLOSE int own = fd;
    AUTO_CLOSE int to_close = -1;
    if (fstat(fd, &stat) < 0)
        return error_system(errno);
    struct file_node *made = node_create(files, &stat);
    if (!made)
        return -ERR_NO_MEMORY;
    made->shown = files_shown_ino(fd, "");
    pthread_mutex_lock(&files->lock);
    struct file_node *node = find_locked(files, stat.st_dev, stat.st_ino);
    int result = node ? use_known_locked(files, node, &own, &to_close)
                      : enter_new_locked(files, made, S_ISDIR(stat.st_mode), &to_close);
    if (!node && result == 0) {
        made->fd = own;
        own = -1;
    }
    pthread_mutex_unlock(&files->lock);
    if (node || result < 0)
        node_destroy(made);
    if (result == 0)
        *ret_node = node ? node : made;
    return result;
}

int files_find(struct files *files, uint64_t folder, int folder_fd, const char *name,
               struct file_node **ret_node)
{
    struct file_node *node = NULL;
    int fd = openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? -ERR_NOT_FOUND : error_system(errno);
    int result = enter(files, fd, &node);
    if (result < 0)
        return result;
    file_node_moved(node, folder, name);
    *ret_node = node;
    return 0;
}

void file_node_moved(struct file_node *node, uint64_t folder, const char *name)
{
    struct files *files = node->files;
    pthread_mutex_lock(&files->lock);
    node->folder = folder;
    if (!node->is_pinned && (!node->name || strcmp(node->name, name) != 0)) {
        free(node->name);
        node->name = strdup(name);
    }
    pthread_mutex_unlock(&files->lock);
}

void file_node_pin(struct file_node *node)
{
    pthread_mutex_lock(&node->files->lock);
    if (!node->is_pinned)
        files_share_add(node->files, node->owner);
    node->is_pinned = true;
    pthread_mutex_unlock(&node->files->lock);
}

static struct file_node *get_locked(struct files *files, uint64_t inode)
{
    uint32_t at = place_of(inode);
    struct file_node *node = at < files->place_count ? files->places[at].node : NULL;
    return node && node->inode == inode ? node : NULL;
}

struct file_node *files_get(struct files *files, uint64_t inode)
{
    if (!files)
        return NULL;
    pthread_mutex_lock(&files->lock);
    struct file_node *node = get_locked(files, inode);
    if (node) {
        node->uses++;
        node->busy++;
    }
    bool is_open = node && node->fd >= 0;
    pthread_mutex_unlock(&files->lock);
    if (!node || is_open || files_reopen(node) == 0)
        return node;
    file_node_drop(node);
    return NULL;
}

static void unlink_locked(struct files *files, struct file_node *node)
{
    struct file_node **at = bucket_of(files, node->dev, node->ino);
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    free_place_locked(files, place_of(node->inode));
    files->nodes--;
    files->descriptors -= node->fd >= 0;
    if (node->is_pinned)
        files_share_give(files, node->owner);
}

static void give_back(struct files *files, uint64_t inode, uint64_t count, bool is_busy)
{
    pthread_mutex_lock(&files->lock);
    struct file_node *node = get_locked(files, inode);
    bool is_last = node && node->uses <= count;
    if (node) {
        node->uses -= is_last ? node->uses : count;
        node->busy -= is_busy;
    }
    if (is_last)
        unlink_locked(files, node);
    pthread_mutex_unlock(&files->lock);
    if (is_last)
        node_destroy(node);
}

void files_forget(struct files *files, uint64_t inode, uint64_t count)
{
    give_back(files, inode, count, false);
}

void file_node_drop(struct file_node *node)
{
    if (node)
        give_back(node->files, node->inode, 1, true);
}

void file_node_hand_over(struct file_node *node)
{
    pthread_mutex_lock(&node->files->lock);
    node->busy--;
    pthread_mutex_unlock(&node->files->lock);
}

size_t files_nodes(struct files *files)
{
    pthread_mutex_lock(&files->lock);
    size_t count = files->nodes;
    pthread_mutex_unlock(&files->lock);
    return count;
}

void files_close(struct files *files)
{
    if (!files)
        return;
    for (uint32_t i = 0; i < files->place_count; i++)
        if (files->places[i].node)
            node_destroy(files->places[i].node);
    if (files->fd >= 0)
        close(files->fd);
    if (files->store_fd >= 0)
        close(files->store_fd);
    pthread_mutex_destroy(&files->making);
    pthread_mutex_destroy(&files->lock);
    free(files->places);
    free(files);
}
