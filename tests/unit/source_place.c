#include "source_place.h"
#include "schema_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int find(void *context, struct span uri, struct span reference, struct span *ret_text,
                struct problem *problem)
{
    struct source_place *place = context;
    place->asked++;
    assert_true(reference.size > 0);
    if (place->error != 0)
        return problem_set(problem, (enum err)place->error, "the source is broken");
    for (const struct source_row *row = place->rows; row && row->uri; row++) {
        if (!span_is(uri, row->uri))
            continue;
        *ret_text = span_of_string(row->text);
        return 0;
    }
    return problem_set(problem, ERR_NOT_FOUND, "the table has no such row");
}

void source_init(struct source_place *place, const struct source_row *rows)
{
    *place = (struct source_place){.rows = rows, .source = {.find = find, .context = place}};
}

int source_compile(struct source_place *place, const char *text, struct schema **ret_schema,
                   struct problem *problem)
{
    struct schema_library *library;
    struct schema_options options = {
        .base = span_of_string("http://x/main"), .source = &place->source, .lenient = true};
    int error = schema_library_create(&library, problem);
    if (error < 0)
        return error;
    error = schema_compile(library, &options, span_of_string(text), ret_schema, problem);
    schema_library_destroy(library);
    return error;
}

struct tree *value_of(struct arena *arena, const char *text)
{
    struct tree *tree = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (tree_parse_value(arena, span_of_string(text), 1 << 24, &tree, &problem) < 0)
        fail_msg("%s: %s", text, buf_string(&problem.detail));
    return tree;
}

static void judge(const struct schema *schema, const char *text, int expected)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (schema_validate(schema, value_of(&arena, text), &problem) == expected)
        return;
    print_problem(&problem);
    fail_msg("%s should be %s", text, expected == 0 ? "valid" : "refused");
}

void source_judges(const struct source_row *rows, const char *text, const char *const *valid,
                   const char *const *invalid)
{
    struct source_place place;
    source_init(&place, rows);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema *schema = NULL;
    if (source_compile(&place, text, &schema, &problem) != 0) {
        print_problem(&problem);
        fail_msg("%s should be a schema", text);
    }
    for (; *valid; valid++)
        judge(schema, *valid, 0);
    for (; *invalid; invalid++)
        judge(schema, *invalid, -ERR_SCHEMA_MISMATCH);
    schema_destroy(schema);
}

void source_refuses(const struct source_row *rows, const char *text, const char *pointer,
                    const char *keyword, const char *message)
{
    struct source_place place;
    source_init(&place, rows);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema *schema = NULL;
    assert_int_equal(source_compile(&place, text, &schema, &problem), -ERR_SCHEMA_INVALID);
    assert_null(schema);
    assert_item(&problem, pointer, keyword, message);
    assert_int_equal(problem.item_total, 1);
}
