/* x-ref: what a document refers to is there, whatever is written, moved or altered. Every test ends
 * with the check. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define POSTS                                                                                      \
    "{\"properties\":{\"author\":{\"x-ref\":\"users\"},\"meta\":{\"properties\":{\"tags\":"        \
    "{\"items\":{\"x-ref\":\"tags\"}}}},\"parent\":{\"x-ref\":\"posts\"}}}"

struct world {
    struct model_place place;
    uint64_t users, tags, posts;
    struct problem problem;
};

static int setup(void **state)
{
    struct world *world = malloc(sizeof(*world));
    assert_non_null(world);
    model_place_init(&world->place);
    problem_init(&world->problem);
    world->posts = must_define(&world->place, "posts", POSTS); /* before what it refers to */
    world->users = must_define(&world->place, "users", "{}");
    world->tags = must_define(&world->place, "tags", "{}");
    must_write(&world->place, world->users, "alice", "{}");
    must_write(&world->place, world->tags, "red", "{}");
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

static void refused(struct world *world, int result, int code, const char *detail)
{
    const char *said = buf_string(&world->problem.detail);
    if (result != -code || world->problem.code != -code || !strstr(said, detail))
        fail_msg("%s: %s", error_name(result), said);
}

static int post(struct world *world, const char *name, const char *text)
{
    return model_write(&world->place, world->posts, name, text, NULL, &world->problem);
}

static void a_reference_leads_somewhere(void **state)
{
    struct world *world = *state;
    assert_int_equal(post(world, "p1", "{\"author\":\"alice\"}"), 0);
    refused(world, post(world, "p2", "{\"author\":\"zed\"}"), ERR_REFERENCE_MISSING,
            "posts.author \"zed\": there is no users/zed.json");
    assert_int_equal(world->problem.item_count, 1);
    assert_string_equal(world->problem.items[0].pointer, "/author");
    assert_string_equal(world->problem.items[0].keyword, "x-ref");
    refused(world, post(world, "p1", "{\"author\":\"zed\"}"), ERR_REFERENCE_MISSING, "zed");
    assert_true(model_has(&world->place, world->posts, "p1", "{\"author\":\"alice\"}"));
    assert_int_equal(post(world, "p2", "{}"), 0);
    assert_int_equal(post(world, "p3", "{\"author\":null,\"meta\":{\"tags\":7}}"), 0);
    refused(world,
            model_patch(&world->place, world->posts, "p1", "{\"author\":\"zed\"}", NULL,
                        &world->problem),
            ERR_REFERENCE_MISSING, "zed");
}

static void each_item_is_one(void **state)
{
    struct world *world = *state;
    assert_int_equal(post(world, "p", "{\"meta\":{\"tags\":[\"red\",null,\"red\"]}}"), 0);
    refused(world, post(world, "p", "{\"meta\":{\"tags\":[\"red\",\"blue\",\"red\",\"green\"]}}"),
            ERR_REFERENCE_MISSING, "posts.meta.tags \"blue\": there is no tags/blue.json");
    assert_int_equal(world->problem.item_count, 2);
    assert_string_equal(world->problem.items[0].pointer, "/meta/tags/1");
    assert_string_equal(world->problem.items[1].pointer, "/meta/tags/3");
}

static void ids_are_strings(void **state)
{
    struct world *world = *state;
    refused(world, post(world, "p", "{\"author\":5}"), ERR_REFERENCE_MISSING,
            "posts.author 5: an entity of users is named by its id, which is a string");
    refused(world, post(world, "p", "{\"meta\":{\"tags\":[{\"a\":1}]},\"author\":true}"),
            ERR_REFERENCE_MISSING, "posts.author true");
    assert_int_equal(world->problem.item_count, 2);
    assert_string_equal(world->problem.items[1].pointer, "/meta/tags/0");
}

/* Whatever is in a document, the message is text, and short. */
static void strange_ids(void **state)
{
    struct world *world = *state;
    refused(world, post(world, "p", "{\"author\":\"a\\u0000\\n\\\"/b\"}"), ERR_REFERENCE_MISSING,
            "posts.author \"a\\u0000\\n\\\"/b\": there is no users/a\\u0000\\n\\\"/b.json");
    refused(world, post(world, "p", "{\"author\":\"\"}"), ERR_REFERENCE_MISSING,
            "\"\": there is no users/.json");
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"author\":\"");
    buf_append_fill(&text, 'x', 500000);
    buf_append_string(&text, "\"}");
    refused(world, post(world, "p", buf_string(&text)), ERR_REFERENCE_MISSING,
            "x\"...: there is no users/xxx");
    assert_true(world->problem.detail.size < 400);
}

