#include "schema/number.h"

#include <assert.h>
#include <inttypes.h>

__extension__ typedef unsigned __int128 uint128;

#define POWER_MAX    ((int64_t)1000000000000000000)
#define EXPONENT_MAX (4 * POWER_MAX) /* far enough beyond for any number of digits */
#define CHUNK_DIGITS 19              /* any 19 digits fit into 64 bits */

/* A number as it is spelled, seen as digits times a power of ten: 0.0120e5 is the digits "12"
 * (perhaps with a point between them), of the powers 3 and 2. Zero has no digits. */
struct decimal {
    const uint8_t *digits;
    const uint8_t *end;
    int64_t high; /* the power of ten of the first digit, which is not 0 */
    int64_t low;  /* of the last, which is not 0 either */
    bool negative;
};

static int64_t parse_exponent(const uint8_t *at, const uint8_t *end)
{
    bool negative = *at == '-';
    int64_t exponent = 0;
    for (at += negative || *at == '+'; at < end; at++)
        exponent =
            exponent < EXPONENT_MAX / 10 ? exponent * 10 + (int64_t)(*at - '0') : EXPONENT_MAX;
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
    int64_t between = decimal.high - decimal.low;
    decimal.high += whole + (at < end ? parse_exponent(at + 1, end) : 0);
    if (decimal.high > POWER_MAX)
        decimal.high = POWER_MAX;
    else if (decimal.high < -POWER_MAX)
        decimal.high = -POWER_MAX;
    decimal.low = decimal.high - between;
    return decimal;
}

static int sign_of(const struct decimal *decimal)
{
    return !decimal->digits ? 0 : decimal->negative ? -1 : 1;
}

/* The next digit; 0 behind the last. */
static uint8_t next_digit(const uint8_t **at, const uint8_t *end)
{
    while (*at < end && **at == '.')
        (*at)++;
    return *at < end ? (uint8_t)(*(*at)++ - '0') : 0;
}

