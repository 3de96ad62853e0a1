/* Each row on its own: its key, its checksum, its form. */
#include "fs/model_check.h"

struct layout {
    size_t key_size; /* without the text, which is at least its two last bytes */
    size_t text_at;  /* 0: none */
    int (*check)(struct check *check, struct span key, struct span value);
};

static int damaged(struct check *check, struct span key)
{
    return model_check_key_fault(check, key, "the row is not one of its table");
}

static int check_seq(struct check *check, struct span key, uint64_t seq)
{
    if (seq <= check->state.seq)
        return 0;
    return model_check_key_fault(check, key, "its seq is %ju, and the branch's last is %ju",
                                 (uintmax_t)seq, (uintmax_t)check->state.seq);
}

static int check_object(struct check *check, struct span key, uint64_t object)
{
    if (object >= STORE_FIRST_FREE && object < check->next_object)
        return 0;
    return model_check_key_fault(
        check, key, "object %ju is not one that was handed out (%d to %ju)", (uintmax_t)object,
        STORE_FIRST_FREE, (uintmax_t)check->next_object - 1);
}

static int check_format(struct check *check, struct span key, struct span value)
{
    /* Its contents were looked at when the store was opened. */
    return value.size == strlen("persistfs") + 4 ? 0 : damaged(check, key);
}

static int check_number(struct check *check, struct span key, struct span value)
{
    return value.size == 8 ? 0 : damaged(check, key);
}

static int check_state(struct check *check, struct span key, struct span value)
{
    struct row_state row;
    return row_state_decode(value, &row) < 0 ? damaged(check, key) : 0;
}

static int check_binding(struct check *check, struct span key, struct span value)
{
    struct row_binding row;
    if (row_binding_decode(value, &row) < 0)
        return damaged(check, key);
    int result = check_seq(check, key, key_seq(key));
    return result < 0 ? result : check_object(check, key, row.object);
}

static int check_reference(struct check *check, struct span key, struct span value)
{
    struct row_binding row;
    uint64_t object = key_u64_at(key, key.size - CHECK_REFERRER_SIZE - CHECK_SEQ_SIZE);
    if (row_binding_decode(value, &row) < 0 || row.object != object)
        return damaged(check, key);
    return check_binding(check, key, value);
}

static int check_entry(struct check *check, struct span key, struct span value)
{
    struct row_entry row;
    if (row_entry_decode(value, &row) < 0)
        return damaged(check, key);
    int result = check_seq(check, key, key_seq(key));
    return result < 0 ? result : check_seq(check, key, row.mtime_seq);
}

static int check_version(struct check *check, struct span key, struct span value)
{
    struct row_version row;
    if (row_version_decode(value, &row) < 0)
        return damaged(check, key);
    if (key_seq(key) == 0)
        return model_check_key_fault(check, key, "no record has this seq");
    int result = check_seq(check, key, key_seq(key));
    return result < 0 ? result : check_object(check, key, key_u64_at(key, CHECK_FIRST));
}

static int check_log_row(struct check *check, struct span key, struct span value)
{
    if (value.size != 8)
        return damaged(check, key);
    return check_seq(check, key, key_u64_at(key, CHECK_FIRST));
}

static int check_event(struct check *check, struct span key, struct span value)
{
    struct row_event row;
    if (row_event_decode(value, &row) < 0)
        return damaged(check, key);
    return check_seq(check, key, key_u64_at(key, CHECK_EVENT_ID));
}

static int check_place(struct check *check, struct span key, struct span value)
{
    if (value.size != 9 || value.data[0] < ROW_PENDING || value.data[0] > ROW_DEAD)
        return damaged(check, key);
    return check_seq(check, key, key_u64_at(key, CHECK_FIRST));
}

static int check_xattr(struct check *check, struct span key, struct span value)
{
    struct row_xattr row;
    if (row_xattr_decode(value, &row) < 0)
        return damaged(check, key);
    int result = check_seq(check, key, key_seq(key));
    return result < 0 ? result : check_object(check, key, key_u64_at(key, CHECK_FIRST));
}

