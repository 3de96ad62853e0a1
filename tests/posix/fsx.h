/* What the program fsx is made of: fsx.c runs and checks, fsx_operations.c has what is done. */
#ifndef PERSISTFS_TESTS_FSX_H
#define PERSISTFS_TESTS_FSX_H

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NAMES = 6,
    UNLINKED = 3,      /* files that go on without a name, at most */
    MOST = 256 * 1024, /* bytes of a file, at most */
    PIECE = 64 * 1024, /* of an operation */
    LOG_LINES = 40,
    LOG_SIZE = 160,
};

struct file {
    unsigned label;
    unsigned links;
    int fd;
    uint8_t *map;  /* MOST bytes, shared; NULL: not mapped */
    bool is_dirty; /* it was written through the map, and not synced */
    size_t size;
    uint8_t data[MOST];
};

struct trial {
    uint64_t seed;
    uint64_t random;
    unsigned long number; /* of the operation */
    unsigned made;
    struct file *names[NAMES]; /* a file may have several */
    struct file *unlinked[UNLINKED];
    char paths[NAMES][PATH_MAX];
    uint8_t bytes[PIECE + sizeof(uint64_t)]; /* to be written */
    uint8_t buffer[MOST];                    /* what was read */
    char log[LOG_LINES][LOG_SIZE];
};

struct range {
    size_t offset, size;
};

struct operation {
    void (*run)(struct trial *trial);
    unsigned weight;
};
extern const struct operation operations[]; /* the last one has no `run` */

uint64_t trial_random(struct trial *trial);
size_t trial_below(struct trial *trial, size_t limit); /* 0 for a limit of 0 */
/* Some bytes below `top`, at most PIECE; of none when there are none. */
struct range trial_range(struct trial *trial, size_t top);
/* Bytes to write, until the next call. */
const uint8_t *trial_bytes(struct trial *trial, size_t size);

/* The operation's line in the log. */
void trial_note(struct trial *trial, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Each ends the program when it is not so. */
void trial_fail(const struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void trial_must(const struct trial *trial, bool succeeded, const char *call);
void trial_same(const struct trial *trial, const char *what, size_t actual, size_t expected);
void trial_same_bytes(const struct trial *trial, const struct file *file, const uint8_t *actual,
                      struct range range);

unsigned trial_pick_name(struct trial *trial);
struct file *trial_pick(struct trial *trial); /* with a name, or without */
void trial_make(struct trial *trial);         /* if a name is free */
void trial_lose_name(struct trial *trial, unsigned name);

/* The model's part of it. */
void file_put(struct file *file, size_t offset, const uint8_t *data, size_t size);
void file_zero(struct file *file, struct range range);
void file_cut(struct file *file, size_t size);

#endif
