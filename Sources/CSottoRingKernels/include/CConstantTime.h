#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Single steps on secret numbers, each a straight line of instructions whatever the numbers are: no branch, no call and no
// index depends on them. They are functions of their own, so that their machine code can be checked.

// Two limbs of 64 bits, the lower one first.
typedef struct {
    uint64_t low, high;
} sotto_limbs2;

// A prime p = 2^bits - c of two limbs, with 120 <= bits <= 128.
typedef struct {
    uint64_t p0, p1, c;
    uint64_t bits;
} sotto_fold_modulus;

// a where bit is 1, b where it is 0.
uint64_t sotto_ct_select(uint64_t bit, uint64_t a, uint64_t b);

// -x where bit is 1, x where it is 0, modulo 2^64.
uint64_t sotto_ct_negate(uint64_t bit, uint64_t x);

// The word with bit `index`, 0 to 63, set to `bit`, 0 or 1. The index is public.
uint64_t sotto_ct_set_bit(uint64_t word, uint64_t index, uint64_t bit);

// x + y + carry, for a carry of 0 or 1; `high` is the carry out.
sotto_limbs2 sotto_limb_add(uint64_t x, uint64_t y, uint64_t carry);

// A limb of the element of a prime field that stands for a signed number: the number's limb, its sign's beyond the lowest,
// plus p's where the number is negative. `index` is public.
sotto_limbs2 sotto_field_encode_limb(int64_t value, uint64_t index, uint64_t p, uint64_t carry);

// x + y, x - y and x * y modulo p for elements below p, and h * 2^128 + l modulo p for h < 2^bits.
sotto_limbs2 sotto_field2_add(sotto_limbs2 x, sotto_limbs2 y, const sotto_fold_modulus *p);
sotto_limbs2 sotto_field2_subtract(sotto_limbs2 x, sotto_limbs2 y, const sotto_fold_modulus *p);
sotto_limbs2 sotto_field2_multiply(sotto_limbs2 x, sotto_limbs2 y, const sotto_fold_modulus *p);
sotto_limbs2 sotto_field2_reduce(sotto_limbs2 h, sotto_limbs2 l, const sotto_fold_modulus *p);

// The integer nearest to value * scale, ties to the even one. `outside` becomes 1 where it is `limit`, a power of two from 2
// to 2^63, or more in magnitude, or no number, and stays as it is elsewhere; the result then means nothing.
int64_t sotto_fixed_point_encode(double value, double scale, double limit, uint64_t *outside);

#ifdef __cplusplus
}
#endif
