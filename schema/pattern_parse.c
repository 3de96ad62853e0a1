/* The grammar of ECMA-262, section 22.2.1, with the flag u. The text is read from left to right,
 * and what is open is kept as a bit a level: whatever comes in, this takes linear time and no
 * memory.
 *
 * It is read twice when it refers to a group by name, for that may be a later one. */
#include "schema/pattern_internal.h"
#include "store/base/utf8.h"

/* Groups within groups that are still a pattern. */
#define LEVELS_MAX 4096

struct parser {
    struct pattern_cursor cursor;
    struct pattern_builder *builder;
    struct pattern_names names;
    bool names_known;
    bool refers_by_name;
    uint32_t group_count;
    uint32_t reference; /* the greatest of those that are numbers, and where it is */
    size_t reference_at;
    unsigned level;
    bool repeatable; /* the term before the cursor */
    uint8_t looks[LEVELS_MAX / 8];
};

/* Behind \p or \P. */
static bool parse_property(struct parser *parser, bool negated)
{
    struct pattern_cursor *cursor = &parser->cursor;
    if (!pattern_take(cursor, '{'))
        return pattern_fault(cursor, "\\p takes the name of a property in braces");
    size_t start = cursor->at;
    struct span name = pattern_take_word(cursor), value = {0};
    bool has_value = pattern_take(cursor, '=');
    if (has_value)
        value = pattern_take_word(cursor);
    struct pattern_property property;
    if (!pattern_take(cursor, '}') ||
        !pattern_property_find(name, has_value ? &value : NULL, &property)) {
        cursor->at = start;
        return pattern_fault(cursor, "there is no such property");
    }
    property.negated ^= negated;
    pattern_build_property(parser->builder, property);
    return true;
}

/* Behind the backslash: whether a set of characters follows. */
static bool at_shorthand(const struct parser *parser)
{
    int byte = pattern_peek(&parser->cursor);
    return byte > 0 && strchr("dDsSwWpP", byte);
}

static bool parse_shorthand(struct parser *parser)
{
    int letter = pattern_peek(&parser->cursor);
    parser->cursor.at++;
    if (letter == 'p' || letter == 'P')
        return parse_property(parser, letter == 'P');
    pattern_build_shorthand(parser->builder, (char)letter);
    return true;
}

/* ClassAtom. A set is added, a character is for the caller to add. */
static bool parse_class_atom(struct parser *parser, uint32_t *ret_character, bool *ret_is_set)
{
    struct pattern_cursor *cursor = &parser->cursor;
    int byte = pattern_peek(cursor);
    if (byte < 0)
        return pattern_fault(cursor, "the class is not closed by ']'");
    *ret_is_set = false;
    if (byte != '\\') {
        *ret_character = pattern_decode(cursor->text.data + cursor->at);
        cursor->at += pattern_length((uint8_t)byte);
        return true;
    }
    cursor->at++;
    if (at_shorthand(parser)) {
        *ret_is_set = true;
        return parse_shorthand(parser);
    }
    *ret_character = pattern_peek(cursor) == 'b' ? '\b' : '-';
    return pattern_take(cursor, 'b') || pattern_take(cursor, '-') ||
           pattern_take_escape(cursor, ret_character);
}

/* ClassAtom - ClassAtom, or ClassAtom alone. */
static bool parse_class_range(struct parser *parser)
{
    struct pattern_cursor *cursor = &parser->cursor;
    size_t start = cursor->at;
    uint32_t low = 0, high = 0;
    bool low_is_set = false, high_is_set = false;
    if (!parse_class_atom(parser, &low, &low_is_set))
        return false;
    struct span rest = span_skip(cursor->text, cursor->at);
    if (rest.size < 2 || rest.data[0] != '-' || rest.data[1] == ']') {
        if (!low_is_set)
            pattern_build_range(parser->builder, low, low);
        return true;
    }
    cursor->at++;
    if (!parse_class_atom(parser, &high, &high_is_set))
        return false;
    if (!low_is_set && !high_is_set && low <= high) {
        pattern_build_range(parser->builder, low, high);
        return true;
    }
    cursor->at = start;
    return pattern_fault(cursor, low_is_set || high_is_set
                                     ? "a range goes from one character to another"
                                     : "the ends of the range are the wrong way round");
}

static bool parse_class(struct parser *parser)
{
    parser->cursor.at++;
    bool negated = pattern_take(&parser->cursor, '^');
    while (!pattern_take(&parser->cursor, ']'))
        if (!parse_class_range(parser))
            return false;
    pattern_build_set(parser->builder, negated);
    return true;
}

