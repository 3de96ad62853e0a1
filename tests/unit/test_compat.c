/* Two versions of a schema: what is said of each difference, and how bad it is. */
#include "schema/compat.h"
#include "schema_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void compare(struct arena *arena, const char *before, const char *after,
                    struct compat_report *ret_report)
{
    schema_destroy(schema_of(before)); /* both must be schemas */
    schema_destroy(schema_of(after));
    struct tree *trees[2];
    const char *texts[] = {before, after};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(
            tree_parse_value(arena, span_of_string(texts[i]), 1 << 20, &trees[i], NULL), 0);
    assert_int_equal(compat_compare(arena, trees[0], trees[1], ret_report), 0);
}

static void write_report(struct buf *out, const struct compat_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        buf_printf(out, "%s %.*s: %s\n", compat_effect_name(report->findings[i].effect),
                   (int)report->findings[i].pointer.size,
                   (const char *)report->findings[i].pointer.data, report->findings[i].message);
}

/* All that is said. */
static void says(const char *before, const char *after, const char *expected)
{
    AUTO_ARENA struct arena arena;
    AUTO_BUF struct buf text = {0};
    arena_init(&arena, 0);
    struct compat_report report;
    compare(&arena, before, after, &report);
    write_report(&text, &report);
    if (strcmp(buf_string(&text), expected) != 0)
        fail_msg("%s\n -> %s:\n%s-- expected:\n%s", before, after, buf_string(&text), expected);
}

/* How bad the member "v" takes the change of its schema, within an open object. */
static void judges(const char *before, const char *after, enum compat_effect expected)
{
    AUTO_ARENA struct arena arena;
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf first = {0};
    AUTO_BUF struct buf second = {0};
    arena_init(&arena, 0);
    buf_printf(&first, "{\"properties\":{\"v\":%s}}", before);
    buf_printf(&second, "{\"properties\":{\"v\":%s}}", after);
    struct compat_report report;
    compare(&arena, buf_string(&first), buf_string(&second), &report);
    write_report(&text, &report);
    if (report.worst != expected)
        fail_msg("%s -> %s should be %s:\n%s", before, after, compat_effect_name(expected),
                 buf_string(&text));
}

static void test_says_what_changed(void **state)
{
    (void)state;
    says("{\"properties\":{\"age\":{\"minimum\":0}}}",
         "{\"properties\":{\"age\":{\"minimum\":18}}}",
         "breaking /properties/age/minimum: raised from 0 to 18: entities with a smaller value "
         "become invalid\n");
    says("{\"properties\":{\"age\":{\"minimum\":18}}}",
         "{\"properties\":{\"age\":{\"minimum\":0}}}",
         "compatible /properties/age/minimum: lowered from 18 to 0: what the old schema allowed "
         "still fits\n");
    says("{\"properties\":{\"a/b\":{\"type\":[\"string\",\"null\"]}}}",
         "{\"properties\":{\"a/b\":{\"type\":\"string\"}}}",
         "breaking /properties/a~1b/type: changed: entities with null here become invalid\n");
    says("{\"properties\":{\"v\":{\"type\":\"number\"}}}",
         "{\"properties\":{\"v\":{\"type\":\"integer\"}}}",
         "breaking /properties/v/type: changed from \"number\" to \"integer\": entities with a "
         "fraction here become invalid\n");
    says("{\"properties\":{\"v\":{\"enum\":[\"a\",\"b\"]}}}",
         "{\"properties\":{\"v\":{\"enum\":[\"c\",\"a\"]}}}",
         "breaking /properties/v/enum: \"b\" is not allowed any more: entities that have it become "
         "invalid\n");
    says("{\"title\":\"A\",\"x-outbox\":true}",
         "{\"description\":\"B\",\"x-require-version\":true}",
         "compatible /description: added: it has no effect on entities\n"
         "compatible /x-require-version: added: it is about writes to come, and existing entities "
         "stay as they are\n"
         "compatible /title: removed: it has no effect on entities\n"
         "compatible /x-outbox: removed: it is about writes to come, and existing entities stay as "
         "they are\n");
    says("{\"properties\":{\"a\":{},\"b\":{\"type\":\"null\"}}}",
         "{\"properties\":{\"b\":{\"type\":\"null\"},\"a\":{}}}", "");
}

