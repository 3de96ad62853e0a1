#include "schema/pattern_internal.h"

#define ZERO_WIDTH_NON_JOINER 0x200c
#define ZERO_WIDTH_JOINER     0x200d

/* A character, or an escape that stands for one. */
static bool take_character(struct pattern_cursor *cursor, uint32_t *ret_character)
{
    int byte = pattern_peek(cursor);
    if (byte < 0)
        return pattern_fault(cursor, "the name of the group is not closed by '>'");
    if (byte == '\\') {
        cursor->at++;
        if (!pattern_take(cursor, 'u'))
            return pattern_fault(cursor, "the name of a group may have no escape but \\u");
        return pattern_take_unicode(cursor, ret_character);
    }
    *ret_character = pattern_decode(cursor->text.data + cursor->at);
    cursor->at += pattern_length((uint8_t)byte);
    return true;
}

/* RegExpIdentifierStart, and RegExpIdentifierPart. */
static bool is_in_name(uint32_t character, bool first)
{
    if (character == '$' || character == '_')
        return true;
    if (!first && (character == ZERO_WIDTH_NON_JOINER || character == ZERO_WIDTH_JOINER))
        return true;
    enum pattern_identifier least = first ? PATTERN_AT_ITS_START : PATTERN_IN_IDENTIFIER;
    return pattern_unicode_identifier(character) >= least;
}

bool pattern_take_name(struct pattern_cursor *cursor, struct span *ret_name)
{
    size_t start = cursor->at;
    do {
        size_t at = cursor->at;
        uint32_t character = 0;
        if (!take_character(cursor, &character))
            return false;
        if (!is_in_name(character, at == start)) {
            cursor->at = at;
            return pattern_fault(cursor, "the name of a group must be an identifier, as in "
                                         "(?<name>...)");
        }
    } while (pattern_peek(cursor) != '>');
    *ret_name = span_make(cursor->text.data + start, cursor->at - start);
    cursor->at++;
    return true;
}

static uint32_t hash_name(struct span name)
{
    struct pattern_cursor cursor = {.text = name};
    uint32_t hash = 2166136261U;
    uint32_t character = 0;
    while (cursor.at < name.size && take_character(&cursor, &character))
        hash = (hash ^ character) * 16777619U;
    return hash;
}

/* Escapes stand for what they mean: \u0061 is the same name as a. */
static bool same_name(struct span a, struct span b)
{
    struct pattern_cursor left = {.text = a}, right = {.text = b};
    uint32_t x = 0, y = 0;
    while (x == y && left.at < a.size && right.at < b.size)
        if (!take_character(&left, &x) || !take_character(&right, &y))
            return false;
    return x == y && left.at == a.size && right.at == b.size;
}

uint32_t pattern_names_find(const struct pattern_names *names, struct span name)
{
    uint32_t hash = hash_name(name);
    for (size_t i = 0; i < names->count; i++)
        if (names->hashes[i] == hash && same_name(names->names[i], name))
            return names->groups[i];
    return 0;
}

const char *pattern_names_add(struct pattern_names *names, struct span name, uint32_t group)
{
    if (pattern_names_find(names, name))
        return "another group has this name";
    if (names->count == PATTERN_NAMES_MAX)
        return "there are more than 1000 groups with a name";
    names->hashes[names->count] = hash_name(name);
    names->groups[names->count] = group;
    names->names[names->count++] = name;
    return NULL;
}
