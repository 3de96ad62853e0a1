/* A name, an entry and a version that do not agree. */
#include "check_bench.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void missing_name(struct bench *bench)
{
    struct key key = name_key(bench->place.users, "carol", 7);
    raw_delete(bench, &key);
}

static void missing_release(struct bench *bench)
{
    struct key key = name_key(bench->place.users, "alice", 7);
    raw_delete(bench, &key);
}

static void second_name(struct bench *bench)
{
    bind(bench, bench->place.users, "zed", 7, bench->place.alice, true);
}

static void name_of_no_version(struct bench *bench)
{
    bind(bench, bench->place.users, "carol", 9, bench->place.alice, true);
}

static void name_of_another(struct bench *bench)
{
    bind(bench, bench->place.users, "carol", 7, bench->place.worker, true);
}

static void name_given_up(struct bench *bench)
{
    bind(bench, bench->place.users, "carol", 7, bench->place.alice, false);
}

static void turn_lost(struct bench *bench)
{
    struct key key = name_key(bench->place.users, "bob", 5);
    raw_delete(bench, &key);
}

/* Two records of one commit, of which only one is a rename: that is no exchange. */
static void no_exchange(struct bench *bench)
{
    struct key key = name_key(bench->place.users, "bob", 11);
    raw_delete(bench, &key);
}

static void beginning_lost(struct bench *bench)
{
    struct key key = name_key(bench->place.users, "alice", 2);
    raw_delete(bench, &key);
}

static void predecessor_lost(struct bench *bench)
{
    struct key first = name_key(bench->place.users, "bob", 4);
    struct key second = name_key(bench->place.users, "bob", 5);
    raw_delete(bench, &first);
    raw_delete(bench, &second);
}

static void lost_entry(struct bench *bench)
{
    struct key key = entry_key(bench->place.notes, bench->place.note, 9);
    raw_delete(bench, &key);
}

static void entry_left(struct bench *bench)
{
    enter(bench, bench->place.notes, "n", 9, bench->place.note, false);
}

static void entry_renamed(struct bench *bench)
{
    enter(bench, bench->place.notes, "m", 9, bench->place.note, true);
}

static void entry_again(struct bench *bench)
{
    enter(bench, bench->place.users, "bob", 5, bench->place.bob, true);
}

static void entry_twice(struct bench *bench)
{
    enter(bench, bench->place.users, "n", 9, bench->place.note, true);
}

static void entry_of_nothing(struct bench *bench)
{
    enter(bench, bench->place.users, "w", 9, bench->place.worker, false);
}

static void entry_in_nothing(struct bench *bench)
{
    enter(bench, 0, "n", 9, bench->place.note, true);
}

static void lost_folder(struct bench *bench)
{
    struct key key = entry_key(STORE_ROOT, bench->place.notes, 8);
    raw_delete(bench, &key);
}

static void folder_left(struct bench *bench)
{
    enter(bench, STORE_ROOT, "notes", 8, bench->place.notes, false);
}

static void folder_renamed(struct bench *bench)
{
    enter(bench, STORE_ROOT, "note", 8, bench->place.notes, true);
}

static void folder_of_nothing(struct bench *bench)
{
    enter(bench, STORE_ROOT, "n", 8, bench->place.note, true);
}

static void worker_without_entry(struct bench *bench)
{
    struct key key = entry_key(STORE_CLAIMED, bench->place.worker, CHECK_PLACE_SEQS);
    raw_delete(bench, &key);
}

static void worker_without_name(struct bench *bench)
{
    struct key key = name_key(STORE_CLAIMED, "w", CHECK_PLACE_SEQS);
    raw_delete(bench, &key);
}

static void worker_with_versions(struct bench *bench)
{
    bind(bench, STORE_CLAIMED, "n", CHECK_PLACE_SEQS, bench->place.note, true);
}

#define ALICE "users/carol (object 65)"

