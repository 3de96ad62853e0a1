/* What a schema does to a document beside judging it: both walk `properties` alone, so that the
 * depth is that of the schema's text. */
#include "schema/schema_internal.h"

#include "store/base/cleanup.h"

/* For each declared member where it is in `object`: its index plus one, or 0. */
static void locate_members(const struct node *node, const struct tree *object, uint32_t *ret_found)
{
    if (!object || object->type != TREE_OBJECT)
        return;
    for (uint32_t i = 0; i < object->count; i++) {
        const struct tree_member *member = &object->members[i];
        uint32_t at = object_find(node->object, member->key, tree_member_hash(member));
        if (at < node->object->declared_count)
            ret_found[at] = i + 1;
    }
}

/* A copy with room for `extra` more members. */
static struct tree *copy_object(struct arena *arena, const struct tree *object, uint32_t extra)
{
    struct tree *copy = arena_alloc(arena, sizeof(*copy));
    struct tree_member *members =
        arena_alloc_array(arena, (size_t)object->count + extra, sizeof(*members));
    if (!copy || !members)
        return NULL;
    if (object->count > 0)
        memcpy(members, object->members, object->count * sizeof(*members));
    *copy = *object;
    copy->members = members;
    return copy;
}

/* One declared member: completes it, or adds it. `*result` is `object` until something changes. */
static int complete_member(const struct property *property, struct arena *arena,
                           const struct tree *object, uint32_t found, uint32_t extra,
                           struct tree **result)
{
    const struct tree *old =
        found > 0 ? &object->members[found - 1].value : property->node->default_value;
    if (!old || (found == 0 && !property->required))
        return 0;
    const struct tree *new;
    int error = node_complete(property->node, arena, old, &new);
    if (error < 0 || (found > 0 && new == old))
        return error;
    if (!*result)
        *result = copy_object(arena, object, extra);
    if (!*result)
        return -ERR_NO_MEMORY;
    uint32_t at = found > 0 ? found - 1 : (*result)->count++;
    if (found == 0)
        (*result)->members[at] = *property->source;
    (*result)->members[at].value = *new;
    return 0;
}

int node_complete(const struct node *node, struct arena *arena, const struct tree *value,
                  const struct tree **ret_value)
{
    *ret_value = value;
    if (!node->completes || value->type != TREE_OBJECT)
        return 0;
    uint32_t *found = arena_alloc_array(arena, node->object->declared_count, sizeof(*found));
    if (!found)
        return -ERR_NO_MEMORY;
    locate_members(node, value, found);
    struct tree *result = NULL;
    for (uint32_t i = 0; i < node->object->declared_count; i++) {
        int error = complete_member(&node->object->properties[i], arena, value, found[i],
                                    node->object->declared_count, &result);
        if (error < 0)
            return error;
    }
    if (result)
        *ret_value = result;
    return 0;
}

int schema_apply_defaults(const struct schema *schema, struct arena *arena,
                          const struct tree *document, const struct tree **ret_document)
{
    const struct tree *result;
    int error = node_complete(schema->root, arena, document, &result);
    if (error == 0)
        *ret_document = result;
    return error;
}

static const char *change_of(const struct tree *before, const struct tree *after)
{
    if (!before && after)
        return "it cannot be added";
    if (before && !after)
        return "it cannot be removed";
    return before && !tree_equal(before, after) ? "it cannot be changed" : NULL;
}

static const struct tree *member_at(const struct tree *object, uint32_t found)
{
    return found > 0 ? &object->members[found - 1].value : NULL;
}

static void compare_members(const struct node *node, const struct place *place,
                            const struct tree *before, const struct tree *after,
                            struct faults *faults)
{
    if (!node->guards || (!before && !after))
        return;
    AUTO_FREE uint32_t *found = calloc(node->object->declared_count * (size_t)2, sizeof(*found));
    if (!found) {
        faults->no_memory = true;
        return;
    }
    uint32_t *then = found, *now = found + node->object->declared_count;
    locate_members(node, before, then);
    locate_members(node, after, now);
    for (uint32_t i = 0; i < node->object->declared_count; i++) {
        const struct property *property = &node->object->properties[i];
        struct place member = place_of(place, &property->source->value);
        const struct tree *old = member_at(before, then[i]), *new = member_at(after, now[i]);
        const char *change = property->node->read_only ? change_of(old, new) : NULL;
        if (change)
            fault_add(faults, &member, "readOnly", "the member is read-only, %s", change);
        else if (!property->node->read_only)
            compare_members(property->node, &member, old, new, faults);
    }
}

int schema_check_read_only(const struct schema *schema, const struct tree *before,
                           const struct tree *after, struct problem *problem)
{
    if (!before)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    struct faults faults;
    faults_init(&faults, &arena, PROBLEM_ITEMS_MAX);
    struct place root = {.value = after};
    compare_members(schema->root, &root, before, after, &faults);
    int error = faults.total > 0 || faults.no_memory
                    ? faults_report(&faults, ERR_READ_ONLY_MEMBER, problem)
                    : 0;
    arena_finish(&arena);
    return error;
}
