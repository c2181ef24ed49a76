/* What verification does with similarities: sorts those of genuine pairs, and counts those of
 * impostors between them. */
#ifndef CIRCLET_CPU_VERIFICATION_H
#define CIRCLET_CPU_VERIFICATION_H

#include <stdint.h>
#include "cpu/isa.h"

/* Distinct values in ascending order, and where to look for a number among them: buckets of equal
 * width over their range, bucket b holding the values from start[b] up to start[b + 1]. */
typedef struct ct_levels {
  const void *value; /* [count], float or double */
  int64_t count, buckets;
  double least, scale; /* of the type of the values, see ct_verification_kernels.spread */
  int32_t *start;      /* [buckets + 1] */
} ct_levels;

static inline int64_t ct_level_buckets(int64_t count) {
  return count < 1 << 18 ? 4 * count : 1 << 20;
}

typedef struct ct_verification_kernels {
  /* Sorts value[0..n) upwards through spare[n]; leaves off after an interrupt. */
  void (*sort)(void *value, void *spare, int64_t n);
  /* Keeps one of each value of the sorted value[0..n) and says how often it was there; returns how
   * many are left. */
  int64_t (*distinct)(void *value, int64_t *times, int64_t n);
  /* Fills least, scale and start from value, count (at least 1) and buckets. */
  void (*spread)(ct_levels *levels);
  /* For each s[i]: tally[2p + e]++, where p values are below it and e = 1 if one equals it. tally:
   * [2 count + 1] */
  void (*count)(uint32_t *tally, const void *s, int64_t n, const ct_levels *levels);
} ct_verification_kernels;

CT_ISA_DECLARE(ct_verification_kernels, ct_verification_kernels_f32);
CT_ISA_DECLARE(ct_verification_kernels, ct_verification_kernels_f64);

#endif
