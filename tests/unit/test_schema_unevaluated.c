/* Members and items that nothing has evaluated. */
#include "schema_place.h"
#include "source_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define A             "{\"properties\":{\"a\":true}}"
#define B             "{\"properties\":{\"b\":{\"type\":\"null\"}},\"required\":[\"b\"]}"
#define MEMBERS(rest) "{" rest ",\"unevaluatedProperties\":false}"
#define ITEMS(rest)   "{" rest ",\"unevaluatedItems\":false}"

struct row {
    const char *schema, *document;
    bool valid;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_value(rows[i].schema, rows[i].document, rows[i].valid);
}

static void members_by_applicator(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MEMBERS("\"properties\":{\"a\":true}"), "{\"a\":1}", true},
        {MEMBERS("\"properties\":{\"a\":true}"), "{\"b\":1}", false},
        {MEMBERS("\"patternProperties\":{\"^a\":true}"), "{\"ab\":1}", true},
        {MEMBERS("\"patternProperties\":{\"^a\":true}"), "{\"ba\":1}", false},
        {MEMBERS("\"additionalProperties\":true"), "{\"a\":1}", true},
        {MEMBERS("\"propertyNames\":true"), "{\"a\":1}", false},
        {MEMBERS("\"required\":[\"a\"]"), "{\"a\":1}", false},
        {MEMBERS("\"allOf\":[" A "," B "]"), "{\"a\":1,\"b\":null}", true},
        {MEMBERS("\"allOf\":[" A ",true]"), "{\"a\":1,\"b\":null}", false},
        {MEMBERS("\"anyOf\":[" A "," B "]"), "{\"a\":1,\"b\":null}", true},
        {MEMBERS("\"anyOf\":[" A "," B "]"), "{\"a\":1,\"b\":2}", false},
        {MEMBERS("\"anyOf\":[" A "," B "]"), "{\"a\":1}", true},
        {MEMBERS("\"oneOf\":[" B ",{\"required\":[\"a\"],\"properties\":{\"a\":true}}]"),
         "{\"b\":null}", true},
        {MEMBERS("\"oneOf\":[" B ",{\"required\":[\"a\"],\"properties\":{\"a\":true}}]"),
         "{\"b\":1,\"a\":1}", false},
        {MEMBERS("\"not\":{\"not\":" A "}"), "{\"a\":1}", false},
        {MEMBERS("\"dependentSchemas\":{\"b\":" A ",\"c\":" B "},\"properties\":{\"b\":true}"),
         "{\"b\":1,\"a\":1}", true},
        {MEMBERS("\"dependentSchemas\":{\"b\":" A ",\"c\":" B "},\"properties\":{\"b\":true}"),
         "{\"a\":1}", false},
        {MEMBERS("\"dependentRequired\":{\"a\":[\"b\"]}"), "{\"a\":1,\"b\":1}", false},
    };
    static const char reference[] = "{\"$ref\":\"#/$defs/a\",\"unevaluatedProperties\":false,"
                                    "\"$defs\":{\"a\":" A "}}";
    source_judges(NULL, reference, LIST("{\"a\":1}", "1"), LIST("{\"b\":1}"));
    check_rows(rows, COUNT(rows));
}

static void members_by_condition(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MEMBERS("\"if\":" B), "{\"b\":null}", true},
        {MEMBERS("\"if\":" B), "{\"b\":1}", false},
        {MEMBERS("\"if\":" B ",\"then\":" A), "{\"b\":null,\"a\":1}", true},
        {MEMBERS("\"if\":" B ",\"then\":" A), "{\"a\":1}", false},
        {MEMBERS("\"if\":" B ",\"else\":" A), "{\"a\":1}", true},
        {MEMBERS("\"if\":" B ",\"else\":" A), "{\"a\":1,\"b\":1}", false},
        {MEMBERS("\"if\":" B ",\"else\":" A), "{\"a\":1,\"b\":null}", false},
        {MEMBERS("\"then\":" A), "{\"a\":1}", false},
    };
    check_rows(rows, COUNT(rows));
}