static struct layout layout_of(uint8_t table)
{
    switch (table) {
    case KEY_FORMAT:
        return (struct layout){1, 0, check_format};
    case KEY_OBJECTS:
        return (struct layout){1, 0, check_number};
    case KEY_STATE:
        return (struct layout){5, 0, check_state};
    case KEY_NAME:
        return (struct layout){21, CHECK_NAME_TEXT, check_binding};
    case KEY_ENTRY:
        return (struct layout){29, 0, check_entry};
    case KEY_VERSION:
        return (struct layout){21, 0, check_version};
    case KEY_LOG:
        return (struct layout){13, 0, check_log_row};
    case KEY_UNIQUE:
        return (struct layout){29, CHECK_UNIQUE_TEXT, check_binding};
    case KEY_REFERENCE:
        return (struct layout){29, CHECK_REFERENCE_TEXT, check_reference};
    case KEY_EVENT:
        return (struct layout){23, 0, check_event};
    case KEY_PLACE:
        return (struct layout){14, 0, check_place};
    case KEY_TIME:
        return (struct layout){13, 0, check_number};
    case KEY_XATTR:
        return (struct layout){21, CHECK_XATTR_TEXT, check_xattr};
    default:
        return (struct layout){0};
    }
}

/* The bytes that a key's text takes, with its end; 0 when it has none. */
static size_t text_size(struct span key, size_t at)
{
    for (size_t i = at; i + 1 < key.size; i++) {
        if (key.data[i] != 0)
            continue;
        if (key.data[i + 1] == 0)
            return i + 2 - at;
        if (key.data[++i] != 0xff)
            return 0;
    }
    return 0;
}

static bool has_branch(uint8_t table)
{
    return table != KEY_FORMAT && table != KEY_OBJECTS;
}

static int check_key(struct check *check, struct span key, const struct layout *layout)
{
    if (!layout->check)
        return model_check_key_fault(check, key, "there is no table '\\x%02x'", key.data[0]);
    size_t text = layout->text_at ? text_size(key, layout->text_at) : 0;
    if (layout->text_at && text == 0)
        return model_check_key_fault(check, key, "the text in the key does not end");
    if (key.size != layout->key_size + text)
        return model_check_key_fault(check, key, "the key has %zu bytes, and should have %zu",
                                     key.size, layout->key_size + text);
    static const uint8_t main_branch[4] = {0};
    if (has_branch(key.data[0]) &&
        memcmp(key.data + CHECK_BRANCH, main_branch, sizeof(main_branch)) != 0)
        return model_check_key_fault(check, key, "it is of a branch that there is not");
    return 0;
}

static int check_row(struct check *check, struct span key, struct span value, int found)
{
    struct layout layout = layout_of(key.data[0]);
    int result = check_key(check, key, &layout);
    if (result < 0)
        return result;
    if (found < 0)
        return model_check_key_fault(check, key, "the row's checksum does not match");
    return layout.check(check, key, value);
}

/* The row before, for the order, and to say where a damaged page is. */
struct previous {
    uint8_t key[ENGINE_KEY_MAX];
    size_t size;
};

static int check_order(struct check *check, const struct previous *previous, struct span key)
{
    size_t common = key.size < previous->size ? key.size : previous->size;
    int order = common == 0 ? 0 : memcmp(previous->key, key.data, common);
    if (order < 0 || (order == 0 && previous->size < key.size))
        return 0;
    return model_check_key_fault(check, key, "the row stands behind one that should follow it");
}

static int page_fault(struct check *check, const struct previous *previous)
{
    if (previous->size == 0)
        return problem_set(check->problem, ERR_DAMAGED, "the first page of rows is damaged");
    return model_check_key_fault(check, span_make(previous->key, previous->size),
                                 "what follows this row cannot be read: the file is damaged there");
}

int model_check_pass_rows(struct check *check)
{
    struct engine_cursor *cursor;
    int result = engine_cursor_open(check->view.txn, &cursor);
    if (result < 0)
        return result;
    struct previous previous = {.size = 0};
    while (result == 0) {
        struct span key = {0};
        struct span value = {0};
        int found = engine_cursor_next(cursor, &key, &value);
        if (found == 0 || (found < 0 && found != -ERR_DAMAGED)) {
            result = found;
            break;
        }
        if (key.size == 0 || key.size > ENGINE_KEY_MAX) {
            result = page_fault(check, &previous);
            break;
        }
        result = check_order(check, &previous, key);
        if (result == 0)
            result = check_row(check, key, value, found);
        memcpy(previous.key, key.data, key.size);
        previous.size = key.size;
    }
    engine_cursor_close(cursor);
    return result;
}
