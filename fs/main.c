/* persistfs: persistent objects as a file system.
 *
 * A map of the code, from the kernel down:
 *
 *     main.c options.c mountpoint.c     the command line, the daemon, its beginning and end
 *     ops.c ops_*.c                     what the kernel asks: decode, call the node, reply
 *     report.c refusals.c               what became of it: the log, the problem documents
 *     node.c node_*.c inode.h names.c   where a name leads: one kind of node a file
 *     draft.c draft_list.c pending.c    what was written and is not committed yet
 *     placeholder.c placeholder_file.c  empty files that are no entities yet
 *     files.c files_*.c                 the ordinary files, kept beside the engine's
 *     reader.c                          an open file sees one version
 *     dance.c verdict.c                 names that are taken away and may be brought back
 *     process.c                         what proc(5) knows of a caller
 *     watch.c reaper.c                  the two threads that act on their own
 *     verb_check.c                      `persistfs check`
 *     verb_schema.c verb_schema_*.c     `persistfs schema check`, `validate`, `infer`...
 *     verb_files.c samples.c            what those read: whole files, and many documents in one
 *     schema_folder.c                   schemas in folders, that other schemas refer to
 *     model.c model_*.c bases.c         what a user means: every change, one command each
 *     ../audit  ../store  ../schema     what happened; where bytes are; what is valid
 */
#include "fs/dance.h"
#include "fs/files.h"
#include "fs/mountpoint.h"
#include "fs/ops.h"
#include "fs/ops_session.h"
#include "fs/options.h"
#include "fs/placeholder.h"
#include "fs/reaper.h"
#include "fs/report.h"
#include "fs/verbs.h"
#include "fs/verdict.h"
#include "fs/watch.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/wait.h>

enum exit_code { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_MISUSE = 2 };

/* The daemon: everything that begins and ends with it. */
struct daemon {
    struct options *options;
    struct mount mount;
    struct ops_context context;
    struct fuse_session *session;
    struct watch *watch;
    int ready_fd; /* tells the parent; -1: nobody waits, or it was told */
};

static int fail(const struct problem *problem)
{
    fprintf(stderr, "persistfs: %s\n",
            problem->detail.size > 0 ? buf_string(&problem->detail) : error_title(problem->code));
    switch (-problem->code) {
    case ERR_INVALID:
    case ERR_NOT_A_DIRECTORY:
    case ERR_NOT_EMPTY:
        return EXIT_MISUSE;
    default:
        return EXIT_REFUSED;
    }
}

static void tell_parent(struct daemon *daemon, uint8_t code)
{
    if (daemon->ready_fd < 0)
        return;
    ssize_t written = write(daemon->ready_fd, &code, 1);
    (void)written; /* a parent that is gone waits for nothing */
    close(daemon->ready_fd);
    daemon->ready_fd = -1;
}

/* In the background, the terminal is let go of only now: until here a fault was told on it. */
static void on_ready(void *data)
{
    struct daemon *daemon = data;
    if (!daemon->options->foreground) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = 0; null >= 0 && fd <= 2; fd++)
            dup2(null, fd);
        if (null > 2)
            close(null);
    }
    tell_parent(daemon, EXIT_DONE);
}

/* Many who make files must not keep a collection from being dropped. */
static void init_dropping(struct mount *mount)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&mount->dropping, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

static int open_mount(struct daemon *daemon, struct problem *problem)
{
    struct mount *mount = &daemon->mount;
    const struct options *options = daemon->options;
    const struct store_options store = {.read_only = options->read_only};
    mount->uid = geteuid();
    mount->gid = getegid();
    mount->read_only = options->read_only;
    mount->mounted = clock_realtime();
    pthread_mutex_init(&mount->handles_lock, NULL);
    init_dropping(mount);
    if (getrandom(&mount->correlation_base, sizeof(mount->correlation_base), 0) < 0)
        mount->correlation_base = (uint64_t)mount->mounted;
    mount->refusals = refusals_create();
    mount->pendings = pendings_create();
    mount->verdicts = verdicts_create();
    mount->log = journal_create(options->foreground);
    if (!mount->refusals || !mount->pendings || !mount->verdicts || !mount->log)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    int result = store_open(options->store, &store, &mount->store, problem);
    if (result == 0)
        result = model_open(mount->store, &options->model, &mount->model, problem);
    if (result == 0)
        result = files_open(options->store, options->files_max, options->read_only, &mount->files,
                            problem);
    if (result == 0 && !options->read_only)
        placeholder_sweep(mount);
    return result;
}

