/* Random schemas and documents: whatever satisfies the old schema and not the new one must have
 * been foreseen. */
#include "compat_maker.h"
#include "schema/compat.h"
#include "schema_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct tally {
    uint64_t pairs, documents, broken, free, completed;
};

/* What the alteration of a schema does: defaults first. */
static bool survives(const struct schema *schema, struct arena *arena, const struct tree *document,
                     struct tally *tally)
{
    const struct tree *completed;
    assert_int_equal(schema_apply_defaults(schema, arena, document, &completed), 0);
    tally->completed += completed != document;
    return schema_validate(schema, completed, NULL) == 0;
}

static void try_documents(struct maker *maker, const struct schema *schemas[2],
                          const struct buf texts[2], const struct compat_report *report,
                          struct tally *tally)
{
    for (unsigned i = 0; i < 60; i++) {
        AUTO_BUF struct buf text = {0};
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        maker_add_object(&maker->dice, &text, 0);
        const struct tree *document = document_of(&arena, buf_string(&text));
        if (schema_validate(schemas[0], document, NULL) != 0)
            continue;
        tally->documents++;
        if (survives(schemas[1], &arena, document, tally))
            continue;
        tally->broken++;
        if (report->worst == COMPAT_COMPATIBLE)
            fail_msg("%s\n-> %s\nis called compatible, but breaks %s", buf_string(&texts[0]),
                     buf_string(&texts[1]), buf_string(&text));
    }
}

static void try_pair(struct maker *maker, const struct buf texts[2], struct tally *tally)
{
    struct schema *schemas[2] = {NULL, NULL};
    struct tree *trees[2];
    bool fine = true;
    for (size_t i = 0; i < 2 && fine; i++)
        fine = compile_schema(buf_span(&texts[i]), &schemas[i], NULL) == 0;
    if (fine) {
        struct compat_report report;
        for (size_t i = 0; i < 2; i++)
            trees[i] = document_of(maker->arena, buf_string(&texts[i]));
        assert_int_equal(compat_compare(maker->arena, trees[0], trees[1], &report), 0);
        tally->pairs++;
        tally->free += report.worst == COMPAT_COMPATIBLE;
        try_documents(maker, (const struct schema *[]){schemas[0], schemas[1]}, texts, &report,
                      tally);
    }
    schema_destroy(schemas[0]);
    schema_destroy(schemas[1]);
}

static void run(uint64_t seed, struct tally *tally)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct maker maker = {.dice = {seed * 0x9e3779b97f4a7c15 + 1}, .arena = &arena};
    struct whole before, after;
    maker_make_pair(&maker, &before, &after);
    struct buf texts[2] = {{0}, {0}};
    maker_write(&texts[0], &before);
    maker_write(&texts[1], &after);
    try_pair(&maker, texts, tally);
    buf_finish(&texts[0]);
    buf_finish(&texts[1]);
}

/* More than the default of rounds is for a run by hand. */
static void test_nothing_breaks_unforeseen(void **state)
{
    (void)state;
    const char *rounds = getenv("COMPAT_ROUNDS"), *first = getenv("COMPAT_SEED");
    uint64_t count = rounds ? strtoull(rounds, NULL, 10) : 1500;
    uint64_t from = first ? strtoull(first, NULL, 10) : 1;
    struct tally tally = {0};
    for (uint64_t seed = from; seed < from + count; seed++)
        run(seed, &tally);
    print_message("# %ju pairs, %ju of them compatible; %ju documents, %ju of them broken, %ju "
                  "with a new default\n",
                  (uintmax_t)tally.pairs, (uintmax_t)tally.free, (uintmax_t)tally.documents,
                  (uintmax_t)tally.broken, (uintmax_t)tally.completed);
    assert_true(tally.broken * 100 > tally.documents); /* else it would prove nothing */
    assert_true(tally.free * 20 > tally.pairs);
    assert_true(tally.completed * 1000 > tally.documents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing_breaks_unforeseen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
