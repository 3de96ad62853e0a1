/* The metaschemas. */
#include "schema/schema_compiler.h"

#include <stdlib.h>

/* The files in meta/, by their names (see meson.build). */
#define TEXTS(X)                                                                                   \
    X(schema, ROOT "schema")                                                                       \
    X(core, ROOT "meta/core")                                                                      \
    X(applicator, ROOT "meta/applicator")                                                          \
    X(unevaluated, ROOT "meta/unevaluated")                                                        \
    X(validation, ROOT "meta/validation")                                                          \
    X(meta_data, ROOT "meta/meta-data")                                                            \
    X(format_annotation, ROOT "meta/format-annotation")                                            \
    X(format_assertion, ROOT "meta/format-assertion")                                              \
    X(content, ROOT "meta/content")                                                                \
    X(behaviour, SCHEMA_BEHAVIOUR_URI)

#define ROOT "https://json-schema.org/draft/2020-12/"

#define TEXT_DECLARATION(name, uri)                                                                \
    extern const unsigned char metaschema_##name[];                                                \
    extern const size_t metaschema_##name##_size;
TEXTS(TEXT_DECLARATION)

struct schema_library {
    struct schema *standard;
    struct schema *strict;
};

static const struct {
    const char *uri;
    const unsigned char *text;
    const size_t *size;
} texts[] = {
#define TEXT_ROW(name, uri) {uri, metaschema_##name, &metaschema_##name##_size},
    TEXTS(TEXT_ROW)};

struct span library_text(struct span uri)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (span_is(uri, texts[i].uri))
            return span_make(texts[i].text, *texts[i].size);
    return (struct span){0};
}

struct span schema_vocabulary(void)
{
    return span_make(metaschema_behaviour, metaschema_behaviour_size);
}

const struct schema *library_metaschema(const struct schema_library *library, bool strict)
{
    return strict ? library->strict : library->standard;
}

/* The dialect of a store's schemas. */
static const char strict_text[] = "{\"$schema\":\"" ROOT "schema\","
                                  "\"$id\":\"persistfs:/metaschema\","
                                  "\"$dynamicAnchor\":\"meta\","
                                  "\"allOf\":[{\"$ref\":\"" ROOT "schema\"},"
                                  "{\"$ref\":\"" SCHEMA_BEHAVIOUR_URI "\"}]}";

int schema_library_create(struct schema_library **ret_library, struct problem *problem)
{
    static const struct schema_options none;
    struct schema_library *library = calloc(1, sizeof(*library));
    if (!library)
        return problem_set(problem, ERR_NO_MEMORY, "there is no memory for the metaschemas");
    struct span uri = span_of_string(ROOT "schema");
    int error =
        compile_metaschema(library, &none, uri, library_text(uri), &library->standard, problem);
    if (error == 0)
        error = compile_metaschema(library, &none, span_of_string("persistfs:/metaschema"),
                                   span_of_string(strict_text), &library->strict, problem);
    if (error < 0) {
        schema_library_destroy(library);
        return error;
    }
    *ret_library = library;
    return 0;
}

void schema_library_destroy(struct schema_library *library)
{
    if (!library)
        return;
    schema_destroy(library->standard);
    schema_destroy(library->strict);
    free(library);
}
