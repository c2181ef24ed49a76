/* The arithmetic of random numbers: Philox4x32-10 and what turns its words into uniform and normal
 * numbers. Inline and free of branches: core/base/random.c uses it one draw at a time, kernels in
 * vectors, and both get the same bits, since there is nothing in it but integer arithmetic and IEEE
 * basic operations, which round alike on every machine (no a*b+c is contracted; libm is not used,
 * because its last bit differs between versions). */
#ifndef CIRCLET_BASE_PHILOX_H
#define CIRCLET_BASE_PHILOX_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include "base/shared_inline.h"

/* Ten rounds over the counter c[0..3] with the key k[0..1] (Salmon et al. 2011, section 3.3). */
CT_SHARED_INLINE void ct_philox_rounds(uint32_t c[4], uint32_t key0, uint32_t key1) {
  uint32_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
#ifndef __CUDACC__ /* which unrolls by itself */
#pragma GCC unroll 10
#endif
  for (uint32_t round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ (key0 + round * 0x9E3779B9u);
    c1 = (uint32_t)b;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ (key1 + round * 0xBB67AE85u);
    c3 = (uint32_t)a;
  }
  c[0] = c0, c[1] = c1, c[2] = c2, c[3] = c3;
}

CT_SHARED_INLINE double ct_bits_to_double(uint64_t bits) {
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}

CT_SHARED_INLINE uint64_t ct_double_to_bits(double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return bits;
}

/* An integer below 2^52 as a double, in two operations that every vector unit has. */
CT_SHARED_INLINE double ct_small_to_double(uint64_t i) {
  return ct_bits_to_double(i | 0x4330000000000000u) - 0x1p52;
}

/* The first 53 of 64 bits as a number in [0, 1), a multiple of 2^-53. */
CT_SHARED_INLINE double ct_unit53(uint32_t high, uint32_t low) {
  return (ct_small_to_double(high) * 0x1p21 + ct_small_to_double(low >> 11)) * 0x1p-53;
}

/* ln(x) for x in [2^-53, 1]: x = 2^e f with f in [sqrt(1/2), sqrt(2)), ln f = 2 atanh z with
 * z = (f-1)/(f+1). The odd series in z, |z| <= 0.1716, is cut at z^21: the rest is below 2e-18. */
CT_SHARED_INLINE double ct_portable_log(double x) {
  const uint64_t root = 0x3FE6A09E667F3BCDu; /* sqrt(1/2) */
  uint64_t bits = ct_double_to_bits(x), exponent = (bits - root + ((uint64_t)1024 << 52)) >> 52;
  double f = ct_bits_to_double(bits - ((exponent - 1024) << 52));
  double e = ct_small_to_double(exponent) - 1024, z = (f - 1) / (f + 1), z2 = z * z;
  double sum = z2 * (1.0 / 21) + 1.0 / 19;
  sum = sum * z2 + 1.0 / 17;
  sum = sum * z2 + 1.0 / 15;
  sum = sum * z2 + 1.0 / 13;
  sum = sum * z2 + 1.0 / 11;
  sum = sum * z2 + 1.0 / 9;
  sum = sum * z2 + 1.0 / 7;
  sum = sum * z2 + 1.0 / 5;
  sum = sum * z2 + 1.0 / 3;
  sum = sum * z2 + 1;
  return 2 * z * sum + e * 0.69314718055994531;
}

/* cos and sin of 2 pi u for u in [0, 1]: the nearest quarter turn is taken off exactly, the Taylor
 * series on the rest, |a| <= pi/4, are cut where their terms fall below 5e-18. */
CT_SHARED_INLINE void ct_portable_cos_sin(double u, double *cosine, double *sine) {
  double shifted = u * 4 + 0x1.8p52, quarters = shifted - 0x1.8p52;
  uint64_t quarter = ct_double_to_bits(shifted);
  double a = (u * 4 - quarters) * 1.5707963267948966, a2 = a * a;
  double c = a2 * (1.0 / 20922789888000) - 1.0 / 87178291200; /* 1/16!, 1/14!, ... */
  c = c * a2 + 1.0 / 479001600;
  c = c * a2 - 1.0 / 3628800;
  c = c * a2 + 1.0 / 40320;
  c = c * a2 - 1.0 / 720;
  c = c * a2 + 1.0 / 24;
  c = c * a2 - 1.0 / 2;
  c = c * a2 + 1;
  double s = a2 * (1.0 / 355687428096000) - 1.0 / 1307674368000; /* 1/17!, 1/15!, ... */
  s = s * a2 + 1.0 / 6227020800;
  s = s * a2 - 1.0 / 39916800;
  s = s * a2 + 1.0 / 362880;
  s = s * a2 - 1.0 / 5040;
  s = s * a2 + 1.0 / 120;
  s = s * a2 - 1.0 / 6;
  s = a + a * (s * a2);
  double x = quarter & 1 ? s : c, y = quarter & 1 ? c : s;
  *cosine = ct_bits_to_double(ct_double_to_bits(x) ^ ((quarter + 1) & 2) << 62);
  *sine = ct_bits_to_double(ct_double_to_bits(y) ^ (quarter & 2) << 62);
}

/* Two independent standard normal numbers from one block (Box and Muller 1958). */
CT_SHARED_INLINE void ct_normal_pair(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3,
                                     double *first, double *second) {
  double radius = sqrt(-2 * ct_portable_log(1 - ct_unit53(w0, w1))), cosine, sine;
  ct_portable_cos_sin(ct_unit53(w2, w3), &cosine, &sine);
  *first = radius * cosine;
  *second = radius * sine;
}

/* Uniform draws u become draws of other distributions (base/random.h). */
CT_SHARED_INLINE double ct_draw_exponential(double u, double rate) {
  return (0 - ct_portable_log(1 - u)) / rate;
}

/* tan(pi (u - 1/2)) = -cot(pi u), with u moved off the ends. */
CT_SHARED_INLINE double ct_draw_cauchy(double u, double median, double scale) {
  double cosine, sine, inner = floor(u * 0x1p52) * 0x1p-52 + 0x1p-53;
  ct_portable_cos_sin(inner / 2, &cosine, &sine);
  return median - scale * (cosine / sine);
}

/* log_p: ct_draw_log_p of the parameter. */
CT_SHARED_INLINE double ct_draw_log_p(double p) {
  return ct_portable_log(p < 0x1p-1000 ? 0x1p-1000 : p);
}
CT_SHARED_INLINE double ct_draw_geometric(double u, double log_p) {
  return floor(ct_portable_log(1 - u) / log_p) + 1;
}

#endif
