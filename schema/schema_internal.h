/* The parts of schema_*.c. They may use store/base, tree.h, tree_lookup.h and pointer.h, and
 * nothing else of the project.
 *
 * A schema is compiled into a graph of nodes, one for each (sub)schema of the text; a node is a
 * list of rules, one for each keyword, and a rule points to its row in the constant table of
 * keywords, which knows how to compile and how to check it. */
#ifndef PERSISTFS_SCHEMA_INTERNAL_H
#define PERSISTFS_SCHEMA_INTERNAL_H

#include "schema/schema.h"

/* Subschemas within subschemas while one document is checked, references included. */
#define SCHEMA_DEPTH_MAX 512
/* Steps one check may take: less than a second of work. */
#define SCHEMA_FUEL 10000000

/* Places and faults (schema_fault.c). */

/* A value in a document, or in a schema, with the way to it; lives on the stack. */
struct place {
    const struct place *up; /* NULL at the root */
    const struct tree *value;
    struct span key; /* when `up` is an object */
    uint32_t index;  /* when `up` is an array */
};

struct fault {
    const char *pointer;
    const char *keyword; /* constant, or NULL */
    const char *message;
};

struct faults {
    struct arena *arena; /* of the texts */
    bool no_memory;
    size_t total;     /* those beyond the first PROBLEM_ITEMS_MAX are only counted */
    size_t summaries; /* those of them that only announce others */
    struct fault items[PROBLEM_ITEMS_MAX];
};

