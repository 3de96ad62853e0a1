/* The log: one record after the other, each where it should be and as it was written. */
#include "fs/model_check.h"

#include "store/base/cleanup.h"
#include "store/base/clock.h"

struct log {
    uint64_t seq;    /* of the last record */
    uint64_t commit; /* that it belongs to */
    struct digest chain;
};

struct record {
    uint64_t object;
    uint64_t seq;
    struct row_version row;
};

static int fault(struct check *check, const struct record *record, const char *what)
{
    return model_check_fault(check, KEY_VERSION, record->object, record->seq, "%s", what);
}

static int digest_fault(struct check *check, const struct record *record, const char *what,
                        const struct digest *found, const struct digest *expected)
{
    AUTO_BUF struct buf text = {0};
    digest_append_hex(&text, found);
    buf_append_string(&text, ", expected ");
    digest_append_hex(&text, expected);
    return model_check_fault(check, KEY_VERSION, record->object, record->seq, "%s is %s", what,
                             buf_string(&text));
}

/* A commit's records stand together. */
static int check_commit(struct check *check, struct log *log, const struct record *record)
{
    uint64_t commit = record->row.commit;
    if (commit != record->seq && commit != log->commit)
        return model_check_fault(
            check, KEY_VERSION, record->object, record->seq,
            "its commit is %ju, expected %ju (the one before goes on) or %ju (one "
            "begins)",
            (uintmax_t)commit, (uintmax_t)log->commit, (uintmax_t)record->seq);
    check->summary.commits += commit == record->seq;
    log->commit = commit;
    return 0;
}

static int check_hash(struct check *check, const struct record *record)
{
    struct digest expected;
    int result = audit_record_hash(&record->row, &expected);
    if (result < 0 || digest_equal(&record->row.hash, &expected))
        return result;
    return digest_fault(check, record, "the record was altered: its hash", &record->row.hash,
                        &expected);
}

/* The record before this one in the sidecar: of the same object, or the last that its predecessor
 * had then. */
static int find_before(struct check *check, const struct record *record,
                       struct row_version *ret_before)
{
    uint64_t seq;
    int found =
        store_version_as_of(&check->view, record->object, record->seq - 1, &seq, ret_before);
    if (found != 0 || record->row.predecessor == 0)
        return found;
    found = store_version_as_of(&check->view, record->row.predecessor, record->seq - 1, &seq,
                                ret_before);
    if (found == 0)
        return model_check_fault(check, KEY_VERSION, record->object, record->seq,
                                 "its predecessor, object %ju, has no version before it",
                                 (uintmax_t)record->row.predecessor);
    return found;
}

static int check_link(struct check *check, const struct record *record)
{
    struct row_version before = {0};
    int found = find_before(check, record, &before);
    if (found < 0)
        return found;
    if (!digest_equal(&record->row.prev, &before.hash))
        return digest_fault(check, record, "the record's prev", &record->row.prev, &before.hash);
    uint64_t at = before.record_at + before.record_size;
    if (record->row.record_at != at)
        return model_check_fault(check, KEY_VERSION, record->object, record->seq,
                                 "the record begins at byte %ju of the sidecar, expected %ju",
                                 (uintmax_t)record->row.record_at, (uintmax_t)at);
    return 0;
}

static int check_size(struct check *check, const struct record *record)
{
    AUTO_BUF struct buf line = {0};
    audit_record_write(&line, &record->row);
    if (buf_failed(&line))
        return -ERR_NO_MEMORY;
    if (line.size == record->row.record_size)
        return 0;
    return model_check_fault(check, KEY_VERSION, record->object, record->seq,
                             "the record has %zu bytes, expected %u", line.size,
                             record->row.record_size);
}

static int check_integer(struct check *check, const struct record *record, const struct tree *head,
                         const char *name, uint64_t expected)
{
    const struct tree *member = tree_get(head, name);
    if (member && member->type == TREE_INTEGER && member->integer >= 0 &&
        (uint64_t)member->integer == expected)
        return 0;
    AUTO_BUF struct buf found = {0};
    model_check_show(&found, member ? member->raw : span_of_string("missing"));
    return model_check_fault(check, KEY_VERSION, record->object, record->seq,
                             "the record's %s is %s, expected %ju", name, buf_string(&found),
                             (uintmax_t)expected);
}

static int check_string(struct check *check, const struct record *record, const struct tree *head,
                        const char *name, struct span expected)
{
    const struct tree *member = tree_get(head, name);
    if (member && member->type == TREE_STRING && span_equal(member->string, expected))
        return 0;
    AUTO_BUF struct buf text = {0};
    model_check_show(&text, member ? member->raw : span_of_string("missing"));
    buf_append_string(&text, ", expected \"");
    model_check_show(&text, expected);
    return model_check_fault(check, KEY_VERSION, record->object, record->seq,
                             "the record's %s is %s\"", name, buf_string(&text));
}

