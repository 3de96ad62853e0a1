#include "schema/schema_check.h"

#include "store/base/cleanup.h"

static bool check_item_count(struct check *check, const struct node *node,
                             const struct place *place)
{
    unsigned long long count = place->value->count;
    unsigned long long least = node->array->min, most = node->array->max;
    bool valid = true;
    if (count < least)
        valid =
            check_fails(check, node, place, "minItems", "has %llu item%s, at least %llu %s needed",
                        count, plural(count), least, least == 1 ? "is" : "are");
    if (count > most)
        valid =
            check_fails(check, node, place, "maxItems", "has %llu item%s, at most %llu %s allowed",
                        count, plural(count), most, most == 1 ? "is" : "are");
    return valid;
}

static bool check_prefix(struct check *check, const struct node *node, const struct place *place,
                         struct marks *marks)
{
    const struct array_rules *rules = node->array;
    bool valid = true;
    for (uint32_t i = 0; i < place->value->count && i < rules->prefix_count; i++) {
        valid &= check_part(check, rules->prefix[i], place, &place->value->items[i]);
        if (!valid && !check_goes_on(check))
            return false;
        if (marks)
            marks_set(marks, i);
    }
    return valid;
}

static bool check_items(struct check *check, const struct node *node, const struct place *place,
                        struct marks *marks)
{
    const struct array_rules *rules = node->array;
    bool valid = true;
    if (rules->items->source->type == TREE_FALSE)
        return place->value->count <= rules->prefix_count ||
               check_fails(check, node, place, rules->items_keyword,
                           "has %u item%s, at most %u are allowed", (unsigned)place->value->count,
                           plural(place->value->count), (unsigned)rules->prefix_count);
    for (uint32_t i = rules->prefix_count; i < place->value->count; i++) {
        valid &= check_part(check, rules->items, place, &place->value->items[i]);
        if (!valid && !check_goes_on(check))
            return false;
    }
    if (marks)
        marks->all = true;
    return valid;
}

/* Of no more than are needed, unless the others are to be marked. */
static uint64_t count_contained(struct check *check, const struct node *node,
                                const struct place *place, struct marks *marks)
{
    const struct array_rules *rules = node->array;
    uint64_t count = 0;
    bool all = marks || rules->max_contains < UINT64_MAX || check->faults || check->notes;
    for (uint32_t i = 0; i < place->value->count && check->error == 0; i++) {
        struct place item = place_of(place, &place->value->items[i]);
        if (!check_quietly(check, rules->contains, &item, NULL))
            continue;
        count++;
        if (marks)
            marks_set(marks, i);
        if (!all && count >= rules->min_contains)
            break;
    }
    return count;
}

static bool check_contains(struct check *check, const struct node *node, const struct place *place,
                           struct marks *marks)
{
    const struct array_rules *rules = node->array;
    if (!marks && !check->notes && rules->min_contains == 0 && rules->max_contains == UINT64_MAX)
        return true;
    uint64_t count = count_contained(check, node, place, node->resource->draft_2019 ? NULL : marks);
    if (count < rules->min_contains)
        return check_fails(check, node, place, rules->counts_contains ? "minContains" : "contains",
                           "%llu of the items fit \"contains\", at least %llu must",
                           (unsigned long long)count, (unsigned long long)rules->min_contains);
    if (count > rules->max_contains)
        return check_fails(check, node, place, "maxContains",
                           "%llu of the items fit \"contains\", at most %llu may",
                           (unsigned long long)count, (unsigned long long)rules->max_contains);
    return check->error == 0;
}

