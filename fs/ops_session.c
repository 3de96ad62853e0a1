#include "fs/ops_session.h"

#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define DIRECT_IO_ALLOW_MMAP (1U << (36 - 32)) /* in flags2; in <linux/fuse.h> since 7.39 */

/* The first request of a session is INIT, and no other comes before it was answered. */
static void look_at_first(struct ops_context *context, const uint8_t *data, size_t size)
{
    struct fuse_in_header header;
    struct fuse_init_in init;
    context->has_begun = true;
    if (size < sizeof(header) + sizeof(init))
        return;
    memcpy(&header, data, sizeof(header));
    memcpy(&init, data + sizeof(header), sizeof(init));
    if (header.opcode == FUSE_INIT && init.flags & FUSE_INIT_EXT &&
        init.flags2 & DIRECT_IO_ALLOW_MMAP)
        context->maps_offered = header.unique;
}

static ssize_t read_request(int fd, void *data, size_t size, void *userdata)
{
    struct ops_context *context = userdata;
    ssize_t got = read(fd, data, size);
    if (got > 0 && !context->has_begun)
        look_at_first(context, data, (size_t)got);
    return got;
}

static ssize_t write_answer(int fd, struct iovec *parts, int count, void *userdata)
{
    const struct ops_context *context = userdata;
    const struct fuse_out_header *header = parts[0].iov_base;
    struct fuse_init_out init;
    if (context->maps_offered == 0 || header->unique != context->maps_offered || count != 2 ||
        parts[1].iov_len != sizeof(init))
        return writev(fd, parts, count);
    memcpy(&init, parts[1].iov_base, sizeof(init));
    init.flags |= FUSE_INIT_EXT;
    init.flags2 |= DIRECT_IO_ALLOW_MMAP;
    const struct iovec changed[] = {parts[0], {&init, sizeof(init)}};
    return writev(fd, changed, 2);
}

int ops_session_take(struct fuse_session *session)
{
    const struct fuse_custom_io io = {.writev = write_answer, .read = read_request};
    return fuse_session_custom_io(session, &io, fuse_session_fd(session));
}
