/* What is whole is found whole; and what the check says when it is the file, or the memory, that
 * fails it. */
#include "check_place.h"

#include "store/base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

/* The allocation that fails, counted down; below 0: none does. */
static atomic_int fail_at = -1;

static bool fails(void)
{
    return atomic_load(&fail_at) >= 0 && atomic_fetch_sub(&fail_at, 1) == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

static void assert_whole(struct store *store, struct model_check_summary *ret_summary)
{
    char detail[2000];
    int result = check_place_check(store, ret_summary, detail, sizeof(detail));
    if (result < 0)
        print_error("%s\n", detail);
    assert_int_equal(result, 0);
    assert_string_equal(detail, "");
}

static void empty_store(void **state)
{
    (void)state;
    struct check_place place = {.path = "/tmp/persistfs-check-XXXXXX"};
    assert_non_null(mkdtemp(place.path));
    struct store *store = check_place_open(&place);
    struct model_check_summary summary = {.commits = 7};
    assert_whole(store, &summary);
    assert_int_equal(summary.commits, 0);
    assert_int_equal(summary.entities, 0);
    assert_int_equal(summary.versions, 0);
    assert_int_equal(summary.events, 0);
    store_close(store);
    check_place_remove(&place);
}

static void summary_counts(void **state)
{
    (void)state;
    struct check_place place;
    check_place_make(&place);
    struct store *store = check_place_open(&place);
    struct model_check_summary summary;
    assert_whole(store, &summary);
    assert_int_equal(summary.commits, CHECK_PLACE_COMMITS);
    assert_int_equal(summary.entities, 3);
    assert_int_equal(summary.versions, CHECK_PLACE_SEQS);
    assert_int_equal(summary.events, CHECK_PLACE_EVENTS);
    assert_int_equal(model_check(store, NULL, NULL), 0);
    store_close(store);
    check_place_remove(&place);
}

static void read_only_beside_a_writer(void **state)
{
    (void)state;
    struct check_place place;
    check_place_make(&place);
    pid_t child = fork(); /* LMDB opens a file once in a process */
    assert_true(child >= 0);
    struct store *store = NULL;
    if (child == 0) {
        store = check_place_open(&place);
        child = fork();
        if (child == 0) {
            struct store_options options = {.read_only = true};
            bool whole = store_open(place.path, &options, &store, NULL) == 0 &&
                         model_check(store, NULL, NULL) == 0;
            _exit(whole ? 0 : 1);
        }
        int status = 1;
        waitpid(child, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_place_remove(&place);
}

/* A store that is worked on, by every verb. */
struct work {
    struct check_place place;
    struct store *store;
    struct model *model;
    uint64_t users;
};

static struct span text(const char *string)
{
    return span_of_string(string);
}

static void work_begin(struct work *work)
{
    check_place_make(&work->place);
    work->store = check_place_open(&work->place);
    struct model_options options = {
        .max_entity = 1 << 20, .lease = 1, .attempts = 2, .dispatched_kept = 1};
    assert_int_equal(model_open(work->store, &options, &work->model, NULL), 0);
    work->users = work->place.users;
}

static void work_end(struct work *work)
{
    assert_whole(work->store, NULL);
    model_close(work->model);
    store_close(work->store);
    check_place_remove(&work->place);
}

static int put(struct work *work, uint64_t collection, const char *name, const char *document)
{
    int result =
        check_place_put(work->model, collection, name, store_new_object(work->store), document);
    char detail[2000];
    if (check_place_check(work->store, NULL, detail, sizeof(detail)) < 0)
        fail_msg("after %s: %s", name, detail);
    return result;
}

static const struct model_caller nobody = {.uid = 1, .gid = 1};

static void remove_one(struct work *work, uint64_t collection, const char *name)
{
    struct model_result result;
    assert_int_equal(model_remove(work->model, &nobody, collection, text(name),
                                  (struct model_base){0}, &result, NULL),
                     0);
    assert_whole(work->store, NULL);
}

static void rename_one(struct work *work, uint64_t from, const char *name, uint64_t to,
                       const char *new_name)
{
    struct model_rename rename = {.caller = nobody,
                                  .collection = from,
                                  .name = text(name),
                                  .new_collection = to,
                                  .new_name = text(new_name)};
    struct model_result result;
    assert_int_equal(model_rename(work->model, &rename, &result, NULL), 0);
    assert_whole(work->store, NULL);
}

static void schemas_change(void **state)
{
    (void)state;
    struct work work;
    work_begin(&work);
    assert_int_equal(put(&work, STORE_SCHEMAS, "users",
                         "{\"required\":[\"age\"],\"properties\":{\"age\":{\"type\":\"integer\","
                         "\"default\":5,\"x-unique\":false}}}"),
                     0);
    assert_int_equal(put(&work, STORE_SCHEMAS, "users",
                         "{\"properties\":{\"age\":{\"x-unique\":true},"
                         "\"email\":{\"x-unique\":true}},\"x-unique\":[[\"age\",\"email\"]]}"),
                     0);
    assert_int_equal(put(&work, work.users, "eve", "{\"age\":99,\"email\":null}"), 0);
    remove_one(&work, work.place.notes, "n");
    remove_one(&work, STORE_SCHEMAS, "notes");
    assert_int_equal(put(&work, STORE_SCHEMAS, "notes", "{}"), 0);
    work_end(&work);
}

static void entities_move(void **state)
{
    (void)state;
    struct work work;
    work_begin(&work);
    uint64_t notes = work.place.notes;
    rename_one(&work, work.users, "carol", notes, "carol");
    rename_one(&work, notes, "carol", notes, "carol");
    rename_one(&work, notes, "n", notes, "carol");
    assert_int_equal(put(&work, notes, "n", "{}"), 0); /* whose predecessor is alive */
    assert_int_equal(put(&work, notes, "carol", "{\"a\":1}"), 0);
    assert_int_equal(put(&work, notes, "n", "{\"b\":[1.0,2]}"), 0);
    rename_one(&work, work.users, "bob", notes, "bob");
    assert_int_equal(put(&work, work.users, "bob", "{\"email\":\"d@x\"}"), 0);
    work_end(&work);
}

static void documents_are_amended(void **state)
{
    (void)state;
    struct work work;
    work_begin(&work);
    struct store_view view;
    struct row_version row;
    uint64_t seq;
    assert_int_equal(store_read(work.store, &view), 0);
    assert_int_equal(store_version_get(&view, work.place.alice, &seq, &row), 1);
    AUTO_BUF struct buf amended = {0};
    buf_append_span(&amended, row.document);
    buf_append_string(&amended, " \n\n");
    store_view_end(&view);
    assert_int_equal(model_amend(work.model, work.place.alice, seq, buf_span(&amended), NULL), 0);
    assert_whole(work.store, NULL);
    assert_int_equal(put(&work, work.users, "carol", "{\"email\":\"c@x\"}"), 0);
    work_end(&work);
}

static void workers_come_and_go(void **state)
{
    (void)state;
    struct work work;
    work_begin(&work);
    uint64_t worker;
    uint64_t moved;
    int64_t next;
    for (int i = 0; i < 3; i++) { /* with no record in between */
        assert_int_equal(model_worker_add(work.model, &nobody, text("v"), 0700, &worker, NULL), 0);
        assert_whole(work.store, NULL);
        assert_int_equal(model_worker_remove(work.model, text("v"), NULL), 0);
        assert_whole(work.store, NULL);
    }
    assert_int_equal(model_events_lapse(work.model, &next, &moved), 0);
    assert_whole(work.store, NULL);
    for (uint64_t seq = 5; seq <= 7; seq++) /* of which one is kept */
        assert_int_equal(model_event_remove(work.model, (struct store_event_id){.seq = seq},
                                            (struct store_place){.place = ROW_PENDING}, NULL),
                         0);
    work_end(&work);
}

static void attributes_are_set(void **state)
{
    (void)state;
    struct work work;
    work_begin(&work);
    const struct row_entry entry = {.mode = 0644, .mtime = 5};
    assert_int_equal(model_set_attributes(work.model, work.users, work.place.alice,
                                          MODEL_MODE | MODEL_MTIME, &entry, NULL),
                     0);
    assert_int_equal(
        model_set_attributes(work.model, STORE_ROOT, work.users, MODEL_MODE, &entry, NULL), 0);
    struct store_view view;
    const struct row_entry root = {.live = true, .mode = 0755};
    assert_int_equal(store_write(work.store, &view), 0);
    assert_int_equal(store_entry_put(&view, 0, STORE_ROOT, 12, &root), 0);
    assert_int_equal(store_entry_put(&view, STORE_ROOT, STORE_SCHEMAS, 12, &root), 0);
    assert_int_equal(store_entry_put(&view, STORE_OUTBOX, STORE_CLAIMED, 12, &root), 0);
    assert_int_equal(store_time_put(&view, 0, 1), 0);
    assert_int_equal(store_commit(&view), 0);
    work_end(&work);
}

#define DEEPEST 127 /* arrays in a member of a document */

/* A document, with a member as deep as one may be unless `leaf` is NULL. */
static void spell(struct buf *out, const char *leaf)
{
    buf_clear(out);
    buf_append_string(out, "{\"padding\":\"");
    buf_append_fill(out, 'x', 1000);
    buf_append_byte(out, '"');
    if (leaf) {
        buf_append_string(out, ",\"deep\":");
        buf_append_fill(out, '[', DEEPEST);
        buf_append_string(out, leaf);
        buf_append_fill(out, ']', DEEPEST);
    }
    buf_append_byte(out, '}');
}

/* Its patch holds the member whole, and is deeper. */
static void deep_patches(void **state)
{
    (void)state;
    static const char *const leaves[] = {NULL, "", "1", NULL};
    struct work work;
    work_begin(&work);
    AUTO_BUF struct buf deep = {0};
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        spell(&deep, leaves[i]);
        assert_int_equal(put(&work, work.place.notes, "deep", buf_string(&deep)), 0);
    }
    /* The second version has another member than its patch. */
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct store_view view;
    assert_int_equal(store_write(work.store, &view), 0);
    uint64_t object;
    assert_int_equal(store_log_get(&view, CHECK_PLACE_SEQS + 2, &object), 1);
    struct row_version row = check_place_version(&view, &arena, object, CHECK_PLACE_SEQS + 2);
    assert_false(row.whole);
    assert_true(row.patch.size > 2 * DEEPEST);
    struct span document = row.document;
    spell(&deep, "2");
    row.document = buf_span(&deep);
    assert_int_equal(store_version_put(&view, object, CHECK_PLACE_SEQS + 2, &row), 0);
    assert_int_equal(store_commit(&view), 0);
    char detail[2000];
    assert_int_equal(check_place_check(work.store, NULL, detail, sizeof(detail)), -ERR_DAMAGED);
    assert_string_equal(detail, "versions: notes/deep (object 72), seq 14: the patch does not make "
                                "the document");
    row.document = document;
    assert_int_equal(store_write(work.store, &view), 0);
    assert_int_equal(store_version_put(&view, object, CHECK_PLACE_SEQS + 2, &row), 0);
    assert_int_equal(store_commit(&view), 0);
    work_end(&work);
}

/* Changes each place in the file where `from` stands. */
static void change_file(const struct check_place *place, const char *from, const char *to)
{
    char path[128];
    check_place_data(place, path, sizeof(path));
    AUTO_CLOSE int file = open(path, O_RDWR | O_CLOEXEC);
    struct stat info;
    assert_int_equal(fstat(file, &info), 0);
    size_t size = (size_t)info.st_size;
    AUTO_FREE char *bytes = malloc(size);
    assert_non_null(bytes);
    assert_int_equal(pread(file, bytes, size, 0), size);
    int found = 0;
    for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), from, strlen(from)));) {
        memcpy(at, to, strlen(to));
        found++;
    }
    assert_true(found > 0);
    assert_int_equal(pwrite(file, bytes, size, 0), size);
}

