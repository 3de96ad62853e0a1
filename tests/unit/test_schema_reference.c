/* Where references lead: within a schema, by a URI, into other documents. */
#include "schema_place.h"
#include "source_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void pointers(void **state)
{
    (void)state;
    source_judges(NULL,
                  "{\"$ref\":\"#/$defs/a~1b~0c%25d%22\",\"$defs\":{\"a/b~c%d\\\"\":"
                  "{\"type\":\"null\"}}}",
                  LIST("null"), LIST("1"));
    source_judges(NULL, "{\"allOf\":[{\"$ref\":\"#/allOf/1\"},{\"type\":\"null\"}]}", LIST("null"),
                  LIST("1"));
    source_judges(NULL,
                  "{\"properties\":{\"\":{\"type\":\"null\"},\"a\":{\"$ref\":"
                  "\"#/properties/\"}}}",
                  LIST("{\"a\":null}"), LIST("{\"a\":1}"));
    source_judges(NULL, "{\"$ref\":\"#/$defs/t\",\"$defs\":{\"t\":false}}", LIST(NULL), LIST("1"));
    source_judges(NULL, "{\"properties\":{\"n\":{\"$ref\":\"#\"}},\"additionalProperties\":false}",
                  LIST("{\"n\":{\"n\":{}}}"), LIST("{\"n\":{\"m\":{}}}"));
}

static void broken_pointers(void **state)
{
    (void)state;
    static const char *const references[] = {
        "#/$defs/b", "#/$defs/a/type", "#/$defs/~2", "#/$defs/%zz",       "#/allOf/01",
        "#/allOf/-", "#/allOf/1",      "#a",         "#/allOf/4294967296"};
    for (size_t i = 0; i < COUNT(references); i++) {
        AUTO_BUF struct buf schema = {0};
        AUTO_BUF struct buf message = {0};
        buf_printf(&schema,
                   "{\"$ref\":\"%s\",\"$defs\":{\"a\":{\"type\":\"null\"}},\"allOf\":[true]}",
                   references[i]);
        buf_printf(&message, "\"%s\" does not lead to a schema", references[i]);
        source_refuses(NULL, buf_string(&schema), "/$ref", "$ref", buf_string(&message));
    }
}

/* Values that no keyword takes for schemas. */
static void strays(void **state)
{
    (void)state;
    static const char schema[] =
        "{\"x\":{\"not\":{\"$anchor\":\"q\",\"type\":\"null\"},\"y\":[{\"$ref\":\"#q\"}]},"
        "\"properties\":{\"a\":{\"$ref\":\"#/x/not\"},\"b\":{\"$ref\":\"#/x\"},"
        "\"c\":{\"$ref\":\"#/x/y/0\"}}}";
    source_judges(NULL, schema, LIST("{\"a\":null,\"b\":1,\"c\":null}"),
                  LIST("{\"a\":1}", "{\"b\":null}", "{\"c\":1}"));
    source_refuses(NULL, "{\"x\":{\"y\":{\"type\":\"nul\"}},\"$ref\":\"#/x/y\"}", "/x/y/type",
                   "type",
                   "\"nul\" is not a type; the types are null, boolean, integer, number, string, "
                   "array and object");
    source_refuses(NULL,
                   "{\"$id\":\"e\",\"$defs\":{\"d\":{\"$id\":\"f\",\"x\":{\"y\":{\"$ref\":\"#z\"}},"
                   "\"$ref\":\"#/x/y\"}}}",
                   "/$defs/d/x/y/$ref", "$ref", "\"#z\" does not lead to a schema");
}

static void anchors(void **state)
{
    (void)state;
    source_judges(NULL,
                  "{\"$ref\":\"#a\",\"$defs\":{\"x\":{\"$anchor\":\"a\",\"type\":\"null\"},"
                  "\"y\":{\"$id\":\"y\",\"$anchor\":\"a\",\"type\":\"array\"}}}",
                  LIST("null"), LIST("[]"));
    source_judges(NULL,
                  "{\"$ref\":\"y#a\",\"$defs\":{\"x\":{\"$anchor\":\"a\",\"type\":\"null\"},"
                  "\"y\":{\"$id\":\"y\",\"$anchor\":\"a\",\"type\":\"array\"}}}",
                  LIST("[]"), LIST("null"));
    source_refuses(NULL, "{\"$anchor\":\"a\",\"$defs\":{\"b\":{\"$anchor\":\"a\"}}}",
                   "/$defs/b/$anchor", "$anchor", "the anchor \"a\" is given twice");
    source_refuses(NULL, "{\"$ref\":\"#a\",\"enum\":[{\"$anchor\":\"a\"}]}", "/$ref", "$ref",
                   "\"#a\" does not lead to a schema");
}

