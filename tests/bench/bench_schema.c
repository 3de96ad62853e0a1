/* bench_schema: the schemas' side of the comparison with other validators.
 *
 *     bench_schema time SCHEMA DOCUMENTS MILLISECONDS
 *         How long each document of that file (JSON lines) takes, in a loop of so long or a little
 *         longer. Prints a line for each, in nanoseconds: validation, and parsing and validation.
 *         Formats are asserted, and each document must be valid.
 *     bench_schema judge
 *         Answers lines of JSON, {"schema": ..., "documents": [...]}, with a line that has 'V' or
 *         'I' for each document, '?' for one whose check ran out of its budget; or with
 *         "refused: " and why, when it is no schema. Formats are annotations.
 */
#include "schema/schema.h"
#include "store/base/cleanup.h"

#include "../load.h"

#include <stdio.h>
#include <time.h>

struct subject {
    const struct schema *schema;
    struct span text;
    const struct tree *document;
};

_Noreturn static void die(const char *what, const struct problem *problem)
{
    fprintf(stderr, "bench_schema: %s: %s\n", what, buf_string(&problem->detail));
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void validate(const struct subject *subject)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (schema_validate(subject->schema, subject->document, &problem) != 0)
        die("a document is not valid", &problem);
}

static void parse_and_validate(const struct subject *subject)
{
    AUTO_ARENA struct arena arena = {0};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *document = NULL;
    if (tree_parse(&arena, subject->text, SIZE_MAX, &document, &problem) != 0 ||
        schema_validate(subject->schema, document, &problem) != 0)
        die("a document is not valid", &problem);
}

/* Nanoseconds a call. */
static double measure(void (*call)(const struct subject *subject), const struct subject *subject,
                      double least)
{
    for (unsigned times = 1;; times *= 2) {
        double start = now();
        for (unsigned i = 0; i < times; i++)
            call(subject);
        double taken = now() - start;
        if (taken >= least)
            return taken / times;
    }
}

/* The next line; false at the end. */
static bool next_line(struct span *rest, struct span *ret_line)
{
    if (rest->size == 0)
        return false;
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    *ret_line = span_head(*rest, end ? (size_t)(end - rest->data) : rest->size);
    *rest = span_skip(*rest, ret_line->size + 1);
    return true;
}

static void time_document(struct subject *subject, double least)
{
    AUTO_ARENA struct arena arena = {0};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct tree *document = NULL;
    if (tree_parse(&arena, subject->text, SIZE_MAX, &document, &problem) != 0)
        die("a document cannot be parsed", &problem);
    subject->document = document;
    double validation = measure(validate, subject, least);
    printf("%.1f %.1f\n", validation, measure(parse_and_validate, subject, least));
}

static void time_documents(const struct schema_library *library, char **arguments)
{
    AUTO_ARENA struct arena arena = {0};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct span schema_text;
    struct span rest;
    struct schema *schema = NULL;
    if (load_file(arguments[0], &arena, &schema_text, &problem) != 0 ||
        load_file(arguments[1], &arena, &rest, &problem) != 0 ||
        schema_compile(library, NULL, schema_text, &schema, &problem) != 0)
        die(arguments[0], &problem);
    struct subject subject = {.schema = schema};
    while (next_line(&rest, &subject.text))
        time_document(&subject, atof(arguments[2]) * 1e6);
    schema_destroy(schema);
}

static char verdict_on(const struct schema *schema, const struct tree *document)
{
    int error = schema_validate(schema, document, NULL);
    return error == 0 ? 'V' : error == -ERR_SCHEMA_MISMATCH ? 'I' : '?';
}

static void judge(const struct schema_library *library, struct span line)
{
    AUTO_ARENA struct arena arena = {0};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_BUF struct buf text = {0};
    struct tree *task = NULL;
    struct schema *schema = NULL;
    if (tree_parse(&arena, line, SIZE_MAX, &task, &problem) != 0)
        die("not a task", &problem);
    tree_write_compact(&text, tree_get(task, "schema"));
    struct schema_options options = {.lenient = true, .annotate_formats = true};
    if (schema_compile(library, &options, buf_span(&text), &schema, &problem) != 0) {
        printf("refused: %s\n", buf_string(&problem.detail));
        return;
    }
    const struct tree *documents = tree_get(task, "documents");
    for (uint32_t i = 0; i < documents->count; i++)
        putchar(verdict_on(schema, &documents->items[i]));
    putchar('\n');
    schema_destroy(schema);
}

static void judge_lines(const struct schema_library *library)
{
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t size; (size = getline(&line, &capacity, stdin)) > 0;) {
        judge(library, span_make(line, (size_t)size));
        fflush(stdout);
    }
    free(line);
}

int main(int argc, char **argv)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema_library *library = NULL;
    bool times = argc == 5 && strcmp(argv[1], "time") == 0;
    if (!times && !(argc == 2 && strcmp(argv[1], "judge") == 0)) {
        fputs("usage: bench_schema time SCHEMA DOCUMENTS MILLISECONDS | judge\n", stderr);
        return 2;
    }
    if (schema_library_create(&library, &problem) != 0)
        die("no library", &problem);
    if (times)
        time_documents(library, argv + 2);
    else
        judge_lines(library);
    schema_library_destroy(library);
    return 0;
}
