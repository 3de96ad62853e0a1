/* x-on-delete: what becomes of those who refer to what is deleted. Every test ends with the check.
 */
#include "fs/model_referrers.h"
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NODES                                                                                      \
    "{\"x-outbox\":true,\"properties\":{"                                                          \
    "\"r\":{\"x-ref\":\"nodes\"},"                                                                 \
    "\"c\":{\"x-ref\":\"nodes\",\"x-on-delete\":\"cascade\"},"                                     \
    "\"s\":{\"x-ref\":\"nodes\",\"x-on-delete\":\"set-null\"},"                                    \
    "\"cs\":{\"items\":{\"x-ref\":\"nodes\",\"x-on-delete\":\"cascade\"}},"                        \
    "\"ss\":{\"items\":{\"x-ref\":\"nodes\",\"x-on-delete\":\"set-null\"}},"                       \
    "\"m\":{\"properties\":{\"s\":{\"x-ref\":\"nodes\",\"x-on-delete\":\"set-null\"}}},"           \
    "\"u\":{\"x-unique\":true,\"items\":{\"x-ref\":\"nodes\",\"x-on-delete\":\"set-null\"}},"      \
    "\"t\":{\"type\":\"string\",\"x-ref\":\"nodes\",\"x-on-delete\":\"set-null\"}}}"

struct world {
    struct model_place place;
    uint64_t nodes, plain;
    struct problem problem;
};

static int setup(void **state)
{
    struct world *world = malloc(sizeof(*world));
    assert_non_null(world);
    model_place_init(&world->place);
    problem_init(&world->problem);
    world->nodes = must_define(&world->place, "nodes", NODES);
    world->plain = must_define(&world->place, "plain", "{}");
    must_write(&world->place, world->nodes, "a", "{}");
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    problem_finish(&world->problem);
    model_place_finish(&world->place);
    free(world);
    return 0;
}

static void node(struct world *world, const char *name, const char *text)
{
    must_write(&world->place, world->nodes, name, text);
}

static bool is(struct world *world, const char *name, const char *text)
{
    return model_has(&world->place, world->nodes, name, text);
}

static void erase(struct world *world, const char *name)
{
    if (model_delete(&world->place, world->nodes, name, &world->problem) < 0)
        fail_msg("%s: %s", name, buf_string(&world->problem.detail));
}

/* Refused, and nothing was written. */
static void refused(struct world *world, uint64_t seq, int result, const char *detail)
{
    const char *said = buf_string(&world->problem.detail);
    if (result != -ERR_REFERENCE_HELD || world->problem.code != result || !strstr(said, detail))
        fail_msg("%s: %s", error_name(result), said);
    assert_int_equal(model_seq(&world->place), seq);
}

static void held(struct world *world, const char *name, const char *detail)
{
    uint64_t seq = model_seq(&world->place);
    refused(world, seq, model_delete(&world->place, world->nodes, name, &world->problem), detail);
}

static int move(struct world *world, const char *from, const char *to)
{
    return model_move(&world->place, world->nodes, from, world->nodes, to, &world->problem);
}

static void restricts(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"r\":\"a\"}");
    held(world, "a", "nodes/a.json is referred to by nodes/b.json (r)");
    node(world, "c", "{\"r\":\"a\",\"s\":\"a\"}");
    node(world, "d", "{\"s\":\"a\"}");
    held(world, "a", "nodes/a.json is referred to by nodes/b.json (r) and 2 more");
    refused(world, model_seq(&world->place), move(world, "a", "z"),
            "nodes/a.json, whose id would change, is referred to by nodes/b.json (r) and 2 more");
    refused(world, model_seq(&world->place),
            model_move(&world->place, world->nodes, "a", world->plain, "a", &world->problem),
            "nodes/a.json, whose id would change, is");
    node(world, "a", "{\"s\":null}"); /* its content is its own */
    erase(world, "b");
    node(world, "c", "{}");
    erase(world, "a");
    assert_true(is(world, "d", "{\n  \"s\": null\n}\n"));
}

static void cascades(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"c\":\"a\"}");
    node(world, "c", "{\"cs\":[\"b\",\"a\"]}");
    node(world, "d", "{\"c\":\"c\"}");
    node(world, "e", "{\"s\":\"d\"}");
    node(world, "a", "{\"c\":\"d\"}"); /* a cycle */
    uint64_t seq = model_seq(&world->place);
    struct model_result result;
    struct model_caller caller = model_caller();
    assert_int_equal(model_remove(world->place.model, &caller, world->nodes, span_of_string("a"),
                                  (struct model_base){0}, &result, NULL),
                     0);
    assert_int_equal(result.seq, seq + 1); /* the command's own */
    assert_int_equal(result.op, ROW_DELETE);
    assert_int_equal(model_seq(&world->place), seq + 5);
    for (const char *name = "a\0b\0c\0d\0"; *name; name += 2)
        assert_true(is(world, name, NULL));
    assert_true(is(world, "e", "{\n  \"s\": null\n}\n"));
}

