/* Spatial convolution (cross-correlation, as in all neural network libraries).
 * x: [B,C,H,W] or [C,H,W]; weight: [O,C,kH,kW]; bias: [O] or NULL; y: [B,O,oH,oW] or [O,oH,oW] with
 * oH = (H + 2 padH - kH) / dH + 1, rounded down. Float or Double, all of one type. Results are
 * resized; parameter gradients are added to. Memory beyond the results is bounded by the threads,
 * not by B. */
#ifndef CIRCLET_OPS_NN_CONV_H
#define CIRCLET_OPS_NN_CONV_H

#include "tensor/tensor.h"

typedef struct ct_nn_conv_step {
  int64_t dW, dH, padW, padH; /* d >= 1, pad >= 0 */
} ct_nn_conv_step;

ct_status ct_nn_conv(ct_tensor *y, const ct_tensor *x, const ct_tensor *weight,
                     const ct_tensor *bias, ct_nn_conv_step step, ct_error *error);

/* gx: the gradient of the input. */
ct_status ct_nn_conv_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                              const ct_tensor *weight, ct_nn_conv_step step, ct_error *error);

/* gw += scale * dweight, gb += scale * dbias; gb may be NULL. */
ct_status ct_nn_conv_accumulate(ct_tensor *gw, ct_tensor *gb, const ct_tensor *x,
                                const ct_tensor *gy, double scale, ct_nn_conv_step step,
                                ct_error *error);

#endif
