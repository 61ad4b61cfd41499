// What a path of the ring GEMM provides. RingGEMM.c blocks, packs and dispatches; a path multiplies.
#pragma once
#include "CRingGEMM.h"

#define SOTTO_INLINE static inline __attribute__((always_inline))

typedef struct {
    // The largest tile of c that `tile` computes. `columns` is a multiple of `lanes`.
    size_t rows, columns;
    // The columns of a packed panel are padded with zeros to a multiple of this.
    size_t lanes;

    // c[rows][columns] += a * b for packed panels, both with `depth` outermost: a[depth][rows], and b[depth][columns]
    // with the columns padded. rows and columns are at most those of the largest tile, and not 0; depth is not 0.
    void (*tile)(
        size_t rows, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c, size_t ldc);

    // c[m][n] += a[m][k] * b[k][n], unpacked, for m in 1...SOTTO_GEMM_THIN: each row of b is read once.
    void (*thin)(
        size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
        size_t ldc);
} sotto_gemm_kernel;

// Up to so many rows of a, the products are limited by reading b, and packing it would only add to that.
#define SOTTO_GEMM_THIN 4

extern const sotto_gemm_kernel sotto_gemm_kernel_portable;
#if defined(__x86_64__)
extern const sotto_gemm_kernel sotto_gemm_kernel_avx2;
extern const sotto_gemm_kernel sotto_gemm_kernel_avx512;
extern const sotto_gemm_kernel sotto_gemm_kernel_ifma;
#endif
