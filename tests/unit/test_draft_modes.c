/* Patches, edits, truncation; and what a write is based on, which no later read of the process can
 * mend. */
#include "draft_place.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NEW    (O_WRONLY | O_CREAT | O_TRUNC)
#define APPEND (O_WRONLY | O_CREAT | O_APPEND)

static int setup(void **state)
{
    struct draft_place *place = malloc(sizeof(*place));
    assert_non_null(place);
    draft_place_init(place, "{\"properties\":{\"n\":{\"type\":\"integer\"}}}");
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    draft_place_finish(*state);
    free(*state);
    return 0;
}

/* Replaces the whole, as `echo >` does. */
static int write_as(struct draft_place *place, uint64_t process, const char *name, const char *text)
{
    draft_become(place, process);
    struct handle *handle = draft_open(place, name, NEW);
    int result = draft_put(place, handle, 0, text);
    assert_int_equal(draft_close(place, handle), result);
    draft_free(place, handle);
    return result;
}

static void several_patches(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"a\":1}"), 0);
    struct handle *handle = draft_open(place, "a.json", APPEND);
    assert_int_equal(draft_put(place, handle, 7, "{\"b\":"), 0);
    assert_int_equal(draft_commits(place), 1);
    assert_int_equal(draft_put(place, handle, 12, "2}"), 0);
    assert_int_equal(draft_commits(place), 2);
    assert_true(draft_has(place, "a", "{\n  \"a\": 1,\n  \"b\": 2\n}\n"));
    assert_int_equal(draft_put(place, handle, 14, "\n"), 0);
    assert_int_equal(draft_put(place, handle, 99, "{\"c\":3}\n"), 0); /* offsets mean nothing */
    assert_int_equal(draft_put(place, handle, 0, "{\"a\":null}"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_int_equal(draft_commits(place), 4);
    assert_true(draft_has(place, "a", "{\n  \"b\": 2,\n  \"c\": 3\n}\n"));
}

static void every_cut_of_patches(void **state)
{
    struct draft_place *place = *state;
    static const char first[] = " {\"a\": {\"b\": \"}\"}}";
    char part[sizeof(first)];
    for (size_t cut = 0; cut < sizeof(first); cut++) {
        assert_int_equal(write_as(place, 1, "a.json", "{}"), 0);
        uint64_t before = draft_commits(place);
        struct handle *handle = draft_open(place, "a.json", APPEND);
        memcpy(part, first, cut);
        part[cut] = 0;
        assert_int_equal(draft_put(place, handle, 0, part), 0);
        assert_int_equal(draft_put(place, handle, 0, first + cut), 0);
        assert_int_equal(draft_commits(place), before + 1);
        assert_int_equal(draft_put(place, handle, 0, "{\"c\":[]}"), 0);
        assert_int_equal(draft_commits(place), before + 2);
        draft_free(place, handle);
        assert_true(
            draft_has(place, "a", "{\n  \"a\": {\n    \"b\": \"}\"\n  },\n  \"c\": []\n}\n"));
    }
}

static void a_refused_patch(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    struct handle *handle = draft_open(place, "a.json", APPEND);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":"), 0);
    assert_int_equal(draft_put(place, handle, 0, "1.5}"), -ERR_SCHEMA_MISMATCH);
    assert_int_equal(draft_put(place, handle, 7, "1.5}"), -ERR_SCHEMA_MISMATCH);
    assert_true(place->repeated);
    assert_int_equal(draft_put(place, handle, 0, "2}"), 0);
    assert_int_equal(draft_put(place, handle, 0, "{\"m\":1}{\"m\":2}"), -ERR_JSON_SYNTAX);
    assert_int_equal(draft_close(place, handle), -ERR_JSON_SYNTAX);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\n  \"n\": 2\n}\n"));
}

static void a_patch_of_nothing_creates(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", APPEND);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\" : 1}"), 0);
    assert_int_equal(draft_put(place, handle, 9, "{\"m\":2}"), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\n  \"n\": 1,\n  \"m\": 2\n}\n"));
    assert_int_equal(draft_commits(place), 2);
}

static void patches_never_conflict(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    draft_cat(place, "a.json", "{\"n\":1}");
    struct handle *handle = draft_open(place, "a.json", APPEND);
    assert_int_equal(write_as(place, 2, "a.json", "{\"n\":2}"), 0);
    draft_become(place, 1);
    assert_int_equal(draft_put(place, handle, 0, "{\"m\":1}"), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\n  \"n\": 2,\n  \"m\": 1\n}\n"));
}

static int patch_as(struct draft_place *place, uint64_t process, const char *name, const char *text)
{
    draft_become(place, process);
    struct handle *handle = draft_open(place, name, APPEND);
    int result = draft_put(place, handle, 0, text);
    draft_free(place, handle);
    return result;
}

