/* A collection's folder; `.schema`, the collection of the schemas, is one too. */
#include "fs/draft.h"
#include "fs/node_file.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <fcntl.h>
#include <stdio.h>

/* The name of a collection now. Errors: NOT_FOUND for one that was dropped. */
static int get_name(struct request *request, uint64_t collection, struct buf *out)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = node_collection_name(&view, collection, out);
    return found == 1 ? 0 : found < 0 ? found : -ERR_NOT_FOUND;
}

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    AUTO_BUF struct buf name = {0};
    int result = get_name(request, inode_number(inode), &name);
    if (result == 0)
        result = node_folder_stat(request, inode, 0755, ret_stat);
    if (result == 0)
        node_folder_add_stat(request, inode, ret_stat);
    return result;
}

static int find_pin(struct request *request, uint64_t object, uint64_t version, uint64_t *ret_seq)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    struct row_version row;
    int found = store_version_find(&view, object, version, ret_seq, &row);
    return found == 1 && row.op == ROW_DELETE ? 0 : found;
}

/* The node a name leads to. Returns 1, 0 or an error. */
static int resolve(struct request *request, uint64_t collection, const struct name *name,
                   uint64_t *ret_inode)
{
    struct row_binding binding = {0};
    struct pending pending;
    int found = node_name_get(request, collection, name->id, &binding);
    if (found < 0)
        return found;
    bool lives = found == 1 && binding.live;
    uint64_t seq;
    switch (name->kind) {
    case NAME_ENTITY:
        *ret_inode = inode_make(INODE_ENTITY, binding.object);
        if (lives)
            return 1;
        found = pendings_find(request->mount->pendings, collection, name->id, &pending);
        *ret_inode = inode_make(INODE_ENTITY, pending.object);
        return found;
    case NAME_PIN:
        if (found == 1)
            found = find_pin(request, binding.object, name->version, &seq);
        if (found == 1)
            *ret_inode = inode_make(INODE_PIN, seq);
        return found;
    case NAME_META:
        *ret_inode = inode_make(INODE_META, binding.object);
        return lives;
    case NAME_AUDIT:
        *ret_inode = inode_make(INODE_AUDIT, binding.object);
        return found;
    case NAME_OTHER:
    default:
        return 0;
    }
}

static bool is_vocabulary(uint64_t collection, struct span text)
{
    return collection == STORE_SCHEMAS && span_is(text, ".vocabulary.json");
}

static bool is_ordinary(uint64_t folder, struct span text)
{
    return name_is_ordinary(text) && !is_vocabulary(inode_number(folder), text);
}

static int lookup(struct request *request, uint64_t folder, struct span text,
                  struct node_entry *ret_entry)
{
    uint64_t collection = inode_number(folder);
    if (span_is(text, ".errors"))
        return node_entry_fill(request, inode_make(INODE_ERRORS, collection), ret_entry);
    if (span_is(text, ".rejected"))
        return node_entry_fill(request, inode_make(INODE_REJECTED, collection), ret_entry);
    if (is_vocabulary(collection, text))
        return node_entry_fill(request, inode_make(INODE_VOCABULARY, 0), ret_entry);
    if (is_ordinary(folder, text))
        return node_folder_lookup(request, folder, text, ret_entry);
    struct name name = name_parse(text);
    uint64_t inode;
    int found = resolve(request, collection, &name, &inode);
    if (found != 1)
        return found < 0 ? found : -ERR_NOT_FOUND;
    return node_entry_fill(request, inode, ret_entry);
}

static bool add_entity(struct node_listing *listing, struct span id, uint64_t object)
{
    char name[NAME_ID_MAX + sizeof(".json")];
    int size = snprintf(name, sizeof(name), "%.*s.json", (int)id.size, (const char *)id.data);
    return listing->add(listing, span_make(name, (size_t)size), inode_make(INODE_ENTITY, object),
                        S_IFREG, object);
}

