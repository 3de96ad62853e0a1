#include "schema/scan.h"
#include "schema/tree.h"
#include "schema/tree_build.h"
#include "schema/tree_judge.h"

static int check_size(struct span text, size_t max_size, struct problem *problem)
{
    size_t most = max_size < INT32_MAX ? max_size : INT32_MAX; /* jansson counts in int */
    if (text.size <= most)
        return 0;
    return problem_set(problem, ERR_TOO_LARGE,
                       "the document has %zu bytes; at most %zu are allowed", text.size, most);
}

/* What is wrong with the text; 0 when nothing is. */
static int check_text(struct span text, bool any_value, struct problem *problem)
{
    struct scan scan;
    if (any_value)
        scan_init_value(&scan);
    else
        scan_init(&scan);
    if (scan_feed(&scan, text) != SCAN_COMPLETE)
        return scan_explain(&scan, problem);
    return tree_judge(text, any_value, problem);
}

static int parse(struct arena *arena, struct span text, size_t max_size, bool any_value,
                 struct tree **ret_tree, struct problem *problem)
{
    int rc = check_size(text, max_size, problem);
    if (rc < 0)
        return rc;
    struct tree *tree = NULL;
    enum tree_built built = tree_build(arena, text, any_value, &tree);
    if (built != TREE_BUILT)
        rc = check_text(text, any_value, problem);
    if (rc < 0)
        return rc;
    if (built == TREE_NOT_BUILT)
        return problem_set(problem, ERR_NO_MEMORY, "no memory to hold the document");
    *ret_tree = tree;
    return 0;
}

int tree_parse(struct arena *arena, struct span text, size_t max_size, struct tree **ret_tree,
               struct problem *problem)
{
    return parse(arena, text, max_size, false, ret_tree, problem);
}

int tree_parse_value(struct arena *arena, struct span text, size_t max_size, struct tree **ret_tree,
                     struct problem *problem)
{
    return parse(arena, text, max_size, true, ret_tree, problem);
}
