// The float kernels for processors with AVX2 and FMA.
#include "FloatKernelPaths.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define LANES 8
#define KERNELS sotto_float_kernels_avx2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

SOTTO_INLINE __m256i first_lanes(size_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

SOTTO_INLINE __m256 load_part(size_t count, const float *x, float neutral) {
    __m256i lanes = first_lanes(count);
    return _mm256_blendv_ps(_mm256_set1_ps(neutral), _mm256_maskload_ps(x, lanes), _mm256_castsi256_ps(lanes));
}

SOTTO_INLINE void store_part(size_t count, float *x, __m256 v) { _mm256_maskstore_ps(x, first_lanes(count), v); }

#include "FloatKernelsBody.h"
#pragma clang attribute pop
#endif
