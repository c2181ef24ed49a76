/* Eight doubles side by side: accumulators of reductions. Wider or narrower registers hold them
 * as they can, so the sums have the same bits on every machine. Loads go through out parameters: a
 * vector wider than the instruction set's registers has no stable ABI by value. */
#ifndef CIRCLET_CPU_LANES_H
#define CIRCLET_CPU_LANES_H

#include <string.h>
#if defined(__AVX512F__)
#include <immintrin.h> /* gcc 12 converts halves of such vectors */
#endif

typedef double ct_lanes __attribute__((vector_size(64)));
typedef float ct_lanes_f32 __attribute__((vector_size(32)));

static inline void ct_lanes_load_f32(ct_lanes *to, const float *from) {
#if defined(__AVX512F__)
  *to = _mm512_cvtps_pd(_mm256_loadu_ps(from));
#else
  ct_lanes_f32 v;
  memcpy(&v, from, sizeof v);
  *to = __builtin_convertvector(v, ct_lanes);
#endif
}

static inline void ct_lanes_load_f64(ct_lanes *to, const double *from) {
  memcpy(to, from, sizeof *to);
}

static inline void ct_lanes_store_f32(float *to, const ct_lanes *from) {
#if defined(__AVX512F__)
  _mm256_storeu_ps(to, _mm512_cvtpd_ps(*from));
#else
  const ct_lanes_f32 v = __builtin_convertvector(*from, ct_lanes_f32);
  memcpy(to, &v, sizeof v);
#endif
}

static inline void ct_lanes_store_f64(double *to, const ct_lanes *from) {
  memcpy(to, from, sizeof *from);
}

static inline double ct_lanes_sum(const ct_lanes *lanes) {
  double sum = 0;
  for (int l = 0; l < 8; l++) sum += (*lanes)[l];
  return sum;
}

#endif
