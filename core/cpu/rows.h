/* Embedding rows on their way into a loss and gradients on their way out. */
#ifndef CIRCLET_CPU_ROWS_H
#define CIRCLET_CPU_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include "cpu/isa.h"

typedef struct ct_row_kernels {
  /* to = x / |x| (0 for a zero row), exact to rounding for every finite x; returns 1/|x|, 0 for a
   * zero row and NaN for a row that is not finite. */
  double (*normalise)(int64_t dim, const void *x, void *to);
  /* to = x; returns |x|^2 (infinite beyond the range of double), NaN for a row that is not finite.
   */
  double (*load)(int64_t dim, const void *x, void *to);
  /* Back through the normalisation: to = (g - (g.u)u) * inverse_norm, u the unit row. False when
   * the result is not finite. */
  bool (*project)(int64_t dim, const void *g, const void *u, double inverse_norm, void *to);
  /* to = g - weight*x. False when the result is not finite. */
  bool (*subtract)(int64_t dim, const void *g, const void *x, double weight, void *to);
  /* to = g. False when the result is not finite. */
  bool (*store)(int64_t dim, const void *g, void *to);
} ct_row_kernels;

/* Named after the caller's type, then the compute type. */
typedef struct ct_row_kernel_set {
  ct_row_kernels f32_f32, f32_f64, f64_f64;
} ct_row_kernel_set;

CT_ISA_DECLARE(ct_row_kernel_set, ct_row_kernels);

#endif
