/* Extended attributes are of what lives, are called as their keys say, and are no more than may
 * be. */
#include "fs/model_check.h"

struct owner {
    struct span key; /* of the last row; empty: none */
    uint64_t object;
    size_t number; /* of those that it has */
    size_t sum;
};

static int check_name(struct check *check, struct span at, uint64_t object,
                      const struct row_xattr *row)
{
    struct key key;
    if (!span_starts_with(row->name, span_of_string("user.")) || row->name.size > MODEL_XATTR_NAME)
        return model_check_key_fault(check, at, "the name is none of an attribute's");
    key_init(&key, KEY_XATTR, check->view.branch);
    key_add_u64(&key, object);
    key_add_text(&key, row->name);
    key_add_seq(&key, key_seq(at));
    return span_equal(key_span(&key), at)
               ? 0
               : model_check_key_fault(check, at, "the row has another name");
}

static int check_owner(struct check *check, struct span at, uint64_t object)
{
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(&check->view, object, &seq, &row);
    if (found < 0 || (found == 1 && row.op != ROW_DELETE))
        return found < 0 ? found : 0;
    return model_check_key_fault(check, at, "it is of what is not there");
}

static int visit(struct check *check, struct span key, struct span value, void *context)
{
    struct owner *owner = context;
    struct row_xattr row;
    uint64_t object = key_u64_at(key, CHECK_FIRST);
    bool is_newest = !model_check_same_thing(owner->key, key);
    int result = row_xattr_decode(value, &row);
    owner->key = key;
    if (result == 0)
        result = check_name(check, key, object, &row);
    if (result < 0 || !is_newest || !row.live)
        return result;
    if (owner->object != object)
        *owner = (struct owner){.key = key, .object = object};
    owner->number++;
    owner->sum += row.name.size + row.value.size;
    if (owner->number > MODEL_XATTR_NUMBER || owner->sum > MODEL_XATTR_SUM)
        return model_check_key_fault(check, key, "it has more of them than it may");
    return check_owner(check, key, object);
}

int model_check_pass_xattrs(struct check *check)
{
    struct owner none = {0};
    return model_check_walk(check, KEY_XATTR, visit, &none);
}
