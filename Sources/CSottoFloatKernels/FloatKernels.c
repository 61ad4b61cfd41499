// Choice of the path of the float kernels.
#include "FloatKernelPaths.h"

bool sotto_float_available(sotto_float_path path) {
    switch (path) {
    case SOTTO_FLOAT_PORTABLE: return true;
#if defined(__x86_64__)
    case SOTTO_FLOAT_AVX2:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case SOTTO_FLOAT_AVX512:
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("fma");
#endif
    default: return false;
    }
}

const sotto_float_kernels *sotto_float_kernels_of(sotto_float_path path) {
    switch (path) {
#if defined(__x86_64__)
    case SOTTO_FLOAT_AVX2: return &sotto_float_kernels_avx2;
    case SOTTO_FLOAT_AVX512: return &sotto_float_kernels_avx512;
#endif
    default: return &sotto_float_kernels_portable;
    }
}
