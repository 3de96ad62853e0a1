/* `persistfs check`: what it prints where, and that no file makes it crash. */
#include "check_place.h"

#include "fs/verbs.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

/* The signal that ends the child in the middle of its work; 0: none. */
static int death;

int __real_model_check(struct store *store, struct model_check_summary *ret_summary,
                       struct problem *problem);
int __wrap_model_check(struct store *store, struct model_check_summary *ret_summary,
                       struct problem *problem);

int __wrap_model_check(struct store *store, struct model_check_summary *ret_summary,
                       struct problem *problem)
{
    if (death == SIGABRT)
        fprintf(stderr, "mdb.c:1: Assertion 'it is' failed\n"); /* as LMDB does */
    if (death != 0)
        raise(death);
    return __real_model_check(store, ret_summary, problem);
}

struct outcome {
    int code;
    char out[2000];
    char err[2000];
};

/* Runs the verb with its output in files. */
struct capture {
    int saved;
    int stream;
    FILE *file;
};

static void capture_begin(struct capture *capture, int stream)
{
    fflush(NULL);
    capture->stream = stream;
    capture->file = tmpfile();
    assert_non_null(capture->file);
    capture->saved = fcntl(stream, F_DUPFD_CLOEXEC, 3);
    assert_true(capture->saved >= 0);
    assert_int_equal(dup2(fileno(capture->file), stream), stream);
}

static void capture_end(struct capture *capture, char *text, size_t size)
{
    fflush(NULL);
    dup2(capture->saved, capture->stream);
    close(capture->saved);
    ssize_t got = pread(fileno(capture->file), text, size - 1, 0);
    text[got > 0 ? got : 0] = 0;
    fclose(capture->file);
}

static struct outcome run(int argc, const char *const *arguments)
{
    char *argv[8] = {NULL};
    for (int i = 0; i < argc; i++)
        argv[i] = strdup(arguments[i]);
    struct outcome outcome;
    struct capture out;
    struct capture err;
    capture_begin(&out, STDOUT_FILENO);
    capture_begin(&err, STDERR_FILENO);
    outcome.code = verb_check(argc, argv);
    capture_end(&err, outcome.err, sizeof(outcome.err));
    capture_end(&out, outcome.out, sizeof(outcome.out));
    for (int i = 0; i < argc; i++)
        free(argv[i]);
    return outcome;
}

static struct outcome check(const char *path)
{
    return run(2, (const char *const[]){"check", path});
}

static bool is_line(const char *text)
{
    const char *end = strchr(text, '\n');
    return end && end > text && !end[1];
}

static void assert_begins(const char *text, const char *beginning)
{
    if (strncmp(text, beginning, strlen(beginning)) != 0)
        fail_msg("expected: %s...; found: %s", beginning, text);
}

/* One line that begins with the program and the store, and nothing else. */
static void assert_finding(const struct outcome *outcome, const char *path, const char *finding)
{
    char line[400];
    snprintf(line, sizeof(line), "persistfs: %s: %s", path, finding);
    assert_begins(outcome->err, line);
    assert_true(is_line(outcome->err));
    assert_string_equal(outcome->out, "");
    assert_int_equal(outcome->code, 1);
}

static void assert_whole(const struct outcome *outcome, const char *path, const char *counts)
{
    char line[400];
    snprintf(line, sizeof(line), "%s: ok, %s\n", path, counts);
    assert_string_equal(outcome->err, "");
    assert_string_equal(outcome->out, line);
    assert_int_equal(outcome->code, 0);
}

static void whole_store(void **state)
{
    struct outcome outcome = check(((struct check_place *)*state)->path);
    assert_whole(&outcome, ((struct check_place *)*state)->path,
                 "11 commits, 3 entities, 12 versions, 8 events");
}

static void one_of_each(void **state)
{
    (void)state;
    struct check_place place = {.path = "/tmp/persistfs-check-XXXXXX"};
    assert_non_null(mkdtemp(place.path));
    struct store *store = check_place_open(&place);
    struct model *model;
    struct model_options options = {.max_entity = 1 << 20};
    assert_int_equal(model_open(store, &options, &model, NULL), 0);
    assert_int_equal(check_place_put(model, STORE_SCHEMAS, "notes", store_new_object(store), "{}"),
                     0);
    model_close(model);
    store_close(store);
    struct outcome outcome = check(place.path);
    assert_whole(&outcome, place.path, "1 commit, 0 entities, 1 version, 0 events");
    check_place_remove(&place);
}

static void beside_a_daemon(void **state)
{
    const struct check_place *place = *state;
    struct store *store = check_place_open(place);
    struct outcome outcome = check(place->path);
    store_close(store);
    assert_whole(&outcome, place->path, "11 commits, 3 entities, 12 versions, 8 events");
}

static void damaged_store(void **state)
{
    struct check_place copy;
    check_place_copy(*state, &copy);
    struct store *store = check_place_open(&copy);
    struct store_view view;
    assert_int_equal(store_write(store, &view), 0);
    assert_int_equal(store_log_put(&view, 3, copy.bob), 0);
    assert_int_equal(store_commit(&view), 0);
    store_close(store);
    struct outcome outcome = check(copy.path);
    assert_finding(&outcome, copy.path, "log: users/bob (object 66), seq 3: object 66 has no ");
    check_place_remove(&copy);
}

