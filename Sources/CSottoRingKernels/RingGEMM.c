// Matrix products modulo 2^64 and 2^52: choice of the path, blocking and packing.
//
// The loops are those of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008): a block of
// a is packed into the second-level cache, panels of b pass through the first-level cache, and a tile of c stays in
// registers for the whole depth of a block.
#include "RingGEMMKernel.h"

#include <string.h>

enum {
    // A panel of b, 96 x 32 words, takes 24 KiB of first-level cache; a block of a 192 KiB of the second level.
    BLOCK_DEPTH = 96,
    BLOCK_ROWS = 256,
    BLOCK_COLUMNS = 64,
    WORDS_PER_LINE = 8,
};

static size_t min(size_t x, size_t y) { return x < y ? x : y; }

static size_t round_up(size_t x, size_t multiple) { return (x + multiple - 1) / multiple * multiple; }

bool sotto_gemm_available(sotto_gemm_path path) {
    switch (path) {
    case SOTTO_GEMM_PORTABLE: return true;
#if defined(__x86_64__)
    case SOTTO_GEMM_AVX2: __builtin_cpu_init(); return __builtin_cpu_supports("avx2");
    case SOTTO_GEMM_AVX512:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
    case SOTTO_GEMM_IFMA: return sotto_gemm_available(SOTTO_GEMM_AVX512) && __builtin_cpu_supports("avx512ifma");
#endif
    default: return false;
    }
}

static const sotto_gemm_kernel *kernel_of(sotto_gemm_path path) {
    switch (path) {
#if defined(__x86_64__)
    case SOTTO_GEMM_AVX2: return &sotto_gemm_kernel_avx2;
    case SOTTO_GEMM_AVX512: return &sotto_gemm_kernel_avx512;
    case SOTTO_GEMM_IFMA: return &sotto_gemm_kernel_ifma;
#endif
    default: return &sotto_gemm_kernel_portable;
    }
}

static size_t packed_a_words(size_t m, size_t k) { return round_up(min(m, BLOCK_ROWS) * min(k, BLOCK_DEPTH), 8); }

size_t sotto_gemm_scratch_bytes(size_t m, size_t n, size_t k) {
    if (m <= SOTTO_GEMM_THIN) return 0;
    size_t columns = round_up(min(n, BLOCK_COLUMNS), WORDS_PER_LINE);
    return 8 * (packed_a_words(m, k) + columns * min(k, BLOCK_DEPTH));
}

// a[rows][depth] into panels of `tile_rows` rows, each with depth outermost.
static void pack_a(size_t tile_rows, size_t rows, size_t depth, const uint64_t *a, size_t lda, uint64_t *packed) {
    for (size_t i = 0; i < rows; i += tile_rows) {
        size_t height = min(tile_rows, rows - i);
        for (size_t r = 0; r < height; r++)
            for (size_t p = 0; p < depth; p++) packed[p * height + r] = a[(i + r) * lda + p];
        packed += height * depth;
    }
}

// b[depth][columns] into panels of the kernel's columns, each with depth outermost, the last one padded with zeros.
static void pack_b(
    const sotto_gemm_kernel *kernel, size_t columns, size_t depth, const uint64_t *b, size_t ldb, uint64_t *packed) {
    for (size_t j = 0; j < columns; j += kernel->columns) {
        size_t width = min(kernel->columns, columns - j);
        size_t padded = round_up(width, kernel->lanes);
        for (size_t p = 0; p < depth; p++) {
            memcpy(packed, b + p * ldb + j, 8 * width);
            memset(packed + width, 0, 8 * (padded - width));
            packed += padded;
        }
    }
}

// The cache lines of the block of b that is needed next, asked for a few at a time between the tiles of this one.
typedef struct {
    const uint64_t *row;
    size_t stride, lines_per_row, line, rows;
} prefetcher;

static void prefetch(prefetcher *next, size_t lines) {
    for (; lines > 0 && next->rows > 0; lines--) {
        __builtin_prefetch(next->row + next->line * WORDS_PER_LINE, 0, 2);
        if (++next->line == next->lines_per_row) {
            next->line = 0;
            next->row += next->stride;
            next->rows--;
        }
    }
}

// c[rows][columns] += packed a * packed b.
static void multiply_block(
    const sotto_gemm_kernel *kernel, size_t rows, size_t columns, size_t depth, const uint64_t *packed_a,
    const uint64_t *packed_b, uint64_t *c, size_t ldc, prefetcher *next) {
    size_t tiles = (rows + kernel->rows - 1) / kernel->rows * ((columns + kernel->columns - 1) / kernel->columns);
    size_t lines_per_tile = next->rows * next->lines_per_row / tiles + 1;
    for (size_t j = 0; j < columns; j += kernel->columns) {
        size_t width = min(kernel->columns, columns - j);
        for (size_t i = 0; i < rows; i += kernel->rows) {
            prefetch(next, lines_per_tile);
            kernel->tile(
                min(kernel->rows, rows - i), width, depth, packed_a + i * depth, packed_b + j * depth,
                c + i * ldc + j, ldc);
        }
    }
}

void sotto_gemm(
    sotto_gemm_path path, size_t m, size_t n, size_t k, const uint64_t *a, size_t lda, const uint64_t *b, size_t ldb,
    uint64_t *c, size_t ldc, void *scratch) {
    if (m == 0 || n == 0 || k == 0) return;
    const sotto_gemm_kernel *kernel = kernel_of(path);
    if (m <= SOTTO_GEMM_THIN) {
        kernel->thin(m, n, k, a, lda, b, ldb, c, ldc);
        return;
    }
    uint64_t *packed_a = scratch;
    uint64_t *packed_b = packed_a + packed_a_words(m, k);
    for (size_t p = 0; p < k; p += BLOCK_DEPTH) {
        size_t depth = min(BLOCK_DEPTH, k - p);
        for (size_t i = 0; i < m; i += BLOCK_ROWS) {
            size_t rows = min(BLOCK_ROWS, m - i);
            pack_a(kernel->rows, rows, depth, a + i * lda + p, lda, packed_a);
            for (size_t j = 0; j < n; j += BLOCK_COLUMNS) {
                size_t columns = min(BLOCK_COLUMNS, n - j);
                pack_b(kernel, columns, depth, b + p * ldb + j, ldb, packed_b);
                size_t following = min(BLOCK_COLUMNS, n - j - columns);
                prefetcher next = {
                    .row = b + p * ldb + j + columns,
                    .stride = ldb,
                    .lines_per_row = following / WORDS_PER_LINE,
                    .rows = following < WORDS_PER_LINE ? 0 : depth,
                };
                multiply_block(kernel, rows, columns, depth, packed_a, packed_b, c + i * ldc + j, ldc, &next);
            }
        }
    }
}
