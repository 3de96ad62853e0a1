/* check: LMDB trusts the pages of its file, and ends the process over a damaged one. So a child
 * looks, and says what it found through a pipe; its death is a finding too. */
#include "fs/verbs.h"

#include "fs/model.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_MISUSE = 2 };

static const char usage[] =
    "Usage: persistfs check [--help] STORE\n"
    "\n"
    "Checks all that is in the folder STORE, and changes nothing: each row's checksum, the chain\n"
    "of audit records, each record against its document, names and indexes against entities, and\n"
    "the outbox. The store may be mounted meanwhile. Stops at the first fault, and names it.\n"
    "\n"
    "Exit codes: 0 the store is whole, 1 a fault was found or the store cannot be opened, 2 "
    "misuse.\n";

/* What the child says: a byte, and then a line's text. */
enum { SAYS_WHOLE = '+', SAYS_FAULT = '-' };

static const char *plural(uint64_t count, const char *one, const char *more)
{
    return count == 1 ? one : more;
}

static void describe(struct buf *out, const struct model_check_summary *summary)
{
    buf_printf(out, "ok, %ju %s, ", (uintmax_t)summary->commits,
               plural(summary->commits, "commit", "commits"));
    buf_printf(out, "%ju %s, ", (uintmax_t)summary->entities,
               plural(summary->entities, "entity", "entities"));
    buf_printf(out, "%ju %s, ", (uintmax_t)summary->versions,
               plural(summary->versions, "version", "versions"));
    buf_printf(out, "%ju %s", (uintmax_t)summary->events,
               plural(summary->events, "event", "events"));
}

static void look(const char *path, struct buf *out)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct store *store = NULL;
    struct model_check_summary summary;
    int result = store_open(path, &(struct store_options){.read_only = true, .verify = true},
                            &store, &problem);
    if (result == 0)
        result = model_check(store, &summary, &problem);
    store_close(store);
    buf_append_byte(out, result == 0 ? SAYS_WHOLE : SAYS_FAULT);
    if (result == 0)
        describe(out, &summary);
    else
        buf_append_string(out, problem.detail.size > 0 ? buf_string(&problem.detail)
                                                       : error_title(result));
}

static void write_all(int fd, struct span text)
{
    while (text.size > 0) {
        ssize_t size = write(fd, text.data, text.size);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return;
        text = span_skip(text, (size_t)size);
    }
}

/* LMDB's last words would be a second line, and a dump of core says no more than the finding. */
static void prepare_for_death(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
    AUTO_CLOSE int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null >= 0)
        dup2(null, STDERR_FILENO);
}

_Noreturn static void run_child(const char *path, int fd, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it has died already */
        _exit(EXIT_FAULT);
    prepare_for_death();
    AUTO_BUF struct buf text = {0};
    look(path, &text);
    write_all(fd, buf_span(&text));
    _exit(EXIT_DONE);
}

static void read_all(int fd, struct buf *out)
{
    char piece[4096];
    for (;;) {
        ssize_t size = read(fd, piece, sizeof(piece));
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return;
        buf_append(out, piece, (size_t)size);
    }
}

static int await(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 0;
    return status;
}

static int report_death(const char *path, int status)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (number == SIGSEGV || number == SIGBUS || number == SIGABRT)
        fprintf(stderr, "persistfs: %s: the engine cannot read data.mdb: it is damaged (%s)\n",
                path, strsignal(number));
    else if (number > 0)
        fprintf(stderr, "persistfs: %s: the check was ended: %s\n", path, strsignal(number));
    else
        fprintf(stderr, "persistfs: %s: the check ended with status %d and no finding\n", path,
                WEXITSTATUS(status));
    return EXIT_FAULT;
}

/* Whatever the text holds, it is one line. */
static void keep_one_line(struct buf *text)
{
    for (size_t i = 0; i < text->size; i++)
        if (text->data[i] == '\n' || text->data[i] == '\r' || text->data[i] == 0)
            text->data[i] = ' ';
}

static int report(const char *path, int status, struct buf *text)
{
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || text->size == 0)
        return report_death(path, status);
    if (buf_failed(text)) {
        fprintf(stderr, "persistfs: %s: no memory\n", path);
        return EXIT_FAULT;
    }
    keep_one_line(text);
    if (text->data[0] != SAYS_WHOLE) {
        fprintf(stderr, "persistfs: %s: %s\n", path, buf_string(text) + 1);
        return EXIT_FAULT;
    }
    if (printf("%s: %s\n", path, buf_string(text) + 1) >= 0 && fflush(stdout) == 0)
        return EXIT_DONE;
    fprintf(stderr, "persistfs: the result cannot be written: %s\n", strerror(errno));
    return EXIT_FAULT;
}

static int fail_to_start(const char *path)
{
    fprintf(stderr, "persistfs: %s: the check cannot be started: %s\n", path, strerror(errno));
    return EXIT_FAULT;
}

static int check(const char *path)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail_to_start(path);
    AUTO_CLOSE int from = ends[0];
    AUTO_CLOSE int to = ends[1];
    pid_t parent = getpid();
    fflush(NULL); /* or the child would have it too */
    pid_t child = fork();
    if (child < 0)
        return fail_to_start(path);
    if (child == 0)
        run_child(path, to, parent);
    close(to);
    to = -1;
    AUTO_BUF struct buf text = {0};
    read_all(from, &text);
    return report(path, await(child), &text);
}

static int misuse(const char *what, const char *which)
{
    fprintf(stderr, "persistfs: check: %s%s\n\n%s", what, which, usage);
    return EXIT_MISUSE;
}

int verb_check(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    optind = 0; /* getopt(3): begin anew, whatever was parsed before */
    opterr = 0;
    int option;
    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (option != 'h')
            return misuse("there is no option ", argv[1]);
        fputs(usage, stdout);
        return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAULT;
    }
    if (optind == argc)
        return misuse("name the store", "");
    if (optind + 1 < argc)
        return misuse("name one store only", "");
    return check(argv[optind]);
}
