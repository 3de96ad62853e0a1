/* The store's folder: what is taken for a store, what is refused, and by whom it is held. */
#include "model_place.h"
#include "store/base/cleanup.h"
#include "store/key.h"

#include <fcntl.h>
#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include <cmocka.h>

static int setup(void **state)
{
    char *path = malloc(64);
    assert_non_null(path);
    folder_make(path);
    *state = path;
    return 0;
}

static int teardown(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

/* Opens and closes. Returns the result; `detail` is what it says. */
static int try(const char *path, bool read_only, char detail[500])
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    const struct store_options options = {.read_only = read_only};
    struct store *store = NULL;
    int result = store_open(path, &options, &store, &problem);
    assert_int_equal(problem.code, result);
    snprintf(detail, 500, "%s", buf_string(&problem.detail));
    assert_int_equal(store != NULL, result == 0);
    store_close(store);
    return result;
}

static void assert_refused(const char *path, bool read_only, int expected, const char *says)
{
    char detail[500];
    assert_int_equal(try(path, read_only, detail), expected);
    if (!strstr(detail, says))
        fail_msg("expected \"%s\" in \"%s\"", says, detail);
}

static void assert_opens(const char *path)
{
    char detail[500];
    int result = try(path, false, detail);
    if (result < 0)
        fail_msg("%s", detail);
}

static void join(char out[128], const char *path, const char *name)
{
    snprintf(out, 128, "%s/%s", path, name);
}

