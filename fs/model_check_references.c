/* Every reference leads to an entity, and the index of those who refer has it, and no others. */
#include "fs/model_check.h"

#include "store/base/cleanup.h"

/* The references of an entity's document. */
static int collect(struct check *check, uint64_t collection, uint64_t object, uint64_t seq,
                   struct arena *arena, const struct tree *tree, struct references *ret_references)
{
    const struct schema *schema;
    struct schema_ref ref = {.collection = collection};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = model_check_schema(check, collection, &schema);
    int found = model_check_collection_name(check, collection, STORE_NOW, &ref.name);
    if (result < 0 || found < 0)
        return result < 0 ? result : found;
    ref.schema = (struct schema *)(uintptr_t)schema;
    result = references_collect(arena, &ref, tree, ret_references, &problem);
    if (result == 0 || result == -ERR_NO_MEMORY)
        return result;
    return model_check_fault(check, KEY_VERSION, object, seq, "a reference is not one: %s",
                             buf_string(&problem.detail));
}

static int check_target(struct check *check, uint64_t object, uint64_t seq,
                        const struct reference *reference)
{
    struct span name = reference->member->collection;
    struct row_binding collection;
    struct row_binding entity = {0};
    int result = reference_find(&check->view, STORE_SCHEMAS, name, &collection);
    if (result == 0 && collection.live)
        result = reference_find(&check->view, collection.object,
                                span_skip(reference->target, name.size + 1), &entity);
    if (result < 0 || entity.live)
        return result;
    AUTO_BUF struct buf text = {0};
    model_check_show(&text, reference->member->name);
    buf_append_string(&text, " refers to ");
    model_check_show(&text, reference->target);
    return model_check_fault(check, KEY_VERSION, object, seq, "its %s, which there is not",
                             buf_string(&text));
}

static int check_on_record(struct check *check, uint64_t object, uint64_t seq,
                           const struct reference *reference)
{
    struct row_binding row;
    const struct store_referrer referrer = {.object = object, .rule = reference->rule};
    int found = store_reference_get(&check->view, reference->target, referrer, &row);
    if (found < 0 || (found == 1 && row.live))
        return found < 0 ? found : 0;
    AUTO_BUF struct buf text = {0};
    model_check_show(&text, reference->member->name);
    buf_append_string(&text, " to ");
    model_check_show(&text, reference->target);
    return model_check_fault(check, KEY_REFERENCE, object, seq, "its reference %s is not on record",
                             buf_string(&text));
}

int model_check_references_of(struct check *check, uint64_t collection, uint64_t object,
                              uint64_t seq, struct arena *arena, const struct tree *tree)
{
    struct references references = {0};
    int result = collect(check, collection, object, seq, arena, tree, &references);
    for (size_t i = 0; i < references.count && result == 0; i++) {
        result = check_target(check, object, seq, &references.items[i]);
        if (result == 0)
            result = check_on_record(check, object, seq, &references.items[i]);
    }
    check->references += references.count;
    return result;
}

/* Whether the reference is the one that the row's key has. */
static bool is_reference(struct check *check, struct span row_key, uint64_t object,
                         const struct reference *reference)
{
    struct key key;
    key_init(&key, KEY_REFERENCE, check->view.branch);
    key_add_text(&key, reference->target);
    key_add_u64(&key, object);
    key_add_u64(&key, reference->rule);
    return row_key.size == key.size + CHECK_SEQ_SIZE &&
           memcmp(row_key.data, key.bytes, key.size) == 0;
}

/* The row must be of a reference in the object's document. */
static int check_owner(struct check *check, struct span key, uint64_t object)
{
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(&check->view, object, &seq, &row);
    if (found < 0)
        return found;
    if (found == 0 || row.op == ROW_DELETE)
        return model_check_key_fault(check, key,
                                     "it is on record as of an entity that is not there");
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *tree;
    struct references references = {0};
    int result = model_check_document(check, object, seq, &arena, row.document, &tree);
    if (result == 0)
        result = collect(check, row.collection, object, seq, &arena, tree, &references);
    for (size_t i = 0; i < references.count; i++)
        if (is_reference(check, key, object, &references.items[i]))
            return 0;
    return result < 0 ? result
                      : model_check_key_fault(check, key,
                                              "it is on record, and the document does not have it");
}

struct tally {
    struct span newer;
    uint64_t rows;
    bool search; /* for the row too many: each document is looked at, again for each of its rows */
};

static int visit(struct check *check, struct span key, struct span value, void *context)
{
    struct tally *tally = context;
    bool is_newest = !model_check_same_thing(tally->newer, key);
    tally->newer = key;
    struct row_binding row;
    int result = row_binding_decode(value, &row);
    if (result < 0 || !is_newest || !row.live)
        return result;
    tally->rows++;
    return tally->search ? check_owner(check, key, row.object) : 0;
}

/* Each reference of a document is on record, so the rows are right when there are no more. */
int model_check_pass_references(struct check *check)
{
    struct tally tally = {0};
    int result = model_check_walk(check, KEY_REFERENCE, visit, &tally);
    if (result < 0 || tally.rows == check->references)
        return result;
    tally = (struct tally){.search = true};
    return model_check_walk(check, KEY_REFERENCE, visit, &tally);
}
