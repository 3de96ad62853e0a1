/* Expressions, as far as a schema could say what they do. */
#include "schema/sql_internal.h"

#include "store/base/cleanup.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct reader {
    struct sql_lexer lexer;
    unsigned depth;
};

static struct sql_node *parse(struct reader *reader, unsigned level);

/* Nothing is an error here: what cannot be read is NULL, up to the whole expression. */
static struct sql_node *make(struct reader *reader, enum sql_node_kind kind, struct span text)
{
    struct sql_node *node = sql_alloc(reader->lexer.sql, 1, sizeof(*node));
    if (node) {
        node->kind = kind;
        node->text = text;
    }
    return node;
}

static struct sql_node *make_operator(struct reader *reader, const char *text,
                                      struct sql_node *left, struct sql_node *right)
{
    struct sql_node *node = make(reader, SQL_NODE_OPERATOR, span_of_string(text));
    if (!node || !left || !right)
        return NULL;
    left->next = right;
    node->first = left;
    return node;
}

static size_t skip_zeros(struct span digits)
{
    size_t zeros = 0;
    while (zeros + 1 < digits.size && digits.data[zeros] == '0')
        zeros++;
    return zeros;
}

/* Beyond this, an integer is written as a real. */
#define INTEGER_DIGITS 18
#define NUMBER_MAX     128
#define EXPONENT_MAX   3 /* digits; less than a double's */

static size_t digits_at(struct span text, size_t at)
{
    size_t count = 0;
    while (at + count < text.size && text.data[at + count] >= '0' && text.data[at + count] <= '9')
        count++;
    return count;
}

static void append_exponent(struct buf *out, struct span text)
{
    if (text.size > 0)
        buf_append_span(out, text);
}

struct span sql_number(struct sql *sql, struct span text, bool negative)
{
    AUTO_BUF struct buf out = {0};
    size_t whole = digits_at(text, 0);
    bool point = whole < text.size && text.data[whole] == '.';
    size_t fraction = point ? digits_at(text, whole + 1) : 0;
    size_t at = whole + point + fraction;
    struct span exponent = span_skip(text, at);
    size_t sign = exponent.size > 1 && (exponent.data[1] == '-' || exponent.data[1] == '+');
    size_t power = exponent.size > 0 ? digits_at(exponent, 1 + sign) : 0;
    bool has_exponent = power > 0 && (exponent.data[0] | 0x20) == 'e';
    if (whole + fraction == 0 || whole + fraction > NUMBER_MAX || power >= EXPONENT_MAX ||
        (exponent.size > 0 && (!has_exponent || exponent.size != 1 + sign + power)))
        return span_make(NULL, 0);
    struct span digits = span_head(text, whole);
    if (negative)
        buf_append_byte(&out, '-');
    if (whole > 0)
        buf_append_span(&out, span_skip(digits, skip_zeros(digits)));
    else
        buf_append_byte(&out, '0');
    if (fraction > 0) {
        buf_append_byte(&out, '.');
        buf_append(&out, text.data + whole + 1, fraction);
    }
    append_exponent(&out, exponent);
    if (fraction == 0 && exponent.size == 0 && whole - skip_zeros(digits) > INTEGER_DIGITS)
        buf_append_string(&out, "e0");
    return sql_keep(sql, &out);
}

static struct sql_node *parse_list(struct reader *reader, enum sql_node_kind kind, struct span text,
                                   const char *end)
{
    struct sql_node *list = make(reader, kind, text);
    struct sql_node **last = list ? &list->first : NULL;
    if (!list || sql_take(&reader->lexer, end))
        return list;
    do {
        *last = parse(reader, 0);
        if (!*last)
            return NULL;
        last = &(*last)->next;
    } while (sql_take(&reader->lexer, ","));
    return sql_take(&reader->lexer, end) ? list : NULL;
}

/* Behind "(": one expression is itself, several are a list. */
static struct sql_node *parse_parenthesised(struct reader *reader)
{
    struct sql_node *list = parse_list(reader, SQL_NODE_LIST, span_make(NULL, 0), ")");
    return list && list->first && !list->first->next ? list->first : list;
}

static struct sql_node *parse_number(struct reader *reader, bool negative)
{
    struct span number = sql_number(reader->lexer.sql, reader->lexer.token.text, negative);
    sql_next(&reader->lexer);
    return number.size > 0 ? make(reader, SQL_NODE_NUMBER, number) : NULL;
}