static void test_says_what_members_do(void **state)
{
    (void)state;
    says("{\"properties\":{}}", "{\"properties\":{\"nick\":{\"type\":\"string\"}}}",
         "breaking /properties/nick: added: entities that already have this member, which the old "
         "schema did not declare, become invalid where it does not fit\n");
    says("{\"properties\":{},\"additionalProperties\":false}",
         "{\"properties\":{\"nick\":{\"type\":\"string\"}},\"additionalProperties\":false}",
         "compatible /properties/nick: added: no entity has this member yet\n");
    says("{\"properties\":{\"nick\":{}},\"additionalProperties\":false}",
         "{\"properties\":{},\"additionalProperties\":false}",
         "breaking /properties/nick: removed: entities that have this member become invalid, as "
         "\"additionalProperties\" does not allow it\n");
    says("{\"properties\":{\"nick\":{\"type\":\"string\"}}}", "{\"properties\":{}}",
         "compatible /properties/nick: removed: the member may have any value now\n");
    says("{\"properties\":{\"a\":{}}}",
         "{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
         "breaking /additionalProperties: added: entities with members that are not declared "
         "become invalid\n");
    says("{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
         "{\"properties\":{\"a\":{}}}",
         "compatible /additionalProperties: removed: what the old schema allowed still fits\n");
    says("{\"required\":[\"a\",\"b\"]}", "{\"required\":[\"b\",\"c\"]}",
         "breaking /required/1: \"c\" is required now: entities without it become invalid\n"
         "compatible /required: \"a\" is not required any more\n");
    says("{\"properties\":{\"a\":{\"default\":1}}}",
         "{\"properties\":{\"a\":{\"default\":1}},\"required\":[\"a\"]}",
         "compatible /required/0: \"a\" is required now: entities without it get its default, 1\n");
}

static void test_says_what_the_store_does(void **state)
{
    (void)state;
    says("{\"properties\":{\"mail\":{}}}", "{\"properties\":{\"mail\":{\"x-unique\":true}}}",
         "breaking /properties/mail/x-unique: added: entities that share a value make the "
         "alteration fail\n");
    says("{\"x-unique\":[[\"a\"]]}", "{\"x-unique\":[[\"a\",\"b\"],[\"a\"]]}",
         "breaking /x-unique/0: added: entities that share these values make the alteration "
         "fail\n");
    says("{\"properties\":{\"by\":{\"x-ref\":\"users\"}}}",
         "{\"properties\":{\"by\":{\"x-ref\":\"people\",\"readOnly\":true}}}",
         "breaking /properties/by/x-ref: changed from \"users\" to \"people\": entities that refer "
         "to none of the collection's entities make the alteration fail\n"
         "compatible /properties/by/readOnly: added: it is about writes to come, and existing "
         "entities stay as they are\n");
    says("{\"properties\":{\"a\":{\"default\":1,\"x-unique\":true}}}",
         "{\"properties\":{\"a\":{\"default\":1,\"x-unique\":true}},\"required\":[\"a\"]}",
         "compatible /required/0: \"a\" is required now: entities without it get its default, 1\n"
         "breaking /properties/a/default: entities that lack \"a\" get the same default, which "
         "must be unique\n");
    says("{\"properties\":{\"a\":{\"default\":1}},\"maxProperties\":3}",
         "{\"properties\":{\"a\":{\"default\":1}},\"required\":[\"a\"],\"maxProperties\":3}",
         "compatible /required/0: \"a\" is required now: entities without it get its default, 1\n"
         "unknown /maxProperties: entities that get a default in \"a\" could become invalid\n");
}

#define FITS    COMPAT_COMPATIBLE
#define BREAKS  COMPAT_BREAKING
#define UNKNOWN COMPAT_UNKNOWN

struct judgement {
    const char *before, *after;
    enum compat_effect forth, back;
};

static void judge_all(const struct judgement *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        judges(rows[i].before, rows[i].after, rows[i].forth);
        judges(rows[i].after, rows[i].before, rows[i].back);
    }
}

