/* The unified loss (Sun et al., CVPR 2020, Eq. 1): softplus(LSE(gamma*(s_n + m)) +
 * LSE(-gamma*s_p)), that is, log(1 + sum over positives and negatives of exp(gamma*(s_n - s_p +
 * m))). Class vectors and one positive make it AM-Softmax; large gamma, gamma times the hardest
 * triplet's hinge. */
#ifndef CIRCLET_LOSS_UNIFIED_H
#define CIRCLET_LOSS_UNIFIED_H

#include "loss/rule.h"

enum { CT_UNIFIED_M, CT_UNIFIED_GAMMA };

static inline int unified_statistics(bool positive) { return (void)positive, CT_LSE; }

static inline double unified_scale(bool positive, const double *p) {
  return (void)positive, p[CT_UNIFIED_GAMMA];
}

static inline double unified_offset(bool positive, const double *p) {
  return positive ? 0 : p[CT_UNIFIED_GAMMA] * p[CT_UNIFIED_M];
}

static inline double unified_largest(double s, const double *p) { return p[CT_UNIFIED_GAMMA] * s; }

static inline ct_anchor_loss unified_combine(const ct_anchor *a, const double *p) {
  (void)p;
  ct_softplus t = ct_softplus_of(a->sum[CT_NEGATIVE] + a->sum[CT_POSITIVE]);
  return (ct_anchor_loss){.loss = t.value, .by_sum = {t.slope, t.slope}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(unified_coordinate)(bool positive, int variant, REAL s,
                                             NAME(parameters) k) {
  (void)variant, (void)k;
  return positive ? -s : s;
}

CT_LOSS_INLINE REAL NAME(unified_slope)(bool positive, int variant, REAL s, NAME(parameters) k) {
  (void)variant, (void)s;
  return positive ? -k.p[CT_UNIFIED_GAMMA] : k.p[CT_UNIFIED_GAMMA];
}

CT_LOSS_LINEAR_LOGIT(unified)
CT_LOSS_NO_TERM(unified)

#endif
