#include "fs/samples.h"

#include "fs/verb_files.h"
#include "store/base/cleanup.h"

/* Where the next byte is. */
enum place {
    BEGINNING,
    LINES,    /* of standard input: a document each */
    DOCUMENT, /* the whole file is one */
    ITEMS,    /* of the array that the file is */
    BEHIND,   /* the end of that array */
};

struct reader {
    samples_take *take;
    void *context;
    enum place place;
    struct buf text; /* of the document so far */
    uint64_t count;  /* of documents and blank lines before it */
    uint64_t depth;  /* within it: brackets and braces that are open */
    bool in_string;
    bool escaped;
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_blank(struct span text)
{
    size_t at = 0;
    while (at < text.size && is_space(text.data[at]))
        at++;
    return at == text.size;
}

/* Says which of many it is about. */
static int name_sample(const struct reader *reader, int result, struct problem *problem)
{
    if (result == 0 || (reader->place != LINES && reader->place != ITEMS))
        return result;
    AUTO_BUF struct buf detail = {0};
    buf_append_span(&detail, buf_span(&problem->detail));
    return problem_set(problem, (enum err) - result, "%s %ju: %s",
                       reader->place == LINES ? "line" : "item", (uintmax_t)reader->count + 1,
                       buf_string(&detail));
}

static int end_sample(struct reader *reader, struct problem *problem)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    struct tree *sample;
    int result =
        tree_parse_value(&arena, buf_span(&reader->text), SAMPLE_SIZE_MAX, &sample, problem);
    if (result == 0)
        result = reader->take(reader->context, sample, problem);
    result = name_sample(reader, result, problem);
    reader->count++;
    buf_clear(&reader->text);
    return result;
}

/* Whether the byte is between two items, or behind the last. What kind of bracket it is that
 * closes another is the parser's to judge. */
static bool ends_item(struct reader *reader, uint8_t byte)
{
    if (reader->in_string) {
        reader->in_string = reader->escaped || byte != '"';
        reader->escaped = !reader->escaped && byte == '\\';
        return false;
    }
    if (reader->depth == 0 && (byte == ',' || byte == ']'))
        return true;
    reader->in_string = byte == '"';
    reader->depth += byte == '[' || byte == '{';
    reader->depth -= reader->depth > 0 && (byte == ']' || byte == '}');
    return false;
}

static int take_item_byte(struct reader *reader, uint8_t byte, struct problem *problem)
{
    if (!ends_item(reader, byte)) {
        buf_append_byte(&reader->text, byte);
        return 0;
    }
    bool is_empty = byte == ']' && reader->count == 0 && is_blank(buf_span(&reader->text));
    int result = is_empty ? 0 : end_sample(reader, problem);
    if (byte == ']')
        reader->place = BEHIND;
    return result;
}

static int take_line_byte(struct reader *reader, uint8_t byte, struct problem *problem)
{
    if (byte != '\n') {
        buf_append_byte(&reader->text, byte);
        return 0;
    }
    if (!is_blank(buf_span(&reader->text)))
        return end_sample(reader, problem);
    reader->count++;
    buf_clear(&reader->text);
    return 0;
}

static int take_byte(struct reader *reader, uint8_t byte, struct problem *problem)
{
    switch (reader->place) {
    case LINES:
        return take_line_byte(reader, byte, problem);
    case ITEMS:
        return take_item_byte(reader, byte, problem);
    case BEHIND:
        return is_space(byte) ? 0
                              : problem_set(problem, ERR_JSON_SYNTAX,
                                            "something follows the array that the file is");
    case BEGINNING:
        if (!is_space(byte))
            reader->place = byte == '[' ? ITEMS : DOCUMENT;
        if (reader->place == ITEMS)
            return 0;
        break;
    case DOCUMENT:
        break;
    }
    buf_append_byte(&reader->text, byte);
    return 0;
}

static int check_text(const struct reader *reader, struct problem *problem)
{
    if (buf_failed(&reader->text))
        return problem_set(problem, ERR_NO_MEMORY, "no memory for a document");
    if (reader->text.size > SAMPLE_SIZE_MAX)
        return problem_set(problem, ERR_TOO_LARGE, "a document has more than %u bytes",
                           SAMPLE_SIZE_MAX);
    return 0;
}

static int take_piece(struct reader *reader, struct span piece, struct problem *problem)
{
    for (size_t i = 0; i < piece.size; i++) {
        int result = take_byte(reader, piece.data[i], problem);
        if (result < 0)
            return result;
    }
    return check_text(reader, problem);
}

static int take_end(struct reader *reader, struct problem *problem)
{
    if (reader->place == ITEMS)
        return problem_set(problem, ERR_JSON_INCOMPLETE,
                           "the array that the file is ends too early");
    if (reader->place == BEHIND || (reader->place == LINES && is_blank(buf_span(&reader->text))))
        return 0;
    return end_sample(reader, problem);
}

int samples_read(const char *path, samples_take *take, void *context, struct problem *problem)
{
    AUTO_CLOSE int fd = verb_open_file(path, problem);
    AUTO_BUF struct buf piece = {0};
    struct reader reader = {
        .take = take, .context = context, .place = strcmp(path, "-") == 0 ? LINES : BEGINNING};
    int result = fd < 0 ? fd : 0;
    size_t size = 1;
    while (result == 0 && size > 0) {
        buf_clear(&piece);
        result = verb_read_piece(fd, &piece, &size, problem);
        if (result == 0)
            result = take_piece(&reader, buf_span(&piece), problem);
    }
    if (result == 0)
        result = take_end(&reader, problem);
    buf_finish(&reader.text);
    return result;
}
