/* verb_files: what the verbs have in common: reading files, and saying what is wrong. */
#ifndef PERSISTFS_FS_VERB_FILES_H
#define PERSISTFS_FS_VERB_FILES_H

#include "store/base/error.h"

#include <stdio.h>

enum verb_exit { VERB_DONE = 0, VERB_FAULT = 1, VERB_MISUSE = 2 };

/* Appends the bytes of the file; "-" is standard input. Errors: as of open(2) and read(2),
 * TOO_LARGE beyond `max` bytes, NO_MEMORY; said on standard error: "persistfs: FILE: ...". */
int verb_read_file(const char *path, size_t max, struct buf *out);
/* The same, and the problem's detail says what is wrong, without the file's name. */
int verb_load_file(const char *path, size_t max, struct buf *out, struct problem *problem);

/* Opens a file ("-": standard input) for reading. Returns a descriptor of the caller's, or a
 * negative error. */
int verb_open_file(const char *path, struct problem *problem);
/* Appends what one read(2) gives: nothing at the end. Errors: as of read(2), NO_MEMORY. */
int verb_read_piece(int fd, struct buf *out, size_t *ret_size, struct problem *problem);

/* Says all that the problem tells, a line a fault: "FILE: /age: 17 is less than ...". */
void verb_say_problem(FILE *to, const char *path, const struct problem *problem);

/* Says on standard error "persistfs: VERB: ..." and the usage. Returns VERB_MISUSE. */
int verb_misuse(const char *verb, const char *usage, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For a verb that has no option but --help: the index of its first operand. 0: nothing is left to
 * do but to return *ret_code; help was asked for, or there is an option, or no operand. */
int verb_operands(int argc, char **argv, const char *verb, const char *usage, int *ret_code);

/* Returns `code` when all that was printed reached standard output, else says why not, and returns
 * VERB_FAULT. */
int verb_end_output(int code);

#endif
