/* schema_check: what the parts that check a document share. */
#ifndef PERSISTFS_SCHEMA_CHECK_H
#define PERSISTFS_SCHEMA_CHECK_H

#include "schema/schema_internal.h"

/* Checking (schema_validate.c, schema_check_*.c). */

/* The resources that were entered. */
struct scope {
    const struct scope *up;
    const struct resource *resource;
};

/* The references that were followed. */
struct trail {
    const struct trail *up;
    const struct node *from;
    const char *keyword;
    const struct node *to;
};

/* Which members or items something has evaluated (core, section 11). */
struct marks {
    uint64_t *bits;
    uint32_t count;
    bool all;
};

#define MARK_WORDS 256 /* on the stack: of 4,096 members or items, in branches, too */

struct check {
    int64_t fuel;
    unsigned depth;
    int error;             /* negative: why the check was given up; then every answer is void */
    const char *reason;    /* the same in words, */
    char where[128];       /* and at which value, a pointer, when a pattern is why */
    struct faults *faults; /* NULL: the answer alone is wanted, at the first fault */
    struct faults *notes;  /* NULL but for a valid document whose annotations are wanted */
    const struct schema *schema;
    const struct scope *scope;
    const struct trail *trail;
    uint32_t words_used;
    uint64_t words[MARK_WORDS];
};

/* Whether it is valid; errors as schema_validate. */
int check_judge(const struct schema *schema, const struct place *root, bool *ret_valid,
                struct problem *problem);
/* What is wrong with a document that is known to be invalid. */
void check_explain(const struct schema *schema, const struct place *root, struct faults *faults);
/* Fills in where the keyword is. */
void fault_locate(struct check *check, const struct node *node, struct fault *fault);
/* Ends the notes of a node that began when there were `noted` of them: adds its own, or takes back
 * those of its parts, which do not count in what is not valid. */
void notes_close(struct check *check, const struct node *node, const struct place *place,
                 size_t noted, bool valid);
void check_init(struct check *check, const struct schema *schema);
bool check_node(struct check *check, const struct node *node, const struct place *place,
                struct marks *marks);
/* Whether a value is valid at a glance, by its type and as a number within its bounds. */
static inline bool node_takes(const struct node *node, const struct tree *value)
{
    if (!(node->types >> value->type & 1))
        return false;
    if (node->plain)
        return true;
    const struct number_rules *rules = node->number;
    if (!node->only_number)
        return false;
    return value->type == TREE_INTEGER
               ? value->integer >= rules->low && value->integer <= rules->high
               : value->type != TREE_REAL ||
                     (value->real > rules->real_low && value->real < rules->real_high);
}
/* The same for a part of a value. Most are easy. */
static inline bool check_part(struct check *check, const struct node *node, const struct place *up,
                              const struct tree *value)
{
    if (node_takes(node, value) && !check->notes)
        return true;
    struct place place = place_of(up, value);
    return check_node(check, node, &place, NULL);
}
/* The same, without a report. */
bool check_quietly(struct check *check, const struct node *node, const struct place *place,
                   struct marks *marks);
/* Gives up. Always false. */
bool check_give_up(struct check *check, int error, const char *reason);
bool check_out_of_fuel(struct check *check);
/* Takes `steps` of the fuel; false when it is used up. */
static inline bool check_burn(struct check *check, uint64_t steps)
{
    check->fuel -= (int64_t)steps;
    return check->fuel >= 0 || check_out_of_fuel(check);
}
/* As much as a look at the whole value takes. */
bool check_burn_value(struct check *check, const struct tree *value);
/* Whether to look for further faults after one. */
static inline bool check_goes_on(const struct check *check)
{
    return check->faults && check->error == 0;
}
/* How many of the names to compare a misspelt one with: none when nothing would be told of it. */
uint32_t check_candidates(struct check *check, uint32_t count);
/* Adds a fault. Always false. */
bool check_tell(struct check *check, const struct node *node, const struct place *place,
                const char *keyword, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same when the check reports; else nothing is made of the arguments. Always false. */
#define check_fails(check, ...) ((check)->faults && check_tell(check, __VA_ARGS__))
static inline const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}
/* Sorted by hash, then by index. */
void hash_items(const struct tree *array, struct hashed *out);
/* Whether two items are equal; `ret_pair` are their indices. */
bool check_duplicate(struct check *check, const struct tree *array, uint32_t ret_pair[2]);
/* `place` is where the text is, NULL when that is known. */
bool check_pattern(struct check *check, const struct pattern *pattern, const struct place *place,
                   struct span text);

bool marks_begin(struct check *check, struct marks *marks, uint32_t count);
void marks_end(struct check *check, struct marks *marks);
void marks_merge(struct marks *into, const struct marks *from);
static inline void marks_set(struct marks *marks, uint32_t index)
{
    marks->bits[index / 64] |= (uint64_t)1 << index % 64;
}
static inline bool marks_has(const struct marks *marks, uint32_t index)
{
    return marks->all || marks->bits[index / 64] >> index % 64 & 1;
}

bool check_object(struct check *check, const struct node *node, const struct place *place,
                  struct marks *marks);
bool check_array(struct check *check, const struct node *node, const struct place *place,
                 struct marks *marks);
bool check_string(struct check *check, const struct node *node, const struct place *place);
bool check_number(struct check *check, const struct node *node, const struct place *place);
bool check_values(struct check *check, const struct node *node, const struct place *place);
bool check_branches(struct check *check, const struct node *node, const struct place *place,
                    struct marks *marks);
bool check_unevaluated_members(struct check *check, const struct node *node,
                               const struct place *place, const struct marks *marks);
bool check_unevaluated_items(struct check *check, const struct node *node,
                             const struct place *place, const struct marks *marks);

#endif
