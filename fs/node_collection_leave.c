/* An entity that leaves its name: unlink(2), and rename(2) to an ordinary name. */
#include "fs/dance.h"
#include "fs/node_collection.h"
#include "fs/node_file.h"
#include "fs/verdict.h"
#include "store/base/cleanup.h"

/* Who leaves, as it is now. */
struct leaving {
    struct dance dance;
    struct row_entry entry; /* without its name */
    struct buf document;
};

static void leaving_finish(struct leaving *leaving)
{
    buf_finish(&leaving->document);
}

static int load(struct request *request, uint64_t collection, struct span id,
                struct leaving *ret_leaving)
{
    struct row_binding binding;
    struct row_version row;
    uint64_t seq;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = store_name_get(&view, collection, id, &binding);
    if (found == 1 && (!binding.live || dance_hides(request, binding.object)))
        found = 0;
    if (found == 1)
        found = store_version_get(&view, binding.object, &seq, &row);
    if (found == 1)
        found = store_entry_get(&view, collection, binding.object, &ret_leaving->entry);
    if (found != 1)
        return found < 0 ? found : -ERR_NOT_FOUND;
    ret_leaving->entry.name = span_make(NULL, 0);
    ret_leaving->dance =
        (struct dance){.collection = collection, .name = id, .object = binding.object, .seq = seq};
    buf_append_span(&ret_leaving->document, row.document);
    return buf_failed(&ret_leaving->document) ? -ERR_NO_MEMORY : 0;
}

static bool has_read(const struct request *request, uint64_t object)
{
    struct bases *bases = model_bases(request->mount->model);
    return bases_owner(bases, object, request->caller.reader.tid) != 0;
}

/* What keeps it from being deleted may be what the same process has taken away before. */
static int ask(struct request *request, const struct dance *dance)
{
    const bool is_schema = dance->collection == STORE_SCHEMAS;
    struct model *model = request->mount->model;
    int result = model_check_remove(model, &request->caller, dance->collection, dance->name,
                                    &request->problem);
    if (result >= 0)
        return result;
    bool has_settled = dance_settle_own(request);
    if (is_schema && dance_settle_folder(request, dance->object))
        has_settled = true;
    if (!has_settled)
        return result;
    problem_finish(&request->problem);
    return model_check_remove(model, &request->caller, dance->collection, dance->name,
                              &request->problem);
}

/* Refuses what cannot be done, at once; but not a rename by who has read the entity: that is an
 * editor, which makes a backup and will bring the name back. `ret_may_wait`: it may be. A schema's
 * is with an editor only: its deletion is that of a collection. Whoever may not write an entity
 * makes no new version of it, though the folder lets him delete it. */
static int check(struct request *request, struct leaving *leaving, bool *ret_may_wait)
{
    struct dance *dance = &leaving->dance;
    const bool is_schema = dance->collection == STORE_SCHEMAS;
    int result = ask(request, dance);
    dance->has_company = result == 1;
    bool is_editor =
        (is_schema || (result < 0 && dance->is_rename)) && has_read(request, dance->object);
    *ret_may_wait = node_may_write(request, &leaving->entry) && (is_editor || !is_schema);
    if (result < 0 && !(dance->is_rename && is_editor && *ret_may_wait))
        return result;
    problem_finish(&request->problem);
    return 0;
}

static int leave(struct request *request, const struct leaving *leaving, bool may_wait)
{
    const struct dance *dance = &leaving->dance;
    const struct model_base base = {dance->is_rename ? MODEL_BASE_OPENED : MODEL_BASE_NONE,
                                    dance->seq};
    if (!may_wait || !dance_begin(request, dance))
        return collection_remove(request, dance->collection, dance->name, base);
    request->is_write = false; /* nothing was written yet */
    return 0;
}

/* The name is gone for the process, and back when it has ended. */
static int clean(struct request *request, struct leaving *leaving)
{
    leaving->dance.is_cleaning = true;
    request->is_write = false;
    dance_begin(request, &leaving->dance);
    return 0;
}

static int check_and_leave(struct request *request, struct leaving *leaving)
{
    bool may_wait;
    int result = check(request, leaving, &may_wait);
    return result < 0 ? result : leave(request, leaving, may_wait);
}

int collection_leave(struct request *request, uint64_t collection, struct span id)
{
    struct leaving leaving = {0};
    int result = load(request, collection, id, &leaving);
    if (result == 0 && verdict_take(request, leaving.dance.object))
        result = clean(request, &leaving);
    else if (result == 0)
        result = check_and_leave(request, &leaving);
    leaving_finish(&leaving);
    return result;
}

/* Somebody may have written between the look and the leave: that is not in the file. */
static int check_current(struct request *request, const struct dance *dance)
{
    struct row_version row;
    uint64_t seq;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result == 0)
        result = store_version_get(&view, dance->object, &seq, &row);
    if (result == 1 && seq != dance->seq &&
        dance_resume(request, dance->collection, dance->name, &seq))
        return problem_set(&request->problem, ERR_VERSION_CONFLICT,
                           "somebody else has written it meanwhile");
    return result < 0 ? result : 0;
}

/* To rename(2), EEXIST would speak of the new name, and who makes backups would try another. */
static int spell_held(struct request *request, int result)
{
    if (result != -ERR_REFERENCE_HELD)
        return result;
    request->problem.code = -ERR_NAME_HELD;
    return -ERR_NAME_HELD;
}

/* The file is made before anything is taken away. */
static int leave_to(struct request *request, struct leaving *leaving, uint64_t new_folder,
                    struct span new_text, unsigned flags)
{
    bool may_wait;
    struct stat stat;
    struct folder_writing writing;
    const uint64_t inode = inode_make(INODE_ENTITY, leaving->dance.object);
    leaving->dance.is_rename = true;
    int result = check(request, leaving, &may_wait);
    if (result == 0)
        result = node_kind_of(inode)->getattr(request, inode, &stat);
    if (result == 0)
        result = node_folder_write(request, new_folder, new_text, buf_span(&leaving->document),
                                   &stat, flags, &writing);
    if (result < 0)
        return spell_held(request, result);
    result = leave(request, leaving, may_wait);
    if (result == 0 && may_wait)
        result = check_current(request, &leaving->dance);
    folder_writing_finish(&writing, result == 0);
    return spell_held(request, result);
}

int collection_leave_to(struct request *request, uint64_t collection, struct span id,
                        uint64_t new_folder, struct span new_text, unsigned flags)
{
    struct leaving leaving = {0};
    int result = load(request, collection, id, &leaving);
    if (result == 0)
        result = leave_to(request, &leaving, new_folder, new_text, flags);
    leaving_finish(&leaving);
    return result;
}
