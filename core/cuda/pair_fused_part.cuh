// What the fused kernel's two sides share: a part of 128 x 128 similarities in the registers of a
// group of 256 threads, and the block's shared memory.
#ifndef CIRCLET_CUDA_PAIR_FUSED_PART_CUH
#define CIRCLET_CUDA_PAIR_FUSED_PART_CUH

#include "cuda/hopper.cuh"
#include "cuda/operand_map.cuh"
#include "cuda/pair_launch.cuh"

constexpr int CT_STEP = CT_FUSED_STEP, CT_STAGES = 4, CT_BOX_BYTES = CT_PART * CT_STEP * 2;
static_assert((int)CT_FUSED_ROWS == (int)CT_PART, "a box holds a part");

enum {
  CT_FUSED_GROUPS = 2,     // that take parts
  CT_GROUP_WARPGROUPS = 2, // each has 64 rows of a part
  CT_GROUP_THREADS = 128 * CT_GROUP_WARPGROUPS,
  CT_GROUP_WARPS = 4 * CT_GROUP_WARPGROUPS,
  CT_FUSED_THREADS = CT_FUSED_GROUPS * CT_GROUP_THREADS + 128, // with those that load
  CT_BAND = 8,                                                 // rows of parts
  CT_WARP_BYTES = 16 * (2 * CT_PART + 16)
};
static_assert((int)CT_PART == 128 && (int)CT_GROUP_THREADS >= (int)CT_PART,
              "a thread of a group for each row and column");

// What a group puts down beside its registers. Whoever has read it ends with a barrier of the
// group, so that the next may write.
struct ct_fused_group {
  alignas(16) uint8_t warp[CT_GROUP_WARPS][CT_WARP_BYTES]; // each warp's own
  float by_warp[CT_GROUP_WARPS][CT_PART];                  // columns
  float reference[CT_KINDS][CT_PART], factor[CT_KINDS][CT_PART], cut[CT_KINDS][CT_PART]; // columns
  float row[CT_PART];
  float most[CT_GROUP_WARPS], least[CT_GROUP_WARPS], total[CT_GROUP_WARPS];
};

// Dynamic shared memory of a block.
struct ct_fused_room {
  alignas(1024) uint8_t a[CT_STAGES][CT_BOX_BYTES];
  alignas(1024) uint8_t b[CT_STAGES][CT_BOX_BYTES];
  ct_fused_group group[CT_FUSED_GROUPS];
  uint64_t full[CT_STAGES], empty[CT_STAGES], turn[CT_FUSED_GROUPS];
};
enum { CT_FUSED_BYTES = sizeof(ct_fused_room) + 1024 };
static_assert(CT_FUSED_BYTES <= 227 << 10, "what a block may have");

struct ct_fused_part {
  int row, column, columns; // in parts, within the tile; the tile's
  ct_part_kinds kinds;
};

__device__ __forceinline__ int ct_group() { return threadIdx.x / CT_GROUP_THREADS; }
__device__ __forceinline__ int ct_group_thread() { return threadIdx.x % CT_GROUP_THREADS; }
__device__ __forceinline__ void ct_group_sync() { ct_sync_some<CT_GROUP_THREADS>(ct_group() + 1); }
__device__ __forceinline__ bool ct_group_or(bool predicate) {
  return ct_any_of_some<CT_GROUP_THREADS>(ct_group() + 1, predicate);
}

// d[4 * j + 2 * i + e] of [64] is a similarity of row ct_fused_row(i) of the part, column
// ct_fused_column(j) + e.
__device__ __forceinline__ int ct_group_warp() { return threadIdx.x / 32 % CT_GROUP_WARPS; }
__device__ __forceinline__ int ct_fused_row(int i) {
  return ct_group_warp() * 16 + threadIdx.x % 32 / 4 + 8 * i;
}
__device__ __forceinline__ int ct_fused_column(int j) { return 8 * j + threadIdx.x % 4 * 2; }

// A row of a part, to tell what its pairs are.
struct ct_labelled_row {
  int row, first, last; // within the tile; columns that are positives
};

__device__ __forceinline__ ct_labelled_row ct_labelled_row_of(const ct_tile<float> &t,
                                                              const ct_fused_part &part, int i) {
  ct_labelled_row e;
  e.row = part.row * CT_PART + ct_fused_row(i);
  const int at = t.row + min(e.row, t.rows - 1);
  e.first = t.first[at] - t.column, e.last = t.last[at] - t.column;
  return e;
}

// Whether the pair with column `at` is a positive.
__device__ __forceinline__ bool ct_is_positive(const ct_labelled_row &e, int at) {
  return at >= e.first && at < e.last;
}

// The largest logit to base 2 of a coordinate that no other exceeds, rounded.
template <class Maths>
__device__ __forceinline__ float ct_reference_of(const ct_tile<float> &t, int kind, float v) {
  return ct_round_of(Maths::above(v, t.scale[kind], t.low_scale[kind], 0, false));
}

// A copy of a part's similarities in memory, for what is too rare to be part of the kernel.
struct ct_fused_copy {
  float d[64];
  __device__ __forceinline__ explicit ct_fused_copy(const float (&from)[64]) {
#pragma unroll
    for (int i = 0; i < 64; i++) d[i] = from[i];
  }
};

#endif
