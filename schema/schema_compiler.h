/* schema_compiler: what the parts that compile a schema share. */
#ifndef PERSISTFS_SCHEMA_COMPILER_H
#define PERSISTFS_SCHEMA_COMPILER_H

#include "schema/schema_check.h"

/* Keywords (schema_keywords.c). */

struct compiler;
struct keyword;

enum {
    VOCABULARY_CORE = 1,
    VOCABULARY_APPLICATOR = 2,
    VOCABULARY_UNEVALUATED = 4,
    VOCABULARY_VALIDATION = 8,
    VOCABULARY_METADATA = 16,
    VOCABULARY_FORMAT = 32,
    VOCABULARY_ASSERTION = 64, /* of formats */
    VOCABULARY_CONTENT = 128,
    VOCABULARY_BEHAVIOUR = 256, /* x- */
    VOCABULARY_ALL = 511 & ~VOCABULARY_ASSERTION,
};

/* Takes the keyword's value (place->value) into the node, or adds a fault. */
typedef void compile_function(struct compiler *compiler, struct node *node,
                              const struct keyword *keyword, const struct place *place);

struct keyword {
    const char *name;
    unsigned vocabularies;
    unsigned draft;            /* 2019 or 2020: known in that alone */
    unsigned takes;            /* bits 1 << enum tree_type of the values it may have */
    compile_function *compile; /* NULL: not implemented */
};

/* NULL when the resource knows no such keyword. */
const struct keyword *keyword_find(const struct resource *resource, struct span name);
void keyword_suggest(struct suggestion *suggestion);
/* The vocabulary of that URI; 0 when it is unknown. */
unsigned vocabulary_find(struct span uri);

compile_function compile_nothing, compile_all_of, compile_any_of, compile_one_of, compile_not,
    compile_if, compile_properties, compile_patterns, compile_additional, compile_names,
    compile_required, compile_dependents, compile_prefix_items, compile_items,
    compile_additional_items, compile_contains, compile_min_contains, compile_max_contains,
    compile_unevaluated_items, compile_unevaluated_properties, compile_definitions,
    compile_lone_schema, compile_type, compile_enum, compile_const, compile_min_properties,
    compile_max_properties, compile_min_items, compile_max_items, compile_unique_items,
    compile_min_length, compile_max_length, compile_pattern, compile_format, compile_minimum,
    compile_maximum, compile_exclusive_minimum, compile_exclusive_maximum, compile_multiple_of,
    compile_default, compile_read_only, compile_reference, compile_dynamic_reference,
    compile_nested_dialect, compile_ref, compile_on_delete, compile_unique, compile_outbox,
    compile_require_version;

/* Compiling (schema_compile.c). */

/* A text that was found, and what was made of it. */
struct document {
    struct document *next;
    const struct tree *text;
    struct span uri;                 /* where it was found */
    bool is_main;                    /* the one that was asked for */
    bool is_standard;                /* a metaschema of the library */
    bool is_other;                   /* of another draft */
    const struct schema *metaschema; /* of a dialect of its own */
};

/* A metaschema that somebody wrote. */
struct dialect {
    struct dialect *next;
    struct span uri;
    struct span text; /* NULL data: there is none */
    unsigned vocabularies;
    bool tried;                /* to compile it, or to read it, in vain */
    struct schema *metaschema; /* owned; NULL until a document needs it */
};

/* A reference to lead somewhere, or a default to check, once all nodes are there. */
struct pending {
    struct pending *next;
    struct node *node;
    struct branch *branch; /* of a reference */
    const struct tree *reference;
    const char *keyword;
};

struct compiler {
    struct schema *schema;
    const struct schema_library *library;
    const struct schema_options *options;
    struct arena *arena; /* the schema's */
    struct arena scratch;
    struct document *documents;
    struct document *document; /* the one under way */
    void *nodes;               /* search trees (tsearch): by the address of the source, */
    void *resources;           /* by URI, */
    void *anchors;             /* by resource and name, */
    void *patterns;            /* by their text, */
    void *lookups;             /* and by the address of an object that pointers lead through */
    struct dialect *dialects;
    struct node *stray;   /* a schema where no keyword has one, under way; NULL: none is */
    struct span stray_at; /* the pointer to it, in its resource */
    struct span dynamic_names[64];
    uint32_t dynamic_count;
    size_t drawn_count, drawn_size; /* of documents that references led to */
    struct pending *references, **references_end;
    struct pending *defaults, **defaults_end;
    uint64_t fuel;         /* for all defaults together */
    bool is_meta;          /* what is compiled is a metaschema, to check another schema by */
    struct resource *root; /* of the document under way */
    int error;             /* of the source */
    struct problem error_problem;
    struct faults faults;
};

