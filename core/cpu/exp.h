/* e^x without branches or tables, so that loops around it vectorise.
 *
 * x = n ln 2 + r with |r| <= ln(2)/2 (Cody and Waite 1980: ln 2 in two parts, so that n*high is
 * exact); e^r = 1 + r + r^2 q(r), q a minimax polynomial from a Remez exchange of our own; 2^n is
 * applied in two steps, so that results below the normal range round once more and results above
 * it become infinite. Error at most 1.1 ulp, subnormal results included. e^-inf = 0, e^inf = inf,
 * NaN stays NaN. */
#ifndef CIRCLET_CPU_EXP_H
#define CIRCLET_CPU_EXP_H

#include <stdint.h>
#include <string.h>
#include "cpu/isa.h"

static inline float ct_exp_f32(float x) {
  const float magic = 0x1.8p23f; /* x + magic is rounded to an integer, held in its low bits */
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  float shifted = CT_FMAF(x, 0x1.715476p+0f, magic), n = shifted - magic;
  float r = CT_FMAF(n, -0x1.62e4p-1f, x);
  r = CT_FMAF(n, -0x1.7f7d1cp-20f, r);
  float q = CT_FMAF(0x1.6c792cp-10f, r, 0x1.12487cp-7f); /* relative error below 5.2e-9 */
  q = CT_FMAF(q, r, 0x1.55558p-5f);
  q = CT_FMAF(q, r, 0x1.555478p-3f);
  q = CT_FMAF(q, r, 0.5f);
  float e = CT_FMAF(r * r, q, r) + 1.0f;
  uint32_t bits, magic_bits;
  memcpy(&bits, &shifted, sizeof bits);
  memcpy(&magic_bits, &magic, sizeof magic_bits);
  uint32_t biased = bits - magic_bits + 254; /* n + 2*127 >= 0: halves into two exponents */
  uint32_t low = biased >> 1, high = biased - low;
  low <<= 23, high <<= 23;
  float scale_low, scale_high;
  memcpy(&scale_low, &low, sizeof low);
  memcpy(&scale_high, &high, sizeof high);
  return e * scale_low * scale_high;
}

static inline double ct_exp_f64(double x) {
  const double magic = 0x1.8p52;
  x = x < -746.0 ? -746.0 : x;
  x = x > 710.0 ? 710.0 : x;
  double shifted = CT_FMA(x, 0x1.71547652b82fep+0, magic), n = shifted - magic;
  double r = CT_FMA(n, -0x1.62e42fefa38p-1, x);
  r = CT_FMA(n, -0x1.ef35793c7673p-45, r);
  double q = CT_FMA(0x1.ad7f5cd79b4bfp-26, r, 0x1.28ad7f02d6972p-22); /* below 3.7e-18 */
  q = CT_FMA(q, r, 0x1.71df25715cc46p-19);
  q = CT_FMA(q, r, 0x1.a01999ffd2776p-16);
  q = CT_FMA(q, r, 0x1.a01a012a4131fp-13);
  q = CT_FMA(q, r, 0x1.6c16c1842e706p-10);
  q = CT_FMA(q, r, 0x1.1111111127c40p-7);
  q = CT_FMA(q, r, 0x1.555555555086ap-5);
  q = CT_FMA(q, r, 0x1.55555555554fap-3);
  q = CT_FMA(q, r, 0x1.000000000000ap-1);
  double e = CT_FMA(r * r, q, r) + 1.0;
  uint64_t bits, magic_bits;
  memcpy(&bits, &shifted, sizeof bits);
  memcpy(&magic_bits, &magic, sizeof magic_bits);
  uint64_t biased = bits - magic_bits + 2046;
  uint64_t low = biased >> 1, high = biased - low;
  low <<= 52, high <<= 52;
  double scale_low, scale_high;
  memcpy(&scale_low, &low, sizeof low);
  memcpy(&scale_high, &high, sizeof high);
  return e * scale_low * scale_high;
}

#endif
