// The path of the products by limbs for x86-64 processors with AVX-512 VNNI: 16 sums of four products in an instruction.
#include "LimbGEMMKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

static void begin(size_t rows) { (void)rows; }
static void end(void) {}

// The terms of one power of 256, in as many registers as there are rows.
VNNI SOTTO_INLINE void multiply_rows(
    const sotto_limb_panels *panels, size_t row, size_t rows, size_t power, int32_t *sums) {
    __m512i sum[SIDE];
    for (size_t r = 0; r < rows; r++) sum[r] = _mm512_setzero_si512();
    size_t first = power < panels->right_limbs ? 0 : power - panels->right_limbs + 1;
    size_t last = sotto_limb_min(panels->left_limbs, power + 1);
    for (size_t p = 0; p < panels->depth; p++)
        for (size_t i = first; i < last; i++) {
            const uint8_t *left = panels->left + (p * panels->left_limbs + i) * TILE + row * DEPTH;
            const uint8_t *right = panels->right + (p * panels->right_limbs + power - i) * TILE;
            for (size_t step = 0; step < DEPTH; step += 4) {
                __m512i digits = _mm512_load_si512(right + step * SIDE);
                for (size_t r = 0; r < rows; r++) {
                    int32_t bytes;
                    memcpy(&bytes, left + r * DEPTH + step, 4);
                    sum[r] = _mm512_dpbusd_epi32(sum[r], _mm512_set1_epi32(bytes), digits);
                }
            }
        }
    for (size_t r = 0; r < rows; r++) _mm512_store_si512(sums + (row + r) * SIDE, sum[r]);
}

VNNI static void multiply(const sotto_limb_panels *panels, size_t first, size_t count, sotto_limb_sums *sums) {
    for (size_t power = 0; power < count; power++) {
        size_t row = 0;
        if (panels->rows > SIDE / 2) {
            multiply_rows(panels, 0, SIDE, first + power, sums[power]);
            continue;
        }
        for (; row + 4 <= panels->rows; row += 4) multiply_rows(panels, row, 4, first + power, sums[power]);
        for (; row < panels->rows; row++) multiply_rows(panels, row, 1, first + power, sums[power]);
    }
}

const sotto_limb_kernel sotto_limb_kernel_vnni = {
    .begin = begin,
    .end = end,
    .multiply = multiply,
    .add_sums = sotto_limbs_add_sums_avx512,
    .join_sums = sotto_limbs_join_sums_avx512,
    .pack_left = sotto_limbs_pack_left_avx512,
    .pack_right = sotto_limbs_pack_right_avx512,
    .unpack_right = sotto_limbs_unpack_right_avx512,
};

#endif
