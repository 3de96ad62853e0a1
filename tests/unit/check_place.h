/* A store with a bit of everything in it, for the tests of the check to damage. */
#ifndef PERSISTFS_TESTS_CHECK_PLACE_H
#define PERSISTFS_TESTS_CHECK_PLACE_H

#include "audit/record.h"
#include "fs/model.h"
#include "store/key.h"

/* What happened in it, by sequence number:
 *
 *    1 create .schema/users      5 delete users/bob             9 create notes/n
 *    2 create users/alice        6 create users/bob anew       10 create users/dave
 *    3 update users/alice        7 rename users/alice carol    11 delete users/bob  } one
 *    4 create users/bob          8 create .schema/notes        12 rename dave bob   } commit
 *
 * each of users with an event; that of 2 is claimed, of 3 dispatched, of 4 forgotten. */
enum { CHECK_PLACE_SEQS = 12, CHECK_PLACE_COMMITS = 11, CHECK_PLACE_EVENTS = 8 };

struct check_place {
    char path[64]; /* "" before check_place_make */
    uint64_t users, notes;
    uint64_t alice, bob, second_bob, dave, note;
    uint64_t worker;
};

/* These assert that all goes well. */
void check_place_make(struct check_place *place);
/* A copy of its store, in a folder of its own. */
void check_place_copy(const struct check_place *place, struct check_place *ret_copy);
void check_place_remove(const struct check_place *place);

struct store *check_place_open(const struct check_place *place);
void check_place_data(const struct check_place *place, char *path, size_t size);

/* Runs the check. Returns its result; `detail` is what it says. */
int check_place_check(struct store *store, struct model_check_summary *ret_summary, char *detail,
                      size_t size);

/* Puts an entity as the model does. Returns its result. */
int check_place_put(struct model *model, uint64_t collection, const char *name, uint64_t object,
                    const char *text);

/* The version of that number, for good. */
struct row_version check_place_version(struct store_view *view, struct arena *arena,
                                       uint64_t object, uint64_t seq);
/* Makes all records, hashes and the chain anew, so that only what they lead to can be wrong. */
void check_place_seal(struct store_view *view);

#endif
