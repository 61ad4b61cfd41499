// The path of the products by limbs for every processor: what the others are compared with.
#include "LimbGEMMKernel.h"

static void begin(size_t rows) { (void)rows; }
static void end(void) {}

static void multiply_power(const sotto_limb_panels *panels, size_t power, int32_t *sums) {
    for (size_t place = 0; place < SIDE * SIDE; place++) sums[place] = 0;
    for (size_t p = 0; p < panels->depth; p++)
        for (size_t i = 0; i < panels->left_limbs && i <= power; i++) {
            if (power - i >= panels->right_limbs) continue;
            const uint8_t *left = panels->left + (p * panels->left_limbs + i) * TILE;
            const int8_t *right = (const int8_t *)panels->right + (p * panels->right_limbs + power - i) * TILE;
            for (size_t row = 0; row < panels->rows; row++)
                for (size_t step = 0; step < DEPTH; step++)
                    for (size_t column = 0; column < SIDE; column++)
                        sums[row * SIDE + column] +=
                            left[row * DEPTH + step] * right[(step / 4 * SIDE + column) * 4 + step % 4];
        }
}

static void multiply(const sotto_limb_panels *panels, size_t first, size_t count, sotto_limb_sums *sums) {
    for (size_t power = 0; power < count; power++) multiply_power(panels, first + power, sums[power]);
}

static void add_sums(
    const sotto_limb_sums *sums, size_t rows, size_t columns, unsigned width, uint64_t *c, size_t ldc) {
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            uint64_t total = 0;
            for (size_t s = (width + 7) / 8; s-- > 0;)
                total = (total << 8) + (uint64_t)(int64_t)sums[s][row * SIDE + column];
            c[row * ldc + column] = (c[row * ldc + column] + total) & sotto_limb_mask(width);
        }
}

static void join_sums(const sotto_limb_sums *sums, size_t powers, sotto_limb_parts *parts) {
    sotto_limb_join(sums, powers, parts);
}

static void pack_left(
    size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda, uint8_t *packed) {
    for (size_t i = 0; i < m; i += SIDE)
        for (size_t p = 0; p < k; p += DEPTH)
            for (size_t limb = 0; limb < limbs; limb++)
                for (size_t row = i; row < i + SIDE; row++)
                    for (size_t step = p; step < p + DEPTH; step++) {
                        bool exists = row < m && step < k;
                        uint64_t word = exists ? a[(row * lda + step) * words + limb / SOTTO_LIMBS_OF_WORD] : 0;
                        *packed++ = (uint8_t)(word >> limb % SOTTO_LIMBS_OF_WORD * 8);
                    }
}

static void pack_right(
    size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b, size_t ldb,
    uint8_t *packed) {
    const uint64_t addend = digits == SOTTO_DIGITS_MODULAR ? 0x8080808080808080 : 0;
    for (size_t j = 0; j < n; j += SIDE)
        for (size_t p = 0; p < k; p += DEPTH)
            for (size_t limb = 0; limb < limbs; limb++)
                for (size_t place = 0; place < TILE; place++) {
                    size_t column = j + place / 4 % SIDE, step = p + place / (4 * SIDE) * 4 + place % 4;
                    bool exists = step < k && column < n;
                    uint64_t word = exists ? b[(step * ldb + column) * words + limb / SOTTO_LIMBS_OF_WORD] : 0;
                    *packed++ = (uint8_t)((word + addend) >> limb % SOTTO_LIMBS_OF_WORD * 8) ^ 0x80;
                }
}

static void unpack_right(
    size_t k, size_t n, size_t limbs, const uint8_t *packed, size_t first, size_t count, uint64_t *b, size_t ldb) {
    size_t depth = sotto_limb_tiles(k, DEPTH);
    for (size_t p = first; p < first + count; p++)
        for (size_t j = 0; j < n; j++) {
            const int8_t *digit = (const int8_t *)packed + (j / SIDE * depth + p / DEPTH) * limbs * TILE +
                                  (p % DEPTH / 4 * SIDE + j % SIDE) * 4 + p % 4;
            uint64_t word = 0;
            for (size_t limb = limbs; limb-- > 0;) word = (word << 8) + (uint64_t)(int64_t)digit[limb * TILE];
            b[(p - first) * ldb + j] = word;
        }
}

const sotto_limb_kernel sotto_limb_kernel_portable = {
    .begin = begin,
    .end = end,
    .multiply = multiply,
    .add_sums = add_sums,
    .join_sums = join_sums,
    .pack_left = pack_left,
    .pack_right = pack_right,
    .unpack_right = unpack_right,
};
