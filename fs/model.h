/* model: what a user means. Every change of what is stored is one of the verbs here, and each call
 * is one command: validated, atomic, durable when it returns.
 *
 * The model knows the store, the schemas and the audit; it knows nothing of FUSE. Commands of
 * several threads that wait at the same time share one transaction and one sync (model_commit.c).
 *
 * Threads: any, for every function but model_open and model_close. */
#ifndef PERSISTFS_FS_MODEL_H
#define PERSISTFS_FS_MODEL_H

#include "fs/bases.h"
#include "fs/process.h"
#include "schema/schema.h"
#include "store/store.h"

struct model;

struct model_options {
    size_t max_entity;        /* bytes of a document */
    int64_t lease;            /* of a claimed event, nanoseconds */
    uint32_t attempts;        /* claims after which an event whose lease lapses is dead */
    uint64_t dispatched_kept; /* dispatched events that are kept; older ones are forgotten */
};

int model_open(struct store *store, const struct model_options *options, struct model **ret_model,
               struct problem *problem);
/* Every command must have returned. Takes NULL. The store stays the caller's. */
void model_close(struct model *model);

/* Who is about to be deleted: while `is_leaving` says so of an entity, a command of process `pid`
 * that would refer to it, or have a unique value of its, ends with LEAVING and has changed nothing;
 * it is to be given again when the deletion was settled. Called inside a transaction, from any
 * thread; it must not use the store. To be set before there are commands. */
void model_set_leaving(struct model *model,
                       bool (*is_leaving)(void *context, uint64_t object, pid_t pid),
                       void *context);

struct store *model_store(struct model *model);
struct bases *model_bases(struct model *model);
const struct model_options *model_options(const struct model *model);

/* Who asks. */
struct model_caller {
    uint32_t uid;
    uint32_t gid;
    struct bases_reader reader;
    struct process process; /* that of the reader; pid 0: it is asked for when it is needed */
};

/* What a write is based on (CONTRACT: "Versions"). */
enum model_base_kind {
    MODEL_BASE_NONE,   /* nothing, as `>>` */
    MODEL_BASE_LAST,   /* what the caller's process last read, if it did; else, when `number` is
                          not 0, the version of that sequence number */
    MODEL_BASE_OPENED, /* the version of `number`, a sequence number */
    MODEL_BASE_PINNED, /* the version of `number`; 0: the entity must not be there */
};

struct model_base {
    enum model_base_kind kind;
    uint64_t number;
};

/* What became of a command. */
struct model_result {
    uint64_t object; /* with VERSION_CONFLICT: the one that was deleted, if that was it */
    uint64_t seq;    /* of the version that is now current */
    uint64_t version;
    bool changed;           /* false: what was asked for was there already */
    enum row_op op;         /* when it changed */
    struct model_base base; /* what the write turned out to be based on; set on refusal too */
    int64_t waited;         /* nanoseconds: until the transaction began, */
    int64_t ran;            /* in it, */
    int64_t synced;         /* and until it was on disk */
};

enum model_attributes {
    MODEL_MODE = 1,
    MODEL_UID = 2,
    MODEL_GID = 4,
    MODEL_ATIME = 8,
    MODEL_MTIME = 16,
};

struct model_put {
    struct model_caller caller;
    uint64_t collection;
    struct span name; /* the entity's id; borrowed */
    uint64_t object;  /* the entity that was opened, or a number reserved for a new one */
    struct span text; /* the document, or the patch; borrowed */
    bool is_patch;    /* RFC 7396 */
    bool was_removed; /* the name that was reserved with the number has been taken away again */
    struct model_base base;
    uint32_t mode;       /* of a new entity: permission bits, */
    uint32_t uid, gid;   /* and whose it is */
    unsigned attributes; /* enum model_attributes: those of these that an existing one gets, too */
    uint64_t ino;        /* that it shows from now on; 0: as before */
    bool has_mtime;      /* it shows `mtime` (nanoseconds of real time) until its next version */
    int64_t mtime;
    uint32_t folder_mode;              /* of a new collection's folder, with S_IFDIR; 0: 0755 */
    const struct schema_source *files; /* of a schema: where references lead beside the store */
};

/* Creates, replaces or patches one entity; in STORE_SCHEMAS, a schema and with it its collection.
 * Where the document is there already, what the entry is to get is set all the same. Errors: those
 * of tree_parse and schema.h, VERSION_CONFLICT, VERSION_REQUIRED, UNIQUE_CONFLICT,
 * REFERENCE_MISSING, NOT_FOUND (the collection), SCHEMA_UNSATISFIED, NO_SPACE, DAMAGED, ENGINE,
 * NO_MEMORY. */
int model_put(struct model *model, const struct model_put *put, struct model_result *ret_result,
              struct problem *problem);

/* Appends white space to the document of the version with sequence number `seq`, while it is
 * current, without a new version: the rest of a text whose first part was complete. Does nothing
 * when it no longer is, or when `text` is not the document and white space. */
int model_amend(struct model *model, uint64_t object, uint64_t seq, struct span text,
                struct problem *problem);

/* Deletes an entity; in STORE_SCHEMAS, a schema and with it its collection, which must be empty.
 * Who refers to it is deleted or changed in the same commit, as the schema of each says, or holds
 * it. Errors: NOT_FOUND, NOT_EMPTY, VERSION_CONFLICT, REFERENCE_HELD and as model_put. */
int model_remove(struct model *model, const struct model_caller *caller, uint64_t collection,
                 struct span name, struct model_base base, struct model_result *ret_result,
                 struct problem *problem);

