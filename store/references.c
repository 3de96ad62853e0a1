/* Who refers to any of many: a range of the rows of references. */
#include "store/store_internal.h"

#define TEXT_END 2
#define BEHIND   (TEXT_END + 8 + 8 + 8) /* the text: object, rule, seq */

/* The first key behind a row and, of the same thing, all that the view looks past. */
static void pass(const struct store_view *view, struct span found, struct key *key)
{
    bool is_newer = key_seq(found) > view->seq;
    memcpy(key->bytes, found.data, found.size);
    key->size = found.size - 8;
    key_add_seq(key, is_newer ? view->seq : 0);
    if (!is_newer)
        key_add_u8(key, 0);
}

int store_reference_within(struct store_view *view, struct span prefix,
                           struct store_referrer *ret_referrer)
{
    struct key key;
    key_init(&key, KEY_REFERENCE, view->branch);
    key_add_text(&key, prefix);
    key.size -= TEXT_END; /* the text goes on */
    const size_t begin = key.size;
    struct span found;
    struct span value;
    int result;
    while ((result = store_seek_within(view, &key, 0, begin, &found, &value)) == 1) {
        struct row_binding row;
        result = row_binding_decode(value, &row);
        if (result < 0 || found.size < begin + BEHIND || found.size >= ENGINE_KEY_MAX)
            return -ERR_DAMAGED;
        if (row.live && key_seq(found) <= view->seq) {
            *ret_referrer = (struct store_referrer){.object = key_u64_at(found, found.size - 24),
                                                    .rule = key_u64_at(found, found.size - 16)};
            return 1;
        }
        pass(view, found, &key);
    }
    return result;
}
