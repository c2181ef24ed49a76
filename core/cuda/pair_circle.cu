// Kernels of Circle Loss.
#include "cuda/pair_launch.cuh"

CT_PAIR_LAUNCHES(circle, float, f32)
CT_PAIR_LAUNCHES(circle, double, f64)
