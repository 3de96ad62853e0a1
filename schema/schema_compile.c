#include "schema/schema_compiler.h"

#include "store/base/cleanup.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>

/* What a schema of the greatest size can need, several times over. */
#define ARENA_LIMIT ((size_t)512 << 20)

void *compile_alloc(struct compiler *compiler, size_t count, size_t size)
{
    void *memory = arena_alloc_array(compiler->arena, count, size);
    if (!memory)
        compiler->faults.no_memory = true;
    return memory;
}

bool compile_failed(const struct compiler *compiler)
{
    return compiler->faults.no_memory || compiler->error < 0;
}

bool compile_is_strict(const struct compiler *compiler)
{
    return !compiler->options->lenient && !compiler->document->is_standard && !compiler->is_meta;
}

struct span compile_keep(struct compiler *compiler, const struct buf *text)
{
    struct span copy = arena_copy(compiler->arena, buf_span(text));
    compiler->faults.no_memory |= buf_failed(text) || !copy.data;
    return copy;
}

/* Faults. What is wrong in another document is told at the root of this one. */

void compile_add_fault(struct compiler *compiler, const struct document *document,
                       const struct buf *pointer, const char *keyword, const struct buf *message)
{
    const char *where = (const char *)compile_keep(compiler, pointer).data;
    const char *what = (const char *)compile_keep(compiler, message).data;
    if (compile_failed(compiler))
        return;
    if (document->is_main) {
        fault_copy(&compiler->faults, where, keyword, what);
        return;
    }
    AUTO_BUF struct buf told = {0};
    buf_append_span(&told, document->uri);
    buf_printf(&told, "#%s: %s", where, what);
    what = (const char *)compile_keep(compiler, &told).data;
    if (what)
        fault_copy(&compiler->faults, "", keyword, what);
}

void compile_fault(struct compiler *compiler, const struct keyword *keyword,
                   const struct place *place, const char *format, ...)
{
    AUTO_BUF struct buf pointer = {0};
    AUTO_BUF struct buf message = {0};
    va_list args;
    if (compiler->faults.total >= compiler->faults.limit) {
        compiler->faults.total++;
        return;
    }
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    if (compiler->stray)
        node_append_pointer(&pointer, compiler->stray, NULL, FAULT_TEXT_MAX);
    place_append_pointer(&pointer, place, FAULT_TEXT_MAX);
    compile_add_fault(compiler, compiler->document, &pointer, keyword ? keyword->name : NULL,
                      &message);
}

void compile_fault_at(struct compiler *compiler, const struct node *node, const char *keyword,
                      const char *format, ...)
{
    AUTO_BUF struct buf pointer = {0};
    AUTO_BUF struct buf message = {0};
    va_list args;
    if (compiler->faults.total >= compiler->faults.limit) {
        compiler->faults.total++;
        return;
    }
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    node_append_pointer(&pointer, node, NULL, FAULT_TEXT_MAX);
    buf_printf(&pointer, "/%s", keyword);
    compile_add_fault(compiler, node->resource->document, &pointer, keyword, &message);
}

void compile_later(struct compiler *compiler, struct pending ***end, const struct pending *pending)
{
    struct pending *copy = compile_alloc(compiler, 1, sizeof(*copy));
    if (!copy)
        return;
    *copy = *pending;
    **end = copy;
    *end = &copy->next;
}

/* The parts of a node. */

