/* What the files of the model share. They may use store/, schema/ and audit/; never FUSE, and no
 * node or operation of fs/.
 *
 * A command runs inside a write transaction that it may share with others. It first reads and
 * decides, and may refuse; from batch_apply on it writes, and can fail only as the engine or the
 * memory fails, which undoes the whole transaction. */
#ifndef PERSISTFS_FS_MODEL_INTERNAL_H
#define PERSISTFS_FS_MODEL_INTERNAL_H

#include "audit/record.h"
#include "fs/model.h"

#include <pthread.h>
#include <stdatomic.h>

struct schema_cache;

struct model {
    struct store *store;          /* the caller's */
    struct bases *bases;          /* owned */
    struct schema_cache *schemas; /* owned */
    struct model_options options;
    bool (*is_leaving)(void *context, uint64_t object, pid_t pid); /* NULL: nobody is */
    void *leaving_context;

    pthread_mutex_t queue_lock; /* guards the queue and the `done` and `leads` of its commands;
                                   never held while a transaction is under way */
    struct command *queue_head, *queue_tail;
    bool leading; /* somebody runs a batch, or has been told to */

    atomic_uint_least64_t commits, unchanged, refused, batches, largest_batch, commit_nanoseconds;
};

/* The transaction that commands run in. */
struct batch {
    struct model *model;
    struct store_view view;
    struct row_state state; /* as it will be after the commands so far */
    int64_t now;            /* real time, nanoseconds; one for all */
    bool dirty;             /* state must be written */
    bool applying;          /* the command under way has begun to write */
    pid_t pid;              /* whose it is */
};

/* Whether the entity is about to be deleted, to the eyes of the command under way. */
bool batch_is_leaving(const struct batch *batch, uint64_t object);

struct command {
    /* Decides and applies. May be called more than once, each time in a fresh transaction. */
    int (*run)(struct batch *batch, struct command *command);
    /* After a successful commit, in the order of the batch. NULL: nothing to do. */
    void (*committed)(struct model *model, struct command *command);
    bool alone; /* needs a transaction of its own: it writes before it has decided */
    struct arena arena;
    struct audit_actor actor;
    struct problem problem;
    struct model_result result;
    int outcome;

    struct command *next; /* in the queue or the batch; guarded by queue_lock */
    bool done, leads;
    pthread_cond_t wake; /* `done` or `leads` was set */
    int64_t entered;     /* monotonic */
};

void command_init(struct command *command, const struct model_caller *caller);
/* Runs it, with whatever others are waiting, and returns the outcome; moves the problem to
 * `problem`, and releases everything but the result. */
int command_submit(struct model *model, struct command *command, struct problem *problem);
/* Ends one that was refused before it needed a transaction. */
int command_refuse(struct model *model, struct command *command, int outcome,
                   struct problem *problem);

/* To be called before a command's first write. */
static inline void batch_apply(struct batch *batch)
{
    batch->applying = true;
    batch->dirty = true;
}

/* Another schema that one refers to, as it was when that was compiled. */
struct schema_need {
    uint64_t collection;
    struct digest record; /* the hash of the record that put it in force */
};

/* A compiled schema, shared. */
struct schema_ref {
    atomic_uint references;
    uint64_t collection;
    struct digest record;  /* the hash of the record that put it in force */
    struct schema *schema; /* owned */
    struct span name;      /* of the collection; owned */
    struct buf needs;      /* of struct schema_need, those of its references' references too */
};

/* The schemas that have an $id, looked for once and for all that are compiled as of the same view.
 * All zero to begin with. */
struct source_ids {
    bool is_loaded;
    struct arena arena;
    struct buf found;
};
void source_ids_finish(struct source_ids *ids);

/* Where the references of a collection's schema lead. */
struct source {
    const struct schema_library *library;
    struct store_view *view;
    struct source_ids *ids; /* NULL: its own */
    const struct schema_source
        *files; /* asked for the schemas that the store has not; NULL: none */
};

/* Compiles it. What it refers to is appended to `needs`. Errors: as schema_compile, and the
 * store's. */
int source_compile(const struct source *source, struct span name, struct span text,
                   struct buf *needs, struct schema **ret_schema, struct problem *problem);
/* Whether a schema may refer to others, as its text has it: cheaper than to compile it. */
bool source_may_need(struct span text);
/* Whether the schema refers to that of the collection, itself or by way of others. */
bool schema_ref_needs(const struct schema_ref *schema, uint64_t collection);

struct schema_cache *schema_cache_create(void);
void schema_cache_destroy(struct schema_cache *cache);
const struct schema_library *schema_cache_library(const struct schema_cache *cache);
/* The schema in force in the view. Errors: NOT_FOUND when there is no such collection. */
int schema_cache_get(struct schema_cache *cache, struct store_view *view, uint64_t collection,
                     struct schema_ref **ret_schema, struct problem *problem);
/* The same, compiled anew, and what was kept is forgotten: another schema is about to change, and
 * with it where references lead. */
int schema_cache_renew(struct schema_cache *cache, struct store_view *view, struct source_ids *ids,
                       uint64_t collection, struct schema_ref **ret_schema,
                       struct problem *problem);
