/* A walk through a tree of the data file, without LMDB, which would follow whatever it finds. */
#include "store/engine.h"
#include "store/engine_page.h"

#include <errno.h>
#include <unistd.h>

struct walk {
    int file;
    uint32_t page_size;
    uint64_t pages; /* in the file */
    uint64_t left; /* pages that may still be read: a tree that leads back into itself is endless */
    uint8_t *bytes; /* of the page last read */
};

bool engine_read_at(int file, uint8_t *into, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t got = pread(file, into, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        into += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

static size_t node_count(const struct walk *walk)
{
    return (size_t)(load16(walk->bytes + 12) - PAGE_HEADER) / 2;
}

/* Reads a page of a tree; false when it is none. */
static bool walk_read(struct walk *walk, uint64_t page, bool branch)
{
    const uint8_t *bytes = walk->bytes;
    if (walk->left == 0 || page < PAGE_FIRST || page >= walk->pages ||
        !engine_read_at(walk->file, walk->bytes, walk->page_size, page * walk->page_size))
        return false;
    walk->left--;
    size_t lower = load16(bytes + 12);
    size_t upper = load16(bytes + 14);
    return load64(bytes) == page &&
           (load16(bytes + 10) & PAGE_KINDS) == (branch ? PAGE_BRANCH : PAGE_LEAF) &&
           lower >= PAGE_HEADER && lower <= upper && upper <= walk->page_size &&
           node_count(walk) >= (branch ? 2 : 1);
}

/* NULL unless the node has its key, and `more` bytes after it, within the page. */
static const uint8_t *node_at(const struct walk *walk, size_t index, size_t least_key, size_t more)
{
    size_t offset = load16(walk->bytes + PAGE_HEADER + 2 * index);
    if (offset < load16(walk->bytes + 14) || offset + NODE_HEADER > walk->page_size)
        return NULL;
    const uint8_t *node = walk->bytes + offset;
    size_t key = load16(node + 6);
    bool fits = key >= least_key && key <= ENGINE_KEY_MAX &&
                offset + NODE_HEADER + key + more <= walk->page_size;
    return fits ? node : NULL;
}

/* A value too large for its leaf has a run of pages, with a header at the first. */
static bool walk_value(const struct walk *walk, uint64_t first, uint64_t size)
{
    uint64_t pages = (PAGE_HEADER - 1 + size) / walk->page_size + 1;
    uint8_t header[PAGE_HEADER];
    return first >= PAGE_FIRST && pages <= walk->pages && first <= walk->pages - pages &&
           engine_read_at(walk->file, header, sizeof header, first * walk->page_size) &&
           load64(header) == first && (load16(header + 10) & PAGE_KINDS) == PAGE_VALUE &&
           load32(header + 12) >= pages;
}

static bool walk_leaf(const struct walk *walk)
{
    for (size_t i = 0; i < node_count(walk); i++) {
        const uint8_t *node = node_at(walk, i, 1, 0);
        if (node == NULL)
            return false;
        uint64_t size = load16(node) | (uint64_t)load16(node + 2) << 16;
        bool big = load16(node + 4) == NODE_BIG;
        if ((!big && load16(node + 4) != 0) ||
            node_at(walk, i, 1, big ? sizeof(uint64_t) : size) == NULL)
            return false;
        if (big && !walk_value(walk, load64(node + NODE_HEADER + load16(node + 6)), size))
            return false;
    }
    return true;
}

/* Only the first node of a branch may be without a key. */
static bool branch_child(const struct walk *walk, size_t index, uint64_t *ret_page)
{
    const uint8_t *node = node_at(walk, index, index == 0 ? 0 : 1, 0);
    if (node == NULL)
        return false;
    *ret_page = load16(node) | (uint64_t)load16(node + 2) << 16 | (uint64_t)load16(node + 4) << 32;
    return true;
}

static bool walk_tree(struct walk *walk, const struct engine_tree *tree)
{
    uint64_t pages[TREE_DEPTH] = {tree->root};
    size_t next[TREE_DEPTH] = {0};
    size_t depth = tree->root == PAGE_NONE ? 0 : 1;
    while (depth > 0) {
        bool branch = depth < tree->depth;
        if (!walk_read(walk, pages[depth - 1], branch) || (!branch && !walk_leaf(walk)))
            return false;
        size_t index = next[depth - 1]++;
        if (!branch || index >= node_count(walk)) {
            depth--;
            continue;
        }
        if (!branch_child(walk, index, &pages[depth]))
            return false;
        next[depth++] = 0;
    }
    return true;
}

bool engine_walk(int file, uint64_t size, uint32_t page_size, const struct engine_tree *tree,
                 uint8_t *bytes)
{
    struct walk walk = {
        .file = file,
        .page_size = page_size,
        .pages = size / page_size,
        .left = 4 * (size / page_size), /* a branch is read again after each child */
        .bytes = bytes,
    };
    return walk_tree(&walk, tree);
}
