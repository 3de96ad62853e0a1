/* `.schema/.vocabulary.json`: what may be said beside JSON Schema, as a metaschema. */
#include "fs/node.h"

static int render(struct request *request, uint64_t inode, struct buf *out)
{
    (void)request, (void)inode;
    buf_append_span(out, schema_vocabulary());
    return 0;
}

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    node_stat(request->mount, inode, S_IFREG | 0444, ret_stat);
    node_stat_size(ret_stat, schema_vocabulary().size);
    return 0;
}

static int open_(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    return node_text_open(request, inode, flags, render, ret_handle);
}

const struct node_kind node_vocabulary = {.type = S_IFREG,
                                          .getattr = getattr,
                                          .open = open_,
                                          .read = node_text_read,
                                          .release = node_text_release};
