/* bench: one measurement. Writers (or readers), each a process, do one kind of operation on one
 * kind of system until the time is up; the operations they did are counted.
 *
 *     mount       open, write, close of <id>.json in a collection of a mounted store
 *     rename      the same entities, updated by a temporary file that is moved onto them
 *     dance       the same, updated by unlink and exclusive creation
 *     ordinary    <id>.txt there, an ordinary file, as plain does it
 *     plain       a file beside it: open, write, fsync, close, rename
 *     plain-dir   the same, and fsync of the folder: without it the name may be lost
 *     sqlite      a row with a unique column, and a row of an audit table, in one transaction:
 *                 WAL, synchronous=FULL, a connection for each writer
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WRITERS_MAX  64
#define FILLED       256 /* entities that are there, to be updated and read */
#define BUSY_TIMEOUT 20000

/* What one writer has; a writer is a process. */
struct writer {
    const char *folder;
    const char *suffix; /* of what plain_write and file_read name */
    bool sync_folder;
    int folder_fd;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *insert, *update, *select, *audit;
    char text[1024]; /* the document */
    size_t size;
};

struct task {
    const char *id;
    uint64_t revision;
};

struct system {
    const char *name;
    void (*open)(struct writer *writer);
    void (*create)(struct writer *writer, const struct task *task);
    void (*update)(struct writer *writer, const struct task *task);
    void (*read)(struct writer *writer, const struct task *task);
};

