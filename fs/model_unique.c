/* x-unique: values that no two entities of a collection may share. A value is missing, and free,
 * when one of its members is missing or null. */
#include "fs/model_internal.h"

#include "store/base/cleanup.h"

static int index_number(const struct schema_unique *rule, uint64_t *ret_index)
{
    AUTO_BUF struct buf name = {0};
    for (size_t i = 0; i < rule->count; i++) {
        buf_append_span(&name, rule->pointers[i]);
        buf_append_byte(&name, '\n');
    }
    if (buf_failed(&name))
        return -ERR_NO_MEMORY;
    *ret_index = fingerprint(buf_span(&name));
    return 0;
}

/* Appends the canonical form of the rule's value. Returns whether there is one. */
static bool write_value(struct buf *out, const struct schema_unique *rule, const struct tree *tree)
{
    for (size_t i = 0; i < rule->count; i++) {
        const struct tree *member = tree_at(tree, rule->pointers[i]);
        if (!member || member->type == TREE_NULL)
            return false;
        if (rule->count > 1)
            buf_append_byte(out, i == 0 ? '[' : ',');
        tree_write_canonical(out, member);
    }
    if (rule->count > 1)
        buf_append_byte(out, ']');
    return true;
}

int unique_collect(struct arena *arena, const struct schema *schema, const struct tree *tree,
                   struct unique_values *ret_values)
{
    const struct schema_unique *rules;
    size_t count = tree ? schema_uniques(schema, &rules) : 0;
    struct unique_values values = {.items = arena_alloc_array(arena, count, sizeof(*values.items))};
    if (!values.items)
        return -ERR_NO_MEMORY;
    AUTO_BUF struct buf text = {0};
    for (size_t i = 0; i < count; i++) {
        buf_clear(&text);
        if (!write_value(&text, &rules[i], tree))
            continue;
        struct span value = arena_copy(arena, buf_span(&text));
        uint64_t index;
        if (buf_failed(&text) || !value.data || index_number(&rules[i], &index) < 0)
            return -ERR_NO_MEMORY;
        values.items[values.count++] =
            (struct unique_value){.rule = &rules[i], .index = index, .value = value};
    }
    *ret_values = values;
    return 0;
}

static bool has(const struct unique_values *values, const struct unique_value *value)
{
    for (size_t i = 0; i < values->count; i++)
        if (values->items[i].index == value->index &&
            span_equal(values->items[i].value, value->value))
            return true;
    return false;
}

#define QUOTE_MAX 100

static int refuse(struct batch *batch, const struct schema_ref *schema,
                  const struct unique_value *value, uint64_t holder, struct problem *problem)
{
    struct row_version row = {0};
    uint64_t seq;
    int found = store_version_get(&batch->view, holder, &seq, &row);
    if (found < 0)
        return found;
    bool cut = value->value.size > QUOTE_MAX;
    struct span quote = span_head(value->value, QUOTE_MAX);
    problem_set(problem, ERR_UNIQUE_CONFLICT, "%.*s.%.*s %.*s%s is already used by %.*s",
                (int)schema->name.size, schema->name.data, (int)value->rule->name.size,
                value->rule->name.data, (int)quote.size, quote.data, cut ? "..." : "",
                (int)row.name.size, row.name.data);
    for (size_t i = 0; i < value->rule->count; i++) {
        AUTO_BUF struct buf pointer = {0};
        buf_append_span(&pointer, value->rule->pointers[i]);
        problem_add(problem, buf_string(&pointer), "x-unique", "%s", buf_string(&problem->detail));
    }
    return -ERR_UNIQUE_CONFLICT;
}

int unique_check(struct batch *batch, const struct schema_ref *schema, uint64_t object,
                 const struct unique_values *before, const struct unique_values *after,
                 struct problem *problem)
{
    for (size_t i = 0; i < after->count; i++) {
        const struct unique_value *value = &after->items[i];
        if (has(before, value))
            continue;
        struct row_binding binding;
        int found = store_unique_get(&batch->view, schema->collection, value->index, value->value,
                                     &binding);
        if (found < 0)
            return found;
        if (found != 1 || !binding.live || binding.object == object)
            continue;
        if (batch_is_leaving(batch, binding.object))
            return -ERR_LEAVING;
        return refuse(batch, schema, value, binding.object, problem);
    }
    return 0;
}

static int put_missing(struct batch *batch, uint64_t collection, uint64_t object, uint64_t seq,
                       const struct unique_values *values, const struct unique_values *others,
                       bool live)
{
    const struct row_binding binding = {.object = object, .live = live};
    for (size_t i = 0; i < values->count; i++) {
        const struct unique_value *value = &values->items[i];
        if (has(others, value))
            continue;
        int result =
            store_unique_put(&batch->view, collection, value->index, value->value, seq, &binding);
        if (result < 0)
            return result;
    }
    return 0;
}

int unique_apply(struct batch *batch, uint64_t collection, uint64_t object, uint64_t seq,
                 const struct unique_values *before, const struct unique_values *after)
{
    int result = put_missing(batch, collection, object, seq, before, after, false);
    return result < 0 ? result : put_missing(batch, collection, object, seq, after, before, true);
}
