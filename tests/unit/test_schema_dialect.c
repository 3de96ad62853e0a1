/* Dialects: metaschemas that somebody wrote, and draft 2019-09. */
#include "schema_place.h"
#include "source_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define STANDARD   "https://json-schema.org/draft/2020-12/"
#define DRAFT_2019 "{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\","

static const struct source_row rows[] = {
    {"http://x/shapes",
     "{\"$schema\":\"" STANDARD "schema\",\"$id\":\"http://x/shapes\","
     "\"$vocabulary\":{\"" STANDARD "vocab/core\":true,\"" STANDARD
     "vocab/applicator\":true,\"http://x/ours\":false},\"$dynamicAnchor\":"
     "\"meta\",\"allOf\":[{\"$ref\":\"" STANDARD "meta/core\"},{\"$ref\":\"" STANDARD
     "meta/applicator\"}],\"required\":[\"title\"]}"},
    {"http://x/asserts", "{\"$vocabulary\":{\"" STANDARD "vocab/core\":true,\"" STANDARD
                         "vocab/format-assertion\":false}}"},
    {"http://x/unknown", "{\"$vocabulary\":{\"http://x/vocab/units\":true}}"},
    {"http://x/whatever", "true"},
    {"http://x/broken", "{"},
    {"http://x/wrong", "{\"type\":\"nothing\"}"},
    {"http://x/foreign", DRAFT_2019 "\"items\":[{\"type\":\"null\"}]}"},
    {NULL, NULL},
};

static void vocabularies(void **state)
{
    (void)state;
    static const char schema[] = "{\"$schema\":\"http://x/shapes\",\"title\":\"t\",\"properties\":"
                                 "{\"a\":false,\"b\":{\"type\":\"null\",\"title\":\"u\"}}}";
    source_judges(rows, schema, LIST("{\"b\":1}"), LIST("{\"a\":1}"));
    source_refuses(rows, "{\"$schema\":\"http://x/shapes\"}", "", "required",
                   "the member \"title\" is required");
    source_judges(rows, "{\"$schema\":\"http://x/whatever\",\"type\":\"null\"}", LIST("null"),
                  LIST("1"));
    /* A dialect is the resource's, with what is in it. */
    source_judges(rows,
                  "{\"type\":\"object\",\"properties\":{\"a\":{\"$id\":\"e\",\"$schema\":"
                  "\"http://x/shapes\",\"items\":{\"type\":\"null\"}}}}",
                  LIST("{\"a\":[1]}"), LIST("1"));
}

static void unusable(void **state)
{
    (void)state;
    source_refuses(rows, "{\"$schema\":\"http://x/unknown\"}", "/$schema", "$schema",
                   "the dialect needs the vocabulary \"http://x/vocab/units\", which is unknown");
    source_refuses(rows, "{\"$schema\":\"http://x/broken\"}", "/$schema", "$schema",
                   "the metaschema \"http://x/broken\" cannot be used: line 1, column 2: the text "
                   "ends too early; expected a member name in double quotes, or '}'");
    source_refuses(rows, "{\"$schema\":\"http://x/wrong\"}", "/$schema", "$schema",
                   "the metaschema \"http://x/wrong\" cannot be used: /type: \"nothing\" is not a "
                   "type; the types are null, boolean, integer, number, string, array and object");
    source_refuses(rows, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "/$schema",
                   "$schema",
                   "\"$schema\" is \"http://json-schema.org/draft-07/schema#\"; the one known is "
                   "\"" STANDARD "schema\"");
    source_refuses(rows, "{\"items\":{\"$schema\":\"" STANDARD "schema\"}}", "/items/$schema",
                   "$schema", "\"$schema\" belongs to the root of a schema, beside its \"$id\"");
}

