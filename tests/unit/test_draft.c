/* When a text that comes in pieces takes effect, and what becomes of pieces that are refused. */
#include "draft_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NEW           (O_WRONLY | O_CREAT | O_TRUNC)
#define OPEN_SCHEMA   "{}"
#define STRICT_SCHEMA "{\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}"

static int setup(void **state)
{
    struct draft_place *place = malloc(sizeof(*place));
    assert_non_null(place);
    draft_place_init(place, OPEN_SCHEMA);
    *state = place;
    return 0;
}

static int setup_strict(void **state)
{
    struct draft_place *place = malloc(sizeof(*place));
    assert_non_null(place);
    draft_place_init(place, STRICT_SCHEMA);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    draft_place_finish(*state);
    free(*state);
    return 0;
}

static size_t refusals_kept(struct draft_place *place)
{
    AUTO_BUF struct buf journal = {0};
    size_t lines = 0;
    refusals_journal(place->mount.refusals, 0, &journal);
    for (size_t i = 0; i < journal.size; i++)
        lines += journal.data[i] == '\n';
    return lines;
}

static const char whole[] = "{\"a\": [1, \"x\\u00e4\303\244\\\\\"], \"}\": {\"b\": -1.5e3}}";
#define WHOLE (sizeof(whole) - 1)

/* Writes the part of the text from `from` to `to`. */
static int put_part(struct draft_place *place, struct handle *handle, size_t from, size_t to)
{
    char part[sizeof(whole)];
    memcpy(part, whole + from, to - from);
    part[to - from] = 0;
    return draft_put(place, handle, from, part);
}

/* In three pieces, some of which may be empty. */
static void put_cut(struct draft_place *place, const char *name, size_t first, size_t second)
{
    uint64_t before = draft_commits(place);
    struct handle *handle = draft_open(place, name, NEW);
    assert_int_equal(put_part(place, handle, 0, first), 0);
    assert_int_equal(draft_commits(place) - before, first == WHOLE);
    assert_int_equal(put_part(place, handle, first, second), 0);
    assert_int_equal(draft_commits(place) - before, second == WHOLE);
    assert_int_equal(put_part(place, handle, second, WHOLE), 0);
    assert_int_equal(draft_commits(place) - before, 1);
    assert_int_equal(draft_close(place, handle), 0);
    assert_int_equal(draft_sync(place, handle), 0);
    draft_free(place, handle);
    assert_int_equal(draft_commits(place) - before, 1);
}

static void every_cut_commits_once(void **state)
{
    struct draft_place *place = *state;
    for (size_t first = 0; first <= WHOLE; first++) {
        for (size_t second = first; second <= WHOLE; second += 1 + (second - first) / 4) {
            char name[32];
            snprintf(name, sizeof(name), "%zu-%zu.json", first, second);
            put_cut(place, name, first, second);
            snprintf(name, sizeof(name), "%zu-%zu", first, second);
            assert_true(draft_has(place, name, whole));
        }
    }
}

static void byte_by_byte(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    for (size_t i = 0; i < WHOLE; i++) {
        assert_int_equal(draft_commits(place), 0);
        assert_int_equal(put_part(place, handle, i, i + 1), 0);
    }
    assert_int_equal(draft_commits(place), 1);
    assert_int_equal(place->result.version, 1);
    assert_true(place->result.changed);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", whole));
}

static void a_refused_piece_is_taken_back(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"a\":"), 0);
    assert_int_equal(draft_put(place, handle, 5, "1]"), -ERR_JSON_SYNTAX);
    assert_true(span_is(buf_span(&place->refused), "{\"a\":1]"));
    draft_reads(place, handle, "{\"a\":");
    assert_int_equal(draft_put(place, handle, 5, "nul "), -ERR_JSON_SYNTAX);
    assert_int_equal(draft_put(place, handle, 5, "\377"), -ERR_JSON_ENCODING);
    assert_int_equal(draft_put(place, handle, 5, "\"\377"), -ERR_JSON_ENCODING);
    assert_int_equal(draft_put(place, handle, 5, "1}"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"a\":1}"));
    assert_int_equal(draft_commits(place), 1);
}

