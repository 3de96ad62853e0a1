#include "schema/schema_internal.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <stdio.h>

#define TEXT_MAX 512

struct place place_member(const struct place *up, const struct tree_member *member)
{
    return (struct place){.up = up, .value = &member->value, .key = member->key};
}

struct place place_item(const struct place *up, uint32_t index)
{
    return (struct place){.up = up, .value = &up->value->items[index], .index = index};
}

/* What is cut off later need not be written. */
static void append_pointer(struct buf *out, const struct place *place)
{
    if (!place->up)
        return;
    append_pointer(out, place->up);
    if (out->size > TEXT_MAX)
        return;
    if (place->up->value->type == TREE_ARRAY)
        buf_printf(out, "/%u", (unsigned)place->index);
    else
        tree_append_pointer(out, utf8_head(place->key, TEXT_MAX));
}

static const char *keep_text(struct faults *faults, const struct buf *text)
{
    struct span kept = arena_copy(faults->arena, utf8_head(buf_span(text), TEXT_MAX));
    if (!buf_failed(text) && kept.data)
        return (const char *)kept.data;
    faults->no_memory = true;
    return "";
}

void fault_vadd(struct faults *faults, const struct place *place, const char *keyword,
                const char *format, va_list args)
{
    if (faults->total >= PROBLEM_ITEMS_MAX) {
        faults->total++;
        return;
    }
    AUTO_BUF struct buf pointer = {0};
    AUTO_BUF struct buf message = {0};
    append_pointer(&pointer, place);
    buf_vprintf(&message, format, args);
    faults->items[faults->total++] = (struct fault){
        .pointer = keep_text(faults, &pointer),
        .keyword = keyword,
        .message = keep_text(faults, &message),
    };
}

void fault_add(struct faults *faults, const struct place *place, const char *keyword,
               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fault_vadd(faults, place, keyword, format, args);
    va_end(args);
}

void fault_append(struct faults *into, const struct faults *from)
{
    for (size_t i = 0; i < from->total && i < PROBLEM_ITEMS_MAX; i++)
        if (into->total + i < PROBLEM_ITEMS_MAX)
            into->items[into->total + i] = from->items[i];
    into->total += from->total;
    into->summaries += from->summaries;
    into->no_memory |= from->no_memory;
}

int faults_report(const struct faults *faults, enum err code, struct problem *problem)
{
    if (faults->no_memory)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory to describe the faults");
    const struct fault *first = &faults->items[0];
    problem_set(problem, code, "%s%s%s", first->pointer, *first->pointer ? ": " : "",
                first->message);
    if (!problem)
        return -(int)code;
    for (size_t i = 0; i < faults->total && i < PROBLEM_ITEMS_MAX; i++)
        problem_add(problem, faults->items[i].pointer, faults->items[i].keyword, "%s",
                    faults->items[i].message);
    problem->item_total = faults->total;
    return -(int)code;
}

#define QUOTE_MAX 60

static struct quote quote_raw(struct span raw)
{
    struct quote quote;
    struct span head = utf8_head(raw, QUOTE_MAX);
    const char *end = head.size == raw.size ? "" : raw.data[0] == '"' ? "...\"" : "...";
    snprintf(quote.text, sizeof(quote.text), "%.*s%s", (int)head.size, (const char *)head.data,
             end);
    return quote;
}

struct quote quote_value(const struct tree *value)
{
    switch (value->type) {
    case TREE_OBJECT:
        return (struct quote){"an object"};
    case TREE_ARRAY:
        return (struct quote){"an array"};
    default:
        return quote_raw(value->raw);
    }
}

struct quote quote_name(struct span name)
{
    AUTO_BUF struct buf text = {0};
    /* More than is shown, so that the cut is seen. */
    buf_append_json_string(&text, utf8_head(name, QUOTE_MAX + 1));
    return buf_failed(&text) ? (struct quote){"?"} : quote_raw(buf_span(&text));
}

#define WORD_MAX 40

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

/* The distance of Damerau and Levenshtein, where no part is changed twice. */
static unsigned distance_of(struct span a, struct span b)
{
    unsigned rows[3][WORD_MAX + 1];
    for (unsigned j = 0; j <= b.size; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b.size; j++) {
            unsigned change = a.data[i - 1] != b.data[j - 1];
            row[j] = min3(row[j - 1] + 1, above[j] + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = min3(row[j], twice[j - 2] + 1, row[j]);
        }
    }
    return rows[a.size % 3][b.size];
}

void suggestion_offer(struct suggestion *suggestion, struct span candidate)
{
    struct span word = suggestion->word;
    if (word.size > WORD_MAX || candidate.size > WORD_MAX)
        return;
    unsigned limit = suggestion->best.size > 0 ? suggestion->distance - 1 : word.size < 5 ? 1 : 2;
    if (word.size > candidate.size + limit || candidate.size > word.size + limit ||
        word.size <= limit)
        return;
    unsigned distance = distance_of(word, candidate);
    if (distance > limit)
        return;
    suggestion->best = candidate;
    suggestion->distance = distance;
}

struct quote suggestion_text(const struct suggestion *suggestion)
{
    struct quote text = {""};
    if (suggestion->best.size > 0)
        snprintf(text.text, sizeof(text.text), "; did you mean %.70s?",
                 quote_name(suggestion->best).text);
    return text;
}