static void add(struct parser *parser, enum pattern_kind kind, uint32_t value)
{
    pattern_build(parser->builder, (struct pattern_node){.kind = kind, .value = value});
}

static bool parse_backreference(struct parser *parser)
{
    struct span digits;
    size_t at = parser->cursor.at;
    uint32_t group = pattern_take_number(&parser->cursor, &digits);
    if (group > parser->reference) {
        parser->reference = group;
        parser->reference_at = at;
    }
    add(parser, PATTERN_BACKREFERENCE, group);
    return true;
}

/* Behind \k. */
static bool parse_named_reference(struct parser *parser)
{
    struct pattern_cursor *cursor = &parser->cursor;
    if (!pattern_take(cursor, '<'))
        return pattern_fault(cursor, "\\k takes the name of a group, as in \\k<name>");
    size_t at = cursor->at;
    struct span name;
    if (!pattern_take_name(cursor, &name))
        return false;
    parser->refers_by_name = true;
    uint32_t group = parser->names_known ? pattern_names_find(&parser->names, name) : 0;
    if (parser->names_known && group == 0) {
        cursor->at = at;
        return pattern_fault(cursor, "no group has this name");
    }
    add(parser, PATTERN_BACKREFERENCE, group);
    return true;
}

static bool parse_escape(struct parser *parser)
{
    struct pattern_cursor *cursor = &parser->cursor;
    cursor->at++;
    int byte = pattern_peek(cursor);
    if (pattern_take(cursor, 'b') || pattern_take(cursor, 'B')) {
        parser->repeatable = false;
        pattern_build(parser->builder,
                      (struct pattern_node){.kind = PATTERN_BOUNDARY, .negated = byte == 'B'});
        return true;
    }
    if (byte >= '1' && byte <= '9')
        return parse_backreference(parser);
    if (pattern_take(cursor, 'k'))
        return parse_named_reference(parser);
    if (at_shorthand(parser)) {
        if (!parse_shorthand(parser))
            return false;
        pattern_build_set(parser->builder, false);
        return true;
    }
    uint32_t character = 0;
    if (!pattern_take_escape(cursor, &character))
        return false;
    add(parser, PATTERN_CHARACTER, character);
    return true;
}

static bool parse_group_name(struct parser *parser)
{
    size_t at = parser->cursor.at;
    struct span name;
    if (!pattern_take_name(&parser->cursor, &name))
        return false;
    const char *fault =
        parser->names_known ? NULL : pattern_names_add(&parser->names, name, parser->group_count);
    if (!fault)
        return true;
    parser->cursor.at = at;
    return pattern_fault(&parser->cursor, fault);
}

/* Behind `(`: what kind of group it is. */
static bool parse_group_kind(struct parser *parser, struct pattern_node *ret_group)
{
    struct pattern_cursor *cursor = &parser->cursor;
    *ret_group = (struct pattern_node){.kind = PATTERN_GROUP};
    bool special = pattern_take(cursor, '?');
    if (special && pattern_take(cursor, ':'))
        return true;
    bool angle = special && pattern_take(cursor, '<');
    if (special && (pattern_peek(cursor) == '=' || pattern_peek(cursor) == '!')) {
        ret_group->kind = PATTERN_LOOK;
        ret_group->behind = angle;
        ret_group->negated = pattern_peek(cursor) == '!';
        cursor->at++;
        return true;
    }
    if (special && !angle)
        return pattern_fault(cursor, "there is no such kind of group");
    ret_group->value = ++parser->group_count;
    return !angle || parse_group_name(parser);
}

static bool parse_open(struct parser *parser)
{
    struct pattern_node group;
    if (parser->level == LEVELS_MAX)
        return pattern_fault(&parser->cursor, "too many groups are within each other");
    parser->cursor.at++;
    if (!parse_group_kind(parser, &group))
        return false;
    unsigned bit = 1U << parser->level % 8;
    uint8_t *bits = &parser->looks[parser->level / 8];
    *bits = (uint8_t)(group.kind == PATTERN_LOOK ? *bits | bit : *bits & ~bit);
    parser->level++;
    parser->repeatable = false;
    pattern_build_open(parser->builder, group);
    return true;
}

static bool parse_close(struct parser *parser)
{
    if (parser->level == 0)
        return pattern_fault(&parser->cursor, "this ')' closes nothing");
    parser->cursor.at++;
    parser->level--;
    parser->repeatable = !(parser->looks[parser->level / 8] >> parser->level % 8 & 1);
    pattern_build_close(parser->builder);
    return true;
}

