/* What the files of pattern share. They use store/base and no more, but for pattern_library.c,
 * which alone knows the matching library.
 *
 *     text  --pattern_parse-->  tree  --pattern_shape---->  shape: the forms most patterns have
 *                                     --pattern_emit----->  library: what has no backreference
 *                                     --pattern_program-->  program: the same, when that would take
 *                                                           too long; and what has backreferences
 *
 * Each of the three is tried in this order, and says yes and no as the others do; the fuzz target
 * compares them. */
#ifndef PERSISTFS_SCHEMA_PATTERN_INTERNAL_H
#define PERSISTFS_SCHEMA_PATTERN_INTERNAL_H

#include "schema/pattern.h"
#include "store/base/arena.h"

#define PATTERN_CHARACTER_MAX UINT32_C(0x10ffff)
#define PATTERN_INFINITE      UINT32_MAX
/* Groups within groups that can be compiled; what walks a tree calls itself as deep. */
#define PATTERN_NESTING_MAX 200
#define PATTERN_NAMES_MAX   1000

/* Characters: code points. Both ends belong to a range. */
struct pattern_range {
    uint32_t low, high;
};

struct pattern_ranges {
    const struct pattern_range *items; /* borrowed */
    size_t count;
};

/* One of the properties of ECMA-262, tables 66 to 70: the ranges when the library does not have it,
 * else the name it has there. */
struct pattern_property {
    struct pattern_ranges ranges;
    const char *prefix;
    struct span name; /* its data is NULL when there are ranges */
    bool negated;
};

/* Ranges in order, apart from each other and without surrogates, which no subject has; and
 * properties. It is negated only when there are properties. */
struct pattern_set {
    struct pattern_ranges ranges;
    const struct pattern_property *properties;
    size_t property_count;
    bool negated;
    uint32_t number; /* counts up from 0 */
    struct pattern_set *next;
};

enum pattern_kind {
    PATTERN_CHARACTER,
    PATTERN_SET,
    PATTERN_START,
    PATTERN_END,
    PATTERN_BOUNDARY,
    PATTERN_BACKREFERENCE,
    PATTERN_GROUP,
    PATTERN_LOOK,
};

struct pattern_branch;

/* A term, with its quantifier. */
struct pattern_node {
    enum pattern_kind kind;
    bool lazy;
    bool negated;                   /* a boundary, or a look */
    bool behind;                    /* a look */
    uint32_t value;                 /* the character, or the number of the group that is captured or
                                       referred to; 0 for a group that captures nothing */
    uint32_t min, max;              /* 1 and 1 without a quantifier */
    uint32_t inner_from, inner_end; /* the groups that are captured in it, itself included */
    const struct pattern_set *set;
    struct pattern_branch *branches; /* of a group or a look: its alternatives */
    struct pattern_node *next, *previous;
};

struct pattern_branch {
    struct pattern_node *first, *last; /* NULL when it is empty */
    struct pattern_branch *next;
};

struct pattern_tree {
    struct pattern_node *root; /* a group that captures nothing */
    struct pattern_set *sets;  /* the last one first */
    uint32_t set_count;
    uint32_t group_count;
    bool has_backreference;
    bool has_look;
};

/* --- pattern_parse.c, pattern_cursor.c, pattern_name.c, pattern_property.c, pattern_unicode.c,
 * pattern_identifier.c
 * ------------------ */

struct pattern_builder;

/* Where in the text the grammar is, and what is wrong there. */
struct pattern_cursor {
    struct span text;  /* UTF-8 */
    size_t at;         /* bytes */
    const char *fault; /* NULL: nothing */
};

/* `builder` may be NULL. False when the text is not a pattern, and then says why. */
bool pattern_parse(struct span text, struct pattern_builder *builder,
                   struct pattern_cursor *ret_fault);

/* Leaves a fault, and returns false. */
bool pattern_fault(struct pattern_cursor *cursor, const char *reason);
bool pattern_take(struct pattern_cursor *cursor, char byte); /* leaves no fault */
bool pattern_take_hex(struct pattern_cursor *cursor, unsigned digits, uint32_t *ret_value);
/* Behind `\u`; two surrogates in a row are one character. */
bool pattern_take_unicode(struct pattern_cursor *cursor, uint32_t *ret_character);
/* Behind the backslash: CharacterEscape, with the flag u. */
bool pattern_take_escape(struct pattern_cursor *cursor, uint32_t *ret_character);
/* Behind `<`, and takes the `>`, too. */
bool pattern_take_name(struct pattern_cursor *cursor, struct span *ret_name);
/* Letters, digits and underscores, or nothing. */
struct span pattern_take_word(struct pattern_cursor *cursor);
/* Digits, of any number, or none: PATTERN_INFINITE from INT32_MAX on, for no subject is as long.
 * `ret_digits` is without leading zeros. */
