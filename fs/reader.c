#include "fs/reader.h"

#include "fs/process.h"

#include <stdlib.h>

static struct reader **bucket_of(struct mount *mount, uint64_t inode)
{
    return &mount->readers[mount_bucket(inode)];
}

struct reader *reader_create(struct request *request, uint64_t inode, int flags, uint64_t object,
                             uint64_t seq, bool settled)
{
    struct mount *mount = request->mount;
    struct reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return NULL;
    reader->handle = (struct handle){.kind = node_kind_of(inode), .inode = inode, .flags = flags};
    reader->object = object;
    reader->opened = seq;
    reader->tid = request->caller.reader.tid;
    atomic_init(&reader->seq, settled ? seq : 0);
    pthread_mutex_lock(&mount->handles_lock);
    struct reader **bucket = bucket_of(mount, inode);
    reader->next = *bucket;
    *bucket = reader;
    pthread_mutex_unlock(&mount->handles_lock);
    return reader;
}

void reader_destroy(struct mount *mount, struct reader *reader)
{
    pthread_mutex_lock(&mount->handles_lock);
    struct reader **link = bucket_of(mount, reader->handle.inode);
    while (*link != reader)
        link = &(*link)->next;
    *link = reader->next;
    pthread_mutex_unlock(&mount->handles_lock);
    free(reader);
}

static void settle(struct reader *reader, uint64_t seq)
{
    uint64_t none = 0;
    atomic_compare_exchange_strong(&reader->seq, &none, seq);
}

#define OTHERS_MAX 16 /* threads whose process is asked for, in one call */

struct threads {
    size_t count;
    int32_t tids[OTHERS_MAX];
};

static bool has(const struct threads *threads, int32_t tid)
{
    for (size_t i = 0; i < threads->count; i++)
        if (threads->tids[i] == tid)
            return true;
    return false;
}

/* Settles what the threads opened, and names the others that have unsettled ones: they may be of
 * the same process. */
static void settle_of(struct mount *mount, uint64_t inode, uint64_t seq,
                      const struct threads *threads, struct threads *ret_others)
{
    *ret_others = (struct threads){0};
    pthread_mutex_lock(&mount->handles_lock);
    for (struct reader *reader = *bucket_of(mount, inode); reader; reader = reader->next) {
        if (reader->handle.inode != inode || atomic_load(&reader->seq) != 0)
            continue;
        if (has(threads, reader->tid))
            settle(reader, seq);
        else if (ret_others->count < OTHERS_MAX && !has(ret_others, reader->tid))
            ret_others->tids[ret_others->count++] = reader->tid;
    }
    pthread_mutex_unlock(&mount->handles_lock);
}

void reader_settle_all(struct request *request, uint64_t inode, uint64_t seq)
{
    int32_t tid = request->caller.reader.tid;
    struct threads own = {.count = 1, .tids = {tid}};
    struct threads others;
    settle_of(request->mount, inode, seq, &own, &others);
    if (others.count == 0)
        return;
    int32_t pid = request_pid(request);
    own.count = 0;
    for (size_t i = 0; i < others.count; i++)
        if (process_has_thread(pid, others.tids[i]))
            own.tids[own.count++] = others.tids[i];
    if (own.count > 0)
        settle_of(request->mount, inode, seq, &own, &others);
}

struct sight {
    int32_t tid;
    uint64_t seq;
};

/* What those that have an entity open see, at most OTHERS_MAX of them. */
static size_t look_through(struct mount *mount, uint64_t inode, struct sight *sights)
{
    size_t count = 0;
    pthread_mutex_lock(&mount->handles_lock);
    const struct reader *reader = *bucket_of(mount, inode);
    for (; reader && count < OTHERS_MAX; reader = reader->next) {
        uint64_t seq = reader_seq(reader) != 0 ? reader_seq(reader) : reader->opened;
        if (reader->handle.inode == inode && seq != 0)
            sights[count++] = (struct sight){reader->tid, seq};
    }
    pthread_mutex_unlock(&mount->handles_lock);
    return count;
}

uint64_t reader_shown(struct request *request, uint64_t inode)
{
    struct sight sights[OTHERS_MAX];
    size_t count = look_through(request->mount, inode, sights);
    for (size_t i = 0; i < count; i++)
        if (sights[i].tid == request->caller.reader.tid)
            return sights[i].seq;
    for (size_t i = 0; i < count; i++)
        if (process_has_thread(request_pid(request), sights[i].tid))
            return sights[i].seq;
    return count > 0 ? sights[0].seq : 0;
}

/* The version that is read: the current one, or, when the entity was deleted since, the last. */
static int find(struct store_view *view, struct reader *reader, struct row_version *ret_row)
{
    uint64_t seq = atomic_load(&reader->seq);
    if (seq != 0)
        return store_version_as_of(view, reader->object, seq, &seq, ret_row);
    int found = store_version_get(view, reader->object, &seq, ret_row);
    if (found == 1 && ret_row->op == ROW_DELETE)
        found = reader->opened == 0
                    ? 0
                    : store_version_as_of(view, reader->object, reader->opened, &seq, ret_row);
    if (found != 1)
        return found;
    settle(reader, seq);
    uint64_t settled = atomic_load(&reader->seq); /* an fstat may have come first */
    return settled == seq ? 1 : store_version_as_of(view, reader->object, settled, &seq, ret_row);
}

int reader_read(struct request *request, struct reader *reader, uint64_t offset, size_t size,
                struct buf *out)
{
    struct row_version row;
    struct store_view view;
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = find(&view, reader, &row);
    if (found == 1 && offset < row.document.size)
        buf_append_span(out, span_head(span_skip(row.document, (size_t)offset), size));
    store_view_end(&view);
    if (found == 1 && inode_tag(reader->handle.inode) == INODE_ENTITY)
        bases_read(model_bases(request->mount->model), reader->object, request->caller.reader,
                   atomic_load(&reader->seq));
    return found < 0 ? found : 0;
}