void schema_ref_release(struct schema_ref *schema); /* takes NULL */

/* The entity a command is about. */
struct target {
    bool exists;
    uint64_t object;
    uint64_t collection;
    struct span name;        /* the arena's, or the caller's */
    uint64_t seq;            /* of the current version */
    struct row_version row;  /* the current version; its spans end with the first write */
    const struct tree *tree; /* its document, once target_parse was called; borrows from the row */
    uint64_t predecessor;    /* of a new one */
};

/* The entity of that name. */
int target_find(struct batch *batch, struct command *command, uint64_t collection, struct span name,
                struct target *ret_target);
/* The entity of that number, under whatever name it has now; when there never was one, the entity
 * of that name, or a new one. Errors: VERSION_CONFLICT when it was deleted. */
int target_resolve(struct batch *batch, struct command *command, uint64_t collection,
                   struct span name, uint64_t object, struct target *ret_target);
/* Fills in the object of that number, beside what is known of the target: 1, 0 when there never was
 * one, or an error. */
int target_load(struct batch *batch, struct arena *arena, uint64_t object, struct target *target);
int target_parse(struct arena *arena, struct target *target, struct problem *problem);

/* Deletes it: its last record, its name, its values. `schema` is its collection's, NULL for that of
 * a schema. Begins to write. */
int target_erase(struct batch *batch, struct command *command, struct arena *arena,
                 struct target *target, const struct schema_ref *schema, uint64_t commit);
/* The same, with what has to go or to change along with an entity (x-on-delete), all of it one
 * commit. `heir` is an entity that is to take its name, 0: none. Refuses before it begins to write,
 * but for a value that a change would bring into conflict. Errors: REFERENCE_HELD. */
int target_delete(struct batch *batch, struct command *command, struct target *target,
                  const struct schema_ref *schema, uint64_t heir);
/* Then takes away the folder of a collection whose schema it was. */
int target_drop_folder(struct batch *batch, const struct target *target);

/* Refuses a write whose base is not the current version. Sets command->result.base. */
int target_check_base(struct batch *batch, struct command *command, const struct target *target,
                      const struct bases_reader *reader, struct model_base base);

/* One value in one unique index. */
struct unique_value {
    const struct schema_unique *rule;
    uint64_t index;
    struct span value; /* canonical JSON; the arena's */
};
struct unique_values {
    size_t count;
    struct unique_value *items;
};

/* The values a document has (`tree` NULL: none). */
int unique_collect(struct arena *arena, const struct schema *schema, const struct tree *tree,
                   struct unique_values *ret_values);
/* Refuses a value of `after`, not among `before`, that another object has. */
int unique_check(struct batch *batch, const struct schema_ref *schema, uint64_t object,
                 const struct unique_values *before, const struct unique_values *after,
                 struct problem *problem);
int unique_apply(struct batch *batch, uint64_t collection, uint64_t object, uint64_t seq,
                 const struct unique_values *before, const struct unique_values *after);

/* One value that refers to an entity. */
struct reference {
    const struct schema_reference *member;
    uint64_t rule;      /* what the store calls it */
    uint32_t nth;       /* which item, where each is a reference */
    struct span target; /* "users/alice", as the store has it; the arena's */
};
struct references {
    size_t count;
    struct reference *items; /* sorted, no two alike */
};

/* What the store calls the rule: a fingerprint of where it stands. */
int reference_rule(const struct schema_reference *rule, uint64_t *ret_rule);
/* Appends what the store calls the entity: "users/alice". */
void reference_target(struct buf *out, struct span collection, struct span id);
/* The values of a document that the rule is about, whatever their type. */
const struct tree *reference_values(const struct schema_reference *rule, const struct tree *tree,
                                    uint32_t *ret_count);
/* Of how many values the rules of a schema are. */
size_t references_count(const struct schema *schema, const struct tree *tree);
/* Who has the name, or had it last; object 0: nobody ever had. */
int reference_find(struct store_view *view, uint64_t parent, struct span name,
                   struct row_binding *ret_binding);

/* The references of a document (`tree` NULL: none). Errors: REFERENCE_MISSING for a value that is
 * no string, TOO_LARGE. */
int references_collect(struct arena *arena, const struct schema_ref *schema,
                       const struct tree *tree, struct references *ret_references,
                       struct problem *problem);
/* Refuses a reference of `after`, not among `before`, that leads to no entity; to the entity
 * itself, which is to be called `name`, it may. Errors: REFERENCE_MISSING. */
int references_check(struct batch *batch, const struct schema_ref *schema, struct span name,
                     const struct references *before, const struct references *after,
                     struct problem *problem);
int references_apply(struct batch *batch, uint64_t object, uint64_t seq,
                     const struct references *before, const struct references *after);

/* Refuses to take an entity's name away while anybody refers to it by that. Errors:
 * REFERENCE_HELD. */
int referrers_check_rename(struct batch *batch, struct command *command,
                           const struct target *target, const struct schema_ref *schema);
