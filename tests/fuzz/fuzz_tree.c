/* fuzz_tree: the parser, the scanner in pieces, and the writers. The first byte of the input is the
 * size of the pieces, the others are the text. */
#include "fuzz.h"

#include "schema/scan.h"
#include "schema/tree.h"
#include "store/base/cleanup.h"

#define ARENA_MAX (64 << 20)
#define TEXT_MAX  (1 << 20)

/* Cut anywhere, the text means the same, and a fault is at the same place. */
static enum scan_verdict scan_both_ways(struct span text, size_t piece)
{
    struct scan whole;
    struct scan cut;
    scan_init(&whole);
    scan_init(&cut);
    scan_feed(&whole, text);
    for (size_t at = 0; at < text.size; at += piece)
        scan_feed(&cut, span_head(span_skip(text, at), piece));
    CHECK(whole.verdict == cut.verdict);
    CHECK(whole.line == cut.line && whole.column == cut.column);
    CHECK(whole.verdict != SCAN_INVALID || whole.error == cut.error);
    return whole.verdict;
}

/* The tree may refuse a text that the scanner takes, for what only it looks at. */
static void check_verdict(enum scan_verdict verdict, int error)
{
    bool is_the_trees = error == -ERR_JSON_DUPLICATE || error == -ERR_JSON_LIMIT;
    if (verdict == SCAN_COMPLETE)
        CHECK(error == 0 || is_the_trees || error == -ERR_NO_MEMORY);
    else
        CHECK(error != 0 && error != -ERR_JSON_DUPLICATE);
    CHECK(verdict != SCAN_INCOMPLETE || error == -ERR_JSON_INCOMPLETE);
}

static struct tree *parse_again(struct arena *arena, const struct buf *text)
{
    struct tree *tree = NULL;
    int error = tree_parse(arena, buf_span(text), TEXT_MAX * 16, &tree, NULL);
    CHECK(error == 0 || error == -ERR_NO_MEMORY);
    return tree;
}

static void check_written(struct arena *arena, const struct tree *tree,
                          void (*write)(struct buf *out, const struct tree *value))
{
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf again = {0};
    write(&text, tree);
    const struct tree *copy = parse_again(arena, &text);
    if (copy == NULL)
        return;
    CHECK(write == tree_write_canonical ? tree_equal(tree, copy) : tree_same(tree, copy));
    CHECK(tree_hash(tree) == tree_hash(copy));
    write(&again, copy);
    CHECK(span_equal(buf_span(&text), buf_span(&again)));
}

static void check_value(struct arena *arena, struct span text, const struct tree *tree)
{
    struct tree *value = NULL;
    int error = tree_parse_value(arena, text, TEXT_MAX, &value, NULL);
    CHECK(error == -ERR_NO_MEMORY || (error == 0 && tree_same(tree, value)));
}

static void check_pointers(const struct tree *tree)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        AUTO_BUF struct buf pointer = {0};
        tree_append_pointer(&pointer, tree->members[i].key);
        CHECK(tree_at(tree, buf_span(&pointer)) == &tree->members[i].value);
        CHECK(tree_member(tree, tree->members[i].key) == &tree->members[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, ARENA_MAX);
    struct span text = span_make(data + 1, size - 1);
    struct tree *tree = NULL;
    int error = tree_parse(&arena, text, TEXT_MAX, &tree, NULL);
    check_verdict(scan_both_ways(text, data[0] + (size_t)1), error);
    if (error != 0)
        return 0;
    check_written(&arena, tree, tree_write_compact);
    check_written(&arena, tree, tree_write_pretty);
    check_written(&arena, tree, tree_write_canonical);
    check_value(&arena, text, tree);
    check_pointers(tree);
    return 0;
}