/* The next digits as one number. Returns ten to the power of how many there were. */
static uint64_t next_chunk(const uint8_t **at, const uint8_t *end, uint64_t *ret_chunk)
{
    uint64_t chunk = 0, scale = 1;
    for (unsigned i = 0; i < CHUNK_DIGITS && *at < end; i++) {
        chunk = chunk * 10 + next_digit(at, end);
        scale *= 10;
    }
    *ret_chunk = chunk;
    return scale;
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

static double nearest_double(const struct tree *number)
{
    return number->type == TREE_INTEGER ? (double)number->integer : number->real;
}

/* Rounding never turns the order around, so doubles that differ have decided. */
int number_compare(const struct tree *a, const struct tree *b)
{
    if (a->type == TREE_INTEGER && b->type == TREE_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    double rough_a = nearest_double(a), rough_b = nearest_double(b);
    if (rough_a < rough_b || rough_a > rough_b)
        return rough_a < rough_b ? -1 : 1;
    struct decimal x = decimal_of(a->raw), y = decimal_of(b->raw);
    int left = sign_of(&x), right = sign_of(&y);
    if (left != right)
        return left < right ? -1 : 1;
    return left < 0 ? compare_sizes(&y, &x) : compare_sizes(&x, &y);
}

uint64_t number_hash(const struct tree *number)
{
    int64_t integer = 0;
    if (number_int64(number, &integer))
        return tree_hash_fold((uint64_t)integer ^ TREE_HASH_OTHER, TREE_HASH_ODD);
    struct decimal decimal = decimal_of(number->raw);
    uint64_t power = (uint64_t)decimal.high * 2 + decimal.negative;
    uint64_t hash = tree_hash_fold(power ^ TREE_HASH_OTHER, TREE_HASH_ODD);
    for (const uint8_t *at = decimal.digits; at < decimal.end;) {
        uint64_t chunk;
        next_chunk(&at, decimal.end, &chunk);
        hash = tree_hash_fold(hash ^ chunk ^ TREE_HASH_OTHER, TREE_HASH_ODD);
    }
    return hash;
}

bool number_is_positive(const struct tree *number)
{
    struct decimal decimal = decimal_of(number->raw);
    return sign_of(&decimal) > 0;
}

/* What is integral rounds to what is integral. From 2^53 on every double is. */
static bool has_fraction_when_rounded(const struct tree *number)
{
    if (number->type == TREE_INTEGER || number->real <= -0x1p53 || number->real >= 0x1p53)
        return false;
    double whole = (double)(int64_t)number->real;
    return whole < number->real || whole > number->real;
}

bool number_is_integer(const struct tree *number)
{
    if (number->type == TREE_INTEGER)
        return true;
    if (has_fraction_when_rounded(number))
        return false;
    struct decimal decimal = decimal_of(number->raw);
    return !decimal.digits || decimal.low >= 0;
}

/* Of an integral number of at most 19 digits. */
static uint64_t magnitude_of(const struct decimal *decimal)
{
    const uint8_t *at = decimal->digits;
    uint64_t magnitude;
    next_chunk(&at, decimal->end, &magnitude);
    for (int64_t power = decimal->low; power > 0; power--)
        magnitude *= 10;
    return magnitude;
}

bool number_int64(const struct tree *number, int64_t *ret_value)
{
    if (number->type == TREE_INTEGER) {
        *ret_value = number->integer;
        return true;
    }
    if (has_fraction_when_rounded(number))
        return false;
    struct decimal decimal = decimal_of(number->raw);
    if (decimal.digits && (decimal.low < 0 || decimal.high >= CHUNK_DIGITS))
        return false;
    uint64_t magnitude = decimal.digits ? magnitude_of(&decimal) : 0;
    if (magnitude > (uint64_t)INT64_MAX + decimal.negative)
        return false;
    *ret_value = (int64_t)(decimal.negative ? 0 - magnitude : magnitude);
    return true;
}

bool number_count(const struct tree *number, uint64_t *ret_count)
{
    struct decimal decimal = decimal_of(number->raw);
    if (decimal.digits && (decimal.negative || decimal.low < 0))
        return false;
    if (!decimal.digits)
        *ret_count = 0;
    else
        *ret_count = decimal.high >= CHUNK_DIGITS ? UINT64_MAX : magnitude_of(&decimal);
    return true;
}

bool number_is_divisor(const struct tree *number)
{
    struct decimal decimal = decimal_of(number->raw);
    return sign_of(&decimal) > 0 && decimal.high - decimal.low < NUMBER_DIVISOR_DIGITS;
}

/* A digit takes less than 3.33 bits. */
#define LIMBS_MAX (NUMBER_DIVISOR_DIGITS * 333 / 100 / 64 + 1)

/* A large divisor in base 2^64, the lowest limb first. It is shifted to the left, so that its
 * highest bit is set; what is divided by it is shifted alike. */
struct divisor {
    uint64_t limbs[LIMBS_MAX];
    size_t count;
    unsigned shift;
};

/* limbs = limbs * factor + addend. Returns what is carried out of them. */
static uint64_t multiply_add(uint64_t *limbs, size_t count, uint64_t factor, uint128 addend)
{
    uint128 carry = addend;
    for (size_t i = 0; i < count; i++) {
        uint128 limb = (uint128)limbs[i] * factor + (uint64_t)carry;
        limbs[i] = (uint64_t)limb;
        carry = (carry >> 64) + (limb >> 64);
    }
    return (uint64_t)carry;
}

static void divisor_load(struct divisor *divisor, const struct decimal *decimal)
{
    divisor->count = 0;
    for (const uint8_t *at = decimal->digits; at < decimal->end;) {
        uint64_t chunk;
        uint64_t scale = next_chunk(&at, decimal->end, &chunk);
        uint64_t carry = chunk;
        if (divisor->count > 0)
            carry = multiply_add(divisor->limbs, divisor->count, scale, chunk);
        assert(divisor->count < LIMBS_MAX || carry == 0);
        if (carry > 0)
            divisor->limbs[divisor->count++] = carry;
    }
    divisor->shift = (unsigned)__builtin_clzll(divisor->limbs[divisor->count - 1]);
    multiply_add(divisor->limbs, divisor->count, (uint64_t)1 << divisor->shift, 0);
}

/* rest -= divisor * quotient. Returns what is borrowed beyond the divisor's limbs. */
static uint64_t subtract(uint64_t *rest, const struct divisor *divisor, uint64_t quotient)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < divisor->count; i++) {
        uint128 product = (uint128)divisor->limbs[i] * quotient + borrow;
        uint64_t low = (uint64_t)product;
        borrow = (uint64_t)(product >> 64) + (rest[i] < low);
        rest[i] -= low;
    }
    return borrow;
}

