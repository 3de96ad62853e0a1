/* The x- keywords: behaviour, declared beside the shape. */
#include "schema/pointer.h"
#include "schema/schema_compiler.h"

#include "store/base/cleanup.h"

static bool spans_equal(const struct span *a, const struct span *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!span_equal(a[i], b[i]))
            return false;
    return true;
}

static bool is_declared(const struct schema *schema, const struct schema_unique *unique)
{
    for (size_t i = 0; i < schema->unique_count; i++) {
        const struct schema_unique *other = &schema->uniques[i];
        if (other->count == unique->count &&
            spans_equal(other->pointers, unique->pointers, unique->count))
            return true;
    }
    return false;
}

/* Each rule is work for every write, and costs the store an index. */
#define UNIQUES_MAX        64
#define UNIQUE_MEMBERS_MAX 16

/* `unique` is in the compiler's memory. */
static void add_unique(struct compiler *compiler, const struct keyword *keyword,
                       const struct place *place, const struct schema_unique *unique)
{
    struct schema *schema = compiler->schema;
    if (is_declared(schema, unique)) {
        compile_fault(compiler, keyword, place, "the uniqueness of %s is declared twice",
                      quote_name(unique->name).text);
        return;
    }
    if (schema->unique_count == UNIQUES_MAX) {
        compile_fault(compiler, keyword, place, "there are more than %d uniqueness rules",
                      UNIQUES_MAX);
        return;
    }
    if (!schema->uniques)
        schema->uniques = compile_alloc(compiler, UNIQUES_MAX, sizeof(*schema->uniques));
    if (schema->uniques)
        schema->uniques[schema->unique_count++] = *unique;
}

/* `place` is a schema reached through `properties` alone, so that every other step is a member of
 * the document. */
void append_property_path(const struct place *place, struct buf *pointer, struct buf *name)
{
    if (!place->up)
        return;
    append_property_path(place->up->up, pointer, name);
    tree_append_pointer(pointer, place_key(place));
    if (name->size > 0)
        buf_append_byte(name, '.');
    buf_append_span(name, place_key(place));
}

static void add_property(struct compiler *compiler, const struct keyword *keyword,
                         const struct place *place)
{
    AUTO_BUF struct buf pointer = {0};
    AUTO_BUF struct buf name = {0};
    append_property_path(place->up, &pointer, &name);
    struct span *pointers = compile_alloc(compiler, 1, sizeof(*pointers));
    if (!pointers)
        return;
    pointers[0] = compile_keep(compiler, &pointer);
    struct schema_unique unique = {
        .name = compile_keep(compiler, &name), .count = 1, .pointers = pointers};
    if (!compiler->faults.no_memory)
        add_unique(compiler, keyword, place, &unique);
}

/* "/address/zip" is told to people as "address.zip". */
static void append_pointer_name(struct buf *name, struct span pointer)
{
    for (size_t i = 1; i < pointer.size; i++) {
        if (pointer.data[i] == '~')
            buf_append_byte(name, pointer.data[++i] == '1' ? '/' : '~');
        else
            buf_append_byte(name, pointer.data[i] == '/' ? '.' : pointer.data[i]);
    }
}

/* One member of a list: "slug" or "/address/zip". */
static bool take_member(struct compiler *compiler, const struct keyword *keyword,
                        const struct place *place, struct buf *name, struct span *ret_pointer)
{
    const struct tree *value = place->value;
    bool pointer =
        value->type == TREE_STRING && value->string.size > 0 && value->string.data[0] == '/';
    if (value->type != TREE_STRING || (pointer && !pointer_valid(value->string))) {
        compile_fault(compiler, keyword, place, "%s is neither a member name nor a JSON pointer",
                      quote_value(value).text);
        return false;
    }
    AUTO_BUF struct buf text = {0};
    if (pointer) {
        buf_append_span(&text, value->string);
        append_pointer_name(name, value->string);
    } else {
        tree_append_pointer(&text, value->string);
        buf_append_span(name, value->string);
    }
    *ret_pointer = compile_keep(compiler, &text);
    return true;
}

static bool has_twice(const struct span *pointers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (span_equal(pointers[i], pointers[j]))
                return true;
    return false;
}

