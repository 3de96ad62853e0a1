/* engine_page: the data file as LMDB lays it out, for what must be known before LMDB maps it.
 *
 *   page            0 number (8) | 8 pad (2) | 10 flags (2) | 12 lower (2) | 14 upper (2) | 16 ...
 *   meta page   ... 16 magic (4) | 20 version (4) | 24 address (8) | 32 map size (8)
 *                   40 the tree of free pages (48) | 88 the tree of keys (48)
 *                   136 last page (8) | 144 transaction (8)
 *   tree            0 pad, in the first one the page size (4) | 4 flags (2) | 6 depth (2)
 *                   8 branch, leaf, overflow pages, entries (4 x 8) | 40 root (8)
 *   tree page   ... 16 offsets of the nodes (2 each) up to `lower`; the nodes from `upper` on
 *   node            0 size or child, low and high (2 x 2) | 4 flags or child (2) | 6 key size (2)
 *                   8 key | then the value, or the number of its first page (8)
 *   value's page    12 the number of pages (4), instead of lower and upper | 16 value
 *
 * in the byte order and word size of the machine. */
#ifndef PERSISTFS_STORE_ENGINE_PAGE_H
#define PERSISTFS_STORE_ENGINE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(sizeof(size_t) == 8, "the layout above is that of 64-bit machines");

#define PAGE_HEADER 16
#define PAGE_MAX    65536
#define PAGE_NONE   UINT64_MAX
#define PAGE_FIRST  2 /* after the meta pages */
#define PAGE_KINDS  0x6f
#define NODE_HEADER 8
#define TREE_DEPTH  32

enum { PAGE_BRANCH = 0x01, PAGE_LEAF = 0x02, PAGE_VALUE = 0x04, PAGE_META = 0x08, NODE_BIG = 0x01 };

struct engine_tree {
    uint16_t flags;
    uint16_t depth;
    uint64_t root;
};

static inline uint16_t load16(const uint8_t *from)
{
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint32_t load32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t load64(const uint8_t *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

/* engine_lmdb_walk.c */

/* Reads exactly so many bytes. */
bool engine_read_at(int file, uint8_t *into, size_t size, uint64_t offset);
/* Whether every page that the tree uses is within the first `size` bytes of the file, and is one
 * that LMDB can be led through. `bytes` has room for a page. */
bool engine_walk(int file, uint64_t size, uint32_t page_size, const struct engine_tree *tree,
                 uint8_t *bytes);

#endif
