#include "fs/names.h"

#include "store/base/utf8.h"

static bool take_suffix(struct span *text, const char *suffix)
{
    if (!span_ends_with(*text, suffix))
        return false;
    text->size -= strlen(suffix);
    return true;
}

/* alice.json@3: the part behind the last '@' is all digits, and few enough for a number. */
static bool take_pin(struct span *text, uint64_t *ret_version)
{
    size_t at = text->size;
    while (at > 0 && text->data[at - 1] >= '0' && text->data[at - 1] <= '9')
        at--;
    size_t digits = text->size - at;
    if (at == 0 || digits == 0 || digits > 18 || text->data[at - 1] != '@')
        return false;
    uint64_t version = 0;
    for (size_t i = at; i < text->size; i++)
        version = version * 10 + (uint64_t)(text->data[i] - '0');
    struct span rest = span_head(*text, at - 1);
    if (!take_suffix(&rest, ".json"))
        return false;
    *text = rest;
    *ret_version = version;
    return true;
}

struct name name_parse(struct span text)
{
    struct name name = {.kind = NAME_OTHER, .id = text};
    if (take_suffix(&name.id, ".json"))
        name.kind = NAME_ENTITY;
    else if (take_suffix(&name.id, ".meta"))
        name.kind = NAME_META;
    else if (take_suffix(&name.id, ".audit.jsonl"))
        name.kind = NAME_AUDIT;
    else if (take_pin(&name.id, &name.version))
        name.kind = NAME_PIN;
    if (name.kind != NAME_OTHER && name_check_id(name.id, NULL) < 0)
        return (struct name){.kind = NAME_OTHER, .id = text};
    return name;
}

static bool is_control(struct span text, size_t at)
{
    uint8_t byte = text.data[at];
    /* U+0080 to U+009F are control characters too; in UTF-8 they begin with c2. */
    return byte < 0x20 || byte == 0x7f ||
           (byte == 0xc2 && at + 1 < text.size && text.data[at + 1] < 0xa0);
}

static bool is_reserved(struct span id)
{
    static const char *const endings[] = {".meta", ".audit.jsonl", ".do", ".get"};
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (span_ends_with(id, endings[i]))
            return true;
    uint64_t version;
    return take_pin(&id, &version);
}

int name_check_id(struct span id, struct problem *problem)
{
    if (id.size > NAME_ID_MAX)
        return problem_set(problem, ERR_NAME_TOO_LONG,
                           "an id has at most %d bytes, and this one has %zu", NAME_ID_MAX,
                           id.size);
    if (id.size == 0 || id.data[0] == '.' || id.data[0] == '#')
        return problem_set(problem, ERR_BAD_NAME,
                           "an id has at least one character and does not begin with '.' or '#'");
    if (!utf8_valid(id))
        return problem_set(problem, ERR_BAD_NAME, "an id is valid UTF-8, and this one is not");
    for (size_t i = 0; i < id.size; i++)
        if (is_control(id, i) || id.data[i] == '/')
            return problem_set(problem, ERR_BAD_NAME,
                               "an id has no control character and no '/', and byte %zu of this "
                               "one is one",
                               i + 1);
    if (is_reserved(id))
        return problem_set(problem, ERR_BAD_NAME,
                           "an id does not end in .meta, .audit.jsonl, .do, .get or .json@N: those "
                           "are the names of views");
    return 0;
}

static bool is_word(uint8_t byte, bool first)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_' ||
           (!first && ((byte >= '0' && byte <= '9') || byte == '-'));
}

int name_check_collection(struct span name, struct problem *problem)
{
    if (name.size > NAME_COLLECTION_MAX)
        return problem_set(problem, ERR_NAME_TOO_LONG,
                           "a collection's name has at most %d characters", NAME_COLLECTION_MAX);
    bool fits = name.size > 0;
    for (size_t i = 0; i < name.size; i++)
        fits = fits && is_word(name.data[i], i == 0);
    return fits ? 0
                : problem_set(problem, ERR_BAD_NAME,
                              "a collection's name is made of letters, digits, '_' and '-', and "
                              "begins with a letter or '_'");
}

static bool is_among(struct span text, const char *const *names)
{
    for (; *names; names++)
        if (span_is(text, *names))
            return true;
    return false;
}

bool name_is_ordinary(struct span text)
{
    static const char *const views[] = {".errors", ".rejected", ".all.jsonl", ".by",
                                        ".query",  ".do",       NULL};
    if (text.size == 0)
        return false;
    if (text.data[0] == '.')
        return !is_among(text, views);
    return !span_ends_with(text, ".json") && !is_reserved(text) &&
           !memmem(text.data, text.size, ".json@", strlen(".json@"));
}

bool name_is_ordinary_in_root(struct span text)
{
    static const char *const views[] = {".schema",     ".outbox",  ".errors.jsonl",
                                        ".stats.json", ".fork",    ".snapshot",
                                        ".changes",    ".metrics", NULL};
    return text.size > 0 && !is_among(text, views);
}
