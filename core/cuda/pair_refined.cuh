// Statistics and weights of one loss where pairs count more or less than once, or anchors have
// parameters of their own (pair_shares.cuh), in place of pair_tile.cuh and pair_weigh.cuh; and what
// diagnostics note of weights, with and without refinements.
//
// A pair's part in the statistics of an anchor, and in the gradient, is that of one end. Both ends
// read the same similarity: a tile that meets itself has been made the same on both sides of its
// diagonal (pair_ends.cu), so that the largest coordinates and the last of the hardest negatives
// are found again to the bit.
#ifndef CIRCLET_CUDA_PAIR_REFINED_CUH
#define CIRCLET_CUDA_PAIR_REFINED_CUH

#include "cuda/pair_shares.cuh"
#include "cuda/pair_weigh.cuh"

// What an anchor's pairs of one kind come to; relative to `reference` as in ct_anchor_sums.
struct ct_running {
  double reference, sum, term, count, mass, s;
  int64_t pairs;
};

template <class Maths, class Real, bool positive>
__device__ __forceinline__ ct_running ct_nothing(const ct_tile<Real> &t) {
  ct_running r = {};
  r.reference =
      Maths::has(positive, CT_EXTREME) ? (double)Maths::lowest() : (double)t.start[positive];
  return r;
}

template <class Maths, class Real, bool positive>
__device__ __forceinline__ void ct_meet(const ct_tile<Real> &t, const ct_own<Maths, Real> &own,
                                        Real s, double share, ct_running *to) {
  to->pairs++;
  to->mass += share, to->s += (double)s;
  const Real v = Maths::coordinate(positive, t.variant, s, own.k);
  if (Maths::has(positive, CT_LSE)) {
    const ct_logit<Real> l = ct_logit_of<Maths>(v, own.scale[positive], own.low_scale[positive]);
    const Real whole = ct_whole(l);
    ct_join(false, (double)whole, share * (double)ct_relative(l, whole), &to->reference, &to->sum);
  }
  if (Maths::has(positive, CT_EXTREME)) ct_join(true, (double)v, share, &to->reference, &to->sum);
  if (Maths::has(positive, CT_TERM)) {
    const double term = (double)Maths::term(positive, t.variant, s, own.k);
    to->term += share * term;
    to->count += term != 0 ? share : 0;
  }
}

// Joins what the threads of an anchor have, and adds it to what the tiles before have brought.
template <class Maths, class Real, bool positive>
__device__ __forceinline__ void
ct_add_running(const ct_tile<Real> &t, const ct_one_end &e, ct_running *mine,
               ct_running (&room)[CT_END_GROUPS][CT_END_LANES], const ct_anchor_sums<Real> &to) {
  const bool ranked = Maths::has(positive, CT_LSE | CT_EXTREME);
  const bool extreme = Maths::has(positive, CT_EXTREME);
  constexpr int kind = positive;
  const bool first = ct_join_end(e, room, mine, [&](ct_running &a, const ct_running &b) {
    if (ranked) ct_join(extreme, b.reference, b.sum, &a.reference, &a.sum);
    a.term += b.term, a.count += b.count, a.mass += b.mass, a.s += b.s, a.pairs += b.pairs;
  });
  if (!first) return;
  if (ranked) {
    double reference = (double)to.reference[kind][e.anchor], sum = to.sum[kind][e.anchor];
    ct_join(extreme, mine->reference, mine->sum, &reference, &sum);
    to.reference[kind][e.anchor] = (Real)reference, to.sum[kind][e.anchor] = sum;
  }
  if (Maths::has(positive, CT_TERM))
    to.term[kind][e.anchor] += mine->term, to.count[kind][e.anchor] += mine->count;
  t.refined.pairs[kind][e.anchor] += mine->pairs;
  t.refined.mass[kind][e.anchor] += mine->mass;
  t.refined.sum_s[kind][e.anchor] += mine->s;
}

template <class Maths, class Real>
__global__ void __launch_bounds__(CT_END_GROUPS *CT_END_LANES)
    ct_refined_sums_kernel(ct_tile<Real> t, bool columns, ct_anchor_sums<Real> to) {
  __shared__ ct_running room[CT_END_GROUPS][CT_END_LANES];
  const ct_one_end e = ct_end_here(t, columns);
  ct_running negative = ct_nothing<Maths, Real, false>(t),
             positive = ct_nothing<Maths, Real, true>(t);
  if (e.there) {
    const ct_own<Maths, Real> own = ct_own_of<Maths>(t, e.anchor);
    for (int j = e.from; j < e.others; j += e.step) {
      const Real s = ct_element_at(t, e, j);
      const double share = ct_share_of(t, e.anchor, e.base + j, s);
      if (share < 0) ct_meet<Maths, Real, false>(t, own, s, -share, &negative);
      if (share > 0) ct_meet<Maths, Real, true>(t, own, s, share, &positive);
    }
  }
  ct_add_running<Maths, Real, false>(t, e, &negative, room, to);
  ct_add_running<Maths, Real, true>(t, e, &positive, room, to);
}

// What one end of a pair brings to its weight, dL/ds: by its log-sum-exp or extreme, which counts
// where its logit is not below the anchor's cut, and by its term.
struct ct_end_weight {
  double sum, term;
  bool counts;
};

