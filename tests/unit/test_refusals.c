/* What was refused lately: who sees it, and how much of it is kept. */
#include "fs/refusals.h"
#include "store/base/cleanup.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOTAL   1024
#define PER_UID 256
#define MIB     ((size_t)1 << 20)
#define BYTES   (32 * MIB)

static int setup(void **state)
{
    *state = refusals_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    refusals_destroy(*state);
    refusals_destroy(NULL);
    return 0;
}

/* Returns its number. */
static uint64_t add(struct refusals *refusals, uint32_t uid, uint64_t collection, const char *name,
                    size_t bytes)
{
    struct refusal refusal = {
        .uid = uid, .collection = collection, .code = -ERR_SCHEMA_MISMATCH, .at = 5};
    buf_append_string(&refusal.name, name);
    buf_printf(&refusal.document, "{\"instance\":\"%s\"}\n", name);
    buf_append_fill(&refusal.bytes, 'x', bytes);
    refusals_add(refusals, &refusal);
    assert_null(refusal.name.data); /* they were taken */
    assert_null(refusal.document.data);
    assert_null(refusal.bytes.data);
    return refusal.number;
}

/* The number that the user finds under that name; 0 for none. */
static uint64_t find(struct refusals *refusals, uint32_t uid, uint64_t collection, const char *name)
{
    struct refusal refusal;
    if (!refusals_find(refusals, collection, span_of_string(name), uid, &refusal))
        return 0;
    assert_true(span_is(buf_span(&refusal.name), name));
    uint64_t number = refusal.number;
    refusal_finish(&refusal);
    return number;
}

static bool get(struct refusals *refusals, uint64_t number, uint32_t uid)
{
    struct refusal refusal;
    bool found = refusals_get(refusals, number, uid, &refusal);
    if (found) {
        assert_int_equal(refusal.number, number);
        refusal_finish(&refusal);
    }
    return found;
}

static size_t count(struct refusals *refusals, uint32_t uid)
{
    AUTO_BUF struct buf journal = {0};
    size_t lines = 0;
    refusals_journal(refusals, uid, &journal);
    for (size_t i = 0; i < journal.size; i++)
        lines += journal.data[i] == '\n';
    return lines;
}

static void kept_as_it_was(void **state)
{
    struct refusals *refusals = *state;
    struct refusal refusal;
    uint64_t number = add(refusals, 1000, 70, "a.json", 3);
    assert_int_equal(number, 1);
    assert_true(refusals_get(refusals, number, 1000, &refusal));
    assert_int_equal(refusal.collection, 70);
    assert_int_equal(refusal.code, -ERR_SCHEMA_MISMATCH);
    assert_int_equal(refusal.at, 5);
    assert_true(span_is(buf_span(&refusal.name), "a.json"));
    assert_true(span_is(buf_span(&refusal.document), "{\"instance\":\"a.json\"}\n"));
    assert_true(span_is(buf_span(&refusal.bytes), "xxx"));
    refusal_finish(&refusal);
    assert_false(get(refusals, 0, 0));
    assert_false(get(refusals, 2, 0));
}

static void seen_by_who_caused_it_and_root(void **state)
{
    struct refusals *refusals = *state;
    uint64_t number = add(refusals, 1000, 70, "a.json", 3);
    struct refusal refusal;
    assert_true(get(refusals, number, 1000));
    assert_true(get(refusals, number, 0));
    assert_false(get(refusals, number, 1001));
    assert_int_equal(find(refusals, 1000, 70, "a.json"), number);
    assert_int_equal(find(refusals, 0, 70, "a.json"), number);
    assert_int_equal(find(refusals, 1001, 70, "a.json"), 0);
    assert_false(refusals_next(refusals, 70, 0, 1001, &refusal));
    assert_int_equal(count(refusals, 1000), 1);
    assert_int_equal(count(refusals, 0), 1);
    assert_int_equal(count(refusals, 1001), 0);
    uint64_t theirs = add(refusals, 1001, 70, "a.json", 3);
    assert_int_equal(find(refusals, 1000, 70, "a.json"), number);
    assert_int_equal(find(refusals, 0, 70, "a.json"), theirs);
    assert_int_equal(count(refusals, 0), 2);
}

static void newest_of_a_name(void **state)
{
    struct refusals *refusals = *state;
    struct refusal refusal;
    add(refusals, 1000, 70, "a.json", 0);
    uint64_t b = add(refusals, 1000, 70, "b.json", 0);
    uint64_t a = add(refusals, 1000, 70, "a.json", 0);
    uint64_t other = add(refusals, 1000, 71, "a.json", 0);
    assert_int_equal(find(refusals, 1000, 70, "a.json"), a);
    assert_int_equal(find(refusals, 1000, 71, "a.json"), other);
    assert_int_equal(find(refusals, 1000, 70, "c.json"), 0);
    static const char *const names[] = {"b.json", "a.json"};
    const uint64_t numbers[] = {b, a};
    uint64_t after = 0;
    for (size_t i = 0; i < 2; i++) {
        assert_true(refusals_next(refusals, 70, after, 1000, &refusal));
        assert_int_equal(refusal.number, numbers[i]);
        assert_true(span_is(buf_span(&refusal.name), names[i]));
        after = refusal.number;
        refusal_finish(&refusal);
    }
    assert_false(refusals_next(refusals, 70, after, 1000, &refusal));
}

