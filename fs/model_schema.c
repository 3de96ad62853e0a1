/* The compiled schemas. One that was compiled is known by the record that put it in force, so a
 * change of schema, even one whose transaction was undone, never meets an older program. */
#include "fs/model_internal.h"

#include <stdlib.h>

#define CACHE_SLOTS 256 /* by collection; a collision only costs compiling again */

struct schema_cache {
    pthread_mutex_t lock; /* guards the slots; never held while a schema is compiled */
    struct schema_ref *slots[CACHE_SLOTS];
};

struct schema_cache *schema_cache_create(void)
{
    struct schema_cache *cache = calloc(1, sizeof(*cache));
    if (cache)
        pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void schema_cache_destroy(struct schema_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        schema_ref_release(cache->slots[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

void schema_ref_release(struct schema_ref *schema)
{
    if (!schema || atomic_fetch_sub(&schema->references, 1) > 1)
        return;
    schema_destroy(schema->schema);
    free((void *)(uintptr_t)schema->name.data);
    free(schema);
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

static void keep(struct schema_cache *cache, struct schema_ref *schema)
{
    atomic_fetch_add(&schema->references, 1);
    pthread_mutex_lock(&cache->lock);
    struct schema_ref **slot = &cache->slots[schema->collection % CACHE_SLOTS];
    struct schema_ref *before = *slot;
    *slot = schema;
    pthread_mutex_unlock(&cache->lock);
    schema_ref_release(before);
}

static int compile(uint64_t collection, const struct row_version *row,
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
    int result = schema_compile(row->document, &schema->schema, problem);
    if (result < 0)
        schema_ref_release(schema);
    else
        *ret_schema = schema;
    return result;
}

int schema_cache_get(struct schema_cache *cache, struct store_view *view, uint64_t collection,
                     struct schema_ref **ret_schema, struct problem *problem)
{
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(view, collection, &seq, &row);
    if (found < 0)
        return problem_set(problem, (enum err) - found, "the schema of a collection is damaged");
    if (found == 0 || row.op == ROW_DELETE)
        return problem_set(problem, ERR_NOT_FOUND, "the collection does not exist any more");
    struct schema_ref *schema = find(cache, collection, &row.hash);
    if (!schema) {
        int result = compile(collection, &row, &schema, problem);
        if (result < 0)
            return result;
        keep(cache, schema);
    }
    *ret_schema = schema;
    return 0;
}
