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
    TREE_REAL,    /* any other number; finite, unless tree_parse_value made it */
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
        double real;        /* the nearest to what `raw` spells */
        struct span string; /* decoded; may hold NUL (\u0000) */
        struct tree *items;
        struct tree_member *members; /* in source order, no two of a name */
    };
};

struct tree_member {
    struct span key; /* decoded */
    struct span raw; /* source text, with its quotes */
    struct tree value;
    uint64_t hash; /* tree_key_hash of the key, as the parser fills it in; 0: not computed */
};

/* Parses a whole document whose top level is an object. `max_size` is in bytes; beyond INT32_MAX it
 * is taken for that.
 * Errors: TOO_LARGE; what scan.h refuses; JSON_INCOMPLETE; JSON_DUPLICATE; JSON_LIMIT for an
 * integer beyond int64, a real that overflows a double, or a member name with \u0000 in it;
 * NO_MEMORY (also when the arena's limit is reached). The problem's detail names line and column.
 * A real too small for a double is 0 or subnormal and no error; its spelling is kept. */
int tree_parse(struct arena *arena, struct span text, size_t max_size, struct tree **ret_tree,
               struct problem *problem);

/* The same for a text whose top level is any value, with numbers of any size: an integer beyond
 * int64 is a TREE_REAL, and `real` is infinite where no double comes near. */
int tree_parse_value(struct arena *arena, struct span text, size_t max_size, struct tree **ret_tree,
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

/* Whether it is a number of exactly integral value within int64, however written (3, 3.0, 30e-1).
 */
bool tree_integral(const struct tree *value, int64_t *ret_integral);

/* Equal as JSON values: members in any order, numbers by their exact decimal value (1 and 1.0 are
 * equal, 0.1 and 0.1000000000000000055 are not; see number.h). */
bool tree_equal(const struct tree *a, const struct tree *b);
/* Equal as JSON values with every number spelled alike: what a diff must tell apart. */
bool tree_same(const struct tree *a, const struct tree *b);

/* A fingerprint for which tree_equal(a, b) implies equal results. Values that share one are easily
 * made on purpose: compare as well, and don't rely on there being few. */
uint64_t tree_hash(const struct tree *value);

/* Two odd numbers of many bits, for the functions below. */
#define TREE_HASH_ODD   UINT64_C(0x9e3779b97f4a7c15)
#define TREE_HASH_OTHER UINT64_C(0xd6e8feb86659fd93)

static inline uint64_t tree_load64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* Both halves of the product: every bit of the factors moves many bits of the result. */
static inline uint64_t tree_hash_fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 product;
    product both = (product)a * b;
    return (uint64_t)both ^ (uint64_t)(both >> 64);
}

/* A quick hash of a decoded key, never 0. It may differ from one machine to the next. What was said
 * of tree_hash holds here, too. */
static inline uint64_t tree_key_hash(struct span key)
{
    uint64_t hash = key.size * TREE_HASH_ODD;
    uint64_t last = 0;
    if (key.size >= 8) {
        for (size_t i = 0; i + 8 < key.size; i += 8)
            hash = tree_hash_fold(hash ^ tree_load64(key.data + i), TREE_HASH_ODD);
        last = tree_load64(key.data + key.size - 8);
    } else if (key.size >= 4) {
        uint32_t low, high;
        memcpy(&low, key.data, sizeof(low));
        memcpy(&high, key.data + key.size - 4, sizeof(high));
        last = (uint64_t)high << 32 | low;
    } else if (key.size > 0) {
        last = (uint64_t)key.data[key.size - 1] << 16 | (uint64_t)key.data[key.size / 2] << 8 |
               key.data[0];
    }
    hash = tree_hash_fold(hash ^ last ^ TREE_HASH_OTHER, TREE_HASH_ODD);
    return hash ? hash : 1;
}

/* The order of keys: by their bytes, a key before those it begins. */
static inline int tree_key_compare(struct span a, struct span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static inline uint64_t tree_member_hash(const struct tree_member *member)
{
    return member->hash ? member->hash : tree_key_hash(member->key);
}

/* The member that `value` is the value of. */
static inline const struct tree_member *tree_member_of(const struct tree *value)
{
    return (const struct tree_member *)(const void *)((const char *)value -
                                                      offsetof(struct tree_member, value));
}

/* Appends the value on one line with no white space, scalars as in the source. */
void tree_write_compact(struct buf *out, const struct tree *value);
/* Appends the value indented by two spaces, members and items on lines of their own ("{}" and "[]"
 * when empty), scalars as in the source, and a newline at the end. */
void tree_write_pretty(struct buf *out, const struct tree *value);

/* Appends a canonical form on one line, itself JSON: equal values (tree_equal) give equal bytes,
 * unequal ones do not. Members are sorted by the bytes of their names, strings are as
 * buf_append_json_string writes them, an integral number within int64 is written as an integer, one
 * that is exactly what the fewest digits for its nearest double spell as these digits, and any
 * other as number_write_exact has it. */
void tree_write_canonical(struct buf *out, const struct tree *value);

#endif