uint32_t pattern_take_number(struct pattern_cursor *cursor, struct span *ret_digits);

static inline bool pattern_is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static inline int pattern_peek(const struct pattern_cursor *cursor)
{
    return cursor->at < cursor->text.size ? cursor->text.data[cursor->at] : -1;
}

struct pattern_names {
    size_t count;
    uint32_t hashes[PATTERN_NAMES_MAX];
    uint32_t groups[PATTERN_NAMES_MAX];
    struct span names[PATTERN_NAMES_MAX]; /* as they are written */
};

/* The number of the group of that name, 0 when there is none. */
uint32_t pattern_names_find(const struct pattern_names *names, struct span name);
/* NULL, or what is wrong with it. */
const char *pattern_names_add(struct pattern_names *names, struct span name, uint32_t group);

/* `value` is NULL for a property that is alone in its braces. */
bool pattern_property_find(struct span name, const struct span *value,
                           struct pattern_property *ret_property);

enum pattern_identifier { PATTERN_IN_NO_IDENTIFIER, PATTERN_IN_IDENTIFIER, PATTERN_AT_ITS_START };

enum pattern_identifier pattern_unicode_identifier(uint32_t character);
extern const struct pattern_ranges pattern_unicode_nfkc_casefold;
extern const struct pattern_ranges pattern_unicode_bidi_mirrored;

#define PATTERN_NAMES_OF_ONE 3

/* A script that is newer than the library's tables, or that is wrong there. */
struct pattern_script {
    const char *names[PATTERN_NAMES_OF_ONE]; /* NULL where there are fewer */
    struct pattern_ranges ranges;            /* none: as the library has it */
    struct pattern_ranges shared;            /* by Script_Extensions */
};

size_t pattern_unicode_scripts(const struct pattern_script **ret_scripts);

/* --- pattern_tree.c --------------------------------------------------------------------------- */

/* All of it is taken from `arena`. A failure is kept, and said at the end. */
int pattern_builder_create(struct arena *arena, struct pattern_builder **ret_builder);
/* 0, -ERR_TOO_LARGE, -ERR_NO_MEMORY. */
int pattern_builder_end(struct pattern_builder *builder, struct pattern_tree *ret_tree);

/* The next term; a builder of NULL is told in vain. */
void pattern_build(struct pattern_builder *builder, struct pattern_node term);
void pattern_build_repeat(struct pattern_builder *builder, uint32_t min, uint32_t max, bool lazy);
void pattern_build_open(struct pattern_builder *builder, struct pattern_node group);
void pattern_build_alternative(struct pattern_builder *builder);
void pattern_build_close(struct pattern_builder *builder);
/* What is in the next set; pattern_build_set ends it. */
void pattern_build_range(struct pattern_builder *builder, uint32_t low, uint32_t high);
void pattern_build_shorthand(struct pattern_builder *builder, char letter);
void pattern_build_property(struct pattern_builder *builder, struct pattern_property property);
void pattern_build_set(struct pattern_builder *builder, bool negated);

/* Whether each way through the node's branches begins with `^`. */
bool pattern_is_anchored(const struct pattern_node *group);
/* `ranges` are in order. */
bool pattern_ranges_have(struct pattern_ranges ranges, uint32_t character);

/* --- pattern_shape.c -------------------------------------------------------------------------- */

struct pattern_shape;

/* *ret_shape is NULL when the tree has none of the shapes. Taken from `arena`. 0 or
 * -ERR_NO_MEMORY. */
int pattern_shape_find(const struct pattern_tree *tree, struct arena *arena,
                       const struct pattern_shape **ret_shape);
bool pattern_shape_match(const struct pattern_shape *shape, struct span subject);

/* --- pattern_emit.c, pattern_library.c -------------------------------------------------------- */

/* The tree, which has no backreference, in the library's syntax. */
void pattern_emit(const struct pattern_tree *tree, struct buf *into);
void pattern_emit_set(const struct pattern_set *set, struct buf *into);

struct pattern_library;

/* 0, -ERR_TOO_LARGE when the library can't, -ERR_NO_MEMORY. */
int pattern_library_compile(struct span text, struct pattern_library **ret_library);
void pattern_library_destroy(struct pattern_library *library); /* takes NULL */
/* 1, 0, -ERR_PATTERN_BUDGET, -ERR_NO_MEMORY. `limit` is on the choices that are taken from one
 * place to begin at. */
int pattern_library_match(const struct pattern_library *library, struct span subject,
                          uint32_t limit);

/* --- pattern_program.c, pattern_turns.c, pattern_parallel.c  --------------------------------- */

