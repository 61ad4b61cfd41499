// The float kernels for any processor: vectors of four, which both SSE2 and NEON have.
#include "FloatKernelPaths.h"

#include <math.h>
#include <string.h>

#define LANES 4
#define KERNELS sotto_float_kernels_portable
#include "FloatKernelsBody.h"
