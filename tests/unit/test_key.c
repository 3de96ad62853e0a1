/* Keys: their bytes, and that their order is the order of what they name. */
#include "store/digest.h"
#include "store/key.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SEQ_SIZE 8

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

/* As LMDB compares: a key that is the beginning of another comes first. */
static int compare(struct span a, struct span b)
{
    int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order ? sign(order) : (a.size > b.size) - (a.size < b.size);
}

static struct key name_key(uint64_t parent, struct span name, uint64_t seq)
{
    struct key key;
    key_init(&key, KEY_NAME, 0);
    key_add_u64(&key, parent);
    key_add_text(&key, name);
    key_add_seq(&key, seq);
    return key;
}

static void assert_order(const struct key *a, const struct key *b, int expected)
{
    assert_int_equal(compare(key_span(a), key_span(b)), expected);
    assert_int_equal(compare(key_span(b), key_span(a)), -expected);
}

/* The example of FORMAT.md. */
static void bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {'n',  0,    0,    0,    0,    0,    0,   0, 0,
                                       0,    0,    0,    0x40, 'a',  'b',  0,   0, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf8};
    struct key key = name_key(64, span_of_string("ab"), 7);
    assert_int_equal(key.size, sizeof(expected));
    assert_memory_equal(key.bytes, expected, sizeof(expected));
    assert_int_equal(key_seq(key_span(&key)), 7);
    assert_int_equal(key_u64_at(key_span(&key), 5), 64);
}

static void the_stores_own_have_no_branch(void **state)
{
    (void)state;
    struct key key;
    key_init(&key, KEY_FORMAT, 9);
    assert_true(span_is(key_span(&key), "!"));
    key_init(&key, KEY_OBJECTS, 9);
    assert_true(span_is(key_span(&key), "#"));
    key_init(&key, KEY_STATE, 0x01020304);
    assert_int_equal(key.size, 5);
    assert_memory_equal(key.bytes, "s\1\2\3\4", 5);
}

static const uint64_t numbers[] = {
    0,       1,          0x7f,       0x80,       0xff,           0x100,     0xffff,
    0x10000, 0xffffffff, 1ULL << 32, 1ULL << 63, UINT64_MAX - 1, UINT64_MAX};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static int order_of(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static void numbers_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUMBERS; i++) {
        for (size_t j = 0; j < NUMBERS; j++) {
            struct key a = name_key(numbers[i], span_of_string("x"), 5);
            struct key b = name_key(numbers[j], span_of_string("x"), 5);
            assert_order(&a, &b, order_of(i, j));
            key_init(&a, KEY_LOG, 0);
            key_init(&b, KEY_LOG, 0);
            key_add_u64(&a, numbers[i]);
            key_add_u64(&b, numbers[j]);
            assert_order(&a, &b, order_of(i, j));
        }
    }
}

static void newest_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUMBERS; i++) {
        for (size_t j = 0; j < NUMBERS; j++) {
            struct key a = name_key(1, span_of_string("x"), numbers[i]);
            struct key b = name_key(1, span_of_string("x"), numbers[j]);
            assert_order(&a, &b, -order_of(i, j));
        }
        struct key key = name_key(1, span_of_string("x"), numbers[i]);
        assert_int_equal(key_seq(key_span(&key)), numbers[i]);
    }
}

static void tables_and_branches_are_apart(void **state)
{
    (void)state;
    struct key a;
    struct key b;
    key_init(&a, KEY_VERSION, 1);
    key_add_u64(&a, UINT64_MAX);
    key_init(&b, KEY_VERSION, 2);
    key_add_u64(&b, 0);
    assert_order(&a, &b, -1);
    key_init(&b, KEY_TIME, 0);
    assert_order(&a, &b, 1);
}

/* All texts of up to 4 bytes of these, which are the ones that matter to the escapes. */
static const uint8_t letters[] = {0, 1, 'a', 0xff};
#define LENGTH_MAX 4
#define TEXTS      (1 + 4 + 16 + 64 + 256)

struct text {
    uint8_t bytes[LENGTH_MAX];
    size_t size;
};

static void make_texts(struct text texts[TEXTS])
{
    size_t count = 1;
    texts[0] = (struct text){.size = 0};
    for (size_t i = 0; count < TEXTS; i++) {
        for (size_t j = 0; j < sizeof(letters); j++) {
            texts[count] = texts[i];
            texts[count].bytes[texts[count].size++] = letters[j];
            count++;
        }
    }
}

