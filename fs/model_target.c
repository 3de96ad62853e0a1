/* Which entity a command is about, and whether it is the one that the caller means. */
#include "fs/model_internal.h"

#include <assert.h>

int target_load(struct batch *batch, struct arena *arena, uint64_t object, struct target *target)
{
    int found = store_version_get(&batch->view, object, &target->seq, &target->row);
    if (found != 1)
        return found;
    target->exists = target->row.op != ROW_DELETE;
    target->object = object;
    target->collection = target->row.collection;
    target->name = arena_copy(arena, target->row.name);
    return target->name.data ? 1 : -ERR_NO_MEMORY;
}

/* Whose sidecar a new entity of that name goes on with: the one that was deleted with the name. One
 * that was renamed since has taken its records along, and one of another user's is not for this one
 * to read. */
static int find_predecessor(struct batch *batch, const struct command *command,
                            struct target *target, uint64_t before)
{
    struct row_entry entry;
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(&batch->view, before, &seq, &row);
    if (found == 1 && row.op == ROW_DELETE && row.collection == target->collection &&
        span_equal(row.name, target->name)) {
        found = store_entry_get(&batch->view, target->collection, before, &entry);
        if (found == 1 && entry.uid == command->actor.uid)
            target->predecessor = before;
    }
    return found;
}

int target_find(struct batch *batch, struct command *command, uint64_t collection, struct span name,
                struct target *ret_target)
{
    struct target target = {.collection = collection, .name = name};
    struct row_binding binding;
    int found = store_name_get(&batch->view, collection, name, &binding);
    if (found == 1 && binding.live) {
        found = target_load(batch, &command->arena, binding.object, &target);
        if (found == 0 || (found == 1 && !target.exists))
            found = -ERR_DAMAGED; /* a name of nothing */
    } else if (found == 1) {
        found = find_predecessor(batch, command, &target, binding.object);
    }
    if (found < 0)
        return problem_set(&command->problem, (enum err) - found, "the entity cannot be read: %s",
                           error_title(found));
    *ret_target = target;
    return 0;
}

int target_resolve(struct batch *batch, struct command *command, uint64_t collection,
                   struct span name, uint64_t object, struct target *ret_target)
{
    struct target target = {0};
    int found = target_load(batch, &command->arena, object, &target);
    if (found == 1 && !target.exists)
        return problem_set(&command->problem, ERR_VERSION_CONFLICT,
                           "it was deleted after it was opened: open it again to create it anew");
    if (found == 1) {
        *ret_target = target;
        return 0;
    }
    if (found < 0)
        return problem_set(&command->problem, (enum err) - found, "the entity cannot be read: %s",
                           error_title(found));
    int result = target_find(batch, command, collection, name, ret_target);
    if (result == 0 && !ret_target->exists)
        ret_target->object = object;
    return result;
}

int target_parse(struct arena *arena, struct target *target, struct problem *problem)
{
    struct tree *tree;
    if (target->tree || !target->exists)
        return 0;
    int result = tree_parse(arena, target->row.document, SIZE_MAX, &tree, problem);
    if (result == 0)
        target->tree = tree;
    return result == 0 || result == -ERR_NO_MEMORY ? result : -ERR_DAMAGED;
}

static int conflict(struct command *command, const struct target *target, uint64_t expected)
{
    uint64_t actual = target->exists ? target->row.version : 0;
    if (target->exists && expected == 0)
        problem_set(&command->problem, ERR_VERSION_CONFLICT,
                    "it was to be created, and is there already, with version %ju",
                    (uintmax_t)actual);
    else if (target->exists)
        problem_set(&command->problem, ERR_VERSION_CONFLICT,
                    "the write is based on version %ju, and the current version is %ju: read it "
                    "again",
                    (uintmax_t)expected, (uintmax_t)actual);
    else
        problem_set(&command->problem, ERR_VERSION_CONFLICT,
                    "the write is based on version %ju, and there is no such entity",
                    (uintmax_t)expected);
    command->problem.expected_version = expected;
    command->problem.actual_version = actual;
    return -ERR_VERSION_CONFLICT;
}

