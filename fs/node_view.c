/* Views of one entity: `alice.meta`, and its audit sidecar `alice.audit.jsonl`. */
#include "audit/sidecar.h"
#include "fs/node.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <stdlib.h>

/* A view may be read by whom the entity may be read by. It outlives the entity, and so do its
 * permissions: the newest entry is looked at, live or not. */
static int view_stat(struct request *request, struct store_view *view, uint64_t inode,
                     struct stat *stat)
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
    node_stat(request->mount, inode, S_IFREG | (entry.mode & 0444), stat);
    stat->st_uid = entry.uid;
    stat->st_gid = entry.gid;
    node_stat_times(stat, row.at, row.at, row.at);
    return 0;
}

static void set_size(struct stat *stat, uint64_t size)
{
    stat->st_size = (off_t)size;
    stat->st_blocks = (stat->st_size + 511) / 512;
}

static void write_actor(struct buf *out, const char *member, struct span record_head)
{
    /* The record has the actor as JSON: between `"actor":` and `,"patch":`. */
    static const char before[] = ",\"actor\":";
    const uint8_t *at = memmem(record_head.data, record_head.size, before, sizeof(before) - 1);
    if (!at)
        return;
    struct span actor =
        span_skip(record_head, (size_t)(at - record_head.data) + sizeof(before) - 1);
    const uint8_t *end = memmem(actor.data, actor.size, "},\"patch\":", 10);
    if (!end)
        return;
    buf_printf(out, ",\n  \"%s\": ", member);
    buf_append(out, actor.data, (size_t)(end - actor.data) + 1);
}

static void write_time(struct buf *out, const char *member, int64_t time)
{
    buf_printf(out, ",\n  \"%s\": \"", member);
    clock_append(out, time);
    buf_append_byte(out, '"');
}

static int write_meta(struct store_view *view, uint64_t object, struct buf *out)
{
    struct row_version first;
    struct row_version last;
    struct row_entry entry;
    uint64_t seq;
    uint64_t last_seq;
    AUTO_BUF struct buf collection = {0};
    int found = store_version_after(view, object, 0, &seq, &first);
    if (found == 1)
        found = store_version_get(view, object, &last_seq, &last);
    if (found == 1)
        found = store_entry_get(view, last.collection, object, &entry);
    if (found == 1)
        found = node_collection_name(view, last.collection, &collection);
    if (found != 1 || last.op == ROW_DELETE)
        return found < 0 ? found : -ERR_NOT_FOUND;
    buf_append_string(out, "{\n  \"collection\": ");
    buf_append_json_string(out, buf_span(&collection));
    buf_append_string(out, ",\n  \"id\": ");
    buf_append_json_string(out, last.name);
    buf_printf(out, ",\n  \"version\": %ju,\n  \"seq\": %ju,\n  \"size\": %zu",
               (uintmax_t)last.version, (uintmax_t)last_seq, last.document.size);
    write_time(out, "created", first.at);
    write_time(out, "updated", last.at);
    write_actor(out, "created_by", first.head);
    write_actor(out, "updated_by", last.head);
    buf_printf(out, ",\n  \"uid\": %u,\n  \"gid\": %u,\n  \"mode\": \"%04o\"\n}\n", entry.uid,
               entry.gid, entry.mode);
    return 0;
}

static int render_meta(struct request *request, uint64_t inode, struct buf *out)
{
    struct store_view view;
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    result = write_meta(&view, inode_number(inode), out);
    store_view_end(&view);
    return result;
}

static int meta_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    AUTO_BUF struct buf text = {0};
    struct store_view view;
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    result = write_meta(&view, inode_number(inode), &text);
    if (result == 0)
        result = view_stat(request, &view, inode, ret_stat);
    store_view_end(&view);
    set_size(ret_stat, text.size);
    return result;
}

static int meta_open(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    return node_text_open(request, inode, flags, &node_meta, render_meta, ret_handle);
}

const struct node_kind node_meta = {.type = S_IFREG,
                                    .getattr = meta_getattr,
                                    .open = meta_open,
                                    .read = node_text_read,
                                    .release = node_text_release};

static int audit_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    struct store_view view;
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    uint64_t size = 0;
    int found = audit_sidecar_size(&view, inode_number(inode), &size);
    result = found == 1  ? view_stat(request, &view, inode, ret_stat)
             : found < 0 ? found
                         : -ERR_NOT_FOUND;
    store_view_end(&view);
    if (result == 0)
        set_size(ret_stat, size);
    return result;
}

static int audit_open(struct request *request, uint64_t inode, int flags,
                      struct handle **ret_handle)
{
    int result = node_refuse_write(request, flags);
    struct handle *handle = result < 0 ? NULL : calloc(1, sizeof(*handle));
    if (!handle)
        return result < 0 ? result : -ERR_NO_MEMORY;
    *handle = (struct handle){.kind = &node_audit, .inode = inode, .flags = flags};
    *ret_handle = handle;
    return 0;
}

static int audit_read(struct request *request, struct handle *handle, uint64_t offset, size_t size,
                      struct buf *out)
{
    struct store_view view;
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    result = audit_sidecar_read(&view, inode_number(handle->inode), offset, size, out);
    store_view_end(&view);
    return result;
}

static void audit_release(struct request *request, struct handle *handle)
{
    (void)request;
    free(handle);
}

const struct node_kind node_audit = {.type = S_IFREG,
                                     .getattr = audit_getattr,
                                     .open = audit_open,
                                     .read = audit_read,
                                     .release = audit_release};
