/* The compiled schemas. One that was compiled is known by the record that put it in force, so a
 * change of schema, even one whose transaction was undone, never meets an older program. */
#include "fs/model_internal.h"

#include <stdlib.h>

#define CACHE_SLOTS 256 /* by collection; a collision only costs compiling again */

struct schema_cache {
    struct schema_library *library; /* owned */
    pthread_mutex_t lock;           /* guards the slots; never held while a schema is compiled */
    struct schema_ref *slots[CACHE_SLOTS];
};

struct schema_cache *schema_cache_create(void)
{
    struct schema_cache *cache = calloc(1, sizeof(*cache));
    if (!cache || schema_library_create(&cache->library, NULL) < 0) {
        free(cache);
        return NULL;
    }
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void schema_cache_destroy(struct schema_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        schema_ref_release(cache->slots[i]);
    schema_library_destroy(cache->library);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

const struct schema_library *schema_cache_library(const struct schema_cache *cache)
{
    return cache->library;
}

void schema_ref_release(struct schema_ref *schema)
{
    if (!schema || atomic_fetch_sub(&schema->references, 1) > 1)
        return;
    schema_destroy(schema->schema);
    free((void *)(uintptr_t)schema->name.data);
    buf_finish(&schema->needs);
    free(schema);
}

static size_t needs_of(const struct schema_ref *schema, const struct schema_need **ret_needs)
{
    *ret_needs = (const struct schema_need *)(const void *)schema->needs.data;
    return schema->needs.size / sizeof(struct schema_need);
}

bool schema_ref_needs(const struct schema_ref *schema, uint64_t collection)
{
    const struct schema_need *needs;
    size_t count = needs_of(schema, &needs);
    for (size_t i = 0; i < count; i++)
        if (needs[i].collection == collection)
            return true;
    return false;
}

/* Whether what it refers to is still as it was. */
static bool is_current(const struct schema_ref *schema, struct store_view *view)
{
    const struct schema_need *needs;
    size_t count = needs_of(schema, &needs);
    for (size_t i = 0; i < count; i++) {
        struct row_version row;
        uint64_t seq;
        if (store_version_get(view, needs[i].collection, &seq, &row) != 1 ||
            !digest_equal(&row.hash, &needs[i].record))
            return false;
    }
    return true;
}

static struct schema_ref *find(struct schema_cache *cache, uint64_t collection,
                               const struct digest *record)
{
    pthread_mutex_lock(&cache->lock);
    struct schema_ref *found = cache->slots[collection % CACHE_SLOTS];
    if (found && found->collection == collection && digest_equal(&found->record, record))
        atomic_fetch_add(&found->references, 1);
    else
        found = NULL;
    pthread_mutex_unlock(&cache->lock);
    return found;
}

/* Takes the reference. */
static void put(struct schema_cache *cache, uint64_t collection, struct schema_ref *schema)
{
    pthread_mutex_lock(&cache->lock);
    struct schema_ref **slot = &cache->slots[collection % CACHE_SLOTS];
    struct schema_ref *before = *slot;
    *slot = schema;
    pthread_mutex_unlock(&cache->lock);
    schema_ref_release(before);
}

static void keep(struct schema_cache *cache, struct schema_ref *schema)
{
    atomic_fetch_add(&schema->references, 1);
    put(cache, schema->collection, schema);
}

static int compile(const struct source *source, uint64_t collection, const struct row_version *row,
                   struct schema_ref **ret_schema, struct problem *problem)
{
    struct schema_ref *schema = calloc(1, sizeof(*schema));
    uint8_t *name = malloc(row->name.size + 1);
    if (!schema || !name) {
        free(schema);
        free(name);
        return problem_set(problem, ERR_NO_MEMORY, "no memory for a schema");
    }
    memcpy(name, row->name.data, row->name.size);
    atomic_init(&schema->references, 1);
    schema->collection = collection;
    schema->record = row->hash;
    schema->name = span_make(name, row->name.size);
    int result = source_compile(source, schema->name, row->document, &schema->needs,
                                &schema->schema, problem);
    if (result < 0)
        schema_ref_release(schema);
    else
        *ret_schema = schema;
    return result;
}

static int load(struct store_view *view, uint64_t collection, struct row_version *ret_row,
                struct problem *problem)
{
    uint64_t seq;
    int found = store_version_get(view, collection, &seq, ret_row);
    if (found < 0)
        return problem_set(problem, (enum err) - found, "the schema of a collection is damaged");
    if (found == 0 || ret_row->op == ROW_DELETE)
        return problem_set(problem, ERR_NOT_FOUND, "the collection does not exist any more");
    return 0;
}

int schema_cache_get(struct schema_cache *cache, struct store_view *view, uint64_t collection,
                     struct schema_ref **ret_schema, struct problem *problem)
{
    struct row_version row;
    int result = load(view, collection, &row, problem);
    if (result < 0)
        return result;
    struct schema_ref *schema = find(cache, collection, &row.hash);
    if (schema && !is_current(schema, view)) {
        schema_ref_release(schema);
        schema = NULL;
    }
    if (!schema) {
        const struct source source = {.library = cache->library, .view = view};
        result = compile(&source, collection, &row, &schema, problem);
        if (result < 0)
            return result;
        keep(cache, schema);
    }
    *ret_schema = schema;
    return 0;
}

int schema_cache_renew(struct schema_cache *cache, struct store_view *view, struct source_ids *ids,
                       uint64_t collection, struct schema_ref **ret_schema, struct problem *problem)
{
    struct row_version row;
    int result = load(view, collection, &row, problem);
    if (result < 0)
        return result;
    put(cache, collection, NULL);
    const struct source source = {.library = cache->library, .view = view, .ids = ids};
    return compile(&source, collection, &row, ret_schema, problem);
}
