/* What is made in a collection, and taken away. */
#include "fs/draft.h"
#include "fs/node_collection.h"
#include "fs/node_file.h"
#include "store/base/clock.h"

#include <fcntl.h>

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

int collection_create(struct request *request, uint64_t folder, struct span text, mode_t mode,
                      int flags, struct node_entry *ret_entry, struct handle **ret_handle)
{
    struct name name;
    uint64_t collection = inode_number(folder);
    if (collection_is_ordinary(folder, text))
        return node_folder_create(request, folder, text, mode, flags, ret_entry, ret_handle);
    int result = collection_begin_write(request, folder, text, &name);
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

int collection_mkdir(struct request *request, uint64_t folder, struct span text, mode_t mode,
                     struct node_entry *ret_entry)
{
    struct name name;
    if (collection_is_ordinary(folder, text))
        return node_folder_mkdir(request, folder, text, mode, ret_entry);
    int result = collection_begin_write(request, folder, text, &name);
    return result < 0 ? result
                      : problem_set(&request->problem, ERR_NOT_PERMITTED,
                                    "%.*s is the name of an entity, which is a file",
                                    (int)text.size, text.data);
}

int collection_rmdir(struct request *request, uint64_t folder, struct span text)
{
    struct name name;
    if (collection_is_ordinary(folder, text))
        return node_folder_rmdir(request, folder, text);
    int result = collection_begin_write(request, folder, text, &name);
    return result < 0 ? result : -ERR_NOT_A_DIRECTORY;
}

int collection_unlink(struct request *request, uint64_t folder, struct span text)
{
    struct name name;
    struct mount *mount = request->mount;
    uint64_t collection = inode_number(folder);
    if (collection_is_ordinary(folder, text))
        return node_folder_unlink(request, folder, text);
    int result = collection_begin_write(request, folder, text, &name);
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
