/* What the keywords make of their values that hold schemas. */
#include "schema/schema_compiler.h"

static struct node *compile_part(struct compiler *compiler, struct node *node,
                                 const struct place *place, enum site site)
{
    return compile_node(compiler, node, place, tree_member_of(place->value), site);
}

struct node **compile_nodes(struct compiler *compiler, struct node *up, const struct place *place,
                            enum site site)
{
    const struct tree *value = place->value;
    const struct tree_member *in = tree_member_of(value);
    struct node **nodes = compile_alloc(compiler, value->count, sizeof(struct node *));
    for (uint32_t i = 0; nodes && i < value->count; i++) {
        struct place inner = place_of(place, value->type == TREE_ARRAY ? &value->items[i]
                                                                       : &value->members[i].value);
        nodes[i] = compile_node(compiler, up, &inner, in, site);
        if (!nodes[i])
            return NULL;
    }
    return nodes;
}

static void compile_list(struct compiler *compiler, struct node *node,
                         const struct keyword *keyword, const struct place *place,
                         enum branch_kind kind)
{
    if (place->value->count == 0)
        compile_fault(compiler, keyword, place, "\"%s\" takes an array of one schema or more",
                      keyword->name);
    struct node **nodes = compile_nodes(compiler, node, place, SITE_INNER);
    struct branch *branch = compile_branch(compiler, node, kind, keyword->name, 0);
    if (!branch)
        return;
    branch->nodes = nodes;
    branch->count = nodes ? place->value->count : 0;
}

void compile_all_of(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                    const struct place *place)
{
    compile_list(compiler, node, keyword, place, BRANCH_ALL);
}

void compile_any_of(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                    const struct place *place)
{
    compile_list(compiler, node, keyword, place, BRANCH_ANY);
}

void compile_one_of(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                    const struct place *place)
{
    compile_list(compiler, node, keyword, place, BRANCH_ONE);
}

void compile_not(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                 const struct place *place)
{
    struct node *part = compile_part(compiler, node, place, SITE_INNER);
    struct branch *branch = compile_branch(compiler, node, BRANCH_NOT, keyword->name, 1);
    if (branch)
        branch->nodes[0] = part;
}

static struct node *compile_sibling(struct compiler *compiler, struct node *node,
                                    const struct place *place, const char *name)
{
    const struct tree *value = tree_get(place->up->value, name);
    if (!value || (value->type != TREE_OBJECT && value->type > TREE_TRUE))
        return NULL;
    struct place sibling = place_of(place->up, value);
    return compile_part(compiler, node, &sibling, SITE_INNER);
}

void compile_if(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                const struct place *place)
{
    struct node *condition = compile_part(compiler, node, place, SITE_INNER);
    struct node *then = compile_sibling(compiler, node, place, "then");
    struct node *otherwise = compile_sibling(compiler, node, place, "else");
    struct branch *branch = compile_branch(compiler, node, BRANCH_IF, keyword->name, 3);
    if (!branch)
        return;
    branch->nodes[0] = condition;
    branch->nodes[1] = then;
    branch->nodes[2] = otherwise;
}

/* Schemas that may be referred to, and are not applied from here. `then` and `else` belong to the
 * `if` beside them, which compiles them. */
void compile_lone_schema(struct compiler *compiler, struct node *node,
                         const struct keyword *keyword, const struct place *place)
{
    bool taken = strcmp(keyword->name, "contentSchema") != 0 && tree_get(place->up->value, "if");
    if (!taken)
        compile_part(compiler, node, place, SITE_INNER);
}

void compile_definitions(struct compiler *compiler, struct node *node,
                         const struct keyword *keyword, const struct place *place)
{
    (void)keyword;
    compile_nodes(compiler, node, place, SITE_INNER);
}

void compile_properties(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                        const struct place *place)
{
    (void)keyword;
    compile_members(compiler, node, place->up);
}

