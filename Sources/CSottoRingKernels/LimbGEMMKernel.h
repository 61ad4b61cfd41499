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
    void (*pack_left)(
        size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda, uint8_t *packed);
    void (*pack_right)(
        size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b, size_t ldb,
        uint8_t *packed);
    void (*unpack_right)(
        size_t k, size_t n, size_t limbs, const uint8_t *packed, size_t first, size_t count, uint64_t *b, size_t ldb);
} sotto_limb_kernel;

extern const sotto_limb_kernel sotto_limb_kernel_portable;
#if defined(__x86_64__)
extern const sotto_limb_kernel sotto_limb_kernel_vnni;
extern const sotto_limb_kernel sotto_limb_kernel_amx;

// What the paths with AVX-512 share.
void sotto_limbs_add_sums_avx512(
    const sotto_limb_sums *sums, size_t rows, size_t columns, unsigned width, uint64_t *c, size_t ldc);
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