/* What a branch had evaluated before it failed does not count. */
static void failing_branches(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MEMBERS("\"anyOf\":[{\"allOf\":[" A ",false]},true]"), "{\"a\":1}", false},
        {MEMBERS("\"anyOf\":[{\"properties\":{\"a\":true,\"b\":false}},true]"), "{\"a\":1,\"b\":1}",
         false},
        {MEMBERS("\"anyOf\":[{\"properties\":{\"a\":true},\"minProperties\":3},"
                 "{\"properties\":{\"b\":true}}]"),
         "{\"a\":1,\"b\":1}", false},
        {MEMBERS("\"oneOf\":[{\"anyOf\":[" A "," B "],\"required\":[\"c\"]},true]"), "{\"a\":1}",
         false},
        {MEMBERS("\"if\":{\"allOf\":[" A ",{\"required\":[\"z\"]}]},\"else\":true"), "{\"a\":1}",
         false},
        {ITEMS("\"anyOf\":[{\"prefixItems\":[true],\"minItems\":3},true]"), "[1]", false},
        {ITEMS("\"anyOf\":[{\"contains\":{\"const\":1},\"maxItems\":0},true]"), "[1]", false},
        {ITEMS("\"anyOf\":[{\"items\":true,\"maxItems\":0},{\"prefixItems\":[true]}]"), "[1]",
         true},
    };
    check_rows(rows, COUNT(rows));
}

static void nested(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {MEMBERS("\"allOf\":[{\"unevaluatedProperties\":true}]"), "{\"a\":1}", true},
        {MEMBERS("\"allOf\":[{\"unevaluatedProperties\":{\"type\":\"null\"}}]"), "{\"a\":null}",
         true},
        {"{\"properties\":{\"a\":true},\"allOf\":[{\"unevaluatedProperties\":false}]}", "{\"a\":1}",
         false},
        {"{\"properties\":{\"a\":true},\"anyOf\":[{\"unevaluatedProperties\":false},{}]}",
         "{\"a\":1}", true},
        {"{\"properties\":{\"a\":" MEMBERS("\"properties\":{\"b\":true}") "}}", "{\"a\":{\"b\":1}}",
         true},
        {"{\"properties\":{\"a\":" MEMBERS("\"properties\":{\"b\":true}") "}}", "{\"a\":{\"a\":1}}",
         false},
        /* What is evaluated in a member is not in the whole. */
        {MEMBERS("\"properties\":{\"a\":{\"properties\":{\"b\":true}}}"),
         "{\"a\":{\"b\":1},\"b\":1}", false},
        {ITEMS("\"allOf\":[{\"unevaluatedItems\":{\"type\":\"null\"}}]"), "[null]", true},
        {ITEMS("\"allOf\":[{\"unevaluatedItems\":{\"type\":\"null\"}}]"), "[1]", false},
        {"{\"unevaluatedProperties\":{\"minimum\":2},\"unevaluatedItems\":{\"minimum\":3}}",
         "{\"a\":2}", true},
        {"{\"unevaluatedProperties\":{\"minimum\":2},\"unevaluatedItems\":{\"minimum\":3}}", "[2]",
         false},
    };
    check_rows(rows, COUNT(rows));
}

static void items(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {ITEMS("\"prefixItems\":[true]"), "[1]", true},
        {ITEMS("\"prefixItems\":[true]"), "[1,2]", false},
        {ITEMS("\"items\":true"), "[1,2]", true},
        {ITEMS("\"prefixItems\":[true],\"items\":false"), "[1]", true},
        {ITEMS("\"contains\":{\"const\":1}"), "[1,1.0]", true},
        {ITEMS("\"contains\":{\"const\":1}"), "[1,2]", false},
        {ITEMS("\"contains\":{\"const\":1},\"minContains\":0"), "[1]", true},
        {ITEMS("\"contains\":{\"const\":1},\"minContains\":0"), "[2]", false},
        {ITEMS("\"prefixItems\":[true],\"contains\":{\"const\":1}"), "[3,1]", true},
        {ITEMS("\"anyOf\":[{\"prefixItems\":[true]},{\"contains\":{\"const\":2}}]"), "[1,2]", true},
        {ITEMS("\"anyOf\":[{\"prefixItems\":[true]},{\"contains\":{\"const\":2}}]"), "[1,3]",
         false},
        {ITEMS("\"if\":{\"prefixItems\":[{\"const\":1}]},\"then\":{\"prefixItems\":[true,true]}"),
         "[1,2]", true},
        {ITEMS("\"if\":{\"prefixItems\":[{\"const\":1}]},\"then\":{\"prefixItems\":[true,true]}"),
         "[2]", false},
        {ITEMS("\"not\":{\"prefixItems\":[false]}"), "[1]", false},
        {ITEMS("\"uniqueItems\":true"), "[]", true},
    };
    check_rows(rows, COUNT(rows));
}