static struct sql_node *parse_name(struct reader *reader)
{
    static const char *const words[] = {"TRUE", "FALSE", "NULL"};
    struct sql_lexer *lexer = &reader->lexer;
    const char *word = sql_word_in(&lexer->token, words, COUNT(words));
    bool double_quoted = lexer->token.text.size > 0 && lexer->token.text.data[0] == '"';
    bool plain = lexer->token.kind == SQL_WORD;
    struct sql_name name;
    if (!sql_is(lexer, "[") && !plain && lexer->token.kind != SQL_QUOTED)
        return NULL;
    if (!sql_take_qualified(lexer, &name))
        return NULL;
    if (word)
        return make(reader, SQL_NODE_WORD, span_of_string(word));
    if (plain && sql_fold_equal(name.name, span_of_string("ARRAY")) && sql_take(lexer, "["))
        return parse_list(reader, SQL_NODE_LIST, span_make(NULL, 0), "]");
    if (sql_take(lexer, "("))
        return parse_list(reader, SQL_NODE_CALL, name.name, ")");
    struct sql_node *node = make(reader, SQL_NODE_NAME, name.name);
    if (node)
        node->double_quoted = double_quoted;
    return node;
}

static struct sql_node *parse_primary(struct reader *reader)
{
    struct sql_lexer *lexer = &reader->lexer;
    struct sql_token token = lexer->token;
    if (sql_take(lexer, "("))
        return parse_parenthesised(reader);
    if (token.kind == SQL_NUMBER)
        return parse_number(reader, false);
    if (token.kind == SQL_STRING) {
        sql_next(lexer);
        return make(reader, SQL_NODE_STRING, token.value);
    }
    if (sql_take(lexer, "-"))
        return lexer->token.kind == SQL_NUMBER ? parse_number(reader, true) : NULL;
    if (sql_take(lexer, "+"))
        return lexer->token.kind == SQL_NUMBER ? parse_number(reader, false) : NULL;
    return parse_name(reader);
}

/* Behind "::". The words of a type that has several are known. */
static struct sql_node *parse_cast(struct reader *reader, struct sql_node *operand)
{
    static const char *const words[] = {"VARYING", "PRECISION", "WITH", "WITHOUT", "TIME", "ZONE"};
    struct sql_lexer *lexer = &reader->lexer;
    struct sql_name name;
    struct sql_expression arguments;
    if (!sql_take_qualified(lexer, &name))
        return NULL;
    struct sql_node *cast = make(reader, SQL_NODE_CAST, name.name);
    if (cast)
        cast->first = operand;
    for (;;) {
        if (sql_is(lexer, "("))
            sql_take_parenthesised(lexer, &arguments);
        else if (sql_take(lexer, "["))
            sql_take(lexer, "]");
        else if (sql_word_in(&lexer->token, words, COUNT(words)))
            sql_next(lexer);
        else
            return cast;
    }
}

static struct sql_node *parse_postfix(struct reader *reader)
{
    struct sql_node *node = parse_primary(reader);
    while (node && sql_take(&reader->lexer, "::"))
        node = parse_cast(reader, node);
    return node;
}

/* The operators, from the loosest level. */
static const struct {
    const char *text;
    unsigned level;
} operators[] = {
    {"OR", 0},    {"AND", 1},  {"=", 3},      {"==", 3},    {"<>", 3},  {"!=", 3},
    {"<", 3},     {"<=", 3},   {">", 3},      {">=", 3},    {"~", 3},   {"!~", 3},
    {"~*", 3},    {"!~*", 3},  {"~~", 3},     {"!~~", 3},   {"~~*", 3}, {"LIKE", 3},
    {"ILIKE", 3}, {"GLOB", 3}, {"REGEXP", 3}, {"RLIKE", 3}, {"||", 4},  {"->", 4},
    {"+", 5},     {"-", 5},    {"*", 6},      {"/", 6},     {"%", 6},
};

#define LEVEL_NOT        2
#define LEVEL_COMPARISON 3
#define LEVEL_LAST       7

static const char *operator_at(const struct sql_lexer *lexer, unsigned level)
{
    for (size_t i = 0; i < COUNT(operators); i++)
        if (operators[i].level == level && sql_is(lexer, operators[i].text))
            return operators[i].text;
    return NULL;
}

/* Behind IS. */
static struct sql_node *parse_is(struct reader *reader, struct sql_node *left)
{
    bool not = sql_take(&reader->lexer, "NOT");
    if (!sql_take(&reader->lexer, "NULL"))
        return NULL;
    struct sql_node *null = make(reader, SQL_NODE_WORD, span_of_string("NULL"));
    return make_operator(reader, not ? "IS NOT" : "IS", left, null);
}