static void refused_to_open(void **state)
{
    (void)state;
    struct outcome outcome = check("/nowhere/at/all");
    assert_finding(&outcome, "/nowhere/at/all", "cannot open the store /nowhere/at/all: ");
    outcome = check("/proc/self/status");
    assert_finding(&outcome, "/proc/self/status", "");
    outcome = check("");
    assert_finding(&outcome, "", "");
    char path[] = "/tmp/persistfs-check-XXXXXX";
    assert_non_null(mkdtemp(path));
    outcome = check(path);
    assert_finding(&outcome, path, "there is no persistfs store in ");
    assert_int_equal(rmdir(path), 0); /* and nothing was made there */
}

static void help(void **state)
{
    (void)state;
    struct outcome outcome = run(2, (const char *const[]){"check", "--help"});
    assert_int_equal(outcome.code, 0);
    assert_begins(outcome.out, "Usage: persistfs check [--help] STORE\n");
    assert_string_equal(outcome.err, "");
}

static void assert_misuse(const struct outcome *outcome, const char *what)
{
    assert_int_equal(outcome->code, 2);
    assert_string_equal(outcome->out, "");
    assert_begins(outcome->err, what);
    assert_non_null(strstr(outcome->err, "\nUsage: persistfs check [--help] STORE\n"));
}

static void misuse(void **state)
{
    (void)state;
    struct outcome outcome = run(1, (const char *const[]){"check"});
    assert_misuse(&outcome, "persistfs: check: name the store\n");
    outcome = run(3, (const char *const[]){"check", "a", "b"});
    assert_misuse(&outcome, "persistfs: check: name one store only\n");
    outcome = run(3, (const char *const[]){"check", "--quick", "a"});
    assert_misuse(&outcome, "persistfs: check: there is no option --quick\n");
    outcome = run(3, (const char *const[]){"check", "-xy", "a"});
    assert_misuse(&outcome, "persistfs: check: there is no option -xy\n");
    outcome = run(3, (const char *const[]){"check", "--help=1", "a"});
    assert_misuse(&outcome, "persistfs: check: there is no option --help=1\n");
}

static void dashes(void **state)
{
    (void)state;
    struct outcome outcome = run(3, (const char *const[]){"check", "--", "--help"});
    assert_finding(&outcome, "--help", "cannot open the store --help: ");
}

#define PAGE 4096

/* Fills one page of a copy of the store. */
static void fill_page(const struct check_place *place, off_t page, int byte, size_t from)
{
    char path[128];
    check_place_data(place, path, sizeof(path));
    AUTO_CLOSE int file = open(path, O_WRONLY | O_CLOEXEC);
    char bytes[PAGE];
    memset(bytes, byte, sizeof(bytes));
    assert_int_equal(pwrite(file, bytes + from, PAGE - from, page * PAGE + (off_t)from),
                     PAGE - from);
}

static off_t pages_of(const struct check_place *place)
{
    char path[128];
    check_place_data(place, path, sizeof(path));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_size / PAGE;
}

/* Whatever a page holds, the verb lives, and says one thing. Returns whether it was a finding. */
static bool survive(const struct check_place *place, off_t page, int byte, size_t from)
{
    struct check_place copy;
    check_place_copy(place, &copy);
    fill_page(&copy, page, byte, from);
    struct outcome outcome = check(copy.path);
    if (outcome.code == 0)
        assert_string_equal(outcome.err, "");
    else
        assert_finding(&outcome, copy.path, "");
    assert_null(strstr(outcome.err, "no finding"));
    assert_null(strstr(outcome.err, "was ended"));
    check_place_remove(&copy);
    return outcome.code == 1;
}

static void no_page_is_a_crash(void **state)
{
    static const int bytes[] = {0x00, 0xff, 0x41};
    const struct check_place *place = *state;
    unsigned findings = 0;
    off_t pages = pages_of(place);
    assert_true(pages >= 4);
    for (off_t page = 0; page < pages; page++)
        for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
            findings += survive(place, page, bytes[i], 0);
            findings += survive(place, page, bytes[i], 16); /* LMDB's header stays */
        }
    assert_true(findings >= 12); /* the first page and the rows' */
}

static void assert_death(const struct check_place *place, int number, const char *finding)
{
    death = number;
    struct outcome outcome = check(place->path);
    death = 0;
    assert_finding(&outcome, place->path, finding);
}

static void death_is_a_finding(void **state)
{
    assert_death(*state, SIGSEGV,
                 "the engine cannot read data.mdb: it is damaged (Segmentation fault)\n");
    assert_death(*state, SIGBUS, "the engine cannot read data.mdb: it is damaged (Bus error)\n");
    assert_death(*state, SIGABRT, "the engine cannot read data.mdb: it is damaged (Aborted)\n");
    assert_death(*state, SIGKILL, "the check was ended: Killed\n");
    whole_store(state); /* and nothing of it stays */
}

static int make(void **state)
{
    struct check_place *place = calloc(1, sizeof(*place));
    check_place_make(place);
    *state = place;
    return 0;
}

static int drop(void **state)
{
    check_place_remove(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_store),
        cmocka_unit_test(one_of_each),
        cmocka_unit_test(beside_a_daemon),
        cmocka_unit_test(damaged_store),
        cmocka_unit_test(refused_to_open),
        cmocka_unit_test(help),
        cmocka_unit_test(misuse),
        cmocka_unit_test(dashes),
        cmocka_unit_test(no_page_is_a_crash),
        cmocka_unit_test(death_is_a_finding),
    };
    return cmocka_run_group_tests_name("check_verb", tests, make, drop);
}
