/* Audit records and events: their texts, and the hashes by another path than the program's. */
#include "audit/event.h"
#include "audit/record.h"
#include "store/base/cleanup.h"

#include <jansson.h>
#include <nettle/sha2.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define AT 1795255200123456789 /* 2026-11-21T10:00:00.123456789Z */

static const struct audit_actor actor = {.uid = 1000, .gid = 100, .pid = 4242, .comm = "b\"sh"};

struct bench {
    struct arena arena;
    struct row_version row;
    struct buf line;
    json_t *json; /* the line, parsed */
};

static void bench_finish(struct bench *bench)
{
    json_decref(bench->json);
    buf_finish(&bench->line);
    arena_finish(&bench->arena);
}

static struct tree *parse(struct arena *arena, const char *text)
{
    struct tree *tree;
    if (!text)
        return NULL;
    assert_int_equal(tree_parse(arena, span_of_string(text), SIZE_MAX, &tree, NULL), 0);
    return tree;
}

/* Makes a record, writes it, and parses what was written. */
static void make(struct bench *bench, enum row_op op, const char *before, const char *after)
{
    struct audit_subject subject = {.seq = 812,
                                    .collection = span_of_string("users"),
                                    .from =
                                        span_of_string(op == ROW_RENAME ? "users/old\303\244" : ""),
                                    .actor = &actor,
                                    .before = parse(&bench->arena, before),
                                    .after = parse(&bench->arena, after)};
    bench->row.op = op;
    bench->row.version = 4;
    bench->row.at = AT;
    bench->row.name = span_of_string("al\\ice");
    bench->row.document = span_of_string(after ? after : "");
    assert_int_equal(audit_record_make(&bench->arena, &subject, &bench->row), 0);
    audit_record_write(&bench->line, &bench->row);
    assert_int_equal(bench->line.size, bench->row.record_size);
    assert_int_equal(bench->line.data[bench->line.size - 1], '\n');
    bench->json =
        json_loadb((const char *)bench->line.data, bench->line.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(bench->json);
}

static const char *member(const struct bench *bench, const char *name)
{
    const char *value = json_string_value(json_object_get(bench->json, name));
    return value ? value : "(none)";
}

static void hex_of(const uint8_t bytes[DIGEST_SIZE], char out[2 * DIGEST_SIZE + 1])
{
    for (size_t i = 0; i < DIGEST_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* The hash as the header says it is made, from the text alone. */
static void assert_hash(const struct bench *bench)
{
    char line[4000];
    char expected[2 * DIGEST_SIZE + 1];
    uint8_t bytes[DIGEST_SIZE];
    struct sha256_ctx context;
    assert_true(bench->line.size < sizeof(line));
    memcpy(line, bench->line.data, bench->line.size);
    line[bench->line.size - 1] = 0;
    char *hash = strstr(line, ",\"hash\":\"");
    assert_non_null(hash);
    memmove(hash, hash + 9 + 64 + 1, strlen(hash + 9 + 64 + 1) + 1);
    sha256_init(&context);
    sha256_update(&context, strlen(line), (const uint8_t *)line);
    sha256_digest(&context, sizeof(bytes), bytes);
    hex_of(bytes, expected);
    assert_string_equal(member(bench, "hash"), expected);
    hex_of(bench->row.hash.bytes, expected);
    assert_string_equal(member(bench, "hash"), expected);
    struct digest again;
    assert_int_equal(audit_record_hash(&bench->row, &again), 0);
    assert_true(digest_equal(&again, &bench->row.hash));
}

static void assert_line(const struct bench *bench, const char *expected)
{
    size_t size = strlen(expected);
    if (bench->line.size < size || memcmp(bench->line.data, expected, size) != 0)
        fail_msg("expected: %s\nfound: %s", expected, buf_string(&bench->line));
}

#define ACTOR ",\"actor\":{\"uid\":1000,\"gid\":100,\"pid\":4242,\"comm\":\"b\\\"sh\"}"
#define HEAD(op)                                                                                   \
    "{\"seq\":812,\"at\":\"2026-11-21T10:00:00.123456Z\",\"op\":\"" op                             \
    "\",\"collection\":\"users\",\"id\":\"al\\\\ice\""
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void creation(void **state)
{
    (void)state;
    struct bench bench = {0};
    make(&bench, ROW_CREATE, NULL, " {\"a\" : \"x \\\" y\\\\\",\r\n\t\"b\":[ 1.50, {} ]}\n\n");
    assert_line(&bench,
                HEAD("create") ",\"version\":4" ACTOR ",\"patch\":[{\"op\":\"add\",\"path\":\"\","
                               "\"value\":{\"a\":\"x \\\" y\\\\\",\"b\":[1.50,{}]}}],"
                               "\"prev\":\"" ZEROS "\",\"hash\":\"");
    assert_true(bench.row.whole);
    assert_int_equal(bench.row.patch.size, 0);
    assert_hash(&bench);
    bench_finish(&bench);
}

static void update(void **state)
{
    (void)state;
    struct bench bench = {0};
    memset(bench.row.prev.bytes, 0xab, DIGEST_SIZE);
    make(&bench, ROW_UPDATE, "{\"a\":1,\"b\":2}", "{\"a\":1, \"b\":3}");
    assert_line(&bench, HEAD("update") ",\"version\":4" ACTOR ",\"patch\":[{\"op\":\"replace\","
                                       "\"path\":\"/b\",\"value\":3}],\"prev\":\"abababab");
    assert_false(bench.row.whole);
    assert_hash(&bench);
    bench_finish(&bench);
}

/* The value of which only white space changed is no operation. */
static void update_of_spelling(void **state)
{
    (void)state;
    struct bench bench = {0};
    make(&bench, ROW_UPDATE, "{\"a\":1}", "{ \"a\": 1 }");
    assert_int_equal(json_array_size(json_object_get(bench.json, "patch")), 0);
    assert_hash(&bench);
    bench_finish(&bench);
}

static void deletion(void **state)
{
    (void)state;
    struct bench bench = {0};
    make(&bench, ROW_DELETE, "{\"a\":1}", NULL);
    assert_line(&bench, HEAD("delete") ",\"version\":4" ACTOR
                                       ",\"patch\":[{\"op\":\"remove\",\"path\":\"\"}],\"prev\":");
    assert_false(bench.row.whole);
    assert_hash(&bench);
    bench_finish(&bench);
}

static void renaming(void **state)
{
    (void)state;
    struct bench bench = {0};
    make(&bench, ROW_RENAME, "{\"a\":1}", "{\"a\":1}");
    assert_line(&bench, HEAD("rename") ",\"from\":\"users/old\303\244\",\"version\":4" ACTOR
                                       ",\"patch\":[],\"prev\":");
    assert_hash(&bench);
    bench_finish(&bench);
}

static void migration(void **state)
{
    (void)state;
    struct bench bench = {0};
    make(&bench, ROW_MIGRATE, "{\"a\":1}", "{\"a\":1,\"b\":true}");
    assert_string_equal(member(&bench, "op"), "migrate");
    assert_hash(&bench);
    bench_finish(&bench);
}

/* A patch of many small changes is longer than the document, which is then kept whole. */
static void whole_when_shorter(void **state)
{
    (void)state;
    struct bench bench = {0};
    AUTO_BUF struct buf before = {0};
    AUTO_BUF struct buf after = {0};
    for (unsigned i = 0; i < 40; i++) {
        buf_printf(&before, "%s\"m%u\":1", i ? "," : "{", i);
        buf_printf(&after, "%s\"m%u\":2", i ? "," : "{", i);
    }
    buf_append_string(&before, "}");
    buf_append_string(&after, "}");
    make(&bench, ROW_UPDATE, buf_string(&before), buf_string(&after));
    assert_true(bench.row.whole);
    json_t *operation = json_array_get(json_object_get(bench.json, "patch"), 0);
    assert_string_equal(json_string_value(json_object_get(operation, "op")), "add");
    assert_string_equal(json_string_value(json_object_get(operation, "path")), "");
    json_t *value = json_object_get(operation, "value");
    assert_int_equal(json_object_size(value), 40);
    assert_int_equal(json_integer_value(json_object_get(value, "m39")), 2);
    assert_hash(&bench);
    bench_finish(&bench);
}

/* Each record's hash is the next one's prev, and whatever is changed changes the hash. */
static void chain(void **state)
{
    (void)state;
    struct bench first = {0};
    struct bench second = {0};
    make(&first, ROW_CREATE, NULL, "{\"a\":1}");
    second.row.prev = first.row.hash;
    make(&second, ROW_UPDATE, "{\"a\":1}", "{\"a\":2}");
    assert_string_equal(member(&second, "prev"), member(&first, "hash"));
    struct digest changed;
    second.row.prev.bytes[31] ^= 1;
    assert_int_equal(audit_record_hash(&second.row, &changed), 0);
    assert_false(digest_equal(&changed, &second.row.hash));
    first.row.document = span_of_string("{\"a\":2}");
    assert_int_equal(audit_record_hash(&first.row, &changed), 0);
    assert_false(digest_equal(&changed, &first.row.hash));
    /* A link is SHA-256 of the link before it and the record's hash. */
    struct digest link = {.bytes = {1}};
    uint8_t bytes[DIGEST_SIZE];
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, DIGEST_SIZE, link.bytes);
    sha256_update(&context, DIGEST_SIZE, first.row.hash.bytes);
    sha256_digest(&context, sizeof(bytes), bytes);
    link = audit_chain_next(&link, &first.row.hash);
    assert_memory_equal(link.bytes, bytes, sizeof(bytes));
    bench_finish(&first);
    bench_finish(&second);
}

static void event_text(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = {0};
    const struct store_event_id id = {.seq = 812};
    struct row_version version = {.op = ROW_UPDATE,
                                  .version = 3,
                                  .at = AT,
                                  .name = span_of_string("a\"b"),
                                  .document = span_of_string("{ \"a\": 1 }\n \t\r\n")};
    struct row_event event = {.attempts = 2, .type = span_of_string("users.updated")};
    audit_event_write(&text, id, &event, &version);
    assert_string_equal(buf_string(&text),
                        "{\"seq\":812,\"type\":\"users.updated\",\"at\":\"2026-11-21T10:00:00."
                        "123456Z\",\"collection\":\"users\",\"id\":\"a\\\"b\",\"version\":3,"
                        "\"op\":\"update\",\"attempts\":2,\"data\":{ \"a\": 1 }}\n");
    buf_clear(&text);
    version.op = ROW_DELETE;
    version.document = span_make(NULL, 0);
    audit_event_write(&text, id, &event, &version);
    assert_non_null(strstr(buf_string(&text), "\"op\":\"delete\",\"attempts\":2,\"data\":null}\n"));
}

static void event_size(void **state)
{
    (void)state;
    static const uint32_t attempts[] = {0, 1, 9, 10, 99, 100, 12345, UINT32_MAX};
    const struct store_event_id id = {.seq = 1};
    const struct row_version version = {
        .op = ROW_CREATE, .name = span_of_string("x"), .document = span_of_string("{}\n\n")};
    struct row_event event = {.attempts = 7, .type = span_of_string("t.created")};
    assert_int_equal(audit_event_measure(id, &version, &event), 0);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        AUTO_BUF struct buf text = {0};
        event.attempts = attempts[i];
        audit_event_write(&text, id, &event, &version);
        assert_int_equal(audit_event_size(&event), text.size);
    }
}

static void event_types(void **state)
{
    (void)state;
    static const struct {
        enum row_op op;
        const char *type;
    } cases[] = {{ROW_CREATE, "c.created"},
                 {ROW_UPDATE, "c.updated"},
                 {ROW_DELETE, "c.deleted"},
                 {ROW_RENAME, "c.renamed"},
                 {ROW_MIGRATE, "c.updated"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUF struct buf type = {0};
        audit_event_type(&type, span_of_string("c"), cases[i].op);
        assert_string_equal(buf_string(&type), cases[i].type);
    }
}

static void event_names(void **state)
{
    (void)state;
    static const struct {
        struct store_event_id id;
        const char *name;
    } cases[] = {{{1, 0}, "00000000000000000001-t.json"},
                 {{812, 1}, "00000000000000000812.2-t.json"},
                 {{812, 62}, "00000000000000000812.63-t.json"},
                 {{UINT64_MAX, 0}, "18446744073709551615-t.json"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_BUF struct buf name = {0};
        struct store_event_id id;
        audit_event_name(&name, cases[i].id, span_of_string("t"));
        assert_string_equal(buf_string(&name), cases[i].name);
        assert_true(audit_event_parse(buf_span(&name), &id));
        assert_int_equal(id.seq, cases[i].id.seq);
        assert_int_equal(id.nth, cases[i].id.nth);
    }
}

static void names_of_no_event(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "-",
        "t.json",
        "0000000000000000001-t.json",   /* 19 digits */
        "000000000000000000001-t.json", /* 21 */
        "00000000000000000001",
        "00000000000000000001.json",
        "00000000000000000001.-t.json",
        "00000000000000000001.1-t.json",
        "00000000000000000001.0-t.json",
        "00000000000000000001.100-t.json",
        "00000000000000000001.2",
        "+0000000000000000001-t.json",
        "18446744073709551616-t.json", /* one more than there are */
        "99999999999999999999-t.json",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct store_event_id id;
        if (audit_event_parse(span_of_string(names[i]), &id))
            fail_msg("%s was taken for event %ju", names[i], (uintmax_t)id.seq);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation),           cmocka_unit_test(update),
        cmocka_unit_test(update_of_spelling), cmocka_unit_test(deletion),
        cmocka_unit_test(renaming),           cmocka_unit_test(migration),
        cmocka_unit_test(whole_when_shorter), cmocka_unit_test(chain),
        cmocka_unit_test(event_text),         cmocka_unit_test(event_size),
        cmocka_unit_test(event_types),        cmocka_unit_test(event_names),
        cmocka_unit_test(names_of_no_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