struct place place_member(const struct place *up, const struct tree_member *member);
struct place place_item(const struct place *up, uint32_t index);
void fault_add(struct faults *faults, const struct place *place, const char *keyword,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
void fault_vadd(struct faults *faults, const struct place *place, const char *keyword,
                const char *format, va_list args) __attribute__((format(printf, 4, 0)));
void fault_append(struct faults *into, const struct faults *from);
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

/* Numbers, by their exact decimal value (schema_number.c). */

int number_compare(const struct tree *a, const struct tree *b);
bool number_is_integer(const struct tree *number);
/* Whether it may be a divisor of number_is_multiple: positive, of at most 19 digits. */
bool number_is_divisor(const struct tree *number);
bool number_is_positive(const struct tree *number);
bool number_is_multiple(const struct tree *number, const struct tree *divisor);
/* A whole number that is not negative, at most UINT64_MAX. */
bool number_count(const struct tree *number, uint64_t *ret_count);

/* Formats (schema_format.c). */

struct format {
    const char *name;
    bool (*fits)(struct span text);
    const char *what; /* "an email address" */
};

const struct format *format_find(struct span name);

/* The compiled schema. */

struct node;
struct check;
struct compiler;
struct rule;

struct keyword {
    const char *name;
    unsigned applies; /* bits 1 << enum tree_type of the values it is checked on; 0: never */
    bool in_place;    /* its subschemas are for the same value, not for a part of it */
    /* Takes the keyword's value (place->value) into the rule and the node, or adds a fault. */
    void (*compile)(struct compiler *compiler, struct node *node, struct rule *rule,
                    const struct place *place);
    /* Whether the value at `place` satisfies it; adds faults when the check reports. */
    bool (*check)(struct check *check, const struct node *node, const struct rule *rule,
                  const struct place *place);
};

/* NULL when there is no such keyword. One that is not implemented has no `compile`. */
const struct keyword *keyword_find(struct span name);
void keyword_suggest(struct suggestion *suggestion);

struct hashed {
    uint64_t hash;
    uint32_t index;
};

struct rule {
    const struct keyword *keyword;
    const struct tree *value;
    struct node **nodes; /* its subschemas, in the order of the text */
    size_t count;
    union {
        uint64_t limit;
        unsigned types;
        const struct format *format;
        const struct hashed *hashes; /* of the values of `enum`, sorted */
    };
};

struct property {
    const struct tree_member *source;
    struct node *node;
    bool required;
};

enum site {
    SITE_ROOT,
    SITE_PROPERTY, /* reached from the root through `properties` alone */
    SITE_INNER,
};

struct node {
    const struct tree *source;
    struct node *older;          /* all nodes, as they were made */
    struct property *properties; /* in the order of the text */
    uint32_t *sorted;            /* indices of them, by name */
    uint32_t property_count;
    uint32_t rule_count;
    struct rule *rules;
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
    struct schema_unique *uniques;
    size_t unique_count;
    unsigned events;
    bool requires_version;
};

/* The rule of that keyword, or NULL. */
const struct rule *node_rule(const struct node *node, const char *keyword);
#define NODE_NO_PROPERTY UINT32_MAX
uint32_t node_property(const struct node *node, struct span name);

/* Compiling (schema_compile.c, schema_rules.c, schema_extension.c). */

/* A reference to lead somewhere, or a default to check, once all nodes are there. */
struct pending {
    struct pending *next;
    struct node *node;
    struct rule *rule; /* of a reference */
};

struct compiler {
    struct schema *schema;
    struct arena *arena; /* the schema's */
    struct arena scratch;
    const struct tree *text;
    struct node *newest;
    size_t node_count;
    struct pending *references;
    struct pending *defaults;
    uint64_t fuel; /* for all defaults together */
    struct faults faults;
};

struct node *compile_node(struct compiler *compiler, const struct place *place, enum site site);
/* Memory of the schema; NULL, and the compilation fails, when there is none. */
void *compile_alloc(struct compiler *compiler, size_t count, size_t size);
void compile_later(struct compiler *compiler, struct pending **list, struct node *node,
                   struct rule *rule);
/* As fault_add, with the rule's keyword. */
void compile_fault(struct compiler *compiler, const struct rule *rule, const struct place *place,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Sorted by hash, then by index. */
void hash_items(const struct tree *array, struct hashed *out);

typedef void compile_function(struct compiler *compiler, struct node *node, struct rule *rule,
                              const struct place *place);
compile_function compile_text, compile_flag, compile_list, compile_dialect, compile_id,
    compile_definitions, compile_reference, compile_type, compile_enum, compile_any,
    compile_default, compile_read_only, compile_subschema, compile_subschemas, compile_properties,
    compile_required, compile_count, compile_number, compile_divisor, compile_format,
    compile_unique, compile_outbox, compile_require_version;

/* Checking (schema_validate.c, schema_apply.c, schema_assert.c). */

struct check {
    uint64_t fuel;
    unsigned depth;
    int error;             /* -ERR_NO_MEMORY */
    const char *gave_up;   /* why; from then on every answer is void */
    struct faults *faults; /* NULL: the answer alone is wanted, at the first fault */
};

bool check_node(struct check *check, const struct node *node, const struct place *place);
/* The same, without a report. */
bool check_quietly(struct check *check, const struct node *node, const struct place *place);
/* Takes `steps` of the fuel; false when it is used up. */
bool check_burn(struct check *check, uint64_t steps);
/* As much as a look at the whole value takes. */
bool check_burn_value(struct check *check, const struct tree *value);
/* Adds a fault when the check reports. Always false. */
bool check_fails(struct check *check, const struct place *place, const struct rule *rule,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
bool check_no_memory(struct check *check);
/* Whether two items are equal; `ret_pair` are their indices. */
bool check_duplicate(struct check *check, const struct tree *array, uint32_t ret_pair[2]);

typedef bool check_function(struct check *check, const struct node *node, const struct rule *rule,
                            const struct place *place);
check_function check_reference, check_all_of, check_any_of, check_one_of, check_not, check_if,
    check_properties, check_additional, check_names, check_prefix_items, check_items,
    check_contains, check_type, check_enum, check_const, check_required, check_min_properties,
    check_max_properties, check_min_items, check_max_items, check_unique_items, check_min_length,
    check_max_length, check_minimum, check_maximum, check_exclusive_minimum,
    check_exclusive_maximum, check_multiple_of, check_format;

/* Defaults (schema_defaults.c). */

/* schema_apply_defaults for one node. */
int node_complete(const struct node *node, struct arena *arena, const struct tree *value,
                  const struct tree **ret_value);

#endif
