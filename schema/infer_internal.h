/* The parts of infer*.c. They may use store/base, tree.h and format.h.
 *
 * For each place that samples have a value at there is a `shape`, which says what was seen there:
 * one for the root, one for each member of an object, one for all items of an array. */
#ifndef PERSISTFS_SCHEMA_INFER_INTERNAL_H
#define PERSISTFS_SCHEMA_INFER_INTERNAL_H

#include "schema/infer.h"

#define WORDS_MAX     12 /* distinct strings that may be suggested as an enum */
#define WORD_SIZE_MAX 64 /* bytes of one of them */

enum seen {
    SEEN_OBJECT,
    SEEN_ARRAY,
    SEEN_STRING,
    SEEN_NUMBER, /* with a fraction or an exponent */
    SEEN_INTEGER,
    SEEN_BOOLEAN,
    SEEN_NULL,
    SEEN_COUNT,
};

struct shape;

struct shape_member {
    struct span name;
    struct shape *shape;
    uint64_t count; /* objects that have it */
};

/* Different strings and integers, as far as they are needed to tell whether all differ. */
struct distinct {
    uint64_t *sorted; /* fingerprints */
    uint32_t count;
    uint32_t capacity;
    bool repeated; /* two were alike, and nothing more is remembered */
    bool full;     /* there were more than INFER_DISTINCT_MAX, which all differed */
};

struct shape {
    uint64_t seen[SEEN_COUNT];    /* how often each */
    struct shape_member *members; /* in the order they were met */
    uint32_t *sorted;             /* indices of them, by name */
    uint32_t member_count;
    uint32_t member_capacity;
    struct shape *items;
    unsigned formats; /* bits of those that every string fits; see infer_format */
    struct span words[WORDS_MAX];
    uint32_t word_count; /* WORDS_MAX + 1: there are more, or one is too long */
    bool is_column;      /* reached from the root through `properties` alone */
    struct distinct distinct;
};

struct infer {
    struct arena arena;
    struct shape *root;
    uint32_t places;
    uint64_t count;
    struct infer_left_out left_out;
};

/* The formats that are asserted, the most telling first; NULL beyond the last. Those that nearly
 * every string fits (hostname, regex, uri-reference...) are not among them. */
const char *infer_format(unsigned index);
/* The bits of those that the string fits. */
unsigned infer_formats_of(struct span text, unsigned among);

#endif
