#include "schema/format_internal.h"
#include "store/base/cleanup.h"

#include <idn2.h>
#include <unictype.h>
#include <unistr.h>

/* A character has at most four bytes, and is mapped to one or more, or ignored; a name that needs
 * more room than this is mostly made of the latter. */
#define UNMAPPED_MAX (HOST_NAME_SIZE_MAX * 4)

#define CLASS(name) (1U << UC_BIDI_##name)
#define NEUTRAL     (CLASS(ES) | CLASS(CS) | CLASS(ET) | CLASS(ON) | CLASS(BN) | CLASS(NSM))

/* What the Bidi rule asks about: classes of characters, as bits. */
struct bidi {
    unsigned first;
    unsigned last; /* but for non-spacing marks */
    unsigned all;
};

static void free_name(uint8_t **name)
{
    idn2_free(*name);
}

static struct bidi bidi_of(const uint8_t *label)
{
    struct bidi bidi = {0};
    ucs4_t character;
    for (const uint8_t *next = label; (next = u8_next(&character, next));) {
        unsigned class = 1U << uc_bidi_class(character);
        if (bidi.all == 0)
            bidi.first = class;
        if (class != CLASS(NSM))
            bidi.last = class;
        bidi.all |= class;
    }
    return bidi;
}

/* RFC 5893, section 2. */
static bool follows_bidi_rule(const struct bidi *bidi)
{
    if (bidi->first == CLASS(L))
        return !(bidi->all & ~(CLASS(L) | CLASS(EN) | NEUTRAL)) &&
               bidi->last & (CLASS(L) | CLASS(EN));
    const unsigned right = CLASS(R) | CLASS(AL), number = CLASS(EN) | CLASS(AN);
    return bidi->first & right && !(bidi->all & ~(right | number | NEUTRAL)) &&
           bidi->last & (right | number) && (bidi->all & number) != number;
}

static unsigned direction_of(const uint8_t *label)
{
    struct bidi bidi = bidi_of(label);
    unsigned direction = 0;
    if (bidi.all & (CLASS(R) | CLASS(AL) | CLASS(AN)))
        direction |= NAME_RIGHT_TO_LEFT;
    if (!follows_bidi_rule(&bidi))
        direction |= NAME_MIXED;
    return direction;
}

/* A copy that ends with NUL; one in the text is no part of any name. */
static bool copy_text(struct span text, uint8_t *ret_copy, size_t size)
{
    if (text.size >= size || memchr(text.data, '\0', text.size))
        return false;
    memcpy(ret_copy, text.data, text.size);
    ret_copy[text.size] = '\0';
    return true;
}

bool idn_is_a_label(struct span label, unsigned *direction)
{
    uint8_t copy[IDN2_LABEL_MAX_LENGTH + 1];
    CLEANUP(free_name) uint8_t *encoded = NULL, *decoded = NULL;
    if (!copy_text(label, copy, sizeof(copy)))
        return false;
    for (size_t i = 0; i < label.size; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] |= 'a' - 'A';
    if (idn2_register_u8(NULL, copy, &encoded, 0) != IDN2_OK ||
        idn2_to_unicode_8z8z((const char *)copy, (char **)&decoded, 0) != IDN2_OK)
        return false;
    *direction |= direction_of(decoded);
    return true;
}

size_t idn_map_name(struct span text, uint8_t ret_name[HOST_NAME_SIZE_MAX])
{
    uint8_t copy[UNMAPPED_MAX + 1];
    CLEANUP(free_name) uint8_t *name = NULL;
    if (!copy_text(text, copy, sizeof(copy)) ||
        idn2_lookup_u8(copy, &name, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return 0;
    size_t size = strlen((const char *)name);
    if (size > HOST_NAME_SIZE_MAX)
        return 0;
    memcpy(ret_name, name, size);
    return size;
}