static void close_mount(struct mount *mount)
{
    files_close(mount->files);
    model_close(mount->model);
    store_close(mount->store);
    refusals_destroy(mount->refusals);
    pendings_destroy(mount->pendings);
    verdicts_destroy(mount->verdicts);
    journal_destroy(mount->log);
    pthread_rwlock_destroy(&mount->dropping);
    pthread_mutex_destroy(&mount->handles_lock);
}

/* A name as an option's value: commas and backslashes would end it. */
static void append_escaped(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == ',' || *text == '\\')
            buf_append_byte(out, '\\');
        buf_append_byte(out, (uint8_t)*text);
    }
}

static int open_session(struct daemon *daemon, struct problem *problem)
{
    const struct options *options = daemon->options;
    AUTO_BUF struct buf list = {0};
    buf_append_string(&list, "default_permissions,nosuid,nodev,subtype=persistfs,fsname=");
    append_escaped(&list, options->store);
    buf_append_span(&list, buf_span(&options->fuse));
    struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
    int result = buf_failed(&list) | fuse_opt_add_arg(&args, "persistfs") |
                 fuse_opt_add_arg(&args, "-o") | fuse_opt_add_arg(&args, buf_string(&list));
    if (result == 0 && options->debug)
        result = fuse_opt_add_arg(&args, "-d");
    daemon->context =
        (struct ops_context){.mount = &daemon->mount, .ready = on_ready, .ready_data = daemon};
    if (result == 0)
        daemon->session = fuse_session_new(&args, &ops_table, sizeof(ops_table), &daemon->context);
    fuse_opt_free_args(&args);
    if (!daemon->session)
        return problem_set(problem, ERR_INTERNAL, "FUSE could not be set up");
    if (fuse_session_mount(daemon->session, options->mountpoint) != 0)
        return problem_set(problem, ERR_INTERNAL, "%s could not be mounted", options->mountpoint);
    if (ops_session_take(daemon->session) != 0)
        return problem_set(problem, ERR_NO_MEMORY, "no memory for the session");
    return 0;
}

#define THREADS_MAX 64 /* writers whose commits wait together */

static int serve(struct daemon *daemon, struct problem *problem)
{
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    if (!config)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    fuse_loop_cfg_set_max_threads(config, THREADS_MAX);
    fuse_loop_cfg_set_idle_threads(config, THREADS_MAX);
    int result = fuse_session_loop_mt(daemon->session, config);
    fuse_loop_cfg_destroy(config);
    return result < 0 ? problem_set(problem, ERR_INTERNAL, "serving the mount failed") : 0;
}

static int start_threads(struct daemon *daemon, struct problem *problem)
{
    const struct options *options = daemon->options;
    if (options->read_only)
        return 0;
    int result = reaper_start(daemon->mount.model, &daemon->mount.reaper);
    if (result < 0)
        return problem_set(problem, (enum err) - result, "a thread could not be started");
    result = dances_start(&daemon->mount, &daemon->mount.dances);
    if (result < 0)
        return problem_set(problem, (enum err) - result, "a thread could not be started");
    return options->schema ? watch_start(&daemon->mount, options->schema, &daemon->watch, problem)
                           : 0;
}

static int run(struct daemon *daemon, struct problem *problem)
{
    int result = open_mount(daemon, problem);
    if (result == 0)
        result = start_threads(daemon, problem);
    if (result == 0)
        result = open_session(daemon, problem);
    if (result == 0 && fuse_set_signal_handlers(daemon->session) != 0)
        result = problem_set(problem, ERR_INTERNAL, "signals could not be set up");
    if (result == 0) {
        result = serve(daemon, problem);
        fuse_remove_signal_handlers(daemon->session);
    }
    watch_stop(daemon->watch); /* it may wait for what the next one settles */
    dances_stop(daemon->mount.dances);
    reaper_stop(daemon->mount.reaper);
    if (daemon->session) {
        fuse_session_unmount(daemon->session);
        fuse_session_destroy(daemon->session);
    }
    close_mount(&daemon->mount);
    return result;
}

/* Runs the daemon to its end. */
static int run_daemon(struct options *options, int ready_fd)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct daemon daemon = {.options = options, .ready_fd = ready_fd};
    int code = run(&daemon, &problem) < 0 ? fail(&problem) : EXIT_DONE;
    tell_parent(&daemon, (uint8_t)code);
    return code;
}

