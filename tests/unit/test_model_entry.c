/* What an entity has beside its document: who may use it, its times, the inode number that it
 * shows; what a write is based on; and whether it could be removed. Every test ends with the check.
 */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* An entry, and its newest version. */
struct shown {
    struct row_entry entry;
    struct row_version row;
    uint64_t seq;
};

static struct shown look(struct model_place *place, uint64_t parent, uint64_t object)
{
    struct store_view view;
    struct shown shown;
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_entry_get(&view, parent, object, &shown.entry), 1);
    assert_int_equal(store_version_get(&view, object, &shown.seq, &shown.row), 1);
    store_view_end(&view);
    shown.entry.name = span_make(NULL, 0);
    shown.row.name = shown.row.head = shown.row.patch = shown.row.document = shown.entry.name;
    return shown;
}

static int64_t mtime_of(const struct shown *shown)
{
    return shown->entry.mtime_seq == shown->seq ? shown->entry.mtime : shown->row.at;
}

/* A file that is moved onto the name. */
static struct model_put moved(struct model_place *place, uint64_t collection, const char *text)
{
    return (struct model_put){.caller = model_caller(),
                              .collection = collection,
                              .name = span_of_string("a"),
                              .object = store_new_object(place->store),
                              .text = span_of_string(text),
                              .mode = 0644,
                              .uid = 12,
                              .gid = 13,
                              .ino = 4711,
                              .has_mtime = true,
                              .mtime = -5};
}

static struct model_result must_put(struct model_place *place, const struct model_put *put)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct model_result result;
    if (model_put(place->model, put, &result, &problem) < 0)
        fail_msg("%s", buf_string(&problem.detail));
    return result;
}

static void onto_nothing(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    struct model_put put = moved(place, notes, "{}");
    struct model_result result = must_put(place, &put);
    struct shown shown = look(place, notes, result.object);
    assert_true(shown.entry.mode == 0644 && shown.entry.uid == 12 && shown.entry.gid == 13);
    assert_int_equal(shown.entry.ino, 4711);
    assert_int_equal(shown.entry.mtime_seq, result.seq);
    assert_int_equal(mtime_of(&shown), -5);
    must_write(place, notes, "a", "{\"n\":1}");
    shown = look(place, notes, result.object);
    assert_int_equal(mtime_of(&shown), shown.row.at); /* only until the next version */
    assert_int_equal(shown.entry.ino, 4711);
}

static void onto_an_entity(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t object = must_write(place, notes, "a", "{}");
    struct model_put put = moved(place, notes, "{\"n\":1}");
    struct model_result result = must_put(place, &put);
    assert_true(result.changed && result.object == object && result.version == 2);
    struct shown shown = look(place, notes, object);
    assert_true(shown.entry.mode == 0600 && shown.entry.uid == geteuid());
    assert_true(shown.entry.ino == 4711 && mtime_of(&shown) == -5);
    put = moved(place, notes, "{\"n\":2}");
    put.attributes = MODEL_MODE | MODEL_GID;
    put.mode = 04755;
    put.ino = 0;
    put.has_mtime = false;
    must_put(place, &put);
    shown = look(place, notes, object);
    assert_true(shown.entry.mode == 0755 && shown.entry.gid == 13);
    assert_int_equal(shown.entry.uid, geteuid());
    assert_int_equal(shown.entry.ino, 4711);
    assert_int_equal(mtime_of(&shown), shown.row.at);
    put.attributes = MODEL_UID;
    put.text = span_of_string("{\"n\":3}");
    must_put(place, &put);
    assert_int_equal(look(place, notes, object).entry.uid, 12);
}

/* No version, and no write at all when the entry has it, too. */
static void identical_bytes(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t object = must_write(place, notes, "a", "{}");
    struct shown before = look(place, notes, object);
    struct model_put put = moved(place, notes, "{}");
    put.ino = 0;
    put.mtime = before.row.at;
    assert_false(must_put(place, &put).changed);
    struct shown shown = look(place, notes, object);
    assert_true(shown.entry.ctime == before.entry.ctime && shown.entry.mtime_seq == 0);
    put.mtime = 5;
    struct model_result result = must_put(place, &put);
    assert_true(!result.changed && result.seq == 2 && result.version == 1);
    shown = look(place, notes, object);
    assert_true(shown.seq == 2 && mtime_of(&shown) == 5);
    assert_true(shown.entry.ctime > before.entry.ctime);
    before = shown;
    must_put(place, &put);
    assert_int_equal(look(place, notes, object).entry.ctime, before.entry.ctime);
    put.has_mtime = false;
    put.ino = 77;
    put.attributes = MODEL_MODE;
    must_put(place, &put);
    shown = look(place, notes, object);
    assert_true(shown.entry.ino == 77 && shown.entry.mode == 0644 && mtime_of(&shown) == 5);
    assert_int_equal(model_seq(place), 2);
}

