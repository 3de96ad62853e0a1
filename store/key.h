/* key: how every row is named. FORMAT.md draws the layout.
 *
 * A key begins with the letter of its table and, but for the store's own rows, the branch. The
 * tables that remember end in the complement of a sequence number, so that of the rows of one
 * thing the newest comes first, and the state as of any commit is one seek away. */
#ifndef PERSISTFS_STORE_KEY_H
#define PERSISTFS_STORE_KEY_H

#include "store/engine.h"

enum key_table {
    KEY_FORMAT = '!',    /* the store's format */
    KEY_OBJECTS = '#',   /* the next object number */
    KEY_STATE = 's',     /* a branch: its last commit, its chain, its counts */
    KEY_NAME = 'n',      /* parent, name -> object */
    KEY_ENTRY = 'e',     /* parent, object -> name, owner, mode, times */
    KEY_VERSION = 'v',   /* object -> record and document */
    KEY_LOG = 'l',       /* sequence number -> object */
    KEY_UNIQUE = 'u',    /* collection, index, value -> object */
    KEY_REFERENCE = 'r', /* target, object that refers to it, rule -> whether it still does */
    KEY_EVENT = 'o',     /* place, worker, event -> the event */
    KEY_PLACE = 'p',     /* event -> place, worker */
    KEY_TIME = 't',      /* folder -> when its listing last changed */
    KEY_XATTR = 'x',     /* object, name -> an extended attribute of the user's own */
};

struct key {
    uint8_t bytes[ENGINE_KEY_MAX];
    size_t size;
};

void key_init(struct key *key, enum key_table table, uint32_t branch);
void key_add_u8(struct key *key, uint8_t value);
void key_add_u64(struct key *key, uint64_t value); /* big-endian */
/* Any bytes, so that the order is kept and no name is the beginning of another: 0x00 becomes
 * 0x00 0xff, and 0x00 0x00 ends it. More than KEY_TEXT_MAX bytes are cut there, and the SHA-256 of
 * all of them follows. */
#define KEY_TEXT_MAX 200
void key_add_text(struct key *key, struct span text);
/* The complement of a sequence number: newest first. */
void key_add_seq(struct key *key, uint64_t seq);

static inline struct span key_span(const struct key *key)
{
    return span_make(key->bytes, key->size);
}

/* The number that ends, or lies at `offset` in, a key that is known to be long enough. */
uint64_t key_u64_at(struct span key, size_t offset);
uint64_t key_seq(struct span key);

#endif
