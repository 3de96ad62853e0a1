/* Random schemas and documents: a verdict is the same however it is asked for. */
#include "schema_place.h"
#include "source_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROUNDS 1000

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (unsigned)(dice->state >> 33) % sides;
}

static void append_value(struct dice *dice, struct buf *out, unsigned depth)
{
    static const char *const scalars[] = {"null", "true", "1",     "1.0",     "2.5",
                                          "-3",   "\"\"", "\"a\"", "\"abc\"", "10"};
    unsigned kind = roll(dice, depth > 0 ? 5 : 2), count = roll(dice, 4);
    if (kind < 2) {
        buf_append_string(out, scalars[roll(dice, COUNT(scalars))]);
        return;
    }
    buf_append_string(out, kind == 2 ? "[" : "{");
    for (unsigned i = 0; i < count; i++) {
        buf_append_string(out, i > 0 ? "," : "");
        if (kind > 2)
            buf_printf(out, "\"%c\":", 'a' + (int)i);
        append_value(dice, out, depth - 1);
    }
    buf_append_string(out, kind == 2 ? "]" : "}");
}

static void append_schema(struct dice *dice, struct buf *out, unsigned depth);

/* A value for each '%' of the pattern: s is a schema, v any value, n a number. */
static void append_keyword(struct dice *dice, struct buf *out, const char *pattern, unsigned depth)
{
    for (; *pattern; pattern++) {
        if (*pattern != '%') {
            buf_append_byte(out, (uint8_t)*pattern);
            continue;
        }
        pattern++;
        if (*pattern == 's')
            append_schema(dice, out, depth - 1);
        else if (*pattern == 'v')
            append_value(dice, out, 1);
        else
            buf_printf(out, "%u", roll(dice, 4));
    }
}

static const char *const keywords[] = {
    "\"type\":\"object\"",
    "\"type\":[\"array\",\"integer\",\"object\"]",
    "\"type\":\"string\"",
    "\"const\":%v",
    "\"enum\":[%v,1,\"a\"]",
    "\"minimum\":%n",
    "\"exclusiveMaximum\":%n",
    "\"multipleOf\":2.5",
    "\"minLength\":%n",
    "\"maxLength\":%n",
    "\"pattern\":\"^a\"",
    "\"minItems\":%n",
    "\"maxItems\":%n",
    "\"uniqueItems\":true",
    "\"minProperties\":%n",
    "\"maxProperties\":%n",
    "\"required\":[\"a\",\"c\"]",
    "\"dependentRequired\":{\"a\":[\"b\"],\"b\":[\"c\"]}",
    "\"dependentSchemas\":{\"a\":%s,\"c\":%s}",
    "\"properties\":{\"a\":%s,\"b\":%s}",
    "\"patternProperties\":{\"[bc]\":%s}",
    "\"additionalProperties\":%s",
    "\"propertyNames\":{\"enum\":[\"a\",\"b\"]}",
    "\"prefixItems\":[%s,%s]",
    "\"items\":%s",
    "\"contains\":%s",
    "\"minContains\":%n",
    "\"maxContains\":%n",
    "\"unevaluatedProperties\":%s",
    "\"unevaluatedItems\":%s",
    "\"allOf\":[%s,%s]",
    "\"anyOf\":[%s,%s]",
    "\"oneOf\":[%s,%s]",
    "\"not\":%s",
    "\"if\":%s",
    "\"then\":%s",
    "\"else\":%s",
    "\"$ref\":\"#/$defs/s\"",
    "\"$dynamicRef\":\"#d\"",
};

static void append_schema(struct dice *dice, struct buf *out, unsigned depth)
{
    if (depth == 0 || roll(dice, 12) == 0) {
        buf_append_string(out, roll(dice, 3) > 0 ? "true" : "false");
        return;
    }
    unsigned count = 1 + roll(dice, 3);
    bool used[COUNT(keywords)] = {false};
    const char *comma = "{";
    for (unsigned i = 0; i < count; i++) {
        unsigned at = roll(dice, COUNT(keywords));
        if (at < 3) /* of the three only one can be there */
            at = 0, used[0] |= i > 0;
        if (used[at])
            continue;
        used[at] = true;
        buf_append_string(out, comma);
        append_keyword(dice, out, keywords[at == 0 ? roll(dice, 3) : at], depth);
        comma = ",";
    }
    buf_append_string(out, *comma == '{' ? "{}" : "}");
}

