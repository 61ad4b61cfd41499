// The float kernels for any processor: vectors of four, which both SSE2 and NEON have.
#include "FloatKernelPaths.h"

#include <math.h>
#include <string.h>

#define LANES 4
#define KERNELS sotto_float_kernels_portable

typedef float four_floats __attribute__((ext_vector_type(4)));

SOTTO_INLINE four_floats load_part(size_t count, const float *x, float neutral) {
    four_floats v = neutral;
    if (count > 0) v[0] = x[0];
    if (count > 1) v[1] = x[1];
    if (count > 2) v[2] = x[2];
    return v;
}

SOTTO_INLINE void store_part(size_t count, float *x, four_floats v) {
    if (count > 0) x[0] = v[0];
    if (count > 1) x[1] = v[1];
    if (count > 2) x[2] = v[2];
}

#include "FloatKernelsBody.h"
