#include "schema/number.h"

#include "store/base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static const struct tree *number_span(struct arena *arena, struct span text)
{
    struct tree *tree = NULL;
    assert_int_equal(tree_parse_value(arena, text, SIZE_MAX, &tree, NULL), 0);
    return tree;
}

static const struct tree *number(struct arena *arena, const char *text)
{
    return number_span(arena, span_of_string(text));
}

/* In rising order; those of a row are equal. */
static const char *const order[][4] = {
    {"-1e999999999999999999"},
    {"-1e400", "-10e399"},
    {"-1e308"},
    {"-9223372036854775809"},
    {"-9223372036854775808", "-9223372036854775808.0"},
    {"-1.5", "-15e-1"},
    {"-1"},
    {"-1e-400", "-0.1e-399"},
    {"0", "-0", "0.0", "0e999999999999"},
    {"1e-999999999999999999", "0.1e-999999999999999998"},
    {"1e-400", "0.1e-399"},
    {"1e-399"},
    {"0.1", "0.10", "1e-1", "0.0001e3"},
    {"0.1000000000000000055511151231257827"},
    {"0.100000000000000005551115123125782702"},
    {"1", "1.0", "10E-1", "0.1e+1"},
    {"1.0000000000000000000000000000001"},
    {"9007199254740992", "9007199254740992.0"},
    {"9007199254740993", "9007199254740993.0"},
    {"9223372036854775807", "9223372036854775807.0"},
    {"9223372036854775808", "9.223372036854775808e18"},
    {"18446744073709551616"},
    {"12345678910111213141516171819202122232425262728293031"},
    {"12345678910111213141516171819202122232425262728293032",
     "1234567891011121314151617181920212223242526272829303.2e1"},
    {"1e308"},
    {"1e400", "10e399"},
    {"1e401"},
    {"1e99999999999"},
    {"1e999999999999999999"},
    {"1e1000000000000000000", "1e99999999999999999999999"},
};

static void check_pair(size_t i, size_t j)
{
    const char *left = order[i / 4][i % 4], *right = order[j / 4][j % 4];
    if (!left || !right)
        return;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *a = number(&arena, left), *b = number(&arena, right);
    int expected = (i / 4 > j / 4) - (i / 4 < j / 4);
    if (number_compare(a, b) != expected || (number_hash(a) == number_hash(b)) != (expected == 0))
        fail_msg("%s and %s", left, right);
}

static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(order) * 4; i++)
        for (size_t j = 0; j < LENGTH(order) * 4; j++)
            check_pair(i, j);
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_integer, is_int64, is_positive, is_count;
        int64_t value;
        uint64_t count;
    } rows[] = {
        {"0", true, true, false, true, 0, 0},
        {"-0.0", true, true, false, true, 0, 0},
        {"3", true, true, true, true, 3, 3},
        {"30e-1", true, true, true, true, 3, 3},
        {"3.0e0", true, true, true, true, 3, 3},
        {"0.03E2", true, true, true, true, 3, 3},
        {"3.5", false, false, true, false, 0, 0},
        {"-3", true, true, false, false, -3, 0},
        {"0.99999999999999999999", false, false, true, false, 0, 0},
        {"3.0000000000000000000001", false, false, true, false, 0, 0},
        {"1e-400", false, false, true, false, 0, 0},
        {"9007199254740993.0", true, true, true, true, 9007199254740993, 9007199254740993},
        {"9007199254740992.5", false, false, true, false, 0, 0},
        {"9223372036854775807.0", true, true, true, true, INT64_MAX, INT64_MAX},
        {"9223372036854775808", true, false, true, true, 0, (uint64_t)INT64_MAX + 1},
        {"-9223372036854775808e0", true, true, false, false, INT64_MIN, 0},
        {"-9223372036854775809", true, false, false, false, 0, 0},
        {"9999999999999999999", true, false, true, true, 0, 9999999999999999999U},
        {"10000000000000000000", true, false, true, true, 0, UINT64_MAX},
        {"1e18", true, true, true, true, 1000000000000000000, 1000000000000000000},
        {"1e999999999", true, false, true, true, 0, UINT64_MAX},
        {"-1e999999999", true, false, false, false, 0, 0},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        const struct tree *tree = number(&arena, rows[i].text);
        int64_t value = 0;
        uint64_t count = 0;
        if (number_is_integer(tree) != rows[i].is_integer ||
            number_is_positive(tree) != rows[i].is_positive ||
            number_int64(tree, &value) != rows[i].is_int64 || value != rows[i].value ||
            number_count(tree, &count) != rows[i].is_count || count != rows[i].count)
            fail_msg("%s", rows[i].text);
    }
}

