/* engine_place: what the tests of the engine share: a folder, faults to inject, and children. */
#ifndef PERSISTFS_TESTS_ENGINE_PLACE_H
#define PERSISTFS_TESTS_ENGINE_PLACE_H

#include "store/engine.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* The call that brings `after` to 0 fails with `rc` (--wrap in meson.build puts these in the way);
 * negative: none does. */
struct fault {
    int after;
    int rc;
};

struct faults {
    struct fault put;    /* mdb_put */
    struct fault del;    /* mdb_del */
    struct fault commit; /* mdb_txn_commit */
    struct fault begin;  /* mdb_txn_begin */
    struct fault map;    /* mdb_env_set_mapsize */
    struct fault calloc; /* the engine's */
    struct fault sync;   /* the engine's fdatasync; LMDB has its own */
};

extern struct faults faults;

/* One folder a test. */
struct place {
    char path[64];
    int dir;
    struct engine *engine;
};

void place_init(struct place *place);
/* Closes what is open, and fails when something is left behind. */
void place_finish(struct place *place);
int place_try(struct place *place, struct engine_options options);
void place_open(struct place *place);
void place_close(struct place *place);
/* The data file, to be altered behind the engine's back. */
int place_data(const struct place *place);

struct span text(const char *string);
void assert_span(struct span actual, const char *expected);
/* Bytes that do not repeat; the caller frees them. */
uint8_t *noise(size_t size, unsigned seed);

void put_one(struct engine *engine, const char *key, struct span value);
/* As a program would, growing the map as needed. Makes no assertion. */
int put_growing(struct engine *engine, const char *key, struct span value);
/* 1 when the value is as expected, 0 when it is absent, or the error. */
int look(struct engine *engine, const char *key, struct span expected);

/* Runs the function in a child, whose answer is 0 or the line that failed: assertions belong to
 * the parent. */
int child_run(int (*function)(struct place *), struct place *place);

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__;                                                                       \
    } while (0)

#endif
