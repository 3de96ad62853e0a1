/* The root: collections, and what belongs to the mount as a whole. */
#include "fs/node.h"

#define FIRST_OFFSET 3

struct fixed {
    const char *name;
    uint64_t inode;
    bool listed;
    mode_t type;
};

static const struct fixed fixed[] = {
    {".schema", (uint64_t)INODE_COLLECTION << 58 | STORE_SCHEMAS, true, S_IFDIR},
    {".outbox", (uint64_t)INODE_OUTBOX << 58 | STORE_OUTBOX, true, S_IFDIR},
    {".errors.jsonl", (uint64_t)INODE_JOURNAL << 58, false, S_IFREG},
    {".stats.json", (uint64_t)INODE_STATS << 58, false, S_IFREG},
};
#define FIXED_COUNT (sizeof(fixed) / sizeof(fixed[0]))

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    return node_folder_stat(request, inode, 0755, ret_stat);
}

static int lookup(struct request *request, uint64_t folder, struct span name,
                  struct node_entry *ret_entry)
{
    (void)folder;
    for (size_t i = 0; i < FIXED_COUNT; i++)
        if (span_is(name, fixed[i].name))
            return node_entry_fill(request, fixed[i].inode, ret_entry);
    if (name_check_collection(name, NULL) < 0)
        return -ERR_NOT_FOUND;
    struct row_binding binding;
    int found = node_name_get(request, STORE_SCHEMAS, name, &binding);
    if (found != 1 || !binding.live)
        return found < 0 ? found : -ERR_NOT_FOUND;
    return node_entry_fill(request, inode_make(INODE_COLLECTION, binding.object), ret_entry);
}

static int list_collections(struct store_view *view, uint64_t offset, struct node_listing *listing)
{
    struct row_entry entry;
    uint64_t object = offset;
    int found;
    while ((found = store_entry_next(view, STORE_SCHEMAS, object, &object, &entry)) == 1)
        if (!listing->add(listing, entry.name, inode_make(INODE_COLLECTION, object), S_IFDIR,
                          object))
            return 0;
    return found;
}

static int readdir(struct request *request, uint64_t folder, uint64_t offset,
                   struct node_listing *listing)
{
    (void)folder;
    for (uint64_t i = 0; i < FIXED_COUNT; i++)
        if (fixed[i].listed && offset < FIRST_OFFSET + i &&
            !listing->add(listing, span_of_string(fixed[i].name), fixed[i].inode, fixed[i].type,
                          FIRST_OFFSET + i))
            return 0;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    return result < 0 ? result : list_collections(&view, offset, listing);
}

static int create(struct request *request, uint64_t folder, struct span name, mode_t mode,
                  int flags, struct node_entry *ret_entry, struct handle **ret_handle)
{
    (void)folder, (void)mode, (void)flags, (void)ret_entry, (void)ret_handle;
    request_name(request, 0, span_make(NULL, 0), name, "");
    return problem_set(&request->problem, ERR_UNSUPPORTED,
                       "%.*s: there are only collections here: make one with mkdir, and write "
                       "<id>.json in it",
                       (int)name.size, name.data);
}

/* A collection comes with its schema, which allows everything. */
static int make(struct request *request, uint64_t folder, struct span name, mode_t mode,
                struct node_entry *ret_entry)
{
    (void)folder;
    struct mount *mount = request->mount;
    request_name(request, STORE_SCHEMAS, span_of_string(".schema"), name, ".json");
    int result = name_check_collection(name, &request->problem);
    if (result < 0)
        return result;
    struct model_put put = {.caller = request->caller,
                            .collection = STORE_SCHEMAS,
                            .name = name,
                            .object = store_new_object(mount->store),
                            .text = span_of_string("{}\n"),
                            .base = {.kind = MODEL_BASE_PINNED, .number = 0},
                            .mode = 0644,
                            .uid = request->caller.uid,
                            .gid = request->caller.gid,
                            .folder_mode = (uint32_t)mode & 0777};
    result = model_put(mount->model, &put, &request->result, &request->problem);
    if (result == -ERR_VERSION_CONFLICT)
        return problem_set(&request->problem, ERR_ALREADY_EXISTS,
                           "the collection is there already");
    if (result < 0)
        return result;
    return node_entry_fill(request, inode_make(INODE_COLLECTION, put.object), ret_entry);
}

/* Files without content yet are listed, so the collection is not empty. */
static int check_pendings(struct request *request, struct span name)
{
    struct row_binding binding;
    struct pending pending;
    int found = node_name_get(request, STORE_SCHEMAS, name, &binding);
    if (found != 1 || !binding.live ||
        !pendings_next(request->mount->pendings, binding.object, 0, &pending))
        return found < 0 ? found : 0;
    return problem_set(&request->problem, ERR_NOT_EMPTY,
                       "the collection %.*s still has an empty file, %.*s.json: remove it first",
                       (int)name.size, name.data, (int)pending.name_size, pending.name);
}

static int rmdir_(struct request *request, uint64_t folder, struct span name)
{
    (void)folder;
    request_name(request, STORE_SCHEMAS, span_of_string(".schema"), name, ".json");
    for (size_t i = 0; i < FIXED_COUNT; i++)
        if (span_is(name, fixed[i].name))
            return problem_set(&request->problem, ERR_NOT_PERMITTED,
                               "%s belongs to the mount and cannot be removed", fixed[i].name);
    int result = check_pendings(request, name);
    if (result < 0)
        return result;
    const struct model_base none = {.kind = MODEL_BASE_NONE};
    return model_remove(request->mount->model, &request->caller, STORE_SCHEMAS, name, none,
                        &request->result, &request->problem);
}

static int rename_(struct request *request, uint64_t folder, struct span name, uint64_t new_folder,
                   struct span new_name, unsigned flags)
{
    (void)folder, (void)new_folder, (void)new_name, (void)flags;
    request_name(request, 0, span_make(NULL, 0), name, "");
    return problem_set(&request->problem, ERR_UNSUPPORTED,
                       "this version does not rename collections");
}

const struct node_kind node_root = {
    .type = S_IFDIR,
    .getattr = getattr,
    .setattr = node_folder_setattr,
    .lookup = lookup,
    .readdir = readdir,
    .create = create,
    .mkdir = make,
    .rmdir = rmdir_,
    .rename = rename_,
};
