// What pairs of a tile weigh for one loss, dL/ds, in place of their similarities, in the form that
// their product takes; and the coupled terms of positives. A block of threads takes a part of
// 128 x 128, as in pair_tile.cuh; of a tile that meets itself, weights are made of all of it.
#ifndef CIRCLET_CUDA_PAIR_WEIGH_CUH
#define CIRCLET_CUDA_PAIR_WEIGH_CUH

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include "cuda/pair_shares.cuh"
#include "cuda/pair_tile.cuh"
#include "cuda/pair_triplets.cuh"

// What pairs of a kind take from their columns.
template <class Real> struct ct_column_factors {
  Real reference[CT_LANE_COLUMNS], factor[CT_LANE_COLUMNS], linear[CT_LANE_COLUMNS];
  Real cut[CT_LANE_COLUMNS];
};

template <class Real>
__device__ __forceinline__ ct_column_factors<Real>
ct_factors_of(const ct_tile<Real> &t, int kind, int column, bool ranked, bool linear) {
  ct_column_factors<Real> f;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) {
    const int at = t.column + min(column + c, t.columns - 1);
    f.reference[c] = t.self && ranked ? t.reference[kind][at] : (Real)0;
    f.factor[c] = t.self && ranked ? t.factor[kind][at] : (Real)0;
    f.linear[c] = t.self && linear ? t.linear[kind][at] : (Real)0;
    f.cut[c] = t.self && ranked && t.cut[kind] ? t.cut[kind][at] : (Real)0;
  }
  return f;
}

// The weights of the lane's pairs of one kind in a row, dL/ds, in place of their similarities.
template <class Maths, int loss, class Real, bool positive>
__device__ __forceinline__ void ct_weigh_row(const ct_tile<Real> &t,
                                             const typename Maths::parameters &k,
                                             const ct_column_factors<Real> &f, int row, int column,
                                             unsigned counted, Real s[CT_LANE_COLUMNS]) {
  constexpr int kind = positive;
  const bool lse = Maths::has(positive, CT_LSE), extreme = Maths::has(positive, CT_EXTREME);
  const bool term = Maths::has(positive, CT_TERM);
  const bool coupled = positive && ct_is_coupled(loss);
  const bool drop = t.cut[kind] != nullptr;
  const int at = t.row + min(row, t.rows - 1);
  const Real reference = lse || extreme ? t.reference[kind][at] : (Real)0;
  const Real factor = lse || extreme ? t.factor[kind][at] : (Real)0;
  const Real linear = term || coupled ? t.linear[kind][at] : (Real)0;
  const Real cut = drop && lse ? t.cut[kind][at] : (Real)0;
#pragma unroll
  for (int c = 0; c < CT_LANE_COLUMNS; c++) {
    if (!(counted >> c & 1)) continue;
    const Real v = Maths::coordinate(positive, t.variant, s[c], k);
    Real weight = 0;
    if (lse) {
      const ct_logit<Real> l = ct_logit_of<Maths>(v, t.scale[kind], t.low_scale[kind]);
      weight = factor * ct_relative(l, reference);
      if (t.self) weight += f.factor[c] * ct_relative(l, f.reference[c]);
      weight *= Maths::slope(positive, t.variant, s[c], k);
      const Real lowest = t.self && f.cut[c] < cut ? f.cut[c] : cut;
      if (drop) weight = ct_whole(l) < lowest ? (Real)0 : weight;
    }
    if (extreme) {
      weight = v == reference ? factor : (Real)0;
      if (t.self) weight += v == f.reference[c] ? f.factor[c] : (Real)0;
      weight *= Maths::slope(positive, t.variant, s[c], k);
    }
    if (term) weight += (linear + f.linear[c]) * Maths::term_slope(positive, t.variant, s[c], k);
    if (coupled) {
      const int i = t.row + row, j = t.column + column + c;
      const double own = t.own[i], other = t.self ? t.own[j] : -INFINITY, x = (double)s[c];
      double both =
          (double)linear * ct_couple_of<loss>(x, own, other, t.variant, t.parameters).by_s;
      if (t.self)
        both +=
            (double)f.linear[c] * ct_couple_of<loss>(x, other, own, t.variant, t.parameters).by_s;
      weight = (Real)both;
    }
    if constexpr (loss == ct_loss_triplet_all) {
      const int i = t.row + row, j = t.column + column + c;
      const double x = (double)s[c];
      double both = ct_triplet_weight(t, positive, i, j, x);
      if (t.self) both += ct_triplet_weight(t, positive, j, i, x);
      weight = (Real)(both * ct_triplet_slope(t.variant, x));
    }
    s[c] = weight;
  }
}

template <class Narrow> __device__ __forceinline__ Narrow ct_narrow_of(float x);
template <> __device__ __forceinline__ __half ct_narrow_of<__half>(float x) {
  return __float2half_rn(x);
}
template <> __device__ __forceinline__ __nv_bfloat16 ct_narrow_of<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}

template <class Narrow>
__device__ __forceinline__ void ct_store_four(void *to, int64_t at, const float v[4]) {
  alignas(8) Narrow four[4];
#pragma unroll
  for (int c = 0; c < 4; c++) four[c] = ct_narrow_of<Narrow>(v[c]);
  *reinterpret_cast<uint2 *>((Narrow *)to + at) = *reinterpret_cast<const uint2 *>(four);
}

