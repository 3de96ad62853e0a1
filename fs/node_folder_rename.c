/* The rename of an ordinary node: to an ordinary name, or onto an entity's, which is a write. */
#include "fs/node_file.h"
#include "fs/process.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE  2
#endif

/* One side of it. */
struct side {
    uint64_t folder;
    struct span name;
    struct file_name text;
    int fd;                 /* of the backing folder; -1: there is none */
    struct file_node *node; /* NULL: there is none */
};

static void side_finish(struct side *side)
{
    if (side->fd >= 0)
        close(side->fd);
    file_node_drop(side->node);
}

static int side_init(struct side *side, uint64_t folder, struct span name)
{
    *side = (struct side){.folder = folder, .name = name, .fd = -1};
    return node_file_name(name, &side->text);
}

/* Opens the backing folder, and finds what has the name. Errors: NOT_FOUND when there is neither,
 * and not `make`. */
static int side_open(struct side *side, struct request *request, bool make)
{
    int result = files_folder(request->mount->files, side->folder, make, &side->fd);
    return result < 0 ? result
                      : files_find(request->mount->files, side->folder, side->fd, side->text.text,
                                   &side->node);
}

static int type_of(const struct file_node *node, mode_t *ret_type)
{
    struct stat stat;
    if (fstat(node->fd, &stat) < 0)
        return node_system_error();
    *ret_type = stat.st_mode & S_IFMT;
    return 0;
}

/* --- onto an entity */

/* rename(2) needs no leave to read the file, and the daemon reads more than the caller may. */
static int check_readable(struct request *request, const struct file_node *node)
{
    struct stat stat;
    const struct model_caller *caller = &request->caller;
    if (fstat(node->fd, &stat) < 0)
        return node_system_error();
    mode_t bit = caller->uid == stat.st_uid ? 0400 : caller->gid == stat.st_gid ? 0040 : 0004;
    if (caller->uid == 0 || stat.st_mode & bit)
        return 0;
    return problem_set(&request->problem, ERR_ACCESS,
                       "the file would become the document, and you may not read it");
}

static int read_whole(const struct file_node *node, size_t most, struct request *request)
{
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

/* The process that moves the file is the one that wrote it, and known by that: what it has read of
 * the entity its write is based on. A rename itself brings no more than a thread. */
static struct bases_reader reader_of(struct request *request, struct file_node *node)
{
    struct bases_reader reader = request->caller.reader;
    pthread_mutex_lock(&node->lock);
    const struct bases_reader closer = node->closer;
    pthread_mutex_unlock(&node->lock);
    if (closer.owner != 0 && process_of(closer.tid).pid == process_of(reader.tid).pid)
        reader.owner = closer.owner;
    return reader;
}

/* Who has the name now: an entity, an empty file that is no entity yet, or nobody. */
static int find_target(struct request *request, uint64_t collection, struct span id,
                       uint64_t *ret_object, bool *ret_is_pending, bool *ret_is_there)
{
    struct row_binding binding;
    struct pending pending;
    int found = node_name_get(request, collection, id, &binding);
    if (found < 0)
        return found;
    bool lives = found == 1 && binding.live;
    *ret_is_pending = !lives && pendings_find(request->mount->pendings, collection, id, &pending);
    *ret_object = lives             ? binding.object
                  : *ret_is_pending ? pending.object
                                    : store_new_object(request->mount->store);
    *ret_is_there = lives || *ret_is_pending;
    return 0;
}

static int put(struct request *request, struct file_node *node, uint64_t collection,
               const struct name *name, bool no_replace)
{
    struct mount *mount = request->mount;
    struct stat stat;
    uint64_t object;
    bool is_pending;
    bool is_there;
    int result = find_target(request, collection, name->id, &object, &is_pending, &is_there);
    if (result < 0)
        return result;
    if (no_replace && is_there && name->kind == NAME_ENTITY)
        return problem_set(&request->problem, ERR_ALREADY_EXISTS, "the name is taken");
    if (fstat(node->fd, &stat) < 0)
        return node_system_error();
    struct model_put args = {.caller = request->caller,
                             .collection = collection,
                             .name = name->id,
                             .object = object,
                             .text = buf_span(&request->bytes),
                             .base = {.kind = MODEL_BASE_LAST},
                             .mode = stat.st_mode & 0777,
                             .uid = stat.st_uid,
                             .gid = stat.st_gid};
    if (collection == STORE_SCHEMAS) { /* who makes a collection has it, as by create and mkdir */
        args.mode = 0644;
        args.uid = request->caller.uid;
        args.gid = request->caller.gid;
    }
    args.caller.reader = reader_of(request, node);
    if (no_replace || name->kind == NAME_PIN)
        args.base = (struct model_base){MODEL_BASE_PINNED, name->version};
    result = model_put(mount->model, &args, &request->result, &request->problem);
    if (result == 0 && is_pending)
        pendings_remove(mount->pendings, object);
    return result;
}

/* Whatever is refused leaves the file, and the entity, as they were. Once it is committed, the
 * write has happened: a file that cannot be removed then stays. */
static int write_entity(struct request *request, struct side *from, const struct side *to,
                        mode_t type, bool no_replace)
{
    const struct name name = name_parse(to->name);
    if (!S_ISREG(type))
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "%.*s is the name of an entity, and this is no regular file",
                           (int)to->name.size, to->name.data);
    int result = check_readable(request, from->node);
    if (result == 0)
        result = read_whole(from->node, model_options(request->mount->model)->max_entity, request);
    if (result == 0)
        result = put(request, from->node, inode_number(to->folder), &name, no_replace);
    if (result < 0)
        return result;
    if (unlinkat(from->fd, from->text.text, 0) == 0) {
        file_node_pin(from->node);
        file_node_settle(from->node);
    }
    return 0;
}

