/* Triplet loss of every positive and negative of an anchor (Schroff et al., CVPR 2015; "batch all"
 * of Hermans et al., 2017): [d_p - d_n + margin]_+, or softplus of the same (soft margin); of
 * similarities, s_n - s_p + margin. The driver adds the triplets up (core/cpu/pair_triplets.h). */
#ifndef CIRCLET_LOSS_TRIPLET_ALL_H
#define CIRCLET_LOSS_TRIPLET_ALL_H

#include "loss/rule.h"

enum { CT_TRIPLET_ALL_MARGIN, CT_TRIPLET_ALL_SOFT };

static inline int triplet_all_statistics(bool positive) { return (void)positive, 0; }

static inline double triplet_all_scale(bool positive, const double *p) {
  return (void)positive, (void)p, 1; /* there are no logits */
}

static inline ct_anchor_loss triplet_all_combine(const ct_anchor *a, const double *p) {
  (void)p;
  return (ct_anchor_loss){.loss = a->term[CT_NEGATIVE], .by_term = {[CT_NEGATIVE] = 1}};
}

#endif

#ifdef REAL /* one pair, for each compute type */

CT_LOSS_NO_LOGIT(triplet_all)
CT_LOSS_NO_TERM(triplet_all)

#endif