static void resources(void **state)
{
    (void)state;
    static const char schema[] =
        "{\"$id\":\"http://y/d/root\",\"properties\":{\"a\":{\"$ref\":\"sub/one\"},"
        "\"b\":{\"$ref\":\"http://y/d/sub/one#/$defs/t\"},\"c\":{\"$ref\":\"/top\"},"
        "\"d\":{\"$ref\":\"#/$defs/1/$defs/t\"}},"
        "\"$defs\":{\"1\":{\"$id\":\"sub/one\",\"$ref\":\"two\",\"$defs\":{\"t\":{\"type\":"
        "\"array\"}}},\"2\":{\"$id\":\"sub/two\",\"type\":\"null\"},"
        "\"3\":{\"$id\":\"/top\",\"$ref\":\"#/$defs/u\",\"$defs\":{\"u\":{\"type\":\"string\"}}}}}";
    source_judges(NULL, schema, LIST("{\"a\":null,\"b\":[],\"c\":\"\",\"d\":[]}"),
                  LIST("{\"a\":1}", "{\"b\":1}", "{\"c\":1}", "{\"d\":1}"));
    source_refuses(NULL, "{\"$defs\":{\"a\":{\"$id\":\"s\"},\"b\":{\"$id\":\"./s#\"}}}",
                   "/$defs/b/$id", "$id", "the URI \"http://x/s\" is given twice");
    source_refuses(NULL, "{\"$ref\":\"sub\",\"$id\":\"http://z/\"}", "/$ref", "$ref",
                   "\"sub\" does not lead to a schema; there is none at \"http://z/sub\"");
    /* One `$id` in what is no schema does not count. */
    source_refuses(NULL, "{\"const\":{\"$id\":\"s\"},\"$ref\":\"s\"}", "/$ref", "$ref",
                   "\"s\" does not lead to a schema; there is none at \"http://x/s\"");
}

static void long_uris(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    buf_append_string(&schema, "{\"$id\":\"http://x/");
    buf_append_fill(&schema, 'a', 3000);
    buf_append_string(&schema, "\"}");
    source_refuses(NULL, buf_string(&schema), "/$id", "$id", "the URI has more than 2048 bytes");
}

static const struct source_row documents[] = {
    {"http://x/a", "{\"properties\":{\"b\":{\"$ref\":\"b#/$defs/t\"}},\"$anchor\":\"top\"}"},
    {"http://x/b", "{\"$defs\":{\"t\":{\"$ref\":\"a\",\"type\":[\"null\",\"object\"]}}}"},
    {"http://x/named", "{\"$id\":\"http://y/other/name\",\"$ref\":\"near\"}"},
    {"http://y/other/near", "{\"type\":\"null\"}"},
    {"http://x/bundle", "{\"$defs\":{\"i\":{\"$id\":\"http://z/inner\",\"type\":\"null\"}}}"},
    {"http://x/yes", "true"},
    {"http://x/no", " false\n"},
    {"http://x/broken", "{\"type\":"},
    {"http://x/wrong", "{\"properties\":{\"a/b\":{\"type\":1}}}"},
    {"http://x/lost", "{\"items\":{\"$ref\":\"#nowhere\"}}"},
    {"http://x/number", "1"},
    {"http://x/empty", ""},
    {"http://x/endless", "{\"allOf\":[{\"$ref\":\"main\"}]}"},
    {NULL, NULL},
};

static void other_documents(void **state)
{
    (void)state;
    source_judges(documents, "{\"$ref\":\"a\"}", LIST("{}", "{\"b\":null}", "{\"b\":{\"b\":{}}}"),
                  LIST("{\"b\":1}", "{\"b\":{\"b\":[]}}"));
    source_judges(documents, "{\"$ref\":\"a#top\"}", LIST("{\"b\":null}"), LIST("{\"b\":1}"));
    source_judges(documents, "{\"$ref\":\"named\"}", LIST("null"), LIST("1"));
    source_judges(documents,
                  "{\"allOf\":[{\"$ref\":\"named\"},{\"$ref\":\"http://y/other/name\"}]}",
                  LIST("null"), LIST("1"));
    source_judges(documents, "{\"allOf\":[{\"$ref\":\"bundle\"},{\"$ref\":\"http://z/inner\"}]}",
                  LIST("null"), LIST("1"));
    source_judges(documents, "{\"$ref\":\"yes\"}", LIST("1"), LIST(NULL));
    source_judges(documents, "{\"not\":{\"$ref\":\"no#\"}}", LIST("1"), LIST(NULL));
    source_judges(documents, "{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}",
                  LIST("{\"type\":\"null\"}", "true"), LIST("{\"type\":\"nul\"}", "1"));
}

