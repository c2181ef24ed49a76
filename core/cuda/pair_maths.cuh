// The losses' maths on the GPU: the same headers as on the CPU (loss/<name>.h), as one class for
// each loss and compute type.
//
// The headers are C; here their functions are for both sides, the host's and the device's. The
// parts of a pair come for each compute type, as in core/cpu/pair_kernels.c.
#ifndef CIRCLET_CUDA_PAIR_MATHS_CUH
#define CIRCLET_CUDA_PAIR_MATHS_CUH

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "cuda/launch.cuh"

extern "C" {
#include "tensor/tensor.h"
#define inline __inline__ __host__ __device__
#include "loss/rule.h"
#include "loss/circle.h"
#include "loss/contrastive.h"
#include "loss/generalized_lifted.h"
#include "loss/lifted.h"
#include "loss/margin.h"
#include "loss/multi_similarity.h"
#include "loss/nt_xent.h"
#include "loss/proxy_anchor.h"
#include "loss/supcon.h"
#include "loss/triplet_all.h"
#include "loss/triplet_hard.h"
#include "loss/unified.h"
#include "loss/family.h"
#include "loss/hardest.h"
#include "loss/noted.h"
#include "loss/terms.h"
}
#undef inline

typedef struct parameters_f32 {
  float p[CT_LOSS_PARAMETERS];
} parameters_f32;

typedef struct parameters_f64 {
  double p[CT_LOSS_PARAMETERS];
} parameters_f64;

#define CT_LOSS_INLINE static __host__ __device__ __forceinline__