/* The same of a collection's name, and of all entities in it. */
int referrers_check_collection(struct batch *batch, struct command *command, struct span name);
/* What a deletion takes along: who is to be deleted or changed because it refers to the target, or
 * to one that is to be deleted. `*ret_cascade` is the caller's, and NULL when nobody does. Only
 * looks. Errors: REFERENCE_HELD. */
struct cascade;
int cascade_plan(struct batch *batch, struct command *command, const struct target *target,
                 const struct schema_ref *schema, uint64_t heir, struct cascade **ret_cascade);
/* Writes it, once the target was erased. Leaves the command's result as it is. */
int cascade_apply(struct batch *batch, struct command *command, struct cascade *cascade,
                  uint64_t commit);
void cascade_destroy(struct cascade *cascade); /* takes NULL */

/* All that the indexes have of one document. */
struct values {
    struct unique_values uniques;
    struct references references;
};
int values_collect(struct arena *arena, const struct schema_ref *schema, const struct tree *tree,
                   struct values *ret_values, struct problem *problem);
/* Whether the object, which is to be called `name`, may have those values. */
int values_check(struct batch *batch, const struct schema_ref *schema, uint64_t object,
                 struct span name, const struct values *before, const struct values *after,
                 struct problem *problem);
/* Writes the difference, as of the last record. */
int values_apply(struct batch *batch, uint64_t collection, uint64_t object,
                 const struct values *before, const struct values *after);

/* A new version of an object, with its record, its events and its link of the chain. */
struct change {
    enum row_op op;
    uint64_t object;
    uint64_t collection;
    struct span collection_name;
    struct span name;
    struct span from;                  /* rename: where it was */
    const struct tree *before;         /* NULL at creation */
    const struct tree *after;          /* NULL at deletion */
    struct span document;              /* not of the store's map */
    const struct row_version *current; /* NULL at creation */
    uint64_t predecessor;              /* at creation */
    uint64_t commit;                   /* the commit's first seq; 0: this begins one */
    unsigned events;                   /* the collection's, enum schema_events */
};

/* Writes it, and sets the command's result. Must follow batch_apply. */
int change_append(struct batch *batch, struct command *command, struct arena *arena,
                  const struct change *change);
/* The mtime that an entry shows while its version is the one of `seq`, made `at`. */
static inline int64_t entry_mtime(const struct row_entry *entry, uint64_t seq, int64_t at)
{
    return entry->mtime_seq == seq ? entry->mtime : at;
}

/* Gives an object a name and an entry, or takes them away. */
int change_bind(struct batch *batch, uint64_t collection, struct span name, uint64_t object,
                const struct row_entry *entry);
int change_unbind(struct batch *batch, uint64_t collection, struct span name, uint64_t object);
/* Takes the entry away alone: the name is another's by now. */
int change_unlist(struct batch *batch, uint64_t collection, struct span name, uint64_t object);

/* An entity that is about to get another id, or another collection, or both. */
struct move {
    struct target target;               /* the entity, where it is */
    const struct schema_ref *from, *to; /* of its collection, and of its next one; one without a
                                           schema: that of the schemas */
    struct span name;                   /* its next one */
    bool is_name_taken;          /* its name has been given to another before, in this commit */
    const struct tree *tree;     /* the document there, */
    struct span document;        /* and its text; the arena's */
    struct values before, after; /* when the collection is another */
};

/* Makes the document, and the values, for the next collection, whose schema must be satisfied.
 * Errors: as model_put. */
int move_compose(struct command *command, struct move *move);
/* Its record, names and entries. Begins to write. */
int move_write(struct batch *batch, struct command *command, const struct move *move,
               uint64_t commit);
/* What the indexes have of it, in the two collections. */
int move_release_values(struct batch *batch, const struct move *move);
int move_take_values(struct batch *batch, const struct move *move);

/* What extended attributes an entity may have. */
#define MODEL_XATTR_NUMBER 64
#define MODEL_XATTR_NAME   255   /* bytes of a name; the kernel passes no longer ones */
#define MODEL_XATTR_VALUE  65536 /* of a value */
#define MODEL_XATTR_SUM    65536 /* of all names and values */

/* Takes all extended attributes of an object that was deleted, as of the last record. */
int xattrs_erase(struct batch *batch, struct arena *arena, uint64_t object);

/* A schema that was validated is about to be in force, and was written: brings the entities of its
 * collection under it, and those of the collections that refer to it. `target` is as it was before.
 * Writes as it goes; the command is alone in its transaction. */
int alter_collection(struct batch *batch, struct command *command, const struct target *target,
                     const struct tree *tree, const struct schema *schema);
/* The same of one that got another name, which can be part of its $id: of those who come to refer
 * to it. `commit` is the first seq of this commit. The command's result may be theirs then. */
int alter_renamed(struct batch *batch, struct command *command, const struct target *target,
                  uint64_t commit);
/* Refuses to take a schema's name away while the schema of another collection refers to it. Errors:
 * REFERENCE_HELD. */
int alter_check_dependents(struct batch *batch, struct command *command,
                           const struct target *target);
/* The same, and while its collection has entities. Errors: NOT_EMPTY, REFERENCE_HELD. */
int alter_drop(struct batch *batch, struct command *command, const struct target *target);

#endif