static void the_longest_ids(void **state)
{
    struct world *world = *state;
    char id[201];
    char text[300];
    for (char last = 'a'; last < 'd'; last++) {
        memset(id, 'i', 200);
        id[199] = last;
        id[200] = 0;
        must_write(&world->place, world->users, id, "{}");
        snprintf(text, sizeof(text), "{\"author\":\"%s\"}", id);
        assert_int_equal(post(world, &(char[]){last, 0}[0], text), 0);
    }
    refused(world, model_delete(&world->place, world->users, id, &world->problem),
            ERR_REFERENCE_HELD, " is referred to by posts/c.json (author)");
    assert_int_equal(model_delete(&world->place, world->posts, "c", NULL), 0);
    assert_int_equal(model_delete(&world->place, world->users, id, NULL), 0);
}

static void no_collection(void **state)
{
    struct world *world = *state;
    must_define(&world->place, "notes", "{\"properties\":{\"to\":{\"x-ref\":\"later\"}}}");
    uint64_t notes = must_define(&world->place, "notes",
                                 "{\"properties\":{\"to\":{\"x-ref\":\"later\"},\"n\":{}}}");
    refused(world, model_write(&world->place, notes, "n", "{\"to\":\"a\"}", NULL, &world->problem),
            ERR_REFERENCE_MISSING, "notes.to \"a\": there is no collection later");
    uint64_t later = must_define(&world->place, "later", "{}");
    must_write(&world->place, later, "a", "{}");
    must_write(&world->place, notes, "n", "{\"to\":\"a\"}");
    /* Emptied, dropped and made anew, it is the same to who refers to it. */
    assert_int_equal(model_delete(&world->place, notes, "n", NULL), 0);
    assert_int_equal(model_delete(&world->place, later, "a", NULL), 0);
    assert_int_equal(model_delete(&world->place, STORE_SCHEMAS, "later", NULL), 0);
    refused(world, model_write(&world->place, notes, "n", "{\"to\":\"a\"}", NULL, &world->problem),
            ERR_REFERENCE_MISSING, "no collection later");
    later = must_define(&world->place, "later", "{}");
    must_write(&world->place, later, "a", "{}");
    must_write(&world->place, notes, "n", "{\"to\":\"a\"}");
    refused(world, model_delete(&world->place, later, "a", &world->problem), ERR_REFERENCE_HELD,
            "later/a.json is referred to by notes/n.json (to)");
}

static void to_itself(void **state)
{
    struct world *world = *state;
    assert_int_equal(post(world, "p", "{\"parent\":\"p\"}"), 0);
    assert_int_equal(post(world, "q", "{\"parent\":\"p\"}"), 0);
    assert_int_equal(post(world, "q", "{\"parent\":\"q\"}"), 0);
    assert_int_equal(model_delete(&world->place, world->posts, "p", NULL), 0);
    refused(world, model_move(&world->place, world->posts, "q", world->posts, "r", &world->problem),
            ERR_REFERENCE_HELD,
            "posts/q.json, whose id would change, is referred to by posts/q.json (parent)");
    assert_int_equal(post(world, "q", "{}"), 0);
    assert_int_equal(model_move(&world->place, world->posts, "q", world->posts, "r", NULL), 0);
}

static void who_refers_may_be_renamed(void **state)
{
    struct world *world = *state;
    struct model_place *place = &world->place;
    assert_int_equal(post(world, "p", "{\"author\":\"alice\"}"), 0);
    assert_int_equal(model_move(place, world->posts, "p", world->posts, "q", NULL), 0);
    refused(world, model_delete(place, world->users, "alice", &world->problem), ERR_REFERENCE_HELD,
            "users/alice.json is referred to by posts/q.json (author)");
    assert_int_equal(model_move(place, world->posts, "q", world->tags, "q", NULL), 0);
    assert_int_equal(model_move(place, world->users, "alice", world->users, "bob", NULL), 0);
    refused(world, model_move(place, world->tags, "q", world->posts, "q", &world->problem),
            ERR_REFERENCE_MISSING, "there is no users/alice.json");
    must_write(place, world->users, "alice", "{}");
    assert_int_equal(model_move(place, world->tags, "q", world->posts, "q", NULL), 0);
    refused(world, model_delete(place, world->users, "alice", &world->problem), ERR_REFERENCE_HELD,
            "posts/q.json");
}

