#include "schema/diff.h"

#include "schema/tree_lookup.h"

#include <inttypes.h>

/* A patch may be this many times as long as both documents, and this much more, before it becomes
 * one replacement of the whole. */
#define LENGTH_FACTOR 4
#define LENGTH_EXTRA  ((size_t)4096)

struct diff {
    struct buf *out;
    struct buf path; /* of the value that is compared */
    size_t begin;    /* of the patch in `out` */
    size_t limit;    /* on the size of `out` */
    bool stopped;    /* the limit was passed */
};

/* The length of the value in its compact form. */
static size_t length_of(const struct tree *value)
{
    size_t length = 2;
    if (value->type == TREE_ARRAY)
        for (uint32_t i = 0; i < value->count; i++)
            length += 1 + length_of(&value->items[i]);
    else if (value->type == TREE_OBJECT)
        for (uint32_t i = 0; i < value->count; i++)
            length += 2 + value->members[i].raw.size + length_of(&value->members[i].value);
    else
        length = value->raw.size;
    return length;
}

static void write_operation(struct diff *diff, const char *op, const struct tree *value)
{
    struct buf *out = diff->out;
    if (out->size > diff->limit || buf_failed(out))
        diff->stopped = true;
    if (diff->stopped)
        return;
    if (out->size > diff->begin + 1)
        buf_append_byte(out, ',');
    buf_printf(out, "{\"op\":\"%s\",\"path\":", op);
    buf_append_json_string(out, buf_span(&diff->path));
    if (value) {
        buf_append_string(out, ",\"value\":");
        tree_write_compact(out, value);
    }
    buf_append_byte(out, '}');
}

static size_t enter_member(struct diff *diff, struct span key)
{
    size_t size = diff->path.size;
    tree_append_pointer(&diff->path, key);
    return size;
}

static size_t enter_item(struct diff *diff, uint32_t index)
{
    size_t size = diff->path.size;
    buf_printf(&diff->path, "/%" PRIu32, index);
    return size;
}

static void leave(struct diff *diff, size_t size)
{
    if (buf_failed(&diff->path))
        diff->out->failed = true;
    else
        diff->path.size = size;
}

static void compare(struct diff *diff, const struct tree *before, const struct tree *after);

static void compare_old_members(struct diff *diff, const struct tree *before,
                                const struct tree *after)
{
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, after);
    for (uint32_t i = 0; i < before->count && !diff->stopped; i++) {
        const struct tree_member *member = &before->members[i];
        const struct tree_member *other = tree_lookup_find(&lookup, member->key);
        size_t size = enter_member(diff, member->key);
        if (other)
            compare(diff, &member->value, &other->value);
        else
            write_operation(diff, "remove", NULL);
        leave(diff, size);
    }
    tree_lookup_finish(&lookup);
}

static void add_new_members(struct diff *diff, const struct tree *before, const struct tree *after)
{
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, before);
    for (uint32_t i = 0; i < after->count && !diff->stopped; i++) {
        const struct tree_member *member = &after->members[i];
        if (tree_lookup_find(&lookup, member->key))
            continue;
        size_t size = enter_member(diff, member->key);
        write_operation(diff, "add", &member->value);
        leave(diff, size);
    }
    tree_lookup_finish(&lookup);
}

static void write_at_item(struct diff *diff, uint32_t index, const char *op,
                          const struct tree *value)
{
    size_t size = enter_item(diff, index);
    write_operation(diff, op, value);
    leave(diff, size);
}

/* Operations are applied one after the other: pairs first, while all is in its place, then removals
 * from the end or additions toward it. */
static void compare_items(struct diff *diff, const struct tree *before, const struct tree *after,
                          uint32_t begin, uint32_t before_end, uint32_t after_end)
{
    uint32_t pairs_end = before_end < after_end ? before_end : after_end;
    for (uint32_t i = begin; i < pairs_end && !diff->stopped; i++) {
        size_t size = enter_item(diff, i);
        compare(diff, &before->items[i], &after->items[i]);
        leave(diff, size);
    }
    for (uint32_t i = before_end; i > pairs_end && !diff->stopped; i--)
        write_at_item(diff, i - 1, "remove", NULL);
    for (uint32_t i = pairs_end; i < after_end && !diff->stopped; i++)
        write_at_item(diff, i, "add", &after->items[i]);
}

static void compare_arrays(struct diff *diff, const struct tree *before, const struct tree *after)
{
    uint32_t begin = 0;
    uint32_t before_end = before->count;
    uint32_t after_end = after->count;
    /* Of equal counts the pairs alone tell; so a deep nest is not compared again at each level. */
    if (before_end != after_end) {
        while (begin < before_end && begin < after_end &&
               tree_same(&before->items[begin], &after->items[begin]))
            begin++;
        while (before_end > begin && after_end > begin &&
               tree_same(&before->items[before_end - 1], &after->items[after_end - 1])) {
            before_end--;
            after_end--;
        }
    }
    compare_items(diff, before, after, begin, before_end, after_end);
}

static void compare(struct diff *diff, const struct tree *before, const struct tree *after)
{
    if (before->type == TREE_OBJECT && after->type == TREE_OBJECT) {
        compare_old_members(diff, before, after);
        add_new_members(diff, before, after);
    } else if (before->type == TREE_ARRAY && after->type == TREE_ARRAY) {
        compare_arrays(diff, before, after);
    } else if (!tree_same(before, after)) {
        write_operation(diff, "replace", after);
    }
}

void diff_write(struct buf *out, const struct tree *before, const struct tree *after)
{
    size_t length = length_of(before) + length_of(after);
    struct diff diff = {
        .out = out, .begin = out->size, .limit = out->size + LENGTH_FACTOR * length + LENGTH_EXTRA};
    buf_append_byte(out, '[');
    compare(&diff, before, after);
    if (diff.stopped && !buf_failed(out)) {
        out->size = diff.begin + 1;
        diff.stopped = false;
        buf_clear(&diff.path);
        write_operation(&diff, "replace", after);
    }
    buf_append_byte(out, ']');
    buf_finish(&diff.path);
}
