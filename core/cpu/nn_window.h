/* The arithmetic of pooling windows and of a convolution's columns, in plain integers: what kernels
 * on every backend compute from. */
#ifndef CIRCLET_CPU_NN_WINDOW_H
#define CIRCLET_CPU_NN_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include "base/shared_inline.h"

/* Pooling of planes [H,W]. */
typedef struct ct_nn_pool_shape {
  int64_t planes, H, W, out_h, out_w;
  int64_t kH, kW, dH, dW, padH, padW;
  bool count_pad; /* averages count padding as elements */
  bool divide;    /* averages divide at all */
} ct_nn_pool_shape;

/* The part of a window that lies on the plane along one axis, [from, to), and its length with
 * padding. */
typedef struct ct_nn_window {
  int64_t from, to, padded;
} ct_nn_window;

CT_SHARED_INLINE ct_nn_window ct_nn_window_at(int64_t out, int64_t step, int64_t length,
                                              int64_t pad, int64_t size) {
  int64_t from = out * step - pad, to = from + length;
  if (to > size + pad) to = size + pad;
  ct_nn_window w = {from, to, to - from};
  if (w.from < 0) w.from = 0;
  if (w.to > size) w.to = size;
  return w;
}

/* The windows [from, to) of `count` that reach element `at` of the axis; `padded` plays no part. A
 * window's `to` is cut by size + pad alone, which no element reaches. */
CT_SHARED_INLINE ct_nn_window ct_nn_windows_over(int64_t at, int64_t step, int64_t length,
                                                 int64_t pad, int64_t count) {
  int64_t first = at + pad - length + 1, last = (at + pad) / step;
  ct_nn_window w = {first <= 0 ? 0 : (first + step - 1) / step, last + 1, 0};
  if (w.to > count) w.to = count;
  return w;
}

/* What each element of a window counts for in an average. */
CT_SHARED_INLINE double ct_nn_window_share(const ct_nn_pool_shape *s, ct_nn_window rows,
                                           ct_nn_window columns) {
  if (!s->divide) return 1;
  int64_t count = s->count_pad ? rows.padded * columns.padded
                               : (rows.to - rows.from) * (columns.to - columns.from);
  return 1 / (double)count;
}

#endif
