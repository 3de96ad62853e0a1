/* arena: memory that lives as long as one request. Nothing is freed on its own. */
#ifndef PERSISTFS_BASE_ARENA_H
#define PERSISTFS_BASE_ARENA_H

#include "store/base/span.h"

struct arena_block;

struct arena {
    struct arena_block *newest; /* owned chain */
    size_t total;               /* bytes taken from the system */
    size_t limit;               /* bytes it may take; 0: no limit */
};

void arena_init(struct arena *arena, size_t limit);
/* Frees all of it; the arena may be used again afterwards. */
void arena_finish(struct arena *arena);
/* `size` bytes aligned for any type, zeroed; NULL when there is no memory or the limit is
 * reached. `size` 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size);
/* `count * size` bytes, checked for overflow. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);
/* A copy; its data is NULL when there was no memory (and size is 0). A NUL follows the copy. */
struct span arena_copy(struct arena *arena, struct span span);

#endif
