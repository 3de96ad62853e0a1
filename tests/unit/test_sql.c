/* Columns: types, nulls, defaults. */
#include "sql_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
    const char *definition, *expected, *note;
    enum sql_dialect dialect;
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_column_note(rows[i].definition,
                           rows[i].dialect == SQL_GUESS ? SQL_POSTGRESQL : rows[i].dialect,
                           rows[i].expected, rows[i].note);
}

#define INT_RANGE "\"minimum\":-2147483648,\"maximum\":2147483647"

static void numbers(void **state)
{
    static const struct row rows[] = {
        {"int NOT NULL", "{\"type\":\"integer\"," INT_RANGE "}", NULL, 0},
        {"INTEGER", "{\"type\":[\"integer\",\"null\"]," INT_RANGE "}", NULL, 0},
        {"integer not null", "{\"type\":\"integer\"}", NULL, SQL_SQLITE},
        {"bigint NOT NULL", "{\"type\":\"integer\"}", NULL, 0},
        {"smallint NOT NULL", "{\"type\":\"integer\",\"minimum\":-32768,\"maximum\":32767}", NULL,
         0},
        {"smallint unsigned NOT NULL", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":65535}",
         NULL, SQL_MYSQL},
        {"bigint(20) unsigned NOT NULL", "{\"type\":\"integer\",\"minimum\":0}", NULL, SQL_MYSQL},
        {"tinyint(4) NOT NULL", "{\"type\":\"integer\",\"minimum\":-128,\"maximum\":127}", NULL,
         SQL_MYSQL},
        {"numeric(5,2) NOT NULL",
         "{\"type\":\"number\",\"exclusiveMinimum\":-1000,\"exclusiveMaximum\":1000,"
         "\"multipleOf\":0.01}",
         NULL, 0},
        {"decimal(3) NOT NULL",
         "{\"type\":\"number\",\"exclusiveMinimum\":-1000,\"exclusiveMaximum\":1000,"
         "\"multipleOf\":1}",
         NULL, 0},
        {"numeric(40,0) NOT NULL",
         "{\"type\":\"number\",\"exclusiveMinimum\":-1e40,\"exclusiveMaximum\":1e40,"
         "\"multipleOf\":1}",
         NULL, 0},
        {"numeric NOT NULL", "{\"type\":\"number\"}", NULL, 0},
        {"numeric(2,5) NOT NULL", "{\"type\":\"number\"}", "the size of numeric(2,5)", 0},
        {"double precision NOT NULL", "{\"type\":\"number\"}", NULL, 0},
        {"float(7,2) NOT NULL", "{\"type\":\"number\"}", NULL, SQL_MYSQL},
        {"serial", "{\"type\":\"integer\"," INT_RANGE "}", "the database numbers it", 0},
        {"UNSIGNED BIG INT NOT NULL", "{\"type\":\"integer\"}", NULL, SQL_SQLITE},
    };
    (void)state;
    assert_rows(rows, COUNT(rows));
}

