#include "fs/report.h"

#include "audit/record.h"
#include "fs/process.h"
#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <ctype.h>
#include <stdlib.h>
#include <syslog.h>

struct journal {
    bool to_stderr;
};

struct journal *journal_create(bool to_stderr)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    if (!journal)
        return NULL;
    journal->to_stderr = to_stderr;
    if (!to_stderr)
        openlog("persistfs", LOG_PID, LOG_DAEMON);
    return journal;
}

void journal_destroy(struct journal *journal)
{
    if (journal && !journal->to_stderr)
        closelog();
    free(journal);
}

/* One write(2) a line, so that lines of several threads don't mix. */
static void journal_line(struct journal *journal, bool is_error, const struct buf *line)
{
    if (!journal || buf_failed(line))
        return;
    if (!journal->to_stderr)
        syslog(is_error ? LOG_WARNING : LOG_INFO, "%.*s", (int)line->size - 1, line->data);
    else if (write(STDERR_FILENO, line->data, line->size) < 0)
        return; /* nobody reads it: nothing more can be done */
}

void request_init(struct request *request, struct mount *mount, const struct model_caller *caller)
{
    *request = (struct request){
        .mount = mount, .caller = *caller, .began = clock_monotonic(), .pid = caller->process.pid};
    request->correlation = atomic_fetch_add(&mount->correlation_count, 1);
    problem_init(&request->problem);
}

void request_finish(struct request *request)
{
    problem_finish(&request->problem);
    buf_finish(&request->collection_name);
    buf_finish(&request->file_name);
    buf_finish(&request->bytes);
}

static void write_correlation(struct buf *out, const struct request *request)
{
    buf_printf(out, "\"correlation_id\":\"%016jx%016jx\"",
               (uintmax_t)request->mount->correlation_base, (uintmax_t)request->correlation);
}

static void write_instance(struct buf *out, const struct request *request)
{
    AUTO_BUF struct buf path = {0};
    buf_append_span(&path, buf_span(&request->collection_name));
    if (path.size > 0) /* else it is of the root */
        buf_append_byte(&path, '/');
    buf_append_span(&path, buf_span(&request->file_name));
    buf_append_json_string(out, buf_span(&path));
}

static void write_items(struct buf *out, const struct problem *problem)
{
    for (size_t i = 0; i < problem->item_count; i++) {
        const struct problem_item *item = &problem->items[i];
        buf_append_string(out, i == 0 ? "{\"pointer\":" : ",{\"pointer\":");
        buf_append_json_string(out, span_of_string(item->pointer));
        if (item->keyword) {
            buf_append_string(out, ",\"keyword\":");
            buf_append_json_string(out, span_of_string(item->keyword));
        }
        buf_append_string(out, ",\"message\":");
        buf_append_json_string(out, span_of_string(item->message));
        buf_append_byte(out, '}');
    }
}

static void write_type(struct buf *out, int code)
{
    buf_printf(out, "{\"type\":\"urn:persistfs:%s:", error_class(code));
    for (const char *at = error_name(code); *at; at++)
        buf_append_byte(out, *at == '_' ? '-' : (uint8_t)tolower((unsigned char)*at));
    buf_append_byte(out, '"');
}

/* RFC 9457, section 3, and our members after it. */
static void write_document(struct buf *out, const struct request *request, pid_t pid, int64_t at)
{
    const struct problem *problem = &request->problem;
    int code = problem->code;
    write_type(out, code);
    buf_printf(out,
               ",\"title\":\"%s\",\"code\":\"%s\",\"status\":%d,\"detail\":", error_title(code),
               error_class(code), error_status(code));
    buf_append_json_string(out, buf_span(&problem->detail));
    buf_append_string(out, ",\"instance\":");
    write_instance(out, request);
    buf_printf(out, ",\"errno\":\"%s\",\"errors\":[", error_errno_name(code));
    write_items(out, problem);
    buf_append_byte(out, ']');
    if (problem->item_total > problem->item_count)
        buf_printf(out, ",\"errors_total\":%zu", problem->item_total);
    if (problem->expected_version != PROBLEM_NO_VERSION)
        buf_printf(out, ",\"expected_version\":%ju", (uintmax_t)problem->expected_version);
    if (problem->actual_version != PROBLEM_NO_VERSION)
        buf_printf(out, ",\"actual_version\":%ju", (uintmax_t)problem->actual_version);
    buf_append_byte(out, ',');
    write_correlation(out, request);
    buf_append_string(out, ",\"at\":\"");
    clock_append(out, at);
    buf_printf(out, "\",\"uid\":%u,\"pid\":%d}\n", request->caller.uid, (int)pid);
}

static void begin_line(struct buf *out, const struct request *request, const char *level,
                       const char *event, int64_t at)
{
    buf_append_string(out, "{\"at\":\"");
    clock_append(out, at);
    buf_printf(out, "\",\"level\":\"%s\",\"event\":\"%s\",\"instance\":", level, event);
    write_instance(out, request);
    buf_append_byte(out, ',');
    write_correlation(out, request);
}

static void end_line(struct buf *out, const struct request *request, pid_t pid)
{
    const struct model_result *result = &request->result;
    buf_printf(out,
               ",\"uid\":%u,\"pid\":%d,\"duration_us\":%jd,\"waited_us\":%jd,\"ran_us\":%jd,"
               "\"synced_us\":%jd}\n",
               request->caller.uid, (int)pid, (intmax_t)(clock_monotonic() - request->began) / 1000,
               (intmax_t)result->waited / 1000, (intmax_t)result->ran / 1000,
               (intmax_t)result->synced / 1000);
}

static void report_commit(struct request *request)
{
    AUTO_BUF struct buf line = {0};
    const struct model_result *result = &request->result;
    struct mount *mount = request->mount;
    refusals_settle(mount->refusals, request->collection, buf_span(&request->file_name),
                    request->caller.uid);
    if (!result->changed)
        return;
    begin_line(&line, request, "info", "commit", clock_realtime());
    buf_printf(&line, ",\"op\":\"%s\",\"seq\":%ju,\"version\":%ju", audit_op_name(result->op),
               (uintmax_t)result->seq, (uintmax_t)result->version);
    end_line(&line, request, request_pid(request));
    journal_line(mount->log, false, &line);
}

static void log_refusal(const struct request *request, pid_t pid, int64_t at)
{
    AUTO_BUF struct buf line = {0};
    int code = request->problem.code;
    begin_line(&line, request, "warning", "refusal", at);
    buf_printf(&line, ",\"code\":\"%s\",\"errno\":\"%s\",\"detail\":", error_class(code),
               error_errno_name(code));
    buf_append_json_string(&line, buf_span(&request->problem.detail));
    end_line(&line, request, pid);
    journal_line(request->mount->log, true, &line);
}

static void report_refusal(struct request *request, int result)
{
    struct problem *problem = &request->problem;
    if (problem->code != result)
        problem_set(problem, (enum err) - result, "%s", error_title(result));
    pid_t pid = request_pid(request);
    struct refusal refusal = {.collection = request->collection,
                              .uid = request->caller.uid,
                              .at = clock_realtime(),
                              .code = result,
                              .name = request->file_name,
                              .bytes = request->bytes};
    write_document(&refusal.document, request, pid, refusal.at);
    log_refusal(request, pid, refusal.at);
    request->file_name = request->bytes = (struct buf){0};
    refusals_add(request->mount->refusals, &refusal);
}

void report(struct request *request, int result)
{
    if (!request->is_write || request->repeated)
        return;
    if (result < 0)
        report_refusal(request, result);
    else if (request->result.seq != 0)
        report_commit(request);
}
