/* Every document is as its schema wants it, and the unique indexes hold its values and no others.
 */
#include "fs/model_check.h"

#include "store/base/cleanup.h"

/* An entity as it is now, with what it has of unique values. */
struct entity {
    uint64_t object;
    uint64_t collection;
    uint64_t seq;
    struct row_version row;
    struct tree *tree;
    struct unique_values values;
};

/* Its names and versions have been checked. */
static int load(struct check *check, struct arena *arena, struct entity *entity)
{
    int found = store_version_get(&check->view, entity->object, &entity->seq, &entity->row);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    const struct schema *schema;
    int result = model_check_schema(check, entity->collection, &schema);
    if (result == 0)
        result = model_check_document(check, entity->object, entity->seq, arena,
                                      entity->row.document, &entity->tree);
    return result < 0 ? result : unique_collect(arena, schema, entity->tree, &entity->values);
}

/* Whether it is the document that is at fault. */
static bool is_verdict(int result)
{
    return result == -ERR_SCHEMA_MISMATCH || result == -ERR_SCHEMA_BUDGET ||
           result == -ERR_PATTERN_BUDGET;
}

static int check_valid(struct check *check, const struct entity *entity)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    const struct schema *schema;
    int result = model_check_schema(check, entity->collection, &schema);
    if (result == 0)
        result = schema_validate(schema, entity->tree, &problem);
    if (!is_verdict(result))
        return result;
    return model_check_fault(check, KEY_VERSION, entity->object, entity->seq,
                             "the document does not satisfy its schema: %s",
                             buf_string(&problem.detail));
}

static int check_bound(struct check *check, const struct entity *entity,
                       const struct unique_value *value)
{
    struct row_binding binding;
    int found =
        store_unique_get(&check->view, entity->collection, value->index, value->value, &binding);
    if (found < 0)
        return found;
    if (found == 1 && binding.live && binding.object == entity->object)
        return 0;
    AUTO_BUF struct buf text = {0};
    model_check_show(&text, value->rule->name);
    buf_append_byte(&text, ' ');
    model_check_show(&text, value->value);
    if (found == 1 && binding.live)
        return model_check_fault(check, KEY_UNIQUE, entity->object, entity->seq,
                                 "its value %s is on record as object %ju's", buf_string(&text),
                                 (uintmax_t)binding.object);
    return model_check_fault(check, KEY_UNIQUE, entity->object, entity->seq,
                             "its value %s is not on record", buf_string(&text));
}

static int check_entity(struct check *check, uint64_t collection, uint64_t object)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct entity entity = {.object = object, .collection = collection};
    int result = load(check, &arena, &entity);
    if (result == 0)
        result = check_valid(check, &entity);
    for (size_t i = 0; i < entity.values.count && result == 0; i++)
        result = check_bound(check, &entity, &entity.values.items[i]);
    return result < 0 ? result
                      : model_check_references_of(check, collection, object, entity.seq, &arena,
                                                  entity.tree);
}

static int visit_entry(struct check *check, struct span key, struct span value, void *context)
{
    struct span *newer = context;
    bool is_newest = !model_check_same_thing(*newer, key);
    *newer = key;
    uint64_t parent = key_u64_at(key, CHECK_FIRST);
    uint64_t object = key_u64_at(key, CHECK_ENTRY_OBJECT);
    struct row_entry entry;
    int result = row_entry_decode(value, &entry);
    if (result < 0 || !is_newest || !entry.live)
        return result;
    const struct schema *schema;
    if (parent == STORE_SCHEMAS)
        return model_check_schema(check, object, &schema);
    return parent >= STORE_FIRST_FREE ? check_entity(check, parent, object) : 0;
}

/* Whether the value is the one that the row's key has. */
static bool is_value(struct check *check, struct span row_key, const struct unique_value *value)
{
    struct key key;
    key_init(&key, KEY_UNIQUE, check->view.branch);
    key_add_u64(&key, key_u64_at(row_key, CHECK_FIRST));
    key_add_u64(&key, value->index);
    key_add_text(&key, value->value);
    return row_key.size == key.size + CHECK_SEQ_SIZE &&
           memcmp(row_key.data, key.bytes, key.size) == 0;
}

/* Whether the object is an entity of the collection now: 1, 0 or an error. */
static int is_member(struct check *check, uint64_t collection, uint64_t object)
{
    struct row_entry entry;
    int found = store_entry_get(&check->view, collection, object, &entry);
    return found == 1 ? entry.live : found;
}

static int check_binding(struct check *check, struct span key, uint64_t object)
{
    uint64_t collection = key_u64_at(key, CHECK_FIRST);
    int member = collection < STORE_FIRST_FREE ? 0 : is_member(check, collection, object);
    if (member < 0)
        return member;
    if (member == 0)
        return model_check_key_fault(
            check, key, "it is on record as object %ju's, which is not in the collection",
            (uintmax_t)object);
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct entity entity = {.object = object, .collection = collection};
    int result = load(check, &arena, &entity);
    if (result < 0)
        return result;
    for (size_t i = 0; i < entity.values.count; i++)
        if (is_value(check, key, &entity.values.items[i]))
            return 0;
    return model_check_key_fault(check, key,
                                 "it is on record as object %ju's, whose document does not have it",
                                 (uintmax_t)object);
}

static int visit_unique(struct check *check, struct span key, struct span value, void *context)
{
    struct span *newer = context;
    bool is_newest = !model_check_same_thing(*newer, key);
    *newer = key;
    struct row_binding binding;
    int result = row_binding_decode(value, &binding);
    if (result < 0 || !is_newest || !binding.live)
        return result;
    return check_binding(check, key, binding.object);
}

int model_check_pass_values(struct check *check)
{
    struct span newer = {0};
    int result = model_check_walk(check, KEY_ENTRY, visit_entry, &newer);
    newer = span_make(NULL, 0);
    return result < 0 ? result : model_check_walk(check, KEY_UNIQUE, visit_unique, &newer);
}