static void test_values(void **state)
{
    (void)state;
    static const struct judgement rows[] = {
        {"{\"type\":\"integer\"}", "{\"type\":\"number\"}", FITS, BREAKS},
        {"{\"type\":[\"string\",\"null\"]}", "{\"type\":[\"null\",\"string\"]}", FITS, FITS},
        {"{\"const\":1}", "{\"type\":\"integer\"}", FITS, BREAKS},
        {"{\"const\":1.0}", "{\"enum\":[2,1]}", FITS, BREAKS},
        {"{\"enum\":[3,5]}", "{\"minimum\":3,\"maximum\":5}", FITS, BREAKS},
        {"{\"enum\":[3]}", "{\"exclusiveMinimum\":3}", BREAKS, BREAKS},
        {"{\"pattern\":\"a\"}", "{\"pattern\":\"[a]\"}", UNKNOWN, UNKNOWN},
        {"{\"enum\":[\"ab\",7]}", "{\"minLength\":2}", FITS, BREAKS},
        {"{\"type\":\"null\"}", "{\"const\":null}", FITS, FITS},
        {"{\"type\":\"boolean\"}", "{\"enum\":[true,false]}", FITS, FITS},
        {"{\"minimum\":0.1}", "{\"minimum\":0.10000000000000000001}", BREAKS, FITS},
        {"{\"exclusiveMinimum\":1}", "{\"minimum\":1}", FITS, BREAKS},
        {"{\"type\":\"integer\",\"exclusiveMinimum\":1}", "{\"type\":\"integer\",\"minimum\":2}",
         FITS, FITS},
        {"{\"type\":\"integer\",\"maximum\":1}", "{\"type\":\"integer\",\"exclusiveMaximum\":2}",
         FITS, FITS},
        {"{\"multipleOf\":4}", "{\"multipleOf\":2}", FITS, BREAKS},
        {"{\"multipleOf\":0.3}", "{\"multipleOf\":0.1}", FITS, BREAKS},
        {"{\"maxLength\":5}", "{\"maxLength\":6}", FITS, BREAKS},
        {"{\"type\":\"string\"}", "{\"type\":\"string\",\"minimum\":9}", FITS, FITS},
        {"{\"minLength\":0}", "{}", FITS, FITS},
        {"{\"format\":\"uuid\"}", "{\"format\":\"date\"}", BREAKS, BREAKS},
        {"{\"uniqueItems\":true}", "{\"uniqueItems\":false}", FITS, BREAKS},
        {"{\"maxItems\":1}", "{\"uniqueItems\":true}", FITS, BREAKS},
        {"true", "{\"type\":\"string\"}", BREAKS, FITS},
        {"false", "{\"type\":\"string\"}", FITS, BREAKS},
        {"{}", "{\"default\":1,\"examples\":[2],\"readOnly\":true}", FITS, FITS},
    };
    judge_all(rows, COUNT(rows));
}

static void test_parts(void **state)
{
    (void)state;
    static const struct judgement rows[] = {
        {"{\"items\":{\"type\":\"integer\"}}", "{\"items\":{\"type\":\"number\"}}", FITS, BREAKS},
        {"{\"prefixItems\":[{\"type\":\"null\"}],\"items\":false}",
         "{\"items\":{\"type\":\"null\"}}", FITS, BREAKS},
        {"{\"items\":{\"type\":\"null\"},\"maxItems\":1}",
         "{\"prefixItems\":[{\"type\":\"null\"}],\"items\":false}", FITS, FITS},
        {"{\"contains\":{\"const\":1},\"minContains\":2}", "{\"contains\":{\"type\":\"integer\"}}",
         FITS, BREAKS},
        {"{\"contains\":{\"type\":\"integer\"},\"minContains\":0,\"maxContains\":2}",
         "{\"contains\":{\"const\":1},\"minContains\":0,\"maxContains\":2}", FITS, BREAKS},
        {"{\"additionalProperties\":{\"type\":\"string\"}}",
         "{\"properties\":{\"a\":{\"minimum\":5}},\"additionalProperties\":{\"type\":\"string\"}}",
         FITS, BREAKS},
        {"{\"properties\":{\"a\":{\"const\":\"x\"}},\"additionalProperties\":false}",
         "{\"additionalProperties\":{\"type\":\"string\"}}", FITS, BREAKS},
        {"{\"propertyNames\":{\"maxLength\":3}}", "{\"propertyNames\":{\"maxLength\":4}}", FITS,
         BREAKS},
        {"{\"required\":[\"b\"]}", "{\"dependentRequired\":{\"a\":[\"b\"]}}", FITS, BREAKS},
        {"{\"properties\":{\"a\":false}}", "{\"dependentRequired\":{\"a\":[\"b\"]}}", FITS, BREAKS},
        {"{\"dependentSchemas\":{\"a\":{\"minProperties\":3}}}",
         "{\"dependentSchemas\":{\"a\":{\"minProperties\":2}}}", FITS, BREAKS},
        {"{\"properties\":{\"a\":{}},\"additionalProperties\":false}",
         "{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}", FITS, BREAKS},
        {"{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}",
         "{\"properties\":{\"a\":{},\"b\":{\"type\":\"null\"}},\"unevaluatedProperties\":false}",
         FITS, UNKNOWN},
        {"{\"allOf\":[{\"properties\":{\"a\":{}}}],\"unevaluatedProperties\":false}",
         "{\"allOf\":[{\"properties\":{\"a\":{},\"b\":{}}}],\"unevaluatedProperties\":false}", FITS,
         UNKNOWN},
        {"{\"items\":false}", "{\"unevaluatedItems\":false}", FITS, BREAKS},
        {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":{\"type\":\"null\"}}",
         "{\"items\":{\"type\":\"null\"}}", BREAKS, BREAKS},
        {"{\"patternProperties\":{\"^a\":{}},\"additionalProperties\":false}",
         "{\"properties\":{\"a\":{\"type\":\"null\"}}}", BREAKS, BREAKS},
        {"{\"additionalProperties\":false}",
         "{\"patternProperties\":{\"^a\":{\"type\":\"null\"}},\"additionalProperties\":false}",
         FITS, BREAKS},
        {"{\"properties\":{\"b\":{\"const\":2}},\"additionalProperties\":false}",
         "{\"patternProperties\":{\"^a\":{\"const\":1}}}", FITS, BREAKS},
        {"{\"properties\":{\"ab\":{\"const\":2}},\"additionalProperties\":false}",
         "{\"patternProperties\":{\"^a\":{\"const\":1}}}", BREAKS, BREAKS},
        {"{\"patternProperties\":{\"^a\":{\"const\":1}}}",
         "{\"patternProperties\":{\"^a\":{\"type\":\"integer\"}}}", FITS, BREAKS},
    };
    judge_all(rows, COUNT(rows));
}

