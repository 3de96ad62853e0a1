/* put: create, replace, merge. */
#include "fs/model_internal.h"

#include "schema/merge.h"
#include "store/base/cleanup.h"

struct put {
    struct command command;
    const struct model_put *args;
    struct tree *input; /* the parsed text */
    uint64_t replaced;  /* sequence number of the version that it replaced */
};

/* What is about to be written. */
struct writing {
    struct target target;
    struct schema_ref *schema; /* the collection's, owned; NULL in the collection of schemas */
    struct schema *compiled;   /* of the schema being written, owned; else NULL */
    const struct tree *tree;
    struct span document;
    bool rewritten; /* the text is ours, not the user's */
};

static void writing_finish(struct writing *writing)
{
    schema_ref_release(writing->schema);
    schema_destroy(writing->compiled);
}

/* The text of a document that the program writes itself. */
static int spell(struct command *command, struct writing *writing)
{
    AUTO_BUF struct buf text = {0};
    tree_write_pretty(&text, writing->tree);
    writing->document = arena_copy(&command->arena, buf_span(&text));
    writing->rewritten = true;
    return buf_failed(&text) || !writing->document.data ? -ERR_NO_MEMORY : 0;
}

/* RFC 7396. A patch of nothing is the document itself, unless it removes members. */
static int merge(struct put *put, struct writing *writing)
{
    struct command *command = &put->command;
    struct tree *merged;
    int result = target_parse(&command->arena, &writing->target, &command->problem);
    if (result == 0)
        result = merge_patch(&command->arena, writing->target.tree, put->input, &merged);
    if (result < 0)
        return result;
    if (writing->target.exists && tree_same(merged, writing->target.tree)) {
        writing->tree = writing->target.tree;
        writing->document = writing->target.row.document;
        return 0;
    }
    if (!writing->target.exists && tree_same(merged, put->input))
        return 0;
    writing->tree = merged;
    return spell(command, writing);
}

static int add_defaults(struct put *put, struct writing *writing)
{
    const struct tree *complete;
    if (!writing->schema)
        return 0;
    int result = schema_apply_defaults(writing->schema->schema, &put->command.arena, writing->tree,
                                       &complete);
    if (result < 0 || complete == writing->tree)
        return result;
    writing->tree = complete;
    return spell(&put->command, writing);
}

/* What the document will be, from what was written and what is there. */
static int compose(struct batch *batch, struct put *put, struct writing *writing)
{
    writing->tree = put->input;
    writing->document = put->args->text;
    int result = put->args->is_patch ? merge(put, writing) : 0;
    if (result == 0)
        result = add_defaults(put, writing);
    size_t limit = batch->model->options.max_entity;
    if (result == 0 && writing->rewritten && writing->document.size > limit)
        return problem_set(&put->command.problem, ERR_TOO_LARGE,
                           "the document would have %zu bytes, and the limit (max_entity) is %zu",
                           writing->document.size, limit);
    return result;
}

static bool is_unchanged(const struct writing *writing)
{
    return writing->target.exists && span_equal(writing->document, writing->target.row.document);
}

static int check_version_required(struct put *put, const struct writing *writing)
{
    struct command *command = &put->command;
    if (!writing->target.exists || !writing->schema ||
        command->result.base.kind != MODEL_BASE_NONE ||
        !schema_requires_version(writing->schema->schema))
        return 0;
    problem_set(&command->problem, ERR_VERSION_REQUIRED,
                "this collection takes updates of a known version only: read it first, or write "
                "to %.*s.json@%ju",
                (int)writing->target.name.size, writing->target.name.data,
                (uintmax_t)writing->target.row.version);
    command->problem.actual_version = writing->target.row.version;
    return -ERR_VERSION_REQUIRED;
}

static int compile_schema(struct batch *batch, struct put *put, struct writing *writing)
{
    AUTO_BUF struct buf needs = {0};
    const struct source source = {.library = schema_cache_library(batch->model->schemas),
                                  .view = &batch->view,
                                  .files = put->args->files};
    return source_compile(&source, writing->target.name, writing->document, &needs,
                          &writing->compiled, &put->command.problem);
}