static void test_multiples(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        const char *divisor;
        bool is_multiple;
    } rows[] = {
        {"10", "2", true},
        {"-10", "4", false},
        {"-9223372036854775808", "2", true},
        {"0", "7", true},
        {"-0.0", "0.3", true},
        {"0e999999999", "1e999999999", true},
        {"19.99", "0.01", true},
        {"19.995", "0.01", false},
        {"4.5", "1.5", true},
        {"35", "1.5", false},
        {"0.0075", "0.0001", true},
        {"0.00751", "0.0001", false},
        {"12391239123", "1e-8", true},
        {"1e308", "0.123456789", false},
        {"1e308", "0.5", true},
        {"1e308", "0.00390625", true},
        {"123456789e300", "0.123456789", true},
        {"1e-400", "1e-400", true},
        {"1e-400", "2e-400", false},
        {"1e-400", "1e-401", true},
        {"1e-400", "1", false},
        {"1e999999999", "3", false},
        {"3e999999999", "3", true},
        {"1e999999999", "1024", true},
        {"1e999999999", "1e-999999999", true},
        {"1e999999999", "7e-999999999", false},
        {"5", "1e999999999", false},
        {"5", "10", false},
        {"1e2", "4e1", false},
        {"12e1", "4e1", true},
        {"340282366920938463463374607431768211456", "18446744073709551616", true},
        {"340282366920938463463374607431768211457", "18446744073709551616", false},
        {"340282366920938463463374607431768211456", "340282366920938463463374607431768211456",
         true},
        {"1e39", "340282366920938463463374607431768211456", false},
        {"1e128", "340282366920938463463374607431768211456", true},
        {"1e127", "340282366920938463463374607431768211456", false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        const struct tree *divisor = number(&arena, rows[i].divisor);
        assert_true(number_is_divisor(divisor));
        if (number_is_multiple(number(&arena, rows[i].number), divisor) != rows[i].is_multiple)
            fail_msg("%s by %s", rows[i].number, rows[i].divisor);
    }
}

static void test_divisors(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    assert_false(number_is_divisor(number(&arena, "0.0")));
    assert_false(number_is_divisor(number(&arena, "-1")));
    AUTO_BUF struct buf text = {0};
    buf_append_string(&text, "0.000");
    buf_append_fill(&text, '7', NUMBER_DIVISOR_DIGITS);
    assert_true(number_is_divisor(number(&arena, buf_string(&text))));
    buf_append_string(&text, "0");
    assert_true(number_is_divisor(number(&arena, buf_string(&text))));
    buf_append_string(&text, "1");
    assert_false(number_is_divisor(number(&arena, buf_string(&text))));
}

/* A model that is as simple as can be: a digit for each power of ten from -SHIFT on. */
#define WIDTH 400
#define SHIFT 150

struct model {
    int digits[WIDTH]; /* the lowest first */
    bool negative;
};

static struct model model_of(const char *text)
{
    struct model model = {.negative = *text == '-'};
    const char *mantissa = text + model.negative;
    long exponent = strpbrk(mantissa, "eE") ? strtol(strpbrk(mantissa, "eE") + 1, NULL, 10) : 0;
    size_t size = strcspn(mantissa, "eE"), whole = strcspn(mantissa, ".eE");
    long power = (long)whole - 1 + exponent + SHIFT;
    for (size_t i = 0; i < size; i++)
        if (mantissa[i] != '.') {
            assert_true(power >= 0 && power < WIDTH);
            model.digits[power--] = mantissa[i] - '0';
        }
    return model;
}

