/* Where references lead. */
#include "schema/pointer.h"
#include "schema/schema_compiler.h"
#include "schema/tree_lookup.h"
#include "schema/uri.h"

#include "store/base/cleanup.h"

#include <search.h>

/* What one schema may draw in: so many documents with itself, and bytes of them, the last one
 * aside. */
#define DOCUMENTS_MAX      256
#define DOCUMENTS_SIZE_MAX (8 * SCHEMA_SIZE_MAX)

int reference_find_text(struct compiler *compiler, struct span uri, struct span reference,
                        bool *ret_standard, struct span *ret_text)
{
    const struct schema_source *source = compiler->options->source;
    struct span text = library_text(uri);
    *ret_standard = text.data;
    int error = -ERR_NOT_FOUND;
    if (text.data)
        error = 0;
    else if (source)
        error = source->find(source->context, uri, reference, &text, &compiler->error_problem);
    if (error == 0)
        *ret_text = text.data ? text : span_of_string("");
    return error;
}

/* Whether one more document may be drawn in. */
static bool has_room(struct compiler *compiler, const struct pending *pending)
{
    if (compiler->drawn_count < DOCUMENTS_MAX - 1 && compiler->drawn_size <= DOCUMENTS_SIZE_MAX)
        return true;
    compile_fault_at(compiler, pending->node, pending->keyword,
                     "references lead to more than %d documents, or %d bytes of them",
                     DOCUMENTS_MAX, DOCUMENTS_SIZE_MAX);
    return false;
}

/* Looks for the document at the URI. NULL, with a fault or without, when there is none. */
static struct document *find_document(struct compiler *compiler, const struct pending *pending,
                                      struct span uri)
{
    struct span text;
    struct tree *tree;
    struct document *document = compile_alloc(compiler, 1, sizeof(*document));
    if (!document || !has_room(compiler, pending))
        return NULL;
    int error = reference_find_text(compiler, uri, pending->reference->string,
                                    &document->is_standard, &text);
    if (error < 0 && error != -ERR_NOT_FOUND)
        compiler->error = error;
    if (error < 0)
        return NULL;
    compiler->drawn_count++;
    compiler->drawn_size += text.size;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct span copy = arena_copy(compiler->arena, text);
    compiler->faults.no_memory |= !copy.data;
    if (!copy.data)
        return NULL;
    error = tree_parse_value(compiler->arena, copy, SCHEMA_SIZE_MAX, &tree, &problem);
    compiler->faults.no_memory |= error == -ERR_NO_MEMORY;
    if (error < 0) {
        compile_fault_at(compiler, pending->node, pending->keyword, "%s cannot be read: %s",
                         quote_name(uri).text, buf_string(&problem.detail));
        return NULL;
    }
    document->text = tree;
    return document;
}

/* The resource at the URI, whose document is looked for, once, when it is not known yet. */
static struct resource *find_resource(struct compiler *compiler, const struct pending *pending,
                                      struct span uri)
{
    struct resource *resource;
    if (resource_find(compiler, uri, &resource))
        return resource;
    struct span kept = arena_copy(compiler->arena, uri);
    compiler->faults.no_memory |= !kept.data;
    if (!kept.data)
        return NULL;
    struct document *document = find_document(compiler, pending, kept);
    if (document)
        return resource_compile(compiler, kept, document);
    resource_note_missing(compiler, kept);
    return NULL;
}

/* A value that no keyword takes for a schema, and that is referred to as one. */
static struct node *compile_stray(struct compiler *compiler, const struct resource *resource,
                                  const struct tree *source, struct span pointer)
{
    if (source->type != TREE_OBJECT && source->type != TREE_TRUE && source->type != TREE_FALSE)
        return NULL;
    compiler->stray_at = arena_copy(compiler->arena, pointer);
    compiler->faults.no_memory |= !compiler->stray_at.data;
    if (!compiler->stray_at.data)
        return NULL;
    struct document *outer = compiler->document;
    compiler->document = resource->document;
    struct place place = {.value = source};
    struct node *node = compile_node(compiler, resource->root, &place, NULL, SITE_INNER);
    compiler->document = outer;
    compiler->stray = NULL;
    compiler->stray_at = (struct span){0};
    return node;
}

/* Pointers. An object of many members is sorted once, for all pointers that lead through it. */

#define MEMBERS_TRIED 16

static int compare_lookups(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)((const struct tree_lookup *)left)->object;
    uintptr_t b = (uintptr_t)((const struct tree_lookup *)right)->object;
    return (a > b) - (a < b);
}

