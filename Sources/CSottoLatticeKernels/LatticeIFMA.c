// The path for x86-64 processors with AVX-512 IFMA, which multiply eight numbers of 52 bits at a time and add the lower or
// the upper 52 bits of the products.
#include "LatticeKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define IFMA __attribute__((target("avx512f,avx512dq,avx512ifma")))

enum { LANES = 8 };

// p and 2p, and 2^52 less p: adding multiples of the latter subtracts those of p in the lower 52 bits.
typedef struct {
    __m512i p, p2, negative;
} moduli;

typedef struct {
    __m512i u, v;
} pair;

IFMA SOTTO_INLINE __m512i word(uint64_t x) { return _mm512_set1_epi64((long long)x); }
IFMA SOTTO_INLINE __m512i load(const uint64_t *x) { return _mm512_loadu_si512(x); }
IFMA SOTTO_INLINE void store(uint64_t *x, __m512i v) { _mm512_storeu_si512(x, v); }

IFMA SOTTO_INLINE moduli moduli_of(const sotto_lattice_modulus *m) {
    return (moduli){.p = word(m->p), .p2 = word(2 * m->p), .negative = word(((uint64_t)1 << 52) - m->p)};
}

// x modulo p for x below 2p: a difference that wraps is the larger one.
IFMA SOTTO_INLINE __m512i below(__m512i x, __m512i p) { return _mm512_min_epu64(x, _mm512_sub_epi64(x, p)); }

// x * w modulo p, below 2p.
IFMA SOTTO_INLINE __m512i product(__m512i x, __m512i w, __m512i quotient, moduli m) {
    __m512i zero = _mm512_setzero_si512();
    __m512i q = _mm512_madd52hi_epu64(zero, x, quotient);
    __m512i low = _mm512_madd52lo_epu64(zero, x, w);
    return _mm512_and_si512(_mm512_madd52lo_epu64(low, q, m.negative), word(((uint64_t)1 << 52) - 1));
}

IFMA SOTTO_INLINE pair forward_step(__m512i u, __m512i v, __m512i root, __m512i quotient, moduli m) {
    __m512i a = below(u, m.p2), c = product(v, root, quotient, m);
    return (pair){_mm512_add_epi64(a, c), _mm512_add_epi64(_mm512_sub_epi64(a, c), m.p2)};
}

IFMA SOTTO_INLINE pair inverse_step(__m512i u, __m512i v, __m512i root, __m512i quotient, moduli m) {
    __m512i difference = _mm512_add_epi64(_mm512_sub_epi64(u, v), m.p2);
    return (pair){below(_mm512_add_epi64(u, v), m.p2), product(difference, root, quotient, m)};
}

// Lanes of two vectors, those of the second one from 8 on.
#define LANES_OF(x, y, a, b, c, d, e, f, g, h) \
    _mm512_permutex2var_epi64(x, _mm512_setr_epi64(a, b, c, d, e, f, g, h), y)

// Two factors, each in four lanes; four, each in two.
IFMA SOTTO_INLINE __m512i two_factors(const uint64_t *x) {
    return _mm512_permutexvar_epi64(
        _mm512_setr_epi64(0, 0, 0, 0, 1, 1, 1, 1), _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)x)));
}

IFMA SOTTO_INLINE __m512i four_factors(const uint64_t *x) {
    return _mm512_permutexvar_epi64(
        _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3), _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)x)));
}

// The layers of distance 4, 2 and 1, of 16 words, and the last reduction.
IFMA SOTTO_INLINE void forward_short(const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t group) {
    const uint64_t *r = m->roots, *q = m->root_quotients;
    size_t i4 = m->n / 8 + 2 * group, i2 = m->n / 4 + 4 * group, i1 = m->n / 2 + 8 * group;
    __m512i a = load(x), b = load(x + LANES);
    pair s = forward_step(
        LANES_OF(a, b, 0, 1, 2, 3, 8, 9, 10, 11), LANES_OF(a, b, 4, 5, 6, 7, 12, 13, 14, 15), two_factors(r + i4),
        two_factors(q + i4), p);
    s = forward_step(
        LANES_OF(s.u, s.v, 0, 1, 8, 9, 4, 5, 12, 13), LANES_OF(s.u, s.v, 2, 3, 10, 11, 6, 7, 14, 15),
        four_factors(r + i2), four_factors(q + i2), p);
    s = forward_step(
        LANES_OF(s.u, s.v, 0, 8, 2, 10, 4, 12, 6, 14), LANES_OF(s.u, s.v, 1, 9, 3, 11, 5, 13, 7, 15), load(r + i1),
        load(q + i1), p);
    s.u = below(below(s.u, p.p2), p.p);
    s.v = below(below(s.v, p.p2), p.p);
    store(x, LANES_OF(s.u, s.v, 0, 8, 1, 9, 2, 10, 3, 11));
    store(x + LANES, LANES_OF(s.u, s.v, 4, 12, 5, 13, 6, 14, 7, 15));
}

