/* What is a schema, and what it declares. */
#include "schema_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void unknown_keywords(void **state)
{
    (void)state;
    assert_refused("{\"properties\":{\"age\":{\"minimun\":1}}}", "/properties/age/minimun", NULL,
                   "the keyword \"minimun\" is unknown; did you mean \"minimum\"?");
    assert_refused("{\"additionalproperties\":1}", "/additionalproperties", NULL,
                   "the keyword \"additionalproperties\" is unknown; did you mean "
                   "\"additionalProperties\"?");
    assert_refused("{\"tpye\":1}", "/tpye", NULL,
                   "the keyword \"tpye\" is unknown; did you mean \"type\"?");
    assert_refused("{\"x-unqiue\":1}", "/x-unqiue", NULL,
                   "the keyword \"x-unqiue\" is unknown; did you mean \"x-unique\"?");
    assert_refused("{\"x-mine\":1}", "/x-mine", NULL, "the keyword \"x-mine\" is unknown");
    assert_refused("{\"$defs\":{\"a\":{\"allOf\":[{\"allof\":1}]}}}", "/$defs/a/allOf/0/allof",
                   NULL, "the keyword \"allof\" is unknown; did you mean \"allOf\"?");
    /* Annotations: core, section 4.3.1. */
    assert_valid("{\"definitions\":{},\"\":1,\"zzz\":{\"type\":1}}", "{}");
}

static void keywords_of_later_versions(void **state)
{
    (void)state;
    static const char *const names[] = {"x-index",   "x-id",      "x-invariants", "x-commands",
                                        "x-queries", "x-migrate", "x-retain"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char schema[64], pointer[32], message[96];
        snprintf(schema, sizeof(schema), "{\"items\":{\"%s\":true}}", names[i]);
        snprintf(pointer, sizeof(pointer), "/items/%s", names[i]);
        snprintf(message, sizeof(message), "the keyword \"%s\" is not implemented in this version",
                 names[i]);
        assert_refused(schema, pointer, names[i], message);
    }
}

static void wrong_values(void **state)
{
    (void)state;
    assert_refused("{\"type\":\"strin\"}", "/type", "type",
                   "\"strin\" is not a type; the types are null, boolean, integer, number, string, "
                   "array and object");
    assert_refused("{\"type\":[\"null\",\"null\"]}", "/type", "type", "\"null\" is given twice");
    assert_refused("{\"type\":[]}", "/type", "type",
                   "\"type\" takes a type or a list of one or more");
    assert_refused("{\"required\":[\"a\",\"a\"]}", "/required", "required", "\"a\" is given twice");
    assert_refused("{\"required\":true}", "/required", "required",
                   "\"required\" takes an array, not true");
    assert_refused("{\"required\":[1]}", "/required", "required",
                   "\"required\" takes an array of member names");
    assert_refused("{\"enum\":{}}", "/enum", "enum", "\"enum\" takes an array, not an object");
    assert_refused("{\"minLength\":-1}", "/minLength", "minLength",
                   "\"minLength\" takes a whole number from 0, not -1");
    assert_refused("{\"maxItems\":1.5}", "/maxItems", "maxItems",
                   "\"maxItems\" takes a whole number from 0, not 1.5");
    assert_refused("{\"minimum\":\"1\"}", "/minimum", "minimum",
                   "\"minimum\" takes a number, not \"1\"");
    assert_refused("{\"multipleOf\":0}", "/multipleOf", "multipleOf",
                   "\"multipleOf\" takes a number greater than 0, not 0");
    assert_refused("{\"multipleOf\":-0.5}", "/multipleOf", "multipleOf",
                   "\"multipleOf\" takes a number greater than 0, not -0.5");
    assert_refused("{\"uniqueItems\":1}", "/uniqueItems", "uniqueItems",
                   "\"uniqueItems\" takes true or false, not 1");
    assert_refused("{\"items\":[true]}", "/items", "items",
                   "\"items\" takes a schema; a list of them is called \"prefixItems\"");
    assert_refused("{\"properties\":{\"a\":1}}", "/properties/a", NULL,
                   "a schema is an object, true or false, not 1");
    assert_refused("{\"properties\":[]}", "/properties", "properties",
                   "\"properties\" takes an object, not an array");
    assert_refused("{\"allOf\":[]}", "/allOf", "allOf",
                   "\"allOf\" takes an array of one schema or more");
    assert_refused("{\"title\":1}", "/title", "title", "\"title\" takes a string, not 1");
    assert_refused("{\"examples\":1}", "/examples", "examples",
                   "\"examples\" takes an array, not 1");
    assert_refused("{\"readOnly\":\"yes\"}", "/readOnly", "readOnly",
                   "\"readOnly\" takes true or false, not \"yes\"");
}

