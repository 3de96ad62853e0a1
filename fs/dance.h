/* dance: the name of an entity that a process is taking away, perhaps to bring it back with new
 * content: rename to a backup and create anew, unlink and create anew (CONTRACT: "Save dances are
 * one update").
 *
 * While the name waits, the process finds nothing there, and everybody else finds the entity as it
 * was; nothing is written yet, so a crash brings the entity back. It ends in one of these ways:
 *
 *   resumed   the same process creates the name, or moves a file there: it is the entity's again,
 *             and what is written is its next version
 *   settled   what was asked for is done, the entity is deleted: when the process has ended, after
 *             DANCE_GRACE, at fsync of the folder, when somebody else changes the name or the
 *             entity, when the process itself looks at what came of it, at unmount
 *
 * What cannot be settled (somebody refers to it by now) leaves the entity there, with a refusal on
 * record. Who has just been refused a write may clean up with an unlink: that deletes nothing.
 *
 * Threads: any; one mutex inside, never held while the store is used. A thread waits for another
 * that settles the same name. */
#ifndef PERSISTFS_FS_DANCE_H
#define PERSISTFS_FS_DANCE_H

#include "fs/node.h"
#include "store/base/clock.h"

#define DANCE_GRACE       ((int64_t)CLOCK_SECOND)
#define DANCE_PER_PROCESS 8

struct dances;

/* Starts the thread that settles what waits too long. Errors: NO_MEMORY, INTERNAL. The mount
 * outlives it. */
int dances_start(struct mount *mount, struct dances **ret_dances);
/* Settles everything, and ends the thread. Takes NULL. */
void dances_stop(struct dances *dances);

/* The entity that leaves its name. */
struct dance {
    uint64_t collection;
    struct span name;
    uint64_t object;
    uint64_t seq;     /* of the version that was there */
    bool is_rename;   /* to a backup, or for good: only the version that is there may be deleted */
    bool has_company; /* others are deleted or changed with it */
    bool is_cleaning; /* the process has just been refused: settled, nothing is done */
};

/* The name waits from now on, if that can be. Returns whether it does; if not, what was asked is to
 * be done at once. */
bool dance_begin(struct request *request, const struct dance *dance);
/* The caller's process, as the same user, comes back to the name. Returns whether it did wait for
 * it; `ret_seq` is the version that was there. */
bool dance_resume(struct request *request, uint64_t collection, struct span name,
                  uint64_t *ret_seq);

/* Whether the entity has left its name, to the caller's eyes. */
bool dance_hides(struct request *request, uint64_t object);
/* The objects that have, of one collection. */
size_t dance_hidden(struct request *request, uint64_t collection,
                    uint64_t ret_objects[DANCE_PER_PROCESS]);

/* Settle, and return whether anything was: a name that waits for another process, or user; an
 * entity; all that waits in a collection; all that waits for the caller's process. */
bool dance_settle_others(struct request *request, uint64_t collection, struct span name);
bool dance_settle_name(struct request *request, uint64_t collection, struct span name);
bool dance_settle_object(struct request *request, uint64_t object);
bool dance_settle_folder(struct request *request, uint64_t collection);
bool dance_settle_own(struct request *request);
/* Of the caller's process, what others go with: to be called before it looks at `other`. */
bool dance_settle_company(struct request *request, uint64_t other);
/* After a command has ended with ERR_LEAVING: what kept it from being done. */
bool dance_settle_due(struct request *request);
/* model_put, once what somebody else took away is gone, and what would keep it from being done. */
int dance_put(struct request *request, const struct model_put *put);
/* What waits for a process that has ended: to be called before anything is looked at. */
void dance_settle_ended(struct request *request);

#endif
