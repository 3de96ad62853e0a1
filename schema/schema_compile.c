#include "schema/schema_internal.h"

#include "store/base/cleanup.h"

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

void compile_fault(struct compiler *compiler, const struct rule *rule, const struct place *place,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault_vadd(&compiler->faults, place, rule->keyword->name, format, args);
    va_end(args);
}

void compile_later(struct compiler *compiler, struct pending **list, struct node *node,
                   struct rule *rule)
{
    struct pending *pending = compile_alloc(compiler, 1, sizeof(*pending));
    if (!pending)
        return;
    *pending = (struct pending){.next = *list, .node = node, .rule = rule};
    *list = pending;
}

static bool find_place(const struct place *place, const struct tree *wanted,
                       struct compiler *compiler, const char *keyword, const char *message)
{
    const struct tree *value = place->value;
    if (value == wanted) {
        fault_add(&compiler->faults, place, keyword, "%s", message);
        return true;
    }
    bool found = false;
    for (uint32_t i = 0; value->type == TREE_OBJECT && i < value->count && !found; i++) {
        struct place inner = place_member(place, &value->members[i]);
        found = find_place(&inner, wanted, compiler, keyword, message);
    }
    for (uint32_t i = 0; value->type == TREE_ARRAY && i < value->count && !found; i++) {
        struct place inner = place_item(place, i);
        found = find_place(&inner, wanted, compiler, keyword, message);
    }
    return found;
}

/* At a value of the schema whose place is no longer at hand. The search takes time, but only for
 * the few faults that are told. */
static void fault_at(struct compiler *compiler, const struct tree *value, const char *keyword,
                     const char *format, ...)
{
    AUTO_BUF struct buf message = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    struct place root = {.value = compiler->text};
    if (compiler->faults.total < PROBLEM_ITEMS_MAX)
        find_place(&root, value, compiler, keyword, buf_string(&message));
    else
        compiler->faults.total++;
}

const struct rule *node_rule(const struct node *node, const char *keyword)
{
    for (uint32_t i = 0; i < node->rule_count; i++)
        if (strcmp(node->rules[i].keyword->name, keyword) == 0)
            return &node->rules[i];
    return NULL;
}

static void refuse_keyword(struct compiler *compiler, const struct keyword *keyword,
                           const struct place *place)
{
    if (keyword) {
        fault_add(&compiler->faults, place, keyword->name,
                  "the keyword \"%s\" is not implemented in this version", keyword->name);
        return;
    }
    struct suggestion suggestion = {.word = place->key};
    if (compiler->faults.total < PROBLEM_ITEMS_MAX)
        keyword_suggest(&suggestion);
    fault_add(&compiler->faults, place, NULL, "the keyword %s is unknown%s",
              quote_name(place->key).text, suggestion_text(&suggestion).text);
}

static void compile_rules(struct compiler *compiler, struct node *node, const struct place *place)
{
    const struct tree *source = place->value;
    node->rules = compile_alloc(compiler, source->count, sizeof(*node->rules));
    if (!node->rules)
        return;
    for (uint32_t i = 0; i < source->count && !compiler->faults.no_memory; i++) {
        struct place inner = place_member(place, &source->members[i]);
        const struct keyword *keyword = keyword_find(inner.key);
        if (!keyword || !keyword->compile) {
            refuse_keyword(compiler, keyword, &inner);
            continue;
        }
        struct rule *rule = &node->rules[node->rule_count++];
        rule->keyword = keyword;
        rule->value = inner.value;
        keyword->compile(compiler, node, rule, &inner);
    }
}

static void mark_required(struct node *node)
{
    const struct rule *required = node_rule(node, "required");
    if (!required || required->value->type != TREE_ARRAY)
        return;
    for (uint32_t i = 0; i < required->value->count; i++) {
        const struct tree *name = &required->value->items[i];
        uint32_t at =
            name->type == TREE_STRING ? node_property(node, name->string) : NODE_NO_PROPERTY;
        if (at != NODE_NO_PROPERTY)
            node->properties[at].required = true;
    }
}

/* What the members tell about the whole. */
static void sum_up_properties(struct compiler *compiler, struct node *node)
{
    mark_required(node);
    for (uint32_t i = 0; i < node->property_count; i++) {
        const struct property *property = &node->properties[i];
        bool added = property->required && property->node->default_value;
        node->guards |= property->node->read_only || property->node->guards;
        node->completes |= added || property->node->completes;
        if (added)
            compile_later(compiler, &compiler->defaults, property->node, NULL);
    }
}

