// Losses over all triplets, as in core/cpu/pair_triplets.h: every anchor has a list of its
// positives' distances, filled by a pass over the tiles that hold positives. Each negative is then
// met with that list; the list's slopes are what positives weigh. In double.
#ifndef CIRCLET_CUDA_PAIR_TRIPLETS_CUH
#define CIRCLET_CUDA_PAIR_TRIPLETS_CUH

#include "cuda/pair_shares.cuh"

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

// Where a partner stands in the list of an anchor.
template <class Real>
__device__ __forceinline__ int64_t ct_place_of(const ct_tile<Real> &t, int anchor, int other) {
  const ct_triplet_lists &l = t.triplets;
  int64_t from = l.start[anchor], to = l.start[anchor + 1];
  if (!l.column) return from + other - t.first[anchor];
  while (from < to) {
    const int64_t middle = from + (to - from) / 2;
    if (l.column[middle] < other)
      from = middle + 1;
    else
      to = middle;
  }
  return from;
}

// Fills the lists of the tile's rows or, as columns, of its columns.
template <class Real> __global__ void ct_list_kernel(ct_tile<Real> t, bool columns) {
  const ct_one_end e = ct_end_here(t, columns);
  const ct_positives_of range = ct_positives_here(t, e);
  for (int j = range.from; j < range.to; j += e.step) {
    const Real s = ct_element_at(t, e, j);
    const double share = ct_share_of(t, e.anchor, e.base + j, s);
    if (!(share > 0)) continue;
    const int64_t at = ct_place_of(t, e.anchor, e.base + j);
    t.triplets.far[at] = ct_triplet_far(t.variant, (double)s);
    if (t.triplets.share) t.triplets.share[at] = share;
  }
}

// A warp for each anchor, which meets so many negatives with the whole list at a time.
enum { CT_TRIPLET_WARPS = 4, CT_TRIPLET_THREADS = 32 * CT_TRIPLET_WARPS, CT_TRIPLET_NEAR = 256 };

template <class Real>
static inline unsigned ct_triplet_blocks(const ct_tile<Real> &t, bool columns) {
  return (unsigned)ct_divide_up(columns ? t.columns : t.rows, CT_TRIPLET_WARPS);
}

// Adds the triplets of the tile's negatives to their anchors, and their slopes to the lists. What
// is no negative stands at -INFINITY.
template <class Real>
__global__ void __launch_bounds__(CT_TRIPLET_THREADS)
    ct_triplets_kernel(ct_tile<Real> t, bool columns, double *term, double *count) {
  __shared__ double near[CT_TRIPLET_WARPS][CT_TRIPLET_NEAR],
      often[CT_TRIPLET_WARPS][CT_TRIPLET_NEAR];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32,
            i = blockIdx.x * CT_TRIPLET_WARPS + warp;
  const int others = columns ? t.rows : t.columns, base = columns ? t.row : t.column;
  if (i >= (columns ? t.columns : t.rows)) return;
  const int anchor = (columns ? t.column : t.row) + i;
  const double *p = ct_own_parameters(t.refined.own, t.parameters, anchor);
  const bool soft = p[1] != 0;
  const ct_triplet_lists &l = t.triplets;
  double terms = 0, some = 0;
  for (int from = 0; from < others; from += CT_TRIPLET_NEAR) {
    const int n = min((int)CT_TRIPLET_NEAR, others - from);
    __syncwarp();
    for (int j = lane; j < n; j += 32) {
      const Real s = columns ? ct_element_of(t, from + j, i) : ct_element_of(t, i, from + j);
      const double share = ct_share_of(t, anchor, base + from + j, s);
      near[warp][j] = share < 0 ? p[0] - ct_triplet_far(t.variant, (double)s) : -INFINITY;
      often[warp][j] = share < 0 ? -share : 0;
    }
    __syncwarp();
    for (int64_t e = l.start[anchor]; e < l.start[anchor + 1]; e++) {
      const double far = l.far[e], counts = l.share ? l.share[e] : 1;
      double slopes = 0;
      if (far == -INFINITY) continue; // no positive, such as the anchor itself
      for (int j = lane; j < n; j += 32) {
        const ct_softplus own = ct_triplet_of(soft, near[warp][j] + far);
        terms += counts * often[warp][j] * own.value;
        some += own.value != 0 ? counts * often[warp][j] : 0;
        slopes += often[warp][j] * own.slope;
      }
      for (int step = 16; step > 0; step /= 2) slopes += __shfl_xor_sync(~0u, slopes, step);
      if (lane == 0) l.slope[e] += slopes;
    }
  }
  for (int step = 16; step > 0; step /= 2) {
    terms += __shfl_xor_sync(~0u, terms, step);
    some += __shfl_xor_sync(~0u, some, step);
  }
  if (lane == 0) term[anchor] += terms, count[anchor] += some;
}

// What an anchor's triplets with one of its pairs add to the pair's weight, if it counts once.
template <class Real>
__device__ __forceinline__ double ct_triplet_weight(const ct_tile<Real> &t, bool positive,
                                                    int anchor, int other, double s) {
  const ct_triplet_lists &l = t.triplets;
  const double *p = ct_own_parameters(t.refined.own, t.parameters, anchor);
  const double linear = (double)t.linear[CT_NEGATIVE][anchor];
  if (positive) return linear * l.slope[ct_place_of(t, anchor, other)];
  const double near = p[0] - ct_triplet_far(t.variant, s);
  double slopes = 0;
  for (int64_t e = l.start[anchor]; e < l.start[anchor + 1]; e++)
    if (l.far[e] != -INFINITY)
      slopes += (l.share ? l.share[e] : 1) * ct_triplet_of(p[1] != 0, near + l.far[e]).slope;
  return -linear * slopes;
}

#endif
