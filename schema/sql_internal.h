/* The parts of sql*.c. They may use store/base, tree.h, schema.h and the numbers of
 * schema_internal.h, and nothing else of the project.
 *
 * A text is read in three steps. The parser (sql_parse.c, sql_table.c, sql_column.c) collects
 * tables, columns and rules in the order of the text, without looking anything up. Then
 * (sql_link.c) names are sorted, and each rule finds its table and columns. At last the checks
 * (sql_check.c) narrow the columns, and the schemas are written (sql_write.c).
 *
 * The first error is kept and ends the text: from then on each token is the end. */
#ifndef PERSISTFS_SCHEMA_SQL_INTERNAL_H
#define PERSISTFS_SCHEMA_SQL_INTERNAL_H

#include "schema/sql.h"

/* Parentheses within parentheses. */
#define SQL_DEPTH_MAX 64

enum sql_token_kind {
    SQL_END,
    SQL_WORD,
    SQL_QUOTED, /* "x" or `x` */
    SQL_STRING,
    SQL_NUMBER,
    SQL_OPAQUE, /* a value that is not translated: x'00', b'1', 0xff */
    SQL_SIGN,
};

struct sql_token {
    enum sql_token_kind kind;
    struct span text;  /* as in the file */
    struct span value; /* names and strings: without quotes and escapes */
    uint32_t line;
    const uint8_t *line_start;
};

/* Where a text is read; a copy is a place to come back to. */
struct sql_lexer {
    struct sql *sql;
    const uint8_t *at; /* behind the current token */
    const uint8_t *end;
    const uint8_t *line_start;
    uint32_t line;
    bool conditional; /* within a comment that MySQL executes */
    struct sql_token token;
};

struct sql_name {
    struct span qualifier; /* the schema's or database's; empty: none */
    struct span name;
};

/* An expression that was passed over, to be parsed later. */
struct sql_expression {
    const uint8_t *at, *end;
    const uint8_t *line_start;
    uint32_t line;
};

struct sql_values {
    struct sql_values *next;
    struct span value;
};

struct sql_type {
    struct sql_name name;      /* of a type that is not one of sql_type.c's */
    char words[48];            /* "CHARACTER VARYING", upper case; cut when it is longer */
    struct span written;       /* empty: there was none */
    struct span arguments[2];  /* (10, 2) */
    unsigned argument_count;   /* 3: more, or not numbers */
    unsigned dimensions;       /* of an array */
    struct sql_values *labels; /* of ENUM and SET */
};

/* How a value is written in JSON. */
enum sql_class {
    SQL_CLASS_ANY,
    SQL_CLASS_JSON, /* any, and a string is JSON text */
    SQL_CLASS_INTEGER,
    SQL_CLASS_NUMBER,
    SQL_CLASS_STRING,
    SQL_CLASS_BOOLEAN,
    SQL_CLASS_BYTES,
    SQL_CLASS_SET,
    SQL_CLASS_ARRAY,
    SQL_CLASS_REFERENCE, /* was no string, and is the id of an entity */
};

/* What is known of a column's values beyond their class. */
struct sql_facts {
    const char *format;          /* NULL: none */
    struct span lower, upper;    /* JSON numbers; empty: none */
    bool lower_open, upper_open; /* the bound itself is excluded */
    struct span divisor;         /* a JSON number; empty: none */
    struct span min_length, max_length;
    struct span values;  /* of `enum`: JSON values with commas between them; empty: any */
    struct span pattern; /* a JSON string; empty: none */
};

struct sql_kind {
    const char *words;
    enum sql_class class;
    const char *format;
    const char *lower, *upper; /* NULL: none */
    const char *unsigned_upper;
    const char *length; /* "" when the argument says it */
    const char *note;   /* what JSON has no word for */
};

/* NULL when it is none of ours. */
const struct sql_kind *sql_kind_find(const struct sql_type *type, enum sql_dialect dialect);

enum sql_on_delete { SQL_RESTRICT, SQL_CASCADE, SQL_SET_NULL, SQL_SET_DEFAULT };

struct sql_column {
    struct sql_column *next;
    struct sql_table *table; /* NULL: `of`, found later */
    struct sql_name of;
    struct span name;
    uint32_t line;
    uint32_t index;
    bool replaces; /* MODIFY: the type of a column that is there */
    struct sql_type type;
    /* What the rules say. */
    bool not_null, numbered, computed, unique, primary;
    const struct sql_rule *reference;
    const struct sql_rule *standard; /* its DEFAULT */
    struct span comment;
    /* What the type and the checks say. */
    bool resolved;
    enum sql_class class;
    enum sql_class item; /* of an array's items */
    unsigned dimensions;
    struct sql_facts facts; /* of the items, when it is an array */
    bool has_default;
    const struct sql_node *value; /* of the default; NULL when it cannot be read */
    struct span default_value;    /* JSON; empty: none */
};

