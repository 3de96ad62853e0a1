/* The table of ordinary nodes, and what they count. */
#include "files_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#define COLLECTION(n) inode_make(INODE_COLLECTION, n)

static void hard_links_are_one_node(void **state)
{
    struct files_place *place = *state;
    files_place_make(place, "a", 0);
    assert_int_equal(linkat(place->fd, "a", place->fd, "b", 0), 0);
    files_place_make(place, "c", 0);
    struct file_node *a = files_place_find(place, "a");
    struct file_node *c = files_place_find(place, "c");
    assert_ptr_equal(files_place_find(place, "b"), a);
    assert_ptr_not_equal(a, c);
    assert_int_equal(files_nodes(place->files), 2);
    assert_int_equal(inode_tag(a->inode), INODE_FILE);
    files_forget(place->files, a->inode, 2);
    assert_int_equal(files_nodes(place->files), 1);
    file_node_drop(c);
    assert_int_equal(files_nodes(place->files), 0);
}

static void what_is_absent_is_no_node(void **state)
{
    struct files_place *place = *state;
    struct file_node *node = NULL;
    assert_int_equal(files_find(place->files, ROOT, place->fd, "a", &node), -ERR_NOT_FOUND);
    assert_null(node);
    assert_null(files_get(place->files, inode_make(INODE_FILE, 0)));
    assert_null(files_get(place->files, inode_make(INODE_FILE, 12345678)));
    assert_null(files_get(NULL, inode_make(INODE_FILE, 0)));
    files_forget(place->files, inode_make(INODE_FILE, 99), 5);
}

static void a_link_is_a_node_and_is_not_followed(void **state)
{
    struct files_place *place = *state;
    int fd = -1;
    assert_int_equal(symlinkat("/etc", place->fd, "l"), 0);
    struct file_node *node = files_place_find(place, "l");
    assert_int_equal(inode_tag(node->inode), INODE_FILE);
    assert_int_equal(file_node_open(node, O_RDONLY, &fd), error_system(ELOOP));
    file_node_drop(node);
    AUTO_CLOSE int top = openat(place->fd, "..", O_PATH);
    assert_int_equal(symlinkat("/etc", top, "77"), 0);
    assert_int_equal(files_folder(place->files, COLLECTION(77), true, &fd), error_system(ENOTDIR));
    assert_int_equal(fd, -1);
}

static void a_number_is_never_another_file(void **state)
{
    struct files_place *place = *state;
    uint64_t numbers[64];
    files_place_make(place, "a", 0);
    for (size_t i = 0; i < 64; i++) {
        struct file_node *node = files_place_find(place, "a");
        numbers[i] = node->inode;
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(numbers[j], numbers[i]);
            assert_null(files_get(place->files, numbers[j]));
        }
        file_node_drop(node);
    }
}

static void a_node_lasts_until_all_is_forgotten(void **state)
{
    struct files_place *place = *state;
    files_place_make(place, "a", 0);
    struct file_node *node = files_place_find(place, "a");
    uint64_t inode = node->inode;
    for (int i = 0; i < 9; i++)
        assert_ptr_equal(files_place_find(place, "a"), node);
    assert_ptr_equal(files_get(place->files, inode), node);
    files_forget(place->files, inode, 10);
    assert_int_equal(files_nodes(place->files), 1);
    file_node_drop(node);
    assert_int_equal(files_nodes(place->files), 0);
    assert_null(files_get(place->files, inode));
    files_forget(place->files, inode, 1); /* nobody's any more */
}

static void *churn(void *data)
{
    struct files_place *place = data;
    char name[2] = "a";
    for (int i = 0; i < 2000; i++) {
        name[0] = (char)('a' + i % 7);
        struct file_node *node = NULL;
        if (files_find(place->files, ROOT, place->fd, name, &node) < 0)
            return data;
        struct file_node *again = files_get(place->files, node->inode);
        bool is_same = again == node;
        file_node_drop(again);
        file_node_drop(node);
        if (!is_same)
            return data;
    }
    return NULL;
}

static void threads_find_and_forget(void **state)
{
    struct files_place *place = *state;
    pthread_t threads[4];
    void *fault;
    for (char name[2] = "a"; name[0] < 'h'; name[0]++)
        files_place_make(place, name, 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, place), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &fault);
        assert_null(fault);
    }
    assert_int_equal(files_nodes(place->files), 0);
}