static void dialect_and_identity(void **state)
{
    (void)state;
    assert_valid("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                 "\"$id\":\"https://example.com/u\",\"title\":\"t\",\"description\":\"d\","
                 "\"$comment\":\"c\",\"examples\":[1],\"deprecated\":true,\"writeOnly\":true,"
                 "\"readOnly\":false,\"default\":{}}",
                 "{}");
    assert_refused("{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "/$schema",
                   "$schema",
                   "\"$schema\" is \"http://json-schema.org/draft-07/schema#\"; the one known is "
                   "\"https://json-schema.org/draft/2020-12/schema\"");
    assert_refused("{\"items\":{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"}}",
                   "/items/$schema", "$schema",
                   "\"$schema\" belongs to the root of a schema, beside its \"$id\"");
    assert_refused("{\"items\":{\"$id\":\"x\"},\"contains\":{\"$id\":\"y/../x\"}}", "/contains/$id",
                   "$id", "the URI \"persistfs:/x\" is given twice");
}

static void texts_that_are_no_schema(void **state)
{
    (void)state;
    struct schema *schema = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(compile_schema(span_of_string("{\"a\":}"), &schema, &problem),
                     -ERR_JSON_SYNTAX);
    assert_int_equal(compile_schema(span_of_string("[]"), &schema, &problem), -ERR_SCHEMA_INVALID);
    assert_int_equal(
        compile_schema(span_of_string("{\"type\":\"null\",\"type\":1}"), &schema, NULL),
        -ERR_JSON_DUPLICATE);
    AUTO_BUF struct buf large = {0};
    buf_append_string(&large, "{}");
    buf_append_fill(&large, ' ', SCHEMA_SIZE_MAX);
    assert_int_equal(compile_schema(buf_span(&large), &schema, &problem), -ERR_TOO_LARGE);
    assert_null(schema);
}

static void every_fault_of_a_schema_is_told(void **state)
{
    (void)state;
    struct schema *schema = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(
        compile_schema(span_of_string("{\"type\":\"a\",\"pattern\":1,\"zz\":1,\"x-z\":1,"
                                      "\"$ref\":\"#/no\"}"),
                       &schema, &problem),
        -ERR_SCHEMA_INVALID);
    assert_int_equal(problem.item_count, 4);
    assert_int_equal(problem.item_total, 4);
    assert_non_null(strstr(buf_string(&problem.detail), "/type: \"a\" is not a type"));
}

static void a_schema_owns_its_text(void **state)
{
    (void)state;
    char text[] = "{\"properties\":{\"a\":{\"enum\":[\"x\"]}},\"x-unique\":[[\"a\"]]}";
    struct schema *schema = schema_of(text);
    memset(text, 'z', sizeof(text) - 1);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(schema, "{\"a\":\"y\"}", &problem), -ERR_SCHEMA_MISMATCH);
    assert_string_equal(problem.items[0].message, "\"y\" is not one of \"x\"");
    schema_destroy(schema);
    schema_destroy(NULL);
}

static void assert_span(struct span span, const char *text)
{
    if (!span_is(span, text))
        fail_msg("%.*s is not %s", (int)span.size, (const char *)span.data, text);
}

static void unique_rules(void **state)
{
    (void)state;
    struct schema *schema = schema_of(
        "{\"properties\":{\"email\":{\"x-unique\":true},\"nick\":{\"x-unique\":false},"
        "\"address\":{\"properties\":{\"a/b\":{\"x-unique\":true}}}},"
        "\"x-unique\":[[\"team\",\"slug\"],[\"/address/zip\",\"x~y\"],[\"slug\",\"team\"]]}");
    const struct schema_unique *uniques = NULL;
    assert_int_equal(schema_uniques(schema, &uniques), 5);
    assert_span(uniques[0].name, "email");
    assert_int_equal(uniques[0].count, 1);
    assert_span(uniques[0].pointers[0], "/email");
    assert_span(uniques[1].name, "address.a/b");
    assert_span(uniques[1].pointers[0], "/address/a~1b");
    assert_span(uniques[2].name, "team,slug");
    assert_int_equal(uniques[2].count, 2);
    assert_span(uniques[2].pointers[0], "/team");
    assert_span(uniques[2].pointers[1], "/slug");
    assert_span(uniques[3].name, "address.zip,x~y");
    assert_span(uniques[3].pointers[0], "/address/zip");
    assert_span(uniques[3].pointers[1], "/x~0y");
    assert_span(uniques[4].name, "slug,team");
    schema_destroy(schema);
    schema = schema_of("{}");
    assert_int_equal(schema_uniques(schema, &uniques), 0);
    schema_destroy(schema);
}

