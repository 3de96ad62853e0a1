/* What is made in a collection, and taken away. */
#include "fs/dance.h"
#include "fs/draft.h"
#include "fs/node_collection.h"
#include "fs/node_file.h"
#include "fs/placeholder.h"

#include <fcntl.h>

/* The answer to create: what was opened, and what it is. */
static int tell(struct request *request, struct handle *handle, struct node_entry *ret_entry,
                struct handle **ret_handle)
{
    int result = node_entry_fill(request, handle->inode, ret_entry);
    request->is_write = false; /* nothing was written yet */
    if (result < 0)
        handle->kind->release(request, handle);
    else
        *ret_handle = handle;
    return result;
}

/* The name of an entity that the caller's process took away: what it writes now is the next
 * version. */
static int resume(struct request *request, uint64_t collection, struct span id, uint64_t seq,
                  struct handle **ret_handle)
{
    struct row_binding binding;
    request->is_write = false; /* nothing was written yet */
    int found = node_name_get(request, collection, id, &binding);
    if (found < 0)
        return found;
    uint64_t inode = inode_make(INODE_ENTITY, binding.object);
    int result = node_kind_of(inode)->open(request, inode, O_RDWR | O_CREAT | O_TRUNC, ret_handle);
    if (result == 0)
        ((struct draft *)*ret_handle)->base.number = seq;
    return result;
}

/* A name that is to be an entity with its first content. What one user stores is nobody else's,
 * unless they say so afterwards; schemas are for all to read. */
static int make_draft(struct request *request, uint64_t collection, const struct name *name,
                      mode_t mode, int flags, struct handle **ret_handle)
{
    const bool is_pin = name->kind == NAME_PIN;
    const uint64_t object = store_new_object(request->mount->store);
    const uint64_t inode = inode_make(is_pin ? INODE_PIN_NEW : INODE_ENTITY, object);
    mode &= collection == STORE_SCHEMAS ? 0644 : 0600;
    int result = is_pin ? 0 : placeholder_add(request, object, collection, name->id, mode);
    if (result < 0)
        return result;
    struct draft *draft = draft_create(request, inode, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT);
    if (!draft) {
        pendings_remove(request->mount->pendings, object);
        return -ERR_NO_MEMORY;
    }
    draft->object = object;
    draft->collection = collection;
    draft->create_mode = (uint32_t)mode;
    buf_append_span(&draft->collection_name, buf_span(&request->collection_name));
    buf_append_span(&draft->id, name->id);
    draft->base = is_pin ? (struct model_base){MODEL_BASE_PINNED, name->version}
                         : (struct model_base){MODEL_BASE_NONE, 0};
    /* What was to be new must be so when it is written. */
    if (!is_pin && draft->mode != DRAFT_PATCH)
        draft->base.kind = flags & O_EXCL ? MODEL_BASE_PINNED : MODEL_BASE_LAST;
    *ret_handle = &draft->handle;
    return 0;
}

int collection_create(struct request *request, uint64_t folder, struct span text, mode_t mode,
                      int flags, struct node_entry *ret_entry, struct handle **ret_handle)
{
    struct name name;
    struct handle *handle;
    uint64_t seq;
    uint64_t collection = inode_number(folder);
    if (collection_is_ordinary(folder, text))
        return node_folder_create(request, folder, text, mode, flags, ret_entry, ret_handle);
    int result = collection_begin_write(request, folder, text, &name);
    if (result < 0)
        return result;
    if (flags & O_APPEND) /* a patch of nothing, not of what was taken away */
        dance_settle_name(request, collection, name.id);
    result = name.kind != NAME_PIN && dance_resume(request, collection, name.id, &seq)
                 ? resume(request, collection, name.id, seq, &handle)
                 : make_draft(request, collection, &name, mode, flags, &handle);
    return result < 0 ? result : tell(request, handle, ret_entry, ret_handle);
}

/* Of an entity's name, an empty file. */
int collection_mknod(struct request *request, uint64_t folder, struct span text, mode_t mode,
                     dev_t device, struct node_entry *ret_entry)
{
    struct handle *handle;
    if (collection_is_ordinary(folder, text) || !S_ISREG(mode))
        return node_folder_mknod(request, folder, text, mode, device, ret_entry);
    dance_settle_own(request); /* it brings no content back */
    int result =
        collection_create(request, folder, text, mode, O_WRONLY | O_EXCL, ret_entry, &handle);
    if (result < 0)
        return result;
    result = handle->kind->flush(request, handle);
    handle->kind->release(request, handle);
    return result;
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

int collection_remove(struct request *request, uint64_t collection, struct span id,
                      struct model_base base)
{
    if (collection == STORE_SCHEMAS)
        return node_folder_drop(request, id, base);
    return model_remove(request->mount->model, &request->caller, collection, id, base,
                        &request->result, &request->problem);
}

int collection_unlink(struct request *request, uint64_t folder, struct span text)
{
    struct name name;
    uint64_t collection = inode_number(folder);
    if (collection_is_ordinary(folder, text))
        return node_folder_unlink(request, folder, text);
    int result = collection_begin_write(request, folder, text, &name);
    if (result < 0)
        return result;
    struct pending pending;
    if (name.kind == NAME_ENTITY) {
        int found = placeholder_find(request, collection, name.id, &pending);
        if (found == 0)
            return collection_leave(request, collection, name.id);
        request->is_write = false; /* it is no entity yet */
        return found < 0 ? found : placeholder_remove(request, pending.object);
    }
    const struct model_base base = {MODEL_BASE_PINNED, name.version};
    return collection_remove(request, collection, name.id, base);
}