static int compare_hashes(const void *left, const void *right)
{
    const struct hashed *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

void hash_items(const struct tree *array, struct hashed *out)
{
    for (uint32_t i = 0; i < array->count; i++)
        out[i] = (struct hashed){.hash = tree_hash(&array->items[i]), .index = i};
    qsort(out, array->count, sizeof(*out), compare_hashes);
}

/* Of values with equal hashes the first two are equal, unless someone made them collide: then the
 * fuel bounds the work. */
static bool find_equal(struct check *check, const struct tree *array, const struct hashed *hashes,
                       uint32_t ret_pair[2])
{
    uint32_t run = 0;
    for (uint32_t i = 1; i < array->count; i++) {
        if (hashes[i].hash != hashes[run].hash)
            run = i;
        for (uint32_t j = run; j < i; j++) {
            const struct tree *a = &array->items[hashes[j].index];
            const struct tree *b = &array->items[hashes[i].index];
            if (!check_burn_value(check, b))
                return false;
            if (!tree_equal(a, b))
                continue;
            ret_pair[0] = hashes[j].index;
            ret_pair[1] = hashes[i].index;
            return true;
        }
    }
    return false;
}

/* So few that a comparison of each with each is quicker than a sort. */
#define PAIRS_MAX 8

static bool find_pair(struct check *check, const struct tree *array, uint32_t ret_pair[2])
{
    for (uint32_t i = 1; i < array->count; i++) {
        if (!check_burn_value(check, &array->items[i]))
            return false;
        for (uint32_t j = 0; j < i; j++) {
            if (!tree_equal(&array->items[j], &array->items[i]))
                continue;
            ret_pair[0] = j;
            ret_pair[1] = i;
            return true;
        }
    }
    return false;
}

#define HASHES_ON_STACK 1024

bool check_duplicate(struct check *check, const struct tree *array, uint32_t ret_pair[2])
{
    if (array->count <= PAIRS_MAX)
        return find_pair(check, array, ret_pair);
    if (!check_burn_value(check, array))
        return false;
    struct hashed few[HASHES_ON_STACK];
    AUTO_FREE struct hashed *many = NULL;
    if (array->count > HASHES_ON_STACK) {
        many = malloc(array->count * sizeof(*many));
        if (!many)
            return check_give_up(check, -ERR_NO_MEMORY, "there is no memory left");
    }
    struct hashed *hashes = many ? many : few;
    hash_items(array, hashes);
    return find_equal(check, array, hashes, ret_pair);
}

static bool check_unique(struct check *check, const struct node *node, const struct place *place)
{
    uint32_t pair[2];
    if (!check_duplicate(check, place->value, pair))
        return check->error == 0;
    return check_fails(check, node, place, "uniqueItems",
                       "items %u and %u are equal, but all must differ", (unsigned)pair[0],
                       (unsigned)pair[1]);
}

bool check_array(struct check *check, const struct node *node, const struct place *place,
                 struct marks *marks)
{
    const struct array_rules *rules = node->array;
    if (!check_burn(check, place->value->count))
        return false;
    bool valid = check_item_count(check, node, place);
    if (rules->prefix_count > 0 && (valid || check_goes_on(check)))
        valid &= check_prefix(check, node, place, marks);
    if (rules->items && (valid || check_goes_on(check)))
        valid &= check_items(check, node, place, marks);
    if (rules->contains && (valid || check_goes_on(check)))
        valid &= check_contains(check, node, place, marks);
    if (rules->unique && (valid || check_goes_on(check)))
        valid &= check_unique(check, node, place);
    return valid;
}

bool check_unevaluated_items(struct check *check, const struct node *node,
                             const struct place *place, const struct marks *marks)
{
    if (!node->array || !node->array->unevaluated)
        return true;
    const struct node *rest = node->array->unevaluated;
    bool valid = true;
    for (uint32_t i = 0; i < place->value->count; i++) {
        if (marks_has(marks, i))
            continue;
        struct place item = place_of(place, &place->value->items[i]);
        if (!check_burn(check, 1))
            return false;
        if (rest->source->type == TREE_FALSE)
            valid = check_fails(check, node, &item, "unevaluatedItems",
                                "not an item this schema allows");
        else
            valid &= check_node(check, rest, &item, NULL);
        if (!valid && !check_goes_on(check))
            return false;
    }
    return valid;
}