/* Entities and pending names in the order of their objects, which is that of the offsets. */
static int list(struct request *request, struct store_view *view, uint64_t collection,
                uint64_t offset, struct node_listing *listing)
{
    struct pendings *pendings = request->mount->pendings;
    struct row_entry entry;
    struct pending pending;
    uint64_t object = 0;
    int found = store_entry_next(view, collection, offset, &object, &entry);
    bool waits = pendings_next(pendings, collection, offset, &pending);
    while (found == 1 || waits) {
        if (found == 1 && (!waits || object <= pending.object)) {
            if (!add_entity(listing, entry.name, object))
                return 0;
            waits = waits && pendings_next(pendings, collection, object, &pending);
            found = store_entry_next(view, collection, object, &object, &entry);
        } else {
            if (!add_entity(listing, pending.entry.name, pending.object))
                return 0;
            waits = pendings_next(pendings, collection, pending.object, &pending);
        }
        if (found < 0)
            return found;
    }
    return found;
}

static bool is_seen(struct request *request, uint64_t folder, struct span name)
{
    (void)request;
    return is_ordinary(folder, name);
}

static int readdir(struct request *request, uint64_t folder, uint64_t offset,
                   struct node_listing *listing)
{
    int result = 0;
    if (offset <= STORE_OBJECT_MAX) {
        AUTO_VIEW struct store_view view = {0};
        result = store_read(request->mount->store, &view);
        if (result == 0)
            result = list(request, &view, inode_number(folder), offset, listing);
    }
    return result < 0 || listing->is_full
               ? result
               : node_folder_list(request, folder, offset, listing, is_seen);
}

/* Why a name cannot be written in a collection; 0 when it can. */
static int check_name(struct request *request, uint64_t collection, const struct name *name,
                      struct span text)
{
    switch (name->kind) {
    case NAME_ENTITY:
    case NAME_PIN:
        return collection == STORE_SCHEMAS ? name_check_collection(name->id, &request->problem) : 0;
    case NAME_META:
    case NAME_AUDIT:
        return problem_set(&request->problem, ERR_READ_ONLY,
                           "%.*s is a view of what is stored, and cannot be written",
                           (int)text.size, text.data);
    case NAME_OTHER:
    default:
        break;
    }
    if (span_is(text, ".errors") || span_is(text, ".rejected") || is_vocabulary(collection, text))
        return problem_set(&request->problem, ERR_READ_ONLY, "%.*s is a view", (int)text.size,
                           text.data);
    if (text.size > 0 && text.data[0] != '.' && span_ends_with(text, ".json")) {
        int result = name_check_id(span_head(text, text.size - 5), &request->problem);
        if (result < 0)
            return result;
    }
    return problem_set(&request->problem, ERR_UNSUPPORTED,
                       "%.*s is neither the name of an entity (<id>.json) nor an ordinary file's",
                       (int)text.size, text.data);
}

/* Names the write in log and refusals. Errors: NOT_FOUND for a collection that was dropped. */
static int name_write(struct request *request, uint64_t collection, struct span text)
{
    AUTO_BUF struct buf name = {0};
    int result = get_name(request, collection, &name);
    request_name(request, collection, buf_span(&name), text, "");
    return result;
}

static int begin_write(struct request *request, uint64_t folder, struct span text,
                       struct name *ret_name)
{
    uint64_t collection = inode_number(folder);
    int result = name_write(request, collection, text);
    *ret_name = name_parse(text);
    return result < 0 ? result : check_name(request, collection, ret_name, text);
}

static int add_pending(struct request *request, uint64_t object, uint64_t collection,
                       const struct name *name, mode_t mode)
{
    int64_t now = clock_realtime();
    const struct row_entry entry = {.live = true,
                                    .mode = (uint32_t)mode,
                                    .uid = request->caller.uid,
                                    .gid = request->caller.gid,
                                    .atime = now,
                                    .mtime = now,
                                    .ctime = now};
    return pendings_add(request->mount->pendings, object, collection, name->id, &entry);
}