IFMA SOTTO_INLINE void inverse_short(const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t group) {
    const uint64_t *r = m->inverse_roots, *q = m->inverse_root_quotients;
    size_t i4 = m->n / 8 + 2 * group, i2 = m->n / 4 + 4 * group, i1 = m->n / 2 + 8 * group;
    __m512i a = load(x), b = load(x + LANES);
    pair s = inverse_step(
        LANES_OF(a, b, 0, 2, 4, 6, 8, 10, 12, 14), LANES_OF(a, b, 1, 3, 5, 7, 9, 11, 13, 15), load(r + i1),
        load(q + i1), p);
    s = inverse_step(
        LANES_OF(s.u, s.v, 0, 8, 2, 10, 4, 12, 6, 14), LANES_OF(s.u, s.v, 1, 9, 3, 11, 5, 13, 7, 15),
        four_factors(r + i2), four_factors(q + i2), p);
    s = inverse_step(
        LANES_OF(s.u, s.v, 0, 1, 8, 9, 4, 5, 12, 13), LANES_OF(s.u, s.v, 2, 3, 10, 11, 6, 7, 14, 15),
        two_factors(r + i4), two_factors(q + i4), p);
    store(x, LANES_OF(s.u, s.v, 0, 1, 2, 3, 8, 9, 10, 11));
    store(x + LANES, LANES_OF(s.u, s.v, 4, 5, 6, 7, 12, 13, 14, 15));
}

// Two layers at once, of distance 2 * quarter and quarter, on a block of four quarters: half the loads and stores.
IFMA SOTTO_INLINE void forward_two(
    const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t quarter, size_t index) {
    const uint64_t *r = m->roots, *q = m->root_quotients;
    __m512i r0 = word(r[index]), q0 = word(q[index]);
    __m512i r1 = word(r[2 * index]), q1 = word(q[2 * index]);
    __m512i r2 = word(r[2 * index + 1]), q2 = word(q[2 * index + 1]);
    for (size_t i = 0; i < quarter; i += LANES) {
        uint64_t *y = x + i;
        pair s = forward_step(load(y), load(y + 2 * quarter), r0, q0, p);
        pair t = forward_step(load(y + quarter), load(y + 3 * quarter), r0, q0, p);
        pair lower = forward_step(s.u, t.u, r1, q1, p), upper = forward_step(s.v, t.v, r2, q2, p);
        store(y, lower.u);
        store(y + quarter, lower.v);
        store(y + 2 * quarter, upper.u);
        store(y + 3 * quarter, upper.v);
    }
}

IFMA SOTTO_INLINE void inverse_two(
    const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t quarter, size_t index) {
    const uint64_t *r = m->inverse_roots, *q = m->inverse_root_quotients;
    __m512i r0 = word(r[index]), q0 = word(q[index]);
    __m512i r1 = word(r[2 * index]), q1 = word(q[2 * index]);
    __m512i r2 = word(r[2 * index + 1]), q2 = word(q[2 * index + 1]);
    for (size_t i = 0; i < quarter; i += LANES) {
        uint64_t *y = x + i;
        pair lower = inverse_step(load(y), load(y + quarter), r1, q1, p);
        pair upper = inverse_step(load(y + 2 * quarter), load(y + 3 * quarter), r2, q2, p);
        pair s = inverse_step(lower.u, upper.u, r0, q0, p), t = inverse_step(lower.v, upper.v, r0, q0, p);
        store(y, s.u);
        store(y + quarter, t.u);
        store(y + 2 * quarter, s.v);
        store(y + 3 * quarter, t.v);
    }
}

IFMA static void forward(const sotto_lattice_modulus *m, uint64_t *x, size_t degree) {
    moduli p = moduli_of(m);
    size_t half = degree / 2;
    for (; half >= 2 * LANES; half /= 4) {
        size_t blocks = m->n / (2 * half);
        for (size_t b = 0; b < blocks; b++) forward_two(m, p, x + 2 * half * b, half / 2, blocks + b);
    }
    if (half == LANES) {
        size_t blocks = m->n / (2 * LANES);
        for (size_t b = 0; b < blocks; b++) {
            uint64_t *y = x + 2 * LANES * b;
            __m512i root = word(m->roots[blocks + b]), quotient = word(m->root_quotients[blocks + b]);
            pair s = forward_step(load(y), load(y + LANES), root, quotient, p);
            store(y, s.u);
            store(y + LANES, s.v);
        }
    }
    for (size_t g = 0; g < m->n / (2 * LANES); g++) forward_short(m, p, x + 2 * LANES * g, g);
}

