// From an anchor's statistics to its loss, and to what its pairs take in backward: a thread for
// each anchor, all in double. Sums over anchors are made of one row of parts for each block of
// threads.
#ifndef CIRCLET_CUDA_PAIR_ANCHORS_CUH
#define CIRCLET_CUDA_PAIR_ANCHORS_CUH

#include "cuda/pair_shares.cuh"

template <class Real>
__device__ __forceinline__ int64_t ct_pairs_of(const ct_anchors<Real> &a, int i, int kind) {
  if (a.refined.on) return a.refined.pairs[kind][i];
  const int64_t same = a.last[i] - a.first[i];
  return kind == CT_POSITIVE ? same - (a.self ? 1 : 0) : a.columns - same;
}

template <class Maths, class Real>
__device__ __forceinline__ ct_anchor ct_anchor_of(const ct_anchors<Real> &a, int i) {
  ct_anchor out = {};
  for (int kind = 0; kind < CT_KINDS; kind++) {
    out.pairs[kind] = ct_pairs_of(a, i, kind);
    out.mass[kind] = a.refined.on ? a.refined.mass[kind][i] : (double)out.pairs[kind];
  }
  for (int kind = 0; kind < CT_KINDS; kind++) {
    const bool lse = Maths::has(kind, CT_LSE), extreme = Maths::has(kind, CT_EXTREME);
    const double offset = a.refined.own ? a.refined.offset[kind][i] : a.offset[kind];
    out.sum[kind] = -INFINITY;
    if ((lse || extreme) && out.pairs[kind] > 0) {
      const double reference = a.sums.reference[kind][i];
      out.sum[kind] =
          lse ? reference * 0x1.62e42fefa39efp-1 + log(a.sums.sum[kind][i]) + offset : reference;
    }
    if (a.sums.term[kind])
      out.term[kind] = a.sums.term[kind][i], out.count[kind] = a.sums.count[kind][i];
  }
  if (a.by_own) out.coupled = a.by_own[i];
  if (a.targets) out.target = a.targets[i];
  out.anchors = a.rows;
  out.with_positive = a.with_positive;
  return out;
}

// Adds up `values` of a block's threads, in a fixed order; the result is thread 0's.
template <int values> __device__ __forceinline__ void ct_block_sums(double (&v)[values]) {
  __shared__ double room[CT_ANCHOR_THREADS / 32][values];
#pragma unroll
  for (int k = 0; k < values; k++)
    for (int step = 16; step > 0; step /= 2) v[k] += __shfl_xor_sync(~0u, v[k], step);
  if (threadIdx.x % 32 == 0)
    for (int k = 0; k < values; k++) room[threadIdx.x / 32][k] = v[k];
  __syncthreads();
  if (threadIdx.x == 0)
    for (int k = 0; k < values; k++)
      for (int w = 1; w < CT_ANCHOR_THREADS / 32; w++) v[k] += room[w][k];
}

template <class Maths, class Real>
__global__ void __launch_bounds__(CT_ANCHOR_THREADS)
    ct_terms_kernel(ct_anchors<Real> a, ct_unit unit) {
  double v[CT_ANCHOR_PARTS] = {0};
  const int step = gridDim.x * CT_ANCHOR_THREADS;
  for (int i = blockIdx.x * CT_ANCHOR_THREADS + threadIdx.x; i < a.rows; i += step) {
    const ct_anchor anchor = ct_anchor_of<Maths>(a, i);
    const double weight = a.weights ? a.weights[i] : 1;
    const double *p = ct_own_parameters(a.refined.own, a.parameters, i);
    const double loss = a.valid[i] ? Maths::combine(&anchor, p).loss : 0;
    v[CT_PART_ANCHORS] += weight;
    if (a.loss) a.loss[i] = weight * loss;
    if (!a.valid[i]) continue;
    const ct_loss_parts own = ct_parts_of(unit, &anchor, loss);
    for (int part = 0; part < CT_KINDS; part++) {
      v[CT_PART_LOSS + part] += weight * own.loss[part];
      v[CT_PART_TERMS + part] += weight * own.terms[part];
      v[CT_PART_NONZERO + part] += weight * own.nonzero[part];
      v[CT_PART_COUNT] += own.nonzero[part];
    }
  }
  ct_block_sums(v);
  if (threadIdx.x == 0)
    for (int k = 0; k < CT_ANCHOR_PARTS; k++) a.parts[blockIdx.x * CT_ANCHOR_PARTS + k] = v[k];
}

