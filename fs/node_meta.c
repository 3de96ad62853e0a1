/* `alice.meta`: what the file system knows of an entity beside its document. */
#include "fs/node.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

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
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    return result < 0 ? result : write_meta(&view, inode_number(inode), out);
}

static int meta_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    AUTO_BUF struct buf text = {0};
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    result = write_meta(&view, inode_number(inode), &text);
    if (result == 0)
        result = node_view_stat(request, &view, inode, ret_stat);
    if (result == 0)
        node_stat_size(ret_stat, text.size);
    return result;
}

static int meta_open(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    return node_text_open(request, inode, flags, render_meta, ret_handle);
}

const struct node_kind node_meta = {.type = S_IFREG,
                                    .is_view = true,
                                    .getattr = meta_getattr,
                                    .open = meta_open,
                                    .read = node_text_read,
                                    .release = node_text_release};
