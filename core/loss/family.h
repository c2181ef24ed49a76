/* The losses of the family, one row each. */
#ifndef CIRCLET_LOSS_FAMILY_H
#define CIRCLET_LOSS_FAMILY_H

#include "loss/rule.h"

#define CT_LOSS_FAMILY(ROW)                                                                        \
  ROW(circle)                                                                                      \
  ROW(unified)                                                                                     \
  ROW(multi_similarity)                                                                            \
  ROW(contrastive)                                                                                 \
  ROW(triplet_hard)                                                                                \
  ROW(triplet_all)                                                                                 \
  ROW(lifted) ROW(generalized_lifted) ROW(supcon) ROW(nt_xent) ROW(margin) ROW(proxy_anchor)

/* What a loss has one term of, and a mean is taken over. */
typedef enum ct_unit {
  CT_OF_ANCHORS,
  CT_OF_POSITIVES, /* positive pairs */
  CT_OF_TRIPLETS,
  CT_OF_PAIRS, /* pairs; positives and negatives have a mean of their own each */
} ct_unit;

typedef enum ct_reduction {
  CT_MEAN,     /* over the terms of valid anchors: those with the pairs that the loss needs */
  CT_MEAN_ALL, /* over all anchors */
  CT_SUM,
  CT_NONE,         /* one loss per anchor; the gradient is that of their sum */
  CT_MEAN_NONZERO, /* over the terms that are not zero */
} ct_reduction;

/* A row of the table. The functions are those of the loss's header, loss/<name>.h. */
typedef struct ct_loss_rule {
  const char *name;                                     /* as in circlet.<name>_loss */
  ct_loss_parameter parameters[CT_LOSS_PARAMETERS + 1]; /* to the first without a name */
  const char *variant;         /* an option that chooses between two variants; NULL: none */
  const char *const *variants; /* its values, NULL-terminated; NULL: false and true */
  bool measured;               /* the variant is CT_MEASURE_DISTANCE or CT_MEASURE_SIMILARITY */
  bool batch;                  /* aggregate "batch" has a meaning */
  bool classes;                /* one side holds class vectors */
  bool target;                 /* combine reads the anchor's target */
  ct_unit unit;                /* CT_OF_TRIPLETS: parameters 0 and 1 are margin and soft */
  ct_reduction reduction;      /* the default */
  int (*statistics)(bool positive);
  /* A logit to base e is scale * (function of the coordinate) + offset. */
  double (*scale)(bool positive, const double *p);
  double (*offset)(bool positive, const double *p);
  /* The largest logit, without its offset, of a similarity of magnitude s; NULL: no logits. */
  double (*largest)(double s, const double *p);
  /* Whether an anchor with so many pairs has a loss. */
  bool (*valid)(const int64_t pairs[CT_KINDS]);
  /* NULL, or the terms of positive pairs; negatives keep CT_LSE, positives nothing. */
  ct_coupled (*couple)(double s, double own, double other, int variant, const double *p);
  ct_anchor_loss (*combine)(const ct_anchor *anchor, const double *p);
} ct_loss_rule;

/* Where the losses stand in the table: ct_loss_circle, ct_loss_unified, ... */
#define ROW(loss) ct_loss_##loss,
typedef enum ct_loss_name { CT_LOSS_FAMILY(ROW) CT_LOSSES } ct_loss_name;
#undef ROW

extern const ct_loss_rule ct_loss_rules[CT_LOSSES];

const ct_loss_rule *ct_loss_rule_named(const char *name); /* NULL: there is none */

#endif