/* To add to what somebody else wrote is not to have read it. */
static void a_patch_is_no_reading(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    draft_cat(place, "a.json", "{\"n\":1}");
    assert_int_equal(write_as(place, 2, "a.json", "{\"n\":2}"), 0);
    assert_int_equal(patch_as(place, 1, "a.json", "{\"m\":1}"), 0);
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1,\"m\":1}"), -ERR_VERSION_CONFLICT);
    draft_cat(place, "a.json", "{\n  \"n\": 2,\n  \"m\": 1\n}\n");
    assert_int_equal(patch_as(place, 1, "a.json", "{\"m\":2}"), 0);
    assert_int_equal(patch_as(place, 1, "a.json", "{\"m\":3}"), 0);
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":2,\"m\":4}"), 0);
}

static void edits(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\": 10}"), 0);
    struct handle *handle = draft_open(place, "a.json", O_RDWR);
    draft_reads(place, handle, "{\"n\": 10}");
    assert_int_equal(draft_put(place, handle, 6, "27"), 0);
    draft_reads(place, handle, "{\"n\": 27}");
    assert_true(draft_has(place, "a", "{\"n\": 10}"));
    assert_int_equal(draft_sync(place, handle), 0);
    assert_true(draft_has(place, "a", "{\"n\": 27}"));
    assert_int_equal(draft_put(place, handle, 6, "27"), 0); /* what is there already */
    assert_int_equal(draft_close(place, handle), 0);
    assert_int_equal(draft_commits(place), 2);
    assert_int_equal(draft_put(place, handle, 8, ",\"m\":0}"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\": 27,\"m\":0}"));
    assert_int_equal(draft_commits(place), 3);
}

static void a_refused_edit(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\": 10}"), 0);
    struct handle *handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(draft_put(place, handle, 6, "1."), 0);
    assert_int_equal(draft_close(place, handle), -ERR_JSON_SYNTAX);
    assert_true(span_is(buf_span(&place->refused), "{\"n\": 1.}"));
    assert_int_equal(draft_close(place, handle), -ERR_JSON_SYNTAX);
    assert_true(place->repeated);
    assert_int_equal(draft_put(place, handle, 6, "1.5}"), 0);
    assert_int_equal(draft_sync(place, handle), -ERR_SCHEMA_MISMATCH);
    assert_int_equal(draft_put(place, handle, 6, "15} "), 0);
    assert_int_equal(draft_sync(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\": 15} "));
}

/* What somebody else commits meanwhile does not show through a handle, and is not lost. */
static void an_edit_is_of_what_was_opened(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\": 10}"), 0);
    struct handle *handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(write_as(place, 2, "a.json", "{\"n\": 20, \"m\": 1}"), 0);
    draft_become(place, 1);
    draft_reads(place, handle, "{\"n\": 10}");
    assert_int_equal(draft_put(place, handle, 6, "11"), 0);
    assert_int_equal(draft_sync(place, handle), -ERR_VERSION_CONFLICT);
    assert_int_equal(place->problem.expected_version, 1);
    assert_int_equal(place->problem.actual_version, 2);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\": 20, \"m\": 1}"));
}

static void the_stale_handle_stays_stale(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\": 10}"), 0);
    struct handle *handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(write_as(place, 2, "a.json", "{\"n\": 20}"), 0);
    draft_become(place, 1);
    assert_int_equal(draft_put(place, handle, 6, "11"), 0);
    assert_int_equal(draft_sync(place, handle), -ERR_VERSION_CONFLICT);
    draft_cat(place, "a.json", "{\"n\": 20}");
    assert_int_equal(draft_put(place, handle, 6, "12"), 0);
    assert_int_equal(draft_sync(place, handle), -ERR_VERSION_CONFLICT);
    draft_free(place, handle);
    handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(draft_put(place, handle, 6, "12"), 0);
    assert_int_equal(draft_sync(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\": 12}"));
}

/* The same for a replacement, whose base is what its process has read. */
static void the_base_stays_after_a_refusal(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    draft_cat(place, "a.json", "{\"n\":1}");
    assert_int_equal(write_as(place, 2, "a.json", "{\"n\":2}"), 0);
    draft_become(place, 1);
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":3}"), -ERR_VERSION_CONFLICT);
    draft_cat(place, "a.json", "{\"n\":2}");
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":3}"), -ERR_VERSION_CONFLICT);
    assert_true(place->repeated);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":4}"), -ERR_VERSION_CONFLICT);
    assert_false(place->repeated);
    assert_int_equal(draft_close(place, handle), -ERR_VERSION_CONFLICT);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\":2}"));
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":5}"), 0);
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":6}"), 0); /* an editor may save twice */
}

static void who_never_read_replaces(void **state)
{
    struct draft_place *place = *state;
    for (uint64_t process = 1; process < 5; process++)
        assert_int_equal(write_as(place, process, "a.json", process % 2 ? "{}" : "{\"n\":2}"), 0);
    assert_int_equal(draft_commits(place), 4);
}

static void what_is_there_already_is_no_version(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    assert_int_equal(write_as(place, 2, "a.json", "{\"n\":1}"), 0);
    assert_false(place->result.changed);
    assert_int_equal(draft_commits(place), 1);
}

