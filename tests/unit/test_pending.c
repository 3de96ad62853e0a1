/* Names that have no content yet. */
#include "fs/pending.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MOST 4096

static int setup(void **state)
{
    *state = pendings_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    pendings_destroy(*state);
    pendings_destroy(NULL);
    return 0;
}

static int add(struct pendings *pendings, uint64_t object, uint64_t collection, const char *name)
{
    /* Eight users take turns, so none of them reaches a user's own bound first. */
    const struct row_entry entry = {
        .live = true, .mode = (uint32_t)object, .uid = (uint32_t)(object % 8)};
    return pendings_add(pendings, object, collection, span_of_string(name), &entry);
}

/* The object of that name; 0 when there is none. */
static uint64_t find(struct pendings *pendings, uint64_t collection, const char *name)
{
    struct pending pending;
    if (!pendings_find(pendings, collection, span_of_string(name), &pending))
        return 0;
    assert_int_equal(pending.collection, collection);
    assert_true(span_is(pending.entry.name, name));
    assert_ptr_equal(pending.entry.name.data, pending.name);
    return pending.object;
}

static bool is_there(struct pendings *pendings, uint64_t object)
{
    struct pending pending;
    return pendings_get(pendings, object, &pending);
}

static void add_and_find(void **state)
{
    struct pendings *pendings = *state;
    struct pending pending;
    assert_int_equal(add(pendings, 100, 70, "a"), 0);
    assert_int_equal(add(pendings, 101, 70, "b"), 0);
    assert_int_equal(add(pendings, 102, 71, "a"), 0);
    assert_int_equal(find(pendings, 70, "a"), 100);
    assert_int_equal(find(pendings, 70, "b"), 101);
    assert_int_equal(find(pendings, 71, "a"), 102);
    assert_int_equal(find(pendings, 71, "b"), 0);
    assert_int_equal(find(pendings, 70, "ab"), 0);
    assert_int_equal(find(pendings, 70, ""), 0);
    assert_true(pendings_get(pendings, 101, &pending));
    assert_int_equal(pending.entry.mode, 101);
    assert_true(span_is(pending.entry.name, "b"));
    assert_false(is_there(pendings, 103));
}

static void removal(void **state)
{
    struct pendings *pendings = *state;
    assert_int_equal(add(pendings, 100, 70, "a"), 0);
    assert_true(pendings_remove(pendings, 100));
    assert_false(pendings_remove(pendings, 100));
    assert_int_equal(find(pendings, 70, "a"), 0);
    assert_false(is_there(pendings, 100));
    /* A place that is free is no pending file. */
    assert_false(is_there(pendings, 0));
    assert_false(pendings_remove(pendings, 0));
    assert_false(pendings_rename(pendings, 0, 70, span_of_string("b")));
    assert_int_equal(find(pendings, 70, "b"), 0);
    assert_int_equal(add(pendings, 101, 70, "a"), 0);
    assert_int_equal(find(pendings, 70, "a"), 101);
}

static void discarded_when_nobody_has_it_open(void **state)
{
    struct pendings *pendings = *state;
    assert_int_equal(add(pendings, 100, 70, "a"), 0);
    pendings_open(pendings, 100);
    pendings_discard(pendings, 100);
    assert_true(is_there(pendings, 100));
    pendings_close(pendings, 100);
    pendings_discard(pendings, 100);
    assert_true(is_there(pendings, 100));
    pendings_close(pendings, 100);
    pendings_close(pendings, 100); /* once too often */
    pendings_discard(pendings, 100);
    assert_false(is_there(pendings, 100));
    pendings_open(pendings, 100);
    pendings_close(pendings, 100);
    pendings_discard(pendings, 100);
}

static void hidden(void **state)
{
    struct pendings *pendings = *state;
    struct pending pending;
    assert_int_equal(add(pendings, 100, 70, "a"), 0);
    pendings_hide(pendings, 100, true);
    assert_int_equal(find(pendings, 70, "a"), 0);
    assert_false(pendings_next(pendings, 70, 0, &pending));
    assert_true(is_there(pendings, 100));
    pendings_hide(pendings, 100, false);
    assert_int_equal(find(pendings, 70, "a"), 100);
    assert_true(pendings_next(pendings, 70, 0, &pending));
    pendings_hide(pendings, 999, true);
}

