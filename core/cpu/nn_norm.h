/* Batch normalisation on x: [B,C,S] contiguous, S elements a plane (1 for plain features).
 * Statistics are taken plane by plane (S > 1) or column by column (S = 1) in double and combined in
 * the order of the images, so they do not depend on `threads`. */
#ifndef CIRCLET_CPU_NN_NORM_H
#define CIRCLET_CPU_NN_NORM_H

#include <stdint.h>
#include "cpu/isa.h"

typedef struct ct_nn_norm_shape {
  int64_t B, C, S;
} ct_nn_norm_shape;

/* Per channel; y = (x - mean) * scale + shift. */
typedef struct ct_nn_norm_apply {
  const double *mean, *scale, *shift;
} ct_nn_norm_apply;

/* Per channel; gx = (gy - grad_mean - (x - mean) * slope) * scale. */
typedef struct ct_nn_norm_apply_backward {
  const double *mean, *scale, *grad_mean, *slope;
} ct_nn_norm_apply_backward;

/* Each pair is for Float and Double. `work` holds 2*B*C doubles. */
typedef struct ct_nn_norm_kernels {
  /* mean[c], and the sum of squares about it in m2[c] */
  void (*moments[2])(double *mean, double *m2, double *work, const void *x, ct_nn_norm_shape shape,
                     int threads);
  void (*apply[2])(void *y, const void *x, ct_nn_norm_apply by, ct_nn_norm_shape shape,
                   int threads);
  /* sum[c] of gy, and dot[c] of gy * (x - mean[c]) */
  void (*backward_sums[2])(double *sum, double *dot, double *work, const void *x, const void *gy,
                           const double *mean, ct_nn_norm_shape shape, int threads);
  void (*apply_backward[2])(void *gx, const void *x, const void *gy, ct_nn_norm_apply_backward by,
                            ct_nn_norm_shape shape, int threads);
} ct_nn_norm_kernels;

CT_ISA_DECLARE(ct_nn_norm_kernels, ct_nn_norm_kernels);

#endif
