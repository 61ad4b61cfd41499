// Choice of the path of the float kernels.
#include "CFloatKernels.h"
