/* From running log-sum-exps to loss terms: L = softplus(LSE(l_n) + LSE(l_p)), in double. */
#ifndef CIRCLET_LOSS_TERMS_H
#define CIRCLET_LOSS_TERMS_H

#include "loss/loss.h"

typedef struct ct_term {
  double loss;   /* L */
  double weight; /* dL/dLSE = sigmoid(LSE(l_n) + LSE(l_p)) = 1 - exp(-L) */
} ct_term;

/* LSE of pairs whose running sum is `sum` relative to the logit `reference` to base 2. */
double ct_log_sum_exp(double reference, double sum, double m, double gamma);

ct_term ct_softplus_term(double z);

/* What one anchor's term counts for in the reduced loss. */
double ct_reduction_weight(ct_reduction reduction, int64_t n_anchors, int64_t n_valid);

/* CT_EINVALID for a margin or a scale that means nothing. */
ct_status ct_check_loss_options(const char *function, const ct_loss_options *options,
                                ct_error *error);

#endif
