/* Files whose text is made when they are opened, and read from memory from then on. */
#include "fs/node.h"

#include <stdlib.h>

struct text_handle {
    struct handle handle;
    struct buf text;
};

int node_text_open(struct request *request, uint64_t inode, int flags, node_render render,
                   struct handle **ret_handle)
{
    int result = node_refuse_write(request, flags);
    if (result < 0)
        return result;
    struct text_handle *text = calloc(1, sizeof(*text));
    if (!text)
        return -ERR_NO_MEMORY;
    text->handle = (struct handle){.kind = node_kind_of(inode), .inode = inode, .flags = flags};
    result = render(request, inode, &text->text);
    if (result == 0 && buf_failed(&text->text))
        result = -ERR_NO_MEMORY;
    if (result < 0)
        node_text_release(request, &text->handle);
    else
        *ret_handle = &text->handle;
    return result;
}

int node_text_read(struct request *request, struct handle *handle, uint64_t offset, size_t size,
                   struct buf *out)
{
    (void)request;
    const struct text_handle *text = (const struct text_handle *)handle;
    if (offset < text->text.size)
        buf_append_span(out, span_head(span_skip(buf_span(&text->text), (size_t)offset), size));
    return 0;
}

void node_text_release(struct request *request, struct handle *handle)
{
    (void)request;
    struct text_handle *text = (struct text_handle *)handle;
    buf_finish(&text->text);
    free(text);
}
