/* The drafts of a mount: their beginning, their end, and who has which file open for writing. */
#include "fs/draft.h"

#include "fs/process.h"

#include <fcntl.h>
#include <stdlib.h>

static struct draft **bucket_of(struct mount *mount, uint64_t inode)
{
    return &mount->drafts[mount_bucket(inode)];
}

static enum draft_mode mode_of(int flags)
{
    if (flags & O_APPEND && !(flags & O_TRUNC))
        return DRAFT_PATCH;
    return flags & (O_TRUNC | O_CREAT) ? DRAFT_REPLACE : DRAFT_EDIT;
}

struct draft *draft_create(struct request *request, uint64_t inode, int flags)
{
    struct draft *draft = calloc(1, sizeof(*draft));
    if (!draft)
        return NULL;
    draft->handle = (struct handle){.kind = node_kind_of(inode), .inode = inode, .flags = flags};
    draft->opener = draft->writer = request->caller;
    draft->mode = mode_of(flags);
    draft->ordered = true;
    scan_init(&draft->scan);
    problem_init(&draft->verdict);
    pthread_mutex_init(&draft->lock, NULL);
    atomic_init(&draft->shown_size, draft->mode == DRAFT_REPLACE ? 0 : -1);
    atomic_init(&draft->shown_to, request->caller.reader.tid);
    struct mount *mount = request->mount;
    pthread_mutex_lock(&mount->handles_lock);
    struct draft **bucket = bucket_of(mount, inode);
    draft->next = *bucket;
    *bucket = draft;
    pthread_mutex_unlock(&mount->handles_lock);
    return draft;
}

void draft_destroy(struct mount *mount, struct draft *draft)
{
    pthread_mutex_lock(&mount->handles_lock);
    struct draft **link = bucket_of(mount, draft->handle.inode);
    while (*link != draft)
        link = &(*link)->next;
    *link = draft->next;
    pthread_mutex_unlock(&mount->handles_lock);
    atomic_fetch_sub(&mount->draft_bytes, draft->counted);
    buf_finish(&draft->collection_name);
    buf_finish(&draft->id);
    buf_finish(&draft->bytes);
    problem_finish(&draft->verdict);
    pthread_mutex_destroy(&draft->lock);
    free(draft);
}

bool draft_is_open(struct mount *mount, uint64_t inode, struct model_caller *ret_opener,
                   uint64_t *ret_seq)
{
    pthread_mutex_lock(&mount->handles_lock);
    const struct draft *draft = *bucket_of(mount, inode);
    while (draft && draft->handle.inode != inode)
        draft = draft->next;
    if (draft) {
        *ret_opener = draft->opener;
        *ret_seq = draft->opened_seq;
    }
    pthread_mutex_unlock(&mount->handles_lock);
    return draft != NULL;
}

bool draft_shown_size(struct request *request, uint64_t inode, int64_t *ret_size)
{
    struct mount *mount = request->mount;
    int64_t size = -1;
    int32_t tid = 0;
    pthread_mutex_lock(&mount->handles_lock);
    for (const struct draft *draft = *bucket_of(mount, inode); draft; draft = draft->next) {
        if (draft->handle.inode != inode || atomic_load(&draft->shown_size) < 0)
            continue;
        size = atomic_load(&draft->shown_size);
        tid = atomic_load(&draft->shown_to);
        if (tid == request->caller.reader.tid)
            break;
    }
    pthread_mutex_unlock(&mount->handles_lock);
    if (size < 0 ||
        (tid != request->caller.reader.tid && process_of(tid).pid != request_pid(request)))
        return false;
    *ret_size = size;
    return true;
}
