/* Follows all choices at once, a character at a time: no step is taken twice at one place, so that
 * the time is at most that of subject times program, whatever they are.
 *
 * Where a look holds is found out before, in a pass of its own over the subject, the innermost
 * first. For a look ahead that pass goes from the end of the subject to its start. */
#include "schema/pattern_internal.h"
#include "store/base/cleanup.h"

#include <stdlib.h>

#define STEPS_MAX (UINT64_C(1) << 24)

/* A set of steps that is emptied at once: a step is in it when steps[places[step]] is the step. */
struct crowd {
    uint32_t *steps;
    uint32_t *places;
    uint32_t count;
};

struct run {
    const struct pattern_program *program;
    struct span subject;
    struct crowd here, next;
    uint8_t **looks; /* by step: a bit a place of the subject; NULL: no look, or not yet known */
    uint64_t fuel;
    bool ended; /* a match, or a look's end, is reached */
};

static void spend(struct run *run, uint64_t cost)
{
    run->fuel -= cost < run->fuel ? cost : run->fuel;
}

static void join(struct crowd *crowd, uint32_t step)
{
    uint32_t place = crowd->places[step];
    if (place < crowd->count && crowd->steps[place] == step)
        return;
    crowd->places[step] = crowd->count;
    crowd->steps[crowd->count++] = step;
}

static bool holds(const struct run *run, uint32_t number, size_t at)
{
    const struct pattern_step *step = &run->program->steps[number];
    switch ((enum pattern_operation)step->operation) {
    case PATTERN_OP_START:
        return at == 0;
    case PATTERN_OP_END:
        return at == run->subject.size;
    case PATTERN_OP_BOUNDARY:
        return pattern_at_boundary(run->subject, at) != step->negated;
    case PATTERN_OP_LOOK:
        return (run->looks[number][at / 8] >> at % 8 & 1) != step->negated;
    default:
        return false;
    }
}

/* Adds those steps that follow from a step without taking a character. */
static void follow(struct run *run, uint32_t number, size_t at)
{
    const struct pattern_step *step = &run->program->steps[number];
    if (step->operation == PATTERN_OP_SPLIT)
        join(&run->here, step->b);
    if (step->operation == PATTERN_OP_SPLIT || step->operation == PATTERN_OP_JUMP)
        join(&run->here, step->a);
    else if (step->operation == PATTERN_OP_MATCH || step->operation == PATTERN_OP_LOOK_END)
        run->ended = true;
    else if (holds(run, number, at))
        join(&run->here, step->operation == PATTERN_OP_LOOK ? step->a : number + 1);
}

/* The steps that follow are appended, and so followed in turn. */
static void follow_all(struct run *run, size_t at)
{
    run->ended = false;
    for (uint32_t i = 0; i < run->here.count; i++)
        follow(run, run->here.steps[i], at);
    spend(run, run->here.count + 1);
}

static bool takes(struct run *run, const struct pattern_step *step, struct span character)
{
    if (step->operation == PATTERN_OP_CHARACTER)
        return pattern_decode(character.data) == step->a;
    if (step->operation != PATTERN_OP_SET)
        return false;
    const struct pattern_step_set *set = &run->program->sets[step->a];
    if (set->library)
        spend(run, PATTERN_LIBRARY_COST);
    return pattern_program_has(set, character);
}

static void advance(struct run *run, struct span character)
{
    run->next.count = 0;
    for (uint32_t i = 0; i < run->here.count; i++) {
        uint32_t number = run->here.steps[i];
        if (takes(run, &run->program->steps[number], character))
            join(&run->next, number + 1);
    }
    struct crowd left = run->here;
    run->here = run->next;
    run->next = left;
}

/* The character after the place, or before it; `ret_at` is on its other side. */
static struct span next_character(struct span subject, size_t at, bool backward, size_t *ret_at)
{
    size_t from = backward ? pattern_before(subject, at) : at;
    size_t end = backward ? at : at + pattern_length(subject.data[at]);
    *ret_at = backward ? from : end;
    return span_make(subject.data + from, end - from);
}

/* Sets the bit of each place at which the body of a look ends when it begins anywhere. */
static int pass_look(struct run *run, uint32_t look, uint8_t *places)
{
    bool backward = run->program->steps[look].backward;
    size_t last = backward ? 0 : run->subject.size;
    run->here.count = 0;
    for (size_t at = run->subject.size - last;;) {
        join(&run->here, look + 1);
        follow_all(run, at);
        if (run->ended)
            places[at / 8] |= (uint8_t)(1U << at % 8);
        if (run->fuel == 0)
            return -ERR_PATTERN_BUDGET;
        if (at == last)
            return 0;
        advance(run, next_character(run->subject, at, backward, &at));
    }
}

/* A look that is in another comes after it. */
static int pass_looks(struct run *run)
{
    size_t size = run->subject.size / 8 + 1;
    int error = 0;
    for (uint32_t i = run->program->step_count; error == 0 && i-- > 0;) {
        if (run->program->steps[i].operation != PATTERN_OP_LOOK)
            continue;
        uint8_t *places = calloc(1, size);
        run->looks[i] = places;
        error = places ? pass_look(run, i, places) : -ERR_NO_MEMORY;
    }
    return error;
}

static int pass(struct run *run)
{
    bool anchored = run->program->anchored;
    run->here.count = 0;
    for (size_t at = 0;;) {
        if (at == 0 || !anchored)
            join(&run->here, 0);
        follow_all(run, at);
        if (run->ended)
            return 1;
        if (at == run->subject.size || (run->here.count == 0 && anchored))
            return 0;
        if (run->fuel == 0)
            return -ERR_PATTERN_BUDGET;
        advance(run, next_character(run->subject, at, false, &at));
    }
}

int pattern_parallel_match(const struct pattern_program *program, struct span subject,
                           uint64_t *work)
{
    size_t count = program->step_count;
    AUTO_FREE uint32_t *memory = calloc(4 * count, sizeof(*memory));
    AUTO_FREE uint8_t **looks = calloc(count, sizeof(*looks));
    if (!memory || !looks)
        return -ERR_NO_MEMORY;
    struct run run = {
        .program = program,
        .subject = subject,
        .here = {.steps = memory, .places = memory + count},
        .next = {.steps = memory + 2 * count, .places = memory + 3 * count},
        .looks = looks,
        .fuel = STEPS_MAX,
    };
    int result = pass_looks(&run);
    if (result == 0)
        result = pass(&run);
    *work += (STEPS_MAX - run.fuel) / PATTERN_STEPS_OF_WORK;
    for (size_t i = 0; i < count; i++)
        free(looks[i]);
    return result;
}
