/* Checks, keys, references, and where they are said. */
#include "sql_place.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
    const char *definition, *expected, *note;
};

static void checks(void **state)
{
    static const struct row rows[] = {
        {"bigint CHECK (c >= 18 AND c < 150)",
         "{\"type\":[\"integer\",\"null\"],\"minimum\":18,\"exclusiveMaximum\":150}", NULL},
        {"bigint CHECK (18 <= c) CHECK (c > 17) CHECK (c <= 20)",
         "{\"type\":[\"integer\",\"null\"],\"minimum\":18,\"maximum\":20}", NULL},
        {"smallint CHECK (c > 0)",
         "{\"type\":[\"integer\",\"null\"],\"exclusiveMinimum\":0,\"maximum\":32767}", NULL},
        {"bigint CHECK (c BETWEEN -5 AND 5)",
         "{\"type\":[\"integer\",\"null\"],\"minimum\":-5,\"maximum\":5}", NULL},
        {"real CHECK ((c)::numeric >= 0.5)", "{\"type\":[\"number\",\"null\"],\"minimum\":0.5}",
         NULL},
        {"real CHECK (c::integer >= 1)", "{\"type\":[\"number\",\"null\"]}",
         "CHECK (c::integer >= 1) is not translated"},
        {"real CHECK (c IS NULL OR c > 0)",
         "{\"type\":[\"number\",\"null\"],\"exclusiveMinimum\":0}", NULL},
        {"text CHECK (c IN ('a', 'b'))",
         "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",\"b\",null]}", NULL},
        {"text CHECK (((c)::text = ANY ((ARRAY['a'::character varying, 'b'::text])::text[])))",
         "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",\"b\",null]}", NULL},
        {"bigint NOT NULL CHECK (c = 1)", "{\"type\":\"integer\",\"enum\":[1]}", NULL},
        {"text CHECK (c <> '')", "{\"type\":[\"string\",\"null\"],\"minLength\":1}", NULL},
        {"text CHECK (length(c) > 2 and char_length(c) <= 9)",
         "{\"type\":[\"string\",\"null\"],\"minLength\":3,\"maxLength\":9}", NULL},
        {"text CHECK (length(c) = 4)",
         "{\"type\":[\"string\",\"null\"],\"minLength\":4,\"maxLength\":4}", NULL},
        {"varchar(9) CHECK (length(c) < 5)", "{\"type\":[\"string\",\"null\"],\"maxLength\":4}",
         NULL},
        {"text CHECK (c IS NOT NULL)", "{\"type\":\"string\"}", NULL},
        {"text CHECK (json_valid(c))", "{}", NULL},
        {"text CHECK (((c)::text ~ '^[a-z0-9_]+\\.x{2,}$'::text))",
         "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[a-z0-9_]+\\\\.x{2,}$\"}", NULL},
        {"text CHECK (c ~ '^.(?:\\d|b)')",
         "{\"type\":[\"string\",\"null\"],\"pattern\":\"^[^](?:\\\\d|b)\"}", NULL},
        {"text CHECK (c ~ '[[:alpha:]]')", "{\"type\":[\"string\",\"null\"]}", "is not"},
        {"text CHECK (c ~ '\\mx')", "{\"type\":[\"string\",\"null\"]}", "is not"},
        {"text CHECK (c ~ '(?i)x')", "{\"type\":[\"string\",\"null\"]}", "is not"},
        {"text CHECK (c ~ 'a{')", "{\"type\":[\"string\",\"null\"]}", "is not"},
        {"text CHECK (c ~* 'a')", "{\"type\":[\"string\",\"null\"]}", "is not"},
        {"bigint CHECK (c <> 5)", "{\"type\":[\"integer\",\"null\"]}", "CHECK (c <> 5) is not"},
        {"bigint CHECK (c > d)", "{\"type\":[\"integer\",\"null\"]}", "CHECK (c > d) is not"},
        {"bigint CHECK (c % 2 = 0 AND c > 0)",
         "{\"type\":[\"integer\",\"null\"],\"exclusiveMinimum\":0}", "CHECK (c % 2 = 0) is not"},
        {"bigint CHECK (NOT c > 5)", "{\"type\":[\"integer\",\"null\"]}", "CHECK (NOT c > 5) is"},
        {"text CHECK (c LIKE 'a%')", "{\"type\":[\"string\",\"null\"]}", "CHECK (c LIKE 'a%') is"},
        {"text CHECK (c > 5)", "{\"type\":[\"string\",\"null\"]}", "CHECK (c > 5) is not"},
        {"text CHECK (CASE WHEN c = 'a' THEN true END)", "{\"type\":[\"string\",\"null\"]}",
         "CHECK (CASE WHEN"},
        {"text CHECK (c IS NULL OR c IS NOT NULL)", "{\"type\":[\"string\",\"null\"]}", "is not"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_column_note(rows[i].definition, SQL_POSTGRESQL, rows[i].expected, rows[i].note);
}

static void keys(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "CREATE TABLE t (a bigint, b text UNIQUE, c text, d text, \"/e\" text,\n"
                   "  CONSTRAINT k PRIMARY KEY (a), UNIQUE (C, d), UNIQUE (c, d),\n"
                   "  UNIQUE (d), UNIQUE (c, \"/e\"), UNIQUE (c, c),\n"
                   "  UNIQUE (nobody));\n"
                   "CREATE UNIQUE INDEX i ON t USING btree (c);\n"
                   "CREATE UNIQUE INDEX j ON t (lower(b));\n"
                   "CREATE UNIQUE INDEX l ON t (b) WHERE (a > 5);\n"
                   "CREATE INDEX m ON t (b);\n",
                   SQL_POSTGRESQL);
    assert_schema(&place, "t", "/properties/a/x-unique", "true");
    assert_schema(&place, "t", "/properties/b/x-unique", "true");
    assert_schema(&place, "t", "/properties/c/x-unique", "true");
    assert_schema(&place, "t", "/properties/d/x-unique", "true");
    assert_schema(&place, "t", "/x-unique", "[[\"c\",\"d\"],[\"c\",\"/~1e\"]]");
    assert_schema(&place, "t", "/required", "[\"a\"]");
    assert_note(&place, 3, "names a column twice");
    assert_note(&place, 4, "there is no column nobody");
    assert_note(&place, 6, "a key over expressions");
    assert_note(&place, 7, "some of the rows");
    assert_note(&place, 8, "CREATE INDEX: left out");
    sql_place_finish(&place);
}

static void composite_primary_key(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place, "CREATE TABLE t (a bigint, b bigint, PRIMARY KEY (a, b))",
                   SQL_POSTGRESQL);
    assert_schema(&place, "t", "/properties/a", "{\"type\":\"integer\"}");
    assert_schema(&place, "t", "/required", "[\"a\",\"b\"]");
    assert_schema(&place, "t", "/x-unique", "[[\"a\",\"b\"]]");
    sql_place_finish(&place);
}

