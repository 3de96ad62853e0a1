/* fuzz_sql: schemas from tables. The first byte of the input is the dialect, the others are the
 * text. What is read must be schemas that compile, whatever the text. */
#include "fuzz.h"

#include "schema/sql.h"
#include "store/base/cleanup.h"

#define ARENA_MAX ((size_t)256 << 20)

static const struct schema_library *shared_library(void)
{
    static struct schema_library *library;
    if (library == NULL)
        CHECK(schema_library_create(&library, NULL) == 0);
    return library;
}

static void check_schema(const struct schema_library *library, const struct sql_schema *schema)
{
    AUTO_PROBLEM struct problem problem;
    struct schema *compiled = NULL;
    problem_init(&problem);
    int error = schema_compile(library, NULL, schema->text, &compiled, &problem);
    if (error != 0)
        fprintf(stderr, "%s%s\n", (const char *)schema->text.data, buf_string(&problem.detail));
    CHECK(error == 0 || error == -ERR_NO_MEMORY);
    CHECK(schema->collection.size > 0 && schema->collection.size <= 64);
    schema_destroy(compiled);
}

static void check_notes(const struct sql_schemas *schemas)
{
    for (size_t i = 0; i < schemas->note_count; i++) {
        CHECK(schemas->notes[i].text.size > 0);
        CHECK(memchr(schemas->notes[i].text.data, '\n', schemas->notes[i].text.size) == NULL);
        CHECK(i == 0 || schemas->notes[i - 1].line <= schemas->notes[i].line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    AUTO_ARENA struct arena arena;
    const struct schema_library *library = shared_library();
    struct sql_schemas schemas;
    arena_init(&arena, ARENA_MAX);
    int error = sql_schemas_read(&arena, library, span_make(data + 1, size - 1),
                                 (enum sql_dialect)(data[0] % 4), &schemas, NULL);
    CHECK(error != -ERR_SCHEMA_INVALID && error != -ERR_INTERNAL);
    for (size_t i = 0; error == 0 && i < schemas.count; i++)
        check_schema(library, &schemas.schemas[i]);
    if (error == 0)
        check_notes(&schemas);
    return 0;
}