/* `in` is the keyword the schema stands in, a member of up->source. */
struct node *compile_node(struct compiler *compiler, struct node *up, const struct place *place,
                          const struct tree_member *in, enum site site);
/* The schemas of an array or an object, in the order of the text. NULL when one failed. */
struct node **compile_nodes(struct compiler *compiler, struct node *up, const struct place *place,
                            enum site site);
/* Memory of the schema; NULL, and the compilation fails, when there is none. */
void *compile_alloc(struct compiler *compiler, size_t count, size_t size);
/* The node's rules for a type of value, made when they are first asked for. */
struct object_rules *compile_object(struct compiler *compiler, struct node *node);
struct array_rules *compile_array(struct compiler *compiler, struct node *node);
struct string_rules *compile_string(struct compiler *compiler, struct node *node);
struct number_rules *compile_number(struct compiler *compiler, struct node *node);
/* One more branch, with room for `count` nodes. */
struct branch *compile_branch(struct compiler *compiler, struct node *node, enum branch_kind kind,
                              const char *keyword, size_t count);
struct pattern *compile_regex(struct compiler *compiler, const struct keyword *keyword,
                              const struct place *place, struct span text);
/* A fault in the document under way. */
void compile_fault(struct compiler *compiler, const struct keyword *keyword,
                   const struct place *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A fault of a node of any document, at one of its keywords. */
void compile_fault_at(struct compiler *compiler, const struct node *node, const char *keyword,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
void compile_add_fault(struct compiler *compiler, const struct document *document,
                       const struct buf *pointer, const char *keyword, const struct buf *message);
void compile_later(struct compiler *compiler, struct pending ***end, const struct pending *pending);
/* A copy in the schema's memory. */
struct span compile_keep(struct compiler *compiler, const struct buf *text);
bool compile_failed(const struct compiler *compiler);
/* Whether misspelt keywords are to be refused in the document under way. */
bool compile_is_strict(const struct compiler *compiler);
/* Gathers the names that the object's schema knows, unless that is done (schema_members.c). */
void compile_members(struct compiler *compiler, struct node *node, const struct place *place);
/* Refuses endless references, checks the documents by their metaschemas, and the defaults
 * (schema_settle.c). */
void compile_settle(struct compiler *compiler);
/* The way to a schema that is reached through `properties` alone, as a pointer into the document
 * and for people. */
void append_property_path(const struct place *place, struct buf *pointer, struct buf *name);

/* Resources (schema_resource.c). */

/* Gives the node its resource: that of `up`, or its own. */
void resource_enter(struct compiler *compiler, struct node *node);
/* Compiles the document at that URI as a whole. */
struct resource *resource_compile(struct compiler *compiler, struct span uri,
                                  struct document *document);
/* Makes the node findable by its source. */
void resource_note_node(struct compiler *compiler, struct node *node);
void resource_finish(struct compiler *compiler);
/* False when nobody asked for that URI yet; NULL when there was none. */
bool resource_find(struct compiler *compiler, struct span uri, struct resource **ret_resource);
void resource_note_missing(struct compiler *compiler, struct span uri);
/* NULL: none. */
struct node *resource_find_anchor(struct compiler *compiler, const struct resource *resource,
                                  struct span name);
struct node *resource_find_node(struct compiler *compiler, const struct tree *source);
/* The number of a dynamic anchor's name; UINT32_MAX when none is called so. */
uint32_t resource_dynamic_name(const struct compiler *compiler, struct span name);
/* The name that stands for the dynamic anchor without one that a resource of draft 2019-09 has. */
struct span resource_recursive_name(void);

/* References (schema_reference.c). */

/* Leads all references to their nodes; adds faults for those that lead nowhere. */
void reference_link(struct compiler *compiler);
void reference_finish(struct compiler *compiler);
/* The text at the URI, the library's first. Errors: as the source's. */
int reference_find_text(struct compiler *compiler, struct span uri, struct span reference,
                        bool *ret_standard, struct span *ret_text);

/* Dialects (schema_dialect.c). */

/* Sets what the resource knows, by the value of its `$schema`. */
void resource_set_dialect(struct compiler *compiler, struct node *node);
void dialect_finish(struct compiler *compiler);
/* schema_compile of a schema that others are checked by. */
int compile_metaschema(const struct schema_library *library, const struct schema_options *options,
                       struct span uri, struct span text, struct schema **ret_schema,
                       struct problem *problem);

/* The library (schema_library.c). */

#define DIALECT_2020 "https://json-schema.org/draft/2020-12/schema"
#define DIALECT_2019 "https://json-schema.org/draft/2019-09/schema"

/* The text of the metaschema of that URI; NULL data when it is none. */
struct span library_text(struct span uri);
/* What a schema must satisfy; the strict one knows the x- keywords, and no others that begin so. */
const struct schema *library_metaschema(const struct schema_library *library, bool strict);

#endif
