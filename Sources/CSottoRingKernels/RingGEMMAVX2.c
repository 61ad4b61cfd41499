// The path of the ring GEMM for x86-64 processors with AVX2, which multiply no 64-bit lanes.
//
// With x = x1 * 2^32 + x0 and y likewise, x * y = x0 * y0 + (x0 * y1 + x1 * y0) * 2^32 modulo 2^64. The first product
// is a vpmuludq. The other two, modulo 2^32, are one vpmulld of x with the halves of y exchanged, and are summed apart,
// so that a whole sum needs their shift only once.
#include "RingGEMMKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

enum { ROWS = 2, VECTORS = 2, LANES = 4, COLUMNS = VECTORS * LANES };

typedef struct {
    __m256i low, cross;
} product_sum;

AVX2 SOTTO_INLINE __m256i exchange_halves(__m256i x) { return _mm256_shuffle_epi32(x, 0xb1); }

AVX2 SOTTO_INLINE void add_product(product_sum *sum, __m256i x, __m256i y, __m256i y_exchanged) {
    sum->low = _mm256_add_epi64(sum->low, _mm256_mul_epu32(x, y));
    sum->cross = _mm256_add_epi32(sum->cross, _mm256_mullo_epi32(x, y_exchanged));
}

AVX2 SOTTO_INLINE __m256i total(product_sum sum) {
    __m256i cross = _mm256_add_epi32(sum.cross, _mm256_srli_epi64(sum.cross, 32));
    return _mm256_add_epi64(sum.low, _mm256_slli_epi64(cross, 32));
}

// Selects the first `count` lanes, all of them from 4 on.
AVX2 SOTTO_INLINE __m256i first_lanes(size_t count) {
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)count), _mm256_setr_epi64x(0, 1, 2, 3));
}

AVX2 SOTTO_INLINE void multiply_tile(
    size_t rows, size_t vectors, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c,
    size_t ldc) {
    product_sum sum[ROWS][VECTORS];
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vectors; v++) sum[i][v] = (product_sum){_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (size_t p = 0; p < depth; p++, a += rows, b += vectors * LANES)
        for (size_t v = 0; v < vectors; v++) {
            __m256i row = _mm256_loadu_si256((const __m256i *)(b + v * LANES));
            __m256i exchanged = exchange_halves(row);
            for (size_t i = 0; i < rows; i++)
                add_product(&sum[i][v], _mm256_set1_epi64x((long long)a[i]), row, exchanged);
        }
    for (size_t i = 0; i < rows; i++, c += ldc)
        for (size_t v = 0; v < vectors; v++) {
            __m256i lanes = first_lanes(columns - v * LANES);
            long long *place = (long long *)(c + v * LANES);
            __m256i old = _mm256_maskload_epi64(place, lanes);
            _mm256_maskstore_epi64(place, lanes, _mm256_add_epi64(old, total(sum[i][v])));
        }
}

#define TILE(rows, vectors) \
    case 4 * (rows) + (vectors): multiply_tile(rows, vectors, columns, depth, a, b, c, ldc); break;

AVX2 static void tile(
    size_t rows, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c, size_t ldc) {
    switch (4 * rows + (columns + LANES - 1) / LANES) {
        TILE(1, 1) TILE(1, 2)
        TILE(2, 1) TILE(2, 2)
    }
}

// c[m][n] += a[m][depth] * b[depth][n] for small constant m and depth.
AVX2 SOTTO_INLINE void thin_block(
    size_t m, size_t depth, size_t n, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    for (size_t j = 0; j < n; j += LANES) {
        __m256i lanes = first_lanes(n - j);
        product_sum sums[SOTTO_GEMM_THIN];
        for (size_t i = 0; i < m; i++) {
            sums[i].low = _mm256_maskload_epi64((const long long *)(c + i * ldc + j), lanes);
            sums[i].cross = _mm256_setzero_si256();
        }
        for (size_t p = 0; p < depth; p++) {
            __m256i row = _mm256_maskload_epi64((const long long *)(b + p * ldb + j), lanes);
            __m256i exchanged = exchange_halves(row);
            for (size_t i = 0; i < m; i++)
                add_product(&sums[i], _mm256_set1_epi64x((long long)a[i * lda + p]), row, exchanged);
        }
        for (size_t i = 0; i < m; i++) _mm256_maskstore_epi64((long long *)(c + i * ldc + j), lanes, total(sums[i]));
    }
}

AVX2 SOTTO_INLINE void thin_rows(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    size_t p = 0;
    for (; p + 4 <= k; p += 4) thin_block(m, 4, n, a + p, lda, b + p * ldb, ldb, c, ldc);
    for (; p < k; p++) thin_block(m, 1, n, a + p, lda, b + p * ldb, ldb, c, ldc);
}

AVX2 static void thin(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    switch (m) {
    case 1: thin_rows(1, n, k, a, lda, b, ldb, c, ldc); break;
    case 2: thin_rows(2, n, k, a, lda, b, ldb, c, ldc); break;
    case 3: thin_rows(3, n, k, a, lda, b, ldb, c, ldc); break;
    case 4: thin_rows(4, n, k, a, lda, b, ldb, c, ldc); break;
    }
}

const sotto_gemm_kernel sotto_gemm_kernel_avx2 = {
    .rows = ROWS, .columns = COLUMNS, .lanes = LANES, .tile = tile, .thin = thin,
};

#endif
