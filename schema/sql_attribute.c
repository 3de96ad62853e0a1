/* What may follow a column or a constraint, and has no rule of its own. */
#include "schema/sql_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum follow { NOTHING, NAME, WORD, VALUE, PARENTHESES };

static const struct {
    const char *word;
    enum follow follow;
    bool counted; /* it says something of values, or of how they are compared */
} attributes[] = {
    {"AFTER", NAME, false},
    {"ASC", NOTHING, false},
    {"CHARSET", NAME, true},
    {"COLLATE", NAME, true},
    {"COLUMN_FORMAT", NAME, false},
    {"COMMENT", VALUE, false},
    {"COMPRESSION", NAME, false},
    {"DEFERRABLE", NOTHING, true},
    {"DESC", NOTHING, false},
    {"ENFORCED", NOTHING, false},
    {"FIRST", NOTHING, false},
    {"INCLUDE", PARENTHESES, false},
    {"INITIALLY", WORD, false},
    {"INVISIBLE", NOTHING, false},
    {"KEY_BLOCK_SIZE", VALUE, false},
    {"MATCH", WORD, false},
    {"NO", WORD, false},  /* INHERIT */
    {"NOT", WORD, false}, /* VALID, ENFORCED, DEFERRABLE */
    {"PERSISTENT", NOTHING, false},
    {"STORAGE", NAME, false},
    {"STORED", NOTHING, false},
    {"TABLESPACE", NAME, false},
    {"VIRTUAL", NOTHING, false},
    {"VISIBLE", NOTHING, false},
    {"WITH", PARENTHESES, false},
};

static void take_follow(struct sql_lexer *lexer, enum follow follow)
{
    struct sql_expression inner;
    struct sql_name name;
    if (follow == NAME)
        sql_take_qualified(lexer, &name);
    else if (follow == PARENTHESES)
        sql_take_parenthesised(lexer, &inner);
    else if (follow == VALUE)
        sql_take(lexer, "=");
    if (follow == WORD || follow == VALUE)
        sql_next(lexer);
}

/* ON UPDATE CURRENT_TIMESTAMP(6), ON CONFLICT REPLACE. */
static void take_on(struct sql_lexer *lexer)
{
    struct sql_expression inner;
    uint32_t line = lexer->token.line;
    sql_next(lexer);
    const char *what = sql_is(lexer, "UPDATE") ? "UPDATE" : "CONFLICT";
    if (!sql_expect(lexer, what))
        return;
    sql_count(lexer->sql, line, "ON ", what);
    sql_next(lexer);
    if (sql_is(lexer, "("))
        sql_take_parenthesised(lexer, &inner);
}

/* USING btree, USING INDEX TABLESPACE fast. */
static void take_using(struct sql_lexer *lexer)
{
    sql_next(lexer);
    if (sql_take(lexer, "INDEX"))
        sql_expect(lexer, "TABLESPACE");
    sql_next(lexer);
}

static void take_character_set(struct sql_lexer *lexer)
{
    struct sql_name name;
    sql_count(lexer->sql, lexer->token.line, "", "CHARSET");
    sql_next(lexer);
    if (sql_expect(lexer, "SET"))
        sql_take_qualified(lexer, &name);
}

static void take_nulls(struct sql_lexer *lexer)
{
    sql_next(lexer);
    if (sql_take(lexer, "NOT"))
        sql_count(lexer->sql, lexer->token.line, "", "NULLS NOT DISTINCT");
    sql_expect(lexer, "DISTINCT");
}

static bool take_plain(struct sql_lexer *lexer)
{
    for (size_t i = 0; i < COUNT(attributes); i++) {
        if (!sql_is(lexer, attributes[i].word))
            continue;
        if (attributes[i].counted)
            sql_count(lexer->sql, lexer->token.line, "", attributes[i].word);
        sql_next(lexer);
        take_follow(lexer, attributes[i].follow);
        return true;
    }
    return false;
}

bool sql_take_attribute(struct sql_lexer *lexer)
{
    static const struct {
        const char *word;
        void (*take)(struct sql_lexer *lexer);
    } others[] = {{"ON", take_on},
                  {"USING", take_using},
                  {"CHARACTER", take_character_set},
                  {"NULLS", take_nulls}};
    for (size_t i = 0; i < COUNT(others); i++)
        if (sql_is(lexer, others[i].word)) {
            others[i].take(lexer);
            return true;
        }
    return take_plain(lexer);
}