/* Each is as if it had been done alone, but for the commit. */
static void records_and_events(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"c\":\"a\"}");
    node(world, "c", "{\"s\":\"a\"}");
    uint64_t seq = model_seq(&world->place);
    erase(world, "a");
    static const enum row_op ops[] = {ROW_DELETE, ROW_DELETE, ROW_UPDATE};
    struct store_view view;
    assert_int_equal(store_read(world->place.store, &view), 0);
    for (uint64_t i = 0; i < 3; i++) {
        struct row_version row;
        uint64_t object;
        uint64_t found;
        assert_int_equal(store_log_get(&view, seq + 1 + i, &object), 1);
        assert_int_equal(store_version_get(&view, object, &found, &row), 1);
        assert_int_equal(found, seq + 1 + i);
        assert_int_equal(row.op, ops[i]);
        assert_int_equal(row.version, 2);
        assert_int_equal(row.commit, seq + 1);
        assert_int_equal(row.events, 1);
    }
    store_view_end(&view);
}

static void becomes_null(void **state)
{
    struct world *world = *state;
    node(world, "z", "{}");
    node(world, "b",
         "{\"n\":1.50,\"s\":\"a\",\"m\":{\"x\":1e3,\"s\":\"a\"},\"ss\":[\"a\",\"z\",\"a\",null],"
         "\"o\":{}}");
    erase(world, "a");
    assert_true(is(world, "b",
                   "{\n  \"n\": 1.50,\n  \"s\": null,\n  \"m\": {\n    \"x\": 1e3,\n    \"s\": "
                   "null\n  },\n  \"ss\": [\n    null,\n    \"z\",\n    null,\n    null\n  ],\n  "
                   "\"o\": {}\n}\n"));
    erase(world, "z");
    node(world, "a", "{}");
    erase(world, "a"); /* nobody refers to it any more */
}

/* All that goes is gone from one that stays, whichever way it came to go. */
static void null_after_a_cascade(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"c\":\"a\"}");
    node(world, "c", "{\"ss\":[\"b\",\"a\",\"c\"],\"s\":\"b\"}");
    erase(world, "a");
    assert_true(is(world, "c",
                   "{\n  \"ss\": [\n    null,\n    null,\n    \"c\"\n  ],\n  \"s\": null\n}\n"));
}

/* One that would become null is deleted when another of its references says so. */
static void cascade_before_null(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"s\":\"a\"}");
    node(world, "c", "{\"c\":\"a\"}");
    node(world, "b", "{\"s\":\"a\",\"c\":\"c\"}");
    node(world, "d", "{\"c\":\"b\"}");
    erase(world, "a");
    assert_true(is(world, "b", NULL) && is(world, "c", NULL) && is(world, "d", NULL));
}

static void restricted_further_on(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"c\":\"a\"}");
    node(world, "c", "{\"s\":\"a\"}");
    node(world, "d", "{\"r\":\"b\"}");
    held(world, "a",
         "nodes/b.json, which would be deleted, too, is referred to by nodes/d.json (r)");
    assert_true(is(world, "c", "{\"s\":\"a\"}"));
    node(world, "d", "{\"r\":\"b\",\"c\":\"a\"}"); /* even if it were deleted, too */
    held(world, "a", "nodes/d.json (r)");
}

static void null_is_not_allowed(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"t\":\"a\"}");
    node(world, "c", "{\"c\":\"a\"}");
    held(world, "a",
         "nodes/b.json (t) refers to it, or to what would be deleted with it, and cannot become "
         "null: /t: ");
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"s\":\"a\",\"l\":[0");
    while (text.size < 400000)
        buf_append_string(&text, ",0");
    buf_append_string(&text, "]}");
    node(world, "b", buf_string(&text));
    held(world, "a", "its document would become too large");
}

/* Two values that become alike, though none of them is there before. */
static void null_in_conflict(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"c\":\"a\"}");
    node(world, "x", "{\"u\":[\"a\"]}");
    node(world, "y", "{\"u\":[\"b\"]}");
    held(world, "a", "cannot become null: nodes.u [null] is already used by ");
    node(world, "x", "{\"c\":\"b\",\"u\":[null]}"); /* which goes */
    erase(world, "a");
    assert_true(is(world, "y", "{\n  \"u\": [\n    null\n  ]\n}\n"));
}

