/* The parts of compat_*.c. They may use store/base, tree.h, tree_lookup.h, number.h, pointer.h and
 * uri.h.
 *
 * What the old schema says of a value is a set of facts: subschemas that the value satisfies, all
 * of them. The new schema is gone through keyword by keyword, and each must follow from the facts.
 * A fact too few, or a demand too many, can only make a finding worse than it need be. */
#ifndef PERSISTFS_SCHEMA_COMPAT_INTERNAL_H
#define PERSISTFS_SCHEMA_COMPAT_INTERNAL_H

#include "schema/compat.h"
#include "schema/tree_lookup.h"

#define FACTS_MAX    64
#define DEPTH_MAX    150
#define FUEL         2000000
#define LOOKUP_SLOTS 128
#define KNOWN_SLOTS  1024

enum side { SIDE_OLD, SIDE_NEW };

static inline enum side other_side(enum side side)
{
    return side == SIDE_OLD ? SIDE_NEW : SIDE_OLD;
}

/* Types of values, as bits 1 << enum tree_type, where TREE_INTEGER stands for all that is integral
 * however it is spelled, and TREE_REAL for all other numbers. */
#define TYPE_BIT(type) (1U << TREE_##type)
#define TYPE_BOOLEANS  (TYPE_BIT(FALSE) | TYPE_BIT(TRUE))
#define TYPE_NUMBERS   (TYPE_BIT(INTEGER) | TYPE_BIT(REAL))
#define TYPE_ALL       (TYPE_BIT(OBJECT) * 2 - 1)

struct facts {
    enum side side; /* whose subschemas they are; what is demanded is the other's */
    unsigned types; /* the value has one of these; 0: there is no such value */
    size_t count;
    const struct tree *list[FACTS_MAX];
};

/* One place where a subschema is demanded. */
struct step {
    const struct facts *facts;
    const struct tree *former; /* its counterpart, to tell changes by; NULL: there is none */
    const struct tree *wanted;
    bool grows; /* reached through `properties` alone, where defaults are filled in */
    const struct compat_keyword *keyword; /* of `wanted`, the one at hand */
};

/* A comparison that succeeded, or is under way. Those under way may be relied on where they come up
 * again: that is for a part of the value, as loops of references on one value are refused when a
 * schema is compiled. */
struct known {
    struct known *older;
    struct known *below; /* in the same slot */
    size_t slot;
    const struct tree *wanted;
    const struct tree **list;
    size_t count;
    unsigned types;
    bool grows;
    bool told; /* was not quiet */
};

struct finding {
    struct finding *next;
    enum compat_effect effect;
    const struct tree *at; /* in either schema */
    const char *message;
    struct span pointer;
};

struct anchor {
    struct anchor *next;
    enum side side;
    struct span name;
    const struct tree *schema;
};

struct compat {
    struct arena *arena;
    const struct tree *roots[2];
    uint64_t fuel;
    unsigned depth;
    unsigned quiet; /* not 0: the answer alone is wanted */
    bool no_memory;
    bool nested_ids; /* a part has an $id of its own: references are not followed */
    bool dynamic;    /* there is a $dynamicAnchor */
    struct anchor *anchors;
    struct known *known;
    struct known *slots[KNOWN_SLOTS];
    struct tree_lookup lookups[LOOKUP_SLOTS];
    struct finding *first, **last;
    size_t finding_count, untold;
    enum compat_effect worst;
};

/* Ground (compat_base.c). */

/* Takes `steps` of the fuel; false when it is used up: then every answer is void. */
bool compat_burn(struct compat *compat, uint64_t steps);
/* tree_equal, for its price. */
bool compat_equal(struct compat *compat, const struct tree *a, const struct tree *b);
/* The member of that name, or NULL; `object` may be of any type, and NULL. */
const struct tree *compat_find(struct compat *compat, const struct tree *object, struct span key);
const struct tree *compat_get(struct compat *compat, const struct tree *object, const char *key);
uint32_t compat_count(const struct tree *value, enum tree_type type);
/* Goes through both schemas once, for what references need. */
void compat_survey(struct compat *compat, enum side side);
/* Where the reference under that keyword leads to in its own schema; NULL when it leaves it, or
 * cannot be followed. */
const struct tree *compat_follow(struct compat *compat, enum side side, const struct tree *schema,
                                 const char *keyword);
/* Whether a reference that cannot be followed leads to the same from both schemas. */
bool compat_same_outside(struct compat *compat, const struct tree *reference);

/* Findings (compat_report.c). */

