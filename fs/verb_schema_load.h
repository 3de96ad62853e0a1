/* verb_schema_load: a schema in a file, with the files beside it. */
#ifndef PERSISTFS_FS_VERB_SCHEMA_LOAD_H
#define PERSISTFS_FS_VERB_SCHEMA_LOAD_H

#include "fs/schema_folder.h"

/* Compiles the schema in that file ("-": standard input, in the working directory). References lead
 * to the `folders`, to which the file's own is added; base and source of the options are set from
 * them. Errors: as verb_load_file and schema_compile. */
int verb_schema_load(const char *path, const struct schema_library *library,
                     struct schema_folders *folders, struct schema_options options,
                     struct schema **ret_schema, struct problem *problem);

#endif
