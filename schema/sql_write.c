/* A table as a schema. */
#include "schema/sql_internal.h"

#include "store/base/cleanup.h"

/* What schema_compile takes. */
#define UNIQUES_MAX        64
#define UNIQUE_MEMBERS_MAX 16
#define REFERENCES_MAX     64

struct writer {
    struct sql *sql;
    const struct sql_table *table;
    struct buf *out;
    bool bare;
    size_t uniques, references;
};

/* Between members. */
static void separate(struct buf *out)
{
    if (out->size > 0 && out->data[out->size - 1] != '{')
        buf_append_byte(out, ',');
}

static void write_key(struct buf *out, const char *key)
{
    separate(out);
    buf_printf(out, "\"%s\":", key);
}

static void write_text(struct buf *out, const char *key, const char *text)
{
    write_key(out, key);
    buf_append_json_string(out, span_of_string(text));
}

/* Nothing when there is no value. */
static void write_value(struct buf *out, const char *key, struct span value)
{
    if (value.size == 0)
        return;
    write_key(out, key);
    buf_append_span(out, value);
}

static bool is_nullable(const struct sql_column *column)
{
    return !column->not_null && !column->primary;
}

static void write_type(struct buf *out, enum sql_class class, bool nullable)
{
    static const char *const names[] = {
        [SQL_CLASS_INTEGER] = "integer", [SQL_CLASS_NUMBER] = "number",
        [SQL_CLASS_STRING] = "string",   [SQL_CLASS_BOOLEAN] = "boolean",
        [SQL_CLASS_BYTES] = "string",    [SQL_CLASS_SET] = "array",
        [SQL_CLASS_ARRAY] = "array",     [SQL_CLASS_REFERENCE] = "string",
    };
    if (!names[class])
        return;
    write_key(out, "type");
    buf_printf(out, nullable ? "[\"%s\",\"null\"]" : "\"%s\"", names[class]);
}

static void write_values(struct buf *out, struct span values, bool nullable)
{
    write_key(out, "enum");
    buf_append_byte(out, '[');
    buf_append_span(out, values);
    buf_append_string(out, nullable ? ",null]" : "]");
}

static void write_format(struct buf *out, const char *format)
{
    if (strcmp(format, "inet") != 0) {
        write_text(out, "format", format);
        return;
    }
    write_key(out, "anyOf");
    buf_append_string(out, "[{\"format\":\"ipv4\"},{\"format\":\"ipv6\"}]");
}

static void write_facts(struct buf *out, enum sql_class class, const struct sql_facts *facts,
                        bool nullable)
{
    write_type(out, class, nullable);
    if (class == SQL_CLASS_SET) {
        write_key(out, "items");
        buf_append_byte(out, '{');
        write_values(out, facts->values, false);
        buf_append_string(out, "},\"uniqueItems\":true");
        return;
    }
    if (facts->values.size > 0)
        write_values(out, facts->values, nullable);
    if (facts->format)
        write_format(out, facts->format);
    if (class == SQL_CLASS_BYTES)
        write_text(out, "contentEncoding", "base64");
    write_value(out, "pattern", facts->pattern);
    write_value(out, "minLength", facts->min_length);
    write_value(out, "maxLength", facts->max_length);
    write_value(out, facts->lower_open ? "exclusiveMinimum" : "minimum", facts->lower);
    write_value(out, facts->upper_open ? "exclusiveMaximum" : "maximum", facts->upper);
    write_value(out, "multipleOf", facts->divisor);
}

/* Arrays of arrays are as deep as the type says. */
static void write_array(struct buf *out, const struct sql_column *column, bool nullable)
{
    for (unsigned i = 0; i < column->dimensions; i++) {
        write_type(out, SQL_CLASS_ARRAY, i == 0 && nullable);
        write_key(out, "items");
        buf_append_byte(out, '{');
    }
    write_facts(out, column->item, &column->facts, false);
    buf_append_fill(out, '}', column->dimensions);
}

