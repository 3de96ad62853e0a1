#include "schema/diff.h"
#include "schema/pointer.h"
#include "schema/scan.h"
#include "store/base/utf8.h"

#define SHOWN_MAX 128

/* The operations change a copy of the document in place. All of its arrays and objects belong to
 * it; a container has no source text, so its raw.size holds how many children there is room for. */
struct apply {
    struct arena *arena;
    struct problem *problem;
    struct tree *root;
    const struct tree *operation;
    uint32_t index;
    size_t copies_left; /* bytes that `copy` may still make */
};

/* `member` is the operation's member that is at fault. */
static int refuse(const struct apply *apply, const char *member, const char *what)
{
    const struct tree *value = tree_get(apply->operation, member);
    struct span shown = span_make("", 0);
    if (value && value->type == TREE_STRING)
        shown = utf8_head(value->raw, SHOWN_MAX);
    return problem_set(apply->problem, ERR_INVALID, "operation %u: %s%s%.*s %s",
                       (unsigned)apply->index, member, shown.size > 0 ? " " : "", (int)shown.size,
                       (const char *)shown.data, what);
}

static int no_memory(const struct apply *apply)
{
    return problem_set(apply->problem, ERR_NO_MEMORY, "no memory to apply operation %u",
                       (unsigned)apply->index);
}

static size_t child_size(const struct tree *container)
{
    return container->type == TREE_ARRAY ? sizeof(struct tree) : sizeof(struct tree_member);
}

static void *children(const struct tree *container)
{
    return container->type == TREE_ARRAY ? (void *)container->items : (void *)container->members;
}

static void set_children(struct tree *container, void *memory, size_t capacity)
{
    container->raw = span_make(NULL, capacity);
    if (container->type == TREE_ARRAY)
        container->items = memory;
    else
        container->members = memory;
}

static bool is_container(const struct tree *value)
{
    return value->type == TREE_ARRAY || value->type == TREE_OBJECT;
}

static struct tree *child(const struct tree *container, uint32_t index)
{
    return container->type == TREE_ARRAY ? &container->items[index]
                                         : &container->members[index].value;
}

/* How deep the containers go; no further than just above SCAN_DEPTH_MAX. */
static unsigned depth_of(const struct tree *value, unsigned most)
{
    unsigned depth = 0;
    if (!is_container(value))
        return 0;
    for (uint32_t i = 0; i < value->count && most > 0 && depth < most; i++) {
        unsigned below = depth_of(child(value, i), most - 1);
        depth = below > depth ? below : depth;
    }
    return depth + 1;
}

/* Replaces the containers that `value` borrows by its own. The depth was checked. */
static bool own(struct arena *arena, struct tree *value)
{
    if (!is_container(value))
        return true;
    void *copy = arena_alloc_array(arena, value->count, child_size(value));
    if (!copy)
        return false;
    if (value->count > 0)
        memcpy(copy, children(value), value->count * child_size(value));
    set_children(value, copy, value->count);
    for (uint32_t i = 0; i < value->count; i++)
        if (!own(arena, child(value, i)))
            return false;
    return true;
}

/* Leaves no trace of how much room there was. */
static void clear_capacities(struct tree *value)
{
    if (!is_container(value))
        return;
    value->raw = span_make(NULL, 0);
    for (uint32_t i = 0; i < value->count; i++)
        clear_capacities(child(value, i));
}

static size_t bytes_of(const struct tree *value)
{
    if (!is_container(value))
        return value->raw.size;
    size_t bytes = value->count * child_size(value);
    for (uint32_t i = 0; i < value->count; i++) {
        bytes += bytes_of(child(value, i));
        if (value->type == TREE_OBJECT)
            bytes += value->members[i].raw.size;
    }
    return bytes;
}

/* Makes room at `index` and moves what follows. The new place is not yet set. */
static bool open_gap(struct arena *arena, struct tree *container, uint32_t index)
{
    size_t size = child_size(container);
    size_t capacity = container->raw.size;
    if (container->count == UINT32_MAX)
        return false;
    if (container->count == capacity) {
        capacity = capacity < 4 ? 4 : capacity * 2;
        void *memory = arena_alloc_array(arena, capacity, size);
        if (!memory)
            return false;
        if (container->count > 0)
            memcpy(memory, children(container), container->count * size);
        set_children(container, memory, capacity);
    }
    uint8_t *at = (uint8_t *)children(container) + index * size;
    memmove(at + size, at, (container->count - index) * size);
    container->count++;
    return true;
}

