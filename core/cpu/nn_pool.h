/* Pooling over windows of planes [H,W], contiguous. */
#ifndef CIRCLET_CPU_NN_POOL_H
#define CIRCLET_CPU_NN_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/isa.h"

typedef struct ct_nn_pool_shape {
  int64_t planes, H, W, out_h, out_w;
  int64_t kH, kW, dH, dW, padH, padW;
  bool count_pad; /* averages count padding as elements */
  bool divide;    /* averages divide at all */
} ct_nn_pool_shape;

/* Each pair is for Float and Double; planes are shared out to threads. */
typedef struct ct_nn_pool_kernels {
  /* index: where in its plane each maximum stands, y*W + x + 1; the first of equal ones; NaN wins
   */
  void (*max[2])(void *y, int32_t *index, const void *x, const ct_nn_pool_shape *s, int threads);
  void (*max_backward[2])(void *gx, const int32_t *index, const void *gy, const ct_nn_pool_shape *s,
                          int threads);
  void (*average[2])(void *y, const void *x, const ct_nn_pool_shape *s, int threads);
  void (*average_backward[2])(void *gx, const void *gy, const ct_nn_pool_shape *s, int threads);
} ct_nn_pool_kernels;

CT_ISA_DECLARE(ct_nn_pool_kernels, ct_nn_pool_kernels);

#endif
