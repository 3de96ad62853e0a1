/* suite: runs the official JSON-Schema-Test-Suite for draft 2020-12 and prints TAP, a line for each
 * of its tests.
 *
 *     suite ROOT
 *
 * ROOT has tests/, remotes/ and output-tests/. The verdict of schema_validate must be the expected
 * one, and so must that of schema_report. Formats are annotations, but in the tests of formats. */
#include "schema/schema.h"
#include "store/base/cleanup.h"

#include "../load.h"

#include <fts.h>
#include <stdio.h>

#define TESTS_FOLDER  "tests/draft2020-12"
#define OUTPUT_FOLDER "output-tests/draft2020-12/content"
#define TEXT_MAX      (16 << 20)

struct run {
    const char *root;
    struct schema_library *library;
    unsigned count, failed;
};

/* Where in the suite a test is. */
struct place {
    const char *file; /* "tests/draft2020-12/optional/format/date.json" */
    const struct tree *group, *test;
};

/* Where references lead. */
struct remotes {
    const char *root;
    struct arena *arena;
};

static void drop_schema(struct schema **schema)
{
    schema_destroy(*schema);
}

#define AUTO_SCHEMA CLEANUP(drop_schema)

static const char *find_path(struct arena *arena, const char *root, struct span uri)
{
    static const struct {
        const char *prefix, *path;
    } homes[] = {
        {"http://localhost:1234/", "remotes/"},
        {"https://json-schema.org/draft/2020-12/output/schema",
         "output-tests/draft2020-12/output-schema.json"},
    };
    for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
        struct span prefix = span_of_string(homes[i].prefix);
        if (!span_starts_with(uri, prefix))
            continue;
        AUTO_BUF struct buf path = {0};
        buf_printf(&path, "%s/%s", root, homes[i].path);
        buf_append_span(&path, span_skip(uri, prefix.size));
        return (const char *)arena_copy(arena, buf_span(&path)).data;
    }
    return NULL;
}

static int find_remote(void *context, struct span uri, struct span reference, struct span *ret_text,
                       struct problem *problem)
{
    (void)reference;
    struct remotes *remotes = context;
    const char *path = find_path(remotes->arena, remotes->root, uri);
    if (path == NULL)
        return problem_set(problem, ERR_NOT_FOUND, "no remote is called so");
    return load_file(path, remotes->arena, ret_text, problem);
}

static int compile(const struct run *run, bool annotate_formats, const struct tree *schema,
                   struct schema **ret_schema, struct problem *problem)
{
    AUTO_ARENA struct arena arena = {0};
    AUTO_BUF struct buf text = {0};
    tree_write_compact(&text, schema);
    struct remotes remotes = {.root = run->root, .arena = &arena};
    struct schema_source source = {.find = find_remote, .context = &remotes};
    struct schema_options options = {
        .source = &source, .lenient = true, .annotate_formats = annotate_formats};
    return schema_compile(run->library, &options, buf_span(&text), ret_schema, problem);
}

static int print_description(const struct tree *described)
{
    struct span text = tree_get(described, "description")->string;
    return printf("%.*s", (int)text.size, (const char *)text.data);
}

static void show(struct run *run, const struct place *place, bool good, struct span why)
{
    run->count++;
    run->failed += !good;
    printf("%s %u - %s: ", good ? "ok" : "not ok", run->count, place->file);
    print_description(place->group);
    fputs(": ", stdout);
    print_description(place->test);
    putchar('\n');
    if (!good)
        printf("#   %.*s\n", (int)why.size, (const char *)why.data);
}

/* The report, parsed. */
static int report(const struct schema *schema, const struct tree *document, struct arena *arena,
                  struct tree **ret_report, struct problem *problem)
{
    AUTO_BUF struct buf out = {0};
    int error = schema_report(schema, document, &out, problem);
    if (error != 0 && error != -ERR_SCHEMA_MISMATCH)
        return error;
    int unread =
        tree_parse_value(arena, arena_copy(arena, buf_span(&out)), TEXT_MAX, ret_report, problem);
    return unread != 0 ? unread : error;
}

