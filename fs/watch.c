#include "fs/watch.h"

#include "fs/report.h"
#include "store/base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

struct watch {
    struct mount *mount;
    int dir_fd;
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

static int load_text(struct request *request, struct span id, struct span text)
{
    struct mount *mount = request->mount;
    const struct model_put put = {.caller = request->caller,
                                  .collection = STORE_SCHEMAS,
                                  .name = id,
                                  .object = store_new_object(mount->store),
                                  .text = text,
                                  .mode = 0644,
                                  .uid = mount->uid,
                                  .gid = mount->gid};
    return model_put(mount->model, &put, &request->result, &request->problem);
}

/* Brings one file into force. Returns the refusal, for who starts the mount to see. */
static int load(struct watch *watch, const char *name, bool say)
{
    struct span id = span_of_string(name);
    if (id.size <= 5 || name[0] == '.' || !span_ends_with(id, ".json"))
        return 0;
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
        result = load_text(&request, id, buf_span(&request.bytes));
    if (result == -ERR_NOT_FOUND) /* gone again before it was read */
        result = 0;
    else
        report(&request, result);
    if (result < 0 && say)
        fprintf(stderr, "persistfs: schema file %s is not in force: %s\n", name,
                buf_string(&request.problem.detail));
    request_finish(&request);
    return result;
}

static int load_all(struct watch *watch, struct problem *problem)
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
    for (struct dirent *entry; (entry = readdir(dir));)
        load(watch, entry->d_name, true);
    closedir(dir);
    return 0;
}

static void take_events(struct watch *watch)
{
    _Alignas(struct inotify_event) char events[16384];
    ssize_t size = read(watch->inotify_fd, events, sizeof(events));
    for (ssize_t at = 0; at < size;) {
        const struct inotify_event *event =
            (const struct inotify_event *)(const void *)(events + at);
        if (event->mask & IN_Q_OVERFLOW)
            load_all(watch, NULL);
        else if (event->len > 0)
            load(watch, event->name, false);
        at += (ssize_t)(sizeof(*event) + event->len);
    }
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
    watch->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (watch->inotify_fd < 0 || watch->stop_fd < 0 ||
        inotify_add_watch(watch->inotify_fd, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0)
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
        result = load_all(watch, problem);
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
