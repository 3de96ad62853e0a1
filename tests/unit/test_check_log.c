/* A record, a link or a version that is not as it was written. */
#include "check_bench.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void gap(struct bench *bench)
{
    struct key key = log_key(4);
    raw_delete(bench, &key);
}

static void lost_end(struct bench *bench)
{
    struct key key = log_key(CHECK_PLACE_SEQS);
    raw_delete(bench, &key);
}

static void seq_zero(struct bench *bench)
{
    assert_int_equal(store_log_put(&bench->view, 0, bench->place.alice), 0);
}

static void log_of_another(struct bench *bench)
{
    assert_int_equal(store_log_put(&bench->view, 3, bench->place.bob), 0);
}

static void lost_version(struct bench *bench)
{
    struct key key = version_key(bench->place.alice, 3);
    raw_delete(bench, &key);
}

static void commit_ahead(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.commit = 4;
    put_version(bench, bench->place.alice, 3, &row);
}

static void commit_of_old(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.dave, 12);
    row.commit = 10;
    put_version(bench, bench->place.dave, 12, &row);
}

static void altered_patch(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    assert_false(row.whole);
    row.patch = text("[{\"op\":\"replace\",\"path\":\"/age\",\"value\":3}]");
    put_version(bench, bench->place.alice, 3, &row);
}

static void altered_actor(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 2);
    rewrite(bench, &row, "\"actor\":{\"uid\":", "\"actor\":{\"uid\":1");
    put_version(bench, bench->place.alice, 2, &row);
}

static void altered_first_document(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.note, 9);
    assert_true(row.whole);
    row.document = text("{\"text\":\"hullo\"}");
    put_version(bench, bench->place.note, 9, &row);
}

static void altered_hash(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.hash.bytes[31] ^= 1;
    put_version(bench, bench->place.alice, 3, &row);
}

static void forged_record(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 2);
    rewrite(bench, &row, "\"actor\":{\"uid\":", "\"actor\":{\"uid\":1");
    rehash(bench, bench->place.alice, 2, &row);
}

static void forged_last_record(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.note, 9);
    rewrite(bench, &row, "\"actor\":{\"uid\":", "\"actor\":{\"uid\":1");
    rehash(bench, bench->place.note, 9, &row);
}

static void forged_link(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.second_bob, 6);
    row.prev = (struct digest){0};
    rehash(bench, bench->place.second_bob, 6, &row);
}

static void lost_predecessor(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.second_bob, 6);
    row.predecessor = bench->place.dave;
    put_version(bench, bench->place.second_bob, 6, &row);
}

static void record_elsewhere(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.record_at++;
    put_version(bench, bench->place.alice, 3, &row);
}

static void record_longer(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.record_size++;
    put_version(bench, bench->place.alice, 3, &row);
}

static void other_chain(struct bench *bench)
{
    struct row_state state = state_of(bench);
    state.chain.bytes[0] ^= 1;
    put_state(bench, &state);
}

static void other_seq(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    rewrite(bench, &row, "{\"seq\":3,", "{\"seq\":4,");
    rehash(bench, bench->place.alice, 3, &row);
}

static void other_op(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.op = ROW_MIGRATE;
    put_version(bench, bench->place.alice, 3, &row);
}

static void other_version(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.version = 7;
    put_version(bench, bench->place.alice, 3, &row);
}

static void other_id(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.name = text("al\nice");
    put_version(bench, bench->place.alice, 3, &row);
}

static void other_time(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.at = 0;
    put_version(bench, bench->place.alice, 3, &row);
}

static void other_collection(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.note, 9);
    row.collection = bench->place.users;
    put_version(bench, bench->place.note, 9, &row);
}

static void no_collection(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.collection = bench->place.notes; /* which came later */
    put_version(bench, bench->place.alice, 3, &row);
}

static void headless_record(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    rewrite(bench, &row, ",\"patch\":", ",\"change\":");
    rehash(bench, bench->place.alice, 3, &row);
}

