#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The instruction sets that arithmetic modulo short primes has a path for. All give the same words.
typedef enum {
    SOTTO_LATTICE_PORTABLE = 0,
    SOTTO_LATTICE_IFMA = 1,
} sotto_lattice_path;

// Whether this processor can run the path.
bool sotto_lattice_available(sotto_lattice_path path);

// A factor modulo p and floor(factor * 2^52 / p), with which a product takes no division (Shoup's method).
typedef struct {
    uint64_t value, quotient;
} sotto_lattice_factor;

// A prime p, 2^20 < p < 2^50, p = 1 modulo 2n, for a power of two n, 32 or more. Polynomials have n coefficients, a
// multiple of 8 words, and are reduced: each word is below p.
typedef struct {
    uint64_t p;
    size_t n;
    // 1 and 2^52 modulo p, and 1/n.
    sotto_lattice_factor one, radix, inverse_n;
    // psi^bitreverse(i) for a primitive 2n-th root of unity psi, the inverses of these, and both lists' quotients.
    const uint64_t *roots, *root_quotients, *inverse_roots, *inverse_root_quotients;
} sotto_lattice_modulus;

// The values of a polynomial at the odd powers of psi, in bit-reversed order (negacyclic number-theoretic transform). The
// coefficients may be any numbers below 4p. out may be x.
void sotto_lattice_forward(sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, uint64_t *out);

// The polynomial of given values.
void sotto_lattice_inverse(sotto_lattice_path path, const sotto_lattice_modulus *m, uint64_t *x);

// out = sum of x[t * x_stride ...] * y[t * y_stride ...] over t < terms, word by word.
void sotto_lattice_dot(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride,
    const uint64_t *y, size_t y_stride, uint64_t *out);

// out_y = out_y + sum of x[t * x_stride ...] * y[t * stride ...] over t < terms, and out_z = that of x and z.
void sotto_lattice_dots(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride,
    const uint64_t *y, const uint64_t *z, size_t stride, uint64_t *out_y, uint64_t *out_z);

// Columns that are multiplied at a time.
enum { SOTTO_LATTICE_COLUMNS = 8 };

// Words between the values of x in two blocks below.
size_t sotto_lattice_columns_stride(size_t terms);

// out_x[c] = sum of x_b * w_b,c over b < blocks, word by word, and out_y[c] likewise: w_b,c are the values of the polynomial with
// coefficients[(b * terms + j) * SOTTO_LATTICE_COLUMNS + c], j < terms, reduced. `terms` is public, a power of two from 8 to n.
// Of x_b and y_b words h * terms + i, i < terms, are at values[(h * blocks + b) * stride + i], those of y `terms` further.
// `scratch`, of as many words as `coefficients`, is written over.
void sotto_lattice_columns(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, size_t blocks, const uint64_t *coefficients,
    uint64_t *scratch, const uint64_t *values, uint64_t *const *out_x, uint64_t *const *out_y);

// out = x + y and x - y. out may be x or y.
void sotto_lattice_add(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out);
void sotto_lattice_subtract(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out);

// a = a + factor * b and b = a - factor * b, word by word.
void sotto_lattice_add_and_subtract(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b);

// a = a + b and b = (a - b) * factor, word by word.
void sotto_lattice_sum_and_difference(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b);

// out[i] = x[sources[i]], for public sources below n; out is not x. The other adds to out.
void sotto_lattice_permute(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out);
void sotto_lattice_add_permuted(
    sotto_lattice_path path, const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out);

// out = x * factor, for any x below 2^52. out may be x.
void sotto_lattice_scale(
    sotto_lattice_path path, const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x,
    uint64_t *out);

// out = sum of x[t * x_stride ...] * factors[t] over t < terms, word by word, for x below 2^50 and public factors below p. out
// may not be x.
void sotto_lattice_combine(
    sotto_lattice_path path, const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride,
    const uint64_t *factors, uint64_t *out);

// out = out + (x - y) * factor.
void sotto_lattice_add_difference(
    sotto_lattice_path path, const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x,
    const uint64_t *y, uint64_t *out);

#ifdef __cplusplus
}
#endif
