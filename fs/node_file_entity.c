/* An ordinary file that has become an entity's: it was moved onto its name, and may be open yet.
 * What is then written through a descriptor becomes a version when that is synced or closed. */
#include "fs/dance.h"
#include "fs/node_file.h"
#include "fs/process.h"
#include "store/base/cleanup.h"

#include <fcntl.h>

int node_file_read_whole(struct request *request, const struct file_node *node)
{
    const size_t most = model_options(request->mount->model)->max_entity;
    AUTO_CLOSE int fd = -1;
    struct stat stat;
    struct buf *out = &request->bytes;
    int result = file_node_open(node, O_RDONLY, &fd);
    if (result < 0)
        return result;
    if (fstat(fd, &stat) < 0)
        return node_system_error();
    if ((uint64_t)stat.st_size > most)
        return problem_set(&request->problem, ERR_TOO_LARGE,
                           "the document would have more than %zu bytes, the limit (max_entity)",
                           most);
    size_t left = (size_t)stat.st_size;
    if (!buf_reserve(out, left))
        return -ERR_NO_MEMORY;
    for (ssize_t got = 1; left > 0 && got > 0; left -= (size_t)got) {
        got = pread(fd, out->data + out->size, left, (off_t)out->size);
        if (got < 0)
            return node_system_error();
        out->size += (size_t)got;
    }
    return 0;
}

void node_file_dress(const struct file_node *node, const struct stat *stat, struct model_put *put)
{
    put->has_mtime = true;
    put->mtime = node_time(stat->st_mtim);
    put->ino = stat->st_nlink > 1 ? 0 : node->shown;
}

void node_file_become(struct request *request, struct file_node *node)
{
    struct stat stat;
    if (fstat(node->fd, &stat) < 0 || stat.st_nlink > 0)
        return;
    node->object = request->result.object;
    node->seq = request->result.seq;
}

void node_file_note_change(struct open_file *handle)
{
    handle->is_dirty = handle->node->object != 0;
    handle->is_refused = false;
}

/* Names what the entity is called now, or was last. Returns its collection in `ret_collection`. */
static int name_entity(struct request *request, uint64_t object, uint64_t *ret_collection)
{
    AUTO_VIEW struct store_view view = {0};
    AUTO_BUF struct buf collection_name = {0};
    struct row_version row;
    uint64_t seq;
    int found = store_read(request->mount->store, &view);
    if (found == 0)
        found = store_version_get(&view, object, &seq, &row);
    if (found == 1)
        found = node_collection_name(&view, row.collection, &collection_name);
    if (found < 0)
        return found;
    request_name(request, row.collection, buf_span(&collection_name), row.name, ".json");
    *ret_collection = row.collection;
    return found == 1 && !buf_failed(&request->file_name) ? 0 : -ERR_NOT_FOUND;
}

static int put(struct request *request, struct file_node *node, uint64_t collection)
{
    struct stat stat;
    if (fstat(node->fd, &stat) < 0)
        return node_system_error();
    const struct span name = buf_span(&request->file_name);
    struct model_put args = {.caller = request->caller,
                             .collection = collection,
                             .name = span_head(name, name.size - (sizeof(".json") - 1)),
                             .object = node->object,
                             .text = buf_span(&request->bytes),
                             .base = {MODEL_BASE_OPENED, node->seq}};
    node_file_dress(node, &stat, &args);
    int result = dance_put(request, &args);
    if (result == 0)
        node->seq = request->result.seq;
    return result;
}

int node_file_commit(struct request *request, struct file_node *node)
{
    uint64_t collection;
    int result = name_entity(request, node->object, &collection);
    if (result == 0)
        result = node_file_read_whole(request, node);
    return result < 0 ? result : put(request, node, collection);
}

/* Shells close copies of a descriptor between the parts of a text. */
static bool may_go_on(struct request *request, const struct open_file *handle)
{
    return request->problem.code == -ERR_JSON_INCOMPLETE &&
           process_has_writable(request->caller.reader.tid, handle->node->shown, true);
}

int node_file_commit_handle(struct request *request, struct open_file *handle, bool is_close)
{
    if (!handle->is_dirty)
        return 0;
    int result = node_file_commit(request, handle->node);
    if (result < 0 && is_close && may_go_on(request, handle)) {
        request->is_write = false;
        return 0;
    }
    request->repeated = result < 0 && handle->is_refused;
    handle->is_refused = handle->is_dirty = result < 0;
    return result;
}

void node_file_abandon(struct request *request, struct open_file *handle)
{
    uint64_t collection;
    struct problem *problem = &request->problem;
    request->caller.uid = handle->uid;
    request->caller.reader = handle->node->closer;
    if (!handle->is_dirty || handle->is_refused ||
        name_entity(request, handle->node->object, &collection) < 0)
        return;
    if (node_file_read_whole(request, handle->node) == 0 || problem->code == 0)
        problem_set(problem, ERR_JSON_INCOMPLETE, "it was never closed or synced by its writer");
}
