/* fsx: random operations on ordinary files, each compared with a model in memory.
 *
 * usage: fsx [-n OPERATIONS] [-s SEED] FILE
 *
 * A few files, FILE and FILE.1 to FILE.5, are written, read, truncated, mapped, punched, copied
 * between, renamed, linked, unlinked and synced, through descriptors that are opened and closed at
 * random. What is read, each size, each number of links and each hole is what the model says. The
 * same seed makes the same operations. It ends with 1 at the first thing that differs, and shows
 * the last operations. */
#include "fsx.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* --- chance */

/* xorshift64*: the same on every machine. */
uint64_t trial_random(struct trial *trial)
{
    uint64_t x = trial->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    trial->random = x;
    return (x * 0x2545f4914f6cdd1dU) >> 16;
}

size_t trial_below(struct trial *trial, size_t limit)
{
    return limit > 0 ? (size_t)(trial_random(trial) % limit) : 0;
}

struct range trial_range(struct trial *trial, size_t top)
{
    size_t offset = trial_below(trial, top);
    size_t most = top - offset < PIECE ? top - offset : PIECE;
    if (trial_below(trial, 4) == 0)
        offset &= ~(size_t)4095;
    return (struct range){offset, most > 0 ? 1 + trial_below(trial, most) : 0};
}

const uint8_t *trial_bytes(struct trial *trial, size_t size)
{
    uint64_t word = trial_random(trial);
    for (size_t at = 0; at < size; at += sizeof(word), word += 0x0101010101010107U)
        memcpy(trial->bytes + at, &word, sizeof(word));
    return trial->bytes;
}

/* --- the log */

void trial_note(struct trial *trial, const char *format, ...)
{
    char *line = trial->log[trial->number % LOG_LINES];
    int used = snprintf(line, LOG_SIZE, "%lu: ", trial->number);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + used, LOG_SIZE - (size_t)used, format, arguments);
    va_end(arguments);
}

static void show_log(const struct trial *trial)
{
    unsigned long first = trial->number < LOG_LINES ? 0 : trial->number - LOG_LINES + 1;
    for (unsigned long i = first; i <= trial->number; i++)
        fprintf(stderr, "  %s\n", trial->log[i % LOG_LINES]);
}

