/* The parts of schema_*.c. They may use store/base, tree.h, tree_lookup.h, pointer.h, number.h,
 * pattern.h, format.h and uri.h, and nothing else of the project.
 *
 * A schema is compiled into a graph of nodes, one for each (sub)schema of its text and of the texts
 * it refers to. A node holds what is to be checked by the type of the value, the cheap before the
 * dear, and then its branches: the schemas that apply to the same value. Nothing of a node changes
 * once its schema is compiled.
 *
 *     schema_library    the metaschemas
 *     schema_compile    from a text to nodes; then what can only be told of all of them:
 *                       schema_resource, _dialect, _reference, _settle
 *     schema_keywords   the table of keywords; what each makes of its value:
 *                       schema_shape, _parts, _members, _extension, _links
 *     schema_validate   from a node and a value to a verdict
 *     schema_check_...  by the type of the value
 *     schema_defaults   what is added to a document, and what must not change in it
 *     schema_fault      what is told of a verdict; schema_report: with the annotations */
#ifndef PERSISTFS_SCHEMA_INTERNAL_H
#define PERSISTFS_SCHEMA_INTERNAL_H

#include "schema/format.h"
#include "schema/number.h"
#include "schema/pattern.h"
#include "schema/schema.h"

/* Subschemas within subschemas while one document is checked, references included. A schema of the
 * deepest nesting takes about 900 to be checked by its metaschema. */
#define SCHEMA_DEPTH_MAX 1024
/* Steps one check may take: less than a second of work. */
#define SCHEMA_FUEL 10000000

/* Places and faults (schema_fault.c). */

/* A value in a document, or in a schema, with the way to it; lives on the stack. */
struct place {
    const struct place *up;   /* NULL at the root */
    const struct tree *value; /* one of the items or members of up->value */
    bool is_name;             /* but this is the name of a member */
};

struct fault {
    const char *pointer;
    const char *keyword; /* constant, or NULL */
    const char *message;
    const char *location; /* of the keyword, as it was reached; NULL when that was not wanted */
    const char *absolute; /* of the keyword, in its resource */
};

/* Longer texts are cut, as are longer locations in a report. */
#define FAULT_TEXT_MAX     512
#define FAULT_LOCATION_MAX (64 << 10)

struct faults {
    struct arena *arena; /* of the texts */
    bool locates;        /* whether locations are wanted */
    bool no_memory;
    size_t total;     /* those beyond the limit are only counted */
    size_t summaries; /* those of them that only announce others */
    size_t limit;
    struct fault *items;
};

