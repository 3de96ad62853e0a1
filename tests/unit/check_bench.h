/* Tests of the check that damage one thing each: a table of them, run one by one on copies of the
 * same store. */
#ifndef PERSISTFS_TESTS_CHECK_BENCH_H
#define PERSISTFS_TESTS_CHECK_BENCH_H

#include "check_place.h"

struct bench {
    struct check_place place;
    struct store_view view; /* to write; committed after the damage is done */
    struct arena arena;
};

struct damage {
    const char *name;
    void (*apply)(struct bench *bench);
    const char *finding; /* how the check's detail begins; "*" is any text */
};

/* Returns what cmocka does. */
int bench_run(const char *group, const struct damage *damages, size_t count);

/* The calls below assert that they succeed. */
struct span text(const char *string);

struct key key_of(enum key_table table);
struct key log_key(uint64_t seq);
struct key version_key(uint64_t object, uint64_t seq);
struct key name_key(uint64_t parent, const char *name, uint64_t seq);
struct key entry_key(uint64_t parent, uint64_t object, uint64_t seq);
void raw_put(struct bench *bench, const struct key *key, struct span value);
void raw_delete(struct bench *bench, const struct key *key); /* of a row that is there */

struct row_version version(struct bench *bench, uint64_t object, uint64_t seq);
void put_version(struct bench *bench, uint64_t object, uint64_t seq, const struct row_version *row);
struct row_state state_of(struct bench *bench);
void put_state(struct bench *bench, const struct row_state *state);
void bind(struct bench *bench, uint64_t parent, const char *name, uint64_t seq, uint64_t object,
          bool live);
void enter(struct bench *bench, uint64_t parent, const char *name, uint64_t seq, uint64_t object,
           bool live);

/* Replaces a part of the record's head, which must be there. */
void rewrite(struct bench *bench, struct row_version *row, const char *from, const char *to);
/* Puts it with the hash that it must have, as a forger would. */
void rehash(struct bench *bench, uint64_t object, uint64_t seq, struct row_version *row);

#endif