static void pinned(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json@1", "{}"), -ERR_VERSION_CONFLICT);
    assert_int_equal(write_as(place, 1, "a.json@0", "{\"n\":1}"), 0);
    assert_int_equal(write_as(place, 1, "a.json@0", "{\"n\":1}"), -ERR_VERSION_CONFLICT);
    assert_int_equal(write_as(place, 2, "a.json@1", "{\"n\":2}"), 0);
    assert_int_equal(write_as(place, 3, "a.json@1", "{\"n\":3}"), -ERR_VERSION_CONFLICT);
    assert_true(draft_has(place, "a", "{\"n\":2}"));
    assert_int_equal(write_as(place, 3, "a.json@9", "{\"n\":3}"), -ERR_VERSION_CONFLICT);
}

static void truncated_and_not_written(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    struct handle *handle = draft_open(place, "a.json", O_WRONLY | O_TRUNC);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(draft_cut(place, handle, 0), 0);
    draft_reads(place, handle, "");
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\":1}"));
    assert_int_equal(draft_commits(place), 1);
}

static void truncated_and_written(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1, \"m\":1}"), 0);
    struct handle *handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(draft_put(place, handle, 0, "x"), 0);
    assert_int_equal(draft_cut(place, handle, 0), 0);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":2"), 0);
    assert_int_equal(draft_commits(place), 1);
    assert_int_equal(draft_put(place, handle, 6, "}"), 0);
    assert_int_equal(draft_commits(place), 2);
    assert_int_equal(draft_cut(place, handle, 0), 0); /* and once more */
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":3}"), 0);
    assert_int_equal(draft_commits(place), 3);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\":3}"));
}

static void cut_to_a_size(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}  }"), -ERR_JSON_SYNTAX);
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}    "), 0);
    struct handle *handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(draft_cut(place, handle, 7), 0);
    assert_int_equal(draft_close(place, handle), 0);
    assert_true(draft_has(place, "a", "{\"n\":1}"));
    assert_int_equal(draft_cut(place, handle, 6), 0);
    assert_int_equal(draft_sync(place, handle), -ERR_JSON_INCOMPLETE);
    assert_int_equal(draft_put(place, handle, 6, "2}"), 0);
    assert_int_equal(draft_sync(place, handle), 0);
    assert_true(draft_has(place, "a", "{\"n\":12}"));
    assert_int_equal(draft_cut(place, handle, 9), 0); /* zeros */
    assert_int_equal(draft_sync(place, handle), -ERR_JSON_ENCODING);
    assert_int_equal(draft_put(place, handle, 8, "\n"), 0);
    assert_int_equal(draft_sync(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\":12}\n"));
}

/* Two who create the same name: one entity, whose second version is the later one's. */
static void created_by_two(void **state)
{
    struct draft_place *place = *state;
    struct handle *first = draft_open(place, "a.json", NEW);
    draft_become(place, 2);
    struct handle *second = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, second, 0, "{\"n\":2}"), 0);
    assert_int_equal(place->result.version, 1);
    draft_become(place, 1);
    assert_int_equal(draft_put(place, first, 0, "{\"n\":1}"), 0);
    assert_int_equal(place->result.version, 2);
    draft_free(place, first);
    draft_free(place, second);
    assert_true(draft_has(place, "a", "{\"n\":1}"));
}

static void deleted_while_open(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    struct handle *handle = draft_open(place, "a.json", O_RDWR);
    assert_int_equal(model_delete(&place->stored, place->collection, "a", NULL), 0);
    draft_reads(place, handle, "{\"n\":1}");
    assert_int_equal(draft_put(place, handle, 5, "2"), 0);
    assert_int_equal(draft_sync(place, handle), -ERR_VERSION_CONFLICT);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", NULL));
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":3}"), 0);
}

static void renamed_while_open(void **state)
{
    struct draft_place *place = *state;
    assert_int_equal(write_as(place, 1, "a.json", "{\"n\":1}"), 0);
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(
        model_move(&place->stored, place->collection, "a", place->collection, "b", NULL), 0);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":2}"), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", NULL));
    assert_true(draft_has(place, "b", "{\"n\":2}"));
}

int main(void)
{
#define MODE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        MODE_TEST(several_patches),
        MODE_TEST(every_cut_of_patches),
        MODE_TEST(a_refused_patch),
        MODE_TEST(a_patch_of_nothing_creates),
        MODE_TEST(patches_never_conflict),
        MODE_TEST(a_patch_is_no_reading),
        MODE_TEST(edits),
        MODE_TEST(a_refused_edit),
        MODE_TEST(an_edit_is_of_what_was_opened),
        MODE_TEST(the_stale_handle_stays_stale),
        MODE_TEST(the_base_stays_after_a_refusal),
        MODE_TEST(who_never_read_replaces),
        MODE_TEST(what_is_there_already_is_no_version),
        MODE_TEST(pinned),
        MODE_TEST(truncated_and_not_written),
        MODE_TEST(truncated_and_written),
        MODE_TEST(cut_to_a_size),
        MODE_TEST(created_by_two),
        MODE_TEST(deleted_while_open),
        MODE_TEST(renamed_while_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
