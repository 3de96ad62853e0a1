/* Where the references of a schema lead: to the schemas of the same store, by the name of their
 * collection or by their own $id.
 *
 * A URI of a collection, "persistfs:/users", is that collection's, whatever another has for an $id.
 * So only a schema with an $id, new or altered, can take a reference over from another. */
#include "fs/model_internal.h"
#include "fs/names.h"

#include "schema/uri.h"
#include "store/base/cleanup.h"

#define BASE     "persistfs:/"
#define STANDARD "https://json-schema.org/draft/2020-12/schema"

/* What is not in the store, or not as it will be. */
struct named {
    struct span name; /* of the collection */
    struct span text;
};

struct identified {
    struct span uri; /* the arena's */
    struct schema_need need;
};

/* Where the references of one schema lead. */
struct finder {
    const struct source *source;
    struct buf *needs;      /* of struct schema_need, no two alike */
    struct source_ids *ids; /* the caller's, or those below */
    struct source_ids own;
    struct span own_uri; /* by its $id, once there was need of it */
    struct arena arena;
    struct buf texts; /* of struct named: the schema itself, and files that it refers to */
};

/* The collection that a reference to "users" or "users.json" means. */
static struct span collection_of(struct span text)
{
    struct span id = span_ends_with(text, ".json") ? span_head(text, text.size - 5) : text;
    return name_check_collection(id, NULL) == 0 ? id : span_make(NULL, 0);
}

static void append_base(struct buf *out, struct span name)
{
    buf_append_string(out, BASE);
    buf_append_span(out, name);
}

/* The first is the schema itself. */
static bool text_at(const struct finder *finder, size_t i, struct named *ret_named)
{
    if (i >= finder->texts.size / sizeof(*ret_named))
        return false;
    *ret_named = ((const struct named *)(const void *)finder->texts.data)[i];
    return true;
}

static int add_text(struct finder *finder, struct span name, struct span text)
{
    const struct named named = {.name = arena_copy(&finder->arena, name), .text = text};
    buf_append(&finder->texts, &named, sizeof(named));
    return named.name.data && !buf_failed(&finder->texts) ? 0 : -ERR_NO_MEMORY;
}

static int add_need(struct finder *finder, const struct schema_need *need)
{
    const struct schema_need *needs = (const struct schema_need *)(const void *)finder->needs->data;
    for (size_t i = 0; i < finder->needs->size / sizeof(*need); i++)
        if (needs[i].collection == need->collection)
            return 0;
    buf_append(finder->needs, need, sizeof(*need));
    return buf_failed(finder->needs) ? -ERR_NO_MEMORY : 0;
}

static int find_named(struct finder *finder, struct span name, struct span *ret_text)
{
    struct named known;
    for (size_t i = 0; text_at(finder, i, &known); i++) {
        if (!span_equal(known.name, name))
            continue;
        *ret_text = known.text;
        return 0;
    }
    struct row_binding binding;
    struct row_version row;
    uint64_t seq;
    int found =
        name.size > 0 ? store_name_get(finder->source->view, STORE_SCHEMAS, name, &binding) : 0;
    if (found == 1 && binding.live)
        found = store_version_get(finder->source->view, binding.object, &seq, &row);
    if (found != 1 || !binding.live || row.op == ROW_DELETE)
        return found < 0 ? found : -ERR_NOT_FOUND;
    *ret_text = row.document;
    const struct schema_need need = {.collection = binding.object, .record = row.hash};
    return add_need(finder, &need);
}

/* A file of the name that a collection may have, which the schema of that collection is to be. */
static int find_file(struct finder *finder, struct span name, struct span *ret_text,
                     struct problem *problem)
{
    if (!finder->source->files || name.size == 0)
        return -ERR_NOT_FOUND;
    AUTO_BUF struct buf uri = {0};
    append_base(&uri, name);
    buf_append_string(&uri, ".json");
    if (buf_failed(&uri))
        return -ERR_NO_MEMORY;
    int result = finder->source->files->find(finder->source->files->context, buf_span(&uri), name,
                                             ret_text, problem);
    return result < 0 ? result : add_text(finder, name, *ret_text);
}