static void another_takes_the_place(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"c\":\"a\"}");
    node(world, "c", "{\"s\":\"a\"}");
    node(world, "d", "{}");
    refused(world, model_seq(&world->place), move(world, "c", "a"),
            "nodes/a.json is referred to by nodes/c.json (s), which would take the place of");
    uint64_t seq = model_seq(&world->place);
    assert_int_equal(move(world, "d", "a"), 0);
    assert_int_equal(model_seq(&world->place), seq + 4);
    assert_true(is(world, "a", "{}") && is(world, "d", NULL) && is(world, "b", NULL));
    assert_true(is(world, "c", "{\n  \"s\": null\n}\n"));
    node(world, "e", "{\"r\":\"a\"}");
    node(world, "f", "{}");
    refused(world, model_seq(&world->place), move(world, "f", "a"), "nodes/e.json (r)");
    assert_int_equal(move(world, "a", "a"), 0); /* it stays what it is */
}

/* What is deleted to make room for one that comes cannot be what that refers to. */
static void another_comes_that_refers(void **state)
{
    struct world *world = *state;
    node(world, "b", "{\"c\":\"a\"}");
    must_write(&world->place, world->plain, "p", "{\"r\":\"b\"}");
    int result = model_move(&world->place, world->plain, "p", world->nodes, "a", &world->problem);
    assert_int_equal(result, -ERR_REFERENCE_MISSING);
    assert_true(is(world, "b", "{\"c\":\"a\"}") && is(world, "a", "{}"));
    must_write(&world->place, world->plain, "p", "{\"r\":\"a\"}");
    assert_int_equal(model_move(&world->place, world->plain, "p", world->nodes, "a", NULL), 0);
    assert_true(is(world, "a", "{\"r\":\"a\"}") && is(world, "b", NULL));
}

#define WRITERS 32

struct writer {
    struct world *world;
    unsigned from, to;
    const char *text;
};

static void *write_some(void *argument)
{
    const struct writer *writer = argument;
    for (unsigned i = writer->from; i < writer->to; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%u", i);
        node(writer->world, name, writer->text);
    }
    return NULL;
}

/* Writes n0, n1, ... at the same time, so that they share their syncs. */
static void write_many(struct world *world, unsigned count, const char *text)
{
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){world, i * count / WRITERS, (i + 1) * count / WRITERS, text};
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
}

static void the_limit(void **state)
{
    struct world *world = *state;
    write_many(world, CASCADE_STEPS_MAX + 1, "{\"c\":\"a\"}");
    held(world, "a", "than one command deletes or changes (10000 entities, 256 MiB of documents)");
    erase(world, "n0");
    uint64_t seq = model_seq(&world->place);
    erase(world, "a");
    assert_int_equal(model_seq(&world->place), seq + 1 + CASCADE_STEPS_MAX);
}

/* A refusal counts no further than people do; who refers no more does not count. */
static void many_refer(void **state)
{
    struct world *world = *state;
    write_many(world, 1100, "{\"r\":\"a\",\"s\":\"a\",\"ss\":[\"a\"]}");
    held(world, "a", " and more than 999 others");
    write_many(world, 1097, "{\"s\":null}");
    held(world, "a", " and 2 more");
    write_many(world, 1100, "{}");
    erase(world, "a");
}

/* Few documents, and yet more references than one command undoes. */
static void too_much_work(void **state)
{
    struct world *world = *state;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"c\":\"a\",\"cs\":[\"a\"");
    for (unsigned i = 0; i < 9990; i++)
        buf_append_string(&text, ",\"a\"");
    buf_append_string(&text, "]}");
    write_many(world, 30, buf_string(&text));
    held(world, "a", "than one command deletes or changes");
    write_many(world, 6, "{}");
    erase(world, "a");
    assert_true(is(world, "n0", "{}") && is(world, "n29", NULL));
}

int main(void)
{
#define DELETE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        DELETE_TEST(restricts),
        DELETE_TEST(cascades),
        DELETE_TEST(records_and_events),
        DELETE_TEST(becomes_null),
        DELETE_TEST(null_after_a_cascade),
        DELETE_TEST(cascade_before_null),
        DELETE_TEST(restricted_further_on),
        DELETE_TEST(null_is_not_allowed),
        DELETE_TEST(null_in_conflict),
        DELETE_TEST(another_takes_the_place),
        DELETE_TEST(another_comes_that_refers),
        DELETE_TEST(the_limit),
        DELETE_TEST(many_refer),
        DELETE_TEST(too_much_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