void trial_fail(const struct trial *trial, const char *format, ...)
{
    va_list arguments;
    show_log(trial);
    fprintf(stderr, "fsx: seed %" PRIu64 ", operation %lu: ", trial->seed, trial->number);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

void trial_must(const struct trial *trial, bool succeeded, const char *call)
{
    if (!succeeded)
        trial_fail(trial, "%s: %s", call, strerror(errno));
}

void trial_same(const struct trial *trial, const char *what, size_t actual, size_t expected)
{
    if (actual != expected)
        trial_fail(trial, "%s: %zu, expected %zu", what, actual, expected);
}

void trial_same_bytes(const struct trial *trial, const struct file *file, const uint8_t *actual,
                      struct range range)
{
    const uint8_t *expected = file->data + range.offset;
    if (memcmp(actual, expected, range.size) == 0)
        return;
    size_t at = 0;
    while (actual[at] == expected[at])
        at++;
    trial_fail(trial, "file %u: byte %zu of %zu is %02x, expected %02x", file->label,
               range.offset + at, file->size, actual[at], expected[at]);
}

/* --- the files */

unsigned trial_pick_name(struct trial *trial)
{
    unsigned name;
    do
        name = (unsigned)trial_below(trial, NAMES);
    while (!trial->names[name]);
    return name;
}

struct file *trial_pick(struct trial *trial)
{
    struct file *file = trial->unlinked[trial_below(trial, UNLINKED)];
    return file && trial_below(trial, 4) == 0 ? file : trial->names[trial_pick_name(trial)];
}

void file_put(struct file *file, size_t offset, const uint8_t *data, size_t size)
{
    memmove(file->data + offset, data, size);
    if (size > 0 && offset + size > file->size)
        file->size = offset + size;
}

void file_zero(struct file *file, struct range range)
{
    size_t end = range.offset + range.size < file->size ? range.offset + range.size : file->size;
    if (range.offset < end)
        memset(file->data + range.offset, 0, end - range.offset);
}

/* What is behind the end is zero in the model, always. */
void file_cut(struct file *file, size_t size)
{
    if (size < file->size)
        memset(file->data + size, 0, file->size - size);
    file->size = size;
}

static void file_destroy(struct file *file)
{
    if (file->map)
        munmap(file->map, MOST);
    close(file->fd);
    free(file);
}

void trial_make(struct trial *trial)
{
    unsigned name = 0;
    while (name < NAMES && trial->names[name])
        name++;
    struct file *file = name < NAMES ? calloc(1, sizeof(*file)) : NULL;
    if (!file)
        return;
    file->label = trial->made++;
    file->links = 1;
    file->fd = open(trial->paths[name], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    trial_note(trial, "create %u, file %u", name, file->label);
    trial_must(trial, file->fd >= 0, "create");
    trial->names[name] = file;
}

void trial_lose_name(struct trial *trial, unsigned name)
{
    struct file *file = trial->names[name];
    trial->names[name] = NULL;
    if (!file || --file->links > 0)
        return;
    size_t place = trial_below(trial, UNLINKED);
    if (trial->unlinked[place])
        file_destroy(trial->unlinked[place]);
    trial->unlinked[place] = file;
}

/* --- a run */

static void check_whole(struct trial *trial, const struct file *file, int fd)
{
    ssize_t got = pread(fd, trial->buffer, MOST, 0);
    trial_must(trial, got >= 0, "pread");
    trial_same(trial, "the bytes of a file", (size_t)got, file->size);
    trial_same_bytes(trial, file, trial->buffer, (struct range){0, file->size});
}

/* Each file by its names and its descriptor. */
static void finish(struct trial *trial)
{
    trial_note(trial, "the end");
    for (unsigned i = 0; i < NAMES; i++) {
        if (!trial->names[i])
            continue;
        int fd = open(trial->paths[i], O_RDONLY | O_CLOEXEC);
        trial_must(trial, fd >= 0, "open");
        check_whole(trial, trial->names[i], fd);
        check_whole(trial, trial->names[i], trial->names[i]->fd);
        close(fd);
        trial_must(trial, unlink(trial->paths[i]) == 0, "unlink");
        trial_lose_name(trial, i);
    }
    for (unsigned i = 0; i < UNLINKED; i++) {
        if (!trial->unlinked[i])
            continue;
        check_whole(trial, trial->unlinked[i], trial->unlinked[i]->fd);
        file_destroy(trial->unlinked[i]);
    }
}

static void step(struct trial *trial)
{
    size_t total = 0;
    for (const struct operation *at = operations; at->run; at++)
        total += at->weight;
    size_t chosen = trial_below(trial, total);
    const struct operation *operation = operations;
    for (; chosen >= operation->weight; operation++)
        chosen -= operation->weight;
    bool has_file = false;
    for (unsigned i = 0; i < NAMES; i++)
        has_file = has_file || trial->names[i];
    if (has_file)
        operation->run(trial);
    else
        trial_make(trial);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static unsigned long number_of(const char *text)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != 0)
        errx(2, "this is no number: %s", text);
    return number;
}

static void begin(struct trial *trial, const char *path, uint64_t seed)
{
    trial->seed = seed;
    trial->random = (seed + 1) * 0x9e3779b97f4a7c15U | 1;
    for (unsigned i = 0; i < NAMES; i++) {
        char suffix[8] = "";
        if (i > 0)
            snprintf(suffix, sizeof(suffix), ".%u", i);
        if (snprintf(trial->paths[i], PATH_MAX, "%s%s", path, suffix) >= PATH_MAX)
            errx(2, "the path is too long");
    }
}

int main(int argc, char **argv)
{
    unsigned long count = 1000000;
    uint64_t seed = 1;
    int option;
    while ((option = getopt(argc, argv, "n:s:")) != -1) {
        if (option == '?')
            return 2;
        *(option == 'n' ? &count : &seed) = number_of(optarg);
    }
    struct trial *trial = calloc(1, sizeof(*trial));
    if (!trial || optind + 1 != argc)
        errx(2, "usage: fsx [-n OPERATIONS] [-s SEED] FILE");
    double began = seconds();
    begin(trial, argv[optind], seed);
    for (; trial->number < count; trial->number++)
        step(trial);
    finish(trial);
    printf("%lu operations, seed %" PRIu64 ", %.1f s: as the model has it\n", count, seed,
           seconds() - began);
    free(trial);
    return 0;
}