static void flipped_bits_are_named(void **state)
{
    (void)state;
    struct check_place place;
    check_place_make(&place);
    change_file(&place, "{\"text\":\"hello\"}", "{\"text\":\"hallo\"}");
    struct store *store = check_place_open(&place);
    struct model_check_summary summary = {.versions = 77};
    char detail[2000];
    assert_int_equal(check_place_check(store, &summary, detail, sizeof(detail)), -ERR_DAMAGED);
    assert_string_equal(detail,
                        "versions: notes/n (object 69), seq 9: the row's checksum does not match");
    assert_int_equal(summary.versions, 77);
    assert_int_equal(model_check(store, NULL, NULL), -ERR_DAMAGED);
    store_close(store);
    check_place_remove(&place);
}

/* Whatever cannot be had, it is never taken for damage. */
static void no_memory_is_no_damage(void **state)
{
    (void)state;
    struct check_place place;
    check_place_make(&place);
    struct store *store = check_place_open(&place);
    int result = -1;
    int at = 0;
    for (; result != 0; at++) {
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        atomic_store(&fail_at, at);
        result = model_check(store, NULL, &problem);
        bool failed = atomic_exchange(&fail_at, -1) < 0;
        if (result < 0 && result != -ERR_NO_MEMORY)
            print_error("%d: %s\n", at, buf_string(&problem.detail));
        assert_true(result == (failed ? -ERR_NO_MEMORY : 0) || (failed && result == 0));
        if (failed && result == 0)
            result = -1; /* it could be done without; go on */
    }
    assert_true(at > 50);
    store_close(store);
    check_place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_store),
        cmocka_unit_test(summary_counts),
        cmocka_unit_test(read_only_beside_a_writer),
        cmocka_unit_test(schemas_change),
        cmocka_unit_test(entities_move),
        cmocka_unit_test(documents_are_amended),
        cmocka_unit_test(workers_come_and_go),
        cmocka_unit_test(attributes_are_set),
        cmocka_unit_test(deep_patches),
        cmocka_unit_test(flipped_bits_are_named),
        cmocka_unit_test(no_memory_is_no_damage),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
