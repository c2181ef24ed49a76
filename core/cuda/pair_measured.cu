// Kernels of the losses of distances or similarities: contrastive, triplet, generalised lifted.
#include "cuda/pair_launch.cuh"

CT_PAIR_LAUNCHES(contrastive, float, f32)
CT_PAIR_LAUNCHES(contrastive, double, f64)
CT_PAIR_LAUNCHES(triplet_hard, float, f32)
CT_PAIR_LAUNCHES(triplet_hard, double, f64)
CT_PAIR_LAUNCHES(generalized_lifted, float, f32)
CT_PAIR_LAUNCHES(generalized_lifted, double, f64)
CT_PAIR_LAUNCHES(triplet_all, double, f64)
