#include "fs/node_file.h"

#include "fs/dance.h"
#include "fs/placeholder.h"
#include "fs/process.h"
#include "store/base/clock.h"

#include <fcntl.h>

static const struct node_kind *const kinds[INODE_TAG_COUNT] = {
    [INODE_ROOT] = &node_root,         [INODE_COLLECTION] = &node_collection,
    [INODE_ENTITY] = &node_entity,     [INODE_PIN] = &node_pin,
    [INODE_PIN_NEW] = &node_pin_new,   [INODE_META] = &node_meta,
    [INODE_AUDIT] = &node_audit,       [INODE_ERRORS] = &node_errors,
    [INODE_REJECTED] = &node_rejected, [INODE_ERROR] = &node_error,
    [INODE_BYTES] = &node_bytes,       [INODE_JOURNAL] = &node_journal,
    [INODE_STATS] = &node_stats,       [INODE_OUTBOX] = &node_outbox,
    [INODE_PLACE] = &node_place,       [INODE_WORKER] = &node_worker,
    [INODE_EVENT] = &node_event,       [INODE_VOCABULARY] = &node_vocabulary,
    [INODE_FILE] = &node_file,         [INODE_FOLDER] = &node_folder,
};

const struct node_kind *node_kind_of(uint64_t inode)
{
    unsigned tag = inode_tag(inode);
    return tag < INODE_TAG_COUNT ? kinds[tag] : NULL;
}

static struct timespec timespec_of(int64_t time)
{
    int64_t rest = time % CLOCK_SECOND;
    bool is_below = rest < 0; /* before 1970 */
    return (struct timespec){.tv_sec = time / CLOCK_SECOND - is_below,
                             .tv_nsec = is_below ? rest + CLOCK_SECOND : rest};
}

void node_stat_times(struct stat *stat, int64_t atime, int64_t mtime, int64_t ctime)
{
    stat->st_atim = timespec_of(atime);
    stat->st_mtim = timespec_of(mtime);
    stat->st_ctim = timespec_of(ctime);
}

void node_stat(const struct mount *mount, uint64_t inode, mode_t mode, struct stat *ret_stat)
{
    *ret_stat = (struct stat){.st_ino = inode,
                              .st_mode = mode,
                              .st_nlink = S_ISDIR(mode) ? 2 : 1,
                              .st_uid = mount->uid,
                              .st_gid = mount->gid,
                              .st_blksize = 4096};
    node_stat_times(ret_stat, mount->mounted, mount->mounted, mount->mounted);
}

void node_stat_size(struct stat *stat, uint64_t size)
{
    stat->st_size = (off_t)size;
    stat->st_blocks = (stat->st_size + 511) / 512;
}

/* A view outlives the entity, and so do its permissions: the newest entry is looked at, whether
 * it is live or not. */
int node_view_stat(struct request *request, struct store_view *view, uint64_t inode,
                   struct stat *ret_stat)
{
    struct row_version row;
    struct row_entry entry;
    uint64_t seq;
    uint64_t object = inode_number(inode);
    int found = store_version_get(view, object, &seq, &row);
    if (found == 1)
        found = store_entry_get(view, row.collection, object, &entry);
    if (found != 1)
        return found < 0 ? found : -ERR_NOT_FOUND;
    node_stat(request->mount, inode, S_IFREG | (entry.mode & 0444), ret_stat);
    ret_stat->st_uid = entry.uid;
    ret_stat->st_gid = entry.gid;
    node_stat_times(ret_stat, row.at, row.at, row.at);
    return 0;
}

int node_entry_fill(struct request *request, uint64_t inode, struct node_entry *ret_entry)
{
    ret_entry->inode = inode;
    return node_kind_of(inode)->getattr(request, inode, &ret_entry->stat);
}

int64_t node_time(struct timespec time)
{
    int64_t result;
    return __builtin_mul_overflow(time.tv_sec, CLOCK_SECOND, &result) ||
                   __builtin_add_overflow(result, time.tv_nsec, &result)
               ? (time.tv_sec < 0 ? INT64_MIN : INT64_MAX)
               : result;
}

unsigned node_attributes(unsigned set)
{
    return (set & NODE_SET_MODE ? MODEL_MODE : 0U) | (set & NODE_SET_UID ? MODEL_UID : 0U) |
           (set & NODE_SET_GID ? MODEL_GID : 0U) |
           (set & (NODE_SET_ATIME | NODE_SET_ATIME_NOW) ? MODEL_ATIME : 0U) |
           (set & (NODE_SET_MTIME | NODE_SET_MTIME_NOW) ? MODEL_MTIME : 0U);
}

