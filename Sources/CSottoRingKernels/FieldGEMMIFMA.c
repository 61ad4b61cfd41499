// Products of matrices modulo a prime near 2^127 or 2^128 for x86-64 processors with AVX-512 IFMA, in limbs of 52 bits:
// halves of the products of limbs are summed by their power of 2^52, put together exactly, and reduced once for each block of
// depth.
#include "CFieldGEMM.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

enum {
    LIMBS = 3,
    POWERS = 2 * LIMBS,
    ROWS = 4,
    LANES = 8,
    // A power has at most five halves, each below 2^52, for every step of depth, and 5 * 768 is below 2^12.
    BLOCK_DEPTH = 768,
    BLOCK_COLUMNS = 32,
};
_Static_assert(5 * BLOCK_DEPTH < 1 << 12, "sums of a block must fit 64 bits");

#define LIMB_MASK (((uint64_t)1 << 52) - 1)

typedef unsigned __int128 uint128;

static size_t min(size_t x, size_t y) { return x < y ? x : y; }

bool sotto_field_gemm_available(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512ifma");
#else
    return false;
#endif
}

size_t sotto_field_gemm_scratch_bytes(size_t m, size_t k) {
    return 8 * LIMBS * min(k, BLOCK_DEPTH) * ((m + ROWS - 1) / ROWS * ROWS + BLOCK_COLUMNS);
}

// Limb `limb` of an element of two words.
INLINE uint64_t limb_of(uint64_t low, uint64_t high, size_t limb) {
    return limb == 0 ? low & LIMB_MASK : limb == 1 ? (low >> 52 | high << 12) & LIMB_MASK : high >> 40;
}

// a[m][depth] in panels of ROWS rows, packed[step][row][limb], rows beyond m zero.
static void pack_left(size_t m, size_t depth, const uint64_t *a, size_t lda, uint64_t *packed) {
    for (size_t i = 0; i < m; i += ROWS)
        for (size_t p = 0; p < depth; p++)
            for (size_t row = i; row < i + ROWS; row++)
                for (size_t limb = 0; limb < LIMBS; limb++) {
                    const uint64_t *element = a + 2 * (row * lda + p);
                    *packed++ = row < m ? limb_of(element[0], element[1], limb) : 0;
                }
}

// b[depth][columns] in panels of LANES columns, packed[step][limb][lane], columns beyond the last zero.
static void pack_right(size_t columns, size_t depth, const uint64_t *b, size_t ldb, uint64_t *packed) {
    for (size_t j = 0; j < columns; j += LANES)
        for (size_t p = 0; p < depth; p++)
            for (size_t limb = 0; limb < LIMBS; limb++)
                for (size_t column = j; column < j + LANES; column++) {
                    const uint64_t *element = b + 2 * (p * ldb + column);
                    *packed++ = column < columns ? limb_of(element[0], element[1], limb) : 0;
                }
}