static void the_limit_is_exact(void **state)
{
    struct files_place *place = *state;
    assert_int_equal(files_max(place->files), MAX);
    assert_int_equal(files_take(place->files, MAX), 0);
    assert_int_equal(files_take(place->files, 1), -ERR_NO_SPACE);
    assert_int_equal(files_take(place->files, UINT64_MAX), -ERR_NO_SPACE);
    files_give(place->files, 1);
    assert_int_equal(files_take(place->files, 2), -ERR_NO_SPACE);
    assert_int_equal(files_take(place->files, 1), 0);
    files_give(place->files, MAX);
    assert_int_equal(files_used(place->files), 0);
    files_give(place->files, 5); /* more than there was */
    assert_int_equal(files_used(place->files), 0);
    assert_int_equal(files_take(place->files, UINT64_MAX), -ERR_NO_SPACE);
}

static void a_node_counts_its_size(void **state)
{
    struct files_place *place = *state;
    assert_int_equal(files_take(place->files, FILES_COST), 0);
    files_place_make(place, "a", 0);
    struct file_node *node = files_place_find(place, "a");
    assert_int_equal(file_node_begin(node, 5000), 0);
    assert_int_equal(files_used(place->files), FILES_COST + 5000);
    files_place_make(place, "a", 3000); /* less than was asked for */
    file_node_end(node);
    assert_int_equal(files_used(place->files), FILES_COST + 3000);
    assert_int_equal(file_node_begin(node, MAX), -ERR_NO_SPACE);
    assert_int_equal(file_node_begin(node, UINT64_MAX), error_system(EFBIG));
    assert_int_equal(files_used(place->files), FILES_COST + 3000);
    node->opens = 1;
    assert_int_equal(unlinkat(place->fd, "a", 0), 0);
    file_node_settle(node);
    assert_int_equal(files_used(place->files), FILES_COST + 3000);
    node->opens = 0;
    file_node_settle(node);
    assert_int_equal(files_used(place->files), 0);
    file_node_drop(node);
}

static void what_is_there_is_counted(void **state)
{
    struct files_place *place = *state;
    files_place_make(place, "a", 100);
    files_place_make(place, "b", 0);
    assert_int_equal(symlinkat("0123456789", place->fd, "l"), 0);
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof(name), "link%d", i);
        assert_int_equal(linkat(place->fd, "a", place->fd, name, 0), 0);
    }
    files_place_reopen(place);
    assert_int_equal(files_used(place->files), 8 * FILES_COST + 110);
    assert_int_equal(mkdirat(place->fd, "d", 0700), 0);
    assert_int_equal(linkat(place->fd, "a", place->fd, "d/a", 0), 0);
    assert_int_equal(symlinkat("/usr", place->fd, "d/usr"), 0);
    files_place_reopen(place);
    assert_int_equal(files_used(place->files), 11 * FILES_COST + 114);
}

static void a_deep_tree_is_counted(void **state)
{
    struct files_place *place = *state;
    char name[201];
    memset(name, 'x', 200);
    name[200] = 0;
    int fd = dup(place->fd);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(mkdirat(fd, name, 0700), 0);
        int below = openat(fd, name, O_PATH);
        close(fd);
        fd = below;
    }
    files_place_reopen(place);
    assert_int_equal(files_used(place->files), 60 * FILES_COST);
    for (int i = 0; i < 60; i++) {
        int above = openat(fd, "..", O_PATH);
        close(fd);
        fd = above;
        assert_int_equal(unlinkat(fd, name, AT_REMOVEDIR), 0);
    }
    close(fd);
}

static void an_empty_top_folder_can_go(void **state)
{
    struct files_place *place = *state;
    int fd = -1;
    assert_int_equal(files_folder(place->files, COLLECTION(5), false, &fd), -ERR_NOT_FOUND);
    assert_int_equal(files_folder(place->files, COLLECTION(5), true, &fd), 0);
    assert_int_equal(mkdirat(fd, "d", 0700), 0);
    assert_int_equal(files_remove(place->files, 5), -ERR_NOT_EMPTY);
    assert_int_equal(unlinkat(fd, "d", AT_REMOVEDIR), 0);
    assert_int_equal(files_remove(place->files, 5), 0);
    assert_int_equal(files_remove(place->files, 5), 0);
    close(fd);
}