static void record_of_no_json(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    rewrite(bench, &row, "\"op\":", "\"op\"");
    rehash(bench, bench->place.alice, 3, &row);
}

/* The objects' numbers: users 64, alice 65, bob 66, the second bob 67, notes 68, n 69, dave 70,
 * the worker 71. */
static const struct damage damages[] = {
    {"a gap in the log", gap, "log: seq 4: the record is missing; the next one is 5"},
    {"the log cut off", lost_end, "log: seq 12: the record is missing; the branch's last is 12"},
    {"a record before the first", seq_zero, "log: seq 1: the record is missing; the next one is 0"},
    {"a record that leads elsewhere", log_of_another,
     "log: users/bob (object 66), seq 3: object 66 has no version of that seq"},
    {"a lost version", lost_version,
     "log: users/alice (object 65), seq 3: object 65 has no version of that seq"},
    {"a commit ahead of itself", commit_ahead,
     "versions: users/alice (object 65), seq 3: its commit is 4, expected 2 *or 3"},
    {"a commit taken up again", commit_of_old,
     "versions: users/bob (object 70), seq 12: its commit is 10, expected 11 *or 12"},
    {"an altered patch", altered_patch,
     "versions: users/alice (object 65), seq 3: the record was altered: its hash is *, expected "},
    {"an altered actor", altered_actor,
     "versions: users/alice (object 65), seq 2: the record was altered: its hash is "},
    {"an altered first document", altered_first_document,
     "versions: notes/n (object 69), seq 9: the record was altered: its hash is "},
    {"an altered hash", altered_hash,
     "versions: users/alice (object 65), seq 3: the record was altered: its hash is "},
    {"a forged record", forged_record,
     "versions: users/alice (object 65), seq 3: the record's prev is *, expected "},
    {"a forged last record", forged_last_record,
     "state: seq 12: the chain over all records is *, expected "},
    {"a link to nothing", forged_link,
     "versions: users/bob (object 67), seq 6: the record's prev is 00000000*, expected "},
    {"a predecessor of the future", lost_predecessor,
     "versions: users/bob (object 67), seq 6: its predecessor, object 70, has no version before"},
    {"a record at another place", record_elsewhere,
     "versions: users/alice (object 65), seq 3: the record begins at byte *, expected "},
    {"a record of another size", record_longer,
     "versions: users/alice (object 65), seq 3: the record has * bytes, expected "},
    {"another chain", other_chain, "state: seq 12: the chain over all records is "},
    {"another seq", other_seq,
     "versions: users/alice (object 65), seq 3: the record's seq is 4, expected 3"},
    {"another op", other_op,
     "versions: users/alice (object 65), seq 3: the record's op is \"update\", expected "
     "\"migrate\""},
    {"another version", other_version,
     "versions: users/alice (object 65), seq 3: the record's version is 2, expected 7"},
    {"another id", other_id,
     "versions: users/al\\x0aice (object 65), seq 3: the record's id is \"alice\", expected "
     "\"al\\x0aice\""},
    {"another time", other_time,
     "versions: users/alice (object 65), seq 3: the record's at is *, expected "
     "\"1970-01-01T00:00:00.000000Z\""},
    {"another collection", other_collection,
     "versions: users/n (object 69), seq 9: the record's collection is \"notes\", expected "
     "\"users\""},
    {"a collection of the future", no_collection,
     "versions: notes/alice (object 65), seq 3: its collection, object 68, was none then"},
    {"a record without its patch", headless_record,
     "versions: users/alice (object 65), seq 3: the record's head does not end with its patch"},
    {"a record that is not JSON", record_of_no_json,
     "versions: users/alice (object 65), seq 3: the record is not JSON: line 1, column "},
};

int main(void)
{
    return bench_run("check_log", damages, sizeof(damages) / sizeof(damages[0]));
}
