// The path for any processor: products of 64-bit words.
#include "LatticeKernel.h"

#include <string.h>

typedef unsigned __int128 uint128;

static const uint64_t low_mask = ((uint64_t)1 << 52) - 1;

// x modulo p by one subtraction, without a branch: for x below 2p.
SOTTO_INLINE uint64_t below(uint64_t x, uint64_t p) {
    uint64_t difference = x - p;
    return difference + (p & (0 - (difference >> 63)));
}

// x * w modulo p, below 2p.
SOTTO_INLINE uint64_t product(uint64_t x, uint64_t w, uint64_t quotient, uint64_t p) {
    return x * w - (uint64_t)((uint128)x * quotient >> 52) * p;
}

static void forward(const sotto_lattice_modulus *m, const uint64_t *source, uint64_t *x) {
    uint64_t p = m->p;
    if (x != source) memcpy(x, source, 8 * m->n);
    for (size_t half = m->n / 2; half > 0; half /= 2) {
        size_t blocks = m->n / (2 * half);
        for (size_t b = 0; b < blocks; b++) {
            uint64_t root = m->roots[blocks + b], quotient = m->root_quotients[blocks + b];
            uint64_t *u = x + 2 * half * b, *v = u + half;
            for (size_t i = 0; i < half; i++) {
                uint64_t a = below(u[i], 2 * p), c = product(v[i], root, quotient, p);
                u[i] = a + c;
                v[i] = a - c + 2 * p;
            }
        }
    }
    for (size_t i = 0; i < m->n; i++) x[i] = below(below(x[i], 2 * p), p);
}

static void inverse(const sotto_lattice_modulus *m, uint64_t *x) {
    uint64_t p = m->p;
    for (size_t half = 1; half < m->n; half *= 2) {
        size_t blocks = m->n / (2 * half);
        for (size_t b = 0; b < blocks; b++) {
            uint64_t root = m->inverse_roots[blocks + b], quotient = m->inverse_root_quotients[blocks + b];
            uint64_t *u = x + 2 * half * b, *v = u + half;
            for (size_t i = 0; i < half; i++) {
                uint64_t a = u[i], c = v[i];
                u[i] = below(a + c, 2 * p);
                v[i] = product(a - c + 2 * p, root, quotient, p);
            }
        }
    }
    for (size_t i = 0; i < m->n; i++) x[i] = below(product(x[i], m->inverse_n.value, m->inverse_n.quotient, p), p);
}

// total + sum of x[t * x_stride] * y[t * y_stride].
SOTTO_INLINE uint64_t dot_word(
    const sotto_lattice_modulus *m, uint64_t total, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
    size_t y_stride) {
    uint64_t p = m->p;
    for (size_t start = 0; start < terms; start += SOTTO_LATTICE_TERMS) {
        size_t end = start + SOTTO_LATTICE_TERMS < terms ? start + SOTTO_LATTICE_TERMS : terms;
        uint128 sum = total;
        for (size_t t = start; t < end; t++) sum += (uint128)x[t * x_stride] * y[t * y_stride];
        uint64_t upper = product((uint64_t)(sum >> 52), m->radix.value, m->radix.quotient, p);
        uint64_t lower = product((uint64_t)sum & low_mask, 1, m->one.quotient, p);
        total = below(below(upper + lower, 2 * p), p);
    }
    return total;
}

static void dot(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
    size_t y_stride, uint64_t *out) {
    for (size_t i = 0; i < m->n; i++) out[i] = dot_word(m, 0, terms, x + i, x_stride, y + i, y_stride);
}

static void dots(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *y,
    const uint64_t *z, size_t stride, uint64_t *out_y, uint64_t *out_z) {
    for (size_t i = 0; i < m->n; i++) {
        out_y[i] = dot_word(m, out_y[i], terms, x + i, x_stride, y + i, stride);
        out_z[i] = dot_word(m, 0, terms, x + i, x_stride, z + i, stride);
    }
}

static void combine(
    const sotto_lattice_modulus *m, size_t terms, const uint64_t *x, size_t x_stride, const uint64_t *factors,
    uint64_t *out) {
    uint64_t p = m->p;
    for (size_t i = 0; i < m->n; i++) {
        uint64_t total = 0;
        for (size_t start = 0; start < terms; start += SOTTO_LATTICE_TERMS) {
            size_t end = start + SOTTO_LATTICE_TERMS < terms ? start + SOTTO_LATTICE_TERMS : terms;
            uint128 sum = total;
            for (size_t t = start; t < end; t++) sum += (uint128)x[t * x_stride + i] * factors[t];
            uint64_t upper = product((uint64_t)(sum >> 52), m->radix.value, m->radix.quotient, p);
            uint64_t lower = product((uint64_t)sum & low_mask, 1, m->one.quotient, p);
            total = below(below(upper + lower, 2 * p), p);
        }
        out[i] = total;
    }
}

