#include "CConstantTime.h"

#include <math.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define STEP __attribute__((noinline))
#define PART static inline __attribute__((always_inline))

typedef unsigned __int128 uint128;

// What the compiler does not know, it cannot make a branch of.
PART uint64_t hidden(uint64_t x) {
    __asm__("" : "+r"(x));
    return x;
}

// All ones for 1, zero for 0.
PART uint64_t mask_of(uint64_t bit) { return hidden(0 - bit); }

PART uint64_t choose(uint64_t mask, uint64_t a, uint64_t b) { return (a & mask) | (b & ~mask); }

PART uint128 whole(sotto_limbs2 x) { return (uint128)x.high << 64 | x.low; }

PART sotto_limbs2 halves(uint128 x) {
    sotto_limbs2 result = {(uint64_t)x, (uint64_t)(x >> 64)};
    return result;
}

PART uint128 prime(const sotto_fold_modulus *p) { return (uint128)p->p1 << 64 | p->p0; }

STEP uint64_t sotto_ct_select(uint64_t bit, uint64_t a, uint64_t b) { return choose(mask_of(bit), a, b); }

STEP uint64_t sotto_ct_negate(uint64_t bit, uint64_t x) {
    uint64_t mask = mask_of(bit);
    return (x ^ mask) - mask;
}

STEP uint64_t sotto_ct_set_bit(uint64_t word, uint64_t index, uint64_t bit) {
    return (word & ~((uint64_t)1 << (index & 63))) | hidden(bit & 1) << (index & 63);
}

STEP sotto_limbs2 sotto_limb_add(uint64_t x, uint64_t y, uint64_t carry) { return halves((uint128)x + y + carry); }

STEP sotto_limbs2 sotto_field_encode_limb(int64_t value, uint64_t index, uint64_t p, uint64_t carry) {
    uint64_t sign = mask_of((uint64_t)value >> 63);
    // All ones for the lowest limb.
    uint64_t is_lowest = hidden(((index | (0 - index)) >> 63) - 1);
    return halves((uint128)choose(is_lowest, (uint64_t)value, sign) + (p & sign) + carry);
}

// `x + carry * 2^128`, which is below 2p, or that less p: the one below p.
PART uint128 below(uint128 x, uint64_t carry, uint128 p) {
    uint128 difference;
    uint64_t borrow = hidden(__builtin_sub_overflow(x, p, &difference));
    uint64_t keep = mask_of(carry | (borrow ^ 1));
    return (uint128)choose(keep, (uint64_t)(difference >> 64), (uint64_t)(x >> 64)) << 64 |
           choose(keep, (uint64_t)difference, (uint64_t)x);
}

STEP sotto_limbs2 sotto_field2_add(sotto_limbs2 x, sotto_limbs2 y, const sotto_fold_modulus *p) {
    uint128 sum;
    uint64_t carry = hidden(__builtin_add_overflow(whole(x), whole(y), &sum));
    return halves(below(sum, carry, prime(p)));
}

STEP sotto_limbs2 sotto_field2_subtract(sotto_limbs2 x, sotto_limbs2 y, const sotto_fold_modulus *p) {
    uint128 difference;
    uint64_t again = mask_of(hidden(__builtin_sub_overflow(whole(x), whole(y), &difference)));
    return halves(difference + ((uint128)(p->p1 & again) << 64 | (p->p0 & again)));
}

// h * 2^bits + l = h * c + l, twice. Shifts are by public amounts and never by 128.
PART uint128 reduce(uint128 high, uint128 low, const sotto_fold_modulus *p) {
    uint128 modulus = prime(p), mask = modulus + p->c - 1;
    unsigned up = 128 - (unsigned)p->bits, down = (unsigned)p->bits - 1;
    // Below 2^128, so that h * c has at most 184 bits.
    uint128 h = high << up | (low >> 1) >> down;
    uint128 bottom = (uint128)(uint64_t)h * p->c, top = (uint128)(uint64_t)(h >> 64) * p->c;
    uint128 middle = (uint128)(uint64_t)top + (uint64_t)(bottom >> 64);
    uint128 folded_low = middle << 64 | (uint64_t)bottom, folded_high = (top >> 64) + (middle >> 64);
    uint128 l1;
    uint64_t carry = hidden(__builtin_add_overflow(low & mask, folded_low, &l1));
    uint128 h1 = folded_high + carry;
    // The second fold adds at most c * c * 2^(128 - bits) < 2^(bits - 8) to a number below 2^bits.
    uint128 h2 = h1 << up | (l1 >> 1) >> down;
    uint128 l2;
    uint64_t carry2 = hidden(__builtin_add_overflow(l1 & mask, h2 * p->c, &l2));
    return below(l2, carry2, modulus);
}

STEP sotto_limbs2 sotto_field2_reduce(sotto_limbs2 h, sotto_limbs2 l, const sotto_fold_modulus *p) {
    return halves(reduce(whole(h), whole(l), p));
}

STEP sotto_limbs2 sotto_field2_multiply(sotto_limbs2 x, sotto_limbs2 y, const sotto_fold_modulus *p) {
    uint128 p00 = (uint128)x.low * y.low, p01 = (uint128)x.low * y.high;
    uint128 p10 = (uint128)x.high * y.low, p11 = (uint128)x.high * y.high;
    uint128 middle = (p00 >> 64) + (uint64_t)p01 + (uint64_t)p10;
    uint128 low = middle << 64 | (uint64_t)p00;
    uint128 high = p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64);
    return halves(reduce(high, low, p));
}

// In the processor's own rounding, which is to the nearest, ties to even, unless a program changes it.
PART int64_t nearest(double x) {
#if defined(__SSE2__) && defined(__x86_64__)
    return _mm_cvtsd_si64(_mm_set_sd(x));
#elif defined(__aarch64__)
    return vcvtnd_s64_f64(x);
#else
    return llrint(x);
#endif
}

STEP int64_t sotto_fixed_point_encode(double value, double scale, double limit, uint64_t *outside) {
    double scaled = value * scale;
    // A half below the limit, an even number, is a tie that rounds up to it. From 2^53 on there are no halves. What is no
    // number fails the comparison too.
    uint64_t fits = fabs(scaled) < limit - 0.5;
    *outside |= hidden(fits) ^ 1;
    return nearest(scaled);
}
