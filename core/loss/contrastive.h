/* Contrastive loss (Hadsell et al., CVPR 2006, with linear hinges): over positives
 * [d - pos_margin]_+, over negatives [neg_margin - d]_+; of similarities, [pos_margin - s]_+ and
 * [s - neg_margin]_+. */
#ifndef CIRCLET_LOSS_CONTRASTIVE_H
#define CIRCLET_LOSS_CONTRASTIVE_H

#include "loss/rule.h"

enum { CT_CONTRASTIVE_POSITIVE, CT_CONTRASTIVE_NEGATIVE };

static inline int contrastive_statistics(bool positive) { return (void)positive, CT_TERM; }

static inline double contrastive_scale(bool positive, const double *p) {
  return (void)positive, (void)p, 1; /* there are no logits */
}

static inline ct_anchor_loss contrastive_combine(const ct_anchor *a, const double *p) {
  (void)p;
  return (ct_anchor_loss){.loss = a->term[CT_NEGATIVE] + a->term[CT_POSITIVE], .by_term = {1, 1}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_NO_LOGIT(contrastive)

CT_LOSS_INLINE REAL NAME(contrastive_term)(bool positive, int variant, REAL s, NAME(parameters) k) {
  REAL margin = positive ? k.p[CT_CONTRASTIVE_POSITIVE] : k.p[CT_CONTRASTIVE_NEGATIVE];
  REAL far = variant == CT_MEASURE_DISTANCE ? NAME(distance)(s) : -s; /* grows with the distance */
  if (variant == CT_MEASURE_SIMILARITY) margin = -margin;
  REAL t = positive ? far - margin : margin - far;
  return t > 0 ? t : 0;
}

CT_LOSS_INLINE REAL NAME(contrastive_term_slope)(bool positive, int variant, REAL s,
                                                 NAME(parameters) k) {
  REAL slope = variant == CT_MEASURE_DISTANCE ? NAME(distance_slope)(s) : -1;
  REAL signed_slope = positive ? slope : -slope;
  return NAME(contrastive_term)(positive, variant, s, k) > 0 ? signed_slope : 0;
}

#endif