/* Adds a finding when it is not quiet. Always false. */
bool compat_complain(struct compat *compat, enum compat_effect effect, const struct tree *at,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds a COMPAT_COMPATIBLE one. */
void compat_note(struct compat *compat, const struct tree *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A text for a message, cut at a sane length. */
struct shown {
    char text[64];
};
struct shown show_value(const struct tree *value); /* 17, "abc", an object */
struct shown show_name(struct span name);
int compat_finish(struct compat *compat, struct compat_report *ret_report);

/* Facts (compat_facts.c). */

void facts_init(struct facts *facts, enum side side, unsigned types);
/* Adds what `schema` says, with its `allOf` and its references. */
void facts_add(struct compat *compat, struct facts *facts, const struct tree *schema);
/* What they say of a member of that name, and of the item at that index. */
void facts_member(struct compat *compat, const struct facts *facts, struct span name,
                  struct facts *ret_facts);
void facts_item(struct compat *compat, const struct facts *facts, uint64_t index,
                struct facts *ret_facts);
bool facts_require(struct compat *compat, const struct facts *facts, struct span name);
/* Whether the list of strings, or NULL, has that one. */
bool compat_lists(struct compat *compat, const struct tree *names, struct span name);
/* The types that a schema may allow at the most. */
unsigned compat_types(struct compat *compat, enum side side, const struct tree *schema);
unsigned type_of_value(const struct tree *value);
unsigned types_of_keyword(const struct tree *type); /* the value of "type" */
/* The values that `const` or `enum` of a schema leave, and how many; NULL: any. */
const struct tree *finite_values(struct compat *compat, const struct tree *schema,
                                 uint32_t *ret_count);

/* Comparing (compat.c). */

/* Whether all that satisfies the facts satisfies `wanted`; tells what does not, and what changed.
 */
bool compat_covers(struct compat *compat, const struct facts *facts, const struct tree *former,
                   const struct tree *wanted, bool grows);
bool compat_covers_quietly(struct compat *compat, const struct facts *facts,
                           const struct tree *wanted);
/* The same for two schemas: the facts are what `given` of that side says. */
bool compat_implies(struct compat *compat, enum side side, const struct tree *given,
                    const struct tree *wanted);

/* Keywords (compat_keywords.c). */

typedef bool implied_function(struct compat *compat, const struct step *step,
                              const struct tree *value);

enum {
    KEYWORD_PLAIN = 1,  /* no subschema in it, and no other keyword beside it counts */
    KEYWORD_WALKED = 2, /* tells the changes of its parts itself */
    KEYWORD_LISTED = 4, /* each of its parts tells that it is new */
    KEYWORD_SILENT = 8, /* a change of it is not worth telling, or another keyword's to tell */
};

struct compat_keyword {
    const char *name;
    unsigned types; /* of the values that it is checked on */
    unsigned flags;
    implied_function *implied; /* whether it follows from the facts; NULL: nothing is demanded */
    const char *effect;        /* of a change that breaks nothing; NULL: as most have */
};

const struct compat_keyword *compat_keyword_find(struct span name);

implied_function implied_type, implied_enum, implied_limit, implied_divisor, implied_pattern,
    implied_format, implied_unique_items, implied_required, implied_properties, implied_patterns,
    implied_additional, implied_unevaluated, implied_names, implied_dependent_required,
    implied_dependent_schemas, implied_prefix, implied_items, implied_unevaluated_items,
    implied_contains, implied_all, implied_any, implied_one, implied_not, implied_if,
    implied_reference, implied_unique, implied_ref, implied_by_none;

/* What happened to the keyword at hand, for a message: "added", "changed from 1 to 2". */
struct change {
    char text[160];
};
struct change change_of(struct compat *compat, const struct step *step, const struct tree *value);

/* Members (compat_object.c). */

/* The members of `former` that the new schema does not name. */
void tell_removed_members(struct compat *compat, const struct step *step);

/* Choices (compat_choice.c). */

/* Whether nothing satisfies both; false also when that cannot be told. */
bool compat_disjoint(struct compat *compat, const struct facts *facts, const struct tree *schema,
                     unsigned depth);

/* Defaults that are filled in (compat_growth.c). */

/* Whether the store adds the member to an entity that lacks it. */
bool growth_fills(struct compat *compat, const struct facts *facts, const struct tree *wanted,
                  struct span name);
/* Whether the rest of `wanted` bears that, at a place where `grows`. */
bool implied_growth(struct compat *compat, const struct step *step);

#endif
