/* CREATE TABLE and ALTER TABLE. */
#include "schema/sql_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One of an index: a column, or what is not just a column. */
static void parse_key_column(struct sql_lexer *lexer, struct sql_rule *rule,
                             struct sql_values ***last)
{
    struct sql_values *column = sql_alloc(lexer->sql, 1, sizeof(*column));
    bool exact = !sql_is(lexer, "(");
    if (!column || (exact && !sql_take_name(lexer, &column->value)))
        return;
    if (sql_is(lexer, "ASC") || sql_is(lexer, "DESC"))
        sql_next(lexer);
    if (sql_is(lexer, "NULLS")) {
        sql_next(lexer);
        sql_next(lexer);
    }
    exact &= sql_is(lexer, ",") || sql_is(lexer, ")");
    sql_skip_element(lexer);
    rule->inexact |= !exact;
    **last = column;
    *last = &column->next;
    rule->column_count++;
}

void sql_parse_key_columns(struct sql_lexer *lexer, struct sql_rule *rule)
{
    struct sql_values **last = &rule->columns;
    sql_expect(lexer, "(");
    do
        parse_key_column(lexer, rule, &last);
    while (sql_take(lexer, ","));
    sql_expect(lexer, ")");
}

static enum sql_on_delete take_action(struct sql_lexer *lexer)
{
    if (sql_take(lexer, "CASCADE"))
        return SQL_CASCADE;
    if (sql_take(lexer, "RESTRICT"))
        return SQL_RESTRICT;
    if (sql_take(lexer, "NO")) {
        sql_expect(lexer, "ACTION");
        return SQL_RESTRICT;
    }
    struct sql_expression columns;
    sql_expect(lexer, "SET");
    bool null = sql_take(lexer, "NULL");
    if (!null)
        sql_expect(lexer, "DEFAULT");
    if (sql_is(lexer, "("))
        sql_take_parenthesised(lexer, &columns);
    return null ? SQL_SET_NULL : SQL_SET_DEFAULT;
}

/* What an entity is named by does not change with its content. */
static void take_on_update(struct sql_lexer *lexer, uint32_t line)
{
    if (take_action(lexer) != SQL_RESTRICT)
        sql_count(lexer->sql, line, "ON UPDATE of a reference", "");
}

void sql_parse_target(struct sql_lexer *lexer, struct sql_rule *rule)
{
    struct sql_rule key = {0};
    sql_expect(lexer, "REFERENCES");
    sql_take_qualified(lexer, &rule->target);
    if (sql_is(lexer, "("))
        sql_parse_key_columns(lexer, &key);
    rule->target_columns = key.columns;
    for (;;) {
        uint32_t line = lexer->token.line;
        struct sql_token next = {0};
        if (sql_is(lexer, "ON"))
            next = sql_peek(lexer);
        bool is_delete = sql_token_is(&next, "DELETE");
        if (is_delete || sql_token_is(&next, "UPDATE")) {
            sql_next(lexer);
            sql_next(lexer);
            if (is_delete)
                rule->on_delete = take_action(lexer);
            else
                take_on_update(lexer, line);
        } else if (!sql_is(lexer, "MATCH") || !sql_take_attribute(lexer)) {
            return;
        }
    }
}

static struct sql_rule *add_key(struct sql_lexer *lexer, enum sql_rule_kind kind,
                                struct sql_table *table, const struct sql_name *of)
{
    struct sql_rule *rule = sql_add_rule(lexer, kind, table, of);
    sql_next(lexer);
    if (rule && kind != SQL_UNIQUE)
        sql_expect(lexer, "KEY");
    else if (!sql_take(lexer, "KEY"))
        sql_take(lexer, "INDEX");
    return rule;
}

static void parse_key(struct sql_lexer *lexer, enum sql_rule_kind kind, struct sql_table *table,
                      const struct sql_name *of)
{
    struct sql_rule *rule = add_key(lexer, kind, table, of);
    struct span name;
    if (!rule)
        return;
    while (!sql_is(lexer, "(") && lexer->token.kind != SQL_END)
        if (!sql_take_attribute(lexer) && !sql_take_name(lexer, &name))
            return;
    sql_parse_key_columns(lexer, rule);
    if (kind == SQL_FOREIGN)
        sql_parse_target(lexer, rule);
}

static void parse_check(struct sql_lexer *lexer, struct sql_table *table, const struct sql_name *of)
{
    struct sql_rule *rule = sql_add_rule(lexer, SQL_CHECK, table, of);
    sql_next(lexer);
    if (rule)
        sql_take_parenthesised(lexer, &rule->expression);
}

/* MySQL's KEY name (columns): elsewhere "key" is a good name for a column. */
static bool is_index(const struct sql_lexer *lexer)
{
    static const char *const words[] = {"KEY", "INDEX", "FULLTEXT", "SPATIAL"};
    return lexer->sql->dialect == SQL_MYSQL && sql_word_in(&lexer->token, words, COUNT(words));
}

