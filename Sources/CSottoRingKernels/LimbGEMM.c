// Products of matrices modulo powers of two by limbs of 8 bits: choice of the path and blocking.
#include "LimbGEMMKernel.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum {
    // No sum of a block leaves 32 bits: at most 8 products of a byte and a digit, each of magnitude 255 * 128 or less, for
    // every step of depth, and 8192 * 8 * 255 * 128 = 2,139,095,040 is below 2^31.
    //
    // The blocks are shorter, because a's limbs stay in the second-level cache for all of b.
    BLOCK_DEPTH = 1024 / SOTTO_LIMB_DEPTH,
    BLOCK_ROWS = 256 / SOTTO_LIMB_SIDE,
};
_Static_assert(BLOCK_DEPTH * SOTTO_LIMB_DEPTH <= 8192, "sums of a block must fit 32 bits");

#if defined(__x86_64__)
static bool has_vnni(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}

// Tiles are state that Linux saves only for programs that ask for it; the answer holds for all threads.
static bool may_use_tiles(void) {
#if defined(__linux__)
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
    return false;
#endif
}
#endif

bool sotto_limbs_available(sotto_limb_path path) {
    switch (path) {
    case SOTTO_LIMBS_PORTABLE: return true;
#if defined(__x86_64__)
    case SOTTO_LIMBS_VNNI: return has_vnni();
    case SOTTO_LIMBS_AMX:
        return has_vnni() && __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-int8") &&
               may_use_tiles();
#endif
    default: return false;
    }
}

const sotto_limb_kernel *sotto_limb_kernel_of(sotto_limb_path path) {
    switch (path) {
#if defined(__x86_64__)
    case SOTTO_LIMBS_VNNI: return &sotto_limb_kernel_vnni;
    case SOTTO_LIMBS_AMX: return &sotto_limb_kernel_amx;
#endif
    default: return &sotto_limb_kernel_portable;
    }
}

size_t sotto_limbs_packed_bytes(size_t side, size_t depth, size_t limbs) {
    return sotto_limb_tiles(side, SIDE) * sotto_limb_tiles(depth, DEPTH) * limbs * TILE;
}

void sotto_limbs_pack_left(
    sotto_limb_path path, size_t m, size_t k, size_t words, size_t limbs, const uint64_t *a, size_t lda,
    uint8_t *packed) {
    sotto_limb_kernel_of(path)->pack_left(m, k, words, limbs, a, lda, packed);
}

void sotto_limbs_pack_right(
    sotto_limb_path path, size_t k, size_t n, size_t words, size_t limbs, sotto_limb_digits digits, const uint64_t *b,
    size_t ldb, uint8_t *packed) {
    sotto_limb_kernel_of(path)->pack_right(k, n, words, limbs, digits, b, ldb, packed);
}

void sotto_limbs_unpack_right(
    sotto_limb_path path, size_t k, size_t n, size_t limbs, const uint8_t *packed, size_t first, size_t count,
    uint64_t *b, size_t ldb) {
    sotto_limb_kernel_of(path)->unpack_right(k, n, limbs, packed, first, count, b, ldb);
}

void sotto_limbs_ring_product(
    sotto_limb_path path, size_t m, size_t n, size_t k, unsigned width, size_t left_limbs, const uint8_t *left,
    size_t right_limbs, const uint8_t *right, uint64_t *c, size_t ldc) {
    if (m == 0 || n == 0 || k == 0) return;
    const sotto_limb_kernel *kernel = sotto_limb_kernel_of(path);
    size_t powers = (width + 7) / 8;
    size_t depth = sotto_limb_tiles(k, DEPTH), row_panels = sotto_limb_tiles(m, SIDE);
    size_t left_panel = depth * left_limbs * TILE, right_panel = depth * right_limbs * TILE;
    sotto_limb_sums sums[SOTTO_LIMBS_OF_WORD] __attribute__((aligned(64)));
    kernel->begin(sotto_limb_min(m, SIDE));
    for (size_t p = 0; p < depth; p += BLOCK_DEPTH)
        for (size_t first = 0; first < row_panels; first += BLOCK_ROWS) {
            size_t last = sotto_limb_min(first + BLOCK_ROWS, row_panels);
            for (size_t j = 0; j * SIDE < n; j++)
                for (size_t i = first; i < last; i++) {
                    sotto_limb_panels panels = {
                        .left = left + i * left_panel + p * left_limbs * TILE,
                        .right = right + j * right_panel + p * right_limbs * TILE,
                        .left_limbs = left_limbs,
                        .right_limbs = right_limbs,
                        .depth = sotto_limb_min(BLOCK_DEPTH, depth - p),
                        .rows = sotto_limb_min(SIDE, m - i * SIDE),
                    };
                    size_t columns = sotto_limb_min(SIDE, n - j * SIDE);
                    uint64_t *tile = c + i * SIDE * ldc + j * SIDE;
                    sotto_limb_prefetch(
                        panels.right + right_panel, (j + 1) * SIDE < n ? panels.depth * right_limbs * TILE : 0,
                        i - first, last - first, tile, panels.rows, 8 * columns, 8 * ldc);
                    kernel->multiply(&panels, 0, powers, sums);
                    kernel->add_sums((const sotto_limb_sums *)sums, panels.rows, columns, width, tile, ldc);
                }
        }
    kernel->end();
}