static void settled(void **state)
{
    struct refusals *refusals = *state;
    struct refusal refusal;
    uint64_t number = add(refusals, 1000, 70, "a.json", 0);
    uint64_t theirs = add(refusals, 1001, 70, "a.json", 0);
    add(refusals, 1000, 70, "b.json", 0);
    refusals_settle(refusals, 70, span_of_string("a.json"), 1000);
    assert_int_equal(find(refusals, 1000, 70, "a.json"), 0);
    assert_int_equal(find(refusals, 1001, 70, "a.json"), theirs);
    assert_int_not_equal(find(refusals, 1000, 70, "b.json"), 0);
    assert_true(get(refusals, number, 1000)); /* whoever has it open reads on */
    assert_int_equal(count(refusals, 1000), 2);
    refusals_settle(refusals, 70, span_of_string("b.json"), 1000);
    assert_false(refusals_next(refusals, 70, 0, 1000, &refusal));
    number = add(refusals, 1000, 70, "a.json", 0);
    assert_int_equal(find(refusals, 1000, 70, "a.json"), number);
}

static void bound_of_a_user(void **state)
{
    struct refusals *refusals = *state;
    uint64_t theirs = add(refusals, 1001, 70, "x", 1);
    uint64_t first = 0;
    for (unsigned i = 0; i < PER_UID + 10; i++) {
        uint64_t number = add(refusals, 1000, 70, "a", 1);
        first = first ? first : number;
    }
    assert_int_equal(count(refusals, 1000), PER_UID);
    assert_false(get(refusals, first + 9, 1000));
    assert_true(get(refusals, first + 10, 1000));
    assert_true(get(refusals, theirs, 1001)); /* one user's do not push out another's */
}

static void bound_of_all(void **state)
{
    struct refusals *refusals = *state;
    for (uint32_t i = 0; i < TOTAL + 100; i++)
        add(refusals, 1000 + i, 70, "a", 1);
    assert_int_equal(count(refusals, 0), TOTAL);
    assert_false(get(refusals, 100, 0));
    assert_true(get(refusals, 101, 0));
}

static size_t bytes_kept(struct refusals *refusals, uint64_t last)
{
    size_t sum = 0;
    for (uint64_t number = 1; number <= last; number++) {
        struct refusal refusal;
        if (!refusals_get(refusals, number, 0, &refusal))
            continue;
        sum += refusal.bytes.size;
        refusal_finish(&refusal);
    }
    return sum;
}

static void bound_of_bytes(void **state)
{
    struct refusals *refusals = *state;
    uint64_t number = 0;
    for (uint32_t i = 0; i < 40; i++)
        number = add(refusals, 1000 + i, 70, "a", MIB);
    assert_int_equal(bytes_kept(refusals, number), BYTES);
    assert_false(get(refusals, 8, 0));
    assert_true(get(refusals, 9, 0));
    number = add(refusals, 1000, 70, "a", BYTES);
    assert_int_equal(bytes_kept(refusals, number), BYTES);
    assert_int_equal(count(refusals, 0), 1);
}

/* Of one that is larger than all there is room for, the reason is kept. */
static void more_bytes_than_there_is_room_for(void **state)
{
    struct refusals *refusals = *state;
    struct refusal refusal;
    add(refusals, 1000, 70, "small", 10);
    uint64_t number = add(refusals, 1000, 70, "large", BYTES + 1);
    assert_int_equal(bytes_kept(refusals, number), 10);
    assert_true(refusals_get(refusals, number, 1000, &refusal));
    assert_int_equal(refusal.bytes.size, 0);
    assert_true(refusal.document.size > 0);
    refusal_finish(&refusal);
}

static void counts(void **state)
{
    struct refusals *refusals = *state;
    static const int codes[] = {-ERR_SCHEMA_MISMATCH, -ERR_JSON_SYNTAX, -ERR_VERSION_CONFLICT,
                                ERR_NO_SPACE, -ERR_BAD_NAME};
    AUTO_BUF struct buf out = {0};
    refusals_count(refusals, &out);
    assert_int_equal(out.size, 0);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        refusals_add(refusals, &(struct refusal){.code = codes[i]});
    for (unsigned i = 0; i < PER_UID + 5; i++) /* they are counted, kept or not */
        refusals_add(refusals, &(struct refusal){.code = -ERR_TOO_LARGE});
    refusals_count(refusals, &out);
    assert_string_equal(buf_string(&out), "\"validation\":3,\"version_conflict\":1,"
                                          "\"too_large\":261,\"no_space\":1");
}

static void *refuse_and_look(void *argument)
{
    struct refusals *refusals = argument;
    uint32_t uid = 1000 + (uint32_t)((uintptr_t)pthread_self() >> 12) % 7;
    for (unsigned i = 0; i < 300; i++) {
        char name[8];
        snprintf(name, sizeof(name), "n%u", i % 10);
        struct refusal refusal = {.uid = uid, .collection = 70, .code = -ERR_BAD_NAME};
        buf_append_string(&refusal.name, name);
        buf_append_fill(&refusal.bytes, 'x', 100000);
        refusals_add(refusals, &refusal);
        if (refusals_find(refusals, 70, span_of_string(name), uid, &refusal))
            refusal_finish(&refusal);
        if (i % 5 == 0)
            refusals_settle(refusals, 70, span_of_string(name), uid);
    }
    return NULL;
}

static void many_threads(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, refuse_and_look, *state), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_true(bytes_kept(*state, 1200) <= BYTES);
}

int main(void)
{
#define REFUSAL_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REFUSAL_TEST(kept_as_it_was),   REFUSAL_TEST(seen_by_who_caused_it_and_root),
        REFUSAL_TEST(newest_of_a_name), REFUSAL_TEST(settled),
        REFUSAL_TEST(bound_of_a_user),  REFUSAL_TEST(bound_of_all),
        REFUSAL_TEST(bound_of_bytes),   REFUSAL_TEST(more_bytes_than_there_is_room_for),
        REFUSAL_TEST(counts),           REFUSAL_TEST(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
