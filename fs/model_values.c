/* What the indexes of the store have of a document: its unique values and its references. */
#include "fs/model_internal.h"

int values_collect(struct arena *arena, const struct schema_ref *schema, const struct tree *tree,
                   struct values *ret_values, struct problem *problem)
{
    struct values values;
    int result = unique_collect(arena, schema->schema, tree, &values.uniques);
    if (result == 0)
        result = references_collect(arena, schema, tree, &values.references, problem);
    if (result == 0)
        *ret_values = values;
    return result;
}

int values_check(struct batch *batch, const struct schema_ref *schema, uint64_t object,
                 struct span name, const struct values *before, const struct values *after,
                 struct problem *problem)
{
    int result = unique_check(batch, schema, object, &before->uniques, &after->uniques, problem);
    return result < 0 ? result
                      : references_check(batch, schema, name, &before->references,
                                         &after->references, problem);
}

int values_apply(struct batch *batch, uint64_t collection, uint64_t object,
                 const struct values *before, const struct values *after)
{
    uint64_t seq = batch->state.seq;
    int result = unique_apply(batch, collection, object, seq, &before->uniques, &after->uniques);
    return result < 0
               ? result
               : references_apply(batch, object, seq, &before->references, &after->references);
}
