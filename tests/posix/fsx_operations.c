/* What fsx does: each operation on the real file, and on the model. */
#include "fsx.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- bytes */

static void write_(struct trial *trial)
{
    struct file *file = trial_pick(trial);
    const struct range range = trial_range(trial, MOST);
    const uint8_t *bytes = trial_bytes(trial, range.size);
    trial_note(trial, "write file %u, %zu at %zu", file->label, range.size, range.offset);
    for (size_t done = 0; done < range.size;) {
        ssize_t put =
            pwrite(file->fd, bytes + done, range.size - done, (off_t)(range.offset + done));
        trial_must(trial, put > 0, "pwrite");
        done += (size_t)put;
    }
    file_put(file, range.offset, bytes, range.size);
}

static void read_(struct trial *trial)
{
    const struct file *file = trial_pick(trial);
    struct range range = trial_range(trial, MOST);
    trial_note(trial, "read file %u, %zu at %zu", file->label, range.size, range.offset);
    ssize_t got = pread(file->fd, trial->buffer, range.size, (off_t)range.offset);
    trial_must(trial, got >= 0, "pread");
    size_t there = range.offset < file->size ? file->size - range.offset : 0;
    range.size = range.size < there ? range.size : there;
    trial_same(trial, "pread", (size_t)got, range.size);
    trial_same_bytes(trial, file, trial->buffer, range);
}

static void append(struct trial *trial)
{
    unsigned name = trial_pick_name(trial);
    struct file *file = trial->names[name];
    size_t size = trial_range(trial, MOST - file->size).size;
    const uint8_t *bytes = trial_bytes(trial, size);
    trial_note(trial, "append file %u, %zu at %zu", file->label, size, file->size);
    int fd = open(trial->paths[name], O_WRONLY | O_APPEND | O_CLOEXEC);
    trial_must(trial, fd >= 0, "open");
    for (size_t done = 0; done < size;) {
        ssize_t put = write(fd, bytes + done, size - done);
        trial_must(trial, put > 0, "write");
        done += (size_t)put;
    }
    trial_must(trial, close(fd) == 0, "close");
    file_put(file, file->size, bytes, size);
}

static void read_whole(struct trial *trial)
{
    unsigned name = trial_pick_name(trial);
    const struct file *file = trial->names[name];
    trial_note(trial, "read the whole file %u", file->label);
    int fd = open(trial->paths[name], O_RDONLY | O_CLOEXEC);
    trial_must(trial, fd >= 0, "open");
    size_t at = 0;
    for (ssize_t got = 1; got > 0; at += (size_t)got) {
        got = read(fd, trial->buffer + at, MOST - at);
        trial_must(trial, got >= 0, "read");
    }
    close(fd);
    trial_same(trial, "read", at, file->size);
    trial_same_bytes(trial, file, trial->buffer, (struct range){0, at});
}

static void copy(struct trial *trial)
{
    const struct file *from = trial_pick(trial);
    struct file *to = trial_pick(trial);
    struct range range = trial_range(trial, from->size);
    size_t at = trial_below(trial, MOST - range.size);
    trial_note(trial, "copy file %u, %zu at %zu, to file %u at %zu", from->label, range.size,
               range.offset, to->label, at);
    bool overlaps = from == to && range.size > 0 && at < range.offset + range.size &&
                    range.offset < at + range.size;
    off_t in = (off_t)range.offset;
    off_t out = (off_t)at;
    ssize_t copied = copy_file_range(from->fd, &in, to->fd, &out, range.size, 0);
    if (overlaps && copied < 0 && errno == EINVAL)
        return;
    trial_must(trial, copied >= 0, "copy_file_range");
    if (overlaps || (size_t)copied > range.size || (copied == 0 && range.size > 0))
        trial_fail(trial, "copy_file_range: %zd", copied);
    file_put(to, at, from->data + range.offset, (size_t)copied);
}

/* --- sizes and holes */

static void truncate_(struct trial *trial)
{
    unsigned name = trial_pick_name(trial);
    struct file *file = trial->names[name];
    size_t size = trial_below(trial, MOST + 1);
    trial_note(trial, "truncate file %u, %zu to %zu, by its name", file->label, file->size, size);
    trial_must(trial, truncate(trial->paths[name], (off_t)size) == 0, "truncate");
    file_cut(file, size);
}

static void ftruncate_(struct trial *trial)
{
    struct file *file = trial_pick(trial);
    size_t size = trial_below(trial, MOST + 1);
    trial_note(trial, "truncate file %u, %zu to %zu", file->label, file->size, size);
    trial_must(trial, ftruncate(file->fd, (off_t)size) == 0, "ftruncate");
    file_cut(file, size);
}