static void append_members(struct buf *out, int count, const char *value)
{
    for (int i = 0; i < count; i++)
        buf_printf(out, "%s\"m%d\":%s", i > 0 ? "," : "{", i, value);
    buf_append_byte(out, '}');
}

/* More than there are marks for on the stack, through several branches. */
static void many_members(void **state)
{
    (void)state;
    static const int counts[] = {63, 64, 65, 4095, 4096, 4097, 20000};
    struct schema *schema =
        schema_of(MEMBERS("\"anyOf\":[{\"patternProperties\":{\"[0-4]$\":true}},"
                          "{\"allOf\":[{\"patternProperties\":{\"[5-9]$\":{\"minimum\":0}}}]}]"));
    for (size_t i = 0; i < COUNT(counts); i++) {
        AUTO_BUF struct buf document = {0};
        append_members(&document, counts[i], "1");
        assert_int_equal(validate_text(schema, buf_string(&document), NULL), 0);
        document.size--;
        buf_append_string(&document, ",\"x\":1}");
        AUTO_PROBLEM struct problem problem;
        problem_init(&problem);
        assert_int_equal(validate_text(schema, buf_string(&document), &problem),
                         -ERR_SCHEMA_MISMATCH);
        assert_item(&problem, "/x", "unevaluatedProperties", "not a member this schema allows");
        assert_int_equal(problem.item_total, 1);
    }
    schema_destroy(schema);
}

/* Each level of the document keeps its marks while those below are checked. */
static void deep_members(void **state)
{
    (void)state;
    struct schema *schema = schema_of(
        MEMBERS("\"anyOf\":[{\"properties\":{\"n\":{\"$ref\":\"#\"}}},{\"required\":[\"x\"]}]"));
    for (int bad = 0; bad < 2; bad++) {
        AUTO_BUF struct buf document = {0};
        for (int i = 0; i < 120; i++)
            buf_append_string(&document, "{\"n\":");
        buf_append_string(&document, bad ? "{\"m\":1}" : "{}");
        buf_append_fill(&document, '}', 120);
        assert_int_equal(validate_text(schema, buf_string(&document), NULL),
                         bad ? -ERR_SCHEMA_MISMATCH : 0);
    }
    schema_destroy(schema);
}

static void messages(void **state)
{
    (void)state;
    assert_fault(MEMBERS("\"properties\":{\"email\":true}"), "{\"emial\":1}", "/emial",
                 "unevaluatedProperties",
                 "not a member this schema allows; did you mean \"email\"?");
    assert_fault("{\"properties\":{\"v\":" ITEMS("\"prefixItems\":[true]") "}}", "{\"v\":[1,2]}",
                 "/v/1", "unevaluatedItems", "not an item this schema allows");
    /* What failed otherwise is not told to be left over, too. */
    assert_fault(MEMBERS("\"properties\":{\"a\":{\"type\":\"null\"}}"), "{\"a\":1,\"b\":1}", "/a",
                 "type", "expected null, got 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_by_applicator),
        cmocka_unit_test(members_by_condition),
        cmocka_unit_test(failing_branches),
        cmocka_unit_test(nested),
        cmocka_unit_test(items),
        cmocka_unit_test(many_members),
        cmocka_unit_test(deep_members),
        cmocka_unit_test(messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