static void put_file(const char *path, const char *name, const char *text)
{
    char file[128];
    join(file, path, name);
    AUTO_CLOSE int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static bool has(const char *path, const char *name)
{
    char file[128];
    join(file, path, name);
    return access(file, F_OK) == 0;
}

static void made_on_first_use(void **state)
{
    char path[128];
    struct stat info;
    join(path, *state, "store");
    mode_t mask = umask(0);
    assert_opens(path);
    umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    char file[256];
    snprintf(file, sizeof(file), "%s/data.mdb", path);
    assert_int_equal(stat(file, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_opens(path);
    folder_remove(path);
}

static void not_there(void **state)
{
    char path[128];
    join(path, *state, "a/b");
    assert_refused(path, false, -ERR_NOT_FOUND, path);
    join(path, *state, "store");
    assert_refused(path, true, -ERR_NOT_FOUND, path);
    assert_false(has(*state, "store"));
    assert_refused(*state, true, -ERR_STORE_FOREIGN, "no persistfs store");
    assert_false(has(*state, "lock"));
    put_file(*state, "store", "");
    assert_refused(path, false, -ERR_NOT_A_DIRECTORY, path);
}

static void somebody_elses_folder(void **state)
{
    char path[128];
    put_file(*state, "notes.txt", "mine");
    assert_refused(*state, false, -ERR_STORE_FOREIGN, "not empty");
    assert_false(has(*state, "data.mdb"));
    assert_false(has(*state, "lock"));
    join(path, *state, "notes.txt");
    unlink(path);
    put_file(*state, ".hidden", "mine");
    assert_refused(*state, false, -ERR_STORE_FOREIGN, "not empty");
}

static void another_owner(void **state)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(*state, 12345, 12345), 0);
    assert_refused(*state, false, -ERR_ACCESS, "belongs to user 12345");
    assert_refused(*state, true, -ERR_ACCESS, "belongs to user 12345");
    assert_false(has(*state, "data.mdb"));
}

static void open_to_others(void **state)
{
    assert_int_equal(chmod(*state, 0720), 0);
    assert_refused(*state, false, -ERR_ACCESS, "mode 0720");
    assert_int_equal(chmod(*state, 0702), 0);
    assert_refused(*state, false, -ERR_ACCESS, "mode 0702");
    assert_false(has(*state, "data.mdb"));
    assert_int_equal(chmod(*state, 0755), 0); /* reading does no harm: the files are private */
    assert_opens(*state);
}

/* Opens the store in a child, which holds it until `release` is closed. */
static pid_t hold(const char *path, int *ret_release)
{
    int ready[2];
    int release[2];
    char byte = 0;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(release, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct store *store = NULL;
        close(release[1]);
        byte = store_open(path, &(struct store_options){0}, &store, NULL) == 0;
        if (write(ready[1], &byte, 1) != 1 || read(release[0], &byte, 1) < 0)
            _exit(1);
        store_close(store);
        _exit(0);
    }
    close(ready[1]);
    close(release[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    close(ready[0]);
    *ret_release = release[1];
    return pid;
}

static void lock_names_the_process(void **state)
{
    int release;
    int status;
    char says[64];
    char detail[500];
    pid_t pid = hold(*state, &release);
    snprintf(says, sizeof(says), "in use by process %d:", (int)pid);
    assert_refused(*state, false, -ERR_STORE_IN_USE, says);
    assert_int_equal(try(*state, true, detail), 0); /* to look is allowed */
    close(release);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_opens(*state);
}

static void lock_dies_with_its_process(void **state)
{
    int release;
    int status;
    pid_t pid = hold(*state, &release);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(release);
    assert_opens(*state);
}

static void lock_is_no_link(void **state)
{
    char lock[128];
    char target[128];
    char detail[500];
    join(lock, *state, "lock");
    join(target, *state, "lost+found");
    assert_int_equal(symlink(target, lock), 0);
    assert_true(try(*state, false, detail) < 0);
    assert_false(has(*state, "lost+found"));
    assert_false(has(*state, "data.mdb"));
}

/* What a crash may leave before there is a store. */
static void leftovers(void **state)
{
    put_file(*state, "lock", "99999999\n");
    assert_opens(*state);
    char path[128];
    join(path, *state, "data.mdb");
    unlink(path);
    put_file(*state, "data.mdb.new", "half of somethi");
    assert_opens(*state);
    assert_false(has(*state, "data.mdb.new"));
}

/* The engine's file is there, and the commit that makes it a store is not. */
static void an_empty_engine_is_taken_up(void **state)
{
    int dir = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct engine *engine;
    assert_int_equal(engine_open(dir, &(struct engine_options){0}, &engine, NULL), 0);
    engine_close(engine);
    close(dir);
    assert_true(has(*state, "data.mdb"));
    assert_refused(*state, true, -ERR_STORE_FOREIGN, *state);
    assert_opens(*state);
    char detail[500];
    assert_int_equal(try(*state, true, detail), 0);
}

static struct span contents(const char *path)
{
    static uint8_t bytes[1 << 20];
    char file[128];
    join(file, path, "data.mdb");
    AUTO_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t size = read(fd, bytes, sizeof(bytes));
    assert_in_range(size, 1, sizeof(bytes) - 1);
    return span_make(bytes, (size_t)size);
}

static void set_format(const char *path, struct span format)
{
    struct store *store;
    struct store_view view;
    struct key key;
    key_init(&key, KEY_FORMAT, 0);
    assert_int_equal(store_open(path, &(struct store_options){0}, &store, NULL), 0);
    assert_int_equal(store_write(store, &view), 0);
    assert_int_equal(engine_put(view.txn, key_span(&key), format), 0);
    assert_int_equal(store_commit(&view), 0);
    store_close(store);
}

static void a_newer_format(void **state)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    set_format(*state, span_make("persistfs\0\0\0\3", 13));
    struct span before = arena_copy(&arena, contents(*state));
    assert_refused(*state, false, -ERR_NEWER_FORMAT, "format 3");
    assert_refused(*state, true, -ERR_NEWER_FORMAT, "use a newer persistfs");
    assert_true(span_equal(contents(*state), before));
}

static void an_older_format(void **state)
{
    set_format(*state, span_make("persistfs\0\0\0\1", 13));
    assert_refused(*state, false, -ERR_UNSUPPORTED, "format 1");
    assert_refused(*state, true, -ERR_UNSUPPORTED, "none before 2");
}

static void another_format(void **state)
{
    set_format(*state, span_make("persistXX\0\0\0\1", 13));
    assert_refused(*state, false, -ERR_STORE_FOREIGN, "not a persistfs store");
}

static void a_format_that_is_cut(void **state)
{
    set_format(*state, span_make("persistfs\0\0\0", 12));
    assert_refused(*state, false, -ERR_STORE_FOREIGN, "not a persistfs store");
}

/* Some other program's LMDB file. */
static void foreign_engine(void **state)
{
    char file[128];
    join(file, *state, "data.mdb");
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val key = {.mv_size = 5, .mv_data = "hello"};
    MDB_val value = {.mv_size = 5, .mv_data = "world"};
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_open(env, file, MDB_NOSUBDIR, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
    assert_int_equal(mdb_put(txn, dbi, &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct span before = arena_copy(&arena, contents(*state));
    assert_refused(*state, false, -ERR_STORE_FOREIGN, "not a persistfs store");
    assert_refused(*state, true, -ERR_STORE_FOREIGN, "not a persistfs store");
    assert_true(span_equal(contents(*state), before));
}

static void no_engine_at_all(void **state)
{
    char detail[500];
    put_file(*state, "data.mdb", "These are not the bytes of a database.");
    int result = try(*state, false, detail);
    assert_true(result == -ERR_STORE_FOREIGN || result == -ERR_DAMAGED);
}

/* Numbers are never used twice: those that a commit knows of are past for good. */
static void object_numbers(void **state)
{
    struct store *store;
    struct store_view view;
    const struct store_options options = {0};
    assert_int_equal(store_open(*state, &options, &store, NULL), 0);
    uint64_t first = store_new_object(store);
    assert_int_equal(first, STORE_FIRST_FREE);
    assert_int_equal(store_new_object(store), first + 1);
    assert_int_equal(store_write(store, &view), 0);
    assert_int_equal(store_state_put(&view, &(struct row_state){.seq = 1}), 0);
    assert_int_equal(store_commit(&view), 0);
    store_close(store);
    assert_int_equal(store_open(*state, &options, &store, NULL), 0);
    assert_int_equal(store_new_object(store), first + 2);
    struct statvfs info;
    assert_int_equal(store_statfs(store, &info), 0);
    assert_true(info.f_blocks > 0);
    store_close(store);
}

int main(void)
{
#define FOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(made_on_first_use),
        FOLDER_TEST(not_there),
        FOLDER_TEST(somebody_elses_folder),
        FOLDER_TEST(another_owner),
        FOLDER_TEST(open_to_others),
        FOLDER_TEST(lock_names_the_process),
        FOLDER_TEST(lock_dies_with_its_process),
        FOLDER_TEST(lock_is_no_link),
        FOLDER_TEST(leftovers),
        FOLDER_TEST(an_empty_engine_is_taken_up),
        FOLDER_TEST(a_newer_format),
        FOLDER_TEST(an_older_format),
        FOLDER_TEST(another_format),
        FOLDER_TEST(a_format_that_is_cut),
        FOLDER_TEST(foreign_engine),
        FOLDER_TEST(no_engine_at_all),
        FOLDER_TEST(object_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
