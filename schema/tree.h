/* tree: a parsed JSON document that remembers how it was spelled.
 *
 * Members keep their order, and every scalar keeps its source text, so that what is written out
 * again has the user's spelling of each number and string (19.99 stays 19.99). All memory is the
 * caller's arena; the source text is borrowed and must live as long as the tree. A tree is not
 * changed after it was made, but by the functions here that say so. */
#ifndef PERSISTFS_SCHEMA_TREE_H
#define PERSISTFS_SCHEMA_TREE_H

#include "store/base/arena.h"
#include "store/base/error.h"
#include "store/base/span.h"

enum tree_type {
    TREE_NULL,
    TREE_FALSE,
    TREE_TRUE,
    TREE_INTEGER, /* a number written without fraction and exponent; within int64 */
    TREE_REAL,    /* any other number; finite */
    TREE_STRING,
    TREE_ARRAY,
    TREE_OBJECT,
};

struct tree_member;

struct tree {
    enum tree_type type;
    uint32_t count;  /* of items or members */
    struct span raw; /* scalars: the source text, a string's with its quotes; else of no meaning */
    union {
        int64_t integer;
        double real;
        struct span string; /* decoded; may hold NUL (\u0000) */
        struct tree *items;
        struct tree_member *members; /* in source order, no two of a name */
    };
};

struct tree_member {
    struct span key; /* decoded */
    struct span raw; /* source text, with its quotes */
    struct tree value;
};

/* Parses a whole document whose top level is an object. `max_size` is in bytes; beyond INT32_MAX it
 * is taken for that.
 * Errors: TOO_LARGE; what scan.h refuses; JSON_INCOMPLETE; JSON_DUPLICATE; JSON_LIMIT for an
 * integer beyond int64, a real that overflows a double, or a member name with \u0000 in it;
 * NO_MEMORY (also when the arena's limit is reached). The problem's detail names line and column.
 * A real too small for a double is 0 or subnormal and no error; its spelling is kept. */
int tree_parse(struct arena *arena, struct span text, size_t max_size, struct tree **ret_tree,
               struct problem *problem);

/* The member of that (decoded) name, or NULL. `object` may be of any type. */
const struct tree *tree_member(const struct tree *object, struct span key);
static inline const struct tree *tree_get(const struct tree *object, const char *key)
{
    return tree_member(object, span_of_string(key));
}

/* The value a JSON pointer (RFC 6901) leads to, or NULL. */
const struct tree *tree_at(const struct tree *root, struct span pointer);
/* Appends "/token" with the escapes of RFC 6901. */
void tree_append_pointer(struct buf *pointer, struct span token);

/* Whether it is a number of integral value within int64, however written (3, 3.0, 30e-1). */
bool tree_integral(const struct tree *value, int64_t *ret_integral);

/* Equal as JSON values: members in any order, numbers by their exact value (1 and 1.0 are equal;
 * int64 beside double is compared without rounding). The value of a real is that of the nearest
 * double. */
bool tree_equal(const struct tree *a, const struct tree *b);
/* Equal as JSON values with every number spelled alike: what a diff must tell apart. */
bool tree_same(const struct tree *a, const struct tree *b);

/* A fingerprint for which tree_equal(a, b) implies equal results. Values that share one are easily
 * made on purpose: compare as well, and don't rely on there being few. */
uint64_t tree_hash(const struct tree *value);

/* Appends the value on one line with no white space, scalars as in the source. */
void tree_write_compact(struct buf *out, const struct tree *value);
/* Appends the value indented by two spaces, members and items on lines of their own ("{}" and "[]"
 * when empty), scalars as in the source, and a newline at the end. */
void tree_write_pretty(struct buf *out, const struct tree *value);

/* Appends a canonical form on one line, itself JSON: equal values (tree_equal) give equal bytes,
 * unequal ones do not. Members are sorted by the bytes of their names, strings are as
 * buf_append_json_string writes them, an integral number within int64 is written as an integer and
 * any other with the fewest digits that give the same double. */
void tree_write_canonical(struct buf *out, const struct tree *value);

/* A copy of `object` (members borrowed) with one more member at the end. NULL when there is no
 * memory. */
struct tree *tree_with_member(struct arena *arena, const struct tree *object,
                              const struct tree_member *member);

#endif
