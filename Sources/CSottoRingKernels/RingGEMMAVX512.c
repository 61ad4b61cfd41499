// The path of the ring GEMM for x86-64 processors with AVX-512 F and DQ, which multiply 64-bit lanes (vpmullq).
#include "RingGEMMKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512dq")))

enum { ROWS = 4, VECTORS = 4, LANES = 8, COLUMNS = VECTORS * LANES };

// --- The whole tile: 4 x 32 ---
//
// zmm0-15 sum the tile, row by row; zmm16-19 hold a row of b; zmm20-23 the four elements of a, each in all lanes;
// zmm24-31 the products of two rows. Multiplications and additions compete for an execution port, and an addition that
// takes it from a multiplication costs a cycle: eight multiplications in a row, then their eight additions, run a
// quarter faster than one of each in turn. Compilers reorder intrinsics, hence the assembly.

#define CLEAR(r) "vpxorq %%zmm" #r ", %%zmm" #r ", %%zmm" #r "\n\t"
#define LOAD_B(offset, r) "vmovdqu64 " #offset "(%[b]), %%zmm" #r "\n\t"
#define LOAD_A(offset, r) "vpbroadcastq " #offset "(%[a]), %%zmm" #r "\n\t"
#define MULTIPLY(x, y, r) "vpmullq %%zmm" #x ", %%zmm" #y ", %%zmm" #r "\n\t"
#define ADD(x, r) "vpaddq %%zmm" #x ", %%zmm" #r ", %%zmm" #r "\n\t"
#define PREFETCH_C "prefetcht0 (%[c])\n\tprefetcht0 64(%[c])\n\tprefetcht0 128(%[c])\n\tprefetcht0 192(%[c])\n\t"
#define NEXT_C "add %[stride], %[c]\n\t"
#define PREVIOUS_C "sub %[stride], %[c]\n\t"
#define UPDATE_C(offset, r)                                \
    "vpaddq " #offset "(%[c]), %%zmm" #r ", %%zmm" #r "\n\t" \
    "vmovdqu64 %%zmm" #r ", " #offset "(%[c])\n\t"
#define MULTIPLY_ROW(y, r0, r1, r2, r3) MULTIPLY(16, y, r0) MULTIPLY(17, y, r1) MULTIPLY(18, y, r2) MULTIPLY(19, y, r3)
#define ADD_ROWS(s0, s1, s2, s3, s4, s5, s6, s7) \
    ADD(24, s0) ADD(25, s1) ADD(26, s2) ADD(27, s3) ADD(28, s4) ADD(29, s5) ADD(30, s6) ADD(31, s7)

