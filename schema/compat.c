#include "schema/compat_internal.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

static size_t slot_of(const struct tree *wanted)
{
    return (uintptr_t)wanted / sizeof(*wanted) % KNOWN_SLOTS;
}

static bool is_known(struct compat *compat, const struct step *step)
{
    const struct facts *facts = step->facts;
    for (struct known *at = compat->slots[slot_of(step->wanted)]; at; at = at->below) {
        if (!compat_burn(compat, 1))
            return false;
        if ((at->told || compat->quiet) && at->wanted == step->wanted &&
            at->types == facts->types && at->grows == step->grows && at->count == facts->count &&
            (at->count == 0 || memcmp(at->list, facts->list, at->count * sizeof(*at->list)) == 0))
            return true;
    }
    return false;
}

static bool push_known(struct compat *compat, const struct step *step)
{
    const struct facts *facts = step->facts;
    struct known *known = arena_alloc(compat->arena, sizeof(*known));
    struct span list =
        arena_copy(compat->arena, span_make(facts->list, facts->count * sizeof(*facts->list)));
    if (!known || !list.data) {
        compat->no_memory = true;
        return false;
    }
    size_t slot = slot_of(step->wanted);
    *known = (struct known){.older = compat->known,
                            .below = compat->slots[slot],
                            .slot = slot,
                            .wanted = step->wanted,
                            .list = (const struct tree **)(uintptr_t)list.data,
                            .count = facts->count,
                            .types = facts->types,
                            .grows = step->grows,
                            .told = !compat->quiet};
    compat->known = compat->slots[slot] = known;
    return true;
}

/* What was concluded since may have relied on what turned out to be wrong. */
static void forget_known(struct compat *compat, const struct known *until)
{
    for (; compat->known != until; compat->known = compat->known->older)
        compat->slots[compat->known->slot] = compat->known->below;
}

static bool is_said(struct compat *compat, const struct step *step,
                    const struct tree_member *member)
{
    for (size_t i = 0; i < step->facts->count; i++) {
        const struct tree *same = compat_find(compat, step->facts->list[i], member->key);
        if (same && compat_equal(compat, same, &member->value))
            return true;
    }
    return false;
}

static bool follows(struct compat *compat, const struct step *step,
                    const struct tree_member *member)
{
    const struct compat_keyword *keyword = step->keyword;
    if (!keyword)
        return is_said(compat, step, member) ||
               compat_complain(compat, COMPAT_UNKNOWN, &member->value,
                               "the keyword %s cannot be compared: entities could become invalid",
                               show_name(member->key).text);
    if (!keyword->implied || !(keyword->types & step->facts->types))
        return true;
    return ((keyword->flags & KEYWORD_PLAIN) && is_said(compat, step, member)) ||
           keyword->implied(compat, step, &member->value);
}

static const char *effect_of(const struct compat_keyword *keyword)
{
    return keyword->effect ? keyword->effect : "what the old schema allowed still fits";
}

/* Those of its companions count as changes of the keyword. */
static bool is_changed(struct compat *compat, const struct step *step, const char *name)
{
    const struct tree *was = compat_get(compat, step->former, name);
    const struct tree *is = compat_get(compat, step->wanted, name);
    return was && is ? !compat_equal(compat, was, is) : was != is;
}

static bool is_any_changed(struct compat *compat, const struct step *step, const char *name)
{
    static const char *const companions[][3] = {{"if", "then", "else"},
                                                {"contains", "minContains", "maxContains"}};
    for (size_t i = 0; i < 2; i++)
        if (strcmp(companions[i][0], name) == 0 && (is_changed(compat, step, companions[i][1]) ||
                                                    is_changed(compat, step, companions[i][2])))
            return true;
    return is_changed(compat, step, name);
}

static void tell_change(struct compat *compat, const struct step *step, const struct tree *value)
{
    const struct compat_keyword *keyword = step->keyword;
    if (compat->quiet || !step->former || !keyword || (keyword->flags & KEYWORD_SILENT))
        return;
    bool was = compat_get(compat, step->former, keyword->name) != NULL;
    if (keyword->flags & (was ? KEYWORD_WALKED : KEYWORD_LISTED))
        return;
    if (is_any_changed(compat, step, keyword->name))
        compat_note(compat, value, "%s: %s", change_of(compat, step, value).text,
                    effect_of(keyword));
}

/* What a reference leads to instead is compared there. */
static bool is_moved(struct compat *compat, const struct tree *wanted)
{
    return compat_get(compat, wanted, "$ref") || compat_get(compat, wanted, "allOf");
}

/* Where the rest does not follow, members that are not walked any more may be why. */
static void tell_removed(struct compat *compat, const struct step *step, bool follows_so_far)
{
    unsigned silent = KEYWORD_SILENT | (follows_so_far ? 0 : KEYWORD_WALKED);
    const struct tree *former = step->former;
    if (compat->quiet || !former || former->type != TREE_OBJECT || is_moved(compat, step->wanted))
        return;
    for (uint32_t i = 0; i < former->count; i++) {
        const struct tree_member *member = &former->members[i];
        const struct compat_keyword *keyword = compat_keyword_find(member->key);
        if (keyword && !(keyword->flags & silent) &&
            !compat_find(compat, step->wanted, member->key))
            compat_note(compat, &member->value, "removed: %s", effect_of(keyword));
    }
    tell_removed_members(compat, step);
}

