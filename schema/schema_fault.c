#include "schema/schema_internal.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <stdio.h>

void faults_init(struct faults *faults, struct arena *arena, size_t limit)
{
    *faults = (struct faults){.arena = arena, .limit = limit};
    faults->items = arena_alloc_array(arena, limit, sizeof(*faults->items));
    faults->no_memory = !faults->items;
    if (!faults->items)
        faults->limit = 0;
}

struct span place_key(const struct place *place)
{
    if (place->is_name)
        return place->value->string;
    return tree_member_of(place->value)->key;
}

/* What is cut off later need not be written. */
void place_append_pointer(struct buf *out, const struct place *place, size_t limit)
{
    if (!place->up)
        return;
    place_append_pointer(out, place->up, limit);
    if (out->size > limit)
        return;
    if (place->up->value->type == TREE_ARRAY)
        buf_printf(out, "/%u", (unsigned)(place->value - place->up->value->items));
    else
        tree_append_pointer(out, utf8_head(place_key(place), limit));
}

static void append_step(struct buf *out, const struct tree *list, const struct tree *item,
                        size_t limit)
{
    if (list->type == TREE_ARRAY) {
        buf_printf(out, "/%u", (unsigned)(item - list->items));
        return;
    }
    struct place place = {.value = item};
    tree_append_pointer(out, utf8_head(place_key(&place), limit));
}

void node_append_pointer(struct buf *out, const struct node *node, const struct node *stop,
                         size_t limit)
{
    if (node == stop || !node->up)
        return;
    node_append_pointer(out, node->up, stop, limit);
    if (out->size > limit)
        return;
    if (!node->in) {
        buf_append_span(out, utf8_head(node->at, limit));
        return;
    }
    tree_append_pointer(out, utf8_head(node->in->key, limit));
    if (node->source != &node->in->value)
        append_step(out, &node->in->value, node->source, limit);
}

static const char *keep_text(struct faults *faults, const struct buf *text, size_t limit)
{
    struct span kept = arena_copy(faults->arena, utf8_head(buf_span(text), limit));
    if (!buf_failed(text) && kept.data)
        return (const char *)kept.data;
    faults->no_memory = true;
    return "";
}

struct fault *fault_vadd(struct faults *faults, const struct place *place, const char *keyword,
                         const char *format, va_list args)
{
    if (faults->total >= faults->limit) {
        faults->total++;
        return NULL;
    }
    AUTO_BUF struct buf pointer = {0};
    AUTO_BUF struct buf message = {0};
    size_t limit = faults->locates ? FAULT_LOCATION_MAX : FAULT_TEXT_MAX;
    place_append_pointer(&pointer, place, limit);
    buf_vprintf(&message, format, args);
    faults->items[faults->total++] = (struct fault){
        .pointer = keep_text(faults, &pointer, limit),
        .keyword = keyword,
        .message = keep_text(faults, &message, FAULT_TEXT_MAX),
    };
    return &faults->items[faults->total - 1];
}

void fault_copy(struct faults *faults, const char *pointer, const char *keyword,
                const char *message)
{
    if (faults->total < faults->limit)
        faults->items[faults->total] =
            (struct fault){.pointer = pointer, .keyword = keyword, .message = message};
    faults->total++;
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
    size_t held = from->total < from->limit ? from->total : from->limit;
    size_t room = into->total < into->limit ? into->limit - into->total : 0;
    for (size_t i = 0; i < held && i < room; i++)
        into->items[into->total + i] = from->items[i];
    /* What was only counted there is not counted where it would have had room. */
    into->total += held < room ? held : from->total;
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
    for (size_t i = 0; i < faults->total && i < faults->limit; i++)
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

#define DISTANCE_MAX 2

/* The distance of Damerau and Levenshtein, where no part is changed twice; any number greater than
 * DISTANCE_MAX when it is. So only what is near the diagonal counts. */
static unsigned distance_of(struct span a, struct span b)
{
    unsigned rows[3][WORD_MAX + 1];
    for (unsigned j = 0; j <= b.size; j++)
        rows[0][j] = j, rows[1][j] = rows[2][j] = DISTANCE_MAX + 1;
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        unsigned first = i > DISTANCE_MAX ? i - DISTANCE_MAX : 1, least = DISTANCE_MAX + 1;
        row[first - 1] = first == 1 ? i : DISTANCE_MAX + 1;
        for (unsigned j = first; j <= b.size && j <= i + DISTANCE_MAX; j++) {
            unsigned change = a.data[i - 1] != b.data[j - 1];
            row[j] = min3(row[j - 1] + 1, above[j] + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = min3(row[j], twice[j - 2] + 1, row[j]);
            least = row[j] < least ? row[j] : least;
        }
        if (least > DISTANCE_MAX)
            return least;
    }
    return rows[a.size % 3][b.size];
}

void suggestion_offer(struct suggestion *suggestion, struct span candidate)
{
    struct span word = suggestion->word;
    if (word.size > WORD_MAX || candidate.size > WORD_MAX)
        return;
    unsigned limit = suggestion->best.size > 0 ? suggestion->distance - 1
                     : word.size < 5           ? 1
                                               : DISTANCE_MAX;
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
