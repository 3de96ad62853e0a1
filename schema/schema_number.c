#include "schema/schema_internal.h"

/* A number as it is spelled, seen as digits times a power of ten: 0.0120e5 is the digits "12"
 * (perhaps with a point between them), of the powers 3 and 2. Zero has no digits. */
struct decimal {
    const uint8_t *digits;
    const uint8_t *end;
    int64_t high; /* the power of ten of the first digit, which is not 0 */
    int64_t low;  /* of the last, which is not 0 either */
    bool negative;
};

#define EXPONENT_MAX ((int64_t)1 << 40)

static int64_t parse_exponent(const uint8_t *at, const uint8_t *end)
{
    bool negative = *at == '-';
    int64_t exponent = 0;
    for (at += negative || *at == '+'; at < end; at++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    return negative ? -exponent : exponent;
}

/* `raw` is a number of RFC 8259, section 6. */
static struct decimal decimal_of(struct span raw)
{
    struct decimal decimal = {0};
    const uint8_t *at = raw.data, *end = raw.data + raw.size;
    decimal.negative = *at == '-';
    int64_t power = 0; /* of the digit before the point is 0; counted down from the first digit */
    bool fraction = false;
    int64_t whole = 0;
    for (at += decimal.negative; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        whole += !fraction;
        power--;
        if (*at == '0')
            continue;
        if (!decimal.digits) {
            decimal.digits = at;
            decimal.high = power;
        }
        decimal.end = at + 1;
        decimal.low = power;
    }
    int64_t shift = whole + (at < end ? parse_exponent(at + 1, end) : 0);
    decimal.high += shift;
    decimal.low += shift;
    return decimal;
}

/* The next digit; 0 behind the last. */
static uint8_t next_digit(const uint8_t **at, const uint8_t *end)
{
    while (*at < end && **at == '.')
        (*at)++;
    return *at < end ? (uint8_t)(*(*at)++ - '0') : 0;
}

static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
    if (!a->digits || !b->digits)
        return (a->digits != NULL) - (b->digits != NULL);
    if (a->high != b->high)
        return a->high < b->high ? -1 : 1;
    const uint8_t *x = a->digits, *y = b->digits;
    while (x < a->end || y < b->end) {
        uint8_t left = next_digit(&x, a->end), right = next_digit(&y, b->end);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return 0;
}

static int sign_of(const struct decimal *decimal)
{
    return !decimal->digits ? 0 : decimal->negative ? -1 : 1;
}

int number_compare(const struct tree *a, const struct tree *b)
{
    if (a->type == TREE_INTEGER && b->type == TREE_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    struct decimal x = decimal_of(a->raw), y = decimal_of(b->raw);
    int left = sign_of(&x), right = sign_of(&y);
    if (left != right)
        return left < right ? -1 : 1;
    return left < 0 ? compare_sizes(&y, &x) : compare_sizes(&x, &y);
}

bool number_is_integer(const struct tree *number)
{
    if (number->type == TREE_INTEGER)
        return true;
    struct decimal decimal = decimal_of(number->raw);
    return !decimal.digits || decimal.low >= 0;
}

bool number_is_positive(const struct tree *number)
{
    struct decimal decimal = decimal_of(number->raw);
    return sign_of(&decimal) > 0;
}

/* Any 19 digits fit into 64 bits. */
bool number_is_divisor(const struct tree *number)
{
    struct decimal decimal = decimal_of(number->raw);
    return sign_of(&decimal) > 0 && decimal.high - decimal.low < 19;
}

__extension__ typedef unsigned __int128 uint128;

static uint64_t digits_modulo(const struct decimal *decimal, uint64_t modulus)
{
    uint128 rest = 0;
    for (const uint8_t *at = decimal->digits; at < decimal->end;)
        rest = (rest * 10 + next_digit(&at, decimal->end)) % modulus;
    return (uint64_t)rest;
}

static uint64_t power_of_ten_modulo(uint64_t power, uint64_t modulus)
{
    uint128 result = 1 % modulus, base = 10 % modulus;
    for (; power > 0; power /= 2) {
        if (power % 2)
            result = result * base % modulus;
        base = base * base % modulus;
    }
    return (uint64_t)result;
}

bool number_is_multiple(const struct tree *number, const struct tree *divisor)
{
    struct decimal a = decimal_of(number->raw), b = decimal_of(divisor->raw);
    if (!a.digits)
        return true;
    /* The last digit of `a` is not 0, so no factor 10 is left in it to make up for this one. */
    if (a.low < b.low)
        return false;
    uint64_t modulus = digits_modulo(&b, UINT64_MAX);
    uint64_t rest = power_of_ten_modulo((uint64_t)(a.low - b.low), modulus);
    return (uint128)digits_modulo(&a, modulus) * rest % modulus == 0;
}

bool number_count(const struct tree *number, uint64_t *ret_count)
{
    struct decimal decimal = decimal_of(number->raw);
    if (decimal.digits && (decimal.negative || decimal.low < 0))
        return false;
    if (!decimal.digits)
        *ret_count = 0;
    else if (decimal.high >= 19)
        *ret_count = UINT64_MAX;
    else
        *ret_count = digits_modulo(&decimal, UINT64_MAX) *
                     power_of_ten_modulo((uint64_t)decimal.low, UINT64_MAX);
    return true;
}
