#include "fs/draft.h"

#include "fs/dance.h"
#include "fs/placeholder.h"
#include "fs/process.h"
#include "fs/verdict.h"

#include <fcntl.h>

static size_t limit(const struct request *request)
{
    return model_options(request->mount->model)->max_entity;
}

static void name_request(struct request *request, const struct draft *draft)
{
    request_name(request, draft->collection, buf_span(&draft->collection_name),
                 buf_span(&draft->id), ".json");
}

/* The version it committed itself, or else the one it was opened on; 0: none. */
static uint64_t known_seq(const struct draft *draft)
{
    return draft->committed_seq ? draft->committed_seq : draft->opened_seq;
}

/* Keeps the verdict that is in request->problem, and what it was given for. */
static int refuse(struct request *request, struct draft *draft, uint64_t offset, struct span data)
{
    name_request(request, draft);
    draft->was_refused = true;
    if (known_seq(draft) != 0)
        verdict_note(request, draft->object, false);
    if (draft->handle.flags & O_CREAT)
        placeholder_hide(request, draft->object);
    problem_copy(&draft->verdict, &request->problem);
    draft->refused_offset = offset;
    draft->refused_size = data.size;
    draft->refused_bytes = fingerprint(data);
    return request->problem.code;
}

static int repeat(struct request *request, const struct draft *draft)
{
    name_request(request, draft);
    request->repeated = true;
    problem_copy(&request->problem, &draft->verdict);
    return draft->verdict.code;
}

/* Whether the verdict was on the time, not on the text: what is tried again may succeed. */
static bool has_passing_verdict(const struct draft *draft)
{
    return draft->verdict.code == -ERR_NO_SPACE || draft->verdict.code == -ERR_BUSY ||
           draft->verdict.code == -ERR_NO_MEMORY;
}

static bool is_repeated(const struct draft *draft, uint64_t offset, struct span data)
{
    return draft->verdict.code != 0 && !has_passing_verdict(draft) &&
           draft->refused_size == data.size && data.size > 0 &&
           (draft->mode == DRAFT_PATCH || draft->refused_offset == offset) &&
           draft->refused_bytes == fingerprint(data);
}

/* The commit's base is from now on what this handle made itself; after a refusal it stays what it
 * turned out to be, though the process may read on. */
static void keep_base(struct draft *draft, const struct model_result *result, bool accepted)
{
    if (result->base.kind == MODEL_BASE_OPENED || result->base.kind == MODEL_BASE_PINNED)
        draft->base = accepted ? (struct model_base){MODEL_BASE_OPENED, result->seq} : result->base;
}

/* A name that was reserved may have been moved, or removed, since. Returns whether it is there. */
static bool follow_pending(struct request *request, struct draft *draft, struct pending *pending)
{
    if (!pendings_get(request->mount->pendings, draft->object, pending))
        return false;
    buf_clear(&draft->id);
    buf_append_span(&draft->id, span_make(pending->name, pending->name_size));
    if (pending->collection == draft->collection)
        return true;
    struct store_view view;
    draft->collection = pending->collection;
    buf_clear(&draft->collection_name);
    if (store_read(request->mount->store, &view) == 0) { /* for the log alone */
        node_collection_name(&view, draft->collection, &draft->collection_name);
        store_view_end(&view);
    }
    return true;
}

static int commit(struct request *request, struct draft *draft)
{
    struct pending pending;
    bool is_pending = follow_pending(request, draft, &pending);
    if (buf_failed(&draft->id))
        return problem_set(&request->problem, ERR_NO_MEMORY, "no memory for the name");
    struct model_put put = {.caller = draft->opener,
                            .collection = draft->collection,
                            .name = buf_span(&draft->id),
                            .object = draft->object,
                            .text = buf_span(&draft->bytes),
                            .is_patch = draft->mode == DRAFT_PATCH,
                            .was_removed =
                                !is_pending && inode_tag(draft->handle.inode) == INODE_ENTITY,
                            .base = draft->base,
                            .mode = draft->create_mode,
                            .uid = draft->opener.uid,
                            .gid = draft->opener.gid};
    put.caller.reader = draft->writer.reader;
    if (is_pending) {
        put.mode = pending.entry.mode;
        put.uid = pending.entry.uid;
        put.gid = pending.entry.gid;
    }
    name_request(request, draft);
    int result = dance_put(request, &put);
    keep_base(draft, &request->result, result == 0);
    if (result < 0)
        return result;
    placeholder_drop(request, draft->object);
    if (request->result.object != draft->object)
        draft->object = request->result.object; /* somebody else had created it first */
    draft->committed_seq = request->result.seq;
    draft->dirty = false;
    problem_finish(&draft->verdict);
    return 0;
}