void compile_patterns(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                      const struct place *place)
{
    struct object_rules *rules = compile_object(compiler, node);
    struct node **nodes = compile_nodes(compiler, node, place, SITE_INNER);
    uint32_t count = place->value->count;
    struct pattern_property *patterns = compile_alloc(compiler, count, sizeof(*patterns));
    if (!rules || !nodes || !patterns)
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct place inner = place_of(place, &place->value->members[i].value);
        patterns[i].node = nodes[i];
        patterns[i].pattern =
            compile_regex(compiler, keyword, &inner, place->value->members[i].key);
    }
    rules->patterns = patterns;
    rules->pattern_count = count;
}

/* A schema that is true allows what no schema would, but it evaluates as well. */
#define PART(function, kind, member, site)                                                         \
    void function(struct compiler *compiler, struct node *node, const struct keyword *keyword,     \
                  const struct place *place)                                                       \
    {                                                                                              \
        (void)keyword;                                                                             \
        struct kind##_rules *rules = compile_##kind(compiler, node);                               \
        struct node *part = compile_part(compiler, node, place, site);                             \
        if (rules)                                                                                 \
            rules->member = part;                                                                  \
    }

PART(compile_additional, object, additional, SITE_INNER)
PART(compile_names, object, names, SITE_INNER)
PART(compile_unevaluated_properties, object, unevaluated, SITE_INNER)
PART(compile_contains, array, contains, SITE_INNER)
PART(compile_unevaluated_items, array, unevaluated, SITE_INNER)

void compile_prefix_items(struct compiler *compiler, struct node *node,
                          const struct keyword *keyword, const struct place *place)
{
    if (place->value->count == 0)
        compile_fault(compiler, keyword, place, "\"%s\" takes an array of one schema or more",
                      keyword->name);
    struct array_rules *rules = compile_array(compiler, node);
    struct node **nodes = compile_nodes(compiler, node, place, SITE_INNER);
    if (!rules || !nodes)
        return;
    rules->prefix = nodes;
    rules->prefix_count = place->value->count;
}

void compile_items(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                   const struct place *place)
{
    if (place->value->type == TREE_ARRAY && node->resource->draft_2019) {
        compile_prefix_items(compiler, node, keyword, place);
        return;
    }
    if (place->value->type == TREE_ARRAY) {
        compile_fault(compiler, keyword, place,
                      "\"items\" takes a schema; a list of them is called \"prefixItems\"");
        return;
    }
    struct array_rules *rules = compile_array(compiler, node);
    struct node *part =
        compile_part(compiler, node, place, node->site == SITE_PROPERTY ? SITE_ITEM : SITE_INNER);
    if (!rules)
        return;
    rules->items = part;
    rules->items_keyword = keyword->name;
}

/* Draft 2019-09: what follows a list in `items`. */
void compile_additional_items(struct compiler *compiler, struct node *node,
                              const struct keyword *keyword, const struct place *place)
{
    const struct tree *items = tree_get(place->up->value, "items");
    struct array_rules *rules = compile_array(compiler, node);
    struct node *part = compile_part(compiler, node, place, SITE_INNER);
    if (!rules || !items || items->type != TREE_ARRAY)
        return;
    rules->items = part;
    rules->items_keyword = keyword->name;
}

static void add_reference(struct compiler *compiler, struct node *node,
                          const struct keyword *keyword, const struct place *place,
                          enum branch_kind kind)
{
    struct branch *branch = compile_branch(compiler, node, kind, keyword->name, 1);
    if (!branch)
        return;
    const struct pending pending = {
        .node = node, .branch = branch, .reference = place->value, .keyword = keyword->name};
    branch->count = 0; /* until it leads somewhere */
    compile_later(compiler, &compiler->references_end, &pending);
}

void compile_reference(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                       const struct place *place)
{
    add_reference(compiler, node, keyword, place, BRANCH_REF);
}

void compile_dynamic_reference(struct compiler *compiler, struct node *node,
                               const struct keyword *keyword, const struct place *place)
{
    add_reference(compiler, node, keyword, place, BRANCH_DYNAMIC);
}
