/* The extended attributes of an entity: what the program says of it, and what its users do. */
#include "fs/node_entity.h"
#include "fs/node_file.h"
#include "store/base/cleanup.h"

#define XATTR_PREFIX "user.persistfs."

static int write_error(struct request *request, const struct subject *subject, struct buf *out)
{
    AUTO_BUF struct buf name = {0};
    struct refusal refusal;
    buf_append_span(&name, subject->row.name);
    buf_append_string(&name, ".json");
    if (!refusals_find(request->mount->refusals, subject->row.collection, buf_span(&name),
                       request->caller.uid, &refusal))
        return 0;
    buf_append_span(out, span_head(buf_span(&refusal.document), refusal.document.size - 1));
    refusal_finish(&refusal);
    return 1;
}

/* Those of the users' own are the entity's, and no version's. */
static int write_own(struct store_view *view, const struct subject *subject, struct span name,
                     struct buf *out)
{
    struct row_xattr row;
    int found = subject->is_pinned ? 0 : store_xattr_get(view, subject->object, name, &row);
    if (found != 1 || !row.live)
        return found < 0 ? found : 0;
    buf_append_span(out, row.value);
    return 1;
}

/* Returns 1, 0 when there is no such attribute, or an error. */
static int write_attribute(struct request *request, struct store_view *view,
                           const struct subject *subject, struct span name, struct buf *out)
{
    if (span_is(name, XATTR_PREFIX "version"))
        buf_printf(out, "%ju", (uintmax_t)subject->row.version);
    else if (span_is(name, XATTR_PREFIX "id"))
        buf_append_span(out, subject->row.name);
    else if (span_is(name, XATTR_PREFIX "error"))
        return write_error(request, subject, out);
    else
        return write_own(view, subject, name, out);
    return 1;
}

/* As of now. Returns 1, 0 or an error; the view is the caller's. */
static int load(struct request *request, uint64_t inode, struct store_view *view,
                struct subject *ret_subject)
{
    int result = store_read(request->mount->store, view);
    return result < 0 ? result : entity_load(view, inode, ret_subject);
}

int entity_getxattr(struct request *request, uint64_t inode, struct span name, struct buf *out)
{
    AUTO_VIEW struct store_view view = {0};
    struct subject subject;
    int found = load(request, inode, &view, &subject);
    if (found == 1)
        found = write_attribute(request, &view, &subject, name, out);
    return found == 1 ? 0 : found < 0 ? found : -ERR_NO_ATTRIBUTE;
}

static int list_own(struct store_view *view, uint64_t object, struct buf *out)
{
    struct row_xattr row = {0};
    int found;
    while ((found = store_xattr_next(view, object, row.name, &row)) == 1) {
        buf_append_span(out, row.name);
        buf_append_byte(out, 0);
    }
    return found;
}

/* Those of the program are found by their names alone: who copies what is listed (cp, rsync, tar)
 * could not set them. */
int entity_listxattr(struct request *request, uint64_t inode, struct buf *out)
{
    AUTO_VIEW struct store_view view = {0};
    struct subject subject;
    int found = load(request, inode, &view, &subject);
    return found == 1 && !subject.is_pinned ? list_own(&view, subject.object, out) : found;
}

/* An empty file that is no entity yet has none. */
static bool is_pending(struct request *request, uint64_t inode)
{
    struct pending pending;
    return pendings_get(request->mount->pendings, inode_number(inode), &pending);
}

int entity_setxattr(struct request *request, uint64_t inode, struct span name, struct span value,
                    int flags)
{
    if (is_pending(request, inode))
        return -ERR_UNSUPPORTED;
    return model_xattr_set(request->mount->model, inode_number(inode), name, value, flags,
                           &request->problem);
}

int entity_removexattr(struct request *request, uint64_t inode, struct span name)
{
    if (is_pending(request, inode))
        return -ERR_NO_ATTRIBUTE;
    return model_xattr_remove(request->mount->model, inode_number(inode), name, &request->problem);
}

void entity_take_xattrs(struct request *request, uint64_t object, uint64_t file)
{
    AUTO_BUF struct buf names = {0};
    if (node_file_listxattr(request, file, &names) < 0)
        return;
    const char *end = (const char *)names.data + names.size;
    for (const char *at = (const char *)names.data; at < end; at += strlen(at) + 1) {
        AUTO_BUF struct buf value = {0};
        struct span name = span_of_string(at);
        if (node_file_getxattr(request, file, name, &value) == 0)
            model_xattr_set(request->mount->model, object, name, buf_span(&value), 0, NULL);
    }
}
