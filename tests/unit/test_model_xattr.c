/* Extended attributes of entities: what setxattr(2) and removexattr(2) say, bounds, and how long
 * they live. */
#include "model_place.h"
#include "store/base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/xattr.h>

#include <cmocka.h>

static int set(struct model_place *place, uint64_t object, const char *name, struct span value,
               int flags)
{
    return model_xattr_set(place->model, object, span_of_string(name), value, flags, NULL);
}

static int set_text(struct model_place *place, uint64_t object, const char *name, const char *value)
{
    return set(place, object, name, span_of_string(value), 0);
}

static int take(struct model_place *place, uint64_t object, const char *name)
{
    return model_xattr_remove(place->model, object, span_of_string(name), NULL);
}

/* NULL: it is not there. */
static void assert_value(struct model_place *place, uint64_t object, const char *name,
                         const char *value)
{
    AUTO_VIEW struct store_view view = {0};
    struct row_xattr row = {0};
    assert_int_equal(store_read(place->store, &view), 0);
    int found = store_xattr_get(&view, object, span_of_string(name), &row);
    assert_in_range(found, 0, 1);
    assert_int_equal(found == 1 && row.live, value != NULL);
    if (value)
        assert_true(span_is(row.value, value) && span_is(row.name, name));
}

static size_t count(struct model_place *place, uint64_t object)
{
    AUTO_VIEW struct store_view view = {0};
    struct row_xattr row = {0};
    size_t number = 0;
    int found;
    assert_int_equal(store_read(place->store, &view), 0);
    while ((found = store_xattr_next(&view, object, row.name, &row)) == 1)
        number++;
    assert_int_equal(found, 0);
    return number;
}

static void presence(void **state)
{
    struct model_place *place = *state;
    uint64_t docs = must_define(place, "docs", "{}");
    uint64_t a = must_write(place, docs, "a", "{}");
    uint64_t b = must_write(place, docs, "b", "{}");
    uint64_t seq = model_seq(place);
    assert_int_equal(set(place, a, "user.x", span_of_string("1"), XATTR_REPLACE),
                     -ERR_NO_ATTRIBUTE);
    assert_int_equal(take(place, a, "user.x"), -ERR_NO_ATTRIBUTE);
    assert_int_equal(set(place, a, "user.x", span_of_string("1"), XATTR_CREATE), 0);
    assert_int_equal(set(place, a, "user.x", span_of_string("2"), XATTR_CREATE),
                     error_system(EEXIST));
    assert_value(place, a, "user.x", "1");
    assert_int_equal(set(place, a, "user.x", span_of_string(""), XATTR_REPLACE), 0);
    assert_int_equal(set_text(place, a, "user.xy", "3"), 0);
    assert_value(place, a, "user.x", "");
    assert_value(place, b, "user.x", NULL);
    assert_int_equal(take(place, a, "user.x"), 0);
    assert_int_equal(take(place, a, "user.x"), -ERR_NO_ATTRIBUTE);
    assert_value(place, a, "user.x", NULL);
    assert_int_equal(count(place, a), 1);
    assert_int_equal(set(place, a, "user.x", span_of_string("4"), XATTR_CREATE), 0);
    assert_value(place, a, "user.x", "4");
    assert_int_equal(model_seq(place), seq);
}

static void nobody_has_them(void **state)
{
    struct model_place *place = *state;
    uint64_t docs = must_define(place, "docs", "{}");
    uint64_t a = must_write(place, docs, "a", "{}");
    assert_int_equal(set_text(place, a + 1, "user.x", "1"), -ERR_NOT_FOUND);
    assert_int_equal(model_delete(place, docs, "a", NULL), 0);
    assert_int_equal(set_text(place, a, "user.x", "1"), -ERR_NOT_FOUND);
    assert_int_equal(take(place, a, "user.x"), -ERR_NOT_FOUND);
}

