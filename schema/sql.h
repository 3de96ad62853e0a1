/* sql: schemas for the tables of a database.
 *
 * Reads the CREATE TABLE statements of PostgreSQL, SQLite and MySQL, and what belongs to them:
 * ALTER TABLE, CREATE UNIQUE INDEX, CREATE TYPE ... AS ENUM, CREATE DOMAIN, COMMENT ON. What it
 * cannot translate is named in a note. Nothing is executed. */
#ifndef PERSISTFS_SCHEMA_SQL_H
#define PERSISTFS_SCHEMA_SQL_H

#include "schema/schema.h"

#define SQL_SIZE_MAX (16 << 20) /* bytes of a file */

enum sql_dialect {
    SQL_GUESS, /* by the words the text uses; PostgreSQL when it has none of them */
    SQL_POSTGRESQL,
    SQL_SQLITE,
    SQL_MYSQL,
};

struct sql_note {
    uint32_t line; /* from 1 */
    struct span text;
};

struct sql_schema {
    struct span collection; /* a collection's name, made of the table's */
    struct span text;       /* the schema, as tree_write_pretty writes it; it compiles */
};

struct sql_schemas {
    size_t count; /* at least 1 */
    struct sql_schema *schemas;
    size_t note_count;
    struct sql_note *notes; /* by line */
};

/* The schemas of all tables, in the order of the text. The results live in `arena`; `text` must
 * live as long. Takes time linear in the text but for a factor log(text.size).
 * Errors: TOO_LARGE for a text beyond SQL_SIZE_MAX, or schemas that are far larger than it;
 * INVALID for a text that cannot be read ("line 3, column 7: expected ...") or has no table;
 * NO_MEMORY, also when the arena's limit is reached. */
int sql_schemas_read(struct arena *arena, const struct schema_library *library, struct span text,
                     enum sql_dialect dialect, struct sql_schemas *ret_schemas,
                     struct problem *problem);

#endif
