#include "schema/scan.h"

#include <inttypes.h>

#define STRINGIFY_(x) #x
#define STRINGIFY(x)  STRINGIFY_(x)

/* Between tokens up to END, then inside one. */
enum state {
    START,
    NAME_OR_END, /* after '{' */
    NAME,        /* after a ',' in an object */
    COLON,
    VALUE,
    ITEM_OR_END, /* after '[' */
    ITEM,        /* after a ',' in an array */
    AFTER_MEMBER,
    AFTER_ITEM,
    END,
    STRING,
    CHARACTER, /* after the first byte of several */
    ESCAPE,
    HEX,
    PAIR, /* after a high surrogate */
    PAIR_ESCAPE,
    LITERAL,
    MINUS,
    ZERO,
    DIGITS,
    POINT,
    FRACTION,
    EXPONENT,
    EXPONENT_SIGN,
    EXPONENT_DIGITS,
    BOM_SECOND, /* already invalid: whether it is for a byte order mark */
    BOM_THIRD,
};

static const char *const literals[] = {"true", "false", "null"};
static const char reason_pair[] =
    "expected the second half of a surrogate pair (\\uDC00 to \\uDFFF) after the first";

static const char *const expectations[] = {
    [START] = "expected '{': a document is one JSON object",
    [NAME_OR_END] = "expected a member name in double quotes, or '}'",
    [NAME] = "expected a member name in double quotes after the ',' (none may follow the last "
             "member)",
    [COLON] = "expected ':' after the member name",
    [VALUE] = "expected a value: a string in double quotes, a number, an object, an array, true, "
              "false or null",
    [ITEM_OR_END] = "expected a value, or ']'",
    [ITEM] = "expected a value after the ',' (none may follow the last item)",
    [AFTER_MEMBER] = "expected ',' or '}' after the member",
    [AFTER_ITEM] = "expected ',' or ']' after the item",
    [END] = "expected nothing more: a document is one JSON object, and this one is complete",
    [STRING] = "expected the '\"' that closes the string",
    [CHARACTER] = "expected the rest of a UTF-8 character; save the text as UTF-8",
    [ESCAPE] = "expected one of \" \\ / b f n r t u after the backslash (a backslash itself is "
               "written \\\\)",
    [HEX] = "expected four hexadecimal digits after \\u",
    [PAIR] = reason_pair,
    [PAIR_ESCAPE] = reason_pair,
    [LITERAL] = "expected true, false or null, spelled in full and in lower case",
    [MINUS] = "expected a digit after '-'",
    [ZERO] = "expected the end of the number: no digit may follow a leading 0",
    [POINT] = "expected a digit after the decimal point",
    [EXPONENT] = "expected a digit, '+' or '-' after the 'e' of the number",
    [EXPONENT_SIGN] = "expected a digit in the exponent of the number",
};

static const char reason_nul[] = "a NUL byte may not be in a text (it is written \\u0000)";
static const char reason_bom[] = "a byte order mark may not begin the text; save it without one";
static const char reason_utf16[] = "the text looks like UTF-16; save it as UTF-8";
static const char reason_utf8[] = "this is not valid UTF-8; save the text as UTF-8";
static const char reason_newline[] =
    "the string is not closed on its line; close it with '\"', or write \\n for a new line";
static const char reason_control[] =
    "a control character must be written as an escape in a string (a tab is \\t)";
static const char reason_low[] =
    "\\uDC00 to \\uDFFF is the second half of a surrogate pair, and the first half is missing";
static const char reason_depth[] =
    "there may be at most " STRINGIFY(SCAN_DEPTH_MAX) " levels of nesting";
static const char reason_end[] =
    "expected nothing more: a text is one JSON value, and this one is complete";
static const char reason_comment[] = "JSON has no comments; take it out";
static const char reason_quote[] = "expected double quotes: JSON does not use single ones";
static const char reason_plus[] = "a number begins with a digit, or with '-' and a digit";

static const char *expectation(const struct scan *scan)
{
    enum state state = (enum state)scan->state;
    if (scan->any_value && state == END)
        return reason_end;
    return expectations[scan->any_value && state == START ? VALUE : state];
}

