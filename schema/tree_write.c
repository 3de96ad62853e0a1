#include "schema/tree.h"

#include "schema/number.h"
#include "schema/tree_lookup.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_container(const struct tree *value)
{
    return value->type == TREE_ARRAY || value->type == TREE_OBJECT;
}

void tree_write_compact(struct buf *out, const struct tree *value)
{
    if (!is_container(value)) {
        buf_append_span(out, value->raw);
        return;
    }
    bool is_array = value->type == TREE_ARRAY;
    buf_append_byte(out, is_array ? '[' : '{');
    for (uint32_t i = 0; i < value->count; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        if (!is_array) {
            buf_append_span(out, value->members[i].raw);
            buf_append_byte(out, ':');
        }
        tree_write_compact(out, is_array ? &value->items[i] : &value->members[i].value);
    }
    buf_append_byte(out, is_array ? ']' : '}');
}

static void new_line(struct buf *out, unsigned level)
{
    buf_append_byte(out, '\n');
    buf_append_fill(out, ' ', (size_t)level * 2);
}

static void write_pretty(struct buf *out, const struct tree *value, unsigned level)
{
    if (!is_container(value) || value->count == 0) {
        tree_write_compact(out, value);
        return;
    }
    bool is_array = value->type == TREE_ARRAY;
    buf_append_byte(out, is_array ? '[' : '{');
    for (uint32_t i = 0; i < value->count; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        new_line(out, level + 1);
        if (!is_array) {
            buf_append_span(out, value->members[i].raw);
            buf_append_string(out, ": ");
        }
        write_pretty(out, is_array ? &value->items[i] : &value->members[i].value, level + 1);
    }
    new_line(out, level);
    buf_append_byte(out, is_array ? ']' : '}');
}

void tree_write_pretty(struct buf *out, const struct tree *value)
{
    write_pretty(out, value, 0);
    buf_append_byte(out, '\n');
}

/* The fewest digits that give the same double. The decimal point is the thread's locale's, so that
 * is set aside. */
static bool write_shortest(char *text, size_t size, double real)
{
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!plain)
        return false;
    locale_t before = uselocale(plain);
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, real);
        double again = strtod(text, NULL);
        if (again >= real && again <= real)
            break;
    }
    uselocale(before);
    freelocale(plain);
    return true;
}

static void write_real(struct buf *out, const struct tree *value)
{
    char text[32] = "";
    if (value->real < -DBL_MAX || value->real > DBL_MAX) {
        number_write_exact(out, value);
        return;
    }
    if (!write_shortest(text, sizeof(text), value->real)) {
        out->failed = true;
        return;
    }
    struct tree shortest = {.type = TREE_REAL, .raw = span_of_string(text), .real = value->real};
    if (number_compare(value, &shortest) == 0)
        buf_append_string(out, text);
    else
        number_write_exact(out, value);
}

static void write_canonical_object(struct buf *out, const struct tree *object)
{
    const struct tree_member **members = tree_sorted_members(object);
    if (!members) {
        out->failed = true;
        return;
    }
    buf_append_byte(out, '{');
    for (uint32_t i = 0; i < object->count; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        buf_append_json_string(out, members[i]->key);
        buf_append_byte(out, ':');
        tree_write_canonical(out, &members[i]->value);
    }
    buf_append_byte(out, '}');
    free(members);
}

static void write_canonical_array(struct buf *out, const struct tree *array)
{
    buf_append_byte(out, '[');
    for (uint32_t i = 0; i < array->count; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        tree_write_canonical(out, &array->items[i]);
    }
    buf_append_byte(out, ']');
}

void tree_write_canonical(struct buf *out, const struct tree *value)
{
    int64_t integral = 0;
    if (tree_integral(value, &integral))
        buf_printf(out, "%" PRId64, integral);
    else if (value->type == TREE_REAL)
        write_real(out, value);
    else if (value->type == TREE_STRING)
        buf_append_json_string(out, value->string);
    else if (value->type == TREE_ARRAY)
        write_canonical_array(out, value);
    else if (value->type == TREE_OBJECT)
        write_canonical_object(out, value);
    else
        buf_append_span(out, value->raw);
}
