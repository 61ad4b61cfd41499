// The float kernels for processors with AVX-512.
#include "FloatKernelPaths.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define LANES 16
#define KERNELS sotto_float_kernels_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma"))), apply_to = function)

SOTTO_INLINE __mmask16 first_lanes(size_t count) { return (__mmask16)((1u << count) - 1); }

SOTTO_INLINE __m512 load_part(size_t count, const float *x, float neutral) {
    return _mm512_mask_loadu_ps(_mm512_set1_ps(neutral), first_lanes(count), x);
}

SOTTO_INLINE void store_part(size_t count, float *x, __m512 v) { _mm512_mask_storeu_ps(x, first_lanes(count), v); }

#include "FloatKernelsBody.h"
#pragma clang attribute pop
#endif
