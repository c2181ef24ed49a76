/* float32 functions that training calls on every element: branch-free, so that loops vectorise.
 * Polynomials come from a Remez exchange of our own. Error at most 1 ulp for the logarithm, 1.5 for
 * tanh and 2.5 for the sigmoid; special values as in C. */
#ifndef CIRCLET_CPU_REAL_FUNCTIONS_H
#define CIRCLET_CPU_REAL_FUNCTIONS_H

#include <math.h>
#include "cpu/exp.h"

/* ln x. x = 2^e m with m in [sqrt(1/2), sqrt(2)), f = m - 1, ln m = f - f^2/2 + f^3 p(f).
 * ln 0 = -inf, ln of a negative number and of NaN is NaN, ln inf = inf. */
static inline float ct_log_f32(float x) {
  float tiny = x < 0x1p-126f ? 1.0f : 0.0f;
  float scaled = x < 0x1p-126f ? x * 0x1p23f : x;
  uint32_t bits, one_half_root = 0x3f3504f3u;
  memcpy(&bits, &scaled, sizeof bits);
  int32_t exponent = (int32_t)((bits - one_half_root) & 0xff800000u);
  uint32_t mantissa = bits - (uint32_t)exponent;
  float m, e = (float)(exponent >> 23) - 23.0f * tiny;
  memcpy(&m, &mantissa, sizeof m);
  float f = m - 1.0f, square = f * f;
  float p = CT_FMAF(-0x1.38c1a2p-4f, f, 0x1.056496p-3f); /* relative error below 6e-9 */
  p = CT_FMAF(p, f, -0x1.0d875ap-3f);
  p = CT_FMAF(p, f, 0x1.22d90ap-3f);
  p = CT_FMAF(p, f, -0x1.5471f6p-3f);
  p = CT_FMAF(p, f, 0x1.99a012p-3f);
  p = CT_FMAF(p, f, -0x1.000228p-2f);
  p = CT_FMAF(p, f, 0x1.555554p-2f);
  float tail = CT_FMAF(square * f, p, CT_FMAF(e, 0x1.7f7d1cp-20f, -0.5f * square));
  float result = CT_FMAF(e, 0x1.62e4p-1f, f + tail);
  result = x == 0.0f ? -INFINITY : result;
  result = x < 0.0f ? NAN : result;
  return x <= 0x1.fffffep127f ? result : x; /* inf and NaN are their own logarithms */
}

/* 1 / (1 + e^-x), through e^-|x| so that neither tail overflows. */
static inline float ct_sigmoid_f32(float x) {
  float e = ct_exp_f32(-fabsf(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

static inline double ct_sigmoid_f64(double x) {
  double e = ct_exp_f64(-fabs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* tanh x: an odd polynomial up to 0.625, beyond that 1 - 2/(e^2|x| + 1) with x's sign. */
static inline float ct_tanh_f32(float x) {
  float size = fabsf(x), square = x * x;
  float p = CT_FMAF(-0x1.75e1d6p-8f, square, 0x1.52269ep-6f); /* relative error below 4.4e-9 */
  p = CT_FMAF(p, square, -0x1.b83c5ap-5f);
  p = CT_FMAF(p, square, 0x1.110726p-3f);
  p = CT_FMAF(p, square, -0x1.555532p-2f);
  float small = CT_FMAF(size * square, p, size);
  float large = 1.0f - 2.0f / (ct_exp_f32(2.0f * size) + 1.0f);
  return copysignf(size < 0.625f ? small : large, x);
}

#endif