struct node *compile_node(struct compiler *compiler, const struct place *place, enum site site)
{
    struct node *node = compile_alloc(compiler, 1, sizeof(*node));
    if (!node)
        return NULL;
    node->source = place->value;
    node->site = site;
    node->older = compiler->newest;
    compiler->newest = node;
    compiler->node_count++;
    if (place->value->type == TREE_OBJECT) {
        compile_rules(compiler, node, place);
        if (!compiler->faults.no_memory)
            sum_up_properties(compiler, node);
    } else if (place->value->type != TREE_TRUE && place->value->type != TREE_FALSE) {
        fault_add(&compiler->faults, place, NULL, "a schema is an object, true or false, not %s",
                  quote_value(place->value).text);
    }
    return compiler->faults.no_memory ? NULL : node;
}

static int compare_addresses(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)(*(struct node *const *)left)->source;
    uintptr_t b = (uintptr_t)(*(struct node *const *)right)->source;
    return (a > b) - (a < b);
}

static struct node **sort_nodes(struct compiler *compiler)
{
    struct node **nodes =
        arena_alloc_array(&compiler->scratch, compiler->node_count, sizeof(struct node *));
    if (!nodes) {
        compiler->faults.no_memory = true;
        return NULL;
    }
    size_t count = 0;
    for (struct node *node = compiler->newest; node; node = node->older)
        nodes[count++] = node;
    qsort(nodes, count, sizeof(struct node *), compare_addresses);
    return nodes;
}