IFMA static void inverse(const sotto_lattice_modulus *m, uint64_t *x) {
    moduli p = moduli_of(m);
    for (size_t g = 0; g < m->n / (2 * LANES); g++) inverse_short(m, p, x + 2 * LANES * g, g);
    size_t half = LANES;
    for (; 4 * half <= m->n; half *= 4) {
        size_t blocks = m->n / (4 * half);
        for (size_t b = 0; b < blocks; b++) inverse_two(m, p, x + 4 * half * b, half, blocks + b);
    }
    if (2 * half == m->n) {
        __m512i root = word(m->inverse_roots[1]), quotient = word(m->inverse_root_quotients[1]);
        for (size_t i = 0; i < half; i += LANES) {
            pair s = inverse_step(load(x + i), load(x + half + i), root, quotient, p);
            store(x + i, s.u);
            store(x + half + i, s.v);
        }
    }
    __m512i factor = word(m->inverse_n.value), quotient = word(m->inverse_n.quotient);
    for (size_t i = 0; i < m->n; i += LANES) store(x + i, below(product(load(x + i), factor, quotient, p), p.p));
}

IFMA static void dot(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
    size_t y_stride, uint64_t *out) {
    moduli p = moduli_of(m);
    __m512i mask = word(((uint64_t)1 << 52) - 1), radix = word(m->radix.value);
    __m512i radix_quotient = word(m->radix.quotient), one = word(1), one_quotient = word(m->one.quotient);
    for (size_t i = 0; i < m->n; i += LANES) {
        __m512i total = _mm512_setzero_si512();
        for (size_t start = 0; start < terms; start += SOTTO_LATTICE_TERMS) {
            size_t end = start + SOTTO_LATTICE_TERMS < terms ? start + SOTTO_LATTICE_TERMS : terms;
            __m512i low = total, high = _mm512_setzero_si512();
            for (size_t t = start; t < end; t++) {
                __m512i a = load(x + t * x_stride + i), b = load(y + t * y_stride + i);
                low = _mm512_madd52lo_epu64(low, a, b);
                high = _mm512_madd52hi_epu64(high, a, b);
            }
            high = _mm512_add_epi64(high, _mm512_srli_epi64(low, 52));
            __m512i upper = product(high, radix, radix_quotient, p);
            __m512i lower = product(_mm512_and_si512(low, mask), one, one_quotient, p);
            total = below(below(_mm512_add_epi64(upper, lower), p.p2), p.p);
        }
        store(out + i, total);
    }
}

IFMA static void combine(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *factors,
    uint64_t *out) {
    moduli p = moduli_of(m);
    __m512i mask = word(((uint64_t)1 << 52) - 1), radix = word(m->radix.value);
    __m512i radix_quotient = word(m->radix.quotient), one = word(1), one_quotient = word(m->one.quotient);
    for (size_t i = 0; i < m->n; i += LANES) {
        __m512i total = _mm512_setzero_si512();
        for (size_t start = 0; start < terms; start += SOTTO_LATTICE_TERMS) {
            size_t end = start + SOTTO_LATTICE_TERMS < terms ? start + SOTTO_LATTICE_TERMS : terms;
            __m512i low = total, high = _mm512_setzero_si512();
            for (size_t t = start; t < end; t++) {
                __m512i a = load(x + t * x_stride + i), b = word(factors[t]);
                low = _mm512_madd52lo_epu64(low, a, b);
                high = _mm512_madd52hi_epu64(high, a, b);
            }
            high = _mm512_add_epi64(high, _mm512_srli_epi64(low, 52));
            __m512i upper = product(high, radix, radix_quotient, p);
            __m512i lower = product(_mm512_and_si512(low, mask), one, one_quotient, p);
            total = below(below(_mm512_add_epi64(upper, lower), p.p2), p.p);
        }
        store(out + i, total);
    }
}

IFMA static void add(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    __m512i p = word(m->p);
    for (size_t i = 0; i < m->n; i += LANES) store(out + i, below(_mm512_add_epi64(load(x + i), load(y + i)), p));
}

IFMA static void subtract(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    __m512i p = word(m->p);
    for (size_t i = 0; i < m->n; i += LANES) {
        __m512i difference = _mm512_sub_epi64(load(x + i), load(y + i));
        store(out + i, _mm512_min_epu64(difference, _mm512_add_epi64(difference, p)));
    }
}

IFMA static void scale(const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, uint64_t *out) {
    moduli p = moduli_of(m);
    __m512i value = word(factor.value), quotient = word(factor.quotient);
    for (size_t i = 0; i < m->n; i += LANES) store(out + i, below(product(load(x + i), value, quotient, p), p.p));
}

IFMA static void add_difference(
    const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    moduli p = moduli_of(m);
    __m512i value = word(factor.value), quotient = word(factor.quotient);
    for (size_t i = 0; i < m->n; i += LANES) {
        __m512i difference = _mm512_add_epi64(_mm512_sub_epi64(load(x + i), load(y + i)), p.p);
        __m512i scaled = below(product(difference, value, quotient, p), p.p);
        store(out + i, below(_mm512_add_epi64(load(out + i), scaled), p.p));
    }
}

const sotto_lattice_kernel sotto_lattice_kernel_ifma = {
    .forward = forward, .inverse = inverse, .dot = dot, .add = add, .subtract = subtract, .scale = scale,
    .combine = combine, .add_difference = add_difference,
};

#endif
