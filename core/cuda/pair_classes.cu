// Kernels of the losses that have class vectors: margin softmax and proxy-anchor.
#include "cuda/pair_launch.cuh"

CT_PAIR_LAUNCHES(margin, float, f32)
CT_PAIR_LAUNCHES(margin, double, f64)
CT_PAIR_LAUNCHES(proxy_anchor, float, f32)
CT_PAIR_LAUNCHES(proxy_anchor, double, f64)
