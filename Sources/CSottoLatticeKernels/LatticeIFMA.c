// The path for x86-64 processors with AVX-512 IFMA, which multiply eight numbers of 52 bits at a time and add the lower or
// the upper 52 bits of the products.
#include "LatticeKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

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

// u + x * w modulo p, less than 2p above u, in the lower 52 bits; those above them are of no meaning.
IFMA SOTTO_INLINE __m512i add_product(__m512i u, __m512i x, __m512i w, __m512i quotient, moduli m) {
    __m512i q = _mm512_madd52hi_epu64(_mm512_setzero_si512(), x, quotient);
    return _mm512_madd52lo_epu64(_mm512_madd52lo_epu64(u, x, w), q, m.negative);
}

IFMA SOTTO_INLINE __m512i lower(__m512i x) { return _mm512_and_si512(x, word(((uint64_t)1 << 52) - 1)); }

// x * w modulo p, below 2p.
IFMA SOTTO_INLINE __m512i product(__m512i x, __m512i w, __m512i quotient, moduli m) {
    return lower(add_product(_mm512_setzero_si512(), x, w, quotient, m));
}

// A step that is not `lazy` takes and gives numbers below 4p. A lazy one adds up to 2p to what it takes, and leaves more than
// 52 bits, of which the lower ones count: multiplications take no others.
IFMA SOTTO_INLINE pair forward_step(__m512i u, __m512i v, __m512i root, __m512i quotient, moduli m, bool lazy) {
    if (lazy) {
        __m512i sum = add_product(u, v, root, quotient, m);
        return (pair){sum, _mm512_sub_epi64(_mm512_add_epi64(_mm512_add_epi64(u, u), m.p2), sum)};
    }
    __m512i a = below(u, m.p2), c = product(v, root, quotient, m);
    return (pair){_mm512_add_epi64(a, c), _mm512_add_epi64(_mm512_sub_epi64(a, c), m.p2)};
}

// Of numbers below 2p, or of which `offset` is a multiple of p that the second one is below: a lazy step does not reduce sums.
IFMA SOTTO_INLINE pair inverse_step(
    __m512i u, __m512i v, __m512i root, __m512i quotient, __m512i offset, moduli m, bool lazy) {
    __m512i difference = _mm512_add_epi64(_mm512_sub_epi64(u, v), offset), sum = _mm512_add_epi64(u, v);
    if (lazy) return (pair){sum, add_product(_mm512_setzero_si512(), difference, root, quotient, m)};
    return (pair){below(sum, m.p2), product(difference, root, quotient, m)};
}

// The lower bits of x modulo p, below 2p.
IFMA SOTTO_INLINE __m512i partly_reduced(__m512i x, __m512i one_quotient, moduli m) {
    return _mm512_madd52lo_epu64(x, _mm512_madd52hi_epu64(_mm512_setzero_si512(), x, one_quotient), m.negative);
}