static int compare_digits(const int *a, const int *b)
{
    for (int i = WIDTH - 1; i >= 0; i--)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static int model_compare(const struct model *a, const struct model *b)
{
    static const int zero[WIDTH];
    int left = compare_digits(a->digits, zero) * (a->negative ? -1 : 1);
    int right = compare_digits(b->digits, zero) * (b->negative ? -1 : 1);
    if (left != right)
        return left < right ? -1 : 1;
    return left * compare_digits(a->digits, b->digits);
}

static bool model_is_integer(const struct model *model)
{
    for (int i = 0; i < SHIFT; i++)
        if (model->digits[i] != 0)
            return false;
    return true;
}

/* By the long division of school, one subtraction after the other. */
static bool model_is_multiple(const struct model *a, const struct model *b)
{
    int rest[WIDTH] = {0};
    for (int i = WIDTH - 1; i >= 0; i--) {
        assert_int_equal(rest[WIDTH - 1], 0);
        memmove(rest + 1, rest, sizeof(rest) - sizeof(*rest));
        rest[0] = a->digits[i];
        while (compare_digits(rest, b->digits) >= 0)
            for (int j = 0, borrow = 0; j < WIDTH; j++) {
                rest[j] -= b->digits[j] + borrow;
                borrow = rest[j] < 0;
                rest[j] += 10 * borrow;
            }
    }
    static const int zero[WIDTH];
    return compare_digits(rest, zero) == 0;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static unsigned random_below(uint64_t *seed, unsigned limit)
{
    return (unsigned)(next_random(seed) % limit);
}

/* The digits, with a point somewhere and an exponent that moves them by `power` in all. */
static void spell(struct buf *out, struct span digits, int power, uint64_t *seed)
{
    size_t point = random_below(seed, (unsigned)digits.size + 1);
    if (point == 0)
        buf_append_string(out, "0");
    else
        buf_append_span(out, span_head(digits, point));
    if (point < digits.size) {
        buf_append_byte(out, '.');
        buf_append_span(out, span_skip(digits, point));
        power += (int)(digits.size - point);
    }
    if (random_below(seed, 4) == 0 && point == digits.size)
        buf_append_string(out, ".00");
    if (power != 0 || random_below(seed, 3) == 0)
        buf_printf(out, "%c%+d", random_below(seed, 2) ? 'e' : 'E', power);
}

static void random_digits(struct buf *out, unsigned most, uint64_t *seed)
{
    unsigned size = 1 + random_below(seed, most);
    buf_append_byte(out, (uint8_t)('1' + random_below(seed, 9)));
    for (unsigned i = 1; i < size; i++) {
        bool extreme = random_below(seed, 3) > 0;
        buf_append_byte(out, extreme ? (random_below(seed, 2) ? '0' : '9')
                                     : (uint8_t)('0' + random_below(seed, 10)));
    }
}

static void check_random_pair(const char *left, const char *right)
{
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    const struct tree *a = number(&arena, left), *b = number(&arena, right);
    struct model x = model_of(left), y = model_of(right);
    int order_of_models = model_compare(&x, &y);
    if (number_compare(a, b) != order_of_models || number_compare(b, a) != -order_of_models)
        fail_msg("order of %s and %s", left, right);
    if (order_of_models == 0 && number_hash(a) != number_hash(b))
        fail_msg("hashes of %s and %s", left, right);
    if (number_is_integer(a) != model_is_integer(&x))
        fail_msg("%s: an integer or not", left);
    if (number_is_divisor(b) && number_is_multiple(a, b) != model_is_multiple(&x, &y))
        fail_msg("%s by %s", left, right);
    AUTO_BUF struct buf exact = {0};
    number_write_exact(&exact, a);
    if (number_compare(number(&arena, buf_string(&exact)), a) != 0)
        fail_msg("%s written as %s", left, buf_string(&exact));
}

/* Two numbers that are near each other, or far: the same digits, or all but one of them. */
static void test_random_pairs(void **state)
{
    (void)state;
    uint64_t seed = 20260102;
    for (unsigned round = 0; round < 8000; round++) {
        AUTO_BUF struct buf digits = {0};
        AUTO_BUF struct buf left = {0};
        AUTO_BUF struct buf right = {0};
        random_digits(&digits, 50, &seed);
        int power = (int)random_below(&seed, 60) - 30;
        if (random_below(&seed, 8) == 0) {
            buf_append_byte(&left, '-');
            buf_append_byte(&right, '-');
        }
        spell(&left, buf_span(&digits), power, &seed);
        for (unsigned zeros = random_below(&seed, 3); zeros > 0; zeros--, power--)
            buf_append_byte(&digits, '0');
        unsigned change = random_below(&seed, 4);
        if (change == 1)
            digits.data[random_below(&seed, (unsigned)digits.size)] =
                (uint8_t)('1' + random_below(&seed, 9));
        else if (change == 2)
            digits.size = 1 + random_below(&seed, (unsigned)digits.size);
        spell(&right, buf_span(&digits), power + (change == 3), &seed);
        check_random_pair(buf_string(&left), buf_string(&right));
        check_random_pair(buf_string(&right), buf_string(&left));
    }
}

/* out = a * b, or one more. */
static void multiply(struct buf *out, struct span a, struct span b, bool one_more)
{
    int digits[WIDTH] = {one_more};
    for (size_t i = 0; i < a.size; i++)
        for (size_t j = 0; j < b.size; j++)
            digits[i + j] += (a.data[a.size - 1 - i] - '0') * (b.data[b.size - 1 - j] - '0');
    size_t size = a.size + b.size + 1;
    for (size_t i = 0; i < size; i++) {
        digits[i + 1] += digits[i] / 10;
        digits[i] %= 10;
    }
    while (size > 1 && digits[size - 1] == 0)
        size--;
    for (size_t i = size; i > 0; i--)
        buf_append_byte(out, (uint8_t)('0' + digits[i - 1]));
}

static void test_random_multiples(void **state)
{
    (void)state;
    uint64_t seed = 20260103;
    unsigned multiples = 0;
    for (unsigned round = 0; round < 2000; round++) {
        AUTO_ARENA struct arena arena;
        arena_init(&arena, 0);
        AUTO_BUF struct buf factor = {0};
        AUTO_BUF struct buf divisor = {0};
        AUTO_BUF struct buf product = {0};
        AUTO_BUF struct buf a = {0};
        AUTO_BUF struct buf b = {0};
        random_digits(&factor, 60, &seed);
        random_digits(&divisor, round % 2 ? 70 : 21, &seed);
        multiply(&product, buf_span(&factor), buf_span(&divisor), random_below(&seed, 2));
        int power = (int)random_below(&seed, 20) - 10;
        spell(&a, buf_span(&product), power + (int)random_below(&seed, 3), &seed);
        spell(&b, buf_span(&divisor), power, &seed);
        struct model x = model_of(buf_string(&a)), y = model_of(buf_string(&b));
        bool expected = model_is_multiple(&x, &y);
        multiples += expected;
        if (number_is_multiple(number(&arena, buf_string(&a)), number(&arena, buf_string(&b))) !=
            expected)
            fail_msg("%s by %s", buf_string(&a), buf_string(&b));
    }
    assert_true(multiples > 400 && multiples < 1800);
}

/* Was any of it quadratic, a number of a million digits would take minutes. */
static void test_long_numbers(void **state)
{
    (void)state;
    AUTO_ARENA struct arena arena;
    arena_init(&arena, 0);
    AUTO_BUF struct buf text = {0};
    AUTO_BUF struct buf large = {0};
    buf_append_fill(&text, '1', 1000000);
    buf_append_fill(&large, '9', NUMBER_DIVISOR_DIGITS);
    const struct tree *integer = number(&arena, buf_string(&text));
    const struct tree *other = number_span(&arena, arena_copy(&arena, buf_span(&text)));
    const struct tree *divisor = number(&arena, buf_string(&large));
    clock_t begin = clock();
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(number_compare(integer, other), 0);
        assert_true(number_hash(integer) == number_hash(other));
        assert_true(number_is_integer(integer));
        assert_true(number_is_multiple(integer, number(&arena, "11")));
        assert_true(number_is_multiple(integer, number(&arena, "0.0011")));
        assert_false(number_is_multiple(integer, number(&arena, "7e-6")));
        assert_false(number_is_multiple(integer, divisor));
    }
    buf_append_string(&text, "e-1000000");
    const struct tree *real = number(&arena, buf_string(&text));
    assert_true(real->real > 0.1 && real->real < 0.2);
    assert_false(number_is_integer(real));
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_multiples),    cmocka_unit_test(test_divisors),
        cmocka_unit_test(test_random_pairs), cmocka_unit_test(test_random_multiples),
        cmocka_unit_test(test_long_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