static int validate(struct batch *batch, struct put *put, struct writing *writing)
{
    struct command *command = &put->command;
    if (!writing->schema)
        return compile_schema(batch, put, writing);
    const struct schema *schema = writing->schema->schema;
    int result = schema_validate(schema, writing->tree, &command->problem);
    return result < 0 ? result
                      : schema_check_read_only(schema, writing->target.tree, writing->tree,
                                               &command->problem);
}

/* Gives an entry what the caller wants of it, while its version is the one of `seq`, made `at`.
 * Returns whether that is a change. */
static bool dress(const struct model_put *args, uint64_t seq, int64_t at, struct row_entry *entry)
{
    const struct row_entry before = *entry;
    if (args->attributes & MODEL_MODE)
        entry->mode = args->mode & 0777;
    if (args->attributes & MODEL_UID)
        entry->uid = args->uid;
    if (args->attributes & MODEL_GID)
        entry->gid = args->gid;
    if (args->ino != 0)
        entry->ino = args->ino;
    bool has_new_mtime = args->has_mtime && args->mtime != entry_mtime(entry, seq, at);
    if (has_new_mtime) {
        entry->mtime = args->mtime;
        entry->mtime_seq = seq;
    }
    return has_new_mtime || entry->mode != before.mode || entry->uid != before.uid ||
           entry->gid != before.gid || entry->ino != before.ino;
}

/* The entry of an entity that was there before. */
static int dress_present(struct batch *batch, const struct model_put *args,
                         const struct target *target, uint64_t seq, int64_t at)
{
    struct row_entry entry;
    if (args->attributes == 0 && args->ino == 0 && !args->has_mtime)
        return 0;
    int found = store_entry_get(&batch->view, target->collection, target->object, &entry);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    if (!dress(args, seq, at, &entry))
        return 0;
    entry.name = target->name;
    entry.ctime = batch->now;
    batch_apply(batch);
    return store_entry_put(&batch->view, target->collection, target->object, batch->state.seq,
                           &entry);
}

/* The caller's entry for something new. Ids of entities are private to their owner; folders are
 * made as mkdir(2) makes them. */
static struct row_entry new_entry(const struct put *put, int64_t now, bool is_folder)
{
    const struct model_put *args = put->args;
    uint32_t folder_mode = args->folder_mode ? args->folder_mode & 07777 : 0755;
    return (struct row_entry){.live = true,
                              .mode = is_folder ? folder_mode : args->mode & 0777,
                              .uid = args->uid,
                              .gid = args->gid,
                              .atime = now,
                              .ctime = now};
}

static int bind_new(struct batch *batch, struct put *put, const struct writing *writing)
{
    const struct target *target = &writing->target;
    struct row_entry entry = new_entry(put, batch->now, false);
    dress(put->args, batch->state.seq, batch->now, &entry);
    int result = change_bind(batch, target->collection, target->name, target->object, &entry);
    if (result < 0 || target->collection != STORE_SCHEMAS)
        return result;
    struct row_entry folder = new_entry(put, batch->now, true);
    folder.name = target->name;
    result = store_entry_put(&batch->view, STORE_ROOT, target->object, batch->state.seq, &folder);
    return result < 0 ? result : store_time_put(&batch->view, STORE_ROOT, batch->now);
}

