/* What was refused: `.errors/<name>`, `.rejected/<name>` in a collection. Each user sees their own;
 * root sees all. */
#include "fs/node.h"

static int folder_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    node_stat(request->mount, inode, S_IFDIR | 0555, ret_stat);
    return 0;
}

static unsigned file_tag(uint64_t folder)
{
    return inode_tag(folder) == INODE_ERRORS ? INODE_ERROR : INODE_BYTES;
}

static int folder_lookup(struct request *request, uint64_t folder, struct span name,
                         struct node_entry *ret_entry)
{
    struct refusal refusal;
    const struct name parsed = name_parse(name);
    if (parsed.kind == NAME_PIN) /* a write to alice.json@3 is one to alice.json */
        name.size = parsed.id.size + strlen(".json");
    if (!refusals_find(request->mount->refusals, inode_number(folder), name, request->caller.uid,
                       &refusal))
        return -ERR_NOT_FOUND;
    uint64_t inode = inode_make(file_tag(folder), refusal.number);
    refusal_finish(&refusal);
    return node_entry_fill(request, inode, ret_entry);
}

#define OFFSET_BASE 3

static int folder_readdir(struct request *request, uint64_t folder, uint64_t offset,
                          struct node_listing *listing)
{
    struct refusal refusal;
    uint64_t number = offset < OFFSET_BASE ? 0 : offset - OFFSET_BASE;
    bool room = true;
    while (room && refusals_next(request->mount->refusals, inode_number(folder), number,
                                 request->caller.uid, &refusal)) {
        number = refusal.number;
        room = listing->add(listing, buf_span(&refusal.name), inode_make(file_tag(folder), number),
                            S_IFREG, number + OFFSET_BASE);
        refusal_finish(&refusal);
    }
    return 0;
}

static int refuse_create(struct request *request, uint64_t folder, struct span name, mode_t mode,
                         int flags, struct node_entry *ret_entry, struct handle **ret_handle)
{
    (void)folder, (void)name, (void)mode, (void)flags, (void)ret_entry, (void)ret_handle;
    return problem_set(&request->problem, ERR_READ_ONLY, "this folder is a view");
}

#define FOLDER_FUNCTIONS                                                                           \
    .is_view = true, .type = S_IFDIR, .getattr = folder_getattr, .lookup = folder_lookup,          \
    .readdir = folder_readdir, .create = refuse_create

const struct node_kind node_errors = {FOLDER_FUNCTIONS};
const struct node_kind node_rejected = {FOLDER_FUNCTIONS};

static int find(struct request *request, uint64_t inode, struct refusal *ret_refusal)
{
    return refusals_get(request->mount->refusals, inode_number(inode), request->caller.uid,
                        ret_refusal)
               ? 0
               : -ERR_NOT_FOUND;
}

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    struct refusal refusal;
    int result = find(request, inode, &refusal);
    if (result < 0)
        return result;
    bool is_error = inode_tag(inode) == INODE_ERROR;
    node_stat(request->mount, inode, S_IFREG | 0400, ret_stat);
    ret_stat->st_uid = refusal.uid;
    node_stat_size(ret_stat, is_error ? refusal.document.size : refusal.bytes.size);
    node_stat_times(ret_stat, refusal.at, refusal.at, refusal.at);
    refusal_finish(&refusal);
    return 0;
}

static int render(struct request *request, uint64_t inode, struct buf *out)
{
    struct refusal refusal;
    int result = find(request, inode, &refusal);
    if (result < 0)
        return result;
    bool is_error = inode_tag(inode) == INODE_ERROR;
    buf_append_span(out, buf_span(is_error ? &refusal.document : &refusal.bytes));
    refusal_finish(&refusal);
    return 0;
}

static int open_(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    return node_text_open(request, inode, flags, render, ret_handle);
}

#define FILE_FUNCTIONS                                                                             \
    .is_view = true, .type = S_IFREG, .getattr = getattr, .open = open_, .read = node_text_read,   \
    .release = node_text_release

const struct node_kind node_error = {FILE_FUNCTIONS};
const struct node_kind node_bytes = {FILE_FUNCTIONS};
