/* The negative log-likelihood of classes. x: [B,C] or [C] of log-probabilities, Float or Double;
 * target: B labels from 1 to C, any type, whole numbers; weights: [C] of x's type or NULL for ones.
 */
#ifndef CIRCLET_OPS_NN_CRITERION_H
#define CIRCLET_OPS_NN_CRITERION_H

#include "tensor/tensor.h"

/* *sum = - sum_i w[t_i] x[i][t_i] in double; *total = sum_i w[t_i]. */
ct_status ct_nn_nll(double *sum, double *total, const ct_tensor *x, const ct_tensor *target,
                    const ct_tensor *weights, ct_error *error);

/* gx: zeros but for gx[i][t_i] = - scale * w[t_i]. Resized like x. */
ct_status ct_nn_nll_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *target,
                             const ct_tensor *weights, double scale, ct_error *error);

#endif
