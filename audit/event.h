/* event: what a consumer of the outbox reads. */
#ifndef PERSISTFS_AUDIT_EVENT_H
#define PERSISTFS_AUDIT_EVENT_H

#include "store/store.h"

/* Appends the event as a JSON document:
 *
 *     {"seq":812,"type":"users.created","at":"...","collection":"users","id":"alice","version":1,
 *      "op":"create","attempts":1,"data":{...}}
 *
 * `data` is the document as that version has it, null for a deletion. */
void audit_event_write(struct buf *out, struct store_event_id id, const struct row_event *event,
                       const struct row_version *version);

/* The size of that document, from what the row knows. */
uint64_t audit_event_size(const struct row_event *event);

/* Sets event->size for a new event of that version. Errors: NO_MEMORY. */
int audit_event_measure(struct store_event_id id, const struct row_version *version,
                        struct row_event *event);

/* "users.created" for the creation of an entity in `users`. */
void audit_event_type(struct buf *out, struct span collection, enum row_op op);

/* Appends the event's file name: twenty digits of the sequence number, "-", the type, ".json"; the
 * second and later ones of a record have ".<n>" behind the digits. */
void audit_event_name(struct buf *out, struct store_event_id id, struct span type);
/* The number a file name begins with. Returns whether it has that form. */
bool audit_event_parse(struct span name, struct store_event_id *ret_id);

#endif
