/* Names find what they name. Sorting and not hashing, because names come from anyone and could be
 * made to collide. */
#include "schema/sql_internal.h"

#include <stdlib.h>

static uint8_t fold(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static int compare_names(struct span a, struct span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    for (size_t i = 0; i < common; i++) {
        int order = fold(a.data[i]) - fold(b.data[i]);
        if (order != 0)
            return order;
    }
    return (a.size > b.size) - (a.size < b.size);
}

static int compare_indices(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_tables(const struct sql_table *a, const struct sql_table *b)
{
    int order = compare_names(a->name.name, b->name.name);
    return order != 0 ? order : compare_names(a->name.qualifier, b->name.qualifier);
}

static int by_table(const void *a, const void *b)
{
    const struct sql_table *x = *(const struct sql_table *const *)a;
    const struct sql_table *y = *(const struct sql_table *const *)b;
    int order = compare_tables(x, y);
    return order != 0 ? order : compare_indices(x->index, y->index);
}

static int compare_columns(const struct sql_column *a, const struct sql_column *b)
{
    int order = compare_indices(a->table->index, b->table->index);
    return order != 0 ? order : compare_names(a->name, b->name);
}

static int by_column(const void *a, const void *b)
{
    const struct sql_column *x = *(const struct sql_column *const *)a;
    const struct sql_column *y = *(const struct sql_column *const *)b;
    int order = compare_columns(x, y);
    return order != 0 ? order : compare_indices(x->index, y->index);
}

/* The first of the sorted tables that is not before that name. */
static size_t first_table(const struct sql *sql, const struct sql_name *name)
{
    const struct sql_table wanted = {.name = *name};
    size_t low = 0, high = sql->table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_tables(sql->sorted_tables[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct sql_table *table_at(const struct sql *sql, size_t at, const struct sql_name *name)
{
    bool found =
        at < sql->table_count && compare_names(sql->sorted_tables[at]->name.name, name->name) == 0;
    return found ? sql->sorted_tables[at] : NULL;
}

/* The one in that schema, else the first one of that name: who writes public.users in one place
 * may leave "public" out in another. */
struct sql_table *sql_find_table(const struct sql *sql, const struct sql_name *name)
{
    struct sql_table *table = table_at(sql, first_table(sql, name), name);
    if (table && compare_names(table->name.qualifier, name->qualifier) == 0)
        return table;
    struct sql_name plain = {.name = name->name};
    return table_at(sql, first_table(sql, &plain), name);
}

struct sql_column *sql_find_column(const struct sql *sql, const struct sql_table *table,
                                   struct span name)
{
    struct sql_table owner = {.index = table->index};
    const struct sql_column wanted = {.table = &owner, .name = name};
    size_t low = 0, high = sql->column_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_columns(sql->sorted_columns[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < sql->column_count && compare_columns(sql->sorted_columns[low], &wanted) == 0;
    return found ? sql->sorted_columns[low] : NULL;
}

/* Of several with one name the first counts, as with CREATE TABLE IF NOT EXISTS. */
static void sort_tables(struct sql *sql)
{
    sql->sorted_tables = sql_alloc(sql, sql->table_count, sizeof(struct sql_table *));
    size_t count = 0;
    for (struct sql_table *table = sql->tables; table && sql->sorted_tables; table = table->next) {
        if (table->is_left_out)
            continue;
        table->index = (uint32_t)count;
        sql->sorted_tables[count++] = table;
    }
    if (count > 0)
        qsort(sql->sorted_tables, count, sizeof(struct sql_table *), by_table);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct sql_table *table = sql->sorted_tables[i];
        if (kept > 0 && compare_tables(sql->sorted_tables[kept - 1], table) == 0) {
            table->is_left_out = true;
            sql_note(sql, table->line, "%s: there is one of that name before it: left out",
                     sql_quote(table->name.name).text);
        } else {
            sql->sorted_tables[kept++] = table;
        }
    }
    sql->table_count = count > 0 ? kept : 0;
}

static struct sql_table *table_of(struct sql *sql, struct sql_table *table,
                                  const struct sql_name *of, uint32_t line)
{
    if (table)
        return table->is_left_out ? NULL : table;
    table = sql_find_table(sql, of);
    if (!table)
        sql_note(sql, line, "%s: there is no table of that name here: left out",
                 sql_quote(of->name).text);
    return table;
}

static void append_column(struct sql_column *column)
{
    struct sql_table *table = column->table;
    column->next = NULL;
    *table->last = column;
    table->last = &column->next;
    table->column_count++;
}

/* Sorted, and of several with one name the first is kept. */
static void merge_columns(struct sql *sql, size_t count)
{
    size_t kept = 0;
    if (count > 0)
        qsort(sql->sorted_columns, count, sizeof(struct sql_column *), by_column);
    for (size_t i = 0; i < count; i++) {
        struct sql_column *column = sql->sorted_columns[i];
        struct sql_column *before = kept > 0 ? sql->sorted_columns[kept - 1] : NULL;
        bool same = before && compare_columns(before, column) == 0;
        if (same && column->replaces)
            before->type = column->type;
        else if (same)
            sql_note(sql, column->line, "%s.%s: there is a column of that name before it: left out",
                     sql_quote(column->table->name.name).text, sql_quote(column->name).text);
        else
            sql->sorted_columns[kept++] = column;
        column->resolved = same; /* for now: it is not to be kept */
    }
    sql->column_count = kept;
}

static void sort_columns(struct sql *sql)
{
    sql->sorted_columns = sql_alloc(sql, sql->column_count, sizeof(struct sql_column *));
    size_t count = 0;
    for (struct sql_column *column = sql->columns; column && sql->sorted_columns;
         column = column->next) {
        column->table = table_of(sql, column->table, &column->of, column->line);
        column->index = (uint32_t)count;
        if (column->table)
            sql->sorted_columns[count++] = column;
    }
    merge_columns(sql, count);
}

/* In the order of the text. */
static void attach_columns(struct sql *sql)
{
    struct sql_column *next;
    for (struct sql_column *column = sql->columns; column; column = next) {
        next = column->next;
        if (column->table && !column->resolved)
            append_column(column);
        column->resolved = false;
    }
}

/* Rules. */

static struct sql_column *column_of(struct sql *sql, const struct sql_rule *rule, struct span name)
{
    struct sql_column *column = sql_find_column(sql, rule->table, name);
    if (!column)
        sql_note(sql, rule->line, "%s: there is no column %s: left out",
                 sql_quote(rule->table->name.name).text, sql_quote(name).text);
    return column;
}

static void apply_to_column(struct sql_column *column, const struct sql_rule *rule)
{
    switch (rule->kind) {
    case SQL_NOT_NULL:
        column->not_null = true;
        break;
    case SQL_NULLABLE:
        column->not_null = false;
        break;
    case SQL_NUMBERED:
        column->numbered = true;
        break;
    case SQL_COMPUTED:
        column->computed = true;
        break;
    case SQL_DEFAULT:
        column->standard = rule;
        break;
    case SQL_NO_DEFAULT:
        column->standard = NULL;
        break;
    case SQL_PRIMARY:
        column->primary = true;
        column->unique |= rule->column_count == 1;
        break;
    case SQL_UNIQUE:
        column->unique = true;
        break;
    case SQL_FOREIGN:
        column->reference = rule;
        break;
    case SQL_COMMENT:
        column->comment = rule->comment;
        break;
    case SQL_CHECK:
        break;
    }
}

static void add_to(struct sql *sql, struct sql_rules ***last, const struct sql_rule *rule)
{
    struct sql_rules *link = sql_alloc(sql, 1, sizeof(*link));
    if (!link)
        return;
    link->rule = rule;
    **last = link;
    *last = &link->next;
}

/* Whether each of the columns is there. */
static bool apply_to_columns(struct sql *sql, const struct sql_rule *rule)
{
    bool all = true;
    for (const struct sql_values *at = rule->columns; at; at = at->next) {
        struct sql_column *column = column_of(sql, rule, at->value);
        all &= column != NULL;
        if (column && (rule->column_count == 1 || rule->kind == SQL_PRIMARY))
            apply_to_column(column, rule);
    }
    return all;
}

static void apply_key(struct sql *sql, const struct sql_rule *rule)
{
    const char *what = rule->kind == SQL_FOREIGN ? "a reference of several columns"
                                                 : "a key over expressions, parts of values or "
                                                   "some of the rows";
    if (rule->inexact || (rule->kind == SQL_FOREIGN && rule->column_count > 1)) {
        sql_note(sql, rule->line, "%s: %s is not translated",
                 sql_quote(rule->table->name.name).text, what);
        return;
    }
    bool all = apply_to_columns(sql, rule);
    if (rule->kind == SQL_PRIMARY)
        rule->table->primary = rule;
    if (all && rule->column_count > 1)
        add_to(sql, &rule->table->last_unique, rule);
}

static void apply_rule(struct sql *sql, struct sql_rule *rule)
{
    rule->table = table_of(sql, rule->table, &rule->of, rule->line);
    if (!rule->table)
        return;
    if (rule->kind == SQL_CHECK)
        add_to(sql, &rule->table->last_check, rule);
    else if (rule->kind == SQL_COMMENT && !rule->columns)
        rule->table->comment = rule->comment;
    else if (rule->kind == SQL_PRIMARY || rule->kind == SQL_UNIQUE || rule->kind == SQL_FOREIGN)
        apply_key(sql, rule);
    else
        apply_to_columns(sql, rule);
}

void sql_link(struct sql *sql)
{
    sort_tables(sql);
    if (sql->error == 0)
        sort_columns(sql);
    if (sql->error < 0)
        return;
    attach_columns(sql);
    for (struct sql_rule *rule = sql->rules; rule && sql->error == 0; rule = rule->next)
        apply_rule(sql, rule);
}
