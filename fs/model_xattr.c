/* Extended attributes of an entity, the user's own: no version, no record. */
#include "fs/model_internal.h"

#include <errno.h>
#include <sys/xattr.h>

struct xattr_change {
    struct command command;
    uint64_t object;
    struct row_xattr row; /* borrowed from the caller */
    int flags;
};

/* The entry of a living entity: its attributes are changed with it. */
static int find_entry(struct batch *batch, struct xattr_change *change, uint64_t *ret_collection,
                      struct row_entry *ret_entry)
{
    struct row_version version;
    uint64_t seq;
    int found = store_version_get(&batch->view, change->object, &seq, &version);
    if (found == 1 && version.op == ROW_DELETE)
        found = 0;
    if (found == 1)
        found = store_entry_get(&batch->view, version.collection, change->object, ret_entry);
    if (found != 1)
        return found < 0 ? found
                         : problem_set(&change->command.problem, ERR_NOT_FOUND,
                                       "it is not there any more");
    *ret_collection = version.collection;
    ret_entry->name = arena_copy(&change->command.arena, ret_entry->name);
    return ret_entry->name.data ? 0 : -ERR_NO_MEMORY;
}

/* Whether it is there or not, as the caller wants it (setxattr(2), removexattr(2)). */
static int check_presence(struct batch *batch, const struct xattr_change *change)
{
    struct row_xattr row;
    int found = store_xattr_get(&batch->view, change->object, change->row.name, &row);
    if (found < 0)
        return found;
    bool is_there = found == 1 && row.live;
    bool must_be_there = !change->row.live || change->flags & XATTR_REPLACE;
    if (is_there && change->flags & XATTR_CREATE)
        return error_system(EEXIST);
    return must_be_there && !is_there ? -ERR_NO_ATTRIBUTE : 0;
}

/* What the attribute replaces does not count. */
static int check_room(struct batch *batch, const struct xattr_change *change)
{
    struct row_xattr row = {0};
    size_t number = 1;
    size_t sum = change->row.name.size + change->row.value.size;
    int found;
    while ((found = store_xattr_next(&batch->view, change->object, row.name, &row)) == 1) {
        if (span_equal(row.name, change->row.name))
            continue;
        number++;
        sum += row.name.size + row.value.size;
    }
    if (found < 0)
        return found;
    return number > MODEL_XATTR_NUMBER || sum > MODEL_XATTR_SUM ? error_system(ENOSPC) : 0;
}

static int run(struct batch *batch, struct command *command)
{
    struct xattr_change *change = (struct xattr_change *)command;
    struct row_entry entry;
    uint64_t collection = 0;
    int result = find_entry(batch, change, &collection, &entry);
    if (result == 0)
        result = check_presence(batch, change);
    if (result == 0 && change->row.live)
        result = check_room(batch, change);
    if (result < 0)
        return result;
    batch_apply(batch);
    entry.ctime = batch->now;
    result = store_xattr_put(&batch->view, change->object, batch->state.seq, &change->row);
    return result < 0 ? result
                      : store_entry_put(&batch->view, collection, change->object, batch->state.seq,
                                        &entry);
}

static int submit(struct model *model, struct xattr_change *change, struct problem *problem)
{
    command_init(&change->command, NULL);
    change->command.run = run;
    return command_submit(model, &change->command, problem);
}

int model_xattr_set(struct model *model, uint64_t object, struct span name, struct span value,
                    int flags, struct problem *problem)
{
    struct xattr_change change = {
        .object = object, .row = {.live = true, .name = name, .value = value}, .flags = flags};
    return value.size > MODEL_XATTR_VALUE ? error_system(E2BIG) : submit(model, &change, problem);
}

int model_xattr_remove(struct model *model, uint64_t object, struct span name,
                       struct problem *problem)
{
    struct xattr_change change = {.object = object, .row = {.name = name}};
    return submit(model, &change, problem);
}

int xattrs_erase(struct batch *batch, struct arena *arena, uint64_t object)
{
    struct row_xattr row = {0};
    int found;
    while ((found = store_xattr_next(&batch->view, object, row.name, &row)) == 1) {
        row = (struct row_xattr){.name = arena_copy(arena, row.name)};
        if (!row.name.data)
            return -ERR_NO_MEMORY;
        int result = store_xattr_put(&batch->view, object, batch->state.seq, &row);
        if (result < 0)
            return result;
    }
    return found;
}
