/* Who may use an entry, and its times: no version, no record. */
#include "fs/model_internal.h"

struct setting {
    struct command command;
    uint64_t parent;
    uint64_t object;
    unsigned mask;
    const struct row_entry *entry;
};

static int merge(struct batch *batch, const struct setting *setting, struct row_entry *entry)
{
    const struct row_entry *wanted = setting->entry;
    if (setting->mask & MODEL_MODE)
        entry->mode = wanted->mode & 07777;
    if (setting->mask & MODEL_UID)
        entry->uid = wanted->uid;
    if (setting->mask & MODEL_GID)
        entry->gid = wanted->gid;
    if (setting->mask & MODEL_ATIME)
        entry->atime = wanted->atime;
    entry->ctime = batch->now;
    if (!(setting->mask & MODEL_MTIME))
        return 0;
    struct row_version row;
    uint64_t seq = 0;
    int found = store_version_get(&batch->view, setting->object, &seq, &row);
    entry->mtime = wanted->mtime;
    entry->mtime_seq = found == 1 ? seq : 0;
    return found < 0 ? found : 0;
}

/* The mtime of a folder is the time of its listing's last change, or what it was set to since. One
 * whose listing never changed has that of its entry, which is about to be another. */
static int set_listing_time(struct batch *batch, const struct setting *setting, int64_t before)
{
    int64_t time = before;
    int found = 0;
    if (setting->mask & MODEL_MTIME)
        time = setting->entry->mtime;
    else
        found = store_time_get(&batch->view, setting->object, &time);
    if (found != 0)
        return found < 0 ? found : 0;
    return store_time_put(&batch->view, setting->object, time);
}

static int run(struct batch *batch, struct command *command)
{
    const struct setting *setting = (const struct setting *)command;
    struct row_entry entry;
    int found = store_entry_get(&batch->view, setting->parent, setting->object, &entry);
    if (found < 0)
        return found;
    if (found == 0 && setting->object < STORE_FIRST_FREE)
        entry = (struct row_entry){.live = true, .atime = batch->now};
    else if (found == 0 || !entry.live)
        return problem_set(&command->problem, ERR_NOT_FOUND, "it is not there any more");
    entry.name = arena_copy(&command->arena, entry.name);
    if (!entry.name.data)
        return -ERR_NO_MEMORY;
    int64_t before = found == 1 ? entry.ctime : batch->now;
    int result = merge(batch, setting, &entry);
    if (result < 0)
        return result;
    batch_apply(batch);
    if (setting->parent == STORE_ROOT)
        result = set_listing_time(batch, setting, before);
    return result < 0 ? result
                      : store_entry_put(&batch->view, setting->parent, setting->object,
                                        batch->state.seq, &entry);
}

int model_set_attributes(struct model *model, uint64_t parent, uint64_t object, unsigned mask,
                         const struct row_entry *entry, struct problem *problem)
{
    struct setting setting = {.parent = parent, .object = object, .mask = mask, .entry = entry};
    command_init(&setting.command, NULL);
    setting.command.run = run;
    return command_submit(model, &setting.command, problem);
}
