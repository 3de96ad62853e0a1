/* schema_place: schemas and documents as literals, and what is expected of them. */
#ifndef PERSISTFS_TESTS_SCHEMA_PLACE_H
#define PERSISTFS_TESTS_SCHEMA_PLACE_H

#include "schema/schema.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* schema_compile with a library of its own and no options. */
int compile_schema(struct span text, struct schema **ret_schema, struct problem *problem);
struct schema *schema_of(const char *text);
struct tree *document_of(struct arena *arena, const char *text);
int validate_text(const struct schema *schema, const char *document, struct problem *problem);
void print_problem(const struct problem *problem);
void assert_item(const struct problem *problem, const char *pointer, const char *keyword,
                 const char *message);
void assert_valid(const char *schema, const char *document);
/* One fault, of that text. */
void assert_fault(const char *schema, const char *document, const char *pointer,
                  const char *keyword, const char *message);
/* The check is given up with that code and detail. */
void assert_given_up(const char *schema, const char *document, enum err code, const char *detail);
void assert_refused(const char *schema, const char *pointer, const char *keyword,
                    const char *message);
/* Verdicts on the member "v", of that subschema. */
void check_value(const char *schema, const char *value, bool valid);
void accepts(const char *schema, const char *value);
void refuses(const char *schema, const char *value);

#endif
