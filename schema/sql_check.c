/* CHECK: conditions that a schema has words for narrow the facts of a column; others are named.
 *
 * A check that is neither true nor false, because of a null, is satisfied; so is a schema's bound
 * by a value of another type. */
#include "schema/sql_internal.h"

#include "store/base/cleanup.h"

struct checker {
    struct sql *sql;
    const struct sql_table *table;
};

/* What a condition is about. */
struct subject {
    struct sql_column *column; /* NULL: no single column */
    bool length;
};

static bool is_call(const struct sql_node *node, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sql_node_is(node, SQL_NODE_CALL, names[i]))
            return node->first && !node->first->next;
    return false;
}

/* Casts that PostgreSQL adds to compare are no change of the value, but for those to integers. */
static const struct sql_node *strip_casts(const struct sql_node *node)
{
    while (node && node->kind == SQL_NODE_CAST)
        node = node->first;
    return node;
}

static bool rounds(const struct sql_node *node)
{
    static const char *const integers[] = {"int",  "integer", "bigint", "smallint",
                                           "int2", "int4",    "int8"};
    for (; node && node->kind == SQL_NODE_CAST; node = node->first)
        for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
            if (sql_node_is(node, SQL_NODE_CAST, integers[i]))
                return true;
    return false;
}

static struct subject subject_of(const struct checker *checker, const struct sql_node *node)
{
    static const char *const lengths[] = {"length", "char_length", "character_length", "len"};
    struct subject subject = {0};
    bool rounded = rounds(node);
    node = strip_casts(node);
    if (is_call(node, lengths, sizeof(lengths) / sizeof(lengths[0]))) {
        subject.length = true;
        node = strip_casts(node->first);
    }
    if (!node || node->kind != SQL_NODE_NAME)
        return (struct subject){0};
    subject.column = sql_find_column(checker->sql, checker->table, node->text);
    enum sql_class class = subject.column ? subject.column->class : SQL_CLASS_ANY;
    bool good = subject.length ? class == SQL_CLASS_STRING : !rounded || class == SQL_CLASS_INTEGER;
    return good ? subject : (struct subject){0};
}

static bool has_numbers(const struct sql_column *column)
{
    return column->class == SQL_CLASS_INTEGER || column->class == SQL_CLASS_NUMBER;
}

/* Literals. */

static bool write_boolean(struct buf *out, struct span text)
{
    static const char *const yes[] = {"t", "true", "y", "yes", "on", "1"};
    static const char *const no[] = {"f", "false", "n", "no", "off", "0"};
    for (size_t i = 0; i < 6; i++) {
        bool is_yes = sql_fold_equal(text, span_of_string(yes[i]));
        if (!is_yes && !sql_fold_equal(text, span_of_string(no[i])))
            continue;
        buf_append_string(out, is_yes ? "true" : "false");
        return true;
    }
    return false;
}

static bool write_number(struct sql *sql, struct buf *out, struct span text)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    struct span number = sql_number(sql, span_skip(text, negative), negative);
    buf_append_span(out, number);
    return number.size > 0;
}

static bool write_json(struct sql *sql, struct buf *out, struct span text)
{
    struct tree *value;
    int error = tree_parse_value(sql->arena, text, SCHEMA_SIZE_MAX, &value, NULL);
    if (error == -ERR_NO_MEMORY)
        sql_fail(sql, ERR_NO_MEMORY, "no memory");
    if (error < 0)
        return false;
    tree_write_compact(out, value);
    return true;
}

static bool write_text(struct sql *sql, struct buf *out, enum sql_class class, struct span text)
{
    switch (class) {
    case SQL_CLASS_INTEGER:
    case SQL_CLASS_NUMBER:
        return write_number(sql, out, text);
    case SQL_CLASS_BOOLEAN:
        return write_boolean(out, text);
    case SQL_CLASS_JSON:
        return write_json(sql, out, text);
    case SQL_CLASS_ARRAY:
        buf_append_string(out, "[]");
        return span_is(text, "{}");
    case SQL_CLASS_STRING:
    case SQL_CLASS_ANY:
        buf_append_json_string(out, text);
        return true;
    default:
        return false;
    }
}

bool sql_write_literal(struct sql *sql, struct buf *out, enum sql_class class,
                       const struct sql_node *node)
{
    node = strip_casts(node);
    if (!node)
        return false;
    if (node->kind == SQL_NODE_STRING || node->kind == SQL_NODE_NUMBER ||
        (node->kind == SQL_NODE_NAME && node->double_quoted)) {
        bool plain =
            node->kind == SQL_NODE_NUMBER && (class == SQL_CLASS_ANY || class == SQL_CLASS_JSON);
        return write_text(sql, out, plain ? SQL_CLASS_NUMBER : class, node->text);
    }
    if (node->kind == SQL_NODE_LIST && class == SQL_CLASS_ARRAY && !node->first)
        return write_text(sql, out, class, span_of_string("{}"));
    bool truth =
        sql_node_is(node, SQL_NODE_WORD, "TRUE") || sql_node_is(node, SQL_NODE_WORD, "FALSE");
    return truth && (class == SQL_CLASS_BOOLEAN || class == SQL_CLASS_ANY) &&
           write_boolean(out, node->text);
}

