/* Tables' names as collections' names. */
#include "schema/sql_internal.h"

#include "store/base/cleanup.h"

#include <stdlib.h>

#define NAME_MAX_SIZE 64

static bool is_letter(uint8_t byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_';
}

static bool is_good(uint8_t byte)
{
    return is_letter(byte) || (byte >= '0' && byte <= '9') || byte == '-';
}

struct span sql_collection_name(struct sql *sql, struct span name)
{
    AUTO_BUF struct buf out = {0};
    if (name.size > 0 && is_good(name.data[0]) && !is_letter(name.data[0]))
        buf_append_byte(&out, '_');
    for (size_t i = 0; i < name.size && out.size < NAME_MAX_SIZE; i++)
        if (is_good(name.data[i]))
            buf_append_byte(&out, name.data[i]);
        else if ((name.data[i] & 0xc0) != 0x80) /* once for a character */
            buf_append_byte(&out, '_');
    return sql_keep(sql, &out);
}

static int by_collection(const void *a, const void *b)
{
    const struct sql_table *x = *(const struct sql_table *const *)a;
    const struct sql_table *y = *(const struct sql_table *const *)b;
    size_t common =
        x->collection.size < y->collection.size ? x->collection.size : y->collection.size;
    int order = memcmp(x->collection.data, y->collection.data, common);
    if (order == 0)
        order =
            (x->collection.size > y->collection.size) - (x->collection.size < y->collection.size);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* Of two tables of a name in two schemas, the later one's collection has both names. */
static void qualify(struct sql *sql, struct sql_table *table)
{
    AUTO_BUF struct buf name = {0};
    buf_append_span(&name, table->name.qualifier);
    if (name.size > 0)
        buf_append_byte(&name, '_');
    buf_append_span(&name, table->name.name);
    struct span whole = sql_keep(sql, &name);
    table->collection = sql_collection_name(sql, whole);
}

static void leave_out(struct sql *sql, struct sql_table *table)
{
    table->is_left_out = true;
    sql_note(sql, table->line, "%s: another table has the collection %s: left out",
             sql_quote(table->name.name).text, sql_quote(table->collection).text);
}

static void resolve_clashes(struct sql *sql, struct sql_table **sorted, size_t count,
                            void (*resolve)(struct sql *sql, struct sql_table *table))
{
    if (count > 0)
        qsort(sorted, count, sizeof(*sorted), by_collection);
    struct span last = {0};
    for (size_t i = 0; i < count && sql->error == 0; i++) {
        struct span name = sorted[i]->collection;
        if (i > 0 && span_equal(last, name))
            resolve(sql, sorted[i]);
        last = name;
    }
}

void sql_name_collections(struct sql *sql)
{
    struct sql_table **sorted = sql_alloc(sql, sql->table_count, sizeof(struct sql_table *));
    size_t count = 0;
    for (struct sql_table *table = sql->tables; table && sql->error == 0; table = table->next) {
        if (table->is_type || table->is_left_out)
            continue;
        table->collection = sql_collection_name(sql, table->name.name);
        sorted[count++] = table;
    }
    resolve_clashes(sql, sorted, count, qualify);
    resolve_clashes(sql, sorted, count, leave_out);
    for (size_t i = 0; i < count && sql->error == 0; i++)
        if (!sorted[i]->is_left_out && !span_equal(sorted[i]->collection, sorted[i]->name.name))
            sql_note(sql, sorted[i]->line, "%s: its collection is named %s",
                     sql_quote(sorted[i]->name.name).text, sql_quote(sorted[i]->collection).text);
}
