#include "fs/watch.h"

#include "fs/report.h"
#include "fs/schema_folder.h"
#include "store/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

/* How hard it is tried to bring a file into force. A file that needs another one comes after it, if
 * it can; only those that need each other are in force for a moment without the other. */
enum stage {
    ALONE,  /* its references lead to what is in force, */
    BESIDE, /* or to the folder's other files. */
    LAST,   /* And a refusal is told. */
};

struct watch {
    struct mount *mount;
    bool refused; /* a file is not in force that may be once another one is */
    int dir_fd;
    char path[32]; /* of that, wherever the folder is by now */
    int inotify_fd;
    int stop_fd; /* readable when the thread shall end */
    pthread_t thread;
    bool started;
};

static int read_file(int dir_fd, const char *name, size_t limit, struct buf *out)
{
    AUTO_CLOSE int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        return error_of_errno(errno);
    if (!S_ISREG(info.st_mode))
        return -ERR_INVALID;
    ssize_t got = 1;
    while (got > 0 && out->size <= limit) {
        if (!buf_reserve(out, 65536))
            return -ERR_NO_MEMORY;
        got = read(fd, out->data + out->size, 65536);
        out->size += got > 0 ? (size_t)got : 0;
    }
    return got < 0 ? error_of_errno(errno) : 0;
}

static struct model_caller daemon_caller(const struct mount *mount)
{
    return (struct model_caller){.uid = mount->uid, .gid = mount->gid, .reader = {.tid = getpid()}};
}

static int load_text(struct request *request, struct span id, struct span text,
                     const struct schema_source *files)
{
    struct mount *mount = request->mount;
    const struct model_put put = {.caller = request->caller,
                                  .collection = STORE_SCHEMAS,
                                  .name = id,
                                  .object = store_new_object(mount->store),
                                  .text = text,
                                  .mode = 0644,
                                  .uid = mount->uid,
                                  .gid = mount->gid,
                                  .files = files};
    return model_put(mount->model, &put, &request->result, &request->problem);
}

static int load_beside(struct watch *watch, struct request *request, struct span id)
{
    struct schema_folders *folders;
    int result = schema_folders_create(&folders, &request->problem);
    if (result < 0)
        return result;
    result =
        schema_folders_add(folders, span_of_string("persistfs:/"), watch->path, &request->problem);
    if (result == 0)
        result = load_text(request, id, buf_span(&request->bytes), schema_folders_source(folders));
    schema_folders_destroy(folders);
    return result;
}

/* Brings one file into force. Returns whether that changed anything. */
static bool load(struct watch *watch, const char *name, enum stage stage, bool say)
{
    struct span id = span_of_string(name);
    if (id.size <= 5 || name[0] == '.' || !span_ends_with(id, ".json"))
        return false;
    id = span_head(id, id.size - 5);
    struct mount *mount = watch->mount;
    struct model_caller caller = daemon_caller(mount);
    struct request request;
    request_init(&request, mount, &caller);
    request_name(&request, STORE_SCHEMAS, span_of_string(".schema"), id, ".json");
    int result = name_check_collection(id, &request.problem);
    if (result == 0)
        result =
            read_file(watch->dir_fd, name, model_options(mount->model)->max_entity, &request.bytes);
    if (result == 0)
        result = stage == ALONE ? load_text(&request, id, buf_span(&request.bytes), NULL)
                                : load_beside(watch, &request, id);
    bool changed = result == 0 && request.result.changed;
    watch->refused |= result < 0;
    bool told = result == 0 || stage == LAST;
    if (result == -ERR_NOT_FOUND) /* gone again before it was read */
        result = 0;
    else if (told)
        report(&request, result);
    if (result < 0 && told && say)
        fprintf(stderr, "persistfs: schema file %s is not in force: %s\n", name,
                buf_string(&request.problem.detail));
    request_finish(&request);
    return changed;
}

