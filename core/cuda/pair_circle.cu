// Kernels of Circle Loss.
#include "cuda/pair_fused.cuh"

CT_PAIR_LAUNCHES_FUSED(circle)
CT_PAIR_LAUNCHES(circle, double, f64)
