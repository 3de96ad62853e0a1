/* A folder of events below `.outbox/`: pending, dispatched, dead, or a worker's below claimed. An
 * event is claimed, acknowledged or given back by moving its file. */
#include "audit/event.h"
#include "fs/node.h"
#include "fs/reaper.h"
#include "store/base/cleanup.h"

/* Where the events of a folder are. Returns false for `claimed`, which holds none. */
static bool place_of(uint64_t folder, struct store_place *ret_place)
{
    static const enum row_place places[STORE_FIRST_FREE] = {[STORE_PENDING] = ROW_PENDING,
                                                            [STORE_DISPATCHED] = ROW_DISPATCHED,
                                                            [STORE_DEAD] = ROW_DEAD};
    uint64_t object = inode_number(folder);
    if (inode_tag(folder) == INODE_WORKER)
        *ret_place = (struct store_place){.place = ROW_CLAIMED, .worker = object};
    else if (inode_tag(folder) == INODE_PLACE && object < STORE_FIRST_FREE && places[object] != 0)
        *ret_place = (struct store_place){.place = places[object]};
    else
        return false;
    return true;
}

static uint64_t event_inode(struct store_event_id id)
{
    return inode_make(INODE_EVENT, id.seq << 6 | id.nth);
}

/* The event that has that name in that place. Returns 1, 0 or an error. */
static int find(struct store_view *view, struct store_place place, struct span name,
                struct store_event_id *ret_id)
{
    struct row_event event;
    if (!audit_event_parse(name, ret_id))
        return 0;
    int found = store_event_get(view, place, *ret_id, &event);
    if (found != 1)
        return found;
    AUTO_BUF struct buf expected = {0};
    audit_event_name(&expected, *ret_id, event.type);
    return span_equal(buf_span(&expected), name);
}

static int find_event(struct request *request, struct store_place place, struct span name,
                      struct store_event_id *ret_id)
{
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = find(&view, place, name, ret_id);
    return found == 1 ? 0 : found < 0 ? found : -ERR_NOT_FOUND;
}

static int event_lookup(struct request *request, struct store_place place, struct span name,
                        struct node_entry *ret_entry)
{
    struct store_event_id id;
    int result = find_event(request, place, name, &id);
    return result < 0 ? result : node_entry_fill(request, event_inode(id), ret_entry);
}

static int worker_find(struct request *request, struct span name, struct node_entry *ret_entry)
{
    struct row_binding binding;
    if (name.size > NAME_ID_MAX)
        return -ERR_NAME_TOO_LONG;
    int found = node_name_get(request, STORE_CLAIMED, name, &binding);
    if (found != 1 || !binding.live)
        return found < 0 ? found : -ERR_NOT_FOUND;
    return node_entry_fill(request, inode_make(INODE_WORKER, binding.object), ret_entry);
}

static int place_lookup(struct request *request, uint64_t folder, struct span name,
                        struct node_entry *ret_entry)
{
    struct store_place place;
    return place_of(folder, &place) ? event_lookup(request, place, name, ret_entry)
                                    : worker_find(request, name, ret_entry);
}

static int list_workers(struct store_view *view, uint64_t offset, struct node_listing *listing)
{
    struct row_entry entry;
    uint64_t object = offset;
    int found;
    while ((found = store_entry_next(view, STORE_CLAIMED, object, &object, &entry)) == 1)
        if (!listing->add(listing, entry.name, inode_make(INODE_WORKER, object), S_IFDIR, object))
            return 0;
    return found;
}

#define OFFSET_EVENTS 64 /* offsets of events begin here: seq << 6 | nth, and seq begins at 1 */

static int list_events(struct store_view *view, struct store_place place, uint64_t offset,
                       struct node_listing *listing)
{
    struct store_event_id id = {0};
    struct row_event event;
    int found;
    if (offset >= OFFSET_EVENTS)
        id = (struct store_event_id){.seq = offset >> 6, .nth = offset & 63};
    while ((found = store_event_next(view, place, id, &id, &event)) == 1) {
        AUTO_BUF struct buf name = {0};
        audit_event_name(&name, id, event.type);
        if (!listing->add(listing, buf_span(&name), event_inode(id), S_IFREG, id.seq << 6 | id.nth))
            return 0;
    }
    return found;
}

static int place_readdir(struct request *request, uint64_t folder, uint64_t offset,
                         struct node_listing *listing)
{
    struct store_place place;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    return place_of(folder, &place) ? list_events(&view, place, offset, listing)
                                    : list_workers(&view, offset, listing);
}

