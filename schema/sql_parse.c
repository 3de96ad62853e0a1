/* What all statements are made of, and the small ones. */
#include "schema/sql_internal.h"

bool sql_take_name(struct sql_lexer *lexer, struct span *ret_name)
{
    if (sql_is(lexer, "["))
        sql_read_bracketed(lexer);
    const struct sql_token *token = &lexer->token;
    bool is_name =
        token->kind == SQL_WORD || token->kind == SQL_QUOTED || token->kind == SQL_STRING;
    if (!is_name || token->value.size == 0) {
        sql_expected(lexer, "a name");
        return false;
    }
    *ret_name = token->value;
    sql_next(lexer);
    return true;
}

bool sql_take_qualified(struct sql_lexer *lexer, struct sql_name *ret_name)
{
    *ret_name = (struct sql_name){0};
    bool taken = sql_take_name(lexer, &ret_name->name);
    while (taken && sql_take(lexer, ".")) {
        ret_name->qualifier = ret_name->name;
        taken = sql_take_name(lexer, &ret_name->name);
    }
    return taken;
}

static void skip_balanced(struct sql_lexer *lexer)
{
    size_t depth = 0;
    do {
        depth += sql_is(lexer, "(");
        depth -= sql_is(lexer, ")");
        if (depth > 0)
            sql_next(lexer);
    } while (depth > 0 && lexer->token.kind != SQL_END);
}

bool sql_take_parenthesised(struct sql_lexer *lexer, struct sql_expression *ret_expression)
{
    if (!sql_is(lexer, "(")) {
        sql_expected(lexer, "(");
        return false;
    }
    *ret_expression = (struct sql_expression){
        .at = lexer->at, .line_start = lexer->line_start, .line = lexer->line};
    skip_balanced(lexer);
    ret_expression->end = lexer->token.text.data;
    return sql_expect(lexer, ")");
}

void sql_skip_element(struct sql_lexer *lexer)
{
    while (lexer->token.kind != SQL_END && !sql_is(lexer, ",") && !sql_is(lexer, ")") &&
           !sql_is(lexer, ";")) {
        skip_balanced(lexer);
        sql_next(lexer);
    }
}

void sql_skip_statement(struct sql_lexer *lexer)
{
    while (lexer->token.kind != SQL_END && !sql_is(lexer, ";"))
        sql_next(lexer);
    sql_take(lexer, ";");
}

struct sql_rule *sql_add_rule(struct sql_lexer *lexer, enum sql_rule_kind kind,
                              struct sql_table *table, const struct sql_name *of)
{
    struct sql *sql = lexer->sql;
    struct sql_rule *rule = sql_alloc(sql, 1, sizeof(*rule));
    if (!rule)
        return NULL;
    rule->kind = kind;
    rule->line = lexer->token.line;
    rule->table = table;
    if (of)
        rule->of = *of;
    *sql->last_rule = rule;
    sql->last_rule = &rule->next;
    return rule;
}

struct sql_table *sql_add_table(struct sql_lexer *lexer, const struct sql_name *name)
{
    struct sql *sql = lexer->sql;
    struct sql_table *table = sql_alloc(sql, 1, sizeof(*table));
    if (!table)
        return NULL;
    table->name = *name;
    table->line = lexer->token.line;
    table->last = &table->columns;
    table->last_unique = &table->uniques;
    table->last_check = &table->checks;
    *sql->last_table = table;
    sql->last_table = &table->next;
    sql->table_count++;
    return table;
}

struct sql_column *sql_add_column(struct sql_lexer *lexer, struct sql_table *table,
                                  const struct sql_name *of, struct span name)
{
    struct sql *sql = lexer->sql;
    struct sql_column *column = sql_alloc(sql, 1, sizeof(*column));
    if (!column)
        return NULL;
    column->table = table;
    column->name = name;
    column->line = lexer->token.line;
    if (of)
        column->of = *of;
    *sql->last_column = column;
    sql->last_column = &column->next;
    sql->column_count++;
    return column;
}

static struct sql_column *add_type(struct sql_lexer *lexer, const struct sql_name *name)
{
    struct sql_table *type = sql_add_table(lexer, name);
    if (!type)
        return NULL;
    type->is_type = true;
    return sql_add_column(lexer, type, NULL, span_of_string("VALUE"));
}

/* Behind CREATE TYPE. */
static void parse_create_type(struct sql_lexer *lexer)
{
    uint32_t line = lexer->token.line;
    struct sql_name name;
    if (!sql_take_qualified(lexer, &name))
        return;
    if (!sql_take(lexer, "AS") || !sql_is(lexer, "ENUM")) {
        sql_count(lexer->sql, line, "CREATE ", "TYPE");
        sql_skip_statement(lexer);
        return;
    }
    struct sql_column *column = add_type(lexer, &name);
    if (column)
        sql_parse_type(lexer, &column->type);
}

