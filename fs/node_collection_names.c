/* What a name in a collection may be, and which ones are written. */
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

bool collection_is_vocabulary(uint64_t collection, struct span text)
{
    return collection == STORE_SCHEMAS && span_is(text, ".vocabulary.json");
}

bool collection_is_ordinary(uint64_t folder, struct span text)
{
    return name_is_ordinary(text) && !collection_is_vocabulary(inode_number(folder), text);
}

int collection_check_name(struct request *request, uint64_t collection, const struct name *name,
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

int collection_begin_write(struct request *request, uint64_t folder, struct span text,
                           struct name *ret_name)
{
    uint64_t collection = inode_number(folder);
    int result = collection_name_write(request, collection, text);
    *ret_name = name_parse(text);
    return result < 0 ? result : collection_check_name(request, collection, ret_name, text);
}
