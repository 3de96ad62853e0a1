/* pattern: regular expressions as ECMA-262 has them, in unicode mode, matched within a budget.
 *
 * A pattern is parsed by the strict grammar of ECMA-262 (section 22.2.1, with the flag u, and no
 * other) and never handed to the matching library as it was written. It means what section 22.2.2
 * says, over the characters of the subject. Names of properties are those of Unicode 17.0; what
 * characters have them is as the library knows it, which for Debian 12 is Unicode 14.0.
 *
 * A compiled pattern is immutable, and any number of threads may match it without a lock. */
#ifndef PERSISTFS_SCHEMA_PATTERN_H
#define PERSISTFS_SCHEMA_PATTERN_H

#include "store/base/error.h"
#include "store/base/span.h"

struct pattern;

/* `text` is UTF-8, and not kept. Errors: INVALID, whose detail says what is wrong and at which
 * character; TOO_LARGE for one that is valid and beyond what can be compiled, as when it is over
 * 64 KiB, or groups are 200 levels deep, or counts multiply; NO_MEMORY. */
int pattern_compile(struct span text, struct pattern **ret_pattern, struct problem *problem);
void pattern_destroy(struct pattern *pattern); /* takes NULL */

/* Whether the text is a pattern: the grammar alone, in linear time; nothing is allocated or
 * compiled. Groups that are more than 4096 levels deep, or more than 1000 names, are none. */
bool pattern_valid(struct span text);

/* Whether it matches anywhere in `subject`, which must be valid UTF-8: 1 or 0. Errors:
 * PATTERN_BUDGET when that takes too many steps (about a tenth of a second) or too much
 * memory, which without backreferences only a long subject makes it take; NO_MEMORY. Allocates
 * nothing, unless one choice after the other takes too long, or the pattern has backreferences. */
int pattern_match(const struct pattern *pattern, struct span subject);
/* The same. Adds to `*work` what it may have taken, in steps of at most some 50 ns, for who has to
 * bound many matches together. */
int pattern_match_metered(const struct pattern *pattern, struct span subject, uint64_t *work);

#endif