/* Moved to where its own new name is what it refers to. */
static void moved_onto_itself(void **state)
{
    struct world *world = *state;
    must_write(&world->place, world->users, "u", "{\"parent\":\"p\"}");
    refused(world, model_move(&world->place, world->users, "u", world->posts, "u", &world->problem),
            ERR_REFERENCE_MISSING, "posts.parent \"p\": there is no posts/p.json");
    assert_int_equal(
        model_move(&world->place, world->users, "u", world->posts, "p", &world->problem), 0);
    assert_int_equal(model_delete(&world->place, world->posts, "p", NULL), 0);
}

#define PLAIN "{\"properties\":{\"boss\":{},\"n\":{}}}"
#define BOSS  "{\"properties\":{\"boss\":{\"x-ref\":\"users\"},\"n\":{}}}"

static void added_later(void **state)
{
    struct world *world = *state;
    struct model_place *place = &world->place;
    must_define(place, "users", PLAIN);
    must_write(place, world->users, "a", "{\"boss\":\"alice\"}");
    must_write(place, world->users, "b", "{\"boss\":\"zed\"}");
    must_write(place, world->users, "c", "{\"boss\":7}");
    must_write(place, world->users, "d", "{\"boss\":\"d\"}");
    refused(world, model_write(place, STORE_SCHEMAS, "users", BOSS, NULL, &world->problem),
            ERR_SCHEMA_UNSATISFIED,
            "2 existing entities do not satisfy this schema: b, c; the first: users.boss \"zed\": "
            "there is no users/zed.json");
    assert_int_equal(model_delete(place, world->users, "alice", NULL), 0); /* not in force */
    must_write(place, world->users, "alice", "{}");
    must_write(place, world->users, "zed", "{}");
    must_write(place, world->users, "c", "{\"boss\":null}");
    must_define(place, "users", BOSS);
    refused(world, model_delete(place, world->users, "alice", &world->problem), ERR_REFERENCE_HELD,
            "users/a.json (boss)");
    assert_int_equal(model_delete(place, world->users, "d", NULL), 0);
    must_define(place, "users", PLAIN);
    assert_int_equal(model_delete(place, world->users, "alice", NULL), 0);
    refused(world, model_write(place, STORE_SCHEMAS, "users", BOSS, NULL, &world->problem),
            ERR_SCHEMA_UNSATISFIED, "1 existing entity does not satisfy this schema: a");
}

static void to_another_collection(void **state)
{
    struct world *world = *state;
    struct model_place *place = &world->place;
    must_define(place, "users", BOSS);
    must_write(place, world->users, "a", "{\"boss\":\"alice\"}");
    static const char tags[] = "{\"properties\":{\"boss\":{\"x-ref\":\"tags\"}}}";
    refused(world, model_write(place, STORE_SCHEMAS, "users", tags, NULL, &world->problem),
            ERR_SCHEMA_UNSATISFIED, "there is no tags/alice.json");
    must_write(place, world->tags, "alice", "{}");
    must_define(place, "users", tags);
    assert_int_equal(model_delete(place, world->users, "alice", NULL), 0);
    refused(world, model_delete(place, world->tags, "alice", &world->problem), ERR_REFERENCE_HELD,
            "tags/alice.json is referred to by users/a.json (boss)");
}

