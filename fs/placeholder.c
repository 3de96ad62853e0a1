#include "fs/placeholder.h"

#include "fs/node_file.h"
#include "fs/placeholder_file.h"
#include "store/base/clock.h"

/* --- its beginning */

static int hold(struct request *request, uint64_t collection, struct stat *ret_stat)
{
    return node_folder_hold(request, inode_make(INODE_COLLECTION, collection), ret_stat);
}

static void let_go(struct request *request, uint64_t collection)
{
    node_folder_let_go(request, inode_make(INODE_COLLECTION, collection));
}

int placeholder_add(struct request *request, uint64_t object, uint64_t collection, struct span id,
                    mode_t mode)
{
    struct stat folder;
    int64_t now = clock_realtime();
    int result = hold(request, collection, &folder);
    if (result < 0)
        return result;
    const struct row_entry entry = {.live = true,
                                    .mode = (uint32_t)mode,
                                    .uid = request->caller.uid,
                                    .gid = folder.st_mode & S_ISGID ? folder.st_gid
                                                                    : request->caller.gid,
                                    .atime = now,
                                    .mtime = now,
                                    .ctime = now};
    result = pendings_add(request->mount->pendings, object, collection, id, &entry);
    let_go(request, collection);
    return result < 0 ? problem_set(&request->problem, ERR_BUSY,
                                    "too many new files are open and have no content yet")
                      : 0;
}

static bool may_keep(const struct mount *mount, const struct pending *pending)
{
    uid_t self = geteuid();
    return mount->files && !pending->is_kept && !pending->is_hidden &&
           (self == 0 || self == pending->entry.uid);
}

static int make_file(struct request *request, const struct pending *pending)
{
    struct mount *mount = request->mount;
    int result =
        placeholder_file_make(mount, pending->collection, pending->entry.name, &pending->entry);
    if (result == 0)
        pendings_keep(mount->pendings, pending->object, true);
    return result;
}

int placeholder_keep(struct request *request, uint64_t object)
{
    struct pending pending;
    struct stat folder;
    struct pendings *pendings = request->mount->pendings;
    if (!pendings_get(pendings, object, &pending) || !may_keep(request->mount, &pending))
        return 0;
    const uint64_t collection = pending.collection;
    int result = hold(request, collection, &folder);
    if (result < 0)
        return result;
    pendings_begin(pendings);
    if (pendings_get(pendings, object, &pending) && may_keep(request->mount, &pending) &&
        pending.collection == collection)
        result = make_file(request, &pending);
    pendings_end(pendings);
    let_go(request, collection);
    return result;
}

static struct row_entry entry_of(const struct stat *stat)
{
    return (struct row_entry){.live = true,
                              .mode = stat->st_mode & 0777,
                              .uid = stat->st_uid,
                              .gid = stat->st_gid,
                              .atime = node_time(stat->st_atim),
                              .mtime = node_time(stat->st_mtim),
                              .ctime = node_time(stat->st_ctim)};
}

/* --- its name */

static int adopt(struct request *request, uint64_t collection, struct span id,
                 struct pending *ret_pending)
{
    struct stat stat;
    struct mount *mount = request->mount;
    if (!placeholder_file_find(mount, collection, id, &stat))
        return 0;
    const struct row_entry entry = entry_of(&stat);
    uint64_t object = store_new_object(mount->store);
    int result = pendings_adopt(mount->pendings, object, collection, id, &entry);
    return result < 0 ? result : pendings_get(mount->pendings, object, ret_pending);
}

/* Returns whether an entity has the name; or an error. */
static int is_taken(struct request *request, uint64_t collection, struct span id)
{
    struct row_binding binding;
    int found = node_name_get(request, collection, id, &binding);
    return found == 1 ? binding.live : found;
}

static int known_locked(struct request *request, uint64_t collection, struct span id,
                        struct pending *ret_pending)
{
    return pendings_find(request->mount->pendings, collection, id, ret_pending)
               ? 1
               : adopt(request, collection, id, ret_pending);
}

static int find_locked(struct request *request, uint64_t collection, struct span id,
                       struct pending *ret_pending)
{
    struct mount *mount = request->mount;
    int taken = is_taken(request, collection, id);
    if (taken != 1)
        return taken < 0 ? taken : known_locked(request, collection, id, ret_pending);
    pendings_remove_name(mount->pendings, collection, id);
    if (!mount->read_only)
        placeholder_file_remove(mount, collection, id);
    return 0;
}

int placeholder_find(struct request *request, uint64_t collection, struct span id,
                     struct pending *ret_pending)
{
    struct pending pending;
    struct stat stat;
    struct pendings *pendings = request->mount->pendings;
    if (!pendings_find(pendings, collection, id, &pending) &&
        !placeholder_file_find(request->mount, collection, id, &stat))
        return 0;
    pendings_begin(pendings);
    int found = find_locked(request, collection, id, &pending);
    pendings_end(pendings);
    if (found == 1) {
        *ret_pending = pending;
        ret_pending->entry.name = span_make(ret_pending->name, ret_pending->name_size);
    }
    return found;
}

bool placeholder_is_kept(struct request *request, uint64_t folder, struct span name)
{
    struct stat stat;
    uint64_t collection = inode_number(folder);
    const struct name parts = name_parse(name);
    return parts.kind == NAME_ENTITY &&
           placeholder_file_find(request->mount, collection, parts.id, &stat) &&
           is_taken(request, collection, parts.id) == 0;
}

/* --- its end */