template <class Maths, int loss, class Real, bool positive>
__device__ __forceinline__ ct_end_weight ct_weight_of_kind(const ct_tile<Real> &t, int anchor,
                                                           int other, Real s, double share) {
  constexpr int kind = positive;
  const bool lse = Maths::has(positive, CT_LSE), extreme = Maths::has(positive, CT_EXTREME);
  const ct_own<Maths, Real> own = ct_own_of<Maths>(t, anchor);
  const Real v = Maths::coordinate(positive, t.variant, s, own.k);
  ct_end_weight w = {0, 0, true};
  if (lse) {
    const ct_logit<Real> l = ct_logit_of<Maths>(v, own.scale[kind], own.low_scale[kind]);
    const Real relative = ct_relative(l, t.reference[kind][anchor]);
    w.sum =
        (double)(t.factor[kind][anchor] * relative * Maths::slope(positive, t.variant, s, own.k));
    w.counts = !(t.cut[kind] && ct_whole(l) < t.cut[kind][anchor]);
  }
  if (extreme && v == t.reference[kind][anchor])
    w.sum = (double)(t.factor[kind][anchor] * Maths::slope(positive, t.variant, s, own.k));
  if (Maths::has(positive, CT_TERM))
    w.term = (double)(t.linear[kind][anchor] * Maths::term_slope(positive, t.variant, s, own.k));
  if (positive && ct_is_coupled(loss)) {
    const double theirs = t.self ? t.own[other] : -INFINITY;
    const double *p = ct_own_parameters(t.refined.own, t.parameters, anchor);
    w.term = (double)t.linear[kind][anchor] *
             ct_couple_of<loss>((double)s, t.own[anchor], theirs, t.variant, p).by_s;
  }
  if constexpr (loss == ct_loss_triplet_all)
    w.term = ct_triplet_weight(t, positive, anchor, other, (double)s) *
             ct_triplet_slope(t.variant, (double)s);
  w.sum *= share, w.term *= share;
  return w;
}

template <class Maths, int loss, class Real>
__device__ __forceinline__ ct_end_weight ct_weight_of_end(const ct_tile<Real> &t, int anchor,
                                                          int other, Real s, double share) {
  if (share > 0) return ct_weight_of_kind<Maths, loss, Real, true>(t, anchor, other, s, share);
  if (share < 0) return ct_weight_of_kind<Maths, loss, Real, false>(t, anchor, other, s, -share);
  return ct_end_weight{0, 0, false};
}

// The whole weight: a pair is dropped where both ends say so. share: that of `anchor`.
template <class Maths, int loss, class Real>
__device__ __forceinline__ double ct_weight_of_pair(const ct_tile<Real> &t, int anchor, int other,
                                                    Real s, double share) {
  const ct_end_weight a = ct_weight_of_end<Maths, loss>(t, anchor, other, s, share);
  ct_end_weight b = {0, 0, false};
  if (t.self)
    b = ct_weight_of_end<Maths, loss>(t, other, anchor, s, ct_share_of(t, other, anchor, s));
  return (a.counts || b.counts ? a.sum + b.sum : 0) + (a.term + b.term);
}

template <class Maths, int loss, class Real>
__global__ void __launch_bounds__(CT_PART_THREADS)
    ct_refined_weights_kernel(ct_tile<Real> t, ct_weight_form form) {
  const int r0 = blockIdx.y * CT_PART, warp = threadIdx.x / 32;
  const ct_lane<Real> lane = ct_lane_of(t, blockIdx.x * CT_PART);
  const float range = sizeof(Real) == sizeof(double) ? 1.0f : *t.to_range;
  for (int row = r0 + warp; row < r0 + CT_PART; row += CT_WARPS) {
    Real s[CT_LANE_COLUMNS];
    ct_load_row(t, lane, row, s);
    for (int c = 0; c < CT_LANE_COLUMNS; c++) {
      const int i = t.row + row, j = t.column + lane.column + c;
      const bool there = row < t.rows && lane.column + c < t.columns;
      const double share = there ? ct_share_of(t, i, j, s[c]) : 0;
      s[c] = there ? (Real)ct_weight_of_pair<Maths, loss>(t, i, j, s[c], share) : (Real)0;
    }
    ct_store_weights(t, form, (int64_t)row * t.pitch + lane.column, range, s);
  }
}

// Sums of |w| and of w^2 over an anchor's pairs by kind.
struct ct_noted_weights {
  double sum[CT_KINDS], square[CT_KINDS];
};

template <class Maths, int loss, class Real>
__global__ void __launch_bounds__(CT_END_GROUPS *CT_END_LANES)
    ct_note_weights_kernel(ct_tile<Real> t, bool columns, ct_gpu_diagnosis to) {
  __shared__ ct_noted_weights room[CT_END_GROUPS][CT_END_LANES];
  const ct_one_end e = ct_end_here(t, columns);
  ct_noted_weights mine = {};
  for (int j = e.from; e.there && j < e.others; j += e.step) {
    const Real s = ct_element_at(t, e, j);
    const double share = ct_share_of(t, e.anchor, e.base + j, s);
    if (share == 0) continue;
    const double w = fabs(ct_weight_of_pair<Maths, loss>(t, e.anchor, e.base + j, s, share));
    mine.sum[share > 0] += w, mine.square[share > 0] += w * w;
  }
  const bool first =
      ct_join_end(e, room, &mine, [](ct_noted_weights &a, const ct_noted_weights &b) {
        for (int kind = 0; kind < CT_KINDS; kind++)
          a.sum[kind] += b.sum[kind], a.square[kind] += b.square[kind];
      });
  for (int kind = 0; first && kind < CT_KINDS; kind++) {
    to.weight[kind][e.anchor] += mine.sum[kind];
    to.square[kind][e.anchor] += mine.square[kind];
  }
}

#endif
