// The path of the ring GEMM for every processor.
#include "RingGEMMKernel.h"

enum { ROWS = 4, COLUMNS = 4 };

SOTTO_INLINE void multiply_tile(
    size_t rows, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c, size_t ldc) {
    uint64_t sum[ROWS][COLUMNS] = {{0}};
    for (size_t p = 0; p < depth; p++, a += rows, b += columns)
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < columns; j++) sum[i][j] += a[i] * b[j];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) c[i * ldc + j] += sum[i][j];
}

static void tile(
    size_t rows, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c, size_t ldc) {
    // With constants the compiler keeps the sums in registers.
    if (rows == ROWS && columns == COLUMNS)
        multiply_tile(ROWS, COLUMNS, depth, a, b, c, ldc);
    else
        multiply_tile(rows, columns, depth, a, b, c, ldc);
}

static void thin(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    for (size_t p = 0; p < k; p++)
        for (size_t i = 0; i < m; i++) {
            const uint64_t factor = a[i * lda + p];
            const uint64_t *restrict row = b + p * ldb;
            uint64_t *restrict sum = c + i * ldc;
            for (size_t j = 0; j < n; j++) sum[j] += factor * row[j];
        }
}

const sotto_gemm_kernel sotto_gemm_kernel_portable = {
    .rows = ROWS, .columns = COLUMNS, .lanes = 1, .tile = tile, .thin = thin,
};
