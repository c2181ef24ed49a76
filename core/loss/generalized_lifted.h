/* Lifted structure loss as Hermans et al. (2017) generalise it:
 * [log sum_p e^(d_p - pos_margin) + log sum_n e^(neg_margin - d_n)]_+ for each anchor; of
 * similarities, pos_margin - s_p and s_n - neg_margin. */
#ifndef CIRCLET_LOSS_GENERALIZED_LIFTED_H
#define CIRCLET_LOSS_GENERALIZED_LIFTED_H

#include "loss/rule.h"

enum { CT_GENERALIZED_LIFTED_POSITIVE, CT_GENERALIZED_LIFTED_NEGATIVE };

static inline int generalized_lifted_statistics(bool positive) { return (void)positive, CT_LSE; }

static inline double generalized_lifted_scale(bool positive, const double *p) {
  return (void)positive, (void)p, 1;
}

static inline double generalized_lifted_offset(bool positive, const double *p) {
  return (void)positive, (void)p, 0; /* the margins stand in the coordinate */
}

static inline double generalized_lifted_largest(double s, const double *p) {
  return s + fabs(p[CT_GENERALIZED_LIFTED_POSITIVE]) + fabs(p[CT_GENERALIZED_LIFTED_NEGATIVE]);
}

static inline ct_anchor_loss generalized_lifted_combine(const ct_anchor *a, const double *p) {
  (void)p;
  double z = a->sum[CT_POSITIVE] + a->sum[CT_NEGATIVE], slope = z > 0;
  return (ct_anchor_loss){.loss = z > 0 ? z : 0, .by_sum = {slope, slope}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(generalized_lifted_coordinate)(bool positive, int variant, REAL s,
                                                        NAME(parameters) k) {
  REAL margin =
      positive ? k.p[CT_GENERALIZED_LIFTED_POSITIVE] : k.p[CT_GENERALIZED_LIFTED_NEGATIVE];
  REAL above = variant == CT_MEASURE_DISTANCE ? NAME(distance)(s) - margin : margin - s;
  return positive ? above : -above;
}

CT_LOSS_INLINE REAL NAME(generalized_lifted_slope)(bool positive, int variant, REAL s,
                                                   NAME(parameters) k) {
  (void)k;
  REAL slope = variant == CT_MEASURE_DISTANCE ? NAME(distance_slope)(s) : -1;
  return positive ? slope : -slope;
}

CT_LOSS_LINEAR_LOGIT(generalized_lifted)
CT_LOSS_NO_TERM(generalized_lifted)

#endif