static void open_truncate(struct trial *trial)
{
    unsigned name = trial_pick_name(trial);
    trial_note(trial, "open file %u with O_TRUNC", trial->names[name]->label);
    int fd = open(trial->paths[name], O_WRONLY | O_TRUNC | O_CLOEXEC);
    trial_must(trial, fd >= 0, "open");
    trial_must(trial, close(fd) == 0, "close");
    file_cut(trial->names[name], 0);
}

/* Not every file system below can do every mode; then nothing has happened. */
static void allocate(struct trial *trial)
{
    static const int modes[] = {0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                FALLOC_FL_ZERO_RANGE, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE};
    struct file *file = trial_pick(trial);
    int mode = modes[trial_below(trial, sizeof(modes) / sizeof(modes[0]))];
    const struct range range = trial_range(trial, MOST);
    trial_note(trial, "fallocate file %u, mode %d, %zu at %zu", file->label, mode, range.size,
               range.offset);
    if (fallocate(file->fd, mode, (off_t)range.offset, (off_t)range.size) < 0) {
        trial_must(trial, mode != 0 && errno == EOPNOTSUPP, "fallocate");
        return;
    }
    if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
        file_zero(file, range);
    if (!(mode & FALLOC_FL_KEEP_SIZE) && range.offset + range.size > file->size)
        file_cut(file, range.offset + range.size);
}

static void sync_(struct trial *trial)
{
    struct file *file = trial_pick(trial);
    trial_note(trial, "fsync file %u", file->label);
    trial_must(trial, fsync(file->fd) == 0, "fsync");
    file->is_dirty = false;
}

/* Nothing but zeros is passed over. The kernel asks without writing what a map has changed. */
static void seek_data(struct trial *trial)
{
    struct file *file = trial_pick(trial);
    size_t offset = trial_below(trial, file->size + 1);
    trial_note(trial, "SEEK_DATA file %u, %zu of %zu", file->label, offset, file->size);
    if (file->is_dirty)
        trial_must(trial, fsync(file->fd) == 0, "fsync");
    file->is_dirty = false;
    off_t at = lseek(file->fd, (off_t)offset, SEEK_DATA);
    trial_must(trial, at >= 0 || errno == ENXIO, "lseek");
    size_t end = at >= 0 ? (size_t)at : file->size;
    if (end < offset || end > file->size)
        trial_fail(trial, "SEEK_DATA: %zd", (ssize_t)at);
    for (size_t i = offset; i < end; i++)
        if (file->data[i] != 0)
            trial_fail(trial, "SEEK_DATA: %zd, and byte %zu is %02x", (ssize_t)at, i,
                       file->data[i]);
}

static void seek_hole(struct trial *trial)
{
    const struct file *file = trial_pick(trial);
    size_t offset = trial_below(trial, file->size + 1);
    trial_note(trial, "SEEK_HOLE file %u, %zu of %zu", file->label, offset, file->size);
    off_t at = lseek(file->fd, (off_t)offset, SEEK_HOLE);
    if (offset == file->size && at < 0 && errno == ENXIO)
        return;
    trial_must(trial, at >= 0, "lseek");
    if ((size_t)at < offset || (size_t)at > file->size)
        trial_fail(trial, "SEEK_HOLE: %zd", (ssize_t)at);
    if ((size_t)at < file->size && !file->is_dirty && file->data[at] != 0)
        trial_fail(trial, "SEEK_HOLE: %zd, where %02x is", (ssize_t)at, file->data[at]);
}

static void size(struct trial *trial)
{
    struct stat stat;
    const struct file *file = trial_pick(trial);
    trial_note(trial, "fstat file %u", file->label);
    trial_must(trial, fstat(file->fd, &stat) == 0, "fstat");
    trial_same(trial, "st_size", (size_t)stat.st_size, file->size);
    trial_same(trial, "st_nlink", stat.st_nlink, file->links);
}

static void names(struct trial *trial)
{
    struct stat stat;
    trial_note(trial, "lstat each name");
    for (unsigned i = 0; i < NAMES; i++) {
        const struct file *file = trial->names[i];
        bool is_there = lstat(trial->paths[i], &stat) == 0;
        trial_must(trial, is_there || errno == ENOENT, "lstat");
        trial_same(trial, "the name is there", is_there, file != NULL);
        if (file) {
            trial_same(trial, "st_size", (size_t)stat.st_size, file->size);
            trial_same(trial, "st_nlink", stat.st_nlink, file->links);
        }
    }
}

/* --- maps, which stay for other operations */

