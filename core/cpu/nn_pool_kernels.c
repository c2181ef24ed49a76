/* Pooling for both real types: the template is written once, with REAL and NAMED() filled in here.
 */
#include "cpu/nn_pool.h"
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { ROOM = 2048 }; /* elements that tiling windows keep between their two steps */

/* The part of a window that lies on the plane along one axis, and its length with padding. */
typedef struct window {
  int64_t from, to, padded;
} window;

static window window_at(int64_t out, int64_t step, int64_t length, int64_t pad, int64_t size) {
  int64_t from = out * step - pad, to = from + length;
  if (to > size + pad) to = size + pad;
  window w = {from, to, to - from};
  if (w.from < 0) w.from = 0;
  if (w.to > size) w.to = size;
  return w;
}

static double share_of(const ct_nn_pool_shape *s, window rows, window columns) {
  if (!s->divide) return 1;
  int64_t count = s->count_pad ? rows.padded * columns.padded
                               : (rows.to - rows.from) * (columns.to - columns.from);
  return 1 / (double)count;
}

#define REAL            float
#define NAMED(function) function##_f32
#include "cpu/nn_pool_template.h"
#undef REAL
#undef NAMED

#define REAL            double
#define NAMED(function) function##_f64
#include "cpu/nn_pool_template.h"

const ct_nn_pool_kernels CT_ISA_NAME(ct_nn_pool_kernels) = {
    .max = {max_f32, max_f64},
    .max_backward = {max_backward_f32, max_backward_f64},
    .average = {average_f32, average_f64},
    .average_backward = {average_backward_f32, average_backward_f64},
};
