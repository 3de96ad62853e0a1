#include "schema/sql_internal.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>

void *sql_alloc(struct sql *sql, size_t count, size_t size)
{
    void *memory = arena_alloc_array(sql->arena, count, size);
    if (!memory)
        sql_fail(sql, ERR_NO_MEMORY, "no memory");
    return memory;
}

struct span sql_keep(struct sql *sql, const struct buf *text)
{
    struct span copy = arena_copy(sql->arena, buf_span(text));
    if (buf_failed(text) || !copy.data)
        sql_fail(sql, ERR_NO_MEMORY, "no memory");
    return copy;
}

void sql_fail(struct sql *sql, enum err code, const char *format, ...)
{
    if (sql->error < 0)
        return;
    AUTO_BUF struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    sql->error = problem_set(sql->problem, code, "%s", buf_string(&text));
}

void sql_note(struct sql *sql, uint32_t line, const char *format, ...)
{
    AUTO_BUF struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    struct sql_noted *noted = sql_alloc(sql, 1, sizeof(*noted));
    if (!noted)
        return;
    *noted = (struct sql_noted){.older = sql->notes, .note = {line, sql_keep(sql, &text)}};
    sql->notes = noted;
    sql->note_count++;
}

void sql_count(struct sql *sql, uint32_t line, const char *what, const char *which)
{
    size_t i = 0;
    while (i < sql->count_count &&
           (strcmp(sql->counts[i].what, what) != 0 || strcmp(sql->counts[i].which, which) != 0))
        i++;
    if (i == SQL_COUNTS_MAX)
        return;
    if (i == sql->count_count)
        sql->counts[sql->count_count++] = (struct sql_count){what, which, line, 0};
    sql->counts[i].count++;
}

struct sql_quote sql_quote(struct span text)
{
    struct sql_quote quote = {0};
    const size_t most = sizeof(quote.text) - sizeof("...");
    struct span head = utf8_head(text, most);
    if (head.size > 0)
        memcpy(quote.text, head.data, head.size);
    for (size_t i = 0; i < head.size; i++)
        if ((uint8_t)quote.text[i] < ' ' || quote.text[i] == 0x7f)
            quote.text[i] = ' ';
    if (head.size < text.size)
        memcpy(quote.text + head.size, "...", sizeof("..."));
    return quote;
}

static void note_counts(struct sql *sql)
{
    for (size_t i = 0; i < sql->count_count; i++) {
        const struct sql_count *count = &sql->counts[i];
        if (count->count == 1)
            sql_note(sql, count->line, "%s%s: left out", count->what, count->which);
        else
            sql_note(sql, count->line, "%s%s: left out, %zu in all", count->what, count->which,
                     count->count);
    }
}

struct numbered_note {
    struct sql_note note;
    size_t number;
};

static int by_line(const void *a, const void *b)
{
    const struct numbered_note *x = a, *y = b;
    if (x->note.line != y->note.line)
        return x->note.line < y->note.line ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static void sort_notes(struct sql *sql, struct sql_schemas *schemas)
{
    struct numbered_note *sorted = sql_alloc(sql, sql->note_count, sizeof(*sorted));
    schemas->notes = sql_alloc(sql, sql->note_count, sizeof(*schemas->notes));
    if (!sorted || !schemas->notes)
        return;
    schemas->note_count = sql->note_count;
    size_t i = sql->note_count;
    for (const struct sql_noted *at = sql->notes; at; at = at->older) {
        i--;
        sorted[i] = (struct numbered_note){at->note, i};
    }
    qsort(sorted, sql->note_count, sizeof(*sorted), by_line);
    for (i = 0; i < sql->note_count; i++)
        schemas->notes[i] = sorted[i].note;
}

static void write_schemas(struct sql *sql, struct sql_schemas *schemas)
{
    schemas->schemas = sql_alloc(sql, sql->table_count, sizeof(*schemas->schemas));
    for (struct sql_table *table = sql->tables; table && sql->error == 0; table = table->next) {
        if (table->is_type || table->is_left_out)
            continue;
        struct span text = sql_schema_of(sql, table);
        schemas->schemas[schemas->count++] = (struct sql_schema){table->collection, text};
    }
    if (schemas->count == 0)
        sql_fail(sql, ERR_INVALID, "there is no CREATE TABLE in it");
}

static void check_text(struct sql *sql, struct span text)
{
    uint64_t line = 1;
    if (text.size > SQL_SIZE_MAX)
        sql_fail(sql, ERR_TOO_LARGE, "it has more than %d bytes", SQL_SIZE_MAX);
    for (size_t at = 0; at < text.size && sql->error == 0;) {
        size_t length = utf8_length(span_skip(text, at));
        if (length == 0 || text.data[at] == 0)
            sql_fail(sql, ERR_INVALID, "line %ju: the text is not plain UTF-8", (uintmax_t)line);
        line += text.data[at] == '\n';
        at += length;
    }
}

static void link_and_shape(struct sql *sql)
{
    if (sql->error == 0)
        sql_link(sql);
    if (sql->error == 0)
        sql_name_collections(sql);
    if (sql->error == 0)
        sql_shape_tables(sql);
}

int sql_schemas_read(struct arena *arena, const struct schema_library *library, struct span text,
                     enum sql_dialect dialect, struct sql_schemas *ret_schemas,
                     struct problem *problem)
{
    struct sql sql = {.arena = arena, .library = library, .problem = problem, .dialect = dialect};
    struct sql_schemas schemas = {0};
    sql.last_table = &sql.tables;
    sql.last_column = &sql.columns;
    sql.last_rule = &sql.rules;
    check_text(&sql, text);
    if (sql.error == 0 && dialect == SQL_GUESS)
        sql.dialect = sql_guess(text);
    if (sql.error == 0)
        sql_parse(&sql, text);
    link_and_shape(&sql);
    if (sql.error == 0)
        write_schemas(&sql, &schemas);
    note_counts(&sql);
    sort_notes(&sql, &schemas);
    if (sql.error < 0)
        return sql.error;
    *ret_schemas = schemas;
    return 0;
}