/* Without memory it is still valid, and says so by no_memory. */
void faults_init(struct faults *faults, struct arena *arena, size_t limit);
static inline struct place place_of(const struct place *up, const struct tree *value)
{
    return (struct place){.up = up, .value = value};
}
/* RFC 6901; cut when it is longer than the limit, as is that of a node. */
void place_append_pointer(struct buf *out, const struct place *place, size_t limit);
/* The name of the member that the place is, in an object. */
struct span place_key(const struct place *place);
void fault_add(struct faults *faults, const struct place *place, const char *keyword,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* NULL when it was only counted. */
struct fault *fault_vadd(struct faults *faults, const struct place *place, const char *keyword,
                         const char *format, va_list args) __attribute__((format(printf, 4, 0)));
/* A copy of the text; "" when there is no memory. */
const char *fault_keep(struct faults *faults, const struct buf *text);
void fault_append(struct faults *into, const struct faults *from);
/* Adds one whose texts live as long as the arena. */
void fault_copy(struct faults *faults, const char *pointer, const char *keyword,
                const char *message);
/* Fills the problem; returns -code, or -ERR_NO_MEMORY when texts are missing. */
int faults_report(const struct faults *faults, enum err code, struct problem *problem);

/* A text for a message, cut at a sane length. */
struct quote {
    char text[96];
};

struct quote quote_value(const struct tree *value); /* 17, "abc", an object */
struct quote quote_name(struct span name);          /* "abc" */

/* The candidate nearest to a misspelt word. */
struct suggestion {
    struct span word;
    struct span best; /* empty: none is near */
    unsigned distance;
};

void suggestion_offer(struct suggestion *suggestion, struct span candidate);
/* `; did you mean "email"?` or nothing. */
struct quote suggestion_text(const struct suggestion *suggestion);

/* The compiled schema. */

struct node;

/* What has a URI of its own (core, section 4.3.5). */
struct resource {
    struct span uri; /* absolute, without fragment */
    struct node *root;
    struct document *document;
    unsigned vocabularies;
    bool draft_2019;
    struct node **dynamic; /* by the number of a dynamic anchor's name; NULL: it has none */
};

struct dependent {
    struct dependent *next;
    const struct tree *names; /* an array: these must be there, too */
    struct node *node;        /* or: the object must satisfy this */
    const char *keyword;
};

/* A name that the schema of an object knows. */
struct property {
    struct span name;
    uint64_t hash;
    struct node *node;                /* NULL: not in `properties` */
    const struct tree_member *source; /* in `properties` */
    struct dependent *dependents;
    bool required;
    bool merged; /* while they are gathered: another entry of the name has it all */
};

struct pattern_property {
    struct pattern *pattern;
    struct node *node;
};

struct object_rules {
    uint64_t min, max;
    struct property *properties; /* those of `properties` first, in the order of the text */
    uint32_t property_count, declared_count, required_count;
    uint32_t *slots;  /* a hash table of indices; NULL: too many of them collide */
    uint32_t *sorted; /* indices by name */
    unsigned shift;
    struct pattern_property *patterns;
    uint32_t pattern_count;
    const struct node *additional; /* NULL, as all those below: no such keyword */
    const struct node *names;
    const struct node *unevaluated;
};

struct array_rules {
    uint64_t min, max;
    struct node **prefix;
    uint32_t prefix_count;
    const char *items_keyword;
    const struct node *items;
    const struct node *contains;
    uint64_t min_contains, max_contains;
    bool counts_contains; /* minContains is given */
    bool unique;
    const struct node *unevaluated;
};

struct string_rules {
    uint64_t min, max;
    struct pattern *pattern;
    struct span pattern_text;
    const struct format *format;
};

struct number_rules {
    const struct tree *minimum, *maximum, *exclusive_minimum, *exclusive_maximum, *multiple_of;
    int64_t low, high;          /* integers between them are within all bounds */
    double real_low, real_high; /* as are reals that are strictly between these */
};

struct hashed {
    uint64_t hash;
    uint32_t index;
};

struct choices {
    const struct tree *list;
    struct hashed *hashes; /* sorted; NULL: few enough to try each */
};

enum branch_kind {
    BRANCH_REF,
    BRANCH_DYNAMIC,
    BRANCH_ALL,
    BRANCH_ANY,
    BRANCH_ONE,
    BRANCH_NOT,
    BRANCH_IF
};

/* Schemas that apply to the same value. */
struct branch {
    enum branch_kind kind;
    uint32_t count;
    const char *keyword;
    struct node **nodes; /* of an `if`: itself, then, else; NULL where there is none */
    uint32_t name;       /* of a dynamic reference */
};

enum site {
    SITE_ROOT,
    SITE_PROPERTY, /* reached from the root through `properties` alone */
    SITE_ITEM,     /* `items` of such a one */
    SITE_INNER,
};

struct node {
    uint16_t types;           /* bits 1 << enum tree_type of the values allowed */
    bool integral;            /* reals are allowed when they are integers */
    bool plain;               /* nothing but the type is to be checked */
    bool only_branches;       /* no type nor anything of the value itself is */
    bool only_number;         /* beside the type there are bounds for numbers, and no more */
    const struct node *alias; /* what is checked instead when nobody asks for a report */
    bool guarded; /* a value must be looked at for members or items that nothing evaluated */
    uint32_t branch_count;
    const struct object_rules *object;
    const struct array_rules *array;
    const struct string_rules *string;
    const struct number_rules *number;
    const struct tree *constant;
    const struct choices *choices;
    struct branch *branches;
    struct resource *resource;

    const struct tree *source;
    struct node *up;              /* the schema around it in its text */
    const struct tree_member *in; /* of up->source: the keyword it stands in */
    struct span at;               /* without `in`: the pointer to it from `up` */
    const struct tree *default_value;
    enum site site;
    uint8_t mark; /* while loops of references are looked for */
    bool read_only;
    bool completes; /* it, or one below it through `properties`, can add a default */
    bool guards;    /* one below it through `properties` is read-only */
};

struct schema {
    struct arena arena;
    struct node *root;
    struct pattern **patterns; /* owned */
    size_t pattern_count, pattern_capacity;
    struct schema_unique *uniques;
    size_t unique_count;
    struct schema_reference *references;
    size_t reference_count;
    unsigned events;
    bool requires_version;
    bool dynamic; /* it has references that depend on the way to them */
};

#define NODE_NO_PROPERTY UINT32_MAX
/* Most names and constants are short, and a call of memcmp costs more than the comparison. */
static inline bool same_bytes(struct span a, struct span b)
{
    if (a.size != b.size)
        return false;
    if (a.size > 16 || a.size < 4)
        return span_equal(a, b);
    if (a.size >= 8)
        return tree_load64(a.data) == tree_load64(b.data) &&
               tree_load64(a.data + a.size - 8) == tree_load64(b.data + a.size - 8);
    uint32_t words[4];
    memcpy(&words[0], a.data, 4);
    memcpy(&words[1], b.data, 4);
    memcpy(&words[2], a.data + a.size - 4, 4);
    memcpy(&words[3], b.data + a.size - 4, 4);
    return words[0] == words[1] && words[2] == words[3];
}
static inline bool property_is(const struct property *property, struct span name, uint64_t hash)
{
    return property->hash == hash && same_bytes(property->name, name);
}
/* The index of a name among the properties, declared or only known. */
uint32_t object_find(const struct object_rules *rules, struct span name, uint64_t hash);
/* Appends the pointer from the schema `stop` (NULL: the root of its text) to the node. */
void node_append_pointer(struct buf *out, const struct node *node, const struct node *stop,
                         size_t limit);

/* Defaults (schema_defaults.c). */

/* schema_apply_defaults for one node. */
int node_complete(const struct node *node, struct arena *arena, const struct tree *value,
                  const struct tree **ret_value);

#endif
