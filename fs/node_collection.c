/* A collection's folder; `.schema`, the collection of the schemas, is one too. */
#include "fs/node_collection.h"
#include "fs/dance.h"
#include "fs/node_file.h"
#include "fs/placeholder.h"
#include "store/base/cleanup.h"

#include <stdio.h>

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    AUTO_BUF struct buf name = {0};
    int result = collection_get_name(request, inode_number(inode), &name);
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
    struct pending pending = {0};
    /* Before the entity is looked for, which it may become any moment. */
    int waits =
        name->kind == NAME_ENTITY ? placeholder_find(request, collection, name->id, &pending) : 0;
    int found = node_name_get(request, collection, name->id, &binding);
    if (found < 0)
        return found;
    bool lives = found == 1 && binding.live;
    uint64_t seq;
    switch (name->kind) {
    case NAME_ENTITY:
        *ret_inode = inode_make(INODE_ENTITY, binding.object);
        if (lives && !dance_hides(request, binding.object))
            return 1;
        *ret_inode = inode_make(INODE_ENTITY, pending.object);
        return waits;
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

static int lookup(struct request *request, uint64_t folder, struct span text,
                  struct node_entry *ret_entry)
{
    uint64_t collection = inode_number(folder);
    if (span_is(text, ".errors"))
        return node_entry_fill(request, inode_make(INODE_ERRORS, collection), ret_entry);
    if (span_is(text, ".rejected"))
        return node_entry_fill(request, inode_make(INODE_REJECTED, collection), ret_entry);
    if (collection_is_vocabulary(collection, text))
        return node_entry_fill(request, inode_make(INODE_VOCABULARY, 0), ret_entry);
    if (collection_is_ordinary(folder, text))
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

static bool is_among(const uint64_t *objects, size_t count, uint64_t object)
{
    for (size_t i = 0; i < count; i++)
        if (objects[i] == object)
            return true;
    return false;
}

/* An empty file that has just become an entity may be known as both. */
static bool add_pending(struct store_view *view, struct node_listing *listing,
                        const struct pending *pending)
{
    struct row_binding binding;
    const struct span name = pending->entry.name;
    bool lives = store_name_get(view, pending->collection, name, &binding) == 1 && binding.live;
    return lives || add_entity(listing, name, pending->object);
}

/* Entities, and empty files that are in memory alone, in the order of their objects, which is that
 * of the offsets. */
static int list(struct request *request, struct store_view *view, uint64_t collection,
                uint64_t offset, struct node_listing *listing)
{
    struct pendings *pendings = request->mount->pendings;
    struct row_entry entry;
    struct pending pending;
    uint64_t object = 0;
    uint64_t hidden[DANCE_PER_PROCESS];
    size_t hidden_count = dance_hidden(request, collection, hidden);
    int found = store_entry_next(view, collection, offset, &object, &entry);
    bool waits = pendings_next(pendings, collection, offset, &pending);
    while (found == 1 || waits) {
        if (found == 1 && (!waits || object <= pending.object)) {
            if (!is_among(hidden, hidden_count, object) && !add_entity(listing, entry.name, object))
                return 0;
            waits = waits && pendings_next(pendings, collection, object, &pending);
            found = store_entry_next(view, collection, object, &object, &entry);
        } else {
            if (!add_pending(view, listing, &pending))
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
    return collection_is_ordinary(folder, name) || placeholder_is_kept(request, folder, name);
}

static int readdir_(struct request *request, uint64_t folder, uint64_t offset,
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

static int accept_(struct request *request, uint64_t folder, struct span text, mode_t type)
{
    struct name name;
    if (collection_is_ordinary(folder, text))
        return 0;
    int result = collection_begin_write(request, folder, text, &name);
    if (result < 0)
        return result;
    return S_ISREG(type) ? 1
                         : problem_set(&request->problem, ERR_NOT_PERMITTED,
                                       "%.*s is the name of an entity, which is a regular file",
                                       (int)text.size, text.data);
}

static int sync_(struct request *request, uint64_t folder)
{
    dance_settle_folder(request, inode_number(folder));
    return node_folder_sync(request, folder);
}

const struct node_kind node_collection = {
    .type = S_IFDIR,
    .getattr = getattr,
    .setattr = node_folder_setattr,
    .lookup = lookup,
    .readdir = readdir_,
    .create = collection_create,
    .mkdir = collection_mkdir,
    .rmdir = collection_rmdir,
    .unlink = collection_unlink,
    .rename = collection_rename,
    .symlink = node_folder_symlink,
    .mknod = collection_mknod,
    .sync = sync_,
    .accept = accept_,
};
