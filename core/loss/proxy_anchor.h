/* Proxy-anchor (Kim et al., CVPR 2020, arXiv 2003.13911, Eq. 4): class vectors ("proxies") are the
 * anchors and the rows of the batch their pairs,
 *
 *     sum over the proxies with a row of their class of log(1 + sum exp(-scale*(s_p - m))) / |P+|
 *     + sum over all proxies of log(1 + sum exp(scale*(s_n + m))) / |P|.
 *
 * The losses of anchors are averaged over all proxies, which makes the first part |P|/|P+| times
 * what it would be. */
#ifndef CIRCLET_LOSS_PROXY_ANCHOR_H
#define CIRCLET_LOSS_PROXY_ANCHOR_H

#include "loss/rule.h"

enum { CT_PROXY_ANCHOR_MARGIN, CT_PROXY_ANCHOR_SCALE };

static inline int proxy_anchor_statistics(bool positive) { return (void)positive, CT_LSE; }

static inline double proxy_anchor_scale(bool positive, const double *p) {
  return (void)positive, p[CT_PROXY_ANCHOR_SCALE];
}

static inline double proxy_anchor_offset(bool positive, const double *p) {
  return (void)positive, p[CT_PROXY_ANCHOR_SCALE] * p[CT_PROXY_ANCHOR_MARGIN];
}

static inline double proxy_anchor_largest(double s, const double *p) {
  return p[CT_PROXY_ANCHOR_SCALE] * s;
}

static inline ct_anchor_loss proxy_anchor_combine(const ct_anchor *a, const double *p) {
  (void)p;
  double share = a->with_positive > 0 ? (double)a->anchors / (double)a->with_positive : 0;
  ct_softplus n = ct_softplus_of(a->sum[CT_NEGATIVE]), t = ct_softplus_of(a->sum[CT_POSITIVE]);
  return (ct_anchor_loss){.loss = n.value + share * t.value,
                          .by_sum = {[CT_NEGATIVE] = n.slope, [CT_POSITIVE] = share * t.slope}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(proxy_anchor_coordinate)(bool positive, int variant, REAL s,
                                                  NAME(parameters) k) {
  (void)variant, (void)k;
  return positive ? -s : s;
}

CT_LOSS_INLINE REAL NAME(proxy_anchor_slope)(bool positive, int variant, REAL s,
                                             NAME(parameters) k) {
  (void)variant, (void)s;
  return positive ? -k.p[CT_PROXY_ANCHOR_SCALE] : k.p[CT_PROXY_ANCHOR_SCALE];
}

CT_LOSS_LINEAR_LOGIT(proxy_anchor)
CT_LOSS_NO_TERM(proxy_anchor)

#endif
