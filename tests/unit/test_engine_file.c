#include "engine_place.h"
#include "store/base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cmocka.h>

static void expect_refusal(struct place *place, enum err code, const char *word)
{
    AUTO_PROBLEM struct problem problem;
    const bool read_only[] = {false, true};
    for (size_t i = 0; i < 2; i++) {
        problem_init(&problem);
        const struct engine_options options = {.read_only = read_only[i]};
        assert_int_equal(engine_open(place->dir, &options, &place->engine, &problem), -(int)code);
        assert_null(place->engine);
        if (strstr(buf_string(&problem.detail), word) == NULL)
            fail_msg("no \"%s\" in: %s", word, buf_string(&problem.detail));
        problem_finish(&problem);
    }
}

static void write_data(const struct place *place, const void *bytes, size_t size)
{
    AUTO_CLOSE int fd = openat(place->dir, "data.mdb", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes, size), size);
}

static void foreign_files(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    write_data(&place, "", 0);
    expect_refusal(&place, ERR_DAMAGED, "empty");
    write_data(&place, "hello", 5);
    expect_refusal(&place, ERR_STORE_FOREIGN, "not made by persistfs");
    AUTO_FREE uint8_t *bytes = noise(3 * MIB, 4);
    write_data(&place, bytes, 3 * MIB);
    expect_refusal(&place, ERR_STORE_FOREIGN, "not made by persistfs");
    memset(bytes, 0, 3 * MIB);
    write_data(&place, bytes, 3 * MIB);
    expect_refusal(&place, ERR_STORE_FOREIGN, "not made by persistfs");
    struct stat st;
    assert_int_equal(fstatat(place.dir, "data.mdb", &st, 0), 0);
    assert_int_equal(st.st_size, 3 * MIB);
    unlinkat(place.dir, "data.mdb", 0);
    assert_int_equal(mkdirat(place.dir, "data.mdb", 0700), 0);
    expect_refusal(&place, ERR_STORE_FOREIGN, "regular");
    unlinkat(place.dir, "data.mdb", AT_REMOVEDIR);
    assert_int_equal(mkfifoat(place.dir, "data.mdb", 0600), 0);
    expect_refusal(&place, ERR_STORE_FOREIGN, "regular");
    place_finish(&place);
}

static void other_owner(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct place place;
    place_init(&place);
    place_open(&place);
    place_close(&place);
    assert_int_equal(fchownat(place.dir, "data.mdb", 12345, (gid_t)-1, 0), 0);
    expect_refusal(&place, ERR_ACCESS, "another user");
    place_finish(&place);
}

static void links_are_refused(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    assert_int_equal(symlinkat("target", place.dir, "data.mdb"), 0);
    expect_refusal(&place, ERR_STORE_FOREIGN, "regular");
    assert_int_equal(faccessat(place.dir, "target", F_OK, 0), -1);
    unlinkat(place.dir, "data.mdb", 0);
    place_open(&place);
    put_one(place.engine, "k", text("v"));
    place_close(&place);
    assert_int_equal(renameat(place.dir, "data.mdb", place.dir, "target"), 0);
    assert_int_equal(symlinkat("target", place.dir, "data.mdb"), 0);
    expect_refusal(&place, ERR_STORE_FOREIGN, "regular");
    assert_int_equal(renameat(place.dir, "target", place.dir, "data.mdb"), 0);
    unlinkat(place.dir, "data.mdb-lock", 0);
    assert_int_equal(symlinkat("target", place.dir, "data.mdb-lock"), 0);
    expect_refusal(&place, ERR_STORE_FOREIGN, "data.mdb-lock");
    assert_int_equal(faccessat(place.dir, "target", F_OK, 0), -1);
    unlinkat(place.dir, "data.mdb-lock", 0);
    place_open(&place);
    assert_int_equal(look(place.engine, "k", text("v")), 1);
    place_finish(&place);
}

static void fill_tree(struct engine *engine)
{
    struct engine_txn *txn;
    char key[16];
    AUTO_FREE uint8_t *bytes = noise(20 * KIB, 5);
    assert_int_equal(engine_write_begin(engine, &txn), 0);
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "key-%05u", i);
        struct span value = span_make(bytes, i % 100 == 0 ? 20 * KIB : i % 900);
        assert_int_equal(engine_put(txn, text(key), value), 0);
    }
    assert_int_equal(engine_commit(txn), 0);
}

