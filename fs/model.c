#include "fs/model_internal.h"

#include <stdlib.h>

#define BASES_MAX (1U << 18) /* notes of who has read what */

int model_open(struct store *store, const struct model_options *options, struct model **ret_model,
               struct problem *problem)
{
    struct model *model = calloc(1, sizeof(*model));
    if (!model)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    model->store = store;
    model->options = *options;
    pthread_mutex_init(&model->queue_lock, NULL);
    model->bases = bases_create(BASES_MAX);
    model->schemas = schema_cache_create();
    if (!model->bases || !model->schemas) {
        model_close(model);
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    }
    *ret_model = model;
    return 0;
}

void model_close(struct model *model)
{
    if (!model)
        return;
    bases_destroy(model->bases);
    schema_cache_destroy(model->schemas);
    pthread_mutex_destroy(&model->queue_lock);
    free(model);
}

void model_set_leaving(struct model *model,
                       bool (*is_leaving)(void *context, uint64_t object, pid_t pid), void *context)
{
    model->is_leaving = is_leaving;
    model->leaving_context = context;
}

bool batch_is_leaving(const struct batch *batch, uint64_t object)
{
    const struct model *model = batch->model;
    return model->is_leaving && model->is_leaving(model->leaving_context, object, batch->pid);
}

struct store *model_store(struct model *model)
{
    return model->store;
}

struct bases *model_bases(struct model *model)
{
    return model->bases;
}

const struct model_options *model_options(const struct model *model)
{
    return &model->options;
}

void model_stats(struct model *model, struct model_stats *ret_stats)
{
    *ret_stats = (struct model_stats){
        .commits = atomic_load(&model->commits),
        .unchanged = atomic_load(&model->unchanged),
        .refused = atomic_load(&model->refused),
        .syncs = engine_syncs(store_engine(model->store)),
        .batches = atomic_load(&model->batches),
        .largest_batch = atomic_load(&model->largest_batch),
        .commit_nanoseconds = atomic_load(&model->commit_nanoseconds),
    };
}
