#include "schema/pattern_internal.h"
#include "store/base/cleanup.h"

#include <stdlib.h>

#define STEPS_MAX UINT32_C(20000)
/* A group that is empty takes no step, however often it is repeated: so terms are counted, too. */
#define TERMS_MAX (4 * STEPS_MAX)

struct writer {
    struct pattern_step *steps; /* STEPS_MAX of them */
    uint32_t step_count;
    uint32_t term_count;
    uint32_t register_count;
    bool in_turn;
    bool captures;
    bool too_large;
};

static uint32_t write_step(struct writer *writer, struct pattern_step step)
{
    if (writer->step_count == STEPS_MAX) {
        writer->too_large = true;
        return 0;
    }
    writer->steps[writer->step_count] = step;
    return writer->step_count++;
}

static uint32_t write_plain(struct writer *writer, enum pattern_operation operation, uint32_t a,
                            uint32_t b)
{
    return write_step(writer,
                      (struct pattern_step){.operation = (uint8_t)operation, .a = a, .b = b});
}

/* Jumps to where the program now ends from a chain of steps, each of which holds the one before it
 * in the operand that `operand` gives. */
static void land(struct writer *writer, uint32_t last, uint32_t *(*operand)(struct pattern_step *))
{
    while (!writer->too_large && last != PATTERN_INFINITE) {
        uint32_t *target = operand(&writer->steps[last]);
        last = *target;
        *target = writer->step_count;
    }
}

static uint32_t *operand_a(struct pattern_step *step)
{
    return &step->a;
}

static uint32_t *operand_b(struct pattern_step *step)
{
    return &step->b;
}

static void write_branches(struct writer *writer, const struct pattern_node *group, bool backward);

static void write_group(struct writer *writer, const struct pattern_node *node, bool backward)
{
    bool captures = writer->captures && node->value;
    if (captures)
        write_plain(writer, PATTERN_OP_SAVE, 2 * node->value + backward, 0);
    write_branches(writer, node, backward);
    if (captures)
        write_plain(writer, PATTERN_OP_SAVE, 2 * node->value + !backward, 0);
}

/* In parallel the body is followed from where it may end to where it begins, so that one pass over
 * the subject finds all places at which it holds. */
static void write_look(struct writer *writer, const struct pattern_node *node)
{
    struct pattern_step step = {
        .operation = PATTERN_OP_LOOK, .negated = node->negated, .b = writer->register_count};
    writer->register_count += 2;
    step.backward = writer->in_turn ? node->behind : !node->behind;
    uint32_t look = write_step(writer, step);
    write_branches(writer, node, step.backward);
    step.operation = PATTERN_OP_LOOK_END;
    write_step(writer, step);
    writer->steps[look].a = writer->step_count;
}

/* A character, a set or a backreference, which know a direction, or a place. */
static void write_single(struct writer *writer, const struct pattern_node *node, bool backward)
{
    static const enum pattern_operation operations[] = {
        [PATTERN_CHARACTER] = PATTERN_OP_CHARACTER,
        [PATTERN_SET] = PATTERN_OP_SET,
        [PATTERN_START] = PATTERN_OP_START,
        [PATTERN_END] = PATTERN_OP_END,
        [PATTERN_BOUNDARY] = PATTERN_OP_BOUNDARY,
        [PATTERN_BACKREFERENCE] = PATTERN_OP_BACKREFERENCE,
    };
    uint32_t operand = node->kind == PATTERN_SET             ? node->set->number
                       : node->kind == PATTERN_BACKREFERENCE ? 2 * node->value
                                                             : node->value;
    write_step(writer, (struct pattern_step){.operation = (uint8_t)operations[node->kind],
                                             .backward = backward,
                                             .negated = node->negated,
                                             .a = operand});
}

static void write_once(struct writer *writer, const struct pattern_node *node, bool backward)
{
    if (++writer->term_count > TERMS_MAX)
        writer->too_large = true;
    if (node->kind == PATTERN_GROUP)
        write_group(writer, node, backward);
    else if (node->kind == PATTERN_LOOK)
        write_look(writer, node);
    else
        write_single(writer, node, backward);
}

/* RepeatMatcher: an iteration forgets what the one before it captured, and one beyond the least
 * number of them fails when it takes nothing. */
static void write_iteration(struct writer *writer, const struct pattern_node *node, bool backward,
                            bool optional)
{
    bool may_be_empty = node->kind == PATTERN_GROUP || node->kind == PATTERN_BACKREFERENCE;
    bool must_advance = writer->in_turn && optional && may_be_empty;
    uint32_t place = writer->register_count;
    if (writer->captures && node->inner_from < node->inner_end)
        write_plain(writer, PATTERN_OP_RESET, 2 * node->inner_from, 2 * node->inner_end);
    if (must_advance) {
        writer->register_count++;
        write_plain(writer, PATTERN_OP_SAVE, place, 0);
    }
    write_once(writer, node, backward);
    if (must_advance)
        write_plain(writer, PATTERN_OP_ADVANCED, place, 0);
}

/* A step that goes on at the next one, or else leaves; its way out is still to be set, and holds
 * `before`. */
static uint32_t write_split(struct writer *writer, bool lazy, uint32_t before)
{
    uint32_t next = writer->step_count + 1;
    return write_plain(writer, PATTERN_OP_SPLIT, lazy ? before : next, lazy ? next : before);
}