/* --- to an ordinary name */

static int move_held(struct request *request, struct side *from, struct side *to, mode_t type,
                     unsigned flags)
{
    mode_t other = 0;
    int result = side_open(to, request, true);
    if (result < 0 && (result != -ERR_NOT_FOUND || to->fd < 0))
        return result;
    if (flags & RENAME_EXCHANGE) {
        result = to->node ? type_of(to->node, &other) : -ERR_NOT_FOUND;
        if (result == 0 && other != type)
            result = node_folder_accept(request, from->folder, from->name, other);
        if (result < 0)
            return result;
    }
    if (renameat2(from->fd, from->text.text, to->fd, to->text.text, flags) < 0)
        return node_system_error();
    file_node_moved(from->node, to->folder, to->text.text);
    if (to->node && flags & RENAME_EXCHANGE) {
        file_node_moved(to->node, from->folder, from->text.text);
    } else if (to->node && to->node != from->node) {
        file_node_pin(to->node);
        file_node_settle(to->node);
    }
    return 0;
}

static int move(struct request *request, struct side *from, struct side *to, mode_t type,
                unsigned flags)
{
    struct stat stat;
    int result = node_folder_hold(request, to->folder, &stat);
    if (result < 0)
        return result;
    result = move_held(request, from, to, type, flags);
    node_folder_let_go(request, to->folder);
    return result;
}

static int rename_sides(struct request *request, struct side *from, struct side *to, unsigned flags)
{
    mode_t type = 0;
    const struct node_kind *kind = node_kind_of(to->folder);
    int result = side_open(from, request, false);
    if (result == 0)
        result = type_of(from->node, &type);
    if (result < 0)
        return result;
    if (!kind || !kind->accept)
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "there are no ordinary files here");
    result = kind->accept(request, to->folder, to->name, type);
    if (result < 0)
        return result;
    if (result == 1 && flags & RENAME_EXCHANGE)
        return problem_set(&request->problem, ERR_EXCHANGE, "entities cannot exchange their names");
    return result == 1 ? write_entity(request, from, to, type, flags & RENAME_NOREPLACE)
                       : move(request, from, to, type, flags);
}

int node_folder_rename(struct request *request, uint64_t folder, struct span name,
                       uint64_t new_folder, struct span new_name, unsigned flags)
{
    struct side from;
    struct side to;
    const unsigned known = RENAME_NOREPLACE | RENAME_EXCHANGE;
    int result = side_init(&from, folder, name);
    int other = side_init(&to, new_folder, new_name);
    if (result == 0)
        result = other;
    if (result == 0 && flags & ~known)
        result = -ERR_INVALID;
    if (result == 0)
        result = rename_sides(request, &from, &to, flags);
    side_finish(&from);
    side_finish(&to);
    return result;
}