enum sql_rule_kind {
    SQL_NOT_NULL,
    SQL_NULLABLE,
    SQL_NUMBERED, /* the database counts */
    SQL_COMPUTED,
    SQL_DEFAULT,
    SQL_NO_DEFAULT,
    SQL_PRIMARY,
    SQL_UNIQUE,
    SQL_FOREIGN,
    SQL_CHECK,
    SQL_COMMENT,
};

/* One thing that is said of a table's columns, wherever it was said. */
struct sql_rule {
    struct sql_rule *next;
    enum sql_rule_kind kind;
    uint32_t line;
    struct sql_table *table; /* NULL: `of`, found later */
    struct sql_name of;
    struct sql_values *columns;
    size_t column_count;
    bool inexact; /* a key over parts of columns, expressions, or some of the rows */
    struct sql_expression expression;
    struct span comment;
    struct sql_name target; /* SQL_FOREIGN */
    struct sql_values *target_columns;
    enum sql_on_delete on_delete;
};

/* A table; or a type or domain, which is one column with rules, named VALUE. */
struct sql_table {
    struct sql_table *next;
    struct sql_name name;
    uint32_t line;
    bool is_type;
    bool is_left_out;
    uint32_t index;
    struct span collection;
    struct span comment;
    struct sql_column *columns, **last;
    size_t column_count;
    const struct sql_rule *primary;
    struct sql_rules *uniques; /* those of several columns */
    struct sql_rules **last_unique;
    struct sql_rules *checks;
    struct sql_rules **last_check;
};

struct sql_rules {
    struct sql_rules *next;
    const struct sql_rule *rule;
};

#define SQL_COUNTS_MAX 160

/* What was left out, by kind: not worth a note each. */
struct sql_count {
    const char *what, *which; /* constants: "CREATE ", "VIEW" */
    uint32_t line;
    size_t count;
};

struct sql {
    struct arena *arena;
    const struct schema_library *library;
    struct problem *problem;
    int error;
    enum sql_dialect dialect;
    struct sql_table *tables, **last_table;
    struct sql_column *columns, **last_column;
    struct sql_rule *rules, **last_rule;
    struct sql_table **sorted_tables;
    size_t table_count;
    struct sql_column **sorted_columns;
    size_t column_count;
    struct sql_noted *notes;
    size_t note_count;
    struct sql_count counts[SQL_COUNTS_MAX];
    size_t count_count;
    size_t written; /* bytes of schemas */
};

struct sql_noted {
    struct sql_noted *older;
    struct sql_note note;
};

/* Errors, notes and memory (sql.c). */

