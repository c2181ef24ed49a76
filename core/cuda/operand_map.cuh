// Operands as Hopper's copy engine sees them.
#ifndef CIRCLET_CUDA_OPERAND_MAP_CUH
#define CIRCLET_CUDA_OPERAND_MAP_CUH

#include <cuda.h>
#include "cuda/launch.cuh"

// Numbers of a row that one step of the fused kernel takes (pair_fused.cuh).
enum { CT_FUSED_STEP = 64, CT_FUSED_ROWS = 128 };

// Whether the device runs what was compiled for sm_90a, and the driver can describe operands to it.
// The environment variable CIRCLET_CUDA_FUSED=0 says no.
bool ct_has_fused(int device);

// Rows of `pitch` numbers of 16 bits, in boxes of CT_FUSED_STEP x CT_FUSED_ROWS; beyond the ends,
// zeros.
ct_status ct_map_operand(CUtensorMap *map, const void *rows, int64_t count, int64_t pitch,
                         bool bfloat16, const char *what, ct_error *error);

#endif
