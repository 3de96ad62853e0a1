/* The root: collections, and what belongs to the mount as a whole. */
#include "fs/dance.h"
#include "fs/node_collection.h"
#include "fs/node_file.h"

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
#define FIXED_COUNT  (sizeof(fixed) / sizeof(fixed[0]))
#define LISTED_COUNT 2 /* of them; each is a folder */

#define COUNTED_MAX 100 /* collections; where there are more, they are not counted */

/* Beside "." and "..", the folders that are listed. */
static int count_links(struct request *request, nlink_t *ret_links)
{
    AUTO_VIEW struct store_view view = {0};
    struct row_entry entry;
    uint64_t object = 0;
    nlink_t count = 0;
    int found = store_read(request->mount->store, &view);
    if (found < 0)
        return found;
    while ((found = store_entry_next(&view, STORE_SCHEMAS, object, &object, &entry)) == 1 &&
           count <= COUNTED_MAX)
        count++;
    *ret_links = count > COUNTED_MAX ? 1 : count + 2 + LISTED_COUNT;
    return found < 0 ? found : 0;
}

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    int result = node_folder_stat(request, inode, 0755, ret_stat);
    if (result == 0)
        result = count_links(request, &ret_stat->st_nlink);
    if (result == 0)
        node_folder_add_stat(request, inode, ret_stat);
    return result;
}

