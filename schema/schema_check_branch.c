/* The schemas that apply to the same value as the one they stand in. */
#include "schema/schema_check.h"

#include "store/base/cleanup.h"

#include <stdlib.h>

static uint32_t words_of(uint32_t count)
{
    return count > 0 ? (count - 1) / 64 + 1 : 1;
}

bool marks_begin(struct check *check, struct marks *marks, uint32_t count)
{
    uint32_t words = words_of(count);
    *marks = (struct marks){.count = count};
    if (words <= MARK_WORDS - check->words_used) {
        marks->bits = check->words + check->words_used;
        check->words_used += words;
        memset(marks->bits, 0, words * sizeof(uint64_t));
        return true;
    }
    marks->bits = calloc(words, sizeof(uint64_t));
    return marks->bits || check_give_up(check, -ERR_NO_MEMORY, "there is no memory left");
}

void marks_end(struct check *check, struct marks *marks)
{
    if (marks->bits >= check->words && marks->bits < check->words + MARK_WORDS)
        check->words_used -= words_of(marks->count);
    else
        free(marks->bits);
}

void marks_merge(struct marks *into, const struct marks *from)
{
    into->all |= from->all;
    for (uint32_t i = 0; i < words_of(into->count); i++)
        into->bits[i] |= from->bits[i];
}

/* Whether the branch fits; then what it has evaluated is added to the marks. */
static bool try_branch(struct check *check, const struct node *node, const struct place *place,
                       struct marks *marks)
{
    if (!marks)
        return check_quietly(check, node, place, NULL);
    struct marks own;
    if (!check_burn(check, marks->count / 64) || !marks_begin(check, &own, marks->count))
        return false;
    bool fits = check_quietly(check, node, place, &own);
    if (fits)
        marks_merge(marks, &own);
    marks_end(check, &own);
    return fits;
}

/* How badly a branch fits: a value of another type, or one with another constant, is no attempt
 * at it; else the fewer faults the better. `own` is the size of the value's own pointer. */
static size_t misfit(const struct faults *faults, size_t own)
{
    size_t count = faults->total - faults->summaries;
    for (size_t i = 0; i < faults->total && i < faults->limit; i++) {
        const char *keyword = faults->items[i].keyword;
        if (!keyword)
            count += 1000;
        else if (strcmp(keyword, "const") == 0 || strcmp(keyword, "enum") == 0)
            count += 100;
        else if (strcmp(keyword, "type") == 0)
            count += strlen(faults->items[i].pointer) > own ? 10 : 1000;
    }
    return count;
}

/* The faults of one branch. */
static void explain_branch(struct check *check, const struct node *node, const struct place *place,
                           struct faults *ret_faults)
{
    struct faults *outer = check->faults;
    faults_init(ret_faults, outer->arena, PROBLEM_ITEMS_MAX);
    ret_faults->locates = outer->locates;
    check->faults = ret_faults;
    check_node(check, node, place, NULL);
    check->faults = outer;
}

/* Tells why the branch that fits best does not. */
static bool explain_branches(struct check *check, const struct node *node,
                             const struct branch *branch, const struct place *place)
{
    struct faults *outer = check->faults;
    if (!check_goes_on(check))
        return false;
    if (outer->total >= outer->limit) {
        outer->total++;
        return false;
    }
    if (branch->count == 1)
        return check_node(check, branch->nodes[0], place, NULL);
    struct faults best = {0};
    uint32_t best_index = 0;
    AUTO_BUF struct buf own = {0};
    place_append_pointer(&own, place, FAULT_TEXT_MAX);
    for (uint32_t i = 0; i < branch->count && check->error == 0; i++) {
        struct faults faults;
        explain_branch(check, branch->nodes[i], place, &faults);
        outer->no_memory |= faults.no_memory;
        if (i > 0 && misfit(&faults, own.size) >= misfit(&best, own.size))
            continue;
        best = faults;
        best_index = i;
    }
    check_tell(check, node, place, branch->keyword,
               "none of the %u branches of \"%s\" fits; the closest is %u", branch->count,
               branch->keyword, best_index + 1);
    outer->summaries += check->error == 0;
    fault_append(outer, &best);
    return false;
}

