// Losses over all triplets, as in core/cpu/pair_triplets.h: every anchor has a list of its
// positives' distances, filled by a pass over the tiles that hold positives. Each negative is then
// met with that list; the list's slopes are what positives weigh. In double, a warp for each
// anchor, so that every sum has one order.
#ifndef CIRCLET_CUDA_PAIR_TRIPLETS_CUH
#define CIRCLET_CUDA_PAIR_TRIPLETS_CUH

#include "cuda/pair.cuh"

// A pair's distance, or with the sign turned its similarity; and its derivative by s.
__device__ __forceinline__ double ct_triplet_far(int variant, double s) {
  return variant == CT_MEASURE_DISTANCE ? ct_distance_of(s) : -s;
}

__device__ __forceinline__ double ct_triplet_slope(int variant, double s) {
  return variant == CT_MEASURE_DISTANCE ? ct_distance_slope(s) : -1;
}

// A triplet's hinge, or softplus, of z = margin + far - near.
__device__ __forceinline__ ct_softplus ct_triplet_of(bool soft, double z) {
  if (soft) return ct_softplus_of(z);
  return ct_softplus{z > 0 ? z : 0.0, z > 0 ? 1.0 : 0.0};
}

// The similarity of a tile's element.
template <class Real>
__device__ __forceinline__ double ct_element_of(const ct_tile<Real> &t, int row, int column) {
  Real s = t.s[(int64_t)row * t.pitch + column];
  if (t.column_half)
    s += (t.row_half ? t.row_half[t.row + row] : (Real)0) + t.column_half[t.column + column];
  return (double)s;
}

// Fills the lists of the tile's rows or, as columns, of its columns: a warp for each.
template <class Real> __global__ void ct_list_kernel(ct_tile<Real> t, bool columns) {
  const int i = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  if (i >= (columns ? t.columns : t.rows)) return;
  const int anchor = (columns ? t.column : t.row) + i, base = columns ? t.row : t.column;
  const int first = t.first[anchor], from = max(first - base, 0);
  const int to = min(t.last[anchor] - base, columns ? t.rows : t.columns);
  for (int j = from + (int)threadIdx.x % 32; j < to; j += 32) {
    if (t.self && base + j == anchor) continue;
    const double s = ct_element_of(t, columns ? j : i, columns ? i : j);
    t.triplets.far[t.triplets.start[anchor] + base + j - first] = ct_triplet_far(t.variant, s);
  }
}

// Adds the triplets of the tile's negatives to their anchors, and their slopes to the lists.
template <class Real>
__global__ void ct_triplets_kernel(ct_tile<Real> t, bool columns, double *term, double *count) {
  const int i = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
  const int others = columns ? t.rows : t.columns, base = columns ? t.row : t.column;
  if (i >= (columns ? t.columns : t.rows)) return;
  const int anchor = (columns ? t.column : t.row) + i;
  const int first = t.first[anchor], last = t.last[anchor];
  const double margin = t.parameters[0];
  const bool soft = t.parameters[1] != 0;
  double terms = 0, some = 0;
  for (int64_t e = t.triplets.start[anchor]; e < t.triplets.start[anchor + 1]; e++) {
    const double far = t.triplets.far[e];
    double slopes = 0;
    if (far == -INFINITY) continue; // the anchor itself
    for (int j = lane; j < others; j += 32) {
      if (base + j >= first && base + j < last) continue;
      const double s = ct_element_of(t, columns ? j : i, columns ? i : j);
      const ct_softplus own = ct_triplet_of(soft, margin + far - ct_triplet_far(t.variant, s));
      terms += own.value, some += own.value != 0, slopes += own.slope;
    }
    for (int step = 16; step > 0; step /= 2) slopes += __shfl_xor_sync(~0u, slopes, step);
    if (lane == 0) t.triplets.slope[e] += slopes;
  }
  for (int step = 16; step > 0; step /= 2) {
    terms += __shfl_xor_sync(~0u, terms, step);
    some += __shfl_xor_sync(~0u, some, step);
  }
  if (lane == 0) term[anchor] += terms, count[anchor] += some;
}

// What an anchor's triplets with one of its pairs add to the pair's weight.
template <class Real>
__device__ __forceinline__ double ct_triplet_weight(const ct_tile<Real> &t, bool positive,
                                                    int anchor, int other, double s) {
  const ct_triplet_lists &l = t.triplets;
  const double linear = (double)t.linear[CT_NEGATIVE][anchor];
  if (positive) return linear * l.slope[l.start[anchor] + other - t.first[anchor]];
  const double near = t.parameters[0] - ct_triplet_far(t.variant, s);
  double slopes = 0;
  for (int64_t e = l.start[anchor]; e < l.start[anchor + 1]; e++)
    if (l.far[e] != -INFINITY) slopes += ct_triplet_of(t.parameters[1] != 0, near + l.far[e]).slope;
  return -linear * slopes;
}

#endif
