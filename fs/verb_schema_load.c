#include "fs/verb_schema_load.h"

#include "fs/verb_files.h"
#include "store/base/cleanup.h"

int verb_schema_load(const char *path, const struct schema_library *library,
                     struct schema_folders *folders, struct schema_options options,
                     struct schema **ret_schema, struct problem *problem)
{
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf uri = {0};
    int result = verb_load_file(path, SCHEMA_SIZE_MAX, &text, problem);
    if (result == 0)
        result = schema_folders_add_around(folders, path, &uri, problem);
    if (result < 0)
        return result;
    options.base = buf_span(&uri);
    options.source = schema_folders_source(folders);
    return schema_compile(library, &options, buf_span(&text), ret_schema, problem);
}
