/* The rename of an ordinary file onto an entity, which is a write, and the exchange of the two. */
#include "fs/dance.h"
#include "fs/node_entity.h"
#include "fs/node_folder_rename.h"
#include "fs/placeholder.h"
#include "fs/process.h"
#include "store/base/cleanup.h"

#include <fcntl.h>

/* Who has the name: an entity, an empty file that is no entity yet, or nobody. */
struct found {
    uint64_t object; /* of nobody's name, one for a new entity */
    bool is_pending;
    uint64_t placeholder; /* whose handles are to have no part in what takes its place */
    bool is_there;
    bool is_coming_back; /* the caller's process has taken the name away, and brings it back... */
    bool is_undone;      /* ...with what was there: the number and the times stay, too */
    uint64_t left_seq;   /* the version that left */
    struct row_entry entry; /* of an entity; its name is not set */
};

static int find_entity(struct request *request, uint64_t collection, struct span id,
                       struct found *found)
{
    struct row_binding binding;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result == 0)
        result = store_name_get(&view, collection, id, &binding);
    if (result != 1 || !binding.live)
        return result < 0 ? result : 0;
    found->object = binding.object;
    result = store_entry_get(&view, collection, binding.object, &found->entry);
    found->entry.name = (struct span){0};
    return result;
}

static int find_target(struct request *request, uint64_t collection, struct span id,
                       struct found *ret_found)
{
    struct found found = {0};
    struct pending pending;
    int result = find_entity(request, collection, id, &found);
    if (result < 0)
        return result;
    if (found.object == 0)
        result = placeholder_find(request, collection, id, &pending);
    if (result < 0)
        return result;
    found.is_pending = result == 1 && found.object == 0;
    found.is_coming_back =
        found.object != 0 && dance_resume(request, collection, id, &found.left_seq);
    found.is_there = (found.object != 0 && !found.is_coming_back) || found.is_pending;
    if (found.is_pending)
        found.placeholder = pending.object;
    if (found.object == 0)
        found.object = store_new_object(request->mount->store);
    *ret_found = found;
    return 0;
}

/* rename(2) needs no leave to read the file, and the daemon reads more than the caller may. */
static int check_readable(struct request *request, const struct stat *stat)
{
    const struct model_caller *caller = &request->caller;
    mode_t bit = 0004;
    if (caller->uid == stat->st_uid)
        bit = 0400;
    else if (caller->gid == stat->st_gid || process_has_group(caller->reader.tid, stat->st_gid))
        bit = 0040;
    if (caller->uid == 0 || stat->st_mode & bit)
        return 0;
    return problem_set(&request->problem, ERR_ACCESS,
                       "the file would become the document, and you may not read it");
}

/* The process that moves the file is the one that wrote it, and known by that: what it has read of
 * the entity its write is based on. A rename itself brings no more than a thread; and what is still
 * open was closed by nobody yet. */
static struct bases_reader reader_of(const struct request *request, const struct file_node *node,
                                     uint64_t object)
{
    struct bases_reader reader = request->caller.reader;
    const struct bases_reader closer = node->closer;
    if (closer.owner != 0 && process_of(closer.tid).pid == process_of(reader.tid).pid)
        reader.owner = closer.owner;
    else if (node->opens > 0)
        reader.owner = bases_owner(model_bases(request->mount->model), object, reader.tid);
    return reader;
}

/* What an entity that is there gets of the file's mode and owner: what was set, as far as the
 * caller might set it there. A mode that a umask made is no wish: an entity stays as private as it
 * is. */
static unsigned obeyed(const struct request *request, const struct file_node *node,
                       const struct stat *stat, const struct row_entry *entry)
{
    const struct model_caller *caller = &request->caller;
    if (caller->uid == 0)
        return node->set;
    if (caller->uid != entry->uid)
        return 0;
    bool has_group =
        caller->gid == stat->st_gid || process_has_group(caller->reader.tid, stat->st_gid);
    return node->set & (MODEL_MODE | (has_group ? (unsigned)MODEL_GID : 0U));
}

