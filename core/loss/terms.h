/* What the losses of the family share beside the driver: options, an anchor's loss from its running
 * statistics, and how anchors' losses are reduced. All in double. */
#ifndef CIRCLET_LOSS_TERMS_H
#define CIRCLET_LOSS_TERMS_H

#include "loss/loss.h"

/* The log-sum-exp of pairs of a kind, whose running sum is `sum` relative to the logit `reference`
 * to base 2; -INFINITY when there are none. */
double ct_log_sum_exp(const ct_loss_rule *rule, const double *parameters, int kind,
                      double reference, double sum);

/* Sums of terms, and how many there are, by their weights. Positives and negatives are apart for
 * CT_OF_PAIRS, otherwise all is in the first. */
typedef struct ct_loss_parts {
  double loss[CT_KINDS], terms[CT_KINDS], nonzero[CT_KINDS];
} ct_loss_parts;

/* Those of one valid anchor. */
static inline ct_loss_parts ct_parts_of(ct_unit unit, const ct_anchor *a, double loss) {
  const double positives = a->mass[CT_POSITIVE], negatives = a->mass[CT_NEGATIVE];
  ct_loss_parts p = {{loss, 0}, {1, 0}, {loss != 0 ? 1.0 : 0.0, 0}};
  if (unit == CT_OF_POSITIVES) {
    p.terms[0] = positives;
    p.nonzero[0] = a->count[CT_POSITIVE];
  } else if (unit == CT_OF_TRIPLETS) {
    p.terms[0] = positives * negatives;
    p.nonzero[0] = a->count[CT_NEGATIVE];
  } else if (unit == CT_OF_PAIRS) {
    for (int kind = 0; kind < CT_KINDS; kind++) {
      p.loss[kind] = a->term[kind];
      p.terms[kind] = a->mass[kind];
      p.nonzero[kind] = a->count[kind];
    }
  }
  return p;
}

/* What one term counts for in the reduced loss, of so many anchors, terms and terms that are not
 * zero, each counted by its weight. */
double ct_reduction_weight(ct_reduction reduction, double n_anchors, double n_terms,
                           double n_nonzero);

/* Whether a value is one that a parameter may have, and what it may be, in words. */
bool ct_fits_parameter(const ct_loss_parameter *parameter, double value);
const char *ct_parameter_range(const ct_loss_parameter *parameter);

/* CT_EINVALID for options that mean nothing. */
ct_status ct_check_loss_options(const char *function, const ct_loss_options *options,
                                ct_error *error);

/* CT_EINVALID: the loss is not finite. */
ct_status ct_check_loss(const char *function, const ct_loss_options *options, double loss,
                        ct_error *error);

#endif
