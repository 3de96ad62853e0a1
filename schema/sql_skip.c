/* Statements that are about no table: they are counted, and passed over. */
#include "schema/sql_internal.h"

#include "store/base/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const statements[] = {
    "ALTER",    "ANALYZE", "ATTACH",   "BEGIN",     "CALL",     "CHECKPOINT", "COMMENT", "COMMIT",
    "COPY",     "CREATE",  "DELETE",   "DO",        "DROP",     "END",        "EXECUTE", "GRANT",
    "INSERT",   "LOAD",    "LOCK",     "PRAGMA",    "REFRESH",  "REINDEX",    "RENAME",  "REPLACE",
    "RESET",    "REVOKE",  "ROLLBACK", "SAVEPOINT", "SECURITY", "SELECT",     "SET",     "START",
    "TRUNCATE", "UNLOCK",  "UPDATE",   "USE",       "VACUUM",   "WITH",
};

static const char *const objects[] = {
    "AGGREGATE",  "CAST",         "COLLATION", "CONVERSION", "DATABASE", "DEFAULT",  "DOMAIN",
    "EVENT",      "EXTENSION",    "FUNCTION",  "INDEX",      "LANGUAGE", "OPERATOR", "POLICY",
    "PROCEDURE",  "PUBLICATION",  "ROLE",      "RULE",       "SCHEMA",   "SEQUENCE", "SERVER",
    "STATISTICS", "SUBSCRIPTION", "TABLE",     "TABLESPACE", "TEXT",     "TRIGGER",  "TYPE",
    "USER",       "VIEW",         "VIRTUAL",
};

/* How many words of a statement are looked at for what it makes: CREATE OR REPLACE DEFINER = a @ b
 * SQL SECURITY INVOKER VIEW. */
#define WORDS_MAX 16

static const char *find_object(const struct sql_lexer *lexer)
{
    struct sql_lexer ahead = *lexer;
    for (size_t i = 0; i < WORDS_MAX && ahead.token.kind != SQL_END && !sql_is(&ahead, ";"); i++) {
        const char *object = sql_word_in(&ahead.token, objects, COUNT(objects));
        if (object)
            return object;
        sql_next(&ahead);
    }
    return "";
}

/* The statements of a body end with ";", too; the body's own end is "; END ;". */
static void skip_body(struct sql_lexer *lexer)
{
    bool in_body = false;
    bool ends = false;
    while (lexer->token.kind != SQL_END) {
        bool end = sql_is(lexer, ";");
        if (end && (!in_body || ends))
            break;
        in_body |= sql_is(lexer, "BEGIN");
        struct sql_token next = {0};
        if (end)
            next = sql_peek(lexer);
        ends = end && sql_token_is(&next, "END");
        if (ends)
            sql_next(lexer);
        sql_next(lexer);
    }
    sql_take(lexer, ";");
}

/* mysql's DELIMITER, for bodies; what ends the statements is the next word of that line. */
static void skip_delimited(struct sql_lexer *lexer)
{
    const uint8_t *at = lexer->at;
    sql_skip_line(lexer);
    struct span word = span_make(at, (size_t)(lexer->at - at));
    while (word.size > 0 && (word.data[0] == ' ' || word.data[0] == '\t'))
        word = span_skip(word, 1);
    size_t size = 0;
    while (size < word.size && word.data[size] > ' ')
        size++;
    word = span_head(word, size);
    sql_next(lexer);
    if (word.size == 0 || span_is(word, ";"))
        return;
    sql_count(lexer->sql, lexer->token.line, "", "statements between DELIMITER lines");
    while (lexer->token.kind != SQL_END && !sql_is(lexer, "DELIMITER"))
        sql_next(lexer);
}

/* The rows that follow COPY ... FROM stdin, up to a line "\.". */
static void skip_rows(struct sql_lexer *lexer)
{
    const uint8_t *at;
    do {
        sql_skip_line(lexer);
        if (lexer->at < lexer->end)
            lexer->at++, lexer->line++, lexer->line_start = lexer->at;
        at = lexer->at;
    } while (at < lexer->end &&
             !span_starts_with(span_make(at, (size_t)(lexer->end - at)), span_of_string("\\.")));
    sql_skip_line(lexer);
    sql_next(lexer);
}

static void skip_copy(struct sql_lexer *lexer)
{
    bool rows = false;
    while (lexer->token.kind != SQL_END && !sql_is(lexer, ";")) {
        rows |= sql_is(lexer, "STDIN");
        sql_next(lexer);
    }
    if (rows && sql_is(lexer, ";"))
        skip_rows(lexer);
    else
        sql_take(lexer, ";");
}

void sql_skip_other(struct sql_lexer *lexer)
{
    static const char *const made[] = {"ALTER", "CREATE", "DROP"};
    uint32_t line = lexer->token.line;
    if (sql_is(lexer, "DELIMITER")) {
        skip_delimited(lexer);
        return;
    }
    if (sql_is(lexer, "\\")) { /* psql's own */
        sql_count(lexer->sql, line, "", "a command of psql");
        sql_skip_line(lexer);
        sql_next(lexer);
        return;
    }
    const char *statement = sql_word_in(&lexer->token, statements, COUNT(statements));
    if (!statement) {
        sql_expected(lexer, "a statement");
        return;
    }
    bool makes = sql_word_in(&lexer->token, made, COUNT(made)) != NULL;
    const char *object = makes ? find_object(lexer) : "";
    bool has_body =
        *statement == 'C' && (strcmp(object, "TRIGGER") == 0 || strcmp(object, "FUNCTION") == 0 ||
                              strcmp(object, "PROCEDURE") == 0);
    sql_count(lexer->sql, line,
              *object ? (*statement == 'C'   ? "CREATE "
                         : *statement == 'A' ? "ALTER "
                                             : "DROP ")
                      : "",
              *object ? object : statement);
    if (strcmp(statement, "COPY") == 0)
        skip_copy(lexer);
    else if (has_body)
        skip_body(lexer);
    else
        sql_skip_statement(lexer);
}