/* rest += divisor. Returns the carry. */
static uint64_t add_back(uint64_t *rest, const struct divisor *divisor)
{
    uint128 carry = 0;
    for (size_t i = 0; i < divisor->count; i++) {
        carry += (uint128)rest[i] + divisor->limbs[i];
        rest[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return (uint64_t)carry;
}

/* rest = (rest * scale + chunk) modulo the divisor, where chunk < scale. The quotient fits into a
 * limb; what the highest limbs make of it is at most 2 too large, as the divisor's highest bit is
 * set (Knuth, The Art of Computer Programming, volume 2, section 4.3.1). */
static void append_digits(uint64_t *rest, const struct divisor *divisor, uint64_t scale,
                          uint64_t chunk)
{
    size_t count = divisor->count;
    uint64_t top = multiply_add(rest, count, scale, (uint128)chunk << divisor->shift);
    uint64_t highest = divisor->limbs[count - 1];
    uint64_t quotient = UINT64_MAX;
    if (top < highest)
        quotient = (uint64_t)(((uint128)top << 64 | rest[count - 1]) / highest);
    top -= subtract(rest, divisor, quotient);
    while (top != 0)
        top += add_back(rest, divisor);
}

static bool is_zero(const uint64_t *limbs, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= limbs[i];
    return bits == 0;
}

/* Whether the digits of `a`, with so many zeros behind them, are a multiple of those of `b`. */
static bool divides(const struct decimal *a, const struct decimal *b, uint64_t zeros)
{
    struct divisor divisor;
    divisor_load(&divisor, b);
    uint64_t rest[LIMBS_MAX] = {0};
    for (const uint8_t *at = a->digits; at < a->end;) {
        uint64_t chunk;
        uint64_t scale = next_chunk(&at, a->end, &chunk);
        append_digits(rest, &divisor, scale, chunk);
    }
    /* They bring in factors 2 and 5, and the divisor has no more of them than bits. */
    uint64_t most = divisor.count * 64;
    for (uint64_t left = zeros < most ? zeros : most; left > 0;) {
        uint64_t scale = 1;
        for (unsigned i = 0; i < CHUNK_DIGITS && left > 0; i++, left--)
            scale *= 10;
        append_digits(rest, &divisor, scale, 0);
    }
    return is_zero(rest, divisor.count);
}

/* The same for digits and zeros that 128 bits hold. */
static bool divides_small(const struct decimal *a, const struct decimal *b, uint64_t zeros)
{
    const uint8_t *at_a = a->digits, *at_b = b->digits;
    uint64_t number, divisor;
    next_chunk(&at_a, a->end, &number);
    next_chunk(&at_b, b->end, &divisor);
    uint128 all = number;
    for (; zeros > 0; zeros--)
        all *= 10;
    return all >> 64 ? all % divisor == 0 : (uint64_t)all % divisor == 0;
}

bool number_is_multiple(const struct tree *number, const struct tree *divisor)
{
    if (number->type == TREE_INTEGER && divisor->type == TREE_INTEGER)
        return number->integer % divisor->integer == 0;
    struct decimal a = decimal_of(number->raw), b = decimal_of(divisor->raw);
    if (!a.digits)
        return true;
    /* The last digit of `a` is not 0, so no factor 10 is left in it to make up for this one. */
    if (a.low < b.low || a.high < b.high)
        return false;
    uint64_t zeros = (uint64_t)(a.low - b.low);
    bool small = a.high - a.low < CHUNK_DIGITS && b.high - b.low < CHUNK_DIGITS;
    return small && zeros < CHUNK_DIGITS ? divides_small(&a, &b, zeros) : divides(&a, &b, zeros);
}

void number_write_exact(struct buf *out, const struct tree *number)
{
    struct decimal decimal = decimal_of(number->raw);
    if (!decimal.digits) {
        buf_append_byte(out, '0');
        return;
    }
    if (decimal.negative)
        buf_append_byte(out, '-');
    for (const uint8_t *at = decimal.digits; at < decimal.end;) {
        bool is_second = at == decimal.digits + 1;
        uint8_t digit = next_digit(&at, decimal.end);
        if (is_second)
            buf_append_byte(out, '.');
        buf_append_byte(out, (uint8_t)('0' + digit));
    }
    buf_printf(out, "e%+03" PRId64, decimal.high);
}
