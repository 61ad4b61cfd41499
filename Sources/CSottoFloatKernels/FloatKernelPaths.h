// The tables of the float kernels, one for each path.
#pragma once
#include "CFloatKernels.h"

#define SOTTO_INLINE static inline __attribute__((always_inline))

extern const sotto_float_kernels sotto_float_kernels_portable;
#if defined(__x86_64__)
extern const sotto_float_kernels sotto_float_kernels_avx2;
extern const sotto_float_kernels sotto_float_kernels_avx512;
#endif
