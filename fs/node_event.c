/* An event of the outbox, wherever it is: its number is that of its record, so a move keeps it. */
#include "audit/event.h"
#include "fs/node.h"

static struct store_event_id event_of(uint64_t inode)
{
    uint64_t number = inode_number(inode);
    return (struct store_event_id){.seq = number >> 6, .nth = number & 63};
}

/* Where the event is now, and what it tells of. Its spans end with the view. */
struct subject {
    struct store_place place;
    struct row_event event;
    struct row_version row;
};

/* Begins the view, which the caller ends. */
static int load(struct request *request, uint64_t inode, struct store_view *view,
                struct subject *ret_subject)
{
    struct store_event_id id = event_of(inode);
    uint64_t seq = 0;
    int result = store_read(request->mount->store, view);
    if (result < 0)
        return result;
    int found = store_place_get(view, id, &ret_subject->place);
    if (found == 1)
        found = store_event_get(view, ret_subject->place, id, &ret_subject->event);
    if (found == 1)
        found =
            store_version_as_of(view, ret_subject->event.object, id.seq, &seq, &ret_subject->row);
    return found == 1 ? 0 : found < 0 ? found : -ERR_NOT_FOUND;
}

/* Who claimed it may read it. */
static int set_owner(struct store_view *view, struct store_place place, struct stat *stat)
{
    struct row_entry worker;
    if (place.place != ROW_CLAIMED)
        return 0;
    int found = store_entry_get(view, STORE_CLAIMED, place.worker, &worker);
    if (found != 1)
        return found;
    stat->st_uid = worker.uid;
    stat->st_gid = worker.gid;
    return 0;
}

static int event_getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    struct subject subject;
    AUTO_VIEW struct store_view view = {0};
    int result = load(request, inode, &view, &subject);
    if (result < 0)
        return result;
    node_stat(request->mount, inode, S_IFREG | 0600, ret_stat);
    node_stat_size(ret_stat, audit_event_size(&subject.event));
    node_stat_times(ret_stat, subject.event.since, subject.event.since, subject.event.since);
    return set_owner(&view, subject.place, ret_stat);
}

static int render(struct request *request, uint64_t inode, struct buf *out)
{
    struct subject subject;
    AUTO_VIEW struct store_view view = {0};
    int result = load(request, inode, &view, &subject);
    if (result == 0)
        audit_event_write(out, event_of(inode), &subject.event, &subject.row);
    return result;
}

static int event_open(struct request *request, uint64_t inode, int flags,
                      struct handle **ret_handle)
{
    return node_text_open(request, inode, flags, render, ret_handle);
}

#define ATTEMPTS "user.persistfs.attempts"

static int event_getxattr(struct request *request, uint64_t inode, struct span name,
                          struct buf *out)
{
    struct subject subject;
    if (!span_is(name, ATTEMPTS))
        return -ERR_NO_ATTRIBUTE;
    AUTO_VIEW struct store_view view = {0};
    int result = load(request, inode, &view, &subject);
    if (result == 0)
        buf_printf(out, "%u", subject.event.attempts);
    return result;
}

static int event_listxattr(struct request *request, uint64_t inode, struct buf *out)
{
    (void)request, (void)inode;
    buf_append(out, ATTEMPTS, sizeof(ATTEMPTS));
    return 0;
}

const struct node_kind node_event = {.type = S_IFREG,
                                     .is_view = true,
                                     .getattr = event_getattr,
                                     .open = event_open,
                                     .read = node_text_read,
                                     .release = node_text_release,
                                     .getxattr = event_getxattr,
                                     .listxattr = event_listxattr};
