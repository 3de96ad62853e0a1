/* Follows one choice after the other, as the matchers of ECMA-262, section 22.2.2, do, but for the
 * recursion: what is to be tried next, and what is to be undone before, is on a stack. */
#include "schema/pattern_internal.h"

#include <stdlib.h>

#define STEPS_MAX   (UINT64_C(1) << 23)
#define ENTRIES_MAX (UINT32_C(1) << 20)
#define NOWHERE     UINT32_MAX
#define UNDO        (UINT32_C(1) << 31)

/* A choice: a step, and the place it starts at. Or a register | UNDO, and what was in it. */
struct entry {
    uint32_t what, value;
};

struct run {
    const struct pattern_program *program;
    struct span subject;
    uint32_t *registers;
    struct entry *entries;
    uint32_t entry_count, entry_capacity;
    uint64_t fuel;
    uint32_t at;   /* bytes */
    uint32_t step; /* the next one */
    int error;
};

static void spend(struct run *run, uint64_t cost)
{
    run->fuel -= cost < run->fuel ? cost : run->fuel;
}

static void push(struct run *run, uint32_t what, uint32_t value)
{
    if (run->entry_count == run->entry_capacity) {
        uint32_t capacity = run->entry_capacity ? 2 * run->entry_capacity : 256;
        bool too_many = capacity > ENTRIES_MAX;
        struct entry *entries =
            too_many ? NULL : realloc(run->entries, capacity * sizeof(*entries));
        if (!entries) {
            run->error = too_many ? -ERR_PATTERN_BUDGET : -ERR_NO_MEMORY;
            return;
        }
        run->entries = entries;
        run->entry_capacity = capacity;
    }
    run->entries[run->entry_count++] = (struct entry){what, value};
}

static void set_register(struct run *run, uint32_t number, uint32_t value)
{
    if (run->registers[number] == value)
        return;
    push(run, number | UNDO, run->registers[number]);
    run->registers[number] = value;
}

/* Undoes everything above `height`. */
static void unwind(struct run *run, uint32_t height)
{
    while (run->entry_count > height) {
        struct entry entry = run->entries[--run->entry_count];
        if (entry.what & UNDO)
            run->registers[entry.what & ~UNDO] = entry.value;
    }
}

/* Goes on with the choice that was left last; false when there is none. */
static bool retreat(struct run *run)
{
    while (run->entry_count > 0) {
        struct entry entry = run->entries[--run->entry_count];
        if (!(entry.what & UNDO)) {
            run->step = entry.what;
            run->at = entry.value;
            return true;
        }
        run->registers[entry.what & ~UNDO] = entry.value;
    }
    return false;
}

/* What was captured since `height` stays, the choices that were left there don't. */
static void commit(struct run *run, uint32_t height)
{
    uint32_t kept = height;
    for (uint32_t i = height; i < run->entry_count; i++)
        if (run->entries[i].what & UNDO)
            run->entries[kept++] = run->entries[i];
    spend(run, run->entry_count - height);
    run->entry_count = kept;
}

static bool has(struct run *run, const struct pattern_step *step, struct span character)
{
    if (step->operation == PATTERN_OP_CHARACTER)
        return pattern_decode(character.data) == step->a;
    const struct pattern_step_set *set = &run->program->sets[step->a];
    if (set->library)
        spend(run, PATTERN_LIBRARY_COST);
    return pattern_program_has(set, character);
}

static bool take_character(struct run *run, const struct pattern_step *step)
{
    size_t from = run->at, end = run->at;
    if (step->backward ? from == 0 : end == run->subject.size)
        return false;
    if (step->backward)
        from = pattern_before(run->subject, from);
    else
        end += pattern_length(run->subject.data[from]);
    run->at = (uint32_t)(step->backward ? from : end);
    return has(run, step, span_make(run->subject.data + from, end - from));
}

/* A group that has not taken part is empty. */
static bool take_again(struct run *run, const struct pattern_step *step)
{
    uint32_t from = run->registers[step->a], end = run->registers[step->a + 1];
    if (from == NOWHERE || end == NOWHERE)
        return true;
    uint32_t size = end - from;
    size_t left = step->backward ? run->at : run->subject.size - run->at;
    if (size > left)
        return false;
    spend(run, size / 16);
    uint32_t other = step->backward ? run->at - size : run->at;
    run->at = step->backward ? other : other + size;
    return size == 0 || memcmp(run->subject.data + from, run->subject.data + other, size) == 0;
}

