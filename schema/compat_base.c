#include "schema/compat_internal.h"
#include "schema/pointer.h"
#include "schema/uri.h"

#include "store/base/cleanup.h"

#define SMALL 16

bool compat_burn(struct compat *compat, uint64_t steps)
{
    compat->fuel = compat->fuel > steps ? compat->fuel - steps : 0;
    return compat->fuel > 0;
}

static bool burn_value(struct compat *compat, const struct tree *value)
{
    if (value->type < TREE_ARRAY)
        return compat_burn(compat, 1 + value->raw.size / 64);
    bool left = compat_burn(compat, 1);
    for (uint32_t i = 0; left && i < value->count; i++)
        left = burn_value(compat,
                          value->type == TREE_ARRAY ? &value->items[i] : &value->members[i].value);
    return left;
}

bool compat_equal(struct compat *compat, const struct tree *a, const struct tree *b)
{
    return a->type == b->type && a->count == b->count && a->type >= TREE_ARRAY
               ? burn_value(compat, a) && tree_equal(a, b)
               : compat_burn(compat, 1) && tree_equal(a, b);
}

const struct tree *compat_find(struct compat *compat, const struct tree *object, struct span key)
{
    if (!object || object->type != TREE_OBJECT || !compat_burn(compat, 1))
        return NULL;
    if (object->count <= SMALL)
        return tree_member(object, key);
    size_t slot = (uintptr_t)object / sizeof(*object) % LOOKUP_SLOTS;
    struct tree_lookup *lookup = &compat->lookups[slot];
    if (lookup->object != object) {
        if (!compat_burn(compat, object->count)) /* it may have to be sorted again */
            return NULL;
        tree_lookup_finish(lookup);
        tree_lookup_init(lookup, object);
    }
    const struct tree_member *member = tree_lookup_find(lookup, key);
    return member ? &member->value : NULL;
}

const struct tree *compat_get(struct compat *compat, const struct tree *object, const char *key)
{
    return compat_find(compat, object, span_of_string(key));
}

uint32_t compat_count(const struct tree *value, enum tree_type type)
{
    return value && value->type == type ? value->count : 0;
}

static void add_anchor(struct compat *compat, enum side side, struct span name,
                       const struct tree *schema)
{
    struct anchor *anchor = arena_alloc(compat->arena, sizeof(*anchor));
    compat->no_memory |= !anchor;
    if (!anchor)
        return;
    *anchor = (struct anchor){compat->anchors, side, name, schema};
    compat->anchors = anchor;
}

/* What only looks like a keyword, inside of a `const` say, makes references less certain and never
 * wrong: of two anchors of a name neither is followed. */
static void survey(struct compat *compat, enum side side, const struct tree *value)
{
    for (uint32_t i = 0; value->type == TREE_ARRAY && i < value->count; i++)
        survey(compat, side, &value->items[i]);
    for (uint32_t i = 0; value->type == TREE_OBJECT && i < value->count; i++) {
        const struct tree_member *member = &value->members[i];
        survey(compat, side, &member->value);
        if (member->value.type != TREE_STRING)
            continue;
        if (span_is(member->key, "$id") && value != compat->roots[side])
            compat->nested_ids = true;
        if (span_is(member->key, "$dynamicAnchor"))
            compat->dynamic = true;
        if (span_is(member->key, "$anchor") || span_is(member->key, "$dynamicAnchor"))
            add_anchor(compat, side, member->value.string, value);
    }
}

void compat_survey(struct compat *compat, enum side side)
{
    survey(compat, side, compat->roots[side]);
}

static const struct tree *find_anchor(struct compat *compat, enum side side, struct span name)
{
    const struct tree *found = NULL;
    for (const struct anchor *at = compat->anchors; at && compat_burn(compat, 1); at = at->next) {
        if (at->side != side || !span_equal(at->name, name))
            continue;
        if (found)
            return NULL;
        found = at->schema;
    }
    return found;
}

static const struct tree *find_pointer(struct compat *compat, const struct tree *value,
                                       struct span pointer)
{
    struct span token;
    while (value && pointer_next(&pointer, &token)) {
        uint32_t index;
        struct span name = pointer_token_decode(compat->arena, token);
        compat->no_memory |= !name.data;
        if (value->type == TREE_ARRAY)
            value = pointer_token_index(token, &index) && index < value->count
                        ? &value->items[index]
                        : NULL;
        else
            value = compat_find(compat, value, name);
    }
    return value;
}

static bool is_own_id(const struct compat *compat, enum side side, struct span uri)
{
    const struct tree *id = tree_get(compat->roots[side], "$id");
    if (!id || id->type != TREE_STRING)
        return false;
    struct span absolute, fragment;
    uri_split(id->string, &absolute, &fragment);
    return span_equal(absolute, uri);
}

const struct tree *compat_follow(struct compat *compat, enum side side, const struct tree *schema,
                                 const char *keyword)
{
    const struct tree *reference = compat_get(compat, schema, keyword);
    if (!reference || reference->type != TREE_STRING || compat->nested_ids)
        return NULL;
    struct span uri, fragment;
    uri_split(reference->string, &uri, &fragment);
    if (uri.size > 0 && !is_own_id(compat, side, uri))
        return NULL;
    AUTO_BUF struct buf decoded = {0};
    bool readable = uri_decode(&decoded, fragment);
    compat->no_memory |= buf_failed(&decoded);
    if (!readable)
        return NULL;
    if (decoded.size == 0 || decoded.data[0] == '/')
        return find_pointer(compat, compat->roots[side], buf_span(&decoded));
    return find_anchor(compat, side, buf_span(&decoded));
}

/* What is outside may lead back by a $dynamicAnchor, and a relative reference depends on $id. */
bool compat_same_outside(struct compat *compat, const struct tree *reference)
{
    struct span uri, fragment;
    uri_split(reference->string, &uri, &fragment);
    const struct tree *ids[2];
    for (int side = SIDE_OLD; side <= SIDE_NEW; side++) {
        ids[side] = tree_get(compat->roots[side], "$id");
        if (is_own_id(compat, (enum side)side, uri))
            return false;
    }
    bool same_id = ids[SIDE_OLD] && ids[SIDE_NEW] ? tree_equal(ids[SIDE_OLD], ids[SIDE_NEW])
                                                  : ids[SIDE_OLD] == ids[SIDE_NEW];
    return uri.size > 0 && same_id && !compat->nested_ids && !compat->dynamic;
}
