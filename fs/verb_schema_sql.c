/* from-sql: the schemas for the tables of a database. */
#include "fs/verb_files.h"
#include "fs/verbs.h"
#include "schema/sql.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

/* Many times what a text of SQL_SIZE_MAX bytes takes that was not made to take much. */
#define MEMORY_MAX ((size_t)2 << 30)

static const char usage[] =
    "Usage: persistfs schema from-sql [OPTION]... FILE\n"
    "\n"
    "Reads the CREATE TABLE statements in FILE (- is standard input), as pg_dump --schema-only,\n"
    "sqlite3 .schema and mysqldump --no-data write them, and writes a schema for each table: one\n"
    "alone, several as the members of one object. What is not translated is named on standard\n"
    "error, with its line.\n"
    "\n"
    "    -d, --output DIR      write DIR/TABLE.json for each; a file that is there and differs\n"
    "                          stays, and the exit code is 1\n"
    "    -t, --table NAME      write that table alone\n"
    "        --dialect NAME    postgresql, sqlite or mysql; else it is guessed\n"
    "        --help\n"
    "\n"
    "Exit codes: 0 done, with or without notes; 1 FILE cannot be read, or something not written;\n"
    "2 misuse.\n";

struct request {
    const char *path;
    const char *folder; /* NULL: standard output */
    const char *table;  /* NULL: all */
    enum sql_dialect dialect;
};

static void print_notes(const char *path, const struct sql_schemas *schemas)
{
    for (size_t i = 0; i < schemas->note_count; i++)
        fprintf(stderr, "%s:%u: %.*s\n", path, schemas->notes[i].line,
                (int)schemas->notes[i].text.size, (const char *)schemas->notes[i].text.data);
}

/* Narrows the schemas to the one that is wanted. */
static bool choose(const struct request *request, struct sql_schemas *schemas)
{
    if (!request->table)
        return true;
    for (size_t i = 0; i < schemas->count; i++)
        if (span_is(schemas->schemas[i].collection, request->table)) {
            schemas->schemas += i;
            schemas->count = 1;
            return true;
        }
    fprintf(stderr, "persistfs: %s: there is no table for a collection %s\n", request->path,
            request->table);
    return false;
}

/* Several are one object. Their lines are indented by one level more. */
static void append_member(struct buf *out, const struct sql_schema *schema)
{
    buf_append_string(out, out->size == 0 ? "{\n  " : ",\n  ");
    buf_append_json_string(out, schema->collection);
    buf_append_string(out, ": ");
    struct span text = schema->text;
    for (size_t i = 0; i + 1 < text.size; i++) {
        buf_append_byte(out, text.data[i]);
        if (text.data[i] == '\n')
            buf_append_string(out, "  ");
    }
}

static int print_schemas(const struct sql_schemas *schemas)
{
    AUTO_BUF struct buf out = {0};
    if (schemas->count == 1)
        buf_append_span(&out, schemas->schemas[0].text);
    for (size_t i = 0; schemas->count > 1 && i < schemas->count; i++)
        append_member(&out, &schemas->schemas[i]);
    if (schemas->count > 1)
        buf_append_string(&out, "\n}\n");
    if (buf_failed(&out)) {
        fprintf(stderr, "persistfs: no memory\n");
        return VERB_FAULT;
    }
    fwrite(out.data, 1, out.size, stdout);
    return verb_end_output(VERB_DONE);
}

static int write_all(int fd, struct span text)
{
    while (text.size > 0) {
        ssize_t size = write(fd, text.data, text.size);
        if (size < 0 && errno != EINTR)
            return -1;
        text = span_skip(text, size < 0 ? 0 : (size_t)size);
    }
    return 0;
}

