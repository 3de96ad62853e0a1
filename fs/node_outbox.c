/* `.outbox/`: events to deliver, in the folders pending, claimed/<worker>, dispatched and dead. */
#include "fs/node.h"

#define FIRST_OFFSET 3

static const struct {
    const char *name;
    uint64_t object;
} places[] = {
    {"pending", STORE_PENDING},
    {"claimed", STORE_CLAIMED},
    {"dispatched", STORE_DISPATCHED},
    {"dead", STORE_DEAD},
};
#define PLACE_COUNT (sizeof(places) / sizeof(places[0]))

static int getattr(struct request *request, uint64_t inode, struct stat *ret_stat)
{
    int result = node_folder_stat(request, inode, 0700, ret_stat);
    if (result == 0)
        ret_stat->st_nlink += PLACE_COUNT;
    return result;
}

static int lookup(struct request *request, uint64_t folder, struct span name,
                  struct node_entry *ret_entry)
{
    (void)folder;
    for (size_t i = 0; i < PLACE_COUNT; i++)
        if (span_is(name, places[i].name))
            return node_entry_fill(request, inode_make(INODE_PLACE, places[i].object), ret_entry);
    return -ERR_NOT_FOUND;
}

static int readdir(struct request *request, uint64_t folder, uint64_t offset,
                   struct node_listing *listing)
{
    (void)request, (void)folder;
    for (uint64_t i = 0; i < PLACE_COUNT; i++)
        if (offset < FIRST_OFFSET + i &&
            !listing->add(listing, span_of_string(places[i].name),
                          inode_make(INODE_PLACE, places[i].object), S_IFDIR, FIRST_OFFSET + i))
            return 0;
    return 0;
}

const struct node_kind node_outbox = {.type = S_IFDIR,
                                      .is_view = true,
                                      .getattr = getattr,
                                      .setattr = node_folder_setattr,
                                      .lookup = lookup,
                                      .readdir = readdir};