/* A default is a reference like any other. */
static void a_default(void **state)
{
    struct world *world = *state;
    struct model_place *place = &world->place;
    static const char schema[] =
        "{\"properties\":{\"to\":{\"x-ref\":\"users\",\"default\":\"root\"}"
        "},\"required\":[\"to\"]}";
    must_write(place, world->tags, "blue", "{}");
    refused(world, model_write(place, STORE_SCHEMAS, "tags", schema, NULL, &world->problem),
            ERR_SCHEMA_UNSATISFIED, "2 existing entities");
    must_write(place, world->users, "root", "{}");
    must_define(place, "tags", schema);
    must_write(place, world->tags, "green", "{}");
    assert_true(model_has(place, world->tags, "green", "{\n  \"to\": \"root\"\n}\n"));
    refused(world, model_delete(place, world->users, "root", &world->problem), ERR_REFERENCE_HELD,
            "users/root.json is referred to by tags/red.json (to) and 2 more");
}

static void too_many(void **state)
{
    struct world *world = *state;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"meta\":{\"tags\":[\"red\"");
    for (unsigned i = 1; i < 10000; i++)
        buf_append_string(&text, ",\"red\"");
    buf_append_string(&text, "]}}");
    assert_int_equal(post(world, "p", buf_string(&text)), 0);
    text.size -= 3;
    buf_append_string(&text, ",\"red\"]}}");
    refused(world, post(world, "p", buf_string(&text)), ERR_TOO_LARGE,
            "the document has 10001 references to entities, and may have 10000");
}

/* The schema's name for a rule tells a member from its items. */
static void a_member_and_its_items(void **state)
{
    struct world *world = *state;
    uint64_t notes = must_define(
        &world->place, "notes",
        "{\"properties\":{\"to\":{\"type\":[\"string\",\"null\",\"array\"],\"items\":"
        "{\"x-ref\":\"users\",\"x-on-delete\":\"set-null\"}},\"*/to\":{\"x-ref\":\"users\"}}}");
    must_write(&world->place, notes, "n", "{\"to\":[\"alice\"],\"*/to\":\"alice\"}");
    refused(world, model_delete(&world->place, world->users, "alice", &world->problem),
            ERR_REFERENCE_HELD, "notes/n.json (*/to)");
    must_write(&world->place, notes, "n", "{\"to\":[\"alice\"]}");
    assert_int_equal(model_delete(&world->place, world->users, "alice", NULL), 0);
    assert_true(model_has(&world->place, notes, "n", "{\n  \"to\": [\n    null\n  ]\n}\n"));
}

static unsigned referrers_as_of(struct world *world, uint64_t seq)
{
    unsigned count = 0;
    struct store_referrer at = {0};
    struct store_view view;
    assert_int_equal(store_read(world->place.store, &view), 0);
    view.seq = seq;
    int found;
    while ((found = store_reference_next(&view, span_of_string("users/alice"), at, &at)) == 1)
        count++;
    assert_int_equal(found, 0);
    store_view_end(&view);
    return count;
}

/* Who referred to an entity can be told of any time. */
static void as_of_then(void **state)
{
    struct world *world = *state;
    uint64_t seq = model_seq(&world->place);
    assert_int_equal(post(world, "p", "{\"author\":\"alice\"}"), 0);
    assert_int_equal(post(world, "q", "{\"author\":\"alice\"}"), 0);
    assert_int_equal(post(world, "p", "{}"), 0);
    assert_int_equal(post(world, "r", "{\"author\":\"alice\"}"), 0);
    assert_int_equal(post(world, "p", "{\"author\":\"alice\"}"), 0);
    assert_int_equal(model_delete(&world->place, world->posts, "q", NULL), 0);
    static const unsigned expected[] = {0, 1, 2, 1, 2, 3, 2};
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(referrers_as_of(world, seq + i), expected[i]);
    assert_int_equal(referrers_as_of(world, STORE_NOW), 2);
}

int main(void)
{
#define REFERENCE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        REFERENCE_TEST(a_reference_leads_somewhere),
        REFERENCE_TEST(each_item_is_one),
        REFERENCE_TEST(ids_are_strings),
        REFERENCE_TEST(strange_ids),
        REFERENCE_TEST(the_longest_ids),
        REFERENCE_TEST(no_collection),
        REFERENCE_TEST(to_itself),
        REFERENCE_TEST(who_refers_may_be_renamed),
        REFERENCE_TEST(moved_onto_itself),
        REFERENCE_TEST(added_later),
        REFERENCE_TEST(to_another_collection),
        REFERENCE_TEST(a_default),
        REFERENCE_TEST(too_many),
        REFERENCE_TEST(a_member_and_its_items),
        REFERENCE_TEST(as_of_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
