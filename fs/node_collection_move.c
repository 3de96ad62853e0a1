/* The rename of a collection: of its folder in the root, or of its schema. */
#include "fs/dance.h"
#include "fs/node_collection.h"
#include "fs/node_file.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>

/* It would be hidden. */
static int check_ordinary(struct request *request, struct span name)
{
    struct stat stat;
    struct file_name text;
    AUTO_CLOSE int fd = -1;
    int result = node_file_name(name, &text);
    if (result == 0)
        result =
            files_folder(request->mount->files, inode_make(INODE_ROOT, STORE_ROOT), false, &fd);
    if (result < 0)
        return result == -ERR_NOT_FOUND ? 0 : result;
    if (fstatat(fd, text.text, &stat, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : node_system_error();
    return problem_set(&request->problem, ERR_ALREADY_EXISTS,
                       "%.*s is the name of an ordinary file", (int)name.size, name.data);
}

static int move_held(struct request *request, const struct model_rename_collection *rename)
{
    uint64_t replaced;
    uint64_t dropped;
    struct mount *mount = request->mount;
    int result = collection_find(request, rename->new_name, &replaced);
    if (result == 0)
        result = check_ordinary(request, rename->new_name);
    else if (result == 1)
        result =
            rename->no_replace || rename->exchange ? 0 : node_folder_check_empty(request, replaced);
    if (result == 0)
        result = model_rename_collection(mount->model, rename, &dropped, &request->result,
                                         &request->problem);
    if (result == 0 && dropped != 0)
        files_remove(mount->files, dropped);
    return result;
}

int collection_move(struct request *request, struct span name, struct span new_name, unsigned flags)
{
    uint64_t replaced;
    const struct model_rename_collection rename = {.caller = request->caller,
                                                   .name = name,
                                                   .new_name = new_name,
                                                   .no_replace = flags & RENAME_NOREPLACE,
                                                   .exchange = flags & RENAME_EXCHANGE};
    request_name(request, STORE_SCHEMAS, span_of_string(".schema"), new_name, ".json");
    if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -ERR_INVALID;
    if (!rename.exchange && collection_find(request, new_name, &replaced) == 1)
        dance_settle_folder(request, replaced);
    pthread_rwlock_wrlock(&request->mount->dropping);
    int result = move_held(request, &rename);
    pthread_rwlock_unlock(&request->mount->dropping);
    return result;
}
