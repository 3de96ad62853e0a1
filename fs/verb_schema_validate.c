/* schema validate: whether documents satisfy a schema, one verdict each. */
#include "fs/verb_files.h"
#include "fs/verb_schema_load.h"
#include "fs/verbs.h"

#include "store/base/cleanup.h"

#include <getopt.h>

#define DOCUMENT_SIZE_MAX (64U << 20) /* bytes */

static const char verb[] = "schema validate";

static const char usage[] =
    "Usage: persistfs schema validate [OPTION]... SCHEMA DOC...\n"
    "\n"
    "Says of each DOC whether it satisfies SCHEMA, and what is wrong when it does not. Both are "
    "JSON\n"
    "of any kind; \"-\" is standard input. SCHEMA is JSON Schema 2020-12, and keywords that are "
    "not\n"
    "known mean nothing. References lead to files in its folder, and where --base says; never to\n"
    "the network.\n"
    "\n"
    "    --base URI=DIR       what begins with URI is in the folder DIR, as it is or with .json\n"
    "                         behind it; may be given often, and the longest that fits counts\n"
    "    --output text        (the default) DOC: valid, or DOC: invalid and a line a fault\n"
    "    --output basic       a line of JSON for each DOC: JSON Schema's basic output\n"
    "    --formats assert     (the default) a string that does not fit its format is a fault\n"
    "    --formats annotate   formats are not looked at\n"
    "    -h, --help           print this\n"
    "\n"
    "Exit codes: 0 all are valid, 1 one is not or cannot be read, 2 misuse.\n";

struct job {
    struct schema_folders *folders;
    struct schema_library *library;
    struct schema *schema;
    bool annotate_formats;
    bool basic;
};

/* A verdict without faults: nothing was found out about the document. */
static void say_failed(const struct job *job, const char *path, const struct problem *problem)
{
    if (!job->basic) {
        bool gave_up = problem->code == -ERR_SCHEMA_BUDGET || problem->code == -ERR_PATTERN_BUDGET;
        printf("%s: %s\n", path, gave_up ? "undecided" : "unreadable");
        verb_say_problem(stdout, path, problem);
        return;
    }
    AUTO_BUF struct buf line = {0};
    buf_append_string(&line, "{\"document\":");
    buf_append_json_string(&line, span_of_string(path));
    buf_append_string(&line, ",\"valid\":false,\"error\":");
    buf_append_json_string(&line,
                           span_of_string(problem->detail.size > 0 ? buf_string(&problem->detail)
                                                                   : error_title(problem->code)));
    printf("%s}\n", buf_string(&line));
}

static int judge_basic(const struct job *job, const char *path, const struct tree *document,
                       struct problem *problem)
{
    AUTO_BUF struct buf name = {0};
    AUTO_BUF struct buf report = {0};
    buf_append_json_string(&name, span_of_string(path));
    int result = schema_report(job->schema, document, &report, problem);
    if (result < 0 && result != -ERR_SCHEMA_MISMATCH)
        return result;
    if (buf_failed(&name) || buf_failed(&report))
        return problem_set(problem, ERR_NO_MEMORY, "no memory for the report");
    printf("{\"document\":%s,%s\n", buf_string(&name), buf_string(&report) + 1);
    return result;
}

static int judge_text(const struct job *job, const char *path, const struct tree *document,
                      struct problem *problem)
{
    int result = schema_validate(job->schema, document, problem);
    if (result < 0 && result != -ERR_SCHEMA_MISMATCH)
        return result;
    printf("%s: %s\n", path, result == 0 ? "valid" : "invalid");
    if (result < 0)
        verb_say_problem(stdout, path, problem);
    return result;
}

