/* Multi-similarity loss (Wang et al., CVPR 2019, Eq. 15, without its mining):
 *
 *     log(1 + sum exp(-alpha*(s_p - base)))/alpha + log(1 + sum exp(beta*(s_n - base)))/beta
 *
 * An anchor without pairs of a kind has no part of that kind. */
#ifndef CIRCLET_LOSS_MULTI_SIMILARITY_H
#define CIRCLET_LOSS_MULTI_SIMILARITY_H

#include "loss/rule.h"

enum { CT_MULTI_SIMILARITY_ALPHA, CT_MULTI_SIMILARITY_BETA, CT_MULTI_SIMILARITY_BASE };

static inline int multi_similarity_statistics(bool positive) { return (void)positive, CT_LSE; }

static inline double multi_similarity_scale(bool positive, const double *p) {
  return positive ? p[CT_MULTI_SIMILARITY_ALPHA] : p[CT_MULTI_SIMILARITY_BETA];
}

static inline double multi_similarity_offset(bool positive, const double *p) {
  return (positive ? 1 : -1) * multi_similarity_scale(positive, p) * p[CT_MULTI_SIMILARITY_BASE];
}

static inline double multi_similarity_largest(double s, const double *p) {
  return s * fmax(p[CT_MULTI_SIMILARITY_ALPHA], p[CT_MULTI_SIMILARITY_BETA]);
}

static inline ct_anchor_loss multi_similarity_combine(const ct_anchor *a, const double *p) {
  ct_anchor_loss out = {0};
  for (int kind = 0; kind < CT_KINDS; kind++) {
    double scale = multi_similarity_scale(kind == CT_POSITIVE, p);
    ct_softplus t = ct_softplus_of(a->sum[kind]);
    out.loss += t.value / scale;
    out.by_sum[kind] = t.slope / scale;
  }
  return out;
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(multi_similarity_coordinate)(bool positive, int variant, REAL s,
                                                      NAME(parameters) k) {
  (void)variant, (void)k;
  return positive ? -s : s;
}

CT_LOSS_INLINE REAL NAME(multi_similarity_slope)(bool positive, int variant, REAL s,
                                                 NAME(parameters) k) {
  (void)variant, (void)s;
  return positive ? -k.p[CT_MULTI_SIMILARITY_ALPHA] : k.p[CT_MULTI_SIMILARITY_BETA];
}

CT_LOSS_LINEAR_LOGIT(multi_similarity)
CT_LOSS_NO_TERM(multi_similarity)

#endif