static void whole_tile(size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c, size_t ldc) {
    __asm__ volatile(
        PREFETCH_C NEXT_C PREFETCH_C NEXT_C PREFETCH_C NEXT_C PREFETCH_C
        CLEAR(0) CLEAR(1) CLEAR(2) CLEAR(3) CLEAR(4) CLEAR(5) CLEAR(6) CLEAR(7)
        CLEAR(8) CLEAR(9) CLEAR(10) CLEAR(11) CLEAR(12) CLEAR(13) CLEAR(14) CLEAR(15)
        ".p2align 5\n\t"
        "1:\n\t"
        LOAD_B(0, 16) LOAD_B(64, 17) LOAD_B(128, 18) LOAD_B(192, 19)
        LOAD_A(0, 20) LOAD_A(8, 21) LOAD_A(16, 22) LOAD_A(24, 23)
        MULTIPLY_ROW(20, 24, 25, 26, 27) MULTIPLY_ROW(21, 28, 29, 30, 31)
        ADD_ROWS(0, 1, 2, 3, 4, 5, 6, 7)
        MULTIPLY_ROW(22, 24, 25, 26, 27) MULTIPLY_ROW(23, 28, 29, 30, 31)
        ADD_ROWS(8, 9, 10, 11, 12, 13, 14, 15)
        "add $256, %[b]\n\t"
        "add $32, %[a]\n\t"
        "dec %[depth]\n\t"
        "jnz 1b\n\t"
        UPDATE_C(0, 12) UPDATE_C(64, 13) UPDATE_C(128, 14) UPDATE_C(192, 15) PREVIOUS_C
        UPDATE_C(0, 8) UPDATE_C(64, 9) UPDATE_C(128, 10) UPDATE_C(192, 11) PREVIOUS_C
        UPDATE_C(0, 4) UPDATE_C(64, 5) UPDATE_C(128, 6) UPDATE_C(192, 7) PREVIOUS_C
        UPDATE_C(0, 0) UPDATE_C(64, 1) UPDATE_C(128, 2) UPDATE_C(192, 3)
        : [depth] "+r"(depth), [a] "+r"(a), [b] "+r"(b), [c] "+r"(c)
        : [stride] "r"(8 * ldc)
        : "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
          "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22",
          "xmm23", "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

// --- Tiles at the edges ---

// The lanes of the last vector that are columns and not padding.
SOTTO_INLINE __mmask8 last_lanes(size_t columns) { return (__mmask8)(0xff >> (-columns & (LANES - 1))); }

AVX512 SOTTO_INLINE void edge_tile(
    size_t rows, size_t vectors, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c,
    size_t ldc) {
    __m512i sum[ROWS][VECTORS];
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < vectors; v++) sum[i][v] = _mm512_setzero_si512();
    for (size_t p = 0; p < depth; p++, a += rows, b += vectors * LANES)
        for (size_t v = 0; v < vectors; v++) {
            __m512i row = _mm512_loadu_si512(b + v * LANES);
            for (size_t i = 0; i < rows; i++) {
                __m512i product = _mm512_mullo_epi64(row, _mm512_set1_epi64((long long)a[i]));
                sum[i][v] = _mm512_add_epi64(sum[i][v], product);
            }
        }
    for (size_t i = 0; i < rows; i++, c += ldc)
        for (size_t v = 0; v < vectors; v++) {
            __mmask8 lanes = v + 1 < vectors ? 0xff : last_lanes(columns);
            __m512i old = _mm512_maskz_loadu_epi64(lanes, c + v * LANES);
            _mm512_mask_storeu_epi64(c + v * LANES, lanes, _mm512_add_epi64(old, sum[i][v]));
        }
}

#define EDGE_TILE(rows, vectors) \
    case 4 * (rows) + (vectors): edge_tile(rows, vectors, columns, depth, a, b, c, ldc); break;

AVX512 static void tile(
    size_t rows, size_t columns, size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *c, size_t ldc) {
    if (rows == ROWS && columns == COLUMNS) {
        whole_tile(depth, a, b, c, ldc);
        return;
    }
    switch (4 * rows + (columns + LANES - 1) / LANES) {
        EDGE_TILE(1, 1) EDGE_TILE(1, 2) EDGE_TILE(1, 3) EDGE_TILE(1, 4)
        EDGE_TILE(2, 1) EDGE_TILE(2, 2) EDGE_TILE(2, 3) EDGE_TILE(2, 4)
        EDGE_TILE(3, 1) EDGE_TILE(3, 2) EDGE_TILE(3, 3) EDGE_TILE(3, 4)
        EDGE_TILE(4, 1) EDGE_TILE(4, 2) EDGE_TILE(4, 3) EDGE_TILE(4, 4)
    }
}

// --- Few rows ---

// c[m][n] += a[m][depth] * b[depth][n] for small constant m and depth.
AVX512 SOTTO_INLINE void thin_block(
    size_t m, size_t depth, size_t n, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    __m512i factors[SOTTO_GEMM_THIN][4];
    for (size_t i = 0; i < m; i++)
        for (size_t p = 0; p < depth; p++) factors[i][p] = _mm512_set1_epi64((long long)a[i * lda + p]);
    for (size_t j = 0; j < n; j += LANES) {
        __mmask8 lanes = n - j < LANES ? last_lanes(n - j) : 0xff;
        __m512i sums[SOTTO_GEMM_THIN];
        for (size_t i = 0; i < m; i++) sums[i] = _mm512_maskz_loadu_epi64(lanes, c + i * ldc + j);
        for (size_t p = 0; p < depth; p++) {
            __m512i row = _mm512_maskz_loadu_epi64(lanes, b + p * ldb + j);
            for (size_t i = 0; i < m; i++)
                sums[i] = _mm512_add_epi64(sums[i], _mm512_mullo_epi64(row, factors[i][p]));
        }
        for (size_t i = 0; i < m; i++) _mm512_mask_storeu_epi64(c + i * ldc + j, lanes, sums[i]);
    }
}

AVX512 SOTTO_INLINE void thin_rows(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    size_t p = 0;
    for (; p + 4 <= k; p += 4) thin_block(m, 4, n, a + p, lda, b + p * ldb, ldb, c, ldc);
    for (; p < k; p++) thin_block(m, 1, n, a + p, lda, b + p * ldb, ldb, c, ldc);
}

AVX512 static void thin(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb, uint64_t *c,
    size_t ldc) {
    switch (m) {
    case 1: thin_rows(1, n, k, a, lda, b, ldb, c, ldc); break;
    case 2: thin_rows(2, n, k, a, lda, b, ldb, c, ldc); break;
    case 3: thin_rows(3, n, k, a, lda, b, ldb, c, ldc); break;
    case 4: thin_rows(4, n, k, a, lda, b, ldb, c, ldc); break;
    }
}

const sotto_gemm_kernel sotto_gemm_kernel_avx512 = {
    .rows = ROWS, .columns = COLUMNS, .lanes = LANES, .tile = tile, .thin = thin,
};

#endif
