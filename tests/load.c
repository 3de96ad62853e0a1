#include "load.h"

#include "store/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int load_file(const char *path, struct arena *arena, struct span *ret_text, struct problem *problem)
{
    struct stat status;
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        return problem_set(problem, (enum err) - error_of_errno(errno), "%s: %s", path,
                           strerror(errno));
    size_t size = (size_t)status.st_size;
    uint8_t *data = arena_alloc(arena, size + 1);
    if (data == NULL)
        return problem_set(problem, ERR_NO_MEMORY, "%s: no memory", path);
    for (size_t done = 0; done < size;) {
        ssize_t count = read(fd, data + done, size - done);
        if (count <= 0)
            return problem_set(problem, ERR_ENGINE, "%s: cannot be read", path);
        done += (size_t)count;
    }
    *ret_text = span_make(data, size);
    return 0;
}