static void a_refusal_sets_nothing(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    uint64_t notes = must_define(place, "notes", "{\"properties\":{\"n\":{\"type\":\"null\"}}}");
    uint64_t object = must_write(place, notes, "a", "{}");
    struct model_put put = moved(place, notes, "{\"n\":1}");
    put.attributes = MODEL_MODE;
    assert_int_equal(model_put(place->model, &put, &result, NULL), -ERR_SCHEMA_MISMATCH);
    put.text = span_of_string("{}");
    put.base = (struct model_base){MODEL_BASE_PINNED, 3};
    assert_int_equal(model_put(place->model, &put, &result, NULL), -ERR_VERSION_CONFLICT);
    struct shown shown = look(place, notes, object);
    assert_true(shown.entry.mode == 0600 && shown.entry.ino == 0 && shown.entry.mtime_seq == 0);
}

/* The folder of a collection is not what was moved onto its schema. */
static void a_schema(void **state)
{
    struct model_place *place = *state;
    struct model_put put = moved(place, STORE_SCHEMAS, "{}");
    uint64_t object = must_put(place, &put).object;
    struct shown schema = look(place, STORE_SCHEMAS, object);
    assert_true(schema.entry.ino == 4711 && mtime_of(&schema) == -5);
    struct shown folder = look(place, STORE_ROOT, object);
    assert_true(folder.entry.ino == 0 && folder.entry.mtime_seq == 0);
    must_write(place, object, "e", "{}");
    put.text = span_of_string("{\"properties\":{\"z\":{\"default\":1}},\"required\":[\"z\"]}");
    assert_int_equal(must_put(place, &put).seq, 3); /* with a migration behind it */
    schema = look(place, STORE_SCHEMAS, object);
    assert_int_equal(mtime_of(&schema), -5);
    assert_int_equal(model_seq(place), 4);
}

static void a_rename_keeps_the_mtime(void **state)
{
    struct model_place *place = *state;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t drafts = must_define(place, "drafts", "{}");
    uint64_t full =
        must_define(place, "full", "{\"properties\":{\"n\":{\"default\":1}},\"required\":[\"n\"]}");
    struct model_put put = moved(place, notes, "{}");
    uint64_t object = must_put(place, &put).object;
    assert_int_equal(model_move(place, notes, "a", notes, "b", NULL), 0);
    struct shown shown = look(place, notes, object);
    assert_true(mtime_of(&shown) == -5 && shown.entry.ino == 4711 && shown.entry.mode == 0644);
    must_write(place, notes, "b", "{\"m\":1}");
    int64_t made = look(place, notes, object).row.at;
    assert_int_equal(model_move(place, notes, "b", notes, "c", NULL), 0);
    assert_int_equal(model_move(place, notes, "c", drafts, "c", NULL), 0);
    shown = look(place, drafts, object);
    assert_int_equal(mtime_of(&shown), made);
    assert_int_not_equal(shown.row.at, made);
    assert_int_equal(model_move(place, drafts, "c", full, "c", NULL), 0);
    shown = look(place, full, object);
    assert_int_equal(mtime_of(&shown), shown.row.at); /* its document is another now */
    assert_int_equal(shown.entry.ino, 4711);
}

static void based_on_the_last(void **state)
{
    struct model_place *place = *state;
    struct model_result result;
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t object = must_write(place, notes, "a", "{\"n\":1}"); /* seq 2 */
    must_write(place, notes, "a", "{\"n\":2}");
    struct model_put put = moved(place, notes, "{\"n\":3}");
    put.base = (struct model_base){MODEL_BASE_LAST, 2};
    put.caller.reader.owner = 99;
    assert_int_equal(model_put(place->model, &put, &result, NULL), -ERR_VERSION_CONFLICT);
    assert_true(result.base.kind == MODEL_BASE_OPENED && result.base.number == 2);
    put.caller.reader.owner = 0;
    assert_int_equal(model_put(place->model, &put, &result, NULL), -ERR_VERSION_CONFLICT);
    put.base.number = 3;
    assert_int_equal(model_put(place->model, &put, &result, NULL), 0);
    assert_true(result.base.kind == MODEL_BASE_OPENED && result.seq == 4);
    /* What the process has read counts more, whatever is said. */
    put.caller.reader.owner = 99;
    bases_read(model_bases(place->model), object, put.caller.reader, 3);
    put.base.number = 4;
    put.text = span_of_string("{\"n\":4}");
    assert_int_equal(model_put(place->model, &put, &result, NULL), -ERR_VERSION_CONFLICT);
    assert_int_equal(result.base.number, 3);
    bases_read(model_bases(place->model), object, put.caller.reader, 4);
    put.base.number = 2;
    assert_int_equal(model_put(place->model, &put, &result, NULL), 0);
    put.caller.reader.owner = 100;
    put.base.number = 0;
    assert_int_equal(model_put(place->model, &put, &result, NULL), 0);
    assert_int_equal(result.base.kind, MODEL_BASE_NONE);
}