#define RULES(kind, member, ...)                                                                   \
    struct kind##_rules *compile_##kind(struct compiler *compiler, struct node *node)              \
    {                                                                                              \
        if (node->member)                                                                          \
            return (struct kind##_rules *)(uintptr_t)node->member;                                 \
        struct kind##_rules *rules = compile_alloc(compiler, 1, sizeof(*rules));                   \
        if (rules)                                                                                 \
            *rules = (struct kind##_rules){__VA_ARGS__};                                           \
        node->member = rules;                                                                      \
        return rules;                                                                              \
    }

RULES(object, object, .max = UINT64_MAX)
RULES(array, array, .max = UINT64_MAX, .min_contains = 1, .max_contains = UINT64_MAX)
RULES(string, string, .max = UINT64_MAX)
RULES(number, number, .low = INT64_MIN, .high = INT64_MAX, .real_low = -HUGE_VAL,
      .real_high = HUGE_VAL)

/* A keyword makes one branch at most. */
struct branch *compile_branch(struct compiler *compiler, struct node *node, enum branch_kind kind,
                              const char *keyword, size_t count)
{
    struct node **nodes = compile_alloc(compiler, count, sizeof(struct node *));
    if (!node->branches)
        node->branches = compile_alloc(compiler, node->source->count, sizeof(*node->branches));
    if (!node->branches || !nodes)
        return NULL;
    struct branch *branch = &node->branches[node->branch_count++];
    *branch =
        (struct branch){.kind = kind, .keyword = keyword, .count = (uint32_t)count, .nodes = nodes};
    return branch;
}

static bool keep_pattern(struct compiler *compiler, struct pattern *pattern)
{
    struct schema *schema = compiler->schema;
    if (schema->pattern_count == schema->pattern_capacity) {
        size_t capacity = schema->pattern_capacity * 2 + 8;
        struct pattern **grown = realloc(schema->patterns, capacity * sizeof(struct pattern *));
        compiler->faults.no_memory |= !grown;
        if (!grown)
            return false;
        schema->patterns = grown;
        schema->pattern_capacity = capacity;
    }
    schema->patterns[schema->pattern_count++] = pattern;
    return true;
}

/* Patterns that are written alike are one. Of others a schema may have so many: each can take a
 * hundred kilobytes. */
#define PATTERNS_MAX 2048

struct written {
    struct span text;
    struct pattern *pattern;
};

static int compare_written(const void *left, const void *right)
{
    const struct written *a = left, *b = right;
    if (a->text.size != b->text.size)
        return a->text.size < b->text.size ? -1 : 1;
    return a->text.size > 0 ? memcmp(a->text.data, b->text.data, a->text.size) : 0;
}

static void note_pattern(struct compiler *compiler, struct span text, struct pattern *pattern)
{
    struct written *written = compile_alloc(compiler, 1, sizeof(*written));
    if (!written)
        return;
    *written = (struct written){.text = text, .pattern = pattern};
    compiler->faults.no_memory |= !tsearch(written, &compiler->patterns, compare_written);
}

static void keep_entry(void *entry)
{
    (void)entry; /* the arena's */
}

struct pattern *compile_regex(struct compiler *compiler, const struct keyword *keyword,
                              const struct place *place, struct span text)
{
    const struct written key = {.text = text};
    struct written **known = tfind(&key, &compiler->patterns, compare_written);
    if (known)
        return (*known)->pattern;
    if (compiler->schema->pattern_count == PATTERNS_MAX) {
        compile_fault(compiler, keyword, place, "there are more than %d patterns", PATTERNS_MAX);
        return NULL;
    }
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct pattern *pattern = NULL;
    int error = pattern_compile(text, &pattern, &problem);
    compiler->faults.no_memory |= error == -ERR_NO_MEMORY;
    if (error < 0) {
        compile_fault(compiler, keyword, place, "%s is not a pattern: %s", quote_name(text).text,
                      buf_string(&problem.detail));
        return NULL;
    }
    if (!keep_pattern(compiler, pattern)) {
        pattern_destroy(pattern);
        return NULL;
    }
    note_pattern(compiler, text, pattern);
    return pattern;
}

/* Nodes. */

static void refuse_unknown(struct compiler *compiler, const struct place *place)
{
    struct span name = place_key(place);
    bool is_ours = span_starts_with(name, span_of_string("x-"));
    struct suggestion suggestion = {.word = name};
    if (!compile_is_strict(compiler))
        return;
    keyword_suggest(&suggestion);
    if (is_ours || suggestion.best.size > 0)
        compile_fault(compiler, NULL, place, "the keyword %s is unknown%s", quote_name(name).text,
                      suggestion_text(&suggestion).text);
}

static const char *kind_of(unsigned takes)
{
    switch (takes) {
    case 1U << TREE_STRING:
        return "a string";
    case 1U << TREE_ARRAY:
        return "an array";
    case 1U << TREE_OBJECT:
        return "an object";
    case 1U << TREE_FALSE | 1U << TREE_TRUE:
        return "true or false";
    case 1U << TREE_INTEGER | 1U << TREE_REAL:
        return "a number";
    case 1U << TREE_STRING | 1U << TREE_ARRAY:
        return "a string or an array";
    default:
        return "a schema";
    }
}

static void compile_keyword(struct compiler *compiler, struct node *node,
                            const struct keyword *keyword, const struct place *place)
{
    const struct tree *value = place->value;
    bool is_behaviour = keyword->vocabularies & VOCABULARY_BEHAVIOUR;
    if (is_behaviour && (!compiler->document->is_main || compiler->options->lenient))
        return; /* it is for the collection that this is the schema of */
    if (!keyword->compile)
        compile_fault(compiler, keyword, place,
                      "the keyword \"%s\" is not implemented in this version", keyword->name);
    else if (keyword->takes >> value->type & 1)
        keyword->compile(compiler, node, keyword, place);
    else
        compile_fault(compiler, keyword, place, "\"%s\" takes %s, not %s", keyword->name,
                      kind_of(keyword->takes), quote_value(value).text);
}

static void compile_keywords(struct compiler *compiler, struct node *node,
                             const struct place *place)
{
    const struct tree *source = node->source;
    for (uint32_t i = 0; i < source->count && !compile_failed(compiler); i++) {
        struct place inner = place_of(place, &source->members[i].value);
        const struct keyword *keyword = keyword_find(node->resource, source->members[i].key);
        if (keyword)
            compile_keyword(compiler, node, keyword, &inner);
        else
            refuse_unknown(compiler, &inner);
    }
}

#define ALL_TYPES ((1U << (TREE_OBJECT + 1)) - 1)

static void finish(struct node *node)
{
    node->guarded =
        (node->object && node->object->unevaluated) || (node->array && node->array->unevaluated);
    bool bare = !node->object && !node->array && !node->string && !node->number &&
                !node->constant && !node->choices;
    node->plain = bare && node->branch_count == 0;
    node->only_number = node->number && !node->number->multiple_of && !node->object &&
                        !node->array && !node->string && !node->constant && !node->choices &&
                        node->branch_count == 0;
    node->only_branches = bare && node->types == ALL_TYPES;
}

struct node *compile_node(struct compiler *compiler, struct node *up, const struct place *place,
                          const struct tree_member *in, enum site site)
{
    const struct tree *source = place->value;
    struct node *known = compiler->stray ? resource_find_node(compiler, source) : NULL;
    if (known)
        return known; /* another reference led into it */
    struct node *node = compile_alloc(compiler, 1, sizeof(*node));
    if (!node)
        return NULL;
    *node = (struct node){.source = source, .up = up, .in = in, .site = site, .alias = node};
    if (up && !in) {
        node->at = compiler->stray_at;
        compiler->stray = node;
    }
    node->types = source->type == TREE_FALSE ? 0 : ALL_TYPES;
    resource_enter(compiler, node);
    resource_note_node(compiler, node);
    if (source->type == TREE_OBJECT && !compile_failed(compiler))
        compile_keywords(compiler, node, place);
    else if (source->type != TREE_TRUE && source->type != TREE_FALSE)
        compile_fault(compiler, NULL, place, "a schema is an object, true or false, not %s",
                      quote_value(source).text);
    finish(node);
    return compile_failed(compiler) ? NULL : node;
}

static void compile_document(struct compiler *compiler, struct document *document)
{
    struct span base = compiler->options->base;
    if (base.size == 0)
        base = span_of_string("persistfs:/schema");
    base = arena_copy(compiler->arena, base);
    compiler->faults.no_memory |= !base.data;
    struct resource *resource = base.data ? resource_compile(compiler, base, document) : NULL;
    if (!resource)
        return;
    compiler->schema->root = resource->root;
    reference_link(compiler);
    compile_settle(compiler);
}

static int take_outcome(struct compiler *compiler, struct problem *problem)
{
    if (compiler->error < 0 && problem)
        problem_copy(problem, &compiler->error_problem);
    if (compiler->error < 0)
        return compiler->error;
    if (compiler->faults.no_memory)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory to compile the schema");
    if (compiler->faults.total > 0)
        return faults_report(&compiler->faults, ERR_SCHEMA_INVALID, problem);
    return 0;
}

static int compile_text(const struct schema_library *library, const struct schema_options *options,
                        bool is_meta, struct span text, struct schema *schema,
                        struct problem *problem)
{
    struct document document = {.is_main = true};
    struct tree *tree;
    struct span copy = arena_copy(&schema->arena, text);
    if (!copy.data)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory for the schema");
    int error = tree_parse_value(&schema->arena, copy, SCHEMA_SIZE_MAX, &tree, problem);
    if (error < 0)
        return error;
    document.text = tree;
    struct compiler compiler = {.schema = schema,
                                .library = library,
                                .options = options,
                                .arena = &schema->arena,
                                .is_meta = is_meta,
                                .fuel = SCHEMA_FUEL};
    compiler.references_end = &compiler.references;
    compiler.defaults_end = &compiler.defaults;
    arena_init(&compiler.scratch, ARENA_LIMIT);
    problem_init(&compiler.error_problem);
    faults_init(&compiler.faults, &compiler.scratch, PROBLEM_ITEMS_MAX);
    if (!compiler.faults.no_memory)
        compile_document(&compiler, &document);
    error = take_outcome(&compiler, problem);
    tdestroy(compiler.patterns, keep_entry);
    dialect_finish(&compiler);
    reference_finish(&compiler);
    resource_finish(&compiler);
    problem_finish(&compiler.error_problem);
    arena_finish(&compiler.scratch);
    return error;
}

static int compile(const struct schema_library *library, const struct schema_options *options,
                   bool is_meta, struct span text, struct schema **ret_schema,
                   struct problem *problem)
{
    if (text.size > SCHEMA_SIZE_MAX)
        return problem_set(problem, ERR_TOO_LARGE,
                           "the schema has %zu bytes, at most %d are allowed", text.size,
                           SCHEMA_SIZE_MAX);
    struct schema *schema = calloc(1, sizeof(*schema));
    if (!schema)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory for the schema");
    arena_init(&schema->arena, ARENA_LIMIT);
    int error = compile_text(library, options, is_meta, text, schema, problem);
    if (error < 0) {
        schema_destroy(schema);
        return error;
    }
    *ret_schema = schema;
    return 0;
}

int schema_compile(const struct schema_library *library, const struct schema_options *options,
                   struct span text, struct schema **ret_schema, struct problem *problem)
{
    static const struct schema_options none;
    return compile(library, options ? options : &none, false, text, ret_schema, problem);
}

int compile_metaschema(const struct schema_library *library, const struct schema_options *options,
                       struct span uri, struct span text, struct schema **ret_schema,
                       struct problem *problem)
{
    const struct schema_options own = {
        .base = uri, .source = options->source, .lenient = true, .annotate_formats = true};
    return compile(library, &own, true, text, ret_schema, problem);
}

void schema_destroy(struct schema *schema)
{
    if (!schema)
        return;
    for (size_t i = 0; i < schema->pattern_count; i++)
        pattern_destroy(schema->patterns[i]);
    free(schema->patterns);
    arena_finish(&schema->arena);
    free(schema);
}

size_t schema_uniques(const struct schema *schema, const struct schema_unique **ret_uniques)
{
    *ret_uniques = schema->uniques;
    return schema->unique_count;
}

size_t schema_references(const struct schema *schema, const struct schema_reference **ret)
{
    *ret = schema->references;
    return schema->reference_count;
}

unsigned schema_events(const struct schema *schema)
{
    return schema->events;
}

bool schema_requires_version(const struct schema *schema)
{
    return schema->requires_version;
}