enum pattern_operation {
    PATTERN_OP_CHARACTER, /* a: the character */
    PATTERN_OP_SET,       /* a: which */
    PATTERN_OP_START,
    PATTERN_OP_END,
    PATTERN_OP_BOUNDARY,
    PATTERN_OP_SPLIT,         /* a, or else b */
    PATTERN_OP_JUMP,          /* to a */
    PATTERN_OP_SAVE,          /* the place in register a */
    PATTERN_OP_RESET,         /* registers a up to b, which is not one of them */
    PATTERN_OP_ADVANCED,      /* fails when the place is still that in register a */
    PATTERN_OP_BACKREFERENCE, /* to the place in registers a and a + 1 */
    PATTERN_OP_LOOK,          /* goes on at its body, which is next, or behind it, at a; has
                                 registers b and b + 1 */
    PATTERN_OP_LOOK_END,
    PATTERN_OP_MATCH,
};

struct pattern_step {
    uint8_t operation;
    bool backward;
    bool negated;
    uint32_t a, b;
};

struct pattern_step_set {
    uint64_t ascii[2]; /* a bit a character; it is complete */
    struct pattern_ranges ranges;
    bool negated;
    struct pattern_library *library; /* owned; NULL when there are no properties */
};

struct pattern_program {
    struct pattern_step *steps;
    uint32_t step_count;
    struct pattern_step_set *sets;
    uint32_t set_count;
    uint32_t register_count;
    bool anchored;
};

/* For one of the two that follow; in parallel there may be no backreference. Taken from `arena`,
 * but for what pattern_program_finish releases. 0, -ERR_TOO_LARGE, -ERR_NO_MEMORY; there is nothing
 * to finish then. */
int pattern_program_init(struct pattern_program *program, const struct pattern_tree *tree,
                         bool in_turn, struct arena *arena);
void pattern_program_finish(struct pattern_program *program);
/* Whether the set has a character, which is in UTF-8. */
bool pattern_program_finds(const struct pattern_step_set *set, struct span character);
/* Steps that pattern_program_finds is worth when the set has properties. */
#define PATTERN_LIBRARY_COST 16

/* The same, faster. */
static inline bool pattern_program_has(const struct pattern_step_set *set, struct span character)
{
    uint8_t byte = character.data[0];
    return byte < 0x80 ? set->ascii[byte / 64] >> byte % 64 & 1
                       : pattern_program_finds(set, character);
}

/* How many steps of a program take as long as one of pattern_match_metered. */
#define PATTERN_STEPS_OF_WORK 4
/* 1, 0, -ERR_PATTERN_BUDGET, -ERR_NO_MEMORY: one choice after the other, exactly as ECMA-262 has
 * it. What it took is added to `*work`. */
int pattern_turns_match(const struct pattern_program *program, struct span subject, uint64_t *work);
/* The same: all choices at once, in time proportional to subject and program. */
int pattern_parallel_match(const struct pattern_program *program, struct span subject,
                           uint64_t *work);

/* --- pattern.c -------------------------------------------------------------------------------- */

/* The ways to match, each alone, for tests to compare. */
enum pattern_way { PATTERN_BY_SHAPE, PATTERN_BY_LIBRARY, PATTERN_IN_TURN, PATTERN_IN_PARALLEL };

/* pattern_compile, and then also the ways that a faster one makes needless. */
int pattern_compile_ways(struct span text, struct pattern **ret_pattern, struct problem *problem);
/* -ERR_UNSUPPORTED when it can't be matched this way. */
int pattern_match_by(const struct pattern *pattern, enum pattern_way way, struct span subject);

/* --- Characters of a subject, which is UTF-8 -------------------------------------------------- */

static inline size_t pattern_length(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static inline uint32_t pattern_decode(const uint8_t *at)
{
    uint32_t first = at[0];
    if (first < 0x80)
        return first;
    if (first < 0xe0)
        return (first & 0x1fU) << 6 | (at[1] & 0x3fU);
    if (first < 0xf0)
        return (first & 0xfU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
    return (first & 7U) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 | (at[3] & 0x3fU);
}

/* Where the character begins that ends before `at`, which is not 0. */
static inline size_t pattern_before(struct span subject, size_t at)
{
    do
        at--;
    while (at > 0 && (subject.data[at] & 0xc0) == 0x80);
    return at;
}

/* ECMA-262, IsWordChar, without the flag i. */
static inline bool pattern_is_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (byte >= 'a' && byte <= 'z');
}

static inline bool pattern_at_boundary(struct span subject, size_t at)
{
    bool before = at > 0 && pattern_is_word(subject.data[at - 1]);
    bool after = at < subject.size && pattern_is_word(subject.data[at]);
    return before != after;
}

#endif
