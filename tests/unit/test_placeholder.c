/* Empty files that are no entities yet, and the files that they have. */
#include "draft_place.h"
#include "fs/files.h"
#include "fs/placeholder.h"
#include "fs/placeholder_file.h"
#include "fs/report.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX ((uint64_t)1024 * 1024)

struct test {
    struct draft_place place;
    struct request request;
};

/* The system's call that fails. */
static const char *failing;

int __real_fchownat(int fd, const char *path, uid_t uid, gid_t gid, int flags);
int __wrap_fchownat(int fd, const char *path, uid_t uid, gid_t gid, int flags);
int __real_unlinkat(int fd, const char *path, int flags);
int __wrap_unlinkat(int fd, const char *path, int flags);
int __real_renameat(int fd, const char *path, int new_fd, const char *new_path);
int __wrap_renameat(int fd, const char *path, int new_fd, const char *new_path);

static bool fails(const char *call)
{
    errno = EIO;
    return failing && strcmp(failing, call) == 0;
}

int __wrap_fchownat(int fd, const char *path, uid_t uid, gid_t gid, int flags)
{
    return fails("fchownat") ? -1 : __real_fchownat(fd, path, uid, gid, flags);
}

int __wrap_unlinkat(int fd, const char *path, int flags)
{
    return fails("unlinkat") ? -1 : __real_unlinkat(fd, path, flags);
}

int __wrap_renameat(int fd, const char *path, int new_fd, const char *new_path)
{
    return fails("renameat") ? -1 : __real_renameat(fd, path, new_fd, new_path);
}

static int set_up(void **state)
{
    struct test *test = calloc(1, sizeof(*test));
    assert_non_null(test);
    struct draft_place *place = &test->place;
    draft_place_init(place, "{}");
    assert_int_equal(
        files_open(place->stored.path, MAX, false, &place->mount.files, &place->problem), 0);
    request_init(&test->request, &place->mount, &place->caller);
    failing = NULL;
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;
    char path[128];
    failing = NULL;
    request_finish(&test->request);
    files_close(test->place.mount.files);
    for (uint64_t object = 1; object < 1000; object++) {
        snprintf(path, sizeof(path), "%s/files/%ju", test->place.stored.path, (uintmax_t)object);
        rmdir(path);
    }
    snprintf(path, sizeof(path), "%s/files/tmp", test->place.stored.path);
    rmdir(path);
    snprintf(path, sizeof(path), "%s/files", test->place.stored.path);
    rmdir(path);
    draft_place_finish(&test->place);
    free(test);
    return 0;
}

static bool is_filed(struct test *test, const char *id)
{
    struct stat stat;
    return placeholder_file_find(&test->place.mount, test->place.collection, span_of_string(id),
                                 &stat);
}

static int find(struct test *test, const char *id, struct pending *ret_pending)
{
    return placeholder_find(&test->request, test->place.collection, span_of_string(id),
                            ret_pending);
}

static uint64_t used(struct test *test)
{
    return files_used(test->place.mount.files);
}

/* touch(1). Returns the object. */
static uint64_t touch(struct test *test, const char *id)
{
    char name[64];
    struct pending pending;
    snprintf(name, sizeof(name), "%s.json", id);
    struct handle *handle = draft_open(&test->place, name, O_WRONLY | O_CREAT);
    assert_int_equal(draft_close(&test->place, handle), 0);
    draft_free(&test->place, handle);
    assert_int_equal(find(test, id, &pending), 1);
    return pending.object;
}

static void remove_it(struct test *test, const char *id)
{
    struct pending pending;
    assert_int_equal(find(test, id, &pending), 1);
    assert_int_equal(placeholder_remove(&test->request, pending.object), 0);
    assert_int_equal(find(test, id, &pending), 0);
}

static void kept_with_the_first_close(void **state)
{
    struct test *test = *state;
    struct handle *handle = draft_open(&test->place, "a.json", O_WRONLY | O_CREAT);
    assert_false(is_filed(test, "a"));
    assert_int_equal(draft_close(&test->place, handle), 0);
    assert_true(is_filed(test, "a"));
    assert_int_equal(used(test), FILES_COST);
    assert_int_equal(draft_put(&test->place, handle, 0, "{}"), 0);
    assert_false(is_filed(test, "a"));
    assert_int_equal(used(test), 0);
    draft_free(&test->place, handle);
    assert_true(draft_has(&test->place, "a", "{}"));
}

