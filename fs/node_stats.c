/* `.stats.json`: figures for people. */
#include "fs/files.h"
#include "fs/node.h"
#include "store/base/clock.h"

/* The text has this size whatever the figures are, so that a size once told stays true. */
#define STATS_SIZE 2048

/* How long the first of the pending events has waited. */
static double oldest_pending(struct store_view *view)
{
    struct store_event_id id = {0};
    struct row_event event;
    const struct store_place pending = {.place = ROW_PENDING};
    if (store_event_next(view, pending, id, &id, &event) != 1)
        return 0;
    return (double)(clock_realtime() - event.since) / CLOCK_SECOND;
}

static int write_outbox(struct request *request, struct buf *out)
{
    struct row_state state = {0};
    AUTO_VIEW struct store_view view = {0};
    int result = store_read(request->mount->store, &view);
    if (result < 0)
        return result;
    int found = store_state_get(&view, &state);
    double oldest = oldest_pending(&view);
    if (found < 0)
        return found;
    const uint64_t *at = state.events_at;
    buf_printf(out,
               ",\n  \"seq\": %ju,\n  \"outbox\": {\"pending\": %ju, \"claimed\": %ju, "
               "\"dispatched\": %ju, \"dead\": %ju, \"oldest_pending_seconds\": %.3f}",
               (uintmax_t)state.seq, (uintmax_t)at[ROW_PENDING], (uintmax_t)at[ROW_CLAIMED],
               (uintmax_t)at[ROW_DISPATCHED], (uintmax_t)at[ROW_DEAD], oldest);
    return 0;
}

static void write_commits(const struct mount *mount, struct buf *out)
{
    struct model_stats stats;
    model_stats(mount->model, &stats);
    uint64_t mean = stats.commits ? stats.commit_nanoseconds / stats.commits / 1000 : 0;
    buf_printf(out,
               "{\n  \"version\": \"%s\",\n  \"uptime_seconds\": %.3f,\n"
               "  \"commits\": %ju,\n  \"unchanged\": %ju,\n  \"syncs\": %ju,\n"
               "  \"batches\": %ju,\n  \"largest_batch\": %ju,\n  \"commit_mean_us\": %ju,\n"
               "  \"refusals\": {",
               PERSISTFS_VERSION, (double)(clock_realtime() - mount->mounted) / CLOCK_SECOND,
               (uintmax_t)stats.commits, (uintmax_t)stats.unchanged, (uintmax_t)stats.syncs,
               (uintmax_t)stats.batches, (uintmax_t)stats.largest_batch, (uintmax_t)mean);
    refusals_count(mount->refusals, out);
    buf_append_byte(out, '}');
}

static int render(struct request *request, uint64_t inode, struct buf *out)
{
    (void)inode;
    struct mount *mount = request->mount;
    write_commits(mount, out);
    int result = write_outbox(request, out);
    if (result < 0)
        return result;
    if (mount->files)
        buf_printf(out, ",\n  \"files\": {\"bytes\": %ju, \"max\": %ju, \"known\": %zu}",
                   (uintmax_t)files_used(mount->files), (uintmax_t)files_max(mount->files),
                   files_nodes(mount->files));
    buf_printf(out, ",\n  \"store_bytes\": %ju,\n  \"open_handles\": %ju\n}",
               (uintmax_t)engine_size(store_engine(mount->store)),
               (uintmax_t)atomic_load(&mount->open_handles));
    if (out->size < STATS_SIZE - 1)
        buf_append_fill(out, ' ', STATS_SIZE - 1 - out->size);
    buf_append_byte(out, '\n');
    return 0;
}

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    node_stat(request->mount, inode, S_IFREG | 0444, ret_stat);
    node_stat_size(ret_stat, STATS_SIZE);
    return 0;
}

static int open_(struct request *request, uint64_t inode, int flags, struct handle **ret_handle)
{
    return node_text_open(request, inode, flags, render, ret_handle);
}

const struct node_kind node_stats = {.type = S_IFREG,
                                     .is_view = true,
                                     .getattr = getattr,
                                     .open = open_,
                                     .read = node_text_read,
                                     .release = node_text_release};