static bool map(const struct trial *trial, struct file *file)
{
    if (!file->map) {
        void *at = mmap(NULL, MOST, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
        trial_must(trial, at != MAP_FAILED, "mmap");
        file->map = at;
    }
    return file->size > 0;
}

static void unmap(struct trial *trial, struct file *file)
{
    if (!file->map || trial_below(trial, 3) > 0)
        return;
    munmap(file->map, MOST);
    file->map = NULL;
}

/* In the last page, what is behind the end is zero. */
static void read_map(struct trial *trial)
{
    struct file *file = trial_pick(trial);
    trial_note(trial, "read file %u, %zu, by a map", file->label, file->size);
    if (map(trial, file)) {
        size_t end = (file->size + 4095) & ~(size_t)4095;
        struct range range = trial_range(trial, end);
        trial_note(trial, "read file %u, %zu at %zu of %zu, by a map", file->label, range.size,
                   range.offset, file->size);
        trial_same_bytes(trial, file, file->map + range.offset, range);
    }
    unmap(trial, file);
}

static void write_map(struct trial *trial)
{
    struct file *file = trial_pick(trial);
    const struct range range = trial_range(trial, file->size);
    const uint8_t *bytes = trial_bytes(trial, range.size);
    bool syncs = trial_below(trial, 4) == 0;
    trial_note(trial, "write file %u, %zu at %zu, by a map%s", file->label, range.size,
               range.offset, syncs ? ", msync" : "");
    if (map(trial, file)) {
        memcpy(file->map + range.offset, bytes, range.size);
        file_put(file, range.offset, bytes, range.size);
        file->is_dirty = true;
    }
    if (syncs && file->map) {
        trial_must(trial, msync(file->map, MOST, MS_SYNC) == 0, "msync");
        file->is_dirty = false;
    }
    unmap(trial, file);
}

/* --- names */

static void reopen(struct trial *trial)
{
    unsigned name = trial_pick_name(trial);
    struct file *file = trial->names[name];
    trial_note(trial, "close and open file %u as %u", file->label, name);
    trial_must(trial, close(file->fd) == 0, "close");
    file->fd = open(trial->paths[name], O_RDWR | O_CLOEXEC);
    trial_must(trial, file->fd >= 0, "open");
}

static void rename_(struct trial *trial)
{
    unsigned from = trial_pick_name(trial);
    unsigned to = (unsigned)trial_below(trial, NAMES);
    struct file *file = trial->names[from];
    unsigned flags = trial_below(trial, 3) == 0 ? 1 + (unsigned)trial_below(trial, 2) : 0;
    trial_note(trial, "rename %u, file %u, to %u, flags %u", from, file->label, to, flags);
    bool is_there = trial->names[to] != NULL;
    int code = flags & RENAME_NOREPLACE && is_there   ? EEXIST
               : flags & RENAME_EXCHANGE && !is_there ? ENOENT
                                                      : 0;
    int result = renameat2(AT_FDCWD, trial->paths[from], AT_FDCWD, trial->paths[to], flags);
    trial_same(trial, "the error of rename", (size_t)(result < 0 ? errno : 0), (size_t)code);
    if (code != 0 || file == trial->names[to]) /* names of one file: nothing happens */
        return;
    if (flags & RENAME_EXCHANGE) {
        trial->names[from] = trial->names[to];
    } else {
        trial_lose_name(trial, to);
        trial->names[from] = NULL;
    }
    trial->names[to] = file;
}

static void link_(struct trial *trial)
{
    unsigned from = trial_pick_name(trial);
    unsigned to = (unsigned)trial_below(trial, NAMES);
    struct file *file = trial->names[from];
    trial_note(trial, "link %u, file %u, as %u", from, file->label, to);
    int result = link(trial->paths[from], trial->paths[to]);
    trial_same(trial, "the error of link", (size_t)(result < 0 ? errno : 0),
               trial->names[to] ? EEXIST : 0);
    if (result < 0)
        return;
    trial->names[to] = file;
    file->links++;
}

static void unlink_(struct trial *trial)
{
    unsigned name = trial_pick_name(trial);
    trial_note(trial, "unlink %u, file %u", name, trial->names[name]->label);
    trial_must(trial, unlink(trial->paths[name]) == 0, "unlink");
    trial_lose_name(trial, name);
}

const struct operation operations[] = {
    {write_, 20},    {read_, 20},     {append, 8},        {read_whole, 4}, {copy, 8},
    {truncate_, 3},  {ftruncate_, 5}, {open_truncate, 1}, {allocate, 10},  {sync_, 1},
    {seek_data, 3},  {seek_hole, 3},  {size, 6},          {names, 3},      {read_map, 10},
    {write_map, 10}, {reopen, 6},     {rename_, 4},       {link_, 2},      {unlink_, 1},
    {trial_make, 4}, {NULL, 0}};