int node_set_attributes(struct request *request, uint64_t parent, uint64_t object,
                        const struct stat *wanted, unsigned set)
{
    int64_t now = clock_realtime();
    struct row_entry entry = {.mode = wanted->st_mode & (S_ISDIR(wanted->st_mode) ? 07777 : 0777),
                              .uid = wanted->st_uid,
                              .gid = wanted->st_gid,
                              .atime = set & NODE_SET_ATIME_NOW ? now : node_time(wanted->st_atim),
                              .mtime = set & NODE_SET_MTIME_NOW ? now : node_time(wanted->st_mtim)};
    unsigned mask = node_attributes(set);
    struct pending pending;
    if (pendings_get(request->mount->pendings, object, &pending)) {
        struct row_entry *has = &pending.entry;
        has->mode = mask & MODEL_MODE ? entry.mode : has->mode;
        has->uid = mask & MODEL_UID ? entry.uid : has->uid;
        has->gid = mask & MODEL_GID ? entry.gid : has->gid;
        has->atime = mask & MODEL_ATIME ? entry.atime : has->atime;
        has->mtime = mask & MODEL_MTIME ? entry.mtime : has->mtime;
        return placeholder_set(request, object, has);
    }
    if (mask == 0)
        return 0;
    return model_set_attributes(request->mount->model, parent, object, mask, &entry,
                                &request->problem);
}

static int folder_stat(struct store_view *view, uint64_t object, struct stat *stat)
{
    struct row_entry entry = {0};
    int64_t changed;
    int found = store_entry_get(view, STORE_ROOT, object, &entry);
    if (found == 1) {
        stat->st_mode = S_IFDIR | entry.mode;
        stat->st_uid = entry.uid;
        stat->st_gid = entry.gid;
        node_stat_times(stat, entry.atime, entry.ctime, entry.ctime);
    }
    if (found >= 0)
        found = store_time_get(view, object, &changed);
    if (found == 1) {
        stat->st_mtim = timespec_of(changed);
        if (entry.mtime != changed && node_time(stat->st_ctim) < changed) /* no user has set it */
            stat->st_ctim = stat->st_mtim;
    }
    return found < 0 ? found : 0;
}

int node_folder_stat(struct request *request, uint64_t inode, mode_t mode, struct stat *ret_stat)
{
    node_stat(request->mount, inode, S_IFDIR | mode, ret_stat);
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    return result < 0 ? result : folder_stat(&view, inode_number(inode), ret_stat);
}

int node_folder_setattr(struct request *request, uint64_t inode, struct handle *handle,
                        const struct stat *wanted, unsigned set)
{
    (void)handle;
    struct stat now;
    dance_settle_folder(request, inode_number(inode)); /* or it would change the times again */
    int result = node_kind_of(inode)->getattr(request, inode, &now);
    if (result < 0)
        return result;
    /* The folders that are always there get an entry with the first change. */
    now.st_mode = set & NODE_SET_MODE ? wanted->st_mode : now.st_mode;
    now.st_uid = set & NODE_SET_UID ? wanted->st_uid : now.st_uid;
    now.st_gid = set & NODE_SET_GID ? wanted->st_gid : now.st_gid;
    now.st_atim = wanted->st_atim;
    now.st_mtim = wanted->st_mtim;
    set |= NODE_SET_MODE | NODE_SET_UID | NODE_SET_GID;
    result = node_set_attributes(request, STORE_ROOT, inode_number(inode), &now, set);
    if (result == 0 && set & NODE_SET_MTIME_NOW)
        node_folder_set_mtime(request, inode, (struct timespec){.tv_nsec = UTIME_NOW});
    else if (result == 0 && set & NODE_SET_MTIME)
        node_folder_set_mtime(request, inode, now.st_mtim);
    return result;
}

int node_refuse_write(struct request *request, int flags)
{
    if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_TRUNC))
        return 0;
    return problem_set(&request->problem, ERR_READ_ONLY,
                       "this is a view of what is stored, and cannot be written");
}

int node_name_get(struct request *request, uint64_t parent, struct span name,
                  struct row_binding *ret_binding)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    return result < 0 ? result : store_name_get(&view, parent, name, ret_binding);
}

int node_collection_name(struct store_view *view, uint64_t collection, struct buf *out)
{
    struct row_version row;
    uint64_t seq;
    if (collection == STORE_SCHEMAS) {
        buf_append_string(out, ".schema");
        return 1;
    }
    int found = store_version_get(view, collection, &seq, &row);
    if (found == 1)
        buf_append_span(out, row.name);
    return found == 1 && row.op == ROW_DELETE ? 0 : found;
}

bool node_may_write(const struct request *request, const struct row_entry *entry)
{
    const struct model_caller *caller = &request->caller;
    uint32_t bit = 0002;
    if (caller->uid == entry->uid)
        bit = 0200;
    else if (caller->gid == entry->gid || process_has_group(caller->reader.tid, entry->gid))
        bit = 0020;
    return caller->uid == 0 || (entry->mode & bit) != 0;
}

pid_t request_pid(struct request *request)
{
    if (request->pid == 0)
        request->pid = process_of(request->caller.reader.tid).pid;
    return request->pid;
}

void request_name(struct request *request, uint64_t collection, struct span collection_name,
                  struct span id, const char *suffix)
{
    request->is_write = true;
    request->collection = collection;
    buf_clear(&request->collection_name);
    buf_append_span(&request->collection_name, collection_name);
    buf_clear(&request->file_name);
    buf_append_span(&request->file_name, id);
    buf_append_string(&request->file_name, suffix);
}
