/* Rows: what is encoded is decoded, and damaged bytes are never read beyond their end. */
#include "store/base/cleanup.h"
#include "store/row.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct digest digest(uint8_t first)
{
    struct digest digest;
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        digest.bytes[i] = (uint8_t)(first + i);
    return digest;
}

static struct span text(const char *string)
{
    return span_of_string(string);
}

static struct row_state some_state(void)
{
    struct row_state row = {.seq = 0x0102030405060708,
                            .chain = digest(3),
                            .events_created = UINT64_MAX,
                            .events_forgotten = 1ULL << 63};
    row.events_at[ROW_PENDING] = 11;
    row.events_at[ROW_CLAIMED] = 1ULL << 40;
    row.events_at[ROW_DISPATCHED] = 13;
    row.events_at[ROW_DEAD] = 14;
    return row;
}

static struct row_entry some_entry(void)
{
    return (struct row_entry){.live = true,
                              .mode = 07777,
                              .uid = UINT32_MAX,
                              .gid = 1000,
                              .atime = -1,
                              .mtime = INT64_MIN,
                              .mtime_seq = 77,
                              .ctime = INT64_MAX,
                              .ino = 1ULL << 63,
                              .name = text("na\303\244me")};
}

static struct row_version some_version(void)
{
    return (struct row_version){.op = ROW_RENAME,
                                .whole = true,
                                .events = 255,
                                .version = 1,
                                .commit = 1ULL << 33,
                                .at = -5,
                                .collection = 64,
                                .predecessor = 65,
                                .record_at = 1ULL << 40,
                                .record_size = UINT32_MAX,
                                .name = text("n"),
                                .prev = digest(1),
                                .hash = digest(100),
                                .head = text("{\"seq\":1"),
                                .patch = text("[]"),
                                .document = text("{}\n")};
}

static struct row_event some_event(void)
{
    return (struct row_event){.object = 1ULL << 41,
                              .attempts = UINT32_MAX,
                              .size = 0x01020304,
                              .since = -7,
                              .deadline = INT64_MAX,
                              .type = text("users.created")};
}

static struct row_xattr some_xattr(void)
{
    return (struct row_xattr){
        .live = true, .name = text("user.color"), .value = span_make("b\0ue", 4)};
}

/* Each kind of row by its encoder and a decoder that encodes again, so that one test serves all. */
struct kind {
    const char *name;
    void (*encode)(struct buf *out);
    int (*again)(struct span bytes, struct buf *out);
    bool open_ended; /* what follows is the document */
};

#define KIND(kind)                                                                                 \
    static void encode_##kind(struct buf *out)                                                     \
    {                                                                                              \
        struct row_##kind row = some_##kind();                                                     \
        row_##kind##_encode(out, &row);                                                            \
    }                                                                                              \
    static int again_##kind(struct span bytes, struct buf *out)                                    \
    {                                                                                              \
        struct row_##kind row;                                                                     \
        struct row_##kind untouched;                                                               \
        memset(&row, 0x5a, sizeof(row));                                                           \
        memset(&untouched, 0x5a, sizeof(untouched));                                               \
        int result = row_##kind##_decode(bytes, &row);                                             \
        if (result < 0)                                                                            \
            assert_memory_equal(&row, &untouched, sizeof(row));                                    \
        else                                                                                       \
            row_##kind##_encode(out, &row);                                                        \
        return result;                                                                             \
    }

static struct row_binding some_binding(void)
{
    return (struct row_binding){.object = 0x0102030405060708, .live = true};
}

KIND(state)
KIND(binding)
KIND(entry)
KIND(version)
KIND(event)
KIND(xattr)

static const struct kind kinds[] = {
    {"state", encode_state, again_state, false}, {"binding", encode_binding, again_binding, false},
    {"entry", encode_entry, again_entry, false}, {"version", encode_version, again_version, true},
    {"event", encode_event, again_event, false}, {"xattr", encode_xattr, again_xattr, false},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Decodes a copy that is on the heap and no longer than it must be, so that any reading beyond is
 * noticed. `out` gets what it is when encoded again. */
static int decode_copy(const struct kind *kind, struct span bytes, struct buf *out)
{
    AUTO_FREE uint8_t *copy = malloc(bytes.size);
    assert_true(copy || bytes.size == 0);
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    return kind->again(span_make(copy, bytes.size), out);
}

static void round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        AUTO_BUF struct buf row = {0};
        AUTO_BUF struct buf again = {0};
        kinds[i].encode(&row);
        assert_int_equal(decode_copy(&kinds[i], buf_span(&row), &again), 0);
        assert_true(span_equal(buf_span(&row), buf_span(&again)));
    }
}

static void every_truncation_is_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        AUTO_BUF struct buf row = {0};
        AUTO_BUF struct buf again = {0};
        kinds[i].encode(&row);
        for (size_t size = 0; size < row.size; size++)
            assert_int_equal(decode_copy(&kinds[i], span_head(buf_span(&row), size), &again),
                             -ERR_DAMAGED);
    }
}

static void every_extension_is_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        AUTO_BUF struct buf row = {0};
        kinds[i].encode(&row);
        for (unsigned byte = 0; byte < 256; byte++) {
            AUTO_BUF struct buf longer = {0};
            AUTO_BUF struct buf again = {0};
            buf_append_span(&longer, buf_span(&row));
            buf_append_byte(&longer, (uint8_t)byte);
            assert_int_equal(decode_copy(&kinds[i], buf_span(&longer), &again),
                             kinds[i].open_ended ? 0 : -ERR_DAMAGED);
        }
    }
}

/* Whatever is decoded of altered bytes is within them, and nothing was made up: encoded again it
 * has their size, but for flags, which have one spelling. */
