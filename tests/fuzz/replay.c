/* replay: gives the files of folders to a fuzz target, one at a time, where there is no libFuzzer
 * to do it. Prints TAP: a case for each file, which is passed when the target returns. */
#include "fuzz.h"

#include "../load.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A copy of exactly its size, so that the sanitizer sees what reads beyond it. */
static bool give(const char *path)
{
    struct arena arena = {0};
    struct span text = {0};
    int error = load_file(path, &arena, &text, NULL);
    uint8_t *copy = error == 0 ? malloc(text.size + (text.size == 0)) : NULL;
    if (copy != NULL) {
        memcpy(copy, text.data, text.size);
        LLVMFuzzerTestOneInput(copy, text.size);
    }
    free(copy);
    arena_finish(&arena);
    return copy != NULL;
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    unsigned failed = 0;
    FTS *walk = argc > 1 ? fts_open(argv + 1, FTS_PHYSICAL | FTS_NOCHDIR, by_name) : NULL;
    for (FTSENT *entry; walk != NULL && (entry = fts_read(walk)) != NULL;) {
        if (entry->fts_info != FTS_F)
            continue;
        bool good = give(entry->fts_path);
        failed += !good;
        printf("%s %u - %s\n", good ? "ok" : "not ok", ++count, entry->fts_name);
        fflush(stdout);
    }
    if (walk != NULL)
        fts_close(walk);
    printf("1..%u\n", count);
    return failed > 0;
}
