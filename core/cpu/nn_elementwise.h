/* Elementwise pieces of nn modules, fused so that each makes one pass over memory. */
#ifndef CIRCLET_CPU_NN_ELEMENTWISE_H
#define CIRCLET_CPU_NN_ELEMENTWISE_H

#include "cpu/isa.h"
#include "cpu/loop.h"

/* Each pair is for Float and Double. */
typedef struct ct_nn_elementwise_kernels {
  ct_run_fn relu[2];          /* y, x:      y = x <= 0 ? 0 : x, so NaN stays NaN */
  ct_run_fn relu_backward[2]; /* gx, x, gy: gx = x <= 0 ? 0 : gy; y serves as x */
  ct_run_fn tanh_backward[2]; /* gx, y, gy: gx = gy * (1 - y^2) */
  ct_run_fn difference[2];    /* g, x, t:   g = s * (x - t), context: s, a double */
  /* noise[i] = draw i of the stream < keep ? 1/keep : 0; y[i] = x[i] * noise[i]. y may be x. */
  void (*dropout[2])(void *y, void *noise, const void *x, int64_t count, double keep, uint64_t seed,
                     uint64_t first, int threads);
  /* Sum of (x[i] - t[i])^2 in double, over fixed blocks added in order. */
  double (*squared_distance[2])(const void *x, const void *t, int64_t count);
} ct_nn_elementwise_kernels;

CT_ISA_DECLARE(ct_nn_elementwise_kernels, ct_nn_elementwise_kernels);

#endif
