/* Supervised contrastive loss (Khosla et al., NeurIPS 2020, L_out):
 * log sum over all pairs of e^(s/temperature) - mean over positives of s_p/temperature. */
#ifndef CIRCLET_LOSS_SUPCON_H
#define CIRCLET_LOSS_SUPCON_H

#include "loss/rule.h"

enum { CT_SUPCON_TEMPERATURE };

static inline int supcon_statistics(bool positive) { return positive ? CT_LSE | CT_TERM : CT_LSE; }

static inline double supcon_scale(bool positive, const double *p) {
  return (void)positive, 1 / p[CT_SUPCON_TEMPERATURE];
}

static inline double supcon_offset(bool positive, const double *p) {
  return (void)positive, (void)p, 0;
}

static inline double supcon_largest(double s, const double *p) {
  return s / p[CT_SUPCON_TEMPERATURE];
}

static inline ct_anchor_loss supcon_combine(const ct_anchor *a, const double *p) {
  double scale = 1 / p[CT_SUPCON_TEMPERATURE], share = scale / a->mass[CT_POSITIVE];
  double all = ct_log_add(a->sum[CT_NEGATIVE], a->sum[CT_POSITIVE]);
  ct_anchor_loss out = {.loss = all - share * a->term[CT_POSITIVE]};
  /* Below 0 only by rounding; of pairs that count less than once, in earnest. */
  if (a->mass[CT_POSITIVE] == (double)a->pairs[CT_POSITIVE] &&
      a->mass[CT_NEGATIVE] == (double)a->pairs[CT_NEGATIVE])
    out.loss = fmax(out.loss, 0.0);
  for (int kind = 0; kind < CT_KINDS; kind++) out.by_sum[kind] = exp(a->sum[kind] - all);
  out.by_term[CT_POSITIVE] = -share;
  return out;
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(supcon_coordinate)(bool positive, int variant, REAL s,
                                            NAME(parameters) k) {
  return (void)positive, (void)variant, (void)k, s;
}

CT_LOSS_INLINE REAL NAME(supcon_slope)(bool positive, int variant, REAL s, NAME(parameters) k) {
  return (void)positive, (void)variant, (void)s, 1 / k.p[CT_SUPCON_TEMPERATURE];
}

CT_LOSS_INLINE REAL NAME(supcon_term)(bool positive, int variant, REAL s, NAME(parameters) k) {
  return (void)positive, (void)variant, (void)k, s;
}

CT_LOSS_INLINE REAL NAME(supcon_term_slope)(bool positive, int variant, REAL s,
                                            NAME(parameters) k) {
  return (void)positive, (void)variant, (void)s, (void)k, (REAL)1;
}

CT_LOSS_LINEAR_LOGIT(supcon)

#endif