/* Whether model_remove would do it now, on no base: 0; 1, and others would be deleted or changed
 * with it; or what it would be refused with, but for what shows only when those are written.
 * Changes nothing. */
int model_check_remove(struct model *model, const struct model_caller *caller, uint64_t collection,
                       struct span name, struct problem *problem);

struct model_rename {
    struct model_caller caller;
    uint64_t collection;
    struct span name;
    uint64_t new_collection;
    struct span new_name;
    bool no_replace; /* RENAME_NOREPLACE of rename(2) */
};

/* Changes an entity's id, or its collection, or both: same entity, one commit. An entity that has
 * the new id is deleted in the same commit, as model_remove does. Documents keep what they refer
 * to, so one that is referred to, be it by itself alone, keeps its id. The mtime is kept, too,
 * unless the new collection's defaults change the document. Errors: ALREADY_EXISTS, REFERENCE_HELD
 * and as model_put. */
int model_rename(struct model *model, const struct model_rename *rename,
                 struct model_result *ret_result, struct problem *problem);

struct model_exchange {
    struct model_caller caller;
    uint64_t collection;
    struct span name;
    uint64_t new_collection;
    struct span new_name;
};

/* RENAME_EXCHANGE of rename(2): two entities change their ids and collections, in one commit with a
 * record of each; otherwise as model_rename. An entity and itself: nothing is done. `ret_result` is
 * that of the one that was called `name`. Errors: as model_rename. */
int model_exchange(struct model *model, const struct model_exchange *exchange,
                   struct model_result *ret_result, struct problem *problem);

struct model_rename_collection {
    struct model_caller caller;
    struct span name;
    struct span new_name;
    bool no_replace; /* RENAME_NOREPLACE of rename(2), */
    bool exchange;   /* and RENAME_EXCHANGE */
};

/* Changes a collection's name, which is that of its schema and of its folder: one commit, and its
 * object stays. One that has the new name gets the old one, with `exchange`, or else must be empty
 * and is dropped in the same commit; `ret_dropped` is then its object, else 0. Documents and
 * schemas keep what they refer to, so a collection that one of them refers to, be it its own, keeps
 * its name. Errors: BAD_NAME, NAME_TOO_LONG, NOT_FOUND, ALREADY_EXISTS, NOT_EMPTY, REFERENCE_HELD
 * and as model_put. */
int model_rename_collection(struct model *model, const struct model_rename_collection *rename,
                            uint64_t *ret_dropped, struct model_result *ret_result,
                            struct problem *problem);

/* Sets those attributes of an entry that `mask` names, from `entry`. Makes no version.
 * Errors: NOT_FOUND, NO_SPACE, DAMAGED, ENGINE. */
int model_set_attributes(struct model *model, uint64_t parent, uint64_t object, unsigned mask,
                         const struct row_entry *entry, struct problem *problem);

/* Sets or removes an extended attribute of the user's own of an entity; `name` with its "user.".
 * Makes no version. `flags` of setxattr(2). Errors: NOT_FOUND, NO_ATTRIBUTE, of the system EEXIST,
 * E2BIG (the value), ENOSPC (what the entity has of them); NO_SPACE, DAMAGED, ENGINE. */
int model_xattr_set(struct model *model, uint64_t object, struct span name, struct span value,
                    int flags, struct problem *problem);
int model_xattr_remove(struct model *model, uint64_t object, struct span name,
                       struct problem *problem);

/* The folder of a consumer below `claimed`. Errors: ALREADY_EXISTS, BAD_NAME; NOT_FOUND, NOT_EMPTY.
 */
int model_worker_add(struct model *model, const struct model_caller *caller, struct span name,
                     uint32_t mode, uint64_t *ret_object, struct problem *problem);
int model_worker_remove(struct model *model, struct span name, struct problem *problem);

/* Moves an event from the place where the caller saw it. To `claimed`: it is leased, and the
 * attempt counted. Errors: NOT_FOUND (somebody else was first). */
int model_event_move(struct model *model, struct store_event_id id, struct store_place from,
                     struct store_place to, struct problem *problem);
/* `rm`: a pending or claimed event is acknowledged and goes to dispatched; a dispatched or dead one
 * is forgotten. Errors: NOT_FOUND. */
int model_event_remove(struct model *model, struct store_event_id id, struct store_place from,
                       struct problem *problem);
/* Returns the events whose lease has run out to `pending`, or `dead` after too many attempts; and
 * tells when the next one runs out (INT64_MAX: none is leased). `ret_moved` is their number. */
int model_events_lapse(struct model *model, int64_t *ret_next_deadline, uint64_t *ret_moved);

/* Figures since the model was opened. */
struct model_stats {
    uint64_t commits;   /* commands that changed an entity */
    uint64_t unchanged; /* that found nothing to change */
    uint64_t refused;
    uint64_t syncs;   /* of the disk */
    uint64_t batches; /* transactions with at least one change */
    uint64_t largest_batch;
    uint64_t commit_nanoseconds; /* all commits' time, from the call to the answer */
};
void model_stats(struct model *model, struct model_stats *ret_stats);

/* Checks everything that is stored: each row's checksum, the chain, the records against the
 * documents, the names and indexes against the entities, the outbox against the audit. Stops at the
 * first fault, and names it: DAMAGED. `ret_summary` (optional) counts what was looked at. */
struct model_check_summary {
    uint64_t commits;
    uint64_t entities;
    uint64_t versions;
    uint64_t events;
};
int model_check(struct store *store, struct model_check_summary *ret_summary,
                struct problem *problem);

#endif
