// What a path provides, beside the choice of it in Dispatch.c.
//
// Transforms are those of Harvey, "Faster arithmetic for number-theoretic transforms" (2014), with 2^52 for the word: a
// product x * w - floor(x * w' / 2^52) * p with w' = floor(w * 2^52 / p) lies in [0, 2p) for any x below 2^52, and numbers
// below 4p are below 2^52. Both paths work on numbers of 52 bits, so that they share their tables.
#pragma once
#include "CLatticeKernels.h"

#define SOTTO_INLINE static inline __attribute__((always_inline))

enum {
    // So many products of numbers below 2^50 have halves of 52 bits whose sums, with the lower's carry, fit: the upper ones
    // are below 2^48, 16 of them at most 2^52 - 16.
    SOTTO_LATTICE_TERMS = 16,
};

// log2 of a power of two.
SOTTO_INLINE unsigned sotto_lattice_log(size_t x) { return (unsigned)__builtin_ctzll(x); }

// How many steps of a transform may each add 2p to numbers below 4p that must stay below 2^52; no more than 16 are needed.
SOTTO_INLINE unsigned sotto_lattice_steps(const sotto_lattice_modulus *m) {
    uint64_t room = (((uint64_t)1 << 52) - 4 * m->p) / (2 * m->p);
    return room < 16 ? (unsigned)room : 16;
}

// So many products of numbers below p with what a transform's steps leave of others, below 2^52, have halves of 52 bits whose
// sums, with the lower's carry, fit into 52 and 64 bits.
SOTTO_INLINE size_t sotto_lattice_products(uint64_t p, uint64_t largest) {
    unsigned bits = 128 - (unsigned)__builtin_clzll(p) - (unsigned)__builtin_clzll(largest);
    return bits > 104 - 11 ? ((size_t)1 << (104 - bits)) - 1 : (1 << 11) - 1;
}

typedef struct {
    void (*forward)(const sotto_lattice_modulus *m, const uint64_t *x, uint64_t *out);
    void (*inverse)(const sotto_lattice_modulus *m, uint64_t *x);
    void (*dot)(
        const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
        size_t y_stride, uint64_t *out);
    void (*combine)(
        const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *factors,
        uint64_t *out);
    void (*dots)(
        const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
        const uint64_t *z, size_t stride, uint64_t *out_y, uint64_t *out_z);
    void (*columns)(
        const sotto_lattice_modulus *m, size_t terms, size_t blocks, const uint64_t *coefficients, uint64_t *scratch,
        const uint64_t *values, uint64_t *const *out_x, uint64_t *const *out_y);
    void (*add)(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out);
    void (*subtract)(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out);
    void (*add_and_subtract)(const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b);
    void (*sum_and_difference)(const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b);
    void (*permute)(const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out);
    void (*add_permuted)(const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out);
    void (*scale)(const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, uint64_t *out);
    void (*add_difference)(
        const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, const uint64_t *y,
        uint64_t *out);
} sotto_lattice_kernel;

extern const sotto_lattice_kernel sotto_lattice_kernel_portable;
#if defined(__x86_64__)
extern const sotto_lattice_kernel sotto_lattice_kernel_ifma;
#endif