static void close_gap(struct tree *container, uint32_t index)
{
    size_t size = child_size(container);
    uint8_t *at = (uint8_t *)children(container) + index * size;
    container->count--;
    memmove(at, at + size, (container->count - index) * size);
}

/* The copy is ours to change. */
static struct tree *find(const struct apply *apply, struct span pointer)
{
    return (struct tree *)tree_at(apply->root, pointer);
}

static unsigned token_count(struct span pointer)
{
    unsigned count = 0;
    struct span token;
    while (count <= SCAN_DEPTH_MAX && pointer_next(&pointer, &token))
        count++;
    return count;
}

static int add_item(struct apply *apply, struct tree *array, struct span token,
                    const struct tree *value)
{
    uint32_t index = array->count;
    if (!span_is(token, "-") && (!pointer_token_index(token, &index) || index > array->count))
        return refuse(apply, "path", "is not an index of the array, nor its end");
    if (!open_gap(apply->arena, array, index))
        return no_memory(apply);
    array->items[index] = *value;
    return 0;
}

static int add_member(struct apply *apply, struct tree *object, struct span token,
                      const struct tree *value)
{
    struct buf raw = {0};
    struct span key = pointer_token_decode(apply->arena, token);
    buf_append_json_string(&raw, key);
    struct span raw_copy = arena_copy(apply->arena, buf_span(&raw));
    bool made = key.data && !buf_failed(&raw) && raw_copy.data;
    buf_finish(&raw);
    if (!made || !open_gap(apply->arena, object, object->count))
        return no_memory(apply);
    object->members[object->count - 1] =
        (struct tree_member){.key = key, .raw = raw_copy, .value = *value};
    return 0;
}

/* Takes a value that is already the copy's own. */
static int add(struct apply *apply, struct span path, const struct tree *value)
{
    if (token_count(path) + depth_of(value, SCAN_DEPTH_MAX + 1) > SCAN_DEPTH_MAX)
        return refuse(apply, "path", "would nest too deeply");
    if (path.size == 0) {
        *apply->root = *value;
        return 0;
    }
    struct span parent_path;
    struct span token;
    pointer_split(path, &parent_path, &token);
    struct tree *parent = find(apply, parent_path);
    if (!parent || !is_container(parent))
        return refuse(apply, "path", "leads into nothing");
    if (parent->type == TREE_ARRAY)
        return add_item(apply, parent, token, value);
    struct tree *existing = find(apply, path);
    if (!existing)
        return add_member(apply, parent, token, value);
    *existing = *value;
    return 0;
}

/* `path` leads to something. */
static int take_out(struct apply *apply, const char *member, struct span path)
{
    if (path.size == 0)
        return refuse(apply, member, "is the whole document, which stays");
    struct span parent_path;
    struct span token;
    pointer_split(path, &parent_path, &token);
    struct tree *parent = find(apply, parent_path);
    uint32_t index = 0;
    if (parent->type == TREE_OBJECT)
        while (!pointer_token_is(token, parent->members[index].key))
            index++;
    else
        pointer_token_index(token, &index);
    close_gap(parent, index);
    return 0;
}

static int get_pointer(const struct apply *apply, const char *member, struct span *ret_pointer)
{
    const struct tree *value = tree_get(apply->operation, member);
    if (!value || value->type != TREE_STRING)
        return refuse(apply, member, "must be given, as a string");
    if (!pointer_valid(value->string))
        return refuse(apply, member, "is not a JSON pointer");
    *ret_pointer = value->string;
    return 0;
}

static int get_target(const struct apply *apply, const char *member, struct span *ret_pointer,
                      struct tree **ret_target)
{
    struct span pointer;
    int rc = get_pointer(apply, member, &pointer);
    if (rc < 0)
        return rc;
    struct tree *target = find(apply, pointer);
    if (!target)
        return refuse(apply, member, "leads to nothing");
    *ret_pointer = pointer;
    *ret_target = target;
    return 0;
}

static int get_value(const struct apply *apply, const struct tree **ret_value)
{
    const struct tree *value = tree_get(apply->operation, "value");
    if (!value)
        return refuse(apply, "value", "must be given");
    *ret_value = value;
    return 0;
}

static int get_owned_value(const struct apply *apply, struct tree *ret_value)
{
    const struct tree *given = NULL;
    int rc = get_value(apply, &given);
    if (rc < 0)
        return rc;
    *ret_value = *given;
    return own(apply->arena, ret_value) ? 0 : no_memory(apply);
}