static bool skip_exclusion(struct sql_lexer *lexer)
{
    struct sql_token next = {0};
    if (sql_is(lexer, "EXCLUDE"))
        next = sql_peek(lexer);
    if (!sql_token_is(&next, "USING") && !sql_token_is(&next, "("))
        return false;
    sql_note(lexer->sql, lexer->token.line, "EXCLUDE is not translated");
    sql_skip_element(lexer);
    return true;
}

/* The constraint, and what follows it. */
static bool parse_constraint(struct sql_lexer *lexer, struct sql_table *table,
                             const struct sql_name *of)
{
    if (sql_is(lexer, "PRIMARY"))
        parse_key(lexer, SQL_PRIMARY, table, of);
    else if (sql_is(lexer, "UNIQUE"))
        parse_key(lexer, SQL_UNIQUE, table, of);
    else if (sql_is(lexer, "FOREIGN"))
        parse_key(lexer, SQL_FOREIGN, table, of);
    else if (sql_is(lexer, "CHECK"))
        parse_check(lexer, table, of);
    else
        return skip_exclusion(lexer);
    return true;
}

bool sql_parse_table_rule(struct sql_lexer *lexer, struct sql_table *table,
                          const struct sql_name *of)
{
    struct span name;
    bool constraint = sql_take(lexer, "CONSTRAINT");
    static const char *const begins[] = {"PRIMARY", "UNIQUE", "FOREIGN", "CHECK"};
    if (constraint && !sql_word_in(&lexer->token, begins, COUNT(begins)))
        sql_take_name(lexer, &name);
    if (is_index(lexer)) {
        sql_count(lexer->sql, lexer->token.line, "", "an index of a table");
        sql_skip_element(lexer);
        return true;
    }
    if (!parse_constraint(lexer, table, of)) {
        if (constraint)
            sql_expected(lexer, "PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK");
        return constraint;
    }
    while (sql_take_attribute(lexer))
        ;
    return true;
}

static void parse_elements(struct sql_lexer *lexer, struct sql_table *table)
{
    do {
        if (sql_is(lexer, "LIKE")) {
            sql_note(lexer->sql, lexer->token.line,
                     "%s: LIKE is not translated: the columns of "
                     "the other table are missing",
                     sql_quote(table->name.name).text);
            sql_skip_element(lexer);
        } else if (!sql_parse_table_rule(lexer, table, NULL)) {
            sql_parse_column(lexer, table, NULL);
        }
    } while (sql_take(lexer, ","));
}

static void note_source(struct sql_lexer *lexer, const struct sql_table *table)
{
    sql_note(lexer->sql, lexer->token.line, "%s: %s is not translated",
             sql_quote(table->name.name).text, sql_quote(lexer->token.text).text);
    sql_skip_statement(lexer);
}

/* What follows the columns: where and how rows are kept, and what other tables they come from. */
static void parse_table_options(struct sql_lexer *lexer, struct sql_table *table)
{
    static const char *const sources[] = {"AS", "INHERITS", "OF", "SELECT"};
    uint32_t line = lexer->token.line;
    bool options = false;
    while (lexer->token.kind != SQL_END && !sql_is(lexer, ";")) {
        if (sql_word_in(&lexer->token, sources, COUNT(sources))) {
            note_source(lexer, table);
            return;
        }
        if (sql_take(lexer, "COMMENT")) {
            sql_take(lexer, "=");
            table->comment = lexer->token.value;
        } else {
            options = true;
        }
        sql_next(lexer);
    }
    if (options)
        sql_count(lexer->sql, line, "", "options of a table");
    sql_take(lexer, ";");
}

/* Its .schema shows SQLite's own tables, too. */
static void leave_out_internal(struct sql *sql, struct sql_table *table)
{
    if (sql->dialect != SQL_SQLITE ||
        !sql_fold_equal(span_head(table->name.name, 7), span_of_string("sqlite_")))
        return;
    table->is_left_out = true;
    sql_count(sql, table->line, "", "a table of SQLite's own");
}

void sql_parse_create_table(struct sql_lexer *lexer)
{
    struct sql_name name;
    if (sql_take(lexer, "IF")) {
        sql_expect(lexer, "NOT");
        sql_expect(lexer, "EXISTS");
    }
    uint32_t line = lexer->token.line;
    struct sql_table *table = sql_take_qualified(lexer, &name) ? sql_add_table(lexer, &name) : NULL;
    if (!table)
        return;
    table->line = line;
    leave_out_internal(lexer->sql, table);
    if (sql_take(lexer, "(")) {
        parse_elements(lexer, table);
        sql_expect(lexer, ")");
    }
    parse_table_options(lexer, table);
}

/* ALTER TABLE. */

