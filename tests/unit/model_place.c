#include "model_place.h"

#include "store/base/cleanup.h"
#include "store/base/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

void folder_make(char path[64])
{
    snprintf(path, 64, "/tmp/persistfs-test-XXXXXX");
    assert_non_null(mkdtemp(path));
}

void folder_remove(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
    closedir(dir);
    assert_int_equal(rmdir(path), 0);
}

static void open_all(struct model_place *place)
{
    const struct store_options store = {.initial_map = (size_t)64 << 20};
    const struct model_options options = {.max_entity = 1 << 20,
                                          .lease = (int64_t)60 * CLOCK_SECOND,
                                          .attempts = 3,
                                          .dispatched_kept = 100};
    assert_int_equal(store_open(place->path, &store, &place->store, NULL), 0);
    assert_int_equal(model_open(place->store, &options, &place->model, NULL), 0);
}

static void close_all(struct model_place *place)
{
    model_close(place->model);
    store_close(place->store);
}

void model_place_init(struct model_place *place)
{
    folder_make(place->path);
    open_all(place);
}

void model_place_reopen(struct model_place *place)
{
    close_all(place);
    open_all(place);
}

void model_place_check(struct model_place *place)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    int result = model_check(place->store, NULL, &problem);
    if (result < 0)
        fail_msg("the check says: %s", buf_string(&problem.detail));
}

void model_place_finish(struct model_place *place)
{
    model_place_check(place);
    close_all(place);
    folder_remove(place->path);
}

int model_place_setup(void **state)
{
    struct model_place *place = malloc(sizeof(*place));
    assert_non_null(place);
    model_place_init(place);
    *state = place;
    return 0;
}

int model_place_teardown(void **state)
{
    model_place_finish(*state);
    free(*state);
    return 0;
}

struct model_caller model_caller(void)
{
    return (struct model_caller){.uid = geteuid(), .gid = getegid(), .reader = {.tid = getpid()}};
}

static int put(struct model_place *place, uint64_t collection, const char *name, const char *text,
               bool is_patch, struct model_result *ret_result, struct problem *problem)
{
    struct model_result ignored;
    struct model_put put = {.caller = model_caller(),
                            .collection = collection,
                            .name = span_of_string(name),
                            .object = store_new_object(place->store),
                            .text = span_of_string(text),
                            .is_patch = is_patch,
                            .mode = 0600,
                            .uid = geteuid(),
                            .gid = getegid()};
    return model_put(place->model, &put, ret_result ? ret_result : &ignored, problem);
}

int model_write(struct model_place *place, uint64_t collection, const char *name, const char *text,
                struct model_result *ret_result, struct problem *problem)
{
    return put(place, collection, name, text, false, ret_result, problem);
}

int model_patch(struct model_place *place, uint64_t collection, const char *name, const char *text,
                struct model_result *ret_result, struct problem *problem)
{
    return put(place, collection, name, text, true, ret_result, problem);
}

int model_delete(struct model_place *place, uint64_t collection, const char *name,
                 struct problem *problem)
{
    struct model_result result;
    struct model_caller caller = model_caller();
    return model_remove(place->model, &caller, collection, span_of_string(name),
                        (struct model_base){0}, &result, problem);
}

int model_move(struct model_place *place, uint64_t collection, const char *name,
               uint64_t new_collection, const char *new_name, struct problem *problem)
{
    struct model_result result;
    struct model_rename rename = {.caller = model_caller(),
                                  .collection = collection,
                                  .name = span_of_string(name),
                                  .new_collection = new_collection,
                                  .new_name = span_of_string(new_name)};
    return model_rename(place->model, &rename, &result, problem);
}

uint64_t must_write(struct model_place *place, uint64_t collection, const char *name,
                    const char *text)
{
    AUTO_PROBLEM struct problem problem;
    problem_init(&problem);
    struct model_result result;
    if (model_write(place, collection, name, text, &result, &problem) < 0)
        fail_msg("%s: %s", name, buf_string(&problem.detail));
    return result.object;
}

uint64_t must_define(struct model_place *place, const char *name, const char *schema)
{
    return must_write(place, STORE_SCHEMAS, name, schema);
}

bool model_has(struct model_place *place, uint64_t collection, const char *name, const char *text)
{
    struct store_view view;
    struct row_binding binding;
    struct row_version row;
    uint64_t seq;
    assert_int_equal(store_read(place->store, &view), 0);
    int found = store_name_get(&view, collection, span_of_string(name), &binding);
    assert_in_range(found, 0, 1);
    bool same = found == 0 || !binding.live;
    if (same) {
        same = text == NULL;
    } else if (text) {
        assert_int_equal(store_version_get(&view, binding.object, &seq, &row), 1);
        same = span_is(row.document, text);
    }
    store_view_end(&view);
    return same;
}

struct row_entry model_entry(struct model_place *place, uint64_t parent, uint64_t object)
{
    struct store_view view;
    struct row_entry entry = {0};
    assert_int_equal(store_read(place->store, &view), 0);
    assert_int_equal(store_entry_get(&view, parent, object, &entry), 1);
    store_view_end(&view);
    entry.name = span_make(NULL, 0);
    return entry;
}

uint64_t model_seq(struct model_place *place)
{
    struct store_view view;
    struct row_state state = {0};
    assert_int_equal(store_read(place->store, &view), 0);
    assert_true(store_state_get(&view, &state) >= 0);
    store_view_end(&view);
    return state.seq;
}