#define CT_LOSS_NO_TERM(loss)                                                                      \
  CT_LOSS_INLINE REAL NAME(loss##_term)(bool, int, REAL, NAME(parameters)) { return 0; }           \
  CT_LOSS_INLINE REAL NAME(loss##_term_slope)(bool, int, REAL, NAME(parameters)) { return 0; }

#define CT_LOSS_NO_LOGIT(loss)                                                                     \
  CT_LOSS_LINEAR_LOGIT(loss)                                                                       \
  CT_LOSS_INLINE REAL NAME(loss##_coordinate)(bool, int, REAL s, NAME(parameters)) { return s; }   \
  CT_LOSS_INLINE REAL NAME(loss##_slope)(bool, int, REAL, NAME(parameters)) { return 0; }

#define REAL           float
#define NAME(x)        x##_f32
#define REST(a, b, p)  fmaf((a), (b), -(p))
#define FUSED(a, b, c) fmaf((a), (b), (c))
#define SQRT(x)        sqrtf(x)
#define ABS(x)         fabsf(x)
#define LARGER(a, b)   fmaxf((a), (b))
#include "cpu/pair_distance.h"
#include "cuda/pair_headers.cuh"
#undef REAL
#undef NAME
#undef REST
#undef FUSED
#undef SQRT
#undef ABS
#undef LARGER

#define REAL           double
#define NAME(x)        x##_f64
#define REST(a, b, p)  fma((a), (b), -(p))
#define FUSED(a, b, c) fma((a), (b), (c))
#define SQRT(x)        sqrt(x)
#define ABS(x)         fabs(x)
#define LARGER(a, b)   fmax((a), (b))
#include "cpu/pair_distance.h"
#include "cuda/pair_headers.cuh"
#undef REAL
#undef NAME
#undef REST
#undef FUSED
#undef SQRT
#undef ABS
#undef LARGER

// One loss: its functions of an anchor, and of a pair in Real.
template <int loss, class Real> struct ct_maths;

#define CT_MATHS_OF(loss, Real, suffix)                                                            \
  template <> struct ct_maths<ct_loss_##loss, Real> {                                              \
    typedef parameters_##suffix parameters;                                                        \
    static __host__ __device__ __forceinline__ bool has(bool positive, int statistic) {            \
      return (loss##_statistics(positive) & statistic) != 0;                                       \
    }                                                                                              \
    static __host__ __device__ __forceinline__ Real lowest() { return loss##_lowest_##suffix(); }  \
    static __host__ __device__ __forceinline__ Real coordinate(bool positive, int variant, Real s, \
                                                               parameters k) {                     \
      return loss##_coordinate_##suffix(positive, variant, s, k);                                  \
    }                                                                                              \
    static __host__ __device__ __forceinline__ Real above(Real v, Real scale, Real low_scale,      \
                                                          Real reference, bool exact) {            \
      return loss##_above_##suffix(v, scale, low_scale, reference, exact);                         \
    }                                                                                              \
    static __host__ __device__ __forceinline__ Real slope(bool positive, int variant, Real s,      \
                                                          parameters k) {                          \
      return loss##_slope_##suffix(positive, variant, s, k);                                       \
    }                                                                                              \
    static __host__ __device__ __forceinline__ Real term(bool positive, int variant, Real s,       \
                                                         parameters k) {                           \
      return loss##_term_##suffix(positive, variant, s, k);                                        \
    }                                                                                              \
    static __host__ __device__ __forceinline__ Real term_slope(bool positive, int variant, Real s, \
                                                               parameters k) {                     \
      return loss##_term_slope_##suffix(positive, variant, s, k);                                  \
    }                                                                                              \
    static __host__ __device__ __forceinline__ ct_anchor_loss combine(const ct_anchor *anchor,     \
                                                                      const double *p) {           \
      return loss##_combine(anchor, p);                                                            \
    }                                                                                              \
  };

#define ROW(loss)                                                                                  \
  CT_MATHS_OF(loss, float, f32)                                                                    \
  CT_MATHS_OF(loss, double, f64)
CT_LOSS_FAMILY(ROW)
#undef ROW

// The coupled terms of positives; losses without them are never asked.
template <int loss>
__device__ __forceinline__ ct_coupled ct_couple_of(double s, double own, double other, int variant,
                                                   const double *p) {
  if constexpr (loss == ct_loss_lifted) return lifted_couple(s, own, other, variant, p);
  if constexpr (loss == ct_loss_nt_xent) return nt_xent_couple(s, own, other, variant, p);
  return ct_coupled{};
}

__host__ __device__ constexpr bool ct_is_coupled(int loss) {
  return loss == ct_loss_lifted || loss == ct_loss_nt_xent;
}

// To the nearest integer, for |x| < 2^22 and 2^51; 2^f for |f| <= 0.51; 2^n for an integer n below
// the largest exponent, 0 below the normal range: as in core/cpu/exp.h.
__device__ __forceinline__ float ct_round_of(float x) { return (x + 0x1.8p23f) - 0x1.8p23f; }
__device__ __forceinline__ double ct_round_of(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

__device__ __forceinline__ double ct_exp2_near(double f) {
  double q = fma(0x1.c066c6dd20d7cp-32, f, 0x1.e6128792fa609p-28);
  q = fma(q, f, 0x1.b5428cc71aad3p-24);
  q = fma(q, f, 0x1.62bfce3959d87p-20);
  q = fma(q, f, 0x1.ffcbed0fd9734p-17);
  q = fma(q, f, 0x1.4309130b846c0p-13);
  q = fma(q, f, 0x1.5d87fe7c1fba5p-10);
  q = fma(q, f, 0x1.3b2ab6fba15d1p-7);
  q = fma(q, f, 0x1.c6b08d7048c2dp-5);
  q = fma(q, f, 0x1.ebfbdff82c59ap-3);
  q = fma(q, f, 0x1.62e42fefa39f3p-1);
  return fma(q, f, 1.0);
}

__device__ __forceinline__ float ct_power_of(float n) {
  float shifted = fmaxf(n, -127.0f) + (0x1.8p23f + 127.0f);
  return __int_as_float(__float_as_int(shifted) << 23);
}

__device__ __forceinline__ double ct_power_of(double n) {
  double shifted = fmax(n, -1023.0) + (0x1.8p52 + 1023.0);
  return __longlong_as_double(__double_as_longlong(shifted) << 52);
}

// A pair's logit to base 2, in two parts. Float: their sum is the logit, more exact than float
// holds it. Double: the nearest integer n, and 2^f of what is left. Logits beyond the integers of
// double say nothing in their last digits, and must only stay finite.
template <class Real> struct ct_logit { Real rank, rest; };

template <class Maths>
__device__ __forceinline__ ct_logit<float> ct_logit_of(float v, float scale, float low_scale) {
  const float high = Maths::above(v, scale, low_scale, 0, false);
  return {high, Maths::above(v, scale, low_scale, high, true)};
}

template <class Maths>
__device__ __forceinline__ ct_logit<double> ct_logit_of(double v, double scale, double low_scale) {
  const double whole = ct_round_of(Maths::above(v, scale, low_scale, 0, false));
  const double f = Maths::above(v, scale, low_scale, whole, true);
  return {whole, ct_exp2_near(f < -1 ? -1 : f > 1 ? 1 : f)};
}

// 2^x, 0 below the normal range, with a relative error below 2^-22.
__device__ __forceinline__ float ct_exp2_of(float x) {
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
}

// 2^(logit - reference), 0 below the normal range. Float: the difference is exact where the result
// counts.
__device__ __forceinline__ float ct_relative(ct_logit<float> l, float reference) {
  return ct_exp2_of((l.rank - reference) + l.rest);
}

__device__ __forceinline__ double ct_relative(ct_logit<double> l, double reference) {
  return l.rest * ct_power_of(l.rank - reference);
}

// The logit, rounded: what references are made of.
__device__ __forceinline__ float ct_whole(ct_logit<float> l) { return ct_round_of(l.rank); }
__device__ __forceinline__ double ct_whole(ct_logit<double> l) { return l.rank; }

#endif