// Stores four weights in the form that their product takes.
template <class Real>
__device__ __forceinline__ void ct_store_weights(const ct_tile<Real> &t, ct_weight_form form,
                                                 int64_t at, float range,
                                                 const Real w[CT_LANE_COLUMNS]) {
  if constexpr (sizeof(Real) == sizeof(double)) {
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++) ((Real *)t.weight)[at + c] = w[c];
  } else {
    float v[CT_LANE_COLUMNS];
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++) v[c] = w[c] * range;
    if (form == CT_WEIGHT_BFLOAT16) {
      ct_store_four<__nv_bfloat16>(t.weight, at, v);
      return;
    }
    ct_store_four<__half>(t.weight, at, v);
    if (form != CT_WEIGHT_SPLIT_HALF) return;
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++) v[c] -= __half2float(__float2half_rn(v[c]));
    ct_store_four<__half>(t.weight_low, at, v);
  }
}

template <class Maths, int loss, class Real>
__global__ void __launch_bounds__(CT_PART_THREADS, sizeof(Real) == 4 ? 4 : 2)
    ct_weights_kernel(ct_tile<Real> t, ct_weight_form form) {
  const int part_row = blockIdx.y, part_column = blockIdx.x;
  const ct_part_kinds kinds = ct_kinds_of(t, part_row, part_column, false);
  const int r0 = part_row * CT_PART, warp = threadIdx.x / 32;
  const ct_lane<Real> lane = ct_lane_of(t, part_column * CT_PART);
  const typename Maths::parameters k = ct_parameters_of<Maths>(t);
  const float range = sizeof(Real) == sizeof(double) ? 1.0f : *t.to_range;
  const ct_column_factors<Real> negative =
      ct_factors_of(t, CT_NEGATIVE, lane.column, Maths::has(false, CT_LSE | CT_EXTREME),
                    Maths::has(false, CT_TERM));
  if (kinds.only(CT_NEGATIVE)) {
#pragma unroll 2
    for (int row = r0 + warp; row < r0 + CT_PART; row += CT_WARPS) {
      Real s[CT_LANE_COLUMNS];
      ct_load_row(t, lane, row, s);
      ct_weigh_row<Maths, loss, Real, false>(t, k, negative, row, lane.column, ~0u, s);
      ct_store_weights(t, form, (int64_t)row * t.pitch + lane.column, range, s);
    }
    return;
  }
  const ct_column_factors<Real> positive =
      ct_factors_of(t, CT_POSITIVE, lane.column, Maths::has(true, CT_LSE | CT_EXTREME),
                    Maths::has(true, CT_TERM) || ct_is_coupled(loss));
  for (int row = r0 + warp; row < r0 + CT_PART; row += CT_WARPS) {
    Real s[CT_LANE_COLUMNS];
    ct_load_row(t, lane, row, s);
    const unsigned n = ct_counted(t, row, lane.column, false, false);
    const unsigned p = ct_counted(t, row, lane.column, true, false);
    ct_weigh_row<Maths, loss, Real, false>(t, k, negative, row, lane.column, n, s);
    ct_weigh_row<Maths, loss, Real, true>(t, k, positive, row, lane.column, p, s);
#pragma unroll
    for (int c = 0; c < CT_LANE_COLUMNS; c++)
      if (!((n | p) >> c & 1)) s[c] = 0;
    ct_store_weights(t, form, (int64_t)row * t.pitch + lane.column, range, s);
  }
}

// What the coupled terms of an anchor come to.
struct ct_coupled_sums {
  double terms, some, by_own;
};

// The coupled terms of a tile's positive pairs for its rows as anchors or, as columns, for its
// columns.
template <int loss, class Real>
__global__ void ct_couple_kernel(ct_tile<Real> t, bool columns, const double *own, double *term,
                                 double *count, double *by_own) {
  __shared__ ct_coupled_sums room[CT_END_GROUPS][CT_END_LANES];
  const ct_one_end e = ct_end_here(t, columns);
  const ct_positives_of range = ct_positives_here(t, e);
  ct_coupled_sums mine = {};
  for (int j = range.from; j < range.to; j += e.step) {
    const int other = e.base + j;
    const Real s = ct_element_at(t, e, j);
    const double share = ct_share_of(t, e.anchor, other, s);
    if (!(share > 0)) continue;
    const double *p = ct_own_parameters(t.refined.own, t.parameters, e.anchor);
    const ct_coupled c =
        ct_couple_of<loss>((double)s, own[e.anchor], t.self ? own[other] : -INFINITY, t.variant, p);
    mine.terms += share * c.term, mine.some += c.term != 0 ? share : 0;
    mine.by_own += share * c.by_own;
  }
  const bool first = ct_join_end(e, room, &mine, [](ct_coupled_sums &a, const ct_coupled_sums &b) {
    a.terms += b.terms, a.some += b.some, a.by_own += b.by_own;
  });
  if (!first) return;
  term[e.anchor] += mine.terms, count[e.anchor] += mine.some, by_own[e.anchor] += mine.by_own;
}

#endif