static void life(void **state)
{
    struct model_place *place = *state;
    uint64_t docs = must_define(place, "docs", "{}");
    uint64_t notes = must_define(place, "notes", "{}");
    uint64_t a = must_write(place, docs, "a", "{}");
    uint64_t b = must_write(place, docs, "b", "{}");
    assert_int_equal(set_text(place, a, "user.x", "1"), 0);
    assert_int_equal(set_text(place, a, "user.y", "2"), 0);
    assert_int_equal(set_text(place, b, "user.z", "3"), 0);
    must_write(place, docs, "a", "{\"n\":1}");
    assert_int_equal(model_move(place, docs, "a", notes, "b", NULL), 0);
    model_place_reopen(place);
    assert_value(place, a, "user.x", "1");
    assert_int_equal(model_move(place, docs, "b", notes, "b", NULL), 0); /* replaces a */
    assert_int_equal(count(place, a), 0);
    assert_value(place, b, "user.z", "3");
    assert_int_equal(model_delete(place, notes, "b", NULL), 0);
    assert_int_equal(count(place, b), 0);
    uint64_t again = must_write(place, notes, "b", "{}");
    assert_int_equal(count(place, again), 0);
    /* They are there still as of when they were. */
    AUTO_VIEW struct store_view view = {0};
    struct row_xattr row = {0};
    assert_int_equal(store_read(place->store, &view), 0);
    view.seq = 5;
    assert_int_equal(store_xattr_next(&view, a, row.name, &row), 1);
    assert_true(span_is(row.name, "user.x") && span_is(row.value, "1"));
    assert_int_equal(store_xattr_next(&view, a, row.name, &row), 1);
    assert_true(span_is(row.name, "user.y"));
    assert_int_equal(store_xattr_next(&view, a, row.name, &row), 0);
    view.seq = 3;
    assert_int_equal(store_xattr_next(&view, a, (struct span){0}, &row), 0);
}

static void bounds_of_a_value(void **state)
{
    struct model_place *place = *state;
    static uint8_t large[65537];
    uint64_t docs = must_define(place, "docs", "{}");
    uint64_t a = must_write(place, docs, "a", "{}");
    assert_int_equal(set(place, a, "user.x", span_make(large, 65537), 0), error_system(E2BIG));
    assert_int_equal(set(place, a, "user.x", span_make(large, 65531), 0), error_system(ENOSPC));
    assert_int_equal(set(place, a, "user.x", span_make(large, 65530), 0), 0);
    assert_int_equal(set(place, a, "user.x", span_make(large, 65530), 0), 0);
    assert_int_equal(set_text(place, a, "user.y", ""), error_system(ENOSPC));
    assert_int_equal(set(place, a, "user.x", span_make(large, 65524), 0), 0);
    assert_int_equal(set_text(place, a, "user.y", ""), 0);
}

static void bounds_of_the_number(void **state)
{
    struct model_place *place = *state;
    char name[256];
    uint64_t docs = must_define(place, "docs", "{}");
    uint64_t a = must_write(place, docs, "a", "{}");
    for (int i = 0; i < 64; i++) { /* names that differ behind what a key has of them */
        snprintf(name, sizeof(name), "user.%0248d%02d", 0, i);
        assert_int_equal(strlen(name), 255);
        assert_int_equal(set_text(place, a, name, name), 0);
    }
    assert_int_equal(count(place, a), 64);
    assert_value(place, a, name, name);
    assert_int_equal(set_text(place, a, "user.x", "1"), error_system(ENOSPC));
    assert_int_equal(set_text(place, a, name, "1"), 0);
    assert_int_equal(take(place, a, name), 0);
    assert_int_equal(set_text(place, a, "user.x", "1"), 0);
    assert_int_equal(model_delete(place, docs, "a", NULL), 0);
    assert_int_equal(count(place, a), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(presence, model_place_setup, model_place_teardown),
        cmocka_unit_test_setup_teardown(nobody_has_them, model_place_setup, model_place_teardown),
        cmocka_unit_test_setup_teardown(life, model_place_setup, model_place_teardown),
        cmocka_unit_test_setup_teardown(bounds_of_a_value, model_place_setup, model_place_teardown),
        cmocka_unit_test_setup_teardown(bounds_of_the_number, model_place_setup,
                                        model_place_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
