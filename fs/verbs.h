/* verbs: what the program does when its first argument names it, beside mounting. */
#ifndef PERSISTFS_FS_VERBS_H
#define PERSISTFS_FS_VERBS_H

/* Each is given the arguments from its own name on, and returns the exit code: 0 done, 1 refused or
 * found a fault, 2 misuse. */

/* `check [--help] STORE`: model_check, beside a daemon that may be using the store. */
int verb_check(int argc, char **argv);

/* `schema [--help] VERB ...`: one of those below. None of them needs a store. */
int verb_schema(int argc, char **argv);

/* `check FILE...`: what the store would say of each as a schema. */
int verb_schema_check(int argc, char **argv);
/* `validate [OPTION]... SCHEMA DOC...`: a verdict a document. */
int verb_schema_validate(int argc, char **argv);
/* `infer SAMPLE...`: a schema that the samples satisfy. */
int verb_schema_infer(int argc, char **argv);
/* `from-sql FILE`: the schemas for the tables of a database. */
int verb_schema_from_sql(int argc, char **argv);
/* `diff OLD NEW`: whether what satisfies the one satisfies the other. */
int verb_schema_diff(int argc, char **argv);

#endif
