/* verdict: who has just been refused a write of which entity. Such a process may clean up what it
 * takes for a broken file with an unlink, as node's copyFile does; that is not to delete the
 * entity.
 *
 * Threads: any; one mutex inside, never held over a system call. */
#ifndef PERSISTFS_FS_VERDICT_H
#define PERSISTFS_FS_VERDICT_H

#include "fs/node.h"

struct verdicts *verdicts_create(void);           /* NULL: no memory */
void verdicts_destroy(struct verdicts *verdicts); /* takes NULL */

/* The caller's process was given a verdict on a write of the entity. The last one counts. */
void verdict_note(struct request *request, uint64_t object, bool accepted);
/* Whether the caller's process was refused, a short time ago; that is answered once. */
bool verdict_take(struct request *request, uint64_t object);

#endif
