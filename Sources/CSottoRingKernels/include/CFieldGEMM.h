#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CConstantTime.h"

#ifdef __cplusplus
extern "C" {
#endif

// Whether sotto_field_gemm runs, and has AVX-512 IFMA to run by; x86-64 processors without it must not call it.
bool sotto_field_gemm_available(void);

// The bytes of scratch memory that a product of this shape needs, 64-byte aligned.
size_t sotto_field_gemm_scratch_bytes(size_t m, size_t k);

// c[m][n] = a[m][k] * b[k][n] modulo p for elements of two words below p, rows lda, ldb and ldc elements apart; k is not 0.
void sotto_field_gemm(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb,
    const sotto_fold_modulus *p, uint64_t *c, size_t ldc, void *scratch);

#ifdef __cplusplus
}
#endif
