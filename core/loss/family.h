/* The losses of the family, one row each. */
#ifndef CIRCLET_LOSS_FAMILY_H
#define CIRCLET_LOSS_FAMILY_H

#include "loss/rule.h"

#define CT_LOSS_FAMILY(ROW)                                                                        \
  ROW(circle) ROW(unified) ROW(multi_similarity) ROW(margin) ROW(proxy_anchor)

/* A row of the table. The functions are those of the loss's header, loss/<name>.h. */
typedef struct ct_loss_rule {
  const char *name;                                     /* as in circlet.<name>_loss */
  ct_loss_parameter parameters[CT_LOSS_PARAMETERS + 1]; /* to the first without a name */
  const char *variant;         /* an option that chooses between two variants; NULL: none */
  const char *const *variants; /* its values, NULL-terminated; NULL: false and true */
  bool batch;                  /* aggregate "batch" has a meaning */
  bool classes;                /* one side holds class vectors */
  bool target;                 /* combine reads the anchor's target */
  int (*statistics)(bool positive);
  /* A logit to base e is scale * (function of the coordinate) + offset. */
  double (*scale)(bool positive, const double *p);
  double (*offset)(bool positive, const double *p);
  /* The largest logit, without its offset, of a similarity of magnitude s; NULL: no logits. */
  double (*largest)(double s, const double *p);
  /* Whether an anchor with so many pairs has a loss. */
  bool (*valid)(const int64_t pairs[CT_KINDS]);
  ct_anchor_loss (*combine)(const ct_anchor *anchor, const double *p);
} ct_loss_rule;

/* Where the losses stand in the table: ct_loss_circle, ct_loss_unified, ... */
#define ROW(loss) ct_loss_##loss,
typedef enum ct_loss_name { CT_LOSS_FAMILY(ROW) CT_LOSSES } ct_loss_name;
#undef ROW

extern const ct_loss_rule ct_loss_rules[CT_LOSSES];

const ct_loss_rule *ct_loss_rule_named(const char *name); /* NULL: there is none */

#endif
