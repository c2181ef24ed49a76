/* The oracle of the losses of class vectors: slow and obvious, whole matrices in memory, extended
 * precision inside; shares no code with the fast ones.
 *
 * Margin softmax, the common form of NormFace (Wang et al. 2017), SphereFace (Liu et al. 2017),
 * CosFace (Wang et al. 2018) and ArcFace (Deng et al. 2019). With theta the angle between a row and
 * its own class vector, s_j its similarity to class j, y its label, and scale g:
 *     z_j = g s_j + b_j for j != y,   z_y = g psi(theta) + b_y,   psi = cos(m1 theta + m2) - m3
 *     loss = log(sum_j exp(z_j)) - sum_j t_j z_j,   t_j = e/C, and 1-e more at y
 * A class of several vectors (centres) has the similarity of the nearest one, the first of equals.
 *
 * Proxy-anchor (Kim et al. 2020): with proxies as anchors and the batch's rows x as references,
 *     loss = sum over proxies that have a row of their class log(1 + sum exp(-g (s - m))) / their
 *            number + sum over all proxies log(1 + sum over rows of others exp(g (s + m))) / C
 *
 * Sizes: B rows, C classes, K centres a class, D dimensions; matrices row-major, contiguous. */
#ifndef CIRCLET_REF_CLASS_REF_H
#define CIRCLET_REF_CLASS_REF_H

#include "ref/circle_ref.h"

typedef struct ct_ref_margin {
  double scale, m1, m2, m3;
  /* What psi is where the margin would not make it fall with theta. easy: the plain cos(theta) - m3
   * wherever cos(theta) <= 0. monotone: with p = m1 theta + m2 beyond pi, for m1 = 1
   * cos(theta) - m2 sin(m2) - m3, otherwise (-1)^k cos(p) - 2k - m3, k the whole part of p/pi. */
  bool easy, monotone;
  double smoothing; /* e */
  int64_t centres;  /* K */
  ct_ref_similarity similarity;
  ct_ref_reduction reduction;
} ct_ref_margin;

/* Angles nearer than this to 0 and to pi, where psi as a function of the cosine may have an
 * infinite slope: sin(theta) in its denominator is then taken for this angle's. */
#define CT_REF_LEAST_ANGLE 1e-4L

/* facts: filled (scale_refs: of w); losses: [B]; grad_x: [B,D]; grad_w: [C*K,D]; grad_b: [C], NULL
 * without a bias; x: [B,D]; labels: [B] in 1..C; w: [C*K,D], the centres of a class one after the
 * other; b: [C] or NULL. One class: no loss. Fails only with CT_ENOMEM. */
ct_status ct_ref_margin_loss(ct_ref_facts *facts, double *losses, double *grad_x, double *grad_w,
                             double *grad_b, const double *x, const int64_t *labels,
                             const double *w, const double *b, int64_t B, int64_t C, int64_t D,
                             const ct_ref_margin *options, ct_error *error);

/* n_anchors: C; n_valid: proxies that have a row of their class; similarity: the cosine. */
ct_status ct_ref_proxy_anchor_loss(ct_ref_facts *facts, double *grad_x, double *grad_w,
                                   const double *x, const int64_t *labels, const double *w,
                                   int64_t B, int64_t C, int64_t D, double margin, double scale,
                                   ct_error *error);

#endif