static void start_over(struct draft *draft)
{
    buf_clear(&draft->bytes);
    scan_init(&draft->scan);
    draft->ordered = true;
    draft->dirty = false;
}

static void show(struct request *request, struct draft *draft)
{
    bool as_it_is = draft->mode == DRAFT_PATCH || (!draft->dirty && draft->committed_seq != 0);
    atomic_store(&draft->shown_to, request->caller.reader.tid);
    atomic_store(&draft->shown_size, as_it_is ? -1 : (int64_t)draft->bytes.size);
}

/* Bytes that follow those before: the recogniser tells what they make of the text. A refused piece
 * is taken back, as a failed write(2) has written nothing. */
static int write_next(struct request *request, struct draft *draft, uint64_t offset,
                      struct span data)
{
    const struct scan before = draft->scan;
    const size_t size = draft->bytes.size;
    const bool was_complete = before.verdict == SCAN_COMPLETE;
    if (!buf_reserve(&draft->bytes, data.size)) {
        draft->bytes.failed = false; /* what it holds is whole */
        problem_set(&request->problem, ERR_NO_MEMORY, "no memory for the draft");
        return refuse(request, draft, offset, data);
    }
    buf_append_span(&draft->bytes, data);
    enum scan_verdict verdict = scan_feed(&draft->scan, data);
    int result = 0;
    if (verdict == SCAN_INVALID)
        result = scan_explain(&draft->scan, &request->problem);
    else if (verdict == SCAN_COMPLETE && (!was_complete || draft->committed_seq == 0))
        result = commit(request, draft);
    else
        draft->dirty = draft->dirty || !scan_is_blank(&draft->scan);
    if (result < 0) {
        buf_append_span(&request->bytes, buf_span(&draft->bytes));
        draft->scan = before;
        draft->bytes.size = size;
        return refuse(request, draft, offset, data);
    }
    if (verdict == SCAN_COMPLETE && draft->mode == DRAFT_PATCH)
        start_over(draft);
    return 0;
}

#define DRAFTS_MAX ((uint64_t)256 << 20) /* bytes of all drafts of the mount */

/* Appends what the version that the handle knows has from `offset` on. */
static int read_known(struct request *request, const struct draft *draft, uint64_t offset,
                      size_t size, struct buf *out)
{
    struct row_version row;
    uint64_t seq;
    if (known_seq(draft) == 0)
        return 0;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = store_version_as_of(&view, draft->object, known_seq(draft), &seq, &row);
    if (found == 1 && offset < row.document.size)
        buf_append_span(out, span_head(span_skip(row.document, (size_t)offset), size));
    return found < 0 ? found : 0;
}

/* An edit begins with the version that was opened; it is copied with the first change. */
static bool is_to_load(const struct draft *draft)
{
    return draft->mode == DRAFT_EDIT && !draft->loaded;
}

static int load(struct request *request, struct draft *draft)
{
    if (!is_to_load(draft))
        return 0;
    int result = read_known(request, draft, 0, SIZE_MAX, &draft->bytes);
    if (result == 0 && buf_failed(&draft->bytes)) {
        buf_finish(&draft->bytes);
        result = -ERR_NO_MEMORY;
    }
    if (result == 0 && atomic_load(&request->mount->draft_bytes) + draft->bytes.size > DRAFTS_MAX) {
        buf_finish(&draft->bytes);
        result = -ERR_BUSY;
    }
    draft->loaded = result == 0;
    return result;
}

/* Zeros up to `size`. Without memory nothing is changed, and what there is stays whole. */
static bool grow(struct draft *draft, size_t size)
{
    buf_append_fill(&draft->bytes, 0, size - draft->bytes.size);
    bool has_grown = !buf_failed(&draft->bytes);
    draft->bytes.failed = false;
    return has_grown;
}

static bool put_at(struct draft *draft, size_t offset, struct span data)
{
    size_t end = offset + data.size;
    if (end > draft->bytes.size && !grow(draft, end))
        return false;
    memcpy(draft->bytes.data + offset, data.data, data.size);
    return true;
}

