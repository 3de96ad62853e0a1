/* sql_place: texts of SQL as literals, and what is expected of their schemas. */
#ifndef PERSISTFS_TESTS_SQL_PLACE_H
#define PERSISTFS_TESTS_SQL_PLACE_H

#include "schema/sql.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct sql_place {
    struct arena arena;
    struct schema_library *library;
    struct sql_schemas schemas;
};

/* Reads the text, which must be good, and compiles each schema. */
void sql_place_init(struct sql_place *place, const char *text, enum sql_dialect dialect);
void sql_place_finish(struct sql_place *place);
/* The schema of that collection, compact, from that pointer on; it must be `expected`, and where
 * that is NULL there must be nothing. */
void assert_schema(struct sql_place *place, const char *collection, const char *pointer,
                   const char *expected);
/* There is a note on that line that has this text. */
void assert_note(const struct sql_place *place, uint32_t line, const char *text);

/* One column of a table t, "c" and what follows: its schema. */
void assert_column(const char *definition, enum sql_dialect dialect, const char *expected);
/* The same, with a note that has this text. */
void assert_column_note(const char *definition, enum sql_dialect dialect, const char *expected,
                        const char *note);
/* The text is refused, with a detail that has this text. */
void assert_refused_sql(const char *text, int code, const char *detail);

#endif