/* Its two registers hold the height of the stack, to which its end returns, and the place. */
static bool look(struct run *run, const struct pattern_step *step)
{
    push(run, step->b | UNDO, run->registers[step->b]);
    push(run, (step->b + 1) | UNDO, run->registers[step->b + 1]);
    run->registers[step->b] = run->entry_count;
    run->registers[step->b + 1] = run->at;
    if (step->negated)
        push(run, step->a, run->at);
    return true;
}

static bool end_look(struct run *run, const struct pattern_step *step)
{
    uint32_t height = run->registers[step->b];
    if (step->negated) {
        unwind(run, height);
        return false;
    }
    run->at = run->registers[step->b + 1];
    commit(run, height);
    return true;
}

static bool reset(struct run *run, const struct pattern_step *step)
{
    for (uint32_t i = step->a; i < step->b; i++)
        set_register(run, i, NOWHERE);
    spend(run, step->b - step->a);
    return true;
}

static bool jump(struct run *run, uint32_t step)
{
    run->step = step;
    return true;
}

static bool split(struct run *run, const struct pattern_step *step)
{
    push(run, step->b, run->at);
    return jump(run, step->a);
}

static bool save(struct run *run, uint32_t number)
{
    set_register(run, number, run->at);
    return true;
}

static bool perform(struct run *run, const struct pattern_step *step)
{
    switch ((enum pattern_operation)step->operation) {
    case PATTERN_OP_CHARACTER:
    case PATTERN_OP_SET:
        return take_character(run, step);
    case PATTERN_OP_START:
        return run->at == 0;
    case PATTERN_OP_END:
        return run->at == run->subject.size;
    case PATTERN_OP_BOUNDARY:
        return pattern_at_boundary(run->subject, run->at) != step->negated;
    case PATTERN_OP_SPLIT:
        return split(run, step);
    case PATTERN_OP_JUMP:
        return jump(run, step->a);
    case PATTERN_OP_SAVE:
        return save(run, step->a);
    case PATTERN_OP_RESET:
        return reset(run, step);
    case PATTERN_OP_ADVANCED:
        return run->at != run->registers[step->a];
    case PATTERN_OP_BACKREFERENCE:
        return take_again(run, step);
    case PATTERN_OP_LOOK:
        return look(run, step);
    case PATTERN_OP_LOOK_END:
        return end_look(run, step);
    case PATTERN_OP_MATCH:
        break;
    }
    return true;
}

/* From one place on. */
static int match_at(struct run *run, uint32_t at)
{
    run->at = at;
    run->step = 0;
    while (run->error == 0) {
        const struct pattern_step *step = &run->program->steps[run->step++];
        if (step->operation == PATTERN_OP_MATCH)
            return 1;
        if (run->fuel == 0)
            return -ERR_PATTERN_BUDGET;
        run->fuel--;
        if (!perform(run, step) && !retreat(run))
            return run->error;
    }
    return run->error;
}

static int match_anywhere(struct run *run)
{
    size_t at = 0;
    for (;;) {
        int result = match_at(run, (uint32_t)at);
        if (result != 0 || run->program->anchored || at == run->subject.size)
            return result;
        at += pattern_length(run->subject.data[at]);
    }
}

int pattern_turns_match(const struct pattern_program *program, struct span subject, uint64_t *work)
{
    struct run run = {.program = program, .subject = subject, .fuel = STEPS_MAX};
    run.registers = malloc((program->register_count + 1) * sizeof(*run.registers));
    if (!run.registers)
        return -ERR_NO_MEMORY;
    for (uint32_t i = 0; i < program->register_count; i++)
        run.registers[i] = NOWHERE;
    int result = match_anywhere(&run);
    *work += (STEPS_MAX - run.fuel) / PATTERN_STEPS_OF_WORK;
    free(run.entries);
    free(run.registers);
    return result;
}
