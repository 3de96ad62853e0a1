/* pointer: JSON pointers (RFC 6901), as text. */
#ifndef PERSISTFS_SCHEMA_POINTER_H
#define PERSISTFS_SCHEMA_POINTER_H

#include "store/base/arena.h"
#include "store/base/span.h"

/* Whether it is empty or begins with '/', and each '~' is followed by 0 or 1. */
bool pointer_valid(struct span pointer);
/* Takes the first token, still escaped, off a pointer. False when there is none, or no '/'. */
bool pointer_next(struct span *pointer, struct span *ret_token);
/* Splits a pointer that has a token at the last of them. */
void pointer_split(struct span pointer, struct span *ret_parent, struct span *ret_token);
/* Whether the token, unescaped, is that name. */
bool pointer_token_is(struct span token, struct span name);
/* The token as an array index: digits with no leading zero, section 4. "-" is none. */
bool pointer_token_index(struct span token, uint32_t *ret_index);
/* The token unescaped, a copy. Its data is NULL when there is no memory. */
struct span pointer_token_decode(struct arena *arena, struct span token);

#endif
