#include "fs/schema_folder.h"

#include "schema/uri.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define TEXTS_MAX (64U << 20) /* bytes */

struct folder {
    struct folder *next;
    struct span prefix; /* ends with '/' */
    int fd;
};

struct schema_folders {
    struct schema_source source;
    struct arena arena; /* of the folders and of the texts */
    struct folder *first;
};

static int find(void *context, struct span uri, struct span reference, struct span *ret_text,
                struct problem *problem);

int schema_folders_create(struct schema_folders **ret_folders, struct problem *problem)
{
    struct schema_folders *folders = calloc(1, sizeof(*folders));
    if (!folders)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    arena_init(&folders->arena, TEXTS_MAX);
    folders->source = (struct schema_source){.find = find, .context = folders};
    *ret_folders = folders;
    return 0;
}

void schema_folders_destroy(struct schema_folders *folders)
{
    if (!folders)
        return;
    for (struct folder *folder = folders->first; folder; folder = folder->next)
        close(folder->fd);
    arena_finish(&folders->arena);
    free(folders);
}

const struct schema_source *schema_folders_source(const struct schema_folders *folders)
{
    return &folders->source;
}

int schema_folders_add(struct schema_folders *folders, struct span prefix, const char *path,
                       struct problem *problem)
{
    if (!uri_is_absolute(prefix))
        return problem_set(problem, ERR_INVALID, "%.*s is not an absolute URI", (int)prefix.size,
                           (const char *)prefix.data);
    AUTO_BUF struct buf text = {0};
    buf_append_span(&text, prefix);
    if (!span_ends_with(prefix, "/"))
        buf_append_byte(&text, '/');
    struct folder *folder = arena_alloc(&folders->arena, sizeof(*folder));
    if (!folder || buf_failed(&text))
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    folder->prefix = arena_copy(&folders->arena, buf_span(&text));
    if (!folder->prefix.data)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    folder->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        int result = -error_of_errno(errno);
        return problem_set(problem, (enum err)result, "the folder %s cannot be opened: %s", path,
                           strerror(errno));
    }
    folder->next = folders->first;
    folders->first = folder;
    return 0;
}

/* All but the unreserved characters of RFC 3986, section 2.3, and '/'. */
static void append_encoded(struct buf *uri, const char *path)
{
    for (const uint8_t *at = (const uint8_t *)path; *at; at++)
        if (((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') || (*at >= '0' && *at <= '9') ||
            strchr("-._~/", *at))
            buf_append_byte(uri, *at);
        else
            buf_printf(uri, "%%%02X", *at);
}

int schema_folders_add_around(struct schema_folders *folders, const char *file, struct buf *uri,
                              struct problem *problem)
{
    AUTO_FREE char *for_folder = strdup(file);
    AUTO_FREE char *for_name = strdup(file);
    if (!for_folder || !for_name)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    AUTO_FREE char *folder = realpath(dirname(for_folder), NULL);
    if (!folder) {
        int result = -error_of_errno(errno);
        return problem_set(problem, (enum err)result, "its folder cannot be told: %s",
                           strerror(errno));
    }
    buf_append_string(uri, "file://");
    append_encoded(uri, folder);
    if (strcmp(folder, "/") != 0)
        buf_append_byte(uri, '/');
    struct span prefix = buf_span(uri);
    int result = schema_folders_add(folders, prefix, folder, problem);
    append_encoded(uri, basename(for_name));
    return result;
}

static const struct folder *folder_of(const struct schema_folders *folders, struct span uri)
{
    const struct folder *found = NULL;
    for (const struct folder *folder = folders->first; folder; folder = folder->next)
        if (span_starts_with(uri, folder->prefix) &&
            (!found || folder->prefix.size > found->prefix.size))
            found = folder;
    return found;
}

static size_t count_of(struct span text, uint8_t byte)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == byte;
    return count;
}

/* Appends what the percent-encoded octets stand for. False when that cannot be part of a name: a
 * NUL, or a '/' that would make two of one (RFC 3986, section 7.3). A query is part of none. */
static bool append_decoded(struct buf *path, struct span text)
{
    if (count_of(text, '?') > 0 || count_of(text, '#') > 0 || !uri_decode(path, text))
        return false;
    struct span decoded = buf_span(path);
    return count_of(decoded, 0) == 0 && count_of(decoded, '/') == count_of(text, '/');
}

/* Links are followed, as far as they stay in the folder. A FIFO must not make it wait. */
static int open_beneath(int dir_fd, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
}

/* Absent, as far as the reference is concerned. */
static bool means_absent(int errnum)
{
    return errnum == ENOENT || errnum == ENOTDIR || errnum == EXDEV || errnum == ELOOP ||
           errnum == ENAMETOOLONG;
}

/* NOT_FOUND also for what is no file. */
static int open_file(int dir_fd, const char *path, int *ret_fd, struct problem *problem)
{
    AUTO_CLOSE int fd = open_beneath(dir_fd, path);
    struct stat info;
    bool is_known = fd >= 0 && fstat(fd, &info) == 0;
    if ((fd < 0 && means_absent(errno)) || (is_known && !S_ISREG(info.st_mode)))
        return problem_set(problem, ERR_NOT_FOUND, "there is no such file");
    if (!is_known)
        return problem_set(problem, (enum err) - error_of_errno(errno), "%s cannot be opened: %s",
                           path, strerror(errno));
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static int read_text(struct arena *arena, int fd, struct span *ret_text, struct problem *problem)
{
    AUTO_BUF struct buf text = {0};
    ssize_t size = 1;
    while (size > 0 && text.size <= SCHEMA_SIZE_MAX && buf_reserve(&text, 65536)) {
        size = read(fd, text.data + text.size, 65536);
        text.size += size > 0 ? (size_t)size : 0;
    }
    if (size < 0)
        return problem_set(problem, (enum err) - error_of_errno(errno), "%s", strerror(errno));
    if (text.size > SCHEMA_SIZE_MAX)
        return problem_set(problem, ERR_TOO_LARGE, "it has more than %d bytes", SCHEMA_SIZE_MAX);
    *ret_text = arena_copy(arena, buf_span(&text));
    if (buf_failed(&text) || !ret_text->data)
        return problem_set(problem, ERR_NO_MEMORY, "no memory for another schema");
    return 0;
}

static int open_uri(const struct schema_folders *folders, struct span uri, int *ret_fd,
                    struct problem *problem)
{
    const struct folder *folder = folder_of(folders, uri);
    AUTO_BUF struct buf path = {0};
    if (!folder || !append_decoded(&path, span_skip(uri, folder->prefix.size)) || path.size == 0)
        return buf_failed(&path)
                   ? problem_set(problem, ERR_NO_MEMORY, "no memory")
                   : problem_set(problem, ERR_NOT_FOUND, "it is in none of the folders");
    int result = open_file(folder->fd, buf_string(&path), ret_fd, problem);
    if (result == -ERR_NOT_FOUND) {
        buf_append_string(&path, ".json");
        result = open_file(folder->fd, buf_string(&path), ret_fd, problem);
    }
    return buf_failed(&path) ? problem_set(problem, ERR_NO_MEMORY, "no memory") : result;
}

static int find(void *context, struct span uri, struct span reference, struct span *ret_text,
                struct problem *problem)
{
    (void)reference; /* the URI says all there is to it */
    struct schema_folders *folders = context;
    AUTO_CLOSE int fd = -1;
    int result = open_uri(folders, uri, &fd, problem);
    return result < 0 ? result : read_text(&folders->arena, fd, ret_text, problem);
}
