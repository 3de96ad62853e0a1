#include "schema/infer_internal.h"

#include "store/base/cleanup.h"

/* An enum is worth a word when each string comes this often on average, and there are so many. */
#define WORD_REPEATS_MIN 4
#define WORDS_SEEN_MIN   6

static uint64_t count_all(const struct shape *shape)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < SEEN_COUNT; i++)
        count += shape->seen[i];
    return count;
}

/* Every integer is a number, too. */
static bool has_type(const struct shape *shape, unsigned seen)
{
    return shape->seen[seen] > 0 && !(seen == SEEN_INTEGER && shape->seen[SEEN_NUMBER] > 0);
}

static void write_types(struct buf *out, const struct shape *shape)
{
    static const char *const names[SEEN_COUNT] = {"object",  "array",   "string", "number",
                                                  "integer", "boolean", "null"};
    unsigned count = 0;
    for (unsigned i = 0; i < SEEN_COUNT; i++)
        count += has_type(shape, i);
    const char *before = count > 1 ? "[" : "";
    buf_append_string(out, "\"type\":");
    for (unsigned i = 0; i < SEEN_COUNT; i++) {
        if (!has_type(shape, i))
            continue;
        buf_printf(out, "%s\"%s\"", before, names[i]);
        before = ",";
    }
    if (count > 1)
        buf_append_byte(out, ']');
}

/* The most telling one that all strings fit, or NULL. */
static const char *format_of(const struct shape *shape)
{
    if (shape->seen[SEEN_STRING] == 0)
        return NULL;
    const char *name;
    for (unsigned i = 0; (name = infer_format(i)); i++)
        if (shape->formats & 1U << i)
            return name;
    return NULL;
}

static bool is_upper(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* The last word of a name: "id" of user_id, user-id and userId; ID. */
static struct span last_word(struct span name)
{
    size_t at = name.size;
    while (at > 0 && (is_lower(name.data[at - 1]) || is_upper(name.data[at - 1]))) {
        at--;
        if (at > 0 && is_upper(name.data[at]) && is_lower(name.data[at - 1]))
            break;
    }
    return span_skip(name, at);
}

static bool is_same_word(struct span word, const char *lower)
{
    if (word.size != strlen(lower))
        return false;
    for (size_t i = 0; i < word.size; i++)
        if ((word.data[i] | 0x20) != lower[i])
            return false;
    return true;
}

static bool names_identifier(struct span name)
{
    static const char *const words[] = {"id",   "uuid", "guid",  "key",    "email",
                                        "mail", "slug", "code",  "sku",    "isbn",
                                        "ean",  "iban", "login", "handle", "username"};
    struct span word = last_word(name);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (is_same_word(word, words[i]))
            return true;
    return false;
}

static bool may_be_unique(const struct shape *shape, struct span name, const char *format)
{
    uint64_t values = shape->seen[SEEN_STRING] + shape->seen[SEEN_INTEGER];
    bool is_only = values + shape->seen[SEEN_NULL] == count_all(shape);
    bool is_identifier = names_identifier(name) ||
                         (format && (strcmp(format, "uuid") == 0 || strcmp(format, "email") == 0));
    return shape->is_column && values > 1 && is_only && !shape->distinct.repeated && is_identifier;
}

static void suggest_unique(struct buf *comment, const struct shape *shape)
{
    if (shape->distinct.full)
        buf_printf(comment, "infer: the first %d values all differ; ", INFER_DISTINCT_MAX);
    else
        buf_printf(comment, "infer: all %u values differ; ", shape->distinct.count);
    buf_append_string(comment, "consider \"x-unique\": true");
}

static bool may_be_enum(const struct shape *shape, const char *format)
{
    uint64_t strings = shape->seen[SEEN_STRING];
    return !format && shape->word_count <= WORDS_MAX && strings >= WORDS_SEEN_MIN &&
           strings >= (uint64_t)shape->word_count * WORD_REPEATS_MIN &&
           strings + shape->seen[SEEN_NULL] == count_all(shape);
}

static void suggest_enum(struct buf *comment, const struct shape *shape)
{
    buf_printf(comment, "infer: %ju strings, %u different; consider \"enum\": [",
               (uintmax_t)shape->seen[SEEN_STRING], shape->word_count);
    for (uint32_t i = 0; i < shape->word_count; i++) {
        buf_append_string(comment, i > 0 ? ", " : "");
        buf_append_json_string(comment, shape->words[i]);
    }
    buf_append_string(comment, shape->seen[SEEN_NULL] > 0 ? ", null]" : "]");
}

static void write_suggestion(struct buf *out, const struct shape *shape, struct span name)
{
    AUTO_BUF struct buf comment = {0};
    const char *format = format_of(shape);
    if (may_be_unique(shape, name, format))
        suggest_unique(&comment, shape);
    else if (may_be_enum(shape, format))
        suggest_enum(&comment, shape);
    if (comment.size == 0)
        return;
    buf_append_string(out, ",\"$comment\":");
    buf_append_json_string(out, buf_span(&comment));
    out->failed |= buf_failed(&comment);
}

static void write_shape(struct buf *out, const struct shape *shape);

static void write_members(struct buf *out, const struct shape *shape)
{
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        buf_append_string(out, i > 0 ? "," : ",\"properties\":{");
        buf_append_json_string(out, member->name);
        buf_append_string(out, ":{");
        write_shape(out, member->shape);
        write_suggestion(out, member->shape, member->name);
        buf_append_byte(out, '}');
    }
    buf_append_string(out, shape->member_count > 0 ? "}" : "");
}

static void write_required(struct buf *out, const struct shape *shape)
{
    bool is_any = false;
    for (uint32_t i = 0; i < shape->member_count; i++) {
        if (shape->members[i].count < shape->seen[SEEN_OBJECT])
            continue;
        buf_append_string(out, is_any ? "," : ",\"required\":[");
        buf_append_json_string(out, shape->members[i].name);
        is_any = true;
    }
    buf_append_string(out, is_any ? "]" : "");
}

/* The members of its schema. */
static void write_shape(struct buf *out, const struct shape *shape)
{
    write_types(out, shape);
    const char *format = format_of(shape);
    if (format)
        buf_printf(out, ",\"format\":\"%s\"", format);
    write_members(out, shape);
    write_required(out, shape);
    if (!shape->items)
        return;
    buf_append_string(out, ",\"items\":{");
    write_shape(out, shape->items);
    write_suggestion(out, shape->items, span_make(NULL, 0));
    buf_append_byte(out, '}');
}

int infer_write(const struct infer *infer, struct buf *out, struct problem *problem)
{
    AUTO_BUF struct buf text = {0};
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    buf_printf(&text,
               "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
               "\"$comment\":\"infer: from %ju %s\",",
               (uintmax_t)infer->count, infer->count == 1 ? "sample" : "samples");
    write_shape(&text, infer->root);
    buf_append_byte(&text, '}');
    if (buf_failed(&text))
        return problem_set(problem, ERR_NO_MEMORY, "no memory to write the schema");
    struct tree *schema;
    int result = tree_parse(&arena, buf_span(&text), SIZE_MAX, &schema, problem);
    if (result < 0)
        return result;
    tree_write_pretty(out, schema);
    return buf_failed(out) ? problem_set(problem, ERR_NO_MEMORY, "no memory to write the schema")
                           : 0;
}
