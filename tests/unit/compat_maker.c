#include "compat_maker.h"

#include "schema_place.h"

#include <stdio.h>

static uint32_t roll(struct dice *dice, uint32_t sides)
{
    dice->state ^= dice->state << 13; /* xorshift64 */
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (uint32_t)(dice->state >> 20) % sides;
}

static const char *pick(struct dice *dice, const char *const *list, uint32_t count)
{
    return list[roll(dice, count)];
}

static const char *const names[MAKER_NAMES] = {"a", "b", "c", "d"};
static const char *const scalars[] = {"null", "true", "false", "0",     "1",     "2",      "1.5",
                                      "-1",   "3.0",  "\"\"",  "\"a\"", "\"b\"", "\"abc\""};

static void add_value(struct dice *dice, struct buf *out, unsigned depth);

void maker_add_object(struct dice *dice, struct buf *out, unsigned depth)
{
    buf_append_byte(out, '{');
    bool first = true;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (roll(dice, 2))
            continue;
        buf_printf(out, "%s\"%s\":", first ? "" : ",", names[i]);
        add_value(dice, out, depth + 1);
        first = false;
    }
    buf_append_byte(out, '}');
}

static void add_value(struct dice *dice, struct buf *out, unsigned depth)
{
    uint32_t kind = depth > 2 ? 9 : roll(dice, 10);
    if (kind < 3) {
        maker_add_object(dice, out, depth);
    } else if (kind < 5) {
        uint32_t count = roll(dice, 4);
        buf_append_byte(out, '[');
        for (uint32_t i = 0; i < count; i++) {
            if (i > 0)
                buf_append_byte(out, ',');
            add_value(dice, out, depth + 1);
        }
        buf_append_byte(out, ']');
    } else {
        buf_append_string(out, pick(dice, scalars, COUNT(scalars)));
    }
}

/* A schema is a tree of these, so that a copy can be altered at one place. */
#define KEYWORDS_MAX 5

enum shape { SHAPE_TRUE, SHAPE_FALSE, SHAPE_OBJECT };

struct model;

struct rule {
    const char *keyword;
    char text[120];          /* of a keyword without subschemas */
    struct model *models[3]; /* of one with them */
    const char *keys[3];     /* NULL: in a list, or one alone */
    uint32_t count;
    bool single;
};

struct model {
    enum shape shape;
    uint32_t count;
    struct rule rules[KEYWORDS_MAX];
};

/* Keywords that count for each other. */
static const char *const families[] = {
    " type minimum maximum exclusiveMinimum exclusiveMaximum multipleOf enum ",
    " type properties patternProperties additionalProperties unevaluatedProperties allOf $ref ",
    " properties required dependentRequired dependentSchemas propertyNames minProperties ",
    " type items prefixItems maxItems minItems uniqueItems unevaluatedItems ",
    " contains minContains maxContains maxItems items ",
    " anyOf oneOf not type const enum properties required ",
    " if then else type const not ",
};

static struct model *make_model(struct maker *maker, unsigned depth);

static void make_plain(struct maker *maker, struct rule *rule)
{
    static const char *const types[] = {"\"null\"",
                                        "\"boolean\"",
                                        "\"integer\"",
                                        "\"number\"",
                                        "\"string\"",
                                        "\"array\"",
                                        "\"object\"",
                                        "[\"integer\",\"null\"]",
                                        "[\"string\",\"array\"]",
                                        "[\"object\",\"null\"]",
                                        "[\"number\",\"object\",\"string\"]"};
    static const char *const limits[] = {"minimum",          "maximum",     "exclusiveMinimum",
                                         "exclusiveMaximum", "minLength",   "maxLength",
                                         "minItems",         "maxItems",    "minProperties",
                                         "maxProperties",    "minContains", "maxContains"};
    struct dice *dice = &maker->dice;
    size_t room = sizeof(rule->text);
    switch (roll(dice, 10)) {
    case 0:
    case 1:
        rule->keyword = "type";
        snprintf(rule->text, room, "%s", pick(dice, types, COUNT(types)));
        break;
    case 2:
        rule->keyword = "const";
        snprintf(rule->text, room, "%s", pick(dice, scalars, COUNT(scalars)));
        break;
    case 3: {
        uint32_t at = roll(dice, COUNT(scalars) - 3);
        rule->keyword = "enum";
        snprintf(rule->text, room, "[%s,%s,%s]", scalars[at], scalars[at + 1], scalars[at + 2]);
        break;
    }
    case 4:
        rule->keyword = "required";
        snprintf(rule->text, room, "[\"%s\"]", pick(dice, names, COUNT(names)));
        break;
    case 5:
        rule->keyword = roll(dice, 2) ? "uniqueItems" : "multipleOf";
        snprintf(rule->text, room, "%s",
                 strcmp(rule->keyword, "uniqueItems") == 0 ? "true"
                 : roll(dice, 2)                           ? "1"
                                                           : "0.5");
        break;
    case 7:
        rule->keyword = "pattern";
        snprintf(rule->text, room, "\"%s\"", roll(dice, 2) ? "^a" : "^[ab]*$");
        break;
    case 6:
        rule->keyword = "dependentRequired";
        snprintf(rule->text, room, "{\"%s\":[\"%s\"]}", pick(dice, names, COUNT(names)),
                 pick(dice, names, COUNT(names)));
        break;
    default:
        rule->keyword = pick(dice, limits, COUNT(limits));
        snprintf(rule->text, room, "%u", (unsigned)roll(dice, 3));
        break;
    }
}

