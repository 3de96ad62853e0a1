/* x-ref and x-on-delete: members that name an entity of another collection. */
#include "schema/schema_compiler.h"

#include "store/base/cleanup.h"

/* Each is an index of the store and work for every write. */
#define REFERENCES_MAX 64

#define COLLECTION_NAME_MAX 64

static bool is_letter(uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
}

static bool is_collection_name(struct span name)
{
    if (name.size == 0 || name.size > COLLECTION_NAME_MAX || !is_letter(name.data[0]))
        return false;
    for (size_t i = 1; i < name.size; i++)
        if (!is_letter(name.data[i]) && !(name.data[i] >= '0' && name.data[i] <= '9') &&
            name.data[i] != '-')
            return false;
    return true;
}

static bool take_on_delete(struct compiler *compiler, const struct keyword *keyword,
                           const struct place *place, enum schema_on_delete *ret_on_delete)
{
    static const char *const names[] = {"restrict", "cascade", "set-null"};
    const struct tree *value = tree_get(place->up->value, "x-on-delete");
    *ret_on_delete = SCHEMA_RESTRICT;
    if (!value)
        return true;
    for (unsigned i = 0; i < 3; i++) {
        if (value->type != TREE_STRING || !span_is(value->string, names[i]))
            continue;
        *ret_on_delete = (enum schema_on_delete)i;
        return true;
    }
    compile_fault(compiler, keyword, place,
                  "\"x-on-delete\" takes \"restrict\", \"cascade\" or \"set-null\", not %s",
                  quote_value(value).text);
    return false;
}

static void add_reference(struct compiler *compiler, const struct keyword *keyword,
                          const struct place *place, const struct schema_reference *reference)
{
    struct schema *schema = compiler->schema;
    if (schema->reference_count == REFERENCES_MAX) {
        compile_fault(compiler, keyword, place, "there are more than %d references",
                      REFERENCES_MAX);
        return;
    }
    if (!schema->references)
        schema->references = compile_alloc(compiler, REFERENCES_MAX, sizeof(*reference));
    if (schema->references)
        schema->references[schema->reference_count++] = *reference;
}

void compile_ref(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                 const struct place *place)
{
    const struct tree *value = place->value;
    struct schema_reference reference = {.each = node->site == SITE_ITEM};
    if (node->site != SITE_PROPERTY && node->site != SITE_ITEM) {
        compile_fault(compiler, keyword, place,
                      "\"x-ref\" belongs to a member reached through \"properties\" alone, or to "
                      "the \"items\" of one");
        return;
    }
    if (value->type != TREE_STRING || !is_collection_name(value->string)) {
        compile_fault(compiler, keyword, place, "\"x-ref\" takes the name of a collection, not %s",
                      quote_value(value).text);
        return;
    }
    if (!take_on_delete(compiler, keyword, place, &reference.on_delete))
        return;
    AUTO_BUF struct buf pointer = {0};
    AUTO_BUF struct buf name = {0};
    const struct place *owner = reference.each ? place->up->up : place->up;
    append_property_path(owner, &pointer, &name);
    reference.pointer = compile_keep(compiler, &pointer);
    reference.name = compile_keep(compiler, &name);
    reference.collection = value->string;
    if (!compiler->faults.no_memory)
        add_reference(compiler, keyword, place, &reference);
}

void compile_on_delete(struct compiler *compiler, struct node *node, const struct keyword *keyword,
                       const struct place *place)
{
    (void)node;
    if (!tree_get(place->up->value, "x-ref"))
        compile_fault(compiler, keyword, place, "\"x-on-delete\" belongs beside an \"x-ref\"");
}