static void build_dot(struct pattern_builder *builder)
{
    pattern_build_range(builder, '\n', '\n');
    pattern_build_range(builder, '\r', '\r');
    pattern_build_range(builder, 0x2028, 0x2029);
    pattern_build_set(builder, true);
}

/* One byte that means something by itself; false when `byte` is none of these. */
static bool parse_sign(struct parser *parser, int byte)
{
    if (byte == '^' || byte == '$')
        add(parser, byte == '^' ? PATTERN_START : PATTERN_END, 0);
    else if (byte == '|')
        pattern_build_alternative(parser->builder);
    else if (byte == '.')
        build_dot(parser->builder);
    else
        return false;
    parser->repeatable = byte == '.';
    parser->cursor.at++;
    return true;
}

static bool parse_term(struct parser *parser)
{
    struct pattern_cursor *cursor = &parser->cursor;
    int byte = pattern_peek(cursor);
    parser->repeatable = true;
    if (byte == '\\')
        return parse_escape(parser);
    if (byte == '[')
        return parse_class(parser);
    if (byte == '(')
        return parse_open(parser);
    if (byte == ')')
        return parse_close(parser);
    if (parse_sign(parser, byte))
        return true;
    if (byte == '*' || byte == '+' || byte == '?')
        return pattern_fault(cursor, "there is nothing here that could be repeated");
    if (byte == '{' || byte == '}' || byte == ']')
        return pattern_fault(cursor, "a brace or bracket that stands for itself takes a backslash");
    add(parser, PATTERN_CHARACTER, pattern_decode(cursor->text.data + cursor->at));
    cursor->at += pattern_length((uint8_t)byte);
    return true;
}

static bool is_less(struct span a, struct span b)
{
    return a.size != b.size ? a.size < b.size : a.size > 0 && memcmp(a.data, b.data, a.size) < 0;
}

/* {min}, {min,} or {min,max} */
static bool take_counts(struct pattern_cursor *cursor, uint32_t *ret_min, uint32_t *ret_max)
{
    static const char reason[] = "a brace takes a count, as in {2}, {2,} or {2,4}";
    struct span min, max;
    cursor->at++;
    if (!pattern_is_digit(pattern_peek(cursor)))
        return pattern_fault(cursor, reason);
    *ret_max = *ret_min = pattern_take_number(cursor, &min);
    if (pattern_take(cursor, ',')) {
        *ret_max = PATTERN_INFINITE;
        if (pattern_is_digit(pattern_peek(cursor))) {
            *ret_max = pattern_take_number(cursor, &max);
            if (is_less(max, min))
                return pattern_fault(cursor, "the counts are the wrong way round");
        }
    }
    return pattern_take(cursor, '}') || pattern_fault(cursor, reason);
}

static bool parse_quantifier(struct parser *parser)
{
    struct pattern_cursor *cursor = &parser->cursor;
    int byte = pattern_peek(cursor);
    uint32_t min = byte == '+', max = byte == '?' ? 1 : PATTERN_INFINITE;
    if (byte == '{') {
        if (!take_counts(cursor, &min, &max))
            return false;
    } else if (byte == '*' || byte == '+' || byte == '?') {
        cursor->at++;
    } else {
        return true;
    }
    pattern_build_repeat(parser->builder, min, max, pattern_take(cursor, '?'));
    return true;
}

static bool parse_once(struct parser *parser, struct pattern_builder *builder)
{
    parser->builder = builder;
    parser->cursor.at = 0;
    parser->group_count = 0;
    while (parser->cursor.at < parser->cursor.text.size)
        if (!parse_term(parser) || (parser->repeatable && !parse_quantifier(parser)))
            return false;
    if (parser->level > 0)
        return pattern_fault(&parser->cursor, "a group is not closed by ')'");
    if (parser->reference > parser->group_count) {
        parser->cursor.at = parser->reference_at;
        return pattern_fault(&parser->cursor, "there are fewer groups than this number");
    }
    return true;
}

bool pattern_parse(struct span text, struct pattern_builder *builder,
                   struct pattern_cursor *ret_fault)
{
    struct parser parser = {.cursor = {.text = text}};
    bool valid = utf8_valid(text) ? parse_once(&parser, NULL)
                                  : pattern_fault(&parser.cursor, "it is not UTF-8");
    parser.names_known = true;
    if (valid && (builder || parser.refers_by_name))
        valid = parse_once(&parser, builder);
    if (!valid)
        *ret_fault = parser.cursor;
    return valid;
}