/* A file that is there is left alone, and good when it holds just that. */
static int compare_file(const char *path, struct span text)
{
    AUTO_BUF struct buf old = {0};
    if (verb_read_file(path, SCHEMA_SIZE_MAX * 4, &old) < 0)
        return VERB_FAULT;
    if (span_equal(buf_span(&old), text))
        return VERB_DONE;
    fprintf(stderr, "persistfs: %s: it is there, and differs: not written\n", path);
    return VERB_FAULT;
}

static int write_file(const char *path, struct span text)
{
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST)
        return compare_file(path, text);
    int written = fd < 0 ? -1 : write_all(fd, text);
    if (fd >= 0 && close(fd) < 0)
        written = -1;
    fd = -1;
    if (written == 0)
        return VERB_DONE;
    fprintf(stderr, "persistfs: %s: %s\n", path, strerror(errno));
    return VERB_FAULT;
}

static int write_files(const char *folder, const struct sql_schemas *schemas)
{
    int code = VERB_DONE;
    if (mkdir(folder, 0777) < 0 && errno != EEXIST) {
        fprintf(stderr, "persistfs: %s: %s\n", folder, strerror(errno));
        return VERB_FAULT;
    }
    for (size_t i = 0; i < schemas->count; i++) {
        AUTO_BUF struct buf path = {0};
        buf_printf(&path, "%s/", folder);
        buf_append_span(&path, schemas->schemas[i].collection);
        buf_append_string(&path, ".json");
        if (write_file(buf_string(&path), schemas->schemas[i].text) != VERB_DONE)
            code = VERB_FAULT;
    }
    return code;
}

static int read_schemas(const struct request *request, struct arena *arena, struct span text,
                        struct sql_schemas *ret_schemas)
{
    AUTO_PROBLEM struct problem problem;
    struct schema_library *library;
    problem_init(&problem);
    int error = schema_library_create(&library, &problem);
    if (error == 0) {
        error = sql_schemas_read(arena, library, text, request->dialect, ret_schemas, &problem);
        schema_library_destroy(library);
    }
    if (error < 0)
        verb_say_problem(stderr, request->path, &problem);
    return error;
}

static int translate(const struct request *request)
{
    AUTO_BUF struct buf text = {0};
    AUTO_ARENA struct arena arena;
    struct sql_schemas schemas;
    arena_init(&arena, MEMORY_MAX);
    if (verb_read_file(request->path, SQL_SIZE_MAX, &text) < 0 ||
        read_schemas(request, &arena, buf_span(&text), &schemas) < 0)
        return VERB_FAULT;
    print_notes(request->path, &schemas);
    if (!choose(request, &schemas))
        return VERB_FAULT;
    return request->folder ? write_files(request->folder, &schemas) : print_schemas(&schemas);
}

static bool take_dialect(const char *name, enum sql_dialect *ret_dialect)
{
    static const char *const names[] = {"postgresql", "sqlite", "mysql"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_dialect = (enum sql_dialect)(SQL_POSTGRESQL + i);
            return true;
        }
    return false;
}

int verb_schema_from_sql(int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'd'},
                                            {"table", required_argument, NULL, 't'},
                                            {"dialect", required_argument, NULL, 'D'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static const char verb[] = "schema from-sql";
    struct request request = {0};
    optind = 0; /* getopt(3): begin anew, whatever was parsed before */
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":d:t:h", options, NULL)) != -1;) {
        if (option == 'd') {
            request.folder = optarg;
        } else if (option == 't') {
            request.table = optarg;
        } else if (option == 'h') {
            fputs(usage, stdout);
            return verb_end_output(VERB_DONE);
        } else if (option != 'D') {
            return verb_misuse(verb, usage, "%s: there is no such option, or its value is missing",
                               argv[optind - 1]);
        } else if (!take_dialect(optarg, &request.dialect)) {
            return verb_misuse(verb, usage, "there is no dialect %s", optarg);
        }
    }
    if (optind + 1 != argc)
        return verb_misuse(verb, usage, "name one file");
    request.path = argv[optind];
    return translate(&request);
}
