/* x-ref: members that name an entity of a collection. Each names one that is there when its command
 * ends, and the store has a row for it under the name of what it refers to. */
#include "fs/model_internal.h"

#include "store/base/cleanup.h"

#define REFERENCES_MAX 10000 /* of one document */
#define QUOTE_MAX      100   /* bytes of a value in a message */

int reference_rule(const struct schema_reference *rule, uint64_t *ret_rule)
{
    AUTO_BUF struct buf name = {0};
    if (rule->each)
        buf_append_byte(&name, '*');
    buf_append_span(&name, rule->pointer);
    buf_append_byte(&name, '\n');
    if (buf_failed(&name))
        return -ERR_NO_MEMORY;
    *ret_rule = fingerprint(buf_span(&name));
    return 0;
}

void reference_target(struct buf *out, struct span collection, struct span id)
{
    buf_append_span(out, collection);
    buf_append_byte(out, '/');
    buf_append_span(out, id);
}

const struct tree *reference_values(const struct schema_reference *rule, const struct tree *tree,
                                    uint32_t *ret_count)
{
    const struct tree *value = tree_at(tree, rule->pointer);
    *ret_count = 0;
    if (!value || (rule->each && value->type != TREE_ARRAY))
        return NULL;
    *ret_count = rule->each ? value->count : 1;
    return rule->each ? value->items : value;
}

/* The first fault is the detail, too. */
static void add_fault(struct problem *problem, const struct schema_reference *rule, uint32_t nth,
                      const struct buf *message)
{
    AUTO_BUF struct buf pointer = {0};
    if (!problem)
        return;
    buf_append_span(&pointer, rule->pointer);
    if (rule->each)
        buf_printf(&pointer, "/%u", nth);
    if (problem->code != -ERR_REFERENCE_MISSING)
        problem_set(problem, ERR_REFERENCE_MISSING, "%s", buf_string(message));
    problem_add(problem, buf_string(&pointer), "x-ref", "%s", buf_string(message));
}

static void begin_message(struct buf *out, const struct schema_ref *schema,
                          const struct schema_reference *rule)
{
    buf_append_span(out, schema->name);
    buf_append_byte(out, '.');
    buf_append_span(out, rule->name);
}

static void refuse_type(struct problem *problem, const struct schema_ref *schema,
                        const struct schema_reference *rule, uint32_t nth, const struct tree *value)
{
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf message = {0};
    tree_write_compact(&text, value);
    begin_message(&message, schema, rule);
    struct span quote = span_head(buf_span(&text), QUOTE_MAX);
    buf_printf(&message, " %.*s%s: an entity of %.*s is named by its id, which is a string",
               (int)quote.size, quote.data, text.size > quote.size ? "..." : "",
               (int)rule->collection.size, rule->collection.data);
    add_fault(problem, rule, nth, &message);
}

/* By rule and target; the first of those that are alike is the one that messages tell of. */
static int compare(const void *left, const void *right)
{
    const struct reference *a = left;
    const struct reference *b = right;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    size_t size = a->target.size < b->target.size ? a->target.size : b->target.size;
    int order = memcmp(a->target.data, b->target.data, size);
    return order != 0 ? order
                      : (a->target.size > b->target.size) - (a->target.size < b->target.size);
}

static int compare_with_place(const void *left, const void *right)
{
    const struct reference *a = left;
    const struct reference *b = right;
    int order = compare(a, b);
    return order != 0 ? order : (a->nth > b->nth) - (a->nth < b->nth);
}

static void sort(struct references *references)
{
    size_t count = 0;
    struct reference *items = references->items;
    qsort(items, references->count, sizeof(*items), compare_with_place);
    for (size_t i = 0; i < references->count; i++)
        if (count == 0 || compare(&items[count - 1], &items[i]) != 0)
            items[count++] = items[i];
    references->count = count;
}

size_t references_count(const struct schema *schema, const struct tree *tree)
{
    const struct schema_reference *rules;
    size_t count = schema_references(schema, &rules);
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t values;
        reference_values(&rules[i], tree, &values);
        total += values;
    }
    return total;
}

static int make_room(struct arena *arena, const struct schema *schema, const struct tree *tree,
                     struct references *references, struct problem *problem)
{
    size_t total = references_count(schema, tree);
    if (total > REFERENCES_MAX)
        return problem_set(problem, ERR_TOO_LARGE,
                           "the document has %zu references to entities, and may have %d", total,
                           REFERENCES_MAX);
    references->items = arena_alloc_array(arena, total, sizeof(*references->items));
    return references->items ? 0 : -ERR_NO_MEMORY;
}

static int take_value(struct arena *arena, const struct schema_reference *rule,
                      const struct tree *value, struct reference *reference)
{
    AUTO_BUF struct buf target = {0};
    reference_target(&target, rule->collection, value->string);
    reference->target = arena_copy(arena, buf_span(&target));
    return buf_failed(&target) || !reference->target.data ? -ERR_NO_MEMORY : 0;
}

