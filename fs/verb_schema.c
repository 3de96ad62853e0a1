/* schema: the verbs that are about schemas, and need neither a store nor a mount. */
#include "fs/verb_files.h"
#include "fs/verbs.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "Usage: persistfs schema VERB ...\n"
    "       persistfs schema VERB --help\n"
    "\n"
    "Verbs:\n"
    "    check FILE...              would the store take these files as schemas?\n"
    "    validate SCHEMA DOC...     does each document satisfy the schema?\n"
    "    infer SAMPLE...            a schema that all the samples satisfy\n"
    "    from-sql FILE              schemas for the tables of a database\n"
    "    diff OLD NEW               what could break when the schema is altered?\n"
    "\n"
    "Exit codes: 0 done, 1 refused or a fault was found, 2 misuse.\n";

int verb_schema(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        {"check", verb_schema_check}, {"validate", verb_schema_validate},
        {"infer", verb_schema_infer}, {"from-sql", verb_schema_from_sql},
        {"diff", verb_schema_diff},
    };
    if (argc < 2)
        return verb_misuse("schema", usage, "which verb?");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    if (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0)
        return verb_misuse("schema", usage, "there is no verb %s", argv[1]);
    fputs(usage, stdout);
    return verb_end_output(VERB_DONE);
}
