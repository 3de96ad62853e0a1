#include "files_place.h"

#include "store/base/cleanup.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

void files_place_open(struct files_place *place)
{
    struct problem problem;
    problem_init(&problem);
    assert_int_equal(files_open(place->path, MAX, false, &place->files, &problem), 0);
    assert_int_equal(files_folder(place->files, ROOT, true, &place->fd), 0);
}

void files_place_close(struct files_place *place)
{
    close(place->fd);
    files_close(place->files);
}

int files_place_setup(void **state)
{
    struct files_place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    strcpy(place->path, "/tmp/test_files.XXXXXX");
    assert_non_null(mkdtemp(place->path));
    files_place_open(place);
    *state = place;
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat, (void)type, (void)ftw;
    return remove(path);
}

int files_place_teardown(void **state)
{
    struct files_place *place = *state;
    files_place_close(place);
    nftw(place->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(place);
    return 0;
}

void files_place_make(const struct files_place *place, const char *name, size_t size)
{
    AUTO_CLOSE int fd = openat(place->fd, name, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
}

struct file_node *files_place_find(const struct files_place *place, const char *name)
{
    struct file_node *node = NULL;
    assert_int_equal(files_find(place->files, ROOT, place->fd, name, &node), 0);
    return node;
}

void files_place_reopen(struct files_place *place)
{
    files_place_close(place);
    files_place_open(place);
}
