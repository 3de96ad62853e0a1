#include "check_place.h"

#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char users_schema[] =
    "{\"type\":\"object\",\"x-outbox\":true,\"properties\":{"
    "\"email\":{\"type\":\"string\",\"x-unique\":true},\"age\":{\"type\":\"integer\"}}}";

static struct model_caller caller(void)
{
    return (struct model_caller){.uid = geteuid(), .gid = getegid(), .reader = {.tid = getpid()}};
}

static struct span text(const char *string)
{
    return span_of_string(string);
}

struct store *check_place_open(const struct check_place *place)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct store *store = NULL;
    int result = store_open(place->path, &(struct store_options){0}, &store, &problem);
    if (result < 0)
        print_error("%s\n", buf_string(&problem.detail));
    assert_int_equal(result, 0);
    return store;
}

int check_place_put(struct model *model, uint64_t collection, const char *name, uint64_t object,
                    const char *document)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct model_put put = {.caller = caller(),
                            .collection = collection,
                            .name = text(name),
                            .object = object,
                            .text = text(document),
                            .mode = 0600};
    struct model_result result;
    int error = model_put(model, &put, &result, &problem);
    if (error < 0)
        print_message("%s: %s\n", name, buf_string(&problem.detail));
    return error;
}

static uint64_t create(struct model *model, uint64_t collection, const char *name,
                       const char *document)
{
    uint64_t object = store_new_object(model_store(model));
    assert_int_equal(check_place_put(model, collection, name, object, document), 0);
    return object;
}

static void rename_user(struct model *model, uint64_t users, const char *from, const char *to)
{
    struct model_rename rename = {.caller = caller(),
                                  .collection = users,
                                  .name = text(from),
                                  .new_collection = users,
                                  .new_name = text(to)};
    struct model_result result;
    assert_int_equal(model_rename(model, &rename, &result, NULL), 0);
}

static void remove_user(struct model *model, uint64_t users, const char *name)
{
    struct model_caller who = caller();
    struct model_result result;
    assert_int_equal(
        model_remove(model, &who, users, text(name), (struct model_base){0}, &result, NULL), 0);
}

static void fill_users(struct check_place *place, struct model *model)
{
    place->users = create(model, STORE_SCHEMAS, "users", users_schema);
    place->alice = create(model, place->users, "alice", "{\"email\":\"a@x\",\"age\":1}");
    assert_int_equal(check_place_put(model, place->users, "alice", place->alice,
                                     "{\"email\":\"a@x\", \"age\":2}\n"),
                     0);
    place->bob = create(model, place->users, "bob", "{\"email\":\"b@x\"}");
    remove_user(model, place->users, "bob");
    place->second_bob = create(model, place->users, "bob", "{\"email\":\"b@x\"}");
    rename_user(model, place->users, "alice", "carol");
}

static void fill_outbox(struct check_place *place, struct model *model)
{
    const struct store_place pending = {.place = ROW_PENDING};
    const struct store_place dispatched = {.place = ROW_DISPATCHED};
    struct model_caller who = caller();
    assert_int_equal(model_worker_add(model, &who, text("w"), 0700, &place->worker, NULL), 0);
    const struct store_place claimed = {.place = ROW_CLAIMED, .worker = place->worker};
    struct store_event_id id = {.seq = 2};
    assert_int_equal(model_event_move(model, id, pending, claimed, NULL), 0);
    id.seq = 3;
    assert_int_equal(model_event_remove(model, id, pending, NULL), 0);
    id.seq = 4;
    assert_int_equal(model_event_remove(model, id, pending, NULL), 0);
    assert_int_equal(model_event_remove(model, id, dispatched, NULL), 0);
}

