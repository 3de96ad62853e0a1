/* The versions of each object: each is made from the one before by its patch. They are looked at in
 * the order of the log, so that the first that is wrong is the one that was damaged. */
#include "fs/model_check.h"

#include "schema/diff.h"
#include "store/base/cleanup.h"

static const char removal[] = "[{\"op\":\"remove\",\"path\":\"\"}]";

struct version {
    uint64_t object;
    uint64_t seq;
    struct row_version row;
};

static int fault(struct check *check, const struct version *at, const char *what)
{
    return model_check_fault(check, KEY_VERSION, at->object, at->seq, "%s", what);
}

/* The array of a patch, parsed. It may be too deep to be parsed, by the levels that it has more
 * than its documents: 0 then, else 1. */
static int parse_patch(struct check *check, const struct version *at, struct arena *arena,
                       struct buf *text, const struct tree **ret_patch)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    buf_append_string(text, "{\"patch\":");
    buf_append_span(text, at->row.patch);
    buf_append_byte(text, '}');
    if (buf_failed(text))
        return -ERR_NO_MEMORY;
    struct tree *whole;
    int result = tree_parse(arena, buf_span(text), SIZE_MAX, &whole, &problem);
    if (result == -ERR_NO_MEMORY)
        return result;
    if (result == -ERR_JSON_LIMIT)
        return 0;
    if (result < 0)
        return model_check_fault(check, KEY_VERSION, at->object, at->seq,
                                 "the patch is not JSON: %s", buf_string(&problem.detail));
    *ret_patch = tree_get(whole, "patch");
    return whole->count == 1 && (*ret_patch)->type == TREE_ARRAY
               ? 1
               : fault(check, at, "the patch is not a JSON array");
}

static int check_unparsed(struct check *check, const struct version *at, const struct tree *before,
                          const struct tree *after)
{
    AUTO_BUF struct buf expected = {0};
    diff_write(&expected, before, after);
    if (buf_failed(&expected))
        return -ERR_NO_MEMORY;
    return span_equal(buf_span(&expected), at->row.patch)
               ? 0
               : fault(check, at, "the patch does not make the document");
}

static int apply_patch(struct check *check, const struct version *at, struct arena *arena,
                       const struct tree *before, const struct tree *after)
{
    AUTO_BUF struct buf text = {0};
    const struct tree *patch = NULL;
    int parsed = parse_patch(check, at, arena, &text, &patch);
    if (parsed <= 0)
        return parsed < 0 ? parsed : check_unparsed(check, at, before, after);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *made;
    int result = diff_apply(arena, before, patch, &made, &problem);
    if (result == -ERR_NO_MEMORY)
        return result;
    if (result < 0)
        return model_check_fault(check, KEY_VERSION, at->object, at->seq,
                                 "the patch does not fit the version before: %s",
                                 buf_string(&problem.detail));
    return tree_same(made, after)
               ? 0
               : fault(check, at,
                       "the patch, applied to the version before, does not make the document");
}

static int check_deletion(struct check *check, const struct version *at)
{
    if (at->row.document.size > 0)
        return fault(check, at, "a deletion has a document");
    if (at->row.whole || !span_is(at->row.patch, removal))
        return fault(check, at, "the patch of a deletion is not the removal of the document");
    return 0;
}

/* `before` is NULL for an object's first version. */
static int check_change(struct check *check, const struct version *at, const struct version *before)
{
    if (at->row.op == ROW_DELETE)
        return check_deletion(check, at);
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *after;
    int result = model_check_document(check, at->object, at->seq, &arena, at->row.document, &after);
    if (result < 0)
        return result;
    if (at->row.whole)
        return at->row.patch.size == 0
                   ? 0
                   : fault(check, at, "a patch is stored of a version that is its own patch");
    if (!before)
        return fault(check, at, "the first version is made by a patch");
    struct tree *old;
    result = model_check_document(check, before->object, before->seq, &arena, before->row.document,
                                  &old);
    return result < 0 ? result : apply_patch(check, at, &arena, old, after);
}

static int check_first(struct check *check, const struct version *at)
{
    if (at->row.version != 1)
        return model_check_fault(check, KEY_VERSION, at->object, at->seq,
                                 "the object's first version is %ju, expected 1",
                                 (uintmax_t)at->row.version);
    if (at->row.op != ROW_CREATE)
        return model_check_fault(check, KEY_VERSION, at->object, at->seq,
                                 "the object's first op is %s, expected create",
                                 audit_op_name(at->row.op));
    return check_change(check, at, NULL);
}

static int check_step(struct check *check, const struct version *at, const struct version *before)
{
    if (before->row.op == ROW_DELETE)
        return model_check_fault(check, KEY_VERSION, at->object, at->seq,
                                 "a version follows the deletion (seq %ju)",
                                 (uintmax_t)before->seq);
    if (at->row.op == ROW_CREATE)
        return fault(check, at, "the object is created a second time");
    if (at->row.version != before->row.version + 1)
        return model_check_fault(
            check, KEY_VERSION, at->object, at->seq, "version %ju follows version %ju (seq %ju)",
            (uintmax_t)at->row.version, (uintmax_t)before->row.version, (uintmax_t)before->seq);
    if (at->row.predecessor != before->row.predecessor)
        return model_check_fault(
            check, KEY_VERSION, at->object, at->seq, "its predecessor is object %ju, expected %ju",
            (uintmax_t)at->row.predecessor, (uintmax_t)before->row.predecessor);
    bool moved =
        at->row.collection != before->row.collection || !span_equal(at->row.name, before->row.name);
    if (moved && at->row.op != ROW_RENAME)
        return model_check_fault(check, KEY_VERSION, at->object, at->seq,
                                 "%s changed the collection or the name",
                                 audit_op_name(at->row.op));
    return check_change(check, at, before);
}

static int visit_version(struct check *check, struct span key, struct span value, void *context)
{
    (void)value;
    (void)context;
    struct version at = {.object = key_u64_at(key, CHECK_FIRST), .seq = key_seq(key)};
    uint64_t logged;
    int found = store_log_get(&check->view, at.seq, &logged);
    if (found < 0)
        return found;
    if (found == 0)
        return fault(check, &at, "the version is not in the log");
    if (logged != at.object)
        return model_check_fault(check, KEY_VERSION, at.object, at.seq,
                                 "the version is not in the log: that seq is object %ju's",
                                 (uintmax_t)logged);
    return 0;
}

static int visit_log(struct check *check, struct span key, struct span value, void *context)
{
    (void)context;
    struct version at = {.object = key_u64_at(value, 0)};
    struct version before = {.object = at.object};
    uint64_t seq = key_u64_at(key, CHECK_FIRST);
    int found = store_version_as_of(&check->view, at.object, seq, &at.seq, &at.row);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    found = store_version_as_of(&check->view, at.object, seq - 1, &before.seq, &before.row);
    if (found < 0)
        return found;
    return found == 1 ? check_step(check, &at, &before) : check_first(check, &at);
}

int model_check_pass_histories(struct check *check)
{
    int result = model_check_walk(check, KEY_VERSION, visit_version, NULL);
    return result < 0 ? result : model_check_walk(check, KEY_LOG, visit_log, NULL);
}
