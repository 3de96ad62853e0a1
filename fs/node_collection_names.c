/* What a name in a collection may be, and which ones are written. */
#include "fs/dance.h"
#include "fs/node_collection.h"
#include "store/base/cleanup.h"

int collection_get_name(struct request *request, uint64_t collection, struct buf *out)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = node_collection_name(&view, collection, out);
    return found == 1 ? 0 : found < 0 ? found : -ERR_NOT_FOUND;
}

int collection_find(struct request *request, struct span name, uint64_t *ret_object)
{
    struct row_binding binding;
    if (name_check_collection(name, NULL) < 0)
        return 0;
    int found = node_name_get(request, STORE_SCHEMAS, name, &binding);
    if (found == 1)
        *ret_object = binding.object;
    return found == 1 ? binding.live : found;
}

bool collection_is_vocabulary(uint64_t collection, struct span text)
{
    return collection == STORE_SCHEMAS && span_is(text, ".vocabulary.json");
}

bool collection_is_ordinary(uint64_t folder, struct span text)
{
    return name_is_ordinary(text) && !collection_is_vocabulary(inode_number(folder), text);
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
    if (span_is(text, ".errors") || span_is(text, ".rejected") ||
        collection_is_vocabulary(collection, text))
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

int collection_name_write(struct request *request, uint64_t collection, struct span text)
{
    AUTO_BUF struct buf name = {0};
    int result = collection_get_name(request, collection, &name);
    request_name(request, collection, buf_span(&name), text, "");
    return result;
}

/* A pin speaks of what is there, so the caller's own deletion has happened, too. */
static void settle(struct request *request, uint64_t collection, const struct name *name)
{
    if (name->kind == NAME_PIN)
        dance_settle_name(request, collection, name->id);
    else
        dance_settle_others(request, collection, name->id);
}

int collection_begin_write(struct request *request, uint64_t folder, struct span text,
                           struct name *ret_name)
{
    uint64_t collection = inode_number(folder);
    int result = collection_name_write(request, collection, text);
    *ret_name = name_parse(text);
    if (result == 0)
        result = check_name(request, collection, ret_name, text);
    if (result == 0) /* what somebody else took away is gone, before there is anything new */
        settle(request, collection, ret_name);
    return result;
}
