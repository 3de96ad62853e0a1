/* schema infer: a first schema, from documents that there are already. */
#include "fs/samples.h"
#include "fs/verb_files.h"
#include "fs/verbs.h"

#include "schema/infer.h"
#include "schema/schema.h"
#include "store/base/cleanup.h"

static const char usage[] =
    "Usage: persistfs schema infer [--help] SAMPLE...\n"
    "\n"
    "Prints a schema that all the samples satisfy. A SAMPLE is a file with one document, or with "
    "an\n"
    "array, whose items are the documents; \"-\" is standard input with a document a line.\n"
    "\n"
    "The schema asserts types, the members that no sample lacks, and the formats that every "
    "string\n"
    "fits. What may be an enum or unique is said in a \"$comment\", and is yours to decide.\n"
    "\n"
    "Exit codes: 0 done, 1 a sample cannot be read, 2 misuse.\n";

static int take(void *context, const struct tree *sample, struct problem *problem)
{
    return infer_add(context, sample, problem);
}

static void say_left_out(const struct infer_left_out *left_out)
{
    if (left_out->deep > 0)
        fprintf(stderr, "persistfs: schema infer: left out: %ju values deeper than %d levels\n",
                (uintmax_t)left_out->deep, INFER_DEPTH_MAX);
    if (left_out->members > 0)
        fprintf(stderr,
                "persistfs: schema infer: left out: %ju members: an object may have %d, with names "
                "of %d bytes\n",
                (uintmax_t)left_out->members, INFER_MEMBERS_MAX, INFER_NAME_MAX);
    if (left_out->places > 0)
        fprintf(stderr, "persistfs: schema infer: left out: %ju values: %d places are described\n",
                (uintmax_t)left_out->places, INFER_PLACES_MAX);
}

static int print_schema(const struct infer *infer, struct problem *problem)
{
    AUTO_BUF struct buf text = {0};
    int result = infer_write(infer, &text, problem);
    if (result < 0)
        return result;
    say_left_out(infer_left_out(infer));
    if (text.size > SCHEMA_SIZE_MAX)
        fprintf(stderr, "persistfs: schema infer: the schema has %zu bytes, and a store takes %d\n",
                text.size, SCHEMA_SIZE_MAX);
    fwrite(text.data, 1, text.size, stdout);
    return 0;
}

static int infer_all(struct infer *infer, char **paths)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    const char *path = "persistfs: schema infer";
    int result = 0;
    for (; *paths && result == 0; paths++) {
        path = *paths;
        result = samples_read(path, take, infer, &problem);
    }
    if (result == 0 && infer_count(infer) == 0)
        result = problem_set(&problem, ERR_INVALID, "there is no sample");
    if (result == 0)
        result = print_schema(infer, &problem);
    if (result == 0)
        return verb_end_output(VERB_DONE);
    verb_say_problem(stderr, path, &problem);
    return VERB_FAULT;
}

int verb_schema_infer(int argc, char **argv)
{
    int code = VERB_DONE;
    int first = verb_operands(argc, argv, "schema infer", usage, &code);
    if (first == 0)
        return code;
    struct infer *infer;
    if (infer_create(&infer, NULL) < 0) {
        fprintf(stderr, "persistfs: schema infer: no memory\n");
        return VERB_FAULT;
    }
    code = infer_all(infer, argv + first);
    infer_destroy(infer);
    return code;
}
