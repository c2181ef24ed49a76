/* Triplet loss of each anchor's hardest positive and hardest negative (Hermans et al., 2017, "batch
 * hard"): [d_p - d_n + margin]_+, or softplus of the same (soft margin); of similarities,
 * s_n - s_p + margin. */
#ifndef CIRCLET_LOSS_TRIPLET_HARD_H
#define CIRCLET_LOSS_TRIPLET_HARD_H

#include "loss/rule.h"

enum { CT_TRIPLET_HARD_MARGIN, CT_TRIPLET_HARD_SOFT };

static inline int triplet_hard_statistics(bool positive) { return (void)positive, CT_EXTREME; }

static inline double triplet_hard_scale(bool positive, const double *p) {
  return (void)positive, (void)p, 1; /* there are no logits */
}

static inline ct_anchor_loss triplet_hard_combine(const ct_anchor *a, const double *p) {
  double z = a->sum[CT_POSITIVE] + a->sum[CT_NEGATIVE] + p[CT_TRIPLET_HARD_MARGIN];
  ct_softplus t = {z > 0 ? z : 0, z > 0 ? 1.0 : 0.0};
  if (p[CT_TRIPLET_HARD_SOFT] != 0) t = ct_softplus_of(z);
  return (ct_anchor_loss){.loss = t.value, .by_sum = {t.slope, t.slope}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

/* How hard: a positive's distance, or a negative's with the sign turned. */
CT_LOSS_INLINE REAL NAME(triplet_hard_coordinate)(bool positive, int variant, REAL s,
                                                  NAME(parameters) k) {
  (void)k;
  REAL far = variant == CT_MEASURE_DISTANCE ? NAME(distance)(s) : -s;
  return positive ? far : -far;
}

CT_LOSS_INLINE REAL NAME(triplet_hard_slope)(bool positive, int variant, REAL s,
                                             NAME(parameters) k) {
  (void)k;
  REAL slope = variant == CT_MEASURE_DISTANCE ? NAME(distance_slope)(s) : -1;
  return positive ? slope : -slope;
}

CT_LOSS_LINEAR_LOGIT(triplet_hard)
CT_LOSS_NO_TERM(triplet_hard)

#endif
