/* NT-Xent (Sohn, NIPS 2016; Chen et al., ICML 2020), for each positive pair
 * -log(e^(s_p/temperature) / (e^(s_p/temperature) + sum over the anchor's negatives of
 * e^(s_n/temperature))) = softplus(LSE_n - s_p/temperature). */
#ifndef CIRCLET_LOSS_NT_XENT_H
#define CIRCLET_LOSS_NT_XENT_H

#include "loss/rule.h"

enum { CT_NT_XENT_TEMPERATURE };

static inline int nt_xent_statistics(bool positive) { return positive ? 0 : CT_LSE; }

static inline double nt_xent_scale(bool positive, const double *p) {
  return (void)positive, 1 / p[CT_NT_XENT_TEMPERATURE];
}

static inline double nt_xent_offset(bool positive, const double *p) {
  return (void)positive, (void)p, 0;
}

static inline double nt_xent_largest(double s, const double *p) {
  return s / p[CT_NT_XENT_TEMPERATURE];
}

static inline ct_coupled nt_xent_couple(double s, double own, double other, int variant,
                                        const double *p) {
  (void)other, (void)variant;
  double scale = 1 / p[CT_NT_XENT_TEMPERATURE];
  ct_softplus t = ct_softplus_of(own - s * scale);
  return (ct_coupled){.term = t.value, .by_s = -scale * t.slope, .by_own = t.slope};
}

static inline ct_anchor_loss nt_xent_combine(const ct_anchor *a, const double *p) {
  (void)p;
  return (ct_anchor_loss){
      .loss = a->term[CT_POSITIVE], .by_sum = {[CT_NEGATIVE] = a->coupled}, .by_term = {0, 1}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(nt_xent_coordinate)(bool positive, int variant, REAL s,
                                             NAME(parameters) k) {
  return (void)positive, (void)variant, (void)k, s;
}

CT_LOSS_INLINE REAL NAME(nt_xent_slope)(bool positive, int variant, REAL s, NAME(parameters) k) {
  return (void)positive, (void)variant, (void)s, 1 / k.p[CT_NT_XENT_TEMPERATURE];
}

CT_LOSS_LINEAR_LOGIT(nt_xent)
CT_LOSS_NO_TERM(nt_xent)

#endif