/* Returns 1 when it changed anything. */
static int load_each(struct watch *watch, enum stage stage, bool say, struct problem *problem)
{
    int fd = openat(watch->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int result =
            problem_set(problem, ERR_ACCESS, "cannot list the schema folder: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return result;
    }
    bool changed = false;
    watch->refused = false;
    for (struct dirent *entry; (entry = readdir(dir));)
        changed |= load(watch, entry->d_name, stage, say);
    closedir(dir);
    return changed;
}

/* What refers to a file that has changed since may be in order now. */
static int load_all(struct watch *watch, enum stage last, bool say, struct problem *problem)
{
    int result = 1;
    watch->refused = true;
    for (unsigned stage = ALONE; stage <= last && watch->refused && result >= 0;
         stage += result == 0)
        result = load_each(watch, stage, say, problem);
    return result < 0 ? result : 0;
}

struct events {
    _Alignas(struct inotify_event) char bytes[16384];
    ssize_t size;
};

/* Brings into force what the events name. Returns whether that changed anything. */
static bool load_named(struct watch *watch, const struct events *events, enum stage stage)
{
    bool changed = false;
    for (ssize_t at = 0; at < events->size;) {
        const struct inotify_event *event =
            (const struct inotify_event *)(const void *)(events->bytes + at);
        if (event->mask & IN_Q_OVERFLOW)
            changed |= load_all(watch, stage, false, NULL) == 0;
        else if (event->len > 0)
            changed |= load(watch, event->name, stage, false);
        at += (ssize_t)(sizeof(*event) + event->len);
    }
    return changed;
}

static void take_events(struct watch *watch)
{
    struct events events;
    events.size = read(watch->inotify_fd, events.bytes, sizeof(events.bytes));
    bool others_refused = watch->refused;
    bool changed = false;
    watch->refused = true;
    for (unsigned stage = ALONE; stage <= LAST && watch->refused; stage++) {
        watch->refused = false;
        changed |= load_named(watch, &events, stage);
    }
    watch->refused |= others_refused;
    if (changed && watch->refused)
        load_all(watch, BESIDE, false, NULL);
}

static void *run(void *context)
{
    struct watch *watch = context;
    struct pollfd fds[] = {{.fd = watch->inotify_fd, .events = POLLIN},
                           {.fd = watch->stop_fd, .events = POLLIN}};
    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        if (fds[1].revents)
            break;
        if (fds[0].revents & POLLIN)
            take_events(watch);
    }
    return NULL;
}

static int open_parts(struct watch *watch, const char *path, struct problem *problem)
{
    watch->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (watch->dir_fd < 0)
        return problem_set(problem, errno == ENOTDIR ? ERR_NOT_A_DIRECTORY : ERR_NOT_FOUND,
                           "cannot open the schema folder %s: %s", path, strerror(errno));
    snprintf(watch->path, sizeof(watch->path), "/proc/self/fd/%d", watch->dir_fd);
    watch->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (watch->inotify_fd < 0 || watch->stop_fd < 0 ||
        inotify_add_watch(watch->inotify_fd, watch->path,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0)
        return problem_set(problem, ERR_INTERNAL, "cannot watch the schema folder %s: %s", path,
                           strerror(errno));
    return 0;
}

int watch_start(struct mount *mount, const char *path, struct watch **ret_watch,
                struct problem *problem)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return problem_set(problem, ERR_NO_MEMORY, "no memory");
    *watch = (struct watch){.mount = mount, .dir_fd = -1, .inotify_fd = -1, .stop_fd = -1};
    int result = open_parts(watch, path, problem);
    if (result == 0)
        result = load_all(watch, LAST, true, problem);
    if (result == 0) {
        watch->started = pthread_create(&watch->thread, NULL, run, watch) == 0;
        if (!watch->started)
            result = problem_set(problem, ERR_INTERNAL, "cannot start a thread");
    }
    if (result < 0)
        watch_stop(watch);
    else
        *ret_watch = watch;
    return result;
}

void watch_stop(struct watch *watch)
{
    if (!watch)
        return;
    if (watch->started && eventfd_write(watch->stop_fd, 1) == 0)
        pthread_join(watch->thread, NULL);
    if (watch->dir_fd >= 0)
        close(watch->dir_fd);
    if (watch->inotify_fd >= 0)
        close(watch->inotify_fd);
    if (watch->stop_fd >= 0)
        close(watch->stop_fd);
    free(watch);
}