static int apply_add(struct apply *apply)
{
    struct span path;
    struct tree value;
    int rc = get_pointer(apply, "path", &path);
    if (rc == 0)
        rc = get_owned_value(apply, &value);
    return rc < 0 ? rc : add(apply, path, &value);
}

static int apply_remove(struct apply *apply)
{
    struct span path;
    struct tree *target;
    int rc = get_target(apply, "path", &path, &target);
    return rc < 0 ? rc : take_out(apply, "path", path);
}

static int apply_replace(struct apply *apply)
{
    struct span path;
    struct tree *target;
    struct tree value;
    int rc = get_target(apply, "path", &path, &target);
    if (rc == 0)
        rc = get_owned_value(apply, &value);
    if (rc < 0)
        return rc;
    if (token_count(path) + depth_of(&value, SCAN_DEPTH_MAX + 1) > SCAN_DEPTH_MAX)
        return refuse(apply, "path", "would nest too deeply");
    *target = value;
    return 0;
}

/* RFC 6902, section 4.4: nothing can be moved into itself. */
static int apply_move(struct apply *apply)
{
    struct span from;
    struct span path;
    struct tree *target;
    int rc = get_target(apply, "from", &from, &target);
    if (rc == 0)
        rc = get_pointer(apply, "path", &path);
    if (rc < 0)
        return rc;
    if (span_equal(from, path))
        return 0;
    if (span_starts_with(path, from) && path.data[from.size] == '/')
        return refuse(apply, "path", "is inside of what is to be moved there");
    struct tree value = *target;
    rc = take_out(apply, "from", from);
    return rc < 0 ? rc : add(apply, path, &value);
}

static int apply_copy(struct apply *apply)
{
    struct span from;
    struct span path;
    struct tree *target;
    int rc = get_target(apply, "from", &from, &target);
    if (rc == 0)
        rc = get_pointer(apply, "path", &path);
    if (rc < 0)
        return rc;
    size_t bytes = bytes_of(target);
    if (bytes > apply->copies_left)
        return problem_set(apply->problem, ERR_TOO_LARGE,
                           "operation %u: the copies take more than %zu bytes",
                           (unsigned)apply->index, DIFF_COPIES_MAX);
    apply->copies_left -= bytes;
    struct tree value = *target;
    return own(apply->arena, &value) ? add(apply, path, &value) : no_memory(apply);
}

static int apply_test(struct apply *apply)
{
    struct span path;
    struct tree *target;
    const struct tree *value = NULL;
    int rc = get_target(apply, "path", &path, &target);
    if (rc == 0)
        rc = get_value(apply, &value);
    if (rc == 0 && !tree_equal(target, value))
        rc = refuse(apply, "path", "does not have the value that is tested for");
    return rc;
}

static int apply_operation(struct apply *apply)
{
    static const struct {
        const char *name;
        int (*run)(struct apply *);
    } verbs[] = {{"add", apply_add},   {"remove", apply_remove}, {"replace", apply_replace},
                 {"move", apply_move}, {"copy", apply_copy},     {"test", apply_test}};
    const struct tree *op = tree_get(apply->operation, "op");
    for (size_t i = 0; op && op->type == TREE_STRING && i < sizeof(verbs) / sizeof(*verbs); i++)
        if (span_is(op->string, verbs[i].name))
            return verbs[i].run(apply);
    return refuse(apply, "op", "must be one of add, remove, replace, move, copy and test");
}

int diff_apply(struct arena *arena, const struct tree *before, const struct tree *patch,
               struct tree **ret_after, struct problem *problem)
{
    if (patch->type != TREE_ARRAY)
        return problem_set(problem, ERR_INVALID, "a JSON Patch is an array of operations");
    struct apply apply = {.arena = arena,
                          .problem = problem,
                          .root = arena_alloc(arena, sizeof(struct tree)),
                          .copies_left = DIFF_COPIES_MAX};
    if (!apply.root)
        return no_memory(&apply);
    *apply.root = *before;
    if (!own(arena, apply.root))
        return no_memory(&apply);
    for (apply.index = 0; apply.index < patch->count; apply.index++) {
        apply.operation = &patch->items[apply.index];
        int rc = apply_operation(&apply);
        if (rc < 0)
            return rc;
    }
    clear_capacities(apply.root);
    *ret_after = apply.root;
    return 0;
}