static void broken_documents(void **state)
{
    (void)state;
    source_refuses(documents, "{\"$ref\":\"missing\"}", "/$ref", "$ref",
                   "\"missing\" does not lead to a schema; there is none at \"http://x/missing\"");
    source_refuses(documents, "{\"$ref\":\"broken\"}", "/$ref", "$ref",
                   "\"http://x/broken\" cannot be read: line 1, column 9: the text ends too early; "
                   "expected a value: a string in double quotes, a number, an object, an array, "
                   "true, false or null");
    source_refuses(documents, "{\"$ref\":\"wrong\"}", "", "type",
                   "http://x/wrong#/properties/a~1b/type: \"type\" takes a string or an array, "
                   "not 1");
    source_refuses(documents, "{\"$ref\":\"lost\"}", "", "$ref",
                   "http://x/lost#/items/$ref: \"#nowhere\" does not lead to a schema");
    source_refuses(documents, "{\"$ref\":\"number\"}", "", NULL,
                   "http://x/number#: a schema is an object, true or false, not 1");
    source_refuses(documents, "{\"$ref\":\"a#/$defs\"}", "/$ref", "$ref",
                   "\"a#/$defs\" does not lead to a schema");
    source_refuses(documents, "{\"allOf\":[{\"$ref\":\"endless\"}]}", "/allOf/0/$ref", "$ref",
                   "\"endless\" leads into an endless loop of references");
}

static int compile_counting(const struct source_row *rows, int error, const char *text,
                            struct problem *problem, unsigned *ret_asked)
{
    struct source_place place;
    source_init(&place, rows);
    place.error = error;
    struct schema *schema = NULL;
    int result = source_compile(&place, text, &schema, problem);
    assert_int_equal(result == 0, schema != NULL);
    schema_destroy(schema);
    *ret_asked = place.asked;
    return result;
}

static void errors_of_the_source(void **state)
{
    (void)state;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    unsigned asked;
    assert_int_equal(compile_counting(NULL, ERR_ENGINE,
                                      "{\"allOf\":[{\"$ref\":\"a\"},{\"$ref\":"
                                      "\"b\"}]}",
                                      &problem, &asked),
                     -ERR_ENGINE);
    assert_string_equal(buf_string(&problem.detail), "the source is broken");
    assert_int_equal(asked, 1);
    assert_int_equal(
        compile_counting(NULL, ERR_NO_MEMORY, "{\"$schema\":\"http://x/m\"}", &problem, &asked),
        -ERR_NO_MEMORY);
    assert_string_equal(buf_string(&problem.detail), "the source is broken");
}

/* However often something is referred to, it is looked for once. */
static void asked_once(void **state)
{
    (void)state;
    unsigned asked;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"allOf\":[true");
    for (int i = 0; i < 100; i++)
        buf_append_string(&text,
                          ",{\"$ref\":\"yes\"},{\"$ref\":\"missing\"},{\"$ref\":\"broken\"}");
    buf_append_string(&text, "]}");
    assert_int_equal(compile_counting(documents, 0, buf_string(&text), NULL, &asked),
                     -ERR_SCHEMA_INVALID);
    assert_int_equal(asked, 3);
}

struct chain {
    unsigned asked;
    char texts[300][64];
};

static int find_next(void *context, struct span uri, struct span reference, struct span *ret_text,
                     struct problem *problem)
{
    (void)uri, (void)reference, (void)problem;
    struct chain *chain = context;
    char *text = chain->texts[chain->asked++];
    snprintf(text, sizeof(chain->texts[0]), "{\"items\":{\"$ref\":\"/%u\"}}", chain->asked);
    *ret_text = span_of_string(text);
    return 0;
}

/* A source that always has one more. */
static void endless_documents(void **state)
{
    (void)state;
    struct chain chain = {0};
    struct schema_source source = {.find = find_next, .context = &chain};
    struct schema_options options = {.base = span_of_string("http://x/main"), .source = &source};
    struct schema_library *library;
    struct schema *schema = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(schema_library_create(&library, NULL), 0);
    int error =
        schema_compile(library, &options, span_of_string("{\"$ref\":\"/0\"}"), &schema, &problem);
    assert_int_equal(error, -ERR_SCHEMA_INVALID);
    assert_null(schema);
    assert_int_equal(chain.asked, 255);
    assert_int_equal(problem.item_total, 1);
    assert_item(&problem, "", "$ref",
                "http://x/254#/items/$ref: references lead to more than 256 documents, or 8388608 "
                "bytes of them");
    schema_library_destroy(library);
}

