/* Texts: what is passed over, what is refused, names, bounds, memory. */
#include "scarce.h"
#include "sql_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void passed_over(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "\xef\xbb\xbf-- a comment\n"
                   "/* one /* in another */ ; */ # MySQL's\n"
                   "SET a = ';';\n"
                   "CREATE FUNCTION f() AS $x$ it's; $$ $x$ LANGUAGE sql;\n"
                   "CREATE VIEW v AS SELECT 1; CREATE OR REPLACE VIEW w AS SELECT 2;\n"
                   "COPY t (a) FROM stdin;\n"
                   "it's\t(\n"
                   "\\.\n"
                   "\\connect db\n"
                   "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; "
                   "DELETE FROM x; END;\n"
                   "CREATE TRIGGER s BEFORE INSERT ON t EXECUTE FUNCTION f();\n"
                   "INSERT INTO t VALUES ('CREATE TABLE x (a int);');\n"
                   "CREATE TABLE t (a bigint);;",
                   SQL_POSTGRESQL);
    assert_int_equal(place.schemas.count, 1);
    assert_note(&place, 3, "SET: left out");
    assert_note(&place, 4, "CREATE FUNCTION: left out");
    assert_note(&place, 5, "CREATE VIEW: left out, 2 in all");
    assert_note(&place, 6, "COPY: left out");
    assert_note(&place, 9, "a command of psql: left out");
    assert_note(&place, 10, "CREATE TRIGGER: left out, 2 in all");
    assert_note(&place, 12, "INSERT: left out");
    sql_place_finish(&place);
}

static void mysql_dump(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "/*!40101 SET NAMES utf8 */;\n"
                   "CREATE TABLE `t` (\n"
                   "  `id` bigint NOT NULL AUTO_INCREMENT COMMENT 'It''s the id',\n"
                   "  `a` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL\n"
                   "    DEFAULT 'x' /*!80023 INVISIBLE */,\n"
                   "  `b` timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,\n"
                   "  PRIMARY KEY (`id`), UNIQUE KEY `k` (`a`) USING BTREE,\n"
                   "  UNIQUE KEY `l` (`a`(3)), KEY `m` (`b`), FULLTEXT KEY `n` (`a`)\n"
                   ") ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COMMENT='All';\n"
                   "DELIMITER $$\n"
                   "CREATE TRIGGER r BEGIN it; END $$\n"
                   "DELIMITER ;\n"
                   "ALTER TABLE `t` ADD UNIQUE KEY `o` (`b`), ADD KEY (`a`), DISABLE KEYS;\n",
                   SQL_GUESS);
    assert_schema(&place, "t", "/description", "\"All\"");
    assert_schema(&place, "t", "/properties/id/description", "\"It's the id\"");
    assert_schema(&place, "t", "/properties/a",
                  "{\"type\":\"string\",\"maxLength\":9,\"x-unique\":true,\"default\":\"x\"}");
    assert_schema(&place, "t", "/properties/b",
                  "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\",\"x-unique\":true}");
    assert_schema(&place, "t", "/required", "[\"a\"]");
    assert_note(&place, 4, "CHARSET: left out");
    assert_note(&place, 4, "COLLATE: left out");
    assert_note(&place, 6, "ON UPDATE: left out");
    assert_note(&place, 8, "a key over expressions, parts of values");
    assert_note(&place, 8, "an index of a table: left out, 3 in all");
    assert_note(&place, 9, "options of a table");
    assert_note(&place, 11, "statements between DELIMITER lines");
    assert_note(&place, 13, "ALTER TABLE ... DISABLE: left out");
    sql_place_finish(&place);
}

static void sqlite_schema(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "CREATE TABLE IF NOT EXISTS [my table] (id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
                   " 'q' text, `r` INT, key text NOT NULL ON CONFLICT FAIL) WITHOUT ROWID;\n"
                   "CREATE TABLE sqlite_sequence(name,seq);\n",
                   SQL_GUESS);
    assert_int_equal(place.schemas.count, 1);
    assert_schema(&place, "my_table", "/title", "\"my table\"");
    assert_schema(&place, "my_table", "/required", "[\"key\"]");
    assert_schema(&place, "my_table", "/properties/r", "{\"type\":[\"integer\",\"null\"]}");
    assert_note(&place, 1, "my table: its collection is named my_table");
    assert_note(&place, 1, "my table.id: the database numbers it");
    assert_note(&place, 3, "a table of SQLite's own: left out");
    sql_place_finish(&place);
}