static int lookup(struct request *request, uint64_t folder, struct span name,
                  struct node_entry *ret_entry)
{
    uint64_t object;
    for (size_t i = 0; i < FIXED_COUNT; i++)
        if (span_is(name, fixed[i].name))
            return node_entry_fill(request, fixed[i].inode, ret_entry);
    int found = collection_find(request, name, &object);
    if (found == 0 && name_is_ordinary_in_root(name))
        return node_folder_lookup(request, folder, name, ret_entry);
    if (found != 1)
        return found < 0 ? found : -ERR_NOT_FOUND;
    return node_entry_fill(request, inode_make(INODE_COLLECTION, object), ret_entry);
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

/* A collection hides the ordinary file of its name. */
static bool is_seen(struct request *request, uint64_t folder, struct span name)
{
    uint64_t object;
    (void)folder;
    return name_is_ordinary_in_root(name) && collection_find(request, name, &object) == 0;
}

static int list_own(struct request *request, uint64_t offset, struct node_listing *listing)
{
    for (uint64_t i = 0; i < FIXED_COUNT; i++)
        if (fixed[i].listed && offset < FIRST_OFFSET + i &&
            !listing->add(listing, span_of_string(fixed[i].name), fixed[i].inode, fixed[i].type,
                          FIRST_OFFSET + i))
            return 0;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    return result < 0 ? result : list_collections(&view, offset, listing);
}

static int readdir_(struct request *request, uint64_t folder, uint64_t offset,
                    struct node_listing *listing)
{
    int result = 0;
    if (offset <= STORE_OBJECT_MAX)
        result = list_own(request, offset, listing);
    return result < 0 || listing->is_full
               ? result
               : node_folder_list(request, folder, offset, listing, is_seen);
}

/* A folder that could be a collection is one, or it is not there. */
static int accept_(struct request *request, uint64_t folder, struct span name, mode_t type)
{
    uint64_t object;
    (void)folder;
    if (name_is_ordinary_in_root(name) &&
        !(S_ISDIR(type) && name_check_collection(name, NULL) == 0))
        return collection_find(request, name, &object) == 0 ? 0 : -ERR_ALREADY_EXISTS;
    request_name(request, 0, span_make(NULL, 0), name, "");
    return problem_set(&request->problem, ERR_NOT_PERMITTED,
                       "%.*s is the name of a collection, or belongs to the mount", (int)name.size,
                       name.data);
}

static int create(struct request *request, uint64_t folder, struct span name, mode_t mode,
                  int flags, struct node_entry *ret_entry, struct handle **ret_handle)
{
    int result = accept_(request, folder, name, S_IFREG);
    return result < 0
               ? result
               : node_folder_create(request, folder, name, mode, flags, ret_entry, ret_handle);
}

/* A collection comes with its schema, which allows everything. */
static int make_collection(struct request *request, uint64_t folder, struct span name, mode_t mode,
                           struct node_entry *ret_entry)
{
    struct stat root;
    struct mount *mount = request->mount;
    request_name(request, STORE_SCHEMAS, span_of_string(".schema"), name, ".json");
    int result = getattr(request, folder, &root);
    if (result < 0)
        return result;
    const mode_t set_gid = root.st_mode & S_ISGID;
    struct model_put put = {.caller = request->caller,
                            .collection = STORE_SCHEMAS,
                            .name = name,
                            .object = store_new_object(mount->store),
                            .text = span_of_string("{}\n"),
                            .base = {.kind = MODEL_BASE_PINNED, .number = 0},
                            .mode = 0644,
                            .uid = request->caller.uid,
                            .gid = set_gid ? root.st_gid : request->caller.gid,
                            .folder_mode = S_IFDIR | (uint32_t)(mode & 01777) | (uint32_t)set_gid};
    result = model_put(mount->model, &put, &request->result, &request->problem);
    if (result == -ERR_VERSION_CONFLICT)
        return problem_set(&request->problem, ERR_ALREADY_EXISTS,
                           "the collection is there already");
    if (result < 0)
        return result;
    return node_entry_fill(request, inode_make(INODE_COLLECTION, put.object), ret_entry);
}

static int make(struct request *request, uint64_t folder, struct span name, mode_t mode,
                struct node_entry *ret_entry)
{
    if (name_check_collection(name, NULL) == 0)
        return make_collection(request, folder, name, mode, ret_entry);
    int result = accept_(request, folder, name, S_IFDIR);
    return result < 0 ? result : node_folder_mkdir(request, folder, name, mode, ret_entry);
}

static int remove_collection(struct request *request, struct span name, uint64_t object)
{
    request_name(request, STORE_SCHEMAS, span_of_string(".schema"), name, ".json");
    const struct model_base none = {.kind = MODEL_BASE_NONE};
    dance_settle_folder(request, object);
    return node_folder_drop(request, name, none);
}

/* Whose the name is. Returns 1 for a collection's, 0 for an ordinary one; an error for the mount's
 * own. */
static int find_own(struct request *request, struct span name, uint64_t *ret_object)
{
    if (name_is_ordinary_in_root(name))
        return collection_find(request, name, ret_object);
    request_name(request, 0, span_make(NULL, 0), name, "");
    return problem_set(&request->problem, ERR_NOT_PERMITTED,
                       "%.*s belongs to the mount and stays as it is", (int)name.size, name.data);
}

static int rmdir_(struct request *request, uint64_t folder, struct span name)
{
    uint64_t object;
    int found = find_own(request, name, &object);
    if (found == 1)
        return remove_collection(request, name, object);
    return found < 0 ? found : node_folder_rmdir(request, folder, name);
}

static int unlink_(struct request *request, uint64_t folder, struct span name)
{
    uint64_t object;
    if (!name_is_ordinary_in_root(name))
        return -ERR_READ_ONLY;
    int found = find_own(request, name, &object);
    if (found == 1)
        return -ERR_IS_A_DIRECTORY;
    return found < 0 ? found : node_folder_unlink(request, folder, name);
}

/* It stays one, and in the root. */
static int rename_collection(struct request *request, struct span name, uint64_t new_folder,
                             struct span new_name, unsigned flags)
{
    int result = name_check_collection(new_name, NULL);
    if (inode_tag(new_folder) == INODE_ROOT && result == 0)
        return collection_move(request, name, new_name, flags);
    request_name(request, 0, span_make(NULL, 0), name, "");
    if (inode_tag(new_folder) != INODE_ROOT)
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "%.*s is a collection, which stays in the root", (int)name.size,
                           name.data);
    return result == -ERR_NAME_TOO_LONG
               ? name_check_collection(new_name, &request->problem)
               : problem_set(&request->problem, ERR_NOT_PERMITTED,
                             "%.*s is a collection, and %.*s is no name of one", (int)name.size,
                             name.data, (int)new_name.size, new_name.data);
}

static int rename_(struct request *request, uint64_t folder, struct span name, uint64_t new_folder,
                   struct span new_name, unsigned flags)
{
    uint64_t object;
    int found = find_own(request, name, &object);
    if (found == 0)
        return node_folder_rename(request, folder, name, new_folder, new_name, flags);
    return found < 0 ? found : rename_collection(request, name, new_folder, new_name, flags);
}

const struct node_kind node_root = {
    .type = S_IFDIR,
    .getattr = getattr,
    .setattr = node_folder_setattr,
    .lookup = lookup,
    .readdir = readdir_,
    .create = create,
    .mkdir = make,
    .rmdir = rmdir_,
    .unlink = unlink_,
    .rename = rename_,
    .symlink = node_folder_symlink,
    .mknod = node_folder_mknod,
    .sync = node_folder_sync,
    .accept = accept_,
};
