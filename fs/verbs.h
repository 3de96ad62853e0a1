/* verbs: what the program does when its first argument names it, beside mounting. */
#ifndef PERSISTFS_FS_VERBS_H
#define PERSISTFS_FS_VERBS_H

/* Each is given the arguments from its own name on, and returns the exit code: 0 done, 1 refused or
 * found a fault, 2 misuse. */

/* `check [--help] STORE`: model_check, beside a daemon that may be using the store. */
int verb_check(int argc, char **argv);

#endif
