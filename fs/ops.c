#include "fs/dance.h"
#include "fs/files.h"
#include "fs/ops_internal.h"

#include <limits.h>
#include <sys/statvfs.h>

void ops_begin(struct request *request, fuse_req_t req, const struct fuse_file_info *info)
{
    const struct fuse_ctx *context = fuse_req_ctx(req);
    const struct model_caller caller = {
        .uid = context->uid,
        .gid = context->gid,
        .reader = {.owner = info ? info->lock_owner : 0, .tid = context->pid}};
    request_init(request, ops_mount(req), &caller);
    dance_settle_ended(request);
}

bool ops_look(struct request *request, uint64_t inode)
{
    const struct node_kind *kind = node_kind_of(inode);
    if (inode_tag(inode) == INODE_ENTITY)
        return dance_settle_company(request, inode_number(inode));
    return kind && kind->is_view && dance_settle_own(request);
}

int ops_end(struct request *request, int result)
{
    report(request, result);
    request_finish(request);
    return error_errno(result);
}

void ops_reply(fuse_req_t req, struct request *request, int result)
{
    fuse_reply_err(req, ops_end(request, result));
}

/* Names and attributes are asked for each time: a commit changes them without the kernel's doing.
 */
void ops_fill_entry(const struct node_entry *entry, struct fuse_entry_param *param)
{
    *param = (struct fuse_entry_param){.ino = entry->inode, .attr = entry->stat};
}

static void forget(struct mount *mount, uint64_t inode, uint64_t count)
{
    if (inode_tag(inode) == INODE_FILE || inode_tag(inode) == INODE_FOLDER)
        files_forget(mount->files, inode, count);
}

static void reply_entry(fuse_req_t req, struct request *request, const struct node_entry *entry,
                        int result)
{
    struct fuse_entry_param param;
    int errnum = ops_end(request, result);
    if (errnum) {
        fuse_reply_err(req, errnum);
        return;
    }
    ops_fill_entry(entry, &param);
    struct mount *mount = ops_mount(req);
    if (fuse_reply_entry(req, &param) < 0) /* nobody heard of it, and nobody will forget it */
        forget(mount, entry->inode, 1);
}

static void op_init(void *data, struct fuse_conn_info *connection)
{
    const struct ops_context *context = data;
    /* O_TRUNC comes with the open, as the start of a new draft, not as a truncation before it. */
    connection->want |= connection->capable & FUSE_CAP_ATOMIC_O_TRUNC;
    /* The kernel knows who writes, and takes the set-uid bits away itself. */
    connection->want &= ~(unsigned)FUSE_CAP_HANDLE_KILLPRIV;
    context->ready(context->ready_data);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct request request;
    struct node_entry entry;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_NOT_A_DIRECTORY;
    if (strlen(name) > NAME_MAX) /* fuse itself lets longer ones pass */
        result = -ERR_NAME_TOO_LONG;
    else if (kind && kind->lookup)
        result = kind->lookup(&request, parent, span_of_string(name), &entry);
    if (result == 0 && ops_look(&request, entry.inode))
        result = kind->lookup(&request, parent, span_of_string(name), &entry);
    reply_entry(req, &request, &entry, result);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
    forget(ops_mount(req), ino, count);
    fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
    for (size_t i = 0; i < count; i++)
        forget(ops_mount(req), forgets[i].ino, forgets[i].nlookup);
    fuse_reply_none(req);
}

static void reply_attributes(fuse_req_t req, struct request *request, uint64_t ino, int result)
{
    struct stat stat;
    const struct node_kind *kind = node_kind_of(ino);
    ops_look(request, ino);
    if (result == 0)
        result = kind ? kind->getattr(request, ino, &stat) : -ERR_NOT_FOUND;
    int errnum = ops_end(request, result);
    if (errnum)
        fuse_reply_err(req, errnum);
    else
        fuse_reply_attr(req, &stat, 0);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
    struct request request;
    ops_begin(&request, req, NULL);
    request.handle = ops_handle(info); /* for SEEK_END; fstat(2) comes without */
    reply_attributes(req, &request, ino, 0);
}

static unsigned set_of(int to_set)
{
    static const struct {
        int fuse;
        unsigned node;
    } map[] = {
        {FUSE_SET_ATTR_MODE, NODE_SET_MODE},
        {FUSE_SET_ATTR_UID, NODE_SET_UID},
        {FUSE_SET_ATTR_GID, NODE_SET_GID},
        {FUSE_SET_ATTR_SIZE, NODE_SET_SIZE},
        {FUSE_SET_ATTR_ATIME, NODE_SET_ATIME},
        {FUSE_SET_ATTR_MTIME, NODE_SET_MTIME},
        {FUSE_SET_ATTR_ATIME_NOW, NODE_SET_ATIME_NOW},
        {FUSE_SET_ATTR_MTIME_NOW, NODE_SET_MTIME_NOW},
    };
    unsigned set = 0;
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        set |= to_set & map[i].fuse ? map[i].node : 0U;
    return set;
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *wanted, int to_set,
                       struct fuse_file_info *info)
{
    struct request request;
    ops_begin(&request, req, info);
    const struct node_kind *kind = node_kind_of(ino);
    int result = -ERR_READ_ONLY;
    if (kind && kind->setattr)
        result = kind->setattr(&request, ino, ops_handle(info), wanted, set_of(to_set));
    reply_attributes(req, &request, ino, result);
}

struct listing {
    struct node_listing listing;
    fuse_req_t req;
    char *data;
    size_t size;
    size_t used;
};