static void references(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "CREATE TABLE u (id bigint PRIMARY KEY, code char(2) UNIQUE, n text);\n"
                   "CREATE TABLE w (a bigint, b bigint, PRIMARY KEY (a, b));\n"
                   "CREATE TABLE t (a int REFERENCES u ON DELETE CASCADE NOT NULL,\n"
                   "  b int REFERENCES u(id) ON UPDATE NO ACTION ON DELETE SET NULL,\n"
                   "  c char(2) REFERENCES u(code),\n"
                   "  d uuid REFERENCES elsewhere (id) MATCH FULL,\n"
                   "  e int CHECK (e > 5) DEFAULT 7,\n"
                   "  f int REFERENCES w,\n"
                   "  g int NOT NULL REFERENCES u ON DELETE SET NULL,\n"
                   "  h int REFERENCES u ON DELETE SET DEFAULT,\n"
                   "  FOREIGN KEY (e) REFERENCES u (id),\n"
                   "  FOREIGN KEY (a, b) REFERENCES w (a, b));",
                   SQL_POSTGRESQL);
#define ID "{\"$comment\":\"It is int in SQL, and here the id of an entity: a string.\","
    assert_schema(&place, "t", "/properties/a",
                  ID "\"type\":\"string\",\"x-ref\":\"u\",\"x-on-delete\":\"cascade\"}");
    assert_schema(&place, "t", "/properties/b",
                  ID
                  "\"type\":[\"string\",\"null\"],\"x-ref\":\"u\",\"x-on-delete\":\"set-null\"}");
    assert_schema(&place, "t", "/properties/c", "{\"type\":[\"string\",\"null\"],\"maxLength\":2}");
    assert_schema(&place, "t", "/properties/d",
                  "{\"type\":[\"string\",\"null\"],\"format\":\"uuid\",\"x-ref\":\"elsewhere\"}");
    assert_schema(&place, "t", "/properties/e",
                  ID "\"type\":[\"string\",\"null\"],\"x-ref\":\"u\"}");
    assert_schema(&place, "t", "/properties/f/x-ref", NULL);
    assert_schema(&place, "t", "/properties/g", ID "\"type\":\"string\",\"x-ref\":\"u\"}");
    assert_schema(&place, "t", "/properties/h/x-on-delete", NULL);
    assert_note(&place, 3, "t.a: it is int in SQL, and here the id of an entity of u: a string");
    assert_note(&place, 5, "the reference to u is not translated");
    assert_note(&place, 6, "there is no table elsewhere here");
    assert_note(&place, 7, "CHECK (e > 5) is not translated");
    assert_note(&place, 7, "DEFAULT 7 is not a value that can be translated");
    assert_note(&place, 8, "the reference to w is not translated");
    assert_note(&place, 9, "ON DELETE SET NULL of what is not null");
    assert_note(&place, 10, "ON DELETE SET DEFAULT is not translated");
    assert_note(&place, 12, "a reference of several columns");
    sql_place_finish(&place);
}

