// Kernels of SupCon, and of the losses whose positives take what their ends' negatives add up to:
// NT-Xent and lifted structure, which are computed in double.
#include "cuda/pair_launch.cuh"

CT_PAIR_LAUNCHES(supcon, float, f32)
CT_PAIR_LAUNCHES(supcon, double, f64)
CT_PAIR_LAUNCHES(nt_xent, double, f64)
CT_PAIR_LAUNCHES(lifted, double, f64)
