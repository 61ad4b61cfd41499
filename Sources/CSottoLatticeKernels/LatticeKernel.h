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

typedef struct {
    void (*forward)(const sotto_lattice_modulus *m, uint64_t *x, size_t degree);
    void (*inverse)(const sotto_lattice_modulus *m, uint64_t *x);
    void (*dot)(
        const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
        size_t y_stride, uint64_t *out);
    void (*combine)(
        const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *factors,
        uint64_t *out);
    void (*add)(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out);
    void (*subtract)(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out);
    void (*scale)(const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, uint64_t *out);
    void (*add_difference)(
        const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, const uint64_t *y,
        uint64_t *out);
} sotto_lattice_kernel;

extern const sotto_lattice_kernel sotto_lattice_kernel_portable;
#if defined(__x86_64__)
extern const sotto_lattice_kernel sotto_lattice_kernel_ifma;
#endif
