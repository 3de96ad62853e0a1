/* The "basic" output (core, section 12): where each fault of a document is, and in a valid one what
 * the schema has to say of it. */
#include "schema/schema_compiler.h"

#define REPORT_MAX     1000
#define LOCATION_BYTES 4 /* that take a step to tell */

static void append_trail(struct buf *out, const struct trail *trail, const struct node *node)
{
    if (trail) {
        append_trail(out, trail->up, trail->from);
        if (out->size > FAULT_LOCATION_MAX)
            return;
        buf_printf(out, "/%s", trail->keyword);
    }
    node_append_pointer(out, node, trail ? trail->to : NULL, FAULT_LOCATION_MAX);
}

/* RFC 3986, section 3.5: what a fragment may not hold is percent-encoded. */
static void append_fragment(struct buf *out, struct span pointer)
{
    static const char plain[] = "-._~!$&'()*+,;=:@/?";
    for (size_t i = 0; i < pointer.size; i++) {
        uint8_t byte = pointer.data[i];
        bool word = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= 'a' && byte <= 'z');
        if (word || (byte != 0 && strchr(plain, byte)))
            buf_append_byte(out, byte);
        else
            buf_printf(out, "%%%02X", byte);
    }
}

const char *fault_keep(struct faults *faults, const struct buf *text)
{
    struct span kept = arena_copy(faults->arena, buf_span(text));
    if (!buf_failed(text) && kept.data)
        return (const char *)kept.data;
    faults->no_memory = true;
    return "";
}

void fault_locate(struct check *check, const struct node *node, struct fault *fault)
{
    struct buf pointer = {0}, absolute = {0};
    struct faults *into = check->notes ? check->notes : check->faults;
    append_trail(&pointer, check->trail, node);
    if (fault->keyword)
        buf_printf(&pointer, "/%s", fault->keyword);
    fault->location = fault_keep(into, &pointer);
    buf_clear(&pointer);
    node_append_pointer(&pointer, node, node->resource->root, FAULT_LOCATION_MAX);
    if (fault->keyword)
        buf_printf(&pointer, "/%s", fault->keyword);
    buf_append_span(&absolute, node->resource->uri);
    buf_append_byte(&absolute, '#');
    append_fragment(&absolute, buf_span(&pointer));
    fault->absolute = fault_keep(into, &absolute);
    check_burn(check, (strlen(fault->pointer) + pointer.size + absolute.size) / LOCATION_BYTES);
    buf_finish(&pointer);
    buf_finish(&absolute);
}

/* Notes. */

/* What a keyword has to say of a valid value, as JSON: an annotation, or nothing. */

static bool is_declared(const struct node *node, const struct tree_member *member)
{
    return object_find(node->object, member->key, tree_member_hash(member)) <
           node->object->declared_count;
}

static bool is_patterned(struct check *check, const struct node *node,
                         const struct tree_member *member)
{
    for (uint32_t i = 0; i < node->object->pattern_count; i++)
        if (check_pattern(check, node->object->patterns[i].pattern, NULL, member->key))
            return true;
    return false;
}

enum members { DECLARED, PATTERNED, ADDITIONAL };

static void append_names(struct buf *out, struct check *check, const struct node *node,
                         const struct tree *object, enum members which)
{
    const char *comma = "";
    buf_append_byte(out, '[');
    for (uint32_t i = 0; i < object->count; i++) {
        const struct tree_member *member = &object->members[i];
        bool declared = node->object->property_count > 0 && is_declared(node, member);
        bool patterned = which != DECLARED && is_patterned(check, node, member);
        if (which == DECLARED ? !declared : which == PATTERNED ? !patterned : declared || patterned)
            continue;
        buf_append_string(out, comma);
        buf_append_json_string(out, member->key);
        comma = ",";
    }
    buf_append_byte(out, ']');
}

static void append_members(struct buf *out, struct check *check, const struct node *node,
                           const struct tree *value, struct span keyword)
{
    if (span_is(keyword, "properties"))
        append_names(out, check, node, value, DECLARED);
    else if (span_is(keyword, "patternProperties"))
        append_names(out, check, node, value, PATTERNED);
    else if (span_is(keyword, "additionalProperties"))
        append_names(out, check, node, value, ADDITIONAL);
}

static void append_items(struct buf *out, const struct node *node, const struct tree *value,
                         struct span keyword)
{
    uint32_t prefix = node->array->prefix_count;
    if (span_is(keyword, "prefixItems") && prefix < value->count)
        buf_printf(out, "%u", (unsigned)prefix - 1);
    else if (span_is(keyword, "prefixItems") ? value->count > 0
                                             : span_is(keyword, "items") && value->count > prefix)
        buf_append_string(out, "true");
}