// What steps have left of x, below p.
IFMA SOTTO_INLINE __m512i reduced(__m512i x, __m512i one_quotient, moduli m, bool lazy) {
    return lazy ? below(lower(partly_reduced(x, one_quotient, m)), m.p) : below(below(x, m.p2), m.p);
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
IFMA SOTTO_INLINE void forward_short(const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t group, bool lazy) {
    const uint64_t *r = m->roots, *q = m->root_quotients;
    size_t i4 = m->n / 8 + 2 * group, i2 = m->n / 4 + 4 * group, i1 = m->n / 2 + 8 * group;
    __m512i a = load(x), b = load(x + LANES);
    pair s = forward_step(
        LANES_OF(a, b, 0, 1, 2, 3, 8, 9, 10, 11), LANES_OF(a, b, 4, 5, 6, 7, 12, 13, 14, 15), two_factors(r + i4),
        two_factors(q + i4), p, lazy);
    s = forward_step(
        LANES_OF(s.u, s.v, 0, 1, 8, 9, 4, 5, 12, 13), LANES_OF(s.u, s.v, 2, 3, 10, 11, 6, 7, 14, 15),
        four_factors(r + i2), four_factors(q + i2), p, lazy);
    s = forward_step(
        LANES_OF(s.u, s.v, 0, 8, 2, 10, 4, 12, 6, 14), LANES_OF(s.u, s.v, 1, 9, 3, 11, 5, 13, 7, 15), load(r + i1),
        load(q + i1), p, lazy);
    __m512i one_quotient = word(m->one.quotient);
    s.u = reduced(s.u, one_quotient, p, lazy);
    s.v = reduced(s.v, one_quotient, p, lazy);
    store(x, LANES_OF(s.u, s.v, 0, 8, 1, 9, 2, 10, 3, 11));
    store(x + LANES, LANES_OF(s.u, s.v, 4, 12, 5, 13, 6, 14, 7, 15));
}

// The layers of distance 1, 2 and 4, of 16 reduced words. Lazily sums are below 2p, 4p and 8p in turn.
IFMA SOTTO_INLINE void inverse_short(const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t group, bool lazy) {
    const uint64_t *r = m->inverse_roots, *q = m->inverse_root_quotients;
    size_t i4 = m->n / 8 + 2 * group, i2 = m->n / 4 + 4 * group, i1 = m->n / 2 + 8 * group;
    __m512i a = load(x), b = load(x + LANES), p4 = _mm512_add_epi64(p.p2, p.p2);
    pair s = inverse_step(
        LANES_OF(a, b, 0, 2, 4, 6, 8, 10, 12, 14), LANES_OF(a, b, 1, 3, 5, 7, 9, 11, 13, 15), load(r + i1),
        load(q + i1), p.p2, p, lazy);
    s = inverse_step(
        LANES_OF(s.u, s.v, 0, 8, 2, 10, 4, 12, 6, 14), LANES_OF(s.u, s.v, 1, 9, 3, 11, 5, 13, 7, 15),
        four_factors(r + i2), four_factors(q + i2), p.p2, p, lazy);
    s = inverse_step(
        LANES_OF(s.u, s.v, 0, 1, 8, 9, 4, 5, 12, 13), LANES_OF(s.u, s.v, 2, 3, 10, 11, 6, 7, 14, 15),
        two_factors(r + i4), two_factors(q + i4), lazy ? p4 : p.p2, p, lazy);
    if (lazy) s.u = partly_reduced(s.u, word(m->one.quotient), p);
    store(x, LANES_OF(s.u, s.v, 0, 1, 2, 3, 8, 9, 10, 11));
    store(x + LANES, LANES_OF(s.u, s.v, 4, 5, 6, 7, 12, 13, 14, 15));
}

// Two layers at once, of distance 2 * quarter and quarter, on a block of four quarters: half the loads and stores. From source
// to x, which may be the same.
IFMA SOTTO_INLINE void forward_two(
    const sotto_lattice_modulus *m, moduli p, const uint64_t *source, uint64_t *x, size_t quarter, size_t index,
    bool lazy) {
    const uint64_t *r = m->roots, *q = m->root_quotients;
    __m512i r0 = word(r[index]), q0 = word(q[index]);
    __m512i r1 = word(r[2 * index]), q1 = word(q[2 * index]);
    __m512i r2 = word(r[2 * index + 1]), q2 = word(q[2 * index + 1]);
    for (size_t i = 0; i < quarter; i += LANES) {
        const uint64_t *z = source + i;
        uint64_t *y = x + i;
        pair s = forward_step(load(z), load(z + 2 * quarter), r0, q0, p, lazy);
        pair t = forward_step(load(z + quarter), load(z + 3 * quarter), r0, q0, p, lazy);
        pair first = forward_step(s.u, t.u, r1, q1, p, lazy), second = forward_step(s.v, t.v, r2, q2, p, lazy);
        store(y, first.u);
        store(y + quarter, first.v);
        store(y + 2 * quarter, second.u);
        store(y + 3 * quarter, second.v);
    }
}

// Lazily of numbers below 4p and to numbers below 4p, with sums below 8p and 16p.
IFMA SOTTO_INLINE void inverse_two(
    const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t quarter, size_t index, bool lazy) {
    const uint64_t *r = m->inverse_roots, *q = m->inverse_root_quotients;
    __m512i r0 = word(r[index]), q0 = word(q[index]);
    __m512i r1 = word(r[2 * index]), q1 = word(q[2 * index]);
    __m512i r2 = word(r[2 * index + 1]), q2 = word(q[2 * index + 1]);
    __m512i one_quotient = word(m->one.quotient);
    __m512i first_offset = lazy ? word(4 * m->p) : p.p2, second_offset = lazy ? word(8 * m->p) : p.p2;
    for (size_t i = 0; i < quarter; i += LANES) {
        uint64_t *y = x + i;
        pair first = inverse_step(load(y), load(y + quarter), r1, q1, first_offset, p, lazy);
        pair second = inverse_step(load(y + 2 * quarter), load(y + 3 * quarter), r2, q2, first_offset, p, lazy);
        pair s = inverse_step(first.u, second.u, r0, q0, second_offset, p, lazy);
        pair t = inverse_step(first.v, second.v, r0, q0, p.p2, p, lazy);
        store(y, lazy ? partly_reduced(s.u, one_quotient, p) : s.u);
        store(y + quarter, t.u);
        store(y + 2 * quarter, s.v);
        store(y + 3 * quarter, t.v);
    }
}

// Of the layers below a length that the first cache holds all are done to a block before the next one is taken.
enum { CACHED = 4096 };

// All layers of a block of `length` words, a factor of X^n + 1, that is the `index`-th of its length in a binary heap.
IFMA SOTTO_INLINE void forward_block(
    const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t length, size_t index, bool lazy) {
    size_t blocks = 1;
    for (; length >= 4 * LANES; length /= 4, blocks *= 4, index *= 4)
        for (size_t b = 0; b < blocks; b++)
            forward_two(m, p, x + length * b, x + length * b, length / 4, index + b, lazy);
    if (length == 2 * LANES) {
        for (size_t b = 0; b < blocks; b++) {
            uint64_t *y = x + length * b;
            __m512i root = word(m->roots[index + b]), quotient = word(m->root_quotients[index + b]);
            pair s = forward_step(load(y), load(y + LANES), root, quotient, p, lazy);
            store(y, s.u);
            store(y + LANES, s.v);
        }
        index *= 2;
        blocks *= 2;
    }
    // The place of the first group of 16 words among all of the polynomial.
    size_t first = (index - m->n / LANES) / 2;
    for (size_t g = 0; g < blocks / 2; g++) forward_short(m, p, x + 2 * LANES * g, first + g, lazy);
}

IFMA SOTTO_INLINE void forward_layers(const sotto_lattice_modulus *m, const uint64_t *x, uint64_t *out, bool lazy) {
    moduli p = moduli_of(m);
    size_t length = m->n, blocks = 1;
    for (; length > CACHED; length /= 4, blocks *= 4, x = out)
        for (size_t b = 0; b < blocks; b++)
            forward_two(m, p, x + length * b, out + length * b, length / 4, blocks + b, lazy);
    if (x != out) memcpy(out, x, 8 * m->n);
    for (size_t b = 0; b < blocks; b++) forward_block(m, p, out + length * b, length, blocks + b, lazy);
}

IFMA static void forward(const sotto_lattice_modulus *m, const uint64_t *x, uint64_t *out) {
    if (sotto_lattice_steps(m) >= sotto_lattice_log(m->n)) {
        forward_layers(m, x, out, true);
    } else {
        forward_layers(m, x, out, false);
    }
}

// The layers of a block of `length` words, the `place`-th of its length.
IFMA SOTTO_INLINE void inverse_block(
    const sotto_lattice_modulus *m, moduli p, uint64_t *x, size_t length, size_t place, bool lazy) {
    size_t groups = length / (2 * LANES), group = place * groups;
    for (size_t g = 0; g < groups; g++) inverse_short(m, p, x + 2 * LANES * g, group + g, lazy);
    size_t half = LANES;
    for (; 4 * half <= length; half *= 4) {
        size_t blocks = length / (4 * half), index = m->n / (4 * half) + place * blocks;
        for (size_t b = 0; b < blocks; b++) inverse_two(m, p, x + 4 * half * b, half, index + b, lazy);
    }
    if (2 * half == length) {
        size_t index = m->n / length + place;
        __m512i root = word(m->inverse_roots[index]), quotient = word(m->inverse_root_quotients[index]);
        __m512i offset = lazy ? word(4 * m->p) : p.p2, one_quotient = word(m->one.quotient);
        for (size_t i = 0; i < half; i += LANES) {
            pair s = inverse_step(load(x + i), load(x + half + i), root, quotient, offset, p, lazy);
            store(x + i, lazy ? partly_reduced(s.u, one_quotient, p) : s.u);
            store(x + half + i, s.v);
        }
    }
}

IFMA SOTTO_INLINE void inverse_layers(const sotto_lattice_modulus *m, uint64_t *x, bool lazy) {
    moduli p = moduli_of(m);
    size_t length = m->n;
    while (length > CACHED) length /= 4;
    for (size_t b = 0; b < m->n / length; b++) inverse_block(m, p, x + length * b, length, b, lazy);
    for (; length < m->n; length *= 4) {
        size_t blocks = m->n / (4 * length);
        for (size_t b = 0; b < blocks; b++) inverse_two(m, p, x + 4 * length * b, length, blocks + b, lazy);
    }
    __m512i factor = word(m->inverse_n.value), quotient = word(m->inverse_n.quotient);
    for (size_t i = 0; i < m->n; i += LANES) store(x + i, below(product(load(x + i), factor, quotient, p), p.p));
}

IFMA static void inverse(const sotto_lattice_modulus *m, uint64_t *x) {
    // The largest sum is below 16p, a difference below as much.
    if (m->p < (uint64_t)1 << 48) {
        inverse_layers(m, x, true);
    } else {
        inverse_layers(m, x, false);
    }
}

// Sums of halves of products, brought below p.
IFMA SOTTO_INLINE __m512i halves_reduced(const sotto_lattice_modulus *m, moduli p, __m512i low, __m512i high) {
    high = _mm512_add_epi64(high, _mm512_srli_epi64(low, 52));
    __m512i one_quotient = word(m->one.quotient);
    __m512i upper = product(high, word(m->radix.value), word(m->radix.quotient), p);
    __m512i rest = lower(partly_reduced(low, one_quotient, p));
    return below(below(_mm512_add_epi64(upper, rest), p.p2), p.p);
}

IFMA static void dot(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
    size_t y_stride, uint64_t *out) {
    moduli p = moduli_of(m);
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
            total = halves_reduced(m, p, low, high);
        }
        store(out + i, total);
    }
}

