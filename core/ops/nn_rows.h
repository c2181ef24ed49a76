/* Modules on rows: log-softmax and Euclidean normalisation. Input is [B,n], or [n] for one row;
 * Float or Double; results are resized like the input. */
#ifndef CIRCLET_OPS_NN_ROWS_H
#define CIRCLET_OPS_NN_ROWS_H

#include "tensor/tensor.h"

/* y = x - log(sum over the row of exp(x)). */
ct_status ct_nn_log_softmax(ct_tensor *y, const ct_tensor *x, ct_error *error);

/* gx = gy - exp(y) * (sum over the row of gy), y being the output. */
ct_status ct_nn_log_softmax_backward(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy,
                                     ct_error *error);

/* y = x / sqrt(|x|^2 + eps) row by row; eps >= 0 keeps zero rows finite. */
ct_status ct_nn_normalize(ct_tensor *y, const ct_tensor *x, double eps, ct_error *error);
ct_status ct_nn_normalize_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                                   double eps, ct_error *error);

#endif
