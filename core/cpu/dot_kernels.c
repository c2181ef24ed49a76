/* Sixteen partial sums in double side by side, added up in a fixed order: the same bits for every
 * instruction set that does not fuse. A product of two floats is exact in double. */
#include "cpu/dot.h"
#include "cpu/lanes.h"

#define DOT(name, T, load)                                                                         \
  static double name(int64_t n, const T *a, const T *b) {                                          \
    ct_lanes even = {0}, odd = {0};                                                                \
    int64_t i = 0;                                                                                 \
    for (; i + 16 <= n; i += 16) {                                                                 \
      ct_lanes x, y;                                                                               \
      load(&x, a + i), load(&y, b + i);                                                            \
      even += x * y;                                                                               \
      load(&x, a + i + 8), load(&y, b + i + 8);                                                    \
      odd += x * y;                                                                                \
    }                                                                                              \
    even += odd;                                                                                   \
    double sum = ct_lanes_sum(&even);                                                              \
    for (; i < n; i++) sum += (double)a[i] * (double)b[i];                                         \
    return sum;                                                                                    \
  }

DOT(dot_f32, float, ct_lanes_load_f32)
DOT(dot_f64, double, ct_lanes_load_f64)

const ct_dot_kernels CT_ISA_NAME(ct_dot_kernels) = {dot_f32, dot_f64};
