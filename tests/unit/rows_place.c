#include "rows_place.h"

#include "model_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int rows_place_setup(void **state)
{
    struct rows_place *place = calloc(1, sizeof(*place));
    assert_non_null(place);
    folder_make(place->path);
    assert_int_equal(store_open(place->path, &(struct store_options){0}, &place->store, NULL), 0);
    assert_int_equal(store_write(place->store, &place->view), 0);
    *state = place;
    return 0;
}

int rows_place_teardown(void **state)
{
    struct rows_place *place = *state;
    store_view_end(&place->view);
    store_close(place->store);
    folder_remove(place->path);
    free(place);
    return 0;
}

struct store_view *rows_place_look(struct rows_place *place)
{
    assert_int_equal(store_commit(&place->view), 0);
    assert_int_equal(store_read(place->store, &place->view), 0);
    return &place->view;
}

uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}