static void dynamic_references(void **state)
{
    (void)state;
    static const struct source_row rows[] = {
        {"http://x/tree", "{\"$dynamicAnchor\":\"node\",\"properties\":{\"data\":true,\"children\":"
                          "{\"items\":{\"$dynamicRef\":\"#node\"}}}}"},
        {NULL, NULL},
    };
    static const char strict[] =
        "{\"$dynamicAnchor\":\"node\",\"$ref\":\"tree\",\"unevaluatedProperties\":false}";
    source_judges(rows, strict, LIST("{\"children\":[{\"data\":1}]}"),
                  LIST("{\"children\":[{\"daat\":1}]}", "{\"daat\":1}"));
    /* Without the anchor at the way's beginning, it is as a $ref. */
    source_judges(rows, "{\"$anchor\":\"node\",\"$ref\":\"tree\",\"unevaluatedProperties\":false}",
                  LIST("{\"children\":[{\"daat\":1}]}"), LIST("{\"daat\":1}"));
    /* Nor is one dynamic that leads to the place by a pointer, or to a plain anchor. */
    static const char by_pointer[] =
        "{\"$id\":\"o\",\"$dynamicAnchor\":\"n\",\"type\":\"array\",\"items\":{\"$ref\":\"i\"},"
        "\"$defs\":{\"i\":{\"$id\":\"i\",\"$dynamicRef\":\"%s\",\"$defs\":{\"d\":"
        "{\"$dynamicAnchor\":\"n\",\"$anchor\":\"plain\",\"type\":\"null\"}}}}}";
    static const struct {
        const char *reference;
        bool is_dynamic;
    } cases[] = {
        {"#n", true}, {"#%6e", true}, {"i#n", true}, {"#/$defs/d", false}, {"#plain", false}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO_BUF struct buf schema = {0};
        buf_printf(&schema, by_pointer, cases[i].reference);
        const char *dynamic = "[[]]", *plain = "[null]";
        source_judges(NULL, buf_string(&schema), LIST(cases[i].is_dynamic ? dynamic : plain),
                      LIST(cases[i].is_dynamic ? plain : dynamic));
    }
}

/* Fragments that name no dynamic anchor leave room for those that do. */
static void many_dynamic_references(void **state)
{
    (void)state;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"allOf\":[true");
    for (int i = 0; i < 200; i++)
        buf_printf(&text, ",{\"$dynamicRef\":\"#/$defs/%d\"}", i);
    buf_append_string(&text, ",{\"$dynamicRef\":\"d\"}],\"$defs\":{\"d\":{\"$id\":\"d\","
                             "\"$dynamicAnchor\":\"a\",\"items\":{\"$dynamicRef\":\"#a\"}}");
    for (int i = 0; i < 200; i++)
        buf_printf(&text, ",\"%d\":{\"type\":\"array\"}", i);
    buf_append_string(&text, "}}");
    source_judges(NULL, buf_string(&text), LIST("[1]"), LIST("1"));
    buf_clear(&text);
    buf_append_string(&text, "{\"$defs\":{\"a\":true");
    for (int i = 0; i <= 64; i++)
        buf_printf(&text, ",\"%d\":{\"$dynamicAnchor\":\"a%d\"}", i, i);
    buf_append_string(&text, "}}");
    source_refuses(NULL, buf_string(&text), "/$defs/64/$dynamicAnchor", "$dynamicAnchor",
                   "there are more than 64 names of such anchors");
}

/* A loop that no text shows: each of the two is fine alone. */
static void dynamic_loops(void **state)
{
    (void)state;
    static const char schema[] =
        "{\"$id\":\"o\",\"$dynamicAnchor\":\"n\",\"$ref\":\"i\",\"$defs\":{\"i\":{\"$id\":\"i\","
        "\"$dynamicRef\":\"#n\",\"$defs\":{\"d\":{\"$dynamicAnchor\":\"n\"}}}}}";
    assert_given_up(schema, "{}", ERR_SCHEMA_BUDGET,
                    "the document cannot be checked: its parts and the schema's references are "
                    "nested too deeply");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers),
        cmocka_unit_test(broken_pointers),
        cmocka_unit_test(strays),
        cmocka_unit_test(anchors),
        cmocka_unit_test(resources),
        cmocka_unit_test(long_uris),
        cmocka_unit_test(other_documents),
        cmocka_unit_test(broken_documents),
        cmocka_unit_test(errors_of_the_source),
        cmocka_unit_test(asked_once),
        cmocka_unit_test(endless_documents),
        cmocka_unit_test(dynamic_references),
        cmocka_unit_test(many_dynamic_references),
        cmocka_unit_test(dynamic_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
