/* Lifted structure loss (Oh Song et al., CVPR 2016): with
 * J = log(sum over negatives n of either end of e^(neg_margin - d_n)) + d_p - pos_margin,
 * [J]_+^2 / 2 for each positive pair; of similarities, s_n - neg_margin and pos_margin - s_p. A
 * partner that is no anchor (a reference) has no negatives. */
#ifndef CIRCLET_LOSS_LIFTED_H
#define CIRCLET_LOSS_LIFTED_H

#include "loss/rule.h"

enum { CT_LIFTED_POSITIVE, CT_LIFTED_NEGATIVE };

static inline int lifted_statistics(bool positive) { return positive ? 0 : CT_LSE; }

static inline double lifted_scale(bool positive, const double *p) {
  return (void)positive, (void)p, 1;
}

static inline double lifted_offset(bool positive, const double *p) {
  return (void)positive, (void)p, 0; /* the margin stands in the coordinate */
}

static inline double lifted_largest(double s, const double *p) {
  return s + fabs(p[CT_LIFTED_NEGATIVE]);
}

static inline ct_coupled lifted_couple(double s, double own, double other, int variant,
                                       const double *p) {
  bool distance = variant == CT_MEASURE_DISTANCE;
  double above = distance ? ct_distance_of(s) - p[CT_LIFTED_POSITIVE] : p[CT_LIFTED_POSITIVE] - s;
  double J = ct_log_add(own, other) + above;
  if (!(J > 0)) return (ct_coupled){0};
  return (ct_coupled){.term = J * J / 2,
                      .by_s = J * (distance ? ct_distance_slope(s) : -1),
                      .by_own = other == -INFINITY ? J : 2 * J * ct_softplus_of(own - other).slope};
}

static inline ct_anchor_loss lifted_combine(const ct_anchor *a, const double *p) {
  (void)p;
  return (ct_anchor_loss){
      .loss = a->term[CT_POSITIVE], .by_sum = {[CT_NEGATIVE] = a->coupled}, .by_term = {0, 1}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(lifted_coordinate)(bool positive, int variant, REAL s,
                                            NAME(parameters) k) {
  (void)positive; /* of negatives alone */
  REAL margin = k.p[CT_LIFTED_NEGATIVE];
  return variant == CT_MEASURE_DISTANCE ? margin - NAME(distance)(s) : s - margin;
}

CT_LOSS_INLINE REAL NAME(lifted_slope)(bool positive, int variant, REAL s, NAME(parameters) k) {
  (void)positive, (void)k;
  return variant == CT_MEASURE_DISTANCE ? -NAME(distance_slope)(s) : 1;
}

CT_LOSS_LINEAR_LOGIT(lifted)
CT_LOSS_NO_TERM(lifted)

#endif
