/* A version that does not follow from the one before. What the log would tell is sealed anew. */
#include "check_bench.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void swapped_document(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.document = text("{\"email\":\"a@x\",\"age\":3}");
    put_version(bench, bench->place.alice, 3, &row);
}

static void respelled_number(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.document = text("{\"email\":\"a@x\",\"age\":2.0}");
    put_version(bench, bench->place.alice, 3, &row);
}

static void broken_document(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.document = text("{\"email\":\"a@x\",");
    put_version(bench, bench->place.alice, 3, &row);
}

static void with_patch(struct bench *bench, const char *patch)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.patch = text(patch);
    put_version(bench, bench->place.alice, 3, &row);
    check_place_seal(&bench->view);
}

static void broken_patch(struct bench *bench)
{
    with_patch(bench, "[{\"op\":");
}

static void patch_of_no_array(struct bench *bench)
{
    with_patch(bench, "{}");
}

static void patch_and_more(struct bench *bench)
{
    with_patch(bench, "[],\"more\":[]");
}

static void patch_of_another(struct bench *bench)
{
    with_patch(bench, "[{\"op\":\"remove\",\"path\":\"/name\"}]");
}

static void unlogged_version(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    put_version(bench, bench->place.alice, 5, &row);
}

static void version_at_zero(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 2);
    put_version(bench, bench->place.alice, 0, &row);
}

static void renumber(struct bench *bench, uint64_t seq, uint64_t number, const char *from,
                     const char *to)
{
    struct row_version row = version(bench, bench->place.alice, seq);
    row.version = number;
    rewrite(bench, &row, from, to);
    put_version(bench, bench->place.alice, seq, &row);
    check_place_seal(&bench->view);
}

static void missing_number(struct bench *bench)
{
    renumber(bench, 7, 4, "\"version\":3", "\"version\":4");
}

static void first_number(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.note, 9);
    row.version = 2;
    rewrite(bench, &row, "\"version\":1", "\"version\":2");
    put_version(bench, bench->place.note, 9, &row);
    check_place_seal(&bench->view);
}

static void first_op(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.note, 9);
    row.op = ROW_UPDATE;
    rewrite(bench, &row, "\"create\"", "\"update\"");
    put_version(bench, bench->place.note, 9, &row);
    check_place_seal(&bench->view);
}

static void first_by_patch(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.note, 9);
    row.whole = false;
    row.patch = text("[{\"op\":\"add\",\"path\":\"\",\"value\":{\"text\":\"hello\"}}]");
    put_version(bench, bench->place.note, 9, &row);
    check_place_seal(&bench->view);
}

static void created_twice(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.op = ROW_CREATE;
    rewrite(bench, &row, "\"update\"", "\"create\"");
    put_version(bench, bench->place.alice, 3, &row);
    check_place_seal(&bench->view);
}

static void after_deletion(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.op = ROW_DELETE;
    row.patch = text("[{\"op\":\"remove\",\"path\":\"\"}]");
    row.document = text("");
    rewrite(bench, &row, "\"update\"", "\"delete\"");
    put_version(bench, bench->place.alice, 3, &row);
    check_place_seal(&bench->view);
}

static void deletion_with_document(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.bob, 5);
    row.document = text("{}");
    put_version(bench, bench->place.bob, 5, &row);
}

static void deletion_by_half(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.bob, 5);
    row.patch = text("[{\"op\":\"remove\",\"path\":\"/email\"}]");
    put_version(bench, bench->place.bob, 5, &row);
    check_place_seal(&bench->view);
}

static void stored_whole_patch(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.note, 9);
    row.patch = text("[]");
    put_version(bench, bench->place.note, 9, &row);
}

static void other_predecessor(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.predecessor = bench->place.users;
    put_version(bench, bench->place.alice, 3, &row);
}

static void silent_rename(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.name = text("eve");
    rewrite(bench, &row, "\"id\":\"alice\"", "\"id\":\"eve\"");
    put_version(bench, bench->place.alice, 3, &row);
    check_place_seal(&bench->view);
}

#define ALICE "users/carol (object 65)"

/* The objects' numbers: users 64, alice 65, bob 66, the second bob 67, notes 68, n 69, dave 70,
 * the worker 71. */
static const struct damage damages[] = {
    {"a swapped document", swapped_document,
     "versions: users/alice (object 65), seq 3: the patch, applied to the version before, does not "
     "make the document"},
    {"a number spelled anew", respelled_number,
     "versions: users/alice (object 65), seq 3: the patch, applied to the version before, does not "
     "make the document"},
    {"half a document", broken_document,
     "versions: users/alice (object 65), seq 3: the document cannot be parsed: "},
    {"half a patch", broken_patch,
     "versions: users/alice (object 65), seq 3: the patch is not JSON: "},
    {"a patch that is no array", patch_of_no_array,
     "versions: users/alice (object 65), seq 3: the patch is not a JSON array"},
    {"a patch and more", patch_and_more,
     "versions: users/alice (object 65), seq 3: the patch is not a JSON array"},
    {"a patch of something else", patch_of_another,
     "versions: users/alice (object 65), seq 3: the patch does not fit the version before: "},
    {"a version that is not in the log", unlogged_version,
     "versions: users/alice (object 65), seq 5: the version is not in the log: that seq is object "
     "66's"},
    {"a version before the log", version_at_zero,
     "versions: users/alice (object 65), seq 0: no record has this seq"},
    {"a missing number", missing_number,
     "versions: " ALICE ", seq 7: version 4 follows version 2 (seq 3)"},
    {"a first version that is none", first_number,
     "versions: notes/n (object 69), seq 9: the object's first version is 2, expected 1"},
    {"a first op that is none", first_op,
     "versions: notes/n (object 69), seq 9: the object's first op is update, expected create"},
    {"a first version by a patch", first_by_patch,
     "versions: notes/n (object 69), seq 9: the first version is made by a patch"},
    {"an object created twice", created_twice,
     "versions: users/alice (object 65), seq 3: the object is created a second time"},
    {"a version after the deletion", after_deletion,
     "versions: " ALICE ", seq 7: a version follows the deletion (seq 3)"},
    {"a deletion with a document", deletion_with_document,
     "versions: users/bob (object 66), seq 5: a deletion has a document"},
    {"a deletion by half", deletion_by_half,
     "versions: users/bob (object 66), seq 5: the patch of a deletion is not the removal"},
    {"a patch stored twice", stored_whole_patch,
     "versions: notes/n (object 69), seq 9: a patch is stored of a version that is its own"},
    {"another predecessor", other_predecessor,
     "versions: users/alice (object 65), seq 3: its predecessor is object 64, expected 0"},
    {"an update that renames", silent_rename,
     "versions: users/eve (object 65), seq 3: update changed the collection or the name"},
};

int main(void)
{
    return bench_run("check_history", damages, sizeof(damages) / sizeof(damages[0]));
}
