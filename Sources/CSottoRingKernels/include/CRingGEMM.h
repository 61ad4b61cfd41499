#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The instruction sets that the ring GEMM has a path for.
typedef enum {
    SOTTO_GEMM_PORTABLE = 0,
    SOTTO_GEMM_AVX2 = 1,
    SOTTO_GEMM_AVX512 = 2,
    // Right modulo 2^52 only.
    SOTTO_GEMM_IFMA = 3,
} sotto_gemm_path;

// Whether this processor can run the path.
bool sotto_gemm_available(sotto_gemm_path path);

// The bytes of scratch memory, 64-byte aligned, that a product of this shape needs; may be 0.
size_t sotto_gemm_scratch_bytes(size_t m, size_t n, size_t k);

// c[m][n] += a[m][k] * b[k][n] modulo 2^64, or by IFMA modulo 2^52 with any upper bits, rows lda, ldb and ldc elements apart.
// c overlaps neither input. The path must be available.
void sotto_gemm(
    sotto_gemm_path path, size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb,
    uint64_t *c, size_t ldc, void *scratch);

#ifdef __cplusplus
}
#endif