static void append_annotation(struct buf *out, struct check *check, const struct node *node,
                              const struct tree *value, const struct tree_member *member)
{
    const struct keyword *keyword = keyword_find(node->resource, member->key);
    const unsigned plain = VOCABULARY_METADATA | VOCABULARY_FORMAT | VOCABULARY_CONTENT;
    if (!keyword || keyword->vocabularies & plain)
        tree_write_compact(out, &member->value);
    else if (node->object && value->type == TREE_OBJECT)
        append_members(out, check, node, value, member->key);
    else if (node->array && value->type == TREE_ARRAY)
        append_items(out, node, value, member->key);
}

static void note(struct check *check, const struct node *node, const struct place *place,
                 const struct tree_member *member)
{
    struct faults *notes = check->notes;
    struct buf text = {0};
    if (notes->total >= notes->limit || !check_burn(check, 16 + place->value->count)) {
        notes->total++;
        return;
    }
    struct fault *fault = &notes->items[notes->total++];
    *fault = (struct fault){0};
    place_append_pointer(&text, place, FAULT_LOCATION_MAX);
    fault->pointer = fault_keep(notes, &text);
    buf_clear(&text);
    append_annotation(&text, check, node, place->value, member);
    fault->message = text.size > 0 ? fault_keep(notes, &text) : NULL;
    check_burn(check, text.size / LOCATION_BYTES);
    buf_clear(&text);
    buf_append_span(&text, member->key);
    fault->keyword = fault_keep(notes, &text);
    fault_locate(check, node, fault);
    buf_finish(&text);
}

/* What only says where something is, or is said to who reads the schema. */
static bool is_silent(const struct node *node, const struct tree_member *member)
{
    const struct keyword *keyword = keyword_find(node->resource, member->key);
    return keyword && keyword->vocabularies & VOCABULARY_CORE &&
           !span_ends_with(member->key, "Ref") && !span_is(member->key, "$ref");
}

void notes_close(struct check *check, const struct node *node, const struct place *place,
                 size_t noted, bool valid)
{
    if (!valid)
        check->notes->total = noted;
    for (uint32_t i = 0; valid && node->source->type == TREE_OBJECT && i < node->source->count; i++)
        if (!is_silent(node, &node->source->members[i]))
            note(check, node, place, &node->source->members[i]);
}

static void append_member(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "\"%s\":", name);
    buf_append_json_string(out, span_of_string(text));
}

static void append_units(struct buf *out, const struct faults *faults, bool valid)
{
    buf_printf(out, "{\"valid\":%s,\"%s\":[", valid ? "true" : "false",
               valid ? "annotations" : "errors");
    for (size_t i = 0; i < faults->total && i < faults->limit; i++) {
        const struct fault *fault = &faults->items[i];
        buf_append_string(out, i > 0 ? ",{" : "{");
        append_member(out, "keywordLocation", fault->location);
        buf_append_byte(out, ',');
        append_member(out, "absoluteKeywordLocation", fault->absolute);
        buf_append_byte(out, ',');
        append_member(out, "instanceLocation", fault->pointer);
        if (valid && fault->message)
            buf_printf(out, ",\"annotation\":%s", fault->message);
        if (!valid) {
            buf_append_byte(out, ',');
            append_member(out, "error", fault->message);
        }
        buf_append_byte(out, '}');
    }
    buf_append_string(out, "]}");
}

static int append_notes(const struct schema *schema, const struct place *root, struct buf *out,
                        struct problem *problem)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct faults notes;
    faults_init(&notes, &arena, REPORT_MAX);
    struct check check;
    check_init(&check, schema);
    check.notes = &notes;
    check_node(&check, schema->root, root, NULL);
    int error = 0;
    if (notes.no_memory || check.error == -ERR_NO_MEMORY)
        error = problem_set(problem, ERR_NO_MEMORY, "there is no memory for the annotations");
    else
        append_units(out, &notes, true);
    arena_finish(&arena);
    return error;
}

int schema_report(const struct schema *schema, const struct tree *document, struct buf *out,
                  struct problem *problem)
{
    struct place root = {.value = document};
    bool valid;
    int error = check_judge(schema, &root, &valid, problem);
    if (error < 0)
        return error;
    if (valid)
        return append_notes(schema, &root, out, problem);
    struct arena arena;
    arena_init(&arena, 0);
    struct faults faults;
    faults_init(&faults, &arena, REPORT_MAX);
    faults.locates = true;
    check_explain(schema, &root, &faults);
    if (faults.no_memory)
        error = problem_set(problem, ERR_NO_MEMORY, "there is no memory to describe the faults");
    else
        error = faults_report(&faults, ERR_SCHEMA_MISMATCH, problem);
    if (error == -ERR_SCHEMA_MISMATCH)
        append_units(out, &faults, false);
    arena_finish(&arena);
    return error;
}
