/* fuzz_schema: compiles a schema and checks a document. The first line of the input is the schema,
 * the rest is the document. */
#include "fuzz.h"

#include "schema/schema.h"
#include "store/base/cleanup.h"

#define ARENA_MAX (64 << 20)

/* Made once: it costs more than most inputs do. */
static const struct schema_library *shared_library(void)
{
    static struct schema_library *library;
    if (library == NULL)
        CHECK(schema_library_create(&library, NULL) == 0);
    return library;
}

static void drop_schema(struct schema **schema)
{
    schema_destroy(*schema);
}

#define AUTO_SCHEMA CLEANUP(drop_schema)

/* A reference to "/self" leads to the schema once more, as another resource. */
static int find_self(void *context, struct span uri, struct span reference, struct span *ret_text,
                     struct problem *problem)
{
    (void)reference;
    if (!span_is(uri, "persistfs:/self"))
        return problem_set(problem, ERR_NOT_FOUND, "there is no other");
    *ret_text = *(const struct span *)context;
    return 0;
}

static struct schema *compile(struct span text, bool lenient)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema_source source = {.find = find_self, .context = &text};
    struct schema_options options = {.source = &source, .lenient = lenient};
    struct schema *schema = NULL;
    int error = schema_compile(shared_library(), &options, text, &schema, &problem);
    CHECK((error == 0) == (schema != NULL));
    CHECK(error == 0 || problem.detail.size > 0);
    return schema;
}

static bool is_budget(int error)
{
    return error == -ERR_SCHEMA_BUDGET || error == -ERR_PATTERN_BUDGET || error == -ERR_NO_MEMORY;
}

static int validate(const struct schema *schema, const struct tree *document)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int error = schema_validate(schema, document, &problem);
    CHECK(error == 0 || error == -ERR_SCHEMA_MISMATCH || is_budget(error));
    CHECK(error == 0 || problem.detail.size > 0);
    CHECK(error != -ERR_SCHEMA_MISMATCH || problem.item_count > 0);
    return error;
}

/* A report looks at more than a verdict needs, and so may run out where that does not. */
static bool agree(int a, int b)
{
    return a == b || is_budget(a) || is_budget(b);
}

static void check_report(const struct schema *schema, const struct tree *document,
                         struct arena *arena, int expected)
{
    AUTO_BUF struct buf out = {0};
    int error = schema_report(schema, document, &out, NULL);
    CHECK(agree(error, expected));
    if (is_budget(error))
        return;
    struct tree *report = NULL;
    int unread = tree_parse_value(arena, buf_span(&out), SIZE_MAX, &report, NULL);
    if (unread == -ERR_NO_MEMORY)
        return;
    CHECK(unread == 0);
    CHECK(memchr(out.data, '\n', out.size) == NULL);
    CHECK(tree_get(report, "valid")->type == (error == 0 ? TREE_TRUE : TREE_FALSE));
}

static void check_rewritten(const struct schema *schema, const struct tree *document,
                            struct arena *arena, int expected)
{
    AUTO_BUF struct buf text = {0};
    tree_write_compact(&text, document);
    struct tree *again = NULL;
    int error = tree_parse_value(arena, buf_span(&text), SIZE_MAX, &again, NULL);
    CHECK(error == 0 || error == -ERR_NO_MEMORY);
    if (error == 0)
        CHECK(validate(schema, again) == expected);
}

/* What the defaults made stays so when they are applied again. */
static void check_defaults(const struct schema *schema, const struct tree *document,
                           struct arena *arena)
{
    const struct tree *whole = NULL;
    const struct tree *twice = NULL;
    if (schema_apply_defaults(schema, arena, document, &whole) == 0 &&
        schema_apply_defaults(schema, arena, whole, &twice) == 0)
        CHECK(twice == whole);
}

static int check_document(const struct schema *schema, const struct tree *document,
                          struct arena *arena)
{
    int error = validate(schema, document);
    check_report(schema, document, arena, error);
    check_rewritten(schema, document, arena, error);
    CHECK(schema_check_read_only(schema, document, document, NULL) == 0);
    check_defaults(schema, document, arena);
    return error;
}

/* With a strict schema's verdict, too, which may be none and else is the same. */
static void check_both(struct span schema_text, const struct tree *document, struct arena *arena)
{
    AUTO_SCHEMA struct schema *lenient = compile(schema_text, true);
    AUTO_SCHEMA struct schema *strict = compile(schema_text, false);
    CHECK(lenient != NULL || strict == NULL);
    if (lenient == NULL || document == NULL)
        return;
    int error = check_document(lenient, document, arena);
    if (strict != NULL)
        CHECK(agree(check_document(strict, document, arena), error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    if (end == NULL)
        return 0;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, ARENA_MAX);
    size_t schema_size = (size_t)(end - data);
    struct span text = span_make(end + 1, size - schema_size - 1);
    struct tree *document = NULL;
    tree_parse_value(&arena, text, SIZE_MAX, &document, NULL);
    check_both(span_make(data, schema_size), document, &arena);
    return 0;
}
