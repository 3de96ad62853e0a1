/* The numbers of ordinary files, what has no name yet or none any more, and users' shares. */
#include "files_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void a_shown_number_is_one_files(void **state)
{
    struct files_place *place = *state;
    files_place_make(place, "a", 0);
    struct file_node *a = files_place_find(place, "a");
    const uint64_t shown = a->shown;
    assert_int_equal(inode_tag(shown), INODE_FILE);
    assert_int_equal(files_shown_ino(place->fd, "a"), shown);
    assert_int_equal(files_shown_ino(a->fd, ""), shown);
    assert_int_equal(linkat(place->fd, "a", place->fd, "b", 0), 0);
    assert_int_equal(files_shown_ino(place->fd, "b"), shown);
    assert_int_equal(files_shown_ino(place->fd, "nothing"), 0);
    files_place_make(place, "c", 0);
    assert_int_not_equal(files_shown_ino(place->fd, "c"), shown);
    file_node_drop(a);
    files_place_reopen(place);
    assert_int_equal(files_shown_ino(place->fd, "a"), shown);
    for (int i = 0; i < 100; i++) { /* the backing number may be the same each time */
        uint64_t before = files_shown_ino(place->fd, "c");
        assert_int_equal(unlinkat(place->fd, "c", 0), 0);
        files_place_make(place, "c", 0);
        assert_int_not_equal(files_shown_ino(place->fd, "c"), before);
    }
}

static void a_name_that_is_anothers_is_not_taken_away(void **state)
{
    struct files_place *place = *state;
    files_place_make(place, "a", 0);
    files_place_make(place, "b", 0);
    struct file_node *a = files_place_find(place, "a");
    assert_int_equal(file_node_unlink(a, place->fd, "b", 0), error_system(ESTALE));
    assert_int_equal(file_node_unlink(a, place->fd, "c", 0), error_system(ENOENT));
    assert_int_equal(faccessat(place->fd, "b", F_OK, 0), 0);
    assert_int_equal(file_node_unlink(a, place->fd, "a", 0), 0);
    assert_int_equal(faccessat(place->fd, "a", F_OK, 0), -1);
    assert_true(a->is_pinned);
    file_node_drop(a);
}

static size_t temporaries(const struct files_place *place)
{
    struct stat stat;
    size_t count = 0;
    for (char name[] = "../tmp/0"; name[7] <= '9'; name[7]++)
        count += fstatat(place->fd, name, &stat, 0) == 0;
    return count;
}

static void a_temporary_file_has_all_before_it_has_a_name(void **state)
{
    struct files_place *place = *state;
    struct files_temporary temporary;
    struct stat now;
    const struct span bytes = span_of_string("hello");
    const struct stat stat = {.st_mode = 0640,
                              .st_uid = geteuid(),
                              .st_gid = getegid(),
                              .st_mtim = {.tv_sec = 981173106, .tv_nsec = 5}};
    assert_int_equal(files_temporary_make(place->files, bytes, &stat, &temporary), 0);
    assert_int_equal(temporaries(place), 1);
    assert_int_equal(files_used(place->files), FILES_COST + 5);
    assert_int_equal(files_temporary_place(&temporary, place->fd, "a", RENAME_NOREPLACE), 0);
    files_temporary_finish(&temporary);
    assert_int_equal(fstatat(place->fd, "a", &now, 0), 0);
    assert_int_equal(now.st_size, 5);
    assert_int_equal(now.st_mode, S_IFREG | 0640);
    assert_memory_equal(&now.st_mtim, &stat.st_mtim, sizeof(now.st_mtim));
    assert_int_equal(files_used(place->files), FILES_COST + 5);
    assert_int_equal(files_temporary_make(place->files, bytes, &stat, &temporary), 0);
    assert_int_equal(files_temporary_place(&temporary, place->fd, "a", RENAME_NOREPLACE),
                     error_system(EEXIST));
    files_temporary_finish(&temporary);
    assert_int_equal(temporaries(place), 0);
    assert_int_equal(files_used(place->files), FILES_COST + 5);
    assert_int_equal(files_take(place->files, MAX - 2 * FILES_COST - 9), 0);
    assert_int_equal(files_temporary_make(place->files, bytes, &stat, &temporary), -ERR_NO_SPACE);
    assert_int_equal(temporaries(place), 0);
}

static void what_was_left_by_a_crash_is_cleared(void **state)
{
    struct files_place *place = *state;
    struct files_temporary temporary;
    const struct stat stat = {.st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid()};
    assert_int_equal(files_temporary_make(place->files, span_of_string("x"), &stat, &temporary), 0);
    close(temporary.fd); /* and nothing else */
    assert_int_equal(temporaries(place), 1);
    files_place_reopen(place);
    assert_int_equal(temporaries(place), 0);
    assert_int_equal(files_used(place->files), 0);
}

static size_t take_all(struct files *files, uid_t uid, size_t most)
{
    size_t count = 0;
    while (count < most && files_share_take(files, uid) == 0)
        count++;
    return count;
}

/* The limit is the process's, and the kernel's: what is told here holds for any. */
static void a_user_has_a_share_of_the_descriptors(void **state)
{
    struct files_place *place = *state;
    const uid_t uid = geteuid() + 1000;
    const size_t most = (size_t)1 << 20;
    const size_t share = take_all(place->files, uid, most);
    assert_in_range(share, 1, most / 4);
    assert_int_equal(files_share_take(place->files, uid), error_system(ENFILE));
    assert_int_equal(files_share_take(place->files, uid + 1), 0);
    assert_int_equal(take_all(place->files, geteuid(), most), most);
    assert_int_equal(take_all(place->files, 0, most), most);
    files_share_give(place->files, uid);
    assert_int_equal(files_share_take(place->files, uid), 0);
}

/* A folder keeps its descriptor, and a file of two names. */
static void what_keeps_a_descriptor_is_in_its_owners_share(void **state)
{
    struct files_place *place = *state;
    const uid_t uid = 1000;
    struct file_node *node = NULL;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdirat(place->fd, "d", 0700), 0);
    files_place_make(place, "a", 0);
    assert_int_equal(fchownat(place->fd, "d", uid, uid, 0), 0);
    assert_int_equal(fchownat(place->fd, "a", uid, uid, 0), 0);
    const size_t share = take_all(place->files, uid, SIZE_MAX);
    assert_int_equal(files_find(place->files, ROOT, place->fd, "d", &node), error_system(ENFILE));
    struct file_node *a = files_place_find(place, "a");
    assert_false(file_node_may_pin(a));
    files_share_give(place->files, uid);
    assert_true(file_node_may_pin(a));
    file_node_pin(a);
    file_node_pin(a);
    assert_int_equal(files_find(place->files, ROOT, place->fd, "d", &node), error_system(ENFILE));
    file_node_drop(a);
    file_node_drop(files_place_find(place, "d"));
    for (size_t i = 1; i < share; i++)
        files_share_give(place->files, uid);
    assert_int_equal(take_all(place->files, uid, SIZE_MAX), share);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, files_place_setup, files_place_teardown)
        TEST(a_shown_number_is_one_files),
        TEST(a_name_that_is_anothers_is_not_taken_away),
        TEST(a_temporary_file_has_all_before_it_has_a_name),
        TEST(what_was_left_by_a_crash_is_cleared),
        TEST(a_user_has_a_share_of_the_descriptors),
        TEST(what_keeps_a_descriptor_is_in_its_owners_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
