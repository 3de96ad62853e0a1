#include "schema/tree_lookup.h"

#include <stdlib.h>

#define LINEAR_MAX 16

static int compare_members(const void *a, const void *b)
{
    const struct tree_member *const *left = a;
    const struct tree_member *const *right = b;
    return tree_key_compare((*left)->key, (*right)->key);
}

static int compare_with_key(const void *key, const void *element)
{
    const struct tree_member *const *member = element;
    return tree_key_compare(*(const struct span *)key, (*member)->key);
}

const struct tree_member **tree_sorted_members(const struct tree *object)
{
    const struct tree_member **sorted =
        calloc((size_t)object->count + 1, sizeof(struct tree_member *));
    if (!sorted)
        return NULL;
    for (uint32_t i = 0; i < object->count; i++)
        sorted[i] = &object->members[i];
    qsort(sorted, object->count, sizeof(struct tree_member *), compare_members);
    return sorted;
}

void tree_lookup_init(struct tree_lookup *lookup, const struct tree *object)
{
    *lookup = (struct tree_lookup){.object = object, .linear = object->count <= LINEAR_MAX};
}

void tree_lookup_finish(struct tree_lookup *lookup)
{
    free(lookup->sorted);
    *lookup = (struct tree_lookup){0};
}

static const struct tree_member *find_linearly(const struct tree *object, struct span key)
{
    for (uint32_t i = 0; i < object->count; i++)
        if (span_equal(object->members[i].key, key))
            return &object->members[i];
    return NULL;
}

static const struct tree_member *find(struct tree_lookup *lookup, struct span key)
{
    if (!lookup->linear && !lookup->sorted) {
        lookup->sorted = tree_sorted_members(lookup->object);
        lookup->linear = !lookup->sorted;
    }
    if (lookup->linear)
        return find_linearly(lookup->object, key);
    const struct tree_member **found = bsearch(&key, lookup->sorted, lookup->object->count,
                                               sizeof(struct tree_member *), compare_with_key);
    return found ? *found : NULL;
}

const struct tree_member *tree_lookup_find(struct tree_lookup *lookup, struct span key)
{
    const struct tree *object = lookup->object;
    const struct tree_member *member = NULL;
    if (lookup->next < object->count && span_equal(object->members[lookup->next].key, key))
        member = &object->members[lookup->next];
    else
        member = find(lookup, key);
    if (member)
        lookup->next = (uint32_t)(member - object->members) + 1;
    return member;
}
