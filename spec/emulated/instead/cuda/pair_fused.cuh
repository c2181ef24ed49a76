// In place of core/cuda/pair_fused.cuh on the emulated GPU, which has no tensor cores: losses with a
// fused kernel run on the others.
#include "cuda/pair_launch.cuh"

#define CT_PAIR_LAUNCHES_FUSED(loss) CT_PAIR_LAUNCHES(loss, float, f32)