static int remove_file(struct request *request, const struct pending *pending)
{
    int result = pending->is_kept ? placeholder_file_remove(request->mount, pending->collection,
                                                            pending->entry.name)
                                  : 0;
    if (result == 0)
        pendings_keep(request->mount->pendings, pending->object, false);
    return result;
}

void placeholder_hide(struct request *request, uint64_t object)
{
    struct pending pending;
    struct pendings *pendings = request->mount->pendings;
    pendings_begin(pendings);
    if (pendings_get(pendings, object, &pending) && remove_file(request, &pending) == 0)
        pendings_hide(pendings, object, true);
    pendings_end(pendings);
}

void placeholder_discard(struct request *request, uint64_t object)
{
    struct pending pending;
    struct pendings *pendings = request->mount->pendings;
    pendings_begin(pendings);
    if (pendings_get(pendings, object, &pending) && pending.open == 0 &&
        remove_file(request, &pending) == 0)
        pendings_discard(pendings, object);
    pendings_end(pendings);
}

void placeholder_drop(struct request *request, uint64_t object)
{
    struct pending pending;
    struct pendings *pendings = request->mount->pendings;
    if (!pendings_get(pendings, object, &pending))
        return;
    pendings_begin(pendings);
    if (pendings_get(pendings, object, &pending)) {
        placeholder_file_remove(request->mount, pending.collection, pending.entry.name);
        pendings_remove_name(pendings, pending.collection, pending.entry.name);
    }
    pendings_end(pendings);
}

int placeholder_remove(struct request *request, uint64_t object)
{
    struct pending pending;
    struct pendings *pendings = request->mount->pendings;
    pendings_begin(pendings);
    int result =
        pendings_get(pendings, object, &pending) ? remove_file(request, &pending) : -ERR_NOT_FOUND;
    if (result == 0)
        pendings_remove(pendings, object);
    pendings_end(pendings);
    return result;
}

/* --- its attributes, and its moves */

int placeholder_set(struct request *request, uint64_t object, const struct row_entry *entry)
{
    struct pending pending;
    struct pendings *pendings = request->mount->pendings;
    pendings_begin(pendings);
    int result = pendings_get(pendings, object, &pending) ? 0 : -ERR_NOT_FOUND;
    if (result == 0 && pending.is_kept)
        result =
            placeholder_file_set(request->mount, pending.collection, pending.entry.name, entry);
    if (result == 0)
        pendings_set(pendings, object, entry);
    pendings_end(pendings);
    return result;
}

static int rename_file(struct mount *mount, const struct pending *pending, uint64_t collection,
                       struct span id)
{
    return pending->is_kept ? placeholder_file_rename(mount, pending->collection,
                                                      pending->entry.name, collection, id)
                            : placeholder_file_remove(mount, collection, id);
}

static int check_free(struct request *request, uint64_t collection, struct span id)
{
    int taken = is_taken(request, collection, id);
    return taken == 1 ? problem_set(&request->problem, ERR_JSON_INCOMPLETE,
                                    "an empty file cannot replace an entity")
                      : taken;
}

static int rename_locked(struct request *request, const struct pending *pending,
                         uint64_t collection, struct span id, bool no_replace)
{
    struct pending replaced;
    struct pendings *pendings = request->mount->pendings;
    int result = check_free(request, collection, id);
    int found = result < 0 ? result : known_locked(request, collection, id, &replaced);
    if (found == 1 && replaced.object == pending->object)
        return 0;
    if (found == 1 && no_replace)
        return problem_set(&request->problem, ERR_ALREADY_EXISTS, "the name is taken");
    result = found < 0 ? found : rename_file(request->mount, pending, collection, id);
    if (result < 0)
        return result;
    if (found == 1)
        pendings_remove(pendings, replaced.object);
    pendings_rename(pendings, pending->object, collection, id);
    return 0;
}

int placeholder_rename(struct request *request, uint64_t object, uint64_t collection,
                       struct span id, bool no_replace)
{
    struct pending pending;
    struct stat folder;
    struct pendings *pendings = request->mount->pendings;
    int result = hold(request, collection, &folder);
    if (result < 0)
        return result;
    pendings_begin(pendings);
    result = pendings_get(pendings, object, &pending)
                 ? rename_locked(request, &pending, collection, id, no_replace)
                 : -ERR_NOT_FOUND;
    pendings_end(pendings);
    let_go(request, collection);
    return result;
}

int placeholder_leave(struct request *request, uint64_t object, uint64_t new_folder,
                      struct span new_name, unsigned flags)
{
    struct node_entry entry;
    struct folder_writing writing;
    int result = node_entry_fill(request, inode_make(INODE_ENTITY, object), &entry);
    if (result == 0)
        result = node_folder_write(request, new_folder, new_name, span_make(NULL, 0), &entry.stat,
                                   flags, &writing);
    if (result < 0)
        return result;
    result = placeholder_remove(request, object);
    folder_writing_finish(&writing, result == 0);
    return result;
}

int placeholder_enter(struct request *request, uint64_t collection, struct span id,
                      const struct stat *stat)
{
    struct pending replaced;
    struct pendings *pendings = request->mount->pendings;
    const struct row_entry entry = entry_of(stat);
    const uint64_t object = store_new_object(request->mount->store);
    int result = check_free(request, collection, id);
    int found = result < 0 ? result : placeholder_find(request, collection, id, &replaced);
    result = found == 1 ? placeholder_remove(request, replaced.object) : found;
    if (result == 0)
        result = pendings_add(pendings, object, collection, id, &entry);
    if (result < 0)
        return result;
    result = placeholder_keep(request, object);
    if (result < 0)
        pendings_remove(pendings, object);
    pendings_close(pendings, object);
    return result;
}