static void names(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "CREATE TABLE public.users (a int);\n"
                   "CREATE TABLE auth.users (a int);\n"
                   "CREATE TABLE IF NOT EXISTS public.users (b int);\n"
                   "CREATE TABLE \"2\xc3\xa9\" (a int, A text);\n"
                   "CREATE TABLE \"_2_\" (a int);\n"
                   "CREATE TABLE t (u int REFERENCES auth.users);\n",
                   SQL_POSTGRESQL);
    assert_int_equal(place.schemas.count, 4);
    assert_schema(&place, "users", "/title", "\"users\"");
    assert_schema(&place, "auth_users", "/title", "\"users\"");
    assert_schema(&place, "_2_", "/title", "\"2\xc3\xa9\"");
    assert_schema(&place, "t", "/properties/u/x-ref", "\"auth_users\"");
    assert_note(&place, 2, "users: its collection is named auth_users");
    assert_note(&place, 3, "there is one of that name before it");
    assert_note(&place, 4, "there is a column of that name before it");
    assert_note(&place, 5, "another table has the collection _2_");
    sql_place_finish(&place);
}

static void refused(void **state)
{
    static const struct {
        const char *text;
        int code;
        const char *detail;
    } rows[] = {
        {"", ERR_INVALID, "there is no CREATE TABLE"},
        {"SELECT 1;", ERR_INVALID, "there is no CREATE TABLE"},
        {"{\"a\": 1}", ERR_INVALID, "line 1, column 1: expected a statement, not {"},
        {"\n  hello;", ERR_INVALID, "line 2, column 3: expected a statement, not hello"},
        {"CREATE TABLE t (", ERR_INVALID, "expected a name, and the text ends"},
        {"CREATE TABLE t (a int", ERR_INVALID, "expected ), and the text ends"},
        {"CREATE TABLE t (a int,)", ERR_INVALID, "line 1, column 23: expected a name, not )"},
        {"CREATE TABLE t (\xc3\xa9 'x)", ERR_INVALID, "line 1, column 19: the quotes are not"},
        {"CREATE TABLE t (a int) /* x", ERR_INVALID, "the comment does not end"},
        {"SELECT $a$ x", ERR_INVALID, "the dollar quotes are not closed"},
        {"CREATE TABLE t (a int REFERENCES u ON DELETE 5)", ERR_INVALID, "expected SET, not 5"},
        {"CREATE TABLE t (CONSTRAINT x FOO (a))", ERR_INVALID, "expected PRIMARY KEY"},
        {"CREATE TABLE t (a x(y;", ERR_INVALID, "expected ), not ;"},
        {"CREATE TABLE t (a text DEFAULT)", ERR_INVALID, "expected a default"},
        {"\n\xff", ERR_INVALID, "line 2: the text is not plain UTF-8"},
        {"CREATE TABLE t (a int CHECK a > 5)", ERR_INVALID, "expected (, not a"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused_sql(rows[i].text, rows[i].code, rows[i].detail);
}

static void too_large(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = {0};
    buf_append_fill(&text, ' ', SQL_SIZE_MAX + 1);
    assert_refused_sql(buf_string(&text), ERR_TOO_LARGE, "more than");
}

/* Parentheses, and types of types. */
static void deep(void **state)
{
    (void)state;
    struct sql_place place;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "CREATE TABLE t (a bigint CHECK (");
    buf_append_fill(&text, '(', 100000);
    buf_append_string(&text, "a > 5");
    buf_append_fill(&text, ')', 100000);
    buf_append_string(&text, "))");
    sql_place_init(&place, buf_string(&text), SQL_GUESS);
    assert_schema(&place, "t", "/properties/a", "{\"type\":[\"integer\",\"null\"]}");
    assert_note(&place, 1, "is not translated");
    sql_place_finish(&place);
    buf_clear(&text);
    buf_append_string(&text, "CREATE TABLE t (a bigint");
    for (size_t i = 0; i < 10000; i++)
        buf_append_string(&text, "[]");
    buf_append_byte(&text, ')');
    assert_refused_sql(buf_string(&text), ERR_JSON_LIMIT, "t: ");
}

/* None of it takes quadratic time. */
static void many(void **state)
{
    (void)state;
    struct sql_place place;
    AUTO_BUF struct buf text = {0};
    for (size_t i = 0; i < 3000; i++)
        buf_printf(&text, "CREATE TABLE s%zu.t (a int UNIQUE);\n", i);
    buf_append_string(&text, "CREATE TABLE u (");
    for (size_t i = 0; i < 3000; i++)
        buf_printf(&text, "c%zu int UNIQUE REFERENCES t DEFAULT 5, ", i);
    buf_append_string(&text, "z bigint CHECK (z > 0");
    for (size_t i = 0; i < 20000; i++)
        buf_append_string(&text, " AND z > 0");
    buf_append_string(&text, "))");
    sql_place_init(&place, buf_string(&text), SQL_GUESS);
    assert_int_equal(place.schemas.count, 3001);
    assert_note(&place, 3001, "at most 64 keys");
    assert_note(&place, 3001, "at most 64 references");
    sql_place_finish(&place);
}

static const char everything[] =
    "CREATE TYPE e AS ENUM ('a', 'it''s'); CREATE DOMAIN d AS numeric(9,2) CHECK (VALUE > 0);"
    "CREATE VIEW v AS SELECT 1;"
    "CREATE TABLE \"two words\" (id serial PRIMARY KEY, a d DEFAULT 5, b e[] NOT NULL, "
    "c text DEFAULT E'x\\n' CHECK (c IN ('x', 'y') OR c IS NULL), x int REFERENCES t, "
    "j jsonb DEFAULT '[1]', p text CHECK (p ~ '^a.b'), "
    "UNIQUE (id, a));"
    "COMMENT ON TABLE \"two words\" IS 'x'; ALTER TABLE t ADD COLUMN y varchar(3);"
    "CREATE TABLE t (id bigint PRIMARY KEY, t timestamp DEFAULT now());";

/* At each size the arena may have, it is an error or the whole. */
static void little_memory(void **state)
{
    (void)state;
    struct schema_library *library;
    assert_int_equal(schema_library_create(&library, NULL), 0);
    int error = -ERR_NO_MEMORY;
    for (size_t limit = 64; error < 0; limit += 500) {
        struct arena arena;
        struct sql_schemas schemas;
        arena_init(&arena, limit);
        error = sql_schemas_read(&arena, library, span_of_string(everything), SQL_GUESS, &schemas,
                                 NULL);
        assert_true(error == 0 || error == -ERR_NO_MEMORY);
        assert_true(error < 0 || schemas.count == 2);
        arena_finish(&arena);
    }
    schema_library_destroy(library);
}

static void append_all(struct buf *out, const struct sql_schemas *schemas)
{
    for (size_t i = 0; i < schemas->count; i++)
        buf_append_span(out, schemas->schemas[i].text);
    for (size_t i = 0; i < schemas->note_count; i++)
        buf_append_span(out, schemas->notes[i].text);
}

/* Each allocation fails once: then it is an error, or makes no difference. */
static void no_memory(void **state)
{
    (void)state;
    AUTO_BUF struct buf whole = {0};
    struct schema_library *library;
    size_t refused = 0;
    assert_int_equal(schema_library_create(&library, NULL), 0);
    for (size_t count = 0;; count++) {
        AUTO_BUF struct buf text = {0};
        AUTO_ARENA struct arena arena;
        struct sql_schemas schemas;
        arena_init(&arena, 0);
        scarce_begin((unsigned)count);
        int error = sql_schemas_read(&arena, library, span_of_string(everything), SQL_GUESS,
                                     &schemas, NULL);
        bool done = !scarce_end() && count > 0;
        assert_true(error == 0 || error == -ERR_NO_MEMORY);
        refused += error != 0;
        if (error == 0)
            append_all(count == 0 ? &whole : &text, &schemas);
        if (error == 0 && count > 0)
            assert_string_equal(buf_string(&text), buf_string(&whole));
        if (done)
            break;
    }
    assert_true(refused > 50);
    schema_library_destroy(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passed_over),   cmocka_unit_test(mysql_dump),
        cmocka_unit_test(sqlite_schema), cmocka_unit_test(names),
        cmocka_unit_test(refused),       cmocka_unit_test(too_large),
        cmocka_unit_test(deep),          cmocka_unit_test(many),
        cmocka_unit_test(little_memory), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