static void test_choices(void **state)
{
    (void)state;
#define KIND(kind, rest)                                                                           \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"" kind "\"}" rest                  \
    "},\"required\":[\"kind\"]}"
    static const struct judgement rows[] = {
        {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}",
         "{\"type\":[\"string\",\"null\"]}", FITS, FITS},
        {"{\"anyOf\":[{\"const\":1},{\"const\":2}]}",
         "{\"anyOf\":[{\"const\":2},{\"const\":3},{\"const\":1}]}", FITS, UNKNOWN},
        {"{\"allOf\":[{\"minimum\":1},{\"maximum\":5}]}", "{\"minimum\":1,\"maximum\":5}", FITS,
         FITS},
        {"{\"oneOf\":[" KIND("a", "") "," KIND("b", "") "]}",
         "{\"oneOf\":[" KIND("a", "") "," KIND("b", "") "," KIND("c", "") "]}", FITS, UNKNOWN},
        {"{\"oneOf\":[" KIND("a", ",\"n\":{\"minimum\":5}") "," KIND("b", "") "]}",
         "{\"oneOf\":[" KIND("a", ",\"n\":{\"minimum\":4}") "," KIND("b", "") "]}", FITS, UNKNOWN},
        {"{\"oneOf\":[{\"minimum\":1},{\"maximum\":5}]}",
         "{\"oneOf\":[{\"maximum\":5},{\"minimum\":0}]}", UNKNOWN, UNKNOWN},
        {"{\"not\":{\"type\":[\"null\",\"string\"]}}", "{\"not\":{\"type\":\"null\"}}", FITS,
         UNKNOWN},
        {"{\"type\":\"string\"}", "{\"not\":{\"type\":\"null\"}}", FITS, BREAKS},
        {"{\"if\":{\"minimum\":5},\"then\":{\"maximum\":8}}",
         "{\"if\":{\"minimum\":5},\"then\":{\"maximum\":9}}", FITS, UNKNOWN},
        {"{\"maximum\":8}", "{\"if\":{\"minimum\":5},\"then\":{\"maximum\":9}}", FITS, BREAKS},
        {"{\"if\":{\"type\":\"null\"},\"then\":false}",
         "{\"if\":{\"type\":\"null\"},\"else\":true}", FITS, UNKNOWN},
    };
#undef KIND
    judge_all(rows, COUNT(rows));
}

#define LIST(limit)                                                                                \
    "{\"$ref\":\"#/$defs/list\",\"$defs\":{\"list\":{\"properties\":{\"v\":{\"maximum\":" limit    \
    "},\"next\":{\"$ref\":\"#/$defs/list\"}}}}}"

