#include "schema/sql_internal.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <stdio.h>

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_word_start(uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_' ||
           byte >= 0x80;
}

static bool is_word_byte(uint8_t byte)
{
    return is_word_start(byte) || is_digit(byte) || byte == '$';
}

static uint8_t upper(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte;
}

bool sql_fold_equal(struct span a, struct span b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (upper(a.data[i]) != upper(b.data[i]))
            return false;
    return true;
}

static struct span rest_of(const struct sql_lexer *lexer)
{
    return span_make(lexer->at, (size_t)(lexer->end - lexer->at));
}

static bool is_at(const struct sql_lexer *lexer, const char *text)
{
    return span_starts_with(rest_of(lexer), span_of_string(text));
}

static uint8_t byte_at(const struct sql_lexer *lexer, size_t ahead)
{
    return ahead < (size_t)(lexer->end - lexer->at) ? lexer->at[ahead] : 0;
}

static void advance(struct sql_lexer *lexer, size_t size)
{
    for (; size > 0; size--)
        if (*lexer->at++ == '\n') {
            lexer->line++;
            lexer->line_start = lexer->at;
        }
}

static void fail_at(struct sql_lexer *lexer, const uint8_t *line_start, uint32_t line,
                    const uint8_t *at, const char *what)
{
    size_t column = utf8_count(span_make(line_start, (size_t)(at - line_start))) + 1;
    sql_fail(lexer->sql, ERR_INVALID, "line %u, column %zu: %s", line, column, what);
}

static void fail_token(struct sql_lexer *lexer, const char *what)
{
    fail_at(lexer, lexer->token.line_start, lexer->token.line, lexer->token.text.data, what);
    lexer->at = lexer->end;
}

void sql_skip_line(struct sql_lexer *lexer)
{
    const uint8_t *end = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));
    advance(lexer, (size_t)((end ? end : lexer->end) - lexer->at));
}

/* They nest, as in standard SQL. */
static void skip_comment(struct sql_lexer *lexer)
{
    struct sql_lexer start = *lexer;
    size_t depth = 0;
    do {
        bool opens = is_at(lexer, "/*");
        bool closes = is_at(lexer, "*/");
        depth += opens;
        depth -= closes;
        advance(lexer, opens || closes ? 2 : 1);
    } while (depth > 0 && lexer->at < lexer->end);
    if (depth > 0)
        fail_at(lexer, start.line_start, start.line, start.at, "the comment does not end");
}

/* What stands in a comment that begins with an exclamation mark is for MySQL to execute, from the
 * version on whose number may follow. */
static bool enter_conditional(struct sql_lexer *lexer)
{
    size_t size = is_at(lexer, "/*!") ? 3 : is_at(lexer, "/*M!") ? 4 : 0;
    if (size == 0)
        return false;
    while (is_digit(byte_at(lexer, size)))
        size++;
    advance(lexer, size);
    lexer->conditional = true;
    return true;
}

