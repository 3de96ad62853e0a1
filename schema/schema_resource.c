/* Resources: what has a URI, and what has a name in it. */
#include "schema/schema_compiler.h"
#include "schema/uri.h"

#include "store/base/cleanup.h"

#include <search.h>

/* Every resource in another has a copy of the beginning. */
#define URI_SIZE_MAX 2048

struct known {
    const struct resource *resource; /* of an anchor */
    struct span name;
    struct resource *found;
    struct node *node;
};

static int compare_entries(const void *left, const void *right)
{
    const struct known *a = left, *b = right;
    if (a->resource != b->resource)
        return (uintptr_t)a->resource < (uintptr_t)b->resource ? -1 : 1;
    return tree_key_compare(a->name, b->name);
}

static int compare_sources(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct node *)left)->source;
    uintptr_t b = (uintptr_t)((const struct node *)right)->source;
    return (a > b) - (a < b);
}

/* The entry of that key, which may be one that was there. */
static struct known *enter(struct compiler *compiler, void **tree, const struct known *entry)
{
    struct known *copy = compile_alloc(compiler, 1, sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *entry;
    struct known **found = tsearch(copy, tree, compare_entries);
    compiler->faults.no_memory |= !found;
    return found ? *found : NULL;
}

static struct known *look_up(void *const *tree, const struct resource *resource, struct span name)
{
    const struct known key = {.resource = resource, .name = name};
    struct known **found = tfind(&key, tree, compare_entries);
    return found ? *found : NULL;
}

static void keep_entry(void *entry)
{
    (void)entry; /* the arena's */
}

void resource_finish(struct compiler *compiler)
{
    tdestroy(compiler->nodes, keep_entry);
    tdestroy(compiler->resources, keep_entry);
    tdestroy(compiler->anchors, keep_entry);
}

void resource_note_node(struct compiler *compiler, struct node *node)
{
    compiler->faults.no_memory |= !tsearch(node, &compiler->nodes, compare_sources);
}

struct node *resource_find_node(struct compiler *compiler, const struct tree *source)
{
    const struct node key = {.source = source};
    struct node **found = tfind(&key, &compiler->nodes, compare_sources);
    return found ? *found : NULL;
}

bool resource_find(struct compiler *compiler, struct span uri, struct resource **ret_resource)
{
    const struct known *entry = look_up(&compiler->resources, NULL, uri);
    if (entry)
        *ret_resource = entry->found;
    return entry;
}

struct node *resource_find_anchor(struct compiler *compiler, const struct resource *resource,
                                  struct span name)
{
    const struct known *anchor = look_up(&compiler->anchors, resource, name);
    return anchor ? anchor->node : NULL;
}

void resource_note_missing(struct compiler *compiler, struct span uri)
{
    const struct known entry = {.name = uri};
    enter(compiler, &compiler->resources, &entry);
}

#define NAMES_MAX (sizeof(((struct compiler *)NULL)->dynamic_names) / sizeof(struct span))

uint32_t resource_dynamic_name(const struct compiler *compiler, struct span name)
{
    for (uint32_t at = 0; at < compiler->dynamic_count; at++)
        if (span_equal(compiler->dynamic_names[at], name))
            return at;
    return UINT32_MAX;
}

static void add_dynamic(struct compiler *compiler, struct resource *resource, struct node *node,
                        struct span name, const char *keyword)
{
    uint32_t at = resource_dynamic_name(compiler, name);
    if (at == UINT32_MAX && compiler->dynamic_count == NAMES_MAX) {
        compile_fault_at(compiler, node, keyword, "there are more than %zu names of such anchors",
                         NAMES_MAX);
        return;
    }
    if (at == UINT32_MAX) {
        at = compiler->dynamic_count++;
        compiler->dynamic_names[at] = name;
    }
    if (!resource->dynamic)
        resource->dynamic = compile_alloc(compiler, NAMES_MAX, sizeof(struct node *));
    if (resource->dynamic)
        resource->dynamic[at] = node;
}

static const struct tree *known_member(const struct node *node, const char *name,
                                       enum tree_type type)
{
    const struct tree *value = tree_get(node->source, name);
    if (!value || value->type != type || !keyword_find(node->resource, span_of_string(name)))
        return NULL;
    return value;
}

static void add_anchor(struct compiler *compiler, struct resource *resource, struct node *node,
                       const char *keyword)
{
    const struct tree *name = known_member(node, keyword, TREE_STRING);
    if (!name)
        return;
    const struct known entry = {.resource = resource, .name = name->string, .node = node};
    const struct known *entered = enter(compiler, &compiler->anchors, &entry);
    if (entered && entered->node != node)
        compile_fault_at(compiler, node, keyword, "the anchor %s is given twice",
                         quote_value(name).text);
    if (strcmp(keyword, "$dynamicAnchor") == 0)
        add_dynamic(compiler, resource, node, name->string, keyword);
}

static const char recursive[] = "$recursiveAnchor";

struct span resource_recursive_name(void)
{
    return span_of_string(recursive);
}

static void add_resource(struct compiler *compiler, struct resource *resource, struct span uri)
{
    const struct known entry = {.name = uri, .found = resource};
    const struct known *entered = enter(compiler, &compiler->resources, &entry);
    if (!entered || !entered->found || entered->found == resource)
        return;
    /* A document that was found under two names is the same one. */
    if (entered->found->document == resource->document)
        compile_fault_at(compiler, resource->root, "$id", "the URI %s is given twice",
                         quote_name(uri).text);
}

static void take_id(struct compiler *compiler, struct resource *resource, const struct tree *id)
{
    AUTO_BUF struct buf uri = {0};
    struct span absolute, fragment;
    uri_resolve(&uri, resource->uri, id->string);
    uri_split(buf_span(&uri), &absolute, &fragment);
    if (absolute.size > URI_SIZE_MAX)
        compile_fault_at(compiler, resource->root, "$id", "the URI has more than %d bytes",
                         URI_SIZE_MAX);
    resource->uri = arena_copy(compiler->arena, span_head(absolute, URI_SIZE_MAX));
    compiler->faults.no_memory |= buf_failed(&uri) || !resource->uri.data;
}

static struct resource *begin_resource(struct compiler *compiler, struct node *node,
                                       const struct tree *id)
{
    struct resource *resource = compiler->root;
    if (node->up) {
        resource = compile_alloc(compiler, 1, sizeof(*resource));
        if (!resource)
            return NULL;
        *resource = *node->up->resource;
        resource->dynamic = NULL;
    }
    resource->root = node;
    if (id)
        take_id(compiler, resource, id);
    return resource;
}

void resource_enter(struct compiler *compiler, struct node *node)
{
    struct resource *resource = node->up ? NULL : compiler->root;
    node->resource = node->up ? node->up->resource : compiler->root;
    if (node->source->type == TREE_OBJECT) {
        const struct tree *id = known_member(node, "$id", TREE_STRING);
        if (id || !node->up)
            resource = begin_resource(compiler, node, id);
        if (compile_failed(compiler))
            return;
        if (resource) {
            node->resource = resource;
            resource_set_dialect(compiler, node);
            add_resource(compiler, resource, resource->uri);
        }
        /* Anchors are the resource's, however deep they stand in it. */
        struct resource *owner = node->resource;
        add_anchor(compiler, owner, node, "$anchor");
        add_anchor(compiler, owner, node, "$dynamicAnchor");
        if (resource && known_member(node, recursive, TREE_TRUE))
            add_dynamic(compiler, owner, node, span_of_string(recursive), recursive);
    } else if (resource) {
        resource->root = node;
        add_resource(compiler, resource, resource->uri);
    }
}

struct resource *resource_compile(struct compiler *compiler, struct span uri,
                                  struct document *document)
{
    struct resource *resource = compile_alloc(compiler, 1, sizeof(*resource));
    if (!resource)
        return NULL;
    struct span absolute, fragment;
    uri_split(uri, &absolute, &fragment);
    *resource =
        (struct resource){.uri = absolute, .document = document, .vocabularies = VOCABULARY_ALL};
    document->uri = absolute;
    document->next = compiler->documents;
    compiler->documents = document;
    struct document *outer = compiler->document;
    compiler->document = document;
    compiler->root = resource;
    struct place place = {.value = document->text};
    bool compiled =
        compile_node(compiler, NULL, &place, NULL, document->is_main ? SITE_ROOT : SITE_INNER);
    if (compiled)
        add_resource(compiler, resource, absolute);
    compiler->document = outer;
    return compiled ? resource : NULL;
}