static struct span target_of(struct writer *writer, const struct sql_rule *rule)
{
    const struct sql_table *target = sql_find_table(writer->sql, &rule->target);
    return target && !target->is_type ? target->collection
                                      : sql_collection_name(writer->sql, rule->target.name);
}

static void write_comment(struct writer *writer, const struct sql_column *column)
{
    AUTO_BUF struct buf text = {0};
    if (column->primary && column->unique)
        buf_append_string(&text, "The primary key: an entity is best named by it.");
    if (column->class == SQL_CLASS_REFERENCE)
        buf_printf(&text, "%sIt is %s in SQL, and here the id of an entity: a string.",
                   text.size > 0 ? " " : "", sql_quote(column->type.written).text);
    writer->out->failed |= buf_failed(&text);
    if (text.size > 0)
        write_text(writer->out, "$comment", buf_string(&text));
}

static void write_reference(struct writer *writer, const struct sql_column *column)
{
    const struct sql_rule *rule = column->reference;
    if (writer->references++ == REFERENCES_MAX)
        sql_note(writer->sql, rule->line,
                 "%s: a table has at most %d references: the others are "
                 "left out",
                 sql_quote(writer->table->name.name).text, REFERENCES_MAX);
    if (writer->references > REFERENCES_MAX)
        return;
    struct span target = target_of(writer, rule);
    write_key(writer->out, "x-ref");
    buf_append_json_string(writer->out, target);
    if (rule->on_delete == SQL_SET_NULL && !is_nullable(column))
        sql_note(writer->sql, rule->line, "%s.%s: ON DELETE SET NULL of what is not null: restrict",
                 sql_quote(writer->table->name.name).text, sql_quote(column->name).text);
    else if (rule->on_delete == SQL_CASCADE || rule->on_delete == SQL_SET_NULL)
        write_text(writer->out, "x-on-delete",
                   rule->on_delete == SQL_CASCADE ? "cascade" : "set-null");
}

/* Whether there is room for one more. */
static bool add_unique(struct writer *writer, uint32_t line)
{
    if (writer->uniques++ == UNIQUES_MAX)
        sql_note(writer->sql, line, "%s: a table has at most %d keys: the others are left out",
                 sql_quote(writer->table->name.name).text, UNIQUES_MAX);
    return writer->uniques <= UNIQUES_MAX;
}

static void write_behaviour(struct writer *writer, const struct sql_column *column)
{
    if (column->unique && add_unique(writer, column->line))
        write_value(writer->out, "x-unique", span_of_string("true"));
    if (column->reference)
        write_reference(writer, column);
    write_value(writer->out, "default", column->default_value);
}

static void write_property(struct writer *writer, const struct sql_column *column)
{
    struct buf *out = writer->out;
    bool nullable = is_nullable(column);
    separate(out);
    buf_append_json_string(out, column->name);
    buf_append_string(out, ":{");
    if (column->comment.size > 0) {
        write_key(out, "description");
        buf_append_json_string(out, column->comment);
    }
    write_comment(writer, column);
    if (column->class == SQL_CLASS_ARRAY)
        write_array(out, column, nullable);
    else
        write_facts(out, column->class, &column->facts, nullable);
    if (!writer->bare)
        write_behaviour(writer, column);
    buf_append_byte(out, '}');
}

static void write_properties(struct writer *writer)
{
    write_key(writer->out, "properties");
    buf_append_byte(writer->out, '{');
    /* What is larger than that is refused anyhow, and few labels may be many columns' type. */
    for (const struct sql_column *at = writer->table->columns;
         at && writer->out->size <= SCHEMA_SIZE_MAX; at = at->next)
        write_property(writer, at);
    buf_append_byte(writer->out, '}');
}