static int create(struct request *request, uint64_t folder, struct span text, mode_t mode,
                  int flags, struct node_entry *ret_entry, struct handle **ret_handle)
{
    struct name name;
    uint64_t collection = inode_number(folder);
    if (is_ordinary(folder, text))
        return node_folder_create(request, folder, text, mode, flags, ret_entry, ret_handle);
    int result = begin_write(request, folder, text, &name);
    if (result < 0)
        return result;
    bool is_pin = name.kind == NAME_PIN;
    uint64_t object = store_new_object(request->mount->store);
    /* What one user stores is nobody else's, unless they say so afterwards; schemas are for all to
     * read. */
    mode &= collection == STORE_SCHEMAS ? 0644 : 0600;
    if (!is_pin) {
        result = add_pending(request, object, collection, &name, mode);
        if (result < 0)
            return problem_set(&request->problem, ERR_BUSY,
                               "too many new files are open and have no content yet");
    }
    uint64_t inode = inode_make(is_pin ? INODE_PIN_NEW : INODE_ENTITY, object);
    struct draft *draft = draft_create(request, inode, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT);
    if (!draft) {
        pendings_remove(request->mount->pendings, object);
        return -ERR_NO_MEMORY;
    }
    draft->object = object;
    draft->collection = collection;
    draft->create_mode = (uint32_t)mode;
    buf_append_span(&draft->collection_name, buf_span(&request->collection_name));
    buf_append_span(&draft->id, name.id);
    draft->base = is_pin ? (struct model_base){MODEL_BASE_PINNED, name.version}
                         : (struct model_base){MODEL_BASE_NONE, 0};
    /* What was to be new must be so when it is written. */
    if (!is_pin && draft->mode != DRAFT_PATCH)
        draft->base.kind = flags & O_EXCL ? MODEL_BASE_PINNED : MODEL_BASE_LAST;
    request->is_write = false; /* nothing was written yet */
    *ret_handle = &draft->handle;
    return node_entry_fill(request, inode, ret_entry);
}

static int make(struct request *request, uint64_t folder, struct span text, mode_t mode,
                struct node_entry *ret_entry)
{
    struct name name;
    if (is_ordinary(folder, text))
        return node_folder_mkdir(request, folder, text, mode, ret_entry);
    int result = begin_write(request, folder, text, &name);
    return result < 0 ? result
                      : problem_set(&request->problem, ERR_NOT_PERMITTED,
                                    "%.*s is the name of an entity, which is a file",
                                    (int)text.size, text.data);
}

static int remove_folder(struct request *request, uint64_t folder, struct span text)
{
    struct name name;
    if (is_ordinary(folder, text))
        return node_folder_rmdir(request, folder, text);
    int result = begin_write(request, folder, text, &name);
    return result < 0 ? result : -ERR_NOT_A_DIRECTORY;
}

static int unlink_(struct request *request, uint64_t folder, struct span text)
{
    struct name name;
    struct mount *mount = request->mount;
    uint64_t collection = inode_number(folder);
    if (is_ordinary(folder, text))
        return node_folder_unlink(request, folder, text);
    int result = begin_write(request, folder, text, &name);
    if (result < 0)
        return result;
    struct pending pending;
    if (name.kind == NAME_ENTITY && pendings_find(mount->pendings, collection, name.id, &pending)) {
        pendings_remove(mount->pendings, pending.object);
        return 0;
    }
    struct model_base base = {.kind = MODEL_BASE_NONE};
    if (name.kind == NAME_PIN)
        base = (struct model_base){MODEL_BASE_PINNED, name.version};
    if (collection == STORE_SCHEMAS)
        return node_folder_drop(request, name.id, base);
    return model_remove(mount->model, &request->caller, collection, name.id, base, &request->result,
                        &request->problem);
}

