/* The keywords that look at a value alone. */
#include "schema/schema_internal.h"
#include "schema/tree_lookup.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

static void append_types(struct buf *out, unsigned types)
{
    static const struct {
        unsigned bits;
        const char *name;
    } names[] = {
        {1U << TREE_NULL, "null"},        {1U << TREE_TRUE, "true or false"},
        {1U << TREE_REAL, "a number"},    {1U << TREE_INTEGER, "an integer"},
        {1U << TREE_STRING, "a string"},  {1U << TREE_ARRAY, "an array"},
        {1U << TREE_OBJECT, "an object"},
    };
    if (types & 1U << TREE_REAL)
        types &= ~(1U << TREE_INTEGER);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (types & names[i].bits)
            buf_printf(out, "%s%s", out->size > 0 ? " or " : "", names[i].name);
}

bool check_type(struct check *check, const struct node *node, const struct rule *rule,
                const struct place *place)
{
    (void)node;
    const struct tree *value = place->value;
    if (rule->types & 1U << value->type)
        return true;
    if (value->type == TREE_REAL && (rule->types & 1U << TREE_INTEGER) &&
        check_burn_value(check, value) && number_is_integer(value))
        return true;
    if (!check->faults)
        return false;
    AUTO_BUF struct buf names = {0};
    append_types(&names, rule->types);
    return check_fails(check, place, rule, "expected %s, got %s", buf_string(&names),
                       quote_value(value).text);
}

static int compare_hashed(const void *left, const void *right)
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
    qsort(out, array->count, sizeof(*out), compare_hashed);
}

static bool is_in_enum(struct check *check, const struct rule *rule, const struct tree *value)
{
    if (!check_burn_value(check, value))
        return false;
    uint64_t hash = tree_hash(value);
    uint32_t low = 0, high = rule->value->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rule->hashes[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < rule->value->count && rule->hashes[low].hash == hash; low++) {
        if (!check_burn_value(check, value))
            return false;
        if (tree_equal(value, &rule->value->items[rule->hashes[low].index]))
            return true;
    }
    return false;
}

#define ENUM_SHOWN 200

