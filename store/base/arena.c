#include "store/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_SIZE ((size_t)4096)

struct arena_block {
    struct arena_block *older;
    size_t used;
    size_t capacity;
    alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_finish(struct arena *arena)
{
    while (arena->newest) {
        struct arena_block *block = arena->newest;
        arena->newest = block->older;
        free(block);
    }
    arena->total = 0;
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    /* Blocks double with the arena, so a large document takes few of them. */
    size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    if (capacity < arena->total / 2 && arena->total < ((size_t)1 << 24))
        capacity = arena->total / 2;
    if (capacity > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    size_t left = arena->limit ? arena->limit - arena->total : SIZE_MAX;
    if (size > left)
        return NULL;
    if (capacity > left)
        capacity = left;
    struct arena_block *block = malloc(sizeof(*block) + capacity);
    if (!block)
        return NULL;
    *block = (struct arena_block){.older = arena->newest, .capacity = capacity};
    arena->newest = block;
    arena->total += capacity;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t mask = alignof(max_align_t) - 1;
    if (size > SIZE_MAX - mask)
        return NULL;
    size = (size + mask) & ~mask;
    struct arena_block *block = arena->newest;
    if (!block || size > block->capacity - block->used)
        block = add_block(arena, size);
    if (!block)
        return NULL;
    void *memory = block->data + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    return arena_alloc(arena, count * size);
}

struct span arena_copy(struct arena *arena, struct span span)
{
    if (span.size == SIZE_MAX)
        return span_make(NULL, 0);
    uint8_t *copy = arena_alloc(arena, span.size + 1);
    if (!copy)
        return span_make(NULL, 0);
    if (span.size > 0)
        memcpy(copy, span.data, span.size);
    return span_make(copy, span.size);
}
