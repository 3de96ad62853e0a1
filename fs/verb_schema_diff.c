/* schema diff: what could break when a schema takes the place of another. */
#include "fs/schema_folder.h"
#include "fs/verb_files.h"
#include "fs/verbs.h"

#include "schema/compat.h"
#include "store/base/cleanup.h"

#include <getopt.h>

static const char verb[] = "schema diff";

static const char usage[] =
    "Usage: persistfs schema diff [--json] OLD NEW\n"
    "\n"
    "Says what changes from the schema OLD to the schema NEW, a line each: whether entities that\n"
    "satisfy OLD could break under NEW, where in the schema, and why. \"-\" is standard input.\n"
    "\n"
    "    compatible    nothing can break\n"
    "    breaking      OLD allowed what NEW does not\n"
    "    unknown       cannot be compared: something could break\n"
    "\n"
    "    --json        the same as a JSON array of objects: class, pointer, message\n"
    "    -h, --help    print this\n"
    "\n"
    "Exit codes: 0 nothing can break, 1 something could, 2 misuse, or a file that cannot be read "
    "or "
    "is\n"
    "no schema that the store would take.\n";

struct side {
    struct arena arena;
    struct buf text;
    struct tree *schema;
};

static void side_finish(struct side *side)
{
    arena_finish(&side->arena);
    buf_finish(&side->text);
}

static int compile(const struct schema_library *library, const char *path, struct span text,
                   struct problem *problem)
{
    AUTO_BUF struct buf uri = {0};
    struct schema_folders *folders = NULL;
    struct schema *schema = NULL;
    int result = schema_folders_create(&folders, problem);
    if (result == 0)
        result = schema_folders_add_around(folders, path, &uri, problem);
    if (result == 0) {
        struct schema_options options = {.base = buf_span(&uri),
                                         .source = schema_folders_source(folders)};
        result = schema_compile(library, &options, text, &schema, problem);
    }
    schema_destroy(schema);
    schema_folders_destroy(folders);
    return result;
}

static bool load(const struct schema_library *library, const char *path, struct side *side)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = verb_load_file(path, SCHEMA_SIZE_MAX, &side->text, &problem);
    if (result == 0)
        result = compile(library, path, buf_span(&side->text), &problem);
    if (result == 0)
        result = tree_parse_value(&side->arena, buf_span(&side->text), SCHEMA_SIZE_MAX,
                                  &side->schema, &problem);
    if (result < 0)
        verb_say_problem(stderr, path, &problem);
    return result == 0;
}

/* Names of members may hold anything, and a line stays a line. */
static void print_line(const struct compat_finding *finding)
{
    AUTO_BUF struct buf line = {0};
    buf_printf(&line, "%s ", compat_effect_name(finding->effect));
    if (finding->pointer.size > 0)
        buf_append_span(&line, finding->pointer);
    else
        buf_append_string(&line, "\"\"");
    buf_printf(&line, ": %s", finding->message);
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] < ' ' || line.data[i] == 0x7f)
            line.data[i] = ' ';
    puts(buf_failed(&line) ? "no memory" : buf_string(&line));
}

static void print_object(const struct compat_finding *finding, const char *separator)
{
    AUTO_BUF struct buf line = {0};
    buf_printf(&line, "{\"class\":\"%s\",\"pointer\":", compat_effect_name(finding->effect));
    buf_append_json_string(&line, finding->pointer);
    buf_append_string(&line, ",\"message\":");
    buf_append_json_string(&line, span_of_string(finding->message));
    printf("%s%s}", separator, buf_string(&line));
}

static int print(const struct compat_report *report, bool json)
{
    if (json)
        fputs("[", stdout);
    for (size_t i = 0; i < report->count; i++)
        if (json)
            print_object(&report->findings[i], i > 0 ? ",\n " : "");
        else
            print_line(&report->findings[i]);
    if (json)
        puts("]");
    if (report->untold > 0)
        fprintf(stderr, "persistfs: %s: and %zu more\n", verb, report->untold);
    return verb_end_output(report->worst == COMPAT_COMPATIBLE ? VERB_DONE : VERB_FAULT);
}

static int compare(char **paths, bool json)
{
    struct schema_library *library = NULL;
    if (schema_library_create(&library, NULL) < 0) {
        fprintf(stderr, "persistfs: %s: no memory\n", verb);
        return VERB_MISUSE;
    }
    struct side old_side = {0}, new_side = {0};
    bool loaded = load(library, paths[0], &old_side);
    loaded &= load(library, paths[1], &new_side);
    schema_library_destroy(library);
    int code = VERB_MISUSE;
    struct compat_report report;
    if (loaded && compat_compare(&old_side.arena, old_side.schema, new_side.schema, &report) == 0)
        code = print(&report, json);
    else if (loaded)
        fprintf(stderr, "persistfs: %s: no memory\n", verb);
    side_finish(&old_side);
    side_finish(&new_side);
    return code;
}

int verb_schema_diff(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    bool json = false;
    optind = 0; /* getopt(3): begin anew, whatever was parsed before */
    opterr = 0;
    int option;
    for (int at = 1; (option = getopt_long(argc, argv, "+h", options, NULL)) != -1; at = optind) {
        if (option == 'h') {
            fputs(usage, stdout);
            return verb_end_output(VERB_DONE);
        }
        if (option != 'j')
            return verb_misuse(verb, usage, "there is no option %s", argv[at]);
        json = true;
    }
    if (argc - optind != 2)
        return verb_misuse(verb, usage, "name two schemas");
    if (strcmp(argv[optind], "-") == 0 && strcmp(argv[optind + 1], "-") == 0)
        return verb_misuse(verb, usage, "only one of them can be standard input");
    return compare(argv + optind, json);
}