static void texts(void **state)
{
    static const struct row rows[] = {
        {"text NOT NULL", "{\"type\":\"string\"}", NULL, 0},
        {"varchar(20)", "{\"type\":[\"string\",\"null\"],\"maxLength\":20}", NULL, 0},
        {"character varying(20) NOT NULL", "{\"type\":\"string\",\"maxLength\":20}", NULL, 0},
        {"char(2) NOT NULL", "{\"type\":\"string\",\"maxLength\":2}", NULL, 0},
        {"char NOT NULL", "{\"type\":\"string\",\"maxLength\":1}", NULL, 0},
        {"varchar NOT NULL", "{\"type\":\"string\"}", NULL, 0},
        {"date NOT NULL", "{\"type\":\"string\",\"format\":\"date\"}", NULL, 0},
        {"timestamp with time zone NOT NULL", "{\"type\":\"string\",\"format\":\"date-time\"}",
         NULL, 0},
        {"timestamp(6) without time zone NOT NULL", "{\"type\":\"string\"}", "without its zone", 0},
        {"timestamp NOT NULL", "{\"type\":\"string\"}", "without its zone", 0},
        {"timestamp NOT NULL", "{\"type\":\"string\",\"format\":\"date-time\"}", NULL, SQL_MYSQL},
        {"timetz NOT NULL", "{\"type\":\"string\",\"format\":\"time\"}", NULL, 0},
        {"uuid NOT NULL", "{\"type\":\"string\",\"format\":\"uuid\"}", NULL, 0},
        {"bytea NOT NULL", "{\"type\":\"string\",\"contentEncoding\":\"base64\"}", NULL, 0},
        {"varbinary(16) NOT NULL",
         "{\"type\":\"string\",\"contentEncoding\":\"base64\",\"maxLength\":24}", NULL, SQL_MYSQL},
        {"inet NOT NULL",
         "{\"type\":\"string\",\"anyOf\":[{\"format\":\"ipv4\"},{\"format\":\"ipv6\"}]}",
         "an address alone", 0},
        {"enum('a','b''c')", "{\"type\":[\"string\",\"null\"],\"enum\":[\"a\",\"b'c\",null]}", NULL,
         SQL_MYSQL},
        {"set('a','b') NOT NULL",
         "{\"type\":\"array\",\"items\":{\"enum\":[\"a\",\"b\"]},\"uniqueItems\":true}",
         "a list of strings", SQL_MYSQL},
    };
    (void)state;
    assert_rows(rows, COUNT(rows));
}

static void other_types(void **state)
{
    static const struct row rows[] = {
        {"boolean NOT NULL", "{\"type\":\"boolean\"}", NULL, 0},
        {"tinyint(1) NOT NULL", "{\"type\":\"boolean\"}", "true or false", SQL_MYSQL},
        {"jsonb", "{}", NULL, 0},
        {"", "{}", NULL, SQL_SQLITE},
        {"integer[] NOT NULL",
         "{\"type\":\"array\",\"items\":{\"type\":\"integer\"," INT_RANGE "}}", "null as an item",
         0},
        {"varchar(5)[][3]",
         "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"array\",\"items\":"
         "{\"type\":\"string\",\"maxLength\":5}}}",
         "null as an item", 0},
        {"geometry(Point,4326) NOT NULL", "{}",
         "the type geometry(Point,4326) is not known here: any value is taken", 0},
    };
    (void)state;
    assert_rows(rows, COUNT(rows));
}

static void defaults(void **state)
{
    static const struct row rows[] = {
        {"bigint DEFAULT 5", "{\"type\":[\"integer\",\"null\"],\"default\":5}", NULL, 0},
        {"bigint DEFAULT '-5'::integer", "{\"type\":[\"integer\",\"null\"],\"default\":-5}", NULL,
         0},
        {"bigint DEFAULT (- 007)", "{\"type\":[\"integer\",\"null\"],\"default\":-7}", NULL, 0},
        {"real DEFAULT .5", "{\"type\":[\"number\",\"null\"],\"default\":0.5}", NULL, 0},
        {"text DEFAULT 'it''s'::text NOT NULL", "{\"type\":\"string\",\"default\":\"it's\"}", NULL,
         0},
        {"text DEFAULT E'a\\n' NOT NULL", "{\"type\":\"string\",\"default\":\"a\\n\"}", NULL, 0},
        {"text DEFAULT \"a\" NOT NULL", "{\"type\":\"string\",\"default\":\"a\"}", NULL,
         SQL_SQLITE},
        {"text DEFAULT 'a\\'b' NOT NULL", "{\"type\":\"string\",\"default\":\"a'b\"}", NULL,
         SQL_MYSQL},
        {"text DEFAULT NULL", "{\"type\":[\"string\",\"null\"]}", NULL, 0},
        {"text DEFAULT NULL::character varying", "{\"type\":[\"string\",\"null\"]}", NULL, 0},
        {"boolean DEFAULT true NOT NULL", "{\"type\":\"boolean\",\"default\":true}", NULL, 0},
        {"boolean NOT NULL DEFAULT 0", "{\"type\":\"boolean\",\"default\":false}", NULL,
         SQL_SQLITE},
        {"jsonb DEFAULT '{\"a\": [1]}'::jsonb", "{\"default\":{\"a\":[1]}}", NULL, 0},
        {"timestamptz DEFAULT now()", "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}",
         "c: DEFAULT now() is not a value that can be translated: there is none", 0},
        {"uuid DEFAULT gen_random_uuid() NOT NULL", "{\"type\":\"string\",\"format\":\"uuid\"}",
         "it is not required", 0},
        {"bigint DEFAULT 1 + 1", "{\"type\":[\"integer\",\"null\"]}", "DEFAULT 1 + 1 is not", 0},
        {"bigint DEFAULT 'x'", "{\"type\":[\"integer\",\"null\"]}", "DEFAULT 'x' is not", 0},
        {"varchar(2) DEFAULT 'abc'", "{\"type\":[\"string\",\"null\"],\"maxLength\":2}",
         "DEFAULT 'abc' is not valid itself", 0},
        {"date DEFAULT '2026-02-30'", "{\"type\":[\"string\",\"null\"],\"format\":\"date\"}",
         "is not valid itself", 0},
        {"text DEFAULT x'00'", "{\"type\":[\"string\",\"null\"]}", "DEFAULT x'00' is not", 0},
        {"bigint GENERATED ALWAYS AS (a * 2) STORED", "{\"type\":[\"integer\",\"null\"]}",
         "the database computes it", 0},
        {"bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 1) NOT NULL",
         "{\"type\":\"integer\"}", "the database numbers it", 0},
        {"bigint DEFAULT nextval('s'::regclass) NOT NULL", "{\"type\":\"integer\"}",
         "the database numbers it", 0},
    };
    (void)state;
    assert_rows(rows, COUNT(rows));
}

