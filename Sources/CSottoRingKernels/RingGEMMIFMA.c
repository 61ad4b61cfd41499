// The path of the ring GEMM for x86-64 processors with AVX-512 IFMA, for rings of at most 52 bits: one instruction
// multiplies the lower 52 bits of eight lanes and adds the lower 52 bits of the products, of which the sums' upper 12 bits
// are carries that no such ring has.
#include "RingGEMMKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define IFMA __attribute__((target("avx512f,avx512ifma")))

enum { ROWS = 4, VECTORS = 4, LANES = 8, COLUMNS = VECTORS * LANES };

IFMA SOTTO_INLINE void multiply_tile(
    size_t rows, size_t vectors, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c,
    size_t ldc) {
    __m512i sum[ROWS][VECTORS];
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vectors; v++) sum[i][v] = _mm512_setzero_si512();
    for (size_t p = 0; p < depth; p++, a += rows, b += vectors * LANES) {
        __m512i row[VECTORS];
        for (size_t v = 0; v < vectors; v++) row[v] = _mm512_loadu_si512(b + v * LANES);
        for (size_t i = 0; i < rows; i++) {
            __m512i factor = _mm512_set1_epi64((long long)a[i]);
            for (size_t v = 0; v < vectors; v++) sum[i][v] = _mm512_madd52lo_epu64(sum[i][v], row[v], factor);
        }
    }
    __mmask8 last = (__mmask8)(0xff >> (-columns & (LANES - 1)));
    for (size_t i = 0; i < rows; i++, c += ldc)
        for (size_t v = 0; v < vectors; v++) {
            __mmask8 lanes = v + 1 < vectors ? 0xff : last;
            __m512i old = _mm512_maskz_loadu_epi64(lanes, c + v * LANES);
            _mm512_mask_storeu_epi64(c + v * LANES, lanes, _mm512_add_epi64(old, sum[i][v]));
        }
}

#define TILE(rows, vectors) \
    case 4 * (rows) + (vectors): multiply_tile(rows, vectors, columns, depth, a, b, c, ldc); break;

IFMA static void tile(
    size_t rows, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c, size_t ldc) {
    switch (4 * rows + (columns + LANES - 1) / LANES) {
        TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4)
        TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4)
        TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4)
        TILE(4, 1) TILE(4, 2) TILE(4, 3) TILE(4, 4)
    }
}

// Few rows are limited by reading b, whatever multiplies.
static void thin(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    sotto_gemm_kernel_avx512.thin(m, n, k, a, lda, b, ldb, c, ldc);
}

const sotto_gemm_kernel sotto_gemm_kernel_ifma = {
    .rows = ROWS, .columns = COLUMNS, .lanes = LANES, .tile = tile, .thin = thin,
};

#endif
