#include "fs/verb_files.h"

#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>

static int refuse(struct problem *problem, int errnum)
{
    return problem_set(problem, (enum err) - error_of_errno(errnum), "%s", strerror(errnum));
}

int verb_open_file(const char *path, struct problem *problem)
{
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? refuse(problem, errno) : fd;
}

int verb_read_piece(int fd, struct buf *out, size_t *ret_size, struct problem *problem)
{
    enum { PIECE = 65536 };
    if (!buf_reserve(out, PIECE))
        return refuse(problem, ENOMEM);
    ssize_t size;
    do
        size = read(fd, out->data + out->size, PIECE);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return refuse(problem, errno);
    out->size += (size_t)size;
    *ret_size = (size_t)size;
    return 0;
}

int verb_load_file(const char *path, size_t max, struct buf *out, struct problem *problem)
{
    AUTO_CLOSE int fd = verb_open_file(path, problem);
    int result = fd < 0 ? fd : 0;
    size_t size = 1;
    for (size_t total = 0; result == 0 && size > 0; total += size) {
        if (total > max)
            return problem_set(problem, ERR_TOO_LARGE, "it has more than %zu bytes", max);
        result = verb_read_piece(fd, out, &size, problem);
    }
    return result;
}

int verb_read_file(const char *path, size_t max, struct buf *out)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = verb_load_file(path, max, out, &problem);
    if (result < 0)
        fprintf(stderr, "persistfs: %s: %s\n", path, buf_string(&problem.detail));
    return result;
}

/* Names of members may hold anything, and a line stays a line. */
static void say_line(FILE *to, const char *path, const char *pointer, const char *message)
{
    AUTO_BUF struct buf line = {0};
    buf_printf(&line, "%s: %s%s%s", path, pointer, *pointer ? ": " : "", message);
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] < ' ' || line.data[i] == 0x7f)
            line.data[i] = ' ';
    fprintf(to, "%s\n", buf_failed(&line) ? "no memory" : buf_string(&line));
}

void verb_say_problem(FILE *to, const char *path, const struct problem *problem)
{
    if (problem->item_count == 0)
        say_line(to, path, "",
                 problem->detail.size > 0 ? buf_string(&problem->detail)
                                          : error_title(problem->code));
    for (size_t i = 0; i < problem->item_count; i++)
        say_line(to, path, problem->items[i].pointer, problem->items[i].message);
    if (problem->item_total > problem->item_count)
        fprintf(to, "%s: and %zu more\n", path, problem->item_total - problem->item_count);
}

int verb_misuse(const char *verb, const char *usage, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "persistfs: %s: ", verb);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n\n%s", usage);
    return VERB_MISUSE;
}

int verb_operands(int argc, char **argv, const char *verb, const char *usage, int *ret_code)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    optind = 0; /* getopt(3): begin anew, whatever was parsed before */
    opterr = 0;
    int option = getopt_long(argc, argv, "+h", options, NULL);
    if (option == -1 && optind < argc)
        return optind;
    if (option == 'h') {
        fputs(usage, stdout);
        *ret_code = verb_end_output(VERB_DONE);
    } else if (option == -1) {
        *ret_code = verb_misuse(verb, usage, "name a file");
    } else {
        *ret_code = verb_misuse(verb, usage, "there is no option %s", argv[1]);
    }
    return 0;
}

int verb_end_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "persistfs: the result cannot be written: %s\n", strerror(errno));
    return VERB_FAULT;
}
