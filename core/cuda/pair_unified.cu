// Kernels of the losses of log-sum-exps beside Circle Loss: unified and multi-similarity.
#include "cuda/pair_launch.cuh"

CT_PAIR_LAUNCHES(unified, float, f32)
CT_PAIR_LAUNCHES(unified, double, f64)
CT_PAIR_LAUNCHES(multi_similarity, float, f32)
CT_PAIR_LAUNCHES(multi_similarity, double, f64)