/* Behind ADD. */
static void parse_add(struct sql_lexer *lexer, const struct sql_name *of)
{
    if (!sql_is(lexer, "COLUMN") && sql_parse_table_rule(lexer, NULL, of))
        return;
    sql_take(lexer, "COLUMN");
    if (sql_take(lexer, "IF")) {
        sql_expect(lexer, "NOT");
        sql_expect(lexer, "EXISTS");
    }
    sql_parse_column(lexer, NULL, of);
}

static bool take_two(struct sql_lexer *lexer, const char *first, const char *second)
{
    struct sql_token next = {0};
    if (sql_is(lexer, first))
        next = sql_peek(lexer);
    if (!sql_token_is(&next, second))
        return false;
    sql_next(lexer);
    sql_next(lexer);
    return true;
}

static bool take_alteration(struct sql_lexer *lexer, enum sql_rule_kind *ret_kind)
{
    if (take_two(lexer, "SET", "DEFAULT"))
        *ret_kind = SQL_DEFAULT;
    else if (take_two(lexer, "DROP", "DEFAULT"))
        *ret_kind = SQL_NO_DEFAULT;
    else if (take_two(lexer, "SET", "NOT"))
        *ret_kind = SQL_NOT_NULL;
    else if (take_two(lexer, "DROP", "NOT"))
        *ret_kind = SQL_NULLABLE;
    else if (take_two(lexer, "ADD", "GENERATED"))
        *ret_kind = SQL_NUMBERED;
    else
        return false;
    return true;
}

/* Behind ALTER. */
static void parse_alter_column(struct sql_lexer *lexer, const struct sql_name *of)
{
    struct sql_values *column = sql_alloc(lexer->sql, 1, sizeof(*column));
    enum sql_rule_kind kind;
    uint32_t line = lexer->token.line;
    sql_take(lexer, "COLUMN");
    if (!column || !sql_take_name(lexer, &column->value))
        return;
    if (!take_alteration(lexer, &kind)) {
        static const char *const harmless[] = {"STATISTICS", "STORAGE", "COMPRESSION"};
        struct sql_token next = sql_peek(lexer);
        if (sql_word_in(&next, harmless, COUNT(harmless)))
            sql_count(lexer->sql, line, "ALTER TABLE ... ALTER COLUMN ... SET", "");
        else
            sql_note(lexer->sql, line, "%s.%s: ALTER COLUMN ... %s is not translated",
                     sql_quote(of->name).text, sql_quote(column->value).text,
                     sql_quote(lexer->token.text).text);
        sql_skip_element(lexer);
        return;
    }
    struct sql_rule *rule = sql_add_rule(lexer, kind, NULL, of);
    if (!rule)
        return;
    rule->columns = column;
    rule->column_count = 1;
    if (kind == SQL_DEFAULT)
        rule->expression = (struct sql_expression){lexer->token.text.data, NULL,
                                                   lexer->token.line_start, lexer->token.line};
    sql_skip_element(lexer);
    rule->expression.end = lexer->token.text.data;
}

static void parse_modify(struct sql_lexer *lexer, const struct sql_name *of)
{
    sql_take(lexer, "COLUMN");
    struct sql_column *column = sql_parse_column(lexer, NULL, of);
    if (column)
        column->replaces = true;
}

static void skip_action(struct sql_lexer *lexer, const struct sql_name *of)
{
    static const char *const harmless[] = {
        "AUTO_INCREMENT", "CLUSTER", "DISABLE", "ENABLE", "ENGINE",   "FORCE", "NO",
        "OWNER",          "REPLICA", "RESET",   "SET",    "VALIDATE",
    };
    const char *word = sql_word_in(&lexer->token, harmless, COUNT(harmless));
    if (word)
        sql_count(lexer->sql, lexer->token.line, "ALTER TABLE ... ", word);
    else
        sql_note(lexer->sql, lexer->token.line, "%s: ALTER TABLE ... %s is not translated",
                 sql_quote(of->name).text, sql_quote(lexer->token.text).text);
    sql_skip_element(lexer);
}

/* Behind ALTER TABLE. */
void sql_parse_alter_table(struct sql_lexer *lexer)
{
    struct sql_name name;
    if (sql_take(lexer, "IF"))
        sql_expect(lexer, "EXISTS");
    sql_take(lexer, "ONLY");
    if (!sql_take_qualified(lexer, &name))
        return;
    do {
        if (sql_take(lexer, "ADD"))
            parse_add(lexer, &name);
        else if (sql_take(lexer, "ALTER"))
            parse_alter_column(lexer, &name);
        else if (sql_take(lexer, "MODIFY"))
            parse_modify(lexer, &name);
        else
            skip_action(lexer, &name);
    } while (sql_take(lexer, ","));
    if (lexer->token.kind != SQL_END)
        sql_expect(lexer, ";");
}