/* Zeroed memory; NULL, and the error is set, when there is none. */
void *sql_alloc(struct sql *sql, size_t count, size_t size);
struct span sql_keep(struct sql *sql, const struct buf *text);
/* Sets the error unless there is one. */
void sql_fail(struct sql *sql, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sql_note(struct sql *sql, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Notes once that there was such a thing, and how many. */
void sql_count(struct sql *sql, uint32_t line, const char *what, const char *which);

/* A text for a message, on one line, cut at a sane length. */
struct sql_quote {
    char text[96];
};

struct sql_quote sql_quote(struct span text);

/* Tokens (sql_token.c). */

struct sql_lexer sql_lexer_at(struct sql *sql, const struct sql_expression *expression);
void sql_next(struct sql_lexer *lexer);
/* The token after the current one. */
struct sql_token sql_peek(const struct sql_lexer *lexer);
/* Reads on behind the current token, a "[", to the "]". False when there is none. */
bool sql_read_bracketed(struct sql_lexer *lexer);
/* Passes over the rest of the line. */
void sql_skip_line(struct sql_lexer *lexer);
enum sql_dialect sql_guess(struct span text);

bool sql_fold_equal(struct span a, struct span b); /* ASCII letters in any case */
bool sql_token_is(const struct sql_token *token, const char *word);
bool sql_is(const struct sql_lexer *lexer, const char *word); /* a word or a sign */
bool sql_take(struct sql_lexer *lexer, const char *word);
/* The word of a list that the token is, or NULL. */
const char *sql_word_in(const struct sql_token *token, const char *const *words, size_t count);
void sql_expected(struct sql_lexer *lexer, const char *what);
bool sql_expect(struct sql_lexer *lexer, const char *word);

/* Statements (sql_parse.c, sql_table.c, sql_column.c, sql_skip.c). */

void sql_parse(struct sql *sql, struct span text);
bool sql_take_name(struct sql_lexer *lexer, struct span *ret_name);
bool sql_take_qualified(struct sql_lexer *lexer, struct sql_name *ret_name);
/* At "(": passes over what is in the parentheses. */
bool sql_take_parenthesised(struct sql_lexer *lexer, struct sql_expression *ret_expression);
/* Passes over everything up to a "," or ")" that is not within parentheses, or the end of the
 * statement. */
void sql_skip_element(struct sql_lexer *lexer);
/* Passes over the rest of a statement and its ";". */
void sql_skip_statement(struct sql_lexer *lexer);
/* A statement that is about no table: counts it, passes over it. */
void sql_skip_other(struct sql_lexer *lexer);

struct sql_rule *sql_add_rule(struct sql_lexer *lexer, enum sql_rule_kind kind,
                              struct sql_table *table, const struct sql_name *of);
struct sql_table *sql_add_table(struct sql_lexer *lexer, const struct sql_name *name);
/* Name, type and constraints; `table` or `of`. */
struct sql_column *sql_parse_column(struct sql_lexer *lexer, struct sql_table *table,
                                    const struct sql_name *of);
/* Type and constraints of a column that has its name. */
void sql_parse_domain(struct sql_lexer *lexer, struct sql_column *column);
struct sql_column *sql_add_column(struct sql_lexer *lexer, struct sql_table *table,
                                  const struct sql_name *of, struct span name);
void sql_parse_type(struct sql_lexer *lexer, struct sql_type *ret_type);
struct sql_values *sql_parse_strings(struct sql_lexer *lexer);
/* A constraint or an index of the table, if there is one here. */
bool sql_parse_table_rule(struct sql_lexer *lexer, struct sql_table *table,
                          const struct sql_name *of);
void sql_parse_key_columns(struct sql_lexer *lexer, struct sql_rule *rule);
void sql_parse_target(struct sql_lexer *lexer, struct sql_rule *rule);
/* What may follow a constraint and says nothing of values. */
bool sql_take_attribute(struct sql_lexer *lexer);
void sql_parse_create_table(struct sql_lexer *lexer);
void sql_parse_alter_table(struct sql_lexer *lexer);

/* Expressions (sql_expression.c). */

enum sql_node_kind {
    SQL_NODE_NAME,
    SQL_NODE_NUMBER, /* text: a JSON number */
    SQL_NODE_STRING,
    SQL_NODE_WORD, /* TRUE, FALSE, NULL */
    SQL_NODE_LIST,
    SQL_NODE_CALL,     /* text: the function's name */
    SQL_NODE_OPERATOR, /* text: "AND", "=", "NOT IN"; constant */
    SQL_NODE_CAST,     /* text: the first word of the type */
};

struct sql_node {
    enum sql_node_kind kind;
    struct span text;
    bool double_quoted; /* a name that MySQL and SQLite may take for a string */
    struct span source;
    struct sql_node *first; /* operands, items, arguments */
    struct sql_node *next;
};

/* NULL when it is not one that we can read; that is no error. */
const struct sql_node *sql_expression_parse(struct sql *sql,
                                            const struct sql_expression *expression);
bool sql_node_is(const struct sql_node *node, enum sql_node_kind kind, const char *text);
/* A number of SQL as one of JSON; empty when it is none, or beyond what JSON can hold here. */
struct span sql_number(struct sql *sql, struct span text, bool negative);

/* Linking (sql_link.c). */

void sql_link(struct sql *sql);
struct sql_table *sql_find_table(const struct sql *sql, const struct sql_name *name);
struct sql_column *sql_find_column(const struct sql *sql, const struct sql_table *table,
                                   struct span name);

/* Columns and checks (sql_type.c, sql_shape.c, sql_check.c, sql_pattern.c). */

/* Finds class and facts of each column, by its type and by what is checked. */
void sql_shape_tables(struct sql *sql);
void sql_apply_checks(struct sql *sql, const struct sql_table *table);
/* Narrows the facts. */
void sql_bound(struct sql_facts *facts, bool lower, struct span number, bool open);
void sql_bound_length(struct sql_facts *facts, bool lower, struct span number);
/* Appends what the regular expression is as a `pattern`; false when there is no such. */
bool sql_write_pattern(struct sql *sql, struct buf *out, struct span regex);
/* Appends a literal as JSON, for a value of that class; false when it cannot be one. */
bool sql_write_literal(struct sql *sql, struct buf *out, enum sql_class class,
                       const struct sql_node *node);

/* Schemas (sql_collection.c, sql_write.c, sql_schema.c). */

/* Gives each table a collection's name; leaves out, with a note, a table whose name is taken. */
void sql_name_collections(struct sql *sql);
/* The text as a collection's name. */
struct span sql_collection_name(struct sql *sql, struct span name);
/* Appends the schema on one line; a bare one says what values are valid, and nothing more. */
void sql_write_table(struct sql *sql, const struct sql_table *table, bool bare, struct buf *out);
/* The schema of one table, with defaults that satisfy it; empty after an error. */
struct span sql_schema_of(struct sql *sql, struct sql_table *table);

#endif
