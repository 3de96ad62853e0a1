/* What can be told of a schema only when all of its nodes are there. */
#include "schema/schema_compiler.h"

#include "store/base/cleanup.h"

enum { MARK_NEW, MARK_OPEN, MARK_DONE };

static const char *find_loop(struct node *node, unsigned depth);

static const char *find_loop_of_dependents(const struct node *node, unsigned depth)
{
    const char *wrong = NULL;
    for (uint32_t i = 0; node->object && i < node->object->property_count; i++)
        for (struct dependent *at = node->object->properties[i].dependents; at && !wrong;
             at = at->next)
            if (at->node)
                wrong = find_loop(at->node, depth);
    return wrong;
}

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
    for (uint32_t i = 0; i < node->branch_count && !wrong; i++)
        for (uint32_t j = 0; j < node->branches[i].count && !wrong; j++)
            if (node->branches[i].nodes[j] && node->branches[i].kind != BRANCH_DYNAMIC)
                wrong = find_loop(node->branches[i].nodes[j], depth + 1);
    if (!wrong)
        wrong = find_loop_of_dependents(node, depth + 1);
    node->mark = MARK_DONE;
    return wrong;
}

/* Every loop has a reference in it. Those through dynamic references are left to the depth that a
 * check may take. */
static void refuse_loops(struct compiler *compiler)
{
    for (const struct pending *at = compiler->references; at; at = at->next) {
        const char *wrong = find_loop(at->node, 0);
        if (wrong)
            compile_fault_at(compiler, at->node, at->keyword, "%s %s",
                             quote_value(at->reference).text, wrong);
    }
}

static void check_default(struct compiler *compiler, struct node *node)
{
    const struct tree *value;
    if (node_complete(node, &compiler->scratch, node->default_value, &value) < 0) {
        compiler->faults.no_memory = true;
        return;
    }
    struct faults faults;
    faults_init(&faults, &compiler->scratch, PROBLEM_ITEMS_MAX);
    struct check check;
    check_init(&check, compiler->schema);
    check.fuel = (int64_t)compiler->fuel;
    check.faults = &faults;
    struct place place = {.value = value};
    bool valid = check_node(&check, node, &place, NULL);
    compiler->fuel = check.fuel > 0 ? (uint64_t)check.fuel : 0;
    compiler->faults.no_memory |= check.error == -ERR_NO_MEMORY || faults.no_memory;
    if (check.error < 0)
        compile_fault_at(compiler, node, "default", "the default cannot be checked: %s",
                         check.reason);
    else if (!valid && faults.total > 0)
        compile_fault_at(compiler, node, "default", "the default is not valid itself: %s%s%s",
                         faults.items[0].pointer, *faults.items[0].pointer ? ": " : "",
                         faults.items[0].message);
}

static void check_by_metaschema(struct compiler *compiler, const struct document *document)
{
    const struct schema *metaschema =
        document->metaschema ? document->metaschema
                             : library_metaschema(compiler->library, !compiler->options->lenient);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (!metaschema || schema_validate(metaschema, document->text, &problem) == 0)
        return;
    compiler->faults.no_memory |= problem.code == -ERR_NO_MEMORY;
    for (size_t i = 0; i < problem.item_count; i++) {
        AUTO_BUF struct buf pointer = {0};
        AUTO_BUF struct buf message = {0};
        buf_append_string(&pointer, problem.items[i].pointer);
        buf_append_string(&message, problem.items[i].message);
        compile_add_fault(compiler, document, &pointer, problem.items[i].keyword, &message);
    }
    if (problem.item_count == 0)
        compile_fault_at(compiler, compiler->schema->root, "$schema", "%s",
                         buf_string(&problem.detail));
}

static void check_documents(struct compiler *compiler)
{
    for (const struct document *at = compiler->documents; at; at = at->next)
        if (!at->is_standard && !at->is_other && !compiler->is_meta)
            check_by_metaschema(compiler, at);
}

static bool goes_on(const struct compiler *compiler)
{
    return !compile_failed(compiler) && compiler->faults.total == 0;
}

/* A node that is nothing but a reference gives way to what it leads to. With dynamic references
 * the way counts, too. */
static void shorten(struct compiler *compiler)
{
    if (compiler->schema->dynamic)
        return;
    for (const struct pending *at = compiler->references; at; at = at->next) {
        struct node *node = at->node;
        const struct node *target = node;
        while (target->branch_count == 1 && target->branches[0].kind == BRANCH_REF &&
               target->only_branches)
            target = target->branches[0].nodes[0];
        node->alias = target;
    }
}

void compile_settle(struct compiler *compiler)
{
    if (goes_on(compiler))
        refuse_loops(compiler);
    if (goes_on(compiler))
        check_documents(compiler);
    if (goes_on(compiler))
        shorten(compiler);
    for (const struct pending *at = compiler->defaults; at && goes_on(compiler); at = at->next)
        check_default(compiler, at->node);
}
