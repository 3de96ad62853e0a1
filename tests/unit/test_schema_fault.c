/* Memory: none is taken to accept a document, and where there is none all ends well. */
#include "scarce.h"
#include "schema_place.h"
#include "source_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <search.h>

void *__real_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));
void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));

void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *))
{
    return scarce_fails() ? NULL : __real_tsearch(key, root, compare);
}

/* Does one thing with schemas; 0 or an error. */
typedef int scene(void *context);

/* Every allocation of the scene fails once; then it ends with NO_MEMORY, or as it always does. */
static void fail_each(scene *play, void *context, int expected)
{
    scarce.failing = 0;
    scarce.count = 0;
    assert_int_equal(play(context), expected);
    unsigned total = scarce.count;
    assert_true(total > 0);
    for (unsigned i = 1; i <= total; i++) {
        scarce.count = 0;
        scarce.failing = i;
        int error = play(context);
        scarce.failing = 0;
        if (error != -ERR_NO_MEMORY && error != expected)
            fail_msg("%s when allocation %u of %u fails", error_name(error), i, total);
    }
}

static int create_library(void *context)
{
    (void)context;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema_library *library = NULL;
    int error = schema_library_create(&library, &problem);
    assert_int_equal(error, problem.code);
    assert_int_equal(error == 0, library != NULL);
    schema_library_destroy(library);
    return error;
}

static void library(void **state)
{
    (void)state;
    fail_each(create_library, NULL, 0);
}

static const struct source_row rows[] = {
    {"http://x/other",
     "{\"$id\":\"http://y/other\",\"$anchor\":\"a\",\"items\":{\"$ref\":\"more\"}}"},
    {"http://y/more", "{\"x\":{\"y\":{\"pattern\":\"^(b|c)+d\"}},\"$ref\":\"#/x/y\"}"},
    {"http://x/dialect", "{\"$dynamicAnchor\":\"meta\",\"allOf\":[{\"$ref\":"
                         "\"https://json-schema.org/draft/2020-12/meta/core\"}]}"},
    {"http://x/wrong", "{\"type\":3,\"minimum\":\"x\"}"},
    {NULL, NULL},
};

struct compilation {
    struct schema_library *library;
    struct source_place place;
    const char *text;
};

static int compile_one(struct compilation *compilation, struct schema **ret_schema)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct schema_options options = {.base = span_of_string("http://x/main"),
                                     .source = &compilation->place.source};
    int error = schema_compile(compilation->library, &options, span_of_string(compilation->text),
                               ret_schema, &problem);
    assert_int_equal(error, problem.code);
    return error;
}

static int compile(void *context)
{
    struct schema *schema = NULL;
    int error = compile_one(context, &schema);
    assert_int_equal(error == 0, schema != NULL);
    schema_destroy(schema);
    return error;
}

/* Names, so many that pointers are looked up. */
#define DEFINITIONS                                                                                \
    "\"$defs\":{\"a\":{},\"b\":{},\"c\":{},\"d\":{},\"e\":{},\"f\":{},\"g\":{},\"h\":{},\"i\":{}," \
    "\"j\":{},\"k\":{},\"l\":{},\"m\":{},\"n\":{},\"o\":{},\"p\":{},\"q\":{\"type\":\"object\"}}"