/* What the $id of a schema makes its URI; empty when it has none. */
static int read_id(struct arena *keep, struct span name, struct span text, struct span *ret_uri)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *tree;
    int result = tree_parse(&arena, text, SCHEMA_SIZE_MAX, &tree, NULL);
    const struct tree *id = result == 0 ? tree_get(tree, "$id") : NULL;
    *ret_uri = span_make(NULL, 0);
    if (!id || id->type != TREE_STRING)
        return result == -ERR_NO_MEMORY ? result : 0;
    AUTO_BUF struct buf base = {0};
    AUTO_BUF struct buf uri = {0};
    append_base(&base, name);
    uri_resolve(&uri, buf_span(&base), id->string);
    struct span absolute, fragment;
    uri_split(buf_span(&uri), &absolute, &fragment);
    *ret_uri = arena_copy(keep, absolute);
    return buf_failed(&base) || buf_failed(&uri) || !ret_uri->data ? -ERR_NO_MEMORY : 0;
}

static int compare_uris(const void *left, const void *right)
{
    const struct identified *a = left, *b = right;
    if (a->uri.size != b->uri.size)
        return a->uri.size < b->uri.size ? -1 : 1;
    return memcmp(a->uri.data, b->uri.data, a->uri.size);
}

static int compare_ids(const void *left, const void *right)
{
    const struct identified *a = left, *b = right;
    uint64_t first = a->need.collection, second = b->need.collection;
    int order = compare_uris(a, b);
    return order != 0 ? order : (first > second) - (first < second);
}

static int add_id(struct source_ids *ids, uint64_t collection, const struct row_version *row)
{
    struct identified entry = {.need = {.collection = collection, .record = row->hash}};
    int result = read_id(&ids->arena, row->name, row->document, &entry.uri);
    if (result < 0 || entry.uri.size == 0)
        return result;
    buf_append(&ids->found, &entry, sizeof(entry));
    return buf_failed(&ids->found) ? -ERR_NO_MEMORY : 0;
}

static int load_ids(struct source_ids *ids, struct store_view *view)
{
    struct row_entry entry;
    uint64_t object = 0;
    int found;
    while ((found = store_entry_next(view, STORE_SCHEMAS, object, &object, &entry)) == 1) {
        struct row_version row;
        uint64_t seq;
        int result = store_version_get(view, object, &seq, &row);
        if (result == 1)
            result = row.op == ROW_DELETE ? 0 : add_id(ids, object, &row);
        if (result < 0)
            return result;
    }
    if (found == 0 && ids->found.size > 0)
        qsort(ids->found.data, ids->found.size / sizeof(struct identified),
              sizeof(struct identified), compare_ids);
    ids->is_loaded = found == 0;
    return found;
}

void source_ids_finish(struct source_ids *ids)
{
    buf_finish(&ids->found);
    arena_finish(&ids->arena);
}