/* Behind CREATE DOMAIN. */
static void parse_create_domain(struct sql_lexer *lexer)
{
    struct sql_name name;
    if (!sql_take_qualified(lexer, &name))
        return;
    sql_take(lexer, "AS");
    struct sql_column *column = add_type(lexer, &name);
    if (column)
        sql_parse_domain(lexer, column);
}

/* Behind CREATE UNIQUE INDEX. */
static void parse_unique_index(struct sql_lexer *lexer)
{
    struct sql_rule *rule = sql_add_rule(lexer, SQL_UNIQUE, NULL, NULL);
    if (!rule)
        return;
    struct sql_name name;
    sql_take(lexer, "CONCURRENTLY");
    if (sql_take(lexer, "IF")) {
        sql_expect(lexer, "NOT");
        sql_expect(lexer, "EXISTS");
    }
    if (!sql_is(lexer, "ON"))
        sql_take_qualified(lexer, &name);
    while (sql_is(lexer, "USING"))
        sql_take_attribute(lexer);
    sql_expect(lexer, "ON");
    sql_take(lexer, "ONLY");
    sql_take_qualified(lexer, &rule->of);
    while (sql_is(lexer, "USING"))
        sql_take_attribute(lexer);
    sql_parse_key_columns(lexer, rule);
    while (sql_take_attribute(lexer))
        ;
    if (sql_take(lexer, "WHERE")) {
        rule->inexact = true;
        sql_skip_statement(lexer);
    }
}

/* Behind COMMENT ON. */
static void parse_comment(struct sql_lexer *lexer, uint32_t line)
{
    bool is_column = sql_is(lexer, "COLUMN");
    if (!is_column && !sql_is(lexer, "TABLE")) {
        sql_count(lexer->sql, line, "COMMENT ", "ON");
        sql_skip_statement(lexer);
        return;
    }
    sql_next(lexer);
    struct sql_rule *rule = sql_add_rule(lexer, SQL_COMMENT, NULL, NULL);
    struct span parts[3] = {0}; /* the last ones */
    size_t count = 0;
    do {
        parts[0] = parts[1];
        parts[1] = parts[2];
        count++;
    } while (sql_take_name(lexer, &parts[2]) && sql_take(lexer, "."));
    struct sql_values *column = sql_alloc(lexer->sql, 1, sizeof(*column));
    if (!rule || !column || !sql_expect(lexer, "IS"))
        return;
    if (is_column && count < 2)
        sql_expected(lexer, "a table and a column");
    *column = (struct sql_values){.value = parts[2]};
    if (is_column)
        rule->columns = column;
    rule->column_count = is_column;
    rule->of = (struct sql_name){parts[is_column ? 0 : 1], parts[is_column ? 1 : 2]};
    rule->comment = lexer->token.kind == SQL_STRING ? lexer->token.value : span_make(NULL, 0);
    sql_next(lexer);
}

static void parse_create(struct sql_lexer *lexer, struct sql_lexer *start)
{
    static const char *const modifiers[] = {"GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED"};
    while (sql_word_in(&lexer->token, modifiers, sizeof(modifiers) / sizeof(modifiers[0])))
        sql_next(lexer);
    struct sql_token next = sql_peek(lexer);
    if (sql_take(lexer, "TABLE"))
        sql_parse_create_table(lexer);
    else if (sql_take(lexer, "TYPE"))
        parse_create_type(lexer);
    else if (sql_take(lexer, "DOMAIN"))
        parse_create_domain(lexer);
    else if (sql_is(lexer, "UNIQUE") && sql_token_is(&next, "INDEX")) {
        sql_next(lexer);
        sql_next(lexer);
        parse_unique_index(lexer);
    } else {
        *lexer = *start;
        sql_skip_other(lexer);
    }
}

static void parse_statement(struct sql_lexer *lexer)
{
    struct sql_lexer start = *lexer;
    if (sql_take(lexer, ";"))
        return;
    if (sql_take(lexer, "CREATE")) {
        parse_create(lexer, &start);
    } else if (sql_take(lexer, "ALTER") && sql_take(lexer, "TABLE")) {
        sql_parse_alter_table(lexer);
    } else if (sql_take(lexer, "COMMENT") && sql_take(lexer, "ON")) {
        parse_comment(lexer, start.token.line);
    } else if (lexer->sql->error == 0) {
        *lexer = start;
        sql_skip_other(lexer);
    }
}

/* What ends a statement was taken by sql_skip_statement, or is to come. */
void sql_parse(struct sql *sql, struct span text)
{
    bool marked = span_starts_with(text, span_of_string("\xef\xbb\xbf"));
    struct span body = span_skip(text, marked ? 3 : 0);
    if (body.size == 0)
        return;
    struct sql_expression whole = {body.data, body.data + body.size, body.data, 1};
    struct sql_lexer lexer = sql_lexer_at(sql, &whole);
    while (lexer.token.kind != SQL_END && sql->error == 0)
        parse_statement(&lexer);
}