static void make_named(struct maker *maker, struct rule *rule, const char *keyword, unsigned depth)
{
    uint32_t at = roll(&maker->dice, COUNT(names));
    rule->keyword = keyword;
    rule->count = 1 + roll(&maker->dice, 3);
    for (uint32_t i = 0; i < rule->count; i++) {
        rule->keys[i] = names[(at + i) % COUNT(names)];
        rule->models[i] = make_model(maker, depth + 1);
    }
}

static void make_nested(struct maker *maker, struct rule *rule, unsigned depth)
{
    static const char *const single[] = {"not",
                                         "if",
                                         "then",
                                         "else",
                                         "items",
                                         "contains",
                                         "additionalProperties",
                                         "propertyNames",
                                         "unevaluatedProperties",
                                         "unevaluatedItems"};
    static const char *const lists[] = {"allOf", "anyOf", "oneOf", "prefixItems"};
    struct dice *dice = &maker->dice;
    uint32_t kind = roll(dice, 10);
    if (kind < 4) {
        make_named(maker, rule, "properties", depth);
    } else if (kind == 4) {
        make_named(maker, rule, roll(dice, 2) ? "patternProperties" : "dependentSchemas", depth);
    } else if (kind < 7) {
        rule->keyword = pick(dice, lists, COUNT(lists));
        rule->count = 1 + roll(dice, 3);
        for (uint32_t i = 0; i < rule->count; i++)
            rule->models[i] = make_model(maker, depth + 1);
    } else {
        rule->keyword = pick(dice, single, COUNT(single));
        rule->single = true;
        rule->count = 1;
        rule->models[0] = make_model(maker, depth + 1);
    }
}

static void make_rule(struct maker *maker, struct rule *rule, unsigned depth)
{
    *rule = (struct rule){0};
    if (depth < 3 && roll(&maker->dice, 2)) {
        make_nested(maker, rule, depth);
    } else if (roll(&maker->dice, 6) == 0) {
        rule->keyword = "$ref";
        snprintf(rule->text, sizeof(rule->text), "\"#/$defs/%s\"",
                 pick(&maker->dice, names, COUNT(names)));
    } else if (roll(&maker->dice, 6) == 0) {
        rule->keyword = "default";
        snprintf(rule->text, sizeof(rule->text), "%s", pick(&maker->dice, scalars, COUNT(scalars)));
    } else {
        make_plain(maker, rule);
    }
}