static bool keywords_follow(struct compat *compat, struct step *step)
{
    bool result = true;
    for (uint32_t i = 0; i < step->wanted->count && (result || !compat->quiet); i++) {
        const struct tree_member *member = &step->wanted->members[i];
        step->keyword = compat_keyword_find(member->key);
        if (follows(compat, step, member))
            tell_change(compat, step, &member->value);
        else
            result = false;
    }
    tell_removed(compat, step, result);
    return implied_growth(compat, step) && result;
}

static bool object_follows(struct compat *compat, struct step *step)
{
    if (compat->depth == DEPTH_MAX)
        return compat_complain(compat, COMPAT_UNKNOWN, step->wanted,
                               "too deep to be compared: entities could become invalid");
    if (is_known(compat, step))
        return true;
    struct known *before = compat->known;
    if (!push_known(compat, step))
        return false;
    compat->depth++;
    bool result = keywords_follow(compat, step);
    compat->depth--;
    /* Once told, it makes the whole breaking, whoever else relies on it. */
    if (!result && compat->quiet)
        forget_known(compat, before);
    return result;
}

static bool covers(struct compat *compat, const struct facts *facts, const struct tree *former,
                   const struct tree *wanted, bool grows)
{
    if (!compat_burn(compat, 1 + facts->count))
        return false;
    if (wanted->type == TREE_TRUE || facts->types == 0)
        return true;
    if (wanted->type != TREE_OBJECT)
        return compat_complain(compat, COMPAT_BREAKING, wanted,
                               "nothing is allowed here any more: entities with a value here "
                               "become invalid");
    struct step step = {.facts = facts, .former = former, .wanted = wanted, .grows = grows};
    return object_follows(compat, &step);
}

bool compat_covers(struct compat *compat, const struct facts *facts, const struct tree *former,
                   const struct tree *wanted, bool grows)
{
    const struct tree *target = former && !compat_get(compat, wanted, "$ref")
                                    ? compat_follow(compat, SIDE_OLD, former, "$ref")
                                    : NULL;
    if (target && former->count == 1)
        former = target;
    bool other = former && former->type != wanted->type;
    bool result = covers(compat, facts, other ? NULL : former, wanted, grows);
    if (result && other)
        compat_note(compat, wanted, "changed: what the old schema allowed still fits");
    return result;
}

bool compat_covers_quietly(struct compat *compat, const struct facts *facts,
                           const struct tree *wanted)
{
    compat->quiet++;
    bool result = compat_covers(compat, facts, NULL, wanted, false);
    compat->quiet--;
    return result;
}

bool compat_implies(struct compat *compat, enum side side, const struct tree *given,
                    const struct tree *wanted)
{
    struct facts facts;
    facts_init(&facts, side, TYPE_ALL);
    facts_add(compat, &facts, given);
    return compat_covers_quietly(compat, &facts, wanted);
}

static bool is_foreign(const struct tree *schema)
{
    const struct tree *dialect = tree_get(schema, "$schema");
    return dialect && (dialect->type != TREE_STRING || (!span_is(dialect->string, DIALECT) &&
                                                        !span_is(dialect->string, DIALECT "#")));
}

static void compare(struct compat *compat)
{
    const struct tree *before = compat->roots[SIDE_OLD], *after = compat->roots[SIDE_NEW];
    if (tree_equal(before, after))
        return;
    if (is_foreign(before) || is_foreign(after)) {
        compat_complain(compat, COMPAT_UNKNOWN, after,
                        "\"$schema\" names another dialect, which cannot be compared");
        return;
    }
    compat_survey(compat, SIDE_OLD);
    compat_survey(compat, SIDE_NEW);
    struct facts facts;
    facts_init(&facts, SIDE_OLD, TYPE_BIT(OBJECT)); /* as every document of the store is one */
    facts_add(compat, &facts, before);
    compat_covers(compat, &facts, before, after, true);
    if (compat->fuel > 0)
        return;
    compat->fuel = 1;
    compat_complain(compat, COMPAT_UNKNOWN, after,
                    "the schemas take too much work to compare: entities could become invalid");
}

int compat_compare(struct arena *arena, const struct tree *old_schema,
                   const struct tree *new_schema, struct compat_report *ret_report)
{
    struct compat *compat = arena_alloc(arena, sizeof(*compat));
    if (!compat)
        return -ERR_NO_MEMORY;
    compat->arena = arena;
    compat->roots[SIDE_OLD] = old_schema;
    compat->roots[SIDE_NEW] = new_schema;
    compat->fuel = FUEL;
    compat->last = &compat->first;
    compare(compat);
    int result = compat_finish(compat, ret_report);
    for (size_t i = 0; i < LOOKUP_SLOTS; i++)
        tree_lookup_finish(&compat->lookups[i]);
    return result;
}
