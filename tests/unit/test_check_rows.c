/* A row that is not one of its table. */
#include "check_bench.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void unknown_table(struct bench *bench)
{
    struct key key = {.bytes = "y", .size = 1};
    raw_put(bench, &key, text("?"));
}

static void long_key(struct bench *bench)
{
    struct key key = log_key(3);
    key_add_u8(&key, 0);
    raw_put(bench, &key, text("12345678"));
}

static void short_key(struct bench *bench)
{
    struct key key = key_of(KEY_VERSION);
    raw_put(bench, &key, text("12345678"));
}

static void endless_text(struct bench *bench)
{
    struct key key = key_of(KEY_NAME);
    key_add_u64(&key, bench->place.users);
    for (int i = 0; i < 30; i++)
        key_add_u8(&key, 'a');
    raw_put(bench, &key, text("123456789"));
}

static void bad_escape(struct bench *bench)
{
    struct key key = key_of(KEY_NAME);
    key_add_u64(&key, bench->place.users);
    key_add_u8(&key, 0);
    key_add_u8(&key, 1);
    for (int i = 0; i < 12; i++)
        key_add_u8(&key, 0);
    raw_put(bench, &key, text("123456789"));
}

static void other_branch(struct bench *bench)
{
    struct key key;
    key_init(&key, KEY_TIME, 7);
    key_add_u64(&key, STORE_ROOT);
    raw_put(bench, &key, text("12345678"));
}

static void short_row(struct bench *bench)
{
    struct key key = version_key(bench->place.alice, 3);
    raw_put(bench, &key, text("short"));
}

static void row_of_no_op(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    row.op = (enum row_op)9;
    put_version(bench, bench->place.alice, 3, &row);
}

static void later_row(struct bench *bench)
{
    const struct row_binding binding = {.object = bench->place.alice, .live = true};
    assert_int_equal(store_name_put(&bench->view, bench->place.users, text("zed"),
                                    CHECK_PLACE_SEQS + 1, &binding),
                     0);
}

static void later_mtime(struct bench *bench)
{
    struct row_entry entry;
    assert_int_equal(store_entry_get(&bench->view, bench->place.users, bench->place.alice, &entry),
                     1);
    entry.name = arena_copy(&bench->arena, entry.name);
    entry.mtime_seq = CHECK_PLACE_SEQS + 1;
    assert_int_equal(
        store_entry_put(&bench->view, bench->place.users, bench->place.alice, 7, &entry), 0);
}

static void unknown_object(struct bench *bench)
{
    struct row_version row = version(bench, bench->place.alice, 3);
    put_version(bench, 5000, 3, &row);
}

static void object_counter_behind(struct bench *bench)
{
    struct key key;
    key_init(&key, KEY_OBJECTS, 0);
    AUTO_BUF struct buf value = {0};
    buf_append_be64(&value, bench->place.users + 1);
    raw_put(bench, &key, buf_span(&value));
}

static void short_state(struct bench *bench)
{
    struct key key = key_of(KEY_STATE);
    raw_put(bench, &key, text("short"));
}

static void short_time(struct bench *bench)
{
    struct key key = key_of(KEY_TIME);
    key_add_u64(&key, bench->place.users);
    raw_put(bench, &key, text("short"));
}

static void place_of_no_kind(struct bench *bench)
{
    struct key key = key_of(KEY_PLACE);
    key_add_u64(&key, 6);
    key_add_u8(&key, 0);
    raw_put(bench, &key, text("123456789"));
}

static struct key xattr_key(uint64_t object, const char *name)
{
    struct key key = key_of(KEY_XATTR);
    key_add_u64(&key, object);
    key_add_text(&key, text(name));
    key_add_seq(&key, CHECK_PLACE_SEQS);
    return key;
}

static void give(struct bench *bench, uint64_t object, const char *name, struct span value)
{
    const struct row_xattr row = {.live = true, .name = text(name), .value = value};
    assert_int_equal(store_xattr_put(&bench->view, object, CHECK_PLACE_SEQS, &row), 0);
}