static void every_altered_byte(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 2, 5, 6, 0x7f, 0x80, 0xff};
    for (size_t i = 0; i < KINDS; i++) {
        AUTO_BUF struct buf row = {0};
        kinds[i].encode(&row);
        for (size_t at = 0; at < row.size * sizeof(values); at++) {
            AUTO_BUF struct buf again = {0};
            uint8_t *byte = &row.data[at / sizeof(values)];
            uint8_t before = *byte;
            *byte = values[at % sizeof(values)];
            int result = decode_copy(&kinds[i], buf_span(&row), &again);
            *byte = before;
            assert_true(result == 0 || result == -ERR_DAMAGED);
            if (result == 0 && !kinds[i].open_ended)
                assert_int_equal(again.size, row.size);
        }
    }
}

static void version_fields(void **state)
{
    (void)state;
    AUTO_BUF struct buf bytes = {0};
    struct row_version in = some_version();
    struct row_version out;
    row_version_encode(&bytes, &in);
    buf_append_span(&bytes, in.document);
    assert_int_equal(row_version_decode(buf_span(&bytes), &out), 0);
    assert_int_equal(out.op, ROW_RENAME);
    assert_true(out.whole);
    assert_int_equal(out.events, 255);
    assert_int_equal(out.version, in.version);
    assert_int_equal(out.commit, in.commit);
    assert_int_equal(out.at, -5);
    assert_int_equal(out.collection, 64);
    assert_int_equal(out.predecessor, 65);
    assert_int_equal(out.record_at, in.record_at);
    assert_int_equal(out.record_size, UINT32_MAX);
    assert_true(span_equal(out.name, in.name));
    assert_true(digest_equal(&out.prev, &in.prev));
    assert_true(digest_equal(&out.hash, &in.hash));
    assert_true(span_equal(out.head, in.head));
    assert_true(span_equal(out.patch, in.patch));
    assert_true(span_equal(out.document, in.document));
}

static void version_ops(void **state)
{
    (void)state;
    for (unsigned op = 0; op < 256; op++) {
        AUTO_BUF struct buf bytes = {0};
        struct row_version row = some_version();
        row_version_encode(&bytes, &row);
        bytes.data[0] = (uint8_t)op;
        int result = row_version_decode(buf_span(&bytes), &row);
        assert_int_equal(result, op >= ROW_CREATE && op <= ROW_MIGRATE ? 0 : -ERR_DAMAGED);
    }
}

static void other_fields(void **state)
{
    (void)state;
    AUTO_BUF struct buf bytes = {0};
    struct row_entry entry = some_entry();
    struct row_event event = some_event();
    struct row_state counts = some_state();
    struct row_xattr xattr = some_xattr();
    row_entry_encode(&bytes, &entry);
    entry = (struct row_entry){0};
    assert_int_equal(row_entry_decode(buf_span(&bytes), &entry), 0);
    assert_true(entry.live && entry.mode == 07777 && entry.uid == UINT32_MAX && entry.gid == 1000);
    assert_true(entry.atime == -1 && entry.mtime == INT64_MIN && entry.ctime == INT64_MAX);
    assert_int_equal(entry.mtime_seq, 77);
    assert_int_equal(entry.ino, 1ULL << 63);
    assert_true(span_is(entry.name, "na\303\244me"));
    buf_clear(&bytes);
    row_event_encode(&bytes, &event);
    event = (struct row_event){0};
    assert_int_equal(row_event_decode(buf_span(&bytes), &event), 0);
    assert_true(event.object == 1ULL << 41 && event.attempts == UINT32_MAX);
    assert_true(event.size == 0x01020304 && event.since == -7 && event.deadline == INT64_MAX);
    assert_true(span_is(event.type, "users.created"));
    buf_clear(&bytes);
    row_state_encode(&bytes, &counts);
    counts = (struct row_state){0};
    assert_int_equal(row_state_decode(buf_span(&bytes), &counts), 0);
    assert_true(counts.seq == 0x0102030405060708 && counts.events_created == UINT64_MAX);
    assert_true(counts.events_forgotten == 1ULL << 63 &&
                counts.events_at[ROW_CLAIMED] == 1ULL << 40);
    assert_true(counts.events_at[ROW_PENDING] == 11 && counts.events_at[ROW_DEAD] == 14);
    buf_clear(&bytes);
    row_xattr_encode(&bytes, &xattr);
    xattr = (struct row_xattr){0};
    assert_int_equal(row_xattr_decode(buf_span(&bytes), &xattr), 0);
    assert_true(xattr.live && span_is(xattr.name, "user.color") && xattr.value.size == 4);
}

/* A size that is larger than all there is, and one that would wrap. */
static void sizes_that_lie(void **state)
{
    (void)state;
    AUTO_BUF struct buf bytes = {0};
    struct row_binding binding = {.object = 9};
    struct row_entry entry = some_entry();
    row_entry_encode(&bytes, &entry);
    uint8_t *size = bytes.data + bytes.size - entry.name.size - 4;
    memset(size, 0xff, 4);
    assert_int_equal(row_entry_decode(buf_span(&bytes), &entry), -ERR_DAMAGED);
    buf_clear(&bytes);
    row_binding_encode(&bytes, &binding);
    assert_int_equal(bytes.size, 9);
    assert_int_equal(row_binding_decode(buf_span(&bytes), &binding), 0);
    assert_false(binding.live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(every_truncation_is_damage),
        cmocka_unit_test(every_extension_is_damage),
        cmocka_unit_test(every_altered_byte),
        cmocka_unit_test(version_fields),
        cmocka_unit_test(version_ops),
        cmocka_unit_test(other_fields),
        cmocka_unit_test(sizes_that_lie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
