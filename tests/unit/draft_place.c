#include "draft_place.h"

#include "fs/report.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

void draft_place_init(struct draft_place *place, const char *schema)
{
    memset(place, 0, sizeof(*place));
    model_place_init(&place->stored);
    place->mount.model = place->stored.model;
    place->mount.store = place->stored.store;
    place->mount.refusals = refusals_create();
    place->mount.pendings = pendings_create();
    assert_true(place->mount.refusals && place->mount.pendings);
    pthread_mutex_init(&place->mount.handles_lock, NULL);
    problem_init(&place->problem);
    place->collection = must_define(&place->stored, "notes", schema);
    draft_become(place, 1);
}

void draft_place_finish(struct draft_place *place)
{
    assert_int_equal(atomic_load(&place->mount.draft_bytes), 0);
    for (size_t i = 0; i < MOUNT_DRAFT_BUCKETS; i++) {
        assert_null(place->mount.drafts[i]);
        assert_null(place->mount.readers[i]);
    }
    pthread_mutex_destroy(&place->mount.handles_lock);
    refusals_destroy(place->mount.refusals);
    pendings_destroy(place->mount.pendings);
    problem_finish(&place->problem);
    buf_finish(&place->refused);
    model_place_finish(&place->stored);
}

void draft_become(struct draft_place *place, uint64_t process)
{
    place->caller = model_caller();
    place->caller.reader.owner = process;
}

static void begin(struct draft_place *place, struct request *request)
{
    request_init(request, &place->mount, &place->caller);
}

/* Keeps what is to be known of the call, and reports it as the operations do. */
static int end(struct draft_place *place, struct request *request, int result)
{
    problem_copy(&place->problem, &request->problem);
    place->result = request->result;
    place->repeated = request->repeated;
    buf_clear(&place->refused);
    buf_append_span(&place->refused, buf_span(&request->bytes));
    report(request, result);
    request_finish(request);
    return result;
}

struct handle *draft_open(struct draft_place *place, const char *name, int flags)
{
    struct request request;
    struct node_entry entry;
    struct handle *handle = NULL;
    uint64_t folder = inode_make(INODE_COLLECTION, place->collection);
    begin(place, &request);
    int result = node_collection.lookup(&request, folder, span_of_string(name), &entry);
    if (result == -ERR_NOT_FOUND && flags & O_CREAT)
        result = node_collection.create(&request, folder, span_of_string(name), 0600, flags, &entry,
                                        &handle);
    else if (result == 0) /* the kernel keeps these to itself */
        result = node_kind_of(entry.inode)
                     ->open(&request, entry.inode, flags & ~(O_CREAT | O_EXCL), &handle);
    assert_int_equal(end(place, &request, result), 0);
    return handle;
}

int draft_put(struct draft_place *place, struct handle *handle, uint64_t offset, const char *text)
{
    struct request request;
    begin(place, &request);
    return end(place, &request,
               handle->kind->write(&request, handle, offset, span_of_string(text)));
}

int draft_close(struct draft_place *place, struct handle *handle)
{
    struct request request;
    begin(place, &request);
    return end(place, &request, handle->kind->flush(&request, handle));
}

int draft_sync(struct draft_place *place, struct handle *handle)
{
    struct request request;
    begin(place, &request);
    return end(place, &request, handle->kind->fsync(&request, handle));
}

int draft_cut(struct draft_place *place, struct handle *handle, uint64_t size)
{
    struct request request;
    const struct stat wanted = {.st_size = (off_t)size};
    begin(place, &request);
    return end(place, &request,
               handle->kind->setattr(&request, handle->inode, handle, &wanted, NODE_SET_SIZE));
}

void draft_free(struct draft_place *place, struct handle *handle)
{
    struct request request;
    begin(place, &request);
    handle->kind->release(&request, handle);
    end(place, &request, 0);
}

void draft_reads(struct draft_place *place, struct handle *handle, const char *expected)
{
    struct request request;
    AUTO_BUF struct buf out = {0};
    begin(place, &request);
    assert_int_equal(end(place, &request, handle->kind->read(&request, handle, 0, 100000, &out)),
                     0);
    if (!span_is(buf_span(&out), expected))
        fail_msg("expected: %s; read: %s", expected, buf_string(&out));
}

void draft_cat(struct draft_place *place, const char *name, const char *expected)
{
    struct handle *handle = draft_open(place, name, O_RDONLY);
    draft_reads(place, handle, expected);
    draft_free(place, handle);
}

bool draft_has(struct draft_place *place, const char *name, const char *text)
{
    return model_has(&place->stored, place->collection, name, text);
}

uint64_t draft_commits(struct draft_place *place)
{
    struct model_stats stats;
    model_stats(place->stored.model, &stats);
    return stats.commits - 1; /* that of the schema */
}