/* Prints the verdict; whether it is that the document is valid. */
static bool judge(const struct job *job, const char *path)
{
    AUTO_PROBLEM struct problem problem;
    AUTO_BUF struct buf text = {0};
    AUTO_ARENA struct arena arena;
    problem_init(&problem);
    arena_init(&arena, 0);
    struct tree *document;
    int result = verb_load_file(path, DOCUMENT_SIZE_MAX, &text, &problem);
    if (result == 0)
        result = tree_parse_value(&arena, buf_span(&text), DOCUMENT_SIZE_MAX, &document, &problem);
    if (result == 0)
        result = (job->basic ? judge_basic : judge_text)(job, path, document, &problem);
    if (result < 0 && result != -ERR_SCHEMA_MISMATCH)
        say_failed(job, path, &problem);
    return result == 0;
}

static int judge_all(struct job *job, char **paths)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema_options options = {.lenient = true, .annotate_formats = job->annotate_formats};
    int result = schema_library_create(&job->library, &problem);
    if (result == 0)
        result =
            verb_schema_load(*paths, job->library, job->folders, options, &job->schema, &problem);
    if (result < 0) {
        verb_say_problem(stderr, *paths, &problem);
        return VERB_FAULT;
    }
    int code = VERB_DONE;
    for (paths++; *paths; paths++)
        if (!judge(job, *paths))
            code = VERB_FAULT;
    return verb_end_output(code);
}

static int take_base(struct job *job, const char *text)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    const char *equals = strchr(text, '=');
    if (!equals)
        return verb_misuse(verb, usage, "--base takes URI=DIR, not %s", text);
    struct span prefix = span_make(text, (size_t)(equals - text));
    if (schema_folders_add(job->folders, prefix, equals + 1, &problem) == 0)
        return VERB_DONE;
    return verb_misuse(verb, usage, "--base %s: %s", text, buf_string(&problem.detail));
}

/* Whether it is the second of the two words; misuse when it is neither. */
static int take_word(const char *option, const char *text, const char *first, const char *second,
                     bool *ret_second)
{
    *ret_second = strcmp(text, second) == 0;
    if (*ret_second || strcmp(text, first) == 0)
        return VERB_DONE;
    return verb_misuse(verb, usage, "--%s takes %s or %s, not %s", option, first, second, text);
}

enum { OPTION_BASE = 256, OPTION_OUTPUT, OPTION_FORMATS };

static int take_option(struct job *job, int option, const char *word)
{
    switch (option) {
    case OPTION_BASE:
        return take_base(job, optarg);
    case OPTION_OUTPUT:
        return take_word("output", optarg, "text", "basic", &job->basic);
    case OPTION_FORMATS:
        return take_word("formats", optarg, "assert", "annotate", &job->annotate_formats);
    case ':':
        return verb_misuse(verb, usage, "nothing follows %s", word);
    default:
        return verb_misuse(verb, usage, "there is no option %s", word);
    }
}

static int run(struct job *job, int argc, char **argv)
{
    static const struct option options[] = {{"base", required_argument, NULL, OPTION_BASE},
                                            {"output", required_argument, NULL, OPTION_OUTPUT},
                                            {"formats", required_argument, NULL, OPTION_FORMATS},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    optind = 0; /* getopt(3): begin anew, whatever was parsed before */
    opterr = 0;
    int option;
    for (int at = 1; (option = getopt_long(argc, argv, "+:h", options, NULL)) != -1; at = optind) {
        if (option == 'h') {
            fputs(usage, stdout);
            return verb_end_output(VERB_DONE);
        }
        int code = take_option(job, option, argv[at]);
        if (code != VERB_DONE)
            return code;
    }
    if (argc - optind < 2)
        return verb_misuse(verb, usage, "name a schema, and documents");
    return judge_all(job, argv + optind);
}

int verb_schema_validate(int argc, char **argv)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct job job = {0};
    int code = VERB_FAULT;
    if (schema_folders_create(&job.folders, &problem) == 0)
        code = run(&job, argc, argv);
    else
        verb_say_problem(stderr, "persistfs", &problem);
    schema_destroy(job.schema);
    schema_library_destroy(job.library);
    schema_folders_destroy(job.folders);
    return code;
}
