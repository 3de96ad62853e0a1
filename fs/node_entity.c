/* An entity, a version of it by its number (`@3`), and a name with a pin that leads nowhere yet. */
#include "fs/node_entity.h"
#include "fs/dance.h"
#include "fs/draft.h"
#include "fs/placeholder.h"
#include "fs/reader.h"
#include "fs/verdict.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>

/* Who may use an old version is said where the entity is now, or was last. */
static int load_entry(struct store_view *view, struct subject *subject)
{
    struct row_version newest = {.collection = subject->row.collection};
    uint64_t seq;
    int found = subject->is_pinned ? store_version_get(view, subject->object, &seq, &newest) : 1;
    return found == 1 ? store_entry_get(view, newest.collection, subject->object, &subject->entry)
                      : found;
}

int entity_load(struct store_view *view, uint64_t inode, struct subject *ret_subject)
{
    struct subject subject = {.object = inode_number(inode),
                              .is_pinned = inode_tag(inode) == INODE_PIN};
    uint64_t as_of = STORE_NOW;
    int found = 1;
    if (subject.is_pinned) {
        as_of = inode_number(inode);
        found = store_log_get(view, as_of, &subject.object);
    }
    if (found == 1)
        found = store_version_as_of(view, subject.object, as_of, &subject.seq, &subject.row);
    if (found != 1 || subject.row.op == ROW_DELETE)
        return found < 0 ? found : 0;
    found = load_entry(view, &subject);
    if (found == 1)
        *ret_subject = subject;
    return found;
}

static void fill(const struct subject *subject, struct stat *stat)
{
    const struct row_entry *entry = &subject->entry;
    int64_t at = subject->row.at;
    bool is_set = entry->mtime_seq == subject->seq;
    stat->st_mode = S_IFREG | entry->mode;
    stat->st_uid = entry->uid;
    stat->st_gid = entry->gid;
    stat->st_ino = entry->ino != 0 && !subject->is_pinned ? entry->ino : stat->st_ino;
    node_stat_size(stat, subject->row.document.size);
    node_stat_times(stat, entry->atime, is_set ? entry->mtime : at,
                    entry->ctime > at ? entry->ctime : at);
}

static bool fill_pending(struct request *request, uint64_t inode, struct stat *stat)
{
    struct pending pending;
    if (!pendings_get(request->mount->pendings, inode_number(inode), &pending))
        return false;
    stat->st_mode = S_IFREG | pending.entry.mode;
    stat->st_uid = pending.entry.uid;
    stat->st_gid = pending.entry.gid;
    node_stat_times(stat, pending.entry.atime, pending.entry.mtime, pending.entry.ctime);
    return true;
}

static bool is_draft(const struct handle *handle)
{
    return (handle->flags & O_ACCMODE) != O_RDONLY || handle->flags & O_TRUNC;
}

/* As it was at a version. Returns 1, 0 or an error. */
static int load_version(struct store_view *view, uint64_t object, uint64_t seq,
                        struct subject *ret_subject)
{
    struct subject subject = {.object = object};
    int found = store_version_as_of(view, object, seq, &subject.seq, &subject.row);
    if (found == 1)
        found = load_entry(view, &subject);
    if (found == 1)
        *ret_subject = subject;
    return found;
}

/* What is now; but of a handle that the kernel asks about, the version that it sees. */
static int load_told(struct request *request, struct store_view *view, uint64_t inode,
                     struct subject *ret_subject)
{
    const struct handle *handle = request->handle;
    uint64_t seq = handle && inode_tag(inode) == INODE_ENTITY && !is_draft(handle)
                       ? reader_seq((const struct reader *)handle)
                       : 0;
    return seq != 0 ? load_version(view, inode_number(inode), seq, ret_subject)
                    : entity_load(view, inode, ret_subject);
}

/* What has no name: it was deleted, or is a pin that leads nowhere. It is there for who has it
 * open. Returns 1, 0 or an error. */
