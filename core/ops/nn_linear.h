/* The linear module: y = x W' + b. Shapes: x [B,D] or [D], W [N,D], b [N] or NULL, y [B,N] or [N].
 * Float or Double, all of one type. Results are resized; parameter gradients are added to. */
#ifndef CIRCLET_OPS_NN_LINEAR_H
#define CIRCLET_OPS_NN_LINEAR_H

#include "tensor/tensor.h"

ct_status ct_nn_linear(ct_tensor *y, const ct_tensor *x, const ct_tensor *weight,
                       const ct_tensor *bias, ct_error *error);

/* gx = gy W */
ct_status ct_nn_linear_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                                const ct_tensor *weight, ct_error *error);

/* gw += scale * gy' x and gb += scale * sum over rows of gy; gb may be NULL */
ct_status ct_nn_linear_accumulate(ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                                  const ct_tensor *gy, double scale, ct_error *error);

#endif