static void hidden_when_it_was_closed_before(void **state)
{
    struct test *test = *state;
    struct pending pending;
    struct handle *handle = draft_open(&test->place, "a.json", O_WRONLY | O_CREAT);
    assert_int_equal(draft_close(&test->place, handle), 0);
    assert_int_equal(draft_put(&test->place, handle, 0, "no"), -ERR_NOT_AN_OBJECT);
    assert_false(is_filed(test, "a"));
    assert_int_equal(find(test, "a", &pending), 0);
    assert_int_equal(draft_close(&test->place, handle), -ERR_NOT_AN_OBJECT);
    assert_false(is_filed(test, "a"));
    draft_free(&test->place, handle);
    assert_int_equal(used(test), 0);
}

static void forgotten_and_found_again(void **state)
{
    struct test *test = *state;
    struct pending before;
    struct pending after;
    uint64_t object = touch(test, "a");
    assert_true(pendings_get(test->place.mount.pendings, object, &before));
    assert_true(pendings_remove(test->place.mount.pendings, object));
    assert_int_equal(find(test, "a", &after), 1);
    assert_true(after.object != before.object);
    assert_true(after.is_kept);
    assert_true(span_is(after.entry.name, "a"));
    assert_int_equal(after.entry.mode, before.entry.mode);
    assert_int_equal(after.entry.mtime, before.entry.mtime);
    remove_it(test, "a");
    assert_int_equal(used(test), 0);
}

static void no_room_for_what_is_found(void **state)
{
    struct test *test = *state;
    struct pending pending;
    struct pendings *pendings = test->place.mount.pendings;
    const struct row_entry entry = {.live = true, .uid = test->place.caller.uid};
    assert_true(pendings_remove(pendings, touch(test, "a")));
    for (uint64_t i = 0; i < 1024; i++)
        assert_int_equal(pendings_add(pendings, 100000 + i, 1, span_of_string("x"), &entry), 0);
    assert_int_equal(find(test, "a", &pending), -ERR_BUSY);
    pendings_close(pendings, 100000);
    assert_int_equal(find(test, "a", &pending), 1);
    remove_it(test, "a");
}

/* What a crash leaves: an entity, and the file that it was. */
static void left_beside_an_entity(void **state)
{
    struct test *test = *state;
    struct pending pending;
    struct mount *mount = &test->place.mount;
    uint64_t collection = test->place.collection;
    const struct row_entry entry = {.mode = 0600};
    must_write(&test->place.stored, collection, "a", "{}");
    must_write(&test->place.stored, collection, "b", "{}");
    assert_int_equal(placeholder_file_make(mount, collection, span_of_string("a"), &entry), 0);
    assert_int_equal(placeholder_file_make(mount, collection, span_of_string("b"), &entry), 0);
    assert_int_equal(placeholder_file_make(mount, collection, span_of_string("c"), &entry), 0);
    mount->read_only = true;
    assert_int_equal(find(test, "a", &pending), 0);
    assert_true(is_filed(test, "a"));
    mount->read_only = false;
    assert_int_equal(find(test, "a", &pending), 0);
    assert_false(is_filed(test, "a"));
    assert_true(is_filed(test, "b"));
    placeholder_sweep(mount);
    assert_false(is_filed(test, "b"));
    assert_true(is_filed(test, "c"));
    assert_int_equal(used(test), FILES_COST);
    remove_it(test, "c");
}

static void an_entity_made_beside_it(void **state)
{
    struct test *test = *state;
    struct pending pending;
    uint64_t object = touch(test, "a");
    must_write(&test->place.stored, test->place.collection, "a", "{}");
    assert_int_equal(find(test, "a", &pending), 0);
    assert_false(is_filed(test, "a"));
    assert_false(pendings_get(test->place.mount.pendings, object, &pending));
    assert_int_equal(used(test), 0);
}

static void a_file_that_cannot_be_made(void **state)
{
    struct test *test = *state;
    struct pending pending;
    struct handle *handle = draft_open(&test->place, "a.json", O_WRONLY | O_CREAT);
    failing = "fchownat";
    assert_int_equal(draft_close(&test->place, handle), error_system(EIO));
    failing = NULL;
    assert_false(is_filed(test, "a"));
    assert_int_equal(used(test), 0);
    assert_int_equal(find(test, "a", &pending), 1);
    assert_int_equal(files_take(test->place.mount.files, MAX), 0);
    assert_int_equal(draft_close(&test->place, handle), -ERR_NO_SPACE);
    files_give(test->place.mount.files, MAX);
    assert_int_equal(draft_close(&test->place, handle), 0);
    assert_true(is_filed(test, "a"));
    draft_free(&test->place, handle);
    remove_it(test, "a");
}

