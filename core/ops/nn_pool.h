/* Spatial pooling on x: [B,C,H,W] or [C,H,W]; Float or Double. Results are resized. */
#ifndef CIRCLET_OPS_NN_POOL_H
#define CIRCLET_OPS_NN_POOL_H

#include "tensor/tensor.h"

typedef struct ct_nn_pool {
  const char *who;                           /* the module, for messages */
  int64_t kH, kW, dH, dW, padH, padW;        /* k, d >= 1; 0 <= pad <= k/2 */
  bool ceil_mode, count_include_pad, divide; /* out = floor or ceil of (n - k + 2 pad)/d, plus 1 */
} ct_nn_pool;

/* index: Int, 1-based position y*W + x of each maximum in its plane (the first of equal ones); NaN
 * counts as the greatest, so it stays visible. */
ct_status ct_nn_max_pool(ct_tensor *y, ct_tensor *index, const ct_tensor *x, const ct_nn_pool *pool,
                         ct_error *error);
ct_status ct_nn_max_pool_backward(ct_tensor *gx, const ct_tensor *index, const ct_tensor *x,
                                  const ct_tensor *gy, const ct_nn_pool *pool, ct_error *error);

/* Sums of windows, divided by the window's size when `divide`: padding counts as elements when
 * count_include_pad. */
ct_status ct_nn_average_pool(ct_tensor *y, const ct_tensor *x, const ct_nn_pool *pool,
                             ct_error *error);
ct_status ct_nn_average_pool_backward(ct_tensor *gx, const ct_tensor *x, const ct_tensor *gy,
                                      const ct_nn_pool *pool, ct_error *error);

#endif