static bool add_entry(struct node_listing *base, struct span name, uint64_t inode, mode_t type,
                      uint64_t next_offset)
{
    struct listing *listing = (struct listing *)base;
    char text[256];
    size_t size = name.size < sizeof(text) - 1 ? name.size : sizeof(text) - 1;
    memcpy(text, name.data, size);
    text[size] = 0;
    const struct stat stat = {.st_ino = inode, .st_mode = type};
    size_t room = listing->size - listing->used;
    size_t needed = fuse_add_direntry(listing->req, listing->data + listing->used, room, text,
                                      &stat, (off_t)next_offset);
    listing->listing.is_full = needed > room;
    if (needed > room)
        return false;
    listing->used += needed;
    return true;
}

static int list(struct request *request, uint64_t folder, uint64_t offset, struct listing *listing)
{
    const struct node_kind *kind = node_kind_of(folder);
    if (!kind || !kind->readdir)
        return -ERR_NOT_A_DIRECTORY;
    ops_look(request, folder);
    if (kind->lists_dots)
        return kind->readdir(request, folder, offset, &listing->listing);
    if (offset < 1 && !add_entry(&listing->listing, span_of_string("."), folder, S_IFDIR, 1))
        return 0;
    if (offset < 2 && !add_entry(&listing->listing, span_of_string(".."), FUSE_ROOT_ID, S_IFDIR, 2))
        return 0;
    return kind->readdir(request, folder, offset < 2 ? 2 : offset, &listing->listing);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
                       struct fuse_file_info *info)
{
    (void)info;
    struct request request;
    AUTO_FREE char *data = malloc(size);
    struct listing listing = {
        .listing = {.add = add_entry}, .req = req, .data = data, .size = size};
    ops_begin(&request, req, NULL);
    int result = data ? list(&request, ino, (uint64_t)offset, &listing) : -ERR_NO_MEMORY;
    int errnum = ops_end(&request, result);
    if (errnum)
        fuse_reply_err(req, errnum);
    else
        fuse_reply_buf(req, data, listing.used);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
    struct request request;
    struct node_entry entry;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_READ_ONLY;
    if (kind && kind->mkdir)
        result = kind->mkdir(&request, parent, span_of_string(name), mode, &entry);
    reply_entry(req, &request, &entry, result);
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct request request;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_READ_ONLY;
    if (kind && kind->rmdir)
        result = kind->rmdir(&request, parent, span_of_string(name));
    ops_reply(req, &request, result);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
    struct request request;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_READ_ONLY;
    if (kind && kind->unlink)
        result = kind->unlink(&request, parent, span_of_string(name));
    ops_reply(req, &request, result);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
                      const char *new_name, unsigned flags)
{
    struct request request;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_READ_ONLY;
    if (kind && kind->rename)
        result = kind->rename(&request, parent, span_of_string(name), new_parent,
                              span_of_string(new_name), flags);
    ops_reply(req, &request, result);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
    struct request request;
    struct node_entry entry;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    int result = -ERR_NOT_PERMITTED; /* an entity has one id */
    if (kind && kind->link)
        result = kind->link(&request, ino, parent, span_of_string(name), &entry);
    reply_entry(req, &request, &entry, result);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
    struct request request;
    struct node_entry entry;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_UNSUPPORTED;
    if (kind && kind->symlink)
        result = kind->symlink(&request, parent, span_of_string(name), target, &entry);
    reply_entry(req, &request, &entry, result);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
    struct request request;
    AUTO_BUF struct buf target = {0};
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    int result = -ERR_INVALID;
    if (kind && kind->readlink)
        result = kind->readlink(&request, ino, &target);
    int errnum = ops_end(&request, result);
    if (errnum)
        fuse_reply_err(req, errnum);
    else
        fuse_reply_readlink(req, buf_string(&target));
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
    struct request request;
    struct node_entry entry;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(parent);
    int result = -ERR_NOT_PERMITTED;
    if (kind && kind->mknod)
        result = kind->mknod(&request, parent, span_of_string(name), mode, device, &entry);
    reply_entry(req, &request, &entry, result);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
    (void)ino;
    struct statvfs info;
    int result = store_statfs(ops_mount(req)->store, &info);
    if (result < 0) {
        fuse_reply_err(req, error_errno(result));
        return;
    }
    info.f_namemax = NAME_MAX;
    fuse_reply_statfs(req, &info);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *info)
{
    (void)ino;
    fuse_reply_open(req, info);
}

/* Of entities whatever was answered is on disk. */
static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *info)
{
    (void)datasync, (void)info;
    struct request request;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    ops_reply(req, &request, kind && kind->sync ? kind->sync(&request, ino) : 0);
}

const struct fuse_lowlevel_ops ops_table = {
    .init = op_init,
    .lookup = op_lookup,
    .forget = op_forget,
    .forget_multi = op_forget_multi,
    .getattr = op_getattr,
    .setattr = op_setattr,
    .mknod = op_mknod,
    .mkdir = op_mkdir,
    .unlink = op_unlink,
    .rmdir = op_rmdir,
    .symlink = op_symlink,
    .readlink = op_readlink,
    .rename = op_rename,
    .link = op_link,
    .open = ops_open,
    .create = ops_create,
    .read = ops_read,
    .write = ops_write,
    .flush = ops_flush,
    .release = ops_release,
    .fsync = ops_fsync,
    .opendir = op_opendir,
    .readdir = op_readdir,
    .fsyncdir = op_fsyncdir,
    .statfs = op_statfs,
    .setxattr = ops_setxattr,
    .getxattr = ops_getxattr,
    .listxattr = ops_listxattr,
    .removexattr = ops_removexattr,
    .fallocate = ops_fallocate,
    .copy_file_range = ops_copy_file_range,
    .lseek = ops_lseek,
};
