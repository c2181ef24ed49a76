/* The oracle of the other pair-wise losses: slow and obvious like circle_ref.h, whose facts and
 * similarities it uses; it shares no code with the fast kernels. */
#ifndef CIRCLET_REF_FAMILY_REF_H
#define CIRCLET_REF_FAMILY_REF_H

#include "ref/circle_ref.h"

typedef enum ct_ref_family_reduction {
  CT_REF_FAMILY_MEAN,
  CT_REF_FAMILY_MEAN_ALL,
  CT_REF_FAMILY_SUM,
  CT_REF_FAMILY_NONE,
  CT_REF_FAMILY_MEAN_NONZERO,
} ct_ref_family_reduction;

/* The options of all losses; each uses those that it knows. */
typedef struct ct_ref_family {
  const char *name;
  double m, gamma;          /* unified */
  double alpha, beta, base; /* multi_similarity */
  double margin, pos_margin, neg_margin, temperature;
  bool soft;       /* triplets */
  bool by_measure; /* of similarities in place of distances sqrt(2 - 2s) */
  bool batch;
  ct_ref_similarity similarity;
  ct_ref_family_reduction reduction;
} ct_ref_family;

/* Arguments as of ct_ref_circle_loss. */
ct_status ct_ref_family_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_x,
                             double *grad_refs, const double *x, const int64_t *labels,
                             const double *refs, const int64_t *ref_labels, int64_t B, int64_t R,
                             int64_t D, const ct_ref_family *options, ct_error *error);

#endif