static void required(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "CREATE TABLE t (a int, b int NOT NULL, c int DEFAULT 1, d int NOT NULL "
                   "DEFAULT 1, e int NOT NULL DEFAULT f(), g serial NOT NULL, h int PRIMARY KEY)",
                   SQL_POSTGRESQL);
    assert_schema(&place, "t", "/required", "[\"b\",\"c\",\"d\",\"h\"]");
    assert_schema(&place, "t", "/additionalProperties", "false");
    assert_schema(&place, "t", "/title", "\"t\"");
    assert_schema(&place, "t", "/type", "\"object\"");
    assert_schema(&place, "t", "/$schema", "\"https://json-schema.org/draft/2020-12/schema\"");
    sql_place_finish(&place);
}

static void types_of_the_text(void **state)
{
    (void)state;
    struct sql_place place;
    sql_place_init(&place,
                   "CREATE TYPE public.mood AS ENUM ('sad', 'ok');\n"
                   "CREATE DOMAIN label AS varchar(9) DEFAULT 'x' NOT NULL CHECK (VALUE <> '');\n"
                   "CREATE DOMAIN short AS label CHECK (length(VALUE) < 5);\n"
                   "CREATE TYPE pair AS (a int, b int);\n"
                   "CREATE TABLE t (m public.mood NOT NULL, ms mood[] NOT NULL, n label, s short\n"
                   "  DEFAULT 'y', p pair);",
                   SQL_GUESS);
    assert_int_equal(place.schemas.count, 1);
    assert_schema(&place, "t", "/properties/m", "{\"type\":\"string\",\"enum\":[\"sad\",\"ok\"]}");
    assert_schema(&place, "t", "/properties/ms/items",
                  "{\"type\":\"string\",\"enum\":[\"sad\",\"ok\"]}");
    assert_schema(&place, "t", "/properties/n",
                  "{\"type\":\"string\",\"minLength\":1,\"maxLength\":9,\"default\":\"x\"}");
    assert_schema(&place, "t", "/properties/s",
                  "{\"type\":\"string\",\"minLength\":1,\"maxLength\":4,\"default\":\"y\"}");
    assert_schema(&place, "t", "/properties/p", "{}");
    assert_note(&place, 4, "CREATE TYPE: left out");
    assert_note(&place, 6, "t.p: the type pair is not known here");
    sql_place_finish(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),  cmocka_unit_test(texts),
        cmocka_unit_test(defaults), cmocka_unit_test(other_types),
        cmocka_unit_test(required), cmocka_unit_test(types_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