/* Bytes anywhere: what they make is judged at fsync or flush. */
static int write_anywhere(struct request *request, struct draft *draft, uint64_t offset,
                          struct span data)
{
    int result = load(request, draft);
    if (result < 0)
        return problem_set(&request->problem, (enum err) - result,
                           "what was opened cannot be read");
    struct span there = span_head(span_skip(buf_span(&draft->bytes), (size_t)offset), data.size);
    if (span_equal(there, data))
        return 0;
    if (!put_at(draft, (size_t)offset, data))
        return problem_set(&request->problem, ERR_NO_MEMORY, "no memory for the draft");
    draft->ordered = false;
    draft->dirty = true;
    problem_finish(&draft->verdict);
    return 0;
}

static void count(struct request *request, struct draft *draft)
{
    atomic_uint_least64_t *total = &request->mount->draft_bytes;
    atomic_fetch_add(total, draft->bytes.size - draft->counted); /* wraps as it should */
    draft->counted = draft->bytes.size;
}

static int check_size(struct request *request, uint64_t offset, size_t size)
{
    size_t most = limit(request);
    if (size <= most && offset <= most - size &&
        atomic_load(&request->mount->draft_bytes) + size > DRAFTS_MAX)
        return problem_set(&request->problem, ERR_BUSY,
                           "too much is being written that is not complete: try again later");
    if (size <= most && offset <= most - size)
        return 0;
    return problem_set(&request->problem, ERR_TOO_LARGE,
                       "the document would have more than %zu bytes, the limit (max_entity)", most);
}

static int write_locked(struct request *request, struct draft *draft, uint64_t offset,
                        struct span data)
{
    if (is_repeated(draft, offset, data))
        return repeat(request, draft);
    if (draft->mode == DRAFT_PATCH)
        offset = draft->bytes.size;
    draft->writer = request->caller;
    if (check_size(request, offset, data.size) < 0) {
        buf_append_span(&request->bytes, span_head(data, limit(request)));
        return refuse(request, draft, offset, data);
    }
    int result;
    if (draft->mode != DRAFT_EDIT && draft->ordered && offset == draft->bytes.size) {
        problem_finish(&draft->verdict);
        result = write_next(request, draft, offset, data);
    } else {
        result = write_anywhere(request, draft, offset, data);
    }
    if (result == 0)
        pendings_hide(request->mount->pendings, draft->object, false);
    count(request, draft);
    show(request, draft);
    return result;
}

int draft_write(struct request *request, struct draft *draft, uint64_t offset, struct span data)
{
    pthread_mutex_lock(&draft->lock);
    int result = data.size == 0 ? 0 : write_locked(request, draft, offset, data);
    pthread_mutex_unlock(&draft->lock);
    return result;
}

static int truncate_locked(struct request *request, struct draft *draft, uint64_t size)
{
    if (size == 0) {
        draft->mode = DRAFT_REPLACE;
        draft->committed_seq = 0;
        start_over(draft);
        problem_finish(&draft->verdict);
        return 0;
    }
    int result = check_size(request, size, 0);
    if (result == 0)
        result = load(request, draft);
    if (result < 0 || size == draft->bytes.size)
        return result;
    if (size > draft->bytes.size && !grow(draft, (size_t)size))
        return problem_set(&request->problem, ERR_NO_MEMORY, "no memory for the draft");
    draft->bytes.size = (size_t)size;
    draft->ordered = false;
    draft->dirty = true;
    problem_finish(&draft->verdict);
    return 0;
}

int draft_truncate(struct request *request, struct draft *draft, uint64_t size)
{
    pthread_mutex_lock(&draft->lock);
    int result = truncate_locked(request, draft, size);
    count(request, draft);
    show(request, draft);
    pthread_mutex_unlock(&draft->lock);
    return result;
}

/* The number of a file that was moved there, which is then what fdinfo has; 0: none. */
static uint64_t shown_ino(const struct request *request, const struct draft *draft)
{
    struct row_entry entry;
    AUTO_VIEW struct store_view view = {0};
    return store_read(request->mount->store, &view) == 0 &&
                   store_entry_get(&view, draft->collection, draft->object, &entry) == 1
               ? entry.ino
               : 0;
}

#define ANCESTORS_MAX 8