static const char *const texts[] = {
    "{\"properties\":{\"s\":{\"$ref\":\"other#a\"},\"t\":{\"$ref\":\"#/$defs/q\"},\"u\":"
    "{\"type\":\"integer\",\"default\":1,\"x-unique\":true},\"v\":{\"enum\":[1,2,3,4,5,6,7,8,9,10]}"
    ","
    "\"w\":{\"type\":\"string\",\"x-ref\":\"users\",\"x-on-delete\":\"cascade\"}},"
    "\"required\":[\"u\"],\"dependentRequired\":{\"s\":[\"t\"]},\"patternProperties\":"
    "{\"^x\":{\"anyOf\":[{\"type\":\"null\"},{\"$dynamicRef\":\"#dyn\"}]}}," DEFINITIONS
    ",\"$id\":\"http://x/root\",\"$dynamicAnchor\":\"dyn\"}",
    "{\"$schema\":\"http://x/dialect\",\"$defs\":{\"a\":{\"$id\":\"b\",\"$schema\":"
    "\"http://x/dialect\"}},\"additionalProperties\":{\"type\":\"string\"}}",
    "{\"type\":\"nul\",\"minimum\":\"x\",\"$ref\":\"#none\",\"propertees\":{},\"allOf\":[{\"$ref\":"
    "\"wrong\"},{\"pattern\":\"(\"}],\"x\":{\"not\":{\"type\":[]}},\"anyOf\":[{\"$ref\":\"#/x\"}]}",
};

static void compilations(void **state)
{
    (void)state;
    struct compilation compilation = {0};
    assert_int_equal(schema_library_create(&compilation.library, NULL), 0);
    source_init(&compilation.place, rows);
    for (size_t i = 0; i < COUNT(texts); i++) {
        compilation.text = texts[i];
        fail_each(compile, &compilation, i == 2 ? -ERR_SCHEMA_INVALID : 0);
    }
    schema_library_destroy(compilation.library);
}

struct trial {
    struct schema *schema;
    const struct tree *document;
};

static int validate(void *context)
{
    const struct trial *trial = context;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int error = schema_validate(trial->schema, trial->document, &problem);
    assert_int_equal(error, problem.code);
    return error;
}

static int report(void *context)
{
    const struct trial *trial = context;
    AUTO_BUF struct buf out = {0};
    int error = schema_report(trial->schema, trial->document, &out, NULL);
    assert_true(error != -ERR_NO_MEMORY || out.size == 0 || buf_failed(&out));
    return error;
}

static const char all_keywords[] =
    "{\"properties\":{"
    "\"type\":{\"type\":[\"null\",\"integer\"]},\"const\":{\"const\":{\"a\":[1,\"x\"]}},"
    "\"enum\":{\"enum\":[1,2,3,4,5,6,7,8,9,\"ten\"]},"
    "\"number\":{\"minimum\":1.5,\"maximum\":99,\"exclusiveMinimum\":1,\"exclusiveMaximum\":100,"
    "\"multipleOf\":0.01},"
    "\"string\":{\"minLength\":2,\"maxLength\":8,\"pattern\":\"^[a-z]+(-[a-z]+)*$\"},"
    "\"format\":{\"format\":\"date-time\"},\"mail\":{\"format\":\"email\"},"
    "\"array\":{\"minItems\":1,\"maxItems\":9,\"uniqueItems\":true,\"prefixItems\":[true],"
    "\"items\":{\"type\":\"integer\"},\"contains\":{\"const\":2},\"minContains\":1,"
    "\"maxContains\":2},"
    "\"object\":{\"minProperties\":1,\"maxProperties\":9,\"required\":[\"a\"],"
    "\"properties\":{\"a\":{}},\"patternProperties\":{\"^b\":{\"type\":\"null\"}},"
    "\"additionalProperties\":{\"type\":\"boolean\"},\"propertyNames\":{\"maxLength\":3},"
    "\"dependentRequired\":{\"a\":[\"b\"]},\"dependentSchemas\":{\"b\":{\"required\":[\"c\"]}}},"
    "\"branches\":{\"allOf\":[{\"type\":\"object\"}],\"anyOf\":[{\"required\":[\"z\"]},"
    "{\"properties\":{\"a\":true}}],\"oneOf\":[{\"required\":[\"y\"]},"
    "{\"properties\":{\"b\":{\"type\":\"null\"}}}],\"not\":{\"required\":[\"q\"]},"
    "\"if\":{\"required\":[\"c\"]},\"then\":{\"properties\":{\"c\":true}},"
    "\"else\":false,\"unevaluatedProperties\":false},"
    "\"rest\":{\"contains\":{\"const\":1},\"unevaluatedItems\":{\"const\":2}},"
    "\"reference\":{\"$ref\":\"#/$defs/r\"},\"dynamic\":{\"$dynamicRef\":\"#d\"}},"
    "\"$defs\":{\"r\":{\"$ref\":\"#/$defs/s\"},\"s\":{\"$dynamicAnchor\":\"d\",\"type\":"
    "\"string\"}}}";

