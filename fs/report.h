/* report: what became of a request, told to those who look: a problem document (RFC 9457) among the
 * refusals, and one line of JSON in the log. */
#ifndef PERSISTFS_FS_REPORT_H
#define PERSISTFS_FS_REPORT_H

#include "fs/node.h"

struct journal;

/* Writes to standard error, or to syslog(3) (which journald reads). NULL: no memory. */
struct journal *journal_create(bool to_stderr);
void journal_destroy(struct journal *journal); /* takes NULL */

/* Begins a request that nobody in the kernel made: the daemon's own. */
void request_init(struct request *request, struct mount *mount, const struct model_caller *caller);
void request_finish(struct request *request);

/* Logs a commit; keeps and logs a refusal. `result` is what the verb returned. Requests that write
 * nothing, and verdicts given again, are passed over. */
void report(struct request *request, int result);

#endif