IFMA static void dots(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
    const uint64_t *z, size_t stride, uint64_t *out_y, uint64_t *out_z) {
    moduli p = moduli_of(m);
    for (size_t i = 0; i < m->n; i += LANES) {
        __m512i y_total = load(out_y + i), z_total = _mm512_setzero_si512();
        for (size_t start = 0; start < terms; start += SOTTO_LATTICE_TERMS) {
            size_t end = start + SOTTO_LATTICE_TERMS < terms ? start + SOTTO_LATTICE_TERMS : terms;
            __m512i y_low = y_total, z_low = z_total, y_high = _mm512_setzero_si512(), z_high = y_high;
            for (size_t t = start; t < end; t++) {
                __m512i a = load(x + t * x_stride + i), b = load(y + t * stride + i), c = load(z + t * stride + i);
                y_low = _mm512_madd52lo_epu64(y_low, a, b);
                y_high = _mm512_madd52hi_epu64(y_high, a, b);
                z_low = _mm512_madd52lo_epu64(z_low, a, c);
                z_high = _mm512_madd52hi_epu64(z_high, a, c);
            }
            y_total = halves_reduced(m, p, y_low, y_high);
            z_total = halves_reduced(m, p, z_low, z_high);
        }
        store(out_y + i, y_total);
        store(out_z + i, z_total);
    }
}