static struct tree_lookup *lookup_of(struct compiler *compiler, const struct tree *object)
{
    const struct tree_lookup key = {.object = object};
    struct tree_lookup **found = tfind(&key, &compiler->lookups, compare_lookups);
    if (found)
        return *found;
    struct tree_lookup *lookup = compile_alloc(compiler, 1, sizeof(*lookup));
    if (!lookup)
        return NULL;
    tree_lookup_init(lookup, object);
    bool entered = tsearch(lookup, &compiler->lookups, compare_lookups);
    compiler->faults.no_memory |= !entered;
    return entered ? lookup : NULL;
}

static void finish_lookup(void *lookup)
{
    tree_lookup_finish(lookup);
}

void reference_finish(struct compiler *compiler)
{
    tdestroy(compiler->lookups, finish_lookup);
}

static const struct tree *member_at(struct compiler *compiler, const struct tree *object,
                                    struct span token)
{
    struct span name = pointer_token_decode(&compiler->scratch, token);
    compiler->faults.no_memory |= !name.data;
    if (!name.data || object->count <= MEMBERS_TRIED)
        return name.data ? tree_member(object, name) : NULL;
    struct tree_lookup *lookup = lookup_of(compiler, object);
    const struct tree_member *member = lookup ? tree_lookup_find(lookup, name) : NULL;
    return member ? &member->value : NULL;
}

static const struct tree *value_at(struct compiler *compiler, const struct tree *root,
                                   struct span pointer)
{
    const struct tree *at = root;
    struct span token;
    while (at && pointer_next(&pointer, &token)) {
        uint32_t index;
        if (at->type == TREE_OBJECT)
            at = member_at(compiler, at, token);
        else
            at = at->type == TREE_ARRAY && pointer_token_index(token, &index) && index < at->count
                     ? &at->items[index]
                     : NULL;
    }
    return at;
}

static struct node *find_fragment(struct compiler *compiler, const struct resource *resource,
                                  struct span fragment)
{
    if (fragment.size == 0)
        return resource->root;
    if (fragment.data[0] != '/')
        return resource_find_anchor(compiler, resource, fragment);
    const struct tree *source = value_at(compiler, resource->root->source, fragment);
    if (!source)
        return NULL;
    struct node *node = resource_find_node(compiler, source);
    return node ? node : compile_stray(compiler, resource, source, fragment);
}

/* The name by which the reference is dynamic; UINT32_MAX when it leads to one place alone: it must
 * have led to a dynamic anchor by its name (core, section 8.2.3.2). */
static uint32_t dynamic_name(struct compiler *compiler, const struct pending *pending,
                             const struct node *target, struct span fragment)
{
    if (pending->branch->kind != BRANCH_DYNAMIC)
        return UINT32_MAX;
    if (strcmp(pending->keyword, "$recursiveRef") == 0)
        fragment = resource_recursive_name();
    uint32_t at = resource_dynamic_name(compiler, fragment);
    bool leads =
        at != UINT32_MAX && target->resource->dynamic && target->resource->dynamic[at] == target;
    return leads ? at : UINT32_MAX;
}

static void link_to(struct compiler *compiler, const struct pending *pending, struct node *target,
                    struct span fragment)
{
    struct branch *branch = pending->branch;
    uint32_t name = dynamic_name(compiler, pending, target, fragment);
    branch->kind = name == UINT32_MAX ? BRANCH_REF : BRANCH_DYNAMIC;
    branch->name = name;
    branch->nodes[0] = target;
    branch->count = 1;
    compiler->schema->dynamic |= name != UINT32_MAX;
}

static void link_one(struct compiler *compiler, const struct pending *pending)
{
    AUTO_BUF struct buf uri = {0};
    AUTO_BUF struct buf decoded = {0};
    uri_resolve(&uri, pending->node->resource->uri, pending->reference->string);
    struct span absolute, fragment;
    uri_split(buf_span(&uri), &absolute, &fragment);
    bool readable = uri_decode(&decoded, fragment);
    compiler->faults.no_memory |= buf_failed(&uri) || buf_failed(&decoded);
    if (compile_failed(compiler))
        return;
    size_t faults = compiler->faults.total;
    struct resource *resource = find_resource(compiler, pending, absolute);
    struct node *target =
        resource && readable ? find_fragment(compiler, resource, buf_span(&decoded)) : NULL;
    if (compile_failed(compiler) || compiler->faults.total > faults)
        return;
    if (target)
        link_to(compiler, pending, target, buf_span(&decoded));
    else
        compile_fault_at(compiler, pending->node, pending->keyword,
                         "%s does not lead to a schema%s%s", quote_value(pending->reference).text,
                         resource ? "" : "; there is none at ",
                         resource ? "" : quote_name(absolute).text);
}

void reference_link(struct compiler *compiler)
{
    for (const struct pending *at = compiler->references; at && !compile_failed(compiler);
         at = at->next)
        link_one(compiler, at);
}
