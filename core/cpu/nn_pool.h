/* Pooling over windows of planes [H,W], contiguous. */
#ifndef CIRCLET_CPU_NN_POOL_H
#define CIRCLET_CPU_NN_POOL_H

#include "cpu/isa.h"
#include "cpu/nn_window.h"

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
