/* error: the one table of everything that can go wrong, and the detail that travels with it.
 *
 * A function that can fail returns 0 or a negative `enum err` value. What a person needs to know
 * beyond the code (which member, whose value, which line) is put in a `struct problem` that the
 * caller owns. */
#ifndef PERSISTFS_BASE_ERROR_H
#define PERSISTFS_BASE_ERROR_H

#include "store/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* X(name, class, errno, HTTP status, title)
 *
 * `class` is what a user sees as `code` in a problem document; `name` tells which check failed and
 * is the last part of its `type`. The status is RFC 9457's. */
#define ERROR_TABLE(X)                                                                             \
    X(JSON_SYNTAX, validation, EBADMSG, 422, "The text is not JSON")                               \
    X(JSON_ENCODING, validation, EBADMSG, 422, "The text is not plain UTF-8")                      \
    X(JSON_LIMIT, validation, EBADMSG, 422, "The text is beyond what can be stored exactly")       \
    X(JSON_DUPLICATE, validation, EBADMSG, 422, "A member is given twice")                         \
    X(JSON_INCOMPLETE, validation, EBADMSG, 422, "The text ends too early")                        \
    X(NOT_AN_OBJECT, validation, EBADMSG, 422, "The document is not a JSON object")                \
    X(SCHEMA_MISMATCH, validation, EBADMSG, 422, "The document does not satisfy its schema")       \
    X(SCHEMA_BUDGET, validation_budget, EBADMSG, 422, "The document takes too much work to check") \
    X(PATTERN_BUDGET, pattern_budget, EBADMSG, 422, "A pattern takes too much work to match")      \
    X(SCHEMA_INVALID, validation, EBADMSG, 422, "The schema is not valid")                         \
    X(SCHEMA_UNSATISFIED, validation, EBADMSG, 422, "Existing entities do not satisfy the schema") \
    X(READ_ONLY_MEMBER, validation, EBADMSG, 422, "A read-only member was changed")                \
    X(BAD_NAME, validation, EBADMSG, 422, "The name is not allowed here")                          \
    X(VERSION_CONFLICT, version_conflict, ESTALE, 409, "The entity has changed")                   \
    X(VERSION_REQUIRED, version_required, ESTALE, 428, "The update names no version")              \
    X(UNIQUE_CONFLICT, unique_conflict, EEXIST, 409, "A unique value is taken")                    \
    X(ALREADY_EXISTS, unique_conflict, EEXIST, 409, "The name is taken")                           \
    X(REFERENCE_MISSING, reference_conflict, EEXIST, 409, "A reference leads nowhere")             \
    X(REFERENCE_HELD, reference_conflict, EEXIST, 409, "It is still referred to")                  \
    X(NAME_HELD, reference_conflict, EBUSY, 409, "Its name is still referred to")                  \
    X(NOT_FOUND, not_found, ENOENT, 404, "There is no such thing")                                 \
    X(READ_ONLY, read_only, EROFS, 403, "This is read-only")                                       \
    X(TOO_LARGE, too_large, EFBIG, 413, "The document is too large")                               \
    X(NO_SPACE, no_space, ENOSPC, 507, "There is no space left")                                   \
    X(BUSY, busy, EBUSY, 503, "Too much work is waiting")                                          \
    X(LEAVING, busy, EBUSY, 503, "An entity is about to be deleted")                               \
    X(UNSUPPORTED, unsupported, ENOTSUP, 501, "This is not supported")                             \
    X(NEWER_FORMAT, unsupported, ENOTSUP, 501, "The store was made by a newer version")            \
    X(NOT_PERMITTED, denied, EPERM, 403, "This is not permitted")                                  \
    X(ACCESS, denied, EACCES, 403, "Access is denied")                                             \
    X(NOT_EMPTY, not_empty, ENOTEMPTY, 409, "It is not empty")                                     \
    X(NOT_A_DIRECTORY, misuse, ENOTDIR, 400, "This is not a directory")                            \
    X(IS_A_DIRECTORY, misuse, EISDIR, 400, "This is a directory")                                  \
    X(NAME_TOO_LONG, misuse, ENAMETOOLONG, 400, "The name is too long")                            \
    X(INVALID, misuse, EINVAL, 400, "The call is not valid")                                       \
    X(BAD_HANDLE, misuse, EBADF, 400, "The handle is not open for this")                           \
    X(NO_ATTRIBUTE, misuse, ENODATA, 404, "There is no such attribute")                            \
    X(EXCHANGE, misuse, EINVAL, 400, "Names here cannot be exchanged")                             \
    X(STORE_IN_USE, busy, EBUSY, 503, "The store is in use")                                       \
    X(STORE_FOREIGN, unsupported, ENOTSUP, 501, "This is not a persistfs store")                   \
    X(DAMAGED, internal, EIO, 500, "Stored data is damaged")                                       \
    X(ENGINE, internal, EIO, 500, "The storage engine failed")                                     \
    X(NO_MEMORY, internal, ENOMEM, 500, "There is no memory left")                                 \
    X(INTERNAL, internal, EIO, 500, "Something is wrong inside persistfs")

