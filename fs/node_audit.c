/* `alice.audit.jsonl`: the audit records of an entity, which outlive it. */
#include "audit/sidecar.h"
#include "fs/node.h"

#include <stdlib.h>

static int audit_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    uint64_t size = 0;
    int found = audit_sidecar_size(&view, inode_number(inode), &size);
    if (found != 1)
        return found < 0 ? found : -ERR_NOT_FOUND;
    result = node_view_stat(request, &view, inode, ret_stat);
    if (result == 0)
        node_stat_size(ret_stat, size);
    return result;
}

static int audit_open(struct request *request, uint64_t inode, int flags,
                      struct handle **ret_handle)
{
    int result = node_refuse_write(request, flags);
    if (result < 0)
        return result;
    struct handle *handle = calloc(1, sizeof(*handle));
    if (!handle)
        return -ERR_NO_MEMORY;
    *handle = (struct handle){.kind = &node_audit, .inode = inode, .flags = flags};
    *ret_handle = handle;
    return 0;
}

static int audit_read(struct request *request, struct handle *handle, uint64_t offset, size_t size,
                      struct buf *out)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    return result < 0 ? result
                      : audit_sidecar_read(&view, inode_number(handle->inode), offset, size, out);
}

static void audit_release(struct request *request, struct handle *handle)
{
    (void)request;
    free(handle);
}

const struct node_kind node_audit = {.type = S_IFREG,
                                     .is_view = true,
                                     .getattr = audit_getattr,
                                     .open = audit_open,
                                     .read = audit_read,
                                     .release = audit_release};