void check_place_make(struct check_place *place)
{
    *place = (struct check_place){.path = "/tmp/persistfs-check-XXXXXX"};
    assert_non_null(mkdtemp(place->path));
    struct store *store = check_place_open(place);
    struct model *model;
    struct model_options options = {.max_entity = 1 << 20,
                                    .lease = (int64_t)60 * CLOCK_SECOND,
                                    .attempts = 3,
                                    .dispatched_kept = 100};
    assert_int_equal(model_open(store, &options, &model, NULL), 0);
    fill_users(place, model);
    place->notes = create(model, STORE_SCHEMAS, "notes", "{}");
    place->note = create(model, place->notes, "n", "{\"text\":\"hello\"}");
    place->dave = create(model, place->users, "dave", "{\"email\":\"d@x\"}");
    rename_user(model, place->users, "dave", "bob");
    fill_outbox(place, model);
    model_close(model);
    store_close(store);
}

void check_place_data(const struct check_place *place, char *path, size_t size)
{
    assert_true(snprintf(path, size, "%s/data.mdb", place->path) < (int)size);
}

void check_place_copy(const struct check_place *place, struct check_place *ret_copy)
{
    *ret_copy = *place;
    snprintf(ret_copy->path, sizeof(ret_copy->path), "/tmp/persistfs-check-XXXXXX");
    assert_non_null(mkdtemp(ret_copy->path));
    char path[128];
    check_place_data(place, path, sizeof(path));
    AUTO_CLOSE int from = open(path, O_RDONLY | O_CLOEXEC);
    check_place_data(ret_copy, path, sizeof(path));
    AUTO_CLOSE int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(from >= 0 && to >= 0);
    char piece[4096];
    ssize_t size;
    while ((size = read(from, piece, sizeof(piece))) > 0)
        assert_int_equal(write(to, piece, (size_t)size), size);
    assert_int_equal(size, 0);
}

void check_place_remove(const struct check_place *place)
{
    static const char *const names[] = {"data.mdb", "data.mdb-lock", "lock"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", place->path, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(place->path), 0);
}

int check_place_check(struct store *store, struct model_check_summary *ret_summary, char *detail,
                      size_t size)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = model_check(store, ret_summary, &problem);
    assert_int_equal(problem.code, result);
    snprintf(detail, size, "%s", buf_string(&problem.detail));
    return result;
}

struct row_version check_place_version(struct store_view *view, struct arena *arena,
                                       uint64_t object, uint64_t seq)
{
    struct row_version row;
    uint64_t found = 0;
    assert_int_equal(store_version_as_of(view, object, seq, &found, &row), 1);
    assert_int_equal(found, seq);
    row.name = arena_copy(arena, row.name);
    row.head = arena_copy(arena, row.head);
    row.patch = arena_copy(arena, row.patch);
    row.document = arena_copy(arena, row.document);
    return row;
}

static void follow(struct store_view *view, uint64_t object, uint64_t seq, struct row_version *row)
{
    struct row_version before = {0};
    uint64_t at;
    int found = store_version_as_of(view, object, seq - 1, &at, &before);
    if (found == 0 && row->predecessor > 0)
        found = store_version_as_of(view, row->predecessor, seq - 1, &at, &before);
    assert_true(found >= 0);
    row->prev = before.hash;
    row->record_at = before.record_at + before.record_size;
}

void check_place_seal(struct store_view *view)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct row_state state;
    assert_int_equal(store_state_get(view, &state), 1);
    state.chain = (struct digest){0};
    for (uint64_t seq = 1; seq <= state.seq; seq++) {
        uint64_t object;
        assert_int_equal(store_log_get(view, seq, &object), 1);
        struct row_version row = check_place_version(view, &arena, object, seq);
        follow(view, object, seq, &row);
        assert_int_equal(audit_record_hash(&row, &row.hash), 0);
        AUTO_BUF struct buf line = {0};
        audit_record_write(&line, &row);
        row.record_size = (uint32_t)line.size;
        assert_int_equal(store_version_put(view, object, seq, &row), 0);
        state.chain = audit_chain_next(&state.chain, &row.hash);
    }
    assert_int_equal(store_state_put(view, &state), 0);
}