IFMA static void combine(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *factors,
    uint64_t *out) {
    moduli p = moduli_of(m);
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
            total = halves_reduced(m, p, low, high);
        }
        store(out + i, total);
    }
}

// MARK: - Columns

// Two layers at once of eight polynomials, one in each lane, from x to y, as in forward_two.
IFMA SOTTO_INLINE void columns_two(
    const sotto_lattice_modulus *m, moduli p, const uint64_t *x, uint64_t *y, size_t quarter, size_t index, bool lazy) {
    const uint64_t *r = m->roots, *q = m->root_quotients;
    __m512i r0 = word(r[index]), q0 = word(q[index]);
    __m512i r1 = word(r[2 * index]), q1 = word(q[2 * index]);
    __m512i r2 = word(r[2 * index + 1]), q2 = word(q[2 * index + 1]);
    size_t step = LANES * quarter;
    for (size_t i = 0; i < step; i += LANES) {
        pair s = forward_step(load(x + i), load(x + i + 2 * step), r0, q0, p, lazy);
        pair t = forward_step(load(x + i + step), load(x + i + 3 * step), r0, q0, p, lazy);
        pair first = forward_step(s.u, t.u, r1, q1, p, lazy), second = forward_step(s.v, t.v, r2, q2, p, lazy);
        store(y + i, first.u);
        store(y + i + step, first.v);
        store(y + i + 2 * step, second.u);
        store(y + i + 3 * step, second.v);
    }
}

