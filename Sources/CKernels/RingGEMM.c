#include "CKernels.h"

bool sotto_gemm_available(sotto_gemm_path path) { return path == SOTTO_GEMM_PORTABLE; }

size_t sotto_gemm_scratch_bytes(sotto_gemm_path path, size_t m, size_t n, size_t k) { return 0; }

void sotto_gemm(
    sotto_gemm_path path, size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb,
    uint64_t *c, size_t ldc, void *scratch) {
    for (size_t i = 0; i < m; i++)
        for (size_t p = 0; p < k; p++) {
            uint64_t factor = a[i * lda + p];
            for (size_t j = 0; j < n; j++) c[i * ldc + j] += factor * b[p * ldb + j];
        }
}