static bool has_keyword(const struct model *model, const char *keyword)
{
    for (uint32_t i = 0; i < model->count; i++)
        if (strcmp(model->rules[i].keyword, keyword) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct maker *maker, const struct rule *rule, unsigned depth)
{
    char word[40];
    snprintf(word, sizeof(word), " %s ", rule->keyword);
    return !maker->family || depth != maker->depth || strstr(maker->family, word);
}

static void add_rule(struct maker *maker, struct model *model, unsigned depth)
{
    struct rule rule;
    for (unsigned tries = 0; tries < 40; tries++) {
        make_rule(maker, &rule, depth);
        if (is_wanted(maker, &rule, depth))
            break;
    }
    if (model->count < KEYWORDS_MAX && !has_keyword(model, rule.keyword))
        model->rules[model->count++] = rule;
}

/* A member that is required from now on, and its default. */
static void require(struct maker *maker, struct model *model)
{
    for (uint32_t i = 0; i < model->count; i++) {
        struct rule *properties = &model->rules[i];
        if (strcmp(properties->keyword, "properties") != 0 || model->count == KEYWORDS_MAX ||
            has_keyword(model, "required"))
            continue;
        struct model *property = arena_alloc(maker->arena, sizeof(*property));
        *property = *properties->models[0];
        if (!has_keyword(property, "default") && property->count < KEYWORDS_MAX) {
            property->shape = SHAPE_OBJECT;
            struct rule *added = &property->rules[property->count++];
            *added = (struct rule){.keyword = "default"};
            snprintf(added->text, sizeof(added->text), "%s",
                     pick(&maker->dice, scalars, COUNT(scalars)));
        }
        properties->models[0] = property;
        struct rule *required = &model->rules[model->count++];
        *required = (struct rule){.keyword = "required"};
        snprintf(required->text, sizeof(required->text), "[\"%s\"]", properties->keys[0]);
    }
}

static struct model *make_model(struct maker *maker, unsigned depth)
{
    struct model *model = arena_alloc(maker->arena, sizeof(*model));
    uint32_t kind = depth == 0 ? 9 : roll(&maker->dice, 12);
    model->shape = kind == 0 ? SHAPE_TRUE : kind == 1 ? SHAPE_FALSE : SHAPE_OBJECT;
    uint32_t count = model->shape == SHAPE_OBJECT ? 1 + roll(&maker->dice, 3) : 0;
    for (uint32_t i = 0; i < count; i++)
        add_rule(maker, model, depth);
    return model;
}

/* A copy in which about one keyword in `sides` is another. */
static struct model *alter(struct maker *maker, const struct model *model, unsigned depth,
                           uint32_t sides)
{
    if (depth > 0 && roll(&maker->dice, sides) == 0)
        return make_model(maker, depth);
    struct model *copy = arena_alloc(maker->arena, sizeof(*copy));
    *copy = *model;
    for (uint32_t i = 0; i < copy->count; i++) {
        struct rule *rule = &copy->rules[i];
        if (rule->count == 0 && roll(&maker->dice, sides) == 0) {
            struct rule other = {0};
            make_plain(maker, &other);
            if (strcmp(other.keyword, rule->keyword) == 0)
                *rule = other;
        }
        for (uint32_t j = 0; j < rule->count; j++)
            rule->models[j] = alter(maker, rule->models[j], depth + 1, sides);
        if (rule->count > 1 && !rule->single && roll(&maker->dice, sides) == 0)
            rule->count--;
    }
    if (copy->shape == SHAPE_OBJECT && roll(&maker->dice, sides) == 0)
        add_rule(maker, copy, depth);
    if (copy->count > 1 && roll(&maker->dice, sides) == 0)
        copy->count--;
    if (roll(&maker->dice, 2) == 0)
        require(maker, copy);
    return copy;
}

static void write_model(struct buf *out, const struct model *model);

static void write_rule(struct buf *out, const struct rule *rule)
{
    buf_printf(out, "\"%s\":%s", rule->keyword, rule->text);
    const char *brackets = rule->single ? "" : rule->keys[0] ? "{}" : "[]";
    if (rule->count > 0 && *brackets)
        buf_append_byte(out, (uint8_t)brackets[0]);
    for (uint32_t i = 0; i < rule->count; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        if (rule->keys[i])
            buf_printf(out, "\"%s\":", rule->keys[i]);
        write_model(out, rule->models[i]);
    }
    if (rule->count > 0 && *brackets)
        buf_append_byte(out, (uint8_t)brackets[1]);
}

static void write_rules(struct buf *out, const struct model *model)
{
    for (uint32_t i = 0; i < model->count; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        write_rule(out, &model->rules[i]);
    }
}

static void write_model(struct buf *out, const struct model *model)
{
    if (model->shape != SHAPE_OBJECT) {
        buf_append_string(out, model->shape == SHAPE_TRUE ? "true" : "false");
        return;
    }
    buf_append_byte(out, '{');
    write_rules(out, model);
    buf_append_byte(out, '}');
}

void maker_write(struct buf *out, const struct whole *whole)
{
    buf_append_byte(out, '{');
    write_rules(out, whole->root);
    buf_printf(out, "%s\"$defs\":{", whole->root->count > 0 ? "," : "");
    for (size_t i = 0; i < COUNT(names); i++) {
        buf_printf(out, "%s\"%s\":", i > 0 ? "," : "", names[i]);
        write_model(out, whole->definitions[i]);
    }
    buf_append_string(out, "}}");
}

static struct model *wrap(struct maker *maker, struct model *inner)
{
    struct model *model = arena_alloc(maker->arena, sizeof(*model));
    *model = (struct model){.shape = SHAPE_OBJECT, .count = 1};
    model->rules[0] =
        (struct rule){.keyword = "properties", .models = {inner}, .keys = {names[0]}, .count = 1};
    return model;
}

void maker_make_pair(struct maker *maker, struct whole *before, struct whole *after)
{
    uint32_t sides = 3 + roll(&maker->dice, 13);
    maker->depth = 1 + roll(&maker->dice, 2);
    if (roll(&maker->dice, 3) == 0) {
        before->root = make_model(maker, 0);
        after->root = alter(maker, before->root, 0, sides);
    } else {
        if (roll(&maker->dice, 4))
            maker->family = pick(&maker->dice, families, COUNT(families));
        before->root = wrap(maker, make_model(maker, maker->depth));
        after->root = wrap(maker, make_model(maker, maker->depth));
        maker->family = NULL;
    }
    for (size_t i = 0; i < COUNT(names); i++) {
        before->definitions[i] = make_model(maker, 1);
        after->definitions[i] = alter(maker, before->definitions[i], 1, sides);
    }
}