static void write_node(struct writer *writer, const struct pattern_node *node, bool backward)
{
    uint32_t last = PATTERN_INFINITE;
    for (uint32_t i = 0; i < node->min && !writer->too_large; i++)
        write_iteration(writer, node, backward, false);
    for (uint32_t i = node->min; i < node->max && !writer->too_large; i++) {
        last = write_split(writer, node->lazy, last);
        write_iteration(writer, node, backward, true);
        if (node->max == PATTERN_INFINITE) {
            write_plain(writer, PATTERN_OP_JUMP, last, 0);
            break;
        }
    }
    land(writer, last, node->lazy ? operand_a : operand_b);
}

static void write_terms(struct writer *writer, const struct pattern_branch *branch, bool backward)
{
    const struct pattern_node *node = backward ? branch->last : branch->first;
    for (; node && !writer->too_large; node = backward ? node->previous : node->next)
        write_node(writer, node, backward);
}

static void write_branches(struct writer *writer, const struct pattern_node *group, bool backward)
{
    uint32_t last = PATTERN_INFINITE;
    const struct pattern_branch *branch = group->branches;
    for (; branch->next && !writer->too_large; branch = branch->next) {
        uint32_t split = write_split(writer, false, PATTERN_INFINITE);
        write_terms(writer, branch, backward);
        last = write_plain(writer, PATTERN_OP_JUMP, last, 0);
        land(writer, split, operand_b);
    }
    write_terms(writer, branch, backward);
    land(writer, last, operand_a);
}

static void fill_ascii(struct pattern_step_set *set)
{
    for (uint8_t byte = 0; byte < 0x80; byte++)
        if (pattern_program_finds(set, span_make(&byte, 1)))
            set->ascii[byte / 64] |= UINT64_C(1) << byte % 64;
}

static int compile_properties(const struct pattern_set *from, struct pattern_library **ret_library)
{
    struct pattern_set alone = {.properties = from->properties,
                                .property_count = from->property_count};
    AUTO_BUF struct buf text = {0};
    pattern_emit_set(&alone, &text);
    return buf_failed(&text) ? -ERR_NO_MEMORY
                             : pattern_library_compile(buf_span(&text), ret_library);
}

static int init_set(struct pattern_step_set *set, const struct pattern_set *from,
                    struct arena *arena)
{
    size_t count = from->ranges.count;
    struct pattern_range *ranges = arena_alloc_array(arena, count, sizeof(*ranges));
    if (!ranges)
        return -ERR_NO_MEMORY;
    if (count)
        memcpy(ranges, from->ranges.items, count * sizeof(*ranges));
    *set = (struct pattern_step_set){.ranges = {ranges, count}, .negated = from->negated};
    int error = from->property_count ? compile_properties(from, &set->library) : 0;
    if (error == 0)
        fill_ascii(set);
    return error;
}

static int init_sets(struct pattern_program *program, const struct pattern_tree *tree,
                     struct arena *arena)
{
    program->sets = arena_alloc_array(arena, tree->set_count, sizeof(*program->sets));
    if (!program->sets)
        return -ERR_NO_MEMORY;
    program->set_count = tree->set_count;
    for (const struct pattern_set *set = tree->sets; set; set = set->next) {
        int error = init_set(&program->sets[set->number], set, arena);
        if (error < 0)
            return error;
    }
    return 0;
}

static int init_steps(struct pattern_program *program, const struct pattern_tree *tree,
                      bool in_turn, struct arena *arena)
{
    AUTO_FREE struct pattern_step *steps = malloc(STEPS_MAX * sizeof(*steps));
    struct writer writer = {
        .steps = steps, .in_turn = in_turn, .captures = tree->has_backreference};
    writer.register_count = writer.captures ? 2 * (tree->group_count + 1) : 0;
    if (!steps)
        return -ERR_NO_MEMORY;
    write_branches(&writer, tree->root, false);
    write_plain(&writer, PATTERN_OP_MATCH, 0, 0);
    if (writer.too_large)
        return -ERR_TOO_LARGE;
    program->steps = arena_alloc_array(arena, writer.step_count, sizeof(*steps));
    if (!program->steps)
        return -ERR_NO_MEMORY;
    memcpy(program->steps, steps, writer.step_count * sizeof(*steps));
    program->step_count = writer.step_count;
    program->register_count = writer.register_count;
    program->anchored = pattern_is_anchored(tree->root);
    return 0;
}

int pattern_program_init(struct pattern_program *program, const struct pattern_tree *tree,
                         bool in_turn, struct arena *arena)
{
    *program = (struct pattern_program){0};
    int error = init_steps(program, tree, in_turn, arena);
    if (error == 0)
        error = init_sets(program, tree, arena);
    if (error < 0)
        pattern_program_finish(program);
    return error;
}

void pattern_program_finish(struct pattern_program *program)
{
    for (uint32_t i = 0; i < program->set_count; i++)
        pattern_library_destroy(program->sets[i].library);
    *program = (struct pattern_program){0};
}

bool pattern_program_finds(const struct pattern_step_set *set, struct span character)
{
    bool found = pattern_ranges_have(set->ranges, pattern_decode(character.data));
    /* One character of a class: it can't take many choices. */
    if (!found && set->library)
        found = pattern_library_match(set->library, character, 1000) == 1;
    return found != set->negated;
}