static bool check_all(struct check *check, const struct branch *branch, const struct place *place,
                      struct marks *marks)
{
    bool valid = true;
    for (uint32_t i = 0; i < branch->count && (valid || check_goes_on(check)); i++)
        valid &= check_node(check, branch->nodes[i], place, marks);
    return valid;
}

/* With marks or notes all branches count, for what each of them has to say. */
static bool check_any(struct check *check, const struct node *node, const struct branch *branch,
                      const struct place *place, struct marks *marks)
{
    bool fits = false;
    for (uint32_t i = 0; i < branch->count && (marks || check->notes || !fits) && check->error == 0;
         i++)
        fits |= try_branch(check, branch->nodes[i], place, marks);
    return fits || explain_branches(check, node, branch, place);
}

static bool check_one(struct check *check, const struct node *node, const struct branch *branch,
                      const struct place *place, struct marks *marks)
{
    uint32_t count = 0, last[2] = {0, 0};
    for (uint32_t i = 0; i < branch->count && count < 2 && check->error == 0; i++) {
        if (!try_branch(check, branch->nodes[i], place, marks))
            continue;
        last[0] = last[1];
        last[1] = i;
        count++;
    }
    if (check->error < 0)
        return false;
    if (count == 0)
        return explain_branches(check, node, branch, place);
    return count == 1 || check_fails(check, node, place, branch->keyword,
                                     "branches %u and %u of \"oneOf\" both fit, exactly one may",
                                     last[0] + 1, last[1] + 1);
}

static bool check_not(struct check *check, const struct node *node, const struct branch *branch,
                      const struct place *place)
{
    struct faults *notes = check->notes;
    check->notes = NULL;
    bool fits = check_quietly(check, branch->nodes[0], place, NULL);
    check->notes = notes;
    if (check->error < 0)
        return false;
    return !fits || check_fails(check, node, place, "not", "%s fits what \"not\" excludes",
                                quote_value(place->value).text);
}

static bool check_if(struct check *check, const struct branch *branch, const struct place *place,
                     struct marks *marks)
{
    bool fits = try_branch(check, branch->nodes[0], place, marks);
    if (check->error < 0)
        return false;
    const struct node *next = branch->nodes[fits ? 1 : 2];
    return !next || check_node(check, next, place, marks);
}

/* Core, section 8.2.3.2: the outermost resource that was entered and has an anchor of that name. */
static const struct node *dynamic_target(const struct check *check, const struct branch *branch)
{
    const struct node *target = branch->nodes[0];
    for (const struct scope *at = check->scope; at; at = at->up)
        if (at->resource->dynamic && at->resource->dynamic[branch->name])
            target = at->resource->dynamic[branch->name];
    return target;
}

static bool check_reference(struct check *check, const struct node *node,
                            const struct branch *branch, const struct place *place,
                            struct marks *marks)
{
    const struct node *target =
        branch->kind == BRANCH_DYNAMIC ? dynamic_target(check, branch) : branch->nodes[0];
    struct trail trail = {
        .up = check->trail, .from = node, .keyword = branch->keyword, .to = target};
    check->trail = &trail;
    bool valid = check_node(check, target, place, marks);
    check->trail = trail.up;
    return valid;
}

static bool check_branch(struct check *check, const struct node *node, const struct branch *branch,
                         const struct place *place, struct marks *marks)
{
    switch (branch->kind) {
    case BRANCH_REF:
    case BRANCH_DYNAMIC:
        return check_reference(check, node, branch, place, marks);
    case BRANCH_ALL:
        return check_all(check, branch, place, marks);
    case BRANCH_ANY:
        return check_any(check, node, branch, place, marks);
    case BRANCH_ONE:
        return check_one(check, node, branch, place, marks);
    case BRANCH_NOT:
        return check_not(check, node, branch, place);
    case BRANCH_IF:
        return check_if(check, branch, place, marks);
    }
    return true;
}

bool check_branches(struct check *check, const struct node *node, const struct place *place,
                    struct marks *marks)
{
    bool valid = true;
    for (uint32_t i = 0; i < node->branch_count; i++) {
        valid &= check_branch(check, node, &node->branches[i], place, marks);
        if (!valid && !check_goes_on(check))
            return false;
    }
    return valid;
}
