/* number: the numbers of a document by their exact decimal value.
 *
 * What counts is the value that the digits spell (RFC 8259, section 6), of any size and precision,
 * and never the nearest double: 1, 1.0 and 10e-1 are one value, 9007199254740993.0 is not
 * 9007199254740992. Every function takes time in proportion to the length of the spelling, at the
 * most, and allocates nothing. Where the first digit that is not 0 has a power of ten beyond 10^18
 * (either way), it counts as 10^18.
 *
 * All arguments are numbers: TREE_INTEGER or TREE_REAL, with the source text in `raw`. */
#ifndef PERSISTFS_SCHEMA_NUMBER_H
#define PERSISTFS_SCHEMA_NUMBER_H

#include "schema/tree.h"

/* Negative, 0 or positive, as `a` is less than, equal to or greater than `b`. */
int number_compare(const struct tree *a, const struct tree *b);
/* Equal numbers have equal hashes. Others may, too. */
uint64_t number_hash(const struct tree *number);

bool number_is_positive(const struct tree *number);
/* Whether it is integral, however large. */
bool number_is_integer(const struct tree *number);
/* Whether it is integral and within int64; if so, the value. */
bool number_int64(const struct tree *number, int64_t *ret_value);
/* Whether it is integral and not negative; if so, the value, or UINT64_MAX when it is larger. */
bool number_count(const struct tree *number, uint64_t *ret_count);

/* The digits that a divisor may have, without the zeros at its ends. They bound the time that
 * number_is_multiple takes for each digit of the number. */
#define NUMBER_DIVISOR_DIGITS 1000
/* Whether it may be the divisor of number_is_multiple: positive, and not of too many digits. */
bool number_is_divisor(const struct tree *number);
/* Whether the number is the divisor times an integer. */
bool number_is_multiple(const struct tree *number, const struct tree *divisor);

/* Appends the value in the one way that all equal numbers share: the digits without zeros at the
 * ends, a point behind the first, and a power of ten (1.25e-07). */
void number_write_exact(struct buf *out, const struct tree *number);

#endif
