/* sidecar: all audit records of an entity, and of those that had its id before, as one file. */
#ifndef PERSISTFS_AUDIT_SIDECAR_H
#define PERSISTFS_AUDIT_SIDECAR_H

#include "store/store.h"

/* The file's size in bytes. Returns 1, 0 when the object has no version, or an error. */
int audit_sidecar_size(struct store_view *view, uint64_t object, uint64_t *ret_size);

/* Appends at most `size` bytes from `offset` on; fewer at the end. */
int audit_sidecar_read(struct store_view *view, uint64_t object, uint64_t offset, size_t size,
                       struct buf *out);

#endif