static void short_xattr(struct bench *bench)
{
    struct key key = xattr_key(bench->place.alice, "user.x");
    raw_put(bench, &key, text("short"));
}

static void misnamed_xattr(struct bench *bench)
{
    struct key key = xattr_key(bench->place.alice, "user.x");
    const struct row_xattr row = {.live = true, .name = text("user.y")};
    AUTO_BUF struct buf value = {0};
    row_xattr_encode(&value, &row);
    raw_put(bench, &key, buf_span(&value));
}

static void foreign_xattr(struct bench *bench)
{
    give(bench, bench->place.alice, "security.x", text("1"));
}

static void xattr_of_the_dead(struct bench *bench)
{
    give(bench, bench->place.bob, "user.x", text("1"));
}

static void large_xattrs(struct bench *bench)
{
    static uint8_t large[40000];
    give(bench, bench->place.alice, "user.x", span_make(large, sizeof(large)));
    give(bench, bench->place.alice, "user.y", span_make(large, sizeof(large)));
}

static void many_xattrs(struct bench *bench)
{
    char name[16];
    for (int i = 0; i < 65; i++) {
        snprintf(name, sizeof(name), "user.%02d", i);
        give(bench, bench->place.alice, name, text("1"));
    }
}

#define ALICE "users/carol (object 65)"

/* The objects' numbers: users 64, alice 65, bob 66, the second bob 67, notes 68, n 69, dave 70,
 * the worker 71. */
static const struct damage damages[] = {
    {"a table that there is not", unknown_table, "rows of no known table: there is no table"},
    {"a key too long", long_key, "log: seq 3: the key has 14 bytes, and should have 13"},
    {"a key too short", short_key, "versions: the key has 5 bytes, and should have 21"},
    {"a text without an end", endless_text, "names: users*: the text in the key does not end"},
    {"a text with a bad escape", bad_escape, "names: *the text in the key does not end"},
    {"a row of another branch", other_branch,
     "times of folders: the root: it is of a branch that there is not"},
    {"a short row", short_row,
     "versions: users/alice (object 65), seq 3: the row is not one of its table"},
    {"an op that there is not", row_of_no_op,
     "versions: users/alice (object 65), seq 3: the row is not one of its table"},
    {"a row of the future", later_row,
     "names: users (object 64), seq 13: \"zed\": its seq is 13, and the branch's last is "
     "12"},
    {"an mtime of the future", later_mtime,
     "entries: " ALICE ", seq 7: its seq is 13, and the branch's last is 12"},
    {"an object not handed out", unknown_object,
     "versions: *, seq 3: object 5000 is not one that was handed out (64 to 71)"},
    {"the object counter behind", object_counter_behind, "*is not one that was handed out"},
    {"a short state", short_state, "state: the row that says where the branch stands is damaged"},
    {"a short time", short_time,
     "times of folders: users (object 64): the row is not one of its table"},
    {"a place of no kind", place_of_no_kind,
     "places of events: seq 6: the row is not one of its table"},
    {"a short extended attribute", short_xattr,
     "extended attributes: " ALICE ", seq 12: \"user.x\": the row is not one of its table"},
    {"an attribute of another name", misnamed_xattr,
     "extended attributes: " ALICE ", seq 12: \"user.x\": the row has another name"},
    {"an attribute that is no user's", foreign_xattr,
     "extended attributes: " ALICE ", seq 12: \"security.x\": the name is none of an attribute's"},
    {"an attribute of what was deleted", xattr_of_the_dead,
     "extended attributes: users/bob (object 66), seq 12: \"user.x\": it is of what is not there"},
    {"attributes too large", large_xattrs,
     "extended attributes: " ALICE ", seq 12: \"user.y\": it has more of them than it may"},
    {"attributes too many", many_xattrs,
     "extended attributes: " ALICE ", seq 12: \"user.64\": it has more of them than it may"},
};

int main(void)
{
    return bench_run("check_rows", damages, sizeof(damages) / sizeof(damages[0]));
}