/* Formats are asserted where the dialect says so, whatever the options are. */
static void format_assertion(void **state)
{
    (void)state;
    struct source_place place;
    source_init(&place, rows);
    struct schema_options options = {
        .source = &place.source, .lenient = true, .annotate_formats = true};
    struct schema_library *library;
    struct schema *schema = NULL;
    AUTO_ARENA struct arena arena = {0};
    const struct tree *document = value_of(&arena, "\"x\"");
    assert_int_equal(schema_library_create(&library, NULL), 0);
    assert_int_equal(
        schema_compile(library, &options, span_of_string("{\"format\":\"ipv4\"}"), &schema, NULL),
        0);
    assert_int_equal(schema_validate(schema, document, NULL), 0);
    schema_destroy(schema);
    static const char text[] = "{\"$schema\":\"http://x/asserts\",\"format\":\"ipv4\"}";
    assert_int_equal(schema_compile(library, &options, span_of_string(text), &schema, NULL), 0);
    assert_int_equal(schema_validate(schema, document, NULL), -ERR_SCHEMA_MISMATCH);
    schema_destroy(schema);
    schema_library_destroy(library);
}

/* However many resources are of a dialect, it is read once. */
static void many_resources(void **state)
{
    (void)state;
    struct source_place place;
    source_init(&place, rows);
    struct schema *schema = NULL;
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "{\"$defs\":{\"a\":true");
    for (int i = 0; i < 500; i++)
        buf_printf(&text, ",\"%d\":{\"$id\":\"%d\",\"$schema\":\"http://x/shapes\"}", i, i);
    buf_append_string(&text, "}}");
    assert_int_equal(source_compile(&place, buf_string(&text), &schema, NULL), 0);
    assert_int_equal(place.asked, 1);
    schema_destroy(schema);
    buf_clear(&text);
    buf_append_string(&text, "{\"$defs\":{\"a\":true");
    for (int i = 0; i < 9; i++)
        buf_printf(&text, ",\"%d\":{\"$id\":\"%d\",\"$schema\":\"http://x/none%d\"}", i, i, i);
    buf_append_string(&text, "}}");
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(source_compile(&place, buf_string(&text), &schema, &problem),
                     -ERR_SCHEMA_INVALID);
    assert_item(&problem, "/$defs/8/$schema", "$schema", "there are more than 8 dialects");
}

static void draft_2019(void **state)
{
    (void)state;
    source_judges(NULL,
                  DRAFT_2019 "\"items\":[{\"type\":\"null\"}],\"additionalItems\":"
                             "{\"type\":\"array\"},\"prefixItems\":[false]}",
                  LIST("[null]", "[null,[]]"), LIST("[1]", "[null,1]"));
    source_judges(NULL, DRAFT_2019 "\"additionalItems\":false,\"items\":{}}", LIST("[1]"),
                  LIST(NULL));
    /* There `contains` evaluates nothing. */
    source_judges(NULL, DRAFT_2019 "\"contains\":{\"type\":\"null\"},\"unevaluatedItems\":false}",
                  LIST(NULL), LIST("[null]"));
    source_judges(NULL, "{\"contains\":{\"type\":\"null\"},\"unevaluatedItems\":false}",
                  LIST("[null]"), LIST("[null,1]"));
    source_judges(rows, "{\"properties\":{\"a\":{\"$ref\":\"foreign\"}},\"items\":false}",
                  LIST("{\"a\":[null]}"), LIST("{\"a\":[1]}", "[1]"));
    static const char recursive[] =
        DRAFT_2019 "\"$id\":\"o\",\"$recursiveAnchor\":true,\"$ref\":\"i\","
                   "\"unevaluatedProperties\":false,\"$defs\":{\"i\":{\"$id\":\"i\","
                   "\"$recursiveAnchor\":true,\"properties\":{\"n\":{\"$recursiveRef\":\"#\"}}}}}";
    source_judges(NULL, recursive, LIST("{\"n\":{\"n\":{}}}"), LIST("{\"n\":{\"m\":1}}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vocabularies),     cmocka_unit_test(unusable),
        cmocka_unit_test(format_assertion), cmocka_unit_test(many_resources),
        cmocka_unit_test(draft_2019),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