/* The first that has it, in the order of the collections; `end` is behind the last. */
static const struct identified *first_of(const struct source_ids *ids, struct span uri,
                                         const struct identified **ret_end)
{
    const struct identified key = {.uri = uri};
    const struct identified *all = (const struct identified *)(const void *)ids->found.data;
    size_t low = 0, high = ids->found.size / sizeof(key);
    *ret_end = all + high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_ids(&all[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return all + low;
}

static int load_uris(struct finder *finder)
{
    struct named own;
    if (finder->own_uri.data || !text_at(finder, 0, &own))
        return 0;
    int result = read_id(&finder->arena, own.name, own.text, &finder->own_uri);
    if (result == 0 && finder->own_uri.size == 0)
        finder->own_uri = span_of_string("");
    return result < 0 || finder->ids->is_loaded ? result
                                                : load_ids(finder->ids, finder->source->view);
}

/* The schema itself is as it is to be, and not as the store has it. */
static int find_by_id(struct finder *finder, struct span uri, struct span *ret_text)
{
    struct named own = {0};
    int result = load_uris(finder);
    if (result < 0)
        return result;
    text_at(finder, 0, &own);
    if (span_equal(uri, finder->own_uri)) {
        *ret_text = own.text;
        return 0;
    }
    if (finder->ids->found.size == 0)
        return -ERR_NOT_FOUND;
    const struct identified *end;
    for (const struct identified *at = first_of(finder->ids, uri, &end);
         at < end && span_equal(at->uri, uri); at++) {
        struct row_version row;
        uint64_t seq;
        int found = store_version_get(finder->source->view, at->need.collection, &seq, &row);
        if (found != 1)
            return found < 0 ? found : -ERR_DAMAGED;
        if (span_equal(row.name, own.name))
            continue;
        *ret_text = row.document;
        return add_need(finder, &at->need);
    }
    return -ERR_NOT_FOUND;
}

static int find_anywhere(struct finder *finder, struct span uri, struct span reference,
                         struct span *ret_text, struct problem *problem)
{
    struct span name = {0};
    int result = -ERR_NOT_FOUND;
    if (span_starts_with(uri, span_of_string(BASE)))
        name = collection_of(span_skip(uri, strlen(BASE)));
    if (name.size == 0) {
        name = collection_of(reference);
        result = find_by_id(finder, uri, ret_text);
    }
    if (result == -ERR_NOT_FOUND)
        result = find_named(finder, name, ret_text);
    return result == -ERR_NOT_FOUND ? find_file(finder, name, ret_text, problem) : result;
}

static int find(void *context, struct span uri, struct span reference, struct span *ret_text,
                struct problem *problem)
{
    struct finder *finder = context;
    int result = find_anywhere(finder, uri, reference, ret_text, problem);
    return result == 0 || result == -ERR_NOT_FOUND || problem->code == result
               ? result
               : problem_set(problem, (enum err) - result, "a schema that is referred to: %s",
                             error_title(result));
}

static int compile(struct finder *finder, const struct named *named, struct schema **ret_schema,
                   struct problem *problem)
{
    AUTO_BUF struct buf base = {0};
    append_base(&base, named->name);
    if (buf_failed(&base))
        return problem_set(problem, ERR_NO_MEMORY, "no memory for a schema");
    const struct schema_source interface = {.find = find, .context = finder};
    const struct schema_options options = {.base = buf_span(&base), .source = &interface};
    return schema_compile(finder->source->library, &options, named->text, ret_schema, problem);
}

/* A file that would itself be refused must not be what a schema in force needs. */
static int check_file(struct finder *finder, const struct named *file, struct problem *problem)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem inner;
    problem_init(&inner);
    struct tree *tree;
    struct schema *schema = NULL;
    int result = tree_parse(&arena, file->text, SCHEMA_SIZE_MAX, &tree, &inner);
    if (result == 0)
        result = compile(finder, file, &schema, &inner);
    schema_destroy(schema);
    if (result == 0 || result == -ERR_NO_MEMORY)
        return result;
    return problem_set(problem, ERR_SCHEMA_INVALID, "it refers to %.*s.json, which is refused: %s",
                       (int)file->name.size, file->name.data, buf_string(&inner.detail));
}

static int compile_all(struct finder *finder, const struct named *own, struct schema **ret_schema,
                       struct problem *problem)
{
    struct schema *schema = NULL;
    struct named file;
    int result = add_text(finder, own->name, own->text);
    if (result == 0)
        result = compile(finder, own, &schema, problem);
    for (size_t i = 1; result == 0 && text_at(finder, i, &file); i++)
        result = check_file(finder, &file, problem);
    if (result < 0)
        schema_destroy(schema);
    else
        *ret_schema = schema;
    return result;
}

int source_compile(const struct source *source, struct span name, struct span text,
                   struct buf *needs, struct schema **ret_schema, struct problem *problem)
{
    struct finder finder = {.source = source, .needs = needs};
    const struct named own = {.name = name, .text = text};
    finder.ids = source->ids ? source->ids : &finder.own;
    int result = compile_all(&finder, &own, ret_schema, problem);
    source_ids_finish(&finder.own);
    buf_finish(&finder.texts);
    arena_finish(&finder.arena);
    return result == -ERR_NO_MEMORY ? problem_set(problem, ERR_NO_MEMORY, "no memory for a schema")
                                    : result;
}

static bool leads_out(const struct tree_member *member)
{
    static const char *const keywords[] = {"$ref", "$dynamicRef", "$recursiveRef", "$schema"};
    if (member->value.type != TREE_STRING ||
        span_starts_with(member->value.string, span_of_string("#")))
        return false;
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (span_is(member->key, keywords[i]))
            return !span_is(member->value.string, STANDARD);
    return false;
}

/* Trees are of limited depth. */
static bool refers(const struct tree *tree)
{
    bool found = false;
    for (uint32_t i = 0; tree->type == TREE_OBJECT && i < tree->count && !found; i++)
        found = leads_out(&tree->members[i]) || refers(&tree->members[i].value);
    for (uint32_t i = 0; tree->type == TREE_ARRAY && i < tree->count && !found; i++)
        found = refers(&tree->items[i]);
    return found;
}

bool source_may_need(struct span text)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *tree;
    return tree_parse(&arena, text, SCHEMA_SIZE_MAX, &tree, NULL) < 0 || refers(tree);
}
