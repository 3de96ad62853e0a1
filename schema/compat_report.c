#include "schema/compat_internal.h"

#include "store/base/cleanup.h"
#include "store/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

const char *compat_effect_name(enum compat_effect effect)
{
    static const char *const names[] = {"compatible", "unknown", "breaking"};
    return names[effect];
}

static struct shown show(struct span text)
{
    struct shown shown;
    bool cut = text.size >= sizeof(shown.text);
    struct span head = cut ? utf8_head(text, sizeof(shown.text) - 4) : text;
    snprintf(shown.text, sizeof(shown.text), "%.*s%s", (int)head.size, (const char *)head.data,
             cut ? "..." : "");
    return shown;
}

struct shown show_value(const struct tree *value)
{
    if (value->type >= TREE_ARRAY)
        return (struct shown){.text = "an array"};
    return show(value->raw);
}

struct shown show_name(struct span name)
{
    AUTO_BUF struct buf text = {0};
    buf_append_json_string(&text, utf8_head(name, sizeof(struct shown)));
    return show(buf_span(&text));
}

static bool is_told(const struct compat *compat, const struct tree *at, enum compat_effect effect,
                    struct span message)
{
    for (const struct finding *old = compat->first; old; old = old->next)
        if (old->at == at && old->effect == effect &&
            span_equal(span_of_string(old->message), message))
            return true;
    return false;
}

static void add(struct compat *compat, enum compat_effect effect, const struct tree *at,
                const char *format, va_list args)
{
    AUTO_BUF struct buf text = {0};
    buf_vprintf(&text, format, args);
    if (is_told(compat, at, effect, buf_span(&text)))
        return;
    if (effect > compat->worst)
        compat->worst = effect;
    if (compat->finding_count == COMPAT_FINDINGS_MAX) {
        compat->untold++;
        return;
    }
    struct finding *finding = arena_alloc(compat->arena, sizeof(*finding));
    struct span message = arena_copy(compat->arena, buf_span(&text));
    if (!finding || !message.data || buf_failed(&text)) {
        compat->no_memory = true;
        return;
    }
    *finding = (struct finding){.effect = effect, .at = at, .message = (const char *)message.data};
    *compat->last = finding;
    compat->last = &finding->next;
    compat->finding_count++;
}

/* Without fuel what is not proven may yet be so: that there is none left is all that is told. */
bool compat_complain(struct compat *compat, enum compat_effect effect, const struct tree *at,
                     const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!compat->quiet && compat->fuel > 0)
        add(compat, effect, at, format, args);
    va_end(args);
    return false;
}

void compat_note(struct compat *compat, const struct tree *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!compat->quiet && compat->fuel > 0)
        add(compat, COMPAT_COMPATIBLE, at, format, args);
    va_end(args);
}

static int compare_places(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)(*(struct finding *const *)left)->at;
    uintptr_t b = (uintptr_t)(*(struct finding *const *)right)->at;
    return (a > b) - (a < b);
}

struct search {
    struct compat *compat;
    struct finding **sorted; /* by place */
    struct buf pointer;      /* to the value at hand */
};

static void mark(struct search *search, const struct tree *value)
{
    struct finding wanted = {.at = value};
    struct finding *key = &wanted;
    size_t count = search->compat->finding_count;
    struct finding **found =
        bsearch(&key, search->sorted, count, sizeof(struct finding *), compare_places);
    if (!found)
        return;
    struct span copy = arena_copy(search->compat->arena, buf_span(&search->pointer));
    search->compat->no_memory |= !copy.data;
    while (found > search->sorted && found[-1]->at == value)
        found--;
    for (; found < search->sorted + count && (*found)->at == value; found++)
        (*found)->pointer = copy;
}

/* Goes through a whole schema. A finding needs to know its value alone then, and not the way. */
static void locate(struct search *search, const struct tree *value)
{
    size_t size = search->pointer.size;
    mark(search, value);
    for (uint32_t i = 0; i < compat_count(value, TREE_OBJECT); i++) {
        tree_append_pointer(&search->pointer, value->members[i].key);
        locate(search, &value->members[i].value);
        search->pointer.size = size;
    }
    for (uint32_t i = 0; i < compat_count(value, TREE_ARRAY); i++) {
        buf_printf(&search->pointer, "/%u", (unsigned)i);
        locate(search, &value->items[i]);
        search->pointer.size = size;
    }
}

static void locate_all(struct compat *compat)
{
    AUTO_FREE struct finding **sorted = calloc(compat->finding_count + 1, sizeof(struct finding *));
    compat->no_memory |= !sorted;
    if (!sorted)
        return;
    size_t count = 0;
    for (struct finding *finding = compat->first; finding; finding = finding->next)
        sorted[count++] = finding;
    qsort(sorted, count, sizeof(struct finding *), compare_places);
    struct search search = {.compat = compat, .sorted = sorted};
    for (int side = SIDE_OLD; side <= SIDE_NEW; side++) {
        search.pointer.size = 0;
        locate(&search, compat->roots[side]);
    }
    compat->no_memory |= buf_failed(&search.pointer);
    buf_finish(&search.pointer);
}

int compat_finish(struct compat *compat, struct compat_report *ret_report)
{
    locate_all(compat);
    struct compat_finding *findings =
        arena_alloc_array(compat->arena, compat->finding_count, sizeof(*findings));
    if (compat->no_memory || !findings)
        return -ERR_NO_MEMORY;
    size_t count = 0;
    for (const struct finding *at = compat->first; at; at = at->next)
        findings[count++] = (struct compat_finding){at->effect, at->pointer, at->message};
    *ret_report = (struct compat_report){compat->worst, count, findings, compat->untold};
    return 0;
}
