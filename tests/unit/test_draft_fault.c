/* Each allocation behind the calls on a handle is made to fail once. The call that fails can be
 * made again, and in the end everything is as if nothing had happened. */
#include "draft_place.h"
#include "model_fault.h"
#include "store/base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum call { PUT, CUT, SYNC, CLOSE };

struct step {
    enum call call;
    uint64_t offset; /* or the size */
    const char *text;
    int expected;
};

#define STEPS_MAX 8

struct session {
    const char *name;
    int flags;
    const char *file, *id; /* a.json is there, n.json is not */
    struct step steps[STEPS_MAX];
    size_t count;
    const char *document; /* in the end */
};

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct session sessions[] = {
    {"a new file in pieces",
     O_WRONLY | O_CREAT,
     "n.json",
     "n",
     {{PUT, 0, "{\"a\":\"" LONG, 0},
      {PUT, 76, LONG "\"", 0},
      {PUT, 147, "}", 0},
      {PUT, 148, "\n\n\n", 0},
      {CLOSE, 0, NULL, 0}},
     5,
     "{\"a\":\"" LONG LONG "\"}\n\n\n"},
    {"refused, then replaced",
     O_WRONLY | O_TRUNC,
     "a.json",
     "a",
     {{PUT, 0, "{\"n\":\"" LONG "\"}", -ERR_SCHEMA_MISMATCH},
      {PUT, 0, "[", -ERR_NOT_AN_OBJECT},
      {PUT, 0, "{\"n\":2}", 0},
      {PUT, 5, "3", 0},
      {SYNC, 0, NULL, 0}},
     5,
     "{\"n\":3}"},
    {"edited and cut",
     O_RDWR,
     "a.json",
     "a",
     {{CUT, 5000, NULL, 0},
      {PUT, 9000, LONG, 0},
      {CUT, 8, NULL, 0},
      {PUT, 6, "7}", 0},
      {SYNC, 0, NULL, 0},
      {PUT, 8, " ", 0},
      {CLOSE, 0, NULL, 0}},
     7,
     "{\"n\": 7} "},
    {"patched",
     O_WRONLY | O_APPEND,
     "a.json",
     "a",
     {{PUT, 0, "{\"m\":", 0},
      {PUT, 0, "\"" LONG "\"}", 0},
      {PUT, 0, "{\"m\":null}", 0},
      {CLOSE, 0, NULL, 0}},
     4,
     "{\n  \"n\": 1\n}\n"},
};
#define SESSIONS (sizeof(sessions) / sizeof(sessions[0]))

static int run_step(struct draft_place *place, struct handle *handle, const struct step *step)
{
    switch (step->call) {
    case PUT:
        return draft_put(place, handle, step->offset, step->text);
    case CUT:
        return draft_cut(place, handle, step->offset);
    case SYNC:
        return draft_sync(place, handle);
    case CLOSE:
    default:
        return draft_close(place, handle);
    }
}

/* Returns whether the fault came about. */
static bool run_session(const struct session *session, enum fault_call call, unsigned nth)
{
    struct draft_place place;
    draft_place_init(&place, "{\"properties\":{\"n\":{\"type\":\"integer\"}}}");
    must_write(&place.stored, place.collection, "a", "{\"n\": 1}");
    struct handle *handle = draft_open(&place, session->file, session->flags);
    fault_arm(call, nth, 0);
    for (size_t i = 0; i < session->count; i++) {
        const struct step *step = &session->steps[i];
        int result = run_step(&place, handle, step);
        if (result == -ERR_NO_MEMORY)
            result = run_step(&place, handle, step);
        if (result != step->expected)
            fail_msg("call %u, step %zu: %s", nth, i, error_name(result));
    }
    bool hit = fault_disarm();
    draft_free(&place, handle);
    if (!draft_has(&place, session->id, session->document))
        fail_msg("call %u: the document is another", nth);
    draft_place_finish(&place);
    return hit;
}

static void fail_each(void **state)
{
    const struct session *session = *state;
    static const enum fault_call calls[] = {FAULT_MALLOC, FAULT_CALLOC, FAULT_REALLOC};
    for (size_t i = 0; i < 3; i++) {
        unsigned nth = 1;
        while (run_session(session, calls[i], nth))
            nth++;
        assert_true(nth > 1);
    }
}

int main(void)
{
    struct CMUnitTest tests[SESSIONS];
    for (size_t i = 0; i < SESSIONS; i++)
        tests[i] = (struct CMUnitTest){.name = sessions[i].name,
                                       .test_func = fail_each,
                                       .initial_state = (void *)(uintptr_t)&sessions[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
