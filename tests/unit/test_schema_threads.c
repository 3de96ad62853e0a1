/* One schema, and several threads at once. */
#include "schema_place.h"
#include "source_place.h"

#include "store/base/cleanup.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define THREADS 4
#define ROUNDS  200

static const char text[] =
    "{\"$id\":\"o\",\"$dynamicAnchor\":\"n\",\"properties\":{\"a\":{\"pattern\":\"^(x|y)+$\"},"
    "\"b\":{\"format\":\"idn-hostname\"},\"c\":{\"$ref\":\"i\"},\"d\":{\"uniqueItems\":true},"
    "\"e\":{\"anyOf\":[{\"type\":\"null\"},{\"const\":\"f\"}]},\"n\":{\"pattern\":\"(a*)\\\\1z\"}},"
    "\"unevaluatedProperties\":false,\"$defs\":{\"i\":{\"$id\":\"i\",\"properties\":{\"z\":"
    "{\"$dynamicRef\":\"#n\"}},\"$defs\":{\"d\":{\"$dynamicAnchor\":\"n\"}}}}}";

static const char *const documents[] = {
    "{\"a\":\"xyxy\",\"b\":\"b\xc3\xbc"
    "cher.example\",\"c\":{\"z\":{\"a\":\"x\"}},\"d\":[1,2,3],"
    "\"e\":null,\"n\":\"aaz\"}",
    "{\"a\":\"xz\",\"b\":\"-\",\"c\":{\"z\":{\"q\":1}},\"d\":[1,1.0],\"e\":\"g\",\"n\":\"x\"}",
};

struct job {
    const struct schema *schema;
    const char *document;
    int expected;
    bool good;
};

static bool judge(const struct job *job, const struct tree *tree)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    AUTO_BUF struct buf out = {0};
    return schema_validate(job->schema, tree, &problem) == job->expected &&
           schema_report(job->schema, tree, &out, NULL) == job->expected;
}

static void *work(void *context)
{
    struct job *job = context;
    AUTO_ARENA struct arena arena = {0};
    struct tree *tree = NULL;
    job->good = tree_parse(&arena, span_of_string(job->document), 1 << 20, &tree, NULL) == 0;
    for (int i = 0; i < ROUNDS && job->good; i++)
        job->good = judge(job, tree);
    return NULL;
}

static void one_schema(void **state)
{
    (void)state;
    struct schema *schema = schema_of(text);
    struct job jobs[THREADS];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.schema = schema,
                               .document = documents[i % 2],
                               .expected = i % 2 == 0 ? 0 : -ERR_SCHEMA_MISMATCH};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(jobs[i].good);
    }
    schema_destroy(schema);
}

/* As deep as a check goes, telling the faults, too, on the stack that a thread has. */
static void *go_deep(void *context)
{
    struct job *job = context;
    AUTO_ARENA struct arena arena = {0};
    const struct tree *tree = value_of(&arena, job->document);
    job->good = judge(job, tree);
    return NULL;
}

static void deepest(const char *schema, const char *document, int expected)
{
    struct job job = {.schema = schema_of(schema), .document = document, .expected = expected};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, go_deep, &job), 0);
    pthread_join(thread, NULL);
    assert_true(job.good);
    schema_destroy((struct schema *)(uintptr_t)job.schema);
}

static void deep_branches(void **state)
{
    (void)state;
    AUTO_BUF struct buf schema = {0};
    buf_append_string(&schema, "{\"$ref\":\"#/$defs/0\",\"$defs\":{");
    for (int i = 0; i < 250; i++)
        buf_printf(&schema,
                   "\"%d\":{\"dependentSchemas\":{\"a\":{\"oneOf\":[{\"allOf\":[{\"$ref\":"
                   "\"#/$defs/%d\"}],\"unevaluatedProperties\":true},false]}},"
                   "\"unevaluatedProperties\":false},",
                   i, i + 1);
    buf_append_string(&schema, "\"250\":{\"$dynamicRef\":\"#l\"},\"l\":{\"$dynamicAnchor\":\"l\","
                               "\"$dynamicRef\":\"#l\"}}}");
    deepest(buf_string(&schema), "{\"a\":1}", -ERR_SCHEMA_BUDGET);
}

static void deep_documents(void **state)
{
    (void)state;
    AUTO_BUF struct buf document = {0};
    for (int i = 0; i < 125; i++)
        buf_append_string(&document, "{\"a\":");
    buf_append_byte(&document, '1');
    buf_append_fill(&document, '}', 125);
    static const char schema[] =
        "{\"$defs\":{\"x\":{\"patternProperties\":{\"^a\":{\"$ref\":\"#\"}},\"type\":\"object\"},"
        "\"y\":{\"anyOf\":[{\"$ref\":\"#/$defs/x\"},{\"type\":\"array\"}]}},"
        "\"allOf\":[{\"$ref\":\"#/$defs/y\"}],\"unevaluatedProperties\":false}";
    deepest(schema, buf_string(&document), -ERR_SCHEMA_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_schema),
        cmocka_unit_test(deep_branches),
        cmocka_unit_test(deep_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
