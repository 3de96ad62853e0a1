/* `alice.audit.jsonl`: the audit records of an entity, which outlive it. */
#include "audit/sidecar.h"
#include "fs/node.h"

#include <stdlib.h>

static int audit_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    struct store_view view;
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    uint64_t size = 0;
    int found = audit_sidecar_size(&view, inode_number(inode), &size);
    result = found == 1  ? node_view_stat(request, &view, inode, ret_stat)
             : found < 0 ? found
                         : -ERR_NOT_FOUND;
    store_view_end(&view);
    if (result == 0)
        node_stat_size(ret_stat, size);
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