static void truncated_files(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    fill_tree(place.engine);
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    AUTO_FREE uint8_t *bytes = malloc((size_t)st.st_size);
    assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
    const off_t sizes[] = {st.st_size - 1,
                           st.st_size - 4096,
                           st.st_size / 2,
                           5 * 4096,
                           3 * 4096,
                           2 * 4096,
                           4097,
                           4096,
                           100,
                           24};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_data(&place, bytes, (size_t)sizes[i]);
        expect_refusal(&place, ERR_DAMAGED, i < 6 ? "cut off" : "ends within");
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_size, sizes[i]);
    }
    place_finish(&place);
}

/* The tree is at the beginning, and whole. */
static void truncated_values(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    AUTO_FREE uint8_t *bytes = noise(MIB, 15);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), 0);
    assert_int_equal(engine_put(txn, text("a"), span_make(bytes, MIB)), 0);
    assert_int_equal(engine_put(txn, text("b"), span_make(bytes, 100 * KIB)), 0);
    assert_int_equal(engine_commit(txn), 0);
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    const off_t sizes[] = {st.st_size - 4096, 200 * 4096, 6 * 4096};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ftruncate(fd, sizes[i]), 0);
        expect_refusal(&place, ERR_DAMAGED, "cut off");
    }
    place_finish(&place);
}

/* What a commit may leave: the last pages were taken and given back, and so never written. */
static void a_short_file_may_be_whole(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    fill_tree(place.engine);
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    for (off_t meta = 0; meta <= 4096; meta += 4096) {
        uint64_t last;
        assert_int_equal(pread(fd, &last, 8, meta + 136), 8);
        last += 50;
        assert_int_equal(pwrite(fd, &last, 8, meta + 136), 8);
    }
    const bool read_only[] = {true, false};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(place_try(&place, (struct engine_options){.read_only = read_only[i]}), 0);
        struct engine_txn *txn;
        struct engine_cursor *cursor;
        struct span key;
        struct span value;
        size_t count = 0;
        assert_int_equal(engine_read_begin(place.engine, &txn), 0);
        assert_int_equal(engine_cursor_open(txn, &cursor), 0);
        while (engine_cursor_next(cursor, &key, &value) == 1)
            count++;
        assert_int_equal(count, 2000);
        engine_cursor_close(cursor);
        engine_end(txn);
        place_close(&place);
    }
    place_finish(&place);
}

struct meta_case {
    off_t offset;
    size_t size;
    uint64_t value;
    enum err code;
};

static void senseless_first_pages(void **state)
{
    (void)state;
    const struct meta_case cases[] = {
        {20, 4, 2, ERR_STORE_FOREIGN},
        {20, 4, 999, ERR_STORE_FOREIGN},
        {40, 4, 0, ERR_DAMAGED},
        {40, 4, 4095, ERR_DAMAGED},
        {40, 4, 1 << 20, ERR_DAMAGED},
        {40, 4, 512, ERR_DAMAGED},
        {92, 2, 4, ERR_STORE_FOREIGN},
        {94, 2, 33, ERR_DAMAGED},
        {94, 2, 0, ERR_DAMAGED},
        {128, 8, 0, ERR_DAMAGED},
        {128, 8, 1, ERR_DAMAGED},
        {128, 8, 1000000, ERR_DAMAGED},
        {128, 8, UINT64_MAX, ERR_DAMAGED},
        {136, 8, 0, ERR_DAMAGED},
        {136, 8, UINT64_MAX, ERR_DAMAGED},
        {136, 8, UINT64_C(1) << 60, ERR_DAMAGED},
        {80, 8, UINT64_C(1) << 50, ERR_DAMAGED},
        {10, 2, 0, ERR_DAMAGED},
    };
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "k", text("v"));
    put_one(place.engine, "k", text("w"));
    place_close(&place);
    AUTO_CLOSE int fd = place_data(&place);
    uint8_t pages[8192];
    assert_int_equal(pread(fd, pages, sizeof pages, 0), sizeof pages);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct meta_case *c = &cases[i];
        for (off_t meta = 0; meta <= 4096; meta += 4096)
            assert_int_equal(pwrite(fd, &c->value, c->size, meta + c->offset), c->size);
        expect_refusal(&place, c->code, "data.mdb");
        assert_int_equal(pwrite(fd, pages, sizeof pages, 0), sizeof pages);
    }
    place_open(&place);
    assert_int_equal(look(place.engine, "k", text("w")), 1);
    place_finish(&place);
}

