/* Elementwise modules: ReLU, the backward of Tanh, Dropout, and the squared error. Results are
 * resized; Float or Double throughout, all tensors of one call of the same type. */
#ifndef CIRCLET_OPS_NN_ACTIVATION_H
#define CIRCLET_OPS_NN_ACTIVATION_H

#include "base/random.h"
#include "tensor/tensor.h"

/* y = max(x, 0), NaN stays NaN. y may be x. */
ct_status ct_nn_relu(ct_tensor *y, const ct_tensor *x, ct_error *error);

/* gx = gy where x > 0 (or is NaN), else 0; x may be the output of ct_nn_relu; gx may be gy. */
ct_status ct_nn_relu_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                              ct_error *error);

/* gx = gy * (1 - y^2), y = tanh(x). */
ct_status ct_nn_tanh_backward(ct_tensor *gx, const ct_tensor *y, const ct_tensor *gy,
                              ct_error *error);

/* Inverted dropout: noise[i] is 0 with probability p, else 1/(1-p), from draw i (row-major order);
 * y = x * noise. 0 <= p < 1. y may be x when x is contiguous. */
ct_status ct_nn_dropout(ct_tensor *y, ct_tensor *noise, const ct_tensor *x, double p,
                        ct_random *random, ct_error *error);

/* *sum = sum of (x - target)^2, in double. Sizes must be equal. */
ct_status ct_nn_squared_error(double *sum, const ct_tensor *x, const ct_tensor *target,
                              ct_error *error);

/* gx = scale * (x - target). */
ct_status ct_nn_squared_error_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *target,
                                       double scale, ct_error *error);

#endif
