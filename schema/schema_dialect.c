/* Dialects: which keywords a schema has, and what it must satisfy itself (core, section 8.1). */
#include "schema/schema_compiler.h"
#include "schema/uri.h"

#include "store/base/cleanup.h"

/* Each may be as large as a schema, and draw in as much. */
#define DIALECTS_MAX 8

void dialect_finish(struct compiler *compiler)
{
    for (struct dialect *at = compiler->dialects; at; at = at->next)
        schema_destroy(at->metaschema);
}

static unsigned take_vocabularies(struct compiler *compiler, const struct node *node,
                                  const struct tree *metaschema)
{
    const struct tree *list = tree_get(metaschema, "$vocabulary");
    if (!list || list->type != TREE_OBJECT)
        return VOCABULARY_ALL;
    unsigned vocabularies = VOCABULARY_CORE | VOCABULARY_BEHAVIOUR;
    for (uint32_t i = 0; i < list->count; i++) {
        unsigned vocabulary = vocabulary_find(list->members[i].key);
        vocabularies |= vocabulary;
        if (!vocabulary && list->members[i].value.type == TREE_TRUE)
            compile_fault_at(compiler, node, "$schema",
                             "the dialect needs the vocabulary %s, which is unknown",
                             quote_name(list->members[i].key).text);
    }
    return vocabularies;
}

/* Adds a fault unless the metaschema was used. */
static void judge_use(struct compiler *compiler, const struct node *node, struct span uri,
                      int error, const struct problem *problem)
{
    compiler->faults.no_memory |= error == -ERR_NO_MEMORY;
    if (error < 0)
        compile_fault_at(compiler, node, "$schema", "the metaschema %s cannot be used: %s",
                         quote_name(uri).text, buf_string(&problem->detail));
}

static void read_metaschema(struct compiler *compiler, const struct node *node,
                            struct dialect *dialect)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *metaschema;
    int error = tree_parse_value(&arena, dialect->text, SCHEMA_SIZE_MAX, &metaschema, &problem);
    if (error == 0)
        dialect->vocabularies = take_vocabularies(compiler, node, metaschema);
    dialect->tried = error < 0;
    judge_use(compiler, node, dialect->uri, error, &problem);
}

/* What a document of the dialect must satisfy, once one asks. */
static void compile_for_document(struct compiler *compiler, const struct node *node,
                                 struct dialect *dialect)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    dialect->tried = true;
    int error = compile_metaschema(compiler->library, compiler->options, dialect->uri,
                                   dialect->text, &dialect->metaschema, &problem);
    judge_use(compiler, node, dialect->uri, error, &problem);
}

/* The dialect of that URI, looked for when it is not known yet. */
static struct dialect *find_dialect(struct compiler *compiler, const struct node *node,
                                    struct span uri)
{
    unsigned count = 0;
    for (struct dialect *at = compiler->dialects; at; at = at->next, count++)
        if (span_equal(at->uri, uri))
            return at;
    if (count == DIALECTS_MAX) {
        compile_fault_at(compiler, node, "$schema", "there are more than %d dialects",
                         DIALECTS_MAX);
        return NULL;
    }
    struct dialect *dialect = compile_alloc(compiler, 1, sizeof(*dialect));
    if (!dialect)
        return NULL;
    bool is_standard;
    dialect->uri = uri;
    dialect->vocabularies = VOCABULARY_ALL;
    dialect->next = compiler->dialects;
    compiler->dialects = dialect;
    int error = reference_find_text(compiler, uri, uri, &is_standard, &dialect->text);
    if (error < 0 && error != -ERR_NOT_FOUND)
        compiler->error = error;
    if (error == 0)
        read_metaschema(compiler, node, dialect);
    return dialect;
}

/* The dialect of a metaschema that somebody wrote. */
static void take_dialect(struct compiler *compiler, struct node *node, const struct tree *name,
                         struct span uri)
{
    struct document *document = node->resource->document;
    struct dialect *dialect = find_dialect(compiler, node, uri);
    if (!dialect || compile_failed(compiler))
        return;
    if (!dialect->text.data) {
        compile_fault_at(compiler, node, "$schema", "\"$schema\" is %s; the one known is \"%s\"",
                         quote_value(name).text, DIALECT_2020);
        return;
    }
    node->resource->vocabularies = dialect->vocabularies;
    if (compiler->is_meta || document->text != node->source)
        return;
    if (!dialect->tried)
        compile_for_document(compiler, node, dialect);
    document->metaschema = dialect->metaschema;
}

void resource_set_dialect(struct compiler *compiler, struct node *node)
{
    struct resource *resource = node->resource;
    const struct tree *value = tree_get(node->source, "$schema");
    if (!value || value->type != TREE_STRING)
        return;
    struct span uri, fragment;
    uri_split(value->string, &uri, &fragment);
    resource->draft_2019 = span_is(uri, DIALECT_2019);
    if (!node->up)
        resource->document->is_other = resource->draft_2019;
    if (resource->draft_2019 || span_is(uri, DIALECT_2020))
        resource->vocabularies = VOCABULARY_ALL;
    else
        take_dialect(compiler, node, value, uri);
}

void compile_nested_dialect(struct compiler *compiler, struct node *node,
                            const struct keyword *keyword, const struct place *place)
{
    if (node->resource->root != node)
        compile_fault(compiler, keyword, place,
                      "\"$schema\" belongs to the root of a schema, beside its \"$id\"");
}
