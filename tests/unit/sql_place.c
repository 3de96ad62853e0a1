#include "sql_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void compile(const struct sql_place *place, const struct sql_schema *schema)
{
    struct schema *compiled = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (schema_compile(place->library, NULL, schema->text, &compiled, &problem) < 0)
        fail_msg("%s%s", (const char *)schema->text.data, buf_string(&problem.detail));
    schema_destroy(compiled);
}

void sql_place_init(struct sql_place *place, const char *text, enum sql_dialect dialect)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    arena_init(&place->arena, 0);
    assert_int_equal(schema_library_create(&place->library, NULL), 0);
    int error = sql_schemas_read(&place->arena, place->library, span_of_string(text), dialect,
                                 &place->schemas, &problem);
    if (error < 0)
        fail_msg("%s\n%s", text, buf_string(&problem.detail));
    for (size_t i = 0; i < place->schemas.count; i++)
        compile(place, &place->schemas.schemas[i]);
}

void sql_place_finish(struct sql_place *place)
{
    schema_library_destroy(place->library);
    arena_finish(&place->arena);
}

static const struct tree *find(struct sql_place *place, const char *collection)
{
    for (size_t i = 0; i < place->schemas.count; i++) {
        const struct sql_schema *schema = &place->schemas.schemas[i];
        struct tree *tree = NULL;
        if (!span_is(schema->collection, collection))
            continue;
        assert_int_equal(tree_parse(&place->arena, schema->text, SCHEMA_SIZE_MAX, &tree, NULL), 0);
        return tree;
    }
    fail_msg("there is no collection %s", collection);
    return NULL;
}

void assert_schema(struct sql_place *place, const char *collection, const char *pointer,
                   const char *expected)
{
    AUTO_BUF struct buf text = {0};
    const struct tree *value = tree_at(find(place, collection), span_of_string(pointer));
    if (value)
        tree_write_compact(&text, value);
    if (!value || !expected)
        assert_true(!value && !expected);
    else
        assert_string_equal(buf_string(&text), expected);
}

void assert_note(const struct sql_place *place, uint32_t line, const char *text)
{
    for (size_t i = 0; i < place->schemas.note_count; i++) {
        const struct sql_note *note = &place->schemas.notes[i];
        if (note->line == line && memmem(note->text.data, note->text.size, text, strlen(text)))
            return;
    }
    for (size_t i = 0; i < place->schemas.note_count; i++)
        print_message("# %u: %s\n", place->schemas.notes[i].line,
                      (const char *)place->schemas.notes[i].text.data);
    fail_msg("there is no such note on line %u: %s", line, text);
}

void assert_column_note(const char *definition, enum sql_dialect dialect, const char *expected,
                        const char *note)
{
    struct sql_place place;
    AUTO_BUF struct buf text = {0};
    buf_printf(&text, "CREATE TABLE t (c %s);", definition);
    sql_place_init(&place, buf_string(&text), dialect);
    assert_schema(&place, "t", "/properties/c", expected);
    if (note)
        assert_note(&place, 1, note);
    else if (place.schemas.note_count > 0)
        fail_msg("%s: %s", definition, (const char *)place.schemas.notes[0].text.data);
    sql_place_finish(&place);
}

void assert_column(const char *definition, enum sql_dialect dialect, const char *expected)
{
    assert_column_note(definition, dialect, expected, NULL);
}

void assert_refused_sql(const char *text, int code, const char *detail)
{
    AUTO_PROBLEM struct problem problem;
    AUTO_ARENA struct arena arena;
    struct schema_library *library;
    struct sql_schemas schemas;
    problem_init(&problem);
    arena_init(&arena, 0);
    assert_int_equal(schema_library_create(&library, NULL), 0);
    assert_int_equal(
        sql_schemas_read(&arena, library, span_of_string(text), SQL_GUESS, &schemas, &problem),
        -code);
    if (!strstr(buf_string(&problem.detail), detail))
        fail_msg("%s\n%s", text, buf_string(&problem.detail));
    assert_int_equal(
        sql_schemas_read(&arena, library, span_of_string(text), SQL_GUESS, &schemas, NULL), -code);
    schema_library_destroy(library);
}
