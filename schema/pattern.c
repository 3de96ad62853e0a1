#include "schema/pattern.h"
#include "schema/pattern_internal.h"
#include "store/base/cleanup.h"
#include "store/base/utf8.h"

/* A text beyond this is not compiled. */
#define TEXT_MAX (64 << 10)
/* What parsing may take; a term of one byte takes some 100. */
#define PARSE_MEMORY_MAX (32 << 20)

/* The library counts choices, each of which may take as long as the subject is, and counts anew
 * from each place to begin at: what it may take is shared out. With a share below the least, it
 * isn't tried. */
#define LIBRARY_WORK_MAX  (UINT64_C(1) << 27)
#define LIBRARY_LIMIT_MIN 32
#define LIBRARY_LIMIT_MAX 1000000
/* What it is given at first, and how many of its choices are a step of work. */
#define LIBRARY_FIRST           4096
#define LIBRARY_CHOICES_OF_WORK 16

struct pattern {
    struct arena arena;                /* of shape and program */
    const struct pattern_shape *shape; /* NULL: none */
    struct pattern_library *library;   /* owned; NULL: it can't, or needn't */
    /* For what has backreferences, and for what has none; no steps: too large, or needless. */
    struct pattern_program turns, parallel;
    bool anchored;
};

static void destroy_pattern(struct pattern **pattern)
{
    pattern_destroy(*pattern);
}

/* What is too large for one way may not be for the other. */
static int forgive(int error)
{
    return error == -ERR_TOO_LARGE ? 0 : error;
}

static int compile_library(struct pattern *pattern, const struct pattern_tree *tree)
{
    AUTO_BUF struct buf text = {0};
    if (tree->has_backreference)
        return 0;
    pattern_emit(tree, &text);
    return buf_failed(&text) ? -ERR_NO_MEMORY
                             : forgive(pattern_library_compile(buf_span(&text), &pattern->library));
}

static int compile_programs(struct pattern *pattern, const struct pattern_tree *tree, bool all_ways)
{
    int error = 0;
    if (!tree->has_backreference)
        error = pattern_program_init(&pattern->parallel, tree, false, &pattern->arena);
    if (forgive(error) == 0 && (tree->has_backreference || all_ways))
        error = pattern_program_init(&pattern->turns, tree, true, &pattern->arena);
    return forgive(error);
}

static int compile_tree(struct pattern *pattern, const struct pattern_tree *tree, bool all_ways)
{
    pattern->anchored = pattern_is_anchored(tree->root);
    int error = pattern_shape_find(tree, &pattern->arena, &pattern->shape);
    if (error < 0 || (pattern->shape && !all_ways))
        return error;
    error = compile_library(pattern, tree);
    if (error == 0)
        error = compile_programs(pattern, tree, all_ways);
    if (error < 0)
        return error;
    bool some = pattern->shape || pattern->library || pattern->parallel.steps ||
                (pattern->turns.steps && tree->has_backreference);
    return some ? 0 : -ERR_TOO_LARGE;
}

static int compile_text(struct pattern *pattern, struct span text, bool all_ways,
                        struct pattern_cursor *ret_fault)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, PARSE_MEMORY_MAX);
    struct pattern_builder *builder;
    struct pattern_tree tree;
    if (text.size > TEXT_MAX)
        return pattern_parse(text, NULL, ret_fault) ? -ERR_TOO_LARGE : -ERR_INVALID;
    int error = pattern_builder_create(&arena, &builder);
    if (error < 0)
        return error;
    if (!pattern_parse(text, builder, ret_fault))
        return -ERR_INVALID;
    error = pattern_builder_end(builder, &tree);
    return error < 0 ? error : compile_tree(pattern, &tree, all_ways);
}

static int explain(int error, const struct pattern_cursor *fault, struct problem *problem)
{
    if (error == -ERR_INVALID && fault->at == fault->text.size)
        return problem_set(problem, ERR_INVALID, "at its end: %s", fault->fault);
    if (error == -ERR_INVALID)
        return problem_set(problem, ERR_INVALID, "character %zu: %s",
                           utf8_count(span_head(fault->text, fault->at)) + 1, fault->fault);
    if (error == -ERR_TOO_LARGE)
        return problem_set(problem, ERR_TOO_LARGE, "the pattern is too large to be compiled");
    return problem_set(problem, (enum err) - error, "the pattern was not compiled");
}

