/* The rename of an entity. */
#include "fs/node_collection.h"
#include "fs/node_file.h"

#include <stdio.h>

static int check_rename(struct request *request, uint64_t folder, const struct name *name,
                        uint64_t new_folder, struct span new_text, struct name *ret_new_name)
{
    if (inode_tag(new_folder) != INODE_COLLECTION)
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "an entity can be moved to another collection only");
    uint64_t collection = inode_number(folder);
    uint64_t new_collection = inode_number(new_folder);
    *ret_new_name = name_parse(new_text);
    if (collection_is_ordinary(new_folder, new_text))
        return problem_set(&request->problem, ERR_UNSUPPORTED,
                           "this version does not make an ordinary file of an entity");
    int result = collection_check_name(request, new_collection, ret_new_name, new_text);
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

int collection_rename(struct request *request, uint64_t folder, struct span text,
                      uint64_t new_folder, struct span new_text, unsigned flags)
{
    struct name name;
    struct name new_name = {0};
    struct mount *mount = request->mount;
    if (collection_is_ordinary(folder, text))
        return node_folder_rename(request, folder, text, new_folder, new_text, flags);
    int result = collection_begin_write(request, folder, text, &name);
    if (result == 0 && (flags & ~(unsigned)RENAME_NOREPLACE) != 0)
        result =
            problem_set(&request->problem, ERR_EXCHANGE, "entities cannot exchange their names");
    if (result == 0)
        result = check_rename(request, folder, &name, new_folder, new_text, &new_name);
    if (result < 0)
        return result;
    /* From here on it is the new place that says no. */
    result = collection_name_write(request, inode_number(new_folder), new_text);
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
