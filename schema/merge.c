#include "schema/merge.h"

#include "schema/tree_lookup.h"

static int merge_value(struct arena *arena, const struct tree *target, const struct tree *patch,
                       struct tree *ret_result);

static void append(struct tree *object, const struct tree_member *member, const struct tree *value)
{
    object->members[object->count++] = (struct tree_member){
        .key = member->key, .raw = member->raw, .value = *value, .hash = member->hash};
}

/* The target's members, as the patch has them; `seen` marks the patch's that were met. */
static int merge_old(struct arena *arena, const struct tree *target, struct tree_lookup *patch,
                     bool *seen, struct tree *result)
{
    for (uint32_t i = 0; i < target->count; i++) {
        const struct tree_member *member = &target->members[i];
        const struct tree_member *change = tree_lookup_find(patch, member->key);
        struct tree value = member->value;
        if (change) {
            seen[change - patch->object->members] = true;
            int rc = merge_value(arena, &member->value, &change->value, &value);
            if (rc < 0)
                return rc;
        }
        if (!change || change->value.type != TREE_NULL)
            append(result, member, &value);
    }
    return 0;
}

static int merge_new(struct arena *arena, const struct tree *patch, const bool *seen,
                     struct tree *result)
{
    for (uint32_t i = 0; i < patch->count; i++) {
        const struct tree_member *member = &patch->members[i];
        if (seen[i] || member->value.type == TREE_NULL)
            continue;
        struct tree value;
        int rc = merge_value(arena, NULL, &member->value, &value);
        if (rc < 0)
            return rc;
        append(result, member, &value);
    }
    return 0;
}

static int merge_objects(struct arena *arena, const struct tree *target, const struct tree *patch,
                         struct tree *ret_result)
{
    if (target->count > UINT32_MAX - patch->count)
        return -ERR_NO_MEMORY;
    struct tree result = {.type = TREE_OBJECT};
    result.members =
        arena_alloc_array(arena, (size_t)target->count + patch->count, sizeof(*result.members));
    bool *seen = arena_alloc_array(arena, patch->count, sizeof(*seen));
    if (!result.members || !seen)
        return -ERR_NO_MEMORY;
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, patch);
    int rc = merge_old(arena, target, &lookup, seen, &result);
    tree_lookup_finish(&lookup);
    if (rc == 0)
        rc = merge_new(arena, patch, seen, &result);
    if (rc == 0)
        *ret_result = result;
    return rc;
}

/* RFC 7396, section 2: anything but an object replaces; an object is merged into an empty one where
 * there is none, so that its nulls don't stay. */
static int merge_value(struct arena *arena, const struct tree *target, const struct tree *patch,
                       struct tree *ret_result)
{
    static const struct tree empty = {.type = TREE_OBJECT};
    if (patch->type != TREE_OBJECT) {
        *ret_result = *patch;
        return 0;
    }
    bool into_object = target && target->type == TREE_OBJECT;
    return merge_objects(arena, into_object ? target : &empty, patch, ret_result);
}

int merge_patch(struct arena *arena, const struct tree *target, const struct tree *patch,
                struct tree **ret_result)
{
    struct tree *result = arena_alloc(arena, sizeof(*result));
    if (!result)
        return -ERR_NO_MEMORY;
    int rc = merge_value(arena, target, patch, result);
    if (rc == 0)
        *ret_result = result;
    return rc;
}
