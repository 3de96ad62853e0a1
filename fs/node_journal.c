/* `.errors.jsonl`: all that was refused. Each user sees their own; root sees all. */
#include "fs/node.h"
#include "store/base/cleanup.h"

static int render(struct request *request, uint64_t inode, struct buf *out)
{
    (void)inode;
    refusals_journal(request->mount->refusals, request->caller.uid, out);
    return 0;
}

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    AUTO_BUF struct buf text = {0};
    node_stat(request->mount, inode, S_IFREG | 0444, ret_stat);
    render(request, inode, &text);
    node_stat_size(ret_stat, text.size);
    return 0;
}

static int open_(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    return node_text_open(request, inode, flags, render, ret_handle);
}

const struct node_kind node_journal = {.type = S_IFREG,
                                       .is_view = true,
                                       .getattr = getattr,
                                       .open = open_,
                                       .read = node_text_read,
                                       .release = node_text_release};
