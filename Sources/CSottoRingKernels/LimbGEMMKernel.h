// What a path of the products by limbs provides. LimbGEMM.c blocks and dispatches; a path multiplies tiles.
#pragma once
#include "CLimbGEMM.h"

#define SOTTO_INLINE static inline __attribute__((always_inline))

enum {
    SIDE = SOTTO_LIMB_SIDE,
    DEPTH = SOTTO_LIMB_DEPTH,
    TILE = SOTTO_LIMB_TILE_BYTES,
};

// Sums of a tile of c, [SIDE][SIDE], for one power of 256.
typedef int32_t sotto_limb_sums[SIDE * SIDE];

// Sums of four neighbouring powers of 256 put together: part v is that of 2^(32v), below 2^56 in magnitude.
typedef int64_t sotto_limb_parts[SIDE * SIDE];

// Some depth of a panel of SIDE rows of a and one of SIDE columns of b.
typedef struct {
    const uint8_t *left, *right;
    size_t left_limbs, right_limbs;
    // In tiles.
    size_t depth;
    // At most SIDE; the rest of the panel is zeros.
    size_t rows;
} sotto_limb_panels;

typedef struct {
    // Before the first tile on a thread, and after the last. At most `rows` rows of a tile are wanted.
    void (*begin)(size_t rows);
    void (*end)(void);
    // sums[s - first] = the terms of 256^s, for s in first..<first + count.
    void (*multiply)(const sotto_limb_panels *panels, size_t first, size_t count, sotto_limb_sums *sums);
    // c[rows][columns] += sum of sums[s] * 256^s modulo 2^width, for s below the number of whole or partial bytes of it.
    void (*add_sums)(
        const sotto_limb_sums *sums, size_t rows, size_t columns, unsigned width, uint64_t *c, size_t ldc);
    // Parts of the sums for s in 0..<powers, a multiple of four.
    void (*join_sums)(const sotto_limb_sums *sums, size_t powers, sotto_limb_parts *parts);
    void (*pack_left)(
        size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda, uint8_t *packed);
    void (*pack_right)(
        size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b, size_t ldb,
        uint8_t *packed);
    void (*unpack_right)(
        size_t k, size_t n, size_t limbs, const uint8_t *packed, size_t first, size_t count, uint64_t *b, size_t ldb);
} sotto_limb_kernel;

const sotto_limb_kernel *sotto_limb_kernel_of(sotto_limb_path path);

extern const sotto_limb_kernel sotto_limb_kernel_portable;
#if defined(__x86_64__)
extern const sotto_limb_kernel sotto_limb_kernel_vnni;
extern const sotto_limb_kernel sotto_limb_kernel_amx;

// What the paths with AVX-512 share.
void sotto_limbs_add_sums_avx512(
    const sotto_limb_sums *sums, size_t rows, size_t columns, unsigned width, uint64_t *c, size_t ldc);
void sotto_limbs_join_sums_avx512(const sotto_limb_sums *sums, size_t powers, sotto_limb_parts *parts);
void sotto_limbs_pack_left_avx512(
    size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda, uint8_t *packed);
void sotto_limbs_pack_right_avx512(
    size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b, size_t ldb,
    uint8_t *packed);
void sotto_limbs_unpack_right_avx512(
    size_t k, size_t n, size_t limbs, const uint8_t *packed, size_t first, size_t count, uint64_t *b, size_t ldb);
#endif

SOTTO_INLINE size_t sotto_limb_min(size_t x, size_t y) { return x < y ? x : y; }
SOTTO_INLINE size_t sotto_limb_tiles(size_t length, size_t tile) { return (length + tile - 1) / tile; }
SOTTO_INLINE uint64_t sotto_limb_mask(unsigned width) { return width >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << width) - 1; }

enum { SOTTO_CACHE_LINE = 64 };

// Asks for a part of a tile's neighbours while the tile is multiplied: what comes next of b, `part` of `parts` of it, and
// the rows of c, of `row_bytes` each, which lie apart.
SOTTO_INLINE void sotto_limb_prefetch(
    const uint8_t *next, size_t bytes, size_t part, size_t parts, const void *c, size_t rows, size_t row_bytes,
    size_t stride) {
    size_t lines = bytes / SOTTO_CACHE_LINE;
    for (size_t line = lines * part / parts; line < lines * (part + 1) / parts; line++)
        __builtin_prefetch(next + line * SOTTO_CACHE_LINE, 0, 2);
    for (size_t row = 0; row < rows; row++)
        for (size_t byte = 0; byte < row_bytes; byte += SOTTO_CACHE_LINE)
            __builtin_prefetch((const uint8_t *)c + row * stride + byte, 1, 3);
}

// In a function of its own for every instruction set, for which it is compiled there.
SOTTO_INLINE void sotto_limb_join(const sotto_limb_sums *sums, size_t powers, sotto_limb_parts *parts) {
    for (size_t s = 0; s < powers; s += 4)
        for (size_t place = 0; place < SIDE * SIDE; place++) {
            int64_t upper = (int64_t)sums[s + 3][place] * 256 + sums[s + 2][place];
            parts[s / 4][place] = (upper * 256 + sums[s + 1][place]) * 256 + sums[s][place];
        }
}