static void a_file_that_cannot_be_removed(void **state)
{
    struct test *test = *state;
    struct pending pending;
    uint64_t object = touch(test, "a");
    failing = "unlinkat";
    assert_int_equal(placeholder_remove(&test->request, object), error_system(EIO));
    placeholder_discard(&test->request, object);
    placeholder_hide(&test->request, object);
    failing = NULL;
    assert_int_equal(find(test, "a", &pending), 1);
    assert_int_equal(pending.object, object);
    assert_int_equal(used(test), FILES_COST);
    placeholder_discard(&test->request, object);
    assert_int_equal(find(test, "a", &pending), 0);
    assert_int_equal(used(test), 0);
}

static int rename_to(struct test *test, uint64_t object, const char *id, bool no_replace)
{
    return placeholder_rename(&test->request, object, test->place.collection, span_of_string(id),
                              no_replace);
}

static void renames(void **state)
{
    struct test *test = *state;
    struct pending pending;
    uint64_t a = touch(test, "a");
    uint64_t b = touch(test, "b");
    assert_int_equal(rename_to(test, a, "b", true), -ERR_ALREADY_EXISTS);
    failing = "renameat";
    assert_int_equal(rename_to(test, a, "b", false), error_system(EIO));
    failing = NULL;
    assert_int_equal(rename_to(test, a, "a", true), 0);
    assert_true(is_filed(test, "a") && is_filed(test, "b"));
    assert_int_equal(rename_to(test, a, "b", false), 0);
    assert_false(is_filed(test, "a"));
    assert_int_equal(find(test, "b", &pending), 1);
    assert_int_equal(pending.object, a);
    assert_int_equal(rename_to(test, b, "c", false), -ERR_NOT_FOUND);
    must_write(&test->place.stored, test->place.collection, "e", "{}");
    assert_int_equal(rename_to(test, a, "e", false), -ERR_JSON_INCOMPLETE);
    assert_int_equal(used(test), FILES_COST);
    remove_it(test, "b");
}

static void entered(void **state)
{
    struct test *test = *state;
    struct pending pending;
    uint64_t collection = test->place.collection;
    const struct stat stat = {.st_mode = S_IFREG | 0640,
                              .st_uid = geteuid(),
                              .st_gid = getegid(),
                              .st_mtim = {.tv_sec = 1000000}};
    uint64_t object = touch(test, "a");
    assert_int_equal(placeholder_enter(&test->request, collection, span_of_string("a"), &stat), 0);
    assert_int_equal(find(test, "a", &pending), 1);
    assert_true(pending.object != object);
    assert_int_equal(pending.entry.mode, 0640);
    assert_int_equal(pending.open, 0);
    assert_int_equal(used(test), FILES_COST);
    remove_it(test, "a");
    failing = "fchownat";
    assert_int_equal(placeholder_enter(&test->request, collection, span_of_string("a"), &stat),
                     error_system(EIO));
    assert_int_equal(find(test, "a", &pending), 0);
    must_write(&test->place.stored, collection, "a", "{}");
    assert_int_equal(placeholder_enter(&test->request, collection, span_of_string("a"), &stat),
                     -ERR_JSON_INCOMPLETE);
    assert_int_equal(used(test), 0);
}

static void attributes(void **state)
{
    struct test *test = *state;
    struct pending pending;
    uint64_t object = touch(test, "a");
    assert_int_equal(find(test, "a", &pending), 1);
    struct row_entry entry = pending.entry;
    entry.mode = 0444;
    entry.mtime = -1;
    failing = "fchownat";
    assert_int_equal(placeholder_set(&test->request, object, &entry), error_system(EIO));
    failing = NULL;
    assert_int_equal(find(test, "a", &pending), 1);
    assert_int_equal(pending.entry.mode, 0600);
    assert_int_equal(placeholder_set(&test->request, object, &entry), 0);
    assert_true(pendings_remove(test->place.mount.pendings, object));
    assert_int_equal(find(test, "a", &pending), 1);
    assert_int_equal(pending.entry.mode, 0444);
    assert_int_equal(pending.entry.mtime, -1);
    assert_int_equal(placeholder_set(&test->request, object, &entry), -ERR_NOT_FOUND);
    remove_it(test, "a");
}

int main(void)
{
#define PLACEHOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        PLACEHOLDER_TEST(kept_with_the_first_close),
        PLACEHOLDER_TEST(hidden_when_it_was_closed_before),
        PLACEHOLDER_TEST(forgotten_and_found_again),
        PLACEHOLDER_TEST(no_room_for_what_is_found),
        PLACEHOLDER_TEST(left_beside_an_entity),
        PLACEHOLDER_TEST(an_entity_made_beside_it),
        PLACEHOLDER_TEST(a_file_that_cannot_be_made),
        PLACEHOLDER_TEST(a_file_that_cannot_be_removed),
        PLACEHOLDER_TEST(renames),
        PLACEHOLDER_TEST(entered),
        PLACEHOLDER_TEST(attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