/* Another one may be made while the first is hidden; then it stays so. */
static void hidden_while_the_name_is_taken(void **state)
{
    struct pendings *pendings = *state;
    assert_int_equal(add(pendings, 100, 70, "a"), 0);
    pendings_hide(pendings, 100, true);
    assert_int_equal(add(pendings, 101, 70, "a"), 0);
    pendings_hide(pendings, 100, false);
    assert_int_equal(find(pendings, 70, "a"), 101);
    assert_true(pendings_remove(pendings, 101));
    assert_int_equal(find(pendings, 70, "a"), 0);
    pendings_hide(pendings, 100, false);
    assert_int_equal(find(pendings, 70, "a"), 100);
}

static void all_of_a_name(void **state)
{
    struct pendings *pendings = *state;
    assert_int_equal(add(pendings, 100, 70, "a"), 0);
    pendings_hide(pendings, 100, true);
    assert_int_equal(add(pendings, 101, 70, "a"), 0);
    assert_int_equal(add(pendings, 102, 71, "a"), 0);
    assert_int_equal(add(pendings, 103, 70, "b"), 0);
    pendings_remove_name(pendings, 70, span_of_string("a"));
    assert_false(is_there(pendings, 100));
    assert_false(is_there(pendings, 101));
    assert_true(is_there(pendings, 102));
    assert_true(is_there(pendings, 103));
}

static int adopt(struct pendings *pendings, uint64_t object, const char *name)
{
    const struct row_entry entry = {.live = true, .uid = 7};
    return pendings_adopt(pendings, object, 70, span_of_string(name), &entry);
}

static void kept(void **state)
{
    struct pendings *pendings = *state;
    struct pending pending;
    assert_int_equal(adopt(pendings, 100, "a"), 0);
    assert_int_equal(find(pendings, 70, "a"), 100);
    assert_true(pendings_get(pendings, 100, &pending));
    assert_true(pending.is_kept);
    assert_int_equal(pending.open, 0);
    assert_false(pendings_next(pendings, 70, 0, &pending));
    pendings_keep(pendings, 100, false);
    assert_true(pendings_next(pendings, 70, 0, &pending));
    pendings_keep(pendings, 999, true);
    pendings_discard(pendings, 100);
    assert_false(is_there(pendings, 100));
}

static void changes(void **state)
{
    struct pendings *pendings = *state;
    struct pending pending;
    char long_name[PENDING_NAME_MAX + 1];
    memset(long_name, 'x', PENDING_NAME_MAX);
    long_name[PENDING_NAME_MAX] = 0;
    assert_int_equal(add(pendings, 100, 70, "a"), 0);
    assert_true(pendings_rename(pendings, 100, 71, span_of_string(long_name)));
    assert_int_equal(find(pendings, 70, "a"), 0);
    assert_int_equal(find(pendings, 71, long_name), 100);
    assert_true(pendings_get(pendings, 100, &pending));
    pending.entry.mode = 0640;
    pendings_set(pendings, 100, &pending.entry);
    assert_true(pendings_get(pendings, 100, &pending));
    assert_int_equal(pending.entry.mode, 0640);
    assert_true(span_is(pending.entry.name, long_name));
    assert_false(pendings_rename(pendings, 101, 71, span_of_string("b")));
    pendings_set(pendings, 101, &pending.entry);
    assert_false(is_there(pendings, 101));
}

static void in_order_of_objects(void **state)
{
    struct pendings *pendings = *state;
    static const uint64_t objects[] = {105, 101, 109, 103};
    static const uint64_t sorted[] = {101, 103, 105, 109};
    struct pending pending = {.object = 0};
    for (size_t i = 0; i < 4; i++) {
        char name[8];
        snprintf(name, sizeof(name), "n%zu", i);
        assert_int_equal(add(pendings, objects[i], 70, name), 0);
    }
    assert_int_equal(add(pendings, 104, 71, "other"), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_true(pendings_next(pendings, 70, pending.object, &pending));
        assert_int_equal(pending.object, sorted[i]);
    }
    assert_false(pendings_next(pendings, 70, pending.object, &pending));
    assert_false(pendings_next(pendings, 72, 0, &pending));
}

static void fill(struct pendings *pendings)
{
    for (uint64_t i = 0; i < MOST; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%ju", (uintmax_t)i);
        assert_int_equal(add(pendings, 1000 + i, 70, name), 0);
    }
}