static int fill_open(struct request *request, struct store_view *view, uint64_t inode,
                     struct stat *stat)
{
    struct subject subject;
    struct model_caller opener;
    uint64_t object = inode_tag(inode) == INODE_ENTITY ? inode_number(inode) : 0;
    uint64_t seq = 0;
    bool is_written = draft_is_open(request->mount, inode, &opener, &seq);
    if (seq == 0)
        seq = reader_shown(request, inode);
    int found = object != 0 && seq != 0 ? load_version(view, object, seq, &subject) : 0;
    if (found == 1) {
        fill(&subject, stat);
        reader_settle_all(request, inode, subject.seq);
    } else if (is_written) {
        stat->st_uid = opener.uid;
        stat->st_gid = opener.gid;
    }
    found = found < 0 ? found : found == 1 || is_written;
    if (found == 1 && object != 0)
        stat->st_nlink = 0;
    return found;
}

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    node_stat(request->mount, inode, S_IFREG | 0600, ret_stat);
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    struct subject subject;
    int found = load_told(request, &view, inode, &subject);
    bool has_left =
        found == 1 && inode_tag(inode) == INODE_ENTITY && dance_hides(request, subject.object);
    if (has_left && fill_open(request, &view, inode, ret_stat) == 1) {
        found = 1;
    } else if (found == 1) {
        fill(&subject, ret_stat);
        reader_settle_all(request, inode, subject.seq);
    } else if (found == 0) {
        found = fill_pending(request, inode, ret_stat);
        if (found == 0)
            found = fill_open(request, &view, inode, ret_stat);
    }
    int64_t size;
    if (found == 1 && draft_shown_size(request, inode, &size))
        ret_stat->st_size = size;
    return found == 1 ? 0 : found < 0 ? found : -ERR_NOT_FOUND;
}

/* truncate(2) of a path, with no handle whose draft could be cut: to nothing it does nothing yet,
 * else it writes what is left. */
static int truncate_path(struct request *request, uint64_t inode, uint64_t size)
{
    struct handle *handle;
    if (size == 0)
        return 0;
    int result = node_kind_of(inode)->open(request, inode, O_WRONLY, &handle);
    if (result < 0)
        return result;
    struct draft *draft = (struct draft *)handle;
    result = draft_truncate(request, draft, size);
    if (result == 0)
        result = draft_fsync(request, draft);
    pendings_close(request->mount->pendings, inode_number(inode));
    draft_destroy(request->mount, draft);
    return result;
}

static int setattr(struct request *request, uint64_t inode, struct handle *handle,
                   const struct stat *wanted, unsigned set)
{
    int result = 0;
    if (set & NODE_SET_SIZE) {
        uint64_t size = (uint64_t)wanted->st_size;
        result = handle ? draft_truncate(request, (struct draft *)handle, size)
                        : truncate_path(request, inode, size);
    }
    if (result < 0 || (set & ~(unsigned)NODE_SET_SIZE) == 0)
        return result;
    struct subject subject = {.object = inode_number(inode)};
    struct store_view view;
    result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = entity_load(&view, inode, &subject);
    store_view_end(&view);
    if (found < 0)
        return found;
    return node_set_attributes(request, subject.row.collection, subject.object, wanted, set);
}

static int open_reader(struct request *request, const struct subject *subject, uint64_t inode,
                       int flags, struct handle **ret_handle)
{
    struct reader *reader =
        reader_create(request, inode, flags, subject->object, subject->seq, subject->is_pinned);
    if (!reader)
        return -ERR_NO_MEMORY;
    *ret_handle = &reader->handle;
    return 0;
}

static struct model_base base_of(const struct draft *draft, const struct subject *subject)
{
    if (subject->is_pinned)
        return (struct model_base){MODEL_BASE_PINNED, subject->row.version};
    if (draft->mode == DRAFT_EDIT)
        return (struct model_base){MODEL_BASE_OPENED, subject->seq};
    return (struct model_base){draft->mode == DRAFT_PATCH ? MODEL_BASE_NONE : MODEL_BASE_LAST, 0};
}

static int open_draft(struct request *request, struct store_view *view,
                      const struct subject *subject, uint64_t inode, int flags,
                      struct handle **ret_handle)
{
    struct draft *draft = draft_create(request, inode, flags);
    if (!draft)
        return -ERR_NO_MEMORY;
    draft->object = subject->object;
    draft->collection = subject->row.collection;
    draft->opened_seq = subject->seq;
    draft->base = base_of(draft, subject);
    draft->create_mode = subject->entry.mode;
    buf_append_span(&draft->id, subject->row.name);
    int found = node_collection_name(view, draft->collection, &draft->collection_name);
    if (found != 1) {
        draft_destroy(request->mount, draft);
        return found < 0 ? found : -ERR_NOT_FOUND;
    }
    *ret_handle = &draft->handle;
    return 0;
}

