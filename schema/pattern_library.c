/* The home of PCRE2: its JIT compiler matches what has no backreference. Captures, and what an
 * empty iteration leaves in them, are where it and ECMA-262 differ; whether there is a match at all
 * is the same without them.
 *
 * A compiled pattern is not changed by a match: what one needs to write is on the stack of the
 * caller, so that threads share nothing and nothing is allocated. */
#include "schema/pattern_internal.h"
#include "store/base/cleanup.h"

#include <stdalign.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* KiB that matching may take where there is no JIT compiler for the processor. */
#define HEAP_MAX (16 << 10)

struct pattern_library {
    pcre2_code *code;
};

/* The contexts of one match, with one pair of offsets, are some 350 bytes. */
struct session {
    size_t used;
    alignas(max_align_t) uint8_t memory[640];
};

static void *session_allocate(size_t size, void *context)
{
    struct session *session = context;
    const size_t mask = alignof(max_align_t) - 1;
    size_t rounded = (size + mask) & ~mask;
    if (rounded > sizeof(session->memory) - session->used)
        return malloc(size);
    void *memory = session->memory + session->used;
    session->used += rounded;
    return memory;
}

static void session_free(void *memory, void *context)
{
    struct session *session = context;
    uintptr_t at = (uintptr_t)memory, start = (uintptr_t)session->memory;
    if (at < start || at >= start + sizeof(session->memory))
        free(memory);
}

static void free_context(pcre2_compile_context **context)
{
    pcre2_compile_context_free(*context);
}

static pcre2_code *compile(struct span text, int *ret_error)
{
    CLEANUP(free_context) pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    PCRE2_SIZE offset = 0;
    *ret_error = PCRE2_ERROR_NOMEMORY;
    if (!context)
        return NULL;
    pcre2_set_parens_nest_limit(context, PATTERN_NESTING_MAX);
    return pcre2_compile((PCRE2_SPTR)text.data, text.size,
                         PCRE2_UTF | PCRE2_NEVER_UCP | PCRE2_DOTALL | PCRE2_ALLOW_EMPTY_CLASS |
                             PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
                         ret_error, &offset, context);
}

int pattern_library_compile(struct span text, struct pattern_library **ret_library)
{
    int error = 0;
    struct pattern_library *library = malloc(sizeof(*library));
    if (!library)
        return -ERR_NO_MEMORY;
    library->code = compile(text, &error);
    if (!library->code) {
        free(library);
        return error == PCRE2_ERROR_HEAP_FAILED || error == PCRE2_ERROR_NOMEMORY ? -ERR_NO_MEMORY
                                                                                 : -ERR_TOO_LARGE;
    }
    /* Without it matching is slower, and as right. */
    (void)pcre2_jit_compile(library->code, PCRE2_JIT_COMPLETE);
    *ret_library = library;
    return 0;
}

void pattern_library_destroy(struct pattern_library *library)
{
    if (!library)
        return;
    pcre2_code_free(library->code);
    free(library);
}

static int verdict(int result)
{
    if (result >= 0)
        return 1;
    if (result == PCRE2_ERROR_NOMATCH)
        return 0;
    return result == PCRE2_ERROR_NOMEMORY ? -ERR_NO_MEMORY : -ERR_PATTERN_BUDGET;
}

static int match(const pcre2_code *code, struct span subject, pcre2_match_data *data,
                 pcre2_match_context *context)
{
    PCRE2_SPTR text = subject.size > 0 ? subject.data : (PCRE2_SPTR) "";
    int result = pcre2_jit_match(code, text, subject.size, 0, PCRE2_NO_UTF_CHECK, data, context);
    if (result == PCRE2_ERROR_JIT_BADOPTION)
        result = pcre2_match(code, text, subject.size, 0, PCRE2_NO_UTF_CHECK, data, context);
    return verdict(result);
}

int pattern_library_match(const struct pattern_library *library, struct span subject,
                          uint32_t limit)
{
    struct session session;
    session.used = 0;
    pcre2_general_context *general =
        pcre2_general_context_create(session_allocate, session_free, &session);
    pcre2_match_data *data = general ? pcre2_match_data_create(1, general) : NULL;
    pcre2_match_context *context = general ? pcre2_match_context_create(general) : NULL;
    int result = -ERR_NO_MEMORY;
    if (data && context) {
        pcre2_set_match_limit(context, limit);
        pcre2_set_heap_limit(context, HEAP_MAX);
        result = match(library->code, subject, data, context);
    }
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    pcre2_general_context_free(general);
    return result;
}