static void creation_is_whole(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    AUTO_CLOSE int left = openat(place.dir, "data.mdb.new", O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(left, "half", 4), 4);
    place_open(&place);
    struct stat st;
    assert_int_equal(fstatat(place.dir, "data.mdb", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 8192);
    assert_int_equal(fstatat(place.dir, "data.mdb-lock", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(fstatat(place.dir, "data.mdb.new", &st, AT_SYMLINK_NOFOLLOW), -1);
    place_finish(&place);
}

static void read_only(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    const struct engine_options options = {.read_only = true};
    assert_int_equal(place_try(&place, options), -ERR_NOT_FOUND);
    assert_int_equal(faccessat(place.dir, "data.mdb", F_OK, 0), -1);
    assert_int_equal(faccessat(place.dir, "data.mdb-lock", F_OK, 0), -1);
    place_open(&place);
    put_one(place.engine, "k", text("v"));
    place_close(&place);
    unlinkat(place.dir, "data.mdb-lock", 0);
    assert_int_equal(place_try(&place, options), 0);
    struct engine_txn *txn;
    assert_int_equal(engine_write_begin(place.engine, &txn), -ERR_READ_ONLY);
    assert_int_equal(look(place.engine, "k", text("v")), 1);
    assert_int_equal(look(place.engine, "k", text("v")), 1);
    place_finish(&place);
}

static void descriptors_are_close_on_exec(void **state)
{
    (void)state;
    struct place place;
    place_init(&place);
    place_open(&place);
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    unsigned count = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char target[PATH_MAX] = "";
        if (readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1) < 0 ||
            strncmp(target, place.path, strlen(place.path)) != 0)
            continue;
        int flags = fcntl(atoi(entry->d_name), F_GETFD);
        if ((flags & FD_CLOEXEC) == 0)
            fail_msg("%s stays open", target);
        count++;
    }
    closedir(dir);
    assert_int_equal(count, 5); /* the folder, the lock, LMDB's two, and ours */
    place_finish(&place);
}

static int read_only_disk(struct place *place)
{
    EXPECT(unshare(CLONE_NEWNS) == 0);
    EXPECT(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0);
    EXPECT(mount("none", place->path, "tmpfs", 0, "size=1500k") == 0);
    place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT(place_try(place, (struct engine_options){0}) == 0);
    EXPECT(put_growing(place->engine, "k", text("v")) == 0);
    engine_close(place->engine);
    unlinkat(place->dir, "data.mdb-lock", 0);
    EXPECT(mount("none", place->path, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL) == 0);
    place->engine = NULL;
    EXPECT(place_try(place, (struct engine_options){0}) == -ERR_READ_ONLY);
    EXPECT(place_try(place, (struct engine_options){.read_only = true}) == 0);
    EXPECT(look(place->engine, "k", text("v")) == 1);
    EXPECT(look(place->engine, "k", text("v")) == 1);
    engine_close(place->engine);
    return 0;
}

static void read_only_without_lock(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct place place;
    place_init(&place);
    assert_int_equal(child_run(read_only_disk, &place), 0);
    place_finish(&place);
}

static int folder_of_another(struct place *place)
{
    EXPECT(seteuid(12345) == 0);
    EXPECT(prctl(PR_SET_DUMPABLE, 1) == 0); /* or /proc/self/fd would be root's */
    EXPECT(place_try(place, (struct engine_options){.read_only = true}) == 0);
    EXPECT(look(place->engine, "k", text("v")) == 1);
    engine_close(place->engine);
    EXPECT(faccessat(place->dir, "data.mdb-lock", F_OK, 0) < 0);
    return 0;
}

static void read_only_folder(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct place place;
    place_init(&place);
    place_open(&place);
    put_one(place.engine, "k", text("v"));
    place_close(&place);
    unlinkat(place.dir, "data.mdb-lock", 0);
    assert_int_equal(fchmod(place.dir, 0755), 0);
    assert_int_equal(fchownat(place.dir, "data.mdb", 12345, (gid_t)-1, 0), 0);
    assert_int_equal(child_run(folder_of_another, &place), 0);
    place_finish(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_files),
        cmocka_unit_test(other_owner),
        cmocka_unit_test(links_are_refused),
        cmocka_unit_test(truncated_files),
        cmocka_unit_test(truncated_values),
        cmocka_unit_test(a_short_file_may_be_whole),
        cmocka_unit_test(senseless_first_pages),
        cmocka_unit_test(creation_is_whole),
        cmocka_unit_test(read_only),
        cmocka_unit_test(descriptors_are_close_on_exec),
        cmocka_unit_test(read_only_without_lock),
        cmocka_unit_test(read_only_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
