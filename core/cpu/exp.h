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

/* 2^f for |f| <= 0.51, a polynomial by our own Remez exchange: relative error below 2e-8 and 6e-17
 * with its coefficients rounded; exactly 1 at 0. */
static inline __attribute__((always_inline)) float ct_exp2_near_f32(float f) {
  float q = CT_FMAF(0x1.473712p-13f, f, 0x1.5f8742p-10f);
  q = CT_FMAF(q, f, 0x1.3b26bep-7f);
  q = CT_FMAF(q, f, 0x1.c6ae44p-5f);
  q = CT_FMAF(q, f, 0x1.ebfbe4p-3f);
  q = CT_FMAF(q, f, 0x1.62e432p-1f);
  return CT_FMAF(q, f, 1.0f);
}

static inline __attribute__((always_inline)) double ct_exp2_near_f64(double f) {
  double q = CT_FMA(0x1.c066c6dd20d7cp-32, f, 0x1.e6128792fa609p-28);
  q = CT_FMA(q, f, 0x1.b5428cc71aad3p-24);
  q = CT_FMA(q, f, 0x1.62bfce3959d87p-20);
  q = CT_FMA(q, f, 0x1.ffcbed0fd9734p-17);
  q = CT_FMA(q, f, 0x1.4309130b846c0p-13);
  q = CT_FMA(q, f, 0x1.5d87fe7c1fba5p-10);
  q = CT_FMA(q, f, 0x1.3b2ab6fba15d1p-7);
  q = CT_FMA(q, f, 0x1.c6b08d7048c2dp-5);
  q = CT_FMA(q, f, 0x1.ebfbdff82c59ap-3);
  q = CT_FMA(q, f, 0x1.62e42fefa39f3p-1);
  return CT_FMA(q, f, 1.0);
}

/* 2^n for an integer n <= 0; 0 below the normal range. */
static inline float ct_power_f32(float n) {
  float shifted = (n < -127.0f ? -127.0f : n) + (0x1.8p23f + 127.0f), power;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits <<= 23; /* the exponent stands in the low bits, and what is above them falls off */
  memcpy(&power, &bits, sizeof power);
  return power;
}

static inline double ct_power_f64(double n) {
  double shifted = (n < -1023.0 ? -1023.0 : n) + (0x1.8p52 + 1023.0), power;
  uint64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits <<= 52;
  memcpy(&power, &bits, sizeof power);
  return power;
}

/* The same of n + ct_power_zero: whatever is added to that number is rounded to an integer. 0 below
 * `least`, another such sum, of an integer in the normal range. */
static inline float ct_power_zero_f32(void) { return 0x1.8p23f + 127.0f; }
static inline double ct_power_zero_f64(void) { return 0x1.8p52 + 1023.0; }

static inline float ct_power_from_f32(float shifted, float least) {
  float power;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits <<= 23;
  memcpy(&power, &bits, sizeof power);
  return shifted < least ? 0 : power;
}

static inline double ct_power_from_f64(double shifted, double least) {
  double power;
  uint64_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits <<= 52;
  memcpy(&power, &bits, sizeof power);
  return shifted < least ? 0 : power;
}

/* To the nearest integer, for |x| < 2^22 and 2^51; beyond, x itself or near it. */
static inline float ct_round_f32(float x) { return (x + 0x1.8p23f) - 0x1.8p23f; }
static inline double ct_round_f64(double x) { return (x + 0x1.8p52) - 0x1.8p52; }

/* a*b - p for p = a*b rounded. Without fused instructions: a product of floats is exact in double;
 * doubles are halved (Dekker 1971), which needs |a|, |b| < 2^995. */
static inline float ct_rest_f32(float a, float b, float p) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fmaf(a, b, -p);
#else
  return (float)((double)a * b - p);
#endif
}

static inline double ct_rest_f64(double a, double b, double p) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fma(a, b, -p);
#else
  const double half = 0x1p27 + 1;
  double a_high = a * half - (a * half - a), a_low = a - a_high;
  double b_high = b * half - (b * half - b), b_low = b - b_high;
  return ((a_high * b_high - p) + a_high * b_low + a_low * b_high) + a_low * b_low;
#endif
}

#endif
