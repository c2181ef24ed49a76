/* Margin softmax: cross-entropy over cosines to class vectors with a margin at the own class, the
 * common form of NormFace (Wang et al. 2017, arXiv 1704.06369), SphereFace (Liu et al. 2017, arXiv
 * 1704.08063), CosFace (Wang et al. 2018, arXiv 1801.09414), AM-Softmax (Wang et al. 2018, arXiv
 * 1801.05599) and ArcFace (Deng et al. 2019, arXiv 1801.07698, Eq. 4). With theta the angle between
 * a row and the vector of its class y:
 *
 *     z_j = scale * s_j,   z_y = scale * psi(theta),   psi(theta) = cos(m1 theta + m2) - m3
 *     L = LSE over all classes of z - sum_j t_j z_j,   t_j = e/C, and 1 - e more at y,
 *
 * e being the label smoothing. The sum over the other classes is the driver's: its log-sum-exp and,
 * as its term, the plain sum of similarities. The own class is one pair, whose similarity is met
 * again in double (core/loss/target.h): psi has an infinite slope at theta = 0 and pi. */
#ifndef CIRCLET_LOSS_MARGIN_H
#define CIRCLET_LOSS_MARGIN_H

#include "loss/rule.h"

enum {
  CT_MARGIN_SCALE,
  CT_MARGIN_M1,
  CT_MARGIN_M2,
  CT_MARGIN_M3,
  CT_MARGIN_SMOOTHING,
  CT_MARGIN_BEYOND
};

/* What psi is where cos(m1 theta + m2) would not fall with theta, as bits of CT_MARGIN_BEYOND.
 * CT_MARGIN_MONOTONE: with p = m1 theta + m2 beyond pi, for m1 = 1 cos(theta) - m2 sin(m2) as in
 * implementations of ArcFace (a step down at p = pi for m2 up to 2.33, up beyond), otherwise (-1)^k
 * cos(p) - 2k for k pi <= p <= (k+1) pi as in SphereFace's Eq. 7. CT_MARGIN_EASY: cos(theta)
 * wherever that is not above 0. */
enum { CT_MARGIN_MONOTONE = 1, CT_MARGIN_EASY = 2 };

/* Nearer to 0 or to pi than this, a slope that would be infinite is the slope at this angle. The
 * gradient by a row is slope * sin(theta), which then falls to 0 with the angle: at theta = 0 it
 * has no direction. */
#define CT_MARGIN_LEAST_ANGLE 1e-4

typedef struct ct_psi {
  double value, slope; /* slope: by cos(theta) */
} ct_psi;

/* d cos(m1 theta + m2) / d cos(theta). With t the distance from the pole at 0 or at pi and p the
 * argument there, sin(p +- m1 t)/sin(t) is cut in two: sin(p) cos(m1 t)/sin(t), which may grow
 * without limit, and cos(p) sin(m1 t)/sin(t), which does not. */
static inline double ct_margin_slope(double theta, double m1, double m2) {
  const double pi = 0x1.921fb54442d18p+1;
  double t = theta > pi / 2 ? pi - theta : theta;
  if (t >= CT_MARGIN_LEAST_ANGLE) return m1 * sin(m1 * theta + m2) / sin(theta);
  double p = theta > pi / 2 ? m1 * pi + m2 : m2, sign = theta > pi / 2 ? -1 : 1;
  double ratio = t > 0 ? sin(m1 * t) / sin(t) : m1;
  return m1 * (sin(p) * cos(m1 * t) / sin(CT_MARGIN_LEAST_ANGLE) + sign * cos(p) * ratio);
}

static inline ct_psi ct_margin_psi(double cosine, double theta, const double *o) {
  const double pi = 0x1.921fb54442d18p+1;
  double m1 = o[CT_MARGIN_M1], m2 = o[CT_MARGIN_M2], m3 = o[CT_MARGIN_M3], p = m1 * theta + m2;
  int beyond = (int)o[CT_MARGIN_BEYOND];
  if (m1 == 1 && m2 == 0) return (ct_psi){cosine - m3, 1};
  if (beyond & CT_MARGIN_EASY && cosine <= 0) return (ct_psi){cosine - m3, 1};
  if (beyond & CT_MARGIN_MONOTONE && m1 == 1 && p > pi)
    return (ct_psi){cosine - m2 * sin(m2) - m3, 1};
  ct_psi psi = {cos(p) - m3, ct_margin_slope(theta, m1, m2)};
  if (!(beyond & CT_MARGIN_MONOTONE) || m1 == 1) return psi;
  double k = floor(p / pi), sign = fmod(k, 2.0) == 0 ? 1 : -1;
  return (ct_psi){sign * cos(p) - 2 * k - m3, sign * psi.slope};
}

static inline int margin_statistics(bool positive) { return positive ? CT_TERM : CT_LSE | CT_TERM; }

static inline double margin_scale(bool positive, const double *p) {
  return (void)positive, p[CT_MARGIN_SCALE];
}

static inline double margin_offset(bool positive, const double *p) {
  return (void)positive, (void)p, 0;
}

static inline double margin_largest(double s, const double *p) { return p[CT_MARGIN_SCALE] * s; }

static inline ct_anchor_loss margin_combine(const ct_anchor *a, const double *p) {
  double scale = p[CT_MARGIN_SCALE], e = p[CT_MARGIN_SMOOTHING];
  double classes = (double)(a->pairs[CT_NEGATIVE] + a->pairs[CT_POSITIVE]);
  ct_psi psi = ct_margin_psi(a->target.s, a->target.theta, p);
  double z = scale * psi.value, own = e * (1 - 1 / classes), other = e / classes * scale;
  ct_softplus t = ct_softplus_of(a->sum[CT_NEGATIVE] - z);
  return (ct_anchor_loss){
      .loss = e > 0 ? t.value + (own * z - other * a->term[CT_NEGATIVE]) : t.value,
      .by_sum = {[CT_NEGATIVE] = t.slope},
      .by_term = {[CT_NEGATIVE] = -other, [CT_POSITIVE] = scale * psi.slope * (own - t.slope)}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_INLINE REAL NAME(margin_coordinate)(bool positive, int variant, REAL s,
                                            NAME(parameters) k) {
  return (void)positive, (void)variant, (void)k, s;
}

CT_LOSS_INLINE REAL NAME(margin_slope)(bool positive, int variant, REAL s, NAME(parameters) k) {
  return (void)positive, (void)variant, (void)s, k.p[CT_MARGIN_SCALE];
}

CT_LOSS_INLINE REAL NAME(margin_term)(bool positive, int variant, REAL s, NAME(parameters) k) {
  return (void)positive, (void)variant, (void)k, s;
}

CT_LOSS_INLINE REAL NAME(margin_term_slope)(bool positive, int variant, REAL s,
                                            NAME(parameters) k) {
  return (void)positive, (void)variant, (void)s, (void)k, (REAL)1;
}

CT_LOSS_LINEAR_LOGIT(margin)

#endif