static void bounded(void **state)
{
    struct pendings *pendings = *state;
    fill(pendings);
    assert_int_equal(add(pendings, 1, 70, "more"), -ERR_BUSY);
    assert_false(is_there(pendings, 1));
    pendings_close(pendings, 1500);
    pendings_close(pendings, 1400);
    assert_int_equal(add(pendings, 1, 70, "more"), 0); /* the older of the two makes room */
    assert_false(is_there(pendings, 1400));
    assert_true(is_there(pendings, 1500));
    assert_int_equal(add(pendings, 2, 70, "more still"), 0);
    assert_false(is_there(pendings, 1500));
    assert_int_equal(add(pendings, 3, 70, "too many"), -ERR_BUSY);
    assert_true(pendings_remove(pendings, 2000));
    assert_int_equal(add(pendings, 3, 70, "too many"), 0);
}

static int add_as(struct pendings *pendings, uint64_t object, const char *name, uint32_t uid)
{
    const struct row_entry entry = {.live = true, .uid = uid};
    return pendings_add(pendings, object, 70, span_of_string(name), &entry);
}

/* One user cannot take what others need. */
static void bounded_by_user(void **state)
{
    struct pendings *pendings = *state;
    for (uint64_t i = 0; i < MOST / 4; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%ju", (uintmax_t)i);
        assert_int_equal(add_as(pendings, 1000 + i, name, 7), 0);
    }
    assert_int_equal(add_as(pendings, 1, "more", 7), -ERR_BUSY);
    assert_int_equal(add_as(pendings, 2, "mine", 8), 0);
    pendings_close(pendings, 1500);
    assert_int_equal(add_as(pendings, 1, "more", 7), 0);
    assert_false(is_there(pendings, 1500));
    assert_true(is_there(pendings, 2));
}

/* Those that have a file make room first, and of these the one that was not looked up. */
static void kept_ones_make_room(void **state)
{
    struct pendings *pendings = *state;
    for (uint64_t i = 0; i < MOST / 4 - 2; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%ju", (uintmax_t)i);
        assert_int_equal(add_as(pendings, 1000 + i, name, 7), 0);
    }
    pendings_close(pendings, 1000);
    assert_int_equal(adopt(pendings, 10, "a"), 0);
    assert_int_equal(adopt(pendings, 11, "b"), 0);
    assert_int_equal(find(pendings, 70, "a"), 10);
    assert_int_equal(adopt(pendings, 12, "c"), 0);
    assert_false(is_there(pendings, 11));
    assert_true(is_there(pendings, 10));
    assert_int_equal(add_as(pendings, 13, "d", 7), 0);
    assert_int_equal(add_as(pendings, 14, "e", 7), 0);
    assert_false(is_there(pendings, 10));
    assert_false(is_there(pendings, 12));
    assert_true(is_there(pendings, 1000));
    assert_int_equal(add_as(pendings, 15, "f", 7), 0);
    assert_false(is_there(pendings, 1000));
    assert_int_equal(adopt(pendings, 16, "g"), -ERR_BUSY);
}

static void *come_and_go(void *argument)
{
    struct pendings *pendings = argument;
    uint64_t base = (uint64_t)pthread_self() << 8;
    struct pending pending;
    for (uint64_t i = 1; i < 2000; i++) {
        uint64_t object = base + i % 200;
        char name[32];
        snprintf(name, sizeof(name), "%ju", (uintmax_t)object);
        if (!pendings_get(pendings, object, &pending) && add(pendings, object, 70, name) < 0)
            return argument;
        if (!pendings_find(pendings, 70, span_of_string(name), &pending) ||
            pending.object != object)
            return argument;
        pendings_close(pendings, object);
        if (i % 3 == 0)
            pendings_discard(pendings, object);
    }
    return NULL;
}

static void many_threads(void **state)
{
    pthread_t threads[4];
    void *wrong;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, *state), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

int main(void)
{
#define PENDING_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        PENDING_TEST(add_and_find),
        PENDING_TEST(removal),
        PENDING_TEST(discarded_when_nobody_has_it_open),
        PENDING_TEST(hidden),
        PENDING_TEST(hidden_while_the_name_is_taken),
        PENDING_TEST(all_of_a_name),
        PENDING_TEST(kept),
        PENDING_TEST(changes),
        PENDING_TEST(in_order_of_objects),
        PENDING_TEST(bounded),
        PENDING_TEST(bounded_by_user),
        PENDING_TEST(kept_ones_make_room),
        PENDING_TEST(many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