static bool leave_conditional(struct sql_lexer *lexer)
{
    if (!lexer->conditional || !is_at(lexer, "*/"))
        return false;
    lexer->conditional = false;
    advance(lexer, 2);
    return true;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void skip_space(struct sql_lexer *lexer)
{
    while (lexer->at < lexer->end) {
        /* "#>" is an operator of PostgreSQL. */
        bool line = is_at(lexer, "--") || (*lexer->at == '#' && byte_at(lexer, 1) != '>');
        if (is_space(*lexer->at))
            advance(lexer, 1);
        else if (line)
            sql_skip_line(lexer);
        else if (enter_conditional(lexer) || leave_conditional(lexer))
            continue;
        else if (is_at(lexer, "/*"))
            skip_comment(lexer);
        else
            return;
    }
}

/* Tokens. Each reader is given the place where the token begins and leaves lexer->at behind it. */

static uint8_t unescape(uint8_t byte)
{
    static const uint8_t plain[] = {['n'] = '\n', ['t'] = '\t', ['r'] = '\r', ['b'] = '\b'};
    return byte < sizeof(plain) && plain[byte] ? plain[byte] : byte;
}

static struct span decode(struct sql *sql, struct span inner, uint8_t quote, bool backslash)
{
    uint8_t *out = sql_alloc(sql, inner.size, 1);
    size_t size = 0;
    for (size_t i = 0; out && i < inner.size; i++) {
        if (inner.data[i] == quote)
            i++;
        bool escaped = backslash && inner.data[i] == '\\' && i + 1 < inner.size;
        i += escaped;
        out[size++] = escaped ? unescape(inner.data[i]) : inner.data[i];
    }
    return span_make(out, size);
}

/* \0, \x41, \101 and \u0041 are not translated. */
static bool is_numeric_escape(uint8_t byte)
{
    return is_digit(byte) || byte == 'x' || byte == 'u' || byte == 'U';
}

/* At the opening quote. */
static void read_quoted(struct sql_lexer *lexer, enum sql_token_kind kind, bool backslash)
{
    uint8_t quote = *lexer->at;
    const uint8_t *start = lexer->at + 1;
    const uint8_t *at = start;
    bool decoded = false;
    lexer->token.kind = kind;
    for (; at < lexer->end && (*at != quote || (at + 1 < lexer->end && at[1] == quote)); at++) {
        bool escape = backslash && *at == '\\' && at + 1 < lexer->end;
        decoded |= *at == quote || escape;
        at += *at == quote || escape;
        if (escape && is_numeric_escape(*at))
            lexer->token.kind = SQL_OPAQUE;
    }
    if (at >= lexer->end) {
        fail_token(lexer, "the quotes are not closed");
        return;
    }
    struct span inner = span_make(start, (size_t)(at - start));
    lexer->token.value = decoded ? decode(lexer->sql, inner, quote, backslash) : inner;
    advance(lexer, (size_t)(at + 1 - lexer->at));
}

static void read_number(struct sql_lexer *lexer)
{
    size_t size = 0;
    lexer->token.kind = SQL_NUMBER;
    if (byte_at(lexer, 0) == '0' && upper(byte_at(lexer, 1)) == 'X') {
        lexer->token.kind = SQL_OPAQUE;
        size = 2;
        while (is_word_byte(byte_at(lexer, size)))
            size++;
    }
    while (is_digit(byte_at(lexer, size)))
        size++;
    if (byte_at(lexer, size) == '.')
        do
            size++;
        while (is_digit(byte_at(lexer, size)));
    size_t sign = size + 1 + (byte_at(lexer, size + 1) == '-' || byte_at(lexer, size + 1) == '+');
    if (upper(byte_at(lexer, size)) == 'E' && is_digit(byte_at(lexer, sign)))
        for (size = sign; is_digit(byte_at(lexer, size));)
            size++;
    advance(lexer, size);
}

/* E'..', N'..', _utf8mb4'..'; and X'..', B'..', U&'..', whose values are not translated. */
static void read_prefixed(struct sql_lexer *lexer, struct span word)
{
    uint8_t prefix = upper(word.data[0]);
    if (byte_at(lexer, 0) == '&' && byte_at(lexer, 1) == '\'' && word.size == 1 && prefix == 'U')
        advance(lexer, 1);
    else if (byte_at(lexer, 0) != '\'')
        return;
    if (word.size == 1 && prefix == 'E')
        read_quoted(lexer, SQL_STRING, true);
    else if (prefix == '_' || (word.size == 1 && prefix == 'N'))
        read_quoted(lexer, SQL_STRING, lexer->sql->dialect == SQL_MYSQL);
    else if (word.size == 1 && strchr("XBU", prefix))
        read_quoted(lexer, SQL_OPAQUE, false);
}

static void read_word(struct sql_lexer *lexer)
{
    size_t size = 1;
    while (is_word_byte(byte_at(lexer, size)))
        size++;
    struct span word = span_make(lexer->at, size);
    lexer->token.kind = SQL_WORD;
    lexer->token.value = word;
    advance(lexer, size);
    read_prefixed(lexer, word);
}

/* $$...$$ and $tag$...$tag$ of PostgreSQL. */
static bool read_dollar_quoted(struct sql_lexer *lexer)
{
    size_t size = 1;
    while (is_word_byte(byte_at(lexer, size)) && byte_at(lexer, size) != '$')
        size++;
    /* In MySQL "$$" is what many take for DELIMITER. */
    if (lexer->sql->dialect == SQL_MYSQL || byte_at(lexer, 0) != '$' ||
        is_digit(byte_at(lexer, 1)) || byte_at(lexer, size) != '$')
        return false;
    size_t tag = size + 1;
    const uint8_t *start = lexer->at + tag;
    const uint8_t *end = memmem(start, (size_t)(lexer->end - start), lexer->at, tag);
    if (!end) {
        fail_token(lexer, "the dollar quotes are not closed");
        return true;
    }
    lexer->token.kind = SQL_STRING;
    lexer->token.value = span_make(start, (size_t)(end - start));
    advance(lexer, (size_t)(end + tag - lexer->at));
    return true;
}

static void read_sign(struct sql_lexer *lexer)
{
    static const char *const signs[] = {"!~~*", "!~*", "!~~", "~~*", "<=", ">=", "<>", "!=", "==",
                                        "::",   "||",  "&&",  "!~",  "~*", "~~", "->", "#>"};
    size_t size = 1;
    for (size_t i = sizeof(signs) / sizeof(signs[0]); i > 0; i--)
        if (is_at(lexer, signs[i - 1]))
            size = strlen(signs[i - 1]);
    lexer->token.kind = SQL_SIGN;
    advance(lexer, size);
}

static void read_token(struct sql_lexer *lexer)
{
    uint8_t byte = *lexer->at;
    bool mysql = lexer->sql->dialect == SQL_MYSQL;
    if (is_word_start(byte))
        read_word(lexer);
    else if (byte == '\'')
        read_quoted(lexer, SQL_STRING, mysql);
    else if (byte == '"' || byte == '`')
        read_quoted(lexer, SQL_QUOTED, mysql && byte == '"');
    else if (is_digit(byte) || (byte == '.' && is_digit(byte_at(lexer, 1))))
        read_number(lexer);
    else if (!read_dollar_quoted(lexer))
        read_sign(lexer);
}

void sql_next(struct sql_lexer *lexer)
{
    skip_space(lexer);
    const uint8_t *start = lexer->at;
    lexer->token = (struct sql_token){
        .text = span_make(start, 0), .line = lexer->line, .line_start = lexer->line_start};
    if (lexer->sql->error == 0 && lexer->at < lexer->end)
        read_token(lexer);
    if (lexer->sql->error < 0)
        lexer->token.kind = SQL_END;
    else
        lexer->token.text.size = (size_t)(lexer->at - start);
}

struct sql_lexer sql_lexer_at(struct sql *sql, const struct sql_expression *expression)
{
    struct sql_lexer lexer = {.sql = sql,
                              .at = expression->at,
                              .end = expression->end,
                              .line_start = expression->line_start,
                              .line = expression->line};
    sql_next(&lexer);
    return lexer;
}

struct sql_token sql_peek(const struct sql_lexer *lexer)
{
    struct sql_lexer ahead = *lexer;
    sql_next(&ahead);
    return ahead.token;
}

bool sql_read_bracketed(struct sql_lexer *lexer)
{
    const uint8_t *end = memchr(lexer->at, ']', (size_t)(lexer->end - lexer->at));
    if (!end)
        return false;
    lexer->token.kind = SQL_QUOTED;
    lexer->token.value = span_make(lexer->at, (size_t)(end - lexer->at));
    advance(lexer, (size_t)(end + 1 - lexer->at));
    return true;
}

bool sql_token_is(const struct sql_token *token, const char *word)
{
    return (token->kind == SQL_WORD || token->kind == SQL_SIGN) &&
           sql_fold_equal(token->text, span_of_string(word));
}

bool sql_is(const struct sql_lexer *lexer, const char *word)
{
    return sql_token_is(&lexer->token, word);
}

bool sql_take(struct sql_lexer *lexer, const char *word)
{
    if (!sql_is(lexer, word))
        return false;
    sql_next(lexer);
    return true;
}

const char *sql_word_in(const struct sql_token *token, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sql_token_is(token, words[i]))
            return words[i];
    return NULL;
}