/* Whether the text may still be completed: the process, or one it inherited the descriptor from,
 * has it open yet. Shells close copies before they write and between the commands of a group. An
 * ancestor that may not be looked at is somebody else's, as is the one that a session begins with.
 */
static bool may_go_on(const struct request *request, const struct draft *draft)
{
    pid_t pid = request->caller.reader.tid;
    const uint64_t shown = shown_ino(request, draft);
    for (unsigned i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
        if (process_has_writable(pid, draft->handle.inode, i == 0) ||
            (shown != 0 && process_has_writable(pid, shown, false)))
            return true;
        pid = process_parent(pid);
    }
    return false;
}

/* What the draft is, as a whole. */
static enum scan_verdict judge(const struct draft *draft, struct scan *ret_scan)
{
    *ret_scan = draft->scan;
    if (!draft->ordered) {
        scan_init(ret_scan);
        scan_feed(ret_scan, buf_span(&draft->bytes));
    }
    return ret_scan->verdict;
}

static int settle(struct request *request, struct draft *draft, bool is_close)
{
    struct scan scan;
    bool is_own = draft->refused_size == 0; /* not a write's, whose bytes were not kept */
    if (draft->verdict.code != 0 && !(is_own && has_passing_verdict(draft)))
        return repeat(request, draft);
    if (!draft->dirty)
        return 0;
    enum scan_verdict verdict = judge(draft, &scan);
    if (draft->ordered && verdict == SCAN_COMPLETE && draft->committed_seq != 0) {
        /* Nothing but white space came after the commit. */
        int amended = model_amend(request->mount->model, draft->object, draft->committed_seq,
                                  buf_span(&draft->bytes), &request->problem);
        draft->dirty = amended < 0;
        if (amended < 0)
            name_request(request, draft);
        return amended;
    }
    if (is_close && verdict == SCAN_INCOMPLETE && may_go_on(request, draft))
        return 0;
    int result =
        verdict == SCAN_COMPLETE ? commit(request, draft) : scan_explain(&scan, &request->problem);
    if (result == 0)
        return 0;
    buf_append_span(&request->bytes, buf_span(&draft->bytes));
    return refuse(request, draft, 0, span_make(NULL, 0));
}

int draft_flush(struct request *request, struct draft *draft)
{
    pthread_mutex_lock(&draft->lock);
    int result = settle(request, draft, true);
    if (result < 0 || !draft->dirty) /* the release that follows may come late */
        atomic_store(&draft->shown_size, -1);
    pthread_mutex_unlock(&draft->lock);
    return result;
}

int draft_fsync(struct request *request, struct draft *draft)
{
    pthread_mutex_lock(&draft->lock);
    int result = settle(request, draft, false);
    pthread_mutex_unlock(&draft->lock);
    return result;
}

int draft_read(struct request *request, struct draft *draft, uint64_t offset, size_t size,
               struct buf *out)
{
    pthread_mutex_lock(&draft->lock);
    /* The bytes of a patch are no document: who reads beside it reads the entity. */
    bool is_stored = is_to_load(draft) || draft->mode == DRAFT_PATCH;
    int result = is_stored ? read_known(request, draft, offset, size, out) : 0;
    bool saw_it = is_stored || draft->loaded || draft->committed_seq != 0;
    if (result == 0 && saw_it && known_seq(draft) != 0 &&
        inode_tag(draft->handle.inode) == INODE_ENTITY)
        bases_read(model_bases(request->mount->model), draft->object, request->caller.reader,
                   known_seq(draft));
    if (!is_stored && offset < draft->bytes.size)
        buf_append_span(out, span_head(span_skip(buf_span(&draft->bytes), (size_t)offset), size));
    pthread_mutex_unlock(&draft->lock);
    return result;
}

int draft_release(struct request *request, struct draft *draft)
{
    struct scan scan;
    pthread_mutex_lock(&draft->lock);
    int result = 0;
    if (draft->dirty && draft->verdict.code == 0) {
        request->caller = draft->writer;
        name_request(request, draft);
        judge(draft, &scan);
        result = scan.verdict == SCAN_COMPLETE
                     ? problem_set(&request->problem, ERR_JSON_INCOMPLETE,
                                   "it was never closed or synced by its writer")
                     : scan_explain(&scan, &request->problem);
        buf_append_span(&request->bytes, buf_span(&draft->bytes));
    }
    pthread_mutex_unlock(&draft->lock);
    return result;
}
