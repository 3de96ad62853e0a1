/* The rows of extended attributes as of any commit, held against a shadow of them in memory. */
#include "rows_place.h"
#include "store/base/cleanup.h"
#include "store/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SEQS    300
#define OBJECTS 3
#define NAMES   8

struct name {
    char text[256];
};

/* Some are the beginning of another, some longer than what a key has of them. */
static struct name name_of(uint32_t i)
{
    struct name name;
    if (i < 4)
        snprintf(name.text, sizeof(name.text), "user.%.*s", (int)i, "aaa");
    else
        snprintf(name.text, sizeof(name.text), "user.%0240u%u", 0U, i);
    return name;
}

/* The value each had after each commit; 0: none. */
struct shadow {
    uint32_t value[SEQS + 1][OBJECTS][NAMES];
};

static void put(struct rows_place *place, uint64_t object, uint32_t i, uint64_t seq, uint32_t value)
{
    char text[16];
    struct name name = name_of(i);
    snprintf(text, sizeof(text), "%u", value);
    const struct row_xattr row = {.live = value != 0,
                                  .name = span_of_string(name.text),
                                  .value = span_of_string(value ? text : "")};
    assert_int_equal(store_xattr_put(&place->view, 100 + object, seq, &row), 0);
}

static void fill(struct rows_place *place, struct shadow *shadow)
{
    uint32_t seed = 3;
    memset(shadow, 0, sizeof(*shadow));
    for (uint32_t seq = 1; seq <= SEQS; seq++) {
        memcpy(shadow->value[seq], shadow->value[seq - 1], sizeof(shadow->value[seq]));
        for (uint32_t changes = next_random(&seed) % 3; changes > 0; changes--) {
            uint32_t object = next_random(&seed) % OBJECTS;
            uint32_t i = next_random(&seed) % NAMES;
            uint32_t value = next_random(&seed) % 3 ? seq : 0;
            put(place, object, i, seq, value);
            shadow->value[seq][object][i] = value;
        }
    }
}

static void assert_value(const struct row_xattr *row, uint32_t value)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", value);
    assert_true(row->live && span_is(row->value, text));
}

static void assert_all(struct store_view *view, uint64_t object, const uint32_t values[NAMES])
{
    struct row_xattr row = {0};
    size_t left = 0;
    for (uint32_t i = 0; i < NAMES; i++) {
        struct name name = name_of(i);
        int found = store_xattr_get(view, 100 + object, span_of_string(name.text), &row);
        assert_in_range(found, 0, 1);
        assert_int_equal(found == 1 && row.live, values[i] != 0);
        if (values[i])
            assert_value(&row, values[i]);
        left += values[i] != 0;
    }
    row = (struct row_xattr){0};
    for (; left > 0; left--) { /* each once, as they are not the last one's */
        assert_int_equal(store_xattr_next(view, 100 + object, row.name, &row), 1);
        uint32_t i = 0;
        while (i < NAMES && !span_is(row.name, name_of(i).text))
            i++;
        assert_true(i < NAMES);
        assert_value(&row, values[i]);
    }
    assert_int_equal(store_xattr_next(view, 100 + object, row.name, &row), 0);
}

static void as_of_any_commit(void **state)
{
    struct rows_place *place = *state;
    static struct shadow shadow;
    fill(place, &shadow);
    rows_place_look(place);
    for (uint64_t seq = 0; seq <= SEQS; seq++) {
        place->view.seq = seq;
        for (size_t object = 0; object < OBJECTS; object++)
            assert_all(&place->view, object, shadow.value[seq][object]);
    }
}

static void raw_put(struct rows_place *place, const struct key *key, struct span value)
{
    assert_int_equal(engine_put(place->view.txn, key_span(key), value), 0);
}

/* Rows of no form are named as damage, and are not walked over; those of others are not met. */
static void damage(void **state)
{
    struct rows_place *place = *state;
    struct key key;
    struct row_xattr row;
    put(place, 0, 1, 1, 5);
    key_init(&key, KEY_XATTR, 0);
    key_add_u64(&key, 101);
    raw_put(place, &key, span_of_string("short"));
    memset(key.bytes + key.size, 'a', ENGINE_KEY_MAX - key.size);
    key.bytes[key.size - 1] = 102;
    key.size = ENGINE_KEY_MAX;
    const struct row_xattr whole = {.live = true, .name = span_of_string("user.x")};
    AUTO_BUF struct buf value = {0};
    row_xattr_encode(&value, &whole);
    raw_put(place, &key, buf_span(&value));
    rows_place_look(place);
    assert_int_equal(store_xattr_next(&place->view, 100, span_of_string(name_of(1).text), &row), 0);
    assert_int_equal(store_xattr_next(&place->view, 101, (struct span){0}, &row), -ERR_DAMAGED);
    assert_int_equal(store_xattr_next(&place->view, 102, (struct span){0}, &row), -ERR_DAMAGED);
    assert_int_equal(store_xattr_get(&place->view, 101, span_of_string("user.x"), &row), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_of_any_commit, rows_place_setup, rows_place_teardown),
        cmocka_unit_test_setup_teardown(damage, rows_place_setup, rows_place_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