/* A number as JSON; empty when it is none. */
static struct span number_of(struct sql *sql, const struct sql_node *node)
{
    AUTO_BUF struct buf text = {0};
    if (!sql_write_literal(sql, &text, SQL_CLASS_NUMBER, node))
        return span_make(NULL, 0);
    return sql_keep(sql, &text);
}

/* A length: digits alone. `more` of it; empty when it is none. */
static struct span length_of(struct sql *sql, const struct sql_node *node, int more)
{
    AUTO_BUF struct buf text = {0};
    struct span number = number_of(sql, node);
    int length = 0;
    for (size_t i = 0; i < number.size; i++) {
        if (number.data[i] < '0' || number.data[i] > '9' || length > 100000000)
            return span_make(NULL, 0);
        length = length * 10 + number.data[i] - '0';
    }
    if (number.size == 0 || length + more < 0)
        return span_make(NULL, 0);
    buf_printf(&text, "%d", length + more);
    return sql_keep(sql, &text);
}

/* Conditions: each returns whether it was said. */

static bool apply_bound(struct checker *checker, struct subject subject, const char *operator,
                        const struct sql_node * value)
{
    struct sql_facts *facts = &subject.column->facts;
    bool lower = operator[0] == '>';
    bool open = operator[1] == 0;
    struct span number = subject.length
                             ? length_of(checker->sql, value, open ? (lower ? 1 : -1) : 0)
                             : number_of(checker->sql, value);
    if (number.size == 0 || (!subject.length && !has_numbers(subject.column)))
        return false;
    if (subject.length)
        sql_bound_length(facts, lower, number);
    else
        sql_bound(facts, lower, number, open);
    return true;
}

/* = and IN. */
static bool apply_values(struct checker *checker, struct subject subject,
                         const struct sql_node *first, bool one)
{
    AUTO_BUF struct buf text = {0};
    struct sql_facts *facts = &subject.column->facts;
    if (subject.length || facts->values.size > 0 || !first ||
        subject.column->class == SQL_CLASS_ARRAY || subject.column->class == SQL_CLASS_JSON)
        return false;
    for (const struct sql_node *value = first; value; value = one ? NULL : value->next) {
        if (value != first)
            buf_append_byte(&text, ',');
        if (!sql_write_literal(checker->sql, &text, subject.column->class, value))
            return false;
    }
    facts->values = sql_keep(checker->sql, &text);
    return true;
}

static bool apply_equal(struct checker *checker, struct subject subject,
                        const struct sql_node *value)
{
    static const char *const any[] = {"ANY", "SOME"};
    if (is_call(value, any, 2)) { /* status = ANY (ARRAY['a', 'b']), as PostgreSQL keeps IN */
        const struct sql_node *list = strip_casts(value->first);
        return list->kind == SQL_NODE_LIST && apply_values(checker, subject, list->first, false);
    }
    if (!subject.length)
        return apply_values(checker, subject, value, true);
    return apply_bound(checker, subject, ">=", value) && apply_bound(checker, subject, "<=", value);
}

static bool apply_unequal(struct subject subject, const struct sql_node *value)
{
    value = strip_casts(value);
    bool empty = sql_node_is(value, SQL_NODE_STRING, "") && !subject.length &&
                 subject.column->class == SQL_CLASS_STRING;
    bool zero = subject.length && sql_node_is(value, SQL_NODE_NUMBER, "0");
    if (empty || zero)
        sql_bound_length(&subject.column->facts, true, span_of_string("1"));
    return empty || zero;
}

/* "5 < x" is "x > 5". */
static const char *mirror(const char *operator)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};
    for (size_t i = 0; i < 4; i++)
        if (strcmp(operator, pairs[i][0]) == 0)
            return pairs[i][1];
    return operator;
}

static bool apply_comparison(struct checker *checker, const struct sql_node *node,
                             const char *operator)
{
    const struct sql_node *value = node->first->next;
    struct subject subject = subject_of(checker, node->first);
    if (!subject.column) {
        subject = subject_of(checker, value);
        value = node->first;
        operator= mirror(operator);
    }
    if (!subject.column)
        return false;
    if (operator[0] == '=')
        return apply_equal(checker, subject, value);
    if (strcmp(operator, "<>") == 0 || operator[0] == '!')
        return apply_unequal(subject, value);
    return apply_bound(checker, subject, operator, value);
}

