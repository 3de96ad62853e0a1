/* Extended attributes: those of the users' own, and what the program says of an entity. */
#include "fs/ops_internal.h"

#include <errno.h>

static void reply_attribute(fuse_req_t req, const struct buf *value, size_t size, int errnum)
{
    if (!errnum && size > 0 && size < value->size)
        errnum = ERANGE;
    if (errnum)
        fuse_reply_err(req, errnum);
    else if (size == 0)
        fuse_reply_xattr(req, value->size);
    else
        fuse_reply_buf(req, (const char *)value->data, value->size);
}

static bool is_user_attribute(const char *name)
{
    return strncmp(name, "user.", 5) == 0;
}

void ops_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
    struct request request;
    AUTO_BUF struct buf value = {0};
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    int result = strncmp(name, "system.posix_acl_", 17) == 0 ? -ERR_UNSUPPORTED : -ERR_NO_ATTRIBUTE;
    if (kind && kind->getxattr && is_user_attribute(name))
        result = kind->getxattr(&request, ino, span_of_string(name), &value);
    if (result == 0 && buf_failed(&value))
        result = -ERR_NO_MEMORY;
    reply_attribute(req, &value, size, ops_end(&request, result));
}

void ops_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
    struct request request;
    AUTO_BUF struct buf names = {0};
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    int result = kind && kind->listxattr ? kind->listxattr(&request, ino, &names) : 0;
    if (result == 0 && buf_failed(&names))
        result = -ERR_NO_MEMORY;
    reply_attribute(req, &names, size, ops_end(&request, result));
}

/* Whose names they are says whether one may be set. */
static int check_attribute(const struct node_kind *kind, const char *name)
{
    if (strncmp(name, "user.persistfs.", 15) == 0)
        return -ERR_READ_ONLY;
    if (!kind || !is_user_attribute(name))
        return -ERR_UNSUPPORTED;
    if (kind->setxattr)
        return 0;
    return S_ISREG(kind->type) ? -ERR_READ_ONLY : -ERR_UNSUPPORTED; /* a view; a collection */
}

void ops_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
                  int flags)
{
    struct request request;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    int result = check_attribute(kind, name);
    if (result == 0)
        result = kind->setxattr(&request, ino, span_of_string(name), span_make(value, size), flags);
    ops_reply(req, &request, result);
}

void ops_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
    struct request request;
    ops_begin(&request, req, NULL);
    const struct node_kind *kind = node_kind_of(ino);
    int result = check_attribute(kind, name);
    if (result == 0)
        result = kind->removexattr(&request, ino, span_of_string(name));
    ops_reply(req, &request, result);
}