static int check_time(struct check *check, const struct record *record, const struct tree *head)
{
    AUTO_BUF struct buf time = {0};
    clock_append(&time, record->row.at);
    if (buf_failed(&time))
        return -ERR_NO_MEMORY;
    return check_string(check, record, head, "at", buf_span(&time));
}

static int check_collection(struct check *check, const struct record *record,
                            const struct tree *head)
{
    struct span name;
    int found = model_check_collection_name(check, record->row.collection, record->seq, &name);
    if (found < 0)
        return found;
    if (found == 0)
        return model_check_fault(check, KEY_VERSION, record->object, record->seq,
                                 "its collection, object %ju, was none then",
                                 (uintmax_t)record->row.collection);
    return check_string(check, record, head, "collection", name);
}

static int check_head(struct check *check, const struct record *record, const struct tree *head)
{
    const struct row_version *row = &record->row;
    int result = check_integer(check, record, head, "seq", record->seq);
    if (result == 0)
        result = check_string(check, record, head, "op", span_of_string(audit_op_name(row->op)));
    if (result == 0)
        result = check_integer(check, record, head, "version", row->version);
    if (result == 0)
        result = check_string(check, record, head, "id", row->name);
    if (result == 0)
        result = check_time(check, record, head);
    return result < 0 ? result : check_collection(check, record, head);
}

/* Whether the record says what the row says. Its patch is left out, and looked at with the
 * document: it lies deeper in the line than a document may. */
static int check_text(struct check *check, const struct record *record)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_BUF struct buf text = {0};
    buf_append_span(&text, record->row.head);
    buf_append_string(&text, "null}");
    if (buf_failed(&text))
        return -ERR_NO_MEMORY;
    if (!span_ends_with(record->row.head, ",\"patch\":"))
        return fault(check, record, "the record's head does not end with its patch");
    struct tree *head;
    int result = tree_parse(&arena, buf_span(&text), SIZE_MAX, &head, &problem);
    if (result == -ERR_NO_MEMORY)
        return result;
    if (result < 0)
        return model_check_fault(check, KEY_VERSION, record->object, record->seq,
                                 "the record is not JSON: %s", buf_string(&problem.detail));
    return check_head(check, record, head);
}

static int check_record(struct check *check, struct log *log, const struct record *record)
{
    int result = check_commit(check, log, record);
    if (result == 0)
        result = check_hash(check, record);
    if (result == 0)
        result = check_link(check, record);
    if (result == 0)
        result = check_text(check, record);
    if (result == 0)
        result = check_size(check, record);
    log->chain = audit_chain_next(&log->chain, &record->row.hash);
    return result;
}

static int visit(struct check *check, struct span key, struct span value, void *context)
{
    struct log *log = context;
    struct record record = {.seq = key_u64_at(key, CHECK_FIRST), .object = key_u64_at(value, 0)};
    if (record.seq != log->seq + 1)
        return model_check_fault(check, KEY_LOG, CHECK_NO_OBJECT, log->seq + 1,
                                 "the record is missing; the next one is %ju",
                                 (uintmax_t)record.seq);
    uint64_t found_seq = 0;
    int found =
        store_version_as_of(&check->view, record.object, record.seq, &found_seq, &record.row);
    if (found < 0)
        return found;
    if (found == 0 || found_seq != record.seq)
        return model_check_fault(check, KEY_LOG, record.object, record.seq,
                                 "object %ju has no version of that seq", (uintmax_t)record.object);
    log->seq = record.seq;
    check->summary.versions++;
    return check_record(check, log, &record);
}

static int check_end(struct check *check, const struct log *log)
{
    if (log->seq != check->state.seq)
        return model_check_fault(check, KEY_LOG, CHECK_NO_OBJECT, log->seq + 1,
                                 "the record is missing; the branch's last is %ju",
                                 (uintmax_t)check->state.seq);
    if (digest_equal(&log->chain, &check->state.chain))
        return 0;
    AUTO_BUF struct buf text = {0};
    digest_append_hex(&text, &check->state.chain);
    buf_append_string(&text, ", expected ");
    digest_append_hex(&text, &log->chain);
    return model_check_fault(check, KEY_STATE, CHECK_NO_OBJECT, check->state.seq,
                             "the chain over all records is %s", buf_string(&text));
}

int model_check_pass_log(struct check *check)
{
    struct log log = {0};
    int result = model_check_walk(check, KEY_LOG, visit, &log);
    return result < 0 ? result : check_end(check, &log);
}