static int apply(struct batch *batch, struct put *put, struct writing *writing,
                 const struct values *before, const struct values *after)
{
    struct command *command = &put->command;
    const struct target *target = &writing->target;
    struct change change = {
        .op = target->exists ? ROW_UPDATE : ROW_CREATE,
        .object = target->object,
        .collection = target->collection,
        .collection_name = writing->schema ? writing->schema->name : span_of_string(".schema"),
        .name = target->name,
        .before = target->tree,
        .after = writing->tree,
        .document = writing->document,
        .current = target->exists ? &target->row : NULL,
        .predecessor = target->predecessor,
        .events = writing->schema ? schema_events(writing->schema->schema) : 0,
    };
    batch_apply(batch);
    int result = change_append(batch, command, &command->arena, &change);
    if (result == 0)
        result = target->exists
                     ? dress_present(batch, put->args, target, batch->state.seq, batch->now)
                     : bind_new(batch, put, writing);
    return result < 0 ? result
                      : values_apply(batch, target->collection, target->object, before, after);
}

static int check_values(struct batch *batch, struct put *put, const struct writing *writing,
                        struct values *before, struct values *after)
{
    struct command *command = &put->command;
    const struct target *target = &writing->target;
    const struct schema_ref *schema = writing->schema;
    int result = values_collect(&command->arena, schema, target->tree, before, &command->problem);
    if (result == 0)
        result = values_collect(&command->arena, schema, writing->tree, after, &command->problem);
    return result < 0 ? result
                      : values_check(batch, schema, target->object, target->name, before, after,
                                     &command->problem);
}

static int decide_and_apply(struct batch *batch, struct put *put, struct writing *writing)
{
    struct command *command = &put->command;
    struct values before = {0};
    struct values after = {0};
    int result = target_parse(&command->arena, &writing->target, &command->problem);
    if (result == 0)
        result = validate(batch, put, writing);
    if (result == 0 && writing->schema)
        result = check_values(batch, put, writing, &before, &after);
    struct target target = writing->target;
    if (result == 0)
        result = apply(batch, put, writing, &before, &after);
    if (result == 0 && writing->compiled)
        result = alter_collection(batch, command, &target, writing->tree, writing->compiled);
    return result;
}

/* The handle was opened to create, by leave of the folder alone. What somebody else has created
 * there since is theirs to say who may write; but whose the store is may write all of it. */
static int check_created(struct batch *batch, struct put *put, const struct target *target)
{
    const struct model_put *args = put->args;
    struct problem *problem = &put->command.problem;
    if (target->object == args->object && !target->exists && args->was_removed)
        return problem_set(problem, ERR_VERSION_CONFLICT,
                           "it was removed after it was opened: open it again to create it anew");
    if (!target->exists || target->object == args->object)
        return 0;
    struct row_entry entry;
    int found = store_entry_get(&batch->view, target->collection, target->object, &entry);
    if (found != 1)
        return found < 0 ? found : -ERR_DAMAGED;
    const struct model_caller *caller = &args->caller;
    uint32_t bit = 0002;
    if (caller->uid == entry.uid)
        bit = 0200;
    else if (caller->gid == entry.gid || process_has_group(caller->reader.tid, entry.gid))
        bit = 0020;
    if (caller->uid == 0 || caller->uid == geteuid() || entry.mode & bit)
        return 0;
    return problem_set(problem, ERR_ACCESS,
                       "somebody else has created it, and you may not write it");
}

static int prepare(struct batch *batch, struct put *put, struct writing *writing)
{
    struct command *command = &put->command;
    const struct model_put *args = put->args;
    int result = 0;
    if (args->collection != STORE_SCHEMAS)
        result = schema_cache_get(batch->model->schemas, &batch->view, args->collection,
                                  &writing->schema, &command->problem);
    if (result == 0)
        result = target_resolve(batch, command, args->collection, args->name, args->object,
                                &writing->target);
    if (result == 0)
        result = check_created(batch, put, &writing->target);
    if (result < 0 || writing->target.collection == args->collection ||
        args->collection == STORE_SCHEMAS)
        return result;
    /* It was moved to another collection after it was opened. */
    schema_ref_release(writing->schema);
    writing->schema = NULL;
    return schema_cache_get(batch->model->schemas, &batch->view, writing->target.collection,
                            &writing->schema, &command->problem);
}

