// The kernels of one loss in one compute type, as functions: include in the file that compiles
// them, then CT_PAIR_LAUNCHES(loss, Real).
#ifndef CIRCLET_CUDA_PAIR_LAUNCH_CUH
#define CIRCLET_CUDA_PAIR_LAUNCH_CUH

#include "cuda/pair_anchors.cuh"
#include "cuda/pair_refined.cuh"

template <int loss, class Real> struct ct_pair_of {
  typedef ct_maths<loss, Real> Maths;

  static dim3 parts(const ct_tile<Real> &t) {
    return dim3((unsigned)ct_divide_up(t.columns, CT_PART),
                (unsigned)ct_divide_up(t.rows, CT_PART));
  }

  static void sums(const ct_tile<Real> &t, cudaStream_t stream) {
    ct_sums_kernel<Maths, Real><<<parts(t), CT_PART_THREADS, 0, stream>>>(t);
  }

  static void merge(const ct_tile<Real> &t, const ct_anchor_sums<Real> &to, cudaStream_t stream) {
    const int longer = t.both && t.columns > t.rows ? t.columns : t.rows;
    const dim3 grid((unsigned)ct_divide_up(longer, 32) + 1, t.both && !t.diagonal ? 2 : 1);
    ct_merge_kernel<Maths, Real><<<grid, dim3(32, CT_MERGE_GROUPS), 0, stream>>>(t, to);
  }

  static void weights(const ct_tile<Real> &t, ct_weight_form form, cudaStream_t stream) {
    ct_weights_kernel<Maths, loss, Real><<<parts(t), CT_PART_THREADS, 0, stream>>>(t, form);
  }

  static constexpr dim3 end_threads = dim3(CT_END_LANES, CT_END_GROUPS);

  static void refined_sums(const ct_tile<Real> &t, const ct_anchor_sums<Real> &to,
                           cudaStream_t stream) {
    ct_each_end(t, [&](bool columns) {
      ct_refined_sums_kernel<Maths, Real>
          <<<ct_end_blocks(t, columns), end_threads, 0, stream>>>(t, columns, to);
    });
  }

  static void refined_weights(const ct_tile<Real> &t, ct_weight_form form, cudaStream_t stream) {
    ct_refined_weights_kernel<Maths, loss, Real><<<parts(t), CT_PART_THREADS, 0, stream>>>(t, form);
  }

  static void note_weights(const ct_tile<Real> &t, const ct_gpu_diagnosis &to,
                           cudaStream_t stream) {
    ct_each_end(t, [&](bool columns) {
      ct_note_weights_kernel<Maths, loss, Real>
          <<<ct_end_blocks(t, columns), end_threads, 0, stream>>>(t, columns, to);
    });
  }

  static void couple(const ct_tile<Real> &t, const double *own, double *term, double *count,
                     double *by_own, cudaStream_t stream) {
    ct_each_end(t, [&](bool columns) {
      ct_couple_kernel<loss, Real><<<ct_end_blocks(t, columns), end_threads, 0, stream>>>(
          t, columns, own, term, count, by_own);
    });
  }

  static void list(const ct_tile<Real> &t, cudaStream_t stream) {
    ct_each_end(t, [&](bool columns) {
      ct_list_kernel<Real><<<ct_end_blocks(t, columns), end_threads, 0, stream>>>(t, columns);
    });
  }

  static void triplets(const ct_tile<Real> &t, double *term, double *count, cudaStream_t stream) {
    ct_each_end(t, [&](bool columns) {
      ct_triplets_kernel<Real><<<ct_triplet_blocks(t, columns), CT_TRIPLET_THREADS, 0, stream>>>(
          t, columns, term, count);
    });
  }

  static void terms(const ct_anchors<Real> &a, int blocks, cudaStream_t stream) {
    ct_terms_kernel<Maths><<<blocks, CT_ANCHOR_THREADS, 0, stream>>>(a, ct_loss_rules[loss].unit);
  }

  static void factors(const ct_anchors<Real> &a, int blocks, cudaStream_t stream) {
    ct_factors_kernel<Maths, ct_maths<loss, double>, loss>
        <<<blocks, CT_ANCHOR_THREADS, 0, stream>>>(a);
  }

  // References begin below those of any pair.
  static Real start(bool positive) {
    const Real lowest = Maths::lowest();
    if (lowest < 0 && !Maths::has(positive, CT_EXTREME))
      return sizeof(Real) == sizeof(float) ? (Real)-0x1p21 : (Real)-0x1p50;
    return lowest;
  }

  static ct_pair_launches<Real> table() {
    ct_pair_launches<Real> t = {};
    t.sums = sums, t.merge = merge, t.weights = weights, t.terms = terms, t.factors = factors;
    t.refined_sums = refined_sums, t.refined_weights = refined_weights;
    t.note_weights = note_weights;
    if (ct_is_coupled(loss)) t.couple = couple;
    if (loss == ct_loss_triplet_all) t.list = list, t.triplets = triplets;
    for (int kind = 0; kind < CT_KINDS; kind++) {
      t.start[kind] = start(kind == CT_POSITIVE);
      t.keeps_terms[kind] = Maths::has(kind == CT_POSITIVE, CT_TERM) ||
                            (ct_is_coupled(loss) && kind == CT_POSITIVE) ||
                            (loss == ct_loss_triplet_all && kind == CT_NEGATIVE);
    }
    return t;
  }
};

#define CT_PAIR_LAUNCHES(loss, Real, suffix)                                                       \
  extern const ct_pair_launches<Real> ct_pair_##loss##_##suffix;                                   \
  const ct_pair_launches<Real> ct_pair_##loss##_##suffix =                                         \
      ct_pair_of<ct_loss_##loss, Real>::table();

#endif
