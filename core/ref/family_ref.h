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

/* Parameters that anchors may have for themselves. */
enum { CT_REF_PARAMETERS = 9 };

/* What makes pairs differ beyond their labels. */
typedef struct ct_ref_refinement {
  const double *own[CT_REF_PARAMETERS]; /* [B] in place of the parameter, in the order of
                                           ct_ref_family from m to temperature; NULL: none */
  const int64_t *sets, *ref_sets;       /* [B,G] and [R,H] labels, 0 being none; NULL: `labels` */
  int64_t G, H;
  bool soft; /* a positive pair counts as often as Jaccard's index of its labels says */
  const double
      *weight;     /* [B,R] how often pair (i,j) counts for anchor i; 0: it is no pair; NULL: 1 */
  int64_t hardest; /* so many negatives with the largest similarities count, first come first
                      among equals; 0: all */
} ct_ref_refinement;

/* The options of all losses; each uses those that it knows. */
typedef struct ct_ref_family {
  const char *name;
  double m, gamma;          /* circle, unified */
  double alpha, beta, base; /* multi_similarity */
  double margin, pos_margin, neg_margin, temperature;
  bool soft;          /* triplets */
  bool through_alpha; /* circle */
  bool by_measure;    /* of similarities in place of distances sqrt(2 - 2s) */
  bool batch;
  ct_ref_similarity similarity;
  ct_ref_family_reduction reduction;
  ct_ref_refinement refine;
} ct_ref_family;

/* Arguments as of ct_ref_circle_loss. */
ct_status ct_ref_family_loss(ct_ref_facts *facts, double *anchor_loss, double *grad_x,
                             double *grad_refs, const double *x, const int64_t *labels,
                             const double *refs, const int64_t *ref_labels, int64_t B, int64_t R,
                             int64_t D, const ct_ref_family *options, ct_error *error);

#endif
