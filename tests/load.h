/* load: a file's bytes, for the programs of the tests. */
#ifndef PERSISTFS_TESTS_LOAD_H
#define PERSISTFS_TESTS_LOAD_H

#include "store/base/arena.h"
#include "store/base/error.h"

/* All of a file, in the arena's memory, with a NUL behind it. Errors: NOT_FOUND, ACCESS, ENGINE,
 * NO_MEMORY; the problem's detail has the path. */
int load_file(const char *path, struct arena *arena, struct span *ret_text,
              struct problem *problem);

#endif
