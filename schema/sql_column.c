/* A column: its type, and what is said of it alone. */
#include "schema/sql_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What may follow a type, so a type's words end there. */
static const char *const constraints[] = {
    "AFTER",       "AS",         "AUTOINCREMENT", "AUTO_INCREMENT",
    "CHARSET",     "CHECK",      "COLLATE",       "COMMENT",
    "COMPRESSION", "CONSTRAINT", "DEFAULT",       "DEFERRABLE",
    "FIRST",       "GENERATED",  "IDENTITY",      "INITIALLY",
    "INVISIBLE",   "KEY",        "NOT",           "NULL",
    "ON",          "PERSISTENT", "PRIMARY",       "REFERENCES",
    "STORAGE",     "STORED",     "UNIQUE",        "VIRTUAL",
    "VISIBLE",
};

static bool is_constraint(const struct sql_lexer *lexer)
{
    if (sql_is(lexer, "CHARACTER")) {
        struct sql_token next = sql_peek(lexer);
        return sql_token_is(&next, "SET");
    }
    return sql_word_in(&lexer->token, constraints, COUNT(constraints)) != NULL;
}

struct sql_values *sql_parse_strings(struct sql_lexer *lexer)
{
    struct sql_values *first = NULL, **last = &first;
    do {
        struct sql_values *value = sql_alloc(lexer->sql, 1, sizeof(*value));
        if (!value)
            return NULL;
        if (lexer->token.kind != SQL_STRING)
            sql_expected(lexer, "a string");
        value->value = lexer->token.value;
        *last = value;
        last = &value->next;
        sql_next(lexer);
    } while (sql_take(lexer, ","));
    return first;
}

/* Behind "(". */
static void parse_arguments(struct sql_lexer *lexer, struct sql_type *type)
{
    type->argument_count = 0;
    if (lexer->token.kind == SQL_STRING) {
        type->labels = sql_parse_strings(lexer);
    } else {
        while (lexer->token.kind == SQL_NUMBER && type->argument_count < 2) {
            type->arguments[type->argument_count++] = lexer->token.text;
            sql_next(lexer);
            if (!sql_take(lexer, ","))
                break;
        }
        if (sql_is(lexer, "CHAR") || sql_is(lexer, "BYTE")) /* varchar(20 char) */
            sql_next(lexer);
        if (!sql_is(lexer, ")")) {
            type->argument_count = 3;
            do
                sql_skip_element(lexer);
            while (sql_take(lexer, ","));
        }
    }
    sql_expect(lexer, ")");
}

static void append_word(struct sql_type *type, struct span word)
{
    size_t size = strlen(type->words);
    if (size > 0 && size + 1 < sizeof(type->words))
        type->words[size++] = ' ';
    for (size_t i = 0; i < word.size && size + 1 < sizeof(type->words); i++) {
        char byte = (char)word.data[i];
        type->words[size++] = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
    }
}

/* [], [3], ARRAY, ARRAY[3]. */
static bool take_dimension(struct sql_lexer *lexer, struct sql_type *type)
{
    bool array = sql_take(lexer, "ARRAY");
    bool bracket = sql_take(lexer, "[");
    if (bracket) {
        if (lexer->token.kind == SQL_NUMBER)
            sql_next(lexer);
        sql_expect(lexer, "]");
    }
    type->dimensions += array || bracket;
    return array || bracket;
}

static void parse_first_word(struct sql_lexer *lexer, struct sql_type *type)
{
    sql_take_qualified(lexer, &type->name);
    append_word(type, type->name.name);
}

void sql_parse_type(struct sql_lexer *lexer, struct sql_type *ret_type)
{
    const uint8_t *start = lexer->token.text.data;
    bool named =
        lexer->token.kind == SQL_WORD || lexer->token.kind == SQL_QUOTED || sql_is(lexer, "[");
    *ret_type = (struct sql_type){0};
    if (!named || is_constraint(lexer))
        return; /* SQLite knows columns without a type */
    parse_first_word(lexer, ret_type);
    const uint8_t *end = lexer->token.text.data;
    for (;; end = lexer->token.text.data) {
        if (sql_take(lexer, "(")) {
            parse_arguments(lexer, ret_type);
        } else if (take_dimension(lexer, ret_type)) {
            continue;
        } else if (lexer->token.kind == SQL_WORD && !is_constraint(lexer)) {
            append_word(ret_type, lexer->token.text);
            sql_next(lexer);
        } else {
            break;
        }
    }
    while (end > start && end[-1] <= ' ')
        end--;
    ret_type->written = span_make(start, (size_t)(end - start));
}

/* A default ends where the next constraint begins. */
static void parse_default(struct sql_lexer *lexer, struct sql_rule *rule)
{
    rule->expression = (struct sql_expression){.at = lexer->token.text.data,
                                               .line_start = lexer->token.line_start,
                                               .line = lexer->token.line};
    bool first = true;
    while (lexer->token.kind != SQL_END && !sql_is(lexer, ",") && !sql_is(lexer, ")") &&
           !sql_is(lexer, ";") && (first || !is_constraint(lexer))) {
        struct sql_expression inner;
        first = false;
        if (sql_is(lexer, "("))
            sql_take_parenthesised(lexer, &inner);
        else if (sql_is(lexer, "[")) /* ARRAY['a', 'b'] */
            while (lexer->token.kind != SQL_END && !sql_take(lexer, "]"))
                sql_next(lexer);
        else
            sql_next(lexer);
    }
    if (first)
        sql_expected(lexer, "a default");
    rule->expression.end = lexer->token.text.data;
}