static int place_mkdir(struct request *request, uint64_t folder, struct span name, mode_t mode,
                       struct node_entry *ret_entry)
{
    uint64_t object;
    int result = inode_number(folder) == STORE_CLAIMED ? name_check_id(name, &request->problem)
                                                       : -ERR_NOT_PERMITTED;
    if (result == -ERR_NOT_PERMITTED)
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "workers have their folders below .outbox/claimed");
    if (result == 0)
        result = model_worker_add(request->mount->model, &request->caller, name, (uint32_t)mode,
                                  &object, &request->problem);
    if (result < 0)
        return result;
    reaper_wake(request->mount->reaper);
    return node_entry_fill(request, inode_make(INODE_WORKER, object), ret_entry);
}

static int place_rmdir(struct request *request, uint64_t folder, struct span name)
{
    if (inode_number(folder) != STORE_CLAIMED)
        return -ERR_NOT_FOUND;
    return model_worker_remove(request->mount->model, name, &request->problem);
}

/* The event a name in a folder means, seen now. */
static int find_in_folder(struct request *request, uint64_t folder, struct span name,
                          struct store_place *ret_place, struct store_event_id *ret_id)
{
    return place_of(folder, ret_place) ? find_event(request, *ret_place, name, ret_id)
                                       : -ERR_IS_A_DIRECTORY;
}

static int place_unlink(struct request *request, uint64_t folder, struct span name)
{
    struct store_place place;
    struct store_event_id id;
    int result = find_in_folder(request, folder, name, &place, &id);
    return result < 0 ? result
                      : model_event_remove(request->mount->model, id, place, &request->problem);
}

static int place_rename(struct request *request, uint64_t folder, struct span name,
                        uint64_t new_folder, struct span new_name, unsigned flags)
{
    struct store_place from;
    struct store_place to;
    struct store_event_id id;
    (void)flags; /* nothing of that name can be there: an event is in one place */
    int result = find_in_folder(request, folder, name, &from, &id);
    if (result < 0)
        return result;
    if (!place_of(new_folder, &to))
        return problem_set(&request->problem, ERR_NOT_PERMITTED,
                           "an event moves between pending, claimed/<worker>, dispatched and dead");
    if (!span_equal(name, new_name))
        return problem_set(&request->problem, ERR_NOT_PERMITTED, "an event keeps its name");
    result = model_event_move(request->mount->model, id, from, to, &request->problem);
    if (result == 0)
        reaper_wake(request->mount->reaper);
    return result;
}

/* How many folders are in `claimed` nobody counts: 1, as other file systems have it then. */
static int place_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    int result = node_folder_stat(request, inode, 0700, ret_stat);
    if (result == 0 && inode_number(inode) == STORE_CLAIMED)
        ret_stat->st_nlink = 1;
    return result;
}

const struct node_kind node_place = {.type = S_IFDIR,
                                     .is_view = true,
                                     .getattr = place_getattr,
                                     .setattr = node_folder_setattr,
                                     .lookup = place_lookup,
                                     .readdir = place_readdir,
                                     .mkdir = place_mkdir,
                                     .rmdir = place_rmdir,
                                     .unlink = place_unlink,
                                     .rename = place_rename};

/* A worker's folder belongs to who made it. */
static int worker_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    struct row_entry entry;
    int64_t changed;
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = store_entry_get(&view, STORE_CLAIMED, inode_number(inode), &entry);
    int has_time = store_time_get(&view, inode_number(inode), &changed);
    if (found != 1 || !entry.live)
        return found < 0 ? found : -ERR_NOT_FOUND;
    node_stat(request->mount, inode, S_IFDIR | entry.mode, ret_stat);
    ret_stat->st_uid = entry.uid;
    ret_stat->st_gid = entry.gid;
    node_stat_times(ret_stat, entry.atime, has_time == 1 ? changed : entry.mtime, entry.ctime);
    return 0;
}

static int worker_setattr(struct request *request, uint64_t inode, struct handle *handle,
                          const struct stat *wanted, unsigned set)
{
    (void)handle;
    return node_set_attributes(request, STORE_CLAIMED, inode_number(inode), wanted, set);
}

const struct node_kind node_worker = {.type = S_IFDIR,
                                      .is_view = true,
                                      .getattr = worker_getattr,
                                      .setattr = worker_setattr,
                                      .lookup = place_lookup,
                                      .readdir = place_readdir,
                                      .unlink = place_unlink,
                                      .rename = place_rename};