// The largest slope of pairs of a kind: slopes are linear between the ends of the similarities, or
// constant, or fall to 0.
template <class Maths>
__device__ __forceinline__ double ct_largest_slope(bool positive, int variant, double s,
                                                   const double *parameters, bool of_term) {
  typename Maths::parameters k;
  for (int i = 0; i < CT_LOSS_PARAMETERS; i++) k.p[i] = parameters[i];
  double a =
      of_term ? Maths::term_slope(positive, variant, s, k) : Maths::slope(positive, variant, s, k);
  double b = of_term ? Maths::term_slope(positive, variant, -s, k)
                     : Maths::slope(positive, variant, -s, k);
  return fmax(fabs(a), fabs(b));
}

template <class Maths, class Wide, int loss, class Real>
__global__ void __launch_bounds__(CT_ANCHOR_THREADS) ct_factors_kernel(ct_anchors<Real> a) {
  const int step = gridDim.x * CT_ANCHOR_THREADS;
  float largest = 0;
  for (int i = blockIdx.x * CT_ANCHOR_THREADS + threadIdx.x; i < a.rows; i += step) {
    const ct_anchor anchor = ct_anchor_of<Maths>(a, i);
    ct_anchor_loss own = {};
    const double counts = a.weights ? a.weights[i] : 1;
    const double *p = ct_own_parameters(a.refined.own, a.parameters, i);
    if (a.valid[i] && !a.batch) own = Maths::combine(&anchor, p);
    for (int kind = 0; kind < CT_KINDS; kind++) {
      double sum = 1, weight, linear = 0, reference;
      if (a.batch) {
        reference = a.common_reference[kind];
        weight = a.common_weight[kind];
      } else {
        const bool ranked = Maths::has(kind, CT_LSE | CT_EXTREME);
        sum = ranked ? a.sums.sum[kind][i] : 0;
        reference = ranked ? (double)a.sums.reference[kind][i] : 0;
        weight = sum > 0 ? own.by_sum[kind] / sum * a.share[kind] * counts : 0;
        linear = own.by_term[kind] * a.share[kind] * counts;
      }
      a.reference[kind][i] = (Real)reference;
      a.factor[kind][i] = (Real)(weight * a.scale);
      if (a.linear[kind]) a.linear[kind][i] = (Real)(linear * a.scale);
      if (a.cut[kind])
        a.cut[kind][i] = weight > 0 ? (Real)floor(reference + log2(a.filter_eps * sum)) : INFINITY;
      if (ct_is_coupled(loss)) continue; // computed in double, where no range is needed
      // A pair's part of the sum is at most all of it and, where it counts once, at most 2.
      const double s = a.largest_s, once = a.refined.on ? INFINITY : 2;
      const double most = a.batch ? 2 * weight : weight * fmin(once, sum);
      largest = fmaxf(largest, (float)(fabs(most * a.scale) *
                                       ct_largest_slope<Wide>(kind, a.variant, s, p, false)));
      if (a.linear[kind])
        largest = fmaxf(largest, (float)(fabs(linear * a.scale) * a.most_share *
                                         ct_largest_slope<Wide>(kind, a.variant, s, p, true)));
    }
  }
  // A pair weighs for both ends, and by a sum and a term. The largest of numbers has no order.
  largest *= 4;
  for (int step32 = 16; step32 > 0; step32 /= 2)
    largest = fmaxf(largest, __shfl_xor_sync(~0u, largest, step32));
  if (threadIdx.x % 32 == 0) atomicMax(a.largest_bits, __float_as_uint(largest));
}

#endif
