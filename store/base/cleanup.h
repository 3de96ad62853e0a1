/* cleanup: release what a scope holds when it is left, whichever way. */
#ifndef PERSISTFS_BASE_CLEANUP_H
#define PERSISTFS_BASE_CLEANUP_H

#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/error.h"

#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer)
{
    free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

#define AUTO_FREE    CLEANUP(cleanup_free)
#define AUTO_CLOSE   CLEANUP(cleanup_close)
#define AUTO_BUF     CLEANUP(buf_finish)
#define AUTO_ARENA   CLEANUP(arena_finish)
#define AUTO_PROBLEM CLEANUP(problem_finish)

#endif
