// The float kernels for processors with AVX-512.
#include "FloatKernelPaths.h"

#if defined(__x86_64__)
#include <math.h>
#include <string.h>

#define LANES 16
#define KERNELS sotto_float_kernels_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma"))), apply_to = function)
#include "FloatKernelsBody.h"
#pragma clang attribute pop
#endif
