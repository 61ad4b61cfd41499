#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CConstantTime.h"

#ifdef __cplusplus
extern "C" {
#endif

// Products of matrices of long integers by products of bytes.
//
// A left matrix is cut into unsigned bytes, x = sum of x_i * 256^i; a right one into signed digits of -128...127, y = sum
// of y_j * 256^j. The products of x_i and y_j with i + j = s, the terms of 256^s, are summed together, in 32 bits.

// The instruction sets that there is a path for. All paths read the same packed matrices.
typedef enum {
    SOTTO_LIMBS_PORTABLE = 0,
    SOTTO_LIMBS_VNNI = 1,
    SOTTO_LIMBS_AMX = 2,
} sotto_limb_path;

enum {
    // Packed matrices consist of tiles of 16 rows (left) or columns (right) and 64 steps of depth, one for each limb.
    SOTTO_LIMB_SIDE = 16,
    SOTTO_LIMB_DEPTH = 64,
    SOTTO_LIMB_TILE_BYTES = SOTTO_LIMB_SIDE * SOTTO_LIMB_DEPTH,
    // The limbs of a word.
    SOTTO_LIMBS_OF_WORD = 8,
};

// Whether this processor, and for AMX the operating system, which is asked for the permission, can run the path.
bool sotto_limbs_available(sotto_limb_path path);

// Bytes of a packed matrix of `side` rows (left) or columns (right), a multiple of 64: for every 16 of them and every 64
// steps of depth one tile for each limb. Packed matrices begin at multiples of 64 bytes.
size_t sotto_limbs_packed_bytes(size_t side, size_t depth, size_t limbs);

// How the digits of a right matrix come from its words.
typedef enum {
    // The integer modulo 256^limbs.
    SOTTO_DIGITS_MODULAR = 0,
    // The integer less 128 * (1 + 256 + ... + 256^(limbs - 1)): no digit has a carry into the next.
    SOTTO_DIGITS_SHIFTED = 1,
} sotto_limb_digits;

// a[m][k] of elements of `words` words, lowest first, rows `lda` elements apart. `limbs` is at most 8 * words.
void sotto_limbs_pack_left(
    sotto_limb_path path, size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda, uint8_t *packed);

// b[k][n], as above. Modular digits are those of single words. What is packed beyond the depth is undefined; products
// multiply it with zeros.
void sotto_limbs_pack_right(
    sotto_limb_path path, size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b,
    size_t ldb, uint8_t *packed);

// Words b[count][n] back from the steps first..<first + count of a right matrix of depth k, in modular digits, at most 8:
// the sums of digit_j * 256^j, which are the words modulo 256^limbs. Rows of b are ldb words apart.
void sotto_limbs_unpack_right(
    sotto_limb_path path, size_t k, size_t n, size_t limbs, const uint8_t *packed, size_t first, size_t count,
    uint64_t *b, size_t ldb);

// c[m][n] += a * b modulo 2^width, width 1...64, rows of c ldc elements apart; bits above the width are zero afterwards.
// Limbs beyond the width may be missing, or are not looked at. Any depth; at most 8 limbs of either.
void sotto_limbs_ring_product(
    sotto_limb_path path, size_t m, size_t n, size_t k, unsigned width, size_t left_limbs, const uint8_t *left,
    size_t right_limbs, const uint8_t *right, uint64_t *c, size_t ldc);

// Steps of depth that a product modulo a prime takes at once, each block with offsets of its own.
enum { SOTTO_LIMB_FIELD_DEPTH = 1024 };

// Words of an offset.
enum { SOTTO_LIMB_OFFSET_WORDS = 5 };

// What the digits of the right matrix miss: for every block of depth and every row of a[m][k], elements of two words, the
// sum of the row's elements in the block times 128 * (1 + 256 + ... + 256^15), in five words; [blocks][m][5].
void sotto_limbs_field2_offsets(size_t m, size_t k, const uint64_t *a, size_t lda, uint64_t *offsets);

// c[m][n] = a * b modulo p, elements of two words below p, rows of c ldc elements apart. Both matrices have 16 limbs, the
// digits of the right one are shifted; block b's offsets begin at b * offset_stride words.
void sotto_limbs_field2_product(
    sotto_limb_path path, size_t m, size_t n, size_t k, const uint8_t *left, const uint8_t *right,
    const uint64_t *offsets, size_t offset_stride, const sotto_fold_modulus *p, uint64_t *c, size_t ldc);

#ifdef __cplusplus
}
#endif