static void unique_rules_that_are_refused(void **state)
{
    (void)state;
    static const char where[] = "\"x-unique\" belongs to the root, or to a member reached through "
                                "\"properties\" alone";
    static const char form[] =
        "a uniqueness rule is a list of one to 16 member names, like [\"team\", \"slug\"]";
    assert_refused("{\"items\":{\"x-unique\":true}}", "/items/x-unique", "x-unique", where);
    assert_refused("{\"allOf\":[{\"properties\":{\"a\":{\"x-unique\":true}}}]}",
                   "/allOf/0/properties/a/x-unique", "x-unique", where);
    assert_refused("{\"$defs\":{\"properties\":{\"x-unique\":true}}}", "/$defs/properties/x-unique",
                   "x-unique", where);
    assert_refused("{\"properties\":{\"a\":{\"x-unique\":[[\"b\"]]}}}", "/properties/a/x-unique",
                   "x-unique",
                   "\"x-unique\" of a member takes true or false; lists of members belong to the "
                   "root");
    assert_refused("{\"x-unique\":true}", "/x-unique", "x-unique",
                   "at the root \"x-unique\" takes a list of lists of member names, like "
                   "[[\"team\", \"slug\"]]");
    assert_refused("{\"x-unique\":[\"a\"]}", "/x-unique/0", "x-unique", form);
    assert_refused("{\"x-unique\":[[]]}", "/x-unique/0", "x-unique", form);
    assert_refused("{\"x-unique\":[[1]]}", "/x-unique/0/0", "x-unique",
                   "1 is neither a member name nor a JSON pointer");
    assert_refused("{\"x-unique\":[[\"/a~2\"]]}", "/x-unique/0/0", "x-unique",
                   "\"/a~2\" is neither a member name nor a JSON pointer");
    assert_refused("{\"x-unique\":[[\"a\",\"/a\"]]}", "/x-unique/0", "x-unique",
                   "a member is given twice");
    assert_refused("{\"properties\":{\"a\":{\"x-unique\":true}},\"x-unique\":[[\"a\"]]}",
                   "/x-unique/0", "x-unique", "the uniqueness of \"a\" is declared twice");
}

static void outbox(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned events;
    } rows[] = {
        {"{}", 0},
        {"{\"x-outbox\":false}", 0},
        {"{\"x-outbox\":true}", SCHEMA_EVENT_ALL},
        {"{\"x-outbox\":[]}", 0},
        {"{\"x-outbox\":[\"delete\",\"create\"]}", SCHEMA_EVENT_CREATE | SCHEMA_EVENT_DELETE},
        {"{\"x-outbox\":[\"update\",\"rename\"]}", SCHEMA_EVENT_UPDATE | SCHEMA_EVENT_RENAME},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct schema *schema = schema_of(rows[i].text);
        assert_int_equal(schema_events(schema), rows[i].events);
        schema_destroy(schema);
    }
    static const char usage[] =
        "\"x-outbox\" takes true, false, or a list of \"create\", \"update\", "
        "\"delete\" and \"rename\"";
    char message[200];
    assert_refused("{\"x-outbox\":\"create\"}", "/x-outbox", "x-outbox", usage);
    snprintf(message, sizeof(message), "\"creat\" is no operation; %s", usage);
    assert_refused("{\"x-outbox\":[\"creat\"]}", "/x-outbox/0", "x-outbox", message);
    snprintf(message, sizeof(message), "\"create\" is given twice; %s", usage);
    assert_refused("{\"x-outbox\":[\"create\",\"create\"]}", "/x-outbox/1", "x-outbox", message);
    assert_refused("{\"properties\":{\"a\":{\"x-outbox\":true}}}", "/properties/a/x-outbox",
                   "x-outbox", "\"x-outbox\" belongs to the root of the schema");
}

static void require_version(void **state)
{
    (void)state;
    struct schema *schema = schema_of("{\"x-require-version\":true}");
    assert_true(schema_requires_version(schema));
    schema_destroy(schema);
    schema = schema_of("{\"x-require-version\":false}");
    assert_false(schema_requires_version(schema));
    schema_destroy(schema);
    assert_refused("{\"x-require-version\":1}", "/x-require-version", "x-require-version",
                   "\"x-require-version\" takes true or false, not 1");
    assert_refused("{\"not\":{\"x-require-version\":true}}", "/not/x-require-version",
                   "x-require-version", "\"x-require-version\" belongs to the root of the schema");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_keywords),
        cmocka_unit_test(keywords_of_later_versions),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(dialect_and_identity),
        cmocka_unit_test(texts_that_are_no_schema),
        cmocka_unit_test(every_fault_of_a_schema_is_told),
        cmocka_unit_test(a_schema_owns_its_text),
        cmocka_unit_test(unique_rules),
        cmocka_unit_test(unique_rules_that_are_refused),
        cmocka_unit_test(outbox),
        cmocka_unit_test(require_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