static void add_list(struct compiler *compiler, const struct keyword *keyword,
                     const struct place *place)
{
    const struct tree *list = place->value;
    if (list->type != TREE_ARRAY || list->count == 0 || list->count > UNIQUE_MEMBERS_MAX) {
        compile_fault(compiler, keyword, place,
                      "a uniqueness rule is a list of one to %d member names, like "
                      "[\"team\", \"slug\"]",
                      UNIQUE_MEMBERS_MAX);
        return;
    }
    AUTO_BUF struct buf name = {0};
    struct span *pointers = compile_alloc(compiler, list->count, sizeof(*pointers));
    for (uint32_t i = 0; pointers && i < list->count; i++) {
        struct place item = place_of(place, &place->value->items[i]);
        if (i > 0)
            buf_append_byte(&name, ',');
        if (!take_member(compiler, keyword, &item, &name, &pointers[i]))
            return;
    }
    struct schema_unique unique = {
        .name = compile_keep(compiler, &name), .count = list->count, .pointers = pointers};
    if (compiler->faults.no_memory)
        return;
    if (has_twice(pointers, list->count))
        compile_fault(compiler, keyword, place, "a member is given twice");
    else
        add_unique(compiler, keyword, place, &unique);
}

static void compile_unique_lists(struct compiler *compiler, const struct keyword *keyword,
                                 const struct place *place)
{
    if (place->value->type != TREE_ARRAY) {
        compile_fault(compiler, keyword, place,
                      "at the root \"x-unique\" takes a list of lists of member names, like "
                      "[[\"team\", \"slug\"]]");
        return;
    }
    for (uint32_t i = 0; i < place->value->count && !compiler->faults.no_memory; i++) {
        struct place item = place_of(place, &place->value->items[i]);
        add_list(compiler, keyword, &item);
    }
}

void compile_unique(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                    const struct place *place)
{
    enum tree_type type = place->value->type;
    if (node->site == SITE_ROOT)
        compile_unique_lists(compiler, keyword, place);
    else if (node->site == SITE_INNER)
        compile_fault(compiler, keyword, place,
                      "\"x-unique\" belongs to the root, or to a member reached through "
                      "\"properties\" alone");
    else if (type == TREE_TRUE)
        add_property(compiler, keyword, place);
    else if (type != TREE_FALSE)
        compile_fault(compiler, keyword, place,
                      "\"x-unique\" of a member takes true or false; lists of members belong to "
                      "the root");
}

static bool is_at_root(struct compiler *compiler, const struct node *node,
                       const struct keyword *keyword, const struct place *place)
{
    if (node->site != SITE_ROOT)
        compile_fault(compiler, keyword, place, "\"%s\" belongs to the root of the schema",
                      keyword->name);
    return node->site == SITE_ROOT;
}

static unsigned event_of(const struct tree *value)
{
    static const char *const names[] = {"create", "update", "delete", "rename"};
    for (unsigned i = 0; i < 4; i++)
        if (value->type == TREE_STRING && span_is(value->string, names[i]))
            return 1U << i;
    return 0;
}

void compile_outbox(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                    const struct place *place)
{
    static const char usage[] =
        "\"x-outbox\" takes true, false, or a list of \"create\", \"update\", \"delete\" and "
        "\"rename\"";
    const struct tree *value = place->value;
    if (!is_at_root(compiler, node, keyword, place))
        return;
    if (value->type == TREE_TRUE)
        compiler->schema->events = SCHEMA_EVENT_ALL;
    else if (value->type != TREE_FALSE && value->type != TREE_ARRAY)
        compile_fault(compiler, keyword, place, "%s", usage);
    for (uint32_t i = 0; value->type == TREE_ARRAY && i < value->count; i++) {
        struct place item = place_of(place, &place->value->items[i]);
        unsigned event = event_of(item.value);
        if (event == 0 || (compiler->schema->events & event))
            compile_fault(compiler, keyword, &item, "%s %s; %s", quote_value(item.value).text,
                          event == 0 ? "is no operation" : "is given twice", usage);
        compiler->schema->events |= event;
    }
}

void compile_require_version(struct compiler *compiler, struct node *node,
                             const struct keyword *keyword, const struct place *place)
{
    if (is_at_root(compiler, node, keyword, place))
        compiler->schema->requires_version = place->value->type == TREE_TRUE;
}