static int compile(struct span text, bool all_ways, struct pattern **ret_pattern,
                   struct problem *problem)
{
    struct pattern_cursor fault = {0};
    CLEANUP(destroy_pattern) struct pattern *pattern = calloc(1, sizeof(*pattern));
    if (!pattern)
        return problem_set(problem, ERR_NO_MEMORY, "the pattern was not compiled");
    arena_init(&pattern->arena, 0);
    int error = compile_text(pattern, text, all_ways, &fault);
    if (error < 0)
        return explain(error, &fault, problem);
    *ret_pattern = pattern;
    pattern = NULL;
    return 0;
}

int pattern_compile(struct span text, struct pattern **ret_pattern, struct problem *problem)
{
    return compile(text, false, ret_pattern, problem);
}

int pattern_compile_ways(struct span text, struct pattern **ret_pattern, struct problem *problem)
{
    return compile(text, true, ret_pattern, problem);
}

void pattern_destroy(struct pattern *pattern)
{
    if (!pattern)
        return;
    pattern_library_destroy(pattern->library);
    pattern_program_finish(&pattern->turns);
    pattern_program_finish(&pattern->parallel);
    arena_finish(&pattern->arena);
    free(pattern);
}

bool pattern_valid(struct span text)
{
    struct pattern_cursor fault;
    return pattern_parse(text, NULL, &fault);
}

/* What the library took is not known: it is given little at first, for which the size of the
 * subject stands, and then all of its share, which counts as taken. */
static int match_library(const struct pattern *pattern, struct span subject, uint64_t *work)
{
    uint64_t size = subject.size + 1, starts = pattern->anchored ? 1 : size;
    uint64_t limit = LIBRARY_WORK_MAX / size / starts;
    if (!pattern->library)
        return -ERR_UNSUPPORTED;
    if (limit < (pattern->parallel.steps ? LIBRARY_LIMIT_MIN : 1))
        return -ERR_PATTERN_BUDGET;
    limit = limit < LIBRARY_LIMIT_MAX ? limit : LIBRARY_LIMIT_MAX;
    uint64_t first = LIBRARY_FIRST / starts;
    first = first < LIBRARY_LIMIT_MIN ? LIBRARY_LIMIT_MIN : first;
    first = first < limit ? first : limit;
    *work += size / LIBRARY_CHOICES_OF_WORK;
    int result = pattern_library_match(pattern->library, subject, (uint32_t)first);
    if (result != -ERR_PATTERN_BUDGET || first == limit)
        return result;
    *work += limit * starts / LIBRARY_CHOICES_OF_WORK;
    return pattern_library_match(pattern->library, subject, (uint32_t)limit);
}

int pattern_match_metered(const struct pattern *pattern, struct span subject, uint64_t *work)
{
    if (subject.size > INT32_MAX)
        return -ERR_PATTERN_BUDGET;
    if (pattern->shape)
        return pattern_shape_match(pattern->shape, subject);
    int result = match_library(pattern, subject, work);
    if (result == -ERR_UNSUPPORTED && pattern->turns.steps)
        return pattern_turns_match(&pattern->turns, subject, work);
    if ((result == -ERR_UNSUPPORTED || result == -ERR_PATTERN_BUDGET) && pattern->parallel.steps)
        return pattern_parallel_match(&pattern->parallel, subject, work);
    return result;
}

int pattern_match(const struct pattern *pattern, struct span subject)
{
    uint64_t work = 0;
    return pattern_match_metered(pattern, subject, &work);
}

int pattern_match_by(const struct pattern *pattern, enum pattern_way way, struct span subject)
{
    uint64_t work = 0;
    if (way == PATTERN_BY_SHAPE && pattern->shape)
        return pattern_shape_match(pattern->shape, subject);
    if (way == PATTERN_BY_LIBRARY)
        return match_library(pattern, subject, &work);
    if (way == PATTERN_IN_TURN && pattern->turns.steps)
        return pattern_turns_match(&pattern->turns, subject, &work);
    if (way == PATTERN_IN_PARALLEL && pattern->parallel.steps)
        return pattern_parallel_match(&pattern->parallel, subject, &work);
    return -ERR_UNSUPPORTED;
}