// sums[row][power][lane] of ROWS rows and LANES columns.
#if defined(__x86_64__)
__attribute__((target("avx512f,avx512dq,avx512ifma"))) static void multiply_tile(size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *sums) {
    __m512i sum[ROWS][POWERS];
    for (size_t row = 0; row < ROWS; row++)
        for (size_t power = 0; power < POWERS; power++) sum[row][power] = _mm512_setzero_si512();
    for (size_t p = 0; p < depth; p++, a += ROWS * LIMBS, b += LIMBS * LANES) {
        __m512i right[LIMBS];
        for (size_t limb = 0; limb < LIMBS; limb++) right[limb] = _mm512_loadu_si512(b + limb * LANES);
        for (size_t row = 0; row < ROWS; row++)
            for (size_t i = 0; i < LIMBS; i++) {
                __m512i left = _mm512_set1_epi64((long long)a[row * LIMBS + i]);
                for (size_t j = 0; j < LIMBS; j++) {
                    sum[row][i + j] = _mm512_madd52lo_epu64(sum[row][i + j], left, right[j]);
                    sum[row][i + j + 1] = _mm512_madd52hi_epu64(sum[row][i + j + 1], left, right[j]);
                }
            }
    }
    for (size_t row = 0; row < ROWS; row++)
        for (size_t power = 0; power < POWERS; power++)
            _mm512_storeu_si512(sums + (row * POWERS + power) * LANES, sum[row][power]);
}
#else
static void multiply_tile(size_t depth, const uint64_t *a, const uint64_t *b, uint64_t *sums) {
    for (size_t place = 0; place < ROWS * POWERS * LANES; place++) sums[place] = 0;
    for (size_t p = 0; p < depth; p++, a += ROWS * LIMBS, b += LIMBS * LANES)
        for (size_t row = 0; row < ROWS; row++)
            for (size_t i = 0; i < LIMBS; i++)
                for (size_t j = 0; j < LIMBS; j++)
                    for (size_t lane = 0; lane < LANES; lane++) {
                        uint128 product = (uint128)a[row * LIMBS + i] * b[j * LANES + lane];
                        uint64_t *sum = sums + (row * POWERS + i + j) * LANES + lane;
                        sum[0] += (uint64_t)product & LIMB_MASK;
                        sum[LANES] += (uint64_t)(product >> 52);
                    }
}
#endif

// The sum of sums[power] * 2^(52 power), LANES apart, modulo p.
static sotto_limbs2 reduced(const uint64_t *sums, const sotto_fold_modulus *p) {
    // In limbs of 52 bits without carries but the last's.
    uint64_t limbs[POWERS], carry = 0;
    for (size_t power = 0; power < POWERS; power++) {
        uint128 total = (uint128)sums[power * LANES] + carry;
        limbs[power] = (uint64_t)total & LIMB_MASK;
        carry = (uint64_t)(total >> 52);
    }
    sotto_limbs2 low = {limbs[0] | limbs[1] << 52, limbs[1] >> 12 | limbs[2] << 40};
    sotto_limbs2 middle = {limbs[2] >> 24 | limbs[3] << 28, limbs[3] >> 36 | limbs[4] << 16};
    sotto_limbs2 top = {limbs[4] >> 48 | limbs[5] << 4 | carry << 56, carry >> 8};
    return sotto_field2_reduce(sotto_field2_reduce(top, middle, p), low, p);
}

// c = the tile of a block modulo p, or c + that.
static void store_tile(
    const uint64_t *sums, size_t rows, size_t columns, bool adds, const sotto_fold_modulus *p, uint64_t *c, size_t ldc) {
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            uint64_t *place = c + 2 * (row * ldc + column);
            sotto_limbs2 value = reduced(sums + row * POWERS * LANES + column, p);
            if (adds) value = sotto_field2_add(value, (sotto_limbs2){place[0], place[1]}, p);
            place[0] = value.low;
            place[1] = value.high;
        }
}

void sotto_field_gemm(
    size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb,
    const sotto_fold_modulus *p, uint64_t *c, size_t ldc, void *scratch) {
    uint64_t sums[ROWS * POWERS * LANES];
    uint64_t *left = scratch;
    uint64_t *right = left + LIMBS * min(k, BLOCK_DEPTH) * ((m + ROWS - 1) / ROWS * ROWS);
    for (size_t first = 0; first < k; first += BLOCK_DEPTH) {
        size_t depth = min(BLOCK_DEPTH, k - first);
        pack_left(m, depth, a + 2 * first, lda, left);
        for (size_t j = 0; j < n; j += BLOCK_COLUMNS) {
            size_t columns = min(BLOCK_COLUMNS, n - j);
            pack_right(columns, depth, b + 2 * (first * ldb + j), ldb, right);
            for (size_t lane = 0; lane < columns; lane += LANES)
                for (size_t i = 0; i < m; i += ROWS) {
                    multiply_tile(depth, left + i * depth * LIMBS, right + lane * depth * LIMBS, sums);
                    store_tile(
                        sums, min(ROWS, m - i), min(LANES, columns - lane), first > 0, p, c + 2 * (i * ldc + j + lane),
                        ldc);
                }
        }
    }
}