static const char valid_document[] =
    "{\"type\":1.0,\"const\":{\"a\":[1.0,\"x\"]},\"enum\":\"ten\",\"number\":19.99,"
    "\"string\":\"ab-cd\",\"format\":\"2024-02-29T12:00:00Z\",\"mail\":\"a@example.org\","
    "\"array\":[null,2,1],\"object\":{\"a\":1,\"b\":null,\"c\":true},"
    "\"branches\":{\"a\":1,\"b\":null,\"c\":2},\"rest\":[1,2,1],\"reference\":\"x\","
    "\"dynamic\":\"y\"}";

static const char invalid_document[] =
    "{\"type\":\"x\",\"const\":{},\"enum\":\"tne\",\"number\":199.999,\"string\":\"A\","
    "\"format\":\"2024-02-30\",\"mail\":\"@\",\"array\":[2,2,2,\"x\"],"
    "\"object\":{\"bad\":1,\"c\":3,\"four\":true},\"branches\":{\"q\":1},\"rest\":[3],"
    "\"reference\":1,\"dynamic\":2}";

static void documents(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena = {0};
    struct trial trial = {.schema = schema_of(all_keywords),
                          .document = document_of(&arena, invalid_document)};
    fail_each(validate, &trial, -ERR_SCHEMA_MISMATCH);
    fail_each(report, &trial, -ERR_SCHEMA_MISMATCH);
    trial.document = document_of(&arena, valid_document);
    fail_each(report, &trial, 0);
    schema_destroy(trial.schema);
}

static void nothing_to_accept(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena = {0};
    struct schema *schema = schema_of(all_keywords);
    const struct tree *document = document_of(&arena, valid_document);
    scarce.count = 0;
    int error = schema_validate(schema, document, NULL);
    unsigned count = scarce.count;
    assert_int_equal(error, 0);
    assert_int_equal(count, 0);
    schema_destroy(schema);
}

/* As far as what the header promises goes. */
static void nothing_to_accept_much(void **state)
{
    (void)state;
    static const char text[] =
        "{\"properties\":{\"list\":{\"uniqueItems\":true}},\"dependentRequired\":{\"m9\":"
        "[\"m200\",\"m3\"]},\"anyOf\":[{\"patternProperties\":{\"^m\":true}},false],"
        "\"unevaluatedProperties\":{\"type\":\"array\"}}";
    AUTO_ARENA struct arena arena = {0};
    AUTO_BUF struct buf document = {0};
    buf_append_string(&document, "{\"list\":[0");
    for (int i = 1; i < 1024; i++)
        buf_printf(&document, ",%d", i);
    buf_append_byte(&document, ']');
    for (int i = 0; i < 250; i++)
        buf_printf(&document, ",\"m%d\":1", i);
    buf_append_byte(&document, '}');
    struct schema *schema = schema_of(text);
    const struct tree *tree = document_of(&arena, buf_string(&document));
    scarce.count = 0;
    int error = schema_validate(schema, tree, NULL);
    unsigned count = scarce.count;
    assert_int_equal(error, 0);
    assert_int_equal(count, 0);
    schema_destroy(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library),
        cmocka_unit_test(compilations),
        cmocka_unit_test(documents),
        cmocka_unit_test(nothing_to_accept),
        cmocka_unit_test(nothing_to_accept_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