static int open_pending(struct request *request, struct store_view *view, uint64_t inode, int flags,
                        struct handle **ret_handle)
{
    struct pending pending;
    if (!pendings_get(request->mount->pendings, inode_number(inode), &pending))
        return -ERR_NOT_FOUND;
    const struct subject subject = {.object = pending.object,
                                    .row = {.collection = pending.collection,
                                            .name = span_make(pending.name, pending.name_size)},
                                    .entry = {.mode = pending.entry.mode}};
    /* There is nothing to edit: whatever is written is the whole. */
    int result = (flags & O_ACCMODE) == O_RDONLY
                     ? open_reader(request, &subject, inode, flags, ret_handle)
                     : open_draft(request, view, &subject, inode,
                                  flags & O_APPEND ? flags : flags | O_TRUNC, ret_handle);
    if (result == 0)
        pendings_open(request->mount->pendings, pending.object);
    return result;
}

static int open_(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    struct subject subject;
    int found = entity_load(&view, inode, &subject);
    if (found < 0)
        return found;
    if (found == 0)
        return open_pending(request, &view, inode, flags, ret_handle);
    verdict_note(request, subject.object, true); /* who opens it has taken note of a refusal */
    if ((flags & O_ACCMODE) == O_RDONLY && !(flags & O_TRUNC))
        return open_reader(request, &subject, inode, flags, ret_handle);
    if (dance_settle_object(request, subject.object))
        return error_system(ESTALE); /* the name is looked up again */
    return open_draft(request, &view, &subject, inode, flags, ret_handle);
}

static int read_(struct request *request, struct handle *handle, uint64_t offset, size_t size,
                 struct buf *out)
{
    return is_draft(handle) ? draft_read(request, (struct draft *)handle, offset, size, out)
                            : reader_read(request, (struct reader *)handle, offset, size, out);
}

static int write_(struct request *request, struct handle *handle, uint64_t offset, struct span data)
{
    return draft_write(request, (struct draft *)handle, offset, data);
}

/* What has no content yet is kept as an empty file. */
static int keep(struct request *request, const struct handle *handle)
{
    bool may_be_one = inode_tag(handle->inode) == INODE_ENTITY;
    return may_be_one ? placeholder_keep(request, inode_number(handle->inode)) : 0;
}

static int flush(struct request *request, struct handle *handle)
{
    int result = is_draft(handle) ? draft_flush(request, (struct draft *)handle) : 0;
    return result == 0 && is_draft(handle) ? keep(request, handle) : result;
}

static int fsync_(struct request *request, struct handle *handle)
{
    int result = is_draft(handle) ? draft_fsync(request, (struct draft *)handle) : 0;
    return result == 0 && is_draft(handle) ? keep(request, handle) : result;
}

static void close_pending(struct mount *mount, const struct handle *handle)
{
    if (inode_tag(handle->inode) == INODE_ENTITY)
        pendings_close(mount->pendings, inode_number(handle->inode));
}

static void release(struct request *request, struct handle *handle)
{
    if (!is_draft(handle)) {
        close_pending(request->mount, handle);
        reader_destroy(request->mount, (struct reader *)handle);
        return;
    }
    struct draft *draft = (struct draft *)handle;
    struct mount *mount = request->mount;
    int result = draft_release(request, draft);
    /* An empty file that was there before stays, whatever was refused. */
    bool has_made_it = handle->flags & O_CREAT;
    bool is_void = has_made_it && (result < 0 || draft->was_refused);
    close_pending(mount, handle);
    if (is_void)
        placeholder_discard(request, inode_number(handle->inode));
    draft_destroy(mount, draft);
}

#define ENTITY_FUNCTIONS                                                                           \
    .type = S_IFREG, .getattr = getattr, .setattr = setattr, .open = open_, .read = read_,         \
    .write = write_, .flush = flush, .fsync = fsync_, .release = release,                          \
    .getxattr = entity_getxattr, .listxattr = entity_listxattr

const struct node_kind node_entity = {ENTITY_FUNCTIONS, .setxattr = entity_setxattr,
                                      .removexattr = entity_removexattr};
const struct node_kind node_pin = {ENTITY_FUNCTIONS, .is_view = true};
const struct node_kind node_pin_new = {ENTITY_FUNCTIONS};