static void removal_of_a_known_version(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct model_result result;
    struct model_caller caller = model_caller();
    uint64_t notes = must_define(place, "notes", "{}");
    must_write(place, notes, "a", "{\"n\":1}"); /* seq 2 */
    must_write(place, notes, "a", "{\"n\":2}");
    const struct span name = span_of_string("a");
    struct model_base base = {MODEL_BASE_OPENED, 2};
    assert_int_equal(model_remove(place->model, &caller, notes, name, base, &result, &problem),
                     -ERR_VERSION_CONFLICT);
    assert_true(problem.expected_version == 1 && problem.actual_version == 2);
    assert_true(model_has(place, notes, "a", "{\"n\":2}"));
    base.number = 3;
    assert_int_equal(model_remove(place->model, &caller, notes, name, base, &result, NULL), 0);
}

static int ask(struct model_place *place, uint64_t collection, const char *name,
               struct problem *problem)
{
    struct model_caller caller = model_caller();
    return model_check_remove(place->model, &caller, collection, span_of_string(name), problem);
}

static void may_it_be_removed(void **state)
{
    struct model_place *place = *state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    uint64_t users = must_define(place, "users", "{}");
    uint64_t posts = must_define(place, "posts",
                                 "{\"properties\":{\"by\":{\"x-ref\":\"users\"},\"to\":{\"x-ref\":"
                                 "\"users\",\"x-on-delete\":\"cascade\"}}}");
    must_define(place, "empty", "{\"$id\":\"http://x/empty\"}");
    must_define(place, "bound", "{\"$ref\":\"http://x/empty\"}");
    must_write(place, users, "alice", "{}");
    must_write(place, users, "bob", "{}");
    must_write(place, users, "carol", "{}");
    must_write(place, posts, "p", "{\"by\":\"alice\",\"to\":\"bob\"}");
    struct model_stats before;
    model_stats(place->model, &before);
    uint64_t seq = model_seq(place);
    assert_int_equal(ask(place, users, "nobody", &problem), -ERR_NOT_FOUND);
    assert_int_equal(ask(place, 4711, "nobody", NULL), -ERR_NOT_FOUND);
    assert_int_equal(ask(place, users, "alice", &problem), -ERR_REFERENCE_HELD);
    assert_non_null(strstr(buf_string(&problem.detail), "posts/p.json (by)"));
    assert_int_equal(ask(place, users, "bob", NULL), 1); /* it would take the post along */
    assert_int_equal(ask(place, users, "carol", NULL), 0);
    assert_int_equal(ask(place, STORE_SCHEMAS, "users", NULL), -ERR_NOT_EMPTY);
    assert_int_equal(ask(place, STORE_SCHEMAS, "empty", NULL), -ERR_REFERENCE_HELD);
    assert_int_equal(ask(place, STORE_SCHEMAS, "bound", NULL), 0);
    struct model_stats after;
    model_stats(place->model, &after);
    assert_int_equal(after.syncs, before.syncs);
    assert_int_equal(after.commits, before.commits);
    assert_int_equal(after.batches, before.batches);
    assert_int_equal(model_seq(place), seq);
    assert_int_equal(model_delete(place, users, "bob", NULL), 0);
    assert_true(model_has(place, posts, "p", NULL));
    assert_int_equal(ask(place, users, "alice", NULL), 0);
}

int main(void)
{
#define ENTRY_TEST(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, model_place_setup, model_place_teardown)
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(onto_nothing),      ENTRY_TEST(onto_an_entity),
        ENTRY_TEST(identical_bytes),   ENTRY_TEST(a_refusal_sets_nothing),
        ENTRY_TEST(a_schema),          ENTRY_TEST(a_rename_keeps_the_mtime),
        ENTRY_TEST(based_on_the_last), ENTRY_TEST(removal_of_a_known_version),
        ENTRY_TEST(may_it_be_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