static bool is_entity(const struct found *found)
{
    return (found->is_there || found->is_coming_back) && !found->is_pending;
}

static void fill_put(const struct request *request, const struct side *from,
                     const struct stat *stat, const struct found *found, struct model_put *put)
{
    if (!found->is_undone)
        node_file_dress(from->node, stat, put);
    if (put->collection == STORE_SCHEMAS) { /* who makes a collection has it, as by create */
        put->mode = 0644;
        put->uid = request->caller.uid;
        put->gid = request->caller.gid;
        return;
    }
    put->mode = stat->st_mode & 0777;
    put->uid = stat->st_uid;
    put->gid = stat->st_gid;
    if (is_entity(found))
        put->attributes = obeyed(request, from->node, stat, &found->entry);
}

static int put(struct request *request, const struct side *from, const struct side *to,
               const struct found *found, struct model_base base)
{
    struct stat stat;
    if (is_entity(found) && !node_may_write(request, &found->entry))
        return problem_set(&request->problem, ERR_ACCESS,
                           "you may not write the entity that has the name: remove it first");
    if (fstat(from->node->fd, &stat) < 0)
        return node_system_error();
    struct model_put args = {.caller = request->caller,
                             .collection = inode_number(to->folder),
                             .name = name_parse(to->name).id,
                             .object = found->object,
                             .text = buf_span(&request->bytes),
                             .base = base};
    args.caller.reader = reader_of(request, from->node, found->object);
    fill_put(request, from, &stat, found, &args);
    int result = dance_put(request, &args);
    if (result == 0)
        entity_take_xattrs(request, request->result.object, from->node->inode);
    if (result == 0 && found->is_pending)
        placeholder_drop(request, found->placeholder);
    return result;
}

/* An empty file that nobody has open is an empty file there too, which is no entity yet. */
static bool is_placeholder(const struct side *from, const struct found *found,
                           const struct name *name, struct stat *ret_stat)
{
    bool is_free = (!found->is_there && !found->is_coming_back) || found->is_pending;
    return name->kind == NAME_ENTITY && is_free && from->node->opens == 0 &&
           fstat(from->node->fd, ret_stat) == 0 && ret_stat->st_size == 0;
}

static bool is_same(struct request *request, uint64_t object)
{
    struct row_version row;
    uint64_t seq;
    AUTO_VIEW struct store_view view = {0};
    return store_read(request->mount->store, &view) == 0 &&
           store_version_get(&view, object, &seq, &row) == 1 &&
           span_equal(row.document, buf_span(&request->bytes));
}

/* Whatever is refused leaves the file, and the entity, as they were. Once it is committed, the
 * write has happened: a file that cannot be removed then, or whose name is another's, stays. */
static int write_locked(struct request *request, struct side *from, const struct side *to,
                        bool no_replace)
{
    struct found found;
    struct stat stat;
    const struct name name = name_parse(to->name);
    struct model_base base = {.kind = MODEL_BASE_LAST};
    int result = find_target(request, inode_number(to->folder), name.id, &found);
    if (result < 0)
        return result;
    if (no_replace && found.is_there && name.kind == NAME_ENTITY)
        return problem_set(&request->problem, ERR_ALREADY_EXISTS, "the name is taken");
    if (is_placeholder(from, &found, &name, &stat)) {
        request->is_write = false;
        result = placeholder_enter(request, inode_number(to->folder), name.id, &stat);
        return result < 0 ? result : file_node_unlink(from->node, from->fd, from->text.text, 0);
    }
    if (found.is_coming_back)
        base.number = found.left_seq;
    else if (no_replace || name.kind == NAME_PIN)
        base = (struct model_base){MODEL_BASE_PINNED, name.version};
    result = node_file_read_whole(request, from->node);
    found.is_undone = result == 0 && found.is_coming_back && is_same(request, found.object);
    if (result == 0)
        result = put(request, from, to, &found, base);
    if (result < 0)
        return result;
    file_node_unlink(from->node, from->fd, from->text.text, 0);
    node_file_become(request, from->node);
    return 0;
}