/* The parent returns once the mount is usable, or has failed. */
static int run_in_background(struct options *options)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0) {
        perror("persistfs: pipe");
        return EXIT_REFUSED;
    }
    pid_t pid = fork();
    if (pid < 0) {
        perror("persistfs: fork");
        return EXIT_REFUSED;
    }
    if (pid == 0) {
        close(fds[0]);
        setsid();
        return run_daemon(options, fds[1]);
    }
    close(fds[1]);
    uint8_t code = EXIT_REFUSED;
    ssize_t got = read(fds[0], &code, 1);
    close(fds[0]);
    if (got == 1)
        return code;
    fprintf(stderr, "persistfs: the daemon ended before the mount was ready\n");
    return EXIT_REFUSED;
}

/* A store below its own mount point could not be reached again once it is mounted. */
static int check_apart(const char *store, const char *mountpoint, struct problem *problem)
{
    AUTO_FREE char *copy = strdup(store);
    AUTO_FREE char *real = realpath(store, NULL);
    if (!real && copy) /* it will be made there */
        real = realpath(dirname(copy), NULL);
    size_t size = strlen(mountpoint);
    if (!real || strncmp(real, mountpoint, size) != 0 || (real[size] != '/' && real[size] != 0))
        return 0;
    return problem_set(problem, ERR_INVALID,
                       "the store %s is inside the mount point %s: keep them apart", store,
                       mountpoint);
}

/* Paths that mean the same after chdir(2). The mount point exists; the store may not. */
static int make_absolute(struct options *options, struct buf *store, struct buf *mountpoint,
                         struct problem *problem)
{
    AUTO_FREE char *cwd = getcwd(NULL, 0);
    AUTO_FREE char *real = realpath(options->mountpoint, NULL);
    if (!cwd || !real)
        return problem_set(problem, ERR_ACCESS, "the working directory cannot be told: %s",
                           strerror(errno));
    if (options->store[0] != '/')
        buf_printf(store, "%s/", cwd);
    buf_append_string(store, options->store);
    buf_append_string(mountpoint, real);
    options->store = buf_string(store);
    options->mountpoint = buf_string(mountpoint);
    int result = check_apart(options->store, options->mountpoint, problem);
    if (result < 0 || !options->schema)
        return result;
    char *schema = realpath(options->schema, NULL);
    if (!schema)
        return problem_set(problem, ERR_INVALID, "the schema folder %s cannot be opened: %s",
                           options->schema, strerror(errno));
    free(options->schema);
    options->schema = schema;
    return 0;
}

static int mount_store(struct options *options)
{
    AUTO_PROBLEM struct problem problem;
    AUTO_BUF struct buf store = {0};
    AUTO_BUF struct buf mountpoint = {0};
    problem_init(&problem);
    int result = mountpoint_check_device(&problem);
    if (result == 0)
        result = mountpoint_check(options->mountpoint, options->replace, &problem);
    if (result == 0)
        result = make_absolute(options, &store, &mountpoint, &problem);
    if (result == 0 && chdir("/") < 0)
        result = problem_set(&problem, ERR_INTERNAL, "cannot change to /");
    if (result < 0)
        return fail(&problem);
    return options->foreground ? run_daemon(options, -1) : run_in_background(options);
}

static int verb_mount(int argc, char **argv)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct options options;
    enum options_outcome outcome;
    int code = EXIT_DONE;
    if (options_parse(argc, argv, &options, &outcome, &problem) < 0) {
        fail(&problem);
        code = EXIT_MISUSE;
    } else if (outcome == OPTIONS_HELP) {
        fputs(options_usage, stdout);
    } else if (outcome == OPTIONS_VERSION) {
        printf("persistfs %s\n", PERSISTFS_VERSION);
    } else if (outcome == OPTIONS_MOUNT) {
        code = mount_store(&options);
    }
    options_finish(&options);
    return code;
}

/* Were 0, 1 or 2 closed, the store's own files would get these numbers, and what is meant for the
 * terminal or the log would be written into them. */
static bool fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    if (!fill_standard_descriptors())
        return EXIT_REFUSED;
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a full disk, not a reason to die */
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"check", verb_check}, {"schema", verb_schema}};
    for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    return verb_mount(argc, argv);
}