/* What the references lead to refers to nothing, so that there is no loop. */
static const char definitions[] =
    ",\"$defs\":{\"s\":{\"properties\":{\"a\":{\"type\":\"integer\"}},\"prefixItems\":[true],"
    "\"minItems\":1},\"d\":{\"$dynamicAnchor\":\"d\",\"anyOf\":[{\"required\":[\"b\"],"
    "\"properties\":{\"b\":true}},{\"type\":[\"array\",\"null\"]}]}}}";

/* The verdict on {"v": document, ...} when the schema stands in that pattern, for "v". */
static bool judge(const char *pattern, const struct buf *schema, const struct buf *document)
{
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf whole = {0};
    AUTO_BUF struct buf report = {0};
    AUTO_ARENA struct arena arena = {0};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    buf_append_string(&text, "{\"properties\":{\"v\":");
    for (const char *at = pattern; *at; at++)
        if (*at == '%')
            buf_append_span(&text, buf_span(schema));
        else
            buf_append_byte(&text, (uint8_t)*at);
    buf_printf(&text, "}%s", definitions);
    buf_printf(&whole, "{\"v\":%s}", buf_string(document));
    struct schema *compiled = schema_of(buf_string(&text));
    const struct tree *tree = value_of(&arena, buf_string(&whole));
    int error = schema_validate(compiled, tree, &problem);
    assert_true(error == 0 || error == -ERR_SCHEMA_MISMATCH);
    /* Told when the verdict was not confirmed as the faults were looked for. */
    if (error < 0 && strstr(problem.items[0].message, "too many to tell"))
        fail_msg("%s refuses %s without a fault", buf_string(&text), buf_string(&whole));
    assert_int_equal(schema_report(compiled, tree, &report, NULL), error);
    value_of(&arena, buf_string(&report));
    schema_destroy(compiled);
    return error == 0;
}

/* Whether faults are found in "v" when there is another besides. */
static bool tell(const struct buf *schema, const struct buf *document)
{
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf whole = {0};
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    buf_printf(&text, "{\"properties\":{\"v\":%s,\"w\":false}%s", buf_string(schema), definitions);
    buf_printf(&whole, "{\"w\":1,\"v\":%s}", buf_string(document));
    struct schema *compiled = schema_of(buf_string(&text));
    assert_int_equal(validate_text(compiled, buf_string(&whole), &problem), -ERR_SCHEMA_MISMATCH);
    assert_item(&problem, "/w", NULL, "no value is allowed here");
    schema_destroy(compiled);
    return problem.item_total == 1;
}

static const struct {
    const char *pattern;
    bool reversed;
} patterns[] = {
    {"{\"allOf\":[%]}", false},
    {"{\"anyOf\":[%,false]}", false},
    {"{\"anyOf\":[false,%,%]}", false},
    {"{\"oneOf\":[false,%]}", false},
    {"{\"not\":%}", true},
    {"{\"not\":{\"not\":%}}", false},
    {"{\"if\":%,\"else\":false}", false},
    {"{\"if\":%,\"then\":false}", true},
    {"{\"if\":true,\"then\":%}", false},
    {"{\"$ref\":\"#/properties/v/x\",\"x\":%}", false},
};

static void equivalents(void **state)
{
    (void)state;
    struct dice dice = {UINT64_C(88172645463325252)};
    unsigned valid = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        AUTO_BUF struct buf schema = {0};
        AUTO_BUF struct buf document = {0};
        append_schema(&dice, &schema, 3);
        append_value(&dice, &document, 3);
        bool expected = judge("%", &schema, &document);
        valid += expected;
        if (tell(&schema, &document) != expected)
            fail_msg("told otherwise: %s, %s", buf_string(&schema), buf_string(&document));
        unsigned at = roll(&dice, COUNT(patterns));
        if (judge(patterns[at].pattern, &schema, &document) != (expected != patterns[at].reversed))
            fail_msg("%s: %s, %s", patterns[at].pattern, buf_string(&schema),
                     buf_string(&document));
    }
    /* Neither is rare. */
    assert_in_range(valid, ROUNDS / 5, ROUNDS * 4 / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equivalents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
