/* A mount without FUSE, made by hand, with a collection in it: its nodes are called as the kernel
 * would have them called. */
#ifndef PERSISTFS_TESTS_DRAFT_PLACE_H
#define PERSISTFS_TESTS_DRAFT_PLACE_H

#include "fs/draft.h"
#include "model_place.h"

struct draft_place {
    struct model_place stored;
    struct mount mount;
    uint64_t collection;
    struct model_caller caller; /* who makes the calls */

    /* Of the last call. */
    struct problem problem;
    struct model_result result;
    bool repeated;
    struct buf refused; /* the bytes that would be kept of a refusal */
};

/* The collection "notes" has that schema. `finish` checks the store; every handle must have been
 * released. */
void draft_place_init(struct draft_place *place, const char *schema);
void draft_place_finish(struct draft_place *place);

/* The calls are made by another process, one of its own for each number from 1. */
void draft_become(struct draft_place *place, uint64_t process);

/* The calls return what the nodes do. draft_open makes the file when O_CREAT is set and it is not
 * there, and asserts that it succeeds. */
struct handle *draft_open(struct draft_place *place, const char *name, int flags);
int draft_put(struct draft_place *place, struct handle *handle, uint64_t offset, const char *text);
int draft_close(struct draft_place *place, struct handle *handle); /* a flush */
int draft_sync(struct draft_place *place, struct handle *handle);
int draft_cut(struct draft_place *place, struct handle *handle, uint64_t size);
void draft_free(struct draft_place *place, struct handle *handle); /* the release */
/* Asserts that this is what is read through the handle. */
void draft_reads(struct draft_place *place, struct handle *handle, const char *expected);
/* Reads it as a process of its own handle does. */
void draft_cat(struct draft_place *place, const char *name, const char *expected);

/* Whether the entity is there with this text; NULL: absent. */
bool draft_has(struct draft_place *place, const char *name, const char *text);
uint64_t draft_commits(struct draft_place *place);

#endif