/* Behind GENERATED, or at AS. */
static void parse_generated(struct sql_lexer *lexer, struct sql_rule *rule)
{
    if (sql_take(lexer, "BY"))
        sql_expect(lexer, "DEFAULT");
    else
        sql_take(lexer, "ALWAYS");
    sql_expect(lexer, "AS");
    if (sql_is(lexer, "(")) {
        rule->kind = SQL_COMPUTED;
        sql_take_parenthesised(lexer, &rule->expression);
        return;
    }
    struct sql_expression options;
    sql_expect(lexer, "IDENTITY");
    if (sql_is(lexer, "("))
        sql_take_parenthesised(lexer, &options);
}

static void parse_primary(struct sql_lexer *lexer)
{
    sql_expect(lexer, "KEY");
    if (sql_is(lexer, "ASC") || sql_is(lexer, "DESC"))
        sql_next(lexer);
}

static void parse_column_comment(struct sql_lexer *lexer, struct sql_rule *rule)
{
    if (lexer->token.kind != SQL_STRING && lexer->token.kind != SQL_QUOTED)
        sql_expected(lexer, "a string");
    rule->comment = lexer->token.value;
    sql_next(lexer);
}

static const struct {
    const char *word;
    enum sql_rule_kind kind;
} rules[] = {
    {"NULL", SQL_NULLABLE},
    {"DEFAULT", SQL_DEFAULT},
    {"PRIMARY", SQL_PRIMARY},
    {"UNIQUE", SQL_UNIQUE},
    {"KEY", SQL_PRIMARY},
    {"CHECK", SQL_CHECK},
    {"REFERENCES", SQL_FOREIGN},
    {"GENERATED", SQL_NUMBERED},
    {"AS", SQL_NUMBERED},
    {"AUTO_INCREMENT", SQL_NUMBERED},
    {"AUTOINCREMENT", SQL_NUMBERED},
    {"IDENTITY", SQL_NUMBERED},
    {"COMMENT", SQL_COMMENT},
};

/* The constraint's first word was taken, but for AS and REFERENCES. */
static void parse_rule(struct sql_lexer *lexer, struct sql_rule *rule, const char *word)
{
    struct sql_expression options;
    switch (rule->kind) {
    case SQL_DEFAULT:
        parse_default(lexer, rule);
        break;
    case SQL_PRIMARY:
        if (strcmp(word, "PRIMARY") == 0)
            parse_primary(lexer);
        break;
    case SQL_UNIQUE:
        sql_take(lexer, "KEY");
        break;
    case SQL_CHECK:
        sql_take_parenthesised(lexer, &rule->expression);
        break;
    case SQL_FOREIGN:
        sql_parse_target(lexer, rule);
        break;
    case SQL_COMMENT:
        parse_column_comment(lexer, rule);
        break;
    case SQL_NUMBERED:
        if (strcmp(word, "GENERATED") == 0 || strcmp(word, "AS") == 0)
            parse_generated(lexer, rule);
        else if (strcmp(word, "IDENTITY") == 0 && sql_is(lexer, "("))
            sql_take_parenthesised(lexer, &options);
        break;
    default:
        break;
    }
}

static void name_column(struct sql_lexer *lexer, struct sql_rule *rule,
                        const struct sql_column *column)
{
    rule->columns = sql_alloc(lexer->sql, 1, sizeof(*rule->columns));
    if (rule->columns)
        rule->columns->value = column->name;
    rule->column_count = 1;
}

static bool take_not_null(struct sql_lexer *lexer)
{
    struct sql_token next = {0};
    if (sql_is(lexer, "NOT"))
        next = sql_peek(lexer);
    if (!sql_token_is(&next, "NULL"))
        return false;
    sql_next(lexer);
    sql_next(lexer);
    return true;
}

static bool take_rule(struct sql_lexer *lexer, const struct sql_column *column)
{
    const char *word = "NOT";
    enum sql_rule_kind kind = SQL_NOT_NULL;
    for (size_t i = 0; i < COUNT(rules); i++)
        if (sql_is(lexer, rules[i].word)) {
            word = rules[i].word;
            kind = rules[i].kind;
        }
    uint32_t line = lexer->token.line;
    if (kind == SQL_NOT_NULL && !take_not_null(lexer))
        return false;
    struct sql_rule *rule = sql_add_rule(lexer, kind, column->table, &column->of);
    if (!rule)
        return false;
    rule->line = line;
    name_column(lexer, rule, column);
    if (kind != SQL_NOT_NULL && kind != SQL_FOREIGN && strcmp(word, "AS") != 0)
        sql_next(lexer);
    parse_rule(lexer, rule, word);
    return true;
}

static bool take_constraint_name(struct sql_lexer *lexer)
{
    struct span name;
    return sql_take(lexer, "CONSTRAINT") && (sql_is(lexer, "CHECK") || sql_take_name(lexer, &name));
}

static bool at_end(const struct sql_lexer *lexer)
{
    return lexer->token.kind == SQL_END || sql_is(lexer, ",") || sql_is(lexer, ")") ||
           sql_is(lexer, ";");
}

void sql_parse_domain(struct sql_lexer *lexer, struct sql_column *column)
{
    sql_parse_type(lexer, &column->type);
    while (!at_end(lexer))
        if (!take_constraint_name(lexer) && !take_rule(lexer, column) && !sql_take_attribute(lexer))
            sql_expected(lexer, "a constraint of the column, or a comma");
}

struct sql_column *sql_parse_column(struct sql_lexer *lexer, struct sql_table *table,
                                    const struct sql_name *of)
{
    struct span name;
    uint32_t line = lexer->token.line;
    if (!sql_take_name(lexer, &name))
        return NULL;
    struct sql_column *column = sql_add_column(lexer, table, of, name);
    if (!column)
        return NULL;
    column->line = line;
    sql_parse_domain(lexer, column);
    return column;
}
