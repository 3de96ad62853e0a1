/* What a user sees of a file, and may have of the descriptors. */
#include "fs/files_internal.h"

#include <errno.h>
#include <fcntl.h>

/* The finaliser of SplitMix64: each bit of the result depends on all of them (Steele, Lea, Flood:
 * "Fast splittable pseudorandom number generators", 2014). */
static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27) * 0x94d049bb133111ebU;
    return value ^ value >> 31;
}

/* The file's handle, which has the generation of its number where the file system counts them: the
 * clock that gives the time of birth may stand still while a number is given twice. */
static uint64_t mix_handle(uint64_t hash, int fd, const char *name)
{
    int mount;
    union {
        struct file_handle handle;
        unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } all = {.handle.handle_bytes = MAX_HANDLE_SZ};
    if (name_to_handle_at(fd, name, &all.handle, &mount, AT_EMPTY_PATH) < 0)
        return hash;
    for (unsigned i = 0; i < all.handle.handle_bytes; i++)
        hash = mix(hash ^ all.handle.f_handle[i]);
    return hash;
}

uint64_t files_shown_ino(int fd, const char *name)
{
    struct statx at;
    const int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (statx(fd, name, flags, STATX_INO | STATX_BTIME, &at) < 0)
        return 0;
    uint64_t hash = mix(at.stx_ino);
    if (at.stx_mask & STATX_BTIME)
        hash = mix(hash ^ ((uint64_t)at.stx_btime.tv_sec * 1000000000 + at.stx_btime.tv_nsec));
    hash = mix_handle(hash, fd, name);
    return (uint64_t)INODE_FILE << 58 | (hash & (((uint64_t)1 << 58) - 1));
}

static atomic_uint_least32_t *share_of(struct files *files, uid_t uid)
{
    return &files->shares[uid % FILES_SHARES];
}

/* Half of what the nodes may have, which is half of all. */
static bool has_more(struct files *files, uid_t uid)
{
    return uid == 0 || uid == files->self ||
           atomic_load(share_of(files, uid)) < files->descriptors_max / 2;
}

void files_share_add(struct files *files, uid_t uid)
{
    atomic_fetch_add(share_of(files, uid), 1);
}

int files_share_take(struct files *files, uid_t uid)
{
    if (!has_more(files, uid))
        return error_system(ENFILE);
    files_share_add(files, uid);
    return 0;
}

void files_share_give(struct files *files, uid_t uid)
{
    atomic_fetch_sub(share_of(files, uid), 1);
}

bool file_node_may_pin(struct file_node *node)
{
    pthread_mutex_lock(&node->files->lock);
    bool may = node->is_pinned || has_more(node->files, node->owner);
    pthread_mutex_unlock(&node->files->lock);
    return may;
}
