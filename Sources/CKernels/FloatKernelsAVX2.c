// The float kernels for processors with AVX2 and FMA.
#include "FloatKernelPaths.h"

#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#define LANES 8
#define KERNELS sotto_float_kernels_avx2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "FloatKernelsBody.h"
#pragma clang attribute pop
#endif