enum err {
    ERR_NONE = 0,
#define ERROR_ENUM(name, class, errno_, status, title) ERR_##name,
    ERROR_TABLE(ERROR_ENUM)
#undef ERROR_ENUM
        ERR_COUNT
};

/* What the table says of one code; `code` may be given as it is or negated. The strings are
 * constant. */
const char *error_name(int code);
const char *error_class(int code);
const char *error_title(int code);
const char *error_errno_name(int code);
int error_errno(int code);  /* positive; 0 for 0 */
int error_status(int code); /* an HTTP status */

/* The code for an errno of the operating system: NO_SPACE, NO_MEMORY, ACCESS, NOT_FOUND,
 * READ_ONLY, else ENGINE; negative. */
int error_of_errno(int errnum);

/* What the operating system said of an ordinary file, passed on as it is: a code beyond the table,
 * of which error_errno knows the number and the rest of the table nothing. Negative. */
#define ERROR_SYSTEM 4096
static inline int error_system(int errnum)
{
    return -(ERROR_SYSTEM + errnum);
}

#define PROBLEM_ITEMS_MAX  16
#define PROBLEM_NO_VERSION UINT64_MAX

/* One thing that is wrong in a document. The strings are owned. */
struct problem_item {
    char *pointer;       /* RFC 6901, into the document */
    const char *keyword; /* constant, or NULL */
    char *message;
};

/* Everything known about one failure. Zero-initialise with problem_init, release with
 * problem_finish; both may be called repeatedly. Functions take NULL where the detail is not
 * wanted. */
struct problem {
    int code;          /* 0, or a negative enum err */
    struct buf detail; /* one sentence for a person */
    size_t item_count; /* at most PROBLEM_ITEMS_MAX; further ones are counted in item_total */
    size_t item_total;
    struct problem_item items[PROBLEM_ITEMS_MAX];
    uint64_t expected_version; /* PROBLEM_NO_VERSION when there is none */
    uint64_t actual_version;
};

void problem_init(struct problem *problem);
void problem_finish(struct problem *problem);

/* Sets code and detail, forgetting what was there, which therefore cannot be an argument. Returns
 * -code, so that a caller may write `return problem_set(...)`. `code` is positive. `problem` may be
 * NULL. */
int problem_set(struct problem *problem, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds one item. The texts are copied; `keyword` must be a constant. `pointer` and the result of
 * the format should be UTF-8; each is cut at 512 bytes on a character boundary. */
void problem_add(struct problem *problem, const char *pointer, const char *keyword,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Replaces the contents of `into` (initialised) by a copy. */
void problem_copy(struct problem *into, const struct problem *from);

#endif