/* The objects' numbers: users 64, alice 65, bob 66, the second bob 67, notes 68, n 69, dave 70,
 * the worker 71. */
static const struct damage damages[] = {
    {"a missing name", missing_name,
     "entries: " ALICE ", seq 7: \"carol\" in users (object 64) has lost its name"},
    {"a name not given up", missing_release,
     "names: users (object 64), seq 2: \"alice\": the name is of object 65, whose entry has "
     "another name"},
    {"a second name", second_name,
     "names: users (object 64), seq 7: \"zed\": the name is of object 65, whose version "
     "does not have it"},
    {"a name of no version", name_of_no_version,
     "names: users (object 64), seq 9: \"carol\": the name is of object 65, which has no "
     "version of that seq"},
    {"a name of something else", name_of_another,
     "names: users (object 64), seq 7: \"carol\": the name is of object 71, which has no "
     "version of that seq"},
    {"a name given up", name_given_up,
     "names: users (object 64), seq 7: \"carol\": the name was given up by object 65, whose "
     "version has it still"},
    {"a turn lost", turn_lost,
     "names: users (object 64), seq 6: \"bob\": the name is of object 67, and the one before "
     "did not give it up"},
    {"a turn lost within a commit", no_exchange,
     "names: users (object 64), seq 12: \"bob\": the name is of object 70, and the one before "
     "did not give it up"},
    {"a beginning lost", beginning_lost,
     "names: users (object 64), seq 7: \"alice\": the name was given up by object 65, which "
     "did not have it"},
    {"a predecessor lost", predecessor_lost,
     "versions: users/bob (object 67), seq 6: its predecessor is object 66, expected 0, which"},
    {"a lost entry", lost_entry,
     "names: notes (object 68), seq 9: \"n\": the name is of object 69, which has no entry "
     "there"},
    {"an entry that left", entry_left,
     "names: notes (object 68), seq 9: \"n\": the name is of object 69, whose entry says "
     "that it left"},
    {"an entry of another name", entry_renamed,
     "names: notes (object 68), seq 9: \"n\": the name is of object 69, whose entry has "
     "another name"},
    {"an entry of something deleted", entry_again,
     "entries: users/bob (object 66), seq 5: \"bob\" in users (object 64) has lost its name"},
    {"an entry in two collections", entry_twice,
     "entries: notes/n (object 69), seq 9: \"n\" in users (object 64) has lost its name"},
    {"an entry of nothing", entry_of_nothing,
     "entries: users/w (object 71), seq 9: \"w\" in users (object 64) has no versions"},
    {"an entry in nothing", entry_in_nothing,
     "entries: notes/n (object 69), seq 9: \"n\" in object 0 has no business there"},
    {"a lost folder", lost_folder,
     "entries: .schema/notes (object 68), seq 8: \"notes\" in .schema is a schema whose collection "
     "has no folder"},
    {"a folder that left", folder_left,
     "entries: .schema/notes (object 68), seq 8: \"notes\" in the root left, and its schema is "
     "there "
     "still"},
    {"a folder of another name", folder_renamed,
     "entries: .schema/notes (object 68), seq 8: \"note\" in the root is called differently"},
    {"a folder of nothing", folder_of_nothing,
     "entries: notes/n (object 69), seq 8: \"n\" in the root is a collection that never had a "
     "schema"},
    {"a worker without an entry", worker_without_entry,
     "names: .outbox/claimed, seq 12: \"w\": the name is of object 71, which has no entry there"},
    {"a worker without a name", worker_without_name,
     "entries: object 71, seq 12: \"w\" in .outbox/claimed has lost its name"},
    {"a worker with versions", worker_with_versions,
     "names: .outbox/claimed, seq 12: \"n\": the name is of object 69, which is no worker"},
};

int main(void)
{
    return bench_run("check_names", damages, sizeof(damages) / sizeof(damages[0]));
}
