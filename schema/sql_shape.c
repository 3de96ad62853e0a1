/* What the types say of the columns' values. */
#include "schema/sql_internal.h"

#include "schema/schema_internal.h"
#include "store/base/cleanup.h"

static int compare_numbers(struct span a, struct span b)
{
    const struct tree x = {.type = TREE_REAL, .raw = a};
    const struct tree y = {.type = TREE_REAL, .raw = b};
    return number_compare(&x, &y);
}

/* Whether the new bound leaves less than the old one. */
static bool is_tighter(bool lower, struct span old, bool old_open, struct span number, bool open)
{
    int order = old.size > 0 ? compare_numbers(number, old) : lower ? 1 : -1;
    return order == 0 ? open && !old_open : (order > 0) == lower;
}

void sql_bound(struct sql_facts *facts, bool lower, struct span number, bool open)
{
    struct span *bound = lower ? &facts->lower : &facts->upper;
    bool *bound_open = lower ? &facts->lower_open : &facts->upper_open;
    if (!is_tighter(lower, *bound, *bound_open, number, open))
        return;
    *bound = number;
    *bound_open = open;
}

void sql_bound_length(struct sql_facts *facts, bool lower, struct span number)
{
    struct span *bound = lower ? &facts->min_length : &facts->max_length;
    if (is_tighter(lower, *bound, false, number, false))
        *bound = number;
}