static bool judge(const struct schema *schema, const struct tree *document, bool expected,
                  struct problem *problem)
{
    AUTO_ARENA struct arena arena = {0};
    struct tree *output = NULL;
    int error = schema_validate(schema, document, problem);
    if (error != (expected ? 0 : -ERR_SCHEMA_MISMATCH)) {
        if (error == 0)
            problem_set(problem, ERR_INTERNAL, "it is valid");
        return false;
    }
    if (report(schema, document, &arena, &output, problem) != error)
        return false;
    const struct tree *valid = tree_get(output, "valid");
    if (valid != NULL && valid->type == (expected ? TREE_TRUE : TREE_FALSE))
        return true;
    problem_set(problem, ERR_INTERNAL, "the report disagrees");
    return false;
}

static void run_test(struct run *run, const struct place *place, const struct schema *schema)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    bool expected = tree_get(place->test, "valid")->type == TREE_TRUE;
    bool good = judge(schema, tree_get(place->test, "data"), expected, &problem);
    show(run, place, good, buf_span(&problem.detail));
}

/* What the suite demands of a report is a schema itself. */
static void run_output_test(struct run *run, const struct place *place, const struct schema *schema)
{
    const struct tree *wanted = tree_get(tree_get(place->test, "output"), "basic");
    if (wanted == NULL)
        return;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_ARENA struct arena arena = {0};
    AUTO_SCHEMA struct schema *judge_of_output = NULL;
    struct tree *output = NULL;
    int error = report(schema, tree_get(place->test, "data"), &arena, &output, &problem);
    bool good = (error == 0 || error == -ERR_SCHEMA_MISMATCH) &&
                compile(run, false, wanted, &judge_of_output, &problem) == 0 &&
                schema_validate(judge_of_output, output, &problem) == 0;
    show(run, place, good, buf_span(&problem.detail));
}

/* optional/ecmascript-regex.json asks for what the metaschema's formats find. */
static bool asserts_formats(const char *file)
{
    return strstr(file, "format/") != NULL || strstr(file, "ecmascript-regex") != NULL;
}

typedef void test_function(struct run *run, const struct place *place, const struct schema *schema);

static void run_group(struct run *run, const char *file, const struct tree *group,
                      test_function *run_one)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_SCHEMA struct schema *schema = NULL;
    compile(run, !asserts_formats(file), tree_get(group, "schema"), &schema, &problem);
    const struct tree *tests = tree_get(group, "tests");
    for (uint32_t i = 0; i < tests->count; i++) {
        struct place place = {.file = file, .group = group, .test = &tests->items[i]};
        if (schema == NULL)
            show(run, &place, false, buf_span(&problem.detail));
        else
            run_one(run, &place, schema);
    }
}

static void run_file(struct run *run, const char *path, const char *name, test_function *run_one)
{
    AUTO_ARENA struct arena arena = {0};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct span text;
    struct tree *groups = NULL;
    if (load_file(path, &arena, &text, &problem) != 0 ||
        tree_parse_value(&arena, text, TEXT_MAX, &groups, &problem) != 0) {
        run->failed++;
        printf("not ok %u - %s: %s\n", ++run->count, name, buf_string(&problem.detail));
        return;
    }
    for (uint32_t i = 0; i < groups->count; i++)
        run_group(run, name, &groups->items[i], run_one);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void run_folder(struct run *run, const char *folder, test_function *run_one)
{
    AUTO_BUF struct buf path = {0};
    buf_printf(&path, "%s/%s", run->root, folder);
    char *roots[] = {(char *)path.data, NULL};
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    for (FTSENT *entry; walk != NULL && (entry = fts_read(walk)) != NULL;)
        if (entry->fts_info == FTS_F && span_ends_with(span_of_string(entry->fts_name), ".json"))
            run_file(run, entry->fts_path, entry->fts_path + strlen(run->root) + 1, run_one);
    if (walk != NULL)
        fts_close(walk);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: suite ROOT\n", stderr);
        return 2;
    }
    struct run run = {.root = argv[1]};
    if (schema_library_create(&run.library, NULL) != 0)
        return 1;
    run_folder(&run, TESTS_FOLDER, run_test);
    run_folder(&run, OUTPUT_FOLDER, run_output_test);
    schema_library_destroy(run.library);
    printf("1..%u\n", run.count);
    return run.failed > 0 || run.count == 0;
}
