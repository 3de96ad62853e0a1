/* References into folders: which file a URI means, and that no URI leads out. */
#include "fs/schema_folder.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

/*  a folder of its own:  secret.json
 *                        in/  users.json  plain  "a b.json"  deep/x.json  folder/
 *                             out.json -> ../secret.json   up -> ..   near.json -> users.json
 *                             pipe (a FIFO)
 *                        other/  users.json  */
struct bench {
    char path[64];
    struct schema_folders *folders;
};

static void write_file(const struct bench *bench, const char *name, const char *text)
{
    AUTO_BUF struct buf path = {0};
    buf_printf(&path, "%s/%s", bench->path, name);
    FILE *file = fopen(buf_string(&path), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const struct bench *bench, const char *name)
{
    AUTO_BUF struct buf path = {0};
    buf_printf(&path, "%s/%s", bench->path, name);
    assert_int_equal(mkdir(buf_string(&path), 0700), 0);
}

static void make_link(const struct bench *bench, const char *target, const char *name)
{
    AUTO_BUF struct buf path = {0};
    buf_printf(&path, "%s/%s", bench->path, name);
    assert_int_equal(symlink(target, buf_string(&path)), 0);
}

static void map(const struct bench *bench, const char *prefix, const char *name)
{
    AUTO_BUF struct buf path = {0};
    buf_printf(&path, "%s/%s", bench->path, name);
    assert_int_equal(
        schema_folders_add(bench->folders, span_of_string(prefix), buf_string(&path), NULL), 0);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    snprintf(bench->path, sizeof(bench->path), "/tmp/folders.XXXXXX");
    assert_non_null(mkdtemp(bench->path));
    static const char *const folders[] = {"in", "in/deep", "in/folder", "other"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        make_folder(bench, folders[i]);
    write_file(bench, "secret.json", "secret");
    write_file(bench, "in/users.json", "users");
    write_file(bench, "in/plain", "plain");
    write_file(bench, "in/a b.json", "spaced");
    write_file(bench, "in/deep/x.json", "deep");
    write_file(bench, "other/users.json", "other");
    make_link(bench, "../secret.json", "in/out.json");
    make_link(bench, "..", "in/up");
    make_link(bench, "users.json", "in/near.json");
    AUTO_BUF struct buf pipe = {0};
    buf_printf(&pipe, "%s/in/pipe", bench->path);
    assert_int_equal(mkfifo(buf_string(&pipe), 0600), 0);
    assert_int_equal(schema_folders_create(&bench->folders, NULL), 0);
    map(bench, "http://x/s", "in");
    *state = bench;
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    schema_folders_destroy(bench->folders);
    nftw(bench->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(bench);
    return 0;
}

/* The text found at the URI; `expected` NULL: it is absent. */
static void assert_found(const struct bench *bench, const char *uri, const char *expected)
{
    const struct schema_source *source = schema_folders_source(bench->folders);
    struct span text;
    int result =
        source->find(source->context, span_of_string(uri), span_of_string("ref"), &text, NULL);
    if (result != (expected ? 0 : -ERR_NOT_FOUND))
        fail_msg("%s: %d", uri, result);
    if (expected && !span_is(text, expected))
        fail_msg("%s: %.*s", uri, (int)text.size, (const char *)text.data);
}

static void test_as_it_is_and_with_json(void **state)
{
    assert_found(*state, "http://x/s/users.json", "users");
    assert_found(*state, "http://x/s/users", "users");
    assert_found(*state, "http://x/s/plain", "plain");
    assert_found(*state, "http://x/s/deep/x", "deep");
    assert_found(*state, "http://x/s/nothing", NULL);
}

static void test_percent_encoding(void **state)
{
    assert_found(*state, "http://x/s/a%20b.json", "spaced");
    assert_found(*state, "http://x/s/%75sers", "users");
    assert_found(*state, "http://x/s/deep%2fx.json", NULL);
    assert_found(*state, "http://x/s/users%00.json", NULL);
    assert_found(*state, "http://x/s/users%", NULL);
    assert_found(*state, "http://x/s/users%2", NULL);
    assert_found(*state, "http://x/s/users%zz", NULL);
    assert_found(*state, "http://x/s/users.json?a", NULL);
}

static void test_nothing_leads_out(void **state)
{
    assert_found(*state, "http://x/s/../secret.json", NULL);
    assert_found(*state, "http://x/s/%2e%2e/secret.json", NULL);
    assert_found(*state, "http://x/s/deep/../../secret.json", NULL);
    assert_found(*state, "http://x/s/out.json", NULL);
    assert_found(*state, "http://x/s/out", NULL);
    assert_found(*state, "http://x/s/up/secret.json", NULL);
    assert_found(*state, "http://x/s//etc/passwd", NULL);
    assert_found(*state, "http://x/s/near.json", "users"); /* a link that stays inside */
}

static void test_only_files(void **state)
{
    assert_found(*state, "http://x/s/folder", NULL);
    assert_found(*state, "http://x/s/pipe", NULL);
    assert_found(*state, "http://x/s/", NULL);
    assert_found(*state, "http://x/s", NULL);
    assert_found(*state, "http://x/sausers.json", NULL);
    assert_found(*state, "http://y/s/users.json", NULL);
    assert_found(*state, "", NULL);
}

static void test_the_longest_prefix_counts(void **state)
{
    map(*state, "http://x/", "other");
    map(*state, "http://x/s/deep/", "other");
    assert_found(*state, "http://x/users", "other");
    assert_found(*state, "http://x/s/users", "users");
    assert_found(*state, "http://x/s/deep/users", "other");
    assert_found(*state, "http://x/s/deep/x", NULL);
}

static void test_prefixes_and_folders(void **state)
{
    struct bench *bench = *state;
    static const char *const wrong[] = {"", "x", "/a/b", "1x:", ":"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(
            schema_folders_add(bench->folders, span_of_string(wrong[i]), bench->path, NULL),
            -ERR_INVALID);
    assert_int_equal(
        schema_folders_add(bench->folders, span_of_string("a:"), "/nothing/there", NULL),
        -ERR_NOT_FOUND);
}

static void test_around_a_file(void **state)
{
    struct bench *bench = *state;
    AUTO_BUF struct buf file = {0};
    AUTO_BUF struct buf uri = {0};
    AUTO_BUF struct buf expected = {0};
    buf_printf(&file, "%s/in/deep/../not there.json", bench->path);
    assert_int_equal(schema_folders_add_around(bench->folders, buf_string(&file), &uri, NULL), 0);
    buf_printf(&expected, "file://%s/in/not%%20there.json", bench->path);
    assert_string_equal(buf_string(&uri), buf_string(&expected));
    buf_clear(&uri);
    buf_printf(&uri, "file://%s/in/users", bench->path);
    assert_found(bench, buf_string(&uri), "users");
}

static void test_size_is_bounded(void **state)
{
    struct bench *bench = *state;
    AUTO_BUF struct buf text = {0};
    buf_append_fill(&text, ' ', SCHEMA_SIZE_MAX);
    write_file(bench, "in/most.json", buf_string(&text));
    buf_append_byte(&text, ' ');
    write_file(bench, "in/more.json", buf_string(&text));
    const struct schema_source *source = schema_folders_source(bench->folders);
    struct span found;
    assert_int_equal(source->find(source->context, span_of_string("http://x/s/more"),
                                  span_make(NULL, 0), &found, NULL),
                     -ERR_TOO_LARGE);
    int result = 0;
    unsigned count = 0;
    for (; result == 0 && count < 100; count++)
        result = source->find(source->context, span_of_string("http://x/s/most"),
                              span_make(NULL, 0), &found, NULL);
    assert_int_equal(result, -ERR_NO_MEMORY); /* all of them together are bounded, too */
    assert_in_range(count, 60, 65);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(as_it_is_and_with_json),
        TEST(percent_encoding),
        TEST(nothing_leads_out),
        TEST(only_files),
        TEST(the_longest_prefix_counts),
        TEST(prefixes_and_folders),
        TEST(around_a_file),
        TEST(size_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