static void the_first_byte_may_be_refused(void **state)
{
    struct draft_place *place = *state;
    static const char *const texts[] = {"[", "1", "\"", "null", "}", "\357\273\277{", "x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct handle *handle = draft_open(place, "a.json", NEW);
        assert_true(draft_put(place, handle, 0, texts[i]) < 0);
        assert_int_equal(error_errno(place->problem.code), EBADMSG);
        assert_true(draft_close(place, handle) < 0);
        draft_free(place, handle);
        assert_true(draft_has(place, "a", NULL));
    }
}

static void a_repeated_write_has_the_same_verdict(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":1.5}"), -ERR_SCHEMA_MISMATCH);
    assert_false(place->repeated);
    char detail[200];
    snprintf(detail, sizeof(detail), "%s", buf_string(&place->problem.detail));
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(draft_put(place, handle, 0, "{\"n\":1.5}"), -ERR_SCHEMA_MISMATCH);
        assert_true(place->repeated);
        assert_string_equal(buf_string(&place->problem.detail), detail);
    }
    assert_int_equal(draft_sync(place, handle), -ERR_SCHEMA_MISMATCH);
    assert_true(place->repeated);
    assert_int_equal(draft_close(place, handle), -ERR_SCHEMA_MISMATCH);
    assert_true(place->repeated);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":2.5}"), -ERR_SCHEMA_MISMATCH);
    assert_false(place->repeated); /* it is another text */
    assert_int_equal(draft_put(place, handle, 0, "{\"m\":1.0}"), -ERR_SCHEMA_MISMATCH);
    assert_false(place->repeated);
    assert_int_equal(draft_put(place, handle, 0, "{\"n\":3}"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"n\":3}"));
    assert_int_equal(refusals_kept(place), 3);
}

static void a_refused_creation_is_no_file(void **state)
{
    struct draft_place *place = *state;
    struct pending pending;
    struct span name = span_of_string("a");
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_true(pendings_find(place->mount.pendings, place->collection, name, &pending));
    assert_int_equal(draft_put(place, handle, 0, "{}"), -ERR_SCHEMA_MISMATCH);
    assert_false(pendings_find(place->mount.pendings, place->collection, name, &pending));
    assert_int_equal(draft_close(place, handle), -ERR_SCHEMA_MISMATCH);
    draft_free(place, handle);
    assert_false(pendings_get(place->mount.pendings, pending.object, &pending));
    assert_true(draft_has(place, "a", NULL));
}

static uint64_t version_of(struct draft_place *place, const char *name)
{
    struct handle *handle = draft_open(place, name, O_WRONLY);
    uint64_t seq = ((struct draft *)handle)->opened_seq;
    draft_free(place, handle);
    return seq;
}

static void white_space_is_no_version(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, " {\"a\":1}"), 0);
    uint64_t seq = version_of(place, "a.json");
    assert_int_equal(draft_put(place, handle, 8, "\n"), 0);
    assert_int_equal(draft_put(place, handle, 9, " \t\r\n"), 0);
    assert_true(draft_has(place, "a", " {\"a\":1}"));
    assert_int_equal(draft_close(place, handle), 0);
    assert_true(draft_has(place, "a", " {\"a\":1}\n \t\r\n"));
    assert_int_equal(draft_put(place, handle, 13, "\n"), 0);
    assert_int_equal(draft_put(place, handle, 14, "x"), -ERR_JSON_SYNTAX);
    assert_int_equal(draft_put(place, handle, 14, "\n"), 0);
    assert_int_equal(draft_sync(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", " {\"a\":1}\n \t\r\n\n\n"));
    assert_int_equal(version_of(place, "a.json"), seq);
    assert_int_equal(draft_commits(place), 1);
}

static void white_space_after_somebody_elses_write(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"a\":1}"), 0);
    draft_become(place, 2);
    struct handle *other = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, other, 0, "{\"a\":2}"), 0);
    draft_become(place, 1);
    assert_int_equal(draft_put(place, handle, 7, "\n"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    assert_true(draft_has(place, "a", "{\"a\":2}"));
    draft_free(place, handle);
    draft_free(place, other);
    assert_int_equal(draft_commits(place), 2);
}

static void leading_white_space_alone(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "\n\n"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", NULL));
    assert_int_equal(refusals_kept(place), 0);
}

/* Nobody has a descriptor of it that could write the rest. */
static void an_incomplete_text(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"a\":"), 0);
    assert_int_equal(draft_close(place, handle), -ERR_JSON_INCOMPLETE);
    assert_true(span_is(buf_span(&place->refused), "{\"a\":"));
    assert_int_equal(draft_close(place, handle), -ERR_JSON_INCOMPLETE);
    assert_true(place->repeated);
    assert_int_equal(draft_put(place, handle, 5, "1}"), 0); /* there was one after all */
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"a\":1}"));
}