/* The version that had that sequence number; 0 when it cannot be told. */
static uint64_t version_at(struct batch *batch, uint64_t object, uint64_t seq)
{
    struct row_version row;
    uint64_t found;
    return store_version_as_of(&batch->view, object, seq, &found, &row) == 1 ? row.version : 0;
}

#define RENAMES_MAX 64 /* that are looked at */

/* Whether all that came after the version were the caller's process's own renames: these bring no
 * owner that could be noted. */
static bool has_only_renamed(struct batch *batch, const struct command *command,
                             const struct target *target, uint64_t since)
{
    uint64_t seq = target->seq;
    struct row_version row = target->row;
    for (unsigned i = 0; i < RENAMES_MAX && seq > since; i++) {
        if (row.op != ROW_RENAME || audit_record_pid(&row) != (uint32_t)command->actor.pid ||
            store_version_as_of(&batch->view, target->object, seq - 1, &seq, &row) != 1)
            return false;
    }
    return seq == since;
}

static int check_opened(struct batch *batch, struct command *command, const struct target *target,
                        const struct bases_reader *reader, uint64_t seq)
{
    struct bases_note note;
    bool is_known =
        reader && bases_find(batch->model->bases, target->object, *reader, target->seq, &note);
    if (seq == target->seq) /* opened on it, perhaps with what was read before in mind */
        return !is_known || note.seq >= seq || has_only_renamed(batch, command, target, note.seq)
                   ? 0
                   : conflict(command, target, version_at(batch, target->object, note.seq));
    /* What the process wrote itself, through another handle, is no news to it. */
    if (is_known && note.written == target->seq)
        return 0;
    return conflict(command, target, version_at(batch, target->object, seq));
}

/* The process knows an entity that had this id and was deleted since, by somebody else. */
static int check_deleted(struct batch *batch, struct command *command, const struct target *target,
                         const struct bases_reader *reader)
{
    struct bases_note note;
    struct row_version row;
    uint64_t seq;
    uint64_t before = target->exists ? target->row.predecessor : target->predecessor;
    if (before == 0 || !bases_find(batch->model->bases, before, *reader, 0, &note))
        return 0;
    int found = store_version_get(&batch->view, before, &seq, &row);
    if (found != 1)
        return found;
    /* Who deleted it himself may create it anew, unless somebody else has done so first. */
    uint32_t pid = (uint32_t)command->actor.pid;
    if (audit_record_pid(&row) == pid && (!target->exists || audit_record_pid(&target->row) == pid))
        return 0;
    command->result.object = before;
    return conflict(command, target, version_at(batch, before, note.seq));
}

static int check_last(struct batch *batch, struct command *command, const struct target *target,
                      const struct bases_reader *reader, uint64_t number)
{
    struct bases_note note = {.seq = number};
    assert(reader); /* a verb that FUSE sends no owner with has nothing to look up */
    bool is_known = target->exists &&
                    bases_find(batch->model->bases, target->object, *reader, target->seq, &note);
    if (!target->exists || (!is_known && number == 0)) {
        command->result.base = (struct model_base){.kind = MODEL_BASE_NONE};
        return check_deleted(batch, command, target, reader);
    }
    command->result.base = (struct model_base){MODEL_BASE_OPENED, note.seq};
    if (note.seq == target->seq || (is_known && has_only_renamed(batch, command, target, note.seq)))
        return 0;
    return conflict(command, target, version_at(batch, target->object, note.seq));
}

int target_check_base(struct batch *batch, struct command *command, const struct target *target,
                      const struct bases_reader *reader, struct model_base base)
{
    command->result.base = base;
    switch (base.kind) {
    case MODEL_BASE_PINNED:
        if (base.number != (target->exists ? target->row.version : 0))
            return conflict(command, target, base.number);
        return 0;
    case MODEL_BASE_OPENED:
        return target->exists ? check_opened(batch, command, target, reader, base.number) : 0;
    case MODEL_BASE_LAST:
        return check_last(batch, command, target, reader, base.number);
    case MODEL_BASE_NONE:
    default:
        return 0;
    }
}
