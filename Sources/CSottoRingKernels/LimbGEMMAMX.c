// The path of the products by limbs for x86-64 processors with AMX: a tile of 16 x 64 bytes times one of 64 x 16.
#include "LimbGEMMKernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define AMX __attribute__((target("amx-tile,amx-int8")))

enum {
    // Tiles 0-5 hold sums, 6 limbs of a, 7 limbs of b.
    SUMS = 6,
    LEFT = 6,
    RIGHT = 7,
};

AMX static void begin(size_t rows) {
    struct {
        uint8_t palette, start_row, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } configuration;
    memset(&configuration, 0, sizeof configuration);
    configuration.palette = 1;
    for (size_t tile = 0; tile < 8; tile++) {
        configuration.row_bytes[tile] = DEPTH;
        configuration.rows[tile] = tile == RIGHT ? SIDE : (uint8_t)rows;
    }
    _tile_loadconfig(&configuration);
}

AMX static void end(void) { _tile_release(); }

#define ADD_PRODUCT(tile) case tile: _tile_dpbusd(tile, LEFT, RIGHT); break;

// The terms of at most six powers of 256.
AMX static void multiply_few(const sotto_limb_panels *panels, size_t first, size_t count, sotto_limb_sums *sums) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_zero(4);
    _tile_zero(5);
    const uint8_t *left = panels->left, *right = panels->right;
    for (size_t p = 0; p < panels->depth; p++) {
        size_t loaded = panels->right_limbs;
        for (size_t i = 0; i < panels->left_limbs && i < first + count; i++) {
            size_t from = i < first ? first - i : 0;
            size_t to = sotto_limb_min(panels->right_limbs, first + count - i);
            if (from >= to) continue;
            _tile_loadd(LEFT, left + i * TILE, DEPTH);
            // Back and forth, so that the last limb of b serves the next of a where it can.
            for (size_t step = 0; step < to - from; step++) {
                size_t j = i % 2 ? to - 1 - step : from + step;
                if (j != loaded) _tile_loadd(RIGHT, right + j * TILE, 4 * SIDE);
                loaded = j;
                switch (i + j - first) {
                    ADD_PRODUCT(0) ADD_PRODUCT(1) ADD_PRODUCT(2) ADD_PRODUCT(3) ADD_PRODUCT(4) ADD_PRODUCT(5)
                }
            }
        }
        left += panels->left_limbs * TILE;
        right += panels->right_limbs * TILE;
    }
    switch (count) {
    case 6: _tile_stored(5, sums[5], 4 * SIDE); __attribute__((fallthrough));
    case 5: _tile_stored(4, sums[4], 4 * SIDE); __attribute__((fallthrough));
    case 4: _tile_stored(3, sums[3], 4 * SIDE); __attribute__((fallthrough));
    case 3: _tile_stored(2, sums[2], 4 * SIDE); __attribute__((fallthrough));
    case 2: _tile_stored(1, sums[1], 4 * SIDE); __attribute__((fallthrough));
    case 1: _tile_stored(0, sums[0], 4 * SIDE);
    }
}

// In parts of about the same number of powers, so that neighbouring products seldom have the same sum.
static void multiply(const sotto_limb_panels *panels, size_t first, size_t count, sotto_limb_sums *sums) {
    size_t parts = (count + SUMS - 1) / SUMS;
    for (size_t part = 0; part < parts; part++) {
        size_t from = count * part / parts, to = count * (part + 1) / parts;
        multiply_few(panels, first + from, to - from, sums + from);
    }
}

const sotto_limb_kernel sotto_limb_kernel_amx = {
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