static void fault(struct scan *scan, enum err error, const char *reason)
{
    scan->verdict = SCAN_INVALID;
    scan->error = error;
    scan->reason = reason;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_never_utf8(uint8_t byte)
{
    return (byte >= 0x80 && byte < 0xc2) || byte > 0xf4;
}

/* What people commonly write where JSON has something else, or NULL. */
static const char *common_mistake(const struct scan *scan, uint8_t byte)
{
    enum state state = (enum state)scan->state;
    bool wants_value = state == VALUE || state == ITEM || state == ITEM_OR_END ||
                       (state == START && scan->any_value);
    bool wants_name = state == NAME || state == NAME_OR_END;
    if ((byte == '/' || byte == '#') && state <= END)
        return reason_comment;
    if (byte == '\'' && (wants_value || wants_name))
        return reason_quote;
    if ((byte == '+' || byte == '.') && wants_value)
        return reason_plus;
    return NULL;
}

static void unexpected(struct scan *scan, uint8_t byte)
{
    enum state state = (enum state)scan->state;
    const char *mistake = common_mistake(scan, byte);
    if (byte == 0)
        fault(scan, ERR_JSON_ENCODING, reason_nul);
    else if (state == START && byte >= 0xfe)
        fault(scan, ERR_JSON_ENCODING, reason_utf16);
    else if (is_never_utf8(byte))
        fault(scan, ERR_JSON_ENCODING, reason_utf8);
    else if (state == PAIR || state == PAIR_ESCAPE)
        fault(scan, ERR_JSON_ENCODING, reason_pair);
    else if (mistake)
        fault(scan, ERR_JSON_SYNTAX, mistake);
    else
        fault(scan, state == START && !scan->any_value ? ERR_NOT_AN_OBJECT : ERR_JSON_SYNTAX,
              expectation(scan));
    if (state == START && byte == 0xef)
        scan->state = BOM_SECOND;
}

/* The rest of the first character can't change the verdict or the place, but it tells a byte order
 * mark from any other character. */
static void refine_bom(struct scan *scan, uint8_t byte)
{
    if (scan->state == BOM_SECOND && byte == 0xbb) {
        scan->state = BOM_THIRD;
        return;
    }
    if (scan->state == BOM_THIRD && byte == 0xbf)
        fault(scan, ERR_JSON_ENCODING, reason_bom);
    scan->state = START;
}

static void open_container(struct scan *scan, bool is_array)
{
    if (scan->depth == SCAN_DEPTH_MAX) {
        fault(scan, ERR_JSON_LIMIT, reason_depth);
        return;
    }
    unsigned bit = 1U << scan->depth % 8;
    uint8_t *bits = &scan->container_is_array[scan->depth / 8];
    *bits = (uint8_t)(is_array ? *bits | bit : *bits & ~bit);
    scan->depth++;
    scan->state = is_array ? ITEM_OR_END : NAME_OR_END;
}

static void end_value(struct scan *scan)
{
    if (scan->depth == 0) {
        scan->state = END;
        scan->verdict = SCAN_COMPLETE;
        return;
    }
    unsigned level = scan->depth - 1U;
    bool in_array = scan->container_is_array[level / 8] >> level % 8 & 1;
    scan->state = in_array ? AFTER_ITEM : AFTER_MEMBER;
}

static void close_container(struct scan *scan)
{
    scan->depth--;
    end_value(scan);
}

static void open_string(struct scan *scan, bool in_name)
{
    scan->in_name = in_name;
    scan->state = STRING;
}

static void open_literal(struct scan *scan, uint8_t literal)
{
    scan->literal = literal;
    scan->literal_at = 1;
    scan->state = LITERAL;
}

static bool may_end(enum state state)
{
    return state == ZERO || state == DIGITS || state == FRACTION || state == EXPONENT_DIGITS;
}

/* On the top level nothing but the end of the text ends a number. */
static void enter_number(struct scan *scan, enum state state)
{
    scan->state = (uint8_t)state;
    if (scan->depth == 0)
        scan->verdict = may_end(state) ? SCAN_COMPLETE : SCAN_INCOMPLETE;
}

static void step_value(struct scan *scan, uint8_t byte)
{
    if (byte == '{' || byte == '[')
        open_container(scan, byte == '[');
    else if (byte == '"')
        open_string(scan, false);
    else if (byte == '-')
        enter_number(scan, MINUS);
    else if (is_digit(byte))
        enter_number(scan, byte == '0' ? ZERO : DIGITS);
    else if (byte == 't' || byte == 'f' || byte == 'n')
        open_literal(scan, byte == 't' ? 0 : byte == 'f' ? 1 : 2);
    else
        unexpected(scan, byte);
}

/* Between tokens; white space was dealt with. */
static void step_structure(struct scan *scan, uint8_t byte)
{
    enum state state = (enum state)scan->state;
    if (state == START && byte == '{')
        open_container(scan, false);
    else if ((state == NAME_OR_END || state == NAME) && byte == '"')
        open_string(scan, true);
    else if (((state == NAME_OR_END || state == AFTER_MEMBER) && byte == '}') ||
             ((state == ITEM_OR_END || state == AFTER_ITEM) && byte == ']'))
        close_container(scan);
    else if (state == COLON && byte == ':')
        scan->state = VALUE;
    else if ((state == AFTER_MEMBER || state == AFTER_ITEM) && byte == ',')
        scan->state = state == AFTER_MEMBER ? NAME : ITEM;
    else if (state == VALUE || state == ITEM || state == ITEM_OR_END ||
             (state == START && scan->any_value))
        step_value(scan, byte);
    else
        unexpected(scan, byte);
}

/* RFC 3629, section 4: the range of the second byte depends on the first. */
static void open_character(struct scan *scan, uint8_t byte)
{
    if (is_never_utf8(byte)) {
        fault(scan, ERR_JSON_ENCODING, reason_utf8);
        return;
    }
    scan->utf8_left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    scan->utf8_low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    scan->utf8_high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    scan->state = CHARACTER;
}

static void step_character(struct scan *scan, uint8_t byte)
{
    if (byte < scan->utf8_low || byte > scan->utf8_high) {
        fault(scan, ERR_JSON_ENCODING, reason_utf8);
        return;
    }
    scan->utf8_low = 0x80;
    scan->utf8_high = 0xbf;
    if (--scan->utf8_left == 0)
        scan->state = STRING;
}

static void close_string(struct scan *scan)
{
    if (scan->in_name)
        scan->state = COLON;
    else
        end_value(scan);
}

static void step_string(struct scan *scan, uint8_t byte)
{
    if (byte == '"')
        close_string(scan);
    else if (byte == '\\')
        scan->state = ESCAPE;
    else if (byte >= 0x80)
        open_character(scan, byte);
    else if (byte == 0)
        fault(scan, ERR_JSON_ENCODING, reason_nul);
    else if (byte < 0x20)
        fault(scan, ERR_JSON_SYNTAX,
              is_space(byte) && byte != '\t' ? reason_newline : reason_control);
}

static void open_hex(struct scan *scan, bool awaits_low)
{
    scan->awaits_low = awaits_low;
    scan->hex_seen = 0;
    scan->hex_may_pair = false;
    scan->state = HEX;
}

static void step_escape(struct scan *scan, uint8_t byte)
{
    if (byte == 'u')
        open_hex(scan, false);
    else if (byte != 0 && strchr("\"\\/bfnrt", byte))
        scan->state = STRING;
    else
        unexpected(scan, byte);
}

static bool is_hex(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* High surrogates are D800 to DBFF and low ones DC00 to DFFF: the second digit decides. */
static void step_hex(struct scan *scan, uint8_t byte)
{
    if (!is_hex(byte)) {
        unexpected(scan, byte);
        return;
    }
    uint8_t lower = byte | 0x20;
    bool is_high = false;
    if (scan->hex_seen == 0) {
        scan->hex_may_pair = lower == 'd';
        if (scan->awaits_low && !scan->hex_may_pair)
            fault(scan, ERR_JSON_ENCODING, reason_pair);
    } else if (scan->hex_seen == 1 && scan->hex_may_pair) {
        bool is_low = lower >= 'c';
        is_high = !is_low && byte >= '8';
        if (scan->awaits_low && !is_low)
            fault(scan, ERR_JSON_ENCODING, reason_pair);
        else if (!scan->awaits_low && is_low)
            fault(scan, ERR_JSON_ENCODING, reason_low);
        scan->hex_may_pair = is_high;
    }
    if (++scan->hex_seen == 4)
        scan->state = scan->hex_may_pair ? PAIR : STRING;
}

static void step_pair(struct scan *scan, uint8_t byte)
{
    if (scan->state == PAIR && byte == '\\')
        scan->state = PAIR_ESCAPE;
    else if (scan->state == PAIR_ESCAPE && byte == 'u')
        open_hex(scan, true);
    else
        unexpected(scan, byte);
}

static void step_literal(struct scan *scan, uint8_t byte)
{
    const char *literal = literals[scan->literal];
    if (byte == 0 || byte != (uint8_t)literal[scan->literal_at])
        unexpected(scan, byte);
    else if (literal[++scan->literal_at] == 0)
        end_value(scan);
}

/* The state a number goes to with this byte; 0 when the byte is not part of it. */
static enum state next_in_number(enum state state, uint8_t byte)
{
    bool digit = is_digit(byte);
    bool exponent = byte == 'e' || byte == 'E';
    switch (state) {
    case MINUS:
        return byte == '0' ? ZERO : digit ? DIGITS : 0;
    case ZERO:
        return byte == '.' ? POINT : exponent ? EXPONENT : 0;
    case DIGITS:
        return digit ? DIGITS : byte == '.' ? POINT : exponent ? EXPONENT : 0;
    case POINT:
        return digit ? FRACTION : 0;
    case FRACTION:
        return digit ? FRACTION : exponent ? EXPONENT : 0;
    case EXPONENT:
        return digit ? EXPONENT_DIGITS : byte == '+' || byte == '-' ? EXPONENT_SIGN : 0;
    default:
        return digit ? EXPONENT_DIGITS : 0;
    }
}

static void step(struct scan *scan, uint8_t byte);

static void step_number(struct scan *scan, uint8_t byte)
{
    enum state state = (enum state)scan->state;
    enum state next = next_in_number(state, byte);
    if (next) {
        enter_number(scan, next);
    } else if (!may_end(state) || (state == ZERO && is_digit(byte))) {
        unexpected(scan, byte);
    } else {
        end_value(scan);
        step(scan, byte);
    }
}

static void step(struct scan *scan, uint8_t byte)
{
    static void (*const steps[])(struct scan *, uint8_t) = {
        [STRING] = step_string,   [CHARACTER] = step_character, [ESCAPE] = step_escape,
        [HEX] = step_hex,         [PAIR] = step_pair,           [PAIR_ESCAPE] = step_pair,
        [LITERAL] = step_literal,
    };
    if (scan->state > LITERAL)
        step_number(scan, byte);
    else if (scan->state > END)
        steps[scan->state](scan, byte);
    else if (!is_space(byte))
        step_structure(scan, byte);
}

/* The column counts characters, so it moves on after the last byte of one. */
static void advance(struct scan *scan, uint8_t byte)
{
    if (byte == '\n') {
        scan->line++;
        scan->column = 1;
    } else if (scan->state != CHARACTER) {
        scan->column++;
    }
}

void scan_init(struct scan *scan)
{
    *scan = (struct scan){.verdict = SCAN_INCOMPLETE, .line = 1, .column = 1, .state = START};
}

void scan_init_value(struct scan *scan)
{
    scan_init(scan);
    scan->any_value = true;
}

enum scan_verdict scan_feed(struct scan *scan, struct span bytes)
{
    size_t at = 0;
    while (at < bytes.size && scan->verdict != SCAN_INVALID) {
        uint8_t byte = bytes.data[at++];
        step(scan, byte);
        if (scan->verdict != SCAN_INVALID)
            advance(scan, byte);
    }
    while (at < bytes.size && scan->state >= BOM_SECOND)
        refine_bom(scan, bytes.data[at++]);
    return scan->verdict;
}

bool scan_is_blank(const struct scan *scan)
{
    return scan->verdict == SCAN_INCOMPLETE && scan->state == START;
}

/* What a text that ended here still needs. */
static const char *expected_next(const struct scan *scan)
{
    if (!may_end((enum state)scan->state))
        return expectations[scan->state];
    struct scan after = *scan;
    end_value(&after);
    return expectations[after.state];
}

int scan_explain(const struct scan *scan, struct problem *problem)
{
    if (scan->verdict == SCAN_COMPLETE)
        return 0;
    if (scan->verdict == SCAN_INVALID)
        return problem_set(problem, scan->error, "line %" PRIu64 ", column %" PRIu64 ": %s",
                           scan->line, scan->column, scan->reason);
    if (scan_is_blank(scan))
        return problem_set(problem, ERR_JSON_INCOMPLETE,
                           scan->any_value
                               ? "the text is empty; expected a JSON value"
                               : "the text is empty; expected a JSON object, such as {}");
    return problem_set(problem, ERR_JSON_INCOMPLETE,
                       "line %" PRIu64 ", column %" PRIu64 ": the text ends too early; %s",
                       scan->line, scan->column, expected_next(scan));
}