// The values of eight polynomials of `terms` coefficients that belong to a block of as many words, at `index` in a heap of
// blocks, reduced.
static void columns_values(
    const sotto_lattice_modulus *m, const uint64_t *x, uint64_t *y, size_t terms, size_t index) {
    uint64_t p = m->p;
    size_t size = SOTTO_LATTICE_COLUMNS * terms;
    for (size_t i = 0; i < size; i++) y[i] = x[i];
    for (size_t half = size / 2; half >= SOTTO_LATTICE_COLUMNS; half /= 2, index *= 2) {
        for (size_t b = 0; b < size / (2 * half); b++) {
            uint64_t root = m->roots[index + b], quotient = m->root_quotients[index + b];
            uint64_t *u = y + 2 * half * b, *v = u + half;
            for (size_t i = 0; i < half; i++) {
                uint64_t a = below(u[i], 2 * p), c = product(v[i], root, quotient, p);
                u[i] = a + c;
                v[i] = a - c + 2 * p;
            }
        }
    }
    for (size_t i = 0; i < size; i++) y[i] = below(below(y[i], 2 * p), p);
}

static void columns(
    const sotto_lattice_modulus *m, size_t terms, size_t blocks, const uint64_t *coefficients, uint64_t *scratch,
    const uint64_t *values, uint64_t *const *out_x, uint64_t *const *out_y) {
    size_t size = SOTTO_LATTICE_COLUMNS * terms, stride = sotto_lattice_columns_stride(terms);
    for (size_t first = 0; first < m->n; first += terms, values += blocks * stride) {
        for (size_t b = 0; b < blocks; b++)
            columns_values(m, coefficients + size * b, scratch + size * b, terms, (m->n + first) / terms);
        for (size_t e = 0; e < terms; e++) {
            const uint64_t *w = scratch + SOTTO_LATTICE_COLUMNS * e, *x = values + e, *y = x + terms;
            for (size_t c = 0; c < SOTTO_LATTICE_COLUMNS; c++) {
                out_x[c][first + e] = dot_word(m, 0, blocks, w + c, size, x, stride);
                out_y[c][first + e] = dot_word(m, 0, blocks, w + c, size, y, stride);
            }
        }
    }
}

static void add(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    for (size_t i = 0; i < m->n; i++) out[i] = below(x[i] + y[i], m->p);
}

static void subtract(const sotto_lattice_modulus *m, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    for (size_t i = 0; i < m->n; i++) out[i] = below(x[i] + m->p - y[i], m->p);
}

static void add_and_subtract(const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b) {
    for (size_t i = 0; i < m->n; i++) {
        uint64_t x = a[i], y = dot_word(m, 0, 1, factor + i, 0, b + i, 0);
        a[i] = below(x + y, m->p);
        b[i] = below(x + m->p - y, m->p);
    }
}

static void sum_and_difference(const sotto_lattice_modulus *m, const uint64_t *factor, uint64_t *a, uint64_t *b) {
    for (size_t i = 0; i < m->n; i++) {
        uint64_t difference = below(a[i] + m->p - b[i], m->p);
        a[i] = below(a[i] + b[i], m->p);
        b[i] = dot_word(m, 0, 1, factor + i, 0, &difference, 0);
    }
}

static void permute(const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out) {
    for (size_t i = 0; i < m->n; i++) out[i] = x[sources[i]];
}

static void add_permuted(const sotto_lattice_modulus *m, const int32_t *sources, const uint64_t *x, uint64_t *out) {
    for (size_t i = 0; i < m->n; i++) out[i] = below(out[i] + x[sources[i]], m->p);
}

static void scale(const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, uint64_t *out) {
    for (size_t i = 0; i < m->n; i++) out[i] = below(product(x[i], factor.value, factor.quotient, m->p), m->p);
}

static void add_difference(
    const sotto_lattice_modulus *m, sotto_lattice_factor factor, const uint64_t *x, const uint64_t *y, uint64_t *out) {
    uint64_t p = m->p;
    for (size_t i = 0; i < m->n; i++) {
        uint64_t scaled = below(product(x[i] + p - y[i], factor.value, factor.quotient, p), p);
        out[i] = below(out[i] + scaled, p);
    }
}

const sotto_lattice_kernel sotto_lattice_kernel_portable = {
    .forward = forward, .inverse = inverse, .dot = dot, .add = add, .subtract = subtract, .scale = scale,
    .add_and_subtract = add_and_subtract, .sum_and_difference = sum_and_difference, .permute = permute,
    .add_permuted = add_permuted, .combine = combine,
    .add_difference = add_difference, .dots = dots, .columns = columns,
};