static int take_values(struct arena *arena, const struct schema_ref *schema,
                       const struct schema_reference *rule, const struct tree *tree,
                       struct references *references, struct problem *problem)
{
    uint32_t count;
    const struct tree *values = reference_values(rule, tree, &count);
    struct reference reference = {.member = rule};
    int result = count > 0 ? reference_rule(rule, &reference.rule) : 0;
    int refused = 0;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        reference.nth = i;
        if (values[i].type == TREE_STRING) {
            result = take_value(arena, rule, &values[i], &reference);
            references->items[references->count++] = reference;
        } else if (values[i].type != TREE_NULL) {
            refuse_type(problem, schema, rule, i, &values[i]);
            refused = -ERR_REFERENCE_MISSING;
        }
    }
    return result < 0 ? result : refused;
}

int references_collect(struct arena *arena, const struct schema_ref *schema,
                       const struct tree *tree, struct references *ret_references,
                       struct problem *problem)
{
    const struct schema_reference *rules;
    size_t count = tree ? schema_references(schema->schema, &rules) : 0;
    struct references references = {0};
    int refused = 0;
    int result = count > 0 ? make_room(arena, schema->schema, tree, &references, problem) : 0;
    for (size_t i = 0; i < count && result == 0; i++) {
        result = take_values(arena, schema, &rules[i], tree, &references, problem);
        if (result == -ERR_REFERENCE_MISSING) {
            refused = result;
            result = 0;
        }
    }
    if (result < 0 || refused < 0)
        return result < 0 ? result : refused;
    if (references.count > 0)
        sort(&references);
    *ret_references = references;
    return 0;
}

static bool has(const struct references *references, const struct reference *reference)
{
    return references->count > 0 && bsearch(reference, references->items, references->count,
                                            sizeof(*reference), compare) != NULL;
}

static struct span id_of(const struct reference *reference)
{
    return span_skip(reference->target, reference->member->collection.size + 1);
}

int reference_find(struct store_view *view, uint64_t parent, struct span name,
                   struct row_binding *ret_binding)
{
    int found = store_name_get(view, parent, name, ret_binding);
    if (found == 0)
        *ret_binding = (struct row_binding){0};
    return found < 0 ? found : 0;
}

/* `users "zed"`, with what is no text escaped and what is long cut. */
static void refuse_missing(struct problem *problem, const struct schema_ref *schema,
                           const struct reference *reference, bool has_collection)
{
    const struct schema_reference *rule = reference->member;
    struct span id = id_of(reference);
    const char *more = id.size > QUOTE_MAX ? "..." : "";
    AUTO_BUF struct buf quoted = {0};
    AUTO_BUF struct buf message = {0};
    buf_append_json_string(&quoted, span_head(id, QUOTE_MAX));
    begin_message(&message, schema, rule);
    buf_printf(&message, " %s%s: there is no ", buf_string(&quoted), more);
    if (!has_collection)
        buf_append_string(&message, "collection ");
    buf_append_span(&message, rule->collection);
    if (has_collection && quoted.size >= 2)
        buf_printf(&message, "/%.*s%s.json", (int)quoted.size - 2, quoted.data + 1, more);
    add_fault(problem, rule, reference->nth, &message);
}

static bool is_self(const struct reference *reference, const struct schema_ref *schema,
                    struct span name)
{
    return span_equal(reference->member->collection, schema->name) &&
           span_equal(id_of(reference), name);
}

int references_check(struct batch *batch, const struct schema_ref *schema, struct span name,
                     const struct references *before, const struct references *after,
                     struct problem *problem)
{
    const struct schema_reference *member = NULL;
    struct row_binding collection = {0}; /* that `member` refers to */
    int result = 0;
    for (size_t i = 0; i < after->count; i++) {
        const struct reference *reference = &after->items[i];
        struct row_binding entity = {0};
        if (has(before, reference) || is_self(reference, schema, name))
            continue;
        int found = 0;
        if (member != reference->member)
            found = reference_find(&batch->view, STORE_SCHEMAS, reference->member->collection,
                                   &collection);
        member = reference->member;
        if (found == 0 && collection.live)
            found = reference_find(&batch->view, collection.object, id_of(reference), &entity);
        if (found < 0)
            return found;
        if (entity.live && batch_is_leaving(batch, entity.object))
            return -ERR_LEAVING;
        if (entity.live)
            continue;
        refuse_missing(problem, schema, reference, collection.live);
        result = -ERR_REFERENCE_MISSING;
    }
    return result;
}

static int put_missing(struct batch *batch, uint64_t object, uint64_t seq,
                       const struct references *references, const struct references *others,
                       bool live)
{
    for (size_t i = 0; i < references->count; i++) {
        const struct reference *reference = &references->items[i];
        if (has(others, reference))
            continue;
        const struct store_referrer referrer = {.object = object, .rule = reference->rule};
        int result = store_reference_put(&batch->view, reference->target, referrer, seq, live);
        if (result < 0)
            return result;
    }
    return 0;
}

int references_apply(struct batch *batch, uint64_t object, uint64_t seq,
                     const struct references *before, const struct references *after)
{
    int result = put_missing(batch, object, seq, before, after, false);
    return result < 0 ? result : put_missing(batch, object, seq, after, before, true);
}