void sql_expected(struct sql_lexer *lexer, const char *what)
{
    char text[256];
    const struct sql_token *token = &lexer->token;
    if (token->kind == SQL_END)
        snprintf(text, sizeof(text), "expected %s, and the text ends", what);
    else
        snprintf(text, sizeof(text), "expected %s, not %s", what, sql_quote(token->text).text);
    fail_token(lexer, text);
    lexer->token.kind = SQL_END;
}

bool sql_expect(struct sql_lexer *lexer, const char *word)
{
    if (sql_take(lexer, word))
        return true;
    sql_expected(lexer, word);
    return false;
}

/* Words that one of the databases uses, and the others don't. */
static const struct {
    const char *word;
    enum sql_dialect dialect;
} marks[] = {
    {"AUTO_INCREMENT", SQL_MYSQL},   {"AUTOINCREMENT", SQL_SQLITE}, {"BIGSERIAL", SQL_POSTGRESQL},
    {"BYTEA", SQL_POSTGRESQL},       {"CITEXT", SQL_POSTGRESQL},    {"DELIMITER", SQL_MYSQL},
    {"ENGINE", SQL_MYSQL},           {"InnoDB", SQL_MYSQL},         {"JSONB", SQL_POSTGRESQL},
    {"LONGTEXT", SQL_MYSQL},         {"MEDIUMTEXT", SQL_MYSQL},     {"MyISAM", SQL_MYSQL},
    {"nextval", SQL_POSTGRESQL},     {"now", SQL_POSTGRESQL},       {"pg_catalog", SQL_POSTGRESQL},
    {"PRAGMA", SQL_SQLITE},          {"ROWID", SQL_SQLITE},         {"SERIAL", SQL_POSTGRESQL},
    {"sqlite_sequence", SQL_SQLITE}, {"strftime", SQL_SQLITE},      {"TIMESTAMPTZ", SQL_POSTGRESQL},
    {"TINYINT", SQL_MYSQL},          {"UNSIGNED", SQL_MYSQL},       {"UUID", SQL_POSTGRESQL},
    {"utf8mb4", SQL_MYSQL},          {"varying", SQL_POSTGRESQL},
};

static void vote(struct span word, size_t votes[static 4])
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (sql_fold_equal(word, span_of_string(marks[i].word)))
            votes[marks[i].dialect]++;
}

enum sql_dialect sql_guess(struct span text)
{
    size_t votes[4] = {0};
    for (size_t at = 0; at < text.size;) {
        size_t size = 0;
        while (at + size < text.size && is_word_byte(text.data[at + size]))
            size++;
        if (size > 0)
            vote(span_make(text.data + at, size), votes);
        at += size > 0 ? size : 1;
    }
    enum sql_dialect best = SQL_POSTGRESQL;
    for (enum sql_dialect i = SQL_SQLITE; i <= SQL_MYSQL; i++)
        if (votes[i] > votes[best])
            best = i;
    return best;
}
