/* schema check: the verdict of the store on a file, before it is given to it. */
#include "fs/verb_files.h"
#include "fs/verb_schema_load.h"
#include "fs/verbs.h"

#include "store/base/cleanup.h"

#include <stdio.h>

static const char usage[] =
    "Usage: persistfs schema check [--help] FILE...\n"
    "\n"
    "Says whether the store would take each FILE as a schema. References may lead to files in the\n"
    "same folder, by their names or, for a collection, without the \".json\". \"-\" is standard "
    "input.\n"
    "\n"
    "Exit codes: 0 all are in order, 1 a fault was found or a file cannot be read, 2 misuse.\n";

static int check(const struct schema_library *library, const char *path, struct problem *problem)
{
    struct schema_folders *folders = NULL;
    struct schema *schema = NULL;
    int result = schema_folders_create(&folders, problem);
    if (result == 0)
        result =
            verb_schema_load(path, library, folders, (struct schema_options){0}, &schema, problem);
    schema_destroy(schema);
    schema_folders_destroy(folders);
    return result;
}

static int check_all(char **paths)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema_library *library = NULL;
    int code = VERB_DONE;
    if (schema_library_create(&library, &problem) < 0) {
        verb_say_problem(stderr, "persistfs", &problem);
        return VERB_FAULT;
    }
    for (; *paths; paths++) {
        if (check(library, *paths, &problem) == 0) {
            printf("%s: ok\n", *paths);
            continue;
        }
        verb_say_problem(stderr, *paths, &problem);
        code = VERB_FAULT;
    }
    schema_library_destroy(library);
    return verb_end_output(code);
}

int verb_schema_check(int argc, char **argv)
{
    int code = VERB_DONE;
    int first = verb_operands(argc, argv, "schema check", usage, &code);
    return first > 0 ? check_all(argv + first) : code;
}
