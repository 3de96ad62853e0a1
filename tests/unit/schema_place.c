#include "schema_place.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

int compile_schema(struct span text, struct schema **ret_schema, struct problem *problem)
{
    struct schema_library *library;
    assert_int_equal(schema_library_create(&library, problem), 0);
    int error = schema_compile(library, NULL, text, ret_schema, problem);
    schema_library_destroy(library);
    return error;
}

struct schema *schema_of(const char *text)
{
    struct schema *schema = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int error = compile_schema(span_of_string(text), &schema, &problem);
    if (error < 0)
        fail_msg("%s: %s", text, buf_string(&problem.detail));
    return schema;
}

struct tree *document_of(struct arena *arena, const char *text)
{
    struct tree *tree = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (tree_parse(arena, span_of_string(text), 1 << 24, &tree, &problem) < 0)
        fail_msg("%s: %s", text, buf_string(&problem.detail));
    return tree;
}

int validate_text(const struct schema *schema, const char *document, struct problem *problem)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    return schema_validate(schema, document_of(&arena, document), problem);
}

void print_problem(const struct problem *problem)
{
    print_message("# detail: %s\n", buf_string(&problem->detail));
    for (size_t i = 0; i < problem->item_count; i++)
        print_message("# [%s] %s: %s\n", problem->items[i].pointer,
                      problem->items[i].keyword ? problem->items[i].keyword : "-",
                      problem->items[i].message);
}

void assert_item(const struct problem *problem, const char *pointer, const char *keyword,
                 const char *message)
{
    for (size_t i = 0; i < problem->item_count; i++) {
        const struct problem_item *item = &problem->items[i];
        bool same = keyword ? item->keyword && strcmp(item->keyword, keyword) == 0 : !item->keyword;
        if (same && strcmp(item->pointer, pointer) == 0 && strcmp(item->message, message) == 0)
            return;
    }
    print_problem(problem);
    fail_msg("no item [%s] %s: %s", pointer, keyword ? keyword : "-", message);
}

void assert_valid(const char *schema, const char *document)
{
    struct schema *compiled = schema_of(schema);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (validate_text(compiled, document, &problem) != 0) {
        print_problem(&problem);
        fail_msg("%s should accept %s", schema, document);
    }
    assert_int_equal(problem.code, 0);
    schema_destroy(compiled);
}

/* One fault, of that text. */
void assert_fault(const char *schema, const char *document, const char *pointer,
                  const char *keyword, const char *message)
{
    struct schema *compiled = schema_of(schema);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (validate_text(compiled, document, &problem) != -ERR_SCHEMA_MISMATCH)
        fail_msg("%s should refuse %s", schema, document);
    assert_item(&problem, pointer, keyword, message);
    assert_int_equal(problem.item_total, 1);
    assert_int_equal(problem.code, -ERR_SCHEMA_MISMATCH);
    assert_int_equal(validate_text(compiled, document, NULL), -ERR_SCHEMA_MISMATCH);
    schema_destroy(compiled);
}

void assert_given_up(const char *schema, const char *document, enum err code, const char *detail)
{
    struct schema *compiled = schema_of(schema);
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    assert_int_equal(validate_text(compiled, document, &problem), -(int)code);
    assert_string_equal(buf_string(&problem.detail), detail);
    schema_destroy(compiled);
}

void assert_refused(const char *schema, const char *pointer, const char *keyword,
                    const char *message)
{
    struct schema *compiled = NULL;
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    if (compile_schema(span_of_string(schema), &compiled, &problem) != -ERR_SCHEMA_INVALID)
        fail_msg("%s should be refused", schema);
    assert_null(compiled);
    assert_item(&problem, pointer, keyword, message);
    assert_int_equal(compile_schema(span_of_string(schema), &compiled, NULL), -ERR_SCHEMA_INVALID);
}

/* Verdicts on the member "v", of that subschema. */
void check_value(const char *schema, const char *value, bool valid)
{
    AUTO_BUF struct buf whole = {0};
    AUTO_BUF struct buf document = {0};
    buf_printf(&whole, "{\"properties\":{\"v\":%s}}", schema);
    buf_printf(&document, "{\"v\":%s}", value);
    struct schema *compiled = schema_of(buf_string(&whole));
    int error = validate_text(compiled, buf_string(&document), NULL);
    if (error != (valid ? 0 : -ERR_SCHEMA_MISMATCH))
        fail_msg("%s: %s should be %s", schema, value, valid ? "valid" : "refused");
    schema_destroy(compiled);
}

void accepts(const char *schema, const char *value)
{
    check_value(schema, value, true);
}

void refuses(const char *schema, const char *value)
{
    check_value(schema, value, false);
}
