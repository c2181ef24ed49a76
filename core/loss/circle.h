/* Circle Loss (Sun et al., CVPR 2020, Eq. 5-6): softplus(LSE(l_n) + LSE(l_p)).
 *
 * With d = s for a negative and d = 1-s for a positive, O_n = -m, D_n = m, O_p = 1+m, D_p = 1-m
 * turn both logits into the same function:
 *
 *     l(d) = gamma * [d+m]_+ * (d-m)  =  gamma * (v^2 - m^2),   v = |max(d, -m)|.
 *
 * So a positive of similarity s is treated as a negative of similarity 1-s, and the logit grows
 * with the coordinate v. Logits reach 1000, where float32 is spaced by 6e-5: they are kept as sums
 * of two numbers. How the parts below fit together: core/README.md, "Adding a loss". */
#ifndef CIRCLET_LOSS_CIRCLE_H
#define CIRCLET_LOSS_CIRCLE_H

#include "loss/rule.h"

enum { CT_CIRCLE_M, CT_CIRCLE_GAMMA };
enum { CT_CIRCLE_HELD, CT_CIRCLE_THROUGH }; /* variants: the weights [..]_+ held fixed, or not */

static inline int circle_statistics(bool positive) { return (void)positive, CT_LSE; }

static inline double circle_scale(bool positive, const double *p) {
  return (void)positive, p[CT_CIRCLE_GAMMA];
}

static inline double circle_offset(bool positive, const double *p) {
  return (void)positive, -p[CT_CIRCLE_GAMMA] * p[CT_CIRCLE_M] * p[CT_CIRCLE_M];
}

static inline double circle_largest(double s, const double *p) {
  double v = fmax(1 + s, fabs(p[CT_CIRCLE_M]));
  return p[CT_CIRCLE_GAMMA] * v * v;
}

static inline ct_anchor_loss circle_combine(const ct_anchor *a, const double *p) {
  (void)p;
  ct_softplus t = ct_softplus_of(a->sum[CT_NEGATIVE] + a->sum[CT_POSITIVE]);
  return (ct_anchor_loss){.loss = t.value, .by_sum = {t.slope, t.slope}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(circle_lowest)(void) { return 0; }

CT_LOSS_INLINE REAL NAME(circle_coordinate)(bool positive, int variant, REAL s,
                                            NAME(parameters) k) {
  (void)variant;
  REAL d = positive ? 1 - s : s, m = k.p[CT_CIRCLE_M];
  return ABS(LARGER(d, -m));
}

/* gamma/ln 2 = scale + scale_low. The logit scale * v^2 less a reference, rounded once; `exact`:
 * with what v^2 and the scale lose. */
CT_LOSS_INLINE REAL NAME(circle_above)(REAL v, REAL scale, REAL scale_low, REAL reference,
                                       bool exact) {
  REAL square = v * v, above = REST(square, scale, reference);
  return exact ? FUSED(REST(v, v, square), scale, FUSED(square, scale_low, above)) : above;
}

/* With the weight [d+m]_+ held fixed: the paper's gradient, Eq. 9-10. */
CT_LOSS_INLINE REAL NAME(circle_slope)(bool positive, int variant, REAL s, NAME(parameters) k) {
  REAL d = positive ? 1 - s : s, m = k.p[CT_CIRCLE_M], gamma = k.p[CT_CIRCLE_GAMMA];
  REAL weight = LARGER(d + m, (REAL)0);
  REAL slope = variant != CT_CIRCLE_THROUGH ? gamma * weight : weight > 0 ? 2 * gamma * d : 0;
  return positive ? -slope : slope;
}

CT_LOSS_NO_TERM(circle)

#endif