static struct sql_node *parse_between(struct reader *reader, struct sql_node *left)
{
    struct sql_node *low = parse(reader, LEVEL_COMPARISON + 1);
    if (!low || !sql_take(&reader->lexer, "AND"))
        return NULL;
    struct sql_node *between = make_operator(reader, "BETWEEN", left, low);
    low->next = parse(reader, LEVEL_COMPARISON + 1);
    return low->next ? between : NULL;
}

/* IS, BETWEEN, IN; and their negations, of which IS NOT NULL alone can be said. */
static struct sql_node *parse_predicate(struct reader *reader, struct sql_node *left)
{
    struct sql_lexer *lexer = &reader->lexer;
    if (sql_take(lexer, "IS"))
        return parse_is(reader, left);
    if (sql_take(lexer, "BETWEEN"))
        return parse_between(reader, left);
    if (!sql_take(lexer, "IN") || !sql_take(lexer, "("))
        return NULL;
    return make_operator(reader, "IN", left,
                         parse_list(reader, SQL_NODE_LIST, span_make(NULL, 0), ")"));
}

static struct sql_node *parse_comparisons(struct reader *reader)
{
    static const char *const predicates[] = {"IS", "BETWEEN", "IN"};
    struct sql_lexer *lexer = &reader->lexer;
    struct sql_node *node = parse(reader, LEVEL_COMPARISON + 1);
    while (node) {
        const char *text = operator_at(lexer, LEVEL_COMPARISON);
        if (text) {
            sql_next(lexer);
            node = make_operator(reader, text, node, parse(reader, LEVEL_COMPARISON + 1));
        } else if (sql_word_in(&lexer->token, predicates, COUNT(predicates))) {
            node = parse_predicate(reader, node);
        } else {
            return node;
        }
    }
    return NULL;
}

/* AND and OR have any number of operands, so that a long chain is not a deep tree. */
static struct sql_node *parse_chain(struct reader *reader, unsigned level)
{
    struct sql_lexer *lexer = &reader->lexer;
    struct sql_node *first = parse(reader, level + 1);
    const char *text = operator_at(lexer, level);
    if (!first || !text)
        return first;
    struct sql_node *node = make(reader, SQL_NODE_OPERATOR, span_of_string(text));
    struct sql_node *last = first;
    if (node)
        node->first = first;
    while (sql_take(lexer, text)) {
        last->next = parse(reader, level + 1);
        last = last->next;
        if (!last)
            return NULL;
    }
    return node;
}

static struct sql_node *parse_arithmetic(struct reader *reader, unsigned level)
{
    struct sql_node *node = parse(reader, level + 1);
    for (const char *text; node && (text = operator_at(&reader->lexer, level));) {
        sql_next(&reader->lexer);
        node = make_operator(reader, text, node, parse(reader, level + 1));
    }
    return node;
}

static struct sql_node *parse_level(struct reader *reader, unsigned level)
{
    if (level < LEVEL_NOT)
        return parse_chain(reader, level);
    if (level == LEVEL_NOT)
        return sql_is(&reader->lexer, "NOT") ? NULL : parse_comparisons(reader);
    return level == LEVEL_LAST ? parse_postfix(reader) : parse_arithmetic(reader, level);
}

static struct sql_node *parse(struct reader *reader, unsigned level)
{
    if (reader->depth == SQL_DEPTH_MAX * (LEVEL_LAST + 1))
        return NULL;
    reader->depth++;
    const uint8_t *start = reader->lexer.token.text.data;
    struct sql_node *node = parse_level(reader, level);
    const uint8_t *end = reader->lexer.token.text.data;
    while (end > start && end[-1] <= ' ')
        end--;
    if (node)
        node->source = span_make(start, (size_t)(end - start));
    reader->depth--;
    return node;
}

const struct sql_node *sql_expression_parse(struct sql *sql,
                                            const struct sql_expression *expression)
{
    struct reader reader = {.lexer = sql_lexer_at(sql, expression)};
    const struct sql_node *node = parse(&reader, 0);
    return reader.lexer.token.kind == SQL_END ? node : NULL;
}

bool sql_node_is(const struct sql_node *node, enum sql_node_kind kind, const char *text)
{
    return node && node->kind == kind && sql_fold_equal(node->text, span_of_string(text));
}
