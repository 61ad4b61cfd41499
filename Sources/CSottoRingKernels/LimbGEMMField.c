// Products of matrices modulo a prime near 2^127 or 2^128 by limbs: sums of products are put together exactly and reduced
// once for each block of depth.
#include "LimbGEMMKernel.h"

#include <string.h>

enum {
    LIMBS = 16,
    // One more than there are, whose sum is zero.
    POWERS = 2 * LIMBS,
    PARTS = POWERS / 4,
    OFFSET_WORDS = SOTTO_LIMB_OFFSET_WORDS,
    // No sum of a block leaves 32 bits: at most 16 products of a byte and a digit, each of magnitude 255 * 128 or less, for
    // every step of depth, and 4096 * 16 * 255 * 128 = 2,139,095,040 is below 2^31. The blocks are shorter, because a's limbs
    // stay in the second-level cache for all of b.
    BLOCK_DEPTH = SOTTO_LIMB_FIELD_DEPTH / SOTTO_LIMB_DEPTH,
    BLOCK_ROWS = 64 / SOTTO_LIMB_SIDE,
};
_Static_assert(SOTTO_LIMB_FIELD_DEPTH <= 4096, "sums of a block must fit 32 bits");

typedef unsigned __int128 uint128;
typedef __int128 int128;

void sotto_limbs_field2_offsets(size_t m, size_t k, const uint64_t *a, size_t lda, uint64_t *offsets) {
    const uint64_t shift = 0x8080808080808080;
    for (size_t first = 0; first < k; first += SOTTO_LIMB_FIELD_DEPTH)
        for (size_t i = 0; i < m; i++, offsets += OFFSET_WORDS) {
            uint128 low = 0, high = 0;
            for (size_t p = first; p < sotto_limb_min(first + SOTTO_LIMB_FIELD_DEPTH, k); p++) {
                low += a[2 * (i * lda + p)];
                high += a[2 * (i * lda + p) + 1];
            }
            high += (uint64_t)(low >> 64);
            uint64_t sum[3] = {(uint64_t)low, (uint64_t)high, (uint64_t)(high >> 64)};
            // The sum times the shift in either word of the digits.
            uint64_t product[OFFSET_WORDS] = {0};
            for (size_t place = 0; place < 2; place++) {
                uint64_t carry = 0;
                for (size_t word = 0; word < 3; word++) {
                    uint128 term = (uint128)sum[word] * shift + product[place + word] + carry;
                    product[place + word] = (uint64_t)term;
                    carry = (uint64_t)(term >> 64);
                }
                if (place + 3 < OFFSET_WORDS) product[place + 3] = carry;
            }
            for (size_t word = 0; word < OFFSET_WORDS; word++) offsets[word] = product[word];
        }
}

// The sum of parts[v] * 2^(32v) and the offset, which is not negative, modulo p.
static sotto_limbs2 reduced(
    const sotto_limb_parts *parts, size_t place, const uint64_t *offset, const sotto_fold_modulus *p) {
    uint64_t words[OFFSET_WORDS];
    int128 carry = 0;
    for (size_t word = 0; word < OFFSET_WORDS; word++) {
        carry += offset[word];
        if (2 * word < PARTS)
            carry += parts[2 * word][place] + (int128)parts[2 * word + 1][place] * ((int128)1 << 32);
        words[word] = (uint64_t)carry;
        carry >>= 64;
    }
    sotto_limbs2 top = {words[4], 0}, middle = {words[2], words[3]}, low = {words[0], words[1]};
    return sotto_field2_reduce(sotto_field2_reduce(top, middle, p), low, p);
}

// c = the tile of a block modulo p, or c + that.
static void store_tile(
    const sotto_limb_parts *parts, size_t rows, size_t columns, const uint64_t *offsets, bool adds,
    const sotto_fold_modulus *p, uint64_t *c, size_t ldc) {
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            uint64_t *place = c + 2 * (row * ldc + column);
            sotto_limbs2 value = reduced(parts, row * SIDE + column, offsets + row * OFFSET_WORDS, p);
            if (adds) value = sotto_field2_add(value, (sotto_limbs2){place[0], place[1]}, p);
            place[0] = value.low;
            place[1] = value.high;
        }
}

void sotto_limbs_field2_product(
    sotto_limb_path path, size_t m, size_t n, size_t k, const uint8_t *left, const uint8_t *right,
    const uint64_t *offsets, size_t offset_stride, const sotto_fold_modulus *p, uint64_t *c, size_t ldc) {
    if (m == 0 || n == 0 || k == 0) return;
    const sotto_limb_kernel *kernel = sotto_limb_kernel_of(path);
    size_t depth = sotto_limb_tiles(k, DEPTH), row_panels = sotto_limb_tiles(m, SIDE);
    size_t panel = depth * LIMBS * TILE;
    sotto_limb_sums sums[POWERS] __attribute__((aligned(64)));
    sotto_limb_parts parts[PARTS] __attribute__((aligned(64)));
    memset(sums[POWERS - 1], 0, sizeof sums[POWERS - 1]);
    kernel->begin(sotto_limb_min(m, SIDE));
    for (size_t block = 0; block < depth; block += BLOCK_DEPTH, offsets += offset_stride)
        for (size_t first = 0; first < row_panels; first += BLOCK_ROWS)
            for (size_t j = 0; j * SIDE < n; j++)
                for (size_t i = first; i < sotto_limb_min(first + BLOCK_ROWS, row_panels); i++) {
                    sotto_limb_panels panels = {
                        .left = left + i * panel + block * LIMBS * TILE,
                        .right = right + j * panel + block * LIMBS * TILE,
                        .left_limbs = LIMBS,
                        .right_limbs = LIMBS,
                        .depth = sotto_limb_min(BLOCK_DEPTH, depth - block),
                        .rows = sotto_limb_min(SIDE, m - i * SIDE),
                    };
                    kernel->multiply(&panels, 0, POWERS - 1, sums);
                    kernel->join_sums((const sotto_limb_sums *)sums, POWERS, parts);
                    store_tile(
                        (const sotto_limb_parts *)parts, panels.rows, sotto_limb_min(SIDE, n - j * SIDE),
                        offsets + i * SIDE * OFFSET_WORDS, block > 0, p, c + 2 * (i * SIDE * ldc + j * SIDE), ldc);
                }
    kernel->end();
}
