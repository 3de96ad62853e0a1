/* The rename of an entity. */
#include "fs/dance.h"
#include "fs/node_collection.h"
#include "fs/node_file.h"
#include "fs/placeholder.h"

#include <stdio.h>

static int check_rename(struct request *request, uint64_t folder, const struct name *name,
                        uint64_t new_folder, const struct name *new_name)
{
    if (name->kind != NAME_ENTITY || new_name->kind != NAME_ENTITY)
        return problem_set(&request->problem, ERR_READ_ONLY,
                           "a pinned version cannot be renamed, nor be a new name");
    if ((inode_number(folder) == STORE_SCHEMAS) != (inode_number(new_folder) == STORE_SCHEMAS))
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "a schema is moved within .schema, and nothing else is moved there");
    return 0;
}

static int rename_placeholder(struct request *request, const struct pending *pending,
                              const struct model_rename *rename, unsigned flags)
{
    request->is_write = false; /* it is no entity yet */
    return flags & RENAME_EXCHANGE
               ? problem_set(&request->problem, ERR_EXCHANGE, "an empty file cannot be exchanged")
               : placeholder_rename(request, pending->object, rename->new_collection,
                                    rename->new_name, rename->no_replace);
}

/* To the name of an entity, of this collection or another. */
static int rename_entity(struct request *request, uint64_t folder, const struct name *name,
                         uint64_t new_folder, struct span new_text, unsigned flags)
{
    struct mount *mount = request->mount;
    const struct name new_name = name_parse(new_text);
    int result = check_rename(request, folder, name, new_folder, &new_name);
    if (result < 0)
        return result;
    struct model_rename rename = {.caller = request->caller,
                                  .collection = inode_number(folder),
                                  .name = name->id,
                                  .new_collection = inode_number(new_folder),
                                  .new_name = new_name.id,
                                  .no_replace = flags & RENAME_NOREPLACE};
    struct pending pending;
    dance_settle_own(request); /* whatever has left the new name is not coming back to it */
    int waits = placeholder_find(request, rename.collection, name->id, &pending);
    if (waits != 0)
        return waits < 0 ? waits : rename_placeholder(request, &pending, &rename, flags);
    const struct model_exchange exchange = {rename.caller, rename.collection, rename.name,
                                            rename.new_collection, rename.new_name};
    do {
        if (rename.collection == STORE_SCHEMAS)
            result = collection_move(request, name->id, new_name.id, flags);
        else if (flags & RENAME_EXCHANGE)
            result = model_exchange(mount->model, &exchange, &request->result, &request->problem);
        else
            result = model_rename(mount->model, &rename, &request->result, &request->problem);
        if (result == -ERR_LEAVING)
            dance_settle_due(request);
    } while (result == -ERR_LEAVING);
    if (result == 0 && pendings_find(mount->pendings, rename.new_collection, new_name.id, &pending))
        placeholder_drop(request, pending.object);
    return result;
}

int collection_rename(struct request *request, uint64_t folder, struct span text,
                      uint64_t new_folder, struct span new_text, unsigned flags)
{
    struct name name;
    if (collection_is_ordinary(folder, text))
        return node_folder_rename(request, folder, text, new_folder, new_text, flags);
    int result = collection_begin_write(request, folder, text, &name);
    const struct node_kind *kind = node_kind_of(new_folder);
    if (result == 0 && (!kind || !kind->accept))
        result = problem_set(&request->problem, ERR_NOT_PERMITTED,
                             "an entity can be moved to a collection, or become an ordinary file");
    if (result == 0 && (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0)
        result = -ERR_INVALID;
    if (result < 0)
        return result;
    /* When it is another entity's name, it is from here on the new place that says no. */
    result = kind->accept(request, new_folder, new_text, S_IFREG);
    if (result != 0)
        return result < 0 ? result
                          : rename_entity(request, folder, &name, new_folder, new_text, flags);
    if (name.kind != NAME_ENTITY)
        return problem_set(&request->problem, ERR_READ_ONLY, "a pinned version cannot be renamed");
    if (flags & RENAME_EXCHANGE)
        return node_folder_rename(request, new_folder, new_text, folder, text, flags);
    struct pending pending;
    int waits = placeholder_find(request, inode_number(folder), name.id, &pending);
    if (waits != 0)
        return waits < 0 ? waits
                         : placeholder_leave(request, pending.object, new_folder, new_text, flags);
    return collection_leave_to(request, inode_number(folder), name.id, new_folder, new_text, flags);
}