static void assert_texts(const struct text *a, const struct text *b)
{
    struct span left = span_make(a->bytes, a->size);
    struct span right = span_make(b->bytes, b->size);
    int expected = compare(left, right);
    struct key older = name_key(1, left, 3);
    struct key newer = name_key(1, right, 4);
    assert_order(&older, &newer, expected ? expected : 1);
    older = name_key(1, left, UINT64_MAX);
    newer = name_key(1, right, 0);
    assert_order(&older, &newer, expected ? expected : -1);
    struct span head = span_head(key_span(&older), older.size - SEQ_SIZE);
    bool begins = span_starts_with(key_span(&newer), head);
    assert_int_equal(begins, expected == 0); /* none is the beginning of another */
}

static void texts_in_order(void **state)
{
    (void)state;
    static struct text texts[TEXTS];
    make_texts(texts);
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t j = 0; j < TEXTS; j++)
            assert_texts(&texts[i], &texts[j]);
}

static void long_texts(void **state)
{
    (void)state;
    static uint8_t text[1000];
    memset(text, 'x', sizeof(text));
    for (size_t size = 195; size < 240; size++) {
        struct key a = name_key(1, span_make(text, size), 1);
        struct key b = name_key(1, span_make(text, size + 1), 1);
        assert_int_not_equal(compare(key_span(&a), key_span(&b)), 0);
        if (size < KEY_TEXT_MAX)
            assert_order(&a, &b, -1);
    }
    for (size_t at = 0; at < sizeof(text); at++) {
        struct key a = name_key(1, span_make(text, sizeof(text)), 1);
        text[at] = 'y';
        struct key b = name_key(1, span_make(text, sizeof(text)), 1);
        text[at] = 'x';
        assert_int_not_equal(compare(key_span(&a), key_span(&b)), 0);
        if (at < KEY_TEXT_MAX)
            assert_order(&a, &b, -1);
    }
}

/* One that spells out what a longer one is cut to is not taken for it. */
static void a_digest_cannot_be_forged(void **state)
{
    (void)state;
    uint8_t whole[300];
    memset(whole, 'x', sizeof(whole));
    struct span text = span_make(whole, sizeof(whole));
    struct digest digest = digest_of(&text, 1);
    uint8_t forged[KEY_TEXT_MAX + DIGEST_SIZE];
    memset(forged, 'x', KEY_TEXT_MAX);
    memcpy(forged + KEY_TEXT_MAX, digest.bytes, DIGEST_SIZE);
    struct key a = name_key(1, text, 1);
    struct key b = name_key(1, span_make(forged, sizeof(forged)), 1);
    assert_int_not_equal(compare(key_span(&a), key_span(&b)), 0);
}

/* A text for which all that is escaped is: zeros, and a digest with as many of them as there are.
 */
static void the_longest_fits(void **state)
{
    (void)state;
    static const uint8_t zeros[5000];
    size_t longest = 0;
    for (size_t size = KEY_TEXT_MAX; size < sizeof(zeros); size++) {
        struct span text = span_make(zeros, size);
        struct digest digest = digest_of(&text, 1);
        size_t escaped = 2 * KEY_TEXT_MAX + (size > KEY_TEXT_MAX ? DIGEST_SIZE : 0);
        for (size_t i = 0; size > KEY_TEXT_MAX && i < DIGEST_SIZE; i++)
            escaped += digest.bytes[i] == 0;
        struct key key;
        key_init(&key, KEY_UNIQUE, UINT32_MAX);
        key_add_u64(&key, UINT64_MAX);
        key_add_u64(&key, UINT64_MAX);
        key_add_text(&key, text);
        key_add_seq(&key, 0);
        assert_int_equal(key.size, 1 + 4 + 8 + 8 + escaped + 2 + 8);
        longest = key.size > longest ? key.size : longest;
    }
    assert_true(longest + DIGEST_SIZE <= ENGINE_KEY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),
        cmocka_unit_test(the_stores_own_have_no_branch),
        cmocka_unit_test(numbers_in_order),
        cmocka_unit_test(newest_first),
        cmocka_unit_test(tables_and_branches_are_apart),
        cmocka_unit_test(texts_in_order),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(a_digest_cannot_be_forged),
        cmocka_unit_test(the_longest_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
