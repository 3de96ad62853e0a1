/* Defaults: a schema takes only one that satisfies it, so each is tried on the schema without any.
 */
#include "schema/sql_internal.h"

#include "store/base/cleanup.h"

/* Of all schemas. Types of many labels can be used often. */
#define WRITTEN_MAX ((size_t)64 << 20)

static void fail_schema(struct sql *sql, const struct sql_table *table, int error,
                        const struct problem *problem)
{
    sql_fail(sql, (enum err) - error, "%s: %s", sql_quote(table->name.name).text,
             buf_string(&problem->detail));
}

static int compile_bare(struct sql *sql, const struct sql_table *table, struct schema **ret_schema)
{
    AUTO_PROBLEM struct problem problem;
    AUTO_BUF struct buf text = {0};
    problem_init(&problem);
    sql_write_table(sql, table, true, &text);
    if (buf_failed(&text))
        sql_fail(sql, ERR_NO_MEMORY, "no memory");
    if (sql->error < 0)
        return sql->error;
    int error = schema_compile(sql->library, NULL, buf_span(&text), ret_schema, &problem);
    if (error < 0)
        fail_schema(sql, table, error, &problem);
    return error;
}

/* Whether the schema takes a document with that value alone. */
static int try_value(const struct schema *schema, const struct sql_column *column,
                     struct span value)
{
    AUTO_ARENA struct arena arena;
    AUTO_BUF struct buf text = {0};
    struct tree *document;
    arena_init(&arena, 0);
    buf_append_byte(&text, '{');
    buf_append_json_string(&text, column->name);
    buf_append_byte(&text, ':');
    buf_append_span(&text, value);
    buf_append_byte(&text, '}');
    if (buf_failed(&text))
        return -ERR_NO_MEMORY;
    int error = tree_parse(&arena, buf_span(&text), SCHEMA_SIZE_MAX, &document, NULL);
    return error < 0 ? error : schema_validate(schema, document, NULL);
}

static struct span default_text(const struct sql_column *column)
{
    if (!column->standard)
        return span_of_string("of its domain");
    const struct sql_expression *expression = &column->standard->expression;
    const uint8_t *end = expression->end;
    while (end > expression->at && end[-1] <= ' ')
        end--;
    return span_make(expression->at, (size_t)(end - expression->at));
}

static void try_default(struct sql *sql, const struct schema *schema, struct sql_column *column)
{
    AUTO_BUF struct buf text = {0};
    bool known = column->value && sql_write_literal(sql, &text, column->class, column->value);
    int error = known ? try_value(schema, column, buf_span(&text)) : 0;
    if (buf_failed(&text) || error == -ERR_NO_MEMORY)
        sql_fail(sql, ERR_NO_MEMORY, "no memory");
    if (known && error == 0) {
        column->default_value = sql_keep(sql, &text);
        sql->written += text.size;
        return;
    }
    const char *instead =
        column->not_null || column->primary ? "it is not required" : "there is none";
    sql_note(sql, column->line, "%s.%s: DEFAULT %s is not %s: %s",
             sql_quote(column->table->name.name).text, sql_quote(column->name).text,
             sql_quote(default_text(column)).text,
             known ? "valid itself" : "a value that can be translated", instead);
}

static bool has_defaults(const struct sql_table *table)
{
    for (const struct sql_column *at = table->columns; at; at = at->next)
        if (at->has_default && !at->numbered && !at->computed)
            return true;
    return false;
}

static void try_defaults(struct sql *sql, struct sql_table *table)
{
    struct schema *schema;
    if (compile_bare(sql, table, &schema) < 0)
        return;
    for (struct sql_column *at = table->columns; at && sql->error == 0; at = at->next) {
        if (at->has_default && !at->numbered && !at->computed)
            try_default(sql, schema, at);
        if (sql->written > WRITTEN_MAX)
            sql_fail(sql, ERR_TOO_LARGE, "the schemas are too large");
    }
    schema_destroy(schema);
}

static struct span write_pretty(struct sql *sql, const struct sql_table *table, struct buf *text)
{
    AUTO_PROBLEM struct problem problem;
    AUTO_ARENA struct arena arena;
    AUTO_BUF struct buf pretty = {0};
    struct tree *tree = NULL;
    problem_init(&problem);
    arena_init(&arena, 0);
    int error = tree_parse(&arena, buf_span(text), SCHEMA_SIZE_MAX, &tree, &problem);
    if (error < 0) {
        fail_schema(sql, table, error, &problem);
        return span_make(NULL, 0);
    }
    tree_write_pretty(&pretty, tree);
    sql->written += pretty.size;
    if (sql->written > WRITTEN_MAX)
        sql_fail(sql, ERR_TOO_LARGE, "the schemas are too large");
    return sql_keep(sql, &pretty);
}

struct span sql_schema_of(struct sql *sql, struct sql_table *table)
{
    AUTO_BUF struct buf text = {0};
    struct span empty = {0};
    if (has_defaults(table))
        try_defaults(sql, table);
    if (sql->error < 0)
        return empty;
    sql_write_table(sql, table, false, &text);
    return buf_failed(&text) ? sql_keep(sql, &text) : write_pretty(sql, table, &text);
}
