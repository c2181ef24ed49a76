/* Batch normalisation (Ioffe and Szegedy 2015): y = (x - mean) / sqrt(var + eps) * w + b, channel
 * by channel. x: [B,C] or [B,C,H,W] (any number of trailing dimensions); parameters and statistics
 * are [C] and contiguous. Float or Double, all of one type.
 *
 * In training mean and var (biased) are those of the batch; the running ones move towards them:
 * running = (1-momentum)*running + momentum*batch, var unbiased. In evaluation the running ones are
 * used. */
#ifndef CIRCLET_OPS_NN_NORM_H
#define CIRCLET_OPS_NN_NORM_H

#include "tensor/tensor.h"

typedef struct ct_nn_norm {
  const char *who;                /* the module, for messages */
  const ct_tensor *weight, *bias; /* w and b; NULL for 1 and 0 */
  ct_tensor *running_mean, *running_var;
  ct_tensor *save_mean, *save_std; /* of the last training batch: mean, 1/sqrt(var+eps); resized */
  double eps, momentum;
  bool train;
} ct_nn_norm;

ct_status ct_nn_batch_norm(ct_tensor *y, const ct_tensor *x, const ct_nn_norm *norm,
                           ct_error *error);

/* What follows from gy for a batch that has just gone forward: gx (resized) is the gradient of x;
 * gw += scale * dw and gb += scale * db. Each of the three may be NULL. */
ct_status ct_nn_batch_norm_backward(ct_tensor *gx, ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                                    const ct_tensor *gy, double scale, const ct_nn_norm *norm,
                                    ct_error *error);

#endif
