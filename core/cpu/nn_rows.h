/* Kernels on matrices by rows, B rows of n elements, all contiguous: log-softmax, Euclidean
 * normalisation, and what Linear adds around its products. `threads` never changes a bit: rows are
 * independent, and sums over rows run down a block of columns in one go. */
#ifndef CIRCLET_CPU_NN_ROWS_H
#define CIRCLET_CPU_NN_ROWS_H

#include <stdint.h>
#include "cpu/isa.h"

/* Each pair is for Float and Double. */
typedef struct ct_nn_rows_kernels {
  /* y[r][j] = x[r][j] - log(sum_k exp(x[r][k])) */
  void (*log_softmax[2])(void *y, const void *x, int64_t B, int64_t n, int threads);
  /* gx = gy - exp(y) * sum_k gy[r][k] */
  void (*log_softmax_backward[2])(void *gx, const void *y, const void *gy, int64_t B, int64_t n,
                                  int threads);
  /* y[r] = x[r] / sqrt(|x[r]|^2 + eps), the norm in double */
  void (*normalize[2])(void *y, const void *x, int64_t B, int64_t n, double eps, int threads);
  /* gx[r] = (gy - x (x.gy) / N^2) / N with N^2 = |x[r]|^2 + eps */
  void (*normalize_backward[2])(void *gx, const void *x, const void *gy, int64_t B, int64_t n,
                                double eps, int threads);
  /* y[r] = bias for every row; bias NULL means zeros */
  void (*fill_rows[2])(void *y, const void *bias, int64_t B, int64_t n, int threads);
  /* g[j] += scale * sum_r x[r][j], summed in double in the order of the rows */
  void (*add_column_sums[2])(void *g, const void *x, int64_t B, int64_t n, double scale,
                             int threads);
} ct_nn_rows_kernels;

CT_ISA_DECLARE(ct_nn_rows_kernels, ct_nn_rows_kernels);

#endif