static void a_read_only_place_makes_nothing(void **state)
{
    struct files_place *place = *state;
    struct problem problem;
    struct files *files = NULL;
    int fd = -1;
    char path[64];
    problem_init(&problem);
    snprintf(path, sizeof(path), "%s/files/root", place->path); /* a folder without such */
    assert_int_equal(files_open(path, MAX, true, &files, &problem), 0);
    assert_int_equal(files_folder(files, ROOT, true, &fd), -ERR_NOT_FOUND);
    files_close(files);
    assert_int_equal(faccessat(place->fd, "files", F_OK, 0), -1);
    assert_int_equal(files_open("/nowhere/at/all", MAX, false, &files, &problem), -ERR_NOT_FOUND);
    problem_finish(&problem);
    files_close(NULL);
    file_node_drop(NULL);
}

static struct file_node *make_and_find(const struct files_place *place, size_t number,
                                       int *ret_result)
{
    char name[16];
    struct file_node *node = NULL;
    snprintf(name, sizeof(name), "f%zu", number);
    files_place_make(place, name, number);
    *ret_result = files_find(place->files, ROOT, place->fd, name, &node);
    return node;
}

static bool is_right(struct files_place *place, uint64_t inode, size_t number)
{
    struct stat stat;
    struct file_node *node = files_get(place->files, inode);
    bool is = node && fstat(node->fd, &stat) == 0 && (size_t)stat.st_size == number;
    file_node_drop(node);
    return is;
}

#define MANY 300

/* More nodes than descriptors: each is found again, wherever it has been moved; not those whose
 * name is another file's now, and not too many that are in use. */
static int use_many(struct files_place *place)
{
    uint64_t inodes[MANY];
    struct file_node *node = NULL;
    int result = 0;
    for (size_t i = 0; i < MANY; i++) {
        node = make_and_find(place, i, &result);
        if (result < 0)
            return 3;
        inodes[i] = node->inode;
        file_node_hand_over(node);
    }
    if (!is_right(place, inodes[0], 0) || !is_right(place, inodes[MANY - 1], MANY - 1))
        return 4;
    for (size_t i = 0; i < MANY; i++)
        if (!is_right(place, inodes[i], i))
            return 5;
    node = files_get(place->files, inodes[7]);
    renameat(place->fd, "f7", place->fd, "moved");
    file_node_moved(node, ROOT, "moved");
    file_node_drop(node);
    renameat(place->fd, "f9", place->fd, "f8"); /* which nobody told the table of */
    for (size_t i = 100; i < MANY; i++)
        if (!is_right(place, inodes[i], i))
            return 6;
    if (!is_right(place, inodes[7], 7) || files_get(place->files, inodes[8]) ||
        files_get(place->files, inodes[9]))
        return 7;
    for (size_t i = 100; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof(name), "f%zu", i);
        if (files_find(place->files, ROOT, place->fd, name, &node) < 0)
            return 8;
        file_node_drop(node);
    }
    size_t count = 0;
    while (result == 0 && count < MANY) {
        node = make_and_find(place, MANY + count, &result);
        count += result == 0;
    }
    return result == error_system(ENFILE) && count == 32 ? 0 : 9;
}

/* In a process of its own, which may not raise its limit. */
static void use_many_alone(struct files_place *place)
{
    const struct rlimit low = {.rlim_cur = 64, .rlim_max = 64};
    chmod(place->path, 0711);
    files_place_close(place);
    strcat(place->path, "/own");
    if (mkdir(place->path, 0700) < 0 ||
        (geteuid() == 0 && (chown(place->path, 65534, 65534) < 0 || setuid(65534) < 0)))
        _exit(2);
    setrlimit(RLIMIT_NOFILE, &low);
    files_place_open(place);
    _exit(use_many(place));
}

static void there_may_be_more_nodes_than_descriptors(void **state)
{
    struct files_place *place = *state;
    int status = 0;
    if (fork() == 0)
        use_many_alone(place);
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, files_place_setup, files_place_teardown)
        TEST(hard_links_are_one_node),
        TEST(what_is_absent_is_no_node),
        TEST(a_link_is_a_node_and_is_not_followed),
        TEST(a_number_is_never_another_file),
        TEST(a_node_lasts_until_all_is_forgotten),
        TEST(threads_find_and_forget),
        TEST(the_limit_is_exact),
        TEST(a_node_counts_its_size),
        TEST(what_is_there_is_counted),
        TEST(a_deep_tree_is_counted),
        TEST(an_empty_top_folder_can_go),
        TEST(a_read_only_place_makes_nothing),
        TEST(there_may_be_more_nodes_than_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
