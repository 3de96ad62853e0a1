#include "store/base/error.h"

#include "store/base/utf8.h"

#include <errno.h>
#include <stdlib.h>

struct error_row {
    const char *name;
    const char *class;
    const char *errno_name;
    const char *title;
    int errnum;
    int status;
};

static const struct error_row rows[ERR_COUNT] = {[ERR_NONE] = {"none", "none", "0", "Done", 0, 200},
#define ERROR_ROW(name, class, errno_, status, title)                                              \
    [ERR_##name] = {#name, #class, #errno_, title, errno_, status},
                                                 ERROR_TABLE(ERROR_ROW)
#undef ERROR_ROW
};

static const struct error_row *row_of(int code)
{
    unsigned index = code < 0 ? 0U - (unsigned)code : (unsigned)code;
    return &rows[index < ERR_COUNT ? index : ERR_INTERNAL];
}

const char *error_name(int code)
{
    return row_of(code)->name;
}

const char *error_class(int code)
{
    return row_of(code)->class;
}

const char *error_title(int code)
{
    return row_of(code)->title;
}

const char *error_errno_name(int code)
{
    return row_of(code)->errno_name;
}

int error_errno(int code)
{
    if (code <= -ERROR_SYSTEM)
        return -code - ERROR_SYSTEM;
    return row_of(code)->errnum;
}

int error_status(int code)
{
    return row_of(code)->status;
}

int error_of_errno(int errnum)
{
    switch (errnum) {
    case ENOSPC:
    case EDQUOT:
        return -ERR_NO_SPACE;
    case ENOMEM:
        return -ERR_NO_MEMORY;
    case EACCES:
    case EPERM:
        return -ERR_ACCESS;
    case ENOENT:
        return -ERR_NOT_FOUND;
    case EROFS:
        return -ERR_READ_ONLY;
    default:
        return -ERR_ENGINE;
    }
}

void problem_init(struct problem *problem)
{
    *problem = (struct problem){.expected_version = PROBLEM_NO_VERSION,
                                .actual_version = PROBLEM_NO_VERSION};
}

void problem_finish(struct problem *problem)
{
    for (size_t i = 0; i < problem->item_count; i++) {
        free(problem->items[i].pointer);
        free(problem->items[i].message);
    }
    buf_finish(&problem->detail);
    problem_init(problem);
}

int problem_set(struct problem *problem, enum err code, const char *format, ...)
{
    if (!problem)
        return -(int)code;
    problem_finish(problem);
    problem->code = -(int)code;
    va_list args;
    va_start(args, format);
    buf_vprintf(&problem->detail, format, args);
    va_end(args);
    return -(int)code;
}

#define TEXT_MAX 512

static char *copy_cut(struct span text)
{
    text = utf8_head(text, TEXT_MAX);
    char *copy = malloc(text.size + 1);
    if (!copy)
        return NULL;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    return copy;
}

static void add_item(struct problem *problem, const char *pointer, const char *keyword,
                     struct span message)
{
    problem->item_total++;
    if (problem->item_count == PROBLEM_ITEMS_MAX)
        return;
    struct problem_item item = {.keyword = keyword,
                                .pointer = copy_cut(span_of_string(pointer)),
                                .message = copy_cut(message)};
    if (item.pointer && item.message) {
        problem->items[problem->item_count++] = item;
    } else {
        free(item.pointer);
        free(item.message);
    }
}

void problem_add(struct problem *problem, const char *pointer, const char *keyword,
                 const char *format, ...)
{
    if (!problem)
        return;
    struct buf message = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&message, format, args);
    va_end(args);
    add_item(problem, pointer, keyword, buf_span(&message));
    buf_finish(&message);
}

void problem_copy(struct problem *into, const struct problem *from)
{
    problem_finish(into);
    into->code = from->code;
    into->expected_version = from->expected_version;
    into->actual_version = from->actual_version;
    buf_append_span(&into->detail, buf_span(&from->detail));
    for (size_t i = 0; i < from->item_count; i++)
        add_item(into, from->items[i].pointer, from->items[i].keyword,
                 span_of_string(from->items[i].message));
    into->item_total = from->item_total;
}