/* A small number in a type's parentheses. */
static bool small_argument(const struct sql_type *type, unsigned which, unsigned *ret_number)
{
    unsigned number = 0;
    struct span text = type->arguments[which];
    if (which >= type->argument_count || type->argument_count > 2)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || number > 1000000)
            return false;
        number = number * 10 + (unsigned)(text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

/* Ten to that power. */
static struct span power_of_ten(struct sql *sql, unsigned power)
{
    AUTO_BUF struct buf text = {0};
    if (power > 18) {
        buf_printf(&text, "1e%u", power);
    } else {
        buf_append_byte(&text, '1');
        buf_append_fill(&text, '0', power);
    }
    return sql_keep(sql, &text);
}

static struct span negative(struct sql *sql, struct span number)
{
    AUTO_BUF struct buf text = {0};
    buf_append_byte(&text, '-');
    buf_append_span(&text, number);
    return sql_keep(sql, &text);
}

#define PRECISION_MAX 300 /* digits whose size a double can hold */

/* numeric(10, 2): |x| < 10^8, in steps of 0.01. */
static bool shape_decimal(struct sql *sql, const struct sql_type *type, struct sql_facts *facts)
{
    unsigned precision = 0, scale = 0;
    if (type->argument_count == 0)
        return true;
    bool good = small_argument(type, 0, &precision) &&
                (type->argument_count == 1 || small_argument(type, 1, &scale));
    if (!good || precision > PRECISION_MAX || scale > precision)
        return false;
    AUTO_BUF struct buf step = {0};
    buf_append_string(&step, scale > 0 ? "0." : "1");
    if (scale > 0) {
        buf_append_fill(&step, '0', scale - 1);
        buf_append_byte(&step, '1');
    }
    facts->divisor = sql_keep(sql, &step);
    facts->upper = power_of_ten(sql, precision - scale);
    facts->lower = negative(sql, facts->upper);
    facts->lower_open = facts->upper_open = true;
    return true;
}

/* char is char(1), and four characters of base64 are three bytes. */
static bool shape_length(struct sql *sql, const struct sql_kind *kind, const struct sql_type *type,
                         struct sql_facts *facts)
{
    AUTO_BUF struct buf text = {0};
    bool bytes = kind->class == SQL_CLASS_BYTES;
    bool fixed = strcmp(kind->words, "CHAR") == 0 || strcmp(kind->words, "CHARACTER") == 0;
    unsigned length = 1;
    if (type->argument_count == 0 && !fixed)
        return true;
    if (type->argument_count > 0 && !small_argument(type, 0, &length))
        return false;
    buf_printf(&text, "%u", bytes ? (length + 2) / 3 * 4 : length);
    facts->max_length = sql_keep(sql, &text);
    return true;
}

static struct span write_labels(struct sql *sql, const struct sql_values *labels)
{
    AUTO_BUF struct buf text = {0};
    for (const struct sql_values *at = labels; at; at = at->next) {
        if (at != labels)
            buf_append_byte(&text, ',');
        buf_append_json_string(&text, at->value);
    }
    return sql_keep(sql, &text);
}

static struct span constant(const char *text)
{
    return text ? span_of_string(text) : span_make(NULL, 0);
}

static void shape_range(const struct sql *sql, const struct sql_kind *kind,
                        const struct sql_type *type, struct sql_facts *facts)
{
    bool is_unsigned = strstr(type->words, " UNSIGNED") != NULL;
    bool bounded = sql->dialect != SQL_SQLITE; /* where every integer may have 64 bits */
    if (bounded && !facts->upper.size)
        facts->upper = constant(is_unsigned ? kind->unsigned_upper : kind->upper);
    if (bounded && !facts->lower.size)
        facts->lower = constant(kind->lower);
    if (is_unsigned) {
        facts->lower = span_of_string("0");
        facts->lower_open = false;
    }
}

/* A type that the database has. */
static void shape_known(struct sql *sql, struct sql_column *column, const struct sql_kind *kind)
{
    struct sql_facts *facts = &column->facts;
    const struct sql_type *type = &column->type;
    bool good = true;
    column->class = kind->class;
    facts->format = kind->format;
    if (kind->length && *kind->length)
        facts->max_length = constant(kind->length);
    else if (kind->length && kind->class == SQL_CLASS_NUMBER)
        good = shape_decimal(sql, type, facts);
    else if (kind->length)
        good = shape_length(sql, kind, type, facts);
    shape_range(sql, kind, type, facts);
    if (type->labels)
        facts->values = write_labels(sql, type->labels);
    if (strstr(type->words, "SERIAL"))
        column->numbered = column->not_null = true;
    if (!good)
        sql_note(sql, column->line, "%s.%s: the size of %s is not translated",
                 sql_quote(column->table->name.name).text, sql_quote(column->name).text,
                 sql_quote(type->written).text);
    if (kind->note)
        sql_note(sql, column->line, "%s.%s: %s: %s", sql_quote(column->table->name.name).text,
                 sql_quote(column->name).text, sql_quote(type->written).text, kind->note);
}

/* A type that the text made before. */
static void shape_made(struct sql *sql, struct sql_column *column)
{
    struct sql_table *type = sql_find_table(sql, &column->type.name);
    const struct sql_column *base = type && type->is_type ? type->columns : NULL;
    if (!base || !base->resolved) {
        sql_note(sql, column->line, "%s.%s: the type %s is not known here: any value is taken",
                 sql_quote(column->table->name.name).text, sql_quote(column->name).text,
                 sql_quote(column->type.written).text);
        return;
    }
    column->class = base->dimensions > 0 ? base->item : base->class;
    column->dimensions = base->dimensions;
    column->facts = base->facts;
    column->not_null |= base->not_null;
    if (!column->standard) {
        column->has_default = base->has_default;
        column->value = base->value;
    }
}

static void shape_default(struct sql *sql, struct sql_column *column)
{
    const struct sql_node *value = sql_expression_parse(sql, &column->standard->expression);
    const struct sql_node *plain = value;
    while (plain && plain->kind == SQL_NODE_CAST)
        plain = plain->first;
    column->value = value;
    column->has_default = !sql_node_is(plain, SQL_NODE_WORD, "NULL");
    column->numbered |= sql_node_is(plain, SQL_NODE_CALL, "nextval");
}

static void shape_type(struct sql *sql, struct sql_column *column)
{
    const struct sql_type *type = &column->type;
    const struct sql_kind *kind = sql_kind_find(type, sql->dialect);
    column->class = SQL_CLASS_ANY;
    if (kind)
        shape_known(sql, column, kind);
    else if (type->written.size > 0)
        shape_made(sql, column);
    column->dimensions += type->dimensions;
    if (column->dimensions == 0)
        return;
    column->item = column->class;
    column->class = SQL_CLASS_ARRAY;
    sql_count(sql, column->line, "", "null as an item of an array");
}

/* References. */

/* Whether the rule refers to what an entity there is named by. */
static bool is_to_primary(const struct sql *sql, const struct sql_rule *rule)
{
    const struct sql_table *target = sql_find_table(sql, &rule->target);
    const struct sql_values *column = rule->target_columns;
    if (!target || target->is_type)
        return true;
    if (!target->primary || target->primary->column_count != 1)
        return !column && !target->primary;
    return !column || sql_fold_equal(column->value, target->primary->columns->value);
}

static void shape_reference(struct sql *sql, struct sql_column *column)
{
    const struct sql_rule *rule = column->reference;
    struct sql_quote target = sql_quote(rule->target.name);
    struct sql_quote table = sql_quote(column->table->name.name);
    struct sql_quote name = sql_quote(column->name);
    if (!is_to_primary(sql, rule) || column->dimensions > 0) {
        sql_note(sql, rule->line,
                 "%s.%s: the reference to %s is not translated: x-ref names an entity by its id, "
                 "which stands for a primary key of one column",
                 table.text, name.text, target.text);
        column->reference = NULL;
        return;
    }
    if (!sql_find_table(sql, &rule->target))
        sql_note(sql, rule->line,
                 "%s.%s: there is no table %s here; the reference needs its "
                 "collection",
                 table.text, name.text, target.text);
    if (rule->on_delete == SQL_SET_DEFAULT)
        sql_note(sql, rule->line, "%s.%s: ON DELETE SET DEFAULT is not translated: restrict",
                 table.text, name.text);
    if (column->class == SQL_CLASS_STRING)
        return;
    sql_note(sql, rule->line,
             "%s.%s: it is %s in SQL, and here the id of an entity of %s: a string", table.text,
             name.text, sql_quote(column->type.written).text, target.text);
    column->class = SQL_CLASS_REFERENCE;
    column->facts = (struct sql_facts){0};
}

static void note_generated(struct sql *sql, const struct sql_column *column)
{
    if (column->numbered || column->computed)
        sql_note(sql, column->line,
                 "%s.%s: the database %s it, and nothing does here: it is not "
                 "required",
                 sql_quote(column->table->name.name).text, sql_quote(column->name).text,
                 column->numbered ? "numbers" : "computes");
}

/* In SQLite such a column is the number of the row, and is counted. */
static bool is_row_number(const struct sql *sql, const struct sql_column *column)
{
    return sql->dialect == SQL_SQLITE && column->primary && column->unique &&
           strcmp(column->type.words, "INTEGER") == 0;
}

static void shape_table(struct sql *sql, struct sql_table *table)
{
    for (struct sql_column *column = table->columns; column && sql->error == 0;
         column = column->next) {
        shape_type(sql, column);
        if (column->standard)
            shape_default(sql, column);
        if (column->reference)
            shape_reference(sql, column);
        column->numbered |= is_row_number(sql, column);
        column->resolved = true;
        note_generated(sql, column);
    }
    sql_apply_checks(sql, table);
}

/* Types before the tables that use them. */
void sql_shape_tables(struct sql *sql)
{
    for (unsigned types = 2; types-- > 0;)
        for (struct sql_table *table = sql->tables; table && sql->error == 0; table = table->next)
            if (table->is_type == (types == 1) && !table->is_left_out)
                shape_table(sql, table);
}