static int hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* RFC 6901, section 6: a pointer in a fragment is percent-encoded. */
static bool decode_fragment(struct span fragment, struct buf *out)
{
    for (size_t i = 0; i < fragment.size; i++) {
        if (fragment.data[i] != '%') {
            buf_append_byte(out, fragment.data[i]);
            continue;
        }
        int high = i + 2 < fragment.size ? hex_value(fragment.data[i + 1]) : -1;
        int low = i + 2 < fragment.size ? hex_value(fragment.data[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        buf_append_byte(out, (uint8_t)(high * 16 + low));
        i += 2;
    }
    return true;
}

static struct node *find_target(struct compiler *compiler, struct node **nodes,
                                struct span reference)
{
    AUTO_BUF struct buf pointer = {0};
    if (!decode_fragment(span_skip(reference, 1), &pointer))
        return NULL;
    compiler->faults.no_memory |= buf_failed(&pointer);
    const struct tree *target = tree_at(compiler->text, buf_span(&pointer));
    if (!target)
        return NULL;
    struct node wanted = {.source = target};
    const struct node *key = &wanted;
    struct node **found =
        bsearch(&key, nodes, compiler->node_count, sizeof(struct node *), compare_addresses);
    return found ? *found : NULL;
}

static void link_references(struct compiler *compiler)
{
    if (!compiler->references)
        return;
    struct node **nodes = sort_nodes(compiler);
    if (!nodes)
        return;
    for (struct pending *at = compiler->references; at; at = at->next) {
        at->rule->nodes[0] = find_target(compiler, nodes, at->rule->value->string);
        if (!at->rule->nodes[0])
            fault_at(compiler, at->rule->value, "$ref", "%s does not lead to a schema",
                     quote_value(at->rule->value).text);
    }
}

enum { MARK_NEW, MARK_OPEN, MARK_DONE };

/* Follows what is checked on one and the same value. Returns NULL, or what is wrong. */
static const char *find_loop(struct node *node, unsigned depth)
{
    if (node->mark == MARK_DONE)
        return NULL;
    if (node->mark == MARK_OPEN)
        return "leads into an endless loop of references";
    if (depth == SCHEMA_DEPTH_MAX)
        return "begins too long a chain of references";
    const char *wrong = NULL;
    node->mark = MARK_OPEN;
    for (uint32_t i = 0; i < node->rule_count && !wrong; i++)
        for (size_t j = 0; node->rules[i].keyword->in_place && j < node->rules[i].count; j++)
            if (!wrong)
                wrong = find_loop(node->rules[i].nodes[j], depth + 1);
    node->mark = MARK_DONE;
    return wrong;
}

/* Every loop has a reference in it. */
static void refuse_loops(struct compiler *compiler)
{
    for (struct pending *at = compiler->references; at; at = at->next) {
        const char *wrong = find_loop(at->node, 0);
        if (wrong)
            fault_at(compiler, at->rule->value, "$ref", "%s %s", quote_value(at->rule->value).text,
                     wrong);
    }
}

static void check_default(struct compiler *compiler, const struct pending *pending)
{
    const struct tree *value;
    if (node_complete(pending->node, &compiler->scratch, pending->node->default_value, &value) <
        0) {
        compiler->faults.no_memory = true;
        return;
    }
    struct faults faults = {.arena = &compiler->scratch};
    struct check check = {.fuel = compiler->fuel, .faults = &faults};
    struct place place = {.value = value};
    bool valid = check_node(&check, pending->node, &place);
    compiler->fuel = check.fuel;
    compiler->faults.no_memory |= check.error < 0;
    if (check.gave_up)
        fault_at(compiler, pending->node->default_value, "default",
                 "the default cannot be checked: %s", check.gave_up);
    else if (!valid && faults.total > 0)
        fault_at(compiler, pending->node->default_value, "default",
                 "the default is not valid itself: %s%s%s", faults.items[0].pointer,
                 *faults.items[0].pointer ? ": " : "", faults.items[0].message);
}

static void check_defaults(struct compiler *compiler)
{
    for (struct pending *at = compiler->defaults; at && !compiler->faults.no_memory; at = at->next)
        check_default(compiler, at);
}

static struct pending *reverse(struct pending *list)
{
    struct pending *reversed = NULL;
    while (list) {
        struct pending *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

static int compile_tree(struct compiler *compiler, struct problem *problem)
{
    struct place root = {.value = compiler->text};
    compiler->schema->root = compile_node(compiler, &root, SITE_ROOT);
    compiler->references = reverse(compiler->references);
    compiler->defaults = reverse(compiler->defaults);
    if (!compiler->faults.no_memory)
        link_references(compiler);
    if (!compiler->faults.no_memory && compiler->faults.total == 0)
        refuse_loops(compiler);
    if (!compiler->faults.no_memory && compiler->faults.total == 0)
        check_defaults(compiler);
    if (compiler->faults.no_memory)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory to compile the schema");
    if (compiler->faults.total > 0)
        return faults_report(&compiler->faults, ERR_SCHEMA_INVALID, problem);
    return 0;
}

static int compile_text_of(struct schema *schema, struct span text, struct problem *problem)
{
    struct tree *root;
    struct span copy = arena_copy(&schema->arena, text);
    if (!copy.data)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory for the schema");
    int error = tree_parse(&schema->arena, copy, SCHEMA_SIZE_MAX, &root, problem);
    if (error < 0)
        return error;
    struct compiler compiler = {
        .schema = schema, .arena = &schema->arena, .text = root, .fuel = SCHEMA_FUEL};
    arena_init(&compiler.scratch, ARENA_LIMIT);
    compiler.faults.arena = &compiler.scratch;
    error = compile_tree(&compiler, problem);
    arena_finish(&compiler.scratch);
    return error;
}

int schema_compile(struct span text, struct schema **ret_schema, struct problem *problem)
{
    if (text.size > SCHEMA_SIZE_MAX)
        return problem_set(problem, ERR_TOO_LARGE,
                           "the schema has %zu bytes, at most %d are allowed", text.size,
                           SCHEMA_SIZE_MAX);
    struct schema *schema = calloc(1, sizeof(*schema));
    if (!schema)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory for the schema");
    arena_init(&schema->arena, ARENA_LIMIT);
    int error = compile_text_of(schema, text, problem);
    if (error < 0) {
        schema_destroy(schema);
        return error;
    }
    *ret_schema = schema;
    return 0;
}

void schema_destroy(struct schema *schema)
{
    if (!schema)
        return;
    arena_finish(&schema->arena);
    free(schema);
}

size_t schema_uniques(const struct schema *schema, const struct schema_unique **ret_uniques)
{
    *ret_uniques = schema->uniques;
    return schema->unique_count;
}

unsigned schema_events(const struct schema *schema)
{
    return schema->events;
}

bool schema_requires_version(const struct schema *schema)
{
    return schema->requires_version;
}