/* x ~ 'regex'. */
static bool apply_pattern(struct checker *checker, const struct sql_node *node)
{
    AUTO_BUF struct buf pattern = {0};
    AUTO_BUF struct buf text = {0};
    struct subject subject = subject_of(checker, node->first);
    const struct sql_node *regex = strip_casts(node->first->next);
    if (!subject.column || subject.length || subject.column->class != SQL_CLASS_STRING ||
        subject.column->facts.pattern.size > 0 || regex->kind != SQL_NODE_STRING ||
        !sql_write_pattern(checker->sql, &pattern, regex->text))
        return false;
    buf_append_json_string(&text, buf_span(&pattern));
    subject.column->facts.pattern = sql_keep(checker->sql, &text);
    return true;
}

static bool apply_between(struct checker *checker, const struct sql_node *node)
{
    struct subject subject = subject_of(checker, node->first);
    const struct sql_node *low = node->first->next;
    return subject.column && apply_bound(checker, subject, ">=", low) &&
           apply_bound(checker, subject, "<=", low->next);
}

static bool apply_in(struct checker *checker, const struct sql_node *node)
{
    struct subject subject = subject_of(checker, node->first);
    return subject.column && apply_values(checker, subject, node->first->next->first, false);
}

static bool apply_not_null(struct checker *checker, const struct sql_node *node)
{
    struct subject subject = subject_of(checker, node->first);
    if (subject.column && !subject.length)
        subject.column->not_null = true;
    return subject.column && !subject.length;
}

/* json_valid(x), which is how MariaDB has JSON. */
static bool apply_json(struct checker *checker, const struct sql_node *node)
{
    struct subject subject = subject_of(checker, node->first);
    if (!subject.column || subject.column->class != SQL_CLASS_STRING)
        return false;
    subject.column->class = SQL_CLASS_JSON;
    subject.column->facts = (struct sql_facts){0};
    return true;
}

static bool apply_condition(struct checker *checker, const struct sql_node *node);

/* x IS NULL OR condition: the condition alone is satisfied by null, too. */
static bool apply_or(struct checker *checker, const struct sql_node *node)
{
    const struct sql_node *null = node->first, *other = null->next;
    if (!sql_node_is(null, SQL_NODE_OPERATOR, "IS")) {
        null = other;
        other = node->first;
    }
    if (node->first->next->next || !sql_node_is(null, SQL_NODE_OPERATOR, "IS") ||
        other->kind != SQL_NODE_OPERATOR || sql_node_is(other, SQL_NODE_OPERATOR, "AND") ||
        sql_node_is(other, SQL_NODE_OPERATOR, "IS NOT"))
        return false;
    struct subject one = subject_of(checker, null->first);
    struct subject two = subject_of(checker, other->first);
    return one.column && one.column == two.column && !one.length && apply_condition(checker, other);
}

static bool apply_condition(struct checker *checker, const struct sql_node *node)
{
    static const char *const comparisons[] = {"=", "==", "<>", "!=", "<", "<=", ">", ">="};
    static const char *const json[] = {"json_valid"};
    if (is_call(node, json, 1))
        return apply_json(checker, node);
    if (node->kind != SQL_NODE_OPERATOR)
        return false;
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++)
        if (span_is(node->text, comparisons[i]))
            return apply_comparison(checker, node, comparisons[i]);
    if (span_is(node->text, "OR"))
        return apply_or(checker, node);
    if (span_is(node->text, "~"))
        return apply_pattern(checker, node);
    if (span_is(node->text, "BETWEEN"))
        return apply_between(checker, node);
    if (span_is(node->text, "IN"))
        return apply_in(checker, node);
    return span_is(node->text, "IS NOT") && apply_not_null(checker, node);
}

static void note_check(struct checker *checker, uint32_t line, struct span source)
{
    sql_note(checker->sql, line, "%s: CHECK (%s) is not translated",
             sql_quote(checker->table->name.name).text, sql_quote(source).text);
}

/* As deep as expressions are. */
static void apply_conjunction(struct checker *checker, uint32_t line, const struct sql_node *node)
{
    if (sql_node_is(node, SQL_NODE_OPERATOR, "AND"))
        for (const struct sql_node *part = node->first; part; part = part->next)
            apply_conjunction(checker, line, part);
    else if (!apply_condition(checker, node))
        note_check(checker, line, node->source);
}

void sql_apply_checks(struct sql *sql, const struct sql_table *table)
{
    struct checker checker = {sql, table};
    for (const struct sql_rules *at = table->checks; at && sql->error == 0; at = at->next) {
        const struct sql_expression *expression = &at->rule->expression;
        const struct sql_node *node = sql_expression_parse(sql, expression);
        if (node)
            apply_conjunction(&checker, at->rule->line, node);
        else
            note_check(&checker, at->rule->line,
                       span_make(expression->at, (size_t)(expression->end - expression->at)));
    }
}