static void nothing_commits_at_release(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"a\":"), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", NULL));
    handle = draft_open(place, "b.json", NEW);
    assert_int_equal(draft_put(place, handle, 1, "}"), 0); /* out of order */
    assert_int_equal(draft_put(place, handle, 0, "{"), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "b", NULL));
    handle = draft_open(place, "c.json", NEW);
    draft_free(place, handle);
    assert_true(draft_has(place, "c", NULL));
}

static void pieces_out_of_order(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    for (size_t at = WHOLE; at > 0; at--)
        assert_int_equal(put_part(place, handle, at - 1, at), 0);
    assert_int_equal(draft_commits(place), 0);
    assert_int_equal(draft_close(place, handle), 0);
    assert_int_equal(draft_close(place, handle), 0);
    assert_int_equal(draft_commits(place), 1);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", whole));
}

static void a_hole_is_not_json(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{"), 0);
    assert_int_equal(draft_put(place, handle, 2, "}"), 0);
    assert_int_equal(draft_sync(place, handle), -ERR_JSON_ENCODING);
    assert_int_equal(draft_put(place, handle, 1, " "), 0);
    assert_int_equal(draft_sync(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{ }"));
}

static void written_over_after_the_commit(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"a\":1}"), 0);
    assert_int_equal(draft_put(place, handle, 5, "2"), 0);
    assert_true(draft_has(place, "a", "{\"a\":1}"));
    assert_int_equal(draft_close(place, handle), 0);
    assert_true(draft_has(place, "a", "{\"a\":2}"));
    assert_int_equal(draft_put(place, handle, 5, "2"), 0); /* as it is already */
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_int_equal(draft_commits(place), 2);
}

static void too_large(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{"), 0);
    assert_int_equal(draft_put(place, handle, 1 << 20, "}"), -ERR_TOO_LARGE);
    assert_int_equal(draft_put(place, handle, UINT64_MAX - 1, "}"), -ERR_TOO_LARGE);
    assert_int_equal(draft_cut(place, handle, (1 << 20) + 1), -ERR_TOO_LARGE);
    assert_int_equal(draft_put(place, handle, 1, "}"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{}"));
}

/* Members given twice are found when the text is complete: the piece that completes it is refused.
 */
static void refused_by_the_tree(void **state)
{
    struct draft_place *place = *state;
    struct handle *handle = draft_open(place, "a.json", NEW);
    assert_int_equal(draft_put(place, handle, 0, "{\"a\":1,"), 0);
    assert_int_equal(draft_put(place, handle, 7, "\"a\":2}"), -ERR_JSON_DUPLICATE);
    assert_int_equal(draft_put(place, handle, 7, "\"b\":2}"), 0);
    assert_int_equal(draft_close(place, handle), 0);
    draft_free(place, handle);
    assert_true(draft_has(place, "a", "{\"a\":1,\"b\":2}"));
}

int main(void)
{
#define DRAFT_TEST(test)  cmocka_unit_test_setup_teardown(test, setup, teardown)
#define STRICT_TEST(test) cmocka_unit_test_setup_teardown(test, setup_strict, teardown)
    const struct CMUnitTest tests[] = {
        DRAFT_TEST(every_cut_commits_once),
        DRAFT_TEST(byte_by_byte),
        DRAFT_TEST(a_refused_piece_is_taken_back),
        DRAFT_TEST(the_first_byte_may_be_refused),
        STRICT_TEST(a_repeated_write_has_the_same_verdict),
        STRICT_TEST(a_refused_creation_is_no_file),
        DRAFT_TEST(white_space_is_no_version),
        DRAFT_TEST(white_space_after_somebody_elses_write),
        DRAFT_TEST(leading_white_space_alone),
        DRAFT_TEST(an_incomplete_text),
        DRAFT_TEST(nothing_commits_at_release),
        DRAFT_TEST(pieces_out_of_order),
        DRAFT_TEST(a_hole_is_not_json),
        DRAFT_TEST(written_over_after_the_commit),
        DRAFT_TEST(too_large),
        DRAFT_TEST(refused_by_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