// The values of eight polynomials of `terms` coefficients that belong to a block of as many words, at `index` in the heap.
IFMA SOTTO_INLINE void columns_values(
    const sotto_lattice_modulus *m, moduli p, const uint64_t *x, uint64_t *y, size_t terms, size_t index, bool lazy) {
    size_t length = terms, blocks = 1;
    const uint64_t *source = x;
    if (sotto_lattice_log(terms) % 2 == 1) {
        __m512i root = word(m->roots[index]), quotient = word(m->root_quotients[index]);
        size_t half = LANES * length / 2;
        for (size_t i = 0; i < half; i += LANES) {
            pair s = forward_step(load(x + i), load(x + half + i), root, quotient, p, lazy);
            store(y + i, s.u);
            store(y + half + i, s.v);
        }
        source = y;
        length /= 2;
        blocks = 2;
        index *= 2;
    }
    for (; length > 1; length /= 4, blocks *= 4, index *= 4, source = y)
        for (size_t b = 0; b < blocks; b++)
            columns_two(
                m, p, source + LANES * length * b, y + LANES * length * b, length / 4, index + b, lazy);
}

// An 8 by 8 matrix, transposed, to eight places.
IFMA SOTTO_INLINE void store_transposed(const __m512i *x, uint64_t *const *out, size_t offset) {
    __m512i a[LANES], b[LANES];
    for (int i = 0; i < LANES; i += 2) {
        a[i] = _mm512_unpacklo_epi64(x[i], x[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi64(x[i], x[i + 1]);
    }
    for (int i = 0; i < LANES; i += 4)
        for (int j = 0; j < 2; j++) {
            b[i + j] = LANES_OF(a[i + j], a[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            b[i + j + 2] = LANES_OF(a[i + j], a[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int j = 0; j < 4; j++) {
        store(out[j] + offset, LANES_OF(b[j], b[j + 4], 0, 1, 2, 3, 8, 9, 10, 11));
        store(out[j + 4] + offset, LANES_OF(b[j], b[j + 4], 4, 5, 6, 7, 12, 13, 14, 15));
    }
}

IFMA SOTTO_INLINE void columns_products(
    const sotto_lattice_modulus *m, size_t terms, size_t blocks, const uint64_t *coefficients, uint64_t *scratch,
    const uint64_t *values, uint64_t *const *out_x, uint64_t *const *out_y, bool lazy) {
    moduli p = moduli_of(m);
    size_t size = LANES * terms, stride = sotto_lattice_columns_stride(terms);
    uint64_t largest = lazy ? (4 + 2 * sotto_lattice_log(terms)) * m->p : m->p;
    size_t chunk = sotto_lattice_products(m->p, largest);
    __m512i zero = _mm512_setzero_si512(), one_quotient = word(m->one.quotient);
    for (size_t first = 0; first < m->n; first += terms, values += blocks * stride) {
        for (size_t b = 0; b < blocks; b++) {
            uint64_t *w = scratch + size * b;
            columns_values(m, p, coefficients + size * b, w, terms, (m->n + first) / terms, lazy);
            if (lazy) continue;
            for (size_t i = 0; i < size; i += LANES) store(w + i, reduced(load(w + i), one_quotient, p, false));
        }
        for (size_t e = 0; e < terms; e += LANES) {
            __m512i xs[LANES], ys[LANES];
            for (size_t k = 0; k < LANES; k++) {
                const uint64_t *w = scratch + LANES * (e + k), *x = values + e + k, *y = x + terms;
                __m512i x_total = zero, y_total = zero;
                for (size_t start = 0; start < blocks; start += chunk) {
                    size_t end = start + chunk < blocks ? start + chunk : blocks;
                    __m512i x_low = x_total, y_low = y_total, x_high = zero, y_high = zero;
                    for (size_t b = start; b < end; b++) {
                        __m512i factor = load(w + size * b), a = word(x[stride * b]), c = word(y[stride * b]);
                        x_low = _mm512_madd52lo_epu64(x_low, factor, a);
                        x_high = _mm512_madd52hi_epu64(x_high, factor, a);
                        y_low = _mm512_madd52lo_epu64(y_low, factor, c);
                        y_high = _mm512_madd52hi_epu64(y_high, factor, c);
                    }
                    x_total = halves_reduced(m, p, x_low, x_high);
                    y_total = halves_reduced(m, p, y_low, y_high);
                }
                xs[k] = x_total;
                ys[k] = y_total;
            }
            store_transposed(xs, out_x, first + e);
            store_transposed(ys, out_y, first + e);
        }
    }
}

IFMA static void columns(
    const sotto_lattice_modulus *m, size_t terms, size_t blocks, const uint64_t *coefficients, uint64_t *scratch,
    const uint64_t *values, uint64_t *const *out_x, uint64_t *const *out_y) {
    if (sotto_lattice_steps(m) >= sotto_lattice_log(terms)) {
        columns_products(m, terms, blocks, coefficients, scratch, values, out_x, out_y, true);
    } else {
        columns_products(m, terms, blocks, coefficients, scratch, values, out_x, out_y, false);
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

// x * y modulo p, reduced, for reduced words.
IFMA SOTTO_INLINE __m512i word_product(const sotto_lattice_modulus *m, moduli p, __m512i x, __m512i y) {
    __m512i zero = _mm512_setzero_si512();
    return halves_reduced(m, p, _mm512_madd52lo_epu64(zero, x, y), _mm512_madd52hi_epu64(zero, x, y));
}

IFMA SOTTO_INLINE __m512i word_difference(__m512i x, __m512i y, moduli p) {
    __m512i difference = _mm512_sub_epi64(x, y);
    return _mm512_min_epu64(difference, _mm512_add_epi64(difference, p.p));
}

IFMA static void add_and_subtract(const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b) {
    moduli p = moduli_of(m);
    for (size_t i = 0; i < m->n; i += LANES) {
        __m512i x = load(a + i), y = word_product(m, p, load(b + i), load(factor + i));
        store(a + i, below(_mm512_add_epi64(x, y), p.p));
        store(b + i, word_difference(x, y, p));
    }
}

IFMA static void sum_and_difference(const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b) {
    moduli p = moduli_of(m);
    for (size_t i = 0; i < m->n; i += LANES) {
        __m512i x = load(a + i), y = load(b + i);
        store(a + i, below(_mm512_add_epi64(x, y), p.p));
        store(b + i, word_product(m, p, word_difference(x, y, p), load(factor + i)));
    }
}

IFMA SOTTO_INLINE __m512i gathered(const int32_t *sources, const uint64_t *x) {
    return _mm512_i32gather_epi64(_mm256_loadu_si256((const __m256i *)sources), (const void *)x, 8);
}

IFMA static void permute(const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out) {
    for (size_t i = 0; i < m->n; i += LANES) store(out + i, gathered(sources + i, x));
}

IFMA static void add_permuted(const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out) {
    __m512i p = word(m->p);
    for (size_t i = 0; i < m->n; i += LANES)
        store(out + i, below(_mm512_add_epi64(load(out + i), gathered(sources + i, x)), p));
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
    .add_and_subtract = add_and_subtract, .sum_and_difference = sum_and_difference, .permute = permute,
    .add_permuted = add_permuted, .combine = combine,
    .add_difference = add_difference, .dots = dots, .columns = columns,
};

#endif