_Noreturn static void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void die(const char *format, ...)
{
    va_list arguments;
    fputs("bench: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static void check(bool good, const char *call, const char *id)
{
    if (!good)
        die("%s of %s: %s", call, id, strerror(errno));
}

/* About 250 bytes. The email is the unique one. */
static void compose(struct writer *writer, const struct task *task)
{
    int size = snprintf(writer->text, sizeof(writer->text),
                        "{\"name\": \"User %s\", \"email\": \"%s@example.org\", \"team\": \"red\", "
                        "\"age\": 31, \"revision\": %ju, \"about\": \"Lorem ipsum dolor sit amet, "
                        "consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore "
                        "et dolore magna aliqua.\"}\n",
                        task->id, task->id, (uintmax_t)task->revision);
    writer->size = (size_t)size;
}

static void write_file(struct writer *writer, const char *path, int flags, bool sync,
                       const struct task *task)
{
    compose(writer, task);
    int fd = openat(writer->folder_fd, path, O_WRONLY | O_CLOEXEC | flags, 0600);
    check(fd >= 0, "open", path);
    check(write(fd, writer->text, writer->size) == (ssize_t)writer->size, "write", path);
    check(!sync || fsync(fd) == 0, "fsync", path);
    check(close(fd) == 0, "close", path);
}

static void open_folder(struct writer *writer)
{
    writer->folder_fd = open(writer->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    check(writer->folder_fd >= 0, "open", writer->folder);
}

static void open_ordinary(struct writer *writer)
{
    open_folder(writer);
    writer->suffix = ".txt";
}

static void open_folder_synced(struct writer *writer)
{
    open_folder(writer);
    writer->sync_folder = true;
}

static void mount_create(struct writer *writer, const struct task *task)
{
    char path[64];
    snprintf(path, sizeof(path), "%s.json", task->id);
    write_file(writer, path, O_CREAT | O_EXCL, false, task);
}

static void mount_update(struct writer *writer, const struct task *task)
{
    char path[64];
    snprintf(path, sizeof(path), "%s.json", task->id);
    write_file(writer, path, O_TRUNC, false, task);
}

static void move_there(struct writer *writer, const char *aside, const char *path)
{
    check(renameat(writer->folder_fd, aside, writer->folder_fd, path) == 0, "rename", path);
}

static void rename_update(struct writer *writer, const struct task *task)
{
    char path[64];
    char aside[64];
    snprintf(path, sizeof(path), "%s.json", task->id);
    snprintf(aside, sizeof(aside), ".%s.tmp", task->id);
    write_file(writer, aside, O_CREAT | O_EXCL, false, task);
    move_there(writer, aside, path);
}

static void dance_update(struct writer *writer, const struct task *task)
{
    char path[64];
    snprintf(path, sizeof(path), "%s.json", task->id);
    check(unlinkat(writer->folder_fd, path, 0) == 0, "unlink", path);
    write_file(writer, path, O_CREAT | O_EXCL, false, task);
}

static void plain_write(struct writer *writer, const struct task *task)
{
    char path[64];
    char aside[64];
    snprintf(path, sizeof(path), "%s%s", task->id, writer->suffix);
    snprintf(aside, sizeof(aside), ".%s.tmp", task->id);
    write_file(writer, aside, O_CREAT | O_EXCL, true, task);
    move_there(writer, aside, path);
    check(!writer->sync_folder || fsync(writer->folder_fd) == 0, "fsync", "the folder");
}

static void file_read(struct writer *writer, const struct task *task)
{
    char path[64];
    snprintf(path, sizeof(path), "%s%s", task->id, writer->suffix);
    int fd = openat(writer->folder_fd, path, O_RDONLY | O_CLOEXEC);
    check(fd >= 0, "open", path);
    check(read(fd, writer->text, sizeof(writer->text)) > 0, "read", path);
    check(close(fd) == 0, "close", path);
}

static void check_sqlite(struct writer *writer, int result, int wanted, const char *call)
{
    if (result != wanted)
        die("sqlite: %s: %s", call, sqlite3_errmsg(writer->db));
}

static sqlite3_stmt *prepare(struct writer *writer, const char *text)
{
    sqlite3_stmt *statement = NULL;
    check_sqlite(writer, sqlite3_prepare_v2(writer->db, text, -1, &statement, NULL), SQLITE_OK,
                 text);
    return statement;
}

static void open_sqlite(struct writer *writer)
{
    static const char setup[] =
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE,"
        " version INTEGER NOT NULL, document TEXT NOT NULL);"
        "CREATE TABLE IF NOT EXISTS audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
        " op TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL);";
    char path[4096];
    snprintf(path, sizeof(path), "%s/users.db", writer->folder);
    check_sqlite(writer, sqlite3_open(path, &writer->db), SQLITE_OK, "open");
    sqlite3_busy_timeout(writer->db, BUSY_TIMEOUT);
    check_sqlite(writer, sqlite3_exec(writer->db, setup, NULL, NULL, NULL), SQLITE_OK, "set up");
    writer->begin = prepare(writer, "BEGIN IMMEDIATE");
    writer->commit = prepare(writer, "COMMIT");
    writer->insert = prepare(writer, "INSERT INTO users VALUES (?1, ?2, 1, ?3) RETURNING version");
    writer->update = prepare(writer, "UPDATE users SET email = ?2, document = ?3,"
                                     " version = version + 1 WHERE id = ?1 RETURNING version");
    writer->select = prepare(writer, "SELECT document FROM users WHERE id = ?1");
    writer->audit = prepare(writer, "INSERT INTO audit (at, op, id, version, document)"
                                    " VALUES (unixepoch(), ?1, ?2, ?3, ?4)");
}

static void step(struct writer *writer, sqlite3_stmt *statement, const char *call)
{
    check_sqlite(writer, sqlite3_step(statement), SQLITE_DONE, call);
    check_sqlite(writer, sqlite3_reset(statement), SQLITE_OK, call);
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text, size_t size)
{
    sqlite3_bind_text(statement, at, text, (int)size, SQLITE_STATIC);
}

static void sqlite_write(struct writer *writer, const struct task *task, sqlite3_stmt *change,
                         const char *op)
{
    char email[64];
    snprintf(email, sizeof(email), "%s@example.org", task->id);
    compose(writer, task);
    step(writer, writer->begin, "begin");
    bind_text(change, 1, task->id, strlen(task->id));
    bind_text(change, 2, email, strlen(email));
    bind_text(change, 3, writer->text, writer->size);
    check_sqlite(writer, sqlite3_step(change), SQLITE_ROW, op);
    int version = sqlite3_column_int(change, 0);
    step(writer, change, op);
    bind_text(writer->audit, 1, op, strlen(op));
    bind_text(writer->audit, 2, task->id, strlen(task->id));
    sqlite3_bind_int(writer->audit, 3, version);
    bind_text(writer->audit, 4, writer->text, writer->size);
    step(writer, writer->audit, "audit");
    step(writer, writer->commit, "commit");
}

static void sqlite_create(struct writer *writer, const struct task *task)
{
    sqlite_write(writer, task, writer->insert, "create");
}

static void sqlite_update(struct writer *writer, const struct task *task)
{
    sqlite_write(writer, task, writer->update, "update");
}

static void sqlite_read(struct writer *writer, const struct task *task)
{
    bind_text(writer->select, 1, task->id, strlen(task->id));
    check_sqlite(writer, sqlite3_step(writer->select), SQLITE_ROW, task->id);
    memcpy(writer->text, sqlite3_column_text(writer->select, 0),
           (size_t)sqlite3_column_bytes(writer->select, 0));
    check_sqlite(writer, sqlite3_reset(writer->select), SQLITE_OK, task->id);
}

static const struct system systems[] = {
    {"mount", open_folder, mount_create, mount_update, file_read},
    {"rename", open_folder, NULL, rename_update, NULL},
    {"dance", open_folder, NULL, dance_update, NULL},
    {"ordinary", open_ordinary, plain_write, plain_write, file_read},
    {"plain", open_folder, plain_write, plain_write, file_read},
    {"plain-dir", open_folder_synced, plain_write, plain_write, file_read},
    {"sqlite", open_sqlite, sqlite_create, sqlite_update, sqlite_read},
};

struct run {
    const struct system *system;
    const char *operation;
    const char *folder;
    const char *tag; /* makes the ids of this run's new entities its own */
    unsigned writers;
    double seconds;
};

/* Shared by the processes: each writes its own. */
struct tally {
    uint64_t count;
    double began, ended;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Each writer has its own part of the entities that are there. */
static void do_one(const struct run *run, struct writer *writer, unsigned number, uint64_t count)
{
    char id[48];
    struct task task = {.id = id, .revision = count};
    if (strcmp(run->operation, "create") == 0) {
        snprintf(id, sizeof(id), "%s-%u-%ju", run->tag, number, (uintmax_t)count);
        run->system->create(writer, &task);
        return;
    }
    unsigned share = FILLED / run->writers;
    snprintf(id, sizeof(id), "filled-%u", number * share + (unsigned)(count % share));
    if (strcmp(run->operation, "update") == 0) {
        task.revision = (uint64_t)(now() * 1e9); /* differs from what is there */
        run->system->update(writer, &task);
    } else {
        run->system->read(writer, &task);
    }
}

static void fill(const struct run *run, struct writer *writer)
{
    char id[48];
    struct task task = {.id = id};
    for (unsigned i = 0; i < FILLED; i++) {
        snprintf(id, sizeof(id), "filled-%u", i);
        run->system->create(writer, &task);
    }
}

static void work(const struct run *run, unsigned number, struct tally *tally, int ready, int start)
{
    struct writer writer = {.folder = run->folder, .suffix = ".json"};
    char byte = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* or it would keep the mount busy */
    run->system->open(&writer);
    check(write(ready, &byte, 1) == 1, "write", "a pipe");
    check(read(start, &byte, 1) == 0, "read", "a pipe"); /* until its other end is closed */
    tally->began = tally->ended = now();
    if (strcmp(run->operation, "fill") == 0)
        fill(run, &writer);
    else
        while ((tally->ended = now()) - tally->began < run->seconds)
            do_one(run, &writer, number, tally->count++);
    exit(0);
}

static void await_ready(unsigned writers, int ready)
{
    char bytes[WRITERS_MAX];
    for (unsigned count = 0; count < writers;) {
        ssize_t size = read(ready, bytes, writers - count);
        if (size <= 0)
            die("a writer could not start");
        count += (unsigned)size;
    }
}

static void await_end(unsigned writers)
{
    bool failed = false;
    for (unsigned i = 0; i < writers; i++) {
        int status = 0;
        failed |= wait(&status) < 0 || status != 0;
    }
    if (failed)
        die("a writer failed");
}

static void start_writers(const struct run *run, struct tally *tallies)
{
    int ready[2];
    int start[2];
    check(pipe(ready) == 0 && pipe(start) == 0, "pipe", "writers");
    for (unsigned i = 0; i < run->writers; i++) {
        pid_t pid = fork();
        check(pid >= 0, "fork", "a writer");
        if (pid == 0) {
            close(start[1]);
            close(ready[0]);
            work(run, i, &tallies[i], ready[1], start[0]);
        }
    }
    close(ready[1]);
    await_ready(run->writers, ready[0]);
    close(start[1]);
    await_end(run->writers);
}

static void print(const struct run *run, const struct tally *tallies)
{
    uint64_t count = 0;
    double began = tallies[0].began;
    double ended = tallies[0].ended;
    for (unsigned i = 0; i < run->writers; i++) {
        count += tallies[i].count;
        began = tallies[i].began < began ? tallies[i].began : began;
        ended = tallies[i].ended > ended ? tallies[i].ended : ended;
    }
    printf("%ju %.6f\n", (uintmax_t)count, ended - began);
}

static const struct system *find_system(const char *name)
{
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++)
        if (strcmp(systems[i].name, name) == 0)
            return &systems[i];
    die("there is no system %s", name);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fputs("usage: bench SYSTEM OPERATION FOLDER WRITERS SECONDS TAG\n"
              "SYSTEM: mount, ordinary, plain, plain-dir, sqlite; rename, dance (update only)\n"
              "OPERATION: fill, create, update, read\n"
              "Prints the number of operations, and the seconds they took. See tests/bench/run.\n",
              stderr);
        return 2;
    }
    struct run run = {.system = find_system(argv[1]),
                      .operation = argv[2],
                      .folder = argv[3],
                      .writers = (unsigned)strtoul(argv[4], NULL, 10),
                      .seconds = strtod(argv[5], NULL),
                      .tag = argv[6]};
    if (run.writers < 1 || run.writers > WRITERS_MAX)
        die("1 to %d writers", WRITERS_MAX);
    struct tally *tallies = mmap(NULL, WRITERS_MAX * sizeof(*tallies), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(tallies != MAP_FAILED, "mmap", "the tallies");
    start_writers(&run, tallies);
    print(&run, tallies);
    return 0;
}