static void test_references(void **state)
{
    (void)state;
    says(LIST("5"), LIST("4"),
         "breaking /$defs/list/properties/v/maximum: lowered from 5 to 4: entities with a greater "
         "value become invalid\n");
    says(LIST("4"), LIST("5"),
         "compatible /$defs/list/properties/v/maximum: raised from 4 to 5: what the old schema "
         "allowed still fits\n");
    says("{\"properties\":{\"v\":{\"type\":\"null\"}}}",
         "{\"properties\":{\"v\":{\"$ref\":\"#/$defs/a%25~1\"}},\"$defs\":{\"a%/"
         "\":{\"type\":\"null\"}}}",
         "compatible /properties/v/$ref: added: what the old schema allowed still fits\n");
    says("{\"properties\":{\"v\":{\"$ref\":\"#x\"}},\"$defs\":{\"x\":{\"$anchor\":\"x\"}}}",
         "{\"properties\":{\"v\":{\"$ref\":\"#x\"}},\"$defs\":{\"x\":{\"$anchor\":\"x\","
         "\"minimum\":1}}}",
         "breaking /$defs/x/minimum: added: entities with a smaller value become invalid\n");
    says("{\"properties\":{\"v\":{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}}}",
         "{\"properties\":{\"v\":{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}},"
         "\"title\":\"t\"}",
         "compatible /title: added: it has no effect on entities\n");
}

/* A schema of many small parts, each of which refers to the next, twice. */
static void write_ladder(struct buf *out, unsigned rungs, const char *last)
{
    buf_append_string(out, "{\"$ref\":\"#/$defs/r0\",\"$defs\":{");
    for (unsigned i = 0; i < rungs; i++)
        buf_printf(out,
                   "\"r%u\":{\"anyOf\":[{\"properties\":{\"a\":{\"$ref\":\"#/$defs/r%u\"}}},"
                   "{\"properties\":{\"b\":{\"$ref\":\"#/$defs/r%u\"}}}]},",
                   i, i + 1, i + 1);
    buf_printf(out, "\"r%u\":%s}}", rungs, last);
}

static void test_work_is_bounded(void **state)
{
    (void)state;
    for (unsigned rungs = 8; rungs <= 512; rungs *= 8) {
        AUTO_ARENA struct arena arena;
        AUTO_BUF struct buf before = {0};
        AUTO_BUF struct buf after = {0};
        arena_init(&arena, (size_t)512 << 20);
        write_ladder(&before, rungs, "{\"maximum\":5}");
        write_ladder(&after, rungs, "{\"maximum\":4}");
        struct compat_report report;
        compare(&arena, buf_string(&before), buf_string(&after), &report);
        assert_int_not_equal(report.worst, COMPAT_COMPATIBLE);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    AUTO_ARENA struct arena parsed;
    arena_init(&parsed, 0);
    struct tree *before = document_of(&parsed, LIST("5")), *after = document_of(&parsed, LIST("4"));
    unsigned refused = 0;
    for (size_t limit = 4096; refused < 1000; limit += 64) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, limit);
        struct compat_report report;
        int result = compat_compare(&arena, before, after, &report);
        if (result == 0) {
            assert_int_equal(report.worst, COMPAT_BREAKING);
            break;
        }
        assert_int_equal(result, -ERR_NO_MEMORY);
        refused++;
    }
    assert_in_range(refused, 1, 1000);
}

static void test_findings_are_bounded(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    AUTO_BUF struct buf before = {0};
    AUTO_BUF struct buf after = {0};
    arena_init(&arena, 0);
    buf_append_string(&before, "{\"properties\":{");
    buf_append_string(&after, "{\"properties\":{");
    for (unsigned i = 0; i < COMPAT_FINDINGS_MAX + 7; i++) {
        buf_printf(&before, "%s\"m%u\":{\"maximum\":5}", i > 0 ? "," : "", i);
        buf_printf(&after, "%s\"m%u\":{\"maximum\":4}", i > 0 ? "," : "", i);
    }
    buf_append_string(&before, "}}");
    buf_append_string(&after, "}}");
    struct compat_report report;
    compare(&arena, buf_string(&before), buf_string(&after), &report);
    assert_int_equal(report.worst, COMPAT_BREAKING);
    assert_int_equal(report.count, COMPAT_FINDINGS_MAX);
    assert_int_equal(report.untold, 7);
    assert_true(span_is(report.findings[999].pointer, "/properties/m999/maximum"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_what_changed),
        cmocka_unit_test(test_says_what_members_do),
        cmocka_unit_test(test_says_what_the_store_does),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_work_is_bounded),
        cmocka_unit_test(test_findings_are_bounded),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