static bool is_required(const struct sql_column *column)
{
    if (column->default_value.size > 0)
        return true;
    return !is_nullable(column) && !column->has_default && !column->numbered && !column->computed;
}

static void write_required(struct writer *writer)
{
    bool first = true;
    for (const struct sql_column *at = writer->table->columns; at; at = at->next) {
        if (!is_required(at))
            continue;
        if (first)
            write_key(writer->out, "required");
        buf_append_byte(writer->out, first ? '[' : ',');
        buf_append_json_string(writer->out, at->name);
        first = false;
    }
    if (!first)
        buf_append_byte(writer->out, ']');
}

/* The column names as the table has them, as x-unique takes them. */
static bool write_key_list(struct writer *writer, const struct sql_rule *rule, struct buf *list)
{
    size_t count = 0;
    const struct sql_column *columns[UNIQUE_MEMBERS_MAX];
    if (rule->column_count > UNIQUE_MEMBERS_MAX)
        return false;
    for (const struct sql_values *at = rule->columns; at; at = at->next) {
        AUTO_BUF struct buf pointer = {0};
        const struct sql_column *column = sql_find_column(writer->sql, rule->table, at->value);
        for (size_t i = 0; i < count; i++)
            if (columns[i] == column)
                return false;
        columns[count++] = column;
        tree_append_pointer(&pointer, column->name);
        bool as_pointer = column->name.data[0] == '/';
        list->failed |= buf_failed(&pointer);
        buf_append_byte(list, count == 1 ? '[' : ',');
        buf_append_json_string(list, as_pointer ? buf_span(&pointer) : column->name);
    }
    buf_append_byte(list, ']');
    return true;
}

static void write_list(struct writer *writer, const struct sql_rule *rule, struct buf *lists)
{
    AUTO_BUF struct buf list = {0};
    if (!write_key_list(writer, rule, &list)) {
        sql_note(writer->sql, rule->line,
                 "%s: a key that names a column twice, or more than %d columns, is not translated",
                 sql_quote(writer->table->name.name).text, UNIQUE_MEMBERS_MAX);
        return;
    }
    writer->out->failed |= buf_failed(&list);
    bool twice = lists->size > 0 && memmem(lists->data, lists->size, list.data, list.size);
    if (twice || !add_unique(writer, rule->line))
        return;
    buf_append_byte(lists, lists->size > 0 ? ',' : '[');
    buf_append_span(lists, buf_span(&list));
}

/* Keys of several columns; one that was given twice, once. */
static void write_keys(struct writer *writer)
{
    AUTO_BUF struct buf lists = {0};
    const struct sql_rules *at = writer->table->uniques;
    for (size_t i = 0; at && i < UNIQUES_MAX; at = at->next, i++)
        write_list(writer, at->rule, &lists);
    if (at) {
        writer->uniques = UNIQUES_MAX;
        add_unique(writer, at->rule->line);
    }
    writer->out->failed |= buf_failed(&lists);
    if (lists.size == 0)
        return;
    write_key(writer->out, "x-unique");
    buf_append_span(writer->out, buf_span(&lists));
    buf_append_byte(writer->out, ']');
}

void sql_write_table(struct sql *sql, const struct sql_table *table, bool bare, struct buf *out)
{
    struct writer whole = {.sql = sql, .table = table, .out = out, .bare = bare};
    struct writer *writer = &whole;
    buf_append_byte(out, '{');
    write_text(out, "$schema", "https://json-schema.org/draft/2020-12/schema");
    write_key(out, "title");
    buf_append_json_string(out, writer->table->name.name);
    if (writer->table->comment.size > 0) {
        write_key(out, "description");
        buf_append_json_string(out, writer->table->comment);
    }
    write_text(out, "type", "object");
    write_properties(writer);
    write_key(out, "additionalProperties");
    buf_append_string(out, "false");
    if (!bare) {
        write_required(writer);
        write_keys(writer);
    }
    buf_append_byte(out, '}');
}