static int check_rename(struct request *request, uint64_t folder, const struct name *name,
                        uint64_t new_folder, struct span new_text, struct name *ret_new_name)
{
    if (inode_tag(new_folder) != INODE_COLLECTION)
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "an entity can be moved to another collection only");
    uint64_t collection = inode_number(folder);
    uint64_t new_collection = inode_number(new_folder);
    *ret_new_name = name_parse(new_text);
    if (is_ordinary(new_folder, new_text))
        return problem_set(&request->problem, ERR_UNSUPPORTED,
                           "this version does not make an ordinary file of an entity");
    int result = check_name(request, new_collection, ret_new_name, new_text);
    if (result < 0)
        return result;
    if (name->kind != NAME_ENTITY || ret_new_name->kind != NAME_ENTITY)
        return problem_set(&request->problem, ERR_READ_ONLY,
                           "a pinned version cannot be renamed, nor be a new name");
    if (collection == STORE_SCHEMAS || new_collection == STORE_SCHEMAS)
        return problem_set(&request->problem, ERR_UNSUPPORTED,
                           "this version does not rename schemas");
    return 0;
}

/* An empty file is renamed where it is: among the pending names. */
static int rename_pending(struct request *request, const struct pending *pending,
                          const struct model_rename *rename)
{
    struct pendings *pendings = request->mount->pendings;
    struct row_binding binding;
    int found = node_name_get(request, rename->new_collection, rename->new_name, &binding);
    if (found == 1 && binding.live)
        return problem_set(&request->problem, ERR_JSON_INCOMPLETE,
                           "an empty file cannot replace an entity");
    if (found < 0)
        return found;
    struct pending replaced;
    if (pendings_find(pendings, rename->new_collection, rename->new_name, &replaced))
        pendings_remove(pendings, replaced.object);
    pendings_rename(pendings, pending->object, rename->new_collection, rename->new_name);
    return 0;
}

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

static int rename_(struct request *request, uint64_t folder, struct span text, uint64_t new_folder,
                   struct span new_text, unsigned flags)
{
    struct name name;
    struct name new_name = {0};
    struct mount *mount = request->mount;
    if (is_ordinary(folder, text))
        return node_folder_rename(request, folder, text, new_folder, new_text, flags);
    int result = begin_write(request, folder, text, &name);
    if (result == 0 && (flags & ~(unsigned)RENAME_NOREPLACE) != 0)
        result =
            problem_set(&request->problem, ERR_EXCHANGE, "entities cannot exchange their names");
    if (result == 0)
        result = check_rename(request, folder, &name, new_folder, new_text, &new_name);
    if (result < 0)
        return result;
    /* From here on it is the new place that says no. */
    result = name_write(request, inode_number(new_folder), new_text);
    if (result < 0)
        return result;
    struct model_rename rename = {.caller = request->caller,
                                  .collection = inode_number(folder),
                                  .name = name.id,
                                  .new_collection = inode_number(new_folder),
                                  .new_name = new_name.id,
                                  .no_replace = flags & RENAME_NOREPLACE};
    struct pending pending;
    if (pendings_find(mount->pendings, rename.collection, name.id, &pending))
        return rename_pending(request, &pending, &rename);
    result = model_rename(mount->model, &rename, &request->result, &request->problem);
    if (result == 0 && pendings_find(mount->pendings, rename.new_collection, new_name.id, &pending))
        pendings_remove(mount->pendings, pending.object);
    return result;
}

static int accept_(struct request *request, uint64_t folder, struct span text, mode_t type)
{
    struct name name;
    if (is_ordinary(folder, text))
        return 0;
    int result = begin_write(request, folder, text, &name);
    if (result < 0)
        return result;
    return S_ISREG(type) ? 1
                         : problem_set(&request->problem, ERR_NOT_PERMITTED,
                                       "%.*s is the name of an entity, which is a regular file",
                                       (int)text.size, text.data);
}

const struct node_kind node_collection = {
    .type = S_IFDIR,
    .getattr = getattr,
    .setattr = node_folder_setattr,
    .lookup = lookup,
    .readdir = readdir,
    .create = create,
    .mkdir = make,
    .rmdir = remove_folder,
    .unlink = unlink_,
    .rename = rename_,
    .symlink = node_folder_symlink,
    .mknod = node_folder_mknod,
    .sync = node_folder_sync,
    .accept = accept_,
};