static void alterations(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "CREATE TABLE public.t (a bigint, b int, c text DEFAULT 'x' NOT NULL);\n"
                   "ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (a);\n"
                   "ALTER TABLE t ADD COLUMN d bigint NOT NULL DEFAULT 3, ADD e date;\n"
                   "ALTER TABLE t ALTER COLUMN c DROP DEFAULT, ALTER c DROP NOT NULL;\n"
                   "ALTER TABLE t ALTER COLUMN e SET NOT NULL, ALTER e SET DEFAULT '2026-01-01';\n"
                   "ALTER TABLE t MODIFY b bigint NOT NULL;\n"
                   "ALTER TABLE t ADD CONSTRAINT n CHECK (b > 0) NOT VALID;\n"
                   "ALTER TABLE t OWNER TO app, DROP COLUMN c;\n"
                   "ALTER TABLE nobody ADD PRIMARY KEY (a);\n"
                   "COMMENT ON TABLE t IS 'A table';\n"
                   "COMMENT ON COLUMN public.t.b IS 'A column';\n",
                   SQL_POSTGRESQL);
    assert_schema(&place, "t", "/properties/a/x-unique", "true");
    assert_schema(&place, "t", "/description", "\"A table\"");
    assert_schema(&place, "t", "/properties/b",
                  "{\"description\":\"A column\",\"type\":\"integer\",\"exclusiveMinimum\":0}");
    assert_schema(&place, "t", "/properties/c", "{\"type\":[\"string\",\"null\"]}");
    assert_schema(&place, "t", "/properties/d", "{\"type\":\"integer\",\"default\":3}");
    assert_schema(&place, "t", "/properties/e",
                  "{\"type\":\"string\",\"format\":\"date\",\"default\":\"2026-01-01\"}");
    assert_schema(&place, "t", "/required", "[\"a\",\"b\",\"d\",\"e\"]");
    assert_note(&place, 8, "ALTER TABLE ... OWNER: left out");
    assert_note(&place, 8, "t: ALTER TABLE ... DROP is not translated");
    assert_note(&place, 9, "nobody: there is no table of that name here");
    sql_place_finish(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks),      cmocka_unit_test(keys),
        cmocka_unit_test(references),  cmocka_unit_test(composite_primary_key),
        cmocka_unit_test(alterations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