bool check_enum(struct check *check, const struct node *node, const struct rule *rule,
                const struct place *place)
{
    (void)node;
    if (is_in_enum(check, rule, place->value))
        return true;
    if (!check->faults)
        return false;
    AUTO_BUF struct buf names = {0};
    for (uint32_t i = 0; i < rule->value->count && names.size < ENUM_SHOWN; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", quote_value(&rule->value->items[i]).text);
    if (names.size >= ENUM_SHOWN)
        buf_append_string(&names, " ...");
    return check_fails(check, place, rule, "%s is not one of %s", quote_value(place->value).text,
                       buf_string(&names));
}

bool check_const(struct check *check, const struct node *node, const struct rule *rule,
                 const struct place *place)
{
    (void)node;
    if (!check_burn_value(check, place->value))
        return false;
    return tree_equal(place->value, rule->value) ||
           check_fails(check, place, rule, "expected %s, got %s%s", quote_value(rule->value).text,
                       rule->value->type == place->value->type && rule->value->type >= TREE_ARRAY
                           ? "another: "
                           : "",
                       quote_value(place->value).text);
}

bool check_required(struct check *check, const struct node *node, const struct rule *rule,
                    const struct place *place)
{
    (void)node;
    bool valid = check_burn(check, 1 + (uint64_t)place->value->count);
    struct tree_lookup lookup;
    tree_lookup_init(&lookup, place->value);
    for (uint32_t i = 0; i < rule->value->count && (valid || check->faults); i++) {
        const struct tree *name = &rule->value->items[i];
        if (!check_burn(check, 1))
            valid = false;
        else if (!tree_lookup_find(&lookup, name->string))
            valid = check_fails(check, place, rule, "the member %s is required",
                                quote_value(name).text);
    }
    tree_lookup_finish(&lookup);
    return valid;
}

static bool at_least(struct check *check, const struct rule *rule, const struct place *place,
                     const char *what)
{
    unsigned long long count = place->value->count, limit = rule->limit;
    return count >= limit ||
           check_fails(check, place, rule, "has %llu %s%s, at least %llu %s needed", count, what,
                       count == 1 ? "" : "s", limit, limit == 1 ? "is" : "are");
}

static bool at_most(struct check *check, const struct rule *rule, const struct place *place,
                    const char *what)
{
    unsigned long long count = place->value->count, limit = rule->limit;
    return count <= limit ||
           check_fails(check, place, rule, "has %llu %s%s, at most %llu %s allowed", count, what,
                       count == 1 ? "" : "s", limit, limit == 1 ? "is" : "are");
}

bool check_min_properties(struct check *check, const struct node *node, const struct rule *rule,
                          const struct place *place)
{
    (void)node;
    return at_least(check, rule, place, "member");
}

bool check_max_properties(struct check *check, const struct node *node, const struct rule *rule,
                          const struct place *place)
{
    (void)node;
    return at_most(check, rule, place, "member");
}

bool check_min_items(struct check *check, const struct node *node, const struct rule *rule,
                     const struct place *place)
{
    (void)node;
    return at_least(check, rule, place, "item");
}

bool check_max_items(struct check *check, const struct node *node, const struct rule *rule,
                     const struct place *place)
{
    (void)node;
    return at_most(check, rule, place, "item");
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

bool check_duplicate(struct check *check, const struct tree *array, uint32_t ret_pair[2])
{
    if (array->count < 2 || !check_burn_value(check, array))
        return false;
    AUTO_FREE struct hashed *hashes = calloc(array->count, sizeof(*hashes));
    if (!hashes)
        return check_no_memory(check);
    hash_items(array, hashes);
    return find_equal(check, array, hashes, ret_pair);
}

bool check_unique_items(struct check *check, const struct node *node, const struct rule *rule,
                        const struct place *place)
{
    (void)node;
    uint32_t pair[2];
    if (rule->value->type != TREE_TRUE || !check_duplicate(check, place->value, pair))
        return !check->gave_up;
    return check_fails(check, place, rule, "items %u and %u are equal, but all must differ",
                       (unsigned)pair[0], (unsigned)pair[1]);
}

static bool count_characters(struct check *check, const struct tree *string, uint64_t *ret_count)
{
    if (!check_burn_value(check, string))
        return false;
    *ret_count = utf8_count(string->string);
    return true;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

bool check_min_length(struct check *check, const struct node *node, const struct rule *rule,
                      const struct place *place)
{
    (void)node;
    uint64_t count;
    if (!count_characters(check, place->value, &count))
        return false;
    return count >= rule->limit ||
           check_fails(check, place, rule, "%s is shorter than %llu character%s",
                       quote_value(place->value).text, (unsigned long long)rule->limit,
                       plural(rule->limit));
}

bool check_max_length(struct check *check, const struct node *node, const struct rule *rule,
                      const struct place *place)
{
    (void)node;
    uint64_t count;
    if (!count_characters(check, place->value, &count))
        return false;
    return count <= rule->limit ||
           check_fails(check, place, rule, "%s is longer than %llu character%s",
                       quote_value(place->value).text, (unsigned long long)rule->limit,
                       plural(rule->limit));
}

bool check_format(struct check *check, const struct node *node, const struct rule *rule,
                  const struct place *place)
{
    (void)node;
    if (!check_burn_value(check, place->value))
        return false;
    return rule->format->fits(place->value->string) ||
           check_fails(check, place, rule, "%s is not %s", quote_value(place->value).text,
                       rule->format->what);
}

/* Tells how the value compares to the keyword's, after the fuel for it is taken. */
static bool compare(struct check *check, const struct rule *rule, const struct place *place,
                    int *ret_order)
{
    if (!check_burn_value(check, place->value) || !check_burn_value(check, rule->value))
        return false;
    *ret_order = number_compare(place->value, rule->value);
    return true;
}

static bool out_of_range(struct check *check, const struct rule *rule, const struct place *place,
                         const char *relation)
{
    return check_fails(check, place, rule, "%s is %s %s", quote_value(place->value).text, relation,
                       quote_value(rule->value).text);
}

bool check_minimum(struct check *check, const struct node *node, const struct rule *rule,
                   const struct place *place)
{
    (void)node;
    int order;
    return compare(check, rule, place, &order) &&
           (order >= 0 || out_of_range(check, rule, place, "less than the minimum"));
}

bool check_maximum(struct check *check, const struct node *node, const struct rule *rule,
                   const struct place *place)
{
    (void)node;
    int order;
    return compare(check, rule, place, &order) &&
           (order <= 0 || out_of_range(check, rule, place, "greater than the maximum"));
}

bool check_exclusive_minimum(struct check *check, const struct node *node, const struct rule *rule,
                             const struct place *place)
{
    (void)node;
    int order;
    return compare(check, rule, place, &order) &&
           (order > 0 || out_of_range(check, rule, place, "not greater than"));
}

bool check_exclusive_maximum(struct check *check, const struct node *node, const struct rule *rule,
                             const struct place *place)
{
    (void)node;
    int order;
    return compare(check, rule, place, &order) &&
           (order < 0 || out_of_range(check, rule, place, "not less than"));
}

bool check_multiple_of(struct check *check, const struct node *node, const struct rule *rule,
                       const struct place *place)
{
    (void)node;
    if (!check_burn_value(check, place->value) || !check_burn_value(check, rule->value))
        return false;
    return number_is_multiple(place->value, rule->value) ||
           out_of_range(check, rule, place, "not a multiple of");
}
