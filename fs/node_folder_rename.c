/* The rename of an ordinary node. */
#include "fs/node_folder_rename.h"

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
    return result == 1 ? side_write_entity(request, from, to, type, flags)
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