/* What the entity is, as it was found: its document, and the version that has it. Of an empty file
 * that is no entity yet: nothing, and 0. */
static int read_entity(struct request *request, const struct found *found, struct buf *ret_document,
                       struct stat *ret_stat, uint64_t *ret_version)
{
    struct row_version row = {0};
    uint64_t seq;
    uint64_t inode =
        inode_make(INODE_ENTITY, found->is_pending ? found->placeholder : found->object);
    int result = node_kind_of(inode)->getattr(request, inode, ret_stat);
    AUTO_VIEW struct store_view view = {0};
    if (result == 0)
        result = store_read(request->mount->store, &view);
    if (result == 0 && !found->is_pending)
        result = store_version_get(&view, found->object, &seq, &row);
    if (result < 0)
        return result;
    buf_append_span(ret_document, row.document);
    *ret_version = row.version;
    return buf_failed(ret_document) ? -ERR_NO_MEMORY : 0;
}

/* The old document takes the file's place. As with a write, what is committed has happened: if
 * somebody has moved the file away meanwhile, the document is a version of the entity's alone. */
static void place(struct request *request, const struct side *from,
                  struct files_temporary *temporary)
{
    struct stat stat;
    if (node_folder_hold(request, from->folder, &stat) < 0)
        return;
    if (fstatat(from->fd, from->text.text, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
        file_node_is(from->node, &stat) &&
        files_temporary_place(temporary, from->fd, from->text.text, 0) == 0)
        file_node_pin(from->node);
    node_folder_let_go(request, from->folder);
}

static int exchange_with(struct request *request, struct side *from, const struct side *to,
                         const struct found *found)
{
    struct stat stat;
    struct files_temporary temporary;
    AUTO_BUF struct buf document = {0};
    struct model_base base = {.kind = MODEL_BASE_PINNED};
    int result = read_entity(request, found, &document, &stat, &base.number);
    if (result == 0)
        result = node_file_read_whole(request, from->node);
    if (result == 0)
        result =
            files_temporary_make(request->mount->files, buf_span(&document), &stat, &temporary);
    if (result < 0)
        return result;
    result = put(request, from, to, found, base);
    if (result == 0) {
        place(request, from, &temporary);
        node_file_become(request, from->node);
    }
    files_temporary_finish(&temporary);
    return result;
}

/* It is based on the version that is there, whatever the process has read: nobody's update is lost,
 * for it is in the file. */
static int exchange_locked(struct request *request, struct side *from, const struct side *to)
{
    struct found found;
    const struct name name = name_parse(to->name);
    if (name.kind != NAME_ENTITY)
        return problem_set(&request->problem, ERR_EXCHANGE, "a pinned version cannot be exchanged");
    int result = find_target(request, inode_number(to->folder), name.id, &found);
    if (result < 0)
        return result;
    return found.is_there ? exchange_with(request, from, to, &found) : -ERR_NOT_FOUND;
}

int side_write_entity(struct request *request, struct side *from, const struct side *to,
                      mode_t type, unsigned flags)
{
    struct stat stat;
    if (!S_ISREG(type))
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "%.*s is the name of an entity, and this is no regular file",
                           (int)to->name.size, to->name.data);
    if (fstat(from->node->fd, &stat) < 0)
        return node_system_error();
    int result = check_readable(request, &stat);
    if (result < 0)
        return result;
    pthread_mutex_lock(&from->node->lock); /* what is written meanwhile waits, to be the next one */
    result = flags & RENAME_EXCHANGE ? exchange_locked(request, from, to)
                                     : write_locked(request, from, to, flags & RENAME_NOREPLACE);
    file_node_end(from->node);
    return result;
}