static int run(struct batch *batch, struct command *command)
{
    struct put *put = (struct put *)command;
    struct writing writing = {0};
    int result = prepare(batch, put, &writing);
    put->replaced = writing.target.seq;
    /* Even a write of what is there already is refused when it was made in ignorance of it: two who
     * both count from 5 to 6 have not counted to 7. */
    if (result == 0)
        result = target_check_base(batch, command, &writing.target, &put->args->caller.reader,
                                   put->args->base);
    if (result == 0)
        result = compose(batch, put, &writing);
    if (result == 0 && is_unchanged(&writing)) {
        command->result.object = writing.target.object;
        command->result.seq = writing.target.seq;
        command->result.version = writing.target.row.version;
        result = dress_present(batch, put->args, &writing.target, writing.target.seq,
                               writing.target.row.at);
    } else if (result == 0) {
        result = check_version_required(put, &writing);
        if (result == 0)
            result = decide_and_apply(batch, put, &writing);
    }
    writing_finish(&writing);
    return result;
}

/* Who patches what it has not seen does not know what comes of it. */
static bool is_blind(struct model *model, const struct put *put)
{
    struct bases_note note;
    return put->args->is_patch && put->command.result.base.kind == MODEL_BASE_NONE &&
           !(bases_find(model->bases, put->command.result.object, put->args->caller.reader,
                        put->replaced, &note) &&
             note.seq == put->replaced);
}

static void committed(struct model *model, struct command *command)
{
    const struct put *put = (struct put *)command;
    if (!command->result.changed) {
        atomic_fetch_add(&model->unchanged, 1);
        return;
    }
    if (is_blind(model, put))
        return;
    bases_wrote(model->bases, command->result.object, put->args->caller.reader, command->result.seq,
                command->result.base.kind == MODEL_BASE_OPENED);
}

int model_put(struct model *model, const struct model_put *args, struct model_result *ret_result,
              struct problem *problem)
{
    struct put put = {.args = args};
    command_init(&put.command, &args->caller);
    put.command.run = run;
    put.command.committed = committed;
    put.command.alone = args->collection == STORE_SCHEMAS;
    int result = tree_parse(&put.command.arena, args->text, model->options.max_entity, &put.input,
                            &put.command.problem);
    if (result < 0)
        return command_refuse(model, &put.command, result, problem);
    result = command_submit(model, &put.command, problem);
    *ret_result = put.command.result;
    /* What was deleted cannot be read again: being told of it is as good. */
    if (result == -ERR_VERSION_CONFLICT && ret_result->object != 0)
        bases_forget(model->bases, ret_result->object, args->caller.reader);
    return result;
}

struct amend {
    struct command command;
    uint64_t object;
    uint64_t seq;
    struct span text;
};

static bool is_blank(struct span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr(" \t\r\n", text.data[i]) || text.data[i] == 0)
            return false;
    return true;
}

static int run_amend(struct batch *batch, struct command *command)
{
    struct amend *amend = (struct amend *)command;
    struct row_version row;
    uint64_t seq;
    int found = store_version_get(&batch->view, amend->object, &seq, &row);
    if (found < 0)
        return found;
    if (found == 0 || seq != amend->seq || row.op == ROW_DELETE ||
        !span_starts_with(amend->text, row.document) || amend->text.size == row.document.size ||
        !is_blank(span_skip(amend->text, row.document.size)))
        return 0;
    row.name = arena_copy(&command->arena, row.name);
    row.head = arena_copy(&command->arena, row.head);
    row.patch = arena_copy(&command->arena, row.patch);
    row.document = amend->text;
    if (!row.name.data || !row.head.data || !row.patch.data)
        return -ERR_NO_MEMORY;
    batch_apply(batch);
    return store_version_put(&batch->view, amend->object, seq, &row);
}

int model_amend(struct model *model, uint64_t object, uint64_t seq, struct span text,
                struct problem *problem)
{
    struct amend amend = {.object = object, .seq = seq, .text = text};
    command_init(&amend.command, NULL);
    amend.command.run = run_amend;
    return command_submit(model, &amend.command, problem);
}
